//! SMTP: settings, and the connections kept between mails. The conversation itself is `session`.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lettre::Address as MailAddress;
use lettre::transport::smtp::client::{Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use secrecy::SecretString;
use tokio::time::timeout;

use super::message::{self, Sender};
use super::reply::{cause, scrubbed};
use super::session::Session;
use super::{Address, DeliverError, Reply};
use crate::model::delivery::Outgoing;

#[derive(Clone, Debug)]
pub struct Config {
    /// A name or an address without brackets; the certificate must be for it.
    pub host: String,
    pub port: u16,
    pub tls: Tls,
    pub login: Option<Login>,
    /// PEM, trusted beside the system's own.
    pub ca_file: Option<PathBuf>,
    pub from: Sender,
    pub timeouts: Timeouts,
}

#[derive(Clone, Debug)]
pub struct Login {
    pub username: String,
    pub password: SecretString,
}

/// How the connection is encrypted. There is no "if possible": that is what an attacker strips.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    Implicit,
    StartTls,
    /// To this machine only.
    None,
}

/// How long each step may take. lettre itself only bounds the TCP connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// To each address of the server; with implicit TLS the handshake too.
    pub connect: Duration,
    /// Greeting and EHLO.
    pub greeting: Duration,
    /// STARTTLS, login, MAIL, RCPT, DATA each.
    pub command: Duration,
    /// Sending the mail and the answer to its final dot: cutting that short is what makes duplicates (RFC 1047).
    pub final_dot: Duration,
    /// All of it. Must be shorter than the lease under which the mail is sent, or somebody else sends it too.
    pub whole: Duration,
}

impl Default for Timeouts {
    /// RFC 5321 §4.5.3.2: five minutes for commands, ten for the final dot.
    fn default() -> Timeouts {
        Timeouts {
            connect: Duration::from_secs(30),
            greeting: Duration::from_secs(60),
            command: Duration::from_secs(300),
            final_dot: Duration::from_secs(600),
            whole: Duration::from_secs(35 * 60),
        }
    }
}

/// Servers close idle connections after some time; ours are not kept that long.
const KEEP_IDLE: Duration = Duration::from_secs(20);
/// Mails that are sent at a time, and connections kept for them: below what servers allow one client by default (Postfix:
/// 50).
pub const AT_A_TIME: usize = 8;
/// Some servers take no more in one connection, and answer 421 then.
const MAX_MAILS_A_CONNECTION: u32 = 100;
/// For courtesies: RSET, NOOP and QUIT.
const COURTESY: Duration = Duration::from_secs(10);
const PEM_BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";

pub struct Smtp {
    config: Config,
    hello: ClientId,
    tls: Option<TlsParameters>,
    idle: Mutex<Vec<Session>>,
}

impl Smtp {
    /// Checks the settings and reads the certificates.
    pub fn open(config: Config) -> Result<Smtp, DeliverError> {
        let from = config.from.checked()?;
        let config = Config { from, ..config };
        let tls = match config.tls {
            Tls::None if !is_this_machine(&config.host) => {
                let why = "without TLS mails go to this machine only".to_owned();
                return Err(DeliverError::Settings { step: "TLS", why });
            }
            Tls::None => None,
            Tls::Implicit | Tls::StartTls => Some(tls_parameters(&config)?),
        };
        // Not the machine's own name: it would tell every relay where we run.
        let hello = ClientId::Domain(config.from.domain().to_owned());
        Ok(Smtp { hello, tls, idle: Mutex::default(), config })
    }

    pub fn sender(&self) -> &Sender {
        &self.config.from
    }

