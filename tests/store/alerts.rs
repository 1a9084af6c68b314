//! What is mailed ahead of the digest, and which mail a follow-up answers.

use newsvigil::model::delivery::DeliveryState;
use newsvigil::model::digest::{Occasion, WaitingReport};
use newsvigil::model::id::StoryId;
use newsvigil::model::time::Timestamp;
use newsvigil::store::{ComposedDigest, Owed, Store};

use crate::fixtures::*;

on_both! {
    an_alert_leaves_the_digest_its_time_and_window,
    an_alert_counts_as_told_once_a_server_took_it,
    what_holds_nothing_new_is_no_alert_any_more,
    an_alert_put_off_holds_no_digest_up,
    an_alert_without_its_lease_stores_nothing,
    an_alert_takes_each_report_once,
    a_follow_up_answers_the_mail_that_began_the_thread,
    a_digest_that_goes_on_leaves_its_window_open,
    the_copy_of_what_was_alerted_is_not_alerted_when_a_person_takes_it_out,
}

const DIGEST: i64 = 5_000;

/// The next entry is owed to `desk`, whose digest comes at 5,000 s, as an alert due at `alert`.
async fn urgent(store: &Store, secs: i64, alert: i64, story: Option<&StoryId>) -> StoryId {
    let entry = claim_entry(store, "processor", secs).await;
    let mut processed = matched(&entry, &[], secs);
    processed.owed_to = vec![Owed { recipient: person("desk"), due: Timestamp::NEVER, alert_due: at(alert) }];
    if let Some(story) = story {
        processed.membership.story = story.clone();
    }
    let story = processed.membership.story.clone();
    assert!(store.commit_processed(&processed).await.expect("it is stored"));
    story
}

async fn desk_with(store: &Store, names: &[&str]) {
    add_people(store, &["desk"], at(DIGEST)).await;
    add_entries(store, names).await;
}

async fn alerts(store: &Store, secs: i64) -> Vec<WaitingReport> {
    store.waiting_alerts(&person("desk"), at(secs), 9).await.expect("a list")
}

/// The alert of what is due, not yet stored.
async fn composed_alert(store: &Store, secs: i64) -> ComposedDigest {
    let desk = claim_person(store, "composer", secs).await;
    let mut alert = composed(&desk, &alerts(store, secs).await, secs);
    alert.digest.occasion = Occasion::Alert;
    alert
}

async fn alert(store: &Store, secs: i64) -> ComposedDigest {
    let alert = composed_alert(store, secs).await;
    assert!(store.commit_digest(&alert).await.expect("it is stored"));
    alert
}

async fn next_due(store: &Store) -> Option<Timestamp> {
    store.next_digest_due().await.expect("an answer")
}

async fn an_alert_leaves_the_digest_its_time_and_window(database: TestDatabase) {
    let store = database.open().await;
    desk_with(&store, &["one", "two"]).await;
    urgent(&store, 1, 10, None).await;
    urgent(&store, 2, 40, None).await;
    assert_eq!(next_due(&store).await, Some(at(10)));
    let first = alert(&store, 10).await;
    assert_eq!((first.originals.len(), first.digest.edition), (1, 1));
    assert_eq!(next_due(&store).await, Some(at(40)));
    alert(&store, 40).await;
    assert_eq!(next_due(&store).await, Some(at(DIGEST)));
    let desk = claim_person(&store, "composer", DIGEST).await;
    assert_eq!((desk.editions, desk.window_from, desk.next_due), (2, at(0), at(DIGEST)));
    assert_eq!(store.recent_mails(&person("desk"), 9).await.expect("a list"), [at(40), at(10)]);
}

async fn an_alert_counts_as_told_once_a_server_took_it(database: TestDatabase) {
    let store = database.open().await;
    desk_with(&store, &["one"]).await;
    urgent(&store, 1, 10, None).await;
    alert(&store, 10).await;
    let waits = async || store.waiting_reports(&person("desk"), 9).await.expect("a list");
    assert_eq!(waits().await.iter().map(|report| report.alerted.clone()).collect::<Vec<_>>(), [None]);
    assert!(waits().await[0].told.is_empty(), "it is not its own news");
    let mail =
        store.claim_due_deliveries(at(20), 9, &lease("sender", 20)).await.expect("a claim").pop().expect("a mail");
    let sent = DeliveryState::Sent { reply: "250".into() };
    assert!(store.commit_delivery(&mail.id, &mail.lease, &sent, "250", at(21)).await.expect("it is stored"));
    assert_eq!(waits().await[0].alerted.as_ref().map(|alerted| alerted.at), Some(at(21)));
    compose(&store, DIGEST).await;
    assert!(waits().await.is_empty());
}

async fn what_holds_nothing_new_is_no_alert_any_more(database: TestDatabase) {
    let store = database.open().await;
    desk_with(&store, &["one"]).await;
    urgent(&store, 1, 10, None).await;
    let desk = claim_person(&store, "composer", 10).await;
    let originals: Vec<_> = alerts(&store, 10).await.into_iter().map(|report| report.original).collect();
    assert!(store.commit_no_alert(&desk.id, &desk.lease, &originals).await.expect("an answer"));
    assert!(!store.commit_no_alert(&desk.id, &desk.lease, &originals).await.expect("an answer"));
    assert_eq!(next_due(&store).await, Some(at(DIGEST)));
    assert!(alerts(&store, 10).await.is_empty());
    assert_eq!(store.waiting_postscripts(&person("desk"), 9).await.expect("a list").len(), 1);
}

