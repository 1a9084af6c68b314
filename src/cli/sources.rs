//! `sources`: what is polled and how it goes; OPML in and out.

use std::collections::HashSet;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args as ClapArgs, Subcommand};
use serde::Serialize;
use url::Url;

use super::{Exit, add, opml, setup, table};
use crate::clock::Clock;
use crate::config;
use crate::model::alarm::{Alarm, Alarms};
use crate::model::feed::{FeedSpec, FeedState, FeedStatus};
use crate::model::id::FeedId;
use crate::model::time::Timestamp;
use crate::source::charset;
use crate::store::Decision;

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
    /// Take a source for what it was: what was held of it is read and mailed like any other report
    Release {
        /// Its id, as `newsvigil sources` lists it (f_…), or its address
        source: String,
    },
    /// Throw away what was held of a source, and poll it no more
    Drop {
        /// Its id, as `newsvigil sources` lists it (f_…), or its address
        source: String,
    },
    /// Poll sources at the next opportunity instead of at their time
    PollNow {
        /// Their ids, as `newsvigil sources` lists them (f_…), or their addresses
        #[arg(required = true, value_name = "SOURCE")]
        sources: Vec<String>,
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
        Some(Action::PollNow { sources }) => poll_now(config, &sources),
        Some(Action::Release { source }) => decide(config, &source, Decision::Release),
        Some(Action::Drop { source }) => decide(config, &source, Decision::Drop),
    }
}

fn list(config: Option<&Path>, troubled: bool, json: bool) -> anyhow::Result<Exit> {
    let settings = setup::settings(config)?;
    let (mut feeds, alarms) =
        setup::with_store(&settings, async |store| Ok((store.feeds().await?, store.ringing_alarms().await?)))?;
    if troubled {
        let fine = |feed: &FeedStatus| feed.last_error.is_empty() && feed.note.is_empty() && feed.alarms.is_empty();
        feeds.retain(|feed| !fine(feed) || is_off(feed));
    } else {
        let known: HashSet<FeedId> = feeds.iter().map(|feed| feed.id.clone()).collect();
        let new = settings.feeds.iter().filter(|spec| !known.contains(&spec.id()));
        feeds.extend(new.map(|spec| not_taken_up(spec, Clock::system().now())));
    }
    if json {
        let listed: Vec<_> = feeds.iter().map(|feed| Listed { feed, details: of(feed, &alarms) }).collect();
        table::print_json(&listed)?;
        return Ok(Exit::Done);
    }
    if feeds.is_empty() {
        writeln!(io::stdout().lock(), "every source is in good order")?;
        return Ok(Exit::Done);
    }
    let heading = ["SOURCE", "OUTLET", "KIND", "STATE", "LAST READ", "LAST NEW", "ENTRIES", "REMARK"];
    table::print(&heading, feeds.iter().map(|feed| row(feed, &of(feed, &alarms))).collect())?;
    table::tell_zone("times are")?;
    Ok(Exit::Done)
}

/// A source of the configuration that the database does not know.
fn not_taken_up(spec: &FeedSpec, now: Timestamp) -> FeedStatus {
    FeedStatus {
        id: spec.id(),
        outlet: spec.outlet.clone(),
        url: spec.url.clone(),
        kind: spec.kind,
        state: FeedState::Waiting { due: now },
        last_polled_at: None,
        last_success_at: None,
        last_new_at: None,
        failures_in_a_row: 0,
        last_error: String::new(),
        note: NOT_TAKEN_UP.to_owned(),
        entries: 0,
        every_secs: spec.every.as_secs(),
        alarms: Alarms::default(),
        held: 0,
    }
}

const NOT_TAKEN_UP: &str = "new in the configuration: start or reload the service, or run `newsvigil once`";

/// A source with its alarms that are not over.
#[derive(Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    feed: &'a FeedStatus,
    #[serde(rename = "alarm_details")]
    details: Vec<&'a Alarm>,
}

fn of<'a>(feed: &FeedStatus, alarms: &'a [Alarm]) -> Vec<&'a Alarm> {
    alarms.iter().filter(|alarm| alarm.feed == feed.id).collect()
}

fn is_off(feed: &FeedStatus) -> bool {
    matches!(feed.state, FeedState::Disabled { .. })
}

