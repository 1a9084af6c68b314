//! One item of a feed.

use std::fmt;

use jiff::civil::Weekday;
use serde::{Deserialize, Serialize};
use url::Url;

use super::feed::{FeedKind, FeedSpec};
use super::id::{EntryId, FeedId};
use super::lease::Lease;
use super::time::Timestamp;

/// What makes an entry the same entry in the next poll: its GUID within the feed, else its canonical link, else a
/// fingerprint of title and text. `guid:…`, `link:…` or `text:…`; a second key is `page:…`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EntryKey(String);

impl EntryKey {
    pub fn from_stored(key: impl Into<String>) -> EntryKey {
        EntryKey(key.into())
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EntryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An entry as the feed gave it. Texts are UTF-8 without control characters; `title` and `author` are plain text,
/// `summary` and `content` may hold HTML.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedEntry {
    pub key: EntryKey,
    /// A second key, by which it is still the same when the publisher gives it a new GUID; `None` where it has no page
    /// of its own.
    #[serde(default)]
    pub alias: Option<EntryKey>,
    /// The id the feed gave; empty if none.
    pub guid: String,
    pub title: String,
    /// http or https only.
    pub link: Option<Url>,
    /// What the feed claims; never decides what is new.
    pub published: Option<Timestamp>,
    pub updated: Option<Timestamp>,
    pub author: String,
    pub summary: String,
    pub content: String,
    /// BCP 47, as the entry or the feed says; empty where neither does.
    pub lang: String,
}

impl FeedEntry {
    /// Its own language, else its feed's; empty where neither is known.
    pub fn lang_or<'l>(&'l self, of_feed: &'l str) -> &'l str {
        if self.lang.is_empty() { of_feed } else { &self.lang }
    }

    /// Host of its link, else of its feed, as `source:` asks for it; empty where there is none.
    pub fn host_or<'l>(&'l self, of_feed: &'l Url) -> &'l str {
        self.link.as_ref().unwrap_or(of_feed).host_str().unwrap_or_default()
    }
}

/// What a feed's body says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedDocument {
    /// What it turned out to be.
    pub kind: FeedKind,
    pub title: String,
    pub link: Option<Url>,
    pub lang: String,
    /// In the feed's order; at most the configured number.
    pub entries: Vec<FeedEntry>,
    /// What was mended or left out on the way, in words for ops, each with its place where known.
    pub repairs: Vec<String>,
    /// The publisher's own wish for the time between polls (RSS `ttl`, `sy:updatePeriod`), in seconds.
    pub wished_interval_secs: Option<u64>,
    /// RSS `skipHours`: hours (0–23, UTC) in which nothing new is to be expected.
    pub skip_hours: Vec<u8>,
    /// RSS `skipDays`, by UTC.
    pub skip_days: Vec<Weekday>,
    /// Where the entries before these are kept (RFC 5005 `prev-archive`).
    pub previous: Option<Url>,
    /// The body ended before the feed did: what it came with (validators) says nothing about the rest.
    pub cut_off: bool,
    /// Of an index of sitemaps, which has no entries itself: the newest of those it names, at most the configured number.
    pub sitemaps: Vec<Url>,
}

/// A stored entry that was claimed for processing.
#[derive(Clone, Debug)]
pub struct ClaimedEntry {
    pub id: EntryId,
    pub feed: FeedId,
    pub feed_spec: FeedSpec,
    pub entry: FeedEntry,
    /// Equal for entries that lead to one page, whichever feed lists them; empty without a link.
    pub link_key: String,
    pub first_seen: Timestamp,
    /// Part of a feed's first poll: stored and searchable, not mailed.
    pub baseline: bool,
    /// Claims since the last commit, this one included: above the limit the entry is abandoned.
    pub attempts: u32,
    /// How often its page was asked for in vain.
    pub page_tries: u32,
    pub lease: Lease,
}

/// Where an entry stands. `Pending → Leased →` one of the others; `Pending` again while its page is awaited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum EntryState {
    Pending {
        due: Timestamp,
    },
    Leased {
        until: Timestamp,
    },
    Matched,
    Unmatched,
    /// The same text as an article that was known already.
    Duplicate {
        of: EntryId,
    },
    Abandoned {
        reason: String,
    },
}
