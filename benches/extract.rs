//! Cleaning beside the bare parse of the same pages: `cargo bench --bench extract`. Cleaning may cost at most twice the
//! bare parse. Pages are made here; those below `$NEWSVIGIL_CORPORA/pages/html` are read as well where it is set.

use std::path::{Path, PathBuf};

use divan::Bencher;
use divan::counter::BytesCount;
use newsvigil::extract::{self, Limits, Page};
use url::Url;

fn main() {
    divan::main();
}

/// A page of the usual make: two thirds scripts and styles, a menu, an article, lists of other articles.
fn made() -> Vec<String> {
    let script = format!("<script>{}</script>", "var a = {b: [1, 2, 3], c: '<p>x</p>'};".repeat(1500));
    let style = format!("<style>{}</style>", ".a > .b { color: red; margin: 0 auto }".repeat(600));
    let menu = "<li class=\"menu-item\"><a href=\"/section/of/the/paper\">A section of the paper</a></li>".repeat(120);
    let paragraph = "<p>The bridge was closed at noon, and nobody was let through, <a href=\"/x\">the guards</a> said on Monday. \
        Two buses stood before the customs office, three witnesses told the paper.</p>";
    let card = "<div class=\"card\"><a href=\"/story\"><img src=\"a.jpg\"><h3 class=\"card__title\">A headline of another \
        story</h3></a><span class=\"date\">3 hours ago</span></div>";
    let page = |paragraphs: usize| {
        format!(
            "<!DOCTYPE html><html lang=en><head><title>The bridge is closed</title>{style}{script}</head><body><nav><ul>{menu}</ul></nav>\
             <article><h1>The bridge is closed</h1><div class=\"article-body\">{}</div></article><section class=related>{}</section>\
             {script}<footer>All rights reserved</footer></body></html>",
            paragraph.repeat(paragraphs),
            card.repeat(60),
        )
    };
    (0..20).map(|number| page(5 + 3 * number)).collect()
}

/// Every eighth page of the corpus, if there is one.
fn corpus() -> Vec<String> {
    let Some(corpora) = std::env::var_os("NEWSVIGIL_CORPORA") else { return vec![] };
    let mut pages = vec![];
    let mut folders = vec![Path::new(&corpora).join("pages/html")];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if path.is_dir() { folders.push(path) } else { pages.push(path) }
        }
    }
    pages.sort();
    pages.iter().step_by(8).filter_map(read).collect()
}

fn read(path: &PathBuf) -> Option<String> {
    use std::io::Read as _;
    let mut html = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).ok()?).read_to_end(&mut html).ok()?;
    Some(String::from_utf8_lossy(&html).into_owned())
}

fn bytes(pages: &[String]) -> BytesCount {
    BytesCount::new(pages.iter().map(String::len).sum::<usize>())
}

fn parse(pages: &[String]) {
    for html in pages {
        divan::black_box(scraper::Html::parse_document(html));
    }
}

fn clean(pages: &[String]) {
    let url = Url::parse("https://page.invalid/").expect("a constant URL");
    for html in pages {
        let page = Page { html, url: &url };
        divan::black_box(extract::article(Some(page), None, "", &Limits::default()));
    }
}

#[divan::bench(sample_count = 10)]
fn made_pages_bare_parse(bencher: Bencher) {
    let pages = made();
    bencher.counter(bytes(&pages)).bench_local(|| parse(&pages));
}

#[divan::bench(sample_count = 10)]
fn made_pages_cleaned(bencher: Bencher) {
    let pages = made();
    bencher.counter(bytes(&pages)).bench_local(|| clean(&pages));
}

#[divan::bench(sample_count = 3)]
fn corpus_bare_parse(bencher: Bencher) {
    let pages = corpus();
    bencher.counter(bytes(&pages)).bench_local(|| parse(&pages));
}

#[divan::bench(sample_count = 3)]
fn corpus_cleaned(bencher: Bencher) {
    let pages = corpus();
    bencher.counter(bytes(&pages)).bench_local(|| clean(&pages));
}
