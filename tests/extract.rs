//! Whole pages through the cleaning: written for these tests in the manner of real ones, in seven languages, with what must come out
//! (`text.txt`) and what must not (`gone.txt`); and what holds for any page.

use std::path::Path;

use newsvigil::extract::{self, Limits};
use newsvigil::model::article::{Article, ArticleKind, BlockKind};
use proptest::prelude::*;
use url::Url;

const CASES: [&str; 8] =
    ["tabloid-en", "regional-de", "portal-ko", "table-zh", "wordpress-ja", "embeds-en", "regional-fr", "agency-es"];

fn read(case: &str, file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(case).join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn clean(html: &str) -> Article {
    let url = Url::parse("https://lantern.example/news/river-crossing").expect("a constant URL");
    extract::article(Some(extract::Page { html, url: &url }), None, "", &Limits::default())
}

/// Its lines, captions aside.
fn lines(article: &Article) -> Vec<String> {
    let text = article.blocks.iter().filter(|block| block.kind != BlockKind::Caption);
    text.map(|block| block.text.clone()).collect()
}

#[test]
fn a_page_becomes_its_report_and_nothing_else() {
    for case in CASES {
        let article = clean(&read(case, "page.html"));
        let wanted: Vec<String> = read(case, "text.txt").lines().map(str::to_owned).collect();
        assert_eq!(lines(&article), wanted, "{case}");
        for gone in read(case, "gone.txt").lines() {
            assert!(!article.body().contains(gone), "{case}: {gone}");
        }
    }
}

#[test]
fn title_byline_date_and_language_are_read() {
    let facts = |case: &str| {
        let article = clean(&read(case, "page.html"));
        let day = article.published.map_or(String::new(), |at| at.to_string()[..10].to_owned());
        (article.title, article.byline, day, article.lang)
    };
    let fact = |title: &str, byline: &str, lang: &str| {
        (title.to_owned(), byline.to_owned(), "2026-11-23".to_owned(), lang.to_owned())
    };
    assert_eq!(facts("tabloid-en"), fact("River crossing shut for hours as buses leave", "Maud Ferris", "en-GB"));
    assert_eq!(facts("regional-de"), fact("Grenzbrücke stundenlang gesperrt", "Jutta Behrend", "de"));
    assert_eq!(facts("portal-ko"), fact("다멘 세관 여섯 시간 폐쇄…버스 두 대 떠나", "", "ko"));
    assert_eq!(facts("table-zh").3, "zh-Hans");
    assert_eq!(facts("wordpress-ja").2, "2026-11-23");
}

#[test]
fn outlet_and_agency_are_read() {
    let facts = |case: &str| {
        let article = clean(&read(case, "page.html"));
        (article.outlet, article.agency, article.byline)
    };
    let fact = |outlet: &str, agency: &str, byline: &str| (outlet.to_owned(), agency.to_owned(), byline.to_owned());
    assert_eq!(facts("embeds-en"), fact("The Lantern", "Reuters", "Maud Ferris"));
    assert_eq!(facts("regional-fr"), fact("La Vigie du Nord", "AFP", "Jeanne Morvan, avec AFP"));
    assert_eq!(facts("agency-es"), fact("", "EFE", "Agencia EFE"));
    assert_eq!(facts("tabloid-en"), fact("The Daily Lantern", "", "Maud Ferris"));
}

#[test]
fn a_posts_author_stands_with_the_quote() {
    let article = clean(&read("embeds-en", "page.html"));
    let quotes: Vec<_> = article.blocks.iter().filter(|block| block.kind == BlockKind::Quote).collect();
    assert_eq!(quotes.len(), 2);
    assert!(quotes[1].text.starts_with("— Border Watch"));
}

#[test]
fn a_caption_is_kept_apart() {
    let article = clean(&read("tabloid-en", "page.html"));
    let captions: Vec<_> = article.blocks.iter().filter(|block| block.kind == BlockKind::Caption).collect();
    assert_eq!(captions.len(), 1);
    assert!(captions[0].text.starts_with("The customs office at Tamen"));
}

#[test]
fn what_was_cleaned_once_is_not_changed_by_cleaning_again() {
    for case in CASES {
        let once = lines(&clean(&read(case, "page.html")));
        let as_text = extract::article_from_text(&once.join("\n\n"), "", &Limits::default());
        assert_eq!(lines(&as_text), once, "{case}, as text");
        let paragraphs: String = once.iter().map(|line| format!("<p>{line}</p>\n")).collect();
        assert_eq!(lines(&clean(&paragraphs)), once, "{case}, as paragraphs");
    }
}

#[test]
fn a_text_that_stands_only_in_a_script_is_read_there() {
    let body = read("tabloid-en", "text.txt").lines().map(|line| format!("<p>{line}</p>")).collect::<String>();
    let data = serde_json::json!({ "props": { "pageProps": { "story": { "contentHtml": body } } } });
    let html = format!(
        "<html><head><title>River crossing shut</title></head><body><div id=app>Loading</div>\
         <script id=__NEXT_DATA__ type=\"application/json\">{data}</script></body></html>"
    );
    assert_eq!(lines(&clean(&html)).join("\n") + "\n", read("tabloid-en", "text.txt"));
}

#[test]
fn a_check_for_robots_is_a_wall_and_not_a_report() {
    let article = clean(
        "<title>Just a moment...</title><h1>lantern.example</h1><p>Verifying you are human. This may take a few seconds.</p>",
    );
    assert_eq!(article.kind, ArticleKind::Walled);
    assert!(article.blocks.is_empty());
}

#[test]
fn hostile_pages_end_with_the_text_that_was_found() {
    let text = "<p>The bridge was closed at noon and nobody was let through, the guards said on Monday.</p>";
    let nested = |open: &str, times: usize| format!("{text}{}", open.repeat(times));
    let links = format!("{text}<ul>{}</ul>", "<li><a href=/x>One of thousands of links</a>".repeat(4_000));
    let attribute = format!("{text}<div data-x=\"{}\">", "x".repeat(1 << 20));
    for page in [
        nested("<div>", 6_000),
        nested("<table><tr><td>", 1_500),
        nested("<b>", 4_000),
        nested("<span>", 20_000),
        nested("<!--", 50_000),
        nested("<ul><li>", 3_000),
        links,
        attribute,
    ] {
        let found = clean(&page);
        assert!(found.body().contains("The bridge was closed"), "{}", &page[..200]);
    }
}

#[test]
fn the_largest_pages_end_with_the_text_that_was_found() {
    let text = "<p>The bridge was closed at noon and nobody was let through, the guards said on Monday.</p>";
    let (name, value) = ("y".repeat(500_000), "x".repeat(500_000));
    let megabyte_tag = format!("<div data-x=\"{value}\" class=\"{name}\">");
    for (page, cut) in [
        (format!("{text}<ul>{}</ul>", "<li><a href=/x>One of thousands of links</a>".repeat(100_000)), true),
        (format!("{text}<p>{}", "word word, word word. ".repeat(1_000_000)), true),
        (format!("{text}{}", megabyte_tag.repeat(8)), false),
        (format!("{text}{}", "&amp;&lt;&notanentity".repeat(400_000)), true),
        (format!("{text}{}", "< ".repeat(2_000_000)), true),
    ] {
        let found = clean(&page);
        assert!(found.body().contains("The bridge was closed"), "{}", &page[..200]);
        assert_eq!(found.cut, cut, "{}", &page[..200]);
    }
}

#[test]
fn a_page_beyond_the_limit_is_marked_as_cut() {
    let text = "<p>The bridge was closed at noon and nobody was let through, the guards said on Monday.</p>";
    let article = clean(&format!("{text}{}", "<p>word word word word word</p>".repeat(60_000)));
    assert!(article.cut);
    assert!(article.body().contains("The bridge was closed"));
}

/// Words of the page's visible text, in order.
fn visible(html: &str) -> String {
    let document = scraper::Html::parse_document(html);
    document.root_element().text().collect::<String>().chars().filter(|c| !c.is_whitespace()).collect()
}

fn piece() -> impl Strategy<Value = String> {
    let text = "[A-Za-z ,.]{0,60}|The bridge was closed at noon, the guards said\\.|[가-힣 ]{1,30}|[一-龥，。]{1,30}|Read more: [a-z ]{1,30}";
    let tag = "<(p|div|ul|li|h2|article|nav|aside|table|tr|td|blockquote|br|a href=/x|span|figure|figcaption|b|section)( class=\"(article-body|related|share|caption|content)\")?>|</(p|div|ul|li|h2|article|nav|table|a|span|blockquote)>";
    prop_oneof![text.prop_map(String::from), tag.prop_map(String::from)]
}

/// Learnt from three reports with these lines in doubt.
fn furniture(line: &str) -> extract::Furniture {
    let url = Url::parse("https://lantern.example/").expect("a constant URL");
    let mut furniture = extract::Furniture::default();
    for town in ["Tamen", "Orlo", "Vesk", "Harrow", "Lindt", "Morava"] {
        let html = format!(
            "<nav><a href=/>Home</a></nav><article><h1>News of {town}</h1><p>The bridge of {town} was closed at noon on \
             Monday, the guards of {town} said to us.</p><p>{line}</p><p>Two buses from {town} stood before the customs \
             office, three witnesses told the paper.</p></article>"
        );
        let page = extract::Page { html: &html, url: &url };
        let cleaned = extract::clean(Some(page), None, "en", &Limits::default(), &extract::Site::default());
        assert!(
            furniture.learn(&cleaned.page_lines, newsvigil::model::time::Timestamp::from_millis(1_795_521_600_000))
        );
    }
    furniture
}

fn clean_knowing(html: &str, site: &extract::Site<'_>) -> Article {
    let url = Url::parse("https://lantern.example/").expect("a constant URL");
    extract::clean(Some(extract::Page { html, url: &url }), None, "", &Limits::default(), site).article
}

#[test]
fn a_background_that_many_reports_tell_is_no_furniture() {
    let background = "The two countries have had no treaty on the return of persons since the war that ended in 1953.";
    let known = furniture(background);
    let site = extract::Site { host: "lantern.example", furniture: Some(&known), rule: None };
    let html = format!(
        "<nav><a href=/>Home</a></nav><article><h1>A ferry sinks</h1><p>A ferry went down off the point on Tuesday, and \
         forty people were saved by fishermen.</p><p>{background}</p><p>The captain was taken to the hospital of the town, \
         and nobody else was hurt, the police said.</p></article>"
    );
    assert!(clean_knowing(&html, &site).body().contains(background));
}

#[test]
fn a_rule_whose_part_is_not_on_the_page_is_passed_over_and_another_holds() {
    let page = "<div class=top><a href=/>Home</a></div><div class=story><p>A ferry went down off the point on Tuesday, and forty \
        people were saved by fishermen, who had seen its lights.</p><p>The captain was taken to the hospital of the town, and \
        nobody else was hurt, the police said on the same evening.</p><p>Come <span class=ad>(buy our boats)</span> and see.</p></div>";
    let plain = lines(&clean_knowing(page, &extract::Site::default()));
    let mut gone = extract::SiteRule::default();
    gone.for_host("lantern.example").expect("a host");
    gone.keep("#never-there").expect("a selector");
    let by = |rule| clean_knowing(page, &extract::Site { host: "lantern.example", furniture: None, rule: Some(rule) });
    assert_eq!(lines(&by(&gone)), plain);
    let mut known = extract::SiteRule::default();
    known.keep(".story").expect("a selector");
    known.remove(".ad").expect("a selector");
    let article = by(&known);
    assert_eq!(lines(&article)[2], "Come and see.", "what is taken out of a line leaves the line");
    let aside = article.removed.iter().find(|removed| removed.text == "(buy our boats)").expect("it is kept aside");
    assert_eq!((aside.filter.as_str(), aside.why.as_str()), ("site_rules", "stands in .ad (sites.toml)"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn nothing_is_invented_and_the_order_is_the_pages(pieces in proptest::collection::vec(piece(), 0..60)) {
        let html = pieces.concat();
        let visible = visible(&html);
        let mut rest = visible.as_str();
        for block in clean(&html).blocks {
            let wanted: String = block.text.chars().filter(|c| !c.is_whitespace()).collect();
            let at = rest.find(&wanted);
            prop_assert!(at.is_some(), "{wanted:?} is not in what is left of the page: {rest:?}");
            rest = &rest[at.unwrap_or(0) + wanted.len()..];
        }
    }

    #[test]
    fn any_bytes_are_cleaned(html in "[<>/a-z!\"'= \\-&;#0-9\u{0}]{0,300}", text in "\\PC{0,300}") {
        clean(&html);
        clean(&text);
        extract::article_from_text(&text, "", &Limits::default());
    }
}
