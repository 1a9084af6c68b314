//! Articles that tell one event, and copies of one text.

use serde::{Deserialize, Serialize};

use super::id::{EntryId, StoryId};
use super::time::Timestamp;

/// What `grouping` compares texts by. No text: hashes of its words, and the names and numbers in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Sampled hashes of word sequences, by which the text is looked up: sorted, without repeats.
    pub shingles: Vec<i64>,
    /// How many of the words are the title's.
    pub title_words: u32,
    /// Hashes in the order of the text, title first. The lowest bit tells a character of a script without spaces.
    pub words: Vec<u32>,
    /// Lower case, each once, with the place of the first among the words.
    pub names: Vec<(String, u32)>,
    /// In hundredths, each once, with the place of the first among the words; `u32::MAX` for what only tells when the
    /// article was published.
    pub numbers: Vec<(i64, u32)>,
    /// The language's first subtag.
    pub lang: String,
    /// What is written alike for every language: name groups (`@tumen`) and days of a year (`10-09`). Sorted, each once.
    #[serde(default)]
    pub anchors: Vec<String>,
}

/// An earlier article that shares shingles with a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub entry: EntryId,
    /// The first article of its copies: itself, or the one it copies.
    pub original: EntryId,
    pub story: StoryId,
    pub fingerprint: Fingerprint,
    /// By its outlet's word, or when it was seen.
    pub reported_at: Timestamp,
    /// It stands under the new article's own address.
    pub same_page: bool,
}

/// What `grouping` decided of an article, with the reason.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Membership {
    pub story: StoryId,
    /// The article whose text this one repeats; `None` if it is an original.
    pub copy_of: Option<EntryId>,
    /// 0 to 1: how much of the shorter text stands in the longer.
    pub score: f64,
    /// In words, for `inspect entry`.
    pub reason: String,
    /// Numbers and names that its running story did not hold yet. None for what opens a story, or is a copy.
    pub news: Vec<String>,
    /// Another story that it has to do with; only for what opens one of its own.
    #[serde(default)]
    pub related: Option<Related>,
}

/// Why an article that opened a story of its own is shown with another one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Related {
    pub relation: Relation,
    pub story: StoryId,
    /// 0 to 1.
    pub score: f64,
    /// In words, for `inspect entry`.
    pub reason: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// It goes back to an event that was reported at least a week before.
    FollowUp,
    /// It may tell of the same event; the evidence is thin.
    Possible,
}
