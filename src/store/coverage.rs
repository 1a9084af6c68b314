//! Alarms about feeds, the entries they hold back, and the gaps in what was seen.

use std::collections::HashSet;

use url::Url;

use super::Store;
use super::articles::json;
use super::bounces::{UntoldEvent, tell_events};
use super::database::Tx;
use super::entries::{NewEntry, insert_entries};
use super::error::StoreError;
use super::feeds::feed_spec;
use super::recipients::{NewDelivery, store_delivery};
use super::statement::{Bind, Row, binds, or_empty};
use crate::model::alarm::{Alarm, AlarmChange, AlarmKind, Alarms, Gap, GapFound, Portrait};
use crate::model::digest::Rendered;
use crate::model::feed::FeedSpec;
use crate::model::id::{AlarmId, DigestId, EntryId, FeedId, GapId, RecipientId};
use crate::model::lease::Lease;
use crate::model::time::Timestamp;

/// A gap that is to be filled, held by `lease`.
#[derive(Clone, Debug)]
pub struct ClaimedGap {
    pub id: GapId,
    pub feed: FeedId,
    pub feed_spec: FeedSpec,
    pub from: Timestamp,
    pub until: Timestamp,
    pub previous: Option<Url>,
    /// The registrable domains that the feed may be answered from.
    pub homes: Vec<String>,
    /// See [`Feed::scattered`](crate::model::feed::Feed::scattered).
    pub scattered: bool,
    pub attempts: u32,
    pub lease: Lease,
}

/// What looking for a gap's entries led to.
#[derive(Clone, Debug)]
pub struct FilledGap {
    pub gap: GapId,
    pub feed: FeedId,
    pub lease: Lease,
    pub at: Timestamp,
    pub end: GapEnd,
    /// Those already known are left as they are.
    pub entries: Vec<NewEntry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GapEnd {
    /// Lists that were found reach back to what was known.
    Filled,
    /// They do not; `why` for ops.
    Unfilled { why: String },
    /// Tried again then.
    Later { due: Timestamp },
}

/// Alarms that nobody was told of yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untold {
    pub alarm: Alarm,
    /// Began unheard.
    pub begin: bool,
    /// Is over, unheard.
    pub end: bool,
    id: AlarmId,
}

/// A mail to one recipient about alarms.
#[derive(Clone, Debug)]
pub struct Notice {
    pub recipient: RecipientId,
    pub digest: DigestId,
    /// Below zero, where digests count from one.
    pub edition: i64,
    pub rendered: Rendered,
    pub delivery: NewDelivery,
}

/// What became of a feed's held entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// They are the outlet's own: processed and mailed like others, and what the feed looks like now is taken for it.
    Release,
    /// They are not: nobody is mailed, and the feed is not polled any more.
    Drop,
}

const BEGIN: &str = "\
    INSERT INTO alarm (id, feed_id, kind, detail, began_at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING";

const END: &str = "UPDATE alarm SET ended_at = $3 WHERE feed_id = $1 AND kind = $2 AND ended_at IS NULL";

const HOLD: &str = "UPDATE entry SET held = TRUE, due = $1 WHERE state = 'pending' AND id IN ({list})";

const ADD_GAP: &str = "\
    INSERT INTO gap (id, feed_id, from_at, until_at, previous, found_at, due) VALUES ($1, $2, $3, $4, $5, $6, $6)
    ON CONFLICT (id) DO NOTHING";

/// Columns of an [`Alarm`].
macro_rules! alarms {
    ($rest:literal) => {
        concat!(
            "SELECT alarm.id AS id, alarm.feed_id AS feed_id, feed.outlet AS outlet, feed.url AS url, \
                 alarm.kind AS kind, alarm.detail AS detail, alarm.began_at AS began_at, alarm.ended_at AS ended_at, \
                 alarm.told_at AS told_at, alarm.end_told_at AS end_told_at \
             FROM alarm JOIN feed ON feed.id = alarm.feed_id ",
            $rest
        )
    };
}

pub(super) const RINGING: &str =
    alarms!("WHERE alarm.ended_at IS NULL AND feed.state <> 'retired' ORDER BY alarm.began_at");

/// What is told at a time: the rest a mail later.
pub(super) const UNTOLD: &str = alarms!("WHERE alarm.told_at IS NULL ORDER BY alarm.began_at LIMIT $1 + 0");
pub(super) const END_UNTOLD: &str =
    alarms!("WHERE alarm.ended_at IS NOT NULL AND alarm.end_told_at IS NULL ORDER BY alarm.ended_at LIMIT $1 + 0");

