//! Entries on their way to articles, hits and reports.

use std::collections::HashSet;

use newsvigil::model::entry::{ClaimedEntry, EntryState};
use newsvigil::model::id::EntryId;
use newsvigil::model::story::Fingerprint;
use newsvigil::model::time::Timestamp;
use newsvigil::store::{LinkedState, Owed, ProcessedEntry, RawPage, Releasable, Store, gunzip, gzip};
use tokio::task::JoinSet;

use crate::fixtures::*;

on_both! {
    entries_of_one_link_know_each_other,
    eight_workers_claim_each_entry_once,
    entries_are_claimed_longest_due_first,
    an_attempt_counts_when_it_is_claimed_and_no_more_once_committed,
    an_entry_that_may_be_what_ends_the_process_goes_behind_the_others,
    what_is_given_back_counts_as_never_claimed_and_only_for_its_worker,
    an_abandoned_entry_keeps_its_reason,
    an_article_without_its_lease_stores_nothing,
    a_report_in_three_outlets_is_owed_once,
    a_copy_of_a_copy_counts_as_the_first,
    a_text_that_arrives_late_replaces_the_article_and_is_not_told_twice,
    an_article_told_of_under_its_own_name_is_not_told_again_as_a_copy,
    a_late_text_that_turns_out_a_copy_is_not_told_again,
    the_article_that_shares_most_is_the_first_candidate,
    a_replaced_text_is_no_candidate_by_its_old_words,
    a_report_for_somebody_not_known_yet_waits_for_them,
    running_stories_are_read_in_the_order_they_were_told,
    a_page_is_kept_as_it_came,
    eight_workers_owe_each_report_once,
    a_recipient_named_twice_is_owed_at_the_earlier_time,
    articles_stored_together_know_of_each_other,
    one_lost_lease_does_not_cost_the_other_articles,
    a_large_batch_of_articles_is_stored_whole,
}

async fn entries_of_one_link_know_each_other(database: TestDatabase) {
    let store = database.open().await;
    add_feeds(&store, 3).await;
    let feeds = store.claim_due_feeds(at(0), 3, &lease("poller", 0)).await.expect("a claim");
    let polls: Vec<_> = feeds.iter().map(|feed| read(feed, &["one"], 0)).collect();
    commit_polls(&store, &polls).await.expect("they are stored");
    let (first, second) = (claim_entry(&store, "w1-1", 1).await, claim_entry(&store, "w2-1", 2).await);
    let third = new_entry(
        &feeds
            .iter()
            .map(|feed| feed.id.clone())
            .find(|id| *id != first.feed && *id != second.feed)
            .expect("the third"),
        "one",
    )
    .id;
    let states = async |now| {
        let linked = store.linked_entries("news.example/one", &third, at(now)).await.expect("a list");
        let of = |id| linked.iter().find(|linked| linked.entry == id).expect("it is linked").state.clone();
        (of(first.id.clone()), of(second.id.clone()))
    };
    let leased = |token: &str| LinkedState::Leased { token: token.into() };
    assert_eq!(states(3).await, (leased("w1-1"), leased("w2-1")));
    assert!(store.page(&first.id).await.expect("an answer").is_none());

    let mut done = matched(&first, &[], 4);
    let page = RawPage {
        url: "https://news.example/one".parse().expect("a URL"),
        status: 200,
        headers: "content-type: text/html\n".into(),
        sha256: "hash".into(),
        body_gzip: gzip(b"<p>text</p>"),
        fetched_at: at(4),
    };
    done.page = Some(page.clone());
    assert!(store.commit_processed(&done).await.expect("it is stored"));
    assert!(store.postpone_entry(&second.id, &second.lease, at(900)).await.expect("an answer"));
    assert!(!store.postpone_entry(&second.id, &second.lease, at(901)).await.expect("an answer"), "the lease is gone");
    assert_eq!(states(5).await, (LinkedState::Read { at: at(4) }, LinkedState::Pending { due: at(900) }));
    let kept = store.page(&first.id).await.expect("an answer").expect("it is kept");
    assert_eq!((&kept.url, &kept.headers, kept.status), (&page.url, &page.headers, 200));
    assert_eq!(gunzip(&kept.body_gzip, 100).expect("a body"), b"<p>text</p>");
    let again = store.claim_pending_entries(at(900), 9, &lease("w1-2", 900)).await.expect("a claim");
    assert_eq!(
        again.iter().find(|entry| entry.id == second.id).expect("it is due").attempts,
        1,
        "being put off is no attempt"
    );
    assert!(store.linked_entries("", &third, at(5)).await.expect("a list").is_empty());
}

