//! What is learnt of hosts, what stands behind walls, and what a publisher's rule says, as the stages treat it.

#![allow(clippy::unwrap_used)]

mod support;

#[allow(dead_code)]
#[path = "manners/harness.rs"]
mod harness;

use newsvigil::model::article::ArticleKind;
use newsvigil::model::entry::EntryState;
use newsvigil::store::EntryHistory;

use harness::{NOON, Newsroom, hours};
use support::fake_web::Answer;
use support::world::{World, rss};

const TOWNS: [&str; 9] = ["Tamen", "Orlo", "Vesk", "Harrow", "Lindt", "Morava", "Salis", "Ebern", "Corvo"];
/// What a judge of one page has to take for a sentence of the report.
const RECURRING: &str = "Readers with something to tell reach the night desk by telephone until four in the morning";

fn page(town: &str, more: &str) -> String {
    format!(
        "<html><head><title>The bridge of {town}</title></head><body><nav><a href=\"/\">Home</a></nav><article><h1>The bridge of {town}</h1>\
         <p>The bridge of {town} was closed at noon on Monday, and nobody was let through, the guards of {town} said.</p>\
         <p>Two buses from {town} stood before the customs office for hours, three witnesses told this paper.</p>\
         {more}<p>By evening the mayor of {town} knew nothing of the people who had sat in them, he said.</p></article></body></html>"
    )
}

fn item(world: &World, number: usize, text: &str) -> String {
    let link = world.web.url(&format!("/{number}.html"));
    format!(
        "<item><title>The bridge of {}</title><guid>{number}</guid><link>{link}</link><description>{text}</description></item>",
        TOWNS[number]
    )
}

async fn newsroom(mut world: World) -> Newsroom {
    world.mail_back().source("/feed.xml", "Northern Monitor");
    Newsroom::of(world).await
}

impl Newsroom {
    /// Lists these entries and works on what is due.
    async fn work_on(&self, items: &str) {
        self.clock.advance(hours(2));
        self.world.web.serve("/feed.xml", Answer::feed(rss(items)));
        self.poll().await;
        self.process().await;
    }

    async fn history(&self, number: usize) -> EntryHistory {
        self.entries_of(&format!("/{number}.html")).await.remove(0)
    }

