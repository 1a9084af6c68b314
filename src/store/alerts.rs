//! Alerts: when what waits for a recipient is mailed ahead of the digest, and which mail a follow-up answers.

use std::collections::HashSet;

use super::Store;
use super::database::Tx;
use super::error::StoreError;
use super::recipients::{ComposedDigest, fold};
use super::statement::{Bind, binds};
use crate::model::id::{EntryId, RecipientId, StoryId, WatchId};
use crate::model::lease::Lease;
use crate::model::time::Timestamp;

/// An alert leaves the digest's time and window as they are.
pub(super) const SETTLE_ALERT: &str = "\
    UPDATE recipient SET lease_token = '', lease_until = 0, attempts = 0, editions = editions + 1
    WHERE id = $1 AND lease_token = $2 AND lease_token <> '' RETURNING editions";

const RELEASE: &str = "\
    UPDATE recipient SET lease_token = '', lease_until = 0, attempts = 0
    WHERE id = $1 AND lease_token = $2 AND lease_token <> '' RETURNING id";

/// A digest's time stays as it is.
const POSTPONE_ALERT: &str = "\
    UPDATE recipient SET lease_token = '', lease_until = 0, attempts = 0, alert_due = $3
    WHERE id = $1 AND lease_token = $2 AND lease_token <> '' RETURNING id";

pub(super) const TAKE_ALERTS: &str = "\
    UPDATE report SET alert_id = $1
    WHERE recipient_id = $2 AND digest_id IS NULL AND alert_id IS NULL AND original IN ({list})";

/// What a digest told though an alert with it is still in the outbox.
pub(super) const ALERT_WAITS: &str = "\
    SELECT report.entry_id AS entry_id, report.alert_id AS alert_id
    FROM report JOIN delivery ON delivery.digest_id = report.alert_id
    WHERE report.recipient_id = $1 AND delivery.state = 'queued' AND delivery.lease_until <= $2
    AND report.entry_id IN ({list})";

pub(super) const TOLD_BY_DIGEST: &str = "\
    UPDATE report SET alert_id = NULL WHERE recipient_id = $1 AND digest_id = $2 AND entry_id IN ({list})";

/// Not one that is being sent, nor one that holds more.
pub(super) const DROP_TOLD: &str = "\
    UPDATE delivery SET state = 'dropped', last_reply = $1, lease_token = '', lease_until = 0, updated_at = $2
    WHERE state = 'queued' AND lease_until <= $2
    AND NOT EXISTS (SELECT 1 FROM report WHERE report.recipient_id = $3 AND report.alert_id = delivery.digest_id)
    AND digest_id IN ({list})";

/// When the alerts that were not taken are due.
pub(super) const LEAVE_ALERT_DUE: &str = "\
    UPDATE recipient SET alert_due = COALESCE((SELECT MIN(report.alert_due) FROM report
        WHERE report.recipient_id = $1 AND report.digest_id IS NULL AND report.alert_id IS NULL
        AND NOT report.folded), $2)
    WHERE id = $1";

/// By the report itself or by a copy of it.
pub(super) const WAITS_FOR: &str = "\
    SELECT report.entry_id AS entry_id
    FROM report
    JOIN article ON article.original = report.original OR article.entry_id = report.entry_id
    JOIN hit ON hit.entry_id = article.entry_id AND hit.taken_by = ''
    WHERE report.recipient_id = $1 AND report.digest_id IS NULL AND report.alert_id IS NULL AND NOT report.folded
    AND report.alert_due <= $2 AND hit.watch_id IN ({list}) LIMIT 1";

/// Not what was settled without a mail.
pub(super) const RECENT_MAILS: &str = "\
    SELECT composed_at FROM digest
    WHERE recipient_id = $1 AND edition > 0
    AND EXISTS (SELECT 1 FROM delivery WHERE delivery.digest_id = digest.id)
    ORDER BY edition DESC LIMIT $2 + 0";

/// The mail that began the latest thread on a story, unless that has grown long: alerts ($3: digests too), not those that
/// answer one themselves.
pub(super) const FIRST_MAIL: &str = "\
    SELECT delivery.message_id AS message_id, digest.subject AS subject, digest.report_count AS report_count
    FROM article
    JOIN report ON report.entry_id = article.entry_id AND report.recipient_id = $1
    JOIN digest ON digest.id = COALESCE(report.alert_id, CASE WHEN $3 THEN report.digest_id END)
    JOIN delivery ON delivery.digest_id = digest.id AND delivery.state IN ('queued', 'sent')
    WHERE article.grouped_at > 0 AND article.story_id = $2 AND NOT report.folded AND digest.kept
    AND delivery.in_reply_to = '' AND (SELECT COUNT(*) FROM delivery AS answer
        WHERE answer.in_reply_to = delivery.message_id AND answer.in_reply_to <> '') < $4
    ORDER BY digest.edition DESC LIMIT 1";

