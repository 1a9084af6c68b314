//! Which element is which field, in every vocabulary that feeds mix.

use super::{Element, Reader};
use crate::model::time::Timestamp;
use crate::source::draft::{self, Title};
use crate::source::entity::unescape;
use crate::source::names::Vocabulary::{self, *};
use crate::source::scan::{Scanner, Token, attributes};
use crate::source::{date, html};

/// What an element of an entry is, and how good a source for it.
enum Role {
    Title(u8),
    Link,
    Guid(u8),
    Summary(u8),
    Content(u8),
    Published(u8),
    Updated(u8),
    Author(u8),
    Language,
}

/// Rank as content of a summary that came second.
const SECOND_SUMMARY: u8 = 9;

fn role(vocabulary: Vocabulary, local: &str) -> Option<Role> {
    let native = matches!(vocabulary, Rss | Atom);
    Some(match (vocabulary, local) {
        (Rss, "title") => Role::Title(0),
        (Atom, "title") => Role::Title(1),
        (DublinCore | DublinCoreTerms, "title") => Role::Title(2),
        (Media, "title") => Role::Title(4),
        (Itunes, "title") => Role::Title(5),
        (Rss | Atom, "link") => Role::Link,
        (Rss, "guid" | "id") | (Atom, "id") => Role::Guid(0),
        (Atom, "guid") => Role::Guid(1),
        (DublinCore | DublinCoreTerms, "identifier") => Role::Guid(3),
        (Rss, "description" | "summary") => Role::Summary(0),
        (Atom, "summary") => Role::Summary(1),
        (Rss, "abstract" | "tagline") | (Atom, "description" | "tagline") => Role::Summary(2),
        (DublinCore | DublinCoreTerms, "description" | "abstract") => Role::Summary(3),
        (Itunes, "summary") => Role::Summary(4),
        (Itunes, "subtitle") => Role::Summary(5),
        (Media, "description") => Role::Summary(6),
        (Content, "encoded") => Role::Content(0),
        (Rss | Atom, "content") => Role::Content(1),
        (Rss, "encoded") => Role::Content(1),
        (Xhtml, "body" | "div") => Role::Content(2),
        (Rss, "body" | "fullitem" | "content_encoded") | (Content, "content") => Role::Content(3),
        (Rss, "pubdate") | (Rss | Atom, "published") => Role::Published(0),
        (Atom, "pubdate") => Role::Published(1),
        (_, "issued") if native || vocabulary == DublinCoreTerms => Role::Published(1),
        (DublinCore, "date") => Role::Published(2),
        (_, "created" | "available") if native || vocabulary == DublinCoreTerms => Role::Published(3),
        (DublinCoreTerms, "date" | "valid") | (Rss, "date" | "pubdate2" | "datetime" | "time") => Role::Published(4),
        (Rss | Atom, "updated" | "modified") => Role::Updated(0),
        (DublinCoreTerms, "modified") => Role::Updated(1),
        (Rss, "lastmod" | "lastbuilddate") => Role::Updated(2),
        (Rss | Atom, "author") => Role::Author(0),
        (DublinCore | DublinCoreTerms, "creator") => Role::Author(1),
        (DublinCore, "author") | (Rss, "creator" | "byline") => Role::Author(2),
        (Itunes, "author") => Role::Author(3),
        (Media, "credit") => Role::Author(5),
        (DublinCore | DublinCoreTerms | Rss, "language") => Role::Language,
        _ => return None,
    })
}

