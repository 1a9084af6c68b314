//! What a failure asks for. Each error type says it; `schedule` turns it into a time.

use std::time::Duration;

/// What should happen next after something went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// The other side named a time to wait.
    RetryAfter(Duration),
    /// May work later; waits grow with each failure in a row.
    Retry,
    /// Will not work by trying again (410 Gone, a 5xx reply to this recipient).
    GiveUp,
    /// Somebody must change a setting; tried again meanwhile, slowly.
    Misconfigured,
}
