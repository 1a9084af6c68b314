//! Defects from the world: in each folder of `tests/cases` what arrived, and what is wanted of it.
//!
//! `arrived.*` is the body, `content-type` the header if there was one, `want.json` the answer. To add a case, put the
//! first two down and run the tests: the failure shows the answer, to be judged and kept.

use std::path::Path;

use newsvigil::model::entry::FeedEntry;
use newsvigil::source::{self, Limits};
use serde_json::{Value, json};
use url::Url;

#[test]
fn each_feed_is_read_as_its_case_wants() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases = 0;
    let mut wrong = vec![];
    for case in folder.read_dir().expect("the folder can be read") {
        let case = case.expect("the folder can be read").path();
        let name = case.file_name().expect("a folder has a name").to_string_lossy().into_owned();
        if !name.starts_with("feed-") {
            continue;
        }
        cases += 1;
        let want = std::fs::read_to_string(case.join("want.json")).unwrap_or_default();
        let want: Value = serde_json::from_str(&want).unwrap_or_default();
        let got = answer(&case);
        if want != got {
            wrong.push(format!("{name}:\n{}", serde_json::to_string_pretty(&got).expect("it can be written")));
        }
    }
    assert!(cases > 0 && wrong.is_empty(), "{}", wrong.join("\n"));
}

fn answer(case: &Path) -> Value {
    let files = case.read_dir().expect("the case can be read").map(|file| file.expect("the case can be read").path());
    let arrived = files.into_iter().find(|file| file.file_stem().is_some_and(|stem| stem == "arrived"));
    let body = std::fs::read(arrived.expect("something arrived")).expect("it can be read");
    let content_type = std::fs::read_to_string(case.join("content-type")).ok();
    let base = Url::parse("https://news.example/feed.xml").expect("a URL");
    match source::read_bytes(&body, content_type.as_deref().map(str::trim), Some(&base), &Limits::default()) {
        Err(error) => json!({ "error": error.to_string() }),
        Ok(document) => json!({
            "title": document.title,
            "lang": document.lang,
            "mended": document.repairs,
            "entries": document.entries.iter().map(entry).collect::<Vec<_>>(),
        }),
    }
}

fn entry(entry: &FeedEntry) -> Value {
    json!({
        "key": entry.key,
        "title": entry.title,
        "link": entry.link,
        "published": entry.published.or(entry.updated).map(|at| at.to_string()),
        "author": entry.author,
        "text": if entry.content.is_empty() { &entry.summary } else { &entry.content },
    })
}