const TELL: &str = "UPDATE alarm SET told_at = $1 WHERE told_at IS NULL AND id IN ({list})";
const TELL_END: &str =
    "UPDATE alarm SET end_told_at = $1 WHERE end_told_at IS NULL AND ended_at IS NOT NULL AND id IN ({list})";

pub(super) const NEXT_UNTOLD: &str = "\
    SELECT MIN(at) AS at FROM (
        SELECT (SELECT began_at FROM alarm WHERE told_at IS NULL ORDER BY began_at LIMIT 1) AS at
        UNION ALL
        SELECT (SELECT ended_at FROM alarm WHERE ended_at IS NOT NULL AND end_told_at IS NULL
            ORDER BY ended_at LIMIT 1) AS at
        UNION ALL
        SELECT (SELECT at FROM recipient_event WHERE told_at IS NULL ORDER BY at LIMIT 1) AS at
    ) AS times";

const STORE_NOTICE: &str = "\
    INSERT INTO digest (id, recipient_id, edition, window_from, window_until, composed_at, report_count, subject,
        body_text, body_html)
    VALUES ($1, $2, $3, $4, $4, $4, 0, $5, $6, $7)";

pub(super) const CLAIM_GAPS: &str = "\
    UPDATE gap SET lease_token = $1, lease_until = $2, attempts = attempts + 1
    WHERE id IN (
        SELECT id FROM gap WHERE state = 'open' AND due <= $3 AND lease_until <= $3
        AND feed_id IN (SELECT id FROM feed WHERE state = 'waiting' AND alarms NOT LIKE '%held%')
        ORDER BY due LIMIT $4 + 0)
    AND state = 'open' AND due <= $3 AND lease_until <= $3
    RETURNING id, feed_id, from_at, until_at, previous, attempts";

const SPECS: &str = "\
    SELECT id, url, kind, outlet, lang, every_ms, route, zone, selectors, portrait, scattered
    FROM feed WHERE id IN ({list})";

const SETTLE_GAP: &str = "\
    UPDATE gap SET state = $3, note = $4, settled_at = $5, due = $6, recovered = recovered + $7,
        lease_token = '', lease_until = 0
    WHERE id = $1 AND lease_token = $2 AND lease_token <> '' RETURNING id";

const COUNT_RECOVERED: &str = "UPDATE feed SET entries = entries + $2 WHERE id = $1";

/// A lease that was lost names nothing.
const HELD_GAP: &str = "SELECT id FROM gap WHERE id = $1 AND lease_token = $2 AND lease_token <> ''";

pub(super) const NEXT_GAP: &str = "\
    SELECT MIN(at) AS at FROM (
        SELECT (SELECT due FROM gap WHERE state = 'open' AND lease_until = 0 ORDER BY due LIMIT 1) AS at
        UNION ALL
        SELECT (SELECT MIN(lease_until) FROM gap WHERE state = 'open' AND lease_until > 0) AS at
    ) AS times";

pub(super) const GAPS: &str = "\
    SELECT feed.outlet AS outlet, gap.from_at AS from_at, gap.until_at AS until_at, gap.recovered AS recovered
    FROM gap JOIN feed ON feed.id = gap.feed_id
    WHERE gap.settled_at > $1 AND gap.settled_at <= $2 AND gap.state = 'unfilled'
    ORDER BY gap.until_at LIMIT $3 + 0";

/// The lease goes: a poll that was claimed before knows nothing of the decision. First of its transaction, so that
/// nobody changes the row meanwhile.
const TAKE: &str = "\
    UPDATE feed SET lease_token = '', lease_until = 0 WHERE id = $1
    AND EXISTS (SELECT 1 FROM entry WHERE entry.feed_id = $1 AND entry.held)
    RETURNING alarms, portrait";

const DECIDE: &str = "\
    UPDATE feed SET alarms = $2, portrait = $3, due = CASE WHEN $4 THEN $5 ELSE due END,
        state = CASE WHEN $4 OR state = 'retired' THEN state ELSE 'disabled' END,
        disabled_reason = CASE WHEN $4 OR state = 'retired' THEN disabled_reason ELSE $6 END
    WHERE id = $1";

/// Nobody is to look for them any more.
pub(super) const SETTLE_GAPS: &str = "\
    UPDATE gap SET state = 'unfilled', note = 'its source is polled no more', settled_at = $1
    WHERE state = 'open' AND feed_id IN ({list})";

const RELEASE: &str = "UPDATE entry SET held = FALSE, due = $2 WHERE feed_id = $1 AND held AND state = 'pending'";

const DROP: &str = "\
    UPDATE entry SET held = FALSE, state = 'abandoned', state_note = $2
    WHERE feed_id = $1 AND held AND state = 'pending'";

