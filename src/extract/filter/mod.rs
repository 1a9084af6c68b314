//! What stands in the text of a report without belonging to it: one filter a file, in the order of running.
//!
//! A filter removes furniture; it never judges whether an article matters.

mod ads;
mod boilerplate;
mod notices;
mod related_links;

use crate::model::article::{Block, Removed};

/// A filter's name, and what it says of a block in its surroundings: the reason to remove it, if there is one.
type Filter = (&'static str, fn(&[Block], usize) -> Option<String>);

const FILTERS: [Filter; 4] = [
    ("ads", ads::reason),
    ("related_links", related_links::reason),
    ("notices", notices::reason),
    ("boilerplate", boilerplate::reason),
];

/// Splits blocks into the report's and the rest, each with filter and reason.
pub fn apply(blocks: Vec<Block>) -> (Vec<Block>, Vec<Removed>) {
    let mut removed = vec![];
    let mut kept = vec![];
    for at in 0..blocks.len() {
        let found = FILTERS.iter().find_map(|(filter, reason)| Some((*filter, reason(&blocks, at)?)));
        match found {
            Some((filter, why)) => {
                removed.push(Removed { text: blocks[at].text.clone(), filter: filter.to_owned(), why });
            }
            None => kept.push(blocks[at].clone()),
        }
    }
    (kept, removed)
}

/// The phrase of the list that the text begins with, letter case aside.
fn begins_with<'p>(text: &str, phrases: &[&'p str]) -> Option<&'p str> {
    let lower = text.to_lowercase();
    phrases.iter().copied().find(|phrase| lower.starts_with(phrase))
}

/// The phrase of the list that the text holds, letter case aside.
fn holds<'p>(text: &str, phrases: &[&'p str]) -> Option<&'p str> {
    let lower = text.to_lowercase();
    phrases.iter().copied().find(|phrase| lower.contains(phrase))
}
