//! JSON Feed 1.0 and 1.1, and what is written in its manner.
//!
//! Reads straight into what is kept: unknown members are skipped, not built, and entries beyond the limit are passed
//! over, so that memory stays in proportion to the text. A number or a single object where a text or a list should be
//! is taken for what it means. JSON that is broken is mended first.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use url::Url;

use super::date::{self, Habits};
use super::draft::{self, Draft, Title};
use super::field::{Field, Form};
use super::{Limits, ReadError, html};
use crate::model::entry::FeedDocument;

/// Reads a document that begins with `{`.
pub fn read(text: &str, base: Option<&Url>, habits: &Habits, limits: &Limits) -> Result<FeedDocument, ReadError> {
    let mut repairs = vec![];
    let mut cut_off = false;
    let mut root: Root = match serde_json::from_str(text) {
        Ok(root) => root,
        Err(error) => {
            repairs.push(format!("broken JSON mended (line {}, column {})", error.line(), error.column()));
            let (mended, ended_early) = mend(text);
            cut_off = ended_early;
            serde_json::from_str(&mended).map_err(|_| {
                let (line, column) = (error.line(), error.column());
                ReadError::Broken { what: format!("JSON that cannot be mended (line {line}, column {column})") }
            })?
        }
    };
    if root.items.found.is_empty() && root.version.0.is_empty() && root.feed_url.0.is_empty() {
        return Err(ReadError::NotAFeed { what: "JSON that is no JSON Feed".to_owned() });
    }
    root.items.left_out += root.items.found.len().saturating_sub(limits.max_entries);
    root.items.found.truncate(limits.max_entries);
    if root.items.left_out > 0 {
        let (left_out, first) = (root.items.left_out, limits.max_entries);
        repairs.push(format!("{left_out} entries beyond the first {first} left out"));
    }
    Ok(document(root, base, habits, limits, repairs, cut_off))
}

fn document(
    root: Root,
    base: Option<&Url>,
    habits: &Habits,
    limits: &Limits,
    repairs: Vec<String>,
    cut_off: bool,
) -> FeedDocument {
    let lang = root.language.0.trim().replace('_', "-");
    let habits = Habits { lang: if lang.is_empty() { habits.lang.clone() } else { lang.clone() }, ..habits.clone() };
    let feed_url = draft::link(&root.feed_url.0, base);
    let base = base.or(feed_url.as_ref());
    let own_link = draft::link(&root.home_page_url.0, base).or_else(|| feed_url.clone());
    let authors = root.authors.or(root.author);
    let entries = root.items.found.into_iter().map(|item| entry(item, &authors, base, &habits, limits)).collect();
    let title = html::fold(&root.title.0);
    FeedDocument {
        title: if title.is_empty() { own_link.as_ref().map(Url::to_string).unwrap_or_default() } else { title },
        link: own_link.or_else(|| base.cloned()),
        lang,
        entries,
        repairs,
        cut_off,
        ..FeedDocument::default()
    }
}

fn entry(
    item: Item,
    feed_authors: &Persons,
    base: Option<&Url>,
    habits: &Habits,
    limits: &Limits,
) -> crate::model::entry::FeedEntry {
    let mut draft = Draft { lang: item.language.0.trim().replace('_', "-"), guid_may_link: true, ..Draft::default() };
    let guid = item.id.0.trim();
    if !guid.is_empty() {
        draft.guid.offer(0, guid.to_owned());
    }
    let title = Field { text: Cow::Borrowed(item.title.0.as_str()), form: Form::Plain };
    draft.title.offer(0, Title::of(&title, base));
    for (rank, address) in [&item.url.0, &item.external_url.0].into_iter().enumerate() {
        if let Some(link) = draft::link(address, base) {
            draft.link.offer(rank as u8, link);
        }
    }
    let plain = |text: &str| html::escape(text.trim()).into_owned();
    for (rank, text) in
        [html::clean(item.content_html.0.trim(), base), plain(&item.content_text.0)].into_iter().enumerate()
    {
        if !text.is_empty() {
            draft.content.offer(rank as u8, text);
        }
    }
    draft.summary.offer(0, plain(&item.summary.0));
    let (published, updated) =
        (date::parse(&item.date_published.0, habits), date::parse(&item.date_modified.0, habits));
    published.into_iter().for_each(|at| draft.published.offer(0, at));
    updated.into_iter().for_each(|at| draft.updated.offer(0, at));
    for (rank, persons) in [&item.authors, &item.author, feed_authors].into_iter().enumerate() {
        persons.0.iter().for_each(|name| draft.authors.offer(rank as u8, html::fold(name)));
    }
    draft.finish(limits)
}

