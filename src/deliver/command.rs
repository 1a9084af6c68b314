//! A command of the operator's: the digest on its standard input, what became of it by its exit code, as mail programs
//! have it since sendmail (`sysexits.h`). Without a shell.

use std::io;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command as Process};
use tokio::time::timeout;

use super::message::{self, Sender};
use super::openpgp::NO_SUBJECT;
use super::reply::scrubbed;
use super::{Address, DeliverError, Reply, payload};
use crate::model::delivery::Outgoing;
use crate::model::recipient::{CommandInput, CommandLine};

#[derive(Clone, Debug)]
pub struct Config {
    pub line: CommandLine,
    /// The recipient's address follows as the last argument, as `sendmail` wants it.
    pub appends_address: bool,
    pub from: Sender,
}

#[derive(Debug)]
pub struct Command {
    config: Config,
}

/// What a command gets of our environment: no setting of ours that may hold a secret, and not what systemd hears from us.
const INHERITED: [&str; 9] =
    ["PATH", "HOME", "USER", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "CREDENTIALS_DIRECTORY"];

/// How long what it said last may take to arrive once it has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// Bytes of what a command says that are kept; the rest is read and let go.
const MAX_WORDS: usize = 4096;

impl Command {
    pub fn open(config: Config) -> Result<Command, DeliverError> {
        let from = config.from.checked()?;
        Ok(Command { config: Config { from, ..config } })
    }

    pub fn sender(&self) -> &Sender {
        &self.config.from
    }

    /// Runs the command and waits for its end, but not longer than it may take; then it is killed with all that it has
    /// started.
    pub async fn send(&self, mail: &Outgoing, to: &Address) -> Result<Reply, DeliverError> {
        let input = self.input(mail, to).await?;
        let mut running = Running::start(self.process(mail, to), self.program())?;
        let longest = self.config.line.timeout;
        let Ok(ended) = timeout(longest, running.finish(&input)).await else {
            let why = format!("the command took longer than {longest:?} and was ended");
            return Err(DeliverError::Unanswered { why });
        };
        let (status, words) = ended.map_err(|error| broken(&error))?;
        judge(status, &scrubbed(&words, to))
    }

    async fn input(&self, mail: &Outgoing, to: &Address) -> Result<Vec<u8>, DeliverError> {
        match self.config.line.input {
            CommandInput::Mail => {
                let bytes = message::bytes(mail, &self.config.from, to).await?;
                // Pipes end lines as the system does; the message has no other CR.
                Ok(bytes.into_iter().filter(|byte| *byte != b'\r').collect())
            }
            CommandInput::Text => Ok(format!("{}\n\n{}", mail.rendered.subject, mail.rendered.text).into_bytes()),
            CommandInput::Json => Ok(payload::json(mail)),
        }
    }

    fn program(&self) -> &str {
        self.config.line.argv.first().map_or("", String::as_str)
    }

    fn process(&self, mail: &Outgoing, to: &Address) -> Process {
        let mut process = Process::new(self.program());
        process.args(self.config.line.argv.iter().skip(1));
        if self.config.appends_address {
            process.arg(&to.email);
        }
        // What is encrypted is not told beside it.
        let subject = if to.sealing.is_some() { NO_SUBJECT } else { &mail.rendered.subject };
        let inherited = INHERITED.iter().filter_map(|name| Some((name, std::env::var_os(name)?)));
        process
            .env_clear()
            .envs(inherited)
            .env("NEWSVIGIL_DELIVERY", mail.id.as_str())
            .env("NEWSVIGIL_RECIPIENT", mail.recipient.as_str())
            .env("NEWSVIGIL_SUBJECT", subject)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // So that what it starts can be ended with it.
            .process_group(0)
            .kill_on_drop(true);
        process
    }
}

/// A command that runs; dropped before its end, it is killed with all of its group.
struct Running {
    child: Child,
    group: Option<Pid>,
}

