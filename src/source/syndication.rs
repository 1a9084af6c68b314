//! RSS, Atom and JSON Feed, read by feed-rs.
//!
//! feed-rs is given text we decoded, whose depth was checked, in a fresh parser each time; its panics cost the one
//! feed. Its invented ids are not taken: identity is ours.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use feed_rs::model::{Entry, Feed, Link, Person, Text};
use feed_rs::parser::Builder;
use url::Url;

use super::{Limits, ReadError, entry_key, text};
use crate::model::entry::{FeedDocument, FeedEntry};
use crate::model::time::Timestamp;

/// Reads a whole document.
pub fn read(source: &str, base: Option<&Url>, limits: &Limits) -> Result<FeedDocument, ReadError> {
    let parsed = catch_unwind(AssertUnwindSafe(|| {
        let builder = Builder::new().base_uri(base.map(Url::as_str)).id_generator(|_, _, _| String::new());
        builder.build().parse(source.as_bytes())
    }));
    let feed = match parsed {
        Ok(Ok(feed)) => feed,
        Ok(Err(error)) => return Err(ReadError::Broken { what: error.to_string() }),
        Err(_) => return Err(ReadError::Broken { what: "the parser gave up on it".to_owned() }),
    };
    Ok(document(feed, base, limits))
}

fn document(feed: Feed, base: Option<&Url>, limits: &Limits) -> FeedDocument {
    let mut repairs = vec![];
    if feed.entries.len() > limits.max_entries {
        repairs.push(format!(
            "{} entries beyond the first {} left out",
            feed.entries.len() - limits.max_entries,
            limits.max_entries
        ));
    }
    let lang = feed.language.clone().unwrap_or_default();
    let guids = shared_guids(&feed.entries);
    let entries =
        feed.entries.into_iter().take(limits.max_entries).map(|found| entry(found, &guids, base, limits)).collect();
    FeedDocument {
        title: line(feed.title.as_ref()),
        link: link(&feed.links, base),
        lang,
        entries,
        repairs,
        ..FeedDocument::default()
    }
}

/// GUIDs that stand on several links are no identity.
fn shared_guids(entries: &[Entry]) -> Vec<String> {
    let mut links: HashMap<&str, &str> = HashMap::new();
    let mut shared = vec![];
    for entry in entries.iter().filter(|entry| !entry.id.is_empty()) {
        let link = entry.links.first().map_or("", |link| link.href.as_str());
        if links.insert(&entry.id, link).is_some_and(|other| other != link) {
            shared.push(entry.id.clone());
        }
    }
    shared
}

fn entry(found: Entry, shared_guids: &[String], base: Option<&Url>, limits: &Limits) -> FeedEntry {
    let cut = |text: String| text::cut(text, limits.max_entry_bytes);
    let title = cut(line(found.title.as_ref()));
    let summary = cut(found.summary.map(|summary| summary.content).unwrap_or_default());
    let content = cut(found.content.and_then(|content| content.body).unwrap_or_default());
    let guid = found.id.trim().to_owned();
    let link = link(&found.links, base).or_else(|| permalink(&guid)).map(|link| entry_key::without_tracking(&link));
    let identity = if shared_guids.contains(&guid) { "" } else { &guid };
    let text = if content.is_empty() { &summary } else { &content };
    FeedEntry {
        key: entry_key::of(identity, link.as_ref(), &title, text),
        title,
        link,
        published: found.published.and_then(|at| plausible(at.timestamp_millis())),
        updated: found.updated.and_then(|at| plausible(at.timestamp_millis())),
        author: author(&found.authors),
        summary,
        content,
        lang: found.language.unwrap_or_default(),
        guid,
    }
}

fn line(text: Option<&Text>) -> String {
    text.map(|text| text::plain_line(&text.content)).unwrap_or_default()
}

/// The first alternate link that is http or https.
fn link(links: &[Link], base: Option<&Url>) -> Option<Url> {
    let alternate = |link: &&Link| link.rel.as_deref().is_none_or(|rel| rel == "alternate");
    let resolve = |link: &Link| {
        let href = link.href.trim();
        let url = base.map_or_else(|| Url::parse(href), |base| base.join(href)).ok()?;
        matches!(url.scheme(), "http" | "https").then_some(url)
    };
    links.iter().filter(alternate).find_map(resolve)
}

fn permalink(guid: &str) -> Option<Url> {
    Url::parse(guid).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

/// A year before 1970 is what a broken date is read as.
fn plausible(millis: i64) -> Option<Timestamp> {
    Some(millis).filter(|millis| *millis > 0).map(Timestamp::from_millis)
}

fn author(people: &[Person]) -> String {
    let names: Vec<_> = people
        .iter()
        .flat_map(|person| &person.name)
        .map(|name| text::plain_line(name))
        .filter(|name| !name.is_empty())
        .collect();
    names.join(", ")
}
