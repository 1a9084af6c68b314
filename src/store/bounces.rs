//! What came back of deliveries, recipients who are paused, and what ops are told of both.

use super::Store;
use super::database::Tx;
use super::error::StoreError;
use super::outbox::SETTLE;
use super::statement::{Bind, Row, binds};
use crate::model::delivery::{Bounce, BounceKind};
use crate::model::id::{DeliveryId, EventId, RecipientId};
use crate::model::lease::Lease;
use crate::model::recipient::{RecipientEvent, RecipientEventKind};
use crate::model::time::Timestamp;

/// What a bounce led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bounced {
    /// No delivery of this id was ever made here.
    Unknown,
    /// Nothing new: it was told before, or the delivery is not counted as sent.
    Known { recipient: RecipientId },
    /// Kept; the delivery counts as failed unless it is only delayed.
    Noted { recipient: RecipientId },
    /// And that was the last one that was put up with.
    Paused { recipient: RecipientId },
}

/// What ops were not told of yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UntoldEvent {
    pub event: RecipientEvent,
    id: EventId,
}

const DELIVERY: &str = "\
    SELECT delivery.recipient_id AS recipient_id, digest.edition AS edition
    FROM delivery JOIN digest ON digest.id = delivery.digest_id WHERE delivery.id = $1";

const KEEP: &str = "\
    INSERT INTO bounce (delivery_id, kind, said, at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (delivery_id, kind) DO UPDATE SET said = $3, at = $4";

const KEEP_ONCE: &str = "\
    INSERT INTO bounce (delivery_id, kind, said, at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (delivery_id, kind) DO NOTHING";

const FAIL: &str = "\
    UPDATE delivery SET state = 'failed', last_reply = $2, updated_at = $3 WHERE id = $1 AND state = 'sent'";

/// Newest first.
pub(super) const OF_RECIPIENT: &str = "\
    SELECT state,
        CASE WHEN EXISTS (SELECT 1 FROM bounce WHERE bounce.delivery_id = delivery.id AND bounce.kind = 'hard')
            THEN 1 ELSE 0 END AS hard
    FROM delivery WHERE recipient_id = $1 AND state IN ('sent', 'failed')
    ORDER BY composed_at DESC LIMIT $2 + 0";

/// Deliveries that are looked back upon.
const LOOK_BACK: u32 = 200;

const PAUSE: &str = "\
    UPDATE recipient SET paused_at = $2, paused_why = $3 WHERE id = $1 AND state = 'active' AND paused_at IS NULL";

const IS_ACTIVE: &str = "SELECT id FROM recipient WHERE id = $1 AND state = 'active'";

const RESUME: &str = "UPDATE recipient SET paused_at = NULL, paused_why = '' WHERE id = $1 AND paused_at IS NOT NULL";

/// What bounced for good goes again, and what waited begins anew to count its tries. Notices of alarms do not.
pub(super) const REVIVE: &str = "\
    UPDATE delivery SET state = 'queued', due = $2, attempts = 0, first_tried_at = NULL, updated_at = $2
    WHERE recipient_id = $1 AND lease_until <= $2 AND (state = 'queued' OR (state = 'failed'
        AND EXISTS (SELECT 1 FROM bounce WHERE bounce.delivery_id = delivery.id AND bounce.kind = 'hard')
        AND EXISTS (SELECT 1 FROM digest WHERE digest.id = delivery.digest_id AND digest.edition > 0)))";

const ADD_EVENT: &str = "\
    INSERT INTO recipient_event (id, recipient_id, kind, detail, at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (id) DO NOTHING";

pub(super) const UNTOLD: &str = "\
    SELECT id, recipient_id, kind, detail, at FROM recipient_event
    WHERE told_at IS NULL ORDER BY at LIMIT $1 + 0";

const TELL: &str = "UPDATE recipient_event SET told_at = $1 WHERE told_at IS NULL AND id IN ({list})";

pub(super) const WAITS_SINCE: &str = "\
    SELECT composed_at FROM delivery WHERE recipient_id = $1 AND state = 'queued' ORDER BY composed_at LIMIT 1 + 0";

