//! What is told in a line at the end of a digest, and stories changed by hand.

use newsvigil::model::digest::PostscriptKind;
use newsvigil::model::entry::EntryState;
use newsvigil::model::id::{EntryId, StoryId};
use newsvigil::model::time::Timestamp;
use newsvigil::store::{Placed, ProcessedEntry, Store};

use crate::fixtures::*;

on_both! {
    a_report_with_nothing_new_wakes_nobody_until_its_text_is_known_better,
    what_is_known_better_while_a_digest_is_composed_is_not_settled_by_its_line,
    a_copy_of_a_mailed_report_waits_for_a_line_and_is_told_once,
    a_copy_of_what_waits_is_set_aside_too_and_kept_if_it_came_too_late_to_be_shown,
    what_a_person_placed_stays_when_its_text_comes_again,
    the_past_is_read_in_the_order_in_which_it_was_compared,
}

async fn postscripts(store: &Store) -> Vec<(PostscriptKind, EntryId)> {
    let postscripts = store.waiting_postscripts(&person("desk"), 100).await.expect("a list");
    postscripts.into_iter().map(|postscript| (postscript.kind, postscript.entry)).collect()
}

async fn commit(store: &Store, processed: &ProcessedEntry) {
    assert!(store.commit_processed(processed).await.expect("an answer"), "the lease was held");
}

async fn a_report_with_nothing_new_wakes_nobody_until_its_text_is_known_better(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], Timestamp::NEVER).await;
    add_entries(&store, &["one"]).await;
    let entry = claim_entry(&store, "processor", 1).await;
    let first = ProcessedEntry { state: EntryState::Pending { due: at(6) }, ..matched(&entry, &["desk"], 1) };
    commit(&store, &first).await;
    let desk = claim_person(&store, "composer", 2).await;
    let folded = [entry.id.clone()];
    assert!(store.commit_quiet(&desk.id, &desk.lease, Timestamp::NEVER, at(2), &folded).await.expect("an answer"));
    assert!(store.waiting_reports(&desk.id, 10).await.expect("a list").is_empty());
    assert_eq!(postscripts(&store).await, [(PostscriptKind::NothingNew, entry.id.clone())]);
    assert!(store.claim_due_recipients(at(3), 1, &lease("composer", 3)).await.expect("a claim").is_empty());
    add_people(&store, &["desk"], Timestamp::NEVER).await;
    assert!(store.claim_due_recipients(at(3), 1, &lease("composer", 3)).await.expect("a claim").is_empty());
    let again = claim_entry(&store, "processor", 7).await;
    commit(&store, &matched(&again, &["desk"], 7)).await;
    let desk = claim_person(&store, "composer", 8).await;
    assert_eq!(store.waiting_reports(&desk.id, 10).await.expect("a list").len(), 1, "it is looked at once more");
    assert!(postscripts(&store).await.is_empty());
}

async fn what_is_known_better_while_a_digest_is_composed_is_not_settled_by_its_line(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], Timestamp::NEVER).await;
    add_entries(&store, &["one"]).await;
    let entry = claim_entry(&store, "processor", 1).await;
    let first = ProcessedEntry { state: EntryState::Pending { due: at(6) }, ..matched(&entry, &["desk"], 1) };
    commit(&store, &first).await;
    let desk = claim_person(&store, "composer", 2).await;
    let folded = [entry.id.clone()];
    assert!(store.commit_quiet(&desk.id, &desk.lease, at(5), at(2), &folded).await.expect("an answer"));
    let desk = claim_person(&store, "composer", 5).await;
    let again = claim_entry(&store, "processor", 7).await;
    commit(&store, &matched(&again, &["desk"], 7)).await;
    let digest = newsvigil::store::ComposedDigest { lines: folded.to_vec(), ..composed(&desk, &[], 8) };
    assert!(store.commit_digest(&digest).await.expect("an answer"));
    assert_eq!(store.waiting_reports(&desk.id, 10).await.expect("a list").len(), 1, "its text is still to be mailed");
}

fn copy(entry: &newsvigil::model::entry::ClaimedEntry, of: &EntryId, secs: i64) -> ProcessedEntry {
    let mut processed = matched(entry, &["desk"], secs);
    processed.membership.copy_of = Some(of.clone());
    processed.membership.story = StoryId::opened_by(of);
    processed
}