async fn history(store: &Store, entry: &EntryId) -> newsvigil::store::EntryHistory {
    store.entry_histories(entry.as_str(), "").await.expect("an answer").pop().expect("the entry is known")
}

async fn waiting(store: &Store, name: &str) -> Vec<EntryId> {
    let reports = store.waiting_reports(&person(name), 100).await.expect("a list");
    reports.into_iter().map(|report| report.entry).collect()
}

/// As [`matched`], with the text of `of`.
fn copy(entry: &newsvigil::model::entry::ClaimedEntry, of: &EntryId, owed_to: &[&str], secs: i64) -> ProcessedEntry {
    let mut processed = matched(entry, owed_to, secs);
    processed.membership.copy_of = Some(of.clone());
    processed.state = EntryState::Duplicate { of: of.clone() };
    processed
}

async fn commit(store: &Store, processed: &ProcessedEntry) {
    assert!(store.commit_processed(processed).await.expect("an answer"), "the lease was held");
}

async fn eight_workers_claim_each_entry_once(database: TestDatabase) {
    let store = database.open().await;
    let names: Vec<String> = (0..300).map(|number| format!("entry-{number}")).collect();
    add_entries(&store, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut workers = JoinSet::new();
    for worker in 0..8 {
        let store = store.clone();
        workers.spawn(async move {
            let mut claimed = Vec::new();
            for round in 0.. {
                let lease = lease(&format!("worker {worker} round {round}"), 0);
                let entries = store.claim_pending_entries(at(0), 7, &lease).await.expect("a claim");
                if entries.is_empty() {
                    break;
                }
                claimed.extend(entries.into_iter().map(|entry| entry.id));
            }
            claimed
        });
    }
    let claimed: Vec<EntryId> = workers.join_all().await.into_iter().flatten().collect();
    let distinct: HashSet<&EntryId> = claimed.iter().collect();
    assert_eq!((claimed.len(), distinct.len()), (300, 300));
}

async fn entries_are_claimed_longest_due_first(database: TestDatabase) {
    let store = database.open().await;
    add_feeds(&store, 1).await;
    let feed = claim_feed(&store, "poller", 0).await;
    let mut poll = read(&feed, &["last", "first", "later", "second"], 0);
    if let newsvigil::store::PollResult::Read { entries, .. } = &mut poll.result {
        for (entry, due) in entries.iter_mut().zip([30, 10, 99, 20]) {
            entry.due = at(due);
        }
    }
    commit_polls(&store, &[poll]).await.expect("it is stored");
    assert_eq!(store.next_entry_due().await.expect("an answer"), Some(at(10)));
    let entries = store.claim_pending_entries(at(50), 10, &lease("processor", 50)).await.expect("a claim");
    let names: Vec<&str> = entries.iter().map(|entry| entry.entry.guid.as_str()).collect();
    assert_eq!(names, ["first", "second", "last"]);
    assert_eq!(store.next_entry_due().await.expect("an answer"), Some(at(99)));
}

async fn an_attempt_counts_when_it_is_claimed_and_no_more_once_committed(database: TestDatabase) {
    let store = database.open().await;
    add_entries(&store, &["one"]).await;
    assert_eq!(claim_entry(&store, "first", 0).await.attempts, 1);
    let second = claim_entry(&store, "second", 400).await;
    assert_eq!(second.attempts, 2, "the first was never committed");
    let mut processed = matched(&second, &[], 401);
    processed.state = EntryState::Pending { due: at(500) };
    processed.page_tries = 1;
    processed.page_error = "the server answered 503".into();
    commit(&store, &processed).await;
    let third = claim_entry(&store, "third", 500).await;
    assert_eq!((third.attempts, third.page_tries), (1, 1));
    assert_eq!(history(&store, &third.id).await.page_error, "the server answered 503");
}

async fn an_entry_that_may_be_what_ends_the_process_goes_behind_the_others(database: TestDatabase) {
    let store = database.open().await;
    add_entries(&store, &["suspect"]).await;
    claim_entry(&store, "first", 0).await;
    claim_entry(&store, "second", 400).await;
    let feed = claim_feed(&store, "poller", 4_000).await;
    let mut poll = read(&feed, &["suspect", "fresh"], 4_000);
    if let newsvigil::store::PollResult::Read { entries, .. } = &mut poll.result {
        entries.iter_mut().for_each(|entry| entry.due = at(4_000));
    }
    commit_polls(&store, &[poll]).await.expect("it is stored");
    let names = |entries: Vec<ClaimedEntry>| entries.into_iter().map(|entry| entry.entry.guid).collect::<Vec<_>>();
    let claimed = store.claim_pending_entries(at(4_001), 9, &lease("third", 4_001)).await.expect("a claim");
    assert_eq!(names(claimed), ["fresh", "suspect"]);
}

async fn what_is_given_back_counts_as_never_claimed_and_only_for_its_worker(database: TestDatabase) {
    let store = database.open().await;
    add_entries(&store, &["one", "two"]).await;
    let one = store.claim_pending_entries(at(1), 1, &lease("here-1", 1)).await.expect("a claim");
    let two = store.claim_pending_entries(at(1), 1, &lease("there-1", 1)).await.expect("a claim");
    store.release(Releasable::Entries, "here").await.expect("it is given back");
    let again = store.claim_pending_entries(at(1), 9, &lease("here-2", 1)).await.expect("a claim");
    assert_eq!(again.len(), 1, "the other worker still holds its own");
    assert_eq!((&again[0].id, again[0].attempts), (&one[0].id, 1));
    commit(&store, &matched(&two[0], &[], 2)).await;
}

async fn an_abandoned_entry_keeps_its_reason(database: TestDatabase) {
    let store = database.open().await;
    add_entries(&store, &["one"]).await;
    let entry = claim_entry(&store, "first", 0).await;
    assert!(!store.abandon_entry(&entry.id, &lease("another", 0), "no").await.expect("an answer"));
    assert!(store.abandon_entry(&entry.id, &entry.lease, "ended the process 3 times").await.expect("an answer"));
    assert!(!store.abandon_entry(&entry.id, &entry.lease, "again").await.expect("an answer"));
    let reason = "ended the process 3 times".to_owned();
    assert_eq!(history(&store, &entry.id).await.state, EntryState::Abandoned { reason });
    assert!(store.claim_pending_entries(at(9_000), 1, &lease("x", 9_000)).await.expect("a claim").is_empty());
    assert_eq!(store.counts().await.expect("counts").entries_abandoned, 1);
    assert_eq!(store.next_entry_due().await.expect("an answer"), None);
}

async fn an_article_without_its_lease_stores_nothing(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], Timestamp::NEVER).await;
    add_entries(&store, &["one"]).await;
    let slow = claim_entry(&store, "slow", 0).await;
    let quick = claim_entry(&store, "quick", 300).await;
    assert!(!store.commit_processed(&matched(&slow, &["desk"], 301)).await.expect("an answer"));
    let seen = history(&store, &slow.id).await;
    assert!(seen.article.is_none() && seen.hits.is_empty() && seen.reports.is_empty());
    assert_eq!(seen.state, EntryState::Leased { until: quick.lease.until });
    assert!(waiting(&store, "desk").await.is_empty());
    assert_eq!(store.next_digest_due().await.expect("an answer"), None);
    commit(&store, &matched(&quick, &["desk"], 302)).await;
    assert!(!store.commit_processed(&matched(&quick, &["desk"], 303)).await.expect("an answer"), "once for a lease");
    let stored = history(&store, &slow.id).await;
    assert_eq!((stored.state, stored.hits), (EntryState::Matched, vec![hit("repatriation")]));
    assert_eq!(stored.article, Some(matched(&quick, &[], 302).article));
    assert_eq!(stored.membership, Some(matched(&quick, &[], 302).membership));
}