impl Store {
    /// The alarms that are not over, oldest first.
    pub async fn ringing_alarms(&self) -> Result<Vec<Alarm>, StoreError> {
        self.database().rows("listing alarms", RINGING, &[]).await?.iter().map(alarm).collect()
    }

    /// Alarms that began or ended and were told to nobody, oldest first.
    pub async fn untold_alarms(&self, limit: u32) -> Result<Vec<Untold>, StoreError> {
        let doing = "looking for alarms";
        let mut rows = self.database().rows(doing, UNTOLD, &binds![limit]).await?;
        rows.extend(self.database().rows(doing, END_UNTOLD, &binds![limit]).await?);
        let mut seen = HashSet::new();
        let mut untold = Vec::new();
        for row in &rows {
            let id = AlarmId::from_stored(row.text("id")?);
            if seen.insert(id.clone()) {
                let alarm = alarm(row)?;
                let begin = row.time_or_null("told_at")?.is_none();
                let end = alarm.ended_at.is_some() && row.time_or_null("end_told_at")?.is_none();
                untold.push(Untold { alarm, begin, end, id });
            }
        }
        Ok(untold)
    }

    /// When the oldest of them began or ended, events of recipients included.
    pub async fn oldest_untold_alarm(&self) -> Result<Option<Timestamp>, StoreError> {
        self.next_due("looking for alarms", NEXT_UNTOLD).await
    }

    /// Stores the mails that tell of these alarms and events, and that they were told. False: somebody else has told
    /// them meanwhile; nothing was stored.
    pub async fn commit_notices(
        &self,
        untold: &[Untold],
        events: &[UntoldEvent],
        notices: &[Notice],
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut writer = self.database().writer("storing a notice of alarms").await?;
        let mut tx = writer.begin().await?;
        let ids = |told: fn(&Untold) -> bool| -> Vec<Bind<'_>> {
            untold.iter().filter(|untold| told(untold)).map(|untold| Bind::from(untold.id.as_str())).collect()
        };
        let (begun, ended) = (ids(|untold| untold.begin), ids(|untold| untold.end));
        let told = tx.change_in(TELL, &binds![at], &begun).await?;
        let ends = tx.change_in(TELL_END, &binds![at], &ended).await?;
        if told != begun.len() as u64 || ends != ended.len() as u64 || !tell_events(&mut tx, events, at).await? {
            return Ok(false);
        }
        for notice in notices {
            let Rendered { subject, text, html } = &notice.rendered;
            let binds = binds![&notice.digest, &notice.recipient, notice.edition, at, subject, text, html];
            tx.change(STORE_NOTICE, &binds).await?;
            store_delivery(&mut tx, &notice.digest, &notice.recipient, &notice.delivery, at).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Decides on what is held of a feed. `None`: nothing of it is held; else how many entries were.
    pub async fn decide(
        &self,
        feed: &FeedId,
        decision: Decision,
        reason: &str,
        at: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        let mut writer = self.database().writer("deciding on held entries").await?;
        let mut tx = writer.begin().await?;
        let Some(row) = tx.first(TAKE, &binds![feed]).await? else { return Ok(None) };
        let mut alarms = Alarms::from_text(&row.text("alarms")?);
        let portrait: Portrait = row.json("portrait")?;
        alarms.set(AlarmKind::Held, false);
        let released = decision == Decision::Release;
        let portrait = if released { portrait.accepted() } else { portrait };
        tx.change(DECIDE, &binds![feed, alarms.to_text(), json(&portrait), released, at, reason]).await?;
        if !released {
            tx.change_in(SETTLE_GAPS, &binds![at], &binds![feed]).await?;
        }
        let entries = match decision {
            Decision::Release => tx.change(RELEASE, &binds![feed, at]).await?,
            Decision::Drop => tx.change(DROP, &binds![feed, reason]).await?,
        };
        tx.change(END, &binds![feed, AlarmKind::Held.as_str(), at]).await?;
        tx.commit().await?;
        Ok(Some(entries))
    }

    /// Returns gaps that are to be filled, now held by `lease`.
    pub async fn claim_gaps(&self, now: Timestamp, limit: u32, lease: &Lease) -> Result<Vec<ClaimedGap>, StoreError> {
        let doing = "claiming gaps";
        let binds = binds![&lease.token, lease.until, now, limit];
        let rows = self.database().write(doing, CLAIM_GAPS, &binds).await?;
        let mut gaps = Vec::new();
        for row in &rows {
            let feed = row.text("feed_id")?;
            let spec = self.database().rows_in(doing, SPECS, &[], &binds![&feed]).await?;
            let spec = spec.first().ok_or_else(|| row.unreadable("feed_id"))?;
            let portrait: Portrait = spec.json("portrait")?;
            gaps.push(ClaimedGap {
                id: GapId::from_stored(row.text("id")?),
                feed_spec: feed_spec(spec)?,
                homes: portrait.homes,
                scattered: spec.flag("scattered")?,
                feed: FeedId::from_stored(feed),
                from: row.time("from_at")?,
                until: row.time("until_at")?,
                previous: row.url_or_empty("previous")?,
                attempts: row.small("attempts")?,
                lease: lease.clone(),
            });
        }
        Ok(gaps)
    }

    /// Stores what was found for a gap; returns how many entries were new. `None`: the lease was lost.
    pub async fn commit_gap(&self, filled: &FilledGap) -> Result<Option<u64>, StoreError> {
        let mut writer = self.database().writer("filling a gap").await?;
        let mut tx = writer.begin().await?;
        if tx.first(HELD_GAP, &binds![filled.gap.as_str(), &filled.lease.token]).await?.is_none() {
            return Ok(None);
        }
        let entries = filled.entries.iter().map(|entry| (&filled.feed, filled.at, entry)).collect();
        let new = insert_entries(&mut tx, entries).await?.len() as u64;
        let count = i64::try_from(new).unwrap_or(i64::MAX);
        let (state, why, settled, due) = match &filled.end {
            GapEnd::Filled => ("filled", "", Some(filled.at), filled.at),
            GapEnd::Unfilled { why } => ("unfilled", why.as_str(), Some(filled.at), filled.at),
            GapEnd::Later { due } => ("open", "", None, *due),
        };
        let binds = binds![filled.gap.as_str(), &filled.lease.token, state, why, settled, due, count];
        tx.rows(SETTLE_GAP, &binds).await?;
        tx.change(COUNT_RECOVERED, &binds![&filled.feed, count]).await?;
        tx.commit().await?;
        Ok(Some(new))
    }

    /// When the next gap is to be looked at.
    pub async fn next_gap_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.next_due("looking for gaps", NEXT_GAP).await
    }

