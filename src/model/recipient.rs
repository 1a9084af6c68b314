//! Who gets digests, of what, and when.

use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::id::{RecipientId, WatchId};

/// When a recipient's digests are due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rhythm {
    /// As soon as a report waits.
    Immediately,
    /// At these times of day in the recipient's zone; never empty, sorted.
    Daily { at: Vec<Time> },
}

#[derive(Clone, Debug)]
pub struct Recipient {
    pub id: RecipientId,
    /// As readers see it in the `To` line; may be empty.
    pub name: String,
    /// Never logged.
    pub email: String,
    pub watches: Vec<WatchId>,
    pub rhythm: Rhythm,
    /// Is told of alarms about feeds.
    pub alarms: bool,
    pub zone: TimeZone,
}

impl Recipient {
    pub fn follows(&self, watch: &WatchId) -> bool {
        self.watches.contains(watch)
    }
}
