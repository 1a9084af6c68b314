//! Recipients: when each one's digest is due, what waits for it, and its commit together with its deliveries.

use std::collections::{HashMap, HashSet};

use super::Store;
use super::articles::json;
use super::asides;
use super::database::Tx;
use super::error::StoreError;
use super::statement::{Bind, Row, binds};
use crate::model::alarm::AlarmKind;
use crate::model::digest::{Copy, Coverage, Digest, Rendered, SilentSource};
use crate::model::id::{DeliveryId, DigestId, EntryId, RecipientId};
use crate::model::lease::Lease;
use crate::model::time::Timestamp;
use crate::model::watch::Hit;

/// A recipient whose digest is due.
#[derive(Clone, Debug)]
pub struct ClaimedRecipient {
    pub id: RecipientId,
    /// Digests composed so far.
    pub editions: i64,
    /// Where the last window ended.
    pub window_from: Timestamp,
    pub lease: Lease,
}

/// A digest with its outbox rows, committed together.
#[derive(Clone, Debug)]
pub struct ComposedDigest {
    pub digest: Digest,
    pub rendered: Rendered,
    /// The `original` of each report that the digest settles, those told in lines too.
    pub originals: Vec<EntryId>,
    /// The lines of the asides that waited.
    pub asides: Vec<String>,
    /// Entries of the copies that it tells in lines.
    pub copies: Vec<EntryId>,
    /// `original`s of reports in which nothing is new: they wait on, for the lines of a later digest.
    pub folded: Vec<EntryId>,
    pub deliveries: Vec<NewDelivery>,
    pub lease: Lease,
    /// When the recipient's next digest is due.
    pub next_due: Timestamp,
    pub at: Timestamp,
}

#[derive(Clone, Debug)]
pub struct NewDelivery {
    pub id: DeliveryId,
    pub channel: String,
    pub message_id: String,
    pub due: Timestamp,
}

pub(super) const KNOWN: &str = "SELECT id, rhythm, state, next_due FROM recipient";

const ADD: &str = "\
    INSERT INTO recipient (id, rhythm, window_from, next_due) VALUES {rows} ON CONFLICT (id) DO NOTHING";

const CHANGE: &str = "UPDATE recipient SET rhythm = $2, next_due = $3, state = 'active' WHERE id = $1";

const RETIRE: &str = "UPDATE recipient SET state = 'retired' WHERE id IN ({list})";

/// Reports that wait for somebody who is never due would wait for ever.
const WAKE: &str = "\
    UPDATE recipient SET next_due = $1
    WHERE state = 'active' AND next_due >= $2
    AND EXISTS (SELECT 1 FROM report
        WHERE report.recipient_id = recipient.id AND report.digest_id IS NULL AND NOT report.folded)";

const MAKE_DUE: &str = "UPDATE recipient SET next_due = $1 WHERE state = 'active' RETURNING id";

pub(super) const CLAIM: &str = "\
    UPDATE recipient SET lease_token = $1, lease_until = $2, attempts = attempts + 1
    WHERE id IN (
        SELECT id FROM recipient
        WHERE state = 'active' AND paused_at IS NULL AND next_due <= $3 AND lease_until <= $3
        ORDER BY attempts, next_due LIMIT $4 + 0)
    AND state = 'active' AND paused_at IS NULL AND next_due <= $3 AND lease_until <= $3
    RETURNING id, editions, window_from";

pub(super) const HITS: &str =
    "SELECT entry_id, detail FROM hit WHERE taken_by = '' AND entry_id IN ({list}) ORDER BY place";

pub(super) const COPIES: &str = "\
    SELECT article.original AS original, article.entry_id AS entry_id, feed.outlet AS outlet, entry.link AS link,
        entry.first_seen AS first_seen, article.published AS published
    FROM article JOIN entry ON entry.id = article.entry_id JOIN feed ON feed.id = entry.feed_id
    WHERE article.original IN ({list}) ORDER BY entry.first_seen, entry.seq";

/// Gaps that one digest names; where there are more, something else is the trouble.
const MAX_GAPS: u32 = 50;

pub(super) const LAST_MAILED: &str =
    "SELECT MAX(window_until) AS at FROM digest WHERE recipient_id = $1 AND report_count > 0";

const POLLED: &str = "SELECT COUNT(*) AS sources FROM feed WHERE state = 'waiting'";

/// Those that were read from their feed alone, and found by no watch, have no row of their own.
pub(super) const CHECKED: &str = "\
    SELECT
        (SELECT COUNT(*) FROM article WHERE checked_at >= $1 AND checked_at <= $2)
        + (SELECT COUNT(*) FROM entry WHERE entry.kept AND entry.first_seen >= $1 AND entry.first_seen <= $2
            AND entry.state = 'unmatched'
            AND NOT EXISTS (SELECT 1 FROM article WHERE article.entry_id = entry.id)) AS articles";

