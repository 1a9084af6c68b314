//! Advertisements and their labels, and lines that sell.

use super::{Finding, Text};
use crate::extract::phrases::Cue;

/// A label is short; what is longer speaks of advertising.
const LABEL: f32 = 50.0;
/// Longest line that sells; beyond it a report on prices begins.
const OFFER: f32 = 120.0;

pub fn finding(text: &Text<'_>, at: usize) -> Option<Finding> {
    let line = &text.lines[at];
    let phrase = line.says(Cue::Advert)?;
    if line.width <= LABEL && !line.is_sentence() {
        return Some(Finding::Furniture(format!("an advertisement's label: {phrase:?}")));
    }
    if line.width <= OFFER && line.linked > 0.5 {
        return Some(Finding::Furniture(format!("a linked offer: {phrase:?}")));
    }
    (line.width <= OFFER && !line.is_quote()).then(|| Finding::Doubtful(format!("may be an offer: {phrase:?}")))
}
