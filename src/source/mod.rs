//! What to ask a feed's server, and what its answer says. Pure.

pub mod charset;
mod date;
mod date_words;
mod draft;
mod entity;
pub mod entry_key;
mod field;
mod html;
mod html_names;
mod identity;
mod json_feed;
mod names;
pub mod page_address;
mod repairs;
mod rhythm;
mod scan;
mod shape;
#[cfg(test)]
mod tests;
mod text;
mod tolerant;
mod unpack;
mod web_page;
mod witness;

use url::Url;

use crate::model::entry::{FeedDocument, FeedEntry};
use crate::model::exchange::{Body, FetchRequest, Fetched, Purpose};
use crate::model::feed::{Feed, FeedSpec};
use date::Habits;
use shape::{Shape, Xml};

/// Bounds on what a feed may cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Entries beyond this many are left out, with a repair that says so.
    pub max_entries: usize,
    /// Bytes of each of an entry's texts; longer ones are cut.
    pub max_entry_bytes: usize,
    /// feed-rs, the second reader, is not asked about what is nested deeper.
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
pub fn read(spec: &FeedSpec, fetched: &Fetched, limits: &Limits) -> Result<FeedDocument, ReadError> {
    let Body::Bytes(bytes) = &fetched.body else { return Err(ReadError::Empty) };
    let habits = Habits { zone: spec.zone.clone(), lang: spec.lang.clone() };
    let mut document = read_with(bytes, fetched.header("content-type"), Some(&fetched.url), &habits, limits)?;
    for entry in &mut document.entries {
        if entry.lang.is_empty() {
            entry.lang.clone_from(if spec.lang.is_empty() { &document.lang } else { &spec.lang });
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
    read_with(bytes, content_type, base, &Habits::default(), limits)
}

fn read_with(
    bytes: &[u8],
    content_type: Option<&str>,
    base: Option<&Url>,
    habits: &Habits,
    limits: &Limits,
) -> Result<FeedDocument, ReadError> {
    let unpacked = unpack::gunzip(bytes);
    let bytes = unpacked.as_deref().unwrap_or(bytes);
    let tld = base.and_then(Url::host_str).and_then(|host| host.rsplit('.').next());
    let decoded = charset::decode(bytes, content_type, tld);
    let without_controls = text::without_controls(&decoded.text);
    let text = without_controls.as_deref().unwrap_or(&decoded.text);
    let mut document = match shape::of(text)? {
        Shape::WebPage => return Err(ReadError::WebPage { suggestions: web_page::feeds_named(text, base) }),
        Shape::Json(text) => json_feed::read(text, base, habits, limits)?,
        Shape::Xml(xml) => read_xml(&xml, base, habits, limits),
    };
    let mended = [
        (decoded.had_errors, format!("bytes that are no {} were replaced", decoded.encoding)),
        (without_controls.is_some(), "control characters were dropped".to_owned()),
        (unpacked.is_some(), "compressed without saying so".to_owned()),
    ];
    document.repairs.extend(mended.into_iter().filter(|(happened, _)| *happened).map(|(_, what)| what));
    identity::assign(&mut document.entries, document.link.as_ref());
    Ok(document)
}

fn read_xml(xml: &Xml<'_>, base: Option<&Url>, habits: &Habits, limits: &Limits) -> FeedDocument {
    let mut document = tolerant::read(xml, base, habits, limits);
    if document.entries.is_empty()
        && let Some(entries) =
            witness::entries(xml.text, base, limits).filter(|entries| entries.iter().any(says_something))
    {
        document.repairs.push("read by feed-rs, as our own reader found no entry".to_owned());
        document.entries = entries;
    }
    document
}

fn says_something(entry: &FeedEntry) -> bool {
    entry.link.is_some()
        || [&entry.title, &entry.guid, &entry.summary, &entry.content].iter().any(|text| !text.is_empty())
}

/// What feed-rs makes of the same bytes: how many entries. `None`: it cannot read them. A difference to [`read_bytes`]
/// is worth a look at the feed.
pub fn second_count(bytes: &[u8], content_type: Option<&str>, base: Option<&Url>, limits: &Limits) -> Option<usize> {
    let decoded = charset::decode(bytes, content_type, None);
    let entries = match shape::of(&decoded.text).ok()? {
        Shape::WebPage => None,
        Shape::Json(text) => witness::entries(text, base, limits),
        Shape::Xml(xml) => witness::entries(xml.text, base, limits),
    };
    entries.map(|entries| entries.len())
}
