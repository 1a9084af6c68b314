//! RSS of any version, Atom 1.0 and 0.3, RDF and CDF, in whatever state they are.
//!
//! One pass over the tags with a stack of what is open. A field is read from its start tag to its end tag; where that
//! is missing, to the next field or the entry's end. An entry ends with its end tag, the next one's start, or the end
//! of what arrived, so that a broken one costs itself at most. What is nested deeper than a field should be counts
//! only where nothing better is found. Nothing recurses.

mod fields;

use url::Url;

use super::Limits;
use super::date::{self, Habits};
use super::draft::{self, Authors, Draft, Slot};
use super::entity::Declared;
use super::field::{self, Field};
use super::names::{Bindings, Vocabulary};
use super::repairs::Repairs;
use super::rhythm::Rhythm;
use super::scan::{Scanner, Tag, Token, attributes, name_of};
use super::shape::Xml;
use crate::model::entry::{FeedDocument, FeedEntry};

/// Open elements kept track of; deeper ones are counted only.
const MAX_OPEN: usize = 256;
/// Open elements among which the start of an end tag is looked for.
const LOOK_BACK: usize = 32;
/// How far the whole reading may go back over text that was read already, in lengths of the document: each unclosed
/// field is looked through to the end of its entry once.
const READ_AGAIN: usize = 4;

/// Reads a document that begins with its root element.
pub fn read(xml: &Xml<'_>, base: Option<&Url>, habits: &Habits, limits: &Limits) -> FeedDocument {
    let text = xml.text;
    let mut repairs = Repairs::of(text, xml.lines_before);
    if xml.junk_before {
        repairs.at("text before the feed was left out", 0);
    }
    let mut reader = Reader {
        scanner: Scanner::new(text),
        declared: xml.doctype.map(Declared::of).unwrap_or_default(),
        bindings: Bindings::default(),
        open: vec![],
        too_deep: 0,
        entry: None,
        entries: vec![],
        left_out: 0,
        feed: FeedFields::default(),
        base: base.cloned(),
        habits: habits.clone(),
        limits,
        repairs,
        read_again_left: text.len().saturating_mul(READ_AGAIN),
        cut_off: false,
        was_cut_off: false,
    };
    reader.run();
    reader.finish(base)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// The root, a channel, or an unknown element outside of entries.
    Feed,
    Entry,
    /// Holds fields of something else (an image, the feed an entry was taken from).
    Foreign,
    /// An unknown element within an entry.
    Unknown,
}

#[derive(Debug)]
struct Open<'a> {
    name: &'a str,
    role: Role,
    at: usize,
    /// What to return to when it closes.
    bindings: usize,
    base: Option<Url>,
}

/// What is said of the whole feed.
#[derive(Debug, Default)]
struct FeedFields {
    title: Slot<String>,
    link: Slot<Url>,
    lang: Slot<String>,
    authors: Authors,
    rhythm: Rhythm,
    previous: Option<Url>,
    /// Where it says that it is.
    itself: Option<Url>,
}

struct Reader<'a, 'l> {
    scanner: Scanner<'a>,
    declared: Declared<'a>,
    bindings: Bindings<'a>,
    open: Vec<Open<'a>>,
    too_deep: usize,
    entry: Option<Draft>,
    entries: Vec<FeedEntry>,
    left_out: usize,
    feed: FeedFields,
    base: Option<Url>,
    habits: Habits,
    limits: &'l Limits,
    repairs: Repairs<'a>,
    read_again_left: usize,
    /// The text ended within a field.
    cut_off: bool,
    /// The text ended before the feed did.
    was_cut_off: bool,
}

/// A start tag with what its name means.
struct Element<'a> {
    tag: Tag<'a>,
    vocabulary: Vocabulary,
    /// Lower case.
    local: String,
    /// Added to every rank: nested deeper than a field is.
    nested: u8,
}

