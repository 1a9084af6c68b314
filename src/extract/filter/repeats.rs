//! The same paragraph a second time: a copy of the text for another screen, a pull quote, a teaser of itself; and a
//! button's label that stands under each picture.

use super::{Finding, SURE, Text};
use crate::model::article::BlockKind;

/// Shorter lines may well be said twice.
const LONG: f32 = 50.0;
/// A label stands this often: two may be headings of two parts.
const OFTEN: usize = 3;
/// Fewer words may be the names of those who speak in turn.
const LABEL_WORDS: usize = 3;

pub fn finding(text: &Text<'_>, at: usize) -> Option<Finding> {
    let line = &text.lines[at];
    if line.width >= LONG {
        return text.repeated[at].then(|| Finding::Furniture("stands in the text before".to_owned()));
    }
    let ended = line.block.text.ends_with(|c: char| !c.is_alphanumeric());
    let is_label = line.block.kind == BlockKind::Paragraph && !ended;
    // The judge must be in doubt too, which reads what stands around it.
    if !is_label || line.odds.is_none_or(|odds| odds >= SURE) {
        return None;
    }
    let times = text.times.get(line.block.text.as_str()).copied().unwrap_or_default();
    let words = line.block.text.split(' ').count();
    (times >= OFTEN && words >= LABEL_WORDS).then(|| Finding::Furniture(format!("a label that stands {times} times")))
}
