//! Any bytes as a page and as a text: no panic, no endless work, nothing invented out of nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use newsvigil::extract::{self, Limits};
use url::Url;

fuzz_target!(|data: &[u8]| {
    let html = String::from_utf8_lossy(data);
    let url = Url::parse("https://page.invalid/").expect("a constant URL");
    let article = extract::article(Some(extract::Page { html: &html, url: &url }), None, "", &Limits::default());
    // A `<title>` or a script's text may be longer than the page's own, never longer than the page.
    assert!(article.body().len() <= 4 * html.len() + 64);
    extract::article_from_text(&html, "", &Limits::default());
});
