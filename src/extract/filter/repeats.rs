//! The same paragraph a second time: a copy of the text for another screen, a pull quote, a teaser of itself.

use super::{Finding, Text};

/// Shorter lines may well be said twice.
const LONG: f32 = 50.0;

pub fn finding(text: &Text<'_>, at: usize) -> Option<Finding> {
    let line = &text.lines[at];
    (line.width >= LONG && text.repeated[at]).then(|| Finding::Furniture("stands in the text before".to_owned()))
}
