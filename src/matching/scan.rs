//! A text as words and as a row of characters, each with its place in the original. One pass, no allocation but the buffers.

use super::fold::{self, Class, Script};

pub use super::fold::Alphabet;

/// A word of a spaced script, or two or three joined by hyphens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// Bytes of the text.
    pub start: u32,
    pub end: u32,
    /// Number of the word in its field; `last` differs where hyphens join several.
    pub first: u32,
    pub last: u32,
    pub alphabet: Alphabet,
}

/// A character of the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    pub start: u32,
    pub end: u32,
    /// Number of its word: of Hangul the word between spaces, of scripts without spaces the character itself.
    pub word: u32,
    pub hangul: bool,
    /// A space or line break stands before it.
    pub spaced: bool,
    /// First of its Hangul word: the character before it is no Hangul.
    pub opens: bool,
}

/// Bytes that a character of the row takes.
pub const CELL: usize = 3;
/// Stands in the row where text that does not belong together meets.
const BORDER: [u8; CELL] = [0; CELL];

/// What a text was read into. Kept and filled again.
#[derive(Debug, Default)]
pub struct Scanned {
    pub words: Vec<Word>,
    /// Characters of Hangul and of scripts without spaces, folded, three bytes each, spaces left out.
    pub row: Vec<u8>,
    /// As many as the row has characters.
    pub cells: Vec<Cell>,
    /// Numbers of the words that follow a blank line, ascending.
    pub paragraphs: Vec<u32>,
    /// Words in all.
    pub count: u32,
    folded: Vec<char>,
}

impl Scanned {
    pub fn of(text: &str) -> Scanned {
        let mut scanned = Scanned::default();
        scanned.read(text);
        scanned
    }

    /// True if a blank line stands between the words `before` and `after`.
    pub fn parted(&self, before: u32, after: u32) -> bool {
        let next = self.paragraphs.partition_point(|first| *first <= before);
        self.paragraphs.get(next).is_some_and(|first| *first <= after)
    }

    /// Reads a text; what was read before is forgotten. Longer than 4 GiB is read up to there.
    pub fn read(&mut self, text: &str) {
        self.words.clear();
        self.row.clear();
        self.cells.clear();
        self.paragraphs.clear();
        self.count = 0;
        let text = &text[..text.floor_char_boundary(u32::MAX as usize)];
        let mut pass =
            Pass { text, bytes: text.as_bytes(), at: 0, scanned: self, line_breaks: 0, gap: Gap::Border, joins: 0 };
        pass.run();
    }
}

/// What stands between the last character of the row and the next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gap {
    None,
    Space,
    Border,
}

struct Pass<'t, 's> {
    text: &'t str,
    bytes: &'t [u8],
    at: usize,
    scanned: &'s mut Scanned,
    line_breaks: u32,
    gap: Gap,
    /// Words before this one that hyphens join to it.
    joins: u32,
}

/// Parts of a hyphenated word that are also read as one: `a-b-c` holds `ab`, `bc` and `abc`.
const MAX_JOINED: u32 = 3;

/// For each byte: 1 a letter or digit, 0 something else of ASCII, 2 beyond ASCII.
static ASCII: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = if byte >= 128 { 2 } else { (byte as u8).is_ascii_alphanumeric() as u8 };
        byte += 1;
    }
    table
};

impl Pass<'_, '_> {
    fn run(&mut self) {
        while let Some(&byte) = self.bytes.get(self.at) {
            match ASCII[byte as usize] {
                1 => self.word(Alphabet::Latin),
                0 => self.ascii_between(byte),
                _ => self.beyond_ascii(),
            }
        }
    }

    fn ascii_between(&mut self, byte: u8) {
        self.at += 1;
        match byte {
            b' ' | b'\t' | b'\r' => self.space(),
            b'\n' => {
                self.line_breaks += 1;
                self.space();
            }
            b'-' => self.hyphen(self.at - 1),
            _ => self.border(),
        }
    }

    fn beyond_ascii(&mut self) {
        let Some(c) = self.text[self.at..].chars().next() else { return };
        let length = c.len_utf8();
        match fold::class(c) {
            Class::Letter(Script::Spaced(alphabet)) => return self.word(alphabet),
            Class::Letter(Script::Hangul) => return self.cell(c, true),
            Class::Letter(Script::Unspaced) => return self.cell(c, false),
            Class::Invisible | Class::Mark => {}
            Class::Space => self.space(),
            Class::Newline => {
                self.line_breaks += 1;
                self.space();
            }
            Class::Hyphen => self.hyphen(self.at),
            Class::MiddleDot => self.joins = 0,
            Class::Apostrophe | Class::Other => self.border(),
        }
        self.at += length;
    }

