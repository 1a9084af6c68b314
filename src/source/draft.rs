//! An entry in the making: for each of its fields the best of what stood in it.
//!
//! The same thing comes under many names (`description`, `atom:summary`, `dc:description`, `itunes:summary`), often
//! several at once and sometimes deeper than it should. Each comes with a rank; the lowest wins, the first of equals.

use url::Url;

use super::field::Field;
use super::{Limits, entry_key, html, text};
use crate::model::entry::{EntryKey, FeedEntry};
use crate::model::time::Timestamp;

/// A field's best value so far.
#[derive(Clone, Debug)]
pub struct Slot<T>(Option<(u8, T)>);

impl<T> Default for Slot<T> {
    fn default() -> Slot<T> {
        Slot(None)
    }
}

impl<T> Slot<T> {
    pub fn wants(&self, rank: u8) -> bool {
        self.0.as_ref().is_none_or(|(known, _)| rank < *known)
    }

    pub fn offer(&mut self, rank: u8, value: T) {
        if self.wants(rank) {
            self.0 = Some((rank, value));
        }
    }

    pub fn take(&mut self) -> Option<T> {
        self.0.take().map(|(_, value)| value)
    }

    pub fn get(&self) -> Option<&T> {
        self.0.as_ref().map(|(_, value)| value)
    }
}

/// A title keeps its markup until the entry is whole: it may be the only place that has an address.
#[derive(Clone, Debug)]
pub struct Title {
    pub line: String,
    /// The title as clean HTML, where it held an address.
    pub markup: String,
}

impl Title {
    pub fn of(field: &Field<'_>, base: Option<&Url>) -> Title {
        let line = field.line();
        let holds_address = field.form != super::field::Form::Plain
            && field.text.contains('<')
            && ["href", "src"].iter().any(|name| html::first_attribute(&field.text, name).is_some());
        let markup = if holds_address { field.html(base) } else { String::new() };
        Title { line, markup }
    }
}

#[derive(Debug, Default)]
pub struct Draft {
    pub title: Slot<Title>,
    pub link: Slot<Url>,
    pub guid: Slot<String>,
    /// The GUID is said to be a link, or not said not to be.
    pub guid_may_link: bool,
    pub published: Slot<Timestamp>,
    pub updated: Slot<Timestamp>,
    pub authors: Authors,
    pub summary: Slot<String>,
    pub content: Slot<String>,
    pub lang: String,
    /// Something stood in it, known or not.
    pub has_elements: bool,
}

/// Authors of one entry that are kept.
const MAX_AUTHORS: usize = 16;
/// Characters of a title made from a text; miniflux's, and a line in a mail.
const TITLE_CHARS: usize = 100;

/// Who wrote it, each name once.
#[derive(Clone, Debug, Default)]
pub struct Authors(Vec<(u8, String)>);

impl Authors {
    pub fn offer(&mut self, rank: u8, name: String) {
        if !name.is_empty() && self.0.len() < MAX_AUTHORS && !self.0.iter().any(|(_, known)| *known == name) {
            self.0.push((rank, name));
        }
    }

    /// The names of the best rank, in order.
    pub fn names(&self) -> String {
        let best = self.0.iter().map(|(rank, _)| *rank).min();
        let names: Vec<&str> =
            self.0.iter().filter(|(rank, _)| Some(*rank) == best).map(|(_, name)| name.as_str()).collect();
        names.join(", ")
    }
}

impl Draft {
    /// Something is known by which it is the same entry next time.
    pub fn has_identity(&self) -> bool {
        self.guid.get().is_some() || self.link.get().is_some()
    }

