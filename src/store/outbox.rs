//! The outbox: digests on their way, and what became of them.

use std::collections::HashMap;

use super::Store;
use super::error::StoreError;
use super::held;
use super::statement::{Bind, Row, binds};
use crate::model::delivery::{DeliveryState, DeliveryStatus, Outgoing};
use crate::model::digest::Rendered;
use crate::model::id::{DeliveryId, DigestId, RecipientId};
use crate::model::lease::Lease;
use crate::model::time::Timestamp;

/// Each recipient has one delivery under way at a time, the earliest that is due: an address whose mails hang, a command or a
/// webhook holds up nobody else's.
pub(super) const CLAIM: &str = "\
    UPDATE delivery SET lease_token = $1, lease_until = $2, attempts = attempts + 1,
        first_tried_at = COALESCE(first_tried_at, $3)
    WHERE id IN (
        SELECT id FROM delivery WHERE state = 'queued' AND due <= $3 AND lease_until <= $3
            AND recipient_id NOT IN (SELECT id FROM recipient WHERE paused_at IS NOT NULL)
            AND NOT EXISTS (SELECT 1 FROM delivery AS under_way
                WHERE under_way.recipient_id = delivery.recipient_id AND under_way.lease_until > $3)
            AND NOT EXISTS (SELECT 1 FROM delivery AS earlier
                WHERE earlier.recipient_id = delivery.recipient_id AND earlier.state = 'queued'
                AND earlier.due <= delivery.due
                AND (earlier.due < delivery.due OR earlier.id < delivery.id))
        ORDER BY due LIMIT $4 + 0)
    AND state = 'queued' AND due <= $3 AND lease_until <= $3
    RETURNING id, digest_id, recipient_id, message_id, in_reply_to, composed_at, attempts, first_tried_at";

pub(super) const RENDERED: &str = "SELECT id, subject, body_text, body_html FROM digest WHERE id IN ({list})";

pub(super) const SETTLE: &str = "\
    UPDATE delivery SET state = $3, due = $4, lease_token = $5, lease_until = $6, last_reply = $7, updated_at = $8
    WHERE id = $1 AND lease_token = $2 AND lease_token <> '' AND state = 'queued' RETURNING id";

pub(super) const NEXT_DUE: &str = "\
    SELECT MIN(at) AS at FROM (
        SELECT (SELECT due FROM delivery WHERE state = 'queued' AND lease_until = 0
            AND recipient_id NOT IN (SELECT id FROM recipient WHERE paused_at IS NOT NULL)
            ORDER BY due LIMIT 1) AS at
        UNION ALL
        SELECT (SELECT MIN(lease_until) FROM delivery WHERE state = 'queued' AND lease_until > 0
            AND recipient_id NOT IN (SELECT id FROM recipient WHERE paused_at IS NOT NULL)) AS at
    ) AS times";

/// Columns of a [`DeliveryStatus`].
macro_rules! status_of {
    ($rest:literal) => {
        concat!(
            "SELECT delivery.id AS id, delivery.digest_id AS digest_id, delivery.recipient_id AS recipient_id, \
                 delivery.channel AS channel, delivery.state AS state, delivery.due AS due, \
                 delivery.lease_until AS lease_until, digest.report_count AS report_count, \
                 delivery.attempts AS attempts, delivery.composed_at AS composed_at, \
                 delivery.updated_at AS updated_at, delivery.last_reply AS last_reply, \
                 delivery.message_id AS message_id \
             FROM delivery JOIN digest ON digest.id = delivery.digest_id ",
            $rest
        )
    };
}

pub(super) const LIST: &str = status_of!("ORDER BY delivery.composed_at DESC, digest.edition DESC LIMIT $1 + 0");
pub(super) const LIST_UNFINISHED: &str = status_of!(
    "WHERE delivery.state IN ('queued', 'failed') ORDER BY delivery.composed_at DESC, digest.edition DESC LIMIT $1 + 0"
);
pub(super) const OF_DIGESTS: &str = status_of!("WHERE delivery.digest_id IN ({list}) ORDER BY delivery.composed_at");

/// A fresh start: the limits on attempts and on time count from now. Not while it is being sent.
const RETRY: &str = "\
    UPDATE delivery SET state = 'queued', due = $2, attempts = 0, first_tried_at = NULL, lease_token = '',
        lease_until = 0, updated_at = $2
    WHERE id = $1 AND state IN ('queued', 'failed') AND lease_until <= $2 RETURNING id";

const DROP: &str = "\
    UPDATE delivery SET state = 'dropped', lease_token = '', lease_until = 0, updated_at = $2
    WHERE id = $1 AND state IN ('queued', 'failed') AND lease_until <= $2 RETURNING id";

impl Store {
    /// Returns deliveries that are due, longest due first, now held by `lease`. The attempt is counted here, so that
    /// one that ends the process is counted too.
    pub async fn claim_due_deliveries(
        &self,
        now: Timestamp,
        limit: u32,
        lease: &Lease,
    ) -> Result<Vec<Outgoing>, StoreError> {
        let doing = "claiming deliveries";
        let rows = self.database().write(doing, CLAIM, &binds![&lease.token, lease.until, now, limit]).await?;
        let digests = rows.iter().map(|row| row.text("digest_id")).collect::<Result<Vec<_>, _>>()?;
        let digests: Vec<Bind<'_>> = digests.iter().map(Bind::from).collect();
        let mut mails = HashMap::new();
        for row in self.database().rows_in(doing, RENDERED, &[], &digests).await? {
            mails.insert(row.text("id")?, rendered(&row)?);
        }
        rows.iter().map(|row| outgoing(row, &mails, lease)).collect()
    }

