//! Finds the parts of all terms in a scanned text at once: words by their forms, rows of characters from where they begin.

use std::sync::OnceLock;

use super::fold;
use super::forms::{self, Key, Lang};
use super::hash::HashMap;
use super::rows::Rows;
use super::scan::{Cell, Scanned};
use super::term::{self, Mode, Part, Row};

/// Number of a part, from 0.
pub type PartId = u32;

/// All parts, each once.
#[derive(Default)]
pub struct Parts {
    count: usize,
    commonness: Vec<u8>,
    ids: HashMap<Part, PartId>,
    plain: HashMap<Box<str>, Vec<PartId>>,
    exact: HashMap<Box<str>, Vec<(PartId, bool)>>,
    prefixes: HashMap<Box<str>, Vec<PartId>>,
    /// Bytes of the prefixes, ascending.
    prefix_lengths: Vec<usize>,
    /// Plain words with their spelling, for the tables below.
    words: Vec<(PartId, Box<str>, Box<str>)>,
    /// For each language, which parts have a key; made when the first text in it comes.
    by_key: Vec<OnceLock<HashMap<Key, Vec<PartId>>>>,
    rows: Vec<RowPattern>,
    row_numbers: HashMap<Vec<u8>, usize>,
    finder: Option<Rows>,
}

struct RowPattern {
    bytes: Vec<u8>,
    parts: Vec<(PartId, Row)>,
}

/// Bytes of the longest word that is looked up by its forms: longer is no word of a language.
const MAX_STEMMED: usize = 200;

/// Where a row of characters was found.
pub struct FoundRow<'c> {
    pub part: PartId,
    pub cells: &'c [Cell],
}

impl Parts {
    /// Returns the part's number; new ones are added.
    pub fn add(&mut self, part: Part) -> PartId {
        if let Some(id) = self.ids.get(&part) {
            return *id;
        }
        let id = self.count as PartId;
        self.count += 1;
        self.commonness.push(commonness(&part));
        match &part {
            Part::Word { folded, spelling, mode } => match mode {
                Mode::Plain => {
                    self.plain.entry(folded.as_str().into()).or_default().push(id);
                    self.words.push((id, spelling.as_str().into(), folded.as_str().into()));
                }
                Mode::Exact { capitals } => {
                    self.exact.entry(spelling.as_str().into()).or_default().push((id, *capitals));
                }
                Mode::Prefix => {
                    self.prefixes.entry(folded.as_str().into()).or_default().push(id);
                    if let Err(at) = self.prefix_lengths.binary_search(&folded.len()) {
                        self.prefix_lengths.insert(at, folded.len());
                    }
                }
            },
            Part::Row(row) => {
                let number = *self.row_numbers.entry(row.bytes.clone()).or_insert(self.rows.len());
                if number == self.rows.len() {
                    self.rows.push(RowPattern { bytes: row.bytes.clone(), parts: vec![] });
                }
                self.rows[number].parts.push((id, row.clone()));
            }
        }
        self.ids.insert(part, id);
        id
    }

    /// Makes what is searched with. No part can be added after.
    pub fn finish(&mut self) {
        if !self.rows.is_empty() {
            self.finder = Some(Rows::of(self.rows.iter().map(|row| row.bytes.as_slice())));
        }
        self.by_key = (0..Lang::COUNT).map(|_| OnceLock::new()).collect();
        self.ids = HashMap::default();
        self.row_numbers = HashMap::default();
    }

    /// Adds the parts of which the word of a text is a form.
    pub fn of_word(&self, lang: Lang, raw: &str, found: &mut Vec<PartId>) {
        let folded = fold::word(raw);
        let begin = found.len();
        if let Some(ids) = self.plain.get(folded.as_str()) {
            found.extend(ids);
        }
        let needs_spelling = !raw.is_ascii() || !self.exact.is_empty();
        let spelling = if needs_spelling { fold::spelling(raw) } else { folded.clone() };
        if lang != Lang::NONE && !self.words.is_empty() && raw.len() <= MAX_STEMMED {
            let table = self.by_key[lang.index()].get_or_init(|| self.table(lang));
            for key in forms::keys(lang, &spelling, &folded) {
                for id in table.get(&key).into_iter().flatten() {
                    if !found[begin..].contains(id) {
                        found.push(*id);
                    }
                }
            }
        }
        for (id, capitals) in self.exact.get(spelling.as_str()).into_iter().flatten() {
            if !capitals || !raw.chars().any(char::is_lowercase) {
                found.push(*id);
            }
        }
        for length in self.prefix_lengths.iter().take_while(|length| **length <= folded.len()) {
            if let Some(ids) = folded.get(..*length).and_then(|prefix| self.prefixes.get(prefix)) {
                found.extend(ids);
            }
        }
    }

