//! A text as what is compared of it: its words in order, the names it holds and its numbers.

use std::collections::HashSet;
use std::ops::Range;

use super::stamps::stamps;

/// More of a text is not read: as many words tell a copy and an event as well as all of a book.
pub(super) const WORDS_MAX: usize = 4_000;
/// Of one text at most, the first ones.
const NAMES_MAX: usize = 160;
const NUMBERS_MAX: usize = 120;
/// More of a field is not looked at, whatever it holds.
const FIELD_BYTES_MAX: usize = 64 * 1024;
/// A longer run of letters is not a word; what follows counts as the next one.
const WORD_BYTES_MAX: usize = 64;

/// Place of a number that stands near nothing: it is of no event.
pub(super) const IN_A_STAMP: usize = usize::MAX;

/// A word counts by its first letters: endings change from case to case, and so do slips of the pen.
const STEM_LETTERS: usize = 6;

/// A word, or one character of a script without spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Of the lower-case letters; never 0.
    pub hash: u32,
    pub unspaced: bool,
}

/// What was read of one field of a text.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    pub words: Vec<Word>,
    /// Words written as names, lower case, each with the place of the first.
    pub names: Vec<(String, usize)>,
    /// Values in hundredths, each with the place of the first; [`IN_A_STAMP`] where it only tells when it was published.
    pub numbers: Vec<(i64, usize)>,
    /// Words that begin with a capital, and words that could.
    pub capitals: usize,
    pub cased: usize,
}

impl Words {
    pub fn of(text: &str) -> Words {
        let mut reader = Reader { stamps: stamps(text), ..Reader::default() };
        for (at, c) in start_of(text).char_indices() {
            if reader.words.words.len() >= WORDS_MAX {
                break;
            }
            reader.take(c, text, at);
        }
        reader.end_word();
        reader.end_number("", text.len());
        reader.words
    }
}

fn start_of(field: &str) -> &str {
    let mut end = field.len().min(FIELD_BYTES_MAX);
    while !field.is_char_boundary(end) {
        end -= 1;
    }
    &field[..end]
}

#[derive(Default)]
struct Reader {
    words: Words,
    seen_names: HashSet<String>,
    word: String,
    katakana: String,
    sentence_began: bool,
    number: String,
    after_digit: Option<char>,
    stamps: Vec<Range<usize>>,
}

impl Reader {
    fn take(&mut self, c: char, text: &str, at: usize) {
        if is_ignored(c) {
            return;
        }
        self.take_number(c, text, at);
        self.take_katakana(c);
        if is_unspaced(c) {
            self.end_word();
            self.push(hash(FNV_BASIS, u32::from(c)), true);
        } else if c.is_alphanumeric() {
            self.word.push(c);
            if self.word.len() >= WORD_BYTES_MAX {
                self.end_word();
            }
        } else {
            self.end_word();
            if ends_sentence(c) {
                self.sentence_began = false;
            }
        }
    }

    fn push(&mut self, hash: u32, unspaced: bool) {
        self.words.words.push(Word { hash: hash.max(1), unspaced });
    }

    fn end_word(&mut self) {
        if self.word.is_empty() {
            return;
        }
        let word = std::mem::take(&mut self.word);
        let lower = word.to_lowercase();
        let first = word.chars().next().unwrap_or_default();
        let is_cased = first.is_lowercase() || first.is_uppercase();
        let letters = word.chars().count();
        let after_unspaced = self.words.words.last().is_some_and(|last| last.unspaced);
        self.words.cased += usize::from(is_cased && letters > 3);
        self.words.capitals += usize::from(first.is_uppercase() && letters > 3);
        if first.is_uppercase() && (self.sentence_began || after_unspaced) && letters > 1 {
            self.name(lower.clone());
        }
        let stem = if first.is_numeric() { usize::MAX } else { STEM_LETTERS };
        self.push(lower.chars().take(stem).fold(FNV_BASIS, |h, c| hash(h, u32::from(c))), false);
        self.sentence_began = true;
    }

    fn name(&mut self, name: String) {
        let names = &mut self.words.names;
        if names.len() < NAMES_MAX && self.seen_names.insert(name.clone()) {
            names.push((name, self.words.words.len()));
        }
    }

    /// Foreign names are written in katakana.
    fn take_katakana(&mut self, c: char) {
        if matches!(c, '\u{30a1}'..='\u{30fa}' | '\u{30fc}') {
            self.katakana.push(c);
        } else if !self.katakana.is_empty() {
            let name = std::mem::take(&mut self.katakana);
            if name.chars().count() >= 3 {
                self.name(name);
            }
        }
    }

