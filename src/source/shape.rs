//! What a body is at first sight: a feed, a web page, or neither.

use super::ReadError;
use super::scan::{Scanner, Token};

#[derive(Debug, PartialEq, Eq)]
pub enum Shape<'a> {
    Xml(Xml<'a>),
    Sitemap(Xml<'a>),
    /// From its brace on.
    Json(&'a str),
    WebPage,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Xml<'a> {
    /// The document type, which may declare entities.
    pub doctype: Option<&'a str>,
    /// From the root element on; the XML declaration is cut, for the text is UTF-8 by now whatever it says.
    pub text: &'a str,
    pub lines_before: usize,
    /// Something stood before the root that belongs to no XML document.
    pub junk_before: bool,
}

/// Tags looked at to find the root.
const ROOT_WITHIN: usize = 50;

/// Returns what the text is.
pub fn of(text: &str) -> Result<Shape<'_>, ReadError> {
    let trimmed = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}' || c == '\0');
    if trimmed.is_empty() {
        return Err(ReadError::Empty);
    }
    if trimmed.starts_with('{') {
        return Ok(Shape::Json(trimmed));
    }
    let mut doctype = None;
    let mut junk_before = false;
    let mut tags = 0;
    for token in Scanner::new(text) {
        match token {
            Token::Doctype(found) => doctype = Some(found),
            Token::Text(found) => {
                junk_before |= !found.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').is_empty()
            }
            Token::Cdata(_) | Token::End { .. } => junk_before = true,
            Token::Start(tag) => {
                let local = tag.name.rsplit(':').next().unwrap_or(tag.name).to_ascii_lowercase();
                match local.as_str() {
                    "rss" | "feed" | "rdf" | "channel" | "item" | "entry" | "urlset" | "sitemapindex" | "url" => {
                        let lines_before = text[..tag.at].matches('\n').count();
                        let xml = Xml { doctype, text: &text[tag.at..], lines_before, junk_before };
                        let is_sitemap = matches!(local.as_str(), "urlset" | "sitemapindex" | "url");
                        return Ok(if is_sitemap { Shape::Sitemap(xml) } else { Shape::Xml(xml) });
                    }
                    "html" | "head" | "body" | "script" | "div" | "meta" | "title" => return Ok(Shape::WebPage),
                    _ => junk_before = true,
                }
                tags += 1;
                if tags > ROOT_WITHIN {
                    break;
                }
            }
        }
    }
    let what = trimmed.chars().take(40).collect::<String>().escape_debug().to_string();
    Err(ReadError::NotAFeed { what: format!("it begins with {what}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_is_known_after_junk_and_a_page_is_no_feed() {
        let xml =
            |doctype, text, lines_before, junk_before| Ok(Shape::Xml(Xml { doctype, text, lines_before, junk_before }));
        assert_eq!(of("junk\n<?xml?><!-- <html> --><rss a='1'/>"), xml(None, "<rss a='1'/>", 1, true));
        assert_eq!(of("\u{feff}<?xml?>\n<!DOCTYPE rss>\n<a:RDF>"), xml(Some("!DOCTYPE rss"), "<a:RDF>", 2, false));
        assert_eq!(of("<b>Warning</b>: x<br />\n<feed>"), xml(None, "<feed>", 1, true));
        let sitemap = Xml { doctype: None, text: "<x:urlset>", lines_before: 0, junk_before: false };
        assert_eq!(of("<?xml?><x:urlset>"), Ok(Shape::Sitemap(sitemap)));
        assert_eq!(of(" {\"a\":1}"), Ok(Shape::Json("{\"a\":1}")));
    }

    #[test]
    fn pages_and_other_things_are_no_feeds() {
        assert_eq!(of("<!DOCTYPE html><html><rss>"), Ok(Shape::WebPage));
        assert_eq!(of(" \n"), Err(ReadError::Empty));
        assert!(matches!(of("404 not found"), Err(ReadError::NotAFeed { .. })));
        assert!(matches!(of("<Error><Code>AccessDenied</Code></Error>"), Err(ReadError::NotAFeed { .. })));
    }
}
