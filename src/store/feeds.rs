//! Feeds: what is polled, when, and what each poll left.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use jiff::tz::TimeZone;

use super::Store;
use super::error::StoreError;
use super::statement::{Bind, Row, binds};
use crate::model::alarm::{Alarms, Portrait};
use crate::model::exchange::Route;
use crate::model::feed::{FeedKind, FeedSpec, FeedState, FeedStatus, Selectors};
use crate::model::id::FeedId;
use crate::model::time::Timestamp;

/// What a feed that left the configuration is listed as.
pub const RETIRED: &str = "no longer in the configuration";

/// What `sync_feeds` changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeedSync {
    pub added: u64,
    pub changed: u64,
    pub retired: u64,
}

const CONFIGURED: &str = "SELECT id, kind, outlet, lang, every_ms, route, zone, selectors, state, portrait FROM feed";

const ADD: &str = "\
    INSERT INTO feed (id, url, ask_url, kind, outlet, lang, every_ms, route, zone, selectors, due) VALUES {rows} ON CONFLICT (id) DO NOTHING";

/// A feed polled more often than before is not left waiting as long as before. Validators are good for one route: on
/// another the answer may differ, and the server must not know us by them. What is to be read in another way must come
/// whole, changed or not.
const CHANGE: &str = "\
    WITH spec (id, kind, outlet, lang, every_ms, route, zone, selectors, due) AS (VALUES {rows})
    UPDATE feed SET
        due = CASE WHEN state <> 'waiting' OR (feed.every_ms <> spec.every_ms AND feed.due > spec.due)
              THEN spec.due ELSE feed.due END,
        failures_in_a_row = CASE WHEN state = 'waiting' THEN failures_in_a_row ELSE 0 END,
        state = 'waiting', disabled_reason = '', lease_token = '', lease_until = 0,
        pace_ms = CASE WHEN feed.every_ms = spec.every_ms THEN pace_ms ELSE 0 END,
        etag = CASE WHEN feed.route = spec.route AND feed.kind = spec.kind AND feed.selectors = spec.selectors
            THEN etag ELSE NULL END,
        last_modified = CASE WHEN feed.route = spec.route AND feed.kind = spec.kind AND feed.selectors = spec.selectors
            THEN last_modified ELSE NULL END,
        body_hash = CASE WHEN feed.kind = spec.kind AND feed.selectors = spec.selectors THEN body_hash ELSE '' END,
        route = spec.route, kind = spec.kind, outlet = spec.outlet, lang = spec.lang, every_ms = spec.every_ms,
        zone = spec.zone, selectors = spec.selectors
    FROM spec WHERE feed.id = spec.id";

/// Two days beyond its interval no feed is due, whatever its server asked for: that was written while the clock was wrong.
const OVERDUE: &str = "\
    UPDATE feed SET due = $1 WHERE state = 'waiting' AND due > $1 + every_ms + 172800000";

/// What is held of it waits on for a decision. The lease goes, for a poll in flight knows nothing of this.
const RETIRE: &str = "\
    UPDATE feed SET state = 'retired', disabled_reason = $1, lease_token = '', lease_until = 0,
        alarms = CASE WHEN alarms LIKE '%held%' THEN 'held' ELSE '' END
    WHERE id IN ({list})";

/// Of a feed that nobody reads any more there is nothing to tell.
const END_ALARMS: &str = "UPDATE alarm SET ended_at = $1, told_at = COALESCE(told_at, $1), end_told_at = $1 WHERE ended_at IS NULL AND kind <> 'held' AND feed_id IN ({list})";

const MAKE_ALL_DUE: &str = "UPDATE feed SET due = $1 WHERE state = 'waiting'";

const MAKE_DUE: &str = "\
    UPDATE feed SET due = $1, state = 'waiting', disabled_reason = ''
    WHERE state <> 'retired' AND id IN ({list})";

pub(super) const NEXT_DUE: &str = "\
    SELECT MIN(at) AS at FROM (
        SELECT (SELECT due FROM feed WHERE state = 'waiting' AND lease_until = 0 ORDER BY due LIMIT 1) AS at
        UNION ALL
        SELECT (SELECT MIN(lease_until) FROM feed WHERE state = 'waiting' AND lease_until > 0) AS at
    ) AS times";

