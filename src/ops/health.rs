//! Whether every loop still goes round. The watchdog and `/healthz` ask.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::model::time::Timestamp;

/// The daemon's loops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loop {
    Poll,
    Process,
    Compose,
    Dispatch,
}

impl Loop {
    pub const ALL: [Loop; 4] = [Loop::Poll, Loop::Process, Loop::Compose, Loop::Dispatch];

    pub fn name(self) -> &'static str {
        match self {
            Loop::Poll => "poll",
            Loop::Process => "process",
            Loop::Compose => "compose",
            Loop::Dispatch => "dispatch",
        }
    }
}

/// A loop without a sign of life for this long is stuck: each shows one at least every 15 seconds, and the database
/// may be waited for.
const STUCK_AFTER: Duration = Duration::from_secs(120);

/// The loops' last signs of life; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<[AtomicI64; 4]>);

/// A loop that does not go round any more.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Stuck {
    #[serde(rename = "loop")]
    pub which: &'static str,
    /// Its last sign of life.
    pub since: Timestamp,
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} loop shows no life since {}", self.which, self.since)
    }
}

impl Health {
    /// A sign of life.
    pub fn beat(&self, which: Loop, now: Timestamp) {
        self.0[which as usize].store(now.as_millis(), Ordering::Relaxed);
    }

    /// The first stuck loop, if there is one; a loop that has not begun is not stuck.
    pub fn verdict(&self, now: Timestamp) -> Result<(), Stuck> {
        for which in Loop::ALL {
            let since = Timestamp::from_millis(self.0[which as usize].load(Ordering::Relaxed));
            if since != Timestamp::EPOCH && now.since(since) > STUCK_AFTER {
                return Err(Stuck { which: which.name(), since });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_without_a_sign_of_life_for_two_minutes_is_named() {
        let health = Health::default();
        let start = Timestamp::from_millis(1_000_000);
        for which in Loop::ALL {
            health.beat(which, start);
        }
        assert_eq!(health.verdict(start.plus(STUCK_AFTER)), Ok(()));
        let later = start.plus(STUCK_AFTER).plus(Duration::from_secs(1));
        for which in [Loop::Poll, Loop::Process, Loop::Dispatch] {
            health.beat(which, later);
        }
        assert_eq!(health.verdict(later), Err(Stuck { which: "compose", since: start }));
    }
}
