//! When the next request comes.

use std::time::Duration;

use crate::harness::{NOON, Newsroom, feed, feed_saying, hours, minutes};
use crate::support::fake_web::Answer;
use crate::support::world::World;

/// The pause after one answer, and whether the feed was left alone until it was over.
async fn pause_after(answer: Answer) -> Duration {
    let newsroom = Newsroom::new().await;
    newsroom.serve([answer]);
    newsroom.poll().await;
    let pause = newsroom.pause().await;
    newsroom.clock.advance(pause - Duration::from_secs(1));
    newsroom.poll().await;
    assert_eq!(newsroom.world.web.asked("/feed.xml").len(), 1, "no request before its time");
    newsroom.clock.advance(Duration::from_secs(1));
    newsroom.poll().await;
    assert_eq!(newsroom.world.web.asked("/feed.xml").len(), 2);
    pause
}

fn within_a_tenth(pause: Duration, of: Duration) -> bool {
    (of..of + of / 10 + Duration::from_secs(1)).contains(&pause)
}

// P11
#[tokio::test(flavor = "multi_thread")]
async fn a_feed_is_asked_once_an_hour_at_most_unless_somebody_wants_it_otherwise() {
    let pause = pause_after(feed("a")).await;
    assert!(within_a_tenth(pause, hours(1)), "{pause:?}");
    let eager = feed_saying("<ttl>1</ttl>").with("Cache-Control", "max-age=5");
    let pause = pause_after(eager).await;
    assert!(within_a_tenth(pause, hours(1)), "a publisher's short wish is none: {pause:?}");
}

// P11
#[tokio::test(flavor = "multi_thread")]
async fn the_floor_is_not_passed_by_accident() {
    let mut world = World::new();
    world.maildir().watch("returns", &["repatriation"]).reader("desk", "desk@ngo.example");
    world.config(&format!("[[source]]\nurl = \"{}\"\nevery = \"1m\"", world.web.url("/feed.xml")));
    let output = world.run(&["once"]);
    assert_eq!(output.status.code(), Some(78), "a source below the floor of [poll] is refused");
    assert_eq!(world.web.log().len(), 0);
}

// P12
#[test]
fn a_restart_asks_nothing_before_its_time() {
    let mut world = World::new();
    world.maildir().source("/feed.xml", "Northern Monitor").watch("returns", &["repatriation"]);
    world.reader("desk", "desk@ngo.example");
    world.web.serve("/feed.xml", feed("a"));
    world.ok(&["once"]);
    for _ in 0..3 {
        world.ok(&["once"]);
    }
    assert_eq!(world.web.asked("/feed.xml").len(), 1);
}

// P13
#[tokio::test(flavor = "multi_thread")]
async fn after_a_start_overdue_feeds_are_asked_one_after_another_and_later_ones_not_together() {
    let mut world = World::new();
    for number in 0..20 {
        world.source(&format!("/{number}.xml"), &format!("Outlet {number}"));
        world.web.serve(&format!("/{number}.xml"), feed("a"));
    }
    let newsroom = Newsroom::of(world).await;
    newsroom.desk.ramp.begin(20);
    newsroom.poll().await;
    let log = newsroom.world.web.log();
    assert_eq!(log.len(), 20);
    let span = log[19].began - log[0].began;
    assert!(span >= Duration::from_millis(1_500), "20 requests within {span:?}");
    let feeds = newsroom.desk.store.feeds().await.expect("a list");
    let dues: std::collections::HashSet<String> = feeds.iter().map(|feed| format!("{:?}", feed.state)).collect();
    // By a hash of the address, whose port is chance: two may meet.
    assert!(dues.len() >= 15, "their next polls are spread: {dues:?}");
}

// P14
#[tokio::test(flavor = "multi_thread")]
async fn freshness_by_max_age_or_expires_lengthens_the_pause_up_to_the_longest() {
    for (name, value, longest) in [
        ("Cache-Control", "public, max-age=10800", hours(3)),
        ("Expires", "Tue, 24 Nov 2026 15:00:00 GMT", hours(3)),
        ("Cache-Control", "max-age=31536000", hours(6)),
        ("Cache-Control", "max-age=99999999999999999999999", hours(6)),
        ("Expires", "Thu, 01 Jan 2099 00:00:00 GMT", hours(6)),
        ("Cache-Control", "no-store, max-age=10800", hours(1)),
        ("Cache-Control", "max-age=-1", hours(1)),
        ("Expires", "0", hours(1)),
        ("Expires", "-1", hours(1)),
    ] {
        let pause = pause_after(feed("a").with(name, value)).await;
        assert!(within_a_tenth(pause, longest), "{name}: {value}: {pause:?}");
    }
}

