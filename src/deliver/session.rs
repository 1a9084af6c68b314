//! One connection to a mail server, and the conversations over it.
//!
//! lettre's own timeout covers the connect alone, and its transport stops a whole transaction at the first refused
//! recipient: so each step here has its own time (RFC 5321 §4.5.3.2), each mail its own transaction, and each failure
//! is told by the step it happened at.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use lettre::Address as MailAddress;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;
use secrecy::ExposeSecret as _;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{error::Elapsed, timeout};

use super::DeliverError;
use super::reply::{Refusal, cause, in_words};
use super::smtp::{Config, Login, Timeouts, Tls};
use super::stream::{Allowance, Bounded};

/// Of a server's addresses, as many are tried.
const MAX_ADDRESSES: usize = 4;

pub struct Session {
    connection: AsyncSmtpConnection,
    allowance: Allowance,
    mails: u32,
    idle_since: Instant,
    standing: Standing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// Ready for the next transaction.
    Ready,
    /// A transaction ended with a "no": RSET comes first.
    Refused,
    /// Cut, silent, or said farewell to (421), before a mail was handed over.
    Lost,
    /// The same, after one was.
    LostLate,
}

/// Of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Mail,
    Rcpt,
    Data,
    /// The mail with its final dot.
    Message,
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Step::Mail => "MAIL",
            Step::Rcpt => "RCPT",
            Step::Data => "DATA",
            Step::Message => "the whole mail",
        }
    }

    /// A positive answer of the kind that the step asks for: lettre takes 2xx and 3xx for all.
    fn is_done_by(self, response: &Response) -> bool {
        let code = u16::from(response.code());
        if self == Step::Data { code == 354 } else { (200..300).contains(&code) }
    }
}

/// Why a step did not go well.
enum Failure {
    Said(Refusal),
    Lost(DeliverError),
}

impl Session {
    /// Connects, encrypts and logs in, in this order: no password goes over what is not encrypted, but to this machine.
    pub async fn connect(
        config: &Config,
        tls: Option<&TlsParameters>,
        hello: &ClientId,
    ) -> Result<Session, DeliverError> {
        let Timeouts { connect, greeting, command, .. } = config.timeouts;
        let allowance = Allowance::new();
        let mut connection = if config.tls == Tls::Implicit {
            // The server has proved who it is before it says a word; its answers are not bounded further.
            let server = (config.host.as_str(), config.port);
            let greeted = AsyncSmtpConnection::connect_tokio1(server, Some(connect), hello, tls.cloned(), None);
            within("the greeting", connect + greeting, greeted).await?
        } else {
            let stream = Bounded::new(reach(config).await?, allowance.clone());
            let greeted = AsyncSmtpConnection::connect_with_transport(Box::new(stream), hello);
            within("the greeting", greeting, greeted).await?
        }
        .map_err(|error| greeting_failed(&error))?;
        if let (Tls::StartTls, Some(tls)) = (config.tls, tls) {
            allowance.renew_without_read_ahead();
            let upgraded = within("STARTTLS", command, connection.starttls(tls.clone(), hello)).await?;
            upgraded.map_err(|error| setting_up_failed("STARTTLS", &error))?;
        }
        if let Some(login) = &config.login {
            allowance.renew();
            let logged_in = within("the login", command, log_in(&mut connection, login)).await?;
            logged_in.map_err(|error| setting_up_failed("the login", &error))?;
        }
        Ok(Session { connection, allowance, mails: 0, idle_since: Instant::now(), standing: Standing::Ready })
    }

