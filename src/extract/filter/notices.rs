//! Notices that are about the page: copyright, cookies, editors, where a text was taken from, where reading on costs.

use super::{Finding, Text};
use crate::extract::phrases::Cue;

const NOTICE: f32 = 220.0;

pub fn finding(text: &Text<'_>, at: usize) -> Option<Finding> {
    let line = &text.lines[at];
    if line.width > NOTICE || line.is_quote() {
        return None;
    }
    let phrase = line.says(Cue::Notice).or_else(|| line.says(Cue::Wall))?;
    let outside = text.is_before_the_text(at) || text.is_at_the_end(at);
    if outside || !line.is_sentence() {
        return Some(Finding::Furniture(format!("a notice about the page: {phrase:?}")));
    }
    Some(Finding::Doubtful(format!("may be a notice about the page: {phrase:?}")))
}
