//! Claims due feeds, asks their servers, reads the answers, commits entries with the validators they came with.

use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tracing::{debug, info, warn};

use super::{CLAIM_AGAIN, Desk, Loop, MailBack, Plan};
use crate::fetch::FetchError;
use crate::model::entry::{FeedDocument, FeedEntry};
use crate::model::exchange::{Body, Fetched, Validators};
use crate::model::feed::Feed;
use crate::model::id::{EntryId, sha256_hex};
use crate::model::outcome::Disposition;
use crate::model::time::Timestamp;
use crate::ops::metrics::PollOutcome;
use crate::schedule::{self, PollEnd};
use crate::source::{self, ReadError};
use crate::store::{NewEntry, PollResult, PolledFeed, StoreError};

/// Longer than a feed can wait for its turn at a host and then for its answer.
const LEASE: Duration = Duration::from_secs(15 * 60);
/// Polls committed in one transaction: enough to share the cost of a synced write.
const COMMIT_TOGETHER: usize = 64;

/// Polls until no feed is due, or the program is to stop. Returns how many feeds were polled.
pub async fn drain(desk: &Desk, plan: &Plan) -> Result<u64, StoreError> {
    let mut in_flight = FuturesUnordered::new();
    let mut polled = 0;
    let mut more_due = true;
    loop {
        let room = plan.polls_in_flight.saturating_sub(in_flight.len());
        if more_due && !desk.stopping(plan) && room * 2 >= plan.polls_in_flight {
            let now = desk.clock.now();
            let feeds = desk.store.claim_due_feeds(now, small(room), &desk.lease(now, LEASE)).await?;
            more_due = feeds.len() == room;
            in_flight.extend(feeds.into_iter().map(|feed| poll_one(desk, plan, feed)));
        }
        if in_flight.is_empty() {
            return Ok(polled);
        }
        desk.beat(Loop::Poll);
        let first = tokio::select! {
            first = in_flight.next() => first,
            // What falls due while a slow server is waited for is not made to wait as well.
            () = tokio::time::sleep(CLAIM_AGAIN) => { more_due = true; continue }
        };
        let mut done = Vec::from_iter(first);
        while done.len() < COMMIT_TOGETHER {
            let Some(Some(next)) = in_flight.next().now_or_never() else { break };
            done.push(next);
        }
        polled += done.len() as u64;
        commit(desk, &done).await?;
    }
}

fn small(room: usize) -> u32 {
    u32::try_from(room).unwrap_or(u32::MAX)
}

async fn commit(desk: &Desk, polls: &[PolledFeed]) -> Result<(), StoreError> {
    for stored in desk.store.commit_polls(polls).await? {
        if stored.lease_lost {
            warn!(feed.id = %stored.feed, "Poll of feed {} took longer than its lease; its result was left to the next poll", stored.feed);
        } else if stored.new_entries > 0 {
            desk.tally.found_entries(stored.new_entries);
            desk.bells.entries.notify_one();
            info!(feed.id = %stored.feed, entries = stored.new_entries, "Feed {} has {} new", stored.feed, stored.new_entries);
        }
    }
    Ok(())
}

async fn poll_one(desk: &Desk, plan: &Plan, feed: Feed) -> PolledFeed {
    let begun = desk.clock.now();
    let fetched = desk.fetcher.get(&source::plan(&feed)).await;
    let at = desk.clock.now();
    let (result, end) = match fetched {
        Ok(fetched) => read_answer(plan, &feed, fetched, at).await,
        Err(error) => failed_fetch(&feed, &error),
    };
    desk.tally.polled(outcome(&result), desk.clock.now().since(begun));
    let next_due = schedule::next_poll(&feed, &end, at, &plan.pacing);
    PolledFeed { feed: feed.id, lease: feed.lease, at, next_due, result }
}

fn outcome(result: &PollResult) -> PollOutcome {
    match result {
        PollResult::Unchanged { .. } => PollOutcome::Unchanged,
        PollResult::Read { .. } => PollOutcome::Read,
        PollResult::Failed { .. } => PollOutcome::Failed,
        PollResult::Disabled { .. } => PollOutcome::Disabled,
    }
}

fn failed_fetch(feed: &Feed, error: &FetchError) -> (PollResult, PollEnd) {
    let disposition = error.disposition();
    let attempt = feed.failures_in_a_row + 1;
    let end = PollEnd::Failed(disposition.clone());
    if disposition == Disposition::GiveUp {
        warn!(feed.id = %feed.id, "Feed {} is switched off: {error}", feed.id);
        return (PollResult::Disabled { reason: error.to_string() }, end);
    }
    warn!(feed.id = %feed.id, attempt, "Feed {}: {error}", feed.id);
    (PollResult::Failed { error: error.to_string() }, end)
}

async fn read_answer(plan: &Plan, feed: &Feed, fetched: Fetched, at: Timestamp) -> (PollResult, PollEnd) {
    let (moving, ask) = schedule::follow_move(feed, &fetched);
    let validators = fetched.validators();
    let body_hash = match &fetched.body {
        Body::Bytes(bytes) => sha256_hex(bytes),
        Body::NotModified => feed.body_hash.clone(),
    };
    if body_hash == feed.body_hash && feed.first_read_at.is_some() {
        debug!(feed.id = %feed.id, "Feed {} is unchanged", feed.id);
        return (PollResult::Unchanged { validators, moving, ask }, PollEnd::Fine { wished: None });
    }
    match read_apart(plan, feed, fetched).await {
        Ok(document) => {
            let wished = document.wished_interval_secs.map(Duration::from_secs);
            let note = document.repairs.join("; ");
            // What the body's validators vouch for includes what was cut off: next time it is asked for whole.
            let validators = if document.cut_off { Validators::default() } else { validators };
            let entries = new_entries(plan, feed, document, at);
            (PollResult::Read { validators, body_hash, moving, ask, note, entries }, PollEnd::Fine { wished })
        }
        Err(error) => {
            let attempt = feed.failures_in_a_row + 1;
            warn!(feed.id = %feed.id, attempt, "Feed {}: {error}", feed.id);
            (PollResult::Failed { error: error.to_string() }, PollEnd::Failed(Disposition::Retry))
        }
    }
}

/// Reads off the async threads: a large body must not hold up the others' sockets, and a panic in a parser costs
/// this feed's poll alone.
async fn read_apart(plan: &Plan, feed: &Feed, fetched: Fetched) -> Result<FeedDocument, ReadError> {
    let (feed, limits) = (feed.clone(), plan.feed_limits.clone());
    tokio::task::spawn_blocking(move || source::read(&feed, &fetched, &limits))
        .await
        .unwrap_or_else(|panic| Err(ReadError::Broken { what: format!("the reader gave up on it ({panic})") }))
}

fn new_entries(plan: &Plan, feed: &Feed, document: FeedDocument, at: Timestamp) -> Vec<NewEntry> {
    let first_read = feed.first_read_at.is_none();
    document
        .entries
        .into_iter()
        .map(|entry| NewEntry {
            id: EntryId::of(&feed.id, &entry.key),
            alias: entry.alias.as_ref().map(|alias| EntryId::of(&feed.id, alias)),
            baseline: first_read && !mailed_back(plan.mail_back, &entry, at),
            entry,
            due: at,
        })
        .collect()
}

fn mailed_back(mail_back: MailBack, entry: &FeedEntry, at: Timestamp) -> bool {
    match mail_back {
        MailBack::All => true,
        MailBack::Within(time) => entry.published.is_some_and(|published| published > at.minus(time)),
    }
}
