//! A term as the pieces that are looked for: words of spaced scripts, and rows of characters of the others.

use super::fold;
use super::query::Term;
use super::scan::{CELL, Cell, Scanned, Word};

/// How the forms of a word count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// All forms; Hangul and scripts without spaces inside longer words too.
    Plain,
    /// This spelling; `capitals`: in capitals.
    Exact { capitals: bool },
    /// Any word that begins so.
    Prefix,
}

/// A piece that is looked for by itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    Word { folded: String, spelling: String, mode: Mode },
    Row(Row),
}

/// Characters of Hangul and of scripts without spaces that stand in a row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Row {
    /// As [`Scanned::row`].
    pub bytes: Vec<u8>,
    /// For each character, whether it is Hangul, and whether a space stands before it.
    pub cells: Vec<(bool, bool)>,
    /// As written, with its shapes of Han, for `=`.
    pub spelling: String,
    pub mode: Mode,
}

/// In a term of fewer Hangul syllables a space more or less makes it another word: 우선 양국 is not 선양.
const FREE_SPACE_FROM: usize = 4;

impl Row {
    /// Spaces between syllables that may differ from how the term is written.
    pub fn free_spaces(&self) -> usize {
        let syllables = self.cells.iter().filter(|(hangul, _)| *hangul).count();
        usize::from(syllables >= FREE_SPACE_FROM && self.mode == Mode::Plain)
    }

    pub fn begins_with_hangul(&self) -> bool {
        self.cells.first().is_some_and(|(hangul, _)| *hangul)
    }
}

/// Hyphenated words of one term that are also looked for written together.
const MAX_CHAINS: usize = 3;

/// The readings of a term, each a row of parts that stand next to each other. Never empty for a term that parses.
pub fn readings(term: &Term) -> Vec<Vec<Part>> {
    let text = term.text.as_str();
    let scanned = Scanned::of(text);
    let capitals = term.exact && fold::is_all_capitals(text);
    let mut apart = Pieces { text, term, capitals, pieces: vec![] };
    apart.add(&scanned);
    let separate: Vec<Part> = apart.pieces.iter().map(|(_, part)| part.clone()).collect();
    let mut readings = vec![separate];
    if !term.exact {
        for chain in chains(&scanned.words) {
            for reading in readings.clone() {
                readings.extend(written_together(text, &chain, &scanned.words, &reading));
            }
        }
        readings.extend(word_by_word(&readings[0]));
    }
    readings
}

/// True if a term has nothing that could be looked for.
pub fn is_empty(term: &Term) -> bool {
    let scanned = Scanned::of(&term.text);
    scanned.words.is_empty() && scanned.cells.is_empty()
}

struct Pieces<'t> {
    text: &'t str,
    term: &'t Term,
    capitals: bool,
    /// With where each begins.
    pieces: Vec<(u32, Part)>,
}

impl Pieces<'_> {
    fn add(&mut self, scanned: &Scanned) {
        for word in singles(&scanned.words) {
            let part = self.word(word);
            self.pieces.push((word.start, part));
        }
        let starts: Vec<u32> = singles(&scanned.words).map(|word| word.start).collect();
        let mut begin = 0;
        for end in 1..=scanned.cells.len() {
            let ends = scanned.cells.get(end).is_none_or(|after| ends_row(&scanned.cells[end - 1], after, &starts));
            if ends {
                self.row(scanned, begin, end);
                begin = end;
            }
        }
        self.pieces.sort_by_key(|(start, _)| *start);
    }

    fn mode(&self, end: u32) -> Mode {
        match self.text.as_bytes().get(end as usize) {
            Some(b'*') => Mode::Prefix,
            _ if self.term.exact => Mode::Exact { capitals: self.capitals },
            _ => Mode::Plain,
        }
    }

    fn word(&self, word: &Word) -> Part {
        let raw = &self.text[word.start as usize..word.end as usize];
        Part::Word { folded: fold::word(raw), spelling: fold::spelling(raw), mode: self.mode(word.end) }
    }

    fn row(&mut self, scanned: &Scanned, begin: usize, end: usize) {
        let cells = &scanned.cells[begin..end];
        let (Some(first), Some(last)) = (cells.first(), cells.last()) else { return };
        // Punctuation between rows is a cell of its own.
        if first.start == first.end {
            if cells.len() > 1 {
                self.row(scanned, begin + 1, end);
            }
            return;
        }
        let row = Row {
            bytes: scanned.row[begin * CELL..end * CELL].to_vec(),
            cells: cells.iter().map(|cell| (cell.hangul, cell.spaced && cell.start > first.start)).collect(),
            spelling: row_spelling(&self.text[first.start as usize..last.end as usize]),
            mode: self.mode(last.end),
        };
        self.pieces.push((first.start, Part::Row(row)));
    }
}

