//! What may have been missed, and what must not be believed: found, told once, and put right.

#[path = "manners/harness.rs"]
#[allow(dead_code, clippy::unwrap_used)]
mod harness;
mod support;

use std::time::Duration;

use harness::{Newsroom, hours, minutes};
use newsvigil::model::alarm::AlarmKind;
use newsvigil::stage::{fill, poll};
use support::fake_web::Answer;
use support::world::{World, rss};

/// Items named by number, the newest first, each a minute older than the one before.
fn items(numbers: impl DoubleEndedIterator<Item = u32>, newest: jiff::Timestamp) -> String {
    let item = |(age, number): (i32, u32)| {
        let at = newest - jiff::SignedDuration::from_mins(i64::from(age));
        let date = at.strftime("%a, %d %b %Y %H:%M:%S GMT");
        format!(
            "<item><title>Report {number} of repatriation</title><guid>{number}</guid><pubDate>{date}</pubDate></item>"
        )
    };
    (0..).zip(numbers.rev()).map(item).collect()
}

fn list(numbers: impl DoubleEndedIterator<Item = u32>) -> Answer {
    Answer::feed(rss(&items(numbers, jiff::Timestamp::now())))
}

/// A newsroom of one feed, a reader who is told at once, and ops.
fn world() -> World {
    let mut world = World::new();
    world.maildir().watch("returns", &["repatriation"]).reader("desk", "desk@ngo.example");
    world.config("[[recipient]]\nid = \"ops\"\nemail = \"ops@ngo.example\"\nalarms = true");
    world.source("/feed.xml", "Northern Monitor");
    world
}

/// The mails whose subject holds these words.
fn mails_about(world: &World, words: &str) -> Vec<String> {
    let subject = |mail: &String| mail.lines().next().is_some_and(|line| line.contains(words));
    world.mails().into_iter().filter(subject).collect()
}

fn feed_id(world: &World) -> String {
    world.json(&["sources", "--json"])[0]["id"].as_str().expect("an id").to_owned()
}

#[test]
fn a_list_that_ran_through_is_named_to_ops_and_to_readers_if_it_cannot_be_filled() {
    let mut world = world();
    world.config("[poll]\nevery = \"8m\"");
    world.web.serve_in_turn("/feed.xml", [list(1..5), list(20..24), list(22..26), list(23..27)]);
    world.ok(&["once", "--all"]);
    world.ok(&["once", "--all"]);
    let told = mails_about(&world, "moved on faster");
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("none of its 4 entries was known") || told[0].contains("None of its 4 entries was known"),
        "{told:?}"
    );
    let sources = world.json(&["sources", "--json"]);
    assert_eq!(sources[0]["alarms"], serde_json::json!(["gap"]));
    assert!(sources[0]["every_secs"].as_u64().expect("a number") < 480, "it is asked more often from now on");
    for _ in 0..12 {
        world.ok(&["once", "--all"]);
    }
    let over = mails_about(&world, "is seen whole again");
    assert_eq!(over.len(), 1, "{:?}", world.mails());
    let digests = mails_about(&world, "Report").concat();
    assert!(digests.contains("Northern Monitor: reports of") && digests.contains("may have been missed"), "{digests}");
}

/// Says where older entries stand.
fn previous(archive: &str) -> String {
    format!("<link xmlns=\"http://www.w3.org/2005/Atom\" rel=\"prev-archive\" href=\"{archive}\"/>")
}

/// Reports 1 to 4 were listed, then 8 to 11 with an archive of these, the newest of them some minutes old.
fn world_with_a_gap(archived: std::ops::Range<u32>, minutes_old: i64) -> World {
    let world = world();
    let now = jiff::Timestamp::now();
    let head = previous(&world.web.url("/archive-2.xml"));
    let latest = Answer::feed(rss(&format!("{head}{}", items(8..12, now))));
    world.web.serve_in_turn("/feed.xml", [list(1..5), latest]);
    let newest = now - jiff::SignedDuration::from_mins(minutes_old);
    world.web.serve("/archive-2.xml", Answer::feed(rss(&items(archived, newest))));
    world.ok(&["once", "--all"]);
    world.ok(&["once", "--all"]);
    world
}

