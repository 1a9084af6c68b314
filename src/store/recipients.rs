//! Recipients: when each one's digest or alert is due, and its commit together with its deliveries.

use std::collections::{HashMap, HashSet};

use super::Store;
use super::alerts::{LEAVE_ALERT_DUE, SETTLE_ALERT, TAKE_ALERTS, drop_told};
use super::articles::json;
use super::asides;
use super::database::Tx;
use super::error::StoreError;
use super::statement::{Bind, Row, binds};
use crate::model::digest::{Digest, Occasion, Rendered};
use crate::model::id::{DeliveryId, DigestId, EntryId, RecipientId};
use crate::model::lease::Lease;
use crate::model::time::Timestamp;

/// A recipient whose digest or alert is due.
#[derive(Clone, Debug)]
pub struct ClaimedRecipient {
    pub id: RecipientId,
    /// Digests composed so far.
    pub editions: i64,
    /// Where the window of the last digest that was mailed ended.
    pub window_from: Timestamp,
    /// When the next digest is due; later than now where only an alert is.
    pub next_due: Timestamp,
    pub lease: Lease,
}

/// A digest with its outbox rows, committed together.
#[derive(Clone, Debug)]
pub struct ComposedDigest {
    pub digest: Digest,
    pub rendered: Rendered,
    /// The `original` of each report that the digest settles, those told in lines too; that an alert tells.
    pub originals: Vec<EntryId>,
    /// `original`s of reports folded before that it tells in lines; one that waits again since, for its text came, waits on.
    pub lines: Vec<EntryId>,
    /// The lines of the asides that waited.
    pub asides: Vec<String>,
    /// Entries of the copies that it tells in lines.
    pub copies: Vec<EntryId>,
    /// `original`s of reports in which nothing is new: told in a line by this digest if they are among `originals`; else
    /// they wait on, for the lines of a later one.
    pub folded: Vec<EntryId>,
    pub deliveries: Vec<NewDelivery>,
    /// More of the same window is to follow: it stays open.
    pub goes_on: bool,
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
    /// See [`crate::model::delivery::Outgoing::in_reply_to`].
    pub in_reply_to: String,
    pub due: Timestamp,
}

pub(super) const KNOWN: &str = "SELECT id, rhythm, state, next_due FROM recipient";

const ADD: &str = "\
    INSERT INTO recipient (id, rhythm, window_from, next_due) VALUES {rows} ON CONFLICT (id) DO NOTHING";

const CHANGE: &str = "UPDATE recipient SET rhythm = $2, next_due = $3, state = 'active' WHERE id = $1";

const RETIRE: &str = "UPDATE recipient SET state = 'retired' WHERE id IN ({list})";

/// Reports that wait for somebody who is never due would wait for ever; and those that waited for a digest time ($2: they
/// make nothing due themselves), for too long for somebody who is told immediately now.
const WAKE: &str = "\
    UPDATE recipient SET next_due = $1
    WHERE state = 'active' AND (next_due >= $2 OR rhythm LIKE 'Immediately%')
    AND EXISTS (SELECT 1 FROM report
        WHERE report.recipient_id = recipient.id AND report.digest_id IS NULL AND NOT report.folded
        AND (report.due >= $2 OR recipient.next_due >= $2))";

/// A changed rhythm, or a return, takes nothing that waits for somebody told immediately past its own time.
const KEEP_TIMES: &str = "\
    UPDATE recipient SET next_due = (SELECT MIN(report.due) FROM report
        WHERE report.recipient_id = recipient.id AND report.digest_id IS NULL AND NOT report.folded)
    WHERE state = 'active' AND rhythm LIKE 'Immediately%'
    AND EXISTS (SELECT 1 FROM report
        WHERE report.recipient_id = recipient.id AND report.digest_id IS NULL AND NOT report.folded
        AND report.due < recipient.next_due)";

const MAKE_DUE: &str = "UPDATE recipient SET next_due = $1 WHERE state = 'active' RETURNING id";

