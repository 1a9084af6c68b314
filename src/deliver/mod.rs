//! The only way out to people.
//!
//! A channel takes a finished mail and says what became of it; when to try again is the schedule's to say.

mod channel;
mod error;
mod maildir;
mod message;
mod smtp;

pub use channel::{Channel, Config};
pub use error::DeliverError;
pub use maildir::Config as MaildirConfig;
pub use message::Sender;
pub use smtp::{Config as SmtpConfig, Login, Timeouts, Tls};

/// What the other side said when it took the mail; never an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply(pub String);

/// Who a mail goes to. Never logged.
#[derive(Clone, Debug)]
pub struct Address {
    /// May be empty.
    pub name: String,
    pub email: String,
}
