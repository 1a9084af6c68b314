//! Claims recipients whose digest or alert is due, composes it, commits it with its outbox rows.

use std::time::Duration;

use tracing::error;

use super::turn::{Outcome, Turn};
use super::{Desk, Loop, Plan};
use crate::store::{ClaimedRecipient, StoreError};

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

/// True if a mail was composed, false if nothing waited or its time has not come.
async fn compose_one(desk: &Desk, plan: &Plan, claimed: &ClaimedRecipient) -> Result<bool, StoreError> {
    let now = desk.clock.now();
    let Some(recipient) = plan.recipients.iter().find(|recipient| recipient.id == claimed.id) else {
        // Removed from the configuration since, or another machine's: what waits stays.
        put_off(desk, claimed).await?;
        return Ok(false);
    };
    let turn = Turn::at(desk, plan, claimed, recipient, now);
    match turn.compose().await? {
        Outcome::Mail(composed) => {
            let stored = desk.store.commit_digest(&composed).await?;
            Ok(turn.tell(&composed, stored))
        }
        Outcome::Later(until) => {
            turn.postpone(until).await?;
            Ok(false)
        }
        Outcome::Quiet { folded } => {
            turn.close(&folded).await?;
            Ok(false)
        }
    }
}
