use super::*;
use proptest::prelude::*;

const LISTING: &str = r##"<html lang="ko_KR"><head><title>Regional desk</title><base href="/news/"></head><body>
  <ul class="list">
    <li><a href="1.html"><img alt="A gate"></a><h3><a href="1.html">Nine held in city flat</a></h3>
        <span class="when">2026.11.23 21:05</span><p class="lead">Police led away <b>nine</b>.</p>
    <li><a href="/old/2.html?utm_source=list">Buses at the customs gate</a>
        <time datetime="2026-11-22T08:00:00+08:00">yesterday</time>
    <li><a href="#top">Top</a><a href="javascript:more()">More</a></li>
  </ul></body></html>"##;

fn selectors(item: &str) -> Selectors {
    Selectors { item: item.into(), link: Selectors::LINK.into(), title: None, date: None, summary: None }
}

fn read(html: &str, selectors: &Selectors) -> Result<FeedDocument, ReadError> {
    let url = Url::parse("https://www.news.example/list.html").expect("a URL");
    let habits = Habits { lang: "ko".into(), ..Habits::default() };
    read_text(html, &url, selectors, &habits, &Limits::default())
}

fn titles(document: &FeedDocument) -> Vec<&str> {
    document.entries.iter().map(|entry| entry.title.as_str()).collect()
}

#[test]
fn a_listing_gives_title_link_and_date_by_its_items_alone() {
    let document = read(LISTING, &selectors("ul.list > li")).expect("a listing");
    assert_eq!(titles(&document), ["Nine held in city flat", "Buses at the customs gate"]);
    let links: Vec<_> = document.entries.iter().filter_map(|entry| entry.link.as_ref()).map(Url::as_str).collect();
    assert_eq!(links, ["https://www.news.example/news/1.html", "https://www.news.example/old/2.html"]);
    assert_eq!(document.entries[1].published.map(|at| at.to_string()).as_deref(), Some("2026-11-22T00:00:00Z"));
    assert_eq!(document.repairs, ["1 of 3 items have no usable link and were left out"]);
    assert_eq!((document.title.as_str(), document.lang.as_str()), ("Regional desk", "ko-KR"));
}

#[test]
fn each_field_can_be_given_a_selector_and_one_that_finds_little_is_told() {
    let given = Selectors {
        title: Some("h3".into()),
        date: Some(".when".into()),
        summary: Some("p.lead".into()),
        ..selectors("ul.list > li")
    };
    let document = read(LISTING, &given).expect("a listing");
    let first = &document.entries[0];
    assert_eq!(first.published.map(|at| at.to_string()).as_deref(), Some("2026-11-23T12:05:00Z"));
    assert_eq!(first.summary, "Police led away <b>nine</b>.");
    assert_eq!(document.entries[1].title, "", "the page's own title is to stand in");
    let told = document.repairs.join("\n");
    assert!(told.contains("`title` finds nothing in 1 of 3 items") && told.contains("`date` finds"), "{told}");
}

#[test]
fn an_item_may_be_the_link_itself_and_one_report_is_listed_once() {
    let html = "<a class=r href=/1><img></a><a class=r href=/1>Raid</a><a class=r href=/2 title='Buses'></a>";
    let document = read(html, &selectors("a.r")).expect("a listing");
    assert_eq!(titles(&document), ["Raid", "Buses"]);
}

#[test]
fn selectors_that_find_nothing_are_an_error_that_names_them() {
    let gone = read(LISTING, &selectors("article.report")).expect_err("there is none");
    assert_eq!(gone, ReadError::NothingFound { key: "item", selector: "article.report".into(), items: 0 });
    let words = gone.to_string();
    assert!(
        words.contains("item = \"article.report\" matches nothing in the page") && words.contains("mend `item`"),
        "{words}"
    );
    let unlinked = read(LISTING, &Selectors { link: "a.headline".into(), ..selectors("ul.list > li") });
    let words = unlinked.expect_err("there is none").to_string();
    assert!(words.contains("link = \"a.headline\" leads nowhere in any of its 3 items"), "{words}");
}

#[test]
fn a_selector_is_checked_before_it_is_used() {
    assert_eq!(check("ul.list > li:not(.ad), article[data-id]"), Ok(()));
    for bad in ["li[", "..x", "", "//li[@class='a']", "li:nth-child(", &"a".repeat(501)] {
        assert!(check(bad).is_err(), "{bad}");
    }
}

#[test]
fn only_so_many_items_are_read() {
    let html =
        "<li><a href=/a>a</a>".repeat(3) + &(0..3000).map(|n| format!("<li><a href=/{n}>{n}</a>")).collect::<String>();
    let document = read(&html, &selectors("li")).expect("a listing");
    assert_eq!(document.entries.len(), Limits::default().max_entries);
    assert_eq!(document.repairs, ["1001 items beyond the first 2000 left out"]);
}

proptest! {
    #[test]
    fn any_page_is_read_or_refused(html in "(<li>|<a href=x>|</a>|<h3>|<div|>|'|\"|=|강|<time datetime=2026>|<base href=//x>){0,60}") {
        let _ = read(&html, &selectors("li"));
    }
}
