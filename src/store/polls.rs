//! One poll: the claim of a feed, and the commit of what its server answered.

use std::collections::HashSet;
use std::time::Duration;

use url::Url;

use super::Store;
use super::coverage;
use super::database::Tx;
use super::entries::{NewEntry, insert_entries};
use super::error::StoreError;
use super::feeds::{feed_spec, millis};
use super::statement::{Bind, Row, binds, or_empty};
use crate::model::alarm::{Alarms, Judgement};
use crate::model::exchange::Validators;
use crate::model::feed::{Feed, Moving, SkippedTimes, Wishes};
use crate::model::id::FeedId;
use crate::model::lease::Lease;
use crate::model::time::Timestamp;

/// What one poll left, success or failure; committed in one transaction with others of its batch.
#[derive(Clone, Debug)]
pub struct PolledFeed {
    pub feed: FeedId,
    pub lease: Lease,
    pub at: Timestamp,
    /// Of a body that was read, what holds if none of its entries is new.
    pub judgement: Judgement,
    /// The whole body was asked for, without validators, or came all the same.
    pub whole: bool,
    pub result: PollResult,
}

#[derive(Clone, Debug)]
pub enum PollResult {
    /// 304, and its headers say nothing that is not stored: nothing but times is written.
    Unchanged,
    /// 304: nothing but times, and what headers the answer carried, is written.
    NotModified(Answered),
    /// A body with the hash of the last one: as above, but its headers replace all old ones.
    SameBody(Answered),
    /// A body was read. Its validators replace the old ones, in the same transaction as the entries.
    Read {
        answered: Answered,
        body_hash: String,
        note: String,
        /// What the body says of its rhythm; [`Answered::fresh_for`] counts in place of the field of that name.
        wishes: Wishes,
        /// The usual time between two changes, this one counted.
        rhythm: Duration,
        /// Known ones are left as they are.
        entries: Vec<NewEntry>,
    },
    /// Validators and entries stay as they are.
    Failed { error: String },
    /// 410, or an operator's word.
    Disabled { reason: String },
    /// The server was not asked: only the due time changes.
    NotAsked,
}

/// What an answer said besides its body.
#[derive(Clone, Debug)]
pub struct Answered {
    pub validators: Validators,
    /// The address that gave them.
    pub validators_url: Url,
    /// `None`: no header said.
    pub fresh_for: Option<Duration>,
    pub moving: Option<Moving>,
    /// Where to ask next time.
    pub ask: Url,
}

/// What became of one feed's poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PollStored {
    pub feed: FeedId,
    pub new_entries: u64,
    /// They wait for somebody to decide.
    pub held: bool,
    /// Alarms that began or ended.
    pub alarms: usize,
    /// Its list ran through unseen.
    pub gap: bool,
    /// Somebody else holds the feed now; nothing of this poll was stored.
    pub lease_lost: bool,
}

/// The conditions stand twice: PostgreSQL checks only the outer ones again after waiting for somebody else's claim.
/// Feeds whose claim was never committed go last, so that one that kills the process lets the others be polled. They are
/// sorted by themselves: all that are due sorted for each claim would be quadratic where very many are due at once.
pub(super) const CLAIM: &str = "\
    UPDATE feed SET lease_token = $1, lease_until = $2, attempts = attempts + 1
    WHERE id IN (
        SELECT id FROM (
            SELECT id FROM feed WHERE state = 'waiting' AND due <= $3 AND lease_until <= $3 AND attempts = 0
            ORDER BY due LIMIT $4 + 0) AS fresh
        UNION ALL
        SELECT id FROM (
            SELECT id FROM feed WHERE state = 'waiting' AND due <= $3 AND lease_until <= $3 AND attempts > 0
            ORDER BY attempts, due LIMIT $4 + 0) AS tried
        LIMIT $4 + 0)
    AND state = 'waiting' AND due <= $3 AND lease_until <= $3
    RETURNING id, url, kind, outlet, lang, every_ms, route, zone, selectors, ask_url, etag, last_modified, validators_url,
        body_hash,
        moving_to, moving_seen, fresh_ms, wish_ms, skip_hours, skip_days, whole_at, changed_at, rhythm_ms,
        first_read_at, attempts, last_success_at, last_new_at, failures_in_a_row, pace_ms, alarms, portrait, scattered";

