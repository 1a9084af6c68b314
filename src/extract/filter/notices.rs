//! Notices that are about the page: copyright, cookies, editors, where a text was taken from, where reading on costs.

use super::{Finding, Line, Text};
use crate::extract::phrases::Cue;

const NOTICE: f32 = 220.0;
/// What lawyers wrote may be longer, and begins so; reports may begin with the other phrases.
const LEGAL: [&str; 6] = ["disclaimer", "copyright", "©", "(c)", "免责声明", "版权声明"];

pub fn finding(text: &Text<'_>, at: usize) -> Option<Finding> {
    let line = &text.lines[at];
    if line.is_quote() {
        return None;
    }
    let phrase = line.says(Cue::Notice).or_else(|| line.says(Cue::Wall))?;
    if line.width > NOTICE {
        let legal = text.is_at_the_end(at) && LEGAL.iter().any(|legal| *legal == phrase && begins(line, legal));
        return legal.then(|| Finding::Furniture(format!("a legal notice: {phrase:?}")));
    }
    let outside = text.is_before_the_text(at) || text.is_at_the_end(at);
    if outside || !line.is_sentence() {
        return Some(Finding::Furniture(format!("a notice about the page: {phrase:?}")));
    }
    Some(Finding::Doubtful(format!("may be a notice about the page: {phrase:?}")))
}

fn begins(line: &Line, phrase: &str) -> bool {
    line.block.text.get(..phrase.len()).is_some_and(|start| start.eq_ignore_ascii_case(phrase))
}
