//! Which stories share most with an article, by the rare terms they hold.

use std::collections::HashMap;

use super::likeness::TermMap;

/// A term of more stories finds none of them, and is no anchor.
pub(super) const COMMON_TERM: usize = 64;

/// Returns the `most` stories that share most of the terms, each counted by its rarity; among equals those opened first.
pub(super) fn most_voted(
    holding: &TermMap<Vec<u64>>,
    terms: impl Iterator<Item = u32>,
    rarity: impl Fn(u32) -> f32,
    most: usize,
) -> Vec<u64> {
    let mut votes: HashMap<u64, f32> = HashMap::new();
    for term in terms {
        let Some(holding) = holding.get(&term).filter(|holding| holding.len() <= COMMON_TERM) else {
            continue;
        };
        let rarity = rarity(term);
        for number in holding {
            *votes.entry(*number).or_default() += rarity;
        }
    }
    let mut votes: Vec<(u64, f32)> = votes.into_iter().collect();
    votes.sort_by(|(a, x), (b, y)| y.total_cmp(x).then(a.cmp(b)));
    votes.into_iter().take(most).map(|(number, _)| number).collect()
}