    fn take_number(&mut self, c: char, text: &str, at: usize) {
        if let Some(digit) = ascii_digit(c) {
            if let Some(between) = self.after_digit.take() {
                self.number.push(between);
            }
            if self.number.len() < 18 {
                self.number.push(digit);
            }
        } else if matches!(c, '.' | ',' | '\u{a0}' | '\u{202f}')
            && !self.number.is_empty()
            && self.after_digit.is_none()
        {
            self.after_digit = Some(if c == '.' { '.' } else { ',' });
        } else if !self.number.is_empty() {
            self.end_number(&text[at..], at);
        }
    }

    /// `end` is the byte after the number, or a little further.
    fn end_number(&mut self, rest: &str, end: usize) {
        self.after_digit = None;
        let written = std::mem::take(&mut self.number);
        let Some(value) = value(&written) else { return };
        let value = (value * scale(rest) * 100.0).round();
        if value >= 1e17 {
            return;
        }
        let value = value as i64;
        let in_a_stamp = self.stamps.iter().any(|stamp| stamp.start < end && end <= stamp.end + 1);
        let place = if in_a_stamp { IN_A_STAMP } else { self.words.words.len() };
        let numbers = &mut self.words.numbers;
        if let Some((_, first)) = numbers.iter_mut().find(|(known, _)| *known == value) {
            *first = place.min(*first);
        } else if numbers.len() < NUMBERS_MAX {
            numbers.push((value, place));
        }
    }
}

/// `1,100` and `1.100` are eleven hundred, `3.5` and `3,5` three and a half.
fn value(written: &str) -> Option<f64> {
    if written.is_empty() {
        return None;
    }
    let mut parts = written.split(['.', ',']);
    let whole = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    if !rest.is_empty() && rest.iter().all(|part| part.len() == 3) {
        return format!("{whole}{}", rest.concat()).parse().ok();
    }
    match rest.as_slice() {
        [] => whole.parse().ok(),
        [decimals] => format!("{whole}.{decimals}").parse().ok(),
        // A date or a version.
        _ => None,
    }
}

/// What the word after a number multiplies it by.
fn scale(rest: &str) -> f64 {
    const SCALES: &[(&str, f64)] = &[
        ("万亿", 1e12),
        ("万億", 1e12),
        ("兆", 1e12),
        ("조", 1e12),
        ("千万", 1e7),
        ("百万", 1e6),
        ("亿", 1e8),
        ("億", 1e8),
        ("억", 1e8),
        ("万", 1e4),
        ("萬", 1e4),
        ("만", 1e4),
        ("千", 1e3),
        ("천", 1e3),
        ("thousand", 1e3),
        ("million", 1e6),
        ("billion", 1e9),
        ("trillion", 1e12),
        ("тыс", 1e3),
        ("тис", 1e3),
        ("млн", 1e6),
        ("миллион", 1e6),
        ("мільйон", 1e6),
        ("млрд", 1e9),
        ("миллиард", 1e9),
        ("мільярд", 1e9),
        ("millón", 1e6),
        ("millones", 1e6),
        ("milljón", 1e6),
        ("milljarð", 1e9),
    ];
    let rest = rest.trim_start_matches([' ', '\u{a0}', '-', '\u{202f}']);
    SCALES.iter().find(|(word, _)| rest.starts_with(word)).map_or(1.0, |(_, scale)| *scale)
}

fn ascii_digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '\u{ff10}'..='\u{ff19}' => char::from_digit(u32::from(c) - 0xff10, 10),
        _ => None,
    }
}

/// As a word of a text is read.
pub(super) const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Days and months say when, agencies say who tells; neither says who it is about.
pub(super) fn is_about_nobody(name: &str) -> bool {
    const NOBODY: &[&str] = &[
        "jan", "feb", "aug", "sept", "sep", "oct", "nov", "dec", "reuters", "ap", "afp", "xinhua", "yonhap", "kyodo",
        "mr", "mrs", "ms",
    ];
    NOBODY.contains(&name) || MONTHS.contains(&name) || is_weekday(name)
}

pub(super) fn is_weekday(name: &str) -> bool {
    const WEEKDAYS: &[&str] = &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    WEEKDAYS.contains(&name)
}

/// Apostrophes, combining marks of Latin letters and invisible characters: outlets differ in them.
fn is_ignored(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{300}'..='\u{36f}')
}

fn ends_sentence(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | ':' | '\n' | '"' | '\u{201c}' | '\u{201d}')
}

pub(super) fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

pub(super) const FNV_BASIS: u32 = 0x811c_9dc5;
const FNV_PRIME: u32 = 0x0100_0193;

/// FNV-1a of a code point's bytes, spread a little more: values are stored, so this never changes.
pub(super) fn hash(hash: u32, value: u32) -> u32 {
    let hash = value.to_le_bytes().iter().fold(hash, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(FNV_PRIME));
    hash ^ (hash >> 15)
}
