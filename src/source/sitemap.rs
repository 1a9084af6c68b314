//! Sitemaps: Google's news sitemaps, plain ones, and indexes of these, in whatever state they are.
//!
//! One pass over the tags, like the reader of feeds and with its tolerance: a field ends with its end tag, or where the
//! next one begins; a broken entry costs itself. The address is what a sitemap knows a page by, so it is what makes an
//! entry the same entry. Where no title is given it stays empty: that of the page counts.
//!
//! Knows nothing of requests: an index yields the addresses of the newest sitemaps it names, and [`joined`] makes one
//! document of what they hold.

mod names;

use std::collections::HashSet;

use url::Url;

use super::date::{self, Habits};
use super::draft::{self, Draft, Title};
use super::entity::Declared;
use super::entry_key::canonical_link;
use super::field::{self, Form};
use super::newest::Newest;
use super::repairs::Repairs;
use super::scan::{Scanner, Tag, Token, attributes};
use super::shape::Xml;
use super::{Limits, ReadError, identity};
use crate::model::entry::{FeedDocument, FeedEntry};
use crate::model::feed::FeedKind;
use crate::model::time::Timestamp;
use names::{Vocabulary, by_address, by_custom, is_known, short};

/// Declared prefixes kept; no sitemap has near as many.
const MAX_BINDINGS: usize = 64;
/// How far the whole reading may go back over text that was read already, in lengths of the document.
const READ_AGAIN: usize = 4;

/// Returns what a sitemap says: its newest entries, in its order; of an index the sitemaps to read. Relative addresses
/// are resolved against `base`.
pub fn read(
    bytes: &[u8],
    content_type: Option<&str>,
    base: Option<&Url>,
    limits: &Limits,
) -> Result<FeedDocument, ReadError> {
    let document = super::read_bytes(bytes, content_type, base, limits)?;
    if document.kind == FeedKind::Sitemap {
        Ok(document)
    } else {
        Err(ReadError::NotAFeed { what: "a feed in place of a sitemap".to_owned() })
    }
}

/// Makes one document of an index and what those of its sitemaps hold that were read: the newest entries of all.
pub fn joined(index: FeedDocument, parts: Vec<FeedDocument>, limits: &Limits) -> FeedDocument {
    let mut document = FeedDocument { sitemaps: vec![], ..index };
    let mut newest = Newest::of(limits.max_entries);
    for part in parts {
        if document.title.is_empty() {
            document.title = part.title;
        }
        if document.lang.is_empty() {
            document.lang = part.lang;
        }
        document.repairs.extend(part.repairs);
        part.entries.into_iter().for_each(|entry| newest.add(dated(&entry), entry));
    }
    let (entries, left_out) = newest.kept();
    document.entries = each_address_once(entries);
    document.repairs.extend(told_left_out(left_out, limits));
    identity::assign(&mut document.entries, None);
    document
}

fn dated(entry: &FeedEntry) -> Option<Timestamp> {
    entry.published.or(entry.updated)
}

/// The newest of those that share an address, at the place of the first.
fn each_address_once(entries: Vec<FeedEntry>) -> Vec<FeedEntry> {
    let mut newest_first: Vec<usize> = (0..entries.len()).collect();
    newest_first.sort_by_key(|at| std::cmp::Reverse(dated(&entries[*at])));
    let mut seen = HashSet::new();
    let kept: HashSet<usize> = newest_first
        .into_iter()
        .filter(|at| entries[*at].link.as_ref().is_none_or(|link| seen.insert(canonical_link(link))))
        .collect();
    entries.into_iter().enumerate().filter(|(at, _)| kept.contains(at)).map(|(_, entry)| entry).collect()
}

fn told_left_out(left_out: usize, limits: &Limits) -> Option<String> {
    let kept = limits.max_entries;
    (left_out > 0)
        .then(|| format!("{left_out} entries without a date left out, being more than {kept}; both ends were kept"))
}

/// Reads a document that begins with its root element.
pub(super) fn read_xml(xml: &Xml<'_>, base: Option<&Url>, habits: &Habits, limits: &Limits) -> FeedDocument {
    let mut repairs = Repairs::of(xml.text, xml.lines_before);
    if xml.junk_before {
        repairs.at("text before the sitemap was left out", 0);
    }
    let mut reader = Reader {
        scanner: Scanner::new(xml.text),
        declared: xml.doctype.map(Declared::of).unwrap_or_default(),
        bindings: vec![],
        open: None,
        foreign: None,
        entries: Newest::of(limits.max_entries),
        sitemaps: Newest::of(limits.max_sitemaps),
        title: String::new(),
        base,
        habits,
        limits,
        repairs,
        read_again_left: xml.text.len().saturating_mul(READ_AGAIN),
        ended: false,
    };
    reader.run();
    reader.finish()
}

