//! Claims due feeds, asks their servers, reads the answers, commits entries with the validators they came with.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use tracing::{info, warn};

use super::answer::{Answer, failed_fetch, read_answer};
use super::in_flight::InFlight;
use super::{CLAIM_AGAIN, Desk, Loop, Plan};
use crate::coverage::{self, List, Seen};
use crate::model::alarm::Judgement;
use crate::model::entry::FeedEntry;
use crate::model::exchange::{Body, FetchRequest, Validators};
use crate::model::feed::Feed;
use crate::model::time::Timestamp;
use crate::ops::metrics::PollOutcome;
use crate::schedule::{self, PollEnd};
use crate::source;
use crate::store::{Answered, NewEntry, PollResult, PolledFeed, StoreError};

/// Longer than a feed can wait for its turn at a host and then for its answer.
const LEASE: Duration = Duration::from_secs(15 * 60);
/// Polls committed in one transaction: enough to share the cost of a synced write.
const COMMIT_TOGETHER: usize = 48;
/// And where none of those brought a body: they hold no memory.
const COMMIT_UNCHANGED_TOGETHER: usize = 512;

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
        let mut done = in_flight.done(COMMIT_TOGETHER, CLAIM_AGAIN).await;
        if done.len() == COMMIT_TOGETHER && done.iter().all(|(_, poll)| !matches!(poll.result, PollResult::Read { .. }))
        {
            done.extend(in_flight.ready(COMMIT_UNCHANGED_TOGETHER));
        }
        // What falls due while a slow server is waited for is not made to wait as well.
        more_due |= done.is_empty();
        polled += done.len() as u64;
        in_flight.alongside(commit(desk, plan, done)).await?;
    }
}

fn small(room: usize) -> u32 {
    u32::try_from(room).unwrap_or(u32::MAX)
}

/// What a poll is judged by.
struct Asked {
    feed: Feed,
    list: List,
    end: PollEnd,
    /// A page came, and the selectors found nothing on it.
    blind: bool,
    /// Given back when the poll is stored: its answer is in memory until then.
    _room: Option<OwnedSemaphorePermit>,
}

impl Asked {
    fn judge(&self, plan: &Plan, result: &PollResult, new: &[&NewEntry], at: Timestamp) -> Judgement {
        let new: Vec<&FeedEntry> = new.iter().map(|new| &new.entry).collect();
        let seen = match result {
            PollResult::NotAsked => Seen::NotAsked,
            PollResult::Unchanged | PollResult::NotModified(_) | PollResult::SameBody(_) => Seen::Unchanged,
            PollResult::Read { .. } => Seen::Read { list: &self.list, new: &new },
            PollResult::Failed { error } => Seen::Failed { error, blind: self.blind },
            PollResult::Disabled { reason } => Seen::Gone { reason },
        };
        let hold = plan.coverage.hold && !plan.never_held.contains(&self.feed.id);
        let bounds = coverage::Bounds { hold, ..plan.coverage.clone() };
        let judgement = coverage::judge(&self.feed, &seen, &bounds, at);
        let next_due = schedule::next_poll(&self.feed, &self.end, judgement.pace, at, &plan.pacing);
        Judgement { next_due, ..judgement }
    }
}

async fn commit(desk: &Desk, plan: &Plan, polls: Vec<(Asked, PolledFeed)>) -> Result<(), StoreError> {
    if polls.is_empty() {
        return Ok(());
    }
    let (asked, rows): (Vec<_>, Vec<_>) = polls.into_iter().unzip();
    let judge = |place: usize, new: &[&NewEntry]| asked[place].judge(plan, &rows[place].result, new, rows[place].at);
    for (poll, stored) in rows.iter().zip(desk.store.commit_polls(&rows, judge).await?) {
        let id = &stored.feed;
        if stored.lease_lost {
            warn!(feed.id = %id, "Feed {id} was claimed anew or decided on during its poll; the result was left to the next poll");
            continue;
        }
        if stored.alarms > 0 {
            desk.bells.reports.notify_one();
        }
        if stored.gap {
            desk.bells.gaps.notify_one();
        }
        if stored.held {
            warn!(feed.id = %id, entries = stored.new_entries, "Feed {id} does not look like itself: its {} new entries are held", stored.new_entries);
        } else if stored.new_entries > 0 {
            desk.tally.found_entries(stored.new_entries);
            for _ in 0..read_already(poll).min(stored.new_entries) {
                desk.tally.processed(0, desk.clock.now().since(poll.at));
            }
            desk.bells.entries.notify_one();
            info!(feed.id = %id, entries = stored.new_entries, "Feed {id} has {} new", stored.new_entries);
        }
    }
    Ok(())
}

