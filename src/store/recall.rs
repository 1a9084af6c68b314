//! What was written while the clock was ahead: it would lie until that time comes.

use std::time::Duration;

use super::Store;
use super::error::StoreError;
use super::statement::binds;
use crate::model::time::Timestamp;

/// What was last touched a minute or more in the future has a time that follows from it. $2: a lease beyond that is nobody's.
pub(super) const DELIVERIES: &str = "\
    UPDATE delivery SET due = $1, lease_token = '', lease_until = 0, updated_at = $1
    WHERE state = 'queued' AND (lease_until > $2
        OR lease_until = 0 AND due > $1 AND (updated_at > $1 + 60000 OR composed_at > $1 + 60000))
    RETURNING id";

pub(super) const ENTRIES: &str = "\
    UPDATE entry SET due = $1, lease_token = '', lease_until = 0
    WHERE state = 'pending' AND (lease_until > $2 OR lease_until = 0 AND due > $1 AND first_seen > $1 + 60000)
    RETURNING id";

pub(super) const FEEDS: &str = "\
    UPDATE feed SET due = $1, lease_token = '', lease_until = 0
    WHERE state = 'waiting' AND (lease_until > $2 OR lease_until = 0 AND due > $1 AND last_polled_at > $1 + 60000)
    RETURNING id";

/// Longer than any lease.
const LEASE_MAX: Duration = Duration::from_secs(2 * 3_600);

/// How much is due again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recalled {
    pub feeds: u64,
    pub entries: u64,
    pub deliveries: u64,
}

impl Recalled {
    pub fn is_nothing(self) -> bool {
        self == Recalled::default()
    }
}

impl Store {
    /// Makes due what was last written at a time that has not come yet, as by a clock that was set back since. At the
    /// start also what is leased far beyond any lease; later that may be this program's own work under way.
    pub async fn recall_from_future(&self, now: Timestamp, at_start: bool) -> Result<Recalled, StoreError> {
        let nobodys = if at_start { now.plus(LEASE_MAX) } else { Timestamp::NEVER };
        let recalled = async |statement| {
            let doing = "looking for what a wrong clock put off";
            let rows = self.database().write(doing, statement, &binds![now, nobodys]).await?;
            Ok::<u64, StoreError>(rows.len() as u64)
        };
        Ok(Recalled {
            feeds: recalled(FEEDS).await?,
            entries: recalled(ENTRIES).await?,
            deliveries: recalled(DELIVERIES).await?,
        })
    }
}
