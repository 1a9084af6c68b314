//! Recipients, what waits for them, and digests.

use newsvigil::model::digest::{Coverage, SilentSource};
use newsvigil::model::id::EntryId;
use newsvigil::model::time::Timestamp;
use newsvigil::store::{PollResult, Store, StoreError};

use crate::fixtures::*;

on_both! {
    a_digest_keeps_its_members_and_its_text,
    reports_wait_in_the_order_they_came,
    what_did_not_fit_is_due_at_once,
    what_came_while_it_was_composed_has_its_own_time,
    a_quiet_window_stays_open_until_a_mail_tells_of_it,
    a_report_that_comes_as_a_quiet_window_closes_is_not_stranded,
    a_digest_without_its_lease_stores_nothing,
    a_digest_cannot_take_what_does_not_wait,
    a_copy_brings_no_digest_forward,
    a_report_brings_the_digest_forward_and_never_back,
    a_new_rhythm_takes_its_new_time,
    who_left_gets_nothing_until_they_come_back,
    who_is_put_off_keeps_what_waits_and_comes_again_then,
    a_digest_time_from_a_wrong_clock_is_brought_back,
    all_digests_can_be_made_due,
    a_recipient_is_claimed_once,
    coverage_counts_what_was_watched,
    reports_never_strand_whatever_the_order,
}

async fn waiting(store: &Store, name: &str, limit: u32) -> Vec<EntryId> {
    let reports = store.waiting_reports(&person(name), limit).await.expect("a list");
    reports.into_iter().map(|report| report.entry).collect()
}

async fn a_digest_keeps_its_members_and_its_text(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], at(86_400)).await;
    let ids = add_reports(&store, &["one", "two"], &["desk"]).await;
    let first = compose(&store, 10).await;
    assert_eq!(first.originals, ids);
    assert_eq!((first.digest.edition, first.digest.from), (1, at(0)));
    assert!(waiting(&store, "desk", 10).await.is_empty());
    assert_eq!(store.next_digest_due().await.expect("an answer"), Some(at(86_410)));

    let mail = store.claim_due_deliveries(at(10), 10, &lease("sender", 10)).await.expect("a claim").pop();
    let mail = mail.expect("the delivery came with the digest");
    assert_eq!((&mail.rendered, &mail.digest, mail.composed_at), (&first.rendered, &first.digest.id, at(10)));
    assert_eq!((&mail.message_id, &mail.recipient), (&first.deliveries[0].message_id, &person("desk")));
    let status = &store.deliveries(true, 10).await.expect("a list")[0];
    assert_eq!((status.reports, status.channel.as_str()), (2, "mail"));

    let next = claim_person(&store, "composer", 86_410).await;
    assert_eq!((next.editions, next.window_from), (1, at(10)));
}

async fn reports_wait_in_the_order_they_came(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], at(86_400)).await;
    let ids = add_reports(&store, &["one", "two", "three"], &["desk", "field"]).await;
    assert_eq!(waiting(&store, "desk", 10).await, ids);
    assert_eq!(waiting(&store, "desk", 2).await, ids[..2]);
    let report = &store.waiting_reports(&person("desk"), 1).await.expect("a list")[0];
    assert_eq!((report.outlet.as_str(), report.first_seen), ("Outlet 0", at(0)));
    assert_eq!(report.link.as_ref().map(|link| link.as_str()), Some("https://news.example/one"));
    assert_eq!(
        (&report.hits, &report.article.blocks[1].text[..]),
        (&vec![hit("repatriation")], "Nobody saw them again.")
    );
}

async fn what_did_not_fit_is_due_at_once(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], at(86_400)).await;
    let ids = add_reports(&store, &["one", "two", "three"], &["desk"]).await;
    let desk = claim_person(&store, "composer", 10).await;
    let reports = store.waiting_reports(&desk.id, 2).await.expect("a list");
    assert!(store.commit_digest(&composed(&desk, &reports, 10)).await.expect("an answer"));
    assert_eq!(store.next_digest_due().await.expect("an answer"), Some(at(10)));
    let second = compose(&store, 11).await;
    assert_eq!((second.originals, second.digest.edition), (vec![ids[2].clone()], 2));
    assert_eq!(store.next_digest_due().await.expect("an answer"), Some(at(86_411)));
}

