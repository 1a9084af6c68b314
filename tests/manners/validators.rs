//! What a server gave us to ask "has it changed since?" with.

use crate::harness::{Newsroom, feed, feed_saying, hours, minutes, some};
use crate::support::fake_web::{Answer, Fault};

const LM: &str = "Last-Modified";
const SAT: &str = "sat, 1-Nov-2026 9:3:00 +0100 (odd)";

// P1, P2, P3
#[tokio::test(flavor = "multi_thread")]
async fn both_validators_are_sent_back_byte_for_byte_however_odd_they_look() {
    let newsroom = Newsroom::new().await;
    let odd = "W/\"v 1, é \\ \"\"";
    newsroom.serve([feed("a").with("ETag", odd).with(LM, SAT)]);
    newsroom.poll_times(2).await;
    assert_eq!(newsroom.sent("if-none-match"), some(&["", odd]));
    assert_eq!(newsroom.sent("if-modified-since"), some(&["", SAT]));
}

// P4
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_invented_where_the_server_gave_no_validator() {
    let newsroom = Newsroom::new().await;
    newsroom.serve([feed("a"), feed("b").with("ETag", "\"b\""), feed("c")]);
    newsroom.poll_times(4).await;
    assert_eq!(newsroom.sent("if-none-match"), some(&["", "", "\"b\"", ""]));
    assert_eq!(newsroom.sent("if-modified-since"), some(&["", "", "", ""]));
}

// P5
#[tokio::test(flavor = "multi_thread")]
async fn a_bare_304_keeps_what_it_omits_and_takes_what_it_carries() {
    let newsroom = Newsroom::new().await;
    let first = feed("a").with("ETag", "\"1\"").with(LM, SAT);
    newsroom.serve([first, Answer::status(304), Answer::status(304).with("ETag", "\"2\""), Answer::status(304)]);
    newsroom.poll_times(4).await;
    assert_eq!(newsroom.sent("if-none-match"), some(&["", "\"1\"", "\"1\"", "\"2\""]));
    assert_eq!(newsroom.sent("if-modified-since"), some(&["", SAT, SAT, SAT]));
    assert_eq!(newsroom.feed().await.failures_in_a_row, 0);
}

// P6
#[tokio::test(flavor = "multi_thread")]
async fn validators_survive_errors_cut_bodies_and_maintenance_pages() {
    let mut world = crate::support::world::World::fetching("host_gap = \"0s\"\ntotal_timeout = \"300ms\"");
    world.source("/feed.xml", "Northern Monitor");
    let newsroom = Newsroom::of(world).await;
    let maintenance = Answer::page("<html><body>Back soon</body></html>").with("ETag", "\"page\"");
    newsroom.serve([
        feed("a").with("ETag", "\"1\""),
        Answer::status(500).with("ETag", "\"error\""),
        maintenance,
        Answer { headers: vec![("ETag".into(), "\"cut\"".into())], ..Answer::fault(Fault::Cut) },
        Answer::fault(Fault::Hang),
        Answer::feed("").with("ETag", "\"empty\""),
        feed("b").with("ETag", "\"2\""),
        Answer::status(304),
    ]);
    // Hours apart, but within a day: later it is asked whole (P10).
    newsroom.poll().await;
    for _ in 0..7 {
        newsroom.clock.advance(minutes(90));
        newsroom.desk.store.make_feeds_due(None, newsroom.clock.now()).await.expect("due");
        newsroom.poll().await;
    }
    let one = "\"1\"";
    assert_eq!(newsroom.sent("if-none-match"), some(&["", one, one, one, one, one, one, "\"2\""]));
}

// P7
#[tokio::test(flavor = "multi_thread")]
async fn validators_are_stored_with_the_entries_they_cover_or_not_at_all() {
    let newsroom = Newsroom::new().await;
    newsroom.serve([feed("a").with("ETag", "\"1\"")]);
    // The answer arrives, and the program dies before it is stored.
    let now = newsroom.clock.now();
    let lease = newsvigil::model::lease::Lease { token: "a run that died".into(), until: now.plus(minutes(15)) };
    let claimed = newsroom.desk.store.claim_due_feeds(now, 1, &lease).await.expect("a claim").remove(0);
    newsroom.desk.fetcher.get(&newsvigil::source::plan(&claimed)).await.expect("an answer");
    newsroom.clock.advance(minutes(16));
    newsroom.poll_times(2).await;
    assert_eq!(newsroom.sent("if-none-match"), some(&["", "", "\"1\""]));
    assert_eq!(newsroom.feed().await.entries, 1);
}

// P8
#[tokio::test(flavor = "multi_thread")]
async fn validators_go_to_the_address_that_gave_them_and_to_no_other() {
    let newsroom = Newsroom::new().await;
    let web = &newsroom.world.web;
    newsroom.serve([Answer::redirect(302, "/a.xml"), Answer::redirect(302, "/a.xml"), Answer::redirect(302, "/b.xml")]);
    web.serve_in_turn("/a.xml", [feed("a").with("ETag", "\"of a\""), Answer::status(304)]);
    web.serve("/b.xml", feed("a").with("ETag", "\"of b\""));
    newsroom.poll_times(4).await;
    let sent = |path: &str| {
        web.asked(path).iter().map(|asked| asked.header("if-none-match").map(str::to_owned)).collect::<Vec<_>>()
    };
    assert_eq!(newsroom.sent("if-none-match"), some(&["", "", "", ""]), "the address that redirects gave none");
    assert_eq!(sent("/a.xml"), some(&["", "\"of a\""]));
    assert_eq!(sent("/b.xml"), some(&["", "\"of b\""]), "what a gave is not sent to b");
}

