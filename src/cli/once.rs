//! `once`: one full cycle, then a summary.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::Args as ClapArgs;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use tokio::task::JoinHandle;

use super::{Exit, setup, table};
use crate::daemon::{self, FirstPolls};
use crate::stage::tally::{Counts, Tally};
use crate::stage::{Desk, Plan, bulletins, compose, dispatch, fill, notices, poll, process};

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
    let (mut settings, _) = setup::settings_with_logging(config)?;
    // A single cycle has nothing to wait for.
    settings.digest.alerts.gather = Duration::ZERO;
    let summary = setup::runtime()?.block_on(async {
        let assembled = daemon::assemble(&settings, FirstPolls::AtOnce).await?;
        let now = assembled.desk.clock.now();
        if args.all {
            assembled.desk.store.make_feeds_due(None, now).await?;
        }
        let progress = Progress::start(Arc::clone(&assembled.desk.tally));
        let summary = cycle(&assembled.desk, &assembled.plan, args.digest_now, &progress).await;
        progress.finish();
        assembled.desk.store.clone().close().await;
        summary
    })?;
    if args.json {
        table::print_json(&summary)?;
    } else {
        writeln!(io::stdout().lock(), "{}", told(&summary))?;
    }
    Ok(match summary {
        Summary { failed: 1.., .. } => Exit::Failed,
        Summary { queued: 1.., .. } => Exit::Temporary,
        _ => Exit::Done,
    })
}

/// Runs each stage until nothing more is due.
pub async fn cycle(desk: &Desk, plan: &Arc<Plan>, digest_now: bool, progress: &Progress) -> anyhow::Result<Summary> {
    progress.say("polling");
    let (polling, by) = (desk.clone(), Arc::clone(plan));
    // On the runtime's own threads, as the daemon's loops are: from the main one each answer would have to change threads.
    tokio::spawn(async move { poll::drain(&polling, &by).await }).await??;
    fill::drain(desk, plan).await?;
    progress.say("reading");
    process::drain(desk, plan).await?;
    if digest_now {
        desk.store.make_digests_due(desk.clock.now()).await?;
    }
    progress.say("mailing");
    compose::drain(desk, plan).await?;
    notices::drain(desk, plan, Duration::ZERO).await?;
    dispatch::drain(desk, plan).await?;
    bulletins::refresh(desk, plan, &mut bulletins::Written::default()).await?;
    let waiting = desk.store.counts().await?.deliveries_queued;
    Ok(summary(&desk.tally.counts(), waiting))
}

fn summary(counts: &Counts, queued: u64) -> Summary {
    let Counts { polled, unchanged, failed_polls, new, processed, matched, digests, sent, failed } = *counts;
    Summary { polled, unchanged, failed_polls, new, processed, matched, digests, sent, queued, failed }
}

/// A line on a terminal that tells where the cycle is; nothing elsewhere, where the log tells it.
pub struct Progress {
    bar: ProgressBar,
    ticker: JoinHandle<()>,
}

impl Progress {
    pub fn start(tally: Arc<Tally>) -> Progress {
        let bar = if io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        bar.set_style(ProgressStyle::with_template("{spinner} {prefix}: {msg}").expect("the template is a constant"));
        let ticking = bar.clone();
        let ticker = tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(120)).await;
                let now = tally.counts();
                ticking.set_message(format!(
                    "{} sources polled, {} new entries, {} read, {} matched, {} mails sent",
                    now.polled, now.new, now.processed, now.matched, now.sent
                ));
                ticking.tick();
            }
        });
        Progress { bar, ticker }
    }

    pub fn say(&self, what: &'static str) {
        self.bar.set_prefix(what);
    }

    pub fn finish(self) {
        self.ticker.abort();
        self.bar.finish_and_clear();
    }
}

/// The summary in words, a line a stage.
pub fn told(summary: &Summary) -> String {
    let Summary { polled, unchanged, failed_polls, new, processed, matched, digests, sent, queued, failed } = summary;
    let (sources, entries) = (table::counted(*polled, "source", "sources"), table::counted(*new, "entry", "entries"));
    format!(
        "polled    {sources}: {unchanged} unchanged, {failed_polls} failed\n\
         new       {entries}, {processed} read\n\
         matched   {matched}\n\
         digests   {digests}\n\
         mail      {sent} sent, {queued} queued, {failed} failed"
    )
}