    fn table(&self, lang: Lang) -> HashMap<Key, Vec<PartId>> {
        let mut table: HashMap<Key, Vec<PartId>> = HashMap::default();
        for (id, spelling, folded) in &self.words {
            for key in forms::keys(lang, spelling, folded) {
                table.entry(key).or_default().push(*id);
            }
        }
        table
    }

    /// Calls `visit` for each place of a row of characters, those of one part in the order of the text.
    pub fn each_row<'c>(&self, text: &str, scanned: &'c Scanned, mut visit: impl FnMut(FoundRow<'c>)) {
        let Some(finder) = &self.finder else { return };
        finder.each(&scanned.row, |number, first, end| {
            for (part, row) in &self.rows[number].parts {
                if stands(row, first, end, text, scanned) {
                    visit(FoundRow { part: *part, cells: &scanned.cells[first..end] });
                }
            }
        });
    }

    pub fn count(&self) -> usize {
        self.count
    }

    /// How often a part of this length is found, next to others: 1 for the rarest.
    pub fn commonness(&self, part: PartId) -> u64 {
        u64::from(self.commonness.get(part as usize).copied().unwrap_or(1))
    }

    /// About how many bytes the tables take.
    pub fn bytes(&self) -> usize {
        let words: usize = self.words.iter().map(|(_, a, b)| 2 * (a.len() + b.len()) + 120).sum();
        let rows: usize = self.rows.iter().map(|row| row.bytes.len() * 3 + 160).sum();
        words + rows + self.finder.as_ref().map_or(0, Rows::bytes)
    }
}

/// By length alone: in the languages we read, most of a text's words are of four letters or fewer, and few of two
/// characters of Han or Hangul or more are as common as those.
fn commonness(part: &Part) -> u8 {
    match part {
        Part::Word { folded, .. } => match folded.chars().count() {
            0..=2 => 200,
            3 => 100,
            4 => 30,
            5 => 8,
            6 => 4,
            _ => 2,
        },
        Part::Row(row) => match row.cells.len() {
            1 => 100,
            2 => 4,
            _ => 1,
        },
    }
}

/// True if the spaces and the ends of a found row are as the term asks.
fn stands(row: &Row, first: usize, end: usize, text: &str, scanned: &Scanned) -> bool {
    let cells = &scanned.cells[first..end];
    let Some(last) = cells.last() else { return false };
    let pairs = cells.windows(2).zip(row.cells.windows(2));
    let differing = pairs.filter(|(here, asked)| here[0].hangul && here[1].hangul && here[1].spaced != asked[1].1);
    if differing.count() > row.free_spaces() {
        return false;
    }
    let opens = cells[0].opens || !row.begins_with_hangul();
    match row.mode {
        Mode::Plain => true,
        Mode::Prefix => opens,
        Mode::Exact { .. } => {
            opens
                && (!last.hangul || term::is_particle(&rest_of_word(end, last.word, text, scanned)))
                && term::row_spelling(&text[cells[0].start as usize..last.end as usize]) == row.spelling
        }
    }
}

/// The syllables that follow in the same Hangul word; longer than any two particles is not read.
fn rest_of_word(end: usize, word: u32, text: &str, scanned: &Scanned) -> String {
    const LONGEST: usize = 9;
    let rest = scanned.cells[end..].iter().take(LONGEST).take_while(|cell| cell.hangul && cell.word == word);
    rest.map(|cell| fold::spelling(&text[cell.start as usize..cell.end as usize])).collect()
}
