//! Deliveries: attempts, ends, and what an operator may do.

use newsvigil::model::delivery::{DeliveryState, DeliveryStatus};
use newsvigil::model::id::DeliveryId;
use newsvigil::store::Store;

use crate::fixtures::*;

on_both! {
    an_attempt_is_counted_when_it_is_claimed,
    a_sent_mail_is_not_sent_again,
    a_mail_that_must_wait_is_claimed_when_due,
    an_answer_after_the_lease_is_not_stored,
    a_failed_delivery_can_be_tried_again_from_the_start,
    a_delivery_being_sent_is_left_alone,
    a_dropped_delivery_is_not_sent,
    a_recipient_has_one_delivery_under_way_and_nobody_elses_waits_for_it,
    what_a_clock_that_ran_ahead_put_off_is_due_again,
    finished_deliveries_are_listed_only_on_request,
    a_held_delivery_counts_as_untried_and_ops_are_told_once_for_each_reason_and_once_that_it_is_over,
    of_a_recipient_whose_way_needs_a_setting_ops_are_told_once,
}

/// One digest for the desk, one delivery of it, due at 10.
async fn one_delivery(store: &Store) -> DeliveryId {
    add_people(store, &["desk"], at(1)).await;
    add_reports(store, &["one"], &["desk"]).await;
    compose(store, 10).await.deliveries[0].id.clone()
}

async fn status(store: &Store) -> DeliveryStatus {
    store.deliveries(false, 10).await.expect("a list").remove(0)
}

async fn claim(store: &Store, token: &str, secs: i64) -> Option<newsvigil::model::delivery::Outgoing> {
    store.claim_due_deliveries(at(secs), 10, &lease(token, secs)).await.expect("a claim").pop()
}

async fn an_attempt_is_counted_when_it_is_claimed(database: TestDatabase) {
    let store = database.open().await;
    let id = one_delivery(&store).await;
    assert!(claim(&store, "early", 9).await.is_none());
    let first = claim(&store, "first", 10).await.expect("it is due");
    assert_eq!((&first.id, first.attempts, first.first_tried_at), (&id, 1, Some(at(10))));
    assert!(claim(&store, "at once", 11).await.is_none(), "somebody is sending it");
    let second = claim(&store, "second", 310).await.expect("the first one's lease has ended");
    assert_eq!((second.attempts, second.first_tried_at), (2, Some(at(10))));
    assert_eq!(second.message_id, first.message_id);
}

async fn a_sent_mail_is_not_sent_again(database: TestDatabase) {
    let store = database.open().await;
    let id = one_delivery(&store).await;
    let mail = claim(&store, "sender", 10).await.expect("it is due");
    let counts = async || {
        let of = store.recipients().await.expect("a list").remove(0);
        (of.sent, of.queued, of.failed)
    };
    assert_eq!(counts().await, (0, 1, 0));
    let sent = DeliveryState::Sent { reply: "250 2.0.0 queued".into() };
    assert!(store.commit_delivery(&id, &mail.lease, &sent, "250 2.0.0 queued", at(12)).await.expect("an answer"));
    let status = status(&store).await;
    assert_eq!((status.state, status.updated_at, status.attempts), (sent, at(12), 1));
    assert_eq!(counts().await, (1, 0, 0));
    assert!(claim(&store, "sender", 90_000).await.is_none());
    assert_eq!(store.next_delivery_due().await.expect("an answer"), None);
    assert!(!store.retry_delivery(&id, at(13)).await.expect("an answer"));
    assert!(!store.drop_delivery(&id, at(13)).await.expect("an answer"));
}

async fn a_mail_that_must_wait_is_claimed_when_due(database: TestDatabase) {
    let store = database.open().await;
    let id = one_delivery(&store).await;
    let mail = claim(&store, "sender", 10).await.expect("it is due");
    assert_eq!(store.next_delivery_due().await.expect("an answer"), Some(mail.lease.until));
    let later = DeliveryState::Queued { due: at(100) };
    assert!(store.commit_delivery(&id, &mail.lease, &later, "451 greylisted", at(11)).await.expect("an answer"));
    assert_eq!(store.next_delivery_due().await.expect("an answer"), Some(at(100)));
    let waiting = status(&store).await;
    assert_eq!((waiting.state, waiting.last_reply.as_str()), (later, "451 greylisted"));
    assert!(claim(&store, "sender", 99).await.is_none());
    assert_eq!(claim(&store, "sender", 100).await.expect("it is due").attempts, 2);
}

