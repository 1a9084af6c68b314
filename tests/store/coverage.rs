//! Alarms, held entries and gaps, as they are stored.

use newsvigil::model::alarm::{AlarmChange, AlarmKind, Alarms, GapFound, Judgement, Portrait};
use newsvigil::model::digest::Rendered;
use newsvigil::model::entry::EntryState;
use newsvigil::model::feed::FeedSpec;
use newsvigil::model::id::{DeliveryId, DigestId, RecipientId};
use newsvigil::model::time::Timestamp;
use newsvigil::store::{Decision, FilledGap, GapEnd, NewDelivery, Notice, Store};

use crate::fixtures::*;

on_both! {
    an_alarm_is_told_once_and_its_end_once,
    held_entries_wait_until_they_are_released,
    held_entries_that_are_dropped_are_kept_as_such,
    a_gap_is_filled_once_and_what_stays_of_it_is_named_in_its_window,
    a_feed_that_leaves_the_configuration_takes_its_alarms_with_it,
    what_is_held_of_a_feed_that_left_the_configuration_can_still_be_decided_on,
    the_title_of_a_feed_without_a_name_outlives_a_reload_and_gives_way_to_a_name,
}

fn begins(kind: AlarmKind) -> Judgement {
    let mut alarms = Alarms::default();
    alarms.set(kind, true);
    let changes = vec![AlarmChange::Begins { kind, detail: "why".into() }];
    Judgement { alarms, changes, ..Judgement::due(at(3_600)) }
}

/// One feed, polled, with what follows from the poll.
async fn judged(store: &Store, names: &[&str], judgement: Judgement) {
    add_feeds(store, 1).await;
    let feed = claim_feed(store, "poller", 0).await;
    let polls = [read(&feed, names, 0)];
    let stored = store.commit_polls(&polls, |_, new| {
        assert_eq!(new.len(), names.len());
        judgement.clone()
    });
    let stored = stored.await.expect("the poll is stored");
    assert_eq!((stored[0].new_entries, stored[0].held), (names.len() as u64, judgement.hold));
}

async fn the_title_of_a_feed_without_a_name_outlives_a_reload_and_gives_way_to_a_name(database: TestDatabase) {
    let store = database.open().await;
    let named = |outlet: &str| FeedSpec { outlet: outlet.into(), ..spec(0) };
    let take_over = async |outlet: &str, secs: i64| {
        store.sync_feeds(&[(named(outlet), at(secs))], at(secs)).await.expect("they are taken over").changed
    };
    let outlet = async || store.feeds().await.expect("a list")[0].outlet.clone();
    take_over("outlet-0.example", 0).await;
    let feed = claim_feed(&store, "poller", 0).await;
    let portrait = Some(Portrait { title: "The Outlet".into(), ..Portrait::default() });
    let judgement = Judgement { outlet: Some("The Outlet".into()), portrait, ..Judgement::due(at(900)) };
    store.commit_polls(&[read(&feed, &["a"], 0)], |_, _| judgement.clone()).await.expect("it is stored");
    assert_eq!(outlet().await, "The Outlet");
    assert_eq!(take_over("outlet-0.example", 10).await, 0, "nothing changed");
    assert_eq!(outlet().await, "The Outlet");
    assert_eq!(take_over("Our name for it", 20).await, 1);
    assert_eq!(outlet().await, "Our name for it");
    take_over("outlet-0.example", 30).await;
    assert_eq!(outlet().await, "The Outlet");
}

