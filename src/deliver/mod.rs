//! The only way out to people.
//!
//! A channel takes a finished mail, hands it to one person and says what became of it; when to try again is the
//! schedule's to say. Promises: a mail is written to the same bytes each time it is sent (encrypted ones hold the same
//! within), with one Message-ID; one
//! recipient is one transaction, so that recipients fail apart and never see each other; every wait has an end; what
//! was not plainly refused for good may be tried again. Knows nothing of digests' insides, of the outbox or of the time.

mod bounce;
mod bulletin_file;
mod channel;
mod command;
mod error;
mod maildir;
mod message;
mod openpgp;
mod payload;
mod reply;
mod session;
mod smtp;
mod stream;
mod webhook;

pub use bounce::{MAX_REPORT, Returned, read_returned};
pub use bulletin_file::replace_file;
pub use channel::{Channel, Config};
pub use command::{Config as CommandConfig, LONGEST as LONGEST_COMMAND};
pub use error::DeliverError;
pub use maildir::Config as MaildirConfig;
pub use message::{OneClick, Sender};
pub use openpgp::{KeyProblem, Sealing, check_key};
pub use reply::Reply;
pub use smtp::{AT_A_TIME, Config as SmtpConfig, Login, Timeouts, Tls};
pub use webhook::Config as WebhookConfig;

use std::fmt;

/// Who a mail goes to. Never logged: not even `{:?}` shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// May be empty.
    pub name: String,
    pub email: String,
    /// How each mail to them is encrypted; without a key that holds none is sent. `None`: they go in clear.
    pub sealing: Option<Sealing>,
}

impl Address {
    /// Of somebody whose mails go in clear.
    pub fn plain(name: impl Into<String>, email: impl Into<String>) -> Address {
        Address { name: name.into(), email: email.into(), sealing: None }
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(…)")
    }
}
