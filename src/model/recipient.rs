//! Who gets digests, of what, and when.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use url::Url;

use super::exchange::Route;
use super::id::{RecipientId, WatchId};
use super::signature::SigningKey;
use super::time::Timestamp;

/// How a recipient is reached.
#[derive(Clone, Debug, Default)]
pub enum Way {
    /// By mail, as the configuration sends all mails.
    #[default]
    Mail,
    Command(CommandLine),
    Webhook(WebhookTarget),
}

/// A program of the operator's that takes each digest on its standard input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine {
    /// The program, as an absolute path, and what it is called with; never empty.
    pub argv: Vec<String>,
    pub input: CommandInput,
    /// Then it is ended.
    pub timeout: Duration,
}

/// What a command reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandInput {
    /// The whole message (RFC 5322), its lines ending as this system's do.
    Mail,
    /// The subject, an empty line, the text.
    Text,
    /// What a webhook gets.
    Json,
}

/// A server that takes each digest as a POST.
#[derive(Clone)]
pub struct WebhookTarget {
    /// May hold a secret of its own: never shown.
    pub url: Url,
    pub route: Route,
    pub key: SigningKey,
}

/// Shows the host alone.
impl fmt::Debug for WebhookTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebhookTarget").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}

/// When a recipient's digests are due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rhythm {
    /// As soon as a report waits.
    Immediately,
    /// At these times of day in the recipient's zone; never empty, sorted.
    Daily { at: Vec<Time> },
    /// At these times on these days alone; neither is ever empty, both are sorted, days from Monday.
    Weekly { on: Vec<Weekday>, at: Vec<Time> },
}

/// What is mailed by itself, ahead of digests, and when not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alerts {
    /// Of the watches followed, those whose hits do not wait for the digest.
    pub watches: Vec<WatchId>,
    /// Of those, the ones that stand first in every mail.
    pub urgent: Vec<WatchId>,
    /// Hours of the day, in the recipient's zone, in which only digests are mailed.
    pub quiet: Option<QuietHours>,
    /// Hits of urgent watches are mailed in those hours too.
    pub urgent_in_quiet: bool,
}

/// From the first time to the second, over midnight if that is the earlier one. Never equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietHours {
    pub from: Time,
    pub until: Time,
}

/// How long nothing is heard of the program, at the most, where there is nothing to report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AllQuiet {
    Daily,
    #[default]
    Weekly,
    Never,
}

/// What the program's own words in mails are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    English,
    Korean,
    /// Simplified.
    Chinese,
}

impl Language {
    /// BCP 47.
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Korean => "ko",
            Language::Chinese => "zh-Hans",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Recipient {
    pub id: RecipientId,
    /// As readers see it in the `To` line; may be empty.
    pub name: String,
    /// Never logged. Empty for one who is reached otherwise and has none.
    pub email: String,
    pub way: Way,
    /// A file with their OpenPGP key, to which all their mails are encrypted. `None`: they get them in clear.
    pub openpgp_key: Option<PathBuf>,
    pub watches: Vec<WatchId>,
    pub rhythm: Rhythm,
    pub alerts: Alerts,
    pub all_quiet: AllQuiet,
    pub language: Language,
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
    /// What is for them waits until somebody changes a setting.
    Stuck,
    /// They get no mails until somebody resumes them.
    Paused,
    /// Their mails cannot be encrypted and wait.
    Held,
    /// They go out again.
    Released,
}

impl RecipientEventKind {
    const ALL: [RecipientEventKind; 5] = [
        RecipientEventKind::Undelivered,
        RecipientEventKind::Stuck,
        RecipientEventKind::Paused,
        RecipientEventKind::Held,
        RecipientEventKind::Released,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            RecipientEventKind::Undelivered => "undelivered",
            RecipientEventKind::Stuck => "stuck",
            RecipientEventKind::Paused => "paused",
            RecipientEventKind::Held => "held",
            RecipientEventKind::Released => "released",
        }
    }

    pub fn parse(text: &str) -> Option<RecipientEventKind> {
        RecipientEventKind::ALL.into_iter().find(|kind| kind.as_str() == text)
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
    /// What they get is a mail that can be answered.
    pub fn gets_mail(&self) -> bool {
        match &self.way {
            Way::Mail => true,
            Way::Command(command) => command.input == CommandInput::Mail,
            Way::Webhook(_) => false,
        }
    }

    pub fn follows(&self, watch: &WatchId) -> bool {
        self.watches.contains(watch)
    }
}

#[cfg(test)]
impl Recipient {
    /// A reader in Seoul who gets mails in English, follows no watch, and asked for nothing else.
    pub fn sample(rhythm: Rhythm) -> Recipient {
        Recipient {
            id: RecipientId::from_stored("desk"),
            name: String::new(),
            email: String::new(),
            way: Way::Mail,
            openpgp_key: None,
            watches: vec![],
            rhythm,
            alerts: Alerts::default(),
            all_quiet: AllQuiet::Weekly,
            language: Language::English,
            alarms: false,
            neutral_subject: false,
            zone: TimeZone::get("Asia/Seoul").expect("the zone is known"),
        }
    }
}