async fn an_alarm_is_told_once_and_its_end_once(database: TestDatabase) {
    let store = database.open().await;
    judged(&store, &["a"], begins(AlarmKind::Silent)).await;
    add_people(&store, &["ops"], Timestamp::NEVER).await;
    assert_eq!(store.oldest_untold_alarm().await.expect("an answer"), Some(at(0)));
    let untold = store.untold_alarms(10).await.expect("a list");
    assert_eq!(
        untold.iter().map(|one| (one.alarm.kind, one.begin, one.end)).collect::<Vec<_>>(),
        [(AlarmKind::Silent, true, false)]
    );
    let notice = notice("ops", at(5));
    assert!(store.commit_notices(&untold, &[], std::slice::from_ref(&notice), at(5)).await.expect("it is stored"));
    assert!(!store.commit_notices(&untold, &[], &[notice], at(6)).await.expect("an answer"), "somebody told already");
    let due = store.claim_due_deliveries(at(7), 10, &lease("sender", 7)).await.expect("a claim");
    assert_eq!(due.iter().map(|mail| mail.rendered.subject.as_str()).collect::<Vec<_>>(), ["An alarm"]);
    assert!(store.untold_alarms(10).await.expect("a list").is_empty());

    let feed = claim_feed(&store, "poller", 4_000).await;
    assert!(feed.alarms.has(AlarmKind::Silent));
    let over = vec![AlarmChange::Ends { kind: AlarmKind::Silent }];
    let polls = [read(&feed, &["b"], 4_000)];
    store
        .commit_polls(&polls, |_, _| Judgement { changes: over.clone(), ..Judgement::due(at(9_000)) })
        .await
        .expect("stored");
    let untold = store.untold_alarms(10).await.expect("a list");
    assert_eq!(untold.iter().map(|one| (one.begin, one.end)).collect::<Vec<_>>(), [(false, true)]);
    assert!(store.ringing_alarms().await.expect("a list").is_empty());
}

fn notice(recipient: &str, now: Timestamp) -> Notice {
    let recipient = RecipientId::from_stored(recipient);
    let edition = -now.as_millis();
    let digest = DigestId::of(&recipient, edition);
    let id = DeliveryId::of(&digest, "smtp");
    let message_id = format!("{id}@news.example");
    let delivery = NewDelivery { message_id, in_reply_to: String::new(), id, channel: "smtp".into(), due: now };
    let rendered = Rendered { subject: "An alarm".into(), text: "why".into(), html: String::new() };
    Notice { recipient, digest, edition, rendered, delivery }
}

async fn held_entries_wait_until_they_are_released(database: TestDatabase) {
    let store = database.open().await;
    judged(&store, &["a", "b"], Judgement { hold: true, ..begins(AlarmKind::Held) }).await;
    assert!(store.claim_pending_entries(at(99), 9, &lease("p", 99)).await.expect("a claim").is_empty());
    assert_eq!(store.next_entry_due().await.expect("an answer"), None);
    let feed = &store.feeds().await.expect("a list")[0];
    assert_eq!((feed.held, feed.alarms.has(AlarmKind::Held)), (2, true));
    let counts = store.counts().await.expect("counts");
    assert_eq!((counts.entries_held, counts.alarms.iter().sum::<u64>()), (2, 1));

    let polled = claim_feed(&store, "poller", 4_000).await;
    let released = store.decide(&feed.id, Decision::Release, "", at(4_001)).await.expect("it is stored");
    assert_eq!(released, Some(2));
    let late = commit_polls(&store, &[read(&polled, &["c"], 4_002)]).await.expect("an answer");
    assert!(late[0].lease_lost, "a poll from before the decision does not undo it");
    assert_eq!(store.claim_pending_entries(at(4_003), 9, &lease("p", 4_003)).await.expect("a claim").len(), 2);
    assert_eq!(store.decide(&feed.id, Decision::Release, "", at(4_004)).await.expect("an answer"), None);
}

async fn held_entries_that_are_dropped_are_kept_as_such(database: TestDatabase) {
    let store = database.open().await;
    judged(&store, &["a"], Judgement { hold: true, ..begins(AlarmKind::Held) }).await;
    let feed = store.feeds().await.expect("a list")[0].id.clone();
    assert_eq!(store.decide(&feed, Decision::Drop, "not theirs", at(1)).await.expect("it is stored"), Some(1));
    let entry = new_entry(&feed, "a");
    let history = store.entry_histories(entry.id.as_str(), "").await.expect("an answer").remove(0);
    assert_eq!(history.state, EntryState::Abandoned { reason: "not theirs".into() });
    assert!(store.claim_due_feeds(at(99_999), 1, &lease("p", 99_999)).await.expect("a claim").is_empty());
}

