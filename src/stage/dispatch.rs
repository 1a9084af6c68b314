//! Claims due deliveries, sends them, commits what the other side said.

use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tracing::{error, info, warn};

use super::{CLAIM_AGAIN, Desk, Loop, Plan};
use crate::deliver::{Address, DeliverError, Reply};
use crate::model::delivery::{DeliveryState, Outgoing};
use crate::model::outcome::Disposition;
use crate::model::time::Timestamp;
use crate::schedule;
use crate::store::StoreError;

/// Longer than the longest SMTP conversation with all its timeouts: nobody else may send what we may have sent.
const LEASE: Duration = Duration::from_secs(40 * 60);

/// Sends until nothing is due. Returns how many deliveries were tried.
pub async fn drain(desk: &Desk, plan: &Plan) -> Result<u64, StoreError> {
    let mut in_flight = FuturesUnordered::new();
    let mut tried = 0;
    loop {
        let room = plan.deliveries_in_flight.saturating_sub(in_flight.len());
        if !desk.stopping(plan) && room > 0 {
            let now = desk.clock.now();
            let limit = u32::try_from(room).unwrap_or(u32::MAX);
            let mails = desk.store.claim_due_deliveries(now, limit, &desk.lease(now, LEASE)).await?;
            in_flight.extend(mails.into_iter().map(|mail| send_one(desk, plan, mail)));
        }
        if in_flight.is_empty() {
            return Ok(tried);
        }
        desk.beat(Loop::Dispatch);
        let sent = tokio::select! {
            sent = in_flight.next() => sent,
            () = tokio::time::sleep(CLAIM_AGAIN) => None,
        };
        if let Some(sent) = sent {
            sent?;
            tried += 1;
        }
    }
}

async fn send_one(desk: &Desk, plan: &Plan, mail: Outgoing) -> Result<(), StoreError> {
    let Some(recipient) = plan.recipients.iter().find(|recipient| recipient.id == mail.recipient) else {
        let reply = "the recipient is no longer in the configuration".to_owned();
        return commit(desk, &mail, DeliveryState::Failed { reply: reply.clone() }, &reply).await;
    };
    let to = Address { name: recipient.name.clone(), email: recipient.email.clone() };
    let outcome = plan.channel.send(&mail, &to).await;
    let now = desk.clock.now();
    let (state, reply) = match outcome {
        Ok(Reply(reply)) => (DeliveryState::Sent { reply: reply.clone() }, reply),
        Err(error) => refused(&mail, &error, now),
    };
    commit(desk, &mail, state, &reply).await
}

fn refused(mail: &Outgoing, refusal: &DeliverError, now: Timestamp) -> (DeliveryState, String) {
    let reply = refusal.to_string();
    let disposition = refusal.disposition();
    let first_tried_at = mail.first_tried_at.unwrap_or(now);
    let state = schedule::after_refusal(&disposition, mail.attempts, first_tried_at, &reply, mail.id.as_str(), now);
    let (id, recipient, attempt) = (&mail.id, &mail.recipient, mail.attempts);
    match (&state, &disposition) {
        (DeliveryState::Queued { due }, Disposition::Misconfigured) => {
            error!(delivery.id = %id, recipient.id = %recipient, attempt, "Delivery {id} needs a setting changed: {reply}; next try at {due}");
        }
        (DeliveryState::Queued { due }, _) => {
            warn!(delivery.id = %id, recipient.id = %recipient, attempt, "Delivery {id} was not taken: {reply}; next try at {due}");
        }
        _ => {
            error!(delivery.id = %id, recipient.id = %recipient, attempt, "Delivery {id} failed for good: {reply}");
        }
    }
    (state, reply)
}

async fn commit(desk: &Desk, mail: &Outgoing, state: DeliveryState, reply: &str) -> Result<(), StoreError> {
    let stored = desk.store.commit_delivery(&mail.id, &mail.lease, &state, reply, desk.clock.now()).await?;
    desk.tally.dispatched(&state);
    match (&state, stored) {
        (_, false) => {
            warn!(delivery.id = %mail.id, "Delivery {} took longer than its lease and may be sent twice, with one Message-ID", mail.id);
        }
        (DeliveryState::Sent { .. }, true) => {
            info!(delivery.id = %mail.id, recipient.id = %mail.recipient, attempt = mail.attempts, "Delivery {} was taken", mail.id);
        }
        _ => {}
    }
    Ok(())
}
