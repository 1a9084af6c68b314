//! One digest on its way to one recipient by one channel.

use serde::Serialize;

use super::digest::Rendered;
use super::id::{DeliveryId, DigestId, RecipientId};
use super::lease::Lease;
use super::time::Timestamp;

/// `Queued → Leased → Sent | Queued | Failed`. `Failed` and `Dropped` are ends that `deliveries` shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum DeliveryState {
    Queued { due: Timestamp },
    Leased { until: Timestamp },
    Sent { reply: String },
    Failed { reply: String },
    Dropped,
}

/// What stands in the outbox when it was claimed for sending. Complete: building the same mail twice gives the
/// same bytes.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub id: DeliveryId,
    pub digest: DigestId,
    pub recipient: RecipientId,
    /// Without angle brackets: `m_….newsvigil@domain`.
    pub message_id: String,
    /// The first mail on the story that this one tells on, in the same form; empty for none.
    pub in_reply_to: String,
    pub composed_at: Timestamp,
    pub rendered: Rendered,
    /// Claims so far, this one included.
    pub attempts: u32,
    pub first_tried_at: Option<Timestamp>,
    pub lease: Lease,
}

/// A delivery as `deliveries` lists it.
#[derive(Clone, Debug, Serialize)]
pub struct DeliveryStatus {
    pub id: DeliveryId,
    pub digest: DigestId,
    pub recipient: RecipientId,
    pub channel: String,
    #[serde(flatten)]
    pub state: DeliveryState,
    pub reports: u64,
    pub attempts: u32,
    pub composed_at: Timestamp,
    pub updated_at: Timestamp,
    /// The last answer or error, in words; never an address.
    pub last_reply: String,
    pub message_id: String,
}

/// The Message-ID of a delivery, without angle brackets: the same for every copy of it, and no host name of the
/// machine in it (RFC 5322 §3.6.4 asks for a domain we control).
pub fn message_id(delivery: &DeliveryId, domain: &str) -> String {
    format!("{delivery}.newsvigil@{domain}")
}

/// What a mail server says of a delivery after all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BounceKind {
    /// It did not arrive, and to this address none will.
    Hard,
    /// It did not arrive; the next one may.
    Soft,
    /// It has not arrived yet.
    Delayed,
}

impl BounceKind {
    pub fn as_str(self) -> &'static str {
        match self {
            BounceKind::Hard => "hard",
            BounceKind::Soft => "soft",
            BounceKind::Delayed => "delayed",
        }
    }

    /// Of a failure for good, by its status (RFC 3463). Hard is what is said of the address itself: there is no such
    /// mailbox (5.1.x, but for the sender's own address), it is shut (5.2.1), its domain takes no mail (5.4.4); and
    /// 5.0.0, which says nothing else.
    pub fn of_failure(status: &str) -> BounceKind {
        if (status.starts_with("5.1.") && !matches!(status, "5.1.7" | "5.1.8"))
            || matches!(status, "5.2.1" | "5.4.4" | "5.0.0")
        {
            BounceKind::Hard
        } else {
            BounceKind::Soft
        }
    }
}

/// A delivery that came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    pub delivery: DeliveryId,
    pub kind: BounceKind,
    /// The other server's words, without addresses.
    pub said: String,
}
