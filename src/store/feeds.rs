//! Feeds: what is polled, when, and what each poll left.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::tz::TimeZone;
use url::Url;

use super::Store;
use super::database::Tx;
use super::entries::{NewEntry, insert_entries};
use super::error::StoreError;
use super::statement::{Bind, Row, binds, or_empty};
use crate::model::exchange::{Route, Validators};
use crate::model::feed::{Feed, FeedKind, FeedSpec, FeedState, FeedStatus, Moving, SkippedTimes, Wishes};
use crate::model::id::FeedId;
use crate::model::lease::Lease;
use crate::model::time::Timestamp;

/// What a feed that left the configuration is listed as.
pub const RETIRED: &str = "no longer in the configuration";

/// What one poll left, success or failure; committed in one transaction with others of its batch.
#[derive(Clone, Debug)]
pub struct PolledFeed {
    pub feed: FeedId,
    pub lease: Lease,
    pub at: Timestamp,
    pub next_due: Timestamp,
    /// The whole body was asked for, without validators, or came all the same.
    pub whole: bool,
    pub result: PollResult,
}

#[derive(Clone, Debug)]
pub enum PollResult {
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

/// What `sync_feeds` changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeedSync {
    pub added: u64,
    pub changed: u64,
    pub retired: u64,
}

/// What became of one feed's poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PollStored {
    pub feed: FeedId,
    pub new_entries: u64,
    /// Somebody else holds the feed now; nothing of this poll was stored.
    pub lease_lost: bool,
}

const CONFIGURED: &str = "SELECT id, kind, outlet, lang, every_ms, route, zone, state FROM feed";

const ADD: &str = "\
    INSERT INTO feed (id, url, ask_url, kind, outlet, lang, every_ms, route, zone, due) VALUES {rows} ON CONFLICT (id) DO NOTHING";

/// A feed polled more often than before is not left waiting as long as before. Validators are good for one route: on
/// another the answer may differ, and the server must not know us by them.
const CHANGE: &str = "\
    WITH spec (id, kind, outlet, lang, every_ms, route, zone, due) AS (VALUES {rows})
    UPDATE feed SET
        due = CASE WHEN state <> 'waiting' OR (feed.every_ms <> spec.every_ms AND feed.due > spec.due)
              THEN spec.due ELSE feed.due END,
        failures_in_a_row = CASE WHEN state = 'waiting' THEN failures_in_a_row ELSE 0 END,
        state = 'waiting', disabled_reason = '',
        etag = CASE WHEN feed.route = spec.route THEN etag ELSE NULL END,
        last_modified = CASE WHEN feed.route = spec.route THEN last_modified ELSE NULL END,
        route = spec.route, kind = spec.kind, outlet = spec.outlet, lang = spec.lang, every_ms = spec.every_ms,
        zone = spec.zone
    FROM spec WHERE feed.id = spec.id";

/// Two days beyond its interval no feed is due, whatever its server asked for: that was written while the clock was wrong.
const OVERDUE: &str = "\
    UPDATE feed SET due = $1 WHERE state = 'waiting' AND due > $1 + every_ms + 172800000";

const RETIRE: &str = "UPDATE feed SET state = 'retired', disabled_reason = $1 WHERE id IN ({list})";

const MAKE_ALL_DUE: &str = "UPDATE feed SET due = $1 WHERE state = 'waiting'";

const MAKE_DUE: &str = "\
    UPDATE feed SET due = $1, state = 'waiting', disabled_reason = ''
    WHERE state <> 'retired' AND id IN ({list})";

/// The conditions stand twice: PostgreSQL checks only the outer ones again after waiting for somebody else's claim.
/// Feeds whose claim was never committed go last, so that one that kills the process lets the others be polled.
pub(super) const CLAIM: &str = "\
    UPDATE feed SET lease_token = $1, lease_until = $2, attempts = attempts + 1
    WHERE id IN (
        SELECT id FROM feed WHERE state = 'waiting' AND due <= $3 AND lease_until <= $3
        ORDER BY attempts, due LIMIT $4 + 0)
    AND state = 'waiting' AND due <= $3 AND lease_until <= $3
    RETURNING id, url, kind, outlet, lang, every_ms, route, zone, ask_url, etag, last_modified, validators_url, body_hash,
        moving_to, moving_seen, fresh_ms, wish_ms, skip_hours, skip_days, whole_at, changed_at, rhythm_ms,
        first_read_at, attempts, failures_in_a_row";

