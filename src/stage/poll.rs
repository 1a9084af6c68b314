//! Claims due feeds, asks their servers, reads the answers, commits entries with the validators they came with.

use std::time::Duration;

use tracing::{debug, error, info, warn};

use super::in_flight::InFlight;
use super::{CLAIM_AGAIN, Desk, Loop, MailBack, Plan, sitemaps};
use crate::coverage::{self, List, Seen};
use crate::fetch::FetchError;
use crate::model::alarm::Judgement;
use crate::model::entry::{FeedDocument, FeedEntry};
use crate::model::exchange::{Body, FetchRequest, Fetched, Validators};
use crate::model::feed::{Feed, SkippedTimes, Wishes};
use crate::model::id::{EntryId, FeedId, sha256_hex};
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
pub async fn drain(desk: &Desk, plan: &Plan) -> Result<u64, StoreError> {
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
}

impl Asked {
    fn judge(&self, plan: &Plan, result: &PollResult, new: &[&NewEntry], at: Timestamp) -> Judgement {
        let new: Vec<&FeedEntry> = new.iter().map(|new| &new.entry).collect();
        let seen = match result {
            PollResult::NotAsked => Seen::NotAsked,
            PollResult::NotModified(_) | PollResult::SameBody(_) => Seen::Unchanged,
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
    for stored in desk.store.commit_polls(&rows, judge).await? {
        let id = &stored.feed;
        if stored.lease_lost {
            warn!(feed.id = %id, "Feed {id} was claimed anew or decided on during its poll; the result was left to the next poll");
            continue;
        }
        if stored.alarms > 0 {
            desk.bells.reports.notify_one();
        }
        if stored.gap {
            desk.bells.feeds.notify_one();
        }
        if stored.held {
            warn!(feed.id = %id, entries = stored.new_entries, "Feed {id} does not look like itself: its {} new entries are held", stored.new_entries);
        } else if stored.new_entries > 0 {
            desk.tally.found_entries(stored.new_entries);
            desk.bells.entries.notify_one();
            info!(feed.id = %id, entries = stored.new_entries, "Feed {id} has {} new", stored.new_entries);
        }
    }
    Ok(())
}

async fn poll_one(desk: &Desk, plan: &Plan, feed: Feed) -> (Asked, PolledFeed) {
    if !desk.ramp.wait(&desk.stop).await {
        let at = desk.clock.now();
        let (result, end) = (PollResult::NotAsked, PollEnd::NotAsked(Duration::ZERO));
        return polled(plan, feed, Answer { result, end, list: List::default(), blind: false }, at, false);
    }
    let begun = desk.clock.now();
    let request = request(plan, &feed, begun);
    let fetched = desk.fetcher.get(&request).await;
    let at = desk.clock.now();
    let answer = match fetched {
        Ok(fetched) => read_answer(desk, plan, &feed, &request, fetched, at).await,
        Err(error) => failed_fetch(&feed, &error),
    };
    if let Some(outcome) = outcome(&answer.result) {
        desk.tally.polled(outcome, at.since(begun));
    }
    let came_whole = matches!(answer.result, PollResult::SameBody(_) | PollResult::Read { .. });
    let whole = came_whole || request.validators.is_empty();
    polled(plan, feed, answer, at, whole)
}

/// What a server's answer, or its silence, comes to.
struct Answer {
    result: PollResult,
    end: PollEnd,
    list: List,
    blind: bool,
}

impl Answer {
    fn of(result: PollResult, end: PollEnd) -> Answer {
        Answer { result, end, list: List::default(), blind: false }
    }
}

fn polled(plan: &Plan, feed: Feed, answer: Answer, at: Timestamp, whole: bool) -> (Asked, PolledFeed) {
    let Answer { result, end, list, blind } = answer;
    let (id, lease) = (feed.id.clone(), feed.lease.clone());
    let asked = Asked { feed, list, end, blind };
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

fn failed_fetch(feed: &Feed, error: &FetchError) -> Answer {
    if let Some(again) = error.not_asked() {
        debug!(feed.id = %feed.id, "Feed {} waits: {error}", feed.id);
        return Answer::of(PollResult::NotAsked, PollEnd::NotAsked(again));
    }
    let disposition = error.disposition();
    let attempt = feed.failures_in_a_row + 1;
    let end = PollEnd::Failed(disposition.clone());
    if disposition == Disposition::GiveUp {
        error!(feed.id = %feed.id, "Feed {} is switched off, nothing is read there any more: {error}", feed.id);
        return Answer::of(PollResult::Disabled { reason: error.to_string() }, end);
    }
    warn!(feed.id = %feed.id, attempt, "Feed {}: {error}", feed.id);
    Answer::of(PollResult::Failed { error: error.to_string() }, end)
}

async fn read_answer(
    desk: &Desk,
    plan: &Plan,
    feed: &Feed,
    request: &FetchRequest,
    fetched: Fetched,
    at: Timestamp,
) -> Answer {
    let (moving, ask) = schedule::follow_move(feed, &request.url, &fetched);
    let (validators, validators_url) = (fetched.validators(), fetched.url.clone());
    let answered = Answered { validators, validators_url, fresh_for: fetched.fresh_for, moving, ask };
    let body_hash = match &fetched.body {
        Body::Bytes(bytes) => sha256_hex(bytes),
        Body::NotModified => {
            debug!(feed.id = %feed.id, "Feed {} is unchanged", feed.id);
            let fresh_for = answered.fresh_for.unwrap_or(feed.wishes.fresh_for);
            let end = PollEnd::Fine(Wishes { fresh_for, ..feed.wishes });
            return Answer::of(PollResult::NotModified(answered), end);
        }
    };
    let fresh_for = answered.fresh_for.unwrap_or_default();
    if body_hash == feed.body_hash && feed.first_read_at.is_some() {
        debug!(feed.id = %feed.id, "Feed {} came whole and is unchanged", feed.id);
        let end = PollEnd::Fine(Wishes { fresh_for, ..feed.wishes });
        return Answer::of(PollResult::SameBody(answered), end);
    }
    match sitemaps::read_whole(&desk.fetcher, request, &feed.spec, fetched, &plan.feed_limits).await {
        Ok((document, parts_hash)) => {
            // That an index is unchanged says little of the sitemaps it names: it is asked for whole each time, and
            // what they hold is compared.
            let answered = match parts_hash {
                Some(_) => Answered { validators: Validators::default(), ..answered },
                None => answered,
            };
            let body_hash = parts_hash.unwrap_or(body_hash);
            if body_hash == feed.body_hash && feed.first_read_at.is_some() {
                debug!(feed.id = %feed.id, "The sitemaps of feed {} are unchanged", feed.id);
                let end = PollEnd::Fine(Wishes { fresh_for, ..feed.wishes });
                return Answer::of(PollResult::SameBody(answered), end);
            }
            read_document(plan, feed, document, answered, body_hash, at)
        }
        Err(error) => {
            let attempt = feed.failures_in_a_row + 1;
            warn!(feed.id = %feed.id, attempt, "Feed {}: {error}", feed.id);
            let failed = PollResult::Failed { error: error.to_string() };
            let blind = matches!(error, ReadError::NothingFound { .. });
            Answer { blind, ..Answer::of(failed, PollEnd::Failed(Disposition::Retry)) }
        }
    }
}

fn read_document(
    plan: &Plan,
    feed: &Feed,
    document: FeedDocument,
    answered: Answered,
    body_hash: String,
    at: Timestamp,
) -> Answer {
    let list = List::of(&document, &answered.validators_url);
    let wishes = wishes(&document, answered.fresh_for.unwrap_or_default());
    let note = document.repairs.join("; ");
    let rhythm = schedule::rhythm(feed, at);
    // Neither validators nor hash of a body that was cut off may keep the rest from being read next time.
    let (answered, body_hash) = if document.cut_off {
        (Answered { validators: Validators::default(), ..answered }, String::new())
    } else {
        (answered, body_hash)
    };
    let entries = new_entries(plan, feed, document, at);
    let result = PollResult::Read { answered, body_hash, note, wishes, rhythm, entries };
    Answer { result, end: PollEnd::Fine(wishes), list, blind: false }
}

fn wishes(document: &FeedDocument, fresh_for: Duration) -> Wishes {
    Wishes {
        fresh_for,
        interval: Duration::from_secs(document.wished_interval_secs.unwrap_or(0)),
        skip: SkippedTimes::new(document.skip_hours.iter().copied(), document.skip_days.iter().copied()),
    }
}

fn new_entries(plan: &Plan, feed: &Feed, document: FeedDocument, at: Timestamp) -> Vec<NewEntry> {
    let first_read = feed.first_read_at.is_none();
    let listed = document.entries.into_iter().map(|entry| {
        let baseline = first_read && !mailed_back(plan.mail_back, &entry, at);
        new_entry(&feed.id, entry, baseline, at)
    });
    listed.collect()
}

pub(super) fn new_entry(feed: &FeedId, entry: FeedEntry, baseline: bool, due: Timestamp) -> NewEntry {
    NewEntry {
        id: EntryId::of(feed, &entry.key),
        link_key: entry.link.as_ref().map(source::entry_key::canonical_link).unwrap_or_default(),
        alias: entry.alias.as_ref().map(|alias| EntryId::of(feed, alias)),
        baseline,
        entry,
        due,
    }
}

fn mailed_back(mail_back: MailBack, entry: &FeedEntry, at: Timestamp) -> bool {
    match mail_back {
        MailBack::All => true,
        MailBack::Within(time) => entry.published.is_some_and(|published| published > at.minus(time)),
    }
}
