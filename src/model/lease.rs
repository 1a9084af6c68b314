//! The right to work on a claimed row until a time.

use super::time::Timestamp;

/// Held by one worker of one process. `token` is unique to the claim; a commit names it, and changes nothing once
/// the lease has passed to somebody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    pub token: String,
    pub until: Timestamp,
}
