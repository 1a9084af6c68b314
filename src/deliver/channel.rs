//! The closed set of ways a mail can go.

use std::sync::Arc;

use super::maildir::{self, Maildir};
use super::smtp::{self, Smtp};
use super::{Address, DeliverError, Reply};
use crate::model::delivery::Outgoing;

/// How digests leave.
#[derive(Clone, Debug)]
pub enum Config {
    Smtp(smtp::Config),
    Maildir(maildir::Config),
}

/// Clones share connections.
#[derive(Clone, Debug)]
pub struct Channel(Arc<Kind>);

#[derive(Debug)]
enum Kind {
    Smtp(Box<Smtp>),
    Maildir(Maildir),
}

impl Channel {
    /// Checks the settings, certificates included; talks to nobody yet.
    pub fn open(config: Config) -> Result<Channel, DeliverError> {
        let kind = match config {
            Config::Smtp(config) => Kind::Smtp(Box::new(Smtp::open(config)?)),
            Config::Maildir(config) => Kind::Maildir(Maildir::open(config)?),
        };
        Ok(Channel(Arc::new(kind)))
    }

    pub fn name(&self) -> &'static str {
        match &*self.0 {
            Kind::Smtp(_) => "smtp",
            Kind::Maildir(_) => "maildir",
        }
    }

    /// The sender's domain in ASCII, for Message-IDs.
    pub fn domain(&self) -> &str {
        match &*self.0 {
            Kind::Smtp(smtp) => smtp.sender().domain(),
            Kind::Maildir(maildir) => maildir.sender().domain(),
        }
    }

    /// Hands one mail to one person. An answer other than `Ok` may still have been a delivery where the connection
    /// broke late: the Message-ID is then the same next time.
    pub async fn send(&self, mail: &Outgoing, to: &Address) -> Result<Reply, DeliverError> {
        match &*self.0 {
            Kind::Smtp(smtp) => smtp.send(mail, to).await,
            Kind::Maildir(maildir) => maildir.send(mail, to).await,
        }
    }

    /// Takes leave of servers that were kept connected for the next mail. For when there is none for now.
    pub async fn rest(&self) {
        match &*self.0 {
            Kind::Smtp(smtp) => smtp.rest().await,
            Kind::Maildir(_) => {}
        }
    }
}