async fn an_alert_put_off_holds_no_digest_up(database: TestDatabase) {
    let store = database.open().await;
    desk_with(&store, &["one"]).await;
    urgent(&store, 1, 10, None).await;
    let desk = claim_person(&store, "composer", 10).await;
    assert!(store.postpone_alert(&desk.id, &desk.lease, at(2 * DIGEST)).await.expect("an answer"));
    assert!(!store.postpone_alert(&desk.id, &desk.lease, at(1)).await.expect("an answer"), "the lease is given back");
    assert_eq!(next_due(&store).await, Some(at(DIGEST)));
}

async fn an_alert_without_its_lease_stores_nothing(database: TestDatabase) {
    let store = database.open().await;
    desk_with(&store, &["one"]).await;
    urgent(&store, 1, 10, None).await;
    let late = composed_alert(&store, 10).await;
    let other = claim_person(&store, "other", 400).await;
    assert!(!store.commit_digest(&late).await.expect("an answer"));
    assert_eq!(alerts(&store, 400).await.len(), 1);
    assert_eq!(other.editions, 0);
}

async fn an_alert_takes_each_report_once(database: TestDatabase) {
    let store = database.open().await;
    desk_with(&store, &["one", "two"]).await;
    urgent(&store, 1, 10, None).await;
    let mut again = alert(&store, 10).await;
    urgent(&store, 2, 20, None).await;
    let desk = claim_person(&store, "composer", 20).await;
    again.lease = desk.lease;
    again.digest.id = newsvigil::model::id::DigestId::of(&person("desk"), 2);
    assert!(store.commit_digest(&again).await.is_err(), "nothing of it waits any more");
}

async fn a_follow_up_answers_the_mail_that_began_the_thread(database: TestDatabase) {
    let store = database.open().await;
    desk_with(&store, &["one", "two", "three"]).await;
    let story = urgent(&store, 1, 10, None).await;
    let first_on = async |story: &StoryId, by_digests| {
        let first = store.first_mail_on(&person("desk"), story, by_digests).await.expect("an answer");
        first.map(|first| first.message_id)
    };
    assert_eq!(first_on(&story, false).await, None);
    let first = alert(&store, 10).await.deliveries[0].message_id.clone();
    assert_eq!(first_on(&story, false).await, Some(first.clone()));
    urgent(&store, 11, 20, Some(&story)).await;
    let mut answer = composed_alert(&store, 20).await;
    answer.deliveries[0].in_reply_to = first.clone();
    assert!(store.commit_digest(&answer).await.expect("it is stored"));
    assert_eq!(first_on(&story, false).await, Some(first));

    let entry = claim_entry(&store, "processor", 21).await;
    let told = matched(&entry, &["desk"], 21);
    assert!(store.commit_processed(&told).await.expect("it is stored"));
    let digest = compose(&store, DIGEST).await.deliveries[0].message_id.clone();
    assert_eq!(first_on(&told.membership.story, false).await, None, "a digest at its time begins no thread");
    assert_eq!(first_on(&told.membership.story, true).await, Some(digest));
}

async fn a_digest_that_goes_on_leaves_its_window_open(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], at(DIGEST)).await;
    add_reports(&store, &["one", "two"], &["desk"]).await;
    let desk = claim_person(&store, "composer", DIGEST).await;
    let reports = store.waiting_reports(&person("desk"), 1).await.expect("a list");
    let first = ComposedDigest { goes_on: true, ..composed(&desk, &reports, DIGEST) };
    assert!(store.commit_digest(&first).await.expect("it is stored"));
    let desk = claim_person(&store, "composer", DIGEST).await;
    assert_eq!((desk.editions, desk.window_from), (1, at(0)), "the rest is due at once, over the same time");
    let reports = store.waiting_reports(&person("desk"), 1).await.expect("a list");
    assert!(store.commit_digest(&composed(&desk, &reports, DIGEST)).await.expect("it is stored"));
    assert_eq!(claim_person(&store, "composer", 9 * DIGEST * 9).await.window_from, at(DIGEST));
}

async fn the_copy_of_what_was_alerted_is_not_alerted_when_a_person_takes_it_out(database: TestDatabase) {
    let store = database.open().await;
    desk_with(&store, &["one", "two"]).await;
    let story = urgent(&store, 1, 10, None).await;
    let first = alerts(&store, 10).await.remove(0).entry;
    let copy = claim_entry(&store, "processor", 2).await;
    let as_copy = |entry: &newsvigil::model::entry::ClaimedEntry, secs| {
        let mut copied = matched(entry, &[], secs);
        copied.membership.copy_of = Some(first.clone());
        copied.membership.story = story.clone();
        copied.owed_to = vec![Owed { recipient: person("desk"), due: Timestamp::NEVER, alert_due: at(secs + 10) }];
        copied
    };
    let state = newsvigil::model::entry::EntryState::Pending { due: at(60) };
    let early = newsvigil::store::ProcessedEntry { state, ..as_copy(&copy, 2) };
    assert!(store.commit_processed(&early).await.expect("it is stored"));
    alert(&store, 10).await;
    store.split_story(&copy.id, at(50)).await.expect("an answer");
    let again = claim_entry(&store, "processor", 60).await;
    assert!(store.commit_processed(&as_copy(&again, 60)).await.expect("it is stored"));
    assert!(alerts(&store, 100).await.is_empty(), "it was shown among the copies");
    let waits = store.waiting_reports(&person("desk"), 9).await.expect("a list");
    assert_eq!(waits.len(), 2, "the digest names both, or tells both in full if no server took the alert");
}