    /// The finished entry; its key is made when all entries of the feed are known.
    pub fn finish(mut self, limits: &Limits) -> FeedEntry {
        let cut = |text: String| text::cut(text, limits.max_entry_bytes);
        let title = self.title.take();
        let mut summary = self.summary.take().unwrap_or_default();
        let content = self.content.take().unwrap_or_default();
        let guid = self.guid.take().unwrap_or_default();
        let mut link = self.link.take().or_else(|| self.guid_may_link.then(|| web_address(&guid)).flatten());
        let (mut line, markup) = title.map_or_else(Default::default, |title| (title.line, title.markup));
        if !markup.is_empty() {
            link = link.or_else(|| html::first_attribute(&markup, "href").and_then(|address| web_address(&address)));
            if summary.is_empty() && content.is_empty() {
                summary = markup;
            }
        }
        if line.is_empty() {
            line = stand_in_title(&[&summary, &content], link.as_ref());
        }
        let link = link.map(|link| entry_key::without_tracking(&link));
        FeedEntry {
            // Given when all entries of the list are known.
            key: EntryKey::from_stored(String::new()),
            alias: None,
            guid: cut(guid),
            title: cut(line),
            link,
            published: self.published.take(),
            updated: self.updated.take(),
            author: cut(self.authors.names()),
            summary: cut(summary),
            content: cut(content),
            lang: self.lang,
        }
    }
}

/// The beginning of what the entry says, else its address: a reader must see something to decide by.
fn stand_in_title(texts: &[&str], link: Option<&Url>) -> String {
    for html in texts.iter().filter(|html| !html.is_empty()) {
        let head = &html[..html.floor_char_boundary(8 * 1024)];
        let line = html::visible_line(head, false);
        if line.chars().count() > TITLE_CHARS {
            let cut: String = line.chars().take(TITLE_CHARS).collect();
            return format!("{}…", cut.trim_end());
        }
        if !line.is_empty() {
            return line;
        }
    }
    link.map(Url::to_string).unwrap_or_default()
}

/// A text as the address of a page, if it is one by itself.
pub fn web_address(text: &str) -> Option<Url> {
    let text = text.trim();
    let url = if text.starts_with("www.") { Url::parse(&format!("http://{text}")) } else { Url::parse(text) };
    url.ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// A text as the address of a page, against `base` where it is relative.
pub fn link(text: &str, base: Option<&Url>) -> Option<Url> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    web_address(text).or_else(|| {
        let url = base?.join(text).ok()?;
        matches!(url.scheme(), "http" | "https").then_some(url)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::field::Form;

    #[test]
    fn the_lowest_rank_wins_and_the_first_of_equals() {
        let mut slot = Slot::default();
        slot.offer(2, "second");
        slot.offer(1, "first");
        slot.offer(1, "late");
        slot.offer(3, "third");
        assert_eq!(slot.take(), Some("first"));
    }

    #[test]
    fn an_entry_without_a_title_shows_what_it_says_or_where_it_leads() {
        let mut draft = Draft::default();
        draft.summary.offer(0, format!("<p>Buses at the <b>customs</b> gate {}</p>", "x ".repeat(100)));
        let entry = draft.finish(&Limits::default());
        assert!(
            entry.title.starts_with("Buses at the customs gate x") && entry.title.ends_with('…'),
            "{}",
            entry.title
        );
        let mut draft = Draft::default();
        draft.link.offer(0, Url::parse("https://news.example/1").expect("a URL"));
        assert_eq!(draft.finish(&Limits::default()).title, "https://news.example/1");
    }

    #[test]
    fn an_address_that_stands_in_the_title_alone_is_not_lost() {
        let field = Field { text: "<a href=\"/a/1\">Raid</a>".into(), form: Form::Html };
        let base = Url::parse("https://news.example/rss").expect("a URL");
        let mut draft = Draft::default();
        draft.title.offer(0, Title::of(&field, Some(&base)));
        let entry = draft.finish(&Limits::default());
        assert_eq!(entry.title, "Raid");
        assert_eq!(entry.link.as_ref().map(Url::as_str), Some("https://news.example/a/1"));
        assert_eq!(entry.summary, "<a href=\"https://news.example/a/1\">Raid</a>");
    }

    #[test]
    fn an_address_is_made_whole_or_is_none() {
        let base = Url::parse("https://news.example/rss/all.xml").expect("a URL");
        let read = |text| link(text, Some(&base)).map(String::from);
        assert_eq!(read(" /a/1\n").as_deref(), Some("https://news.example/a/1"));
        assert_eq!(read("www.other.example/a").as_deref(), Some("http://www.other.example/a"));
        assert_eq!(read("javascript:alert(1)"), None);
        assert_eq!(read(" "), None);
        assert_eq!(link("/a/1", None), None);
    }
}
