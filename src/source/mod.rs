//! What to ask a feed's server, and what its answer says. Pure.

pub mod charset;
pub mod entry_key;
pub mod syndication;

use crate::model::entry::FeedDocument;
use crate::model::exchange::{FetchRequest, Fetched};
use crate::model::feed::Feed;

/// Bounds on what a feed may cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Entries beyond this many are left out, with a repair that says so.
    pub max_entries: usize,
    /// Bytes of one entry's texts together; longer ones are cut.
    pub max_entry_bytes: usize,
    /// Nested elements beyond this refuse the feed.
    pub max_depth: usize,
}

/// Why a body gives no entries.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ReadError {
    #[error("empty answer in place of a feed")]
    Empty,
    /// `suggestions`: feed addresses that the page itself names.
    #[error("a web page in place of a feed{}", .suggestions.first().map(|url| format!("; the page names this feed: {url}")).unwrap_or_default())]
    WebPage { suggestions: Vec<url::Url> },
    #[error("not a feed: {what}")]
    NotAFeed { what: String },
    #[error("broken feed: {what}")]
    Broken { what: String },
    #[error("nested deeper than {max} elements")]
    TooDeep { max: usize },
}

impl Default for Limits {
    fn default() -> Limits {
        todo!()
    }
}
pub fn read_bytes(
    bytes: &[u8],
    ct: Option<&str>,
    base: Option<&url::Url>,
    limits: &Limits,
) -> Result<FeedDocument, ReadError> {
    todo!()
}
/// Returns what to ask for this feed now.
pub fn plan(feed: &Feed) -> FetchRequest {
    todo!()
}

/// Returns what the body says. Never panics, whatever the bytes; bounded by `limits`.
pub fn read(feed: &Feed, fetched: &Fetched, limits: &Limits) -> Result<FeedDocument, ReadError> {
    todo!()
}
