//! A web page in place of a feed: which feeds it names itself, and where others usually are.

use scraper::{Html, Selector};
use url::Url;

use super::draft;
use super::entity::{Declared, unescape};
use super::scan::{Scanner, Token, attributes};

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

/// Bytes of a page whose links are looked at.
const BODY: usize = 4 << 20;
const MAX_LINKS: usize = 8;

/// Returns the feeds that a page names in its head, then what looks like one among its links: some eight at most.
pub fn feeds_linked(html: &str, base: &Url) -> Vec<Url> {
    let mut found = feeds_named(html, Some(base));
    for token in Scanner::of_html(&html[..html.floor_char_boundary(BODY)]) {
        let Token::Start(tag) = token else { continue };
        if !tag.name.eq_ignore_ascii_case("a") {
            continue;
        }
        let href = attributes(tag.attributes).find(|(name, _)| name.eq_ignore_ascii_case("href"));
        let url = href.and_then(|(_, href)| draft::link(&unescape(href, &Declared::default()), Some(base)));
        if let Some(mut url) = url.filter(looks_like_a_feed) {
            url.set_fragment(None);
            if !found.contains(&url) {
                found.push(url);
            }
        }
        if found.len() >= MAX_LINKS {
            break;
        }
    }
    found
}

/// By its name: `/rss`, `/feed/`, `news.xml`, `?feed=rss2`.
fn looks_like_a_feed(url: &Url) -> bool {
    let path = url.path().to_ascii_lowercase();
    let query = url.query().unwrap_or_default().to_ascii_lowercase();
    let word = |text: &str| {
        let mut words = text.split(|c: char| !c.is_ascii_alphanumeric());
        words.any(|word| matches!(word, "rss" | "rss2" | "atom" | "feed" | "feeds" | "rdf"))
    };
    let ends = [".xml", ".rss", ".rdf", ".atom", "feed.json"].iter().any(|end| path.ends_with(end));
    // `/rss` alone is often a page about feeds; it is asked all the same, and told from one by what it is.
    ends || word(&path) || query.split('&').any(|pair| pair.contains('=') && word(pair))
}

/// Where feeds are that nobody names, at the site's root.
const USUAL: [&str; 5] = ["/feed", "/rss.xml", "/atom.xml", "/feed.json", "/news-sitemap.xml"];

/// Returns where a site's feeds usually are.
pub fn usual_places(site: &Url) -> Vec<Url> {
    USUAL.iter().filter_map(|path| site.join(path).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_that_look_like_feeds_are_found_behind_those_of_the_head() {
        let base = Url::parse("https://news.example/world/").expect("a URL");
        let html = r#"<head><link rel=alternate type=application/atom+xml href="/atom"></head><body><a href="/about">x</a>
            <a href='rss/asia.xml?a=1&amp;b=2'>RSS</a><a href="/?feed=rss2#x">b</a><a href="/feedback">c</a><a href=/atom>d</a>"#;
        let found = feeds_linked(html, &base);
        let want = [
            "https://news.example/atom",
            "https://news.example/world/rss/asia.xml?a=1&b=2",
            "https://news.example/?feed=rss2",
        ];
        assert_eq!(found.iter().map(Url::as_str).collect::<Vec<_>>(), want);
        assert_eq!(usual_places(&base)[0].as_str(), "https://news.example/feed");
    }

    #[test]
    fn the_feeds_a_page_names_are_suggested_with_whole_addresses() {
        let base = Url::parse("https://news.example/world/").expect("a URL");
        let html = r#"<html><head><link rel="alternate" type="application/rss+xml" href="/rss.xml">
            <link rel="alternate" hreflang="ko" href="/ko/"><link rel="stylesheet" href="a.css"></head><body>"#;
        let found = feeds_named(html, Some(&base));
        assert_eq!(found.iter().map(Url::as_str).collect::<Vec<_>>(), ["https://news.example/rss.xml"]);
    }
}