/// One row a poll; `kind` says which of the columns count. A bare 304 keeps what it leaves out; a body does not.
const COMMIT: &str = "\
    WITH poll (id, token, kind, at, next_due, whole, etag, last_modified, validators_url, fresh_ms, body_hash, moving_to,
        moving_seen, ask_url, note, wish_ms, skip_hours, skip_days, rhythm_ms, error)
        AS (VALUES {rows})
    UPDATE feed SET
        lease_token = '', lease_until = 0, attempts = 0, due = poll.next_due,
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

const COUNT_NEW: &str = "\
    WITH fresh (id, at, entries) AS (VALUES {rows})
    UPDATE feed SET last_new_at = fresh.at, entries = feed.entries + fresh.entries FROM fresh WHERE feed.id = fresh.id";

pub(super) const NEXT_DUE: &str = "\
    SELECT MIN(at) AS at FROM (
        SELECT (SELECT due FROM feed WHERE state = 'waiting' AND lease_until = 0 ORDER BY due LIMIT 1) AS at
        UNION ALL
        SELECT (SELECT MIN(lease_until) FROM feed WHERE state = 'waiting' AND lease_until > 0) AS at
    ) AS times";

pub(super) const LIST: &str = "\
    SELECT id, outlet, url, state, disabled_reason, due, lease_until, last_polled_at, last_success_at, last_new_at,
        failures_in_a_row, last_error, note, entries
    FROM feed";

impl Store {
    /// Makes the feeds in the database those of the configuration; `first_due` is when a new one is first polled.
    ///
    /// A feed that left the configuration is kept, unpolled, and goes on where it was if it comes back. One that its
    /// server disabled (410) stays so until its entry in the configuration changes.
    pub async fn sync_feeds(&self, feeds: &[(FeedSpec, Timestamp)], now: Timestamp) -> Result<FeedSync, StoreError> {
        let mut writer = self.database().writer("taking over the configured feeds").await?;
        let mut tx = writer.begin().await?;
        let known = tx.rows(CONFIGURED, &[]).await?;
        let plan = SyncPlan::of(feeds, &known)?;
        let added: Vec<_> = plan.added.iter().map(|(id, spec, due)| added_row(id, spec, *due)).collect();
        tx.rows_of(ADD, &added).await?;
        let changed: Vec<_> = plan.changed.iter().map(|(id, spec, due)| changed_row(id, spec, *due)).collect();
        tx.rows_of(CHANGE, &changed).await?;
        let retired: Vec<Bind<'_>> = plan.retired.iter().map(Bind::from).collect();
        tx.change_in(RETIRE, &binds![RETIRED], &retired).await?;
        tx.change(OVERDUE, &binds![now]).await?;
        tx.commit().await?;
        let count = |rows: usize| rows as u64;
        Ok(FeedSync {
            added: count(plan.added.len()),
            changed: count(plan.changed.len()),
            retired: count(plan.retired.len()),
        })
    }

    /// Makes feeds due now: those named, or all that are not disabled. A disabled one that is named is polled again.
    /// Returns how many are due.
    pub async fn make_feeds_due(&self, feeds: Option<&[FeedId]>, now: Timestamp) -> Result<u64, StoreError> {
        let mut writer = self.database().writer("making feeds due").await?;
        let mut tx = writer.begin().await?;
        let due = match feeds {
            None => tx.change(MAKE_ALL_DUE, &binds![now]).await?,
            Some(feeds) => {
                let feeds: Vec<Bind<'_>> = feeds.iter().map(Bind::from).collect();
                tx.change_in(MAKE_DUE, &binds![now], &feeds).await?
            }
        };
        tx.commit().await?;
        Ok(due)
    }