/// A `<url>` or a `<sitemap>` in the making.
struct Item<'a> {
    draft: Draft,
    /// Names another sitemap.
    is_sitemap: bool,
    tag: Option<&'a str>,
    at: usize,
}

struct Reader<'a, 'l> {
    scanner: Scanner<'a>,
    declared: Declared<'a>,
    bindings: Vec<(&'a str, Vocabulary)>,
    open: Option<Item<'a>>,
    /// The element of another vocabulary that we are in.
    foreign: Option<&'a str>,
    entries: Newest<FeedEntry>,
    sitemaps: Newest<Url>,
    /// The publication's name.
    title: String,
    base: Option<&'l Url>,
    habits: &'l Habits,
    limits: &'l Limits,
    repairs: Repairs<'a>,
    read_again_left: usize,
    /// The root's end tag was seen.
    ended: bool,
}

impl<'a> Reader<'a, '_> {
    fn run(&mut self) {
        while let Some(token) = self.scanner.next_tag() {
            match token {
                Token::Start(tag) => self.start(&tag),
                Token::End { name, .. } => self.end(name),
                Token::Doctype(_) | Token::Text(_) | Token::Cdata(_) => {}
            }
        }
        if !self.ended {
            self.repairs.at("cut off before its end", self.scanner.text.len());
        }
        self.end_item();
    }

    fn start(&mut self, tag: &Tag<'a>) {
        self.declare(tag);
        let (vocabulary, local) = self.resolve(tag.name);
        let begins_item = vocabulary == Vocabulary::Sitemap && matches!(local.as_str(), "url" | "sitemap");
        if begins_item {
            self.begin_item(tag, local == "sitemap");
            return;
        }
        if self.foreign.is_some() {
            return;
        }
        match (vocabulary, local.as_str()) {
            (Vocabulary::Sitemap, "urlset" | "sitemapindex") => self.ended |= tag.empty,
            (Vocabulary::Sitemap, "loc") => self.address(tag),
            (Vocabulary::Sitemap, "lastmod") => {
                let at = self.date(tag);
                self.offer(|draft| at.into_iter().for_each(|at| draft.updated.offer(0, at)));
            }
            (Vocabulary::Sitemap | Vocabulary::News, "title") => {
                let line = self.line(tag).unwrap_or_default();
                if !line.is_empty() {
                    self.offer(|draft| draft.title.offer(0, Title { line, markup: String::new() }));
                }
            }
            (Vocabulary::Sitemap | Vocabulary::News, "publication_date") => {
                let at = self.date(tag);
                self.offer(|draft| at.into_iter().for_each(|at| draft.published.offer(0, at)));
            }
            (Vocabulary::Sitemap | Vocabulary::News, "language") => {
                let lang = self.line(tag).unwrap_or_default().replace('_', "-");
                self.offer(|draft| draft.lang = lang);
            }
            (Vocabulary::Sitemap | Vocabulary::News, "name") => {
                let name = self.line(tag).unwrap_or_default();
                if self.title.is_empty() {
                    self.title = name;
                }
            }
            // Written as one that has no end tag.
            (_, "link") => {}
            (Vocabulary::Other, _) | (_, "image" | "video") if !tag.empty => self.foreign = Some(tag.name),
            _ => {}
        }
    }

    fn end(&mut self, name: &str) {
        if self.foreign == Some(name) {
            self.foreign = None;
            return;
        }
        let (vocabulary, local) = self.resolve(name);
        match (vocabulary, local.as_str()) {
            (Vocabulary::Sitemap, "url" | "sitemap") => self.end_item(),
            (Vocabulary::Sitemap, "urlset" | "sitemapindex") => {
                self.end_item();
                self.ended = true;
            }
            _ => {}
        }
    }

    fn declare(&mut self, tag: &Tag<'a>) {
        for (name, address) in attributes(tag.attributes) {
            let prefix = match name.strip_prefix("xmlns:") {
                Some(prefix) => prefix,
                None if name == "xmlns" => "",
                None => continue,
            };
            if self.bindings.len() < MAX_BINDINGS {
                self.bindings.push((prefix, by_address(prefix, address)));
            }
        }
    }

    /// The vocabulary and the local name in lower case.
    fn resolve(&self, name: &str) -> (Vocabulary, String) {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let declared = self.bindings.iter().find(|(known, _)| *known == prefix).map(|(_, vocabulary)| *vocabulary);
        (declared.unwrap_or_else(|| by_custom(prefix)), local.to_ascii_lowercase())
    }

    fn begin_item(&mut self, tag: &Tag<'a>, is_sitemap: bool) {
        if let Some(Item { tag: Some(name), at, .. }) = &self.open {
            self.repairs.at(&format!("unclosed <{}>", short(name)), *at);
        }
        self.end_item();
        if !tag.empty {
            self.open = Some(Item { draft: Draft::default(), is_sitemap, tag: Some(tag.name), at: tag.at });
        }
    }

