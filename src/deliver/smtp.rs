//! SMTP, one recipient a transaction.
//!
//! lettre's own timeout covers the connect alone, and one refused recipient of several stops its whole transaction:
//! so each step here has its own time (RFC 5321 §4.5.3.2), and each mail its own transaction.

use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use lettre::Address as MailAddress;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{Error, response::Response};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::message::{self, Sender};
use super::{Address, DeliverError, Reply};
use crate::model::delivery::Outgoing;

#[derive(Clone, Debug)]
pub struct Config {
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
    None,
}

/// How long each step may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    pub connect: Duration,
    /// Greeting, EHLO, STARTTLS, login, MAIL, RCPT, DATA each.
    pub command: Duration,
    /// The answer to the final dot: cutting it short is what makes duplicates (RFC 1047).
    pub final_dot: Duration,
}

impl Default for Timeouts {
    /// RFC 5321 §4.5.3.2: five minutes for commands, ten for the final dot.
    fn default() -> Timeouts {
        Timeouts {
            connect: Duration::from_secs(30),
            command: Duration::from_secs(300),
            final_dot: Duration::from_secs(600),
        }
    }
}

pub struct Smtp {
    config: Config,
    hello: ClientId,
    from: MailAddress,
    tls: Option<TlsParameters>,
    idle: Mutex<Vec<Idle>>,
}

/// A connection between two mails.
struct Idle {
    connection: AsyncSmtpConnection,
    since: Instant,
}

/// Servers close idle connections after some time; ours are not kept that long.
const KEEP_IDLE: Duration = Duration::from_secs(20);
const MAX_IDLE: usize = 4;

impl Smtp {
    pub fn open(config: Config) -> Result<Smtp, DeliverError> {
        let tls = match config.tls {
            Tls::None => None,
            Tls::Implicit | Tls::StartTls => Some(tls_parameters(&config)?),
        };
        let from = message::address(&config.from.email)?;
        // Not the machine's own name: it would tell every relay where we run.
        let hello = ClientId::Domain(config.from.domain().to_owned());
        Ok(Smtp { hello, from, tls, idle: Mutex::default(), config })
    }

    pub fn sender(&self) -> &Sender {
        &self.config.from
    }

    pub async fn send(&self, mail: &Outgoing, to: &Address) -> Result<Reply, DeliverError> {
        let bytes = message::build(mail, &self.config.from, to)?.formatted();
        let recipient = message::address(&to.email)?;
        let mut connection = match self.idle_connection().await {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        let outcome = self.transact(&mut connection, recipient, &bytes).await;
        match outcome {
            Ok(reply) => {
                self.keep(connection).await;
                Ok(Reply(scrubbed(&reply, to)))
            }
            Err(error) => {
                let _ = timeout(Duration::from_secs(5), connection.abort()).await;
                Err(error.scrub(to))
            }
        }
    }

    /// A connection that still answers, if there is one.
    async fn idle_connection(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let Idle { mut connection, since } = self.idle.lock().await.pop()?;
            let fresh = since.elapsed() < KEEP_IDLE;
            if fresh && timeout(self.config.timeouts.connect, connection.test_connected()).await == Ok(true) {
                return Some(connection);
            }
        }
    }

    async fn keep(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().await;
        if idle.len() < MAX_IDLE {
            idle.push(Idle { connection, since: Instant::now() });
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, DeliverError> {
        let Timeouts { connect, command, .. } = self.config.timeouts;
        let implicit = if self.config.tls == Tls::Implicit { self.tls.clone() } else { None };
        let server = (self.config.host.as_str(), self.config.port);
        let connecting = AsyncSmtpConnection::connect_tokio1(server, Some(connect), &self.hello, implicit, None);
        let mut connection = within("the greeting", connect + command, connecting)
            .await?
            .map_err(|error| connecting_failed("the greeting", &error))?;
        if let (Tls::StartTls, Some(tls)) = (self.config.tls, &self.tls) {
            let upgrading = connection.starttls(tls.clone(), &self.hello);
            within("STARTTLS", command, upgrading).await?.map_err(|error| connecting_failed("STARTTLS", &error))?;
        }
        if let Some(login) = &self.config.login {
            let credentials = Credentials::new(login.username.clone(), login.password.expose_secret().to_owned());
            let logging_in = connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials);
            within("the login", command, logging_in).await?.map_err(|error| connecting_failed("the login", &error))?;
        }
        Ok(connection)
    }

    async fn transact(
        &self,
        connection: &mut AsyncSmtpConnection,
        to: MailAddress,
        message: &[u8],
    ) -> Result<String, DeliverError> {
        let Timeouts { command, final_dot, .. } = self.config.timeouts;
        let mail = Mail::new(Some(self.from.clone()), vec![]);
        let said = within("MAIL", command, connection.command(mail)).await?;
        said.map_err(|error| sender_refused(&error))?;
        let said = within("RCPT", command, connection.command(Rcpt::new(to, vec![]))).await?;
        said.map_err(|error| refused("RCPT", &error))?;
        let said = within("DATA", command, connection.command(Data)).await?;
        said.map_err(|error| refused("DATA", &error))?;
        let said = within("the final dot", final_dot, connection.message(message)).await?;
        said.map(|response| in_words(&response)).map_err(|error| refused("the final dot", &error))
    }
}

fn tls_parameters(config: &Config) -> Result<TlsParameters, DeliverError> {
    let failed = |why: String| DeliverError::Settings { step: "TLS", why };
    let mut builder = TlsParameters::builder(config.host.clone());
    if let Some(path) = &config.ca_file {
        let pem = std::fs::read(path).map_err(|error| failed(format!("{}: {error}", path.display())))?;
        builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(|error| failed(error.to_string()))?);
    }
    builder.build().map_err(|error| failed(error.to_string()))
}