    fn space(&mut self) {
        self.joins = 0;
        if self.gap == Gap::None {
            self.gap = Gap::Space;
        }
    }

    fn border(&mut self) {
        self.joins = 0;
        self.gap = Gap::Border;
        self.line_breaks = 0;
    }

    /// Joins two words only where it touches both.
    fn hyphen(&mut self, at: usize) {
        let touches = self.scanned.words.last().is_some_and(|word| word.end as usize == at);
        let joins = if touches { (self.joins + 1).min(MAX_JOINED - 1) } else { 0 };
        self.border();
        self.joins = joins;
    }

    /// Numbers the next word.
    fn number(&mut self) -> u32 {
        let number = self.scanned.count;
        if self.line_breaks > 1 {
            self.scanned.paragraphs.push(number);
            self.gap = Gap::Border;
        }
        self.line_breaks = 0;
        self.scanned.count += 1;
        number
    }

    /// Reads a word of a spaced script.
    fn word(&mut self, alphabet: Alphabet) {
        let start = self.at;
        let mut end = start;
        loop {
            while self.bytes.get(self.at).is_some_and(|byte| ASCII[*byte as usize] == 1) {
                self.at += 1;
                end = self.at;
            }
            if self.bytes.get(self.at).is_none_or(|byte| *byte < 128) {
                break;
            }
            let Some(c) = self.text[self.at..].chars().next() else { break };
            match fold::class(c) {
                Class::Letter(Script::Spaced(_)) | Class::Mark => end = self.at + c.len_utf8(),
                Class::Invisible => {}
                _ => break,
            }
            self.at += c.len_utf8();
        }
        if self.is_possessive(start, end) {
            return;
        }
        let joins = self.joins;
        let number = self.number();
        self.border();
        let word = Word { start: start as u32, end: end as u32, first: number, last: number, alphabet };
        self.scanned.words.push(word);
        self.join(word, joins);
        self.joins = joins;
    }

    fn join(&mut self, word: Word, joins: u32) {
        for back in 1..=joins {
            let Some(first) = word.first.checked_sub(back) else { return };
            let earlier = self.scanned.words.iter().rev().find(|word| word.first == first && word.last == first);
            let Some(earlier) = earlier.copied() else { return };
            self.scanned.words.push(Word { start: earlier.start, first, ..word });
        }
    }

    /// `s` after an apostrophe that ends a word.
    fn is_possessive(&self, start: usize, end: usize) -> bool {
        if !matches!(&self.bytes[start..end], b"s" | b"S") {
            return false;
        }
        let Some(apostrophe) = self.text[..start].chars().next_back() else { return false };
        let before = start - apostrophe.len_utf8();
        fold::class(apostrophe) == Class::Apostrophe
            && self.text[..before]
                .chars()
                .next_back()
                .is_some_and(|c| matches!(fold::class(c), Class::Letter(_) | Class::Mark))
    }

    /// Reads a character of Hangul or of a script without spaces, with its marks.
    fn cell(&mut self, first: char, hangul: bool) {
        let start = self.at;
        let (mut end, mut marks) = (start + first.len_utf8(), 0);
        self.at = end;
        if !self.surely_no_mark(end) {
            for (offset, c) in self.text[end..].char_indices() {
                let after = end + offset + c.len_utf8();
                match fold::class(c) {
                    Class::Mark => marks = after,
                    Class::Invisible => {}
                    _ => break,
                }
                self.at = after;
            }
        }
        let has_marks = marks > 0;
        end = end.max(marks);
        let spaced = self.gap == Gap::Space;
        let follows = hangul
            && self.gap == Gap::None
            && self.line_breaks == 0
            && self.scanned.cells.last().is_some_and(|cell| cell.hangul);
        let word = if follows { self.scanned.count - 1 } else { self.number() };
        if self.gap == Gap::Border && !self.scanned.row.is_empty() {
            self.scanned.row.extend_from_slice(&BORDER);
            let nowhere =
                Cell { start: start as u32, end: start as u32, word, hangul: false, spaced: true, opens: true };
            self.scanned.cells.push(nowhere);
        }
        self.gap = Gap::None;
        self.joins = 0;
        let cell = Cell { start: start as u32, end: end as u32, word, hangul, spaced, opens: hangul && !follows };
        self.push(cell, Some(first).filter(|_| !has_marks));
    }

