//! A web page in place of a feed: which feeds it names itself.

use scraper::{Html, Selector};
use url::Url;

/// Bytes of a page that are looked at: feeds are named in its head.
const HEAD: usize = 64 * 1024;
const MAX_SUGGESTIONS: usize = 5;

/// Returns the feeds that `<link rel="alternate">` names, in order.
pub fn feeds_named(html: &str, base: Option<&Url>) -> Vec<Url> {
    let head = &html[..html.floor_char_boundary(HEAD)];
    // Deep nesting is what html5ever is slow at, and no head has any.
    let head = head.split("<body").next().unwrap_or_default();
    if head.matches('<').count() > 2000 {
        return Vec::new();
    }
    let selector = Selector::parse("link[rel~=alternate][href]").expect("the selector is a constant");
    let page = Html::parse_document(head);
    let mut found: Vec<Url> = vec![];
    for link in page.select(&selector) {
        let kind = link.attr("type").unwrap_or_default().to_ascii_lowercase();
        let is_feed = ["rss", "atom", "feed+json", "application/xml"].iter().any(|name| kind.contains(name));
        let href = link.attr("href").unwrap_or_default().trim();
        let url = base.map_or_else(|| Url::parse(href), |base| base.join(href));
        if let Ok(url) = url
            && is_feed
            && matches!(url.scheme(), "http" | "https")
            && !found.contains(&url)
            && found.len() < MAX_SUGGESTIONS
        {
            found.push(url);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_feeds_a_page_names_are_suggested_with_whole_addresses() {
        let base = Url::parse("https://news.example/world/").expect("a URL");
        let html = r#"<html><head><link rel="alternate" type="application/rss+xml" href="/rss.xml">
            <link rel="alternate" hreflang="ko" href="/ko/"><link rel="stylesheet" href="a.css"></head><body>"#;
        let found = feeds_named(html, Some(&base));
        assert_eq!(found.iter().map(Url::as_str).collect::<Vec<_>>(), ["https://news.example/rss.xml"]);
    }
}