async fn what_came_while_it_was_composed_has_its_own_time(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], at(86_400)).await;
    add_entries(&store, &["one", "two"]).await;
    let one = claim_entry(&store, "p", 1).await;
    assert!(store.commit_processed(&matched(&one, &["desk"], 1)).await.expect("an answer"));
    let desk = claim_person(&store, "composer", 10).await;
    let reports = store.waiting_reports(&desk.id, 100).await.expect("a list");
    let mut two = matched(&claim_entry(&store, "p", 11).await, &["desk"], 11);
    two.owed_to[0].due = at(5_000);
    assert!(store.commit_processed(&two).await.expect("an answer"));
    assert!(store.commit_digest(&composed(&desk, &reports, 10)).await.expect("an answer"));
    assert_eq!(store.next_digest_due().await.expect("an answer"), Some(at(5_000)));
}

async fn a_quiet_window_stays_open_until_a_mail_tells_of_it(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], at(100)).await;
    let desk = claim_person(&store, "composer", 100).await;
    assert_eq!((desk.editions, desk.window_from), (0, at(0)));
    assert_eq!(store.next_digest_due().await.expect("an answer"), Some(desk.lease.until));
    let other = lease("another", 100);
    assert!(!store.commit_quiet(&desk.id, &other, at(200), at(101), &[]).await.expect("an answer"));
    assert!(store.commit_quiet(&desk.id, &desk.lease, at(200), at(101), &[]).await.expect("an answer"));
    assert_eq!(store.next_digest_due().await.expect("an answer"), Some(at(200)));
    let desk = claim_person(&store, "composer", 200).await;
    assert_eq!((desk.editions, desk.window_from), (0, at(0)));
}

async fn a_report_that_comes_as_a_quiet_window_closes_is_not_stranded(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], at(1)).await;
    let desk = claim_person(&store, "composer", 1).await;
    assert!(waiting(&store, "desk", 10).await.is_empty());
    add_reports(&store, &["one"], &["desk"]).await;
    assert!(store.commit_quiet(&desk.id, &desk.lease, Timestamp::NEVER, at(5), &[]).await.expect("an answer"));
    assert_eq!(store.next_digest_due().await.expect("an answer"), Some(at(5)));
}

async fn a_digest_without_its_lease_stores_nothing(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], at(1)).await;
    add_reports(&store, &["one"], &["desk"]).await;
    let slow = claim_person(&store, "slow", 10).await;
    let reports = store.waiting_reports(&slow.id, 10).await.expect("a list");
    let quick = claim_person(&store, "quick", 310).await;
    assert!(!store.commit_digest(&composed(&slow, &reports, 311)).await.expect("an answer"));
    assert!(store.deliveries(false, 10).await.expect("a list").is_empty());
    assert_eq!(waiting(&store, "desk", 10).await.len(), 1);
    assert!(store.commit_digest(&composed(&quick, &reports, 312)).await.expect("an answer"));
    assert!(!store.commit_digest(&composed(&quick, &reports, 312)).await.expect("an answer"), "once for a lease");
    assert_eq!(store.deliveries(false, 10).await.expect("a list").len(), 1);
}

async fn a_digest_cannot_take_what_does_not_wait(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], at(1)).await;
    add_reports(&store, &["one"], &["desk"]).await;
    let desk = claim_person(&store, "composer", 10).await;
    let reports = store.waiting_reports(&desk.id, 10).await.expect("a list");
    let mut wrong = composed(&desk, &reports, 11);
    wrong.originals.push(EntryId::from_stored("e_not_owed"));
    let refused = store.commit_digest(&wrong).await;
    assert!(matches!(refused, Err(StoreError::Contradiction { .. })), "{refused:?}");
    assert!(store.deliveries(false, 10).await.expect("a list").is_empty());
    assert!(store.commit_digest(&composed(&desk, &reports, 12)).await.expect("an answer"), "the lease is still held");
}

