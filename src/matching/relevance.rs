//! How much a hit is worth a reader's time, in points, each with its reason.
//!
//! The parts and their sizes, tried on reports of the subject against general news: what matters most is the headline,
//! then the first paragraph, then how rare the terms are and how near each other they stand. The points only put the
//! reports of one mail in order; they never decide whether a report is sent.

use std::collections::BTreeMap;

use super::evaluate::Place;
use super::find::Reading;
use crate::model::watch::{Field, Relevance, RelevancePart};

/// A term that one article in a hundred holds.
const TERM: f64 = 10.0;
/// A term that is in the headline.
const TITLE: f64 = 20.0;
/// A term in the first [`LEAD_CHARS`] of the text.
const LEAD: f64 = 10.0;
/// Two terms side by side; ten words between them halve it.
const NEAR: f64 = 15.0;
const HALF_NEAR_AT: f64 = 10.0;
/// Nothing before the second half of the text.
const LATE: f64 = -5.0;
/// What is left of the points where every place only looks like the name.
const HOMOGRAPHS_LEAVE: f64 = 0.25;
/// Shortest and longest step of rarity: a term in half of all articles, one in ten thousand.
const RARITY: (f64, f64) = (0.15, 2.0);
/// About two sentences of English, or five of Chinese.
const LEAD_CHARS: usize = 400;

/// `places` in order.
pub fn of(reading: &Reading<'_, '_>, places: &[Place]) -> Relevance {
    let mut parts = terms(reading, places);
    if places.iter().any(|place| place.field == Field::Title) {
        parts.push(("in the headline".to_owned(), TITLE));
    }
    let lead_ends = reading.text.body.char_indices().nth(LEAD_CHARS).map_or(reading.text.body.len(), |(at, _)| at);
    match places.iter().find(|place| place.field == Field::Body).map(|place| place.start as usize) {
        Some(first) if first < lead_ends => parts.push(("in the first sentences".to_owned(), LEAD)),
        Some(first) if first > reading.text.body.len() / 2 && places[0].field == Field::Body => {
            parts.push(("only in the second half of the text".to_owned(), LATE));
        }
        _ => {}
    }
    if let Some(gap) = smallest_gap(places) {
        let words = if gap == 1 { "word".to_owned() } else { format!("{gap} words") };
        let why = if gap == 0 { "two terms side by side".to_owned() } else { format!("two terms {words} apart") };
        parts.push((why, NEAR / (1.0 + f64::from(gap) / HALF_NEAR_AT)));
    }
    let alike = places.iter().filter(|place| place.homograph).count();
    if alike > 0 {
        let sum: f64 = parts.iter().map(|(_, points)| points.max(0.0)).sum();
        let share = alike as f64 / places.len() as f64;
        let why = format!("{alike} of {} places only look like the name", places.len());
        parts.push((why, -sum * share * (1.0 - HOMOGRAPHS_LEAVE)));
    }
    let parts: Vec<_> =
        parts.into_iter().map(|(why, points)| RelevancePart { why, points: points.round() as i32 }).collect();
    let points = parts.iter().map(|part| part.points).sum::<i32>().max(0);
    Relevance { points, parts }
}

/// A part for each term: by its rarity, its weight, how often it stands there; the second most valuable counts half, the
/// third a third, so that a long list of names does not outweigh a headline.
fn terms(reading: &Reading<'_, '_>, places: &[Place]) -> Vec<(String, f64)> {
    let mut counts: BTreeMap<u32, u32> = BTreeMap::new();
    for place in places {
        *counts.entry(place.leaf).or_default() += 1;
    }
    let mut terms: Vec<(String, f64)> = counts
        .into_iter()
        .map(|(leaf, count)| {
            let entry = &reading.set.leaves[leaf as usize];
            let share = reading.set.shares.get().and_then(|shares| shares.get(leaf as usize)).copied();
            let rarity = share.map_or(1.0, |share| ((1.0 / share).log10() / 2.0).clamp(RARITY.0, RARITY.1));
            let often = 1.0 + f64::from(count.min(32)).log2() / 5.0;
            let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
            let rare = share.map_or(String::new(), |share| format!(", in {:.1} % of the archive", share * 100.0));
            (format!("{} {times}{rare}", entry.shown), TERM * entry.weight * rarity * often)
        })
        .collect();
    terms.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    /// More terms change nothing that could be seen.
    const TOLD: usize = 8;
    terms.truncate(TOLD);
    for (rank, term) in (1..).zip(&mut terms) {
        term.1 /= f64::from(rank);
    }
    terms
}

/// Words between the two nearest places of different terms.
fn smallest_gap(places: &[Place]) -> Option<u32> {
    let pairs = places
        .windows(2)
        .filter(|pair| pair[0].leaf != pair[1].leaf && pair[0].field == pair[1].field && pair[0].end <= pair[1].start);
    pairs.map(|pair| pair[1].first.saturating_sub(pair[0].last).saturating_sub(1)).min()
}