    /// Hands over one mail to one recipient and returns the server's answer.
    pub async fn transact(
        &mut self,
        from: &MailAddress,
        to: &MailAddress,
        message: &[u8],
        timeouts: &Timeouts,
    ) -> Result<String, DeliverError> {
        let Timeouts { command, final_dot, .. } = *timeouts;
        self.mails += 1;
        let mail = Mail::new(Some(from.clone()), self.mail_parameters(message)?);
        self.allowance.renew();
        let said = timeout(command, self.connection.command(mail)).await;
        self.heard(Step::Mail, command, said).map_err(sender_refused)?;
        self.allowance.renew();
        let said = timeout(command, self.connection.command(Rcpt::new(to.clone(), vec![]))).await;
        self.heard(Step::Rcpt, command, said).map_err(recipient_refused)?;
        self.allowance.renew();
        let said = timeout(command, self.connection.command(Data)).await;
        self.heard(Step::Data, command, said).map_err(recipient_refused)?;
        self.allowance.renew();
        let said = timeout(final_dot, self.connection.message(message)).await;
        let answer = self.heard(Step::Message, final_dot, said);
        if self.standing == Standing::Lost {
            self.standing = Standing::LostLate;
        }
        answer.map(|response| in_words(&response)).map_err(mail_refused)
    }

    /// RFC 6531: an address outside ASCII, which then stands in the header too, needs the server's help.
    fn mail_parameters(&self, message: &[u8]) -> Result<Vec<MailParameter>, DeliverError> {
        if message.is_ascii() {
            return Ok(vec![]);
        }
        if !self.connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            let reply = "the mail server takes no addresses outside ASCII (SMTPUTF8)".to_owned();
            return Err(DeliverError::Refused { reply });
        }
        Ok(vec![MailParameter::SmtpUtfEight, MailParameter::Body(MailBodyParameter::EightBitMime)])
    }

    /// Sorts what a step brought and notes what it says of the connection.
    fn heard(
        &mut self,
        step: Step,
        after: Duration,
        said: Result<Result<Response, Error>, Elapsed>,
    ) -> Result<Response, Failure> {
        let answer = match said {
            Err(_) => Err(Failure::Lost(DeliverError::TimedOut { step: step.name(), after })),
            Ok(Ok(response)) if step.is_done_by(&response) => Ok(response),
            Ok(Ok(response)) => {
                let why = format!("{} is no answer to it", in_words(&response));
                Err(Failure::Lost(DeliverError::Broken { step: step.name(), why }))
            }
            Ok(Err(error)) => Err(match Refusal::of(&error) {
                Some(refusal) => Failure::Said(refusal),
                None => Failure::Lost(DeliverError::Broken { step: step.name(), why: cause(&error) }),
            }),
        };
        match &answer {
            Ok(_) => {}
            Err(Failure::Said(refusal)) if !refusal.is_farewell() => self.standing = Standing::Refused,
            Err(_) => self.standing = Standing::Lost,
        }
        answer
    }

    /// True if the connection was of no use any more and nothing was handed over.
    pub fn was_stale(&self) -> bool {
        self.standing == Standing::Lost
    }

    pub async fn still_answers(&mut self, within: Duration) -> bool {
        self.allowance.renew();
        timeout(within, self.connection.test_connected()).await == Ok(true)
    }

    /// True if another mail can be sent over it; sees to it where that takes an RSET.
    pub async fn is_reusable(&mut self, within: Duration) -> bool {
        self.idle_since = Instant::now();
        if self.standing == Standing::Refused {
            self.allowance.renew();
            let reset = timeout(within, self.connection.command(Rset)).await;
            self.standing = if matches!(reset, Ok(Ok(_))) { Standing::Ready } else { Standing::Lost };
        }
        self.standing == Standing::Ready
    }

    pub fn idle_for(&self) -> Duration {
        self.idle_since.elapsed()
    }

    pub fn mails(&self) -> u32 {
        self.mails
    }

    /// Takes leave, if there is still somebody to take leave of. Nothing hangs on the answer.
    pub async fn quit(mut self, within: Duration) {
        if matches!(self.standing, Standing::Ready | Standing::Refused) {
            self.allowance.renew();
            let _ = timeout(within, self.connection.command(Quit)).await;
        }
    }
}

