//! The closed set of ways a mail can go.

use std::fmt;
use std::sync::Arc;

use super::command::{self, Command};
use super::maildir::{self, Maildir};
use super::smtp::{self, Smtp};
use super::webhook::{self, Webhook};
use super::{Address, DeliverError, Reply};
use crate::fetch::Fetcher;
use crate::model::delivery::Outgoing;

/// How digests leave.
#[derive(Clone, Debug)]
pub enum Config {
    Smtp(smtp::Config),
    Maildir(maildir::Config),
    Command(command::Config),
}

/// Clones share connections.
#[derive(Clone)]
pub struct Channel(Arc<Kind>);

enum Kind {
    Smtp(Box<Smtp>),
    Maildir(Maildir),
    Command(Box<Command>),
    Webhook(Box<Webhook>),
}

impl Channel {
    /// Checks the settings, certificates included; talks to nobody yet.
    pub fn open(config: Config) -> Result<Channel, DeliverError> {
        let kind = match config {
            Config::Smtp(config) => Kind::Smtp(Box::new(Smtp::open(config)?)),
            Config::Maildir(config) => Kind::Maildir(Maildir::open(config)?),
            Config::Command(config) => Kind::Command(Box::new(Command::open(config)?)),
        };
        Ok(Channel(Arc::new(kind)))
    }

    /// By HTTP, through `fetcher`.
    pub fn webhook(config: webhook::Config, fetcher: Fetcher) -> Channel {
        Channel(Arc::new(Kind::Webhook(Box::new(Webhook::open(config, fetcher)))))
    }

    pub fn name(&self) -> &'static str {
        match &*self.0 {
            Kind::Smtp(_) => "smtp",
            Kind::Maildir(_) => "maildir",
            Kind::Command(_) => "command",
            Kind::Webhook(_) => "webhook",
        }
    }

    /// The sender's domain in ASCII, for Message-IDs; empty where there is no sender.
    pub fn domain(&self) -> &str {
        match &*self.0 {
            Kind::Smtp(smtp) => smtp.sender().domain(),
            Kind::Maildir(maildir) => maildir.sender().domain(),
            Kind::Command(command) => command.sender().domain(),
            Kind::Webhook(_) => "",
        }
    }

    /// Hands one mail to one person. An answer other than `Ok` may still have been a delivery where the connection
    /// broke late: the Message-ID is then the same next time.
    pub async fn send(&self, mail: &Outgoing, to: &Address) -> Result<Reply, DeliverError> {
        match &*self.0 {
            Kind::Smtp(smtp) => smtp.send(mail, to).await,
            Kind::Maildir(maildir) => maildir.send(mail, to).await,
            Kind::Command(command) => command.send(mail, to).await,
            Kind::Webhook(webhook) => webhook.send(mail).await,
        }
    }

    /// Takes leave of servers that were kept connected for the next mail. For when there is none for now.
    pub async fn rest(&self) {
        match &*self.0 {
            Kind::Smtp(smtp) => smtp.rest().await,
            Kind::Maildir(_) | Kind::Command(_) | Kind::Webhook(_) => {}
        }
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Channel({})", self.name())
    }
}
