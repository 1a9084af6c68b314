//! Why a mail was not taken, and what should happen next. No message holds an address.

use std::io;
use std::time::Duration;

use super::openpgp::KeyProblem;
use crate::model::delivery::BounceKind;
use crate::model::outcome::Disposition;

#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// The server's word on this recipient or this mail, for good.
    #[error("refused: {reply}")]
    Refused { reply: String },
    /// The server's word on this recipient or this mail, for now.
    #[error("not now: {reply}")]
    Deferred { reply: String },
    /// The server's word for now, with the time that it asks for.
    #[error("not now: {reply}")]
    Busy { reply: String, after: Duration },
    /// The recipient's mails are to be encrypted and cannot be: they wait for a person, however long that takes.
    #[error("held, for it cannot be encrypted: {0}")]
    Key(#[from] KeyProblem),
    /// What concerns every mail and a person must change: sender, login, encryption, names, folders.
    #[error("mail does not work with these settings ({step}): {why}")]
    Settings { step: &'static str, why: String },
    /// Nothing of the mail was handed over.
    #[error("no answer to {step} within {after:?}")]
    TimedOut { step: &'static str, after: Duration },
    /// Nothing of the mail was handed over.
    #[error("{step} failed: {why}")]
    Broken { step: &'static str, why: String },
    /// The mail was handed over and no answer came: the server may have it or not, nobody knows (RFC 1047). It is sent
    /// again, with the same Message-ID.
    #[error("the mail was handed over but not answered, it may have arrived: {why}")]
    Unanswered { why: String },
    #[error("the {whose} is no address that mail can be sent to")]
    Address { whose: &'static str },
    #[error("this machine's configuration has no such recipient; write them in, or drop the delivery")]
    NoSuchRecipient,
    #[error("could not write the mail: {why}")]
    Message { why: String },
    #[error("could not write to the Maildir: {0}")]
    Maildir(#[source] io::Error),
}

impl DeliverError {
    /// Of a refusal for good: whether it is the address or this one mail that is refused.
    pub fn bounce_kind(&self) -> Option<BounceKind> {
        let DeliverError::Refused { reply } = self else { return None };
        let mut words = reply.split_whitespace();
        let (code, status) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let has_status = status.starts_with("5.");
        let says_address = !has_status && matches!(code, "550" | "551" | "553");
        Some(if says_address { BounceKind::Hard } else { BounceKind::of_failure(status) })
    }

    pub fn disposition(&self) -> Disposition {
        match self {
            DeliverError::Refused { .. } => Disposition::GiveUp,
            DeliverError::Busy { after, .. } => Disposition::RetryAfter(*after),
            DeliverError::Settings { .. }
            | DeliverError::Address { .. }
            | DeliverError::Key(_)
            | DeliverError::NoSuchRecipient
            | DeliverError::Message { .. } => Disposition::Misconfigured,
            DeliverError::Maildir(error) => match error.kind() {
                io::ErrorKind::PermissionDenied | io::ErrorKind::NotADirectory | io::ErrorKind::ReadOnlyFilesystem => {
                    Disposition::Misconfigured
                }
                _ => Disposition::Retry,
            },
            DeliverError::Deferred { .. }
            | DeliverError::TimedOut { .. }
            | DeliverError::Broken { .. }
            | DeliverError::Unanswered { .. } => Disposition::Retry,
        }
    }
}