/// A TCP connection to the first of the server's addresses that takes one.
async fn reach(config: &Config) -> Result<TcpStream, DeliverError> {
    let broken = |step, error: io::Error| DeliverError::Broken { step, why: error.to_string() };
    let limit = config.timeouts.connect;
    let found = within("the name lookup", limit, lookup_host((config.host.as_str(), config.port))).await?;
    let may_reach = |address: &SocketAddr| config.tls != Tls::None || address.ip().is_loopback();
    let addresses = found.map_err(|error| broken("the name lookup", error))?.filter(may_reach).take(MAX_ADDRESSES);
    let mut failure = broken("the name lookup", io::Error::other("the mail server's name has no address to use"));
    for address in addresses {
        match within("the connection", limit, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // lettre writes a mail and its final dot apart; Nagle would hold the dot back for 40 ms.
                stream.set_nodelay(true).map_err(|error| broken("the connection", error))?;
                return Ok(stream);
            }
            Ok(Err(error)) => failure = broken("the connection", error),
            Err(timed_out) => failure = timed_out,
        }
    }
    Err(failure)
}

async fn within<T>(step: &'static str, after: Duration, work: impl Future<Output = T>) -> Result<T, DeliverError> {
    timeout(after, work).await.map_err(|_| DeliverError::TimedOut { step, after })
}

async fn log_in(connection: &mut AsyncSmtpConnection, login: &Login) -> Result<(), Error> {
    let credentials = Credentials::new(login.username.clone(), login.password.expose_secret().to_owned());
    connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await.map(drop)
}

/// A server that will not talk now, even "for good" (554), may talk later: that is not ours to give up on.
fn greeting_failed(error: &Error) -> DeliverError {
    match (tls_failure(error), Refusal::of(error)) {
        (Some(why), _) => DeliverError::Settings { step: "TLS", why },
        (None, Some(refusal)) => DeliverError::Deferred { reply: refusal.text },
        (None, None) => DeliverError::Broken { step: "the greeting", why: cause(error) },
    }
}

/// STARTTLS that is missing, a bad certificate, a refused login: somebody must look at the settings (or at who sits in
/// between), and nothing is sent meanwhile.
fn setting_up_failed(step: &'static str, error: &Error) -> DeliverError {
    match (tls_failure(error), Refusal::of(error)) {
        (Some(why), _) => DeliverError::Settings { step: "TLS", why },
        (None, Some(refusal)) if refusal.is_permanent() => DeliverError::Settings { step, why: refusal.text },
        (None, Some(refusal)) => DeliverError::Deferred { reply: refusal.text },
        (None, None) if error.is_client() => DeliverError::Settings { step, why: cause(error) },
        (None, None) => DeliverError::Broken { step, why: cause(error) },
    }
}

/// What TLS itself did not like, as against a connection that broke under it. lettre hides it in an I/O error.
fn tls_failure(error: &Error) -> Option<String> {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return Some(error.to_string());
        }
        cause = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

fn sender_refused(failure: Failure) -> DeliverError {
    match failure {
        Failure::Said(refusal) if refusal.is_permanent() => {
            DeliverError::Settings { step: "the sender", why: refusal.text }
        }
        Failure::Said(refusal) => DeliverError::Deferred { reply: refusal.text },
        Failure::Lost(error) => error,
    }
}

fn recipient_refused(failure: Failure) -> DeliverError {
    match failure {
        Failure::Said(refusal) if refusal.is_about_us() => {
            DeliverError::Settings { step: "the server's rules", why: refusal.text }
        }
        Failure::Said(refusal) if refusal.is_permanent() => DeliverError::Refused { reply: refusal.text },
        Failure::Said(refusal) => DeliverError::Deferred { reply: refusal.text },
        Failure::Lost(error) => error,
    }
}

/// What is not plainly permanent is tried again: when the connection is cut behind the final dot nobody knows.
fn mail_refused(failure: Failure) -> DeliverError {
    match failure {
        Failure::Said(refusal) if refusal.is_about_us() && !refusal.may_be_about_the_text() => {
            DeliverError::Settings { step: "the server's rules", why: refusal.text }
        }
        Failure::Said(refusal) if refusal.is_permanent() => DeliverError::Refused { reply: refusal.text },
        Failure::Said(refusal) => DeliverError::Deferred { reply: refusal.text },
        Failure::Lost(DeliverError::TimedOut { after, .. }) => {
            DeliverError::Unanswered { why: format!("nothing within {after:?}") }
        }
        Failure::Lost(DeliverError::Broken { why, .. }) => DeliverError::Unanswered { why },
        Failure::Lost(error) => error,
    }
}
