//! Recipients whose mails are held because they cannot be encrypted, and what ops are told of it.

use super::Store;
use super::bounces::add_event;
use super::database::Tx;
use super::error::StoreError;
use super::statement::binds;
use crate::model::id::{DeliveryId, RecipientId};
use crate::model::lease::Lease;
use crate::model::recipient::RecipientEventKind;
use crate::model::time::Timestamp;

/// As if it had not been tried: the days of waiting are no failure of a mail server.
const POSTPONE: &str = "\
    UPDATE delivery SET due = $3, lease_token = '', lease_until = 0, attempts = 0, first_tried_at = NULL,
        last_reply = $4, updated_at = $5
    WHERE id = $1 AND lease_token = $2 AND lease_token <> '' AND state = 'queued' RETURNING recipient_id";

const HOLD: &str = "\
    UPDATE recipient SET held_at = COALESCE(held_at, $2), held_why = $3
    WHERE id = $1 AND (held_at IS NULL OR held_why <> $3)";

const RELEASE: &str = "\
    UPDATE recipient SET held_at = NULL, held_why = ''
    WHERE held_at IS NOT NULL AND id = (SELECT recipient_id FROM delivery WHERE delivery.id = $1) RETURNING id";

impl Store {
    /// Puts a delivery that cannot be encrypted off until `due`, and tells ops, once for each reason. False: the lease
    /// was lost.
    pub async fn commit_hold(
        &self,
        delivery: &DeliveryId,
        lease: &Lease,
        why: &str,
        due: Timestamp,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut writer = self.database().writer("holding a delivery").await?;
        let mut tx = writer.begin().await?;
        let Some(row) = tx.first(POSTPONE, &binds![delivery, &lease.token, due, why, at]).await? else {
            return Ok(false);
        };
        let recipient = RecipientId::from_stored(row.text("recipient_id")?);
        if tx.change(HOLD, &binds![&recipient, at, why]).await? > 0 {
            add_event(&mut tx, &recipient, RecipientEventKind::Held, why, at).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

/// A mail has gone: what held the others is over.
pub(super) async fn release(tx: &mut Tx<'_>, delivery: &DeliveryId, at: Timestamp) -> Result<(), StoreError> {
    let Some(row) = tx.first(RELEASE, &binds![delivery]).await? else { return Ok(()) };
    let recipient = RecipientId::from_stored(row.text("id")?);
    add_event(tx, &recipient, RecipientEventKind::Released, "what waited for them goes out", at).await
}