async fn a_report_in_three_outlets_is_owed_once(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk", "field"], Timestamp::NEVER).await;
    let feed = add_entries(&store, &["one", "two", "three"]).await;
    let id = |name| new_entry(&feed.id, name).id;
    for (name, secs) in [("one", 1), ("two", 2), ("three", 3)] {
        let entry = claim_entry(&store, "processor", secs).await;
        assert_eq!(entry.id, id(name));
        let owed_to: &[&str] = if name == "two" { &["desk", "field"] } else { &["desk"] };
        let processed = match name {
            "one" => matched(&entry, owed_to, secs),
            _ => copy(&entry, &id("one"), owed_to, secs),
        };
        commit(&store, &processed).await;
    }
    let reports = store.waiting_reports(&person("desk"), 10).await.expect("a list");
    assert_eq!(reports.len(), 1);
    assert_eq!((&reports[0].entry, &reports[0].original), (&id("one"), &id("one")));
    let copies: Vec<_> = reports[0].copies.iter().map(|copy| copy.link.clone().expect("a link").to_string()).collect();
    assert_eq!(copies, ["https://news.example/two", "https://news.example/three"]);
    assert_eq!(reports[0].copies[0].outlet, "Outlet 0");
    let elsewhere = store.waiting_reports(&person("field"), 10).await.expect("a list");
    assert_eq!((&elsewhere[0].entry, &elsewhere[0].original), (&id("two"), &id("one")));
    assert_eq!(elsewhere[0].copies.len(), 2, "the first and the third");
    assert_eq!(history(&store, &id("two")).await.state, EntryState::Duplicate { of: id("one") });
    assert_eq!(store.counts().await.expect("counts").reports_waiting, 2);
}

