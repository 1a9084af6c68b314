//! What outside text may not bring into a mail.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::model::watch::Snippet;

/// A run of text that is marked as what matched, or is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    pub marked: bool,
}

/// Accents and the like that may stand on one letter; more of them paint over the lines around.
const MAX_STACKED: usize = 4;

/// One line without control characters, direction overrides or invisible characters that could hide or reverse what is
/// shown (Unicode TR 36 §2.6).
pub fn line(text: &str) -> String {
    let snippet = Snippet { text: text.to_owned(), ..Snippet::default() };
    pieces(&snippet).into_iter().map(|piece| piece.text).collect()
}

/// The same with the marks kept. Marks that fit no place of the text are dropped, the text never.
pub fn pieces(snippet: &Snippet) -> Vec<Piece> {
    let mut cleaned = Cleaned::default();
    let mut at = 0;
    for &(start, end) in &snippet.marks {
        if let (Some(before), Some(mark)) = (snippet.text.get(at..start), snippet.text.get(start..end)) {
            cleaned.push(before, false);
            cleaned.push(mark, true);
            at = end;
        }
    }
    cleaned.push(snippet.text.get(at..).unwrap_or_default(), false);
    cleaned.pieces
}

#[derive(Default)]
struct Cleaned {
    pieces: Vec<Piece>,
    /// White space was met and is written when something follows it.
    space_owed: bool,
    stacked: usize,
}

impl Cleaned {
    fn push(&mut self, text: &str, marked: bool) {
        for c in text.chars() {
            if c.is_whitespace() || c.is_control() {
                self.space_owed = !self.pieces.is_empty();
                self.stacked = 0;
            } else if !is_hidden(c) && self.may_stand(c) {
                if std::mem::take(&mut self.space_owed) {
                    // Between a mark and its neighbour the space belongs to neither mark.
                    let inside = marked && self.pieces.last().is_some_and(|last| last.marked);
                    self.append(' ', inside);
                }
                self.append(c, marked);
            }
        }
    }

    fn may_stand(&mut self, c: char) -> bool {
        self.stacked = if c.width() == Some(0) { self.stacked + 1 } else { 0 };
        self.stacked <= MAX_STACKED
    }

    fn append(&mut self, c: char, marked: bool) {
        match self.pieces.last_mut().filter(|last| last.marked == marked) {
            Some(last) => last.text.push(c),
            None => self.pieces.push(Piece { text: c.to_string(), marked }),
        }
    }
}

/// True for what is dropped: it shows nothing itself and changes how its neighbours are shown, or hides between them.
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text up to `columns`, cut at a word where there is one, with an ellipsis. Wide characters take two columns.
pub fn shortened(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let cut = &text[..fitting(text, columns.saturating_sub(1))];
    let at_word = cut.rfind(' ').filter(|at| cut[..*at].width() * 2 > columns).map_or(cut, |at| &cut[..at]);
    format!("{}…", at_word.trim_end_matches([' ', ',', ';', ':', '-', '–', '—', '，', '、', '·']))
}

/// How many bytes of the text fit into `columns`.
pub fn fitting(text: &str, columns: usize) -> usize {
    let mut taken = 0;
    for (at, c) in text.char_indices() {
        taken += c.width().unwrap_or(0);
        if taken > columns {
            return at;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_invisible_characters_and_line_breaks_go() {
        assert_eq!(line("Raid\r\nBcc: x \u{202e}gnp.exe\u{202c}\u{200b}\0"), "Raid Bcc: x gnp.exe");
        assert_eq!(line("\u{feff} \u{2028}\t "), "");
    }

    #[test]
    fn marks_stay_on_their_words_when_the_text_around_is_cleaned() {
        let text = "\u{200b}They  were\n\trepatriated\u{ad} \r\n by bus".to_owned();
        let start = text.find("repatriated").unwrap();
        let snippet = Snippet { marks: vec![(start, start + "repatriated".len())], text, ..Snippet::default() };
        let told: Vec<_> = pieces(&snippet).into_iter().map(|piece| (piece.text, piece.marked)).collect();
        assert_eq!(
            told,
            [("They were ".to_owned(), false), ("repatriated".to_owned(), true), (" by bus".to_owned(), false)]
        );
    }

    #[test]
    fn a_mark_beside_the_text_loses_no_text() {
        let snippet = Snippet { text: "遣返".into(), marks: vec![(1, 2), (3, 99)], ..Snippet::default() };
        assert_eq!(pieces(&snippet), [Piece { text: "遣返".into(), marked: false }]);
    }

    #[test]
    fn a_tower_of_accents_is_cut_down() {
        assert_eq!(line(&format!("a{}b", "\u{301}".repeat(60))), "a\u{301}\u{301}\u{301}\u{301}b");
    }

    #[test]
    fn a_long_headline_is_cut_at_a_word() {
        assert_eq!(shortened("Buses at the customs office", 15), "Buses at the…");
        assert_eq!(shortened("강제북송된탈북민이백명", 9), "강제북송…");
    }
}
