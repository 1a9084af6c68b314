//! `[[source]]`: the feeds to poll.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use url::Url;

use super::access::{self, Secrets};
use super::recipients::existing_zone;
use super::section::Section;
use super::service::{Surroundings, check_interval};
use super::settings::PollSettings;
use super::values;
use crate::fetch;
use crate::model::exchange::{Credentials, Route};
use crate::model::feed::{FeedKind, FeedSpec, Selectors};
use crate::model::id::FeedId;
use crate::source::page;

const URL: &str = "\"https://news.example.org/rss.xml\"";

/// What holds for sources that do not say otherwise.
pub(super) struct Defaults<'d> {
    pub poll: &'d PollSettings,
    pub route: &'d Route,
    /// `None`: whether their networks are open is not asked.
    pub fetch: Option<&'d fetch::Config>,
    /// `None`: no secrets are read.
    pub around: Option<Surroundings<'d>>,
}

/// The feeds of all files, and where each address was first given.
#[derive(Default)]
pub(super) struct Sources {
    pub feeds: Vec<FeedSpec>,
    pub credentials: HashMap<FeedId, Arc<Credentials>>,
    /// Whose entries are never held, whatever they look like.
    pub never_held: HashSet<FeedId>,
    /// Also those switched off.
    pub given: usize,
    off: usize,
    seen: HashMap<String, String>,
}

impl Sources {
    /// Reads them from the roots of all files.
    pub fn of<'d>(roots: impl Iterator<Item = &'d Section<'d>>, defaults: &Defaults<'_>) -> Sources {
        let mut sources = Sources::default();
        roots.for_each(|root| sources.read(root, defaults));
        sources
    }

    fn read(&mut self, root: &Section<'_>, defaults: &Defaults<'_>) {
        for section in root.sections("source") {
            self.given += 1;
            if let Some(feed) = self.source(&section, defaults) {
                self.feeds.push(feed);
            }
        }
    }

    fn source(&mut self, section: &Section<'_>, defaults: &Defaults<'_>) -> Option<FeedSpec> {
        let url = section.needed_text("url", URL);
        let name =
            section.parsed("name", "\"The Example Times\"", |text| values::person_name(text).map(|()| text.to_owned()));
        let lang = section.parsed("lang", "\"ko\"", |text| {
            if values::language(text) { Ok(text.to_owned()) } else { Err("not a language code") }
        });
        let bounds = std::time::Duration::from_secs(1)..=std::time::Duration::from_secs(30 * 86_400);
        let every = section.duration("every", bounds, "30m");
        let zone = section.text("zone", "\"Asia/Seoul\"").and_then(|text| existing_zone(section, &text));
        let disabled = section.switch("disabled").unwrap_or(false);
        let held = section.switch("hold").unwrap_or(true);
        if let Some(every) = every {
            check_interval(section, every, defaults.poll);
        }
        let (kind, selectors) = kind(section);
        let route = access::route(section).unwrap_or_else(|| defaults.route.clone());
        let secrets = Secrets::of(section);
        let text = url?;
        let url = match address(text.value) {
            Ok(url) => url,
            Err((wrong, help)) => {
                section.error(text.span, wrong, help);
                return None;
            }
        };
        let (line, _) = section.source.line_and_column(text.span.start);
        let here = format!("{}:{line}", section.source.name);
        if let Some(first) = self.seen.insert(same_address(&url), here) {
            section.error(text.span, "this address is given twice", format!("take one out; the other is {first}"));
            return None;
        }
        access::check_onion(section, &url, text.span.clone(), &route);
        let closed = defaults.fetch.and_then(|fetch| fetch.closed_network(&url, &route));
        if let Some(network) = closed.filter(|_| !disabled) {
            let help = format!("open its network: allow_networks = [\"{network}\"] in [fetch]");
            section.warn(text.span.clone(), "this address is private and will not be asked", help);
        }
        let credentials = defaults.around.and_then(|around| secrets.read(section, &url, text.span, around));
        let spec = FeedSpec {
            kind,
            outlet: name.unwrap_or_else(|| FeedSpec::outlet_of(&url)),
            lang: lang.unwrap_or_default(),
            every: every.unwrap_or(defaults.poll.every),
            route,
            zone,
            selectors,
            url,
        };
        self.off += usize::from(disabled);
        if !held {
            self.never_held.insert(spec.id());
        }
        self.credentials.extend(credentials.filter(|_| !disabled).map(|credentials| (spec.id(), credentials)));
        (!disabled).then_some(spec)
    }

    /// What they are and as whom they are asked.
    pub fn into_parts(self) -> (Vec<FeedSpec>, HashMap<FeedId, Arc<Credentials>>, KnownSources) {
        (self.feeds, self.credentials, KnownSources(self.seen.into_keys().collect()))
    }

    pub fn known(self) -> KnownSources {
        KnownSources(self.seen.into_keys().collect())
    }

    pub fn all_off(&self) -> bool {
        self.off == self.given
    }
}

