//! A watch's newest hits, as programs of others read them.

use url::Url;

use super::id::{EntryId, WatchId};
use super::time::Timestamp;
use super::watch::Snippet;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bulletin {
    pub watch: WatchId,
    /// As readers see it.
    pub name: String,
    /// Newest first; of copies the one that was found first.
    pub hits: Vec<BulletinHit>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulletinHit {
    pub entry: EntryId,
    pub outlet: String,
    pub link: Option<Url>,
    pub headline: String,
    pub lang: String,
    /// The sentence that matched.
    pub sentence: Snippet,
    pub terms: Vec<String>,
    pub first_seen: Timestamp,
    pub found_at: Timestamp,
    /// What the outlet claims.
    pub dated: Option<Timestamp>,
}