/// One row a poll; `kind` says which of the columns count. A bare 304 keeps what it leaves out; a body does not.
const COMMIT: &str = "\
    WITH poll (id, token, kind, at, next_due, whole, etag, last_modified, validators_url, fresh_ms, body_hash, moving_to,
        moving_seen, ask_url, note, wish_ms, skip_hours, skip_days, rhythm_ms, error, pace_ms, alarms)
        AS (VALUES {rows})
    UPDATE feed SET
        lease_token = '', lease_until = 0, attempts = 0, due = poll.next_due, pace_ms = poll.pace_ms, alarms = poll.alarms,
        last_polled_at = CASE WHEN poll.kind <> 'not_asked' THEN poll.at ELSE feed.last_polled_at END,
        whole_at = CASE WHEN poll.whole THEN poll.at ELSE feed.whole_at END,
        state = CASE WHEN poll.kind = 'disabled' AND feed.state = 'waiting' THEN 'disabled' ELSE feed.state END,
        disabled_reason = CASE WHEN poll.kind = 'disabled' AND feed.state = 'waiting' THEN poll.error
            ELSE feed.disabled_reason END,
        last_success_at = CASE WHEN poll.kind IN ('not_modified', 'same_body', 'read') THEN poll.at
            ELSE feed.last_success_at END,
        failures_in_a_row = CASE WHEN poll.kind = 'failed' THEN feed.failures_in_a_row + 1
            WHEN poll.kind IN ('disabled', 'not_asked') THEN feed.failures_in_a_row ELSE 0 END,
        last_error = CASE WHEN poll.kind = 'not_asked' THEN feed.last_error ELSE poll.error END,
        etag = CASE WHEN poll.kind IN ('same_body', 'read') THEN poll.etag
            WHEN poll.kind = 'not_modified' THEN COALESCE(poll.etag, feed.etag) ELSE feed.etag END,
        last_modified = CASE WHEN poll.kind IN ('same_body', 'read') THEN poll.last_modified
            WHEN poll.kind = 'not_modified' THEN COALESCE(poll.last_modified, feed.last_modified)
            ELSE feed.last_modified END,
        validators_url = CASE WHEN poll.kind IN ('not_modified', 'same_body', 'read') THEN poll.validators_url
            ELSE feed.validators_url END,
        fresh_ms = CASE WHEN poll.kind IN ('same_body', 'read') THEN COALESCE(poll.fresh_ms, 0)
            WHEN poll.kind = 'not_modified' THEN COALESCE(poll.fresh_ms, feed.fresh_ms) ELSE feed.fresh_ms END,
        moving_to = CASE WHEN poll.kind IN ('not_modified', 'same_body', 'read') THEN poll.moving_to
            ELSE feed.moving_to END,
        moving_seen = CASE WHEN poll.kind IN ('not_modified', 'same_body', 'read') THEN poll.moving_seen
            ELSE feed.moving_seen END,
        ask_url = CASE WHEN poll.kind IN ('not_modified', 'same_body', 'read') THEN poll.ask_url ELSE feed.ask_url END,
        body_hash = CASE WHEN poll.kind = 'read' THEN poll.body_hash ELSE feed.body_hash END,
        note = CASE WHEN poll.kind = 'read' THEN poll.note ELSE feed.note END,
        wish_ms = CASE WHEN poll.kind = 'read' THEN poll.wish_ms ELSE feed.wish_ms END,
        skip_hours = CASE WHEN poll.kind = 'read' THEN poll.skip_hours ELSE feed.skip_hours END,
        skip_days = CASE WHEN poll.kind = 'read' THEN poll.skip_days ELSE feed.skip_days END,
        rhythm_ms = CASE WHEN poll.kind = 'read' THEN poll.rhythm_ms ELSE feed.rhythm_ms END,
        changed_at = CASE WHEN poll.kind = 'read' THEN poll.at ELSE feed.changed_at END,
        first_read_at = CASE WHEN poll.kind = 'read' THEN COALESCE(feed.first_read_at, poll.at)
            ELSE feed.first_read_at END
    FROM poll WHERE feed.id = poll.id AND feed.lease_token = poll.token AND feed.lease_token <> ''
    RETURNING feed.id AS id";

