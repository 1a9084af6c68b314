//! OPML 2.0, the exchange format for lists of feeds. Lenient in: unknown roots, missing versions, any letter case and
//! bare ampersands are common in the wild.
//!
//! Sitemaps and listing pages go out as links, which other programs pass over, with what newsvigil needs to know in
//! attributes of its own.

use std::collections::HashMap;
use std::io;

use quick_xml::escape::unescape;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer};
use url::Url;

use super::source_block::SourceBlock;
use crate::model::feed::{FeedKind, FeedSpec, Selectors};
use crate::source::page;

/// A feed as an OPML file lists it, also one whose address is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    pub url: String,
    pub title: String,
    pub lang: String,
    pub kind: FeedKind,
    pub selectors: Option<Selectors>,
}

/// The prefix of our own attributes, and the name it stands for.
const OWN: (&str, &str) = ("xmlns:newsvigil", "urn:newsvigil:opml");

/// Outlines beyond this many are not read.
const MAX_OUTLINES: usize = 20_000;

#[derive(Debug, thiserror::Error)]
pub enum OpmlError {
    #[error("not an OPML file: it names no feed (an outline with xmlUrl)")]
    NoFeeds,
    #[error("broken XML at byte {at}, after {read} feeds: {what}")]
    Broken { at: u64, read: usize, what: String },
}

/// Returns the feeds in a file's order, whatever folders they stand in.
pub fn read(text: &str) -> Result<Vec<Outline>, OpmlError> {
    let mut reader = Reader::from_str(text);
    let config = reader.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    config.allow_dangling_amp = true;
    let mut outlines = vec![];
    loop {
        match reader.read_event() {
            Ok(Event::Start(element) | Event::Empty(element)) => {
                if element.name().as_ref().eq_ignore_ascii_case("outline") && outlines.len() < MAX_OUTLINES {
                    outlines.extend(outline(&element));
                }
            }
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(error) => {
                let (at, read) = (reader.error_position(), outlines.len());
                return Err(OpmlError::Broken { at, read, what: error.to_string() });
            }
        }
    }
    if outlines.iter().all(|outline| outline.url.is_empty()) { Err(OpmlError::NoFeeds) } else { Ok(outlines) }
}

fn outline(element: &BytesStart<'_>) -> Option<Outline> {
    let mut values = HashMap::new();
    for attribute in element.attributes().with_checks(false).flatten().take(64) {
        // An entity that is none is left as it stands.
        let value = unescape(&attribute.value).unwrap_or_else(|_| attribute.value.clone()).trim().to_owned();
        values.entry(attribute.key.as_ref().to_ascii_lowercase()).or_insert(value);
    }
    let mut taken = |name: &str| values.remove(name).filter(|value| !value.is_empty());
    let kind = taken("newsvigil:kind").and_then(|word| FeedKind::ALL.into_iter().find(|kind| kind.word() == word));
    let is_feed = kind.is_some() || taken("type").is_some_and(|word| word.eq_ignore_ascii_case("rss"));
    let url = taken("xmlurl").or_else(|| if kind.is_some() { taken("url") } else { None });
    // A folder has no address; a feed without one is told.
    let url = if is_feed { url.unwrap_or_default() } else { url? };
    let item = taken("newsvigil:item").filter(|_| kind == Some(FeedKind::Page));
    let selectors = item.map(|item| Selectors {
        item,
        link: taken("newsvigil:link").unwrap_or_else(|| Selectors::LINK.to_owned()),
        title: taken("newsvigil:title"),
        date: taken("newsvigil:date"),
        summary: taken("newsvigil:summary"),
    });
    let title = taken("title").or_else(|| taken("text")).unwrap_or_default();
    Some(Outline { url, title, lang: taken("language").unwrap_or_default(), kind: kind.unwrap_or_default(), selectors })
}