async fn an_answer_after_the_lease_is_not_stored(database: TestDatabase) {
    let store = database.open().await;
    let id = one_delivery(&store).await;
    let slow = claim(&store, "slow", 10).await.expect("it is due");
    let quick = claim(&store, "quick", 310).await.expect("it is due again");
    let sent = DeliveryState::Sent { reply: "250".into() };
    assert!(!store.commit_delivery(&id, &slow.lease, &sent, "250", at(311)).await.expect("an answer"));
    assert_eq!(status(&store).await.state, DeliveryState::Leased { until: quick.lease.until });
    assert!(store.commit_delivery(&id, &quick.lease, &sent, "250", at(312)).await.expect("an answer"));
}

async fn a_failed_delivery_can_be_tried_again_from_the_start(database: TestDatabase) {
    let store = database.open().await;
    let id = one_delivery(&store).await;
    let mail = claim(&store, "sender", 10).await.expect("it is due");
    let failed = DeliveryState::Failed { reply: "550 no such user".into() };
    assert!(store.commit_delivery(&id, &mail.lease, &failed, "550 no such user", at(11)).await.expect("an answer"));
    assert_eq!(status(&store).await.state, failed);
    assert_eq!(store.counts().await.expect("counts").deliveries_failed, 1);
    assert!(store.retry_delivery(&id, at(20)).await.expect("an answer"));
    assert_eq!(status(&store).await.state, DeliveryState::Queued { due: at(20) });
    let again = claim(&store, "sender", 20).await.expect("it is due");
    assert_eq!((again.attempts, again.first_tried_at), (1, Some(at(20))));
    assert_eq!(again.message_id, mail.message_id);
    assert!(!store.retry_delivery(&DeliveryId::from_stored("m_unknown"), at(20)).await.expect("an answer"));
}

async fn a_delivery_being_sent_is_left_alone(database: TestDatabase) {
    let store = database.open().await;
    let id = one_delivery(&store).await;
    claim(&store, "sender", 10).await.expect("it is due");
    assert!(!store.retry_delivery(&id, at(20)).await.expect("an answer"));
    assert!(!store.drop_delivery(&id, at(20)).await.expect("an answer"));
    assert!(store.retry_delivery(&id, at(310)).await.expect("an answer"), "the lease has ended");
}

async fn a_dropped_delivery_is_not_sent(database: TestDatabase) {
    let store = database.open().await;
    let id = one_delivery(&store).await;
    assert!(store.drop_delivery(&id, at(9)).await.expect("an answer"));
    assert_eq!(status(&store).await.state, DeliveryState::Dropped);
    assert!(claim(&store, "sender", 10).await.is_none());
    assert!(!store.retry_delivery(&id, at(20)).await.expect("an answer"));
}

async fn finished_deliveries_are_listed_only_on_request(database: TestDatabase) {
    let store = database.open().await;
    let id = one_delivery(&store).await;
    let mail = claim(&store, "sender", 10).await.expect("it is due");
    let later = DeliveryState::Queued { due: at(60) };
    store.commit_delivery(&id, &mail.lease, &later, "", at(11)).await.expect("an answer");
    store.make_digests_due(at(20)).await.expect("an answer");
    // A second digest with nothing in it, to have two in the list.
    compose(&store, 20).await;
    let listed = store.deliveries(false, 10).await.expect("a list");
    assert_eq!(listed.iter().map(|status| status.composed_at).collect::<Vec<_>>(), [at(20), at(10)], "newest first");
    assert_eq!(store.deliveries(false, 1).await.expect("a list").len(), 1);
    let mail = claim(&store, "sender", 20).await.expect("it is due");
    let sent = DeliveryState::Sent { reply: "250".into() };
    store.commit_delivery(&mail.id, &mail.lease, &sent, "250", at(21)).await.expect("an answer");
    let unfinished = store.deliveries(true, 10).await.expect("a list");
    assert_eq!(unfinished.iter().map(|status| status.id.clone()).collect::<Vec<_>>(), [id]);
}

async fn a_held_delivery_counts_as_untried_and_ops_are_told_once_for_each_reason_and_once_that_it_is_over(
    database: TestDatabase,
) {
    let store = database.open().await;
    let id = one_delivery(&store).await;
    for (secs, why) in [(10, "no key"), (20, "no key"), (30, "expired")] {
        let mail = claim(&store, "sender", secs).await.expect("it is due");
        assert_eq!((mail.attempts, mail.first_tried_at), (1, Some(at(secs))), "{why}");
        assert!(store.commit_hold(&id, &mail.lease, why, at(secs + 10), at(secs)).await.expect("an answer"));
        assert!(!store.commit_hold(&id, &mail.lease, why, at(secs + 10), at(secs)).await.expect("an answer"));
        assert_eq!(status(&store).await.state, DeliveryState::Queued { due: at(secs + 10) });
    }
    let held = store.recipients().await.expect("a list").remove(0).held;
    assert_eq!(held, Some((at(10), "expired".to_owned())), "since the first time");
    assert_eq!(store.counts().await.expect("counts").recipients_held, 1);
    let mail = claim(&store, "sender", 40).await.expect("it is due");
    let sent = DeliveryState::Sent { reply: "250".into() };
    assert!(store.commit_delivery(&id, &mail.lease, &sent, "250", at(41)).await.expect("an answer"));
    assert_eq!(store.recipients().await.expect("a list").remove(0).held, None);
    let told: Vec<_> = store.untold_events(9).await.expect("events").into_iter().map(|untold| untold.event).collect();
    let told: Vec<_> = told.iter().map(|event| (event.kind.as_str(), event.at)).collect();
    assert_eq!(told, [("held", at(10)), ("held", at(30)), ("released", at(41))]);
}

