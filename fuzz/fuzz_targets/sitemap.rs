//! Any bytes are read as a sitemap or refused, and what is read keeps to its limits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use newsvigil::source::{Limits, sitemap};
use url::Url;

fuzz_target!(|bytes: &[u8]| {
    let base = Url::parse("https://news.example/sitemap.xml").expect("a URL");
    let limits = Limits { max_entries: 20, max_entry_bytes: 1024, max_sitemaps: 2, ..Limits::default() };
    // Most inputs would be refused for want of a root.
    let rooted = [b"<urlset>".as_slice(), bytes].concat();
    for bytes in [bytes, &rooted] {
        if let Ok(document) = sitemap::read(bytes, None, Some(&base), &limits) {
            assert!(document.entries.len() <= limits.max_entries && document.sitemaps.len() <= limits.max_sitemaps);
            for entry in &document.entries {
                assert!(entry.title.len() <= limits.max_entry_bytes && !entry.title.contains('\0'));
                assert!(entry.link.iter().all(|link| matches!(link.scheme(), "http" | "https")));
            }
        }
    }
});
