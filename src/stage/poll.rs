//! Claims due feeds, asks their servers, reads the answers, commits entries with the validators they came with.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tracing::{debug, error, info, warn};
use url::Url;

use super::baseline;
use super::in_flight::InFlight;
use super::{CLAIM_AGAIN, Desk, Loop, MailBack, Plan};
use crate::fetch::FetchError;
use crate::model::entry::{FeedDocument, FeedEntry};
use crate::model::exchange::{Body, FetchRequest, Fetched, Validators};
use crate::model::feed::{Feed, SkippedTimes, Wishes};
use crate::model::id::{EntryId, sha256_hex};
use crate::model::outcome::Disposition;
use crate::model::time::Timestamp;
use crate::ops::metrics::PollOutcome;
use crate::schedule::{self, PollEnd};
use crate::source::{self, ReadError};
use crate::store::{Answered, NewEntry, PollResult, PolledFeed, StoreError};

/// Longer than a feed can wait for its turn at a host and then for its answer.
const LEASE: Duration = Duration::from_secs(15 * 60);
/// Polls committed in one transaction: enough to share the cost of a synced write.
const COMMIT_TOGETHER: usize = 64;

/// Polls until no feed is due, or the program is to stop. Returns how many feeds were polled.
pub async fn drain(desk: &Desk, plan: &Arc<Plan>) -> Result<u64, StoreError> {
    let mut in_flight = InFlight::new();
    let mut polled = 0;
    let mut more_due = true;
    loop {
        let room = plan.polls_in_flight.saturating_sub(in_flight.len());
        if more_due && !desk.stopping(plan) && room * 2 >= plan.polls_in_flight {
            let now = desk.clock.now();
            let lease = desk.lease(now, LEASE);
            let feeds = in_flight.alongside(desk.store.claim_due_feeds(now, small(room), &lease)).await?;
            more_due = feeds.len() == room;
            in_flight.extend(feeds.into_iter().map(|feed| poll_one(desk, plan, feed)));
        }
        if in_flight.is_empty() {
            return Ok(polled);
        }
        desk.beat(Loop::Poll);
        let done = in_flight.done(COMMIT_TOGETHER, CLAIM_AGAIN).await;
        // What falls due while a slow server is waited for is not made to wait as well.
        more_due |= done.is_empty();
        polled += done.len() as u64;
        // What each holds of memory is given back when its result is stored.
        let (done, _held): (Vec<PolledFeed>, Vec<_>) = done.into_iter().unzip();
        in_flight.alongside(commit(desk, &done)).await?;
    }
}

fn small(room: usize) -> u32 {
    u32::try_from(room).unwrap_or(u32::MAX)
}

async fn commit(desk: &Desk, polls: &[PolledFeed]) -> Result<(), StoreError> {
    if polls.is_empty() {
        return Ok(());
    }
    for (poll, stored) in polls.iter().zip(desk.store.commit_polls(polls).await?) {
        if stored.lease_lost {
            warn!(feed.id = %stored.feed, "Poll of feed {} took longer than its lease; its result was left to the next poll", stored.feed);
        } else if stored.new_entries > 0 {
            desk.tally.found_entries(stored.new_entries);
            for _ in 0..read_already(poll).min(stored.new_entries) {
                desk.tally.processed(0, desk.clock.now().since(poll.at));
            }
            desk.bells.entries.notify_one();
            info!(feed.id = %stored.feed, entries = stored.new_entries, "Feed {} has {} new", stored.feed, stored.new_entries);
        }
    }
    Ok(())
}

/// Entries that were read with their feed.
fn read_already(poll: &PolledFeed) -> u64 {
    let PollResult::Read { entries, .. } = &poll.result else { return 0 };
    entries.iter().filter(|entry| entry.unmatched.is_some()).count() as u64
}

async fn poll_one(desk: &Desk, plan: &Arc<Plan>, feed: Feed) -> (PolledFeed, Option<OwnedSemaphorePermit>) {
    if !desk.ramp.wait(&desk.stop).await {
        let at = desk.clock.now();
        let (whole, result) = (false, PollResult::NotAsked);
        return (PolledFeed { feed: feed.id, lease: feed.lease, at, next_due: at, whole, result }, None);
    }
    let begun = desk.clock.now();
    let request = request(plan, &feed, begun);
    let fetched = desk.fetcher.get(&request).await;
    let at = desk.clock.now();
    let has_body = fetched.as_ref().is_ok_and(|fetched| matches!(fetched.body, Body::Bytes(_)));
    let held = if has_body { Arc::clone(&desk.answers).acquire_owned().await.ok() } else { None };
    let (result, end) = match fetched {
        Ok(fetched) => read_answer(desk, plan, &feed, &request.url, fetched, at).await,
        Err(error) => failed_fetch(&feed, &error),
    };
    if let Some(outcome) = outcome(&result) {
        desk.tally.polled(outcome, at.since(begun));
    }
    let next_due = schedule::next_poll(&feed, &end, at, &plan.pacing);
    let came_whole = matches!(result, PollResult::SameBody(_) | PollResult::Read { .. });
    let whole = came_whole || request.validators.is_empty();
    (PolledFeed { feed: feed.id, lease: feed.lease, at, next_due, whole, result }, held)
}

/// What to ask: where, by which conditions, as whom.
fn request(plan: &Plan, feed: &Feed, now: Timestamp) -> FetchRequest {
    let mut request = source::plan(feed);
    request.url = schedule::address(feed).clone();
    if schedule::asks_whole(feed, now) {
        request.validators = Validators::default();
    }
    request.credentials = plan.credentials.get(&feed.id).cloned();
    request
}

