//! Feeds and the entries they list.

use std::collections::HashSet;
use std::time::Duration;

use newsvigil::model::entry::{EntryKey, EntryState};
use newsvigil::model::exchange::Route;
use newsvigil::model::feed::{FeedKind, FeedSpec, FeedState, Moving, Selectors, SkippedTimes, Wishes};
use newsvigil::model::id::{EntryId, FeedId};
use newsvigil::store::{Kept, NewEntry, PollResult, RETIRED, StoredText};
use tokio::task::JoinSet;

use crate::fixtures::*;

on_both! {
    eight_workers_claim_each_feed_once,
    a_poll_without_its_lease_stores_nothing,
    one_lost_lease_does_not_cost_the_others_of_its_batch,
    validators_are_stored_with_the_entries_they_cover,
    a_bare_304_keeps_what_it_leaves_out,
    a_body_without_validators_clears_the_old_ones,
    a_new_route_does_not_carry_the_validators_of_the_old_one,
    what_a_feed_says_of_its_rhythm_is_kept,
    a_feed_that_was_not_asked_stays_as_it_was,
    a_failure_keeps_everything_and_is_counted,
    a_known_entry_stays_as_it_was,
    an_entry_listed_twice_is_stored_once,
    an_entry_under_a_new_guid_is_not_stored_again,
    what_was_read_with_its_feed_is_not_processed_again,
    a_feeds_zone_is_kept_and_its_change_taken_over,
    a_pages_selectors_are_kept_and_other_ones_have_the_page_read_again_whole,
    hostile_texts_do_not_cost_the_batch,
    a_large_batch_is_counted_feed_by_feed,
    a_feed_that_left_the_configuration_comes_back_with_its_past,
    a_feed_its_server_disabled_stays_so_until_somebody_acts,
    a_changed_feed_is_polled_at_its_new_pace,
    a_feed_that_ends_the_process_is_claimed_last,
    the_next_poll_is_due_when_a_claim_would_find_it,
    a_move_is_remembered_until_it_is_believed,
}

async fn eight_workers_claim_each_feed_once(database: TestDatabase) {
    let store = database.open().await;
    add_feeds(&store, 400).await;
    let mut workers = JoinSet::new();
    for worker in 0..8 {
        let store = store.clone();
        workers.spawn(async move {
            let mut claimed = Vec::new();
            for round in 0.. {
                let lease = lease(&format!("worker {worker} round {round}"), 0);
                let feeds = store.claim_due_feeds(at(0), 10, &lease).await.expect("a claim");
                if feeds.is_empty() {
                    break;
                }
                claimed.extend(feeds.into_iter().map(|feed| feed.id));
            }
            claimed
        });
    }
    let claimed: Vec<FeedId> = workers.join_all().await.into_iter().flatten().collect();
    let distinct: HashSet<&FeedId> = claimed.iter().collect();
    assert_eq!((claimed.len(), distinct.len()), (400, 400));
}

async fn a_feeds_zone_is_kept_and_its_change_taken_over(database: TestDatabase) {
    let store = database.open().await;
    for (round, zone) in [None, Some("Asia/Seoul"), Some("Asia/Shanghai"), None].into_iter().enumerate() {
        let zone = zone.map(|name| jiff::tz::TimeZone::get(name).expect("a zone"));
        let changed = FeedSpec { zone: zone.clone(), ..spec(0) };
        store.sync_feeds(&[(changed, at(0))], at(0)).await.expect("it is taken over");
        let secs = 4_000 * round as i64;
        let feed = claim_feed(&store, &format!("round {round}"), secs).await;
        assert_eq!(feed.spec.zone, zone, "round {round}");
        commit_polls(&store, &[read(&feed, &[], secs)]).await.expect("the poll is stored");
    }
}

