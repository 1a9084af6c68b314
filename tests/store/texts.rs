//! The archive read from end to end, and what watches asked for.

use newsvigil::model::id::{EntryId, WatchId};
use newsvigil::store::{Kept, StoredText};
use newsvigil::store::{ProcessedEntry, UsedRevision};

use crate::fixtures::*;

on_both! {
    the_archive_is_read_in_order_whether_it_matched_or_not,
    a_revision_is_kept_once_and_the_last_other_one_is_found,
    a_bulletin_lists_what_a_watch_found_newest_first_and_no_copy_of_what_it_had_found,
}

async fn the_archive_is_read_in_order_whether_it_matched_or_not(database: TestDatabase) {
    let store = database.open().await;
    add_entries(&store, &["one", "two", "three"]).await;
    for secs in 1..=3 {
        let entry = claim_entry(&store, "p", secs).await;
        let processed =
            ProcessedEntry { hits: vec![], article: article("Twelve women."), ..matched(&entry, &[], secs) };
        assert!(store.commit_processed(&processed).await.expect("an answer"));
    }
    let first = store.texts(at(0), 0, 2).await.expect("texts");
    let rest = store.texts(at(0), first[1].seq, 2).await.expect("texts");
    assert_eq!((first.len(), rest.len()), (2, 1));
    assert!(first.iter().chain(&rest).all(|text| is_cleaned(text, "Twelve women.")));
    assert!(store.texts(at(1_000_000), 0, 2).await.expect("texts").is_empty());
    let newest = store.recent_texts(None, 2).await.expect("texts");
    assert_eq!(newest.len(), 2);
    let last = newest.last().map(|text| (text.first_seen, text.seq));
    let before = store.recent_texts(last, 9).await.expect("texts");
    assert!(before.iter().all(|text| newest.iter().all(|newer| newer.seq != text.seq)), "each article once");
}

async fn a_revision_is_kept_once_and_the_last_other_one_is_found(database: TestDatabase) {
    let store = database.open().await;
    let watch = WatchId::from_stored("shenyang");
    let used = |revision: &str| UsedRevision {
        watch: watch.clone(),
        revision: revision.to_owned(),
        query: format!("query {revision}"),
        meaning: format!("meaning {revision}"),
    };
    for (secs, revision) in [(1, "a"), (2, "b"), (3, "a"), (4, "c")] {
        store.use_revisions(&[used(revision)], at(secs)).await.expect("it is kept");
    }
    assert_eq!(store.other_revision(&watch, "c").await.expect("an answer"), Some(used("a")));
    assert_eq!(store.other_revision(&watch, "a").await.expect("an answer"), Some(used("c")));
    assert_eq!(store.other_revision(&WatchId::from_stored("new"), "a").await.expect("an answer"), None);
}

fn is_cleaned(stored: &StoredText, text: &str) -> bool {
    matches!(&stored.text, Kept::Article { body, .. } if body == text) && !stored.source.is_empty()
}

async fn a_bulletin_lists_what_a_watch_found_newest_first_and_no_copy_of_what_it_had_found(database: TestDatabase) {
    let store = database.open().await;
    let (watch, other) = (WatchId::from_stored("returns"), WatchId::from_stored("other"));
    assert_eq!(store.newest_hit_at(&watch).await.expect("an answer"), None);
    add_entries(&store, &["one", "two", "three"]).await;
    let mut entries: Vec<EntryId> = vec![];
    for secs in 1..=3 {
        let entry = claim_entry(&store, "p", secs).await;
        let mut processed = ProcessedEntry { hits: vec![hit("returns")], ..matched(&entry, &[], secs) };
        // The second is a copy of the first.
        processed.membership.copy_of = (secs == 2).then(|| entries[0].clone());
        assert!(store.commit_processed(&processed).await.expect("an answer"));
        entries.push(entry.id.clone());
    }
    let hits = store.newest_hits(&watch, 10).await.expect("hits");
    let listed: Vec<_> = hits.iter().map(|hit| (hit.entry.clone(), hit.found_at)).collect();
    assert_eq!(listed, [(entries[2].clone(), at(3)), (entries[0].clone(), at(1))]);
    assert_eq!(store.newest_hit_at(&watch).await.expect("an answer"), Some(at(3)));
    assert_eq!(store.newest_hits(&watch, 1).await.expect("hits").len(), 1);
    assert!(store.newest_hits(&other, 10).await.expect("hits").is_empty());
}