// P8
#[tokio::test(flavor = "multi_thread")]
async fn a_new_route_does_not_carry_the_validators_of_the_old_one() {
    let newsroom = Newsroom::new().await;
    newsroom.serve([feed("a").with("ETag", "\"1\"")]);
    newsroom.poll_times(2).await;
    let proxy = crate::support::fake_proxy::FakeProxy::http(newsroom.world.web.address());
    let Newsroom { mut world, clock, desk, plan } = newsroom;
    world.change(|config| config.replace("[[source]]", &format!("[[source]]\nroute = \"http://{}\"", proxy.address())));
    let newsroom = Newsroom { world, clock, desk, plan }.restarted().await;
    newsroom.desk.store.make_feeds_due(None, newsroom.clock.now()).await.expect("due");
    newsroom.poll_times(2).await;
    assert_eq!(newsroom.sent("if-none-match"), some(&["", "\"1\"", "", "\"1\""]));
    assert_eq!(proxy.asked().len(), 2);
}

// P9
#[tokio::test(flavor = "multi_thread")]
async fn the_same_body_under_new_validators_brings_the_new_ones() {
    let newsroom = Newsroom::new().await;
    newsroom.serve([
        feed("a").with("ETag", "\"1\"").with(LM, SAT),
        feed("a").with("ETag", "\"2\""),
        Answer::status(304),
    ]);
    newsroom.poll_times(3).await;
    assert_eq!(newsroom.sent("if-none-match"), some(&["", "\"1\"", "\"2\""]));
    assert_eq!(newsroom.sent("if-modified-since"), some(&["", SAT, ""]), "a body without it has none");
}

// P10
#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_never_changes_any_more_is_asked_whole_once_a_day_and_no_oftener() {
    let newsroom = Newsroom::new().await;
    newsroom.serve([feed("a").with("ETag", "\"1\""), feed("b").with("ETag", "\"1\""), Answer::status(304)]);
    newsroom.poll_times(2).await;
    let begun = newsroom.clock.now();
    let mut whole = vec![];
    while newsroom.clock.now().since(begun) < hours(78) {
        newsroom.clock.advance(newsroom.pause().await);
        // The whole feed, where it is asked for; else 304 for ever, though it lies.
        newsroom.serve([feed("b").tagged("\"1\"")]);
        newsroom.poll().await;
        if newsroom.sent("if-none-match").last() == Some(&None) {
            whole.push(newsroom.clock.now().since(begun));
        }
    }
    assert_eq!(whole.len(), 3, "{whole:?}");
    assert!(whole[0] >= hours(24) && whole.windows(2).all(|pair| pair[1] - pair[0] >= hours(24)), "{whole:?}");
}

// P10
#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_is_quiet_by_habit_is_not_asked_whole_for_it() {
    let newsroom = Newsroom::new().await;
    newsroom.serve([feed("a").with("ETag", "\"1\"")]);
    newsroom.poll().await;
    // Six days later there is something new: that is its rhythm.
    newsroom.clock.advance(hours(6 * 24));
    newsroom.serve([feed("b").with("ETag", "\"2\""), Answer::status(304)]);
    newsroom.poll().await;
    let begun = newsroom.clock.now();
    while newsroom.clock.now().since(begun) < hours(5 * 24) {
        newsroom.clock.advance(newsroom.pause().await);
        newsroom.poll().await;
    }
    let quiet = newsroom.sent("if-none-match").split_off(2);
    assert!(quiet.len() > 100 && quiet.iter().all(|sent| sent.as_deref() == Some("\"2\"")), "{quiet:?}");
}

// P10: the question itself may be what a server fails over.
#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_fails_over_our_validators_is_asked_without_them_within_a_day() {
    let newsroom = Newsroom::new().await;
    newsroom.serve([feed("a").with("ETag", "\"1\""), Answer::status(412)]);
    newsroom.poll().await;
    let begun = newsroom.clock.now();
    while newsroom.sent("if-none-match").last() != Some(&None) || newsroom.clock.now() == begun {
        newsroom.clock.advance(newsroom.pause().await);
        newsroom.poll().await;
        assert!(newsroom.clock.now().since(begun) < hours(36), "{:?}", newsroom.sent("if-none-match"));
    }
    assert!(newsroom.clock.now().since(begun) >= hours(24));
}

// P1: hostile.
#[tokio::test(flavor = "multi_thread")]
async fn a_validator_too_long_to_be_sent_back_is_none() {
    let newsroom = Newsroom::new().await;
    newsroom.serve([feed("a").with("ETag", &format!("\"{}\"", "x".repeat(9_000))).with(LM, SAT)]);
    newsroom.poll_times(2).await;
    assert_eq!(newsroom.sent("if-none-match"), some(&["", ""]));
    assert_eq!(newsroom.sent("if-modified-since"), some(&["", SAT]));
}

// P4: a 304 that was not asked for is an error, and what was read before stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_304_to_a_plain_question_empties_nothing() {
    let newsroom = Newsroom::new().await;
    newsroom.serve([feed_saying(""), Answer::status(304)]);
    newsroom.poll_times(3).await;
    assert_eq!(newsroom.sent("if-none-match"), some(&["", "", ""]));
    let feed = newsroom.feed().await;
    assert_eq!((feed.entries, feed.failures_in_a_row), (1, 2));
}
