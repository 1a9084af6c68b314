//! Feeds in good order, read by newsvigil, by feed-rs alone, and walked over by quick-xml, which builds nothing.
//!
//! The feeds are generated here; where `NEWSVIGIL_CORPORA` names a folder with `feeds/files/real`, the captured feeds in
//! it are read as well. newsvigil's figure holds the whole way from bytes to named entries with clean HTML.

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use newsvigil::source::{self, Limits};
use url::Url;

fn main() {
    divan::main();
}

const KINDS: [&str; 4] = ["rss", "rss in Korean", "atom", "captured"];

/// The bodies of a kind; none where there are no captured ones.
fn feeds(kind: &str) -> Vec<Vec<u8>> {
    match kind {
        "rss" => vec![rss("en", "Residents said that the road to the crossing was closed before dawn. "); 8],
        "rss in Korean" => {
            vec![rss("ko", "주민들은 새벽부터 다리로 가는 길이 막혔다고 전했다. "); 8]
        }
        "atom" => vec![atom(); 8],
        _ => captured(),
    }
}

fn rss(lang: &str, sentence: &str) -> Vec<u8> {
    let items: String = (0..50)
        .map(|number| {
            format!(
                "<item>\n<title>Report &amp; comment {number}</title>\n<link>https://news.example/{lang}/{number}</link>\n\
                 <guid isPermaLink=\"false\">urn:{number}</guid>\n<dc:creator>Desk</dc:creator>\n\
                 <pubDate>Tue, 24 Nov 2026 12:{:02}:00 +0900</pubDate>\n<category>Asia</category>\n\
                 <description>{sentence}</description>\n\
                 <content:encoded><![CDATA[<p>{}</p>\n<p><a href=\"/more/{number}\">more</a></p>]]></content:encoded>\n</item>\n",
                number % 60,
                sentence.repeat(30)
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
         xmlns:content=\"http://purl.org/rss/1.0/modules/content/\">\n<channel>\n<title>News</title>\n\
         <link>https://news.example/</link>\n<language>{lang}</language>\n{items}</channel>\n</rss>\n"
    )
    .into_bytes()
}

fn atom() -> Vec<u8> {
    let entries: String = (0..50)
        .map(|number| {
            format!(
                "<entry>\n<title type=\"html\">Report &amp;amp; comment {number}</title>\n<id>urn:{number}</id>\n\
                 <link rel=\"alternate\" href=\"https://news.example/{number}\"/>\n<updated>2026-11-24T12:30:00Z</updated>\n\
                 <author><name>Desk</name></author>\n<content type=\"html\">&lt;p&gt;{}&lt;/p&gt;</content>\n</entry>\n",
                "Residents said that the road was closed. ".repeat(40)
            )
        })
        .collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n<title>News</title>\n\
         <id>urn:feed</id>\n<updated>2026-11-24T12:30:00Z</updated>\n{entries}</feed>\n"
    )
    .into_bytes()
}

/// XML feeds that feed-rs reads as well, so that all three do the same work.
fn captured() -> Vec<Vec<u8>> {
    let Some(corpora) = std::env::var_os("NEWSVIGIL_CORPORA") else { return vec![] };
    let folder = std::path::Path::new(&corpora).join("feeds/files/real");
    let Ok(files) = folder.read_dir() else { return vec![] };
    let bodies = files.filter_map(|file| std::fs::read(file.ok()?.path()).ok());
    bodies.filter(|body| !body.starts_with(b"{") && feed_rs::parser::parse(body.as_slice()).is_ok()).collect()
}

fn bench(bencher: Bencher<'_, '_>, kind: &str, read: impl Fn(&[u8]) -> usize) {
    let feeds = feeds(kind);
    let bytes: usize = feeds.iter().map(Vec::len).sum();
    bencher
        .counter(BytesCount::new(bytes))
        .bench_local(|| feeds.iter().map(|feed| read(black_box(feed))).sum::<usize>());
}

#[divan::bench(args = KINDS)]
fn newsvigil(bencher: Bencher<'_, '_>, kind: &str) {
    let base = Url::parse("https://news.example/rss.xml").expect("a URL");
    let limits = Limits::default();
    bench(bencher, kind, |feed| {
        source::read_bytes(feed, None, Some(&base), &limits).map_or(0, |document| document.entries.len())
    });
}

#[divan::bench(args = KINDS)]
fn feed_rs_alone(bencher: Bencher<'_, '_>, kind: &str) {
    bench(bencher, kind, |feed| feed_rs::parser::parse(feed).map_or(0, |feed| feed.entries.len()));
}

#[divan::bench(args = KINDS)]
fn quick_xml_scan(bencher: Bencher<'_, '_>, kind: &str) {
    bench(bencher, kind, |feed| {
        let mut reader = quick_xml::Reader::from_reader(feed);
        let mut events = 0;
        while let Ok(event) = reader.read_event() {
            if matches!(event, quick_xml::events::Event::Eof) {
                break;
            }
            events += 1;
        }
        events
    });
}