    fn end_item(&mut self) {
        self.foreign = None;
        let Some(Item { mut draft, is_sitemap, at, .. }) = self.open.take() else { return };
        let Some(link) = draft.link.get() else {
            self.repairs.at("an entry without an address was left out", at);
            return;
        };
        if is_sitemap {
            let link = link.clone();
            // The one for news is as good as the newest where nobody says which that is.
            let is_news = link.path().to_ascii_lowercase().contains("news");
            let at = draft.updated.take().or_else(|| is_news.then_some(Timestamp::NEVER));
            self.sitemaps.add(at, link);
            return;
        }
        let at = draft.published.get().or(draft.updated.get()).copied();
        let limits = self.limits;
        self.entries.add_with(at, || {
            let has_title = draft.title.get().is_some();
            let mut entry = draft.finish(limits);
            if !has_title {
                entry.title.clear();
            }
            entry
        });
    }

    fn offer(&mut self, give: impl FnOnce(&mut Draft)) {
        if let Some(item) = &mut self.open {
            give(&mut item.draft);
        }
    }

    /// An address; a second one, or one outside of any entry, begins an entry of its own.
    fn address(&mut self, tag: &Tag<'a>) {
        let Some(line) = self.line(tag) else { return };
        if self.open.as_ref().is_none_or(|item| item.draft.link.get().is_some()) {
            self.repairs.at("an entry without a tag of its own", tag.at);
            let is_sitemap = self.open.as_ref().is_some_and(|item| item.is_sitemap);
            self.end_item();
            self.open = Some(Item { draft: Draft::default(), is_sitemap, tag: None, at: tag.at });
        }
        match draft::link(&line, self.base) {
            Some(link) => self.offer(|draft| draft.link.offer(0, link)),
            None => self.repairs.at("an address that is none", tag.at),
        }
    }

    fn date(&mut self, tag: &Tag<'a>) -> Option<Timestamp> {
        let line = self.line(tag)?;
        let at = date::parse(&line, self.habits);
        if at.is_none() && !line.is_empty() {
            self.repairs.at("a date that is none", tag.at);
        }
        at
    }

    /// The field's text on one line; `None`: the text ends within it.
    fn line(&mut self, tag: &Tag<'a>) -> Option<String> {
        let inside = self.inside(tag)?;
        Some(field::decode(inside, Form::Guess, false, &self.declared, &mut self.repairs).line())
    }

    /// What stands between the element's tags; the scanner is past it then.
    fn inside(&mut self, tag: &Tag<'a>) -> Option<&'a str> {
        if tag.empty {
            return Some("");
        }
        let (text, from) = (self.scanner.text, self.scanner.at);
        let mut ahead = self.scanner.clone();
        let end = loop {
            match ahead.next_tag() {
                None => {
                    self.scanner.at = text.len();
                    return None;
                }
                Some(Token::End { name, at }) if name.eq_ignore_ascii_case(tag.name) => {
                    self.scanner = ahead;
                    return Some(&text[from..at]);
                }
                Some(Token::Start(inner)) if is_known(inner.name) || self.read_again_left == 0 => break inner.at,
                Some(Token::End { name, at }) if is_known(name) => break at,
                Some(Token::Cdata(section)) => {
                    if let Some(end) = self.swallowed(tag, section) {
                        break end;
                    }
                }
                _ => {}
            }
        };
        self.repairs.at(&format!("unclosed <{}>", short(tag.name)), tag.at);
        self.read_again_left = self.read_again_left.saturating_sub(ahead.at - from);
        self.scanner.at = end;
        Some(text.get(from..end).unwrap_or_default().trim().trim_start_matches("<![CDATA["))
    }

    /// Where the field ends within a section that was never closed: at the field's end tag.
    fn swallowed(&self, tag: &Tag<'_>, section: &str) -> Option<usize> {
        if self.read_again_left == 0 {
            return None;
        }
        let end = section.find(&format!("</{}>", tag.name))?;
        Some(section.as_ptr() as usize - self.scanner.text.as_ptr() as usize + end)
    }

    fn finish(self) -> FeedDocument {
        let (entries, left_out) = self.entries.kept();
        let (sitemaps, sitemaps_left_out) = self.sitemaps.kept();
        let entries = each_address_once(entries);
        let mut repairs = self.repairs.told();
        repairs.extend(told_left_out(left_out, self.limits));
        if sitemaps_left_out > 0 {
            repairs
                .push(format!("{sitemaps_left_out} sitemaps of this index are not read, and none says how old it is"));
        }
        let lang = entries.iter().map(|entry| entry.lang.as_str()).find(|lang| !lang.is_empty());
        FeedDocument {
            kind: FeedKind::Sitemap,
            title: self.title,
            lang: lang.unwrap_or_default().to_owned(),
            entries,
            repairs,
            cut_off: !self.ended,
            sitemaps,
            ..FeedDocument::default()
        }
    }
}

#[cfg(test)]
mod tests;
