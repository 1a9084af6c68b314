//! Counts, histories, and what is forgotten.

use newsvigil::model::delivery::DeliveryState;
use newsvigil::model::entry::EntryState;
use newsvigil::model::time::Timestamp;
use newsvigil::store::{Counts, ProcessedEntry, RawPage, Retention, gzip};

use crate::fixtures::*;

on_both! {
    counts_say_what_stands_where,
    hits_are_counted_by_watch,
    an_entry_tells_its_whole_way,
    an_entry_is_found_by_id_link_and_key,
    a_forgotten_entry_does_not_come_back_as_new,
    what_is_owed_is_not_forgotten,
    what_waits_to_be_processed_is_not_forgotten,
    a_page_is_forgotten_before_its_article,
    a_mail_that_may_still_be_sent_keeps_its_text,
    forgetting_works_through_more_than_one_batch,
}

fn everything_before(before: Timestamp) -> Retention {
    Retention { pages_before: before, articles_before: before, digests_before: before, furniture_before: before }
}

async fn counts_say_what_stands_where(database: TestDatabase) {
    let store = database.open().await;
    assert_eq!(store.counts().await.expect("counts"), Counts::default());
    add_people(&store, &["desk"], at(1)).await;
    add_entries(&store, &["one", "two", "three"]).await;
    let one = claim_entry(&store, "p", 1).await;
    assert!(store.commit_processed(&matched(&one, &["desk", "field"], 1)).await.expect("an answer"));
    let two = claim_entry(&store, "p", 2).await;
    assert!(store.abandon_entry(&two.id, &two.lease, "why not").await.expect("an answer"));
    compose(&store, 3).await;
    let expected = Counts {
        feeds: 1,
        entries: 3,
        entries_pending: 1,
        entries_abandoned: 1,
        reports_waiting: 1,
        deliveries_queued: 1,
        ..Counts::default()
    };
    assert_eq!(store.counts().await.expect("counts"), expected);
}

async fn hits_are_counted_by_watch(database: TestDatabase) {
    let store = database.open().await;
    add_entries(&store, &["one", "two"]).await;
    for (secs, hits) in [(1, vec![hit("repatriation"), hit("shenyang")]), (2, vec![hit("repatriation")])] {
        let entry = claim_entry(&store, "p", secs).await;
        let processed = ProcessedEntry { hits, ..matched(&entry, &[], secs) };
        assert!(store.commit_processed(&processed).await.expect("an answer"));
    }
    let counts = store.watch_counts().await.expect("counts");
    let counts: Vec<_> = counts.iter().map(|(watch, hits, last)| (watch.as_str(), *hits, *last)).collect();
    assert_eq!(counts, [("repatriation", 2, Some(at(2))), ("shenyang", 1, Some(at(1)))]);
}

async fn an_entry_tells_its_whole_way(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], at(1)).await;
    let ids = add_reports(&store, &["one"], &["desk", "field"]).await;
    let digest = compose(&store, 10).await;
    let history = store.entry_histories(ids[0].as_str(), "").await.expect("an answer").remove(0);
    assert_eq!((&history.id, &history.entry), (&ids[0], &feed_entry("one")));
    assert_eq!((history.outlet.as_str(), history.feed_url.as_str()), ("Outlet 0", "https://outlet-0.example/rss"));
    assert_eq!((history.state, history.first_seen, history.baseline), (EntryState::Matched, at(0), false));
    assert!(history.page.is_none() && history.copies.is_empty());
    assert_eq!(history.hits, [hit("repatriation")]);
    let reports: Vec<_> = history.reports.iter().map(|report| (&report.recipient, &report.digest)).collect();
    assert_eq!(reports, [(&person("desk"), &Some(digest.digest.id.clone())), (&person("field"), &None)]);
    assert_eq!(history.reports[0].queued_at, at(1));
    let deliveries = &history.reports[0].deliveries;
    assert_eq!((deliveries.len(), &deliveries[0].state), (1, &DeliveryState::Queued { due: at(10) }));
}

async fn an_entry_is_found_by_id_link_and_key(database: TestDatabase) {
    let store = database.open().await;
    add_feeds(&store, 2).await;
    let feeds = store.claim_due_feeds(at(0), 2, &lease("poller", 0)).await.expect("a claim");
    let polls: Vec<_> = feeds.iter().map(|feed| read(feed, &["one"], 0)).collect();
    commit_polls(&store, &polls).await.expect("it is stored");
    for (text, found) in [
        (("", "news.example/one"), 2),
        (("one", ""), 2),
        (("guid:one", ""), 2),
        (("one", "news.example/one"), 2),
        ((new_entry(&feeds[0].id, "one").id.as_str(), ""), 1),
        (("", "news.example/two"), 0),
        (("", ""), 0),
    ] {
        let (id_or_key, link_key) = text;
        assert_eq!(store.entry_histories(id_or_key, link_key).await.expect("an answer").len(), found, "{text:?}");
    }
}