/// Addresses of feeds, each once.
#[derive(Debug, Default)]
pub struct KnownSources(HashSet<String>);

impl KnownSources {
    /// True if the feed was not known yet.
    pub fn add(&mut self, url: &Url) -> bool {
        self.0.insert(same_address(url))
    }

    pub fn contain(&self, url: &Url) -> bool {
        self.0.contains(&same_address(url))
    }
}

const KINDS: [(&str, FeedKind); 3] =
    [("feed", FeedKind::Syndication), ("sitemap", FeedKind::Sitemap), ("page", FeedKind::Page)];
/// The keys of a listing page, each with an example.
const SELECTORS: [(&str, &str); 5] = [
    ("item", "\"ul.news > li\""),
    ("link", "\"h3 a\""),
    ("title", "\"h3\""),
    ("date", "\"span.date\""),
    ("summary", "\"p.lead\""),
];

/// `kind`, and for a page its selectors.
fn kind(section: &Section<'_>) -> (FeedKind, Option<Selectors>) {
    let said = section.word("kind", &KINDS);
    let kind = said.unwrap_or_default();
    let [item, link, title, date, summary] = SELECTORS.map(|(key, example)| {
        let text = section.text(key, example)?;
        match page::check(text.value) {
            Ok(()) => Some(text.value.to_owned()),
            Err(wrong) => {
                let help = format!("write: {key} = {example}");
                section.error_saying(text.span, format!("`{key}` cannot be used"), wrong, help);
                None
            }
        }
    });
    if kind != FeedKind::Page {
        let given = SELECTORS.iter().find(|(key, _)| section.has(key));
        // Where `kind` itself is wrong, that is told already.
        if let Some((key, _)) = given.filter(|_| said.is_some() || !section.has("kind")) {
            let message = format!("`{key}` selects within a page, and this is none");
            section.error(section.key_span(key), message, "add: kind = \"page\", or take it out");
        }
        return (kind, None);
    }
    if !section.has("item") {
        let help = "add: item = \"ul.news > li\", the CSS selector of the elements that hold one report each";
        section.error(section.span.clone(), "`item` is missing", help);
    }
    let link = link.unwrap_or_else(|| Selectors::LINK.to_owned());
    (kind, item.map(|item| Selectors { item, link, title, date, summary }))
}

/// Reads a feed's address, or says what is wrong with it and what to write.
fn address(text: &str) -> Result<Url, (String, String)> {
    let example = format!("write: url = {URL}");
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err((
            "a space or line break in the address".to_owned(),
            "give each feed a [[source]] of its own".to_owned(),
        ));
    }
    // Readers of feeds write them so.
    let text = text.strip_prefix("feed://").map_or(text.to_owned(), |rest| format!("https://{rest}"));
    let text = text.strip_prefix("feed:").unwrap_or(&text);
    let mut url = match Url::parse(text) {
        Ok(url) => url,
        Err(url::ParseError::RelativeUrlWithoutBase) => {
            // A name and password that stand in it are not repeated.
            let help = if text.contains('.') && !text.contains('@') {
                format!("write: url = \"https://{}\"", text.trim_start_matches('/'))
            } else {
                example
            };
            return Err(("the address must begin with https:// or http://".to_owned(), help));
        }
        Err(error) => return Err((format!("not an address: {error}"), example)),
    };
    if !matches!(url.scheme(), "http" | "https") {
        return Err((format!("{}: cannot be polled, only https and http", url.scheme()), example));
    }
    if !url.username().is_empty() || url.password().is_some() {
        let help =
            "take `user:password@` out of the address; write username = \"…\" and password_file = \"…\"".to_owned();
        return Err(("a user name or password in the address".to_owned(), help));
    }
    url.set_fragment(None);
    Ok(url)
}

/// What makes two addresses the same feed: everything but the encryption and a slash at the end.
fn same_address(url: &Url) -> String {
    let text = url.as_str().trim_end_matches('/');
    text.split_once("://").map_or(text, |(_, rest)| rest).to_owned()
}
