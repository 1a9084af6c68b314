//! `bounce`: takes a mail that came back, by a pipe of the mail server.

use std::io::{self, Read as _, Write as _};
use std::path::Path;

use clap::Args as ClapArgs;

use super::{Exit, setup};
use crate::clock::Clock;
use crate::deliver::{MAX_REPORT, Returned, read_returned};
use crate::model::delivery::Bounce;
use crate::store::Bounced;

/// Read a mail that came back (RFC 3464) from the standard input: its delivery failed, and who bounces again and
/// again is paused
#[derive(ClapArgs, Debug)]
#[command(after_help = "Answers of people and of autoresponders are passed over. Whatever the mail is, the exit code \
    is 0, so that a mail server does not send it back in turn; 75 asks it to try again later.")]
pub struct Args {}

pub fn run(config: Option<&Path>, _: Args) -> anyhow::Result<Exit> {
    let settings = setup::settings(config)?;
    let mut mail = Vec::new();
    let mut input = io::stdin().lock();
    input.by_ref().take(MAX_REPORT as u64).read_to_end(&mut mail)?;
    // Read to its end: a mail server takes a closed pipe for a failure.
    io::copy(&mut input, &mut io::sink())?;
    let told = match read_returned(&mail) {
        Returned::Bounce(bounce) => {
            let now = Clock::system().now();
            let kept = setup::with_store(&settings, async |store| {
                store.record_bounce(&bounce, settings.pause_after, now).await
            })?;
            in_words(&bounce, &kept)
        }
        Returned::GoodNews => "a report that a mail arrived or went on: nothing to do".to_owned(),
        Returned::Nameless => "a report of a failure that names no delivery of newsvigil: passed over".to_owned(),
        Returned::NoReport => "no report of a mail server: passed over".to_owned(),
    };
    writeln!(io::stdout().lock(), "{told}")?;
    Ok(Exit::Done)
}

fn in_words(bounce: &Bounce, kept: &Bounced) -> String {
    let (id, kind) = (&bounce.delivery, bounce.kind.as_str());
    match kept {
        Bounced::Unknown => format!("{id}: no such delivery was made here"),
        Bounced::Known { .. } => format!("{id}: nothing new"),
        Bounced::Noted { recipient } => format!("{id} to {recipient}: {kind}: {}", bounce.said),
        Bounced::Paused { recipient } => {
            format!("{id} to {recipient}: {kind}: {}; {recipient} is paused", bounce.said)
        }
    }
}
