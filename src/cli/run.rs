//! `run`: the daemon.

use std::path::Path;

use clap::Args as ClapArgs;

use super::{Exit, setup};
use crate::daemon;

/// Run the daemon: poll, process and send until told to stop
///
/// SIGTERM and SIGINT stop it in order; SIGHUP reads the configuration anew, and a bad one is refused with its reasons
/// while the old one stays.
#[derive(ClapArgs, Debug)]
pub struct Args {}

pub fn run(config: Option<&Path>, _: Args) -> anyhow::Result<Exit> {
    let path = setup::config_path(config);
    let (settings, log) = setup::settings_with_logging(Some(&path))?;
    setup::runtime()?.block_on(daemon::run(&path, settings, log))?;
    Ok(Exit::Done)
}
