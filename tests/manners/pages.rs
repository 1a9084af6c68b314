//! Article pages: fetched once, as robots.txt allows.

use std::time::Duration;

use newsvigil::model::entry::EntryState;
use newsvigil::store::EntryHistory;

use crate::harness::{Newsroom, hours, minutes};
use crate::support::fake_web::Answer;
use crate::support::world::{World, rss};

const TEXT: &str = "<article><h1>Nine held</h1><p>Families fear that the nine will be repatriated within days.</p>\
                    <p>A neighbour saw the police come on Sunday night, and the flat has been dark since.</p></article>";

fn item(guid: &str, link: &str, more: &str) -> String {
    format!("<item><title>Nine held</title><guid isPermaLink=\"false\">{guid}</guid><link>{link}</link>{more}</item>")
}

/// Feeds `/0.xml`, `/1.xml` … of these items, whose entries are worked on though it is their first poll.
async fn newsroom(items: &[String]) -> Newsroom {
    let mut world = World::new();
    world.mail_back();
    for (number, item) in items.iter().enumerate() {
        let path = format!("/{number}.xml");
        world.source(&path, &path);
        world.web.serve(&path, Answer::feed(rss(item)));
    }
    Newsroom::of(world).await
}

/// Of one item that leads to `/page.html`.
async fn newsroom_of_one(more: &str) -> Newsroom {
    let newsroom = newsroom(&[String::new()]).await;
    let item = item("1", &newsroom.world.web.url("/page.html"), more);
    newsroom.world.web.serve("/0.xml", Answer::feed(rss(&item)));
    newsroom.world.web.serve("/page.html", Answer::page(TEXT));
    newsroom
}

impl Newsroom {
    fn page_requests(&self) -> usize {
        self.world.web.asked("/page.html").len()
    }

    async fn histories(&self) -> Vec<EntryHistory> {
        self.entries_of("/page.html").await
    }

