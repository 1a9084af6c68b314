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
    /// Each row of characters once, with its number.
    row_numbers: HashMap<Vec<u8>, u32>,
    /// For each row, the part it is; nearly all are one alone.
    rows: Vec<RowPart>,
    /// For each row, what else it is.
    others: HashMap<u32, Vec<RowPart>>,
    /// Rows of which more is asked than their numbers tell.
    whole: HashMap<PartId, Row>,
    finder: Option<Rows>,
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
                let next = self.rows.len() as u32;
                let number = *self.row_numbers.entry(row.bytes.clone()).or_insert(next);
                let asked = RowPart::of(id, row);
                if asked.whole {
                    self.whole.insert(id, row.clone());
                }
                if number == next {
                    self.rows.push(asked);
                } else {
                    self.rows[number as usize].has_others = true;
                    self.others.entry(number).or_default().push(asked);
                }
            }
        }
        self.ids.insert(part, id);
        id
    }

    /// Makes what is searched with. No part can be added after.
    pub fn finish(&mut self) {
        if !self.rows.is_empty() {
            let mut rows = vec![&[][..]; self.rows.len()];
            for (bytes, number) in &self.row_numbers {
                rows[*number as usize] = bytes;
            }
            self.finder = Some(Rows::of(rows.iter().copied()));
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
            let cells = &scanned.cells[first..end];
            let gaps = Gaps::of(cells.iter().map(|cell| (cell.hangul, cell.spaced)));
            let mut look = |part: &RowPart| {
                let whole = || self.whole.get(&part.id).is_some_and(|row| stands(row, first, end, text, scanned));
                if part.stands(gaps, cells) && (!part.whole || whole()) {
                    visit(FoundRow { part: part.id, cells });
                }
            };
            let part = &self.rows[number];
            look(part);
            if part.has_others {
                self.others.get(&(number as u32)).into_iter().flatten().for_each(look);
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
        let others: usize = self.others.values().map(|others| others.len() * size_of::<RowPart>() + 40).sum();
        let rows = self.rows.len() * size_of::<RowPart>() + others + self.whole.len() * 150;
        words + rows + self.commonness.len() + self.finder.as_ref().map_or(0, Rows::bytes)
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

/// Where Hangul meets Hangul in a row, and where with a space: bit n for the characters n and n + 1, of the first 33.
#[derive(Clone, Copy)]
struct Gaps {
    hangul: u32,
    spaced: u32,
}

impl Gaps {
    const COUNT: usize = u32::BITS as usize;

    /// Of characters, each with whether it is Hangul and whether a space stands before it.
    fn of(mut cells: impl Iterator<Item = (bool, bool)>) -> Gaps {
        let mut gaps = Gaps { hangul: 0, spaced: 0 };
        let Some((mut before, _)) = cells.next() else { return gaps };
        for (bit, (hangul, spaced)) in (0..u32::BITS).zip(cells) {
            gaps.hangul |= u32::from(before && hangul) << bit;
            gaps.spaced |= u32::from(spaced) << bit;
            before = hangul;
        }
        gaps
    }
}

/// What a row that was found must be, to be a part.
#[derive(Clone, Copy)]
struct RowPart {
    id: PartId,
    spaced: u32,
    /// Spaces that may differ.
    free: u8,
    /// It must stand where a word begins.
    opens: bool,
    /// The whole row must be looked at too.
    whole: bool,
    /// The row is more than this part.
    has_others: bool,
}

impl RowPart {
    fn of(id: PartId, row: &Row) -> RowPart {
        let exact = matches!(row.mode, Mode::Exact { .. });
        RowPart {
            id,
            spaced: Gaps::of(row.cells.iter().copied()).spaced,
            free: row.free_spaces() as u8,
            opens: row.mode != Mode::Plain && row.begins_with_hangul(),
            whole: exact || row.cells.len() > Gaps::COUNT + 1,
            has_others: false,
        }
    }

    /// False if spaces or the beginning are not as the term asks, for all that the first characters tell.
    fn stands(&self, gaps: Gaps, cells: &[Cell]) -> bool {
        let differing = (gaps.spaced ^ self.spaced) & gaps.hangul;
        let opens = || !self.opens || cells.first().is_some_and(|first| first.opens);
        differing.count_ones() <= u32::from(self.free) && opens()
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