#[test]
fn a_gap_is_filled_from_where_the_feed_says_that_older_entries_stand() {
    let world = world_with_a_gap(2..9, 3);
    let mails = mails_about(&world, "Report").concat();
    for number in 5..12 {
        assert!(mails.contains(&format!("Report {number} of")), "report {number} is missing in\n{mails}");
    }
    assert!(!mails.contains("may have been missed"), "{mails}");
    let entries = world.json(&["sources", "--json"])[0]["entries"].as_u64();
    assert_eq!(entries, Some(11));
}

#[test]
fn an_archive_that_overlaps_the_new_list_alone_fills_no_gap() {
    let world = world_with_a_gap(6..10, 2);
    let mails = mails_about(&world, "Report").concat();
    assert!(mails.contains("Report 6 of") && !mails.contains("Report 5 of"), "{mails}");
    assert!(
        mails.contains("may have been missed") && mails.contains("2 reports of that time found elsewhere"),
        "{mails}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_of_a_gap_that_cannot_be_had_now_are_asked_for_again() {
    let newsroom = Newsroom::new().await;
    let now = newsroom.clock.now().to_jiff();
    let head = previous(&newsroom.world.web.url("/archive.xml"));
    let later = now + jiff::SignedDuration::from_hours(1);
    newsroom
        .serve([Answer::feed(rss(&items(1..5, now))), Answer::feed(rss(&format!("{head}{}", items(8..12, later))))]);
    let busy = Answer::status(503).with("Retry-After", "60");
    newsroom.world.web.serve_in_turn("/archive.xml", [busy, Answer::feed(rss(&items(3..9, later)))]);
    newsroom.poll_times(2).await;
    fill::drain(&newsroom.desk, &newsroom.plan).await.expect("it is stored");
    assert_eq!(newsroom.feed().await.entries, 8);
    assert!(newsroom.desk.store.next_gap_due().await.expect("an answer").is_some(), "it is not given up");
    newsroom.clock.advance(minutes(15));
    fill::drain(&newsroom.desk, &newsroom.plan).await.expect("it is stored");
    assert_eq!(newsroom.feed().await.entries, 11);
    assert_eq!(newsroom.desk.store.next_gap_due().await.expect("an answer"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_whose_list_runs_fast_is_polled_so_often_that_lists_overlap_and_slower_when_it_calms() {
    let newsroom = Newsroom::new().await;
    let every = async || Duration::from_secs(newsroom.feed().await.every_secs);
    let at = |newsroom: &Newsroom| newsroom.clock.now().to_jiff();
    newsroom.serve([Answer::feed(rss(&items(1..11, at(&newsroom))))]);
    newsroom.poll().await;
    assert_eq!(every().await, hours(1));
    let mut newest = 11;
    // Ten reports an hour: the list of ten would run through between two polls an hour apart.
    for _ in 0..6 {
        newsroom.clock.advance(newsroom.pause().await);
        let elapsed = every().await.as_secs() / 360;
        newest += u32::try_from(elapsed.max(1)).expect("small");
        newsroom.serve([Answer::feed(rss(&items(newest - 10..newest, at(&newsroom))))]);
        newsroom.poll().await;
    }
    let fast = every().await;
    assert!((minutes(5)..minutes(40)).contains(&fast), "{fast:?}");
    newsroom.poll_times(30).await;
    assert_eq!(every().await, hours(1), "nothing new came for long");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_falls_silent_is_an_alarm_by_its_own_rhythm_and_over_with_its_next_entry() {
    let newsroom = Newsroom::new().await;
    for number in 0..8 {
        newsroom.serve([Answer::feed(rss(&items(number..number + 4, newsroom.clock.now().to_jiff())))]);
        newsroom.poll().await;
        newsroom.clock.advance(hours(3));
    }
    let rings = async || newsroom.feed().await.alarms.has(AlarmKind::Silent);
    newsroom.clock.advance(hours(12));
    poll::drain(&newsroom.desk, &newsroom.plan).await.expect("it is stored");
    assert!(!rings().await, "half a day is nothing yet");
    newsroom.clock.advance(hours(24));
    newsroom.poll_times(2).await;
    assert!(rings().await);
    let ringing = newsroom.desk.store.ringing_alarms().await.expect("a list");
    assert!(ringing[0].detail.contains("usually something comes every 3 h"), "{ringing:?}");
    newsroom.serve([Answer::feed(rss(&items(8..12, newsroom.clock.now().to_jiff())))]);
    newsroom.poll_times(2).await;
    assert!(!rings().await);
}

#[test]
fn entries_of_a_feed_that_is_answered_from_another_domain_are_held_until_somebody_decides() {
    let world = world();
    let port = world.web.address().port();
    world.web.serve("/feed.xml", list(1..5));
    world.ok(&["once", "--all"]);
    world.web.serve("/feed.xml", Answer::redirect(302, &format!("http://localhost:{port}/taken-over.xml")));
    world.web.serve("/taken-over.xml", list(3..7));
    world.ok(&["once", "--all"]);
    world.ok(&["once", "--all"]);
    assert!(mails_about(&world, "Report").is_empty(), "{:?}", world.mails());
    let told = mails_about(&world, "is held");
    let id = feed_id(&world);
    assert_eq!(told.len(), 1, "told once: {told:?}");
    assert!(
        told[0].contains("localhost") && told[0].replace('\n', " ").contains(&format!("sources release {id}")),
        "{told:?}"
    );
    let listed = world.ok(&["sources"]);
    assert!(listed.contains("held"), "{listed}");
    assert!(world.ok(&["sources", "release", &id]).contains("2 entries released"));
    world.ok(&["once"]);
    let mails = mails_about(&world, "Report").concat();
    assert!(mails.contains("Report 5 of") && mails.contains("Report 6 of"), "{mails}");
    world.web.serve("/taken-over.xml", list(4..8));
    world.ok(&["once", "--all"]);
    assert!(mails_about(&world, "Report").concat().contains("Report 7 of"), "the new domain is its own now");
    world.web.serve("/feed.xml", list(5..9));
    world.ok(&["once", "--all"]);
    assert!(mails_about(&world, "Report").concat().contains("Report 8 of"), "and so is the old one still");
    assert_eq!(world.run(&["sources", "release", &id]).status.code(), Some(1), "nothing is held any more");
}

#[test]
fn held_entries_that_are_dropped_reach_nobody_and_the_feed_is_polled_no_more() {
    let world = world();
    let port = world.web.address().port();
    world.web.serve("/feed.xml", list(1..5));
    world.ok(&["once", "--all"]);
    world.web.serve("/feed.xml", Answer::redirect(302, &format!("http://localhost:{port}/taken-over.xml")));
    world.web.serve("/taken-over.xml", list(3..7));
    world.ok(&["once", "--all"]);
    let id = feed_id(&world);
    assert!(world.ok(&["sources", "drop", &id]).contains("2 entries dropped"));
    let asked = world.web.asked("/feed.xml").len();
    world.ok(&["once", "--all"]);
    assert_eq!(world.web.asked("/feed.xml").len(), asked);
    assert!(mails_about(&world, "Report").is_empty());
    assert_eq!(mails_about(&world, "was decided on").len(), 1);
    let sources = world.json(&["sources", "--json"]);
    assert_eq!((&sources[0]["state"], &sources[0]["alarms"]), (&"disabled".into(), &serde_json::json!([])));
}

// P22
#[test]
fn a_feed_that_is_gone_is_told_to_ops_once_and_once_more_when_it_is_read_again() {
    let world = world();
    world.web.serve_in_turn("/feed.xml", [list(1..5), Answer::status(410), list(2..6)]);
    world.ok(&["once", "--all"]);
    world.run(&["once", "--all"]);
    world.run(&["once", "--all"]);
    let told = mails_about(&world, "is gone");
    assert_eq!(told.len(), 1, "{:?}", world.mails());
    world.ok(&["sources", "poll-now", &feed_id(&world)]);
    world.ok(&["once"]);
    assert_eq!(mails_about(&world, "is read again").len(), 1, "{:?}", world.mails());
}

#[test]
fn a_feed_that_was_never_read_is_told_after_four_polls_and_alarms_of_one_round_come_in_one_mail() {
    let mut world = world();
    world.source("/second.xml", "Southern Monitor");
    for _ in 0..5 {
        world.run(&["once", "--all"]);
    }
    let told = mails_about(&world, "2 new alarms");
    assert_eq!(told.len(), 1, "{:?}", world.mails());
    assert!(told[0].contains("Northern Monitor cannot be read") && told[0].contains("Southern Monitor cannot be read"));
}