    /// `reply` is kept as the last answer. False: the lease was lost (and somebody else may send again). A mail that was
    /// sent ends the holding of its recipient's mails.
    pub async fn commit_delivery(
        &self,
        delivery: &DeliveryId,
        lease: &Lease,
        state: &DeliveryState,
        reply: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let (name, due, token, until) = match state {
            DeliveryState::Queued { due } => ("queued", *due, "", Timestamp::EPOCH),
            DeliveryState::Leased { until } => ("queued", at, lease.token.as_str(), *until),
            DeliveryState::Sent { .. } => ("sent", at, "", Timestamp::EPOCH),
            DeliveryState::Failed { .. } => ("failed", at, "", Timestamp::EPOCH),
            DeliveryState::Dropped => ("dropped", at, "", Timestamp::EPOCH),
        };
        let binds = binds![delivery, &lease.token, name, due, token, until, reply, at];
        let mut writer = self.database().writer("storing what became of a delivery").await?;
        let mut tx = writer.begin().await?;
        if tx.first(SETTLE, &binds).await?.is_none() {
            return Ok(false);
        }
        if matches!(state, DeliveryState::Sent { .. }) {
            held::release(&mut tx, delivery, at).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// When the next claim may find something: the earliest due time, or the end of a lease.
    pub async fn next_delivery_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.next_due("looking for the next delivery", NEXT_DUE).await
    }

    /// Newest first. Unfinished are those that wait, are being sent, or failed and wait for a person.
    pub async fn deliveries(&self, unfinished_only: bool, limit: u32) -> Result<Vec<DeliveryStatus>, StoreError> {
        let sql = if unfinished_only { LIST_UNFINISHED } else { LIST };
        let rows = self.database().rows("listing deliveries", sql, &binds![limit]).await?;
        rows.iter().map(delivery_status).collect()
    }

    /// Puts a queued or failed delivery to the front. False: there is none of that id in such a state.
    pub async fn retry_delivery(&self, delivery: &DeliveryId, now: Timestamp) -> Result<bool, StoreError> {
        Ok(!self.database().write("retrying a delivery", RETRY, &binds![delivery, now]).await?.is_empty())
    }

    /// Gives up a queued or failed delivery. False: there is none of that id in such a state.
    pub async fn drop_delivery(&self, delivery: &DeliveryId, now: Timestamp) -> Result<bool, StoreError> {
        Ok(!self.database().write("dropping a delivery", DROP, &binds![delivery, now]).await?.is_empty())
    }

    /// The deliveries of each of the digests.
    pub(super) async fn deliveries_of(
        &self,
        doing: &'static str,
        digests: impl Iterator<Item = &DigestId>,
    ) -> Result<HashMap<String, Vec<DeliveryStatus>>, StoreError> {
        let digests: Vec<Bind<'_>> = digests.map(Bind::from).collect();
        let mut deliveries: HashMap<String, Vec<DeliveryStatus>> = HashMap::new();
        for row in self.database().rows_in(doing, OF_DIGESTS, &[], &digests).await? {
            deliveries.entry(row.text("digest_id")?).or_default().push(delivery_status(&row)?);
        }
        Ok(deliveries)
    }
}

fn rendered(row: &Row) -> Result<Rendered, StoreError> {
    Ok(Rendered { subject: row.text("subject")?, text: row.text("body_text")?, html: row.text("body_html")? })
}

fn outgoing(row: &Row, mails: &HashMap<String, Rendered>, lease: &Lease) -> Result<Outgoing, StoreError> {
    let digest = row.text("digest_id")?;
    Ok(Outgoing {
        id: DeliveryId::from_stored(row.text("id")?),
        rendered: mails.get(&digest).cloned().ok_or_else(|| row.unreadable("digest_id"))?,
        digest: DigestId::from_stored(digest),
        recipient: RecipientId::from_stored(row.text("recipient_id")?),
        message_id: row.text("message_id")?,
        in_reply_to: row.text("in_reply_to")?,
        composed_at: row.time("composed_at")?,
        attempts: row.small("attempts")?,
        first_tried_at: row.time_or_null("first_tried_at")?,
        lease: lease.clone(),
    })
}

fn delivery_status(row: &Row) -> Result<DeliveryStatus, StoreError> {
    let until = row.time("lease_until")?;
    let reply = row.text("last_reply")?;
    let state = match row.text("state")?.as_str() {
        "queued" if until > Timestamp::EPOCH => DeliveryState::Leased { until },
        "queued" => DeliveryState::Queued { due: row.time("due")? },
        "sent" => DeliveryState::Sent { reply: reply.clone() },
        "failed" => DeliveryState::Failed { reply: reply.clone() },
        "dropped" => DeliveryState::Dropped,
        _ => return Err(row.unreadable("state")),
    };
    Ok(DeliveryStatus {
        id: DeliveryId::from_stored(row.text("id")?),
        digest: DigestId::from_stored(row.text("digest_id")?),
        recipient: RecipientId::from_stored(row.text("recipient_id")?),
        channel: row.text("channel")?,
        state,
        reports: row.count("report_count")?,
        attempts: row.small("attempts")?,
        composed_at: row.time("composed_at")?,
        updated_at: row.time("updated_at")?,
        last_reply: reply,
        message_id: row.text("message_id")?,
    })
}