    async fn work(&self) {
        self.poll().await;
        self.process().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_fetched_once_however_many_feeds_link_it_and_every_entry_gets_its_text() {
    let newsroom = newsroom(&vec![String::new(); 5]).await;
    // The same page by other spellings of its address.
    for (number, tail) in ["", "?utm_source=rss", "#top", "?fbclid=x", ""].iter().enumerate() {
        let link = newsroom.world.web.url(&format!("/page.html{tail}"));
        newsroom.world.web.serve(&format!("/{number}.xml"), Answer::feed(rss(&item(&number.to_string(), &link, ""))));
    }
    newsroom.world.web.serve("/page.html", Answer::page(TEXT).after(Duration::from_millis(50)));
    newsroom.work().await;
    assert_eq!(newsroom.page_requests(), 1);
    let histories = newsroom.histories().await;
    assert_eq!(histories.len(), 5);
    for history in &histories {
        assert!(history.page.is_some() && history.page_error.is_empty(), "{history:?}");
        assert_eq!(history.hits.len(), 1, "each was matched on the page's text");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_entries_at_a_time_do_not_wait_for_each_other_over_the_database() {
    let newsroom = newsroom(&[String::new(), String::new()]).await;
    for feed in 0..2 {
        let link = |n: usize| newsroom.world.web.url(&format!("/page-{n}.html"));
        let items: String = (0..120).map(|n| item(&format!("{feed}-{n}"), &link(n), "")).collect();
        newsroom.world.web.serve(&format!("/{feed}.xml"), Answer::feed(rss(&items)));
    }
    for n in 0..120 {
        newsroom.world.web.serve(&format!("/page-{n}.html"), Answer::page(TEXT).after(Duration::from_millis(5)));
    }
    let begun = std::time::Instant::now();
    newsroom.work().await;
    assert_eq!(newsroom.desk.store.counts().await.expect("counts").entries_pending, 0);
    let pages = newsroom.world.web.log().iter().filter(|asked| asked.path.starts_with("/page-")).count();
    assert_eq!(pages, 120);
    assert!(begun.elapsed() < Duration::from_secs(25), "nothing waited for a connection that is never given back");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_comes_hours_later_with_the_same_link_brings_no_second_request() {
    let newsroom = newsroom(&[String::new(), String::new()]).await;
    let link = newsroom.world.web.url("/page.html");
    newsroom.world.web.serve("/page.html", Answer::page(TEXT));
    newsroom.world.web.serve("/0.xml", Answer::feed(rss(&item("a", &link, ""))));
    newsroom.work().await;
    newsroom.clock.advance(hours(3));
    newsroom.world.web.serve("/1.xml", Answer::feed(rss(&item("b", &link, ""))));
    newsroom.work().await;
    assert_eq!(newsroom.page_requests(), 1);
    // Under another GUID, it is the same entry still; dated later, there is something new to read.
    newsroom.clock.advance(hours(3));
    newsroom.world.web.serve("/1.xml", Answer::feed(rss(&item("c", &link, ""))));
    newsroom.work().await;
    assert_eq!(newsroom.page_requests(), 1, "the other feed's page is young enough, and nobody says it changed");
    let dated = item("d", &link, "<pubDate>Tue, 24 Nov 2026 20:30:00 GMT</pubDate>");
    newsroom.clock.advance(hours(3));
    newsroom.world.web.serve("/1.xml", Answer::feed(rss(&dated)));
    newsroom.work().await;
    assert_eq!(newsroom.page_requests(), 2);
    assert_eq!(newsroom.histories().await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_cannot_be_had_is_tried_once_for_all_its_feeds_each_time() {
    let newsroom = newsroom(&vec![String::new(); 3]).await;
    let link = newsroom.world.web.url("/page.html");
    for number in 0..3 {
        newsroom.world.web.serve(&format!("/{number}.xml"), Answer::feed(rss(&item(&number.to_string(), &link, ""))));
    }
    newsroom.world.web.serve("/page.html", Answer::status(500));
    newsroom.work().await;
    assert_eq!(newsroom.page_requests(), 1);
    newsroom.clock.advance(minutes(10));
    newsroom.process().await;
    assert_eq!(newsroom.page_requests(), 2);
    newsroom.world.web.serve("/page.html", Answer::page(TEXT));
    newsroom.clock.advance(hours(1));
    newsroom.process().await;
    assert_eq!(newsroom.page_requests(), 3);
    assert!(newsroom.histories().await.iter().all(|history| history.page.is_some() && history.hits.len() == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_died_over_a_page_costs_one_more_request_and_no_entry() {
    let newsroom = newsroom_of_one("").await;
    newsroom.poll().await;
    let now = newsroom.clock.now();
    let lease = newsvigil::model::lease::Lease { token: "a run that died".into(), until: now.plus(minutes(15)) };
    let claimed = newsroom.desk.store.claim_pending_entries(now, 9, &lease).await.expect("a claim");
    assert_eq!(claimed.len(), 1);
    newsroom.clock.advance(minutes(16));
    newsroom.process().await;
    assert_eq!(newsroom.page_requests(), 1);
    assert_eq!(newsroom.histories().await[0].state, EntryState::Matched);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_another_machine_is_fetching_is_waited_for() {
    let newsroom = newsroom(&[String::new(), String::new()]).await;
    let link = newsroom.world.web.url("/page.html");
    newsroom.world.web.serve("/page.html", Answer::page(TEXT));
    newsroom.world.web.serve("/0.xml", Answer::feed(rss(&item("a", &link, ""))));
    newsroom.poll().await;
    let now = newsroom.clock.now();
    let lease = newsvigil::model::lease::Lease { token: "w2-7".into(), until: now.plus(minutes(15)) };
    assert_eq!(newsroom.desk.store.claim_pending_entries(now, 9, &lease).await.expect("a claim").len(), 1);
    newsroom.world.web.serve("/1.xml", Answer::feed(rss(&item("b", &link, ""))));
    newsroom.desk.store.make_feeds_due(None, now).await.expect("due");
    newsroom.work().await;
    assert_eq!(newsroom.page_requests(), 0);
    let due = newsroom.desk.store.next_entry_due().await.expect("an answer").expect("one waits");
    assert!((Duration::from_secs(1)..minutes(1)).contains(&due.since(now)), "it is looked for again soon");
    // The other machine never comes back.
    newsroom.clock.advance(minutes(16));
    newsroom.process().await;
    assert_eq!(newsroom.page_requests(), 1);
    assert!(newsroom.histories().await.iter().all(|history| history.page.is_some()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_called_a_page_is_not_read_as_one() {
    let newsroom = newsroom_of_one("<description>They fear to be repatriated.</description>").await;
    newsroom.world.web.serve("/page.html", Answer::page("%PDF-1.7\n1 0 obj << repatriation >>"));
    newsroom.work().await;
    let history = newsroom.histories().await.remove(0);
    assert_eq!(history.page_error, "the page is application/pdf, not text");
    assert_eq!(history.state, EntryState::Matched, "on the feed's own text");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_robots_txt_forbids_is_not_asked_for_and_the_feeds_own_text_is_used() {
    let newsroom = newsroom_of_one("<description>They fear to be repatriated.</description>").await;
    newsroom.world.web.serve("/robots.txt", Answer::ok("text/plain", "User-agent: newsvigil\nDisallow: /page"));
    newsroom.work().await;
    assert_eq!(newsroom.page_requests(), 0);
    let history = newsroom.histories().await.remove(0);
    assert_eq!(history.state, EntryState::Matched, "on the feed's own text");
    assert!(history.page_error.contains("robots.txt of its site forbids"), "{}", history.page_error);
    newsroom.clock.advance(hours(24 * 4));
    newsroom.process().await;
    assert_eq!(newsroom.page_requests(), 0);
    let told = newsroom.world.ok(&["inspect", "entry", &newsroom.world.web.url("/page.html")]);
    assert!(told.contains("fetched   no: the robots.txt of its site forbids programs to read"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn robots_txt_is_asked_for_once_a_day_and_rules_redirects_too() {
    let newsroom = newsroom(&[String::new()]).await;
    let web = &newsroom.world.web;
    web.serve("/robots.txt", Answer::ok("text/plain", "User-agent: *\nDisallow: /closed\n"));
    web.serve("/open.html", Answer::redirect(302, "/closed.html"));
    web.serve("/page.html", Answer::page(TEXT));
    let items = |guid: &str| {
        item(guid, &web.url("/open.html"), "") + &item(&format!("{guid}+"), &web.url(&format!("/page.html?{guid}")), "")
    };
    web.serve("/0.xml", Answer::feed(rss(&items("1"))));
    newsroom.work().await;
    assert_eq!(web.asked("/closed.html").len(), 0, "a redirect is no way around");
    assert_eq!((web.asked("/robots.txt").len(), web.asked("/page.html?1").len()), (1, 1));
    newsroom.clock.advance(hours(23));
    web.serve("/0.xml", Answer::feed(rss(&items("2"))));
    newsroom.work().await;
    assert_eq!((web.asked("/robots.txt").len(), web.asked("/page.html?2").len()), (1, 1));
    newsroom.clock.advance(hours(2));
    web.serve("/0.xml", Answer::feed(rss(&items("3"))));
    newsroom.work().await;
    assert_eq!((web.asked("/robots.txt").len(), web.asked("/page.html?3").len()), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_cannot_say_what_it_allows_is_not_read_until_it_can() {
    let newsroom = newsroom_of_one("").await;
    newsroom.world.web.serve_in_turn("/robots.txt", [Answer::status(500), Answer::status(404)]);
    newsroom.work().await;
    assert_eq!(newsroom.page_requests(), 0);
    let history = newsroom.histories().await.remove(0);
    assert!(
        matches!(history.state, EntryState::Pending { .. }) && history.page_error.contains("robots.txt"),
        "{history:?}"
    );
    newsroom.clock.advance(hours(1));
    newsroom.process().await;
    assert_eq!(newsroom.page_requests(), 1);
    assert_eq!(newsroom.histories().await[0].state, EntryState::Matched);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_is_asked_whatever_robots_txt_says_for_somebody_named_it() {
    let newsroom = newsroom_of_one("").await;
    newsroom.world.web.serve("/robots.txt", Answer::ok("text/plain", "User-agent: *\nDisallow: /"));
    newsroom.work().await;
    assert_eq!(newsroom.world.web.asked("/0.xml").len(), 1);
    assert_eq!(newsroom.page_requests(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delay_that_robots_txt_asks_for_is_kept_between_pages() {
    let newsroom = newsroom(&[String::new()]).await;
    let web = &newsroom.world.web;
    let items: String = (0..4).map(|n| item(&n.to_string(), &web.url(&format!("/{n}.html")), "")).collect();
    web.serve("/0.xml", Answer::feed(rss(&items)));
    web.serve("/robots.txt", Answer::ok("text/plain", "User-agent: *\nCrawl-delay: 0.3"));
    newsroom.work().await;
    let mut pages: Vec<_> = (0..4).flat_map(|n| web.asked(&format!("/{n}.html"))).map(|asked| asked.began).collect();
    pages.sort();
    assert_eq!(pages.len(), 4);
    assert!(pages.windows(2).all(|pair| pair[1] - pair[0] >= Duration::from_millis(150)), "{pages:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_on_one_page_lets_the_other_pages_of_its_host_rest_and_no_feed() {
    let newsroom = newsroom(&[String::new()]).await;
    let web = &newsroom.world.web;
    let items = |names: &[&str]| names.iter().map(|name| item(name, &web.url(name), "")).collect::<String>();
    web.serve("/0.xml", Answer::feed(rss(&items(&["/limit.html"]))));
    web.serve("/limit.html", Answer::status(429).with("Retry-After", "7200"));
    newsroom.work().await;
    web.serve("/0.xml", Answer::feed(rss(&items(&["/limit.html", "/page.html"]))));
    web.serve("/page.html", Answer::page(TEXT));
    newsroom.clock.advance(hours(1) + minutes(10));
    newsroom.work().await;
    assert_eq!(web.asked("/0.xml").len(), 2);
    assert_eq!((web.asked("/limit.html").len(), newsroom.page_requests()), (1, 0));
    let history = newsroom.histories().await.remove(0);
    assert!(history.page_error.contains("asked to be left alone") && history.page_tries == 0, "{history:?}");
    assert!(matches!(history.state, EntryState::Pending { .. }), "it waits its turn");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_polls_old_entries_bring_no_run_on_the_archive() {
    let mut world = World::new();
    world.source("/0.xml", "Northern Monitor");
    let newsroom = Newsroom::of(world).await;
    let web = &newsroom.world.web;
    let items: String = (0..30).map(|n| item(&n.to_string(), &web.url(&format!("/{n}.html")), "")).collect();
    web.serve("/0.xml", Answer::feed(rss(&items)));
    newsroom.work().await;
    assert_eq!(web.log().len(), 1);
}
