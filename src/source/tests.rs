//! Whole documents, from bytes to entries.

use proptest::prelude::*;

use super::*;
use crate::model::entry::FeedEntry;

fn base() -> Url {
    Url::parse("https://news.example/rss/all.xml").expect("a URL")
}

fn document(text: &str) -> FeedDocument {
    read_bytes(text.as_bytes(), None, Some(&base()), &Limits::default()).expect("it is a feed")
}

fn titles(text: &str) -> Vec<String> {
    document(text).entries.into_iter().map(|entry| entry.title).collect()
}

fn only(text: &str) -> FeedEntry {
    let mut entries = document(text).entries;
    assert_eq!(entries.len(), 1, "{entries:?}");
    entries.remove(0)
}

fn rss(items: &str) -> String {
    format!(
        "<rss version=\"2.0\"><channel><title>Border news</title><link>https://news.example/</link>\n{items}\n</channel></rss>"
    )
}

fn item(number: u32) -> String {
    format!(
        "<item><title>Report {number}</title><link>https://news.example/{number}</link><guid>g{number}</guid><description>Text {number}</description></item>\n"
    )
}

#[test]
fn one_entry_means_the_same_in_every_format() {
    let formats = [
        "<rss version='0.93' xmlns:dc='http://purl.org/dc/elements/1.1' xmlns:c='http://purl.org/rss/1.0/modules/content/'><channel>
            <item><title>Raid &amp; search</title><link> /a/1 </link><guid isPermaLink='false'>1</guid><dc:creator>Kim Ha</dc:creator>
            <pubDate>Tue, 24 Nov 2026 21:30:00 +0900</pubDate><description>Two buses</description>
            <c:encoded><![CDATA[<p>Two <b>buses</b></p>]]></c:encoded></item></channel></rss>",
        "<a:feed xmlns:a='https://www.w3.org/2005/Atom/'><a:entry><a:title type='html'>Raid &amp;amp; search</a:title><a:id>1</a:id>
            <a:link rel='edit' href='/edit'/><a:link href='../a/1'/><a:author><a:name>Kim Ha</a:name></a:author>
            <a:published>2026-11-24T12:30:00Z</a:published><a:summary>Two buses</a:summary>
            <a:content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>Two <b>buses</b></p></div></a:content></a:entry></a:feed>",
        "<feed version='0.3' xmlns='http://purl.org/atom/ns#' xml:base='https://news.example/a/'><entry><title mode='base64'>UmFpZCAmYW1wOyBzZWFyY2g=</title>
            <id>1</id><link rel='alternate' href='1'/><author><name>Kim Ha</name></author><issued>2026-11-24T12:30:00Z</issued>
            <summary>Two buses</summary><content type='text/html' mode='escaped'>&lt;p>Two &lt;b>buses&lt;/b>&lt;/p></content></entry></feed>",
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'><channel><title>x</title></channel>
            <item rdf:about='1'><title>Raid &amp; search</title><link>https://news.example/a/1</link><dc:creator>Kim Ha</dc:creator>
            <dc:date>2026-11-24T12:30:00+00:00</dc:date><description>Two buses</description>
            <content:encoded>&lt;p>Two &lt;b>buses&lt;/b>&lt;/p></content:encoded></item></rdf:RDF>",
        "{\"version\":\"http://jsonfeed.org/version/1\",\"items\":[{\"id\":1,\"title\":\"Raid & search\",\"url\":\"/a/1\",\"author\":\"Kim Ha\",
            \"date_published\":\"2026-11-24T21:30:00+09:00\",\"summary\":\"Two buses\",\"content_html\":\"<p>Two <b>buses</b></p>\"}]}",
    ];
    for text in formats {
        let entry = only(text);
        assert_eq!(entry.title, "Raid & search", "{text}");
        assert_eq!(entry.guid, "1", "{text}");
        assert_eq!(entry.link.as_ref().map(Url::as_str), Some("https://news.example/a/1"), "{text}");
        assert_eq!(entry.author, "Kim Ha", "{text}");
        assert_eq!(entry.published.map(|at| at.to_string()).as_deref(), Some("2026-11-24T12:30:00Z"), "{text}");
        assert_eq!(entry.summary, "Two buses", "{text}");
        assert_eq!(html::visible_line(&entry.content, false), "Two buses", "{text}");
    }
}