#[derive(Deserialize)]
struct Root {
    #[serde(default)]
    version: Text,
    #[serde(default)]
    title: Text,
    #[serde(default)]
    home_page_url: Text,
    #[serde(default)]
    feed_url: Text,
    #[serde(default)]
    language: Text,
    #[serde(default)]
    authors: Persons,
    #[serde(default)]
    author: Persons,
    #[serde(default)]
    items: Items,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Item {
    id: Text,
    url: Text,
    external_url: Text,
    title: Text,
    content_html: Text,
    content_text: Text,
    summary: Text,
    date_published: Text,
    date_modified: Text,
    authors: Persons,
    author: Persons,
    language: Text,
}

/// A text, whatever it is written as; empty where it is none.
#[derive(Default)]
struct Text(String);

/// Names of one person or several, given as objects or texts.
#[derive(Default)]
struct Persons(Vec<String>);

impl Persons {
    fn or(self, other: Persons) -> Persons {
        if self.0.is_empty() { other } else { self }
    }
}

#[derive(Default)]
struct Items {
    found: Vec<Item>,
    left_out: usize,
}

/// Items kept while reading; the configured limit is applied when all is read.
const MAX_ITEMS: usize = 10_000;

/// Visits any value; what cannot be used is passed over.
struct Lenient<T>(std::marker::PhantomData<T>);

macro_rules! lenient {
    ($name:ident { $($visit:item)* }) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<$name, D::Error> {
                from.deserialize_any(Lenient::<$name>(std::marker::PhantomData))
            }
        }

        impl<'de> Visitor<'de> for Lenient<$name> {
            type Value = $name;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any value")
            }
            fn visit_unit<E>(self) -> Result<$name, E> {
                Ok($name::default())
            }
            fn visit_bool<E>(self, _: bool) -> Result<$name, E> {
                Ok($name::default())
            }
            $($visit)*
        }
    };
}