/// Words that hyphens did not make of others, in order.
fn singles(words: &[Word]) -> impl Iterator<Item = &Word> {
    words.iter().filter(|word| word.first == word.last)
}

/// True if a border or a word of another script, of those that begin at `starts`, stands between two characters.
fn ends_row(before: &Cell, after: &Cell, starts: &[u32]) -> bool {
    let next = starts.partition_point(|start| *start < before.end);
    after.start == after.end || starts.get(next).is_some_and(|start| *start < after.start)
}

/// What `=` compares in a row: composed, without spaces, dots and what is invisible.
pub fn row_spelling(raw: &str) -> String {
    let letters = raw.chars().filter(|c| matches!(fold::class(*c), fold::Class::Letter(_) | fold::Class::Mark));
    fold::spelling(&letters.collect::<String>())
}

/// The hyphenated words, each as a joined word of the scan that is part of no longer one.
fn chains(words: &[Word]) -> Vec<Word> {
    let joined = words.iter().filter(|word| word.first < word.last);
    let longest = joined.filter(|word| {
        !words.iter().any(|other| {
            other.first <= word.first && word.last <= other.last && other != *word && other.first < other.last
        })
    });
    longest.take(MAX_CHAINS).copied().collect()
}

/// The reading with the parts of a hyphenated word as one; `None` where they are not there any more.
fn written_together(text: &str, chain: &Word, words: &[Word], reading: &[Part]) -> Option<Vec<Part>> {
    let raw_of = |word: &Word| &text[word.start as usize..word.end as usize];
    let singles: Vec<String> = words
        .iter()
        .filter(|word| word.first == word.last && chain.first <= word.first && word.last <= chain.last)
        .map(|word| fold::word(raw_of(word)))
        .collect();
    let is_part = |part: &Part, single: &String| matches!(part, Part::Word { folded, .. } if folded == single);
    let at = reading
        .windows(singles.len())
        .position(|window| window.iter().zip(&singles).all(|(part, single)| is_part(part, single)))?;
    let Some(Part::Word { mode, .. }) = reading.get(at + singles.len() - 1) else { return None };
    let folded: String = singles.concat();
    let together = Part::Word { spelling: folded.clone(), folded, mode: *mode };
    let mut parts = reading.to_vec();
    parts.splice(at..at + singles.len(), [together]);
    Some(parts)
}

/// Hangul words one by one, so that each may have its particle: 중국의 정부 for 중국 정부.
fn word_by_word(reading: &[Part]) -> Option<Vec<Part>> {
    let mut parts = vec![];
    for part in reading {
        match part {
            Part::Row(row) if row.cells.iter().all(|(hangul, _)| *hangul) => {
                let mut begin = 0;
                for end in 1..=row.cells.len() {
                    if end == row.cells.len() || row.cells[end].1 {
                        let mut cells = row.cells[begin..end].to_vec();
                        cells[0].1 = false;
                        let mode = if end == row.cells.len() { row.mode } else { Mode::Plain };
                        let bytes = row.bytes[begin * CELL..end * CELL].to_vec();
                        // Only `=` compares spellings, and it is not read word by word.
                        parts.push(Part::Row(Row { bytes, cells, spelling: String::new(), mode }));
                        begin = end;
                    }
                }
            }
            other => parts.push(other.clone()),
        }
    }
    (parts.len() > reading.len()).then_some(parts)
}

/// The particles that may follow a Hangul word without making it another, in the order of Korean grammars: case, topic,
/// place, direction, comparison, "to be".
const PARTICLES: &[&str] = &[
    "은",
    "는",
    "이",
    "가",
    "을",
    "를",
    "의",
    "에",
    "와",
    "과",
    "도",
    "만",
    "로",
    "으로",
    "에서",
    "에게",
    "에게서",
    "께",
    "께서",
    "한테",
    "한테서",
    "부터",
    "까지",
    "보다",
    "처럼",
    "같이",
    "마다",
    "조차",
    "마저",
    "밖에",
    "뿐",
    "이나",
    "나",
    "이라",
    "라",
    "이란",
    "란",
    "이라는",
    "라는",
    "이라고",
    "라고",
    "이며",
    "며",
    "이고",
    "고",
    "하고",
    "이랑",
    "랑",
    "이든",
    "든",
    "이야",
    "야",
    "여",
    "이여",
    "으로서",
    "로서",
    "으로써",
    "로써",
    "으로부터",
    "로부터",
    "에다",
    "에다가",
    "이다",
    "입니다",
    "이었다",
    "였다",
    "이었던",
    "였던",
    "인",
    "일",
    "들",
    "대로",
    "만큼",
    "커녕",
    "치고",
    "이자",
];

/// True for nothing, a particle, or two in a row.
pub fn is_particle(rest: &str) -> bool {
    let one = |text: &str| text.is_empty() || PARTICLES.contains(&text);
    one(rest) || PARTICLES.iter().any(|particle| rest.strip_prefix(particle).is_some_and(one))
}