pub(super) const LIST: &str = "\
    SELECT id, outlet, url, kind, state, disabled_reason, due, lease_until, last_polled_at, last_success_at, last_new_at,
        failures_in_a_row, last_error, note, entries, every_ms, pace_ms, alarms,
        (SELECT COUNT(*) FROM entry WHERE entry.feed_id = feed.id AND entry.held) AS held
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
        let added = plan.added.iter().map(added_row);
        let added: Vec<_> = added.collect();
        tx.rows_of(ADD, &added).await?;
        let changed = plan.changed.iter().map(changed_row);
        let changed: Vec<_> = changed.collect();
        tx.rows_of(CHANGE, &changed).await?;
        let retired: Vec<Bind<'_>> = plan.retired.iter().map(Bind::from).collect();
        tx.change_in(RETIRE, &binds![RETIRED], &retired).await?;
        tx.change_in(END_ALARMS, &binds![now], &retired).await?;
        tx.change_in(super::coverage::SETTLE_GAPS, &binds![now], &retired).await?;
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
    added: Vec<Planned<'f>>,
    changed: Vec<Planned<'f>>,
    retired: Vec<FeedId>,
}

struct Planned<'f> {
    id: FeedId,
    spec: &'f FeedSpec,
    /// As the row holds them.
    selectors: String,
    outlet: String,
    due: Timestamp,
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
            let known = stored.remove(id.as_str());
            let outlet = outlet(known, spec)?;
            let planned = Planned { id, spec, selectors: selectors_text(spec), outlet, due: *due };
            match known {
                None => plan.added.push(planned),
                Some(row) if row.text("state")? == "retired" || differs(row, &planned)? => plan.changed.push(planned),
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

/// The name as configured; where there is none, the title that the feed gave itself when it was read.
fn outlet(known: Option<&Row>, spec: &FeedSpec) -> Result<String, StoreError> {
    if let Some(row) = known.filter(|_| spec.is_unnamed()) {
        let portrait: Portrait = row.json("portrait")?;
        if !portrait.title.is_empty() {
            return Ok(portrait.title);
        }
    }
    Ok(spec.outlet.clone())
}

fn differs(row: &Row, planned: &Planned<'_>) -> Result<bool, StoreError> {
    let spec = planned.spec;
    Ok(row.text("kind")? != spec.kind.as_str()
        || row.text("outlet")? != planned.outlet
        || row.text("lang")? != spec.lang
        || row.int("every_ms")? != millis(spec.every)
        || route_of(row)? != spec.route
        || row.text("zone")? != zone_name(spec)
        || row.text("selectors")? != planned.selectors)
}

pub(super) fn millis(duration: Duration) -> i64 {
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

/// As JSON; empty where there are none.
fn selectors_text(spec: &FeedSpec) -> String {
    let text = spec.selectors.as_ref().map(|selectors| serde_json::to_string(selectors).expect("texts make JSON"));
    text.unwrap_or_default()
}

fn selectors(row: &Row) -> Result<Option<Selectors>, StoreError> {
    let text = row.text("selectors")?;
    if text.is_empty() {
        return Ok(None);
    }
    serde_json::from_str(&text).map(Some).map_err(|_| row.unreadable("selectors"))
}

fn added_row<'f>(new: &'f Planned<'_>) -> [Bind<'f>; 11] {
    let Planned { id, spec, selectors, outlet, due } = new;
    let (every, route) = (millis(spec.every), spec.route.as_str());
    binds![
        id,
        &spec.url,
        &spec.url,
        spec.kind.as_str(),
        outlet,
        &spec.lang,
        every,
        route,
        zone_name(spec),
        selectors,
        *due
    ]
}

fn changed_row<'f>(new: &'f Planned<'_>) -> [Bind<'f>; 9] {
    let Planned { id, spec, selectors, outlet, due } = new;
    binds![
        id,
        spec.kind.as_str(),
        outlet,
        &spec.lang,
        millis(spec.every),
        spec.route.as_str(),
        zone_name(spec),
        selectors,
        *due
    ]
}

pub(super) fn kind_of(row: &Row, column: &'static str) -> Result<FeedKind, StoreError> {
    let stored = row.text(column)?;
    FeedKind::ALL.into_iter().find(|kind| kind.as_str() == stored).ok_or_else(|| row.unreadable(column))
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
        selectors: selectors(row)?,
    })
}

fn route_of(row: &Row) -> Result<Route, StoreError> {
    Route::parse(&row.text("route")?).map_err(|_| row.unreadable("route"))
}

fn every(configured_ms: u64, pace_ms: u64) -> Duration {
    Duration::from_millis(if pace_ms == 0 { configured_ms } else { pace_ms.min(configured_ms) })
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
        kind: kind_of(row, "kind")?,
        state,
        last_polled_at: row.time_or_null("last_polled_at")?,
        last_success_at: row.time_or_null("last_success_at")?,
        last_new_at: row.time_or_null("last_new_at")?,
        failures_in_a_row: row.small("failures_in_a_row")?,
        last_error: row.text("last_error")?,
        note: row.text("note")?,
        entries: row.count("entries")?,
        every_secs: every(row.count("every_ms")?, row.count("pace_ms")?).as_secs(),
        alarms: Alarms::from_text(&row.text("alarms")?),
        held: row.count("held")?,
    })
}