/// As [`COMMIT`] for what most polls are: half the work, for each column that is named is copied some times.
const COMMIT_UNCHANGED: &str = "\
    WITH poll (id, token, at, next_due, pace_ms, alarms) AS (VALUES {rows})
    UPDATE feed SET
        lease_token = '', lease_until = 0, attempts = 0, due = poll.next_due, pace_ms = poll.pace_ms, alarms = poll.alarms,
        last_polled_at = poll.at, last_success_at = poll.at, failures_in_a_row = 0, last_error = ''
    FROM poll WHERE feed.id = poll.id AND feed.lease_token = poll.token AND feed.lease_token <> ''
    RETURNING feed.id AS id";

/// What a body's entries led to, once it is known which of them were new.
const JUDGE: &str = "\
    WITH judged (id, at, fresh, due, pace_ms, alarms, portrait, outlet) AS (VALUES {rows})
    UPDATE feed SET
        last_new_at = CASE WHEN judged.fresh > 0 THEN judged.at ELSE feed.last_new_at END,
        entries = feed.entries + judged.fresh, due = judged.due, pace_ms = judged.pace_ms, alarms = judged.alarms,
        portrait = COALESCE(judged.portrait, feed.portrait), outlet = COALESCE(judged.outlet, feed.outlet)
    FROM judged WHERE feed.id = judged.id";

impl Store {
    /// Returns feeds whose poll is due, oldest first, now held by `lease`.
    pub async fn claim_due_feeds(&self, now: Timestamp, limit: u32, lease: &Lease) -> Result<Vec<Feed>, StoreError> {
        let binds = binds![&lease.token, lease.until, now, limit];
        let rows = self.database().write("claiming feeds", CLAIM, &binds).await?;
        rows.iter().map(|row| feed(row, lease)).collect()
    }

    /// Stores a batch of polls: each feed's validators with its entries or neither. `judge` is told of each body that
    /// was read, by its place in `polls`, which of its entries are new, and says what follows; that is stored with them.
    pub async fn commit_polls(
        &self,
        polls: &[PolledFeed],
        judge: impl Fn(usize, &[&NewEntry]) -> Judgement,
    ) -> Result<Vec<PollStored>, StoreError> {
        let mut writer = self.database().writer("storing polls").await?;
        let mut tx = writer.begin().await?;
        let told: Vec<_> = polls.iter().filter_map(poll_row).collect();
        let unchanged: Vec<_> = polls.iter().filter_map(unchanged_row).collect();
        let mut held = ids(&tx.rows_of(COMMIT, &told).await?)?;
        held.extend(ids(&tx.rows_of(COMMIT_UNCHANGED, &unchanged).await?)?);
        let fresh = insert_entries(&mut tx, entries_of(polls, &held)).await?;
        let judged: Vec<Judged<'_>> = polls
            .iter()
            .enumerate()
            .filter(|(_, poll)| held.contains(poll.feed.as_str()))
            .map(|(place, poll)| Judged::of(place, poll, &fresh, &judge))
            .collect();
        store_judgements(&mut tx, &judged).await?;
        tx.commit().await?;
        let stored = |poll: &PolledFeed| {
            let judged = judged.iter().find(|judged| judged.poll.feed == poll.feed);
            PollStored {
                feed: poll.feed.clone(),
                new_entries: judged.map_or(0, |judged| judged.new.len() as u64),
                held: judged.is_some_and(|judged| judged.judgement.hold),
                alarms: judged.map_or(0, |judged| judged.judgement.changes.len()),
                gap: judged.is_some_and(|judged| judged.judgement.gap.is_some()),
                lease_lost: judged.is_none(),
            }
        };
        Ok(polls.iter().map(stored).collect())
    }
}