    /// Returns feeds whose poll is due, oldest first, now held by `lease`.
    pub async fn claim_due_feeds(&self, now: Timestamp, limit: u32, lease: &Lease) -> Result<Vec<Feed>, StoreError> {
        let binds = binds![&lease.token, lease.until, now, limit];
        let rows = self.database().write("claiming feeds", CLAIM, &binds).await?;
        rows.iter().map(|row| feed(row, lease)).collect()
    }

    /// Stores a batch of polls: each feed's validators with its entries or neither.
    pub async fn commit_polls(&self, polls: &[PolledFeed]) -> Result<Vec<PollStored>, StoreError> {
        let mut writer = self.database().writer("storing polls").await?;
        let mut tx = writer.begin().await?;
        let rows: Vec<_> = polls.iter().map(poll_row).collect();
        let held = ids(&tx.rows_of(COMMIT, &rows).await?)?;
        let fresh = insert_entries(&mut tx, entries_of(polls, &held)).await?;
        count_new(&mut tx, polls, &fresh).await?;
        tx.commit().await?;
        let stored = |poll: &PolledFeed| PollStored {
            feed: poll.feed.clone(),
            new_entries: fresh.get(poll.feed.as_str()).copied().unwrap_or(0),
            lease_lost: !held.contains(poll.feed.as_str()),
        };
        Ok(polls.iter().map(stored).collect())
    }

    /// When the next claim may find something: the earliest due time, or the end of a lease.
    pub async fn next_feed_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.next_due("looking for the next poll", NEXT_DUE).await
    }

    /// By outlet.
    pub async fn feeds(&self) -> Result<Vec<FeedStatus>, StoreError> {
        let rows = self.database().rows("listing feeds", LIST, &[]).await?;
        let mut feeds = rows.iter().map(feed_status).collect::<Result<Vec<_>, _>>()?;
        feeds.sort_by(|a, b| (&a.outlet, &a.url).cmp(&(&b.outlet, &b.url)));
        Ok(feeds)
    }
}