#[test]
fn one_broken_entry_costs_none_of_the_others() {
    for broken in [
        "<item><title>Broken<link>https://news.example/x</link></item>",
        "<item><title>Broken</titel><link>https://news.example/x</link></item>",
        "<item><title>Broken</title><description>a <b>c</item>",
        "<item><title>Broken</title>",
        "<item><title>Broken</title><description>1 < 2 & <3 love</description></item>",
        "<item><title>Broken</title><description a=\"x>text</description></item>",
        "<item><title>Broken</title><description><![CDATA[never closed</description></item>",
        "<item><title>Broken</title><pubDate>soon</pubDate></b></item>",
        "<item><title>Broken</title><description>&nosuch; &#xZZ; &#0;</description></item>",
        "<item><title>Broken</title><media:thumbnail url='x'></item>",
        "<item><title>Broken</title><description><!-- never closed</description></item>",
    ] {
        let text = rss(&format!("{}{}{broken}{}{}", item(1), item(2), item(3), item(4)));
        let document = document(&text);
        let titles: Vec<_> = document.entries.iter().map(|entry| entry.title.as_str()).collect();
        assert_eq!(titles, ["Report 1", "Report 2", "Broken", "Report 3", "Report 4"], "{broken}");
        let third = &document.entries[3];
        assert_eq!((third.guid.as_str(), third.summary.as_str()), ("g3", "Text 3"), "{broken}");
    }
}

#[test]
fn damage_is_told_with_its_line_and_column() {
    let document =
        document(&rss("<item><title>R&D</title></item>\n<item><title>Open<link>https://news.example/1</link></item>"));
    assert_eq!(document.repairs, ["a bare & taken as text (line 2, column 15)", "unclosed <title> (line 3, column 7)"]);
    assert!(super::tests::document(&rss(&item(1))).repairs.is_empty(), "a feed in good order needs none");
}

#[test]
fn of_a_feed_that_was_cut_off_every_whole_entry_is_read() {
    let whole = rss(&format!("{}{}", item(1), item(2)));
    // A missing last sign costs nothing.
    for end in 0..whole.len() - 1 {
        let Ok(document) = read_bytes(&whole.as_bytes()[..end], None, Some(&base()), &Limits::default()) else {
            continue;
        };
        let complete = whole[..end].matches("</item>").count();
        assert!(document.entries.len() >= complete, "{} of {complete} at {end}", document.entries.len());
        assert!(document.entries.iter().all(|entry| ["", "g1", "g2"].contains(&entry.guid.as_str())), "at {end}");
        let links = document.entries.iter().filter_map(|entry| entry.link.as_ref());
        assert!(links.into_iter().all(|link| link.path() == "/1" || link.path() == "/2"), "at {end}");
        assert!(document.cut_off, "at {end}");
    }
    assert!(!document(&whole).cut_off);
}

#[test]
fn what_is_nested_too_deep_counts_only_where_nothing_better_is() {
    let text = rss("<item><media:group><media:title>inner</media:title></media:group><image><title>picture</title>\
        <link>https://news.example/i</link></image><source url='x'>Other</source><title>outer</title></item>");
    assert_eq!(only(&text).title, "outer");
    assert_eq!(only(&rss("<item><wrapper><title>inner</title></wrapper></item>")).title, "inner");
    let atom = "<feed xmlns='http://www.w3.org/2005/Atom'><entry><source><title>Other feed</title><id>o</id></source><title>own</title></entry></feed>";
    assert_eq!((only(atom).title.as_str(), only(atom).guid.as_str()), ("own", ""));
}

#[test]
fn a_publishers_rhythm_and_its_archive_are_read() {
    let text = "<rss><channel><ttl>90</ttl><skipHours><hour>2</hour><hour>1</hour></skipHours><skipDays><day>Sunday</day></skipDays>\
        <atom:link rel='prev-archive' href='/rss/2026-10.xml'/><atom:link rel='hub' href='https://hub.example/'/></channel></rss>";
    let document = document(text);
    assert_eq!(document.wished_interval_secs, Some(5400));
    assert_eq!(
        (document.skip_hours.as_slice(), document.skip_days.as_slice()),
        ([1, 2].as_slice(), [jiff::civil::Weekday::Sunday].as_slice())
    );
    assert_eq!(document.previous.as_ref().map(Url::as_str), Some("https://news.example/rss/2026-10.xml"));
    let sy = "<rdf:RDF><channel><sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency></channel></rdf:RDF>";
    assert_eq!(super::tests::document(sy).wished_interval_secs, Some(1800));
}

#[test]
fn the_language_is_the_feeds_unless_the_entry_says_otherwise() {
    let text = "<feed xml:lang='ko_KR' xmlns='http://www.w3.org/2005/Atom'><entry xml:lang='zh'><title>a</title></entry></feed>";
    let document = document(text);
    assert_eq!((document.lang.as_str(), document.entries[0].lang.as_str()), ("ko-KR", "zh"));
}