/// A poll whose lease was held, with what follows from it.
struct Judged<'p> {
    poll: &'p PolledFeed,
    new: Vec<&'p NewEntry>,
    judgement: Judgement,
}

impl<'p> Judged<'p> {
    fn of(
        place: usize,
        poll: &'p PolledFeed,
        fresh: &HashSet<String>,
        judge: &impl Fn(usize, &[&NewEntry]) -> Judgement,
    ) -> Judged<'p> {
        match &poll.result {
            PollResult::Read { entries, .. } => {
                // A list may name one entry twice.
                let mut seen = HashSet::new();
                let mut new: Vec<&NewEntry> = Vec::new();
                for entry in entries {
                    if fresh.contains(entry.id.as_str()) && seen.insert(entry.id.as_str()) {
                        new.push(entry);
                    }
                }
                let judgement = judge(place, &new);
                Judged { poll, new, judgement }
            }
            _ => Judged { poll, new: vec![], judgement: poll.judgement.clone() },
        }
    }

    fn was_read(&self) -> bool {
        matches!(self.poll.result, PollResult::Read { .. })
    }

    fn row(&self) -> [Bind<'_>; 8] {
        let (poll, judgement) = (self.poll, &self.judgement);
        let new = i64::try_from(self.new.len()).unwrap_or(i64::MAX);
        let portrait = judgement.portrait.as_ref().map(super::articles::json);
        let pace = millis(judgement.pace);
        let outlet = judgement.outlet.as_deref();
        binds![&poll.feed, poll.at, new, judgement.next_due, pace, judgement.alarms.to_text(), portrait, outlet]
    }
}

async fn store_judgements(tx: &mut Tx<'_>, judged: &[Judged<'_>]) -> Result<(), StoreError> {
    let rows: Vec<_> = judged.iter().filter(|judged| judged.was_read()).map(Judged::row).collect();
    tx.rows_of(JUDGE, &rows).await?;
    for Judged { poll, new, judgement } in judged {
        coverage::store_changes(tx, &poll.feed, &judgement.changes, poll.at).await?;
        if judgement.hold {
            coverage::hold(tx, new.iter().map(|entry| &entry.id)).await?;
        }
        if let Some(gap) = &judgement.gap {
            coverage::store_gap(tx, &poll.feed, gap, poll.at).await?;
        }
    }
    Ok(())
}

/// For [`COMMIT_UNCHANGED`], what is of its kind.
fn unchanged_row(poll: &PolledFeed) -> Option<[Bind<'_>; 6]> {
    let PollResult::Unchanged = poll.result else { return None };
    let Judgement { next_due, pace, alarms, .. } = &poll.judgement;
    Some(binds![&poll.feed, &poll.lease.token, poll.at, *next_due, millis(*pace), alarms.to_text()])
}