async fn a_pages_selectors_are_kept_and_other_ones_have_the_page_read_again_whole(database: TestDatabase) {
    let store = database.open().await;
    let page = |item: &str| {
        let selectors =
            Selectors { item: item.into(), link: "a".into(), title: Some("h3".into()), date: None, summary: None };
        FeedSpec { kind: FeedKind::Page, selectors: Some(selectors), ..spec(0) }
    };
    let specs = [page("li"), page("li"), page("div > \"x\""), spec(0)];
    for (round, (spec, known)) in specs.into_iter().zip([false, true, false, false]).enumerate() {
        store.sync_feeds(&[(spec.clone(), at(0))], at(0)).await.expect("it is taken over");
        let secs = 4_000 * round as i64;
        let feed = claim_feed(&store, &format!("round {round}"), secs).await;
        assert_eq!((feed.spec.kind, &feed.spec.selectors), (spec.kind, &spec.selectors), "round {round}");
        assert_eq!((!feed.body_hash.is_empty(), !feed.validators.is_empty()), (known, known), "round {round}");
        assert_eq!(feed.first_read_at.is_some(), round > 0, "what was found meanwhile is news");
        commit_polls(&store, &[read(&feed, &[], secs)]).await.expect("the poll is stored");
        assert_eq!(store.feeds().await.expect("a list")[0].kind, spec.kind);
    }
}

async fn an_entry_under_a_new_guid_is_not_stored_again(database: TestDatabase) {
    let store = database.open().await;
    let feed = add_entries(&store, &["without a second id"]).await;
    let alias = |name: &str| Some(EntryId::of(&feed.id, &EntryKey::from_stored(format!("page:{name}"))));
    let under = |guid: &str, page: &str| {
        let link_key = format!("news.example/{page}");
        NewEntry { alias: alias(page), link_key, ..new_entry(&feed.id, guid) }
    };
    for (round, (entries, fresh)) in [
        (vec![under("g1", "a"), under("g2", "b")], 2),
        (vec![under("new1", "a"), under("g2", "b"), under("new3", "c")], 1),
        // Another page under a known GUID is the known entry; no second id names nothing.
        (vec![under("g1", "d"), new_entry(&feed.id, "plain"), new_entry(&feed.id, "plainer")], 2),
    ]
    .into_iter()
    .enumerate()
    {
        let secs = 4_000 * (round as i64 + 1);
        let feed = claim_feed(&store, &format!("round {round}"), secs).await;
        let mut poll = read(&feed, &[], secs);
        let PollResult::Read { entries: listed, .. } = &mut poll.result else { panic!("it was read") };
        *listed = entries;
        let stored = commit_polls(&store, &[poll]).await.expect("the poll is stored");
        assert_eq!(stored[0].new_entries, fresh, "round {round}");
    }
}

async fn what_was_read_with_its_feed_is_not_processed_again(database: TestDatabase) {
    let store = database.open().await;
    add_feeds(&store, 1).await;
    let feed = claim_feed(&store, "poller", 0).await;
    let read_already = |name: &str| NewEntry { unmatched: true, baseline: true, ..new_entry(&feed.id, name) };
    let mut poll = read(&feed, &[], 0);
    let PollResult::Read { entries, .. } = &mut poll.result else { panic!("it was read") };
    *entries = vec![read_already("ships"), new_entry(&feed.id, "raid"), read_already("ships")];
    assert_eq!(commit_polls(&store, &[poll]).await.expect("the poll is stored")[0].new_entries, 2);
    let claimed = store.claim_pending_entries(at(1), 10, &lease("processor", 1)).await.expect("a claim");
    assert_eq!(claimed.iter().map(|entry| entry.entry.guid.as_str()).collect::<Vec<_>>(), ["raid"]);
    let id = EntryId::of(&feed.id, &new_entry(&feed.id, "ships").entry.key);
    let history = store.entry_histories(id.as_str(), "").await.expect("a look-up").remove(0);
    assert_eq!(history.state, EntryState::Unmatched);
    assert_eq!((history.article, history.membership), (None, None));
    let texts = store.texts(at(-10), 0, 10).await.expect("the archive");
    let [StoredText { entry, text: Kept::FeedText { given, .. }, .. }] = texts.as_slice() else { panic!("{texts:?}") };
    assert_eq!((entry, &given.guid), (&id, &history.entry.guid));
}

