//! `once`: one full cycle, then a summary.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::Args as ClapArgs;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use super::{Exit, setup, table};
use crate::daemon::{self, FirstPolls};
use crate::ops::metrics::Metrics;
use crate::stage::{Desk, Plan, compose, dispatch, poll, process};

/// Do one full cycle and exit: poll what is due, process, send what is due
///
/// Refused while the daemon works on the same SQLite database. Exits with 75 if mail waits for another try, with 1 if
/// mail failed for good.
#[derive(ClapArgs, Debug)]
pub struct Args {
    /// Poll every source, due or not
    #[arg(long)]
    all: bool,
    /// Send digests now, whatever their time
    #[arg(long)]
    digest_now: bool,
    /// Write the summary as JSON
    #[arg(long)]
    json: bool,
}

/// What one cycle did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    pub polled: u64,
    pub unchanged: u64,
    pub failed_polls: u64,
    pub new: u64,
    pub processed: u64,
    pub matched: u64,
    pub digests: u64,
    pub sent: u64,
    pub queued: u64,
    pub failed: u64,
}

pub fn run(config: Option<&Path>, args: Args) -> anyhow::Result<Exit> {
    let settings = setup::settings_with_logging(config)?;
    let summary = setup::runtime()?.block_on(async {
        let assembled = daemon::assemble(&settings, FirstPolls::AtOnce).await?;
        let now = assembled.desk.clock.now();
        if args.all {
            assembled.desk.store.make_feeds_due(None, now).await?;
        }
        let progress = Progress::start(Arc::clone(&assembled.desk.metrics));
        let summary = cycle(&assembled.desk, &assembled.plan, args.digest_now, &progress).await;
        progress.finish().await;
        assembled.desk.store.clone().close().await;
        summary
    })?;
    if args.json {
        table::print_json(&summary)?;
    } else {
        print(&summary)?;
    }
    Ok(match summary {
        Summary { failed: 1.., .. } => Exit::Failed,
        Summary { queued: 1.., .. } => Exit::Temporary,
        _ => Exit::Done,
    })
}

/// Runs each stage until nothing more is due.
pub async fn cycle(
    desk: &Desk,
    plan: &Arc<Plan>,
    digest_now: bool,
    progress: &Progress,
) -> anyhow::Result<Summary> {
    progress.say("polling");
    poll::drain(desk, plan).await?;
    progress.say("reading");
    process::drain(desk, plan).await?;
    if digest_now {
        desk.store.make_digests_due(desk.clock.now()).await?;
    }
    progress.say("mailing");
    compose::drain(desk, plan).await?;
    dispatch::drain(desk, plan).await?;
    let waiting = desk.store.counts().await?.deliveries_queued;
    Ok(Summary { queued: waiting, ..summary(&desk.metrics) })
}

fn print(summary: &Summary) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let Summary { polled, unchanged, failed_polls, new, processed, matched, digests, sent, queued, failed } = summary;
    writeln!(out, "polled    {polled} sources: {unchanged} unchanged, {failed_polls} failed")?;
    writeln!(out, "new       {new} entries, {processed} processed")?;
    writeln!(out, "matched   {matched}")?;
    writeln!(out, "digests   {digests}")?;
    writeln!(out, "mail      {sent} sent, {queued} queued, {failed} failed")
}