fn row(feed: &FeedStatus, alarms: &[&Alarm]) -> Vec<String> {
    let state = match &feed.state {
        FeedState::Waiting { due } if feed.failures_in_a_row > 0 => {
            format!("failed {}×, next {}", feed.failures_in_a_row, table::when(Some(*due)))
        }
        FeedState::Waiting { .. } if feed.note == NOT_TAKEN_UP => "not read yet".to_owned(),
        FeedState::Waiting { due } if feed.last_polled_at.is_none() => {
            format!("not read yet, next {}", table::when(Some(*due)))
        }
        FeedState::Waiting { due } => format!("next {}", table::when(Some(*due))),
        FeedState::Leased { .. } => "being polled".to_owned(),
        FeedState::Disabled { .. } => "off".to_owned(),
    };
    let mut remarks: Vec<String> = alarms
        .iter()
        .map(|alarm| format!("{} since {}: {}", alarm.kind.as_str(), table::when(Some(alarm.began_at)), alarm.detail))
        .collect();
    remarks.push(match &feed.state {
        FeedState::Disabled { reason } => reason.clone(),
        _ if !feed.last_error.is_empty() => feed.last_error.clone(),
        _ => feed.note.clone(),
    });
    if feed.held > 0 {
        remarks.push(format!("{} held", table::counted(feed.held, "entry", "entries")));
    }
    remarks.retain(|remark| !remark.is_empty());
    vec![
        feed.id.to_string(),
        feed.outlet.clone(),
        feed.kind.word().to_owned(),
        state,
        table::when(feed.last_success_at),
        table::when(feed.last_new_at),
        feed.entries.to_string(),
        table::or_dash(&remarks.join("; ")),
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

/// The reason is stored with each entry that is thrown away, and with the source.
fn decide(config: Option<&Path>, source: &str, decision: Decision) -> anyhow::Result<Exit> {
    const DROPPED: &str = "dropped by an operator: the source was no longer the outlet's own";
    let settings = setup::settings(config)?;
    let (id, now) = (id_of(source), Clock::system().now());
    let decided = setup::with_store(&settings, async |store| store.decide(&id, decision, DROPPED, now).await)?;
    let Some(entries) = decided else {
        writeln!(io::stderr().lock(), "nothing of {id} is held; `newsvigil sources` lists what is")?;
        return Ok(Exit::Failed);
    };
    let entries = table::counted(entries, "entry", "entries");
    let told = match decision {
        Decision::Release => format!("{entries} released; they are read next"),
        Decision::Drop => format!(
            "{entries} dropped; the source is polled no more (`newsvigil sources poll-now {id}` would take it up again)"
        ),
    };
    writeln!(io::stdout().lock(), "{told}")?;
    Ok(Exit::Done)
}

/// What is named by its id or its address.
fn id_of(source: &str) -> FeedId {
    let of_web = |url: &Url| matches!(url.scheme(), "http" | "https");
    match Url::parse(source).ok().filter(of_web) {
        Some(mut url) => {
            url.set_fragment(None);
            FeedId::of_url(&url)
        }
        None => FeedId::from_stored(source),
    }
}

fn poll_now(config: Option<&Path>, sources: &[String]) -> anyhow::Result<Exit> {
    let settings = setup::settings(config)?;
    let now = Clock::system().now();
    let ids: Vec<FeedId> = sources.iter().map(|source| id_of(source)).collect();
    let (known, made_due) = setup::with_store(&settings, async |store| {
        let known: HashSet<FeedId> = store.feeds().await?.into_iter().map(|feed| feed.id).collect();
        Ok((known, store.make_feeds_due(Some(&ids), now).await?))
    })?;
    for (source, id) in sources.iter().zip(&ids) {
        let why = match (settings.feeds.iter().any(|spec| spec.id() == *id), known.contains(id)) {
            (true, true) => continue,
            (true, false) => NOT_TAKEN_UP,
            (false, true) => "no longer polled: it is not in the configuration, or switched off there",
            (false, false) => "no source has this id or address; `newsvigil sources` lists them",
        };
        writeln!(io::stderr().lock(), "newsvigil: {source}: {why}")?;
    }
    writeln!(io::stdout().lock(), "{made_due} of {} are polled next", ids.len())?;
    Ok(if made_due == ids.len() as u64 { Exit::Done } else { Exit::Failed })
}
