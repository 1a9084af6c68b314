//! `inspect feed`: what a feed, a sitemap or a listing page says, and what was mended.

use std::borrow::Cow;
use std::io::{self, Write as _};
use std::path::Path;

use clap::Args as ClapArgs;
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use super::super::setup::Outside;
use super::super::{Exit, table};
use super::{jsonl, material};
use crate::model::entry::{FeedDocument, FeedEntry};
use crate::model::exchange::Purpose;
use crate::model::feed::{FeedKind, FeedSpec};
use crate::model::time::Timestamp;
use crate::source::{self, ReadError};

/// Show what newsvigil reads in a feed or sitemap, or in a page that is a source: its entries, and what was mended
#[derive(ClapArgs, Debug)]
pub struct Args {
    /// A URL, a file, or - for standard input
    #[arg(required_unless_present = "jsonl", value_name = "URL|FILE")]
    what: Option<String>,
    /// Write JSON
    #[arg(long)]
    json: bool,
    /// Read JSON lines {"file", "content_type"?, "base"?} from standard input, answer each with one
    #[arg(long, conflicts_with_all = ["what", "json"])]
    jsonl: bool,
}

pub fn run(config: Option<&Path>, args: Args) -> anyhow::Result<Exit> {
    let Some(what) = args.what else {
        return jsonl::answer_each(answer);
    };
    let spec = configured(config, &what)?;
    let purpose = spec.as_ref().map_or(Purpose::Feed, |spec| source::purpose(spec.kind));
    let material = material(config, &what, purpose)?;
    let base = if material.url.scheme() == "file" { nowhere() } else { material.url.clone() };
    let (content_type, limits) = (material.content_type.as_deref(), source::Limits::default());
    let read = match spec.and_then(|spec| spec.selectors) {
        Some(selectors) => source::page::read(&material.bytes, content_type, &base, &selectors, &limits),
        None => source::read_bytes(&material.bytes, content_type, Some(&base), &limits),
    };
    match read {
        Ok(document) if args.json => table::print_json(&shown(&document))?,
        Ok(document) => {
            print(&material.origin, &document)?;
            if document.kind == FeedKind::Syndication {
                let second = source::second_count(&material.bytes, content_type, Some(&base), &limits);
                print_second(document.entries.len(), second)?;
            }
        }
        Err(error) => anyhow::bail!("{}: {error}{}", material.origin, suggestions(&error)),
    }
    Ok(Exit::Done)
}

/// The source of that address: a listing page is read by its selectors.
fn configured(config: Option<&Path>, what: &str) -> anyhow::Result<Option<FeedSpec>> {
    match Url::parse(what) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(Outside::open(config)?.source(&url).cloned()),
        _ => Ok(None),
    }
}

/// Where a feed is taken to be that came from no address: relative links stay tellable from whole ones, and are shown
/// as they stand (RFC 2606 keeps `.invalid` free).
const NOWHERE: &str = "http://feed.invalid";

fn nowhere() -> Url {
    Url::parse(NOWHERE).expect("the address is a constant")
}

fn as_it_stands(text: &str) -> Cow<'_, str> {
    if text.contains(NOWHERE) { Cow::Owned(text.replace(NOWHERE, "")) } else { Cow::Borrowed(text) }
}

fn address(url: Option<&Url>) -> Option<Cow<'_, str>> {
    url.filter(|url| **url != nowhere()).map(|url| as_it_stands(url.as_str()))
}

/// What the second reader says, where it says something else: worth a look at the feed.
fn print_second(ours: usize, second: Option<usize>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match second {
        Some(count) if count == ours => Ok(()),
        Some(count) => writeln!(out, "\nfeed-rs, asked as well, reads {count} entries here, not {ours}"),
        None => writeln!(out, "\nfeed-rs, asked as well, cannot read this feed"),
    }
}

fn suggestions(error: &ReadError) -> String {
    let ReadError::WebPage { suggestions } = error else { return String::new() };
    suggestions.iter().skip(1).map(|url| format!("\n  and this one: {url}")).collect()
}

fn print(origin: &str, document: &FeedDocument) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{origin}")?;
    writeln!(out, "  kind     {}", document.kind.word())?;
    writeln!(out, "  title    {}", table::or_dash(&document.title))?;
    writeln!(out, "  link     {}", address(document.link.as_ref()).as_deref().unwrap_or("-"))?;
    writeln!(out, "  language {}", table::or_dash(&document.lang))?;
    for repair in &document.repairs {
        writeln!(out, "  mended   {repair}")?;
    }
    for sitemap in &document.sitemaps {
        writeln!(out, "  index of {}", as_it_stands(sitemap.as_str()))?;
    }
    writeln!(out, "  entries  {}", document.entries.len())?;
    for entry in &document.entries {
        writeln!(out, "\n{}", table::or_dash(&entry.title))?;
        writeln!(out, "  link      {}", address(entry.link.as_ref()).as_deref().unwrap_or("-"))?;
        match (entry.published, entry.updated) {
            (None, Some(at)) => writeln!(out, "  updated   {at}")?,
            (at, _) => writeln!(out, "  published {}", at.map_or("-".to_owned(), |at| at.to_string()))?,
        }
        writeln!(out, "  identity  {}", entry.key)?;
        writeln!(out, "  text      {} characters", entry.content.chars().count().max(entry.summary.chars().count()))?;
    }
    Ok(())
}

fn shown(document: &FeedDocument) -> serde_json::Value {
    json!({
        "feed": feed(document),
        "sitemaps": document.sitemaps.iter().map(|url| as_it_stands(url.as_str())).collect::<Vec<_>>(),
        "entries": document.entries.iter().map(ShownEntry::of).collect::<Vec<_>>(),
        "repairs": document.repairs,
    })
}

fn feed(document: &FeedDocument) -> serde_json::Value {
    json!({ "kind": document.kind.word(), "title": document.title, "link": address(document.link.as_ref()), "language": document.lang })
}

#[derive(Serialize)]
struct ShownEntry<'a> {
    id: Cow<'a, str>,
    key: &'a str,
    title: &'a str,
    link: Option<Cow<'a, str>>,
    published: Option<String>,
    updated: Option<String>,
    summary: Cow<'a, str>,
    content: Cow<'a, str>,
    author: &'a str,
}

impl ShownEntry<'_> {
    fn of(entry: &FeedEntry) -> ShownEntry<'_> {
        ShownEntry {
            id: as_it_stands(&entry.guid),
            key: entry.key.as_str(),
            title: &entry.title,
            link: address(entry.link.as_ref()),
            published: entry.published.as_ref().map(Timestamp::to_string),
            updated: entry.updated.as_ref().map(Timestamp::to_string),
            summary: as_it_stands(&entry.summary),
            content: as_it_stands(&entry.content),
            author: &entry.author,
        }
    }
}

#[derive(Deserialize)]
struct Case {
    file: String,
    content_type: Option<String>,
    base: Option<String>,
}

fn answer(case: Case) -> Result<serde_json::Value, String> {
    let bytes = std::fs::read(&case.file).map_err(|error| format!("{}: {error}", case.file))?;
    let base = case.base.as_deref().and_then(|base| Url::parse(base).ok()).unwrap_or_else(nowhere);
    let document = source::read_bytes(&bytes, case.content_type.as_deref(), Some(&base), &source::Limits::default())
        .map_err(|error| error.to_string())?;
    let mut answer = shown(&document);
    answer["file"] = json!(case.file);
    answer["ok"] = json!(true);
    Ok(answer)
}