pub(super) const CLAIM: &str = "\
    UPDATE recipient SET lease_token = $1, lease_until = $2, attempts = attempts + 1
    WHERE id IN (
        SELECT id FROM recipient
        WHERE state = 'active' AND paused_at IS NULL AND (next_due <= $3 OR alert_due <= $3) AND lease_until <= $3
        ORDER BY attempts, CASE WHEN alert_due <= $3 THEN 0 ELSE 1 END, next_due LIMIT $4 + 0)
    AND state = 'active' AND paused_at IS NULL AND (next_due <= $3 OR alert_due <= $3) AND lease_until <= $3
    RETURNING id, editions, window_from, next_due";

/// First of a commit: it holds the recipient's row, so that reports that come meanwhile wait and are seen after.
const SETTLE: &str = "\
    UPDATE recipient SET lease_token = '', lease_until = 0, attempts = 0, window_from = COALESCE($3, window_from),
        next_due = $4, editions = editions + $5
    WHERE id = $1 AND lease_token = $2 AND lease_token <> '' RETURNING editions";

/// What is due before that time is due then.
const POSTPONE: &str = "\
    UPDATE recipient SET lease_token = '', lease_until = 0,
        next_due = CASE WHEN next_due < $3 THEN $3 ELSE next_due END,
        alert_due = CASE WHEN alert_due < $3 THEN $3 ELSE alert_due END
    WHERE id = $1 AND lease_token = $2 AND lease_token <> '' RETURNING id";

const STORE_DIGEST: &str = "\
    INSERT INTO digest (id, recipient_id, edition, window_from, window_until, composed_at, report_count, subject,
        reports, coverage, body_text, body_html, postscripts)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

pub(super) const TAKE_REPORTS: &str = "\
    UPDATE report SET digest_id = $1 WHERE recipient_id = $2 AND digest_id IS NULL AND original IN ({list})";

/// Fewer than named, if a text became known better since they were read.
pub(super) const TAKE_FOLDED: &str = "\
    UPDATE report SET digest_id = $1
    WHERE recipient_id = $2 AND digest_id IS NULL AND folded AND original IN ({list})";

pub(super) const TAKE_POSTSCRIPTS: &str = "\
    UPDATE postscript SET digest_id = $1 WHERE recipient_id = $2 AND digest_id IS NULL AND entry_id IN ({list})";

pub(super) const FOLD: &str = "\
    UPDATE report SET folded = $1 WHERE recipient_id = $2 AND digest_id IS NULL AND original IN ({list})";

const STORE_DELIVERY: &str = "\
    INSERT INTO delivery (id, digest_id, recipient_id, channel, message_id, in_reply_to, due, composed_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)";

/// What waited already when the digest was composed did not fit: its turn is now. What came since has its own time.
pub(super) const STILL_WAITING: &str = "\
    SELECT MIN(CASE WHEN queued_at <= $2 THEN $3 ELSE due END) AS due FROM report
    WHERE recipient_id = $1 AND digest_id IS NULL AND NOT folded";

const BRING_FORWARD: &str = "UPDATE recipient SET next_due = $2 WHERE id = $1 AND next_due > $2";

