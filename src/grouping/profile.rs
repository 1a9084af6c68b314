//! What an article is weighed by against others on one event: its first words, its title, its names and numbers.

use crate::model::story::Fingerprint;

use super::fingerprint::terms;
use super::heads::heads;
use super::sound;
use super::words::{FNV_BASIS, hash, is_about_nobody};

/// What happened stands in the first words; what follows is background that other reports share.
const LEAD_WORDS: usize = 130;

/// In hundredths: a smaller number, if nothing says that it counts people, stands in any text.
const HARD_NUMBER_MIN: i64 = 1_000;
/// Rather a year than a count.
const YEARS: std::ops::RangeInclusive<i64> = 190_000..=210_000;

/// Kinds of term, so that a word and a number are never taken for each other.
const NAME: u32 = 0x4e;
const NUMBER: u32 = 0x23;
const SOUND: u32 = 0x7e;
const ANCHOR: u32 = 0x40;

/// Terms with how much each counts in the article, sorted.
pub(super) type Terms = Vec<(u32, f32)>;

/// An article as it is compared with stories.
#[derive(Clone, Debug, Default)]
pub(super) struct Profile {
    pub lang: String,
    /// Title and first words.
    pub lead: Terms,
    pub title: Terms,
    /// Names as written, and numbers.
    pub facts: Terms,
    /// Names as they sound, and numbers.
    pub anchors: Terms,
    /// These with name groups and days: what is the same in other languages.
    pub shared: Terms,
    /// What tells one event from another of its kind, with how strong it does: days and larger numbers are 2, names as they
    /// sound and small numbers that count people 1. Name groups do not: they are what people watch for.
    pub hard: Terms,
}

impl Profile {
    pub fn of(print: &Fingerprint) -> Profile {
        let title = (print.title_words as usize).min(print.words.len());
        let lead = (title + LEAD_WORDS).min(print.words.len());
        let names = || print.names.iter().map(|(name, _)| name.as_str()).filter(|name| !is_about_nobody(name));
        let numbers = || print.numbers.iter().map(|(number, _)| number_term(*number));
        let sounds = names().filter_map(sound::key).map(|key| text_term(SOUND, &key));
        let anchor = |anchor: &String| text_term(ANCHOR, anchor);
        let groups = print.anchors.iter().filter(|anchor| anchor.starts_with('@')).map(anchor);
        let days = print.anchors.iter().filter(|anchor| !anchor.starts_with('@')).map(anchor);
        let hard_numbers = print.numbers.iter().map(|(number, _)| *number).filter(|number| is_hard_number(*number));
        let small_numbers =
            heads(print).into_iter().map(|(number, _)| number).filter(|number| !is_hard_number(*number));
        let strong = days.clone().chain(hard_numbers.map(number_term)).map(|term| (term, 2.0));
        let weak = sounds.clone().chain(small_numbers.map(number_term)).map(|term| (term, 1.0));
        let hard = each_once(strong.chain(weak));
        Profile {
            lang: print.lang.clone(),
            lead: damped(counted(terms(&print.words[..title]).chain(terms(&print.words[title..lead])))),
            title: counted(terms(&print.words[..title])),
            facts: counted(names().map(name_term).chain(numbers())),
            anchors: counted(sounds.clone().chain(numbers())),
            shared: counted(sounds.chain(numbers()).chain(groups).chain(days)),
            hard,
        }
    }

    /// Every term once.
    pub fn distinct(&self) -> Vec<u32> {
        let all = [&self.lead, &self.title, &self.facts, &self.shared];
        let mut distinct: Vec<u32> = all.into_iter().flatten().map(|(term, _)| *term).collect();
        distinct.sort_unstable();
        distinct.dedup();
        distinct
    }
}

fn counted(terms: impl Iterator<Item = u32>) -> Terms {
    let mut all: Vec<u32> = terms.collect();
    all.sort_unstable();
    all.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as f32)).collect()
}

/// Terms that are counted once, however often they are said.
fn each_once(terms: impl Iterator<Item = (u32, f32)>) -> Terms {
    let mut all: Vec<(u32, f32)> = terms.collect();
    all.sort_unstable_by_key(|(term, _)| *term);
    all.dedup_by_key(|(term, _)| *term);
    all
}

/// A word said ten times does not tell ten times as much.
fn damped(terms: Terms) -> Terms {
    terms.into_iter().map(|(term, count)| (term, 1.0 + count.ln())).collect()
}

pub(super) fn name_term(name: &str) -> u32 {
    text_term(NAME, name)
}

fn text_term(kind: u32, text: &str) -> u32 {
    text.chars().fold(hash(FNV_BASIS, kind), |hashed, c| hash(hashed, u32::from(c)))
}

/// Whether a number, in hundredths, tells one event from another by itself.
pub(super) fn is_hard_number(number: i64) -> bool {
    number >= HARD_NUMBER_MIN && !YEARS.contains(&number)
}

pub(super) fn number_term(number: i64) -> u32 {
    let bytes = number.to_le_bytes();
    bytes.iter().fold(hash(FNV_BASIS, NUMBER), |hashed, byte| hash(hashed, u32::from(*byte)))
}
