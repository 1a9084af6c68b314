//! How recipients stand, for lists; and the last digest of one, as it was mailed.

use url::Url;

use super::Store;
use super::error::StoreError;
use super::statement::{Row, binds};
use crate::model::digest::Rendered;
use crate::model::id::RecipientId;
use crate::model::time::Timestamp;

/// A recipient as `recipients` lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientStatus {
    pub id: RecipientId,
    /// Of a digest or an alert; [`Timestamp::NEVER`] where reports themselves make the digest due.
    pub next_due: Timestamp,
    /// Reports that wait for the next digest.
    pub waiting: u64,
    /// Mails by what became of them.
    pub sent: u64,
    pub queued: u64,
    pub failed: u64,
    /// Since when and why they get no mails.
    pub paused: Option<(Timestamp, String)>,
    /// Since when and why their mails cannot be encrypted and wait.
    pub held: Option<(Timestamp, String)>,
}

const STATUS: &str = "\
    SELECT recipient.id AS id,
        (SELECT COUNT(*) FROM delivery WHERE delivery.recipient_id = recipient.id AND delivery.state = 'sent') AS sent,
        (SELECT COUNT(*) FROM delivery WHERE delivery.recipient_id = recipient.id AND delivery.state = 'queued') AS queued,
        (SELECT COUNT(*) FROM delivery WHERE delivery.recipient_id = recipient.id AND delivery.state = 'failed') AS failed,
        CASE WHEN recipient.alert_due < recipient.next_due THEN recipient.alert_due ELSE recipient.next_due END AS next_due,
        recipient.paused_at AS paused_at, recipient.paused_why AS paused_why,
        recipient.held_at AS held_at, recipient.held_why AS held_why,
        (SELECT COUNT(*) FROM report WHERE report.recipient_id = recipient.id AND report.digest_id IS NULL) AS waiting
    FROM recipient WHERE state = 'active' ORDER BY recipient.id";

const LATEST_DIGEST: &str = "\
    SELECT subject, body_text, body_html FROM digest WHERE recipient_id = $1 AND kept ORDER BY edition DESC LIMIT 1";

const LATEST_REPORT: &str = "\
    SELECT entry.link AS link FROM report JOIN entry ON entry.id = report.entry_id
    WHERE report.recipient_id = $1 AND entry.link <> '' ORDER BY report.queued_at DESC, entry.seq LIMIT 1";

impl Store {
    /// The recipients of the configuration, by id.
    pub async fn recipients(&self) -> Result<Vec<RecipientStatus>, StoreError> {
        let rows = self.database().rows("listing recipients", STATUS, &binds![]).await?;
        rows.iter().map(status).collect()
    }

    /// The last digest composed for a recipient, as it was mailed, unless it was forgotten since.
    pub async fn latest_digest(&self, recipient: &RecipientId) -> Result<Option<Rendered>, StoreError> {
        let row = self.database().first("reading the last digest", LATEST_DIGEST, &binds![recipient]).await?;
        row.as_ref().map(rendered).transpose()
    }

    /// The link of the report a recipient was owed last, if it has one.
    pub async fn latest_report(&self, recipient: &RecipientId) -> Result<Option<Url>, StoreError> {
        let row = self.database().first("reading the last report", LATEST_REPORT, &binds![recipient]).await?;
        row.as_ref().map_or(Ok(None), |row| row.url_or_empty("link"))
    }
}

fn status(row: &Row) -> Result<RecipientStatus, StoreError> {
    Ok(RecipientStatus {
        id: RecipientId::from_stored(row.text("id")?),
        next_due: Timestamp::from_millis(row.int("next_due")?),
        waiting: row.count("waiting")?,
        sent: row.count("sent")?,
        queued: row.count("queued")?,
        failed: row.count("failed")?,
        paused: row.time_or_null("paused_at")?.map(|at| Ok((at, row.text("paused_why")?))).transpose()?,
        held: row.time_or_null("held_at")?.map(|at| Ok((at, row.text("held_why")?))).transpose()?,
    })
}

fn rendered(row: &Row) -> Result<Rendered, StoreError> {
    Ok(Rendered { subject: row.text("subject")?, text: row.text("body_text")?, html: row.text("body_html")? })
}