    pub async fn send(&self, mail: &Outgoing, to: &Address) -> Result<Reply, DeliverError> {
        let bytes = message::bytes(mail, &self.config.from, to).await?;
        let recipient = message::address(&to.email, "recipient's address")?;
        let from = self.config.from.envelope(mail)?;
        let whole = self.config.timeouts.whole;
        let handing_over = timeout(whole, self.hand_over(&from, &recipient, &bytes));
        let outcome = handing_over.await.unwrap_or_else(|_| {
            let why = format!("the conversation took longer than {whole:?}");
            Err(DeliverError::Unanswered { why })
        });
        outcome.map(|said| Reply(scrubbed(&said, to))).map_err(|error| error.scrubbed(to))
    }

    async fn hand_over(&self, from: &MailAddress, to: &MailAddress, message: &[u8]) -> Result<String, DeliverError> {
        if let Some(mut session) = self.idle_session().await {
            let outcome = session.transact(from, to, message, &self.config.timeouts).await;
            // The server had closed it meanwhile and nothing was handed over: that says nothing of the mail.
            if !session.was_stale() {
                self.keep(session).await;
                return outcome;
            }
        }
        let mut session = Session::connect(&self.config, self.tls.as_ref(), &self.hello).await?;
        let outcome = session.transact(from, to, message, &self.config.timeouts).await;
        self.keep(session).await;
        outcome
    }

    /// A connection that still answers, if there is one.
    async fn idle_session(&self) -> Option<Session> {
        loop {
            let mut session = self.idle().pop()?;
            if session.idle_for() < KEEP_IDLE && session.still_answers(COURTESY).await {
                return Some(session);
            }
        }
    }

    async fn keep(&self, mut session: Session) {
        let is_worn = session.mails() >= MAX_MAILS_A_CONNECTION;
        if session.is_reusable(COURTESY).await && !is_worn && self.idle().len() < AT_A_TIME {
            self.idle().push(session);
        } else {
            session.quit(COURTESY).await;
        }
    }

    /// Ends the connections kept for the next mail.
    pub async fn rest(&self) {
        let idle = std::mem::take(&mut *self.idle());
        for session in idle {
            session.quit(COURTESY).await;
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Session>> {
        // A list of connections cannot be left half changed.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_this_machine(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn tls_parameters(config: &Config) -> Result<TlsParameters, DeliverError> {
    let Some(path) = &config.ca_file else {
        let built = TlsParameters::new(config.host.clone());
        return built.map_err(|error| DeliverError::Settings { step: "TLS", why: cause(&error) });
    };
    let unusable = |why: String| DeliverError::Settings { step: "TLS", why: format!("{}: {why}", path.display()) };
    let pem = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
    // lettre takes a file without any for one that adds none.
    if !pem.windows(PEM_BEGIN.len()).any(|part| part == PEM_BEGIN) {
        return Err(unusable("holds no certificate in PEM".to_owned()));
    }
    let certificate = Certificate::from_pem(&pem).map_err(|error| unusable(cause(&error)))?;
    let builder = TlsParameters::builder(config.host.clone()).add_root_certificate(certificate);
    builder.build().map_err(|error| unusable(cause(&error)))
}

impl DeliverError {
    fn scrubbed(self, to: &Address) -> DeliverError {
        let clean = |text: String| scrubbed(&text, to);
        match self {
            DeliverError::Refused { reply } => DeliverError::Refused { reply: clean(reply) },
            DeliverError::Deferred { reply } => DeliverError::Deferred { reply: clean(reply) },
            DeliverError::Settings { step, why } => DeliverError::Settings { step, why: clean(why) },
            DeliverError::Broken { step, why } => DeliverError::Broken { step, why: clean(why) },
            DeliverError::Unanswered { why } => DeliverError::Unanswered { why: clean(why) },
            DeliverError::TimedOut { .. }
            | DeliverError::Busy { .. }
            | DeliverError::Key(_)
            | DeliverError::Address { .. }
            | DeliverError::Message { .. }
            | DeliverError::NoSuchRecipient
            | DeliverError::Maildir(_) => self,
        }
    }
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("host", &self.config.host).field("port", &self.config.port).finish_non_exhaustive()
    }
}
