//! What to ask a feed's server, and what its answer says. Pure.

pub mod charset;
mod date;
mod date_words;
mod draft;
mod entity;
pub mod entry_key;
mod field;
mod flat_html;
mod html;
mod html_names;
mod identity;
mod json_feed;
mod names;
mod newest;
pub mod page;
pub mod page_address;
mod repairs;
mod rhythm;
mod scan;
mod shape;
pub mod sitemap;
#[cfg(test)]
mod tests;
mod text;
mod tolerant;
mod unpack;
pub mod web_page;
mod witness;

use url::Url;

use crate::model::entry::{FeedDocument, FeedEntry};
use crate::model::exchange::{Body, FetchRequest, Fetched, Purpose};
use crate::model::feed::{Feed, FeedKind, FeedSpec, Selectors};
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
    /// Sitemaps that are read of those that an index names.
    pub max_sitemaps: usize,
    /// Bytes of a listing page; what is longer is cut, with a repair that says so.
    pub max_page_bytes: usize,
}

impl Default for Limits {
    /// A newsroom's feed lists 10 to 500 entries; feed-rs survives some 800 levels on a small stack. An index's newest
    /// sitemap holds what is new, the next one where a new one was begun in between. Listing pages are below 1 MiB.
    fn default() -> Limits {
        Limits { max_entries: 2000, max_entry_bytes: 1 << 20, max_depth: 128, max_sitemaps: 3, max_page_bytes: 4 << 20 }
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
    /// A selector of a listing page finds nothing any more: somebody must look at the page and mend it.
    #[error(
        "the selectors find nothing: {key} = {selector:?} {}; if the page was rebuilt, mend `{key}` \
         (`newsvigil sources add URL --item SELECTOR` tries selectors)",
        if *.items == 0 { "matches nothing in the page".to_owned() } else { format!("leads nowhere in any of its {items} items") }
    )]
    NothingFound {
        /// The key of the configuration: `item` or `link`.
        key: &'static str,
        selector: String,
        /// Items that were found.
        items: usize,
    },
}

/// Returns what to ask for this feed now.
pub fn plan(feed: &Feed) -> FetchRequest {
    FetchRequest {
        validators: feed.validators.clone(),
        validators_url: feed.validators_url.clone(),
        route: feed.spec.route.clone(),
        ..FetchRequest::whole(feed.ask.clone(), purpose(feed.spec.kind))
    }
}

/// As what a source of that kind is asked for.
pub fn purpose(kind: FeedKind) -> Purpose {
    match kind {
        FeedKind::Syndication | FeedKind::Sitemap => Purpose::Feed,
        FeedKind::Page => Purpose::Listing,
    }
}

/// Returns what the body says. Never panics, whatever the bytes; bounded by `limits`. A feed and a sitemap are told
/// apart by what they are, whatever the spec takes them for; only a listing page is read by its selectors alone.
pub fn read(spec: &FeedSpec, fetched: &Fetched, limits: &Limits) -> Result<FeedDocument, ReadError> {
    let Body::Bytes(bytes) = &fetched.body else { return Err(ReadError::Empty) };
    let habits = Habits { zone: spec.zone.clone(), lang: spec.lang.clone() };
    let (content_type, base) = (fetched.header("content-type"), Some(&fetched.url));
    let mut document = match &spec.selectors {
        Some(selectors) => read_page(bytes, content_type, &fetched.url, selectors, &habits, limits)?,
        None => read_with(bytes, content_type, base, &habits, limits)?,
    };
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
    let arrived = Arrived::of(bytes, content_type, base);
    let text = arrived.text.as_str();
    let mut document = match shape::of(text)? {
        Shape::WebPage => return Err(ReadError::WebPage { suggestions: web_page::feeds_named(text, base) }),
        Shape::Json(text) => json_feed::read(text, base, habits, limits)?,
        Shape::Xml(xml) => read_xml(&xml, base, habits, limits),
        Shape::Sitemap(xml) => sitemap::read_xml(&xml, base, habits, limits),
    };
    document.repairs.extend(arrived.mended);
    identity::assign(&mut document.entries, document.link.as_ref());
    Ok(document)
}

fn read_page(
    bytes: &[u8],
    content_type: Option<&str>,
    url: &Url,
    selectors: &Selectors,
    habits: &Habits,
    limits: &Limits,
) -> Result<FeedDocument, ReadError> {
    let arrived = Arrived::of(bytes, content_type, Some(url));
    let mut document = page::read_text(&arrived.text, url, selectors, habits, limits)?;
    document.repairs.extend(arrived.mended);
    identity::assign(&mut document.entries, None);
    Ok(document)
}

/// A body as text.
struct Arrived {
    text: String,
    /// What had to be done for it.
    mended: Vec<String>,
}

impl Arrived {
    fn of(bytes: &[u8], content_type: Option<&str>, base: Option<&Url>) -> Arrived {
        let unpacked = unpack::gunzip(bytes);
        let bytes = unpacked.as_deref().unwrap_or(bytes);
        let tld = base.and_then(Url::host_str).and_then(|host| host.rsplit('.').next());
        let decoded = charset::decode(bytes, content_type, tld);
        let without_controls = text::without_controls(&decoded.text);
        // Sitemaps are often kept compressed, and named so.
        let said_packed = base.is_some_and(|url| url.path().ends_with(".gz"));
        let mended = [
            (decoded.had_errors, format!("bytes that are no {} were replaced", decoded.encoding)),
            (without_controls.is_some(), "control characters were dropped".to_owned()),
            (unpacked.is_some() && !said_packed, "compressed without saying so".to_owned()),
        ];
        Arrived {
            text: without_controls.unwrap_or(decoded.text),
            mended: mended.into_iter().filter(|(happened, _)| *happened).map(|(_, what)| what).collect(),
        }
    }
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
        Shape::WebPage | Shape::Sitemap(_) => None,
        Shape::Json(text) => witness::entries(text, base, limits),
        Shape::Xml(xml) => witness::entries(xml.text, base, limits),
    };
    entries.map(|entries| entries.len())
}