const SILENT: &str = "\
    SELECT outlet, last_success_at, last_error, disabled_reason, state FROM feed
    WHERE state = 'disabled' OR (state = 'waiting' AND failures_in_a_row > 0)";

/// First of a commit: it holds the recipient's row, so that reports that come meanwhile wait and are seen after.
const SETTLE: &str = "\
    UPDATE recipient SET lease_token = '', lease_until = 0, attempts = 0, window_from = $3, next_due = $4,
        editions = editions + $5
    WHERE id = $1 AND lease_token = $2 AND lease_token <> '' RETURNING editions";

const POSTPONE: &str = "\
    UPDATE recipient SET lease_token = '', lease_until = 0, next_due = $3
    WHERE id = $1 AND lease_token = $2 AND lease_token <> '' RETURNING id";

const STORE_DIGEST: &str = "\
    INSERT INTO digest (id, recipient_id, edition, window_from, window_until, composed_at, report_count, subject,
        reports, coverage, body_text, body_html, postscripts)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

pub(super) const TAKE_REPORTS: &str = "\
    UPDATE report SET digest_id = $1 WHERE recipient_id = $2 AND digest_id IS NULL AND original IN ({list})";

pub(super) const TAKE_POSTSCRIPTS: &str = "\
    UPDATE postscript SET digest_id = $1 WHERE recipient_id = $2 AND digest_id IS NULL AND entry_id IN ({list})";

pub(super) const FOLD: &str = "\
    UPDATE report SET folded = $1 WHERE recipient_id = $2 AND digest_id IS NULL AND original IN ({list})";

const STORE_DELIVERY: &str = "\
    INSERT INTO delivery (id, digest_id, recipient_id, channel, message_id, due, composed_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $7)";

/// What waited already when the digest was composed did not fit: its turn is now. What came since has its own time.
pub(super) const STILL_WAITING: &str = "\
    SELECT MIN(CASE WHEN queued_at <= $2 THEN $3 ELSE due END) AS due FROM report
    WHERE recipient_id = $1 AND digest_id IS NULL AND NOT folded";

const BRING_FORWARD: &str = "UPDATE recipient SET next_due = $2 WHERE id = $1 AND next_due > $2";

pub(super) const NEXT_DUE: &str = "\
    SELECT MIN(CASE WHEN lease_until > next_due THEN lease_until ELSE next_due END) AS at
    FROM recipient WHERE state = 'active' AND paused_at IS NULL";