/// What must change for the table to say what the configuration says.
#[derive(Default)]
struct SyncPlan<'f> {
    added: Vec<(FeedId, &'f FeedSpec, Timestamp)>,
    changed: Vec<(FeedId, &'f FeedSpec, Timestamp)>,
    retired: Vec<FeedId>,
}

impl<'f> SyncPlan<'f> {
    fn of(feeds: &'f [(FeedSpec, Timestamp)], known: &[Row]) -> Result<SyncPlan<'f>, StoreError> {
        let mut stored = HashMap::new();
        for row in known {
            stored.insert(row.text("id")?, row);
        }
        let mut plan = SyncPlan::default();
        let mut seen = HashSet::new();
        for (spec, due) in feeds {
            let id = spec.id();
            if !seen.insert(id.clone()) {
                continue;
            }
            match stored.remove(id.as_str()) {
                None => plan.added.push((id, spec, *due)),
                Some(row) if row.text("state")? == "retired" || differs(row, spec)? => {
                    plan.changed.push((id, spec, *due));
                }
                Some(_) => {}
            }
        }
        for (id, row) in stored {
            if row.text("state")? != "retired" {
                plan.retired.push(FeedId::from_stored(id));
            }
        }
        Ok(plan)
    }
}

fn differs(row: &Row, spec: &FeedSpec) -> Result<bool, StoreError> {
    Ok(row.text("kind")? != spec.kind.as_str()
        || row.text("outlet")? != spec.outlet
        || row.text("lang")? != spec.lang
        || row.int("every_ms")? != millis(spec.every)
        || route_of(row)? != spec.route
        || row.text("zone")? != zone_name(spec))
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// The zone's IANA name; empty where none is configured.
fn zone_name(spec: &FeedSpec) -> &str {
    spec.zone.as_ref().and_then(TimeZone::iana_name).unwrap_or_default()
}

fn zone(row: &Row) -> Result<Option<TimeZone>, StoreError> {
    let name = row.text("zone")?;
    if name.is_empty() { Ok(None) } else { TimeZone::get(&name).map(Some).map_err(|_| row.unreadable("zone")) }
}

fn added_row<'f>(id: &'f FeedId, spec: &'f FeedSpec, due: Timestamp) -> [Bind<'f>; 10] {
    let (every, route) = (millis(spec.every), spec.route.as_str());
    binds![id, &spec.url, &spec.url, spec.kind.as_str(), &spec.outlet, &spec.lang, every, route, zone_name(spec), due]
}

fn changed_row<'f>(id: &'f FeedId, spec: &'f FeedSpec, due: Timestamp) -> [Bind<'f>; 8] {
    binds![
        id,
        spec.kind.as_str(),
        &spec.outlet,
        &spec.lang,
        millis(spec.every),
        spec.route.as_str(),
        zone_name(spec),
        due
    ]
}

fn poll_row(poll: &PolledFeed) -> [Bind<'_>; 20] {
    let nothing = (Wishes::default(), Duration::ZERO);
    let (kind, answered, hash, note, (wishes, rhythm), error) = match &poll.result {
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
    binds![
        &poll.feed,
        &poll.lease.token,
        kind,
        poll.at,
        poll.next_due,
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
        error
    ]
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

async fn count_new(tx: &mut Tx<'_>, polls: &[PolledFeed], fresh: &HashMap<String, u64>) -> Result<(), StoreError> {
    let rows: Vec<_> = polls
        .iter()
        .filter_map(|poll| {
            let count = i64::try_from(*fresh.get(poll.feed.as_str())?).unwrap_or(i64::MAX);
            Some(binds![&poll.feed, poll.at, count])
        })
        .collect();
    tx.rows_of(COUNT_NEW, &rows).await.map(|_| ())
}

pub(super) fn kind_of(row: &Row, column: &'static str) -> Result<FeedKind, StoreError> {
    let stored = row.text(column)?;
    [FeedKind::Syndication].into_iter().find(|kind| kind.as_str() == stored).ok_or_else(|| row.unreadable(column))
}

/// The spec's columns, as every statement that returns a feed names them.
pub(super) fn feed_spec(row: &Row) -> Result<FeedSpec, StoreError> {
    Ok(FeedSpec {
        url: row.url("url")?,
        kind: kind_of(row, "kind")?,
        outlet: row.text("outlet")?,
        lang: row.text("lang")?,
        every: Duration::from_millis(row.count("every_ms")?),
        route: route_of(row)?,
        zone: zone(row)?,
    })
}

fn route_of(row: &Row) -> Result<Route, StoreError> {
    Route::parse(&row.text("route")?).map_err(|_| row.unreadable("route"))
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
        failures_in_a_row: row.small("failures_in_a_row")?,
        moving: moving_to.map(|to| Moving { to, seen: moving_seen }),
        wishes: wishes(row)?,
        whole_at: row.time_or_null("whole_at")?,
        changed_at: row.time_or_null("changed_at")?,
        rhythm: Duration::from_millis(row.count("rhythm_ms")?),
        lease: lease.clone(),
    })
}

fn feed_status(row: &Row) -> Result<FeedStatus, StoreError> {
    let until = row.time("lease_until")?;
    let state = match row.text("state")?.as_str() {
        "waiting" if until > Timestamp::EPOCH => FeedState::Leased { until },
        "waiting" => FeedState::Waiting { due: row.time("due")? },
        _ => FeedState::Disabled { reason: row.text("disabled_reason")? },
    };
    Ok(FeedStatus {
        id: FeedId::from_stored(row.text("id")?),
        outlet: row.text("outlet")?,
        url: row.url("url")?,
        state,
        last_polled_at: row.time_or_null("last_polled_at")?,
        last_success_at: row.time_or_null("last_success_at")?,
        last_new_at: row.time_or_null("last_new_at")?,
        failures_in_a_row: row.small("failures_in_a_row")?,
        last_error: row.text("last_error")?,
        note: row.text("note")?,
        entries: row.count("entries")?,
    })
}