/// Writes the feeds as one OPML file.
pub fn write(out: impl io::Write, feeds: &[FeedSpec]) -> io::Result<()> {
    let mut xml = Writer::new_with_indent(out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.write_event(Event::Start(BytesStart::new("opml").with_attributes([("version", "2.0"), OWN])))?;
    xml.create_element("head").write_inner_content(|head| {
        head.create_element("title").write_text_content(BytesText::new("newsvigil sources"))?;
        Ok(())
    })?;
    xml.create_element("body").write_inner_content(|body| {
        for feed in feeds {
            let mut outline = BytesStart::new("outline");
            let is_feed = feed.kind == FeedKind::Syndication;
            outline.push_attribute(("type", if is_feed { "rss" } else { "link" }));
            outline.push_attribute(("text", feed.outlet.as_str()));
            outline.push_attribute(("title", feed.outlet.as_str()));
            outline.push_attribute((if is_feed { "xmlUrl" } else { "url" }, feed.url.as_str()));
            if !feed.lang.is_empty() {
                outline.push_attribute(("language", feed.lang.as_str()));
            }
            own_attributes(&mut outline, feed);
            body.write_event(Event::Empty(outline))?;
        }
        Ok(())
    })?;
    xml.write_event(Event::End(BytesEnd::new("opml")))?;
    writeln!(xml.into_inner())
}

fn own_attributes(outline: &mut BytesStart<'_>, feed: &FeedSpec) {
    if feed.kind != FeedKind::Syndication {
        outline.push_attribute(("newsvigil:kind", feed.kind.word()));
    }
    if let Some(selectors) = &feed.selectors {
        outline.push_attribute(("newsvigil:item", selectors.item.as_str()));
        outline.push_attribute(("newsvigil:link", selectors.link.as_str()));
        let others = [
            ("newsvigil:title", &selectors.title),
            ("newsvigil:date", &selectors.date),
            ("newsvigil:summary", &selectors.summary),
        ];
        for (name, selector) in others {
            if let Some(selector) = selector {
                outline.push_attribute((name, selector.as_str()));
            }
        }
    }
}

/// The outline's address and its `[[source]]` block, or why it cannot be one.
pub fn as_source(outline: &Outline) -> Result<(Url, String), String> {
    if outline.url.is_empty() {
        return Err(format!("{:?}: a feed without an address (xmlUrl)", outline.title));
    }
    let url = Url::parse(&outline.url).map_err(|error| format!("{}: {error}", outline.url))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("{}: only http and https can be polled", outline.url));
    }
    if outline.kind == FeedKind::Page && outline.selectors.is_none() {
        return Err(format!("{}: a listing page without newsvigil:item", outline.url));
    }
    if let Some(selectors) = &outline.selectors {
        let given = [Some(&selectors.item), Some(&selectors.link)].into_iter();
        let given = given.chain([&selectors.title, &selectors.date, &selectors.summary].map(Option::as_ref)).flatten();
        for selector in given {
            page::check(selector).map_err(|wrong| format!("{}: {selector:?}: {wrong}", outline.url))?;
        }
    }
    let name = if outline.title.is_empty() { url.host_str().unwrap_or_default() } else { &outline.title };
    let block = SourceBlock {
        name: name.to_owned(),
        lang: outline.lang.clone(),
        kind: outline.kind,
        selectors: outline.selectors.clone(),
        ..SourceBlock::of(url.clone())
    };
    Ok((url, block.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::exchange::Route;
    use std::time::Duration;

    #[test]
    fn feeds_are_found_in_any_folder_letter_case_and_with_bare_ampersands() {
        let text = r#"<OPML><body>
            <outline text="Asia"><outline title="News &amp; Views" xmlUrl="https://a.example/rss?x=1&y=2"/></outline>
            <OUTLINE text="Other" xmlurl="https://b.example/feed" language="ko">
        </body>"#;
        let read = read(text).expect("two feeds");
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].title, "News & Views");
        assert_eq!(read[0].url, "https://a.example/rss?x=1&y=2");
        assert_eq!((read[1].title.as_str(), read[1].lang.as_str()), ("Other", "ko"));
    }

    #[test]
    fn a_file_without_feeds_is_refused() {
        assert!(matches!(read("<html><body>no</body></html>"), Err(OpmlError::NoFeeds)));
    }

    #[test]
    fn what_is_written_is_read_back_the_same() {
        let feed = |url: &str, outlet: &str| FeedSpec {
            url: Url::parse(url).expect("a URL"),
            kind: FeedKind::Syndication,
            outlet: outlet.into(),
            lang: "zh-Hant".into(),
            every: Duration::from_secs(60),
            route: Route::Direct,
            zone: None,
            selectors: None,
        };
        let selectors = Selectors {
            item: "ul > li[data-x=\"1\"]".into(),
            link: "a".into(),
            title: Some("h3".into()),
            date: None,
            summary: None,
        };
        let feeds = [
            feed("https://a.example/?a=1&b=<2>", "A \"quoted\" & <odd> 뉴스"),
            feed("https://b.example/", "B"),
            FeedSpec { kind: FeedKind::Sitemap, ..feed("https://c.example/sitemap.xml", "C") },
            FeedSpec { kind: FeedKind::Page, selectors: Some(selectors), ..feed("https://d.example/", "D") },
        ];
        let mut text = vec![];
        write(&mut text, &feeds).expect("memory can be written");
        let outlines = read(std::str::from_utf8(&text).expect("UTF-8")).expect("OPML");
        assert_eq!(outlines.len(), feeds.len());
        for (feed, outline) in feeds.iter().zip(&outlines) {
            assert_eq!((outline.kind, &outline.selectors), (feed.kind, &feed.selectors));
            assert_eq!((outline.url.as_str(), outline.title.as_str()), (feed.url.as_str(), feed.outlet.as_str()));
            assert_eq!(outline.lang, feed.lang);
        }
    }

    #[test]
    fn a_title_cannot_break_out_of_its_toml_string() {
        let outline = Outline {
            url: "https://a.example/".into(),
            title: "a\"\nurl = \"x\\".into(),
            lang: String::new(),
            kind: FeedKind::Syndication,
            selectors: None,
        };
        let (_, block) = as_source(&outline).expect("a source");
        assert_eq!(block, "[[source]]\nurl = \"https://a.example/\"\nname = \"a\\\"\\u000Aurl = \\\"x\\\\\"\n");
    }
}