impl Store {
    /// Makes the recipients in the database those of the configuration; each comes with its next digest time, which
    /// is taken for new ones and for those whose rhythm changed.
    pub async fn sync_recipients(
        &self,
        recipients: &[(RecipientId, String, Timestamp)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writer = self.database().writer("taking over the configured recipients").await?;
        let mut tx = writer.begin().await?;
        let mut known = HashMap::new();
        for row in tx.rows(KNOWN, &[]).await? {
            let stored = (row.text("rhythm")?, row.text("state")? == "active", row.time("next_due")?);
            known.insert(row.text("id")?, stored);
        }
        let mut added = Vec::new();
        let mut wanted = HashSet::new();
        for (id, rhythm, due) in recipients {
            wanted.insert(id.as_str());
            match known.get(id.as_str()) {
                None => added.push(binds![id, rhythm, now, *due]),
                // Later than its rhythm allows: written while the clock was wrong.
                Some((stored, active, next_due)) if stored != rhythm || !active || next_due > due => {
                    tx.change(CHANGE, &binds![id, rhythm, *due]).await?;
                }
                Some(_) => {}
            }
        }
        tx.rows_of(ADD, &added).await?;
        let gone: Vec<Bind<'_>> = known.keys().filter(|id| !wanted.contains(id.as_str())).map(Bind::from).collect();
        tx.change_in(RETIRE, &[], &gone).await?;
        tx.change(WAKE, &binds![now, Timestamp::NEVER]).await?;
        tx.commit().await
    }

    /// Makes every recipient's digest due now, whatever their rhythm. Returns how many.
    pub async fn make_digests_due(&self, now: Timestamp) -> Result<u64, StoreError> {
        let due = self.database().write("making digests due", MAKE_DUE, &binds![now]).await?;
        Ok(due.len() as u64)
    }

    /// Returns recipients whose digest is due, now held by `lease`.
    pub async fn claim_due_recipients(
        &self,
        now: Timestamp,
        limit: u32,
        lease: &Lease,
    ) -> Result<Vec<ClaimedRecipient>, StoreError> {
        let binds = binds![&lease.token, lease.until, now, limit];
        let rows = self.database().write("claiming recipients", CLAIM, &binds).await?;
        rows.iter().map(|row| claimed_recipient(row, lease)).collect()
    }

    /// How far a reader may trust the silence between two times, both included. Gaps are those since their last mail:
    /// a window without one told them of none.
    pub async fn coverage(
        &self,
        recipient: &RecipientId,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Coverage, StoreError> {
        let doing = "counting what was watched";
        let mailed = self.database().first(doing, LAST_MAILED, &binds![recipient]).await?;
        let told_until = mailed.map(|row| row.time_or_null("at")).transpose()?.flatten().unwrap_or(Timestamp::EPOCH);
        let sources = self.database().first(doing, POLLED, &[]).await?;
        let articles = self.database().first(doing, CHECKED, &binds![from, until]).await?;
        let silent = self.database().rows(doing, SILENT, &[]).await?;
        let mut failing = silent.iter().map(silent_source).collect::<Result<Vec<_>, _>>()?;
        failing.sort_by(|a, b| a.outlet.cmp(&b.outlet));
        let alarms = self.ringing_alarms().await?;
        let outlets = |kind: AlarmKind| {
            let of_kind = alarms.iter().filter(|alarm| alarm.kind == kind);
            let mut outlets: Vec<_> = of_kind.map(|alarm| alarm.outlet.clone()).collect();
            outlets.sort();
            outlets
        };
        Ok(Coverage {
            gaps: self.unfilled_gaps(told_until.min(from), until, MAX_GAPS).await?,
            quiet: outlets(AlarmKind::Silent),
            held: outlets(AlarmKind::Held),
            sources: sources.map_or(Ok(0), |row| row.count("sources"))?,
            articles: articles.map_or(Ok(0), |row| row.count("articles"))?,
            failing,
        })
    }

    /// Stores a digest as it will be mailed, with its deliveries. False: the lease was lost and nothing was stored.
    pub async fn commit_digest(&self, composed: &ComposedDigest) -> Result<bool, StoreError> {
        let digest = &composed.digest;
        let mut writer = self.database().writer("storing a digest").await?;
        let mut tx = writer.begin().await?;
        let settled = binds![&digest.recipient, &composed.lease.token, digest.until, composed.next_due, 1u32];
        if tx.first(SETTLE, &settled).await?.is_none() {
            return Ok(false);
        }
        store_digest(&mut tx, composed).await?;
        take_reports(&mut tx, composed).await?;
        asides::take(&mut tx, &digest.id, &digest.recipient, &composed.asides).await?;
        let copies: Vec<Bind<'_>> = composed.copies.iter().map(Bind::from).collect();
        tx.change_in(TAKE_POSTSCRIPTS, &binds![&digest.id, &digest.recipient], &copies).await?;
        fold(&mut tx, &digest.recipient, &composed.folded).await?;
        for delivery in &composed.deliveries {
            let (digest, at) = (&composed.digest, composed.at);
            store_delivery(&mut tx, &digest.id, &digest.recipient, delivery, at).await?;
        }
        leave_due(&mut tx, &digest.recipient, digest.until, composed.at).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Nothing waited that is worth a mail: only the window moves, and these reports (by `original`) wait on for the
    /// lines of a later digest. False: the lease was lost.
    pub async fn commit_quiet(
        &self,
        recipient: &RecipientId,
        lease: &Lease,
        next_due: Timestamp,
        at: Timestamp,
        folded: &[EntryId],
    ) -> Result<bool, StoreError> {
        let mut writer = self.database().writer("closing a quiet window").await?;
        let mut tx = writer.begin().await?;
        if tx.first(SETTLE, &binds![recipient, &lease.token, at, next_due, 0u32]).await?.is_none() {
            return Ok(false);
        }
        fold(&mut tx, recipient, folded).await?;
        leave_due(&mut tx, recipient, at, at).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Gives a claimed recipient back as they were, due again at that time. False: the lease was lost.
    pub async fn postpone_recipient(
        &self,
        recipient: &RecipientId,
        lease: &Lease,
        due: Timestamp,
    ) -> Result<bool, StoreError> {
        let binds = binds![recipient, &lease.token, due];
        Ok(!self.database().write("putting a recipient off", POSTPONE, &binds).await?.is_empty())
    }

    /// When the next claim may find something: the earliest due time, or the end of a lease.
    pub async fn next_digest_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.next_due("looking for the next digest", NEXT_DUE).await
    }

    /// The hits of entries, in the order they were found.
    pub(super) async fn hits_of(
        &self,
        doing: &'static str,
        entries: impl Iterator<Item = &EntryId>,
    ) -> Result<HashMap<String, Vec<Hit>>, StoreError> {
        let entries: Vec<Bind<'_>> = entries.map(Bind::from).collect();
        let mut hits: HashMap<String, Vec<Hit>> = HashMap::new();
        for row in self.database().rows_in(doing, HITS, &[], &entries).await? {
            hits.entry(row.text("entry_id")?).or_default().push(row.json("detail")?);
        }
        Ok(hits)
    }

    /// All articles under each of the originals, earliest first.
    pub(super) async fn copies_of(
        &self,
        doing: &'static str,
        originals: impl Iterator<Item = &EntryId>,
    ) -> Result<HashMap<String, Vec<(EntryId, Copy)>>, StoreError> {
        let originals: Vec<Bind<'_>> = originals.map(Bind::from).collect();
        let mut copies: HashMap<String, Vec<(EntryId, Copy)>> = HashMap::new();
        for row in self.database().rows_in(doing, COPIES, &[], &originals).await? {
            let copy = copy(&row)?;
            let entry = EntryId::from_stored(row.text("entry_id")?);
            copies.entry(row.text("original")?).or_default().push((entry, copy));
        }
        Ok(copies)
    }
}

/// Columns `outlet`, `link`, `first_seen` and `published`.
pub(super) fn copy(row: &Row) -> Result<Copy, StoreError> {
    Ok(Copy {
        outlet: row.text("outlet")?,
        link: row.url_or_empty("link")?,
        first_seen: row.time("first_seen")?,
        dated: row.time_or_null("published")?,
    })
}

async fn store_digest(tx: &mut Tx<'_>, composed: &ComposedDigest) -> Result<(), StoreError> {
    let (digest, rendered) = (&composed.digest, &composed.rendered);
    let binds = binds![
        &digest.id,
        &digest.recipient,
        digest.edition,
        digest.from,
        digest.until,
        composed.at,
        i64::try_from(digest.reports.len()).unwrap_or(i64::MAX),
        &rendered.subject,
        json(&digest.reports),
        json(&digest.coverage),
        &rendered.text,
        &rendered.html,
        json(&digest.postscripts)
    ];
    tx.change(STORE_DIGEST, &binds).await.map(|_| ())
}

/// Exactly the reports named, each of them still waiting; anything else would lose one or send one twice.
async fn take_reports(tx: &mut Tx<'_>, composed: &ComposedDigest) -> Result<(), StoreError> {
    let digest = &composed.digest;
    let originals: HashSet<&EntryId> = composed.originals.iter().collect();
    let list: Vec<Bind<'_>> = originals.iter().map(|original| Bind::from(*original)).collect();
    let taken = tx.change_in(TAKE_REPORTS, &binds![&digest.id, &digest.recipient], &list).await?;
    if taken == list.len() as u64 {
        return Ok(());
    }
    let detail = "a report named for the digest does not wait for this recipient; nothing was stored";
    Err(StoreError::Contradiction { doing: tx.doing(), detail })
}

async fn fold(tx: &mut Tx<'_>, recipient: &RecipientId, originals: &[EntryId]) -> Result<(), StoreError> {
    let list: Vec<Bind<'_>> = originals.iter().map(Bind::from).collect();
    tx.change_in(FOLD, &binds![true, recipient], &list).await.map(|_| ())
}

pub(super) async fn store_delivery(
    tx: &mut Tx<'_>,
    digest: &DigestId,
    recipient: &RecipientId,
    new: &NewDelivery,
    at: Timestamp,
) -> Result<(), StoreError> {
    let binds = binds![&new.id, digest, recipient, &new.channel, &new.message_id, new.due, at];
    tx.change(STORE_DELIVERY, &binds).await.map(|_| ())
}

/// Makes sure that what still waits has a time. `until` is where the window ended.
async fn leave_due(
    tx: &mut Tx<'_>,
    recipient: &RecipientId,
    until: Timestamp,
    at: Timestamp,
) -> Result<(), StoreError> {
    let waiting = tx.first(STILL_WAITING, &binds![recipient, until, at]).await?;
    let due = waiting.map(|row| row.time_or_null("due")).transpose()?.flatten();
    match due {
        Some(due) => tx.change(BRING_FORWARD, &binds![recipient, due]).await.map(|_| ()),
        None => Ok(()),
    }
}

fn claimed_recipient(row: &Row, lease: &Lease) -> Result<ClaimedRecipient, StoreError> {
    Ok(ClaimedRecipient {
        id: RecipientId::from_stored(row.text("id")?),
        editions: row.int("editions")?,
        window_from: row.time("window_from")?,
        lease: lease.clone(),
    })
}

fn silent_source(row: &Row) -> Result<SilentSource, StoreError> {
    let error = if row.text("state")? == "disabled" { "disabled_reason" } else { "last_error" };
    Ok(SilentSource {
        outlet: row.text("outlet")?,
        last_success: row.time_or_null("last_success_at")?,
        error: row.text(error)?,
    })
}