/// Entries that were read with their feed.
fn read_already(poll: &PolledFeed) -> u64 {
    let PollResult::Read { entries, .. } = &poll.result else { return 0 };
    entries.iter().filter(|entry| entry.unmatched).count() as u64
}

async fn poll_one(desk: &Desk, plan: &Arc<Plan>, feed: Feed) -> (Asked, PolledFeed) {
    if !desk.ramp.wait(&desk.stop).await {
        let at = desk.clock.now();
        let (result, end) = (PollResult::NotAsked, PollEnd::NotAsked(Duration::ZERO));
        return polled(plan, feed, Answer::of(result, end), at, false, None);
    }
    let begun = desk.clock.now();
    let request = request(plan, &feed, begun);
    let fetched = desk.fetcher.get(&request).await;
    let at = desk.clock.now();
    let has_body = fetched.as_ref().is_ok_and(|fetched| matches!(fetched.body, Body::Bytes(_)));
    let room = if has_body { Arc::clone(&desk.answers).acquire_owned().await.ok() } else { None };
    let answer = match fetched {
        Ok(fetched) => read_answer(desk, plan, &feed, &request, fetched, at).await,
        Err(error) => failed_fetch(&feed, &error),
    };
    if let Some(outcome) = outcome(&answer.result) {
        desk.tally.polled(outcome, at.since(begun));
    }
    let came_whole = matches!(answer.result, PollResult::SameBody(_) | PollResult::Read { .. });
    let whole = came_whole || request.validators.is_empty();
    polled(plan, feed, answer, at, whole, room)
}

fn polled(
    plan: &Plan,
    feed: Feed,
    answer: Answer,
    at: Timestamp,
    whole: bool,
    room: Option<OwnedSemaphorePermit>,
) -> (Asked, PolledFeed) {
    let Answer { mut result, end, list, blind } = answer;
    if !whole && matches!(&result, PollResult::NotModified(answered) if is_known(&feed, answered)) {
        result = PollResult::Unchanged;
    }
    let (id, lease) = (feed.id.clone(), feed.lease.clone());
    let asked = Asked { feed, list, end, blind, _room: room };
    let judgement = match &result {
        // Judged when it is known what is new; these hold until then.
        PollResult::Read { .. } => Judgement {
            pace: asked.feed.pace,
            alarms: asked.feed.alarms.clone(),
            ..Judgement::due(schedule::next_poll(&asked.feed, &asked.end, asked.feed.pace, at, &plan.pacing))
        },
        _ => asked.judge(plan, &result, &[], at),
    };
    (asked, PolledFeed { feed: id, lease, at, judgement, whole, result })
}

/// The answer says nothing that is not stored with the feed.
fn is_known(feed: &Feed, answered: &Answered) -> bool {
    let Answered { validators: Validators { etag, last_modified }, validators_url, fresh_for, moving, ask } = answered;
    let is_same = |said: &Option<Vec<u8>>, stored: &Option<Vec<u8>>| said.is_none() || said == stored;
    is_same(etag, &feed.validators.etag)
        && is_same(last_modified, &feed.validators.last_modified)
        && feed.validators_url.as_ref() == Some(validators_url)
        && fresh_for.is_none_or(|time| time == feed.wishes.fresh_for)
        && moving.is_none()
        && feed.moving.is_none()
        && *ask == feed.ask
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
        PollResult::Unchanged | PollResult::NotModified(_) | PollResult::SameBody(_) => Some(PollOutcome::Unchanged),
        PollResult::Read { .. } => Some(PollOutcome::Read),
        PollResult::Failed { .. } => Some(PollOutcome::Failed),
        PollResult::Disabled { .. } => Some(PollOutcome::Disabled),
        PollResult::NotAsked => None,
    }
}