/// Mails that answer one: mail programs clip a longer thread, or hide what is new in it.
const MAX_ANSWERS: u32 = 20;

/// The mail that began a thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstMail {
    pub message_id: String,
    pub subject: String,
    /// How many it holds.
    pub reports: u64,
}

impl Store {
    /// True if one of these watches found something that is to be mailed to a recipient ahead of the digest by `until`;
    /// [`Timestamp::NEVER`]: that waits at all. Also what a copy alone was found by, and what has no room in the next mail.
    pub async fn waits_for(
        &self,
        recipient: &RecipientId,
        watches: &[WatchId],
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let doing = "looking for what is urgent to a recipient";
        let watches: Vec<Bind<'_>> = watches.iter().map(Bind::from).collect();
        Ok(!self.database().rows_in(doing, WAITS_FOR, &binds![recipient, until], &watches).await?.is_empty())
    }

    /// When the last mails to a recipient were composed, newest first.
    pub async fn recent_mails(&self, recipient: &RecipientId, limit: u32) -> Result<Vec<Timestamp>, StoreError> {
        let doing = "counting a recipient's mails";
        let rows = self.database().rows(doing, RECENT_MAILS, &binds![recipient, limit]).await?;
        rows.iter().map(|row| row.time("composed_at")).collect()
    }

    /// The mail to a recipient that a follow-up on a story answers: the alert that began the thread, or `by_digests` the
    /// digest, for whom each report is one.
    pub async fn first_mail_on(
        &self,
        recipient: &RecipientId,
        story: &StoryId,
        by_digests: bool,
    ) -> Result<Option<FirstMail>, StoreError> {
        let doing = "looking for the first mail on a story";
        let binds = binds![recipient, story, by_digests, MAX_ANSWERS];
        let row = self.database().first(doing, FIRST_MAIL, &binds).await?;
        row.map(|row| {
            Ok(FirstMail {
                message_id: row.text("message_id")?,
                subject: row.text("subject")?,
                reports: row.count("report_count")?,
            })
        })
        .transpose()
    }

    /// Gives a claimed recipient back, their alerts due at that time. False: the lease was lost.
    pub async fn postpone_alert(
        &self,
        recipient: &RecipientId,
        lease: &Lease,
        due: Timestamp,
    ) -> Result<bool, StoreError> {
        self.put_off("putting an alert off", POSTPONE_ALERT, recipient, lease, due).await
    }

    /// No alert is to be mailed any more: what would be holds nothing new (`folded`, by `original`), or a digest took it.
    /// False: the lease was lost.
    pub async fn commit_no_alert(
        &self,
        recipient: &RecipientId,
        lease: &Lease,
        folded: &[EntryId],
    ) -> Result<bool, StoreError> {
        let mut writer = self.database().writer("closing a recipient's alerts").await?;
        let mut tx = writer.begin().await?;
        if tx.first(RELEASE, &binds![recipient, &lease.token]).await?.is_none() {
            return Ok(false);
        }
        fold(&mut tx, recipient, folded).await?;
        tx.change(LEAVE_ALERT_DUE, &binds![recipient, Timestamp::NEVER]).await?;
        tx.commit().await?;
        Ok(true)
    }
}

/// Alerts that no server took before a digest told all of their reports in full: they would only repeat it, however much
/// later they went.
pub(super) async fn drop_told(tx: &mut Tx<'_>, composed: &ComposedDigest) -> Result<(), StoreError> {
    let (digest, at) = (&composed.digest, composed.at);
    if composed.deliveries.is_empty() {
        return Ok(());
    }
    let told: Vec<Bind<'_>> = digest.reports.iter().map(|report| Bind::from(&report.entry)).collect();
    let (mut entries, mut alerts) = (Vec::new(), HashSet::new());
    for row in tx.rows_in(ALERT_WAITS, &binds![&digest.recipient, at], &told).await? {
        entries.push(row.text("entry_id")?);
        alerts.insert(row.text("alert_id")?);
    }
    let entries: Vec<Bind<'_>> = entries.iter().map(Bind::from).collect();
    tx.change_in(TOLD_BY_DIGEST, &binds![&digest.recipient, &digest.id], &entries).await?;
    let alerts: Vec<Bind<'_>> = alerts.iter().map(Bind::from).collect();
    let why = format!("not sent: {} told its reports in full", digest.id);
    tx.change_in(DROP_TOLD, &binds![&why, at, &digest.recipient], &alerts).await.map(|_| ())
}
