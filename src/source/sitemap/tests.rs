use super::*;
use proptest::prelude::*;

const NEWS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:g="https://www.google.com/schemas/sitemap-news/0.9"
    xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
  <url><loc>https://news.example/raid?utm_source=sitemap</loc><lastmod>2026-11-24</lastmod>
    <image:image><image:loc>https://cdn.example/1.jpg</image:loc><image:title>A gate</image:title></image:image>
    <g:news><g:publication><g:name>북방 소식</g:name><g:language>ko</g:language></g:publication>
      <g:publication_date>2026-11-23T21:05:00+09:00</g:publication_date>
      <g:title><![CDATA[선양서 9명 체포 & 송환 우려]]></g:title></g:news></url>
</urlset>"#;

fn read_text(text: &str) -> FeedDocument {
    read_within(text, &Limits::default())
}

fn read_within(text: &str, limits: &Limits) -> FeedDocument {
    let base = Url::parse("https://news.example/sitemap.xml").expect("a URL");
    read(text.as_bytes(), None, Some(&base), limits).expect("a sitemap")
}

fn links(document: &FeedDocument) -> Vec<&str> {
    document.entries.iter().filter_map(|entry| entry.link.as_ref()).map(Url::path).collect()
}

#[test]
fn a_news_sitemap_gives_title_date_language_and_outlet_and_no_picture() {
    let document = read_text(NEWS);
    assert_eq!((document.title.as_str(), document.lang.as_str()), ("북방 소식", "ko"));
    let [entry] = document.entries.as_slice() else { panic!("{:?}", document.entries) };
    assert_eq!(entry.title, "선양서 9명 체포 & 송환 우려");
    assert_eq!(entry.link.as_ref().map(Url::as_str), Some("https://news.example/raid"));
    assert_eq!(entry.published.map(|at| at.to_string()).as_deref(), Some("2026-11-23T12:05:00Z"));
    assert_eq!((entry.key.as_str(), entry.lang.as_str()), ("link:news.example/raid", "ko"));
    assert_eq!((document.repairs.len(), document.cut_off), (0, false));
}

#[test]
fn prefixes_and_addresses_of_namespaces_may_be_spelled_in_any_way_or_be_missing() {
    let body = |s: &str, n: &str, xmlns: &str| {
        format!(
            "<{s}urlset{xmlns}><{s}url><{s}loc>/a</{s}loc><{n}news><{n}title>A</{n}title></{n}news></{s}url></{s}urlset>"
        )
    };
    for text in [
        body("", "news:", ""),
        body("", "n:", " xmlns:n='http://www.google.com/schemas/sitemap-news/0.9/'"),
        body("sm:", "", " xmlns:sm='http://www.google.com/schemas/sitemap/0.84'"),
        body(
            "x:",
            "y:",
            " xmlns:x='https://www.sitemaps.org/schemas/sitemap/0.9/' xmlns:y='HTTP://WWW.GOOGLE.COM/SCHEMAS/SITEMAP-NEWS/0.9'",
        ),
        body("", "news:", " xmlns='urn:ours' xmlns:news='urn:ours-too'"),
        body("", "news:", "").to_uppercase().replace("/A<", "/a<"),
    ] {
        let document = read_text(&text);
        assert_eq!(document.entries.len(), 1, "{text}");
        assert_eq!((document.entries[0].title.as_str(), links(&document)), ("A", vec!["/a"]), "{text}");
    }
}

#[test]
fn a_plain_sitemap_leaves_the_title_to_the_page_and_a_later_lastmod_is_no_new_entry() {
    let of = |day: u32| {
        read_text(&format!(
            "<urlset><url><loc>https://news.example/a</loc><lastmod>2026-11-{day}</lastmod></url></urlset>"
        ))
    };
    let (first, second) = (of(23), of(24));
    assert_eq!(first.entries[0].title, "");
    assert!(first.entries[0].updated < second.entries[0].updated);
    assert_eq!(first.entries[0].key, second.entries[0].key);
}

#[test]
fn one_address_is_one_entry_however_often_it_is_listed() {
    let document = read_text(
        "<urlset><url><loc>https://news.example/a</loc><lastmod>2026-11-01</lastmod></url>\
         <url><loc>http://www.news.example/a/</loc><lastmod>2026-11-02</lastmod></url></urlset>",
    );
    assert_eq!(document.entries.len(), 1);
    assert_eq!(document.entries[0].updated.map(|at| at.to_string()).as_deref(), Some("2026-11-02T00:00:00Z"));
}