async fn a_copy_of_a_mailed_report_waits_for_a_line_and_is_told_once(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], at(86_400)).await;
    let feed = add_entries(&store, &["one", "two", "three"]).await;
    let first = claim_entry(&store, "processor", 1).await;
    commit(&store, &matched(&first, &["desk"], 1)).await;
    compose(&store, 2).await;
    let second = claim_entry(&store, "processor", 3).await;
    commit(&store, &copy(&second, &first.id, 3)).await;
    assert_eq!(postscripts(&store).await, [(PostscriptKind::Copy, new_entry(&feed.id, "two").id)]);
    assert!(store.claim_due_recipients(at(4), 1, &lease("composer", 4)).await.expect("a claim").is_empty());
    let third = claim_entry(&store, "processor", 5).await;
    commit(&store, &matched(&third, &["desk"], 5)).await;
    let desk = claim_person(&store, "composer", 6).await;
    let reports = store.waiting_reports(&desk.id, 10).await.expect("a list");
    let digest = newsvigil::store::ComposedDigest { copies: vec![second.id.clone()], ..composed(&desk, &reports, 6) };
    assert!(store.commit_digest(&digest).await.expect("an answer"));
    assert!(postscripts(&store).await.is_empty());
}

async fn a_copy_of_what_waits_is_set_aside_too_and_kept_if_it_came_too_late_to_be_shown(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], at(86_400)).await;
    add_entries(&store, &["one", "two"]).await;
    let first = claim_entry(&store, "processor", 1).await;
    commit(&store, &matched(&first, &["desk"], 1)).await;
    let desk = claim_person(&store, "composer", 2).await;
    let reports = store.waiting_reports(&desk.id, 10).await.expect("a list");
    let second = claim_entry(&store, "processor", 3).await;
    commit(&store, &copy(&second, &first.id, 3)).await;
    assert!(store.commit_digest(&composed(&desk, &reports, 4)).await.expect("an answer"));
    assert_eq!(postscripts(&store).await, [(PostscriptKind::Copy, second.id)], "the digest was composed without it");
}

async fn what_a_person_placed_stays_when_its_text_comes_again(database: TestDatabase) {
    let store = database.open().await;
    add_people(&store, &["desk"], at(86_400)).await;
    add_entries(&store, &["one", "two"]).await;
    let first = claim_entry(&store, "processor", 1).await;
    commit(&store, &matched(&first, &["desk"], 1)).await;
    let second = claim_entry(&store, "processor", 2).await;
    let waits = ProcessedEntry { state: EntryState::Pending { due: at(6) }, ..matched(&second, &["desk"], 2) };
    commit(&store, &waits).await;
    let stories = [StoryId::opened_by(&first.id), StoryId::opened_by(&second.id)];
    let placed = store.merge_stories(&stories[0], &stories[1], at(3)).await.expect("an answer");
    assert_eq!(placed, Placed::Into { story: stories[0].clone(), articles: 1 });
    let mark = store.grouped_mark(at(0)).await.expect("a mark");
    assert_eq!(mark.placed, Some(at(3)), "who holds the stories learns of it");
    let again = claim_entry(&store, "processor", 7).await;
    commit(&store, &matched(&again, &["desk"], 7)).await;
    let list = store.story_list(true, 10).await.expect("a list");
    assert_eq!(list.len(), 1);
    assert_eq!((&list[0].id, list[0].members.len()), (&stories[0], 2));
    assert!(list[0].members[1].by_hand);
    let split = store.split_story(&first.id, at(8)).await.expect("an answer");
    assert_eq!(split, Placed::Into { story: stories[0].clone(), articles: 1 });
    assert_eq!(store.story_list(false, 10).await.expect("a list").len(), 2, "the other moved on");
    assert_eq!(store.split_story(&first.id, at(9)).await.expect("an answer"), Placed::Already);
    let unknown = EntryId::from_stored("e_none");
    assert_eq!(store.split_story(&unknown, at(9)).await.expect("an answer"), Placed::Unknown { what: "e_none".into() });
}

async fn the_past_is_read_in_the_order_in_which_it_was_compared(database: TestDatabase) {
    let store = database.open().await;
    let ids = add_reports(&store, &["one", "two", "three"], &[]).await;
    let openings = store.openings_since(at(0), 2).await.expect("a list");
    assert_eq!(openings.into_iter().map(|opening| opening.entry).collect::<Vec<_>>(), ids[1..]);
}
