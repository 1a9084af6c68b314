//! What trails after the text, or stands before it: lines of menus and boxes, no sentence among them.

use super::{Finding, Text};
use crate::extract::phrases::Cue;
use crate::model::article::BlockKind;

/// A menu's line is short.
const SHORT: f32 = 70.0;
/// A tail is followed back this far.
const TAIL: usize = 40;
const FURNITURE: [Cue; 8] =
    [Cue::Related, Cue::Pitch, Cue::Share, Cue::Comments, Cue::Advert, Cue::Tags, Cue::Control, Cue::Notice];

pub fn finding(text: &Text<'_>, at: usize) -> Option<Finding> {
    let line = &text.lines[at];
    if line.width > SHORT || line.is_sentence() || line.block.kind == BlockKind::Caption {
        return None;
    }
    if text.is_before_the_text(at) {
        let phrase = line.says(Cue::Pitch).or_else(|| line.says(Cue::Related))?;
        return Some(Finding::Furniture(format!("stands before the text: {phrase:?}")));
    }
    let (_, last) = text.sentences.filter(|(_, last)| at > *last)?;
    // From the first line of the tail that says it is furniture, all that follows is, as long as no sentence comes.
    let tail = at.saturating_sub(TAIL).max(last + 1)..=at;
    let begins = text.lines[tail].iter().find_map(|line| {
        let short = line.width <= SHORT;
        short.then(|| FURNITURE.iter().find_map(|cue| line.says(*cue)))?
    })?;
    Some(Finding::Furniture(format!("trails after the text, from {begins:?} on")))
}
