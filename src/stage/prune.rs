//! Forgets texts past their time. Entries stay as tombstones, so that they do not come back as new.

use std::time::Duration;

use tracing::info;

use super::{Desk, Plan};
use crate::model::time::Timestamp;
use crate::store::{Retention, StoreError};

/// What was learnt of a host counts for little after half a year without its pages.
const KEEP_FURNITURE: Duration = Duration::from_secs(180 * 86_400);

/// Returns how many rows were cleared.
pub async fn sweep(desk: &Desk, plan: &Plan) -> Result<u64, StoreError> {
    let now = desk.clock.now();
    let before = |keep: Option<Duration>| keep.map_or(Timestamp::EPOCH, |keep| now.minus(keep));
    let retention = Retention {
        pages_before: before(plan.keep_pages),
        articles_before: before(plan.keep_articles),
        digests_before: before(plan.keep_digests),
        furniture_before: now.minus(KEEP_FURNITURE),
    };
    let cleared = desk.store.prune(&retention).await?;
    if cleared > 0 {
        info!(rows = cleared, "Cleared {cleared} rows past their time");
    }
    Ok(cleared)
}