impl Running {
    fn start(mut process: Process, program: &str) -> Result<Running, DeliverError> {
        let child = process.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidInput => {
                DeliverError::Settings { step: "the command", why: format!("{program} cannot be run: {error}") }
            }
            _ => broken(&error),
        })?;
        let group = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        Ok(Running { child, group })
    }

    /// Returns how it ended and what it said on standard error. What it leaves running in the background is waited for no
    /// longer.
    async fn finish(&mut self, input: &[u8]) -> io::Result<(ExitStatus, String)> {
        let (stdin, stderr) = (self.child.stdin.take(), self.child.stderr.take());
        let mut feed = pin!(async move {
            if let Some(mut stdin) = stdin {
                // One that does not want to read all of it says by its exit code what that means.
                let _ = stdin.write_all(input).await;
            }
        });
        let mut hear = pin!(async move {
            match stderr {
                Some(stderr) => first_words(stderr).await,
                None => String::new(),
            }
        });
        let (mut fed, mut heard) = (false, None);
        let status = loop {
            tokio::select! {
                status = self.child.wait() => break status?,
                () = &mut feed, if !fed => fed = true,
                words = &mut hear, if heard.is_none() => heard = Some(words),
            }
        };
        self.group = None;
        let words = match heard {
            Some(words) => words,
            None => timeout(LAST_WORDS, hear).await.unwrap_or_default(),
        };
        Ok((status, words))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            // It may have ended by itself just now.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// What it says, to the cap; read to its end, so that nobody waits for a full pipe.
async fn first_words(mut stderr: impl AsyncRead + Unpin) -> String {
    let mut kept = Vec::new();
    let mut some = [0; 1024];
    while let Ok(read @ 1..) = stderr.read(&mut some).await {
        let room = MAX_WORDS.saturating_sub(kept.len()).min(read);
        kept.extend_from_slice(&some[..room]);
    }
    String::from_utf8_lossy(&kept).into_owned()
}

fn broken(error: &io::Error) -> DeliverError {
    DeliverError::Broken { step: "the command", why: error.to_string() }
}

/// `sysexits.h`: what says that this recipient or this text will never do is final; what says that the call is wrong
/// waits for a person; everything else, known or not, may be better next time.
fn judge(status: ExitStatus, words: &str) -> Result<Reply, DeliverError> {
    let said = |code: i32| if words.is_empty() { format!("exit {code}") } else { format!("exit {code}: {words}") };
    match status.code() {
        Some(0) => Ok(Reply("exit 0".to_owned())),
        // EX_NOUSER, EX_NOHOST: the address. Mail programs' own words for it, so that it counts as such.
        Some(code @ (67 | 68)) => Err(DeliverError::Refused { reply: format!("550 5.1.1 {}", said(code)) }),
        // EX_DATAERR: this text.
        Some(code @ 65) => Err(DeliverError::Refused { reply: format!("554 5.6.0 {}", said(code)) }),
        // EX_USAGE, EX_NOPERM, EX_CONFIG; 126 and 127 are what shells say of a program that they cannot run.
        Some(code @ (64 | 77 | 78 | 126 | 127)) => Err(DeliverError::Settings { step: "the command", why: said(code) }),
        Some(code) => Err(DeliverError::Deferred { reply: said(code) }),
        None => Err(DeliverError::Unanswered { why: format!("the command ended by a signal ({status})") }),
    }
}

/// The longest that a command may be allowed: well within the lease under which it runs.
pub const LONGEST: Duration = Duration::from_secs(30 * 60);

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;

    use super::*;
    use crate::model::delivery::BounceKind;
    use crate::model::outcome::Disposition;

    fn judged(code: i32) -> Result<Reply, DeliverError> {
        judge(ExitStatus::from_raw(code << 8), "words")
    }

    #[test]
    fn an_exit_code_means_what_it_means_to_mail_programs() {
        assert_eq!(judged(0).expect("done"), Reply("exit 0".into()));
        for (codes, wanted) in [
            (&[65, 67, 68][..], Disposition::GiveUp),
            (&[64, 77, 78, 126, 127], Disposition::Misconfigured),
            (&[1, 2, 66, 69, 70, 71, 72, 73, 74, 75, 76, 200], Disposition::Retry),
        ] {
            for code in codes {
                assert_eq!(judged(*code).expect_err("not done").disposition(), wanted, "{code}");
            }
        }
        let killed = judge(ExitStatus::from_raw(9), "").expect_err("not done");
        assert!(matches!(killed, DeliverError::Unanswered { .. }), "{killed}");
    }

    #[test]
    fn only_what_says_that_the_address_is_dead_counts_against_it() {
        let kinds = [65, 67, 68].map(|code| judged(code).expect_err("not done").bounce_kind());
        assert_eq!(kinds, [Some(BounceKind::Soft), Some(BounceKind::Hard), Some(BounceKind::Hard)]);
    }
}