    async fn has_line(&self, number: usize, line: &str) -> bool {
        self.history(number).await.article.is_some_and(|article| article.body().contains(line))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_recurs_on_many_reports_of_a_host_is_taken_out_of_the_next_and_said_so() {
    let newsroom = newsroom(World::new()).await;
    for (number, town) in TOWNS.iter().enumerate().take(8) {
        let html = page(town, &format!("<p>{RECURRING}</p>"));
        newsroom.world.web.serve(&format!("/{number}.html"), Answer::page(html));
        newsroom.work_on(&item(&newsroom.world, number, "")).await;
    }
    assert!(newsroom.has_line(0, RECURRING).await, "nothing was known then");
    assert!(newsroom.has_line(2, RECURRING).await, "two reports prove nothing");
    assert!(!newsroom.has_line(6, RECURRING).await);
    let removed = newsroom.history(7).await.article.expect("it was cleaned").removed;
    let learnt = removed.iter().find(|removed| removed.filter == "learnt").expect("it is kept among what was removed");
    assert_eq!(learnt.text, RECURRING);
    assert!(learnt.why.starts_with("stood on 7 pages of 127.0.0.1 since 2026-11-24"), "{}", learnt.why);
    // The program is started anew: what it learnt is in the database.
    let newsroom = newsroom.restarted().await;
    newsroom.world.web.serve("/8.html", Answer::page(page(TOWNS[8], &format!("<p>{RECURRING}</p>"))));
    newsroom.work_on(&item(&newsroom.world, 8, "")).await;
    assert!(!newsroom.has_line(8, RECURRING).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_report_under_four_addresses_teaches_nothing() {
    let newsroom = newsroom(World::new()).await;
    for number in 0..5 {
        let html = page("Tamen", &format!("<p>{RECURRING}</p>"));
        newsroom.world.web.serve(&format!("/{number}.html"), Answer::page(html));
        newsroom.work_on(&item(&newsroom.world, number, "")).await;
    }
    assert!(newsroom.has_line(4, RECURRING).await);
}

const WALL: &str = "<html><head><title>The bridge of Tamen</title></head><body><h1>The bridge of Tamen</h1>\
    <p>Families fear repatriation after the bridge of Tamen was closed at noon on Monday, the guards said.</p>\
    <div class=\"paywall\"><p>This article is for subscribers only.</p></div></body></html>";

#[tokio::test(flavor = "multi_thread")]
async fn a_page_behind_a_wall_is_matched_on_what_it_shows_and_asked_for_again_for_days() {
    let newsroom = newsroom(World::new()).await;
    newsroom.world.web.serve("/0.html", Answer::page(WALL));
    newsroom.work_on(&item(&newsroom.world, 0, "The bridge was closed.")).await;
    let first = newsroom.history(0).await;
    assert_eq!(first.article.map(|article| article.kind), Some(ArticleKind::Walled));
    assert_eq!(first.hits.len(), 1, "a reader need not wait for the wall to fall");
    assert!(first.page_error.contains("wall") && first.page.is_some());
    let EntryState::Pending { due } = first.state else { panic!("{:?}", first.state) };
    assert!(due.since(NOON) >= hours(6));
    // A worse answer takes nothing away.
    newsroom.world.web.serve("/0.html", Answer::status(500));
    newsroom.clock.advance(hours(8));
    newsroom.process().await;
    assert_eq!(newsroom.history(0).await.hits.len(), 1);
    newsroom.world.web.serve("/0.html", Answer::page("<title>Just a moment...</title><p>Verifying you are human.</p>"));
    newsroom.clock.advance(hours(48));
    newsroom.process().await;
    let third = newsroom.history(0).await;
    assert_eq!(third.hits.len(), 1, "the first page still shows more: {third:?}");
    newsroom.world.web.serve("/0.html", Answer::page(page("Tamen", "<p>Repatriation was feared by all of them.</p>")));
    newsroom.clock.advance(hours(72));
    newsroom.process().await;
    let last = newsroom.history(0).await;
    assert_eq!((last.state, last.page_error.as_str()), (EntryState::Matched, ""));
    assert_eq!(last.article.map(|article| article.kind), Some(ArticleKind::Page));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wall_that_never_falls_is_let_go_with_what_the_feed_gave() {
    let newsroom = newsroom(World::new()).await;
    let wall = Answer::page("<title>Just a moment...</title><p>Verifying you are human.</p>");
    newsroom.world.web.serve("/0.html", wall);
    newsroom.work_on(&item(&newsroom.world, 0, "Repatriation is feared by the families of all who were held.")).await;
    for _ in 0..6 {
        newsroom.clock.advance(hours(60));
        newsroom.process().await;
    }
    let history = newsroom.history(0).await;
    assert_eq!(newsroom.world.web.asked("/0.html").len(), 4);
    assert_eq!((history.state, history.hits.len()), (EntryState::Matched, 1));
    assert!(history.page_error.contains("wall"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publishers_rule_holds_for_page_and_feed() {
    let world = World::new();
    let rules = "[[site]]\nhosts = [\"127.0.0.1\"]\nremove = [\".quiz\"]\nremove_lines = [\"Edited by *\"]\n";
    std::fs::write(world.dir.path().join("sites.toml"), rules).expect("the rules are written");
    let newsroom = newsroom(world).await;
    let quiz = "<div class=\"quiz\"><p>How well do you know the bridges of the north, and who built them? Take the test.</p></div>";
    newsroom.world.web.serve("/0.html", Answer::page(page("Tamen", &format!("{quiz}<p>Edited by Maud Ferris</p>"))));
    newsroom.world.web.serve("/1.html", Answer::status(404));
    let items = item(&newsroom.world, 0, "")
        + &item(&newsroom.world, 1, "&lt;p&gt;The bridge fell.&lt;/p&gt;&lt;p&gt;Edited by Maud Ferris&lt;/p&gt;");
    newsroom.work_on(&items).await;
    for (number, wanted) in [(0, 2), (1, 1)] {
        let removed = newsroom.history(number).await.article.expect("it was cleaned").removed;
        let ruled: Vec<_> = removed.iter().filter(|removed| removed.filter == "site_rules").collect();
        assert_eq!(ruled.len(), wanted, "{removed:?}");
    }
    assert!(newsroom.has_line(0, "three witnesses").await && newsroom.has_line(1, "The bridge fell").await);
}