async fn a_copy_brings_no_digest_forward(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], at(86_400)).await;
    let feed = add_entries(&store, &["one", "two"]).await;
    let one = claim_entry(&store, "p", 1).await;
    assert!(store.commit_processed(&matched(&one, &["desk"], 1)).await.expect("an answer"));
    compose(&store, 10).await;
    let mut two = matched(&claim_entry(&store, "p", 20).await, &["desk"], 20);
    two.membership.copy_of = Some(new_entry(&feed.id, "one").id);
    assert!(store.commit_processed(&two).await.expect("an answer"));
    assert_eq!(store.next_digest_due().await.expect("an answer"), Some(at(86_410)));
}

async fn a_report_brings_the_digest_forward_and_never_back(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], at(500)).await;
    add_entries(&store, &["one", "two"]).await;
    for (due, next) in [(900, 500), (100, 100)] {
        let mut processed = matched(&claim_entry(&store, "p", 1).await, &["desk"], 1);
        processed.owed_to[0].due = at(due);
        assert!(store.commit_processed(&processed).await.expect("an answer"));
        assert_eq!(store.next_digest_due().await.expect("an answer"), Some(at(next)));
    }
}

async fn a_new_rhythm_takes_its_new_time(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], at(500)).await;
    add_people(&store, &["desk"], at(900)).await;
    assert_eq!(store.next_digest_due().await.expect("an answer"), Some(at(500)), "the same rhythm keeps its time");
    let changed = [(person("desk"), "immediately".to_owned(), at(900))];
    store.sync_recipients(&changed, at(1)).await.expect("it is taken over");
    assert_eq!(store.next_digest_due().await.expect("an answer"), Some(at(900)));
}

async fn who_left_gets_nothing_until_they_come_back(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], at(1)).await;
    add_reports(&store, &["one"], &["desk"]).await;
    add_people(&store, &[], at(1)).await;
    assert!(store.claim_due_recipients(at(900), 10, &lease("composer", 900)).await.expect("a claim").is_empty());
    assert_eq!(store.make_digests_due(at(900)).await.expect("an answer"), 0);
    add_people(&store, &["desk"], at(2_000)).await;
    assert_eq!(store.next_digest_due().await.expect("an answer"), Some(at(2_000)));
    claim_person(&store, "composer", 2_000).await;
    assert_eq!(waiting(&store, "desk", 10).await.len(), 1);
}

async fn who_is_put_off_keeps_what_waits_and_comes_again_then(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], at(10)).await;
    add_reports(&store, &["one"], &["desk"]).await;
    let desk = claim_person(&store, "composer", 10).await;
    assert!(store.postpone_recipient(&desk.id, &desk.lease, at(310)).await.expect("an answer"));
    assert!(!store.postpone_recipient(&desk.id, &desk.lease, at(9)).await.expect("an answer"), "the lease is gone");
    assert_eq!(store.next_digest_due().await.expect("an answer"), Some(at(310)));
    assert_eq!(waiting(&store, "desk", 10).await.len(), 1);
}

async fn a_digest_time_from_a_wrong_clock_is_brought_back(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], at(90_000_000)).await;
    add_people(&store, &["desk"], at(86_400)).await;
    assert_eq!(store.next_digest_due().await.expect("an answer"), Some(at(86_400)));
    add_people(&store, &["desk"], at(172_800)).await;
    assert_eq!(store.next_digest_due().await.expect("an answer"), Some(at(86_400)), "never put off by a reload");
}