async fn a_copy_of_a_copy_counts_as_the_first(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], Timestamp::NEVER).await;
    let feed = add_entries(&store, &["one", "two", "three"]).await;
    let id = |name| new_entry(&feed.id, name).id;
    commit(&store, &matched(&claim_entry(&store, "p", 1).await, &["desk"], 1)).await;
    commit(&store, &copy(&claim_entry(&store, "p", 2).await, &id("one"), &["desk"], 2)).await;
    commit(&store, &copy(&claim_entry(&store, "p", 3).await, &id("two"), &["desk"], 3)).await;
    assert_eq!(waiting(&store, "desk").await, [id("one")]);
    assert_eq!(history(&store, &id("three")).await.copies, [id("one"), id("two")]);
    assert_eq!(history(&store, &id("three")).await.reports.len(), 1, "the report of the first is its report");
}

async fn a_text_that_arrives_late_replaces_the_article_and_is_not_told_twice(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk", "field"], Timestamp::NEVER).await;
    add_entries(&store, &["one"]).await;
    let entry = claim_entry(&store, "first", 1).await;
    let mut early = matched(&entry, &["desk"], 1);
    early.state = EntryState::Pending { due: at(100) };
    commit(&store, &early).await;
    compose(&store, 2).await; // the desk has it
    let again = claim_entry(&store, "second", 100).await;
    let mut late = matched(&again, &["desk", "field"], 100);
    late.article = article("The whole text.");
    late.hits = vec![hit("shenyang"), hit("repatriation")];
    commit(&store, &late).await;
    assert!(waiting(&store, "desk").await.is_empty(), "told already");
    assert_eq!(waiting(&store, "field").await, std::slice::from_ref(&entry.id), "a new hit for somebody else");
    let stored = history(&store, &entry.id).await;
    assert_eq!(stored.article.expect("an article").body(), "The whole text.");
    assert_eq!(stored.hits, late.hits);
}

