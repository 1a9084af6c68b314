//! What to ask a feed's server, and what its answer says. Pure.

pub mod charset;
pub mod entry_key;
mod pace;
mod shape;
mod syndication;
mod text;
mod web_page;

use url::Url;

use crate::model::entry::FeedDocument;
use crate::model::exchange::{Body, FetchRequest, Fetched, Purpose};
use crate::model::feed::Feed;

/// Bounds on what a feed may cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Entries beyond this many are left out, with a repair that says so.
    pub max_entries: usize,
    /// Bytes of each of an entry's texts; longer ones are cut.
    pub max_entry_bytes: usize,
    /// Nested elements beyond this refuse the feed.
    pub max_depth: usize,
}

impl Default for Limits {
    /// A newsroom's feed lists 10 to 500 entries; feed-rs survives some 800 levels on a small stack.
    fn default() -> Limits {
        Limits { max_entries: 2000, max_entry_bytes: 1 << 20, max_depth: 128 }
    }
}

/// Why a body gives no entries.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ReadError {
    #[error("empty answer in place of a feed")]
    Empty,
    /// `suggestions`: feed addresses that the page itself names.
    #[error("a web page in place of a feed{}", .suggestions.first().map(|url| format!("; the page names this feed: {url}")).unwrap_or_default())]
    WebPage { suggestions: Vec<Url> },
    #[error("not a feed: {what}")]
    NotAFeed { what: String },
    #[error("broken feed: {what}")]
    Broken { what: String },
    #[error("nested deeper than {max} elements")]
    TooDeep { max: usize },
}

/// Returns what to ask for this feed now.
pub fn plan(feed: &Feed) -> FetchRequest {
    FetchRequest {
        validators: feed.validators.clone(),
        validators_url: feed.validators_url.clone(),
        route: feed.spec.route.clone(),
        ..FetchRequest::whole(feed.ask.clone(), Purpose::Feed)
    }
}

/// Returns what the body says. Never panics, whatever the bytes; bounded by `limits`.
pub fn read(feed: &Feed, fetched: &Fetched, limits: &Limits) -> Result<FeedDocument, ReadError> {
    let Body::Bytes(bytes) = &fetched.body else { return Err(ReadError::Empty) };
    let mut document = read_bytes(bytes, fetched.header("content-type"), Some(&fetched.url), limits)?;
    for entry in &mut document.entries {
        if entry.lang.is_empty() {
            entry.lang.clone_from(if feed.spec.lang.is_empty() { &document.lang } else { &feed.spec.lang });
        }
    }
    Ok(document)
}

/// The same for bytes that came some other way; links are resolved against `base`.
pub fn read_bytes(
    bytes: &[u8],
    content_type: Option<&str>,
    base: Option<&Url>,
    limits: &Limits,
) -> Result<FeedDocument, ReadError> {
    let tld = base.and_then(Url::host_str).and_then(|host| host.rsplit('.').next());
    let decoded = charset::decode(bytes, content_type, tld);
    let clean = text::without_controls(&decoded.text);
    match shape::of(&clean, limits.max_depth)? {
        shape::Shape::WebPage => Err(ReadError::WebPage { suggestions: web_page::feeds_named(&clean, base) }),
        shape::Shape::Feed { text } => {
            let mut document = syndication::read(text, base, limits)?;
            let pace = pace::of(text);
            document.wished_interval_secs = pace.interval_secs;
            document.skip_hours = pace.skip_hours;
            document.skip_days = pace.skip_days;
            if decoded.had_errors {
                let repair = format!("bytes that are no {} were replaced", decoded.encoding);
                document.repairs.push(repair);
            }
            Ok(document)
        }
    }
}