lenient!(Text {
    fn visit_str<E>(self, text: &str) -> Result<Text, E> {
        Ok(Text(text.to_owned()))
    }
    fn visit_string<E>(self, text: String) -> Result<Text, E> {
        Ok(Text(text))
    }
    fn visit_i64<E>(self, number: i64) -> Result<Text, E> {
        Ok(Text(number.to_string()))
    }
    fn visit_u64<E>(self, number: u64) -> Result<Text, E> {
        Ok(Text(number.to_string()))
    }
    fn visit_f64<E>(self, number: f64) -> Result<Text, E> {
        Ok(Text(number.to_string()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Text, A::Error> {
        while values.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text::default())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Text, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text::default())
    }
});

lenient!(Persons {
    fn visit_str<E>(self, name: &str) -> Result<Persons, E> {
        Ok(Persons(vec![name.to_owned()]))
    }
    fn visit_i64<E>(self, _: i64) -> Result<Persons, E> {
        Ok(Persons::default())
    }
    fn visit_u64<E>(self, _: u64) -> Result<Persons, E> {
        Ok(Persons::default())
    }
    fn visit_f64<E>(self, _: f64) -> Result<Persons, E> {
        Ok(Persons::default())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Persons, A::Error> {
        let mut names = Persons::default();
        while let Some(Persons(found)) = values.next_element()? {
            if names.0.len() < 64 {
                names.0.extend(found);
            }
        }
        Ok(names)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Persons, A::Error> {
        let mut names = Persons::default();
        while let Some(member) = members.next_key::<Text>()? {
            if member.0 == "name" {
                names.0.extend(Some(members.next_value::<Text>()?.0).filter(|name| !name.is_empty()));
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(names)
    }
});

lenient!(Items {
    fn visit_str<E>(self, _: &str) -> Result<Items, E> {
        Ok(Items::default())
    }
    fn visit_i64<E>(self, _: i64) -> Result<Items, E> {
        Ok(Items::default())
    }
    fn visit_u64<E>(self, _: u64) -> Result<Items, E> {
        Ok(Items::default())
    }
    fn visit_f64<E>(self, _: f64) -> Result<Items, E> {
        Ok(Items::default())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Items, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Items::default())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Items, A::Error> {
        let mut items = Items::default();
        while items.found.len() < MAX_ITEMS {
            let Some(MaybeItem(item)) = values.next_element()? else { return Ok(items) };
            items.found.extend(item);
        }
        while values.next_element::<IgnoredAny>()?.is_some() {
            items.left_out += 1;
        }
        Ok(items)
    }
});

/// An item, or nothing where something else stands in the list.
#[derive(Default)]
struct MaybeItem(Option<Item>);

lenient!(MaybeItem {
    fn visit_str<E>(self, _: &str) -> Result<MaybeItem, E> {
        Ok(MaybeItem(None))
    }
    fn visit_i64<E>(self, _: i64) -> Result<MaybeItem, E> {
        Ok(MaybeItem(None))
    }
    fn visit_u64<E>(self, _: u64) -> Result<MaybeItem, E> {
        Ok(MaybeItem(None))
    }
    fn visit_f64<E>(self, _: f64) -> Result<MaybeItem, E> {
        Ok(MaybeItem(None))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<MaybeItem, A::Error> {
        while values.next_element::<IgnoredAny>()?.is_some() {}
        Ok(MaybeItem(None))
    }
    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<MaybeItem, A::Error> {
        Item::deserialize(serde::de::value::MapAccessDeserializer::new(members)).map(|item| MaybeItem(Some(item)))
    }
});

/// Mends what generators get wrong: line breaks and tabs within strings, commas before a bracket closes, text after
/// the end, and an end that never came: everything from the item that was cut off is dropped. The flag tells the last.
fn mend(text: &str) -> (String, bool) {
    let mut out = String::with_capacity(text.len() + 16);
    let mut open: Vec<char> = vec![];
    // Where the last complete item of the outermost list ended, and what was open there.
    let mut whole = None;
    let (mut in_string, mut escaped) = (false, false);
    for c in text.chars() {
        if in_string {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => in_string = false,
                '\n' => {
                    out.push_str("\\n");
                    continue;
                }
                '\t' => {
                    out.push_str("\\t");
                    continue;
                }
                c if c.is_control() => continue,
                _ => {}
            }
            out.push(c);
            continue;
        }
        match c {
            '"' => in_string = true,
            '{' => open.push('}'),
            '[' => open.push(']'),
            '}' | ']' => {
                let kept = out.trim_end().trim_end_matches(',').len();
                out.truncate(kept);
                if open.last() == Some(&c) {
                    open.pop();
                }
                out.push(c);
                if open.len() == 2 && c == '}' {
                    whole = Some(out.len());
                }
                if open.is_empty() {
                    return (out, false);
                }
                continue;
            }
            _ => {}
        }
        out.push(c);
    }
    if let Some(end) = whole {
        out.truncate(end);
        out.push_str("]}");
    }
    (out, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_text(text: &str) -> Result<FeedDocument, ReadError> {
        read(text, None, &Habits::default(), &Limits::default())
    }

    fn titles(text: &str) -> Vec<String> {
        read_text(text).expect("it can be read").entries.into_iter().map(|entry| entry.title).collect()
    }

    #[test]
    fn what_the_specification_asks_for_is_read() {
        let text = r#"{"version":"https://jsonfeed.org/version/1.1","title":"Border news","home_page_url":"https://news.example/",
            "language":"ko","authors":[{"name":"Kim Ha"}],"items":[{"id":"1","url":"https://news.example/1","title":"Raid & more",
            "content_html":"<p>Buses</p>","date_published":"2026-11-24T12:30:00Z","author":{"name":"Lee"}},
            {"id":2,"content_text":"5 < 6"}]}"#;
        let document = read_text(text).expect("it can be read");
        assert_eq!((document.title.as_str(), document.lang.as_str()), ("Border news", "ko"));
        let [first, second] = document.entries.as_slice() else { panic!("two entries") };
        assert_eq!(
            (first.title.as_str(), first.author.as_str(), first.content.as_str()),
            ("Raid & more", "Lee", "<p>Buses</p>")
        );
        assert_eq!(first.published.map(|at| at.to_string()).as_deref(), Some("2026-11-24T12:30:00Z"));
        assert_eq!(
            (second.guid.as_str(), second.author.as_str(), second.content.as_str()),
            ("2", "Kim Ha", "5 &lt; 6")
        );
    }

    #[test]
    fn what_stands_in_the_wrong_place_costs_nothing_else() {
        let text = r#"{"version":1,"title":null,"authors":"Kim","items":[null,"x",{"title":["no"],"id":{"a":1},"url":"https://a.example/1"},{"title":"b"}]}"#;
        assert_eq!(titles(text), ["https://a.example/1", "b"]);
    }

    #[test]
    fn broken_json_is_mended_and_whole_items_survive_a_cut() {
        assert_eq!(titles("{\"version\":\"1\",\"items\":[{\"title\":\"a\nb\",},],} trailing"), ["a b"]);
        let cut = "{\"version\":\"1\",\"items\":[{\"title\":\"a\",\"x\":{\"y\":[1]}},{\"title\":\"b\"},{\"title\":\"c";
        let document = read_text(cut).expect("it can be read");
        assert!(document.cut_off && document.repairs[0].starts_with("broken JSON mended"), "{:?}", document.repairs);
        assert_eq!(titles(cut), ["a", "b"]);
    }

    #[test]
    fn other_json_is_no_feed() {
        assert!(matches!(read_text("{\"error\":\"no such page\"}"), Err(ReadError::NotAFeed { .. })));
    }

    #[test]
    fn entries_beyond_the_limit_are_counted_and_not_kept() {
        let items = vec!["{\"title\":\"x\"}"; 50].join(",");
        let limits = Limits { max_entries: 10, ..Limits::default() };
        let document = read(&format!("{{\"version\":\"1\",\"items\":[{items}]}}"), None, &Habits::default(), &limits);
        let document = document.expect("it can be read");
        assert_eq!(document.entries.len(), 10);
        assert_eq!(document.repairs, ["40 entries beyond the first 10 left out"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "\\{(\"|items|version|:|,|\\[|\\]|\\{|\\}|\\\\|1|null| |\n){0,60}") {
            let _ = read_text(&text);
        }
    }
}