async fn all_digests_can_be_made_due(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk", "field"], Timestamp::NEVER).await;
    assert_eq!(store.next_digest_due().await.expect("an answer"), None);
    assert_eq!(store.make_digests_due(at(7)).await.expect("an answer"), 2);
    assert_eq!(store.claim_due_recipients(at(7), 10, &lease("composer", 7)).await.expect("a claim").len(), 2);
}

async fn a_recipient_is_claimed_once(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], at(1)).await;
    claim_person(&store, "one", 1).await;
    assert!(store.claim_due_recipients(at(2), 10, &lease("two", 2)).await.expect("a claim").is_empty());
    assert_eq!(claim_person(&store, "two", 301).await.id, person("desk"), "the lease has ended");
}

async fn coverage_counts_what_was_watched(database: TestDatabase) {
    let store = database.open().await;
    assert_eq!(store.coverage(at(0), at(9)).await.expect("an answer"), Coverage::default());
    add_feeds(&store, 4).await;
    let feeds = store.claim_due_feeds(at(0), 4, &lease("poller", 0)).await.expect("a claim");
    let by = |number: usize| feeds.iter().find(|feed| feed.id == spec(number).id()).expect("the feed");
    commit_polls(
        &store,
        &[
            read(by(0), &["one", "two"], 0),
            polled(by(1), PollResult::Failed { error: "no answer".into() }, 0),
            polled(by(2), PollResult::Disabled { reason: "410 Gone".into() }, 0),
            read(by(3), &[], 0),
        ],
    )
    .await
    .expect("it is stored");
    store.sync_feeds(&[0, 1, 2].map(|number| (spec(number), at(0))), at(1)).await.expect("an answer");
    for secs in [5, 90] {
        let entry = claim_entry(&store, "p", secs).await;
        assert!(store.commit_processed(&matched(&entry, &[], secs)).await.expect("an answer"));
    }
    let coverage = store.coverage(at(1), at(50)).await.expect("an answer");
    assert_eq!((coverage.sources, coverage.articles), (2, 1));
    let told = |silent: &[SilentSource]| -> Vec<(String, String)> {
        silent.iter().map(|silent| (silent.outlet.clone(), silent.error.clone())).collect()
    };
    assert_eq!(told(&coverage.failing), [("Outlet 1".to_owned(), "no answer".to_owned())]);
    let off = [("Outlet 2".to_owned(), "410 Gone".to_owned())];
    assert_eq!(told(&coverage.off), off, "switched off: not one of the two");
    assert_eq!(coverage.failing[0].last_success, None);
}

/// Reports arrive while windows are closed; in the end each waiting one has a time, and each was taken once.
async fn reports_never_strand_whatever_the_order(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], Timestamp::NEVER).await;
    let names: Vec<String> = (0..60).map(|number| format!("entry-{number}")).collect();
    add_entries(&store, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let writer = {
        let store = store.clone();
        tokio::spawn(async move {
            for _ in 0..60 {
                let entry = claim_entry(&store, "p", 1).await;
                assert!(store.commit_processed(&matched(&entry, &["desk"], 1)).await.expect("an answer"));
            }
        })
    };
    let mut taken = 0;
    while taken < 60 {
        let done = writer.is_finished();
        let mut due = store.claim_due_recipients(at(1), 1, &lease("composer", 1)).await.expect("a claim");
        let Some(desk) = due.pop() else {
            assert!(!done || store.next_digest_due().await.expect("an answer").is_some(), "stranded after {taken}");
            tokio::task::yield_now().await;
            continue;
        };
        let reports = store.waiting_reports(&desk.id, 3).await.expect("a list");
        taken += reports.len();
        let stored = if reports.is_empty() {
            store.commit_quiet(&desk.id, &desk.lease, Timestamp::NEVER, at(1), &[]).await
        } else {
            let mut composed = composed(&desk, &reports, 1);
            composed.next_due = Timestamp::NEVER;
            store.commit_digest(&composed).await
        };
        assert!(stored.expect("an answer"));
    }
    writer.await.expect("the writer ended well");
    assert!(waiting(&store, "desk", 10).await.is_empty());
}
