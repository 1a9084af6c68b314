//! `sources`: what is polled and how it goes; OPML in and out.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args as ClapArgs, Subcommand};

use super::{Exit, add, opml, setup, table};
use crate::config;
use crate::model::feed::{FeedState, FeedStatus};
use crate::source::charset;

/// List the sources and how polling them goes; find and add new ones; import or export OPML
#[derive(ClapArgs, Debug)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// Only those with an error, a note or switched off
    #[arg(long)]
    troubled: bool,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand, Debug)]
enum Action {
    Add(Box<add::Args>),
    /// Read an OPML file and write its feeds, but for those known already, into sources.d beside the configuration
    Import {
        /// The OPML file, or - for standard input
        file: PathBuf,
        /// Show what would be written, and write nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Write the configured sources as OPML to standard output
    Export,
    /// Poll sources at the next opportunity instead of at their time
    PollNow {
        #[arg(required = true, value_name = "SOURCE")]
        ids: Vec<String>,
    },
}

pub fn run(config: Option<&Path>, args: Args) -> anyhow::Result<Exit> {
    match args.action {
        None => list(config, args.troubled, args.json),
        Some(Action::Add(args)) => add::run(config, *args),
        Some(Action::Import { file, dry_run }) => import(config, &file, dry_run),
        Some(Action::Export) => {
            opml::write(io::stdout().lock(), &setup::settings(config)?.feeds)?;
            Ok(Exit::Done)
        }
        Some(Action::PollNow { ids }) => poll_now(config, ids),
    }
}

fn list(config: Option<&Path>, troubled: bool, json: bool) -> anyhow::Result<Exit> {
    let settings = setup::settings(config)?;
    let mut feeds = setup::with_store(&settings, async |store| store.feeds().await)?;
    if troubled {
        feeds.retain(|feed| !feed.last_error.is_empty() || !feed.note.is_empty() || is_off(feed));
    }
    if json {
        table::print_json(&feeds)?;
        return Ok(Exit::Done);
    }
    if feeds.is_empty() {
        let none = if troubled { "every source is in good order" } else { "nothing was polled yet" };
        writeln!(io::stdout().lock(), "{none}")?;
        return Ok(Exit::Done);
    }
    let heading = ["SOURCE", "OUTLET", "KIND", "STATE", "LAST READ", "LAST NEW", "ENTRIES", "REMARK"];
    table::print(&heading, feeds.iter().map(row).collect())?;
    Ok(Exit::Done)
}

fn is_off(feed: &FeedStatus) -> bool {
    matches!(feed.state, FeedState::Disabled { .. })
}

fn row(feed: &FeedStatus) -> Vec<String> {
    let state = match &feed.state {
        FeedState::Waiting { due } if feed.failures_in_a_row > 0 => {
            format!("failed {}×, next {}", feed.failures_in_a_row, table::when(Some(*due)))
        }
        FeedState::Waiting { due } => format!("next {}", table::when(Some(*due))),
        FeedState::Leased { .. } => "being polled".to_owned(),
        FeedState::Disabled { .. } => "off".to_owned(),
    };
    let remark = match &feed.state {
        FeedState::Disabled { reason } => reason,
        _ if !feed.last_error.is_empty() => &feed.last_error,
        _ => &feed.note,
    };
    vec![
        feed.id.to_string(),
        feed.outlet.clone(),
        feed.kind.word().to_owned(),
        state,
        table::when(feed.last_success_at),
        table::when(feed.last_new_at),
        feed.entries.to_string(),
        table::or_dash(remark),
    ]
}

fn import(named: Option<&Path>, file: &Path, dry_run: bool) -> anyhow::Result<Exit> {
    let path = setup::config_path(named);
    let bytes = setup::read_file_or_stdin(file)?;
    let outlines = opml::read(&charset::decode(&bytes, None, None).text)
        .with_context(|| format!("could not import {}", file.display()))?;
    // Not the checked settings: the first import comes before there is any source.
    let mut known = config::known_sources(&path);
    let (mut blocks, mut refused, mut doubles) = (vec![], vec![], 0);
    for outline in &outlines {
        match opml::as_source(outline) {
            Err(why) => refused.push(why),
            Ok((url, block)) => {
                if known.add(&url) {
                    blocks.push(block);
                } else {
                    doubles += 1;
                }
            }
        }
    }
    for why in &refused {
        writeln!(io::stderr().lock(), "left out: {why}")?;
    }
    let text = blocks.join("\n");
    let mut out = io::stdout().lock();
    if dry_run {
        write!(out, "{text}")?;
    } else if !blocks.is_empty() {
        let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let written = write_new(&path, &stem, &text)?;
        writeln!(out, "wrote {}", written.display())?;
    }
    writeln!(out, "{} new, {doubles} known already, {} left out", blocks.len(), refused.len())?;
    Ok(if refused.is_empty() { Exit::Done } else { Exit::Failed })
}

/// Writes a file of its own beside the configuration, never over another.
pub fn write_new(config: &Path, stem: &str, text: &str) -> anyhow::Result<PathBuf> {
    let folder = config.parent().unwrap_or(Path::new(".")).join("sources.d");
    std::fs::create_dir_all(&folder).with_context(|| format!("could not make {}", folder.display()))?;
    let stem: String = stem.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect();
    let stem = if stem.is_empty() { "import".to_owned() } else { stem };
    for number in 1..1000 {
        let name = if number == 1 { format!("{stem}.toml") } else { format!("{stem}-{number}.toml") };
        let path = folder.join(name);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => {
                file.write_all(text.as_bytes()).and_then(|()| file.sync_all())?;
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error).with_context(|| format!("could not write {}", path.display())),
        }
    }
    anyhow::bail!("{} holds a thousand files of that name", folder.display())
}

fn poll_now(config: Option<&Path>, ids: Vec<String>) -> anyhow::Result<Exit> {
    let settings = setup::settings(config)?;
    let ids: Vec<_> = ids.into_iter().map(crate::model::id::FeedId::from_stored).collect();
    let now = crate::clock::Clock::system().now();
    let made_due = setup::with_store(&settings, async |store| store.make_feeds_due(Some(&ids), now).await)?;
    writeln!(io::stdout().lock(), "{made_due} of {} are polled next", ids.len())?;
    Ok(if made_due == ids.len() as u64 { Exit::Done } else { Exit::Failed })
}
