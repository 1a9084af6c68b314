//! Any bytes are read as a feed or refused, and what is read keeps to its limits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use newsvigil::source::{self, Limits};
use url::Url;

fuzz_target!(|bytes: &[u8]| {
    let base = Url::parse("https://news.example/rss/all.xml").expect("a URL");
    let limits = Limits { max_entries: 50, max_entry_bytes: 4096, ..Limits::default() };
    if let Ok(document) = source::read_bytes(bytes, None, Some(&base), &limits) {
        assert!(document.entries.len() <= limits.max_entries);
        for entry in &document.entries {
            for text in [&entry.title, &entry.summary, &entry.content, &entry.author, &entry.guid] {
                assert!(text.len() <= limits.max_entry_bytes && !text.contains('\0'));
            }
            assert!(entry.link.iter().all(|link| matches!(link.scheme(), "http" | "https")));
        }
    }
});
