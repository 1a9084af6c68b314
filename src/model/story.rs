//! Articles that tell one event, and copies of one text.

use serde::{Deserialize, Serialize};

use super::id::{EntryId, StoryId};

/// What `grouping` compares texts by: hashes of word sequences, sampled so that two texts sample alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Sorted, without repeats.
    pub shingles: Vec<i64>,
}

/// An earlier article that shares shingles with a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub entry: EntryId,
    /// The first article of its copies: itself, or the one it copies.
    pub original: EntryId,
    pub story: StoryId,
    pub fingerprint: Fingerprint,
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
}
