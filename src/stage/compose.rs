//! Claims recipients whose digest or alert is due, composes it, commits it with its outbox rows.

use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use tracing::error;

use super::turn::{Outcome, Turn};
use super::{Desk, Loop, Plan};
use crate::store::{ClaimedRecipient, StoreError};

const LEASE: Duration = Duration::from_secs(5 * 60);
const CLAIM: u32 = 50;
/// Composed at a time: one is written while the database is busy with the others. Each holds its reports in memory.
const AT_ONCE: usize = 3;
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
        let mut turns =
            stream::iter(due).map(|claimed| compose_or_put_off(desk, plan, claimed)).buffer_unordered(AT_ONCE);
        while let Some(made) = turns.next().await {
            // The leases of those that are dropped here run out.
            composed += u64::from(made?);
        }
    }
    Ok(composed)
}

/// An error concerns all recipients.
async fn compose_or_put_off(desk: &Desk, plan: &Plan, claimed: ClaimedRecipient) -> Result<bool, StoreError> {
    match compose_one(desk, plan, &claimed).await {
        Err(failure) if !failure.is_temporary() => {
            // A row of theirs that cannot be read must not keep the others waiting.
            error!(recipient.id = %claimed.id, "No digest for {}: {failure}; tried again in {AGAIN:?}", claimed.id);
            put_off(desk, &claimed).await?;
            Ok(false)
        }
        made => made,
    }
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