/// `None`: the server was not asked.
fn outcome(result: &PollResult) -> Option<PollOutcome> {
    match result {
        PollResult::NotModified(_) | PollResult::SameBody(_) => Some(PollOutcome::Unchanged),
        PollResult::Read { .. } => Some(PollOutcome::Read),
        PollResult::Failed { .. } => Some(PollOutcome::Failed),
        PollResult::Disabled { .. } => Some(PollOutcome::Disabled),
        PollResult::NotAsked => None,
    }
}

fn failed_fetch(feed: &Feed, error: &FetchError) -> (PollResult, PollEnd) {
    if let Some(again) = error.not_asked() {
        debug!(feed.id = %feed.id, "Feed {} waits: {error}", feed.id);
        return (PollResult::NotAsked, PollEnd::NotAsked(again));
    }
    let disposition = error.disposition();
    let attempt = feed.failures_in_a_row + 1;
    let end = PollEnd::Failed(disposition.clone());
    if disposition == Disposition::GiveUp {
        error!(feed.id = %feed.id, "Feed {} is switched off, nothing is read there any more: {error}", feed.id);
        return (PollResult::Disabled { reason: error.to_string() }, end);
    }
    warn!(feed.id = %feed.id, attempt, "Feed {}: {error}", feed.id);
    (PollResult::Failed { error: error.to_string() }, end)
}

async fn read_answer(
    desk: &Desk,
    plan: &Arc<Plan>,
    feed: &Feed,
    asked: &Url,
    fetched: Fetched,
    at: Timestamp,
) -> (PollResult, PollEnd) {
    let (moving, ask) = schedule::follow_move(feed, asked, &fetched);
    let (validators, validators_url) = (fetched.validators(), fetched.url.clone());
    let answered = Answered { validators, validators_url, fresh_for: fetched.fresh_for, moving, ask };
    let body_hash = match &fetched.body {
        Body::Bytes(bytes) => sha256_hex(bytes),
        Body::NotModified => {
            debug!(feed.id = %feed.id, "Feed {} is unchanged", feed.id);
            let fresh_for = answered.fresh_for.unwrap_or(feed.wishes.fresh_for);
            return (PollResult::NotModified(answered), PollEnd::Fine(Wishes { fresh_for, ..feed.wishes }));
        }
    };
    let fresh_for = answered.fresh_for.unwrap_or_default();
    if body_hash == feed.body_hash && feed.first_read_at.is_some() {
        debug!(feed.id = %feed.id, "Feed {} came whole and is unchanged", feed.id);
        return (PollResult::SameBody(answered), PollEnd::Fine(Wishes { fresh_for, ..feed.wishes }));
    }
    match read_apart(desk, plan, feed, fetched, at).await {
        Ok((document, entries)) => {
            let wishes = wishes(&document, fresh_for);
            let note = document.repairs.join("; ");
            let rhythm = schedule::rhythm(feed, at);
            // Neither validators nor hash of a body that was cut off may keep the rest from being read next time.
            let (answered, body_hash) = if document.cut_off {
                (Answered { validators: Validators::default(), ..answered }, String::new())
            } else {
                (answered, body_hash)
            };
            (PollResult::Read { answered, body_hash, note, wishes, rhythm, entries }, PollEnd::Fine(wishes))
        }
        Err(error) => {
            let attempt = feed.failures_in_a_row + 1;
            warn!(feed.id = %feed.id, attempt, "Feed {}: {error}", feed.id);
            (PollResult::Failed { error: error.to_string() }, PollEnd::Failed(Disposition::Retry))
        }
    }
}

fn wishes(document: &FeedDocument, fresh_for: Duration) -> Wishes {
    Wishes {
        fresh_for,
        interval: Duration::from_secs(document.wished_interval_secs.unwrap_or(0)),
        skip: SkippedTimes::new(document.skip_hours.iter().copied(), document.skip_days.iter().copied()),
    }
}

/// Reads off the async threads: a large body must not hold up the others' sockets, and a panic in a parser costs
/// this feed's poll alone.
async fn read_apart(
    desk: &Desk,
    plan: &Arc<Plan>,
    feed: &Feed,
    fetched: Fetched,
    at: Timestamp,
) -> Result<(FeedDocument, Vec<NewEntry>), ReadError> {
    let (feed, plan) = (feed.clone(), Arc::clone(plan));
    let read = move || {
        let mut document = source::read(&feed, &fetched, &plan.feed_limits)?;
        drop(fetched);
        let entries = new_entries(&plan, &feed, std::mem::take(&mut document.entries), at);
        Ok((document, entries))
    };
    desk.compute(read).await.unwrap_or_else(|| {
        Err(ReadError::Broken { what: "the reader gave up on it: a defect of newsvigil".to_owned() })
    })
}

fn new_entries(plan: &Plan, feed: &Feed, entries: Vec<FeedEntry>, at: Timestamp) -> Vec<NewEntry> {
    let first_read = feed.first_read_at.is_none();
    let new_entry = |entry: FeedEntry| {
        let id = EntryId::of(&feed.id, &entry.key);
        let baseline = first_read && !mailed_back(plan.mail_back, &entry, at);
        NewEntry {
            link_key: entry.link.as_ref().map(source::entry_key::canonical_link).unwrap_or_default(),
            alias: entry.alias.as_ref().map(|alias| EntryId::of(&feed.id, alias)),
            unmatched: if baseline { baseline::unmatched(plan, feed, &id, &entry, at) } else { None },
            id,
            baseline,
            entry,
            due: at,
        }
    };
    entries.into_iter().map(new_entry).collect()
}

fn mailed_back(mail_back: MailBack, entry: &FeedEntry, at: Timestamp) -> bool {
    match mail_back {
        MailBack::All => true,
        MailBack::Within(time) => entry.published.is_some_and(|published| published > at.minus(time)),
    }
}
