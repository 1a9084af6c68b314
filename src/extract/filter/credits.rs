//! Lines that say who wrote, when and for whom: they are read into their own fields, and are no part of the text.
//!
//! A masthead's date is the day of the visit, not of the report: it is taken out and read by nobody.

use super::{Finding, Text};
use crate::extract::credits::{agency, is_date};
use crate::extract::phrases::Cue;
use crate::model::article::BlockKind;

/// A credit is short.
const CREDIT: f32 = 100.0;

pub fn finding(text: &Text<'_>, at: usize) -> Option<Finding> {
    let line = &text.lines[at];
    if line.width > CREDIT || line.is_sentence() || line.block.kind == BlockKind::Caption {
        return None;
    }
    let outside = text.is_before_the_text(at) || text.is_after_the_text(at);
    if outside && is_date(&line.block.text) {
        return Some(Finding::Furniture("a date line outside the text".to_owned()));
    }
    if outside && let Some(name) = agency(&line.block.text) {
        return Some(Finding::Furniture(format!("credits an agency: {name}")));
    }
    let phrase = line.says(Cue::Byline)?;
    outside.then(|| Finding::Furniture(format!("a line of author or date outside the text: {phrase:?}")))
}
