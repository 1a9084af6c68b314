//! Readers' comments: their heading, their form, its rules.

use super::{Finding, Text};
use crate::extract::phrases::Cue;

const SHORT: f32 = 80.0;
const RULE: f32 = 240.0;

pub fn finding(text: &Text<'_>, at: usize) -> Option<Finding> {
    let line = &text.lines[at];
    let phrase = line.says(Cue::Comments)?;
    let after_the_text = text.is_at_the_end(at);
    if line.width <= SHORT && (after_the_text || line.linked > 0.5) {
        return Some(Finding::Furniture(format!("of a comment form: {phrase:?}")));
    }
    if line.width <= RULE && after_the_text && !line.is_quote() {
        return Some(Finding::Furniture(format!("of a comment form, after the text: {phrase:?}")));
    }
    (line.width <= SHORT && !line.is_sentence())
        .then(|| Finding::Doubtful(format!("may belong to comments: {phrase:?}")))
}