#[test]
fn an_index_names_the_newest_of_its_sitemaps() {
    let index = |children: &[(&str, &str)]| {
        let child =
            |(path, date): &(&str, &str)| format!("<sitemap><loc>{path}</loc><lastmod>{date}</lastmod></sitemap>");
        format!("<sitemapindex>{}</sitemapindex>", children.iter().map(child).collect::<String>())
    };
    let limits = Limits { max_sitemaps: 2, ..Limits::default() };
    let children =
        |document: &FeedDocument| document.sitemaps.iter().map(|url| url.path().to_owned()).collect::<Vec<_>>();
    let dated =
        read_within(&index(&[("/1.xml", "2026-09-01"), ("/2.xml", "2026-11-01"), ("/3.xml", "2026-10-01")]), &limits);
    assert_eq!(children(&dated), ["/2.xml", "/3.xml"]);
    assert!(dated.repairs.is_empty(), "the others are older: {:?}", dated.repairs);
    assert!(dated.entries.is_empty());
    let undated = read_within(&index(&[("/1.xml", ""), ("/2.xml", ""), ("/news.xml", ""), ("/4.xml", "")]), &limits);
    assert!(children(&undated).contains(&"/news.xml".to_owned()), "{undated:?}");
}

#[test]
fn what_is_broken_costs_itself_alone_and_is_told_with_its_place() {
    let document = read_text(
        "PHP Notice: x\n<urlset>\n<url><loc>https://news.example/a?x=1&y=2</loc></url>\n<url><loc>https://news.example/b\n\
         <lastmod>soon</lastmod></url><url><lastmod>2026-11-01</lastmod></url>\n\
         <url><loc><![CDATA[https://news.example/c</loc></url><url><loc><![CDATA[https://news.example/d]]></loc>\
         <url><loc>https://news.example/e</loc></url><loc>https://news.example/f</loc>\
         <url><loc>mailto:a@news.example</loc></url><url><loc>https://news.exam",
    );
    assert_eq!(links(&document), ["/a", "/b", "/c", "/d", "/e", "/f"]);
    assert!(document.cut_off);
    let told = document.repairs.join("\n");
    for words in [
        "text before the sitemap was left out (line 2, column 1)",
        "a bare & taken as text (line 3",
        "unclosed <loc> (line 4, column 6; 2 times)",
        "an entry without an address was left out",
        "unclosed <url>",
        "an address that is none",
    ] {
        assert!(told.contains(words), "{words} in {told}");
    }
}

#[test]
fn fifty_thousand_addresses_are_read_and_the_newest_are_kept() {
    let url = |number: usize| {
        let day = 1 + number % 28;
        format!("<url><loc>https://news.example/{number}</loc><lastmod>2026-11-{day:02}</lastmod></url>")
    };
    let text = format!("<urlset>{}</urlset>", (0..50_000).map(url).collect::<String>());
    let document = read_text(&text);
    assert_eq!(document.entries.len(), Limits::default().max_entries);
    let oldest = document.entries.iter().filter_map(|entry| entry.updated).min();
    assert_eq!(oldest.map(|at| at.to_string()).as_deref(), Some("2026-11-27T00:00:00Z"));
    assert!(document.repairs.is_empty(), "what is left out is older: {:?}", document.repairs);
    let undated = read_text(&text.replace("lastmod", "changefreq"));
    let ends = [0, 1999].map(|at| links(&undated)[at]);
    assert_eq!(ends, ["/0", "/49999"], "it may grow at either end");
    assert!(undated.repairs[0].starts_with("48000 entries without a date left out"), "{:?}", undated.repairs);
}

#[test]
fn sitemaps_of_one_index_make_one_document() {
    let part = |path: &str, title: &str| {
        read_text(&format!(
            "<urlset><url><loc>{path}</loc><news:news><news:title>{title}</news:title></news:news></url></urlset>"
        ))
    };
    let index = read_text("<sitemapindex><sitemap><loc>/1.xml</loc></sitemap></sitemapindex>");
    let document = joined(index, vec![part("/a", "A"), part("/b", "B"), part("/a", "A")], &Limits::default());
    assert_eq!((links(&document), document.sitemaps.len()), (vec!["/a", "/b"], 0));
    assert!(document.entries.iter().all(|entry| entry.key.as_str().starts_with("link:")));
}

#[test]
fn a_feed_is_no_sitemap() {
    let feed = b"<rss><channel><item><title>a</title></item></channel></rss>";
    assert!(matches!(read(feed, None, None, &Limits::default()), Err(ReadError::NotAFeed { .. })));
}

proptest! {
    #[test]
    fn any_sitemap_is_read_within_its_bounds(
        text in "(<url>|</url>|<loc>|</loc>|https://a.example/[a-c]|<lastmod>|2026-11-2[0-9]|</lastmod>|<news:title>|</news:title>|<!\\[CDATA\\[|\\]\\]>|<image:image>|&|강){0,80}",
    ) {
        let limits = Limits { max_entries: 2, ..Limits::default() };
        let document = read_within(&format!("<urlset>{text}"), &limits);
        prop_assert!(document.entries.len() <= 2);
    }
}
