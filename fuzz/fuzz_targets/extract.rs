//! Any bytes as a page, as a text and as what was learnt: no panic, no endless work, nothing invented out of nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use newsvigil::extract::{self, Furniture, Limits, Page, Site, SiteRule};
use newsvigil::model::time::Timestamp;
use url::Url;

fn rule() -> SiteRule {
    let mut rule = SiteRule::default();
    rule.for_host("page.invalid").expect("a host");
    rule.keep("article").expect("a selector");
    rule.remove("aside, .ad, span").expect("a selector");
    rule.remove_line("*a*b*").expect("a pattern");
    rule
}

fuzz_target!(|data: &[u8]| {
    let html = String::from_utf8_lossy(data);
    let url = Url::parse("https://page.invalid/").expect("a constant URL");
    let page = Page { html: &html, url: &url };
    let now = Timestamp::from_millis(1_795_521_600_000);
    let cleaned = extract::clean(Some(page), None, "", &Limits::default(), &Site::default());
    // A `<title>` or a script's text may be longer than the page's own, never longer than the page.
    assert!(cleaned.article.body().len() <= 4 * html.len() + 64);
    let mut furniture = Furniture::from_bytes(data, now);
    furniture.learn(&cleaned.page_lines, now);
    assert_eq!(Furniture::from_bytes(&furniture.to_bytes(), now), furniture);
    let rule = rule();
    let site = Site { host: "page.invalid", furniture: Some(&furniture), rule: Some(&rule) };
    extract::clean(Some(page), None, "", &Limits::default(), &site);
    extract::article_from_text(&html, "", &Limits::default());
});
