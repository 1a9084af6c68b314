//! Pages a second beside other extractors, in one run over the same pages: each fifth below
//! `$NEWSVIGIL_CORPORA/pages/html`, the best of five rounds, by the processor's time.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use newsvigil::extract::{self, Limits, Page};
use url::Url;

const ROUNDS: usize = 5;

fn main() {
    let Some(corpora) = std::env::var_os("NEWSVIGIL_CORPORA") else {
        eprintln!("set NEWSVIGIL_CORPORA to the folder that holds pages/html");
        std::process::exit(64);
    };
    let pages = pages(&Path::new(&corpora).join("pages/html"));
    let megabytes = pages.iter().map(String::len).sum::<usize>() as f64 / 1e6;
    println!("{} pages, {megabytes:.1} MB", pages.len());
    let mut best = [f64::MAX; SUBJECTS.len()];
    for _ in 0..ROUNDS {
        for ((_, subject), best) in SUBJECTS.iter().zip(&mut best) {
            let begun = thread_seconds();
            for page in &pages {
                std::hint::black_box(subject(page));
            }
            *best = best.min(thread_seconds() - begun);
        }
    }
    for ((name, _), seconds) in SUBJECTS.iter().zip(best) {
        let (rate, pages) = (megabytes / seconds, pages.len() as f64 / seconds);
        println!("{name:22}{rate:8.1} MB/s{pages:8.0} pages/s{:8.2} x bare parse", seconds / best[0]);
    }
}

/// A name, and what gives the length of what was found.
type Subject = (&'static str, fn(&str) -> usize);

const SUBJECTS: [Subject; 6] = [
    ("scraper, bare parse", |html| scraper::Html::parse_document(html).tree.nodes().len()),
    ("newsvigil", |html| {
        let url = Url::parse(URL).expect("a constant URL");
        extract::article(Some(Page { html, url: &url }), None, "", &Limits::default()).body().len()
    }),
    ("legible", |html| legible::parse(html, Some(URL), None).map_or(0, |article| article.text_content.len())),
    ("dom_smoothie", |html| {
        let read = dom_smoothie::Readability::new(html, None, None).and_then(|mut reader| reader.parse());
        read.map_or(0, |article| article.text_content.len())
    }),
    ("readable-readability", |html| readable_readability::Readability::new().parse(html).0.text_contents().len()),
    ("rs-trafilatura", |html| rs_trafilatura::extract(html).map_or(0, |article| article.content_text.len())),
];

const URL: &str = "https://page.invalid/";

fn pages(folder: &Path) -> Vec<String> {
    let mut folders = vec![folder.to_owned()];
    let mut paths: Vec<PathBuf> = vec![];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
            if path.is_dir() { folders.push(path) } else { paths.push(path) }
        }
    }
    paths.sort();
    paths.iter().step_by(5).filter_map(|path| read(path)).collect()
}

fn read(path: &Path) -> Option<String> {
    let mut html = vec![];
    flate2::read::GzDecoder::new(std::fs::File::open(path).ok()?).read_to_end(&mut html).ok()?;
    Some(String::from_utf8_lossy(&html).into_owned())
}

/// What this thread had of a processor, so that others on the machine count for less.
fn thread_seconds() -> f64 {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = spent.split(' ').next().and_then(|number| number.parse::<f64>().ok());
    nanoseconds.expect("Linux tells each thread's time") / 1e9
}
