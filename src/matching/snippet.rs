//! The sentence a reader sees as proof.

use super::Text;
use super::evaluate::Found;
use crate::model::id::WatchId;
use crate::model::watch::{Field, Hit, Snippet};

/// A sentence longer than this is cut around the first place.
const MAX_BYTES: usize = 420;

pub fn hit(watch: &WatchId, found: Found, text: &Text<'_>) -> Hit {
    // A sentence of the text says more than the headline, which is shown anyway.
    let first = found.spans.iter().find(|span| span.field == Field::Body).or_else(|| found.spans.first());
    let (field, start, end) = first.map_or((Field::Title, 0, 0), |span| (span.field, span.start, span.end));
    let source = match field {
        Field::Title => text.title,
        Field::Body => text.body,
    };
    let (from, to) = sentence(source, start, end);
    let marks = found.spans.iter().filter(|span| span.field == field && span.start >= from && span.end <= to);
    let mut marks: Vec<(usize, usize)> = marks.map(|span| (span.start - from, span.end - from)).collect();
    marks.sort_unstable();
    marks.dedup_by(|later, earlier| later.0 < earlier.1);
    let sentence = Snippet {
        text: source[from..to].to_owned(),
        marks,
        cut_before: from > 0 && !ends_sentence(&source[..from]),
        cut_after: to < source.len() && !ends_sentence(&source[..to]),
    };
    Hit { watch: watch.clone(), terms: found.terms, spans: found.spans, sentence, field }
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
    let before = text[..start].char_indices().rev().find(|(at, c)| is_end(*at, *c));
    let mut from = before.map_or(0, |(at, c)| at + c.len_utf8());
    let after = text[end..].char_indices().find(|(at, c)| is_end(end + at, *c));
    let mut to = after.map_or(text.len(), |(at, c)| end + at + if c == '\n' { 0 } else { c.len_utf8() });
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
    }
    (from, to)
}
