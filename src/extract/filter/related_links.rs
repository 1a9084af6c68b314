//! Pointers to other articles between the paragraphs of this one.

use super::{Finding, Text};
use crate::extract::outline::ends_sentence;
use crate::extract::phrases::Cue;

/// A pointer is a headline, not a paragraph.
const POINTER: f32 = 220.0;
/// The heading of a list of pointers.
const HEADING: f32 = 45.0;
/// Most pointers that one heading has.
const POINTERS: usize = 8;

pub fn finding(text: &Text<'_>, at: usize) -> Option<Finding> {
    let line = &text.lines[at];
    if line.width > POINTER {
        return None;
    }
    if let Some(phrase) = line.says(Cue::Related) {
        let why = format!("points to another article: {phrase:?}");
        let stops = ends_sentence(&line.block.text) && !line.block.text.ends_with([':', '…', '：']);
        let short = line.width <= HEADING;
        let proven = line.linked > 0.5 || !stops || short && line.block.text.ends_with('!');
        return Some(if proven { Finding::Furniture(why) } else { Finding::Doubtful(why) });
    }
    if let Some(heading) = listed_under(text, at) {
        return Some(Finding::Furniture(format!("listed under {heading:?}")));
    }
    lone_bullet(text, at)
}

/// The heading that points to other articles, when the line is one of the headlines that follow it.
fn listed_under<'a>(text: &Text<'a>, at: usize) -> Option<&'a str> {
    let lines = text.lines;
    if lines[at].is_sentence() && lines[at].linked < 0.5 {
        return None;
    }
    let from = at.saturating_sub(POINTERS);
    let heading = (from..at).rev().find(|before| lines[*before].says(Cue::Related).is_some())?;
    let is_heading = lines[heading].width <= HEADING;
    let listed = &lines[heading + 1..=at];
    let headlines = listed.iter().all(|line| line.width <= POINTER && (!line.is_sentence() || line.linked >= 0.5));
    if !is_heading || !headlines {
        return None;
    }
    // Plain lines under the heading could be a subheading of the report: two in a row, or links, or bullets, are none.
    let next = lines.get(at + 1).is_some_and(|line| !line.is_sentence() && line.width <= POINTER);
    let marked = lines[at].linked >= 0.5 || lines[at].is_item() || lines[at].block.text.ends_with(']');
    (marked || listed.len() > 1 || next).then(|| lines[heading].block.text.as_str())
}

/// One bullet alone between paragraphs is a teaser; a report's own list has several items.
fn lone_bullet(text: &Text<'_>, at: usize) -> Option<Finding> {
    let lines = text.lines;
    let line = &lines[at];
    let (first, end) = if line.is_item() { text.list(at) } else { return None };
    if end - first != 1 || lines.len() < 4 || ends_sentence(&line.block.text) {
        return None;
    }
    let between = first > 0 && lines[first - 1].is_sentence() && lines.get(end).is_some_and(|next| next.width >= 40.0);
    let why = "a single bullet between paragraphs".to_owned();
    Some(if between || line.linked > 0.5 { Finding::Furniture(why) } else { Finding::Doubtful(why) })
}