async fn within<T>(step: &'static str, after: Duration, work: impl Future<Output = T>) -> Result<T, DeliverError> {
    timeout(after, work).await.map_err(|_| DeliverError::TimedOut { step, after })
}

fn in_words(response: &Response) -> String {
    let text: Vec<_> = response.message().collect();
    format!("{} {}", response.code(), text.join(" "))
}

/// Until the login is done, a permanent "no", a missing STARTTLS or a bad certificate concerns the settings.
fn connecting_failed(step: &'static str, error: &Error) -> DeliverError {
    if error.is_permanent() || error.is_client() || error.is_tls() || certificate(error) {
        DeliverError::Settings { step, why: full(error) }
    } else if error.is_transient() {
        DeliverError::Deferred { reply: full(error) }
    } else {
        DeliverError::Broken { step, why: full(error) }
    }
}

/// rustls' refusal of a certificate comes as an error of the connection.
fn certificate(error: &Error) -> bool {
    full(error).contains("certificate")
}

fn sender_refused(error: &Error) -> DeliverError {
    if error.is_permanent() {
        DeliverError::Settings { step: "the sender", why: full(error) }
    } else {
        refused("MAIL", error)
    }
}

/// What is not plainly permanent is tried again: after a connection cut behind the final dot nobody knows.
fn refused(step: &'static str, error: &Error) -> DeliverError {
    if error.is_permanent() {
        DeliverError::Refused { reply: full(error) }
    } else if error.is_transient() {
        DeliverError::Deferred { reply: full(error) }
    } else {
        DeliverError::Broken { step, why: full(error) }
    }
}

fn full(error: &(dyn std::error::Error + 'static)) -> String {
    let text = match (error.source(), error.to_string()) {
        (Some(source), text) if !text.contains(&source.to_string()) => format!("{text}: {}", full(source)),
        (_, text) => text,
    };
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(400).collect()
}

/// Servers like to repeat the address; replies are shown and logged.
fn scrubbed(text: &str, to: &Address) -> String {
    let mut clean = replace_ignoring_case(text, &to.email, "<recipient>");
    if let Some((local, _)) = to.email.rsplit_once('@').filter(|(local, _)| local.len() > 2) {
        clean = replace_ignoring_case(&clean, local, "<recipient>");
    }
    clean
}

fn replace_ignoring_case(text: &str, what: &str, with: &str) -> String {
    if what.is_empty() {
        return text.to_owned();
    }
    let (lower, what) = (text.to_ascii_lowercase(), what.to_ascii_lowercase());
    let mut clean = String::new();
    let mut at = 0;
    for (found, _) in lower.match_indices(&what) {
        clean.push_str(&text[at..found]);
        clean.push_str(with);
        at = found + what.len();
    }
    clean + &text[at..]
}

impl DeliverError {
    fn scrub(self, to: &Address) -> DeliverError {
        match self {
            DeliverError::Refused { reply } => DeliverError::Refused { reply: scrubbed(&reply, to) },
            DeliverError::Deferred { reply } => DeliverError::Deferred { reply: scrubbed(&reply, to) },
            DeliverError::Broken { step, why } => DeliverError::Broken { step, why: scrubbed(&why, to) },
            other => other,
        }
    }
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").field("host", &self.config.host).field("port", &self.config.port).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_a_reply_is_taken_out() {
        let to = Address { name: String::new(), email: "Ann.Lee@ngo.example".into() };
        let reply = "550 5.1.1 <ann.lee@NGO.example>: user Ann.Lee unknown";
        assert_eq!(scrubbed(reply, &to), "550 5.1.1 <<recipient>>: user <recipient> unknown");
    }
}