async fn an_article_told_of_under_its_own_name_is_not_told_again_as_a_copy(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], Timestamp::NEVER).await;
    let feed = add_entries(&store, &["other", "one", "third"]).await;
    let id = |name| new_entry(&feed.id, name).id;
    let other = claim_entry(&store, "p", 1).await;
    commit(&store, &ProcessedEntry { hits: vec![], state: EntryState::Unmatched, ..matched(&other, &[], 1) }).await;
    let one = claim_entry(&store, "p", 2).await;
    let mut early = matched(&one, &["desk"], 2);
    early.state = EntryState::Pending { due: at(10) };
    commit(&store, &early).await;
    // Its whole text turns out to be that of the other, of which nobody was told.
    let third = claim_entry(&store, "p", 3).await;
    let one = claim_entry(&store, "p", 10).await;
    commit(&store, &copy(&one, &id("other"), &["desk"], 10)).await;
    assert_eq!(waiting(&store, "desk").await, [id("one")]);
    // And a later copy of it finds the report.
    commit(&store, &copy(&third, &id("one"), &["desk"], 11)).await;
    assert_eq!(waiting(&store, "desk").await, [id("one")]);
}

async fn a_late_text_that_turns_out_a_copy_is_not_told_again(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], Timestamp::NEVER).await;
    let feed = add_entries(&store, &["known", "teaser"]).await;
    let id = |name| new_entry(&feed.id, name).id;
    commit(&store, &matched(&claim_entry(&store, "p", 1).await, &["desk"], 1)).await;
    let teaser = claim_entry(&store, "p", 2).await;
    let mut early = matched(&teaser, &[], 2);
    early.hits = Vec::new();
    early.state = EntryState::Pending { due: at(10) };
    commit(&store, &early).await;
    commit(&store, &copy(&claim_entry(&store, "p", 10).await, &id("known"), &["desk"], 10)).await;
    assert_eq!(waiting(&store, "desk").await, [id("known")]);
}

async fn the_article_that_shares_most_is_the_first_candidate(database: TestDatabase) {
    let store = database.open().await;
    let feed = add_entries(&store, &["a", "b", "c", "new"]).await;
    let id = |name| new_entry(&feed.id, name).id;
    for (secs, shingles) in [(1, vec![1, 2, 3]), (2, vec![i64::MIN, 2, 3, 4]), (3, vec![50, i64::MAX])] {
        let mut processed = matched(&claim_entry(&store, "p", secs).await, &[], secs);
        processed.fingerprint = Fingerprint { shingles, ..Fingerprint::default() };
        commit(&store, &processed).await;
    }
    let wanted = Fingerprint { shingles: vec![i64::MIN, 2, 3, 4, 5], ..Fingerprint::default() };
    let found = store.candidates(&id("new"), &wanted.shingles, 10).await.expect("a list");
    let names: Vec<&EntryId> = found.iter().map(|candidate| &candidate.entry).collect();
    assert_eq!(names, [&id("b"), &id("a")]);
    assert_eq!(found[0].fingerprint.shingles, [i64::MIN, 2, 3, 4]);
    assert_eq!((&found[1].original, &found[1].story), (&id("a"), &newsvigil::model::id::StoryId::opened_by(&id("a"))));
    assert_eq!(store.candidates(&id("new"), &wanted.shingles, 1).await.expect("a list").len(), 1);
    assert_eq!(store.candidates(&id("b"), &wanted.shingles, 10).await.expect("a list").len(), 1, "not itself");
    assert!(store.candidates(&id("new"), &[], 10).await.expect("a list").is_empty());
}

async fn a_replaced_text_is_no_candidate_by_its_old_words(database: TestDatabase) {
    let store = database.open().await;
    let feed = add_entries(&store, &["one", "new"]).await;
    let id = |name| new_entry(&feed.id, name).id;
    let mut early = matched(&claim_entry(&store, "p", 1).await, &[], 1);
    early.state = EntryState::Pending { due: at(2) };
    early.fingerprint = Fingerprint { shingles: (0..5_000).collect(), ..Fingerprint::default() };
    commit(&store, &early).await;
    let claimed = store.claim_pending_entries(at(2), 2, &lease("p", 2)).await.expect("a claim");
    let one = claimed.iter().find(|entry| entry.id == id("one")).expect("it is due again");
    let mut late = matched(one, &[], 2);
    late.fingerprint = Fingerprint { shingles: vec![9_000], ..Fingerprint::default() };
    commit(&store, &late).await;
    let found = |shingle| {
        let (store, id, fingerprint) =
            (store.clone(), id("new"), Fingerprint { shingles: vec![shingle], ..Fingerprint::default() });
        async move { store.candidates(&id, &fingerprint.shingles, 10).await.expect("a list").len() }
    };
    assert_eq!((found(17).await, found(4_999).await, found(9_000).await), (0, 0, 1));
}