async fn a_forgotten_entry_does_not_come_back_as_new(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], at(1)).await;
    let ids = add_reports(&store, &["one"], &["desk"]).await;
    compose(&store, 10).await;
    assert_eq!(store.prune(&everything_before(at(0))).await.expect("an answer"), 0, "nothing is that old");
    let before_all = Retention { digests_before: at(0), ..everything_before(at(1_000)) };
    assert_eq!(store.prune(&before_all).await.expect("an answer"), 1);
    assert_eq!(store.prune(&before_all).await.expect("an answer"), 0, "once");
    let history = store.entry_histories("", "news.example/one").await.expect("an answer").remove(0);
    assert_eq!((&history.id, history.state), (&ids[0], EntryState::Matched));
    assert!(history.article.is_none() && history.hits.is_empty());
    assert_eq!((history.entry.title.as_str(), history.entry.summary.as_str()), ("", ""));
    let fingerprint = newsvigil::model::story::Fingerprint { shingles: vec![1, 2, 3], ..Default::default() };
    let other = newsvigil::model::id::EntryId::from_stored("e_other");
    assert!(store.candidates(&other, &fingerprint.shingles, 9).await.expect("a list").is_empty());
    let feed = claim_feed(&store, "poller", 4_000).await;
    assert_eq!(commit_polls(&store, &[read(&feed, &["one"], 4_000)]).await.expect("an answer")[0].new_entries, 0);
}

async fn what_is_owed_is_not_forgotten(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], at(1)).await;
    let ids = add_reports(&store, &["one", "two"], &["desk"]).await;
    assert_eq!(store.prune(&everything_before(Timestamp::NEVER)).await.expect("an answer"), 0);
    let reports = store.waiting_reports(&person("desk"), 10).await.expect("a list");
    assert_eq!(reports.iter().map(|report| report.entry.clone()).collect::<Vec<_>>(), ids);
    assert_eq!(reports[0].article, article("They were repatriated.\nNobody saw them again."));
    assert_eq!(reports[0].hits, [hit("repatriation")]);
}

async fn what_waits_to_be_processed_is_not_forgotten(database: TestDatabase) {
    let store = database.open().await;
    add_entries(&store, &["never seen", "seen"]).await;
    let mut seen = matched(&claim_entry(&store, "p", 1).await, &[], 1);
    seen.state = EntryState::Pending { due: at(900) };
    assert!(store.commit_processed(&seen).await.expect("an answer"));
    assert_eq!(store.prune(&everything_before(Timestamp::NEVER)).await.expect("an answer"), 0);
    let entries = store.claim_pending_entries(at(900), 10, &lease("p", 900)).await.expect("a claim");
    assert_eq!(entries.len(), 2);
    assert!(entries.iter().all(|entry| !entry.entry.title.is_empty()));
}

async fn a_page_is_forgotten_before_its_article(database: TestDatabase) {
    let store = database.open().await;
    add_entries(&store, &["one"]).await;
    let entry = claim_entry(&store, "p", 1).await;
    let mut processed = matched(&entry, &[], 1);
    processed.page = Some(RawPage {
        url: "https://news.example/one".parse().expect("a URL"),
        status: 200,
        headers: String::new(),
        sha256: "abc".into(),
        body_gzip: gzip(b"<html>"),
        fetched_at: at(1),
    });
    assert!(store.commit_processed(&processed).await.expect("an answer"));
    let pages_only = Retention { pages_before: at(2), ..everything_before(at(0)) };
    assert_eq!(store.prune(&pages_only).await.expect("an answer"), 1);
    assert_eq!(store.prune(&pages_only).await.expect("an answer"), 0, "once");
    let history = store.entry_histories(entry.id.as_str(), "").await.expect("an answer").remove(0);
    assert_eq!(history.page.expect("its metadata stay").sha256, "abc");
    assert_eq!(history.article, Some(processed.article));
}

async fn a_mail_that_may_still_be_sent_keeps_its_text(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], at(1)).await;
    add_reports(&store, &["one"], &["desk"]).await;
    let digest = compose(&store, 10).await;
    let digests_only = Retention { digests_before: Timestamp::NEVER, ..everything_before(at(0)) };
    assert_eq!(store.prune(&digests_only).await.expect("an answer"), 0);
    let mail = store.claim_due_deliveries(at(10), 1, &lease("sender", 10)).await.expect("a claim").remove(0);
    assert_eq!(mail.rendered, digest.rendered);
    let failed = DeliveryState::Failed { reply: "550".into() };
    assert!(store.commit_delivery(&mail.id, &mail.lease, &failed, "550", at(11)).await.expect("an answer"));
    assert_eq!(store.prune(&digests_only).await.expect("an answer"), 0, "it may be tried again");
    assert!(store.drop_delivery(&mail.id, at(12)).await.expect("an answer"));
    assert_eq!(store.prune(&digests_only).await.expect("an answer"), 1);
    assert_eq!(store.deliveries(false, 10).await.expect("a list")[0].reports, 1, "that it was is not forgotten");
}

async fn forgetting_works_through_more_than_one_batch(database: TestDatabase) {
    let store = database.open().await;
    let names: Vec<String> = (0..450).map(|number| format!("entry-{number}")).collect();
    add_entries(&store, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let entries = store.claim_pending_entries(at(0), 450, &lease("p", 0)).await.expect("a claim");
    for entry in &entries {
        assert!(store.abandon_entry(&entry.id, &entry.lease, "for the test").await.expect("an answer"));
    }
    assert_eq!(store.prune(&everything_before(at(1))).await.expect("an answer"), 450);
}