impl Store {
    /// Puts a delivery off until `due` that needs a setting changed, and tells ops, once while the oldest of what waits
    /// for its recipient is the same. False: the lease was lost.
    pub async fn commit_stuck(
        &self,
        (delivery, recipient): (&DeliveryId, &RecipientId),
        lease: &Lease,
        (reply, due): (&str, Timestamp),
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut writer = self.database().writer("putting off a delivery").await?;
        let mut tx = writer.begin().await?;
        let binds = binds![delivery, &lease.token, "queued", due, "", Timestamp::EPOCH, reply, at];
        if tx.first(SETTLE, &binds).await?.is_none() {
            return Ok(false);
        }
        if let Some(row) = tx.first(WAITS_SINCE, &binds![recipient]).await? {
            let id = EventId::of(recipient, RecipientEventKind::Stuck.as_str(), row.time("composed_at")?);
            let detail = format!("{reply}; it is tried again for some days, then it fails");
            let kind = RecipientEventKind::Stuck.as_str();
            tx.change(ADD_EVENT, &binds![id.as_str(), recipient, kind, detail, at]).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Keeps what came back of a delivery, in one transaction with what follows from it. The recipient is paused when
    /// their last `pause_after` deliveries, of those that are known to have gone, all bounced hard.
    pub async fn record_bounce(&self, bounce: &Bounce, pause_after: u32, at: Timestamp) -> Result<Bounced, StoreError> {
        let mut writer = self.database().writer("storing a bounce").await?;
        let mut tx = writer.begin().await?;
        let Some(row) = tx.first(DELIVERY, &binds![&bounce.delivery]).await? else { return Ok(Bounced::Unknown) };
        let recipient = RecipientId::from_stored(row.text("recipient_id")?);
        let is_digest = row.int("edition")? > 0;
        let kept = binds![&bounce.delivery, bounce.kind.as_str(), &bounce.said, at];
        if bounce.kind == BounceKind::Delayed {
            tx.change(KEEP_ONCE, &kept).await?;
            tx.commit().await?;
            return Ok(Bounced::Noted { recipient });
        }
        let said = format!("came back: {}", bounce.said);
        if tx.change(FAIL, &binds![&bounce.delivery, &said, at]).await? == 0 {
            return Ok(Bounced::Known { recipient });
        }
        tx.change(KEEP, &kept).await?;
        let paused = follow_up(&mut tx, bounce, &recipient, is_digest, pause_after, at).await?;
        tx.commit().await?;
        Ok(if paused { Bounced::Paused { recipient } } else { Bounced::Noted { recipient } })
    }

    /// Stores that a delivery was refused for good, in one transaction with what follows from it. False: the lease was
    /// lost.
    pub async fn commit_refusal(
        &self,
        bounce: &Bounce,
        lease: &Lease,
        pause_after: u32,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut writer = self.database().writer("storing what became of a delivery").await?;
        let mut tx = writer.begin().await?;
        let settled = binds![&bounce.delivery, &lease.token, "failed", at, "", Timestamp::EPOCH, &bounce.said, at];
        if tx.first(SETTLE, &settled).await?.is_none() {
            return Ok(false);
        }
        if let Some(row) = tx.first(DELIVERY, &binds![&bounce.delivery]).await? {
            let recipient = RecipientId::from_stored(row.text("recipient_id")?);
            let is_digest = row.int("edition")? > 0;
            tx.change(KEEP, &binds![&bounce.delivery, bounce.kind.as_str(), &bounce.said, at]).await?;
            follow_up(&mut tx, bounce, &recipient, is_digest, pause_after, at).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Stops mails to a recipient and tells ops. `None`: there is no such recipient; false: they were paused already.
    pub async fn pause_recipient(
        &self,
        recipient: &RecipientId,
        why: &str,
        at: Timestamp,
    ) -> Result<Option<bool>, StoreError> {
        let mut writer = self.database().writer("pausing a recipient").await?;
        let mut tx = writer.begin().await?;
        if tx.first(IS_ACTIVE, &binds![recipient]).await?.is_none() {
            return Ok(None);
        }
        let paused = pause(&mut tx, recipient, why, at).await?;
        tx.commit().await?;
        Ok(Some(paused))
    }

    /// Lets a paused recipient have their mails again, also those that bounced. `None`: nobody of that id is paused;
    /// else how many mails go out at once.
    pub async fn resume_recipient(&self, recipient: &RecipientId, at: Timestamp) -> Result<Option<u64>, StoreError> {
        let mut writer = self.database().writer("resuming a recipient").await?;
        let mut tx = writer.begin().await?;
        if tx.change(RESUME, &binds![recipient]).await? == 0 {
            return Ok(None);
        }
        let revived = tx.change(REVIVE, &binds![recipient, at]).await?;
        tx.commit().await?;
        Ok(Some(revived))
    }

    /// Events of recipients that ops were not told of, oldest first.
    pub async fn untold_events(&self, limit: u32) -> Result<Vec<UntoldEvent>, StoreError> {
        let rows = self.database().rows("looking for events", UNTOLD, &binds![limit]).await?;
        rows.iter().map(untold).collect()
    }
}

/// Tells ops, and pauses the recipient where this was one hard bounce too many. A notice that came back makes no
/// further one: to an address that is dead they would never end.
async fn follow_up(
    tx: &mut Tx<'_>,
    bounce: &Bounce,
    recipient: &RecipientId,
    is_digest: bool,
    pause_after: u32,
    at: Timestamp,
) -> Result<bool, StoreError> {
    if is_digest {
        let id = &bounce.delivery;
        let detail = format!("delivery {id}: {}; send it again with: newsvigil deliveries retry {id}", bounce.said);
        add_event(tx, recipient, RecipientEventKind::Undelivered, &detail, at).await?;
    }
    if bounce.kind != BounceKind::Hard {
        return Ok(false);
    }
    let rows = tx.rows(OF_RECIPIENT, &binds![recipient, LOOK_BACK]).await?;
    let outcomes = rows.iter().map(|row| Ok((row.text("state")? == "failed", row.int("hard")? == 1)));
    let outcomes = outcomes.collect::<Result<Vec<_>, StoreError>>()?;
    let in_a_row = hard_in_a_row(&outcomes);
    if in_a_row < pause_after {
        return Ok(false);
    }
    let why = format!("{in_a_row} mails in a row came back, the last with: {}", bounce.said);
    pause(tx, recipient, &why, at).await
}

/// Of deliveries, newest first, each failed or not and bounced hard or not. Those newer than the newest bounce may
/// still come back; those that failed in another way say nothing of the address.
fn hard_in_a_row(outcomes: &[(bool, bool)]) -> u32 {
    let telling = outcomes.iter().filter(|(failed, hard)| *hard || !failed).map(|(failed, hard)| *failed && *hard);
    let run = telling.skip_while(|bounced| !bounced).take_while(|bounced| *bounced);
    u32::try_from(run.count()).unwrap_or(u32::MAX)
}

async fn pause(tx: &mut Tx<'_>, recipient: &RecipientId, why: &str, at: Timestamp) -> Result<bool, StoreError> {
    if tx.change(PAUSE, &binds![recipient, at, why]).await? == 0 {
        return Ok(false);
    }
    let detail = format!("{why}; what is for them waits until: newsvigil recipients resume {recipient}");
    add_event(tx, recipient, RecipientEventKind::Paused, &detail, at).await?;
    Ok(true)
}

pub(super) async fn add_event(
    tx: &mut Tx<'_>,
    recipient: &RecipientId,
    kind: RecipientEventKind,
    detail: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let id = EventId::of(recipient, detail, at);
    tx.change(ADD_EVENT, &binds![id.as_str(), recipient, kind.as_str(), detail, at]).await.map(|_| ())
}

/// False: somebody else has told them meanwhile.
pub(super) async fn tell_events(tx: &mut Tx<'_>, events: &[UntoldEvent], at: Timestamp) -> Result<bool, StoreError> {
    let ids: Vec<Bind<'_>> = events.iter().map(|untold| Bind::from(untold.id.as_str())).collect();
    Ok(tx.change_in(TELL, &binds![at], &ids).await? == ids.len() as u64)
}

fn untold(row: &Row) -> Result<UntoldEvent, StoreError> {
    let kind = RecipientEventKind::parse(&row.text("kind")?).ok_or_else(|| row.unreadable("kind"))?;
    Ok(UntoldEvent {
        id: EventId::from_stored(row.text("id")?),
        event: RecipientEvent {
            recipient: RecipientId::from_stored(row.text("recipient_id")?),
            kind,
            detail: row.text("detail")?,
            at: row.time("at")?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENT: (bool, bool) = (false, false);
    const HARD: (bool, bool) = (true, true);
    const FAILED: (bool, bool) = (true, false);
    /// Came back once and was sent again since.
    const SENT_AGAIN: (bool, bool) = (false, true);

    #[test]
    fn only_an_unbroken_run_of_hard_bounces_counts_whatever_order_they_come_back_in() {
        assert_eq!(hard_in_a_row(&[HARD, HARD, HARD]), 3);
        assert_eq!(hard_in_a_row(&[SENT, SENT, HARD, HARD, SENT, HARD]), 2);
        assert_eq!(hard_in_a_row(&[HARD, SENT_AGAIN, HARD]), 1);
        assert_eq!(hard_in_a_row(&[HARD, FAILED, HARD, SENT]), 2);
        assert_eq!(hard_in_a_row(&[SENT, SENT]), 0);
    }
}
