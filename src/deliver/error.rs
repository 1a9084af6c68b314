//! Why a mail was not taken, and what should happen next. No message holds an address.

use std::time::Duration;

use crate::model::outcome::Disposition;

#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// The server's word on this recipient or this mail, for good.
    #[error("refused: {reply}")]
    Refused { reply: String },
    /// The server's word on this recipient or this mail, for now.
    #[error("not now: {reply}")]
    Deferred { reply: String },
    /// What concerns every mail: sender, login, encryption, names.
    #[error("the mail server does not work with these settings ({step}): {why}")]
    Settings { step: &'static str, why: String },
    #[error("no answer to {step} within {after:?}")]
    TimedOut { step: &'static str, after: Duration },
    /// Up to and with the last byte sent, the server may have kept the mail.
    #[error("the connection broke at {step}: {why}")]
    Broken { step: &'static str, why: String },
    #[error("the mail could not be written: {why}")]
    Message { why: String },
    #[error("could not write to the Maildir: {0}")]
    Maildir(#[source] std::io::Error),
}

impl DeliverError {
    pub fn disposition(&self) -> Disposition {
        match self {
            DeliverError::Refused { .. } | DeliverError::Message { .. } => Disposition::GiveUp,
            DeliverError::Settings { .. } => Disposition::Misconfigured,
            DeliverError::Deferred { .. }
            | DeliverError::TimedOut { .. }
            | DeliverError::Broken { .. }
            | DeliverError::Maildir(_) => Disposition::Retry,
        }
    }
}