/// For [`COMMIT`], all the others.
fn poll_row(poll: &PolledFeed) -> Option<[Bind<'_>; 22]> {
    let nothing = (Wishes::default(), Duration::ZERO);
    let (kind, answered, hash, note, (wishes, rhythm), error) = match &poll.result {
        PollResult::Unchanged => return None,
        PollResult::NotModified(answered) => ("not_modified", Some(answered), "", "", nothing, ""),
        PollResult::SameBody(answered) => ("same_body", Some(answered), "", "", nothing, ""),
        PollResult::Read { answered, body_hash, note, wishes, rhythm, .. } => {
            ("read", Some(answered), body_hash.as_str(), note.as_str(), (*wishes, *rhythm), "")
        }
        PollResult::Failed { error } => ("failed", None, "", "", nothing, error.as_str()),
        PollResult::Disabled { reason } => ("disabled", None, "", "", nothing, reason.as_str()),
        PollResult::NotAsked => ("not_asked", None, "", "", nothing, ""),
    };
    let moving = answered.and_then(|answered| answered.moving.as_ref());
    let (skip_hours, skip_days) = wishes.skip.bits();
    Some(binds![
        &poll.feed,
        &poll.lease.token,
        kind,
        poll.at,
        poll.judgement.next_due,
        poll.whole,
        answered.and_then(|answered| answered.validators.etag.as_deref()),
        answered.and_then(|answered| answered.validators.last_modified.as_deref()),
        or_empty(answered.map(|answered| &answered.validators_url)),
        answered.and_then(|answered| answered.fresh_for).map(millis),
        hash,
        or_empty(moving.map(|moving| &moving.to)),
        moving.map_or(0, |moving| moving.seen),
        or_empty(answered.map(|answered| &answered.ask)),
        note,
        millis(wishes.interval),
        skip_hours,
        u32::from(skip_days),
        millis(rhythm),
        error,
        millis(poll.judgement.pace),
        poll.judgement.alarms.to_text()
    ])
}

fn ids(rows: &[Row]) -> Result<HashSet<String>, StoreError> {
    rows.iter().map(|row| row.text("id")).collect()
}

/// The entries of the polls whose lease was held.
fn entries_of<'p>(polls: &'p [PolledFeed], held: &HashSet<String>) -> Vec<(&'p FeedId, Timestamp, &'p NewEntry)> {
    let held_polls = polls.iter().filter(|poll| held.contains(poll.feed.as_str()));
    held_polls
        .flat_map(|poll| {
            match &poll.result {
                PollResult::Read { entries, .. } => entries.as_slice(),
                _ => &[],
            }
            .iter()
            .map(|entry| (&poll.feed, poll.at, entry))
        })
        .collect()
}

fn wishes(row: &Row) -> Result<Wishes, StoreError> {
    let skip_days = u8::try_from(row.small("skip_days")?).map_err(|_| row.unreadable("skip_days"))?;
    Ok(Wishes {
        fresh_for: Duration::from_millis(row.count("fresh_ms")?),
        interval: Duration::from_millis(row.count("wish_ms")?),
        skip: SkippedTimes::from_bits(row.small("skip_hours")?, skip_days),
    })
}

fn feed(row: &Row, lease: &Lease) -> Result<Feed, StoreError> {
    let moving_to = row.url_or_empty("moving_to")?;
    let moving_seen = row.small("moving_seen")?;
    Ok(Feed {
        id: FeedId::from_stored(row.text("id")?),
        spec: feed_spec(row)?,
        ask: row.url("ask_url")?,
        validators: Validators { etag: row.bytes_or_null("etag")?, last_modified: row.bytes_or_null("last_modified")? },
        validators_url: row.url_or_empty("validators_url")?,
        body_hash: row.text("body_hash")?,
        first_read_at: row.time_or_null("first_read_at")?,
        attempts: row.small("attempts")?,
        last_success_at: row.time_or_null("last_success_at")?,
        last_new_at: row.time_or_null("last_new_at")?,
        failures_in_a_row: row.small("failures_in_a_row")?,
        moving: moving_to.map(|to| Moving { to, seen: moving_seen }),
        wishes: wishes(row)?,
        whole_at: row.time_or_null("whole_at")?,
        changed_at: row.time_or_null("changed_at")?,
        rhythm: Duration::from_millis(row.count("rhythm_ms")?),
        pace: Duration::from_millis(row.count("pace_ms")?),
        alarms: Alarms::from_text(&row.text("alarms")?),
        portrait: row.json("portrait")?,
        scattered: row.flag("scattered")?,
        lease: lease.clone(),
    })
}
