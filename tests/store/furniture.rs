//! What was learnt of hosts, and what watches found only in what was taken out of pages.

use newsvigil::model::watch::Aside;
use newsvigil::store::{OwedAside, ProcessedEntry, Retention, Store};

use crate::fixtures::*;

on_both! {
    what_was_learnt_of_a_host_is_kept_until_it_is_old,
    an_aside_is_told_once_for_all_pages_that_show_its_line,
    an_aside_whose_watch_is_found_in_the_text_later_is_no_aside_any_more,
}

async fn what_was_learnt_of_a_host_is_kept_until_it_is_old(database: TestDatabase) {
    let store = database.open().await;
    let host = |name: &str, lines: &[u8]| (name.to_owned(), lines.to_vec());
    let known = async || {
        let mut known: Vec<_> = store
            .furniture(&["a.example".into(), "b.example".into(), "c.example".into()])
            .await
            .expect("an answer")
            .into_iter()
            .collect();
        known.sort();
        known
    };
    store.keep_furniture(&[host("a.example", b"one"), host("b.example", b"two")], at(0)).await.expect("it is kept");
    store.keep_furniture(&[host("b.example", b"three")], at(10)).await.expect("it is kept");
    assert_eq!(known().await, [host("a.example", b"one"), host("b.example", b"three")]);
    let old =
        Retention { pages_before: at(-9), articles_before: at(-9), digests_before: at(-9), furniture_before: at(5) };
    assert_eq!(store.prune(&old).await.expect("it is forgotten"), 1);
    assert_eq!(known().await, [host("b.example", b"three")]);
}

/// Processed with nothing but an aside of this line.
fn beside(entry: &newsvigil::model::entry::ClaimedEntry, line: &str, secs: i64) -> ProcessedEntry {
    let hit = hit("repatriation");
    let owed = OwedAside { recipient: person("desk"), watch: hit.watch.clone(), line: line.to_owned() };
    ProcessedEntry {
        hits: vec![],
        asides: vec![Aside { hit, filter: "main_text".into() }],
        asides_owed: vec![owed],
        ..matched(entry, &[], secs)
    }
}

async fn waiting(store: &Store) -> Vec<String> {
    let asides = store.waiting_asides(&person("desk"), 10).await.expect("a list");
    asides.into_iter().map(|aside| format!("{} {} {}", aside.line, aside.outlet, aside.filter)).collect()
}

async fn an_aside_is_told_once_for_all_pages_that_show_its_line(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], at(1)).await;
    add_entries(&store, &["one", "two", "three", "four"]).await;
    for (secs, line) in [(1, "a"), (2, "b"), (3, "a")] {
        let entry = claim_entry(&store, "processor", secs).await;
        assert!(store.commit_processed(&beside(&entry, line, secs)).await.expect("it is stored"));
    }
    assert_eq!(waiting(&store).await.len(), 2);
    assert!(store.waiting_reports(&person("desk"), 10).await.expect("a list").is_empty(), "it makes no report");
    assert!(store.watch_counts().await.expect("counts").is_empty(), "and no hit that is counted");

    let entry = claim_entry(&store, "processor", 4).await;
    assert!(store.commit_processed(&matched(&entry, &["desk"], 4)).await.expect("it is stored"));
    let desk = claim_person(&store, "composer", 10).await;
    let reports = store.waiting_reports(&desk.id, 10).await.expect("a list");
    let mut digest = composed(&desk, &reports, 10);
    digest.asides = store.waiting_asides(&desk.id, 1).await.expect("a list").into_iter().map(|it| it.line).collect();
    assert_eq!(digest.asides, ["a"]);
    assert!(store.commit_digest(&digest).await.expect("the digest is stored"));
    assert_eq!(waiting(&store).await.len(), 1, "what did not fit waits for the next");
}

async fn an_aside_whose_watch_is_found_in_the_text_later_is_no_aside_any_more(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], at(1)).await;
    add_entries(&store, &["one"]).await;
    let entry = claim_entry(&store, "processor", 1).await;
    let later = newsvigil::model::entry::EntryState::Pending { due: at(2) };
    let first = ProcessedEntry { state: later, ..beside(&entry, "a", 1) };
    assert!(store.commit_processed(&first).await.expect("it is stored"));
    let history = store.entry_histories(entry.id.as_str(), "").await.expect("an answer").remove(0);
    assert_eq!((history.asides.len(), history.hits.len()), (1, 0));

    let entry = claim_entry(&store, "processor", 3).await;
    assert!(store.commit_processed(&matched(&entry, &["desk"], 3)).await.expect("it is stored"));
    assert!(waiting(&store).await.is_empty());
    let history = store.entry_histories(entry.id.as_str(), "").await.expect("an answer").remove(0);
    assert_eq!((history.asides.len(), history.hits.len()), (0, 1));
}