async fn of_a_recipient_whose_way_needs_a_setting_ops_are_told_once(database: TestDatabase) {
    let store = database.open().await;
    let id = one_delivery(&store).await;
    for secs in [10, 20] {
        let mail = claim(&store, "sender", secs).await.expect("it is due");
        let of = (&id, &mail.recipient);
        let put_off = ("no such program", at(secs + 10));
        assert!(store.commit_stuck(of, &mail.lease, put_off, at(secs)).await.expect("an answer"));
        assert!(!store.commit_stuck(of, &mail.lease, put_off, at(secs)).await.expect("an answer"), "the lease is gone");
        let status = status(&store).await;
        assert_eq!(
            (status.state, status.last_reply.as_str()),
            (DeliveryState::Queued { due: at(secs + 10) }, put_off.0)
        );
    }
    let told = store.untold_events(9).await.expect("events");
    let told: Vec<_> = told.iter().map(|untold| (untold.event.kind.as_str(), untold.event.at)).collect();
    assert_eq!(told, [("stuck", at(10))]);
}

async fn a_recipient_has_one_delivery_under_way_and_nobody_elses_waits_for_it(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["slow", "desk"], at(1)).await;
    add_reports(&store, &["one", "two"], &["slow", "desk"]).await;
    let (mut of_slow, mut of_desk) = (vec![], vec![]);
    for secs in [10, 20, 30, 40] {
        let recipient = claim_person(&store, "composer", secs).await;
        let reports = store.waiting_reports(&recipient.id, 1).await.expect("a list");
        let mut digest = composed(&recipient, &reports, secs);
        digest.next_due = at(secs);
        assert!(store.commit_digest(&digest).await.expect("the digest is stored"));
        let of = if recipient.id.as_str() == "slow" { &mut of_slow } else { &mut of_desk };
        of.push(digest.deliveries[0].id.clone());
    }
    let claimed = store.claim_due_deliveries(at(50), 10, &lease("a", 50)).await.expect("a claim");
    let mut ids: Vec<_> = claimed.iter().map(|mail| mail.id.clone()).collect();
    ids.sort();
    let mut earliest = vec![of_slow[0].clone(), of_desk[0].clone()];
    earliest.sort();
    assert_eq!(ids, earliest, "the earliest of each");
    assert!(claim(&store, "b", 51).await.is_none(), "both are under way");
    let answer = |state: DeliveryState, id: DeliveryId| {
        let (store, lease) = (&store, &claimed[0].lease);
        async move { assert!(store.commit_delivery(&id, lease, &state, "", at(52)).await.expect("an answer")) }
    };
    answer(DeliveryState::Sent { reply: String::new() }, of_desk[0].clone()).await;
    assert_eq!(claim(&store, "c", 53).await.map(|mail| mail.id).as_ref(), Some(&of_desk[1]), "the other one hangs");
    answer(DeliveryState::Queued { due: at(500) }, of_slow[0].clone()).await;
    let next = claim(&store, "d", 54).await.map(|mail| mail.id);
    assert_eq!(next.as_ref(), Some(&of_slow[1]), "what is due does not wait for what is tried later");
}

async fn what_a_clock_that_ran_ahead_put_off_is_due_again(database: TestDatabase) {
    const A_DAY_AHEAD: i64 = 86_400;
    let store = database.open().await;
    add_people(&store, &["desk"], at(1)).await;
    add_reports(&store, &["one"], &["desk"]).await;
    compose(&store, A_DAY_AHEAD).await;
    assert!(claim(&store, "early", 50).await.is_none());
    let recalled = store.recall_from_future(at(50), false).await.expect("an answer");
    assert_eq!(recalled.deliveries, 1);
    assert!(store.recall_from_future(at(50), true).await.expect("an answer").is_nothing());
    claim(&store, "ahead", A_DAY_AHEAD).await.expect("it is due");
    let recalled = store.recall_from_future(at(50), false).await.expect("an answer");
    assert!(recalled.is_nothing(), "it may be under way");
    assert_eq!(store.recall_from_future(at(50), true).await.expect("an answer").deliveries, 1);
    assert!(claim(&store, "after the start", 51).await.is_some());
}
