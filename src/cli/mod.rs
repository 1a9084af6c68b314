//! The commands, one file each. Results go to stdout, diagnostics to stderr; exit codes are those of `sysexits.h`.

mod add;
mod backtest;
mod bounce;
mod check;
mod deliveries;
mod demo;
mod inspect;
mod names;
pub mod newsroom;
mod once;
pub mod opml;
mod recipients;
mod run;
mod setup;
mod source_block;
mod sources;
mod stories;
mod table;
mod watches;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::store::StoreError;

/// Watches news feeds for your terms and mails each new report once, soon, clean and complete.
#[derive(Parser, Debug)]
#[command(version, propagate_version = true, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 done, 1 failed, 64 usage, 75 temporary (try again), 78 configuration.\n\
    New here? `newsvigil demo` shows all of it in a minute, without network or account.")]
struct Args {
    /// The configuration file [default: newsvigil.toml in $CONFIGURATION_DIRECTORY, /etc/newsvigil or
    /// ~/.config/newsvigil]
    #[arg(long, short = 'c', global = true, env = "NEWSVIGIL_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Run(run::Args),
    Once(once::Args),
    Demo(demo::Args),
    Check(check::Args),
    Inspect(inspect::Args),
    Sources(sources::Args),
    Watches(watches::Args),
    Names(names::Args),
    Backtest(backtest::Args),
    Recipients(recipients::Args),
    Deliveries(deliveries::Args),
    Stories(stories::Args),
    Bounce(bounce::Args),
}

/// What a command tells the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exit {
    Done,
    Failed,
    Usage,
    Temporary,
    Configuration,
}

impl Exit {
    /// The codes of BSD's `sysexits.h`, which systemd and mail tools know.
    fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 64,
            Exit::Temporary => 75,
            Exit::Configuration => 78,
        }
    }
}

/// The configuration was refused; what is wrong with it was written to stderr.
#[derive(Debug, thiserror::Error)]
#[error("the configuration has mistakes; nothing was started")]
struct ConfigurationRefused;

/// Runs the command line. Never panics on what the outside gives it.
pub fn main() -> ExitCode {
    // What a panic says may quote the text that brought it out; where it happened is enough to find it.
    std::panic::set_hook(Box::new(|panic| tell_place(panic.location())));
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version are results, not errors.
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Done };
            return match error.print() {
                Ok(()) => ExitCode::from(exit.code()),
                Err(_) => ExitCode::from(Exit::Failed.code()),
            };
        }
    };
    let exit = match dispatch(args) {
        Ok(exit) => exit,
        Err(error) if is_broken_pipe(&error) => Exit::Done,
        Err(error) => {
            complain(&error);
            exit_for(&error)
        }
    };
    ExitCode::from(exit.code())
}

fn dispatch(args: Args) -> anyhow::Result<Exit> {
    let config = args.config.as_deref();
    match args.command {
        Command::Run(args) => run::run(config, args),
        Command::Once(args) => once::run(config, args),
        Command::Demo(args) => demo::run(args),
        Command::Check(args) => check::run(config, args),
        Command::Inspect(args) => inspect::run(config, args),
        Command::Sources(args) => sources::run(config, args),
        Command::Watches(args) => watches::run(config, args),
        Command::Backtest(args) => backtest::run(config, args),
        Command::Names(args) => names::run(config, args),
        Command::Recipients(args) => recipients::run(config, args),
        Command::Bounce(args) => bounce::run(config, args),
        Command::Deliveries(args) => deliveries::run(config, args),
        Command::Stories(args) => stories::run(config, args),
    }
}

/// `newsvigil run | head` is not an error.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .any(|cause| cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe))
}

fn exit_for(error: &anyhow::Error) -> Exit {
    for cause in error.chain() {
        if cause.is::<ConfigurationRefused>() {
            return Exit::Configuration;
        }
        if let Some(error) = cause.downcast_ref::<StoreError>() {
            return if error.is_temporary() { Exit::Temporary } else { Exit::Failed };
        }
    }
    Exit::Failed
}

#[expect(clippy::print_stderr, reason = "the log may be what panicked")]
fn tell_place(place: Option<&std::panic::Location<'_>>) {
    let place = place.map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    eprintln!("newsvigil: a defect at {place}; please report it");
}

#[expect(clippy::print_stderr, reason = "the last word of a command that failed")]
fn complain(error: &anyhow::Error) {
    eprintln!("newsvigil: {error:#}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }
}
