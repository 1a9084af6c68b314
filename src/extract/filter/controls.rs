//! Buttons, menus, share bars and places of the page that got between the paragraphs.

use super::{Finding, Text};
use crate::extract::phrases::Cue;

/// A button says little.
const BUTTON: f32 = 40.0;

pub fn finding(text: &Text<'_>, at: usize) -> Option<Finding> {
    let line = &text.lines[at];
    if line.width > BUTTON || line.is_sentence() {
        return None;
    }
    if let Some(phrase) = line.says(Cue::Control) {
        return Some(Finding::Furniture(format!("a button or a menu's line: {phrase:?}")));
    }
    if let Some(phrase) = line.says(Cue::Share) {
        return Some(Finding::Furniture(format!("of a share bar: {phrase:?}")));
    }
    let phrase = line.says(Cue::Tags)?;
    let listed = line.linked > 0.5 || line.block.text.contains(['#', ':', '：']);
    listed.then(|| Finding::Furniture(format!("of a list of topics: {phrase:?}")))
}
