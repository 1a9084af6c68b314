//! The configuration as checked: what the daemon runs on.
//!
//! Every value here was looked at; nobody downstream asks again whether an address is an address.
//! How a file comes to these values is the business of the modules beside this one.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::matching::Names;
use crate::model::exchange::Credentials;
use crate::model::feed::FeedSpec;
use crate::model::id::FeedId;
use crate::model::recipient::{CommandLine, Recipient};
use crate::model::watch::WatchSpec;
use crate::ops::logging::LogSettings;
use crate::{coverage, digest, extract, fetch, schedule, source, store};

/// Everything the operator decides.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Holds the database, and what else has no place of its own.
    pub state_dir: PathBuf,
    pub store: store::Config,
    pub fetch: fetch::Config,
    pub source: source::Limits,
    pub extract: extract::Limits,
    pub poll: PollSettings,
    pub alarms: AlarmSettings,
    pub keep: KeepSettings,
    pub digest: DigestSettings,
    pub mail: MailSettings,
    /// Hard bounces in a row after which a recipient is paused.
    pub pause_after: u32,
    /// `None`: there are none.
    pub bulletins: Option<BulletinSettings>,
    pub log: LogSettings,
    /// `None`: nothing listens.
    pub http: Option<HttpSettings>,
    /// Those not switched off; no two with one address.
    pub feeds: Vec<FeedSpec>,
    /// Of the feeds whose servers want any.
    pub credentials: HashMap<FeedId, Arc<Credentials>>,
    pub watches: Vec<WatchSpec>,
    pub recipients: Vec<Recipient>,
    /// What `@name` stands for in the watches' queries.
    pub names: Names,
    /// Cleaning rules per publisher.
    pub sites: extract::SiteRules,
    /// The files that were read, the main one first.
    pub files: Vec<PathBuf>,
}

/// When feeds are asked, and what of a new feed is mailed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PollSettings {
    /// For feeds that say nothing of their own; each [`FeedSpec`] has it filled in already.
    pub every: Duration,
    /// No feed is asked more often, whatever it says itself.
    pub min_every: Duration,
    /// However long a feed asks us to wait, it is asked again after this.
    pub max_every: Duration,
    pub mail_back: MailBack,
}

/// When ops are told of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlarmSettings {
    pub bounds: coverage::Bounds,
    /// Feeds whose entries are never held, whatever they look like.
    pub never_held: HashSet<FeedId>,
    /// Alarms of this time go into one mail.
    pub gather: Duration,
}

/// How far back the entries of a feed's first poll are mailed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailBack {
    /// Those published within this time; zero: none, the first poll is the baseline.
    Within(Duration),
    All,
}

/// How long texts are kept; `None` is for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeepSettings {
    /// Raw pages, as received.
    pub pages: Option<Duration>,
    /// Cleaned articles, in which a changed watch can be tried.
    pub articles: Option<Duration>,
    /// Digests as mailed.
    pub digests: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DigestSettings {
    /// Reports in one mail; the rest goes into the next, at once.
    pub max_reports: u32,
    /// Which further reports on an event that was mailed are mailed too.
    pub follow_ups: digest::FollowUps,
    pub alerts: schedule::AlertPacing,
}

/// How digests leave.
#[derive(Clone, Debug)]
pub enum MailSettings {
    Smtp(SmtpSettings),
    Maildir(MaildirSettings),
    Command(CommandSettings),
}

/// Who a mail is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// May be empty.
    pub name: String,
    pub email: String,
    pub reply_to: Option<String>,
    /// Where mails come back to that cannot be delivered.
    pub return_path: Option<String>,
}

#[derive(Clone, Debug)]
pub struct SmtpSettings {
    pub from: Sender,
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    /// Both or neither.
    pub login: Option<Login>,
    /// PEM, trusted beside the system's own.
    pub ca_file: Option<PathBuf>,
}

#[derive(Clone, Debug)]
pub struct Login {
    pub username: String,
    pub password: SecretString,
}

/// How the connection to the mail server is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    Implicit,
    StartTls,
    /// To this machine only.
    None,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaildirSettings {
    pub from: Sender,
    pub path: PathBuf,
}

/// A program that takes each mail, the recipient's address as its last argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandSettings {
    pub from: Sender,
    pub line: CommandLine,
}

/// Where each watch's newest hits are to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BulletinSettings {
    /// As files in this folder.
    pub folder: Option<PathBuf>,
    /// At `listen`.
    pub serve: bool,
    /// Hits in each.
    pub hits: u32,
}

/// Where `/healthz` and `/metrics` answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpSettings {
    pub listen: SocketAddr,
    /// Names by which it may be asked, beside this machine's own.
    pub hosts: Vec<String>,
    /// Where readers reach `/unsubscribe/`, from outside.
    pub unsubscribe_url: Option<Url>,
}
