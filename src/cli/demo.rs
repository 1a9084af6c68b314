//! `demo`: the first minute of a newcomer. No network, no account: a sample newsroom served from the program itself,
//! the real main path against it, and the mail that comes out.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args as ClapArgs;
use url::Url;

use super::newsroom::Newsroom;
use super::once::{self, Progress, Summary};
use super::{Exit, setup, table};
use crate::config::settings::Settings;
use crate::daemon::{self, FirstPolls};
use crate::model::digest::Rendered;
use crate::model::feed::FeedStatus;

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
        return Ok(tempfile::Builder::new()
            .prefix("newsvigil-demo-")
            .tempdir()
            .context("no temporary directory")?
            .keep());
    };
    let used = dir.read_dir().is_ok_and(|mut files| files.next().is_some());
    anyhow::ensure!(!used, "{} is not empty; name a new directory, so that nothing is mixed up", dir.display());
    std::fs::create_dir_all(&dir).with_context(|| format!("could not make {}", dir.display()))?;
    std::path::absolute(&dir).with_context(|| format!("could not find {}", dir.display()))
}

async fn show(dir: &Path) -> anyhow::Result<Exit> {
    let newsroom = Newsroom::start().await.context("could not serve the sample newsroom on loopback")?;
    let config = dir.join("newsvigil.toml");
    std::fs::write(&config, newsroom.sample_config(dir))
        .with_context(|| format!("could not write {}", config.display()))?;
    let Ok((settings, _)) = setup::load(&config).map_err(|mistakes| setup::show(&mistakes)) else {
        anyhow::bail!("the sample configuration is not in order: that is a defect of newsvigil");
    };
    say(&format!("A sample newsroom of {} sources is on the air at {}\n", settings.feeds.len(), newsroom.base_url()))?;
    let shown = cycle(&settings).await?;
    newsroom.shutdown().await;
    say(&troubles(&shown.feeds))?;
    say(&once::told(&shown.summary))?;
    let Some(digest) = shown.digest else { anyhow::bail!("no digest came out: that is a defect of newsvigil") };
    let html = dir.join("digest.html");
    std::fs::write(&html, &digest.html).with_context(|| format!("could not write {}", html.display()))?;
    say(&format!("\nThe mail:\n\n{}\n", indented(&digest)))?;
    say(&where_to_look(dir, &config, &html, shown.report.as_ref()))?;
    Ok(Exit::Done)
}

struct Shown {
    summary: Summary,
    feeds: Vec<FeedStatus>,
    digest: Option<Rendered>,
    /// The address of a report to ask about.
    report: Option<Url>,
}

/// The real main path, from the poll to the Maildir.
async fn cycle(settings: &Settings) -> anyhow::Result<Shown> {
    let assembled = daemon::assemble(settings, FirstPolls::AtOnce).await?;
    let desk = &assembled.desk;
    let progress = Progress::start(Arc::clone(&desk.tally));
    let summary = once::cycle(desk, &assembled.plan, true, &progress).await;
    progress.finish();
    let feeds = desk.store.feeds().await?;
    let digest = desk.store.latest_digest(&settings.recipients[0].id).await?;
    let report = desk.store.latest_report(&settings.recipients[0].id).await?;
    desk.store.clone().close().await;
    Ok(Shown { summary: summary?, feeds, digest, report })
}

fn troubles(feeds: &[FeedStatus]) -> String {
    let mut text = String::new();
    for feed in feeds {
        let remark = if feed.last_error.is_empty() { &feed.note } else { &feed.last_error };
        let remark = if remark.is_empty() { table::counted(feed.entries, "entry", "entries") } else { remark.clone() };
        text.push_str(&format!("  {:<28} {remark}\n", feed.outlet));
    }
    text
}

fn indented(digest: &Rendered) -> String {
    let head = format!("Subject: {}\n\n", digest.subject);
    let lines = head.lines().chain(digest.text.lines()).map(|line| format!("  │ {line}"));
    lines.collect::<Vec<_>>().join("\n")
}

fn where_to_look(dir: &Path, config: &Path, html: &Path, report: Option<&Url>) -> String {
    let (dir, config, html) = (dir.display(), config.display(), html.display());
    // As the reader called it: it may not be installed yet.
    let me = std::env::args().next().unwrap_or_else(|| "newsvigil".to_owned());
    let ask = |what: &str| format!("  {me} -c {config} {what}\n");
    let mut text = format!(
        "Where to look:\n  {html}  the mail as it looks: open it in a browser\n  {dir}/Maildir/new  the mail itself\n  \
         {config}  the configuration\n  {dir}/newsvigil.db  the database\n\nAnd ask it:\n"
    );
    text.push_str(&["sources", "watches", "deliveries --all"].map(ask).concat());
    if let Some(report) = report {
        text.push_str(&ask(&format!("inspect entry {report}")));
    }
    text
}

fn say(text: &str) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{}", text.trim_end_matches('\n'))
}