async fn a_poll_without_its_lease_stores_nothing(database: TestDatabase) {
    let store = database.open().await;
    add_feeds(&store, 1).await;
    let slow = claim_feed(&store, "slow", 0).await;
    let quick = claim_feed(&store, "quick", 300).await; // the first lease has just ended
    let late = commit_polls(&store, &[read(&slow, &["one"], 301)]).await.expect("an answer");
    assert!(late[0].lease_lost);
    assert_eq!(late[0].new_entries, 0);
    assert!(store.claim_pending_entries(at(302), 10, &lease("processor", 302)).await.expect("a claim").is_empty());
    assert!(store.feeds().await.expect("a list")[0].last_polled_at.is_none());
    let in_time = commit_polls(&store, &[read(&quick, &["one"], 303)]).await.expect("an answer");
    assert_eq!((in_time[0].lease_lost, in_time[0].new_entries), (false, 1));
    let twice = commit_polls(&store, &[read(&quick, &["two"], 304)]).await.expect("an answer");
    assert!(twice[0].lease_lost, "a lease is good for one commit");
}

async fn one_lost_lease_does_not_cost_the_others_of_its_batch(database: TestDatabase) {
    let store = database.open().await;
    add_feeds(&store, 2).await;
    let feeds = store.claim_due_feeds(at(0), 2, &lease("poller", 0)).await.expect("a claim");
    let mut lost = read(&feeds[0], &["one"], 1);
    lost.lease.token = "somebody else's".into();
    let stored = commit_polls(&store, &[lost, read(&feeds[1], &["two", "three"], 1)]).await.expect("an answer");
    assert_eq!(stored.iter().map(|stored| stored.lease_lost).collect::<Vec<_>>(), [true, false]);
    assert_eq!(stored.iter().map(|stored| stored.new_entries).collect::<Vec<_>>(), [0, 2]);
}

async fn validators_are_stored_with_the_entries_they_cover(database: TestDatabase) {
    let store = database.open().await;
    add_feeds(&store, 1).await;
    let feed = claim_feed(&store, "poller", 0).await;
    assert!(feed.validators.is_empty() && feed.first_read_at.is_none() && feed.body_hash.is_empty());
    let stored = commit_polls(&store, &[read(&feed, &["one", "two"], 5)]).await.expect("an answer");
    assert_eq!(stored[0].new_entries, 2);
    let again = claim_feed(&store, "poller", 4_000).await;
    assert_eq!(again.validators, validators(Some("\"v1\""), None));
    assert_eq!((again.first_read_at, again.body_hash.as_str()), (Some(at(5)), "hash"));
    assert_eq!(again.spec, spec(0));
    let entries = store.claim_pending_entries(at(5), 10, &lease("processor", 5)).await.expect("a claim");
    assert_eq!(entries.len(), 2);
    let one = entries.iter().find(|entry| entry.entry.guid == "one").expect("the entry");
    assert_eq!((&one.entry, &one.feed_spec), (&feed_entry("one"), &spec(0)));
    assert_eq!((one.first_seen, one.baseline, one.attempts, one.page_tries), (at(5), false, 1, 0));
}