    /// True if what begins here is ASCII or one of the blocks of Han and Hangul that hold letters alone: nearly always.
    fn surely_no_mark(&self, at: usize) -> bool {
        matches!(self.bytes.get(at), None | Some(0..=0x7f | 0xe4..=0xe9 | 0xeb | 0xec))
    }

    /// `alone`: the character, if it has no marks.
    fn push(&mut self, cell: Cell, alone: Option<char>) {
        let alone = alone.and_then(|c| match c {
            '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30ff}' | '\u{ac00}'..='\u{d7a3}' => Some(c),
            '\u{3400}'..='\u{9fff}' => Some(fold::han(c)),
            _ => None,
        });
        if let Some(c) = alone {
            self.scanned.row.extend_from_slice(&bytes(c));
            self.scanned.cells.push(cell);
            return;
        }
        let raw = &self.text[cell.start as usize..cell.end as usize];
        let mut folded = std::mem::take(&mut self.scanned.folded);
        folded.clear();
        fold::cluster(raw, &mut folded);
        for (i, c) in folded.iter().enumerate() {
            self.scanned.row.extend_from_slice(&bytes(*c));
            self.scanned.cells.push(Cell { opens: cell.opens && i == 0, spaced: cell.spaced && i == 0, ..cell });
        }
        self.scanned.folded = folded;
    }
}

/// A character as the row has it: UTF-8 where that takes three bytes. Elsewhere the first byte is none of UTF-8's, and
/// who searches the row must take only what begins at a multiple of [`CELL`].
pub fn bytes(c: char) -> [u8; CELL] {
    let mut buffer = [0; 4];
    match c.encode_utf8(&mut buffer).as_bytes() {
        &[a, b, c] => [a, b, c],
        _ => [0xf8 | (c as u32 >> 16 & 7) as u8, (c as u32 >> 8) as u8, c as u32 as u8],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        Scanned::of(text).words.iter().map(|word| &text[word.start as usize..word.end as usize]).collect()
    }

    #[test]
    fn words_end_at_apostrophes_and_hyphens_and_a_possessive_is_no_word() {
        assert_eq!(words("China’s raid, l'exil 's"), ["China", "raid", "l", "exil", "s"]);
        assert_eq!(words("a non-refoulement rule"), ["a", "non", "refoulement", "non-refoulement", "rule"]);
        assert_eq!(words("non- refoulement, x--y"), ["non", "refoulement", "x", "y"]);
        assert_eq!(words("repa\u{200b}tri\u{ad}ation\u{200b}."), ["repa\u{200b}tri\u{ad}ation"]);
        assert_eq!(words("a-b-c-d").len(), 4 + 3 + 2);
    }

    #[test]
    fn hangul_words_are_counted_by_spaces_and_han_by_characters() {
        let scanned = Scanned::of("강제 북송을 遣返 X");
        let numbers: Vec<u32> = scanned.cells.iter().map(|cell| cell.word).collect();
        assert_eq!(numbers, [0, 0, 1, 1, 1, 2, 3]);
        assert_eq!(scanned.words[0].first, 4);
        let spaced: Vec<bool> = scanned.cells.iter().map(|cell| cell.spaced).collect();
        assert_eq!(spaced, [false, false, true, false, false, true, false]);
    }

    #[test]
    fn a_blank_line_parts_what_a_line_break_does_not() {
        let scanned = Scanned::of("遣\n返 a\nb\n\nc");
        assert_eq!(scanned.row.len(), 2 * CELL);
        assert!(!scanned.parted(2, 3) && scanned.parted(3, 4) && scanned.parted(2, 4));
        assert_eq!(Scanned::of("遣\n\n返").row.len(), 3 * CELL);
    }

    #[test]
    fn marks_of_one_letter_are_one_character_with_the_place_of_all() {
        let scanned = Scanned::of("カ\u{3099}ス");
        let places: Vec<_> = scanned.cells.iter().map(|cell| (cell.start, cell.end)).collect();
        assert_eq!(places, [(0, 6), (6, 9)]);
        assert_eq!(scanned.row[..CELL], bytes('ガ'));
    }
}