pub(super) const NEXT_DUE: &str = "\
    SELECT MIN(CASE WHEN lease_until > due THEN lease_until ELSE due END) AS at
    FROM (SELECT lease_until, CASE WHEN alert_due < next_due THEN alert_due ELSE next_due END AS due
        FROM recipient WHERE state = 'active' AND paused_at IS NULL) AS times";

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
        tx.change(KEEP_TIMES, &[]).await?;
        tx.change(WAKE, &binds![now, Timestamp::NEVER]).await?;
        tx.commit().await
    }

    /// Makes every recipient's digest due now, whatever their rhythm. Returns how many.
    pub async fn make_digests_due(&self, now: Timestamp) -> Result<u64, StoreError> {
        let due = self.database().write("making digests due", MAKE_DUE, &binds![now]).await?;
        Ok(due.len() as u64)
    }

    /// Returns recipients whose digest or alert is due, now held by `lease`.
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

    /// Stores a digest as it will be mailed, with its deliveries. False: the lease was lost and nothing was stored.
    pub async fn commit_digest(&self, composed: &ComposedDigest) -> Result<bool, StoreError> {
        let digest = &composed.digest;
        let mut writer = self.database().writer("storing a digest").await?;
        let mut tx = writer.begin().await?;
        if !settle(&mut tx, composed).await? {
            return Ok(false);
        }
        store_digest(&mut tx, composed).await?;
        // First: what this digest tells in a line is no report that was mailed.
        fold(&mut tx, &digest.recipient, &composed.folded).await?;
        take_reports(&mut tx, composed).await?;
        let lines: Vec<Bind<'_>> = composed.lines.iter().map(Bind::from).collect();
        tx.change_in(TAKE_FOLDED, &binds![&digest.id, &digest.recipient], &lines).await?;
        asides::take(&mut tx, &digest.id, &digest.recipient, &composed.asides).await?;
        let copies: Vec<Bind<'_>> = composed.copies.iter().map(Bind::from).collect();
        tx.change_in(TAKE_POSTSCRIPTS, &binds![&digest.id, &digest.recipient], &copies).await?;
        for delivery in &composed.deliveries {
            let (digest, at) = (&composed.digest, composed.at);
            store_delivery(&mut tx, &digest.id, &digest.recipient, delivery, at).await?;
        }
        if digest.occasion == Occasion::Digest {
            drop_told(&mut tx, composed).await?;
            leave_due(&mut tx, &digest.recipient, digest.until, composed.at).await?;
        }
        tx.change(LEAVE_ALERT_DUE, &binds![&digest.recipient, Timestamp::NEVER]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Nothing waited that is worth a mail: the window stays open, so that the next mail tells of all of it, and these
    /// reports (by `original`) wait on for the lines of a later digest. False: the lease was lost.
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
        if tx.first(SETTLE, &binds![recipient, &lease.token, None::<i64>, next_due, 0u32]).await?.is_none() {
            return Ok(false);
        }
        fold(&mut tx, recipient, folded).await?;
        leave_due(&mut tx, recipient, at, at).await?;
        tx.change(LEAVE_ALERT_DUE, &binds![recipient, Timestamp::NEVER]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Gives a claimed recipient back as they were; what is due before that time is due then. False: the lease was lost.
    pub async fn postpone_recipient(
        &self,
        recipient: &RecipientId,
        lease: &Lease,
        due: Timestamp,
    ) -> Result<bool, StoreError> {
        self.put_off("putting a recipient off", POSTPONE, recipient, lease, due).await
    }

    /// Runs one of the statements that give a claimed recipient back.
    pub(super) async fn put_off(
        &self,
        doing: &'static str,
        sql: &'static str,
        recipient: &RecipientId,
        lease: &Lease,
        due: Timestamp,
    ) -> Result<bool, StoreError> {
        Ok(!self.database().write(doing, sql, &binds![recipient, &lease.token, due]).await?.is_empty())
    }

    /// When the next claim may find something: the earliest due time, or the end of a lease.
    pub async fn next_digest_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.next_due("looking for the next digest", NEXT_DUE).await
    }
}

/// False: the lease was lost. The window of a digest ends where a mail tells of it, and the last one if there are more.
async fn settle(tx: &mut Tx<'_>, composed: &ComposedDigest) -> Result<bool, StoreError> {
    let (digest, token) = (&composed.digest, &composed.lease.token);
    let settled = match digest.occasion {
        Occasion::Digest => {
            let closes = !composed.deliveries.is_empty() && !composed.goes_on;
            let until = closes.then_some(digest.until);
            tx.first(SETTLE, &binds![&digest.recipient, token, until, composed.next_due, 1u32]).await?
        }
        Occasion::Alert => tx.first(SETTLE_ALERT, &binds![&digest.recipient, token]).await?,
    };
    Ok(settled.is_some())
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
    let take = match digest.occasion {
        Occasion::Digest => TAKE_REPORTS,
        Occasion::Alert => TAKE_ALERTS,
    };
    let taken = tx.change_in(take, &binds![&digest.id, &digest.recipient], &list).await?;
    if taken == list.len() as u64 {
        return Ok(());
    }
    let detail = "a report named for the digest does not wait for this recipient; nothing was stored";
    Err(StoreError::Contradiction { doing: tx.doing(), detail })
}

pub(super) async fn fold(tx: &mut Tx<'_>, recipient: &RecipientId, originals: &[EntryId]) -> Result<(), StoreError> {
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
    let binds = binds![&new.id, digest, recipient, &new.channel, &new.message_id, &new.in_reply_to, new.due, at];
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
        next_due: row.time("next_due")?,
        lease: lease.clone(),
    })
}
