//! OPML 2.0, the exchange format for lists of feeds. Lenient in: unknown roots, missing versions, any letter case and
//! bare ampersands are common in the wild.

use std::io;

use quick_xml::escape::unescape;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use quick_xml::{Reader, Writer};
use url::Url;

use crate::model::feed::FeedSpec;

/// A feed as an OPML file lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outline {
    pub url: String,
    pub title: String,
    pub lang: String,
}

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
    if outlines.is_empty() { Err(OpmlError::NoFeeds) } else { Ok(outlines) }
}

fn outline(element: &BytesStart<'_>) -> Option<Outline> {
    let mut outline = Outline { url: String::new(), title: String::new(), lang: String::new() };
    let mut text = String::new();
    for attribute in element.attributes().with_checks(false).flatten().take(64) {
        // An entity that is none is left as it stands.
        let value = unescape(&attribute.value).unwrap_or_else(|_| attribute.value.clone()).trim().to_owned();
        match attribute.key.as_ref().to_ascii_lowercase().as_str() {
            "xmlurl" => outline.url = value,
            "title" => outline.title = value,
            "text" => text = value,
            "language" => outline.lang = value,
            _ => {}
        }
    }
    if outline.title.is_empty() {
        outline.title = text;
    }
    (!outline.url.is_empty()).then_some(outline)
}

/// Writes the feeds as one OPML file.
pub fn write(out: impl io::Write, feeds: &[FeedSpec]) -> io::Result<()> {
    let mut xml = Writer::new_with_indent(out, b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.write_event(Event::Start(BytesStart::new("opml").with_attributes([("version", "2.0")])))?;
    xml.create_element("head").write_inner_content(|head| {
        head.create_element("title").write_text_content(BytesText::new("newsvigil sources"))?;
        Ok(())
    })?;
    xml.create_element("body").write_inner_content(|body| {
        for feed in feeds {
            let mut outline = BytesStart::new("outline");
            outline.push_attribute(("type", "rss"));
            outline.push_attribute(("text", feed.outlet.as_str()));
            outline.push_attribute(("title", feed.outlet.as_str()));
            outline.push_attribute(("xmlUrl", feed.url.as_str()));
            if !feed.lang.is_empty() {
                outline.push_attribute(("language", feed.lang.as_str()));
            }
            body.write_event(Event::Empty(outline))?;
        }
        Ok(())
    })?;
    xml.write_event(Event::End(BytesEnd::new("opml")))?;
    writeln!(xml.into_inner())
}

/// The outline's address and its `[[source]]` block, or why it cannot be one.
pub fn as_source(outline: &Outline) -> Result<(Url, String), String> {
    let url = Url::parse(&outline.url).map_err(|error| format!("{}: {error}", outline.url))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("{}: only http and https can be polled", outline.url));
    }
    let name = if outline.title.is_empty() { url.host_str().unwrap_or_default() } else { &outline.title };
    let mut block = format!("[[source]]\nurl = {}\nname = {}\n", quoted(url.as_str()), quoted(name));
    if !outline.lang.is_empty() {
        block.push_str(&format!("lang = {}\n", quoted(&outline.lang)));
    }
    Ok((url, block))
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::exchange::Route;
    use crate::model::feed::FeedKind;
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
        };
        let feeds =
            [feed("https://a.example/?a=1&b=<2>", "A \"quoted\" & <odd> 뉴스"), feed("https://b.example/", "B")];
        let mut text = vec![];
        write(&mut text, &feeds).expect("memory can be written");
        let outlines = read(std::str::from_utf8(&text).expect("UTF-8")).expect("OPML");
        for (feed, outline) in feeds.iter().zip(&outlines) {
            assert_eq!((outline.url.as_str(), outline.title.as_str()), (feed.url.as_str(), feed.outlet.as_str()));
            assert_eq!(outline.lang, feed.lang);
        }
    }

    #[test]
    fn a_title_cannot_break_out_of_its_toml_string() {
        let outline =
            Outline { url: "https://a.example/".into(), title: "a\"\nurl = \"x\\".into(), lang: String::new() };
        let (_, block) = as_source(&outline).expect("a source");
        assert_eq!(block, "[[source]]\nurl = \"https://a.example/\"\nname = \"a\\\"\\u000Aurl = \\\"x\\\\\"\n");
    }
}