async fn a_bare_304_keeps_what_it_leaves_out(database: TestDatabase) {
    let store = database.open().await;
    let feed = add_entries(&store, &["one"]).await;
    let not_modified = |etag, modified| PollResult::NotModified(answered(&feed, etag, modified));
    let hour = Duration::from_secs(3_600);
    let mut tuesday = answered(&feed, None, Some("Tue"));
    tuesday.fresh_for = Some(hour);
    let again = claim_feed(&store, "poller", 4_000).await;
    commit_polls(&store, &[polled(&again, PollResult::NotModified(tuesday), 4_000)]).await.expect("it is stored");
    let third = claim_feed(&store, "poller", 8_000).await;
    assert_eq!(third.validators, validators(Some("\"v1\""), Some("Tue")));
    assert_eq!((third.body_hash.as_str(), third.first_read_at), ("hash", Some(at(0))));
    commit_polls(&store, &[polled(&third, not_modified(Some("\"v2\""), None), 8_000)]).await.expect("it is stored");
    let fourth = claim_feed(&store, "poller", 12_000).await;
    assert_eq!(fourth.validators, validators(Some("\"v2\""), Some("Tue")));
    assert_eq!((fourth.wishes.fresh_for, &fourth.validators_url), (hour, &Some(feed.ask)));
    let failed = PollResult::Failed { error: "HTTP 503".into() };
    commit_polls(&store, &[polled(&fourth, failed, 12_000)]).await.expect("it is stored");
    let fifth = claim_feed(&store, "poller", 16_000).await;
    assert_eq!((fifth.failures_in_a_row, fifth.last_success_at), (1, Some(at(8_000))));
    commit_polls(&store, &[polled(&fifth, PollResult::Unchanged, 16_000)]).await.expect("it is stored");
    let sixth = claim_feed(&store, "poller", 20_000).await;
    assert_eq!((sixth.failures_in_a_row, sixth.last_success_at, sixth.attempts), (0, Some(at(16_000)), 1));
    let (kept, before) = ((&sixth.validators, &sixth.validators_url), (&fourth.validators, &fourth.validators_url));
    assert_eq!((kept, sixth.wishes, &sixth.ask), (before, fourth.wishes, &fourth.ask));
    assert_eq!((sixth.body_hash.as_str(), sixth.first_read_at), ("hash", Some(at(0))));
    assert_eq!(store.feeds().await.expect("a list")[0].last_error, "", "it is over");
}

async fn a_body_without_validators_clears_the_old_ones(database: TestDatabase) {
    let store = database.open().await;
    add_entries(&store, &["one"]).await;
    let again = claim_feed(&store, "poller", 4_000).await;
    let same_body = PollResult::SameBody(answered(&again, None, Some("Wed")));
    commit_polls(&store, &[polled(&again, same_body, 4_000)]).await.expect("it is stored");
    let third = claim_feed(&store, "poller", 8_000).await;
    assert_eq!(third.validators, validators(None, Some("Wed")), "even if it is the same body");
    let mut poll = read(&third, &["one", "two"], 8_000);
    if let PollResult::Read { answered, .. } = &mut poll.result {
        answered.validators = Default::default();
    }
    assert_eq!(commit_polls(&store, &[poll]).await.expect("an answer")[0].new_entries, 1);
    assert!(claim_feed(&store, "poller", 12_000).await.validators.is_empty());
}

async fn a_new_route_does_not_carry_the_validators_of_the_old_one(database: TestDatabase) {
    let store = database.open().await;
    add_entries(&store, &["one"]).await;
    let mut rerouted = spec(0);
    rerouted.route = Route::parse("socks5h://127.0.0.1:9050").expect("a route");
    assert_eq!(store.sync_feeds(&[(rerouted.clone(), at(10))], at(10)).await.expect("an answer").changed, 1);
    assert_eq!(store.sync_feeds(&[(rerouted.clone(), at(10))], at(10)).await.expect("an answer").changed, 0);
    let feed = claim_feed(&store, "poller", 4_000).await;
    assert!(feed.validators.is_empty());
    assert_eq!((feed.spec, feed.first_read_at), (rerouted, Some(at(0))), "it is the same feed all the same");
}

async fn what_a_feed_says_of_its_rhythm_is_kept(database: TestDatabase) {
    use jiff::civil::Weekday;
    let store = database.open().await;
    add_feeds(&store, 1).await;
    let feed = claim_feed(&store, "poller", 0).await;
    let mut poll = read(&feed, &[], 0);
    let said = Wishes {
        fresh_for: Duration::from_secs(600),
        interval: Duration::from_secs(7_200),
        skip: SkippedTimes::new([0, 23], [Weekday::Monday, Weekday::Sunday]),
    };
    if let PollResult::Read { answered, wishes, rhythm, .. } = &mut poll.result {
        (answered.fresh_for, *wishes, *rhythm) = (Some(said.fresh_for), said, Duration::from_secs(9_000));
    }
    poll.whole = true;
    commit_polls(&store, &[poll]).await.expect("it is stored");
    let again = claim_feed(&store, "poller", 4_000).await;
    assert_eq!((again.wishes, again.rhythm), (said, Duration::from_secs(9_000)));
    assert_eq!((again.whole_at, again.changed_at), (Some(at(0)), Some(at(0))));
}

