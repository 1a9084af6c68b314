//! The sentence a reader sees as proof.

use super::Text;
use crate::model::watch::{Field, Snippet, Span};

/// A sentence longer than this is cut around the first place.
const MAX_BYTES: usize = 420;
/// Bytes before and after a place in which its sentence's ends are looked for.
const FAR: usize = 4096;

/// The sentence of the first place in the text; of the headline only where there is no other.
pub fn sentence_of(spans: &[Span], text: &Text<'_>) -> (Field, Snippet) {
    // A sentence of the text says more than the headline, which is shown anyway.
    let first = spans.iter().find(|span| span.field == Field::Body).or_else(|| spans.first());
    let (field, start, end) = first.map_or((Field::Title, 0, 0), |span| (span.field, span.start, span.end));
    (field, around(text.field(field), start, end, field, spans))
}

/// The sentence around a place of a field, with all spans in it.
pub fn around(source: &str, start: usize, end: usize, field: Field, spans: &[Span]) -> Snippet {
    let (from, to) = sentence(source, start, end);
    let marks = spans.iter().filter(|span| span.field == field && span.start >= from && span.end <= to);
    let mut marks: Vec<(usize, usize)> = marks.map(|span| (span.start - from, span.end - from)).collect();
    marks.sort_unstable();
    marks.dedup_by(|later, earlier| later.0 < earlier.1);
    Snippet {
        text: source[from..to].to_owned(),
        marks,
        cut_before: from > 0 && !ends_sentence(&source[..from]),
        cut_after: to < source.len() && !ends_sentence(&source[..to]),
    }
}

fn ends_sentence(before: &str) -> bool {
    before.ends_with('\n') || before.trim_end().ends_with(['.', '!', '?', '。', '！', '？', '”', '"', '’', '\''])
}

/// The bytes of the sentence around a place.
fn sentence(text: &str, start: usize, end: usize) -> (usize, usize) {
    let is_end = |at: usize, c: char| {
        let next = text[at + c.len_utf8()..].chars().next();
        match c {
            '\n' | '。' | '！' | '？' => true,
            '.' | '!' | '?' => next.is_none_or(|next| next.is_whitespace() || matches!(next, '"' | '”' | '’' | '\'')),
            _ => false,
        }
    };
    // A line of megabytes is not searched for its ends.
    let (first, last) = (text.ceil_char_boundary(start.saturating_sub(FAR)), text.floor_char_boundary(end + FAR));
    let before = text[first..start].char_indices().rev().find(|(at, c)| is_end(first + at, *c));
    let mut from = before.map_or(first, |(at, c)| first + at + c.len_utf8());
    let after = text[end..last].char_indices().find(|(at, c)| is_end(end + at, *c));
    let mut to = after.map_or(last, |(at, c)| end + at + if c == '\n' { 0 } else { c.len_utf8() });
    to += text[to..]
        .chars()
        .take_while(|c| matches!(c, '"' | '”' | '’' | '\'' | '」' | '』'))
        .map(char::len_utf8)
        .sum::<usize>();
    from += text[from..start].len()
        - text[from..start]
            .trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '”' | '’' | '\''))
            .len();
    if to - from > MAX_BYTES {
        let half = MAX_BYTES.saturating_sub(end - start) / 2;
        from = text.ceil_char_boundary(from.max(start.saturating_sub(half)));
        to = text.floor_char_boundary(to.min(end + half)).max(end);
        // A word of a megabyte of marks is not shown whole.
        to = text.floor_char_boundary(to.min(from + 2 * MAX_BYTES));
    }
    (from, to)
}