async fn running_stories_are_read_in_the_order_they_were_told(database: TestDatabase) {
    let store = database.open().await;
    let feed = add_entries(&store, &["one", "two", "three", "four"]).await;
    let id = |name| new_entry(&feed.id, name).id;
    commit(&store, &matched(&claim_entry(&store, "p", 1).await, &[], 1)).await;
    commit(&store, &copy(&claim_entry(&store, "p", 2).await, &id("one"), &[], 2)).await;
    let mark = store.grouped_mark(at(0)).await.expect("an answer");
    let third = claim_entry(&store, "p", 3).await;
    commit(&store, &ProcessedEntry { grouped: false, ..matched(&third, &[], 3) }).await;
    assert_eq!(store.grouped_mark(at(0)).await.expect("an answer"), mark, "nobody compared it");
    commit(&store, &matched(&claim_entry(&store, "p", 4).await, &[], 4)).await;
    assert_ne!(store.grouped_mark(at(0)).await.expect("an answer"), mark);
    let grouped = store.grouped_since(at(0)).await.expect("a list");
    let told: Vec<_> = grouped.iter().map(|article| (&article.entry, article.is_copy, article.grouped_at)).collect();
    assert_eq!(told, [(&id("one"), false, at(1)), (&id("two"), true, at(2)), (&id("four"), false, at(4))]);
    assert_eq!((grouped[0].fingerprint.shingles.len(), grouped[1].fingerprint.shingles.len()), (3, 0));
    assert_eq!(store.grouped_since(at(3)).await.expect("a list").len(), 1);
}

async fn a_report_for_somebody_not_known_yet_waits_for_them(database: TestDatabase) {
    let store = database.open().await;
    add_reports(&store, &["one"], &["newcomer"]).await;
    add_people(&store, &["newcomer"], Timestamp::NEVER).await;
    assert_eq!(claim_person(&store, "composer", 10).await.id, person("newcomer"), "never due, but something waits");
    assert_eq!(waiting(&store, "newcomer").await.len(), 1);
}

async fn a_page_is_kept_as_it_came(database: TestDatabase) {
    let store = database.open().await;
    add_entries(&store, &["one"]).await;
    let entry = claim_entry(&store, "p", 1).await;
    let mut processed = matched(&entry, &[], 1);
    processed.page = Some(RawPage {
        url: "https://news.example/one?page=1".parse().expect("a URL"),
        status: 200,
        headers: "content-type: text/html\nserver: x".into(),
        sha256: "abc".into(),
        body_gzip: gzip(&[b'x'; 10_000]),
        fetched_at: at(1),
    });
    commit(&store, &processed).await;
    let page = history(&store, &entry.id).await.page.expect("a page");
    assert_eq!((page.url.as_str(), page.status, page.bytes), ("https://news.example/one?page=1", 200, 10_000));
    assert_eq!((page.sha256.as_str(), page.fetched_at), ("abc", at(1)));
}

