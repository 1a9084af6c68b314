//! The only way out to people.
//!
//! A channel takes a finished mail, hands it to one person and says what became of it; when to try again is the
//! schedule's to say. Promises: a mail is written to the same bytes each time it is sent, with one Message-ID; one
//! recipient is one transaction, so that recipients fail apart and never see each other; every wait has an end; what
//! was not plainly refused for good may be tried again. Knows nothing of digests' insides, of the outbox or of the time.

mod bounce;
mod channel;
mod error;
mod maildir;
mod message;
mod reply;
mod session;
mod smtp;
mod stream;

pub use bounce::{MAX_REPORT, Returned, read_returned};
pub use channel::{Channel, Config};
pub use error::DeliverError;
pub use maildir::Config as MaildirConfig;
pub use message::{OneClick, Sender};
pub use reply::Reply;
pub use smtp::{Config as SmtpConfig, Login, Timeouts, Tls};

use std::fmt;

/// Who a mail goes to. Never logged: not even `{:?}` shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// May be empty.
    pub name: String,
    pub email: String,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}
