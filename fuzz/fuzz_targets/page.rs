//! Any page is read by its selectors or refused, and what is read keeps to its limits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use newsvigil::model::feed::Selectors;
use newsvigil::source::{Limits, page};
use url::Url;

fuzz_target!(|bytes: &[u8]| {
    let url = Url::parse("https://news.example/list/").expect("a URL");
    let selectors = Selectors {
        item: "li, div, article".to_owned(),
        link: Selectors::LINK.to_owned(),
        title: None,
        date: Some("time, span".to_owned()),
        summary: Some("p".to_owned()),
    };
    let limits = Limits { max_entries: 20, max_entry_bytes: 1024, ..Limits::default() };
    if let Ok(document) = page::read(bytes, None, &url, &selectors, &limits) {
        assert!((1..=limits.max_entries).contains(&document.entries.len()));
        for entry in &document.entries {
            assert!([&entry.title, &entry.summary].iter().all(|text| text.len() <= limits.max_entry_bytes));
            assert!(entry.link.iter().all(|link| matches!(link.scheme(), "http" | "https")));
        }
    }
});
