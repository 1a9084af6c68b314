//! Who gets digests, of what, and when.

use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::id::{RecipientId, WatchId};
use super::time::Timestamp;

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
    /// The subject says nothing of what the mail holds.
    pub neutral_subject: bool,
    pub zone: TimeZone,
}

/// What ops are told of a recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecipientEventKind {
    /// A mail to them did not arrive.
    Undelivered,
    /// They get no mails until somebody resumes them.
    Paused,
}

impl RecipientEventKind {
    pub fn as_str(self) -> &'static str {
        match self {
            RecipientEventKind::Undelivered => "undelivered",
            RecipientEventKind::Paused => "paused",
        }
    }

    pub fn parse(text: &str) -> Option<RecipientEventKind> {
        [RecipientEventKind::Undelivered, RecipientEventKind::Paused].into_iter().find(|kind| kind.as_str() == text)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecipientEvent {
    pub recipient: RecipientId,
    pub kind: RecipientEventKind,
    /// What happened and what to do; no address.
    pub detail: String,
    pub at: Timestamp,
}

impl Recipient {
    pub fn follows(&self, watch: &WatchId) -> bool {
        self.watches.contains(watch)
    }
}