    /// The gaps that were given up in this window, `limit` at most.
    pub async fn unfilled_gaps(&self, from: Timestamp, until: Timestamp, limit: u32) -> Result<Vec<Gap>, StoreError> {
        let rows = self.database().rows("listing gaps", GAPS, &binds![from, until, limit]).await?;
        rows.iter()
            .map(|row| {
                Ok(Gap {
                    outlet: row.text("outlet")?,
                    from: row.time("from_at")?,
                    until: row.time("until_at")?,
                    recovered: row.count("recovered")?,
                })
            })
            .collect()
    }
}

pub(super) async fn store_changes(
    tx: &mut Tx<'_>,
    feed: &FeedId,
    changes: &[AlarmChange],
    at: Timestamp,
) -> Result<(), StoreError> {
    for change in changes {
        match change {
            AlarmChange::Begins { kind, detail } => {
                let id = AlarmId::of(feed, *kind, at);
                tx.change(BEGIN, &binds![id.as_str(), feed, kind.as_str(), detail, at]).await?;
            }
            AlarmChange::Ends { kind } => {
                tx.change(END, &binds![feed, kind.as_str(), at]).await?;
            }
        }
    }
    Ok(())
}

pub(super) async fn hold(tx: &mut Tx<'_>, entries: impl Iterator<Item = &EntryId>) -> Result<(), StoreError> {
    let ids: Vec<Bind<'_>> = entries.map(Bind::from).collect();
    tx.change_in(HOLD, &binds![Timestamp::NEVER], &ids).await.map(|_| ())
}

pub(super) async fn store_gap(tx: &mut Tx<'_>, feed: &FeedId, gap: &GapFound, at: Timestamp) -> Result<(), StoreError> {
    let id = GapId::of(feed, at);
    let binds = binds![id.as_str(), feed, gap.from, gap.until, or_empty(gap.previous.as_ref()), at];
    tx.change(ADD_GAP, &binds).await.map(|_| ())
}

fn alarm(row: &Row) -> Result<Alarm, StoreError> {
    Ok(Alarm {
        feed: FeedId::from_stored(row.text("feed_id")?),
        outlet: row.text("outlet")?,
        url: row.url("url")?,
        kind: AlarmKind::parse(&row.text("kind")?).ok_or_else(|| row.unreadable("kind"))?,
        detail: row.text("detail")?,
        began_at: row.time("began_at")?,
        ended_at: row.time_or_null("ended_at")?,
    })
}
