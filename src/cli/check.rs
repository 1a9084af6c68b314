//! `check`: every mistake of the configuration at once.

use std::io::{self, Write as _};
use std::path::Path;

use clap::Args as ClapArgs;
use serde_json::json;

use super::{Exit, setup, table};

/// Check the configuration without starting anything
///
/// Names every mistake at once, each with its place and what to write instead, and warns of what is legal but surely
/// not meant. Exits with 78 if there is a mistake.
#[derive(ClapArgs, Debug)]
pub struct Args {
    /// Write JSON
    #[arg(long)]
    json: bool,
}

pub fn run(config: Option<&Path>, args: Args) -> anyhow::Result<Exit> {
    let path = setup::config_path(config);
    let loaded = setup::load(&path);
    let (exit, diagnostics) = match &loaded {
        Ok((_, warnings)) => (Exit::Done, warnings),
        Err(mistakes) => (Exit::Configuration, mistakes),
    };
    if args.json {
        table::print_json(&json!({ "ok": exit == Exit::Done, "diagnostics": diagnostics }))?;
        return Ok(exit);
    }
    setup::show(diagnostics)?;
    if let Ok((settings, warnings)) = &loaded {
        let counts = [
            counted(settings.feeds.len(), "source", "sources"),
            counted(settings.watches.len(), "watch", "watches"),
            counted(settings.recipients.len(), "recipient", "recipients"),
            counted(warnings.len(), "warning", "warnings"),
        ];
        writeln!(io::stdout().lock(), "{} is in order: {}", path.display(), counts.join(", "))?;
    }
    Ok(exit)
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