async fn a_feed_that_was_not_asked_stays_as_it_was(database: TestDatabase) {
    let store = database.open().await;
    add_entries(&store, &["one"]).await;
    let again = claim_feed(&store, "poller", 4_000).await;
    commit_polls(&store, &[polled(&again, PollResult::Failed { error: "503".into() }, 4_000)]).await.expect("stored");
    let third = claim_feed(&store, "poller", 8_000).await;
    commit_polls(&store, &[polled(&third, PollResult::NotAsked, 8_000)]).await.expect("it is stored");
    let status = store.feeds().await.expect("a list").remove(0);
    assert_eq!((status.last_polled_at, status.failures_in_a_row), (Some(at(4_000)), 1));
    assert_eq!((status.last_error.as_str(), status.state), ("503", FeedState::Waiting { due: at(11_600) }));
    assert_eq!(claim_feed(&store, "poller", 12_000).await.validators, validators(Some("\"v1\""), None));
}

async fn a_failure_keeps_everything_and_is_counted(database: TestDatabase) {
    let store = database.open().await;
    add_entries(&store, &["one"]).await;
    for (failures, secs) in [(0, 4_000), (1, 8_000)] {
        let feed = claim_feed(&store, "poller", secs).await;
        assert_eq!(feed.failures_in_a_row, failures);
        let result = PollResult::Failed { error: "the server answered 503".into() };
        commit_polls(&store, &[polled(&feed, result, secs)]).await.expect("it is stored");
    }
    let status = &store.feeds().await.expect("a list")[0];
    assert_eq!((status.failures_in_a_row, status.last_error.as_str()), (2, "the server answered 503"));
    assert_eq!((status.last_polled_at, status.last_success_at), (Some(at(8_000)), Some(at(0))));
    let feed = claim_feed(&store, "poller", 12_000).await;
    assert_eq!((feed.validators.clone(), feed.body_hash.as_str()), (validators(Some("\"v1\""), None), "hash"));
    commit_polls(&store, &[read(&feed, &["one"], 12_000)]).await.expect("it is stored");
    let status = &store.feeds().await.expect("a list")[0];
    assert_eq!((status.failures_in_a_row, status.last_error.as_str()), (0, ""));
}

async fn a_known_entry_stays_as_it_was(database: TestDatabase) {
    let store = database.open().await;
    add_entries(&store, &["one"]).await;
    let again = claim_feed(&store, "poller", 4_000).await;
    let mut poll = read(&again, &["one", "two"], 4_000);
    if let PollResult::Read { entries, .. } = &mut poll.result {
        entries[0].entry.title = "An edited headline".into();
        entries[0].baseline = true;
    }
    assert_eq!(commit_polls(&store, &[poll]).await.expect("an answer")[0].new_entries, 1);
    let entries = store.claim_pending_entries(at(4_000), 10, &lease("processor", 4_000)).await.expect("a claim");
    let one = entries.iter().find(|entry| entry.entry.guid == "one").expect("the entry");
    assert_eq!((one.entry.title.as_str(), one.baseline, one.first_seen), ("Headline of one", false, at(0)));
    let status = &store.feeds().await.expect("a list")[0];
    assert_eq!((status.entries, status.last_new_at), (2, Some(at(4_000))));
}

async fn an_entry_listed_twice_is_stored_once(database: TestDatabase) {
    let store = database.open().await;
    add_feeds(&store, 1).await;
    let feed = claim_feed(&store, "poller", 0).await;
    let stored = commit_polls(&store, &[read(&feed, &["one", "one", "two"], 0)]).await.expect("an answer");
    assert_eq!(stored[0].new_entries, 2);
}