impl<'a> Reader<'a, '_> {
    fn run(&mut self) {
        while let Some(token) = self.scanner.next_tag() {
            match token {
                Token::Start(tag) => self.start(tag),
                Token::End { name, at } => self.end(name, at),
                Token::Doctype(_) | Token::Text(_) | Token::Cdata(_) => {}
            }
        }
        if !self.open.is_empty() || self.cut_off {
            self.was_cut_off = true;
            let at = self.scanner.text.len();
            self.repairs.at("cut off before its end", at);
        }
        self.close_to(0);
    }

    fn start(&mut self, tag: Tag<'a>) {
        let bindings_before = self.bindings.len();
        let mut outer_base = None;
        let mut lang = None;
        if !tag.attributes.is_empty() {
            for (name, value) in attributes(tag.attributes) {
                match name {
                    "xmlns" => self.bindings.declare("", value),
                    "xml:base" | "base" => {
                        let base = draft::link(&super::entity::unescape(value, &self.declared), self.base.as_ref());
                        if let Some(base) = base {
                            outer_base = Some(self.base.replace(base));
                        }
                    }
                    "xml:lang" | "lang" => lang = Some(value),
                    _ => {
                        if let Some(prefix) = name.strip_prefix("xmlns:") {
                            self.bindings.declare(prefix, value);
                        }
                    }
                }
            }
        }
        let (vocabulary, local) = self.bindings.resolve(tag.name);
        let local = local.to_ascii_lowercase();
        let restore = outer_base.clone().unwrap_or_else(|| self.base.clone());
        if self.begins_entry(vocabulary, &local) && self.entries.len() >= self.limits.max_entries {
            self.left_out += 1;
            self.push(tag, Role::Foreign, bindings_before, restore);
            return;
        }
        if self.begins_entry(vocabulary, &local) {
            self.begin_entry(tag, vocabulary, &local, lang);
            self.push(tag, Role::Entry, bindings_before, restore);
            return;
        }
        let element = Element { tag, vocabulary, local, nested: self.nesting() };
        let read = match self.role() {
            Role::Foreign => false,
            _ if self.entry.is_some() => self.entry_field(&element),
            _ => self.feed_field(&element, lang),
        };
        if read {
            self.bindings.truncate(bindings_before);
            if let Some(base) = outer_base {
                self.base = base;
            }
        } else {
            let role = self.role_of(&element);
            self.push(tag, role, bindings_before, restore);
        }
    }

    fn begins_entry(&self, vocabulary: Vocabulary, local: &str) -> bool {
        matches!(local, "item" | "entry")
            && matches!(vocabulary, Vocabulary::Rss | Vocabulary::Atom | Vocabulary::Rdf)
            && self.role() != Role::Foreign
    }

    fn begin_entry(&mut self, tag: Tag<'a>, vocabulary: Vocabulary, local: &str, lang: Option<&str>) {
        if let Some(at) = self.open.iter().rposition(|open| open.role == Role::Entry) {
            self.repairs.at(&format!("unclosed <{}>", self.open[at].name), self.open[at].at);
            self.close_to(at);
        }
        let mut entry =
            Draft { lang: lang.unwrap_or_default().replace('_', "-"), guid_may_link: true, ..Draft::default() };
        for (name, value) in attributes(tag.attributes) {
            let value = super::entity::unescape(value, &self.declared);
            match name.rsplit(':').next().unwrap_or(name).to_ascii_lowercase().as_str() {
                "about" => {
                    entry.guid.offer(2, value.trim().to_owned());
                    if let Some(link) = draft::web_address(&value) {
                        entry.link.offer(8, link);
                    }
                }
                // CDF.
                "href" => {
                    draft::link(&value, self.base.as_ref()).into_iter().for_each(|link| entry.link.offer(1, link))
                }
                "lastmod" => date::parse(&value, &self.habits).into_iter().for_each(|at| entry.updated.offer(1, at)),
                _ => {}
            }
        }
        entry.has_elements = !(tag.attributes.trim().is_empty() && local == "item" && vocabulary == Vocabulary::Rss);
        self.entry = Some(entry);
    }

    fn role(&self) -> Role {
        self.open.last().map_or(Role::Feed, |open| open.role)
    }

    /// How much worse a field is for standing deeper than directly in its entry or feed.
    fn nesting(&self) -> u8 {
        match self.open.last() {
            Some(open) if open.role == Role::Unknown => 20,
            Some(open) if open.role == Role::Feed && self.open.len() > 1 && !is_channel(open.name) => 20,
            _ => 0,
        }
    }

    fn role_of(&self, element: &Element<'a>) -> Role {
        let foreign = match element.local.as_str() {
            "image" | "textinput" | "cloud" | "contributor" | "source" | "owner" | "generator" => true,
            // HTML that ended up outside of a field.
            _ => matches!(element.vocabulary, Vocabulary::Xhtml),
        };
        match self.role() {
            Role::Foreign => Role::Foreign,
            _ if foreign && element.vocabulary != Vocabulary::Other => Role::Foreign,
            Role::Feed => Role::Feed,
            Role::Entry | Role::Unknown => Role::Unknown,
        }
    }

    fn push(&mut self, tag: Tag<'a>, role: Role, bindings: usize, base: Option<Url>) {
        if tag.empty {
            self.bindings.truncate(bindings);
            self.base = base;
            if role == Role::Entry {
                self.end_entry();
            }
        } else if self.open.len() < MAX_OPEN {
            self.open.push(Open { name: tag.name, role, at: tag.at, bindings, base });
        } else {
            self.too_deep += 1;
            if role == Role::Entry {
                self.end_entry();
            }
        }
    }

    fn end(&mut self, name: &str, at: usize) {
        if self.too_deep > 0 {
            self.too_deep -= 1;
            return;
        }
        let first = self.open.len().saturating_sub(LOOK_BACK);
        let begun = self.open[first..].iter().rposition(|open| open.name == name).map(|index| first + index);
        match begun.or_else(|| self.open.iter().position(|open| open.name == name && open.role != Role::Unknown)) {
            Some(index) => {
                if let Some(unclosed) = self.open.get(index + 1) {
                    self.repairs.at(&format!("unclosed <{}>", short(unclosed.name)), unclosed.at);
                }
                self.close_to(index);
            }
            None => self.repairs.at(&format!("</{}> closes nothing", short(name)), at),
        }
    }

    /// Closes all open elements down to `index`.
    fn close_to(&mut self, index: usize) {
        while self.open.len() > index {
            let Some(open) = self.open.pop() else { return };
            self.bindings.truncate(open.bindings);
            self.base = open.base;
            if open.role == Role::Entry {
                self.end_entry();
            }
        }
    }

    fn end_entry(&mut self) {
        let Some(entry) = self.entry.take() else { return };
        if !entry.has_elements {
            return;
        }
        if self.cut_off && !entry.has_identity() {
            let at = self.scanner.text.len();
            self.repairs.at("an entry cut off before anything to know it by was left out", at);
            return;
        }
        self.entries.push(entry.finish(self.limits));
    }

    /// What stands between the element's tags; the scanner is past it then.
    fn inside(&mut self, tag: &Tag<'a>) -> &'a str {
        if tag.empty {
            return "";
        }
        let from = self.scanner.at;
        let text = self.scanner.text;
        let mut depth = 0_usize;
        let mut next_field = None;
        let mut ahead = self.scanner.clone();
        let stop = loop {
            let Some(token) = ahead.next_tag() else {
                self.cut_off = next_field.is_none();
                break text.len();
            };
            match token {
                Token::End { name, at } if name.eq_ignore_ascii_case(tag.name) => {
                    if depth == 0 {
                        self.scanner = ahead;
                        return &text[from..at];
                    }
                    depth -= 1;
                }
                Token::Start(inner) => {
                    if is_entry(inner.name) {
                        break inner.at;
                    }
                    if inner.name == tag.name && !inner.empty {
                        depth += 1;
                    }
                    if next_field.is_none() && is_field(inner.name) {
                        next_field = Some(inner.at);
                    }
                    if self.read_again_left == 0 {
                        break inner.at;
                    }
                }
                Token::End { name, at } if is_entry(name) || self.is_open(name) => break at,
                Token::Cdata(section) => {
                    if let Some(end) = self.swallowed(tag, section, ahead.at) {
                        self.repairs.within("unclosed CDATA section", section);
                        let begun = section.as_ptr() as usize - text.as_ptr() as usize;
                        self.scanner.at = begun + end + tag.name.len() + 3;
                        self.read_again_left = self.read_again_left.saturating_sub(section.len());
                        return &text[from..begun + end];
                    }
                }
                _ => {}
            }
        };
        self.repairs.at(&format!("unclosed <{}>", short(tag.name)), tag.at);
        let end = next_field.unwrap_or(stop).min(stop);
        self.read_again_left = self.read_again_left.saturating_sub(stop - from);
        self.scanner.at = end;
        &text[from..end]
    }

    /// Where the field ends within a section that was never closed: one that runs to the end of the text, or over the
    /// field's end tag and into the next section.
    fn swallowed(&self, tag: &Tag<'_>, section: &str, past: usize) -> Option<usize> {
        let unclosed = past == self.scanner.text.len() && !self.scanner.text.ends_with("]]>");
        if !unclosed && !section.contains("<![CDATA[") || self.read_again_left == 0 {
            return None;
        }
        let end = section.find(&format!("</{}>", tag.name))?;
        (unclosed || section[end..].contains("<![CDATA[")).then_some(end)
    }

    fn is_open(&self, name: &str) -> bool {
        self.open.iter().take(8).any(|open| open.name == name && open.role != Role::Unknown)
    }

    fn field(&mut self, element: &Element<'a>) -> Field<'a> {
        let inside = self.inside(&element.tag);
        let (form, base64) = field::declared_form(element.tag.attributes, element.vocabulary);
        field::decode(inside, form, base64, &self.declared, &mut self.repairs)
    }

    fn line(&mut self, element: &Element<'a>) -> String {
        self.field(element).line()
    }

    fn person(&mut self, element: &Element<'a>) -> String {
        let inside = self.inside(&element.tag);
        field::person(inside, &self.bindings, &self.declared, &mut self.repairs)
    }

    fn finish(mut self, document_base: Option<&Url>) -> FeedDocument {
        let author = self.feed.authors.names();
        for entry in &mut self.entries {
            if entry.author.is_empty() {
                entry.author.clone_from(&author);
            }
        }
        let link = self.feed.link.take();
        let title = self.feed.title.take().or_else(|| link.as_ref().map(Url::to_string)).unwrap_or_default();
        let mut document = FeedDocument {
            title,
            link: link.or_else(|| document_base.cloned()),
            lang: self.feed.lang.take().unwrap_or_default(),
            entries: self.entries,
            repairs: self.repairs.told(),
            previous: self.feed.previous,
            cut_off: self.was_cut_off,
            ..FeedDocument::default()
        };
        self.feed.rhythm.write_to(&mut document);
        if self.left_out > 0 {
            let left_out = format!("{} entries beyond the first {} left out", self.left_out, self.limits.max_entries);
            document.repairs.push(left_out);
        }
        document
    }
}

fn is_channel(name: &str) -> bool {
    let local = name.rsplit(':').next().unwrap_or(name);
    ["rss", "feed", "rdf", "channel"].iter().any(|known| local.eq_ignore_ascii_case(known))
}

fn is_entry(name: &str) -> bool {
    let local = name.rsplit(':').next().unwrap_or(name);
    local.eq_ignore_ascii_case("item") || local.eq_ignore_ascii_case("entry")
}

/// Elements that no text holds: one inside an unclosed field ends it.
fn is_field(name: &str) -> bool {
    const FIELDS: &[&str] = &[
        "title",
        "link",
        "guid",
        "id",
        "pubdate",
        "description",
        "summary",
        "content",
        "encoded",
        "author",
        "creator",
        "category",
        "published",
        "updated",
        "modified",
        "issued",
        "date",
        "enclosure",
        "comments",
        "language",
        "subject",
    ];
    let local = name.rsplit(':').next().unwrap_or(name);
    FIELDS.iter().any(|known| local.eq_ignore_ascii_case(known))
}

/// A name fit for a message.
fn short(name: &str) -> &str {
    let name = name_of(name);
    &name[..name.floor_char_boundary(40)]
}