#[test]
fn a_page_in_place_of_a_feed_is_an_error_that_names_the_pages_feeds() {
    let page = "<!DOCTYPE html><html><head><link rel=alternate type=application/rss+xml href=/feed></head><body><article><h1>News</h1>";
    let error = read_bytes(page.as_bytes(), Some("application/rss+xml"), Some(&base()), &Limits::default());
    let suggestions = vec![Url::parse("https://news.example/feed").expect("a URL")];
    assert_eq!(error, Err(ReadError::WebPage { suggestions }));
}

#[test]
fn entries_and_texts_beyond_the_limits_are_left_out_and_told() {
    let limits = Limits { max_entries: 2, max_entry_bytes: 8, ..Limits::default() };
    let text = rss(&(1..=5).map(item).collect::<String>());
    let document = read_bytes(text.as_bytes(), None, None, &limits).expect("it is a feed");
    assert_eq!(document.entries.len(), 2);
    assert_eq!(document.entries[0].title, "Report 1");
    assert_eq!(document.repairs, ["3 entries beyond the first 2 left out"]);
    assert!(document.entries.iter().all(|entry| entry.summary.len() <= 8));
}

#[test]
fn entities_that_a_document_declares_are_expanded_once_and_never_again() {
    let text = format!(
        "<!DOCTYPE rss [<!ENTITY co \"Kim &#38; Sons\"><!ENTITY big \"&co;&co;\"><!ENTITY x SYSTEM \"file:///etc/hostname\">]>{}",
        rss("<item><title>Han River &big; &x; &hangul; &nbsp;x</title></item>")
    );
    assert_eq!(titles(&text), ["Han River &big; &x; &hangul; x"]);
}

/// What both readers must agree on, in a feed in good order.
fn essence(entry: &FeedEntry) -> (String, Option<String>, String, Option<String>) {
    let text = html::visible_line(if entry.content.is_empty() { &entry.summary } else { &entry.content }, false);
    (entry.title.clone(), entry.link.as_ref().map(Url::to_string), text, entry.published.map(|at| at.to_string()))
}

prop_compose! {
    fn report()(title in "[가-힣a-zA-Z0-9 ]{1,30}", text in "[가-힣a-zA-Z0-9.,&<> ]{1,80}", number in 0_u32..1_000_000, seconds in 1_000_000_000_i64..2_000_000_000)
        -> (String, String, u32, i64) {
        (format!("T{}", title.trim_end()), format!("B{}", text.trim_end()), number, seconds)
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn feed_rs_reads_the_same_in_feeds_in_good_order(reports in prop::collection::vec(report(), 1..6), atom: bool) {
        let body: String = reports.iter().map(|(title, text, number, seconds)| {
            let at = jiff::Timestamp::from_second(*seconds).expect("in range");
            let html = escaped(&format!("<p>{}</p>", escaped(text)));
            if atom {
                format!("<entry><title>{title}</title><id>urn:{number}</id><link href=\"https://news.example/{number}\"/><published>{at}</published><content type=\"html\">{html}</content></entry>")
            } else {
                let date = at.strftime("%a, %d %b %Y %H:%M:%S +0000");
                format!("<item><title>{title}</title><guid isPermaLink=\"false\">urn:{number}</guid><link>https://news.example/{number}</link><pubDate>{date}</pubDate><description>{html}</description></item>")
            }
        }).collect();
        let text = if atom { format!("<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>t</title><id>f</id>{body}</feed>") } else { rss(&body) };
        let theirs = witness::entries(&text, Some(&base()), &Limits::default()).expect("feed-rs reads it");
        let ours = document(&text);
        prop_assert!(ours.repairs.is_empty(), "{:?}", ours.repairs);
        let ours: Vec<_> = ours.entries.iter().map(essence).collect();
        prop_assert_eq!(&ours, &theirs.iter().map(essence).collect::<Vec<_>>());
        let meant: Vec<_> = reports.iter().map(|(title, text, ..)| (html::fold(title), html::fold(text))).collect();
        prop_assert_eq!(ours.into_iter().map(|(title, _, text, _)| (title, text)).collect::<Vec<_>>(), meant);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>, start in 0_usize..4) {
        let starts: [&[u8]; 4] = [b"", b"<rss><channel><item><title>", b"<feed><entry>", b"{\"items\":["];
        let bytes = [starts[start], &bytes].concat();
        let _ = read_bytes(&bytes, None, Some(&base()), &Limits::default());
    }

    #[test]
    fn any_tangle_of_tags_is_read_within_bounds(tangle in "(<item>|</item>|<title>|</title>|<entry|<link>|</link>|<!\\[CDATA\\[|\\]\\]>|<!--|-->|<x a=\"|\">|/>|&amp;|&|한|text |<media:group>|</channel>|<channel>){0,80}") {
        let document = document(&format!("<rss><channel>{tangle}"));
        prop_assert!(document.entries.len() <= tangle.matches("<item>").count() + tangle.matches("<entry").count());
    }
}
