//! Claims recipients whose digest is due, composes it, commits it with its outbox rows.

use std::time::Duration;

use tracing::{error, info, warn};

use super::{Desk, Loop, Plan};
use crate::model::delivery::message_id;
use crate::model::id::{DeliveryId, DigestId};
use crate::model::recipient::Recipient;
use crate::model::time::Timestamp;
use crate::store::{ClaimedRecipient, ComposedDigest, NewDelivery, StoreError};
use crate::{digest, schedule};

const LEASE: Duration = Duration::from_secs(5 * 60);
const CLAIM: u32 = 50;
/// After a failure that concerns one recipient.
const AGAIN: Duration = Duration::from_secs(5 * 60);

/// Composes until no recipient is due. Returns how many digests were.
pub async fn drain(desk: &Desk, plan: &Plan) -> Result<u64, StoreError> {
    let mut composed = 0;
    while !desk.stopping(plan) {
        desk.beat(Loop::Compose);
        let now = desk.clock.now();
        let due = desk.store.claim_due_recipients(now, CLAIM, &desk.lease(now, LEASE)).await?;
        if due.is_empty() {
            break;
        }
        for claimed in due {
            match compose_one(desk, plan, &claimed).await {
                Ok(made) => composed += u64::from(made),
                Err(failure) if failure.is_temporary() => return Err(failure),
                // A row of theirs that cannot be read must not keep the others waiting.
                Err(failure) => {
                    error!(recipient.id = %claimed.id, "No digest for {}: {failure}; tried again in {AGAIN:?}", claimed.id);
                    put_off(desk, &claimed).await?;
                }
            }
        }
    }
    Ok(composed)
}

/// Leaves what waits as it is, for the next try or for a machine that knows better.
async fn put_off(desk: &Desk, claimed: &ClaimedRecipient) -> Result<(), StoreError> {
    desk.store.postpone_recipient(&claimed.id, &claimed.lease, desk.clock.now().plus(AGAIN)).await.map(|_| ())
}

/// True if a digest was composed, false if nothing waited.
async fn compose_one(desk: &Desk, plan: &Plan, claimed: &ClaimedRecipient) -> Result<bool, StoreError> {
    let now = desk.clock.now();
    let Some(recipient) = plan.recipients.iter().find(|recipient| recipient.id == claimed.id) else {
        // Removed from the configuration since, or another machine's: what waits stays.
        put_off(desk, claimed).await?;
        return Ok(false);
    };
    let next_due = schedule::next_digest(&recipient.rhythm, &recipient.zone, now);
    let composed = compose(desk, plan, claimed, recipient, now, next_due).await?;
    let Some(composed) = composed else {
        desk.store.commit_quiet(&claimed.id, &claimed.lease, next_due, now).await?;
        return Ok(false);
    };
    let stored = desk.store.commit_digest(&composed).await?;
    if stored && composed.deliveries.is_empty() {
        info!(digest.id = %composed.digest.id, recipient.id = %recipient.id, reports = composed.originals.len(),
            "{} follows no watch any more of what waited; it is settled without a mail", recipient.id);
        return Ok(false);
    }
    if stored {
        desk.bells.deliveries.notify_one();
        desk.tally.composed(composed.digest.reports.len());
        info!(digest.id = %composed.digest.id, recipient.id = %recipient.id, reports = composed.digest.reports.len(),
            "Digest {} for {} holds {} reports", composed.digest.id, recipient.id, composed.digest.reports.len());
    } else {
        warn!(recipient.id = %recipient.id, "Composing for {} took longer than its lease", recipient.id);
    }
    Ok(stored)
}

async fn compose(
    desk: &Desk,
    plan: &Plan,
    claimed: &ClaimedRecipient,
    recipient: &Recipient,
    now: Timestamp,
    next_due: Timestamp,
) -> Result<Option<ComposedDigest>, StoreError> {
    let waiting = desk.store.waiting_reports(&claimed.id, plan.max_reports).await?;
    if waiting.is_empty() {
        return Ok(None);
    }
    let coverage = desk.store.coverage(claimed.window_from, now).await?;
    let edition = claimed.editions + 1;
    let window = (claimed.window_from, now);
    let (digest, settled_unseen) =
        digest::compose(recipient, &plan.watches, &waiting, coverage, window, edition, &plan.digest_limits);
    if !settled_unseen.is_empty() {
        let (id, count) = (&recipient.id, settled_unseen.len());
        info!(recipient.id = %id, reports = count, "{count} reports that waited for {id} hit no watch that they follow; they are settled without being shown");
    }
    let mut rendered = digest::render(&digest, recipient);
    if recipient.neutral_subject {
        rendered.subject = format!("newsvigil digest {edition}");
    }
    // What is left out is settled with the rest.
    let originals = waiting.iter().map(|report| report.original.clone()).collect();
    let deliveries = if digest.reports.is_empty() { vec![] } else { vec![delivery(&digest.id, plan, now)] };
    let lease = claimed.lease.clone();
    Ok(Some(ComposedDigest { digest, rendered, originals, deliveries, lease, next_due, at: now }))
}

fn delivery(digest: &DigestId, plan: &Plan, now: Timestamp) -> NewDelivery {
    let channel = plan.channel.name();
    let id = DeliveryId::of(digest, channel);
    NewDelivery { message_id: message_id(&id, &plan.message_id_domain), id, channel: channel.to_owned(), due: now }
}