async fn hostile_texts_do_not_cost_the_batch(database: TestDatabase) {
    let store = database.open().await;
    add_feeds(&store, 1).await;
    let feed = claim_feed(&store, "poller", 0).await;
    let long = "x".repeat(20_000);
    let mut poll = read(&feed, &[&long, "nul", "plain"], 0);
    if let PollResult::Read { entries, .. } = &mut poll.result {
        entries[1].entry.title = "a\0b".into();
        entries[2].entry.title = "'); DROP TABLE entry; -- 遣返 🚨".into();
    }
    assert_eq!(commit_polls(&store, &[poll]).await.expect("an answer")[0].new_entries, 3);
    let entries = store.claim_pending_entries(at(0), 10, &lease("processor", 0)).await.expect("a claim");
    let titles: HashSet<&str> = entries.iter().map(|entry| entry.entry.title.as_str()).collect();
    assert!(titles.contains("a\u{fffd}b") && titles.contains("'); DROP TABLE entry; -- 遣返 🚨"));
    assert!(entries.iter().any(|entry| entry.entry.guid == long));
}

async fn a_large_batch_is_counted_feed_by_feed(database: TestDatabase) {
    let store = database.open().await;
    add_feeds(&store, 60).await;
    let feeds = store.claim_due_feeds(at(0), 60, &lease("poller", 0)).await.expect("a claim");
    let names: Vec<String> = (0..40).map(|number| format!("entry-{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let polls: Vec<_> = feeds.iter().enumerate().map(|(place, feed)| read(feed, &names[..place % 40], 0)).collect();
    let stored = commit_polls(&store, &polls).await.expect("an answer");
    for (place, stored) in stored.iter().enumerate() {
        assert_eq!(stored.new_entries, (place % 40) as u64);
    }
    let total: u64 = stored.iter().map(|stored| stored.new_entries).sum();
    assert_eq!(store.counts().await.expect("counts").entries_pending, total);
    assert_eq!(store.counts().await.expect("counts").entries, total);
}

async fn a_feed_that_left_the_configuration_comes_back_with_its_past(database: TestDatabase) {
    let store = database.open().await;
    add_entries(&store, &["one"]).await;
    let gone = store.sync_feeds(&[(spec(7), at(10))], at(10)).await.expect("an answer");
    assert_eq!((gone.added, gone.changed, gone.retired), (1, 0, 1));
    let list = store.feeds().await.expect("a list");
    assert_eq!(list[0].state, FeedState::Disabled { reason: RETIRED.into() });
    assert_eq!(store.make_feeds_due(Some(&[spec(0).id()]), at(11)).await.expect("an answer"), 0);
    let due = store.claim_due_feeds(at(9_000), 10, &lease("poller", 9_000)).await.expect("a claim");
    assert_eq!(due.len(), 1, "only the other one");
    let both = [(spec(7), at(10)), (spec(0), at(9_500))];
    let back = store.sync_feeds(&both, at(9_001)).await.expect("an answer");
    assert_eq!((back.added, back.changed, back.retired), (0, 1, 0));
    let feed = claim_feed(&store, "poller", 9_500).await;
    assert_eq!((feed.first_read_at, feed.validators), (Some(at(0)), validators(Some("\"v1\""), None)));
    assert_eq!(store.sync_feeds(&both, at(9_502)).await.expect("an answer"), Default::default());
}

async fn a_feed_its_server_disabled_stays_so_until_somebody_acts(database: TestDatabase) {
    let store = database.open().await;
    add_feeds(&store, 1).await;
    let gone = PollResult::Disabled { reason: "410 Gone".into() };
    let feed = claim_feed(&store, "poller", 0).await;
    commit_polls(&store, &[polled(&feed, gone.clone(), 0)]).await.expect("it is stored");
    let state = |list: Vec<newsvigil::model::feed::FeedStatus>| list[0].state.clone();
    assert_eq!(state(store.feeds().await.expect("a list")), FeedState::Disabled { reason: "410 Gone".into() });
    store.sync_feeds(&[(spec(0), at(1))], at(1)).await.expect("an answer");
    assert_eq!(store.make_feeds_due(None, at(1)).await.expect("an answer"), 0);
    assert!(store.claim_due_feeds(at(90_000), 1, &lease("poller", 90_000)).await.expect("a claim").is_empty());
    assert_eq!(store.next_feed_due().await.expect("an answer"), None);

    assert_eq!(store.make_feeds_due(Some(&[feed.id]), at(2)).await.expect("an answer"), 1);
    let named = claim_feed(&store, "poller", 2).await;
    commit_polls(&store, &[polled(&named, gone, 2)]).await.expect("it is stored");
    let mut changed = spec(0);
    changed.outlet = "Another name".into();
    store.sync_feeds(&[(changed, at(3))], at(3)).await.expect("an answer");
    assert_eq!(claim_feed(&store, "poller", 3).await.spec.outlet, "Another name");
}

async fn a_changed_feed_is_polled_at_its_new_pace(database: TestDatabase) {
    let store = database.open().await;
    add_entries(&store, &["one"]).await; // next due at 3,600
    let mut renamed = spec(0);
    renamed.outlet = "Renamed".into();
    let sync = store.sync_feeds(&[(renamed.clone(), at(20))], at(10)).await.expect("an answer");
    assert_eq!(sync.changed, 1);
    assert_eq!(store.next_feed_due().await.expect("an answer"), Some(at(3_600)), "a name changes no time");
    renamed.every /= 2;
    store.sync_feeds(&[(renamed, at(20))], at(10)).await.expect("an answer");
    assert_eq!(store.next_feed_due().await.expect("an answer"), Some(at(20)));
}

async fn a_feed_that_ends_the_process_is_claimed_last(database: TestDatabase) {
    let store = database.open().await;
    add_feeds(&store, 3).await;
    let deadly = claim_feed(&store, "first run", 0).await; // and never committed
    let order = |feeds: Vec<newsvigil::model::feed::Feed>| feeds.into_iter().map(|feed| feed.id).collect::<Vec<_>>();
    let first = order(store.claim_due_feeds(at(400), 2, &lease("second run", 400)).await.expect("a claim"));
    assert!(!first.contains(&deadly.id));
    let last = order(store.claim_due_feeds(at(400), 2, &lease("then", 400)).await.expect("a claim"));
    assert_eq!(last, [deadly.id]);
}

async fn the_next_poll_is_due_when_a_claim_would_find_it(database: TestDatabase) {
    let store = database.open().await;
    assert_eq!(store.next_feed_due().await.expect("an answer"), None);
    add_feeds(&store, 1).await;
    assert_eq!(store.next_feed_due().await.expect("an answer"), Some(at(0)));
    let feed = claim_feed(&store, "poller", 10).await;
    assert_eq!(store.next_feed_due().await.expect("an answer"), Some(feed.lease.until));
    let list = store.feeds().await.expect("a list");
    assert_eq!(list[0].state, FeedState::Leased { until: feed.lease.until });
    commit_polls(&store, &[read(&feed, &[], 10)]).await.expect("it is stored");
    assert_eq!(store.next_feed_due().await.expect("an answer"), Some(at(3_610)));
    assert_eq!(store.make_feeds_due(None, at(11)).await.expect("an answer"), 1);
    assert_eq!(store.next_feed_due().await.expect("an answer"), Some(at(11)));
}

async fn a_move_is_remembered_until_it_is_believed(database: TestDatabase) {
    let store = database.open().await;
    let feed = add_entries(&store, &[]).await;
    let moving = Moving { to: "https://new.example/rss".parse().expect("a URL"), seen: 2 };
    let again = claim_feed(&store, "poller", 4_000).await;
    let mut redirected = answered(&feed, None, None);
    redirected.moving = Some(moving.clone());
    let seen = PollResult::NotModified(redirected);
    commit_polls(&store, &[polled(&again, seen, 4_000)]).await.expect("it is stored");
    let third = claim_feed(&store, "poller", 8_000).await;
    assert_eq!(third.moving, Some(moving.clone()));
    commit_polls(&store, &[polled(&third, PollResult::Failed { error: "503".into() }, 8_000)]).await.expect("stored");
    let fourth = claim_feed(&store, "poller", 12_000).await;
    assert_eq!(fourth.moving, Some(moving), "a failure says nothing about a move");
    commit_polls(&store, &[read(&fourth, &[], 12_000)]).await.expect("it is stored");
    assert_eq!(claim_feed(&store, "poller", 16_000).await.moving, None);
}
