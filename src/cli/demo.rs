//! `demo`: the first minute of a newcomer. No network, no account: a sample newsroom served from the program itself,
//! the real main path against it, and the mail that comes out.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args as ClapArgs;

use super::newsroom::{self, Newsroom};
use super::once::{self, Progress, Summary};
use super::{Exit, setup};
use crate::config::settings::Settings;
use crate::daemon::{self, FirstPolls};
use crate::model::feed::{FeedState, FeedStatus};

/// Show it all in a minute, without network or account
///
/// Serves a small invented newsroom on loopback, polls it, cleans, matches and groups its reports, and delivers one
/// digest to a Maildir. Everything it writes stands in one directory.
#[derive(ClapArgs, Debug)]
pub struct Args {
    /// Where to put database, mail and configuration [default: a new directory for temporary files]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub fn run(args: Args) -> anyhow::Result<Exit> {
    let dir = directory(args.dir)?;
    setup::runtime()?.block_on(show(&dir))
}

fn directory(named: Option<PathBuf>) -> anyhow::Result<PathBuf> {
    let Some(dir) = named else {
        return Ok(tempfile::Builder::new().prefix("newsvigil-demo-").tempdir().context("no temporary directory")?.keep());
    };
    let used = dir.read_dir().is_ok_and(|mut files| files.next().is_some());
    anyhow::ensure!(!used, "{} is not empty; name a new directory, so that nothing is mixed up", dir.display());
    std::fs::create_dir_all(&dir).with_context(|| format!("could not make {}", dir.display()))?;
    std::path::absolute(&dir).with_context(|| format!("could not find {}", dir.display()))
}

async fn show(dir: &Path) -> anyhow::Result<Exit> {
    let newsroom = Newsroom::start().await.context("could not serve the sample newsroom on loopback")?;
    let config = dir.join("newsvigil.toml");
    std::fs::write(&config, newsroom.sample_config(dir)).with_context(|| format!("could not write {}", config.display()))?;
    let settings = match setup::load(&config) {
        Ok((settings, _)) => settings,
        Err(mistakes) => {
            setup::show(&mistakes)?;
            anyhow::bail!("the sample configuration is not in order: that is a defect of newsvigil");
        }
    };
    say(&format!("A sample newsroom of {} sources is on the air at {}\n", settings.feeds.len(), newsroom.base_url()))?;
    let (summary, feeds) = cycle(&settings).await?;
    tell(&summary, &feeds)?;
    let digest = saved_digest(dir)?;
    say(&digest.text)?;
    say(&where_to_look(dir, &config, &digest))?;
    newsroom.shutdown().await;
    Ok(Exit::Done)
}