// P14
#[tokio::test(flavor = "multi_thread")]
async fn a_304_renews_freshness_and_a_bare_one_keeps_it() {
    let newsroom = Newsroom::new().await;
    let tagged = feed("a").with("ETag", "\"1\"");
    let not_modified = Answer::status(304);
    newsroom.serve([
        tagged.with("Cache-Control", "max-age=7200"),
        not_modified.clone(),
        not_modified.clone().with("Cache-Control", "max-age=10800"),
        not_modified.clone(),
        not_modified.with("Cache-Control", "no-cache"),
    ]);
    let mut pauses = vec![];
    for _ in 0..5 {
        newsroom.poll().await;
        pauses.push(newsroom.pause().await);
        newsroom.clock.advance(newsroom.pause().await);
    }
    for (pause, expected) in pauses.iter().zip([hours(2), hours(2), hours(3), hours(3), hours(1)]) {
        assert!(within_a_tenth(*pause, expected), "{pauses:?}");
    }
}

// P15
#[tokio::test(flavor = "multi_thread")]
async fn the_feeds_own_ttl_is_kept_also_after_a_304() {
    let newsroom = Newsroom::new().await;
    newsroom.serve([feed_saying("<ttl>240</ttl>").with("ETag", "\"1\""), Answer::status(304)]);
    for _ in 0..3 {
        newsroom.poll().await;
        let pause = newsroom.pause().await;
        assert!(within_a_tenth(pause, hours(4)), "{pause:?}");
        newsroom.clock.advance(pause);
    }
    assert_eq!(newsroom.world.web.asked("/feed.xml").len(), 3);
}

// P16
#[tokio::test(flavor = "multi_thread")]
async fn hours_and_days_that_a_feed_skips_bring_no_request() {
    let hours_of = |range: std::ops::Range<u8>| range.map(|hour| format!("<hour>{hour}</hour>")).collect::<String>();
    let pause = pause_after(feed_saying(&format!("<skipHours>{}</skipHours>", hours_of(12..18)))).await;
    assert!((hours(6)..hours(6) + minutes(20)).contains(&pause), "from noon to six: {pause:?}");
    let pause = pause_after(feed_saying("<skipDays><day>Tuesday</day></skipDays>")).await;
    assert!((hours(12)..hours(12) + minutes(20)).contains(&pause), "Tuesday noon to midnight: {pause:?}");
    let pause = pause_after(feed_saying("<skipDays><day>Tuesday</day><day>Wednesday</day></skipDays>")).await;
    assert!((hours(24)..hours(25)).contains(&pause), "a day at most: {pause:?}");
    let pause = pause_after(feed_saying(&format!("<skipHours>{}</skipHours>", hours_of(0..24)))).await;
    assert!(within_a_tenth(pause, hours(1)), "every hour is none: {pause:?}");
}

// P17
#[tokio::test(flavor = "multi_thread")]
async fn the_syndication_modules_period_is_kept() {
    let head = "<sy:updatePeriod xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\">daily</sy:updatePeriod>\
                <sy:updateFrequency xmlns:sy=\"http://purl.org/rss/1.0/modules/syndication/\">6</sy:updateFrequency>";
    let pause = pause_after(feed_saying(head)).await;
    assert!(within_a_tenth(pause, hours(4)), "{pause:?}");
}

// P18, P19
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_names_a_time_to_wait_is_left_alone_until_then() {
    for status in [429, 503] {
        for (asked, least) in [("7200", hours(2)), ("Tue, 24 Nov 2026 14:30:00 GMT", minutes(150)), ("1", hours(1))] {
            let pause = pause_after(Answer::status(status).with("Retry-After", asked)).await;
            assert!(within_a_tenth(pause, least), "{status}, {asked}: {pause:?}");
        }
    }
}

// P18, P19
#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_time_to_wait_is_a_day_at_most_and_nonsense_is_none() {
    for status in [429, 503] {
        for huge in ["999999999", "99999999999999999999999", "Fri, 24 Nov 2028 12:00:00 GMT"] {
            let pause = pause_after(Answer::status(status).with("Retry-After", huge)).await;
            assert!(within_a_tenth(pause, hours(24)), "{status}, {huge}: {pause:?}");
        }
        for nonsense in ["-1", "1e99", "abc", "", "Tue, 24 Nov 2020 12:00:00 GMT"] {
            let pause = pause_after(Answer::status(status).with("Retry-After", nonsense)).await;
            assert!(within_a_tenth(pause, hours(1)), "{status}, {nonsense}: {pause:?}");
        }
    }
}

// P20
#[tokio::test(flavor = "multi_thread")]
async fn errors_in_a_row_make_the_pauses_grow_and_one_good_answer_ends_that() {
    let newsroom = Newsroom::new().await;
    newsroom.serve([Answer::status(500)]);
    let mut pauses = vec![];
    for _ in 0..8 {
        newsroom.poll().await;
        pauses.push(newsroom.pause().await);
        newsroom.clock.advance(newsroom.pause().await);
    }
    assert_eq!(newsroom.world.web.asked("/feed.xml").len(), 8, "one request each time, no quick second one");
    assert!(pauses[0] >= hours(1) && pauses[1] > pauses[0] && pauses[2] > pauses[1], "{pauses:?}");
    assert!(pauses.iter().all(|pause| *pause < hours(7)), "and it is never given up: {pauses:?}");
    newsroom.serve([feed("a")]);
    newsroom.poll().await;
    assert!(within_a_tenth(newsroom.pause().await, hours(1)));
    assert!(newsroom.clock.now() > NOON);
}