async fn eight_workers_owe_each_report_once(database: TestDatabase) {
    let store = database.open().await;
    let people = ["a", "b", "c", "d", "e"];
    add_people(&store, &people, Timestamp::NEVER).await;
    let names: Vec<String> = (0..80).map(|number| format!("entry-{number:03}")).collect();
    let feed = add_entries(&store, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let first = new_entry(&feed.id, &names[0]).id;
    let mut workers = JoinSet::new();
    for worker in 0..8 {
        let (store, first) = (store.clone(), first.clone());
        workers.spawn(async move {
            loop {
                let lease = lease(&format!("worker {worker}"), 0);
                let Some(entry) = store.claim_pending_entries(at(0), 1, &lease).await.expect("a claim").pop() else {
                    break;
                };
                // Every other one tells what the first one tells.
                let mut order = people;
                order.rotate_left(worker % people.len());
                let is_copy = entry.entry.guid.ends_with(['1', '3', '5', '7', '9']);
                let processed = if is_copy { copy(&entry, &first, &order, 1) } else { matched(&entry, &order, 1) };
                assert!(store.commit_processed(&processed).await.expect("no worker stands in another's way"));
            }
        });
    }
    workers.join_all().await;
    for name in people {
        assert_eq!(store.waiting_reports(&person(name), 100).await.expect("a list").len(), 40);
    }
    assert_eq!(store.next_digest_due().await.expect("an answer"), Some(at(1)));
}

async fn a_recipient_named_twice_is_owed_at_the_earlier_time(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], Timestamp::NEVER).await;
    add_entries(&store, &["one"]).await;
    let entry = claim_entry(&store, "p", 1).await;
    let mut processed = matched(&entry, &[], 1);
    processed.owed_to = [900, 50, 400]
        .map(|secs| Owed { recipient: person("desk"), due: at(secs), alert_due: Timestamp::NEVER })
        .to_vec();
    commit(&store, &processed).await;
    assert_eq!(store.next_digest_due().await.expect("an answer"), Some(at(50)));
}

async fn articles_stored_together_know_of_each_other(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk", "field"], Timestamp::NEVER).await;
    add_entries(&store, &["one", "two", "three"]).await;
    let claimed = store.claim_pending_entries(at(1), 3, &lease("p", 1)).await.expect("a claim");
    let mut second = copy(&claimed[1], &claimed[0].id, &["desk", "field"], 1);
    second.owed_to[0].due = at(-50);
    let third = copy(&claimed[2], &claimed[1].id, &["desk"], 1);
    let all = [matched(&claimed[0], &["desk"], 1), second, third];
    assert_eq!(store.commit_all_processed(&all).await.expect("an answer"), [true, true, true]);
    assert_eq!(waiting(&store, "desk").await, std::slice::from_ref(&claimed[0].id));
    assert_eq!(waiting(&store, "field").await, std::slice::from_ref(&claimed[1].id));
    assert_eq!(history(&store, &claimed[2].id).await.copies.len(), 2, "the copy of a copy counts as the first");
    assert_eq!(claim_person(&store, "composer", -50).await.id, person("desk"), "the earliest of the times");
}

async fn one_lost_lease_does_not_cost_the_other_articles(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], Timestamp::NEVER).await;
    add_entries(&store, &["one", "two"]).await;
    let claimed = store.claim_pending_entries(at(1), 2, &lease("p", 1)).await.expect("a claim");
    let mut lost = matched(&claimed[0], &["desk"], 1);
    lost.lease.token = "somebody else's".into();
    let held = matched(&claimed[1], &["desk"], 1);
    let all = [lost, held.clone(), held];
    assert_eq!(store.commit_all_processed(&all).await.expect("an answer"), [false, true, false]);
    assert_eq!(waiting(&store, "desk").await, std::slice::from_ref(&claimed[1].id));
    assert!(history(&store, &claimed[0].id).await.article.is_none());
    assert!(store.commit_all_processed(&[]).await.expect("an answer").is_empty());
}

async fn a_large_batch_of_articles_is_stored_whole(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], Timestamp::NEVER).await;
    let names: Vec<String> = (0..500).map(|number| format!("entry-{number}")).collect();
    add_entries(&store, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let claimed = store.claim_pending_entries(at(1), 500, &lease("p", 1)).await.expect("a claim");
    let all: Vec<_> = claimed.iter().map(|entry| matched(entry, &["desk"], 1)).collect();
    assert!(store.commit_all_processed(&all).await.expect("an answer").iter().all(|stored| *stored));
    assert_eq!(store.waiting_reports(&person("desk"), 1_000).await.expect("a list").len(), 500);
    let shingles = newsvigil::model::story::Fingerprint { shingles: vec![2], ..Default::default() };
    let found = store.candidates(&EntryId::from_stored("e_other"), &shingles.shingles, 1_000).await.expect("a list");
    assert_eq!(found.len(), 500);
}