async fn a_gap_is_filled_once_and_what_stays_of_it_is_named_in_its_window(database: TestDatabase) {
    let store = database.open().await;
    let gap =
        GapFound { from: at(-900), until: at(-60), previous: Some("https://news.example/old".parse().expect("a URL")) };
    judged(&store, &["a"], Judgement { gap: Some(gap), ..Judgement::due(at(3_600)) }).await;
    let claimed = store.claim_gaps(at(1), 5, &lease("filler", 1)).await.expect("a claim").pop().expect("a gap");
    assert_eq!((claimed.from, claimed.until, claimed.attempts), (at(-900), at(-60), 1));
    assert_eq!(claimed.previous.as_ref().map(url::Url::as_str), Some("https://news.example/old"));
    assert!(store.claim_gaps(at(2), 5, &lease("other", 2)).await.expect("a claim").is_empty());
    let end = GapEnd::Unfilled { why: "no list reaches back".into() };
    let filled = |end: GapEnd, secs: i64| FilledGap {
        gap: claimed.id.clone(),
        feed: claimed.feed.clone(),
        lease: claimed.lease.clone(),
        at: at(secs),
        end,
        entries: vec![new_entry(&claimed.feed, "a"), new_entry(&claimed.feed, "old")],
    };
    assert_eq!(store.commit_gap(&filled(end, 3)).await.expect("it is stored"), Some(1), "one was known");
    assert_eq!(store.commit_gap(&filled(GapEnd::Filled, 4)).await.expect("an answer"), None, "its lease is over");
    let named = store.unfilled_gaps(at(0), at(5), 9).await.expect("a list");
    assert_eq!(named.iter().map(|gap| (gap.from, gap.recovered)).collect::<Vec<_>>(), [(at(-900), 1)]);
    assert!(store.unfilled_gaps(at(5), at(9), 9).await.expect("a list").is_empty());
    assert_eq!(store.feeds().await.expect("a list")[0].entries, 2);
}

async fn what_is_held_of_a_feed_that_left_the_configuration_can_still_be_decided_on(database: TestDatabase) {
    let store = database.open().await;
    judged(&store, &["a"], Judgement { hold: true, ..begins(AlarmKind::Held) }).await;
    let feed = spec(0).id();
    store.sync_feeds(&[(spec(7), at(9))], at(9)).await.expect("it is stored");
    store.sync_feeds(&[(spec(0), at(10)), (spec(7), at(9))], at(10)).await.expect("it is stored");
    let listed = store.feeds().await.expect("a list");
    let back = listed.iter().find(|listed| listed.id == feed).expect("it is listed");
    assert!(back.alarms.has(AlarmKind::Held) && back.held == 1);
    assert_eq!(store.ringing_alarms().await.expect("a list").len(), 1);
    store.sync_feeds(&[(spec(7), at(9))], at(11)).await.expect("it is stored");
    assert_eq!(store.decide(&feed, Decision::Release, "", at(12)).await.expect("it is stored"), Some(1));
    assert_eq!(store.claim_pending_entries(at(13), 9, &lease("p", 13)).await.expect("a claim").len(), 1);
}

async fn a_feed_that_leaves_the_configuration_takes_its_alarms_with_it(database: TestDatabase) {
    let store = database.open().await;
    judged(&store, &["a"], begins(AlarmKind::Failing)).await;
    store.sync_feeds(&[(spec(7), at(9))], at(9)).await.expect("it is stored");
    assert!(store.ringing_alarms().await.expect("a list").is_empty());
    assert!(store.untold_alarms(9).await.expect("a list").is_empty());
}