impl<'a> Reader<'a, '_> {
    /// Takes in an element of the entry that is open; false where it is no field.
    pub(super) fn entry_field(&mut self, element: &Element<'a>) -> bool {
        if let Some(entry) = &mut self.entry {
            entry.has_elements = true;
        }
        let nested = element.nested;
        let Some(role) = role(element.vocabulary, &element.local) else { return false };
        match role {
            Role::Title(rank) => {
                let base = self.base.clone();
                let title = Title::of(&self.field(element), base.as_ref());
                if !title.line.is_empty() || !title.markup.is_empty() {
                    self.offer(|entry| entry.title.offer(rank + nested, title));
                }
            }
            Role::Link => self.entry_link(element),
            Role::Guid(rank) => self.entry_guid(element, rank + nested),
            Role::Summary(rank) => {
                // A description and a summary may say different things; neither is dropped for the other.
                let both = |entry: &draft::Draft| rank <= 1 && nested == 0 && entry.content.wants(SECOND_SUMMARY);
                let wanted = |entry: &draft::Draft| entry.summary.wants(rank + nested) || both(entry);
                if let Some(text) = self.text(element, wanted) {
                    self.offer(|entry| {
                        if entry.summary.wants(rank + nested) {
                            entry.summary.offer(rank + nested, text);
                        } else if entry.summary.get() != Some(&text) {
                            entry.content.offer(SECOND_SUMMARY, text);
                        }
                    });
                }
            }
            Role::Content(rank) => {
                if let Some(text) = self.text(element, |entry| entry.content.wants(rank + nested)) {
                    self.offer(|entry| entry.content.offer(rank + nested, text));
                }
            }
            Role::Published(rank) => {
                let at = self.date(element);
                self.offer(|entry| at.into_iter().for_each(|at| entry.published.offer(rank + nested, at)));
            }
            Role::Updated(rank) => {
                let at = self.date(element);
                self.offer(|entry| at.into_iter().for_each(|at| entry.updated.offer(rank + nested, at)));
            }
            Role::Author(rank) => {
                let name = self.person(element);
                self.offer(|entry| entry.authors.offer(rank + nested, name));
            }
            Role::Language => {
                let lang = self.line(element).replace('_', "-");
                self.offer(|entry| {
                    if entry.lang.is_empty() {
                        entry.lang = lang
                    }
                });
            }
        }
        true
    }

    fn offer(&mut self, give: impl FnOnce(&mut draft::Draft)) {
        if let Some(entry) = &mut self.entry {
            give(entry);
        }
    }

    /// The element's text as clean HTML; `None` where it is empty or something better is known.
    fn text(&mut self, element: &Element<'a>, wants: impl Fn(&draft::Draft) -> bool) -> Option<String> {
        if !self.entry.as_ref().is_some_and(wants) {
            self.inside(&element.tag);
            return None;
        }
        let base = self.base_of(element);
        let text = self.field(element).html(base.as_ref());
        Some(text).filter(|text| !text.is_empty())
    }

    fn base_of(&self, _element: &Element<'a>) -> Option<url::Url> {
        self.base.clone().or_else(|| self.feed.itself.clone()).or_else(|| self.feed.link.get().cloned())
    }

    fn date(&mut self, element: &Element<'a>) -> Option<Timestamp> {
        let inside = self.inside(&element.tag);
        if self.cut_off {
            return None;
        }
        let text = unescape(inside, &self.declared);
        let parsed = if text.contains('<') {
            date::parse(&html::visible_line(&text, false), &self.habits)
                .or_else(|| datetime_within(inside, &self.habits))
        } else {
            date::parse(&text, &self.habits)
        };
        if parsed.is_none() && !text.trim().is_empty() {
            self.repairs.within("a date that is none", inside);
        }
        parsed
    }

    fn entry_link(&mut self, element: &Element<'a>) {
        let nested = element.nested;
        let Some((rank, link)) = self.link_of(element) else { return };
        self.offer(|entry| entry.link.offer(rank + nested, link));
    }

    /// An alternate link and how good it is, or none.
    fn link_of(&mut self, element: &Element<'a>) -> Option<(u8, url::Url)> {
        let (mut href, mut rel, mut kind) = (None, String::new(), String::new());
        for (name, value) in attributes(element.tag.attributes) {
            match name {
                "href" | "HREF" | "url" => href = Some(unescape(value, &self.declared).into_owned()),
                "rel" => rel = value.trim().to_ascii_lowercase(),
                "type" => kind = value.trim().to_ascii_lowercase(),
                _ if name.ends_with(":resource") => href = href.or(Some(unescape(value, &self.declared).into_owned())),
                _ => {}
            }
        }
        let text = self.line(element);
        let rel = rel.rsplit('/').next().unwrap_or_default();
        match rel {
            "" | "alternate" => {}
            "prev-archive" if self.entry.is_none() => {
                self.feed.previous = href.and_then(|href| draft::link(&href, self.base.as_ref()));
                return None;
            }
            // Better than nothing: the feed at its own place, and of an entry the page.
            "self" if self.entry.is_none() => {
                let link = draft::link(&href?, self.base.as_ref())?;
                self.feed.itself.get_or_insert(link.clone());
                return Some((9, link));
            }
            "canonical" => return draft::link(&href?, self.base.as_ref()).map(|link| (9, link)),
            _ => return None,
        }
        let from_text = href.as_ref().is_none_or(|href| href.trim().is_empty());
        if from_text && self.cut_off {
            return None;
        }
        let base = self.base_of(element);
        let link = draft::link(if from_text { &text } else { href.as_ref()? }, base.as_ref())?;
        let rank = match (element.vocabulary, from_text) {
            (Vocabulary::Rss, true) => 0,
            _ if kind.is_empty() || kind.contains("html") => 2,
            _ => 4,
        };
        Some((rank, link))
    }

    fn entry_guid(&mut self, element: &Element<'a>, rank: u8) {
        let may_link = attributes(element.tag.attributes).all(|(name, value)| {
            !(name.eq_ignore_ascii_case("ispermalink") && value.trim().eq_ignore_ascii_case("false"))
        });
        let mut guid = html::fold(&self.field(element).text);
        if guid.is_empty() || self.cut_off {
            return;
        }
        // RFC 4287 §4.2.6 forbids relative ids; those there are are meant as links.
        if element.local == "id" && guid.starts_with(['/', '.']) {
            guid = draft::link(&guid, self.base.as_ref()).map(String::from).unwrap_or(guid);
        }
        self.offer(|entry| {
            if entry.guid.wants(rank) {
                entry.guid_may_link = may_link;
            }
            entry.guid.offer(rank, guid);
        });
    }

    /// Takes in an element of the feed itself.
    pub(super) fn feed_field(&mut self, element: &Element<'a>, lang: Option<&str>) -> bool {
        let nested = element.nested;
        if let Some(lang) = lang.filter(|lang| !lang.is_empty() && super::is_channel(element.tag.name)) {
            self.feed.lang.offer(1, lang.replace('_', "-"));
        }
        match (element.vocabulary, element.local.as_str()) {
            (Rss | Atom | DublinCore, "title") => {
                let rank = if element.vocabulary == DublinCore { 2 } else { u8::from(element.vocabulary == Atom) };
                let line = self.line(element);
                if !line.is_empty() {
                    self.feed.title.offer(rank + nested, line);
                }
            }
            (Rss | Atom, "link") => {
                if let Some((rank, link)) = self.link_of(element) {
                    self.feed.link.offer(rank + nested, link);
                }
            }
            (Rss | DublinCore, "language") => {
                let line = self.line(element).replace('_', "-");
                if !line.is_empty() {
                    self.habits.lang.clone_from(&line);
                    self.feed.lang.offer(u8::from(element.vocabulary == DublinCore) + nested, line);
                }
            }
            (Atom, "author") => {
                let name = self.person(element);
                self.feed.authors.offer(nested, name);
            }
            (Rss, "ttl" | "hour" | "day") | (Syndication, "updateperiod" | "updatefrequency") => {
                let line = self.line(element);
                self.feed.rhythm.take_in(&element.local, element.vocabulary == Syndication, &line);
            }
            // Fields of which nothing is kept, but whose text must not be taken for something else.
            (Rss | Atom, "description" | "subtitle" | "tagline" | "copyright" | "rights" | "info" | "category") => {
                self.inside(&element.tag);
            }
            _ => return false,
        }
        true
    }
}

/// `<time datetime="…">` within a date.
fn datetime_within(inside: &str, habits: &date::Habits) -> Option<Timestamp> {
    Scanner::new(inside).find_map(|token| match token {
        Token::Start(tag) => attributes(tag.attributes)
            .find(|(name, _)| name.eq_ignore_ascii_case("datetime"))
            .and_then(|(_, value)| date::parse(value, habits)),
        _ => None,
    })
}
