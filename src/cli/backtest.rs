//! `backtest`: what a watch would have found in the archive.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args as ClapArgs;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::{Exit, setup, table};
use crate::clock::Clock;
use crate::extract::Limits;
use crate::matching::{self, Names, Text, Trial, WatchSet};
use crate::model::id::EntryId;
use crate::model::time::Timestamp;
use crate::model::watch::{Snippet, WatchSpec};
use crate::stage::archive::{self, ArchivedText};
use crate::store::{Store, StoreError, StoredText};

/// Try a watch on the archive: hits per day, with sentences, near misses, and what a change gains and loses
///
/// Reads every article that is kept, whether it matched then or not. For a configured watch whose query was changed,
/// tells what the new query finds that the last one did not, and the other way round.
#[derive(ClapArgs, Debug)]
pub struct Args {
    /// A configured watch's id
    #[arg(required_unless_present = "query", value_name = "WATCH")]
    watch: Option<String>,
    /// A query in place of a configured watch
    #[arg(long, short = 'q', value_name = "QUERY", conflicts_with = "watch")]
    query: Option<String>,
    /// How many days back
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: u32,
    /// Hits, near misses, gains and losses that are shown, of each
    #[arg(long, default_value_t = 10)]
    show: usize,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

/// Articles read and tried at a time.
const BATCH: u32 = 500;
/// Batches that are tried while the next is read: as many as a small machine has cores.
const AT_ONCE: usize = 2;

#[derive(Clone, Debug, Serialize)]
struct Found {
    entry: EntryId,
    first_seen: Timestamp,
    title: String,
    link: String,
    points: i32,
    /// The sentence of a hit, or why an article is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    sentence: Option<Snippet>,
    #[serde(skip_serializing_if = "String::is_empty")]
    why: String,
}

#[derive(Default, Serialize)]
struct Outcome {
    articles: u64,
    hits: u64,
    /// Articles and hits a day, in the machine's zone; days without articles are left out.
    days: BTreeMap<Date, Day>,
    /// Most points first.
    best: Vec<Found>,
    near_misses: u64,
    near: Vec<Found>,
    /// The query of the revision that this one is compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    compared_with: Option<String>,
    gained: u64,
    gains: Vec<Found>,
    lost: u64,
    losses: Vec<Found>,
}

#[derive(Clone, Copy, Default, Serialize)]
struct Day {
    articles: u64,
    hits: u64,
}

pub fn run(config: Option<&Path>, args: Args) -> anyhow::Result<Exit> {
    let settings = setup::settings(config)?;
    let watch = match (&args.query, &args.watch) {
        (Some(query), _) => setup::trial(query.clone()),
        (None, Some(id)) => setup::watch(&settings, id)?,
        (None, None) => unreachable!("the command line asks for one of them"),
    };
    let set = match WatchSet::compile(std::slice::from_ref(&watch), &settings.names) {
        Ok(set) => set,
        Err(errors) => {
            let mut out = io::stderr().lock();
            errors.iter().try_for_each(|(_, error)| writeln!(out, "{}", error.with_caret(&watch.query)))?;
            return Ok(Exit::Usage);
        }
    };
    let since = Clock::system().now().minus(Duration::from_secs(u64::from(args.days) * 86_400));
    let begun = Instant::now();
    let outcome = setup::with_store(&settings, async |store| {
        let last = last_revision(store, &watch, &settings.names).await?;
        let compared_with = last.as_ref().map(|(query, _)| query.clone());
        let tester = Tester { set, last: last.map(|(_, set)| set), limits: settings.extract.clone(), show: args.show };
        let outcome = read(store, Arc::new(tester), since).await?;
        Ok(Outcome { compared_with, ..outcome })
    })?;
    if args.json {
        table::print_json(&outcome)?;
    } else {
        print(&watch, &outcome, begun.elapsed())?;
    }
    Ok(Exit::Done)
}

/// What the watch asked for before, if it asked for something else.
async fn last_revision(
    store: &Store,
    watch: &WatchSpec,
    names: &Names,
) -> Result<Option<(String, WatchSet)>, StoreError> {
    let now = matching::revisions(std::slice::from_ref(watch), names);
    let Some(now) = now.first() else { return Ok(None) };
    let last = store.other_revision(&watch.id, &now.revision).await?;
    let compiled = last.and_then(|last| {
        let spec = WatchSpec { query: last.meaning, ..watch.clone() };
        Some((last.query, WatchSet::compile(&[spec], &Names::default()).ok()?))
    });
    Ok(compiled)
}

struct Tester {
    set: WatchSet,
    last: Option<WatchSet>,
    limits: Limits,
    show: usize,
}

async fn read(store: &Store, tester: Arc<Tester>, since: Timestamp) -> Result<Outcome, StoreError> {
    let progress = progress(store.counts().await?.entries);
    let mut tried = VecDeque::new();
    let mut outcome = Outcome::default();
    let mut after = 0;
    loop {
        let texts = store.texts(since, after, BATCH).await?;
        let Some(last) = texts.last() else { break };
        after = last.seq;
        progress.inc(texts.len() as u64);
        let shared = Arc::clone(&tester);
        tried.push_back(tokio::task::spawn_blocking(move || shared.try_all(texts)));
        if tried.len() > AT_ONCE
            && let Some(first) = tried.pop_front()
        {
            outcome.add(first.await.expect("matching does not panic"), tester.show);
        }
    }
    for rest in tried {
        outcome.add(rest.await.expect("matching does not panic"), tester.show);
    }
    progress.finish_and_clear();
    Ok(outcome)
}

fn progress(articles: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos} of about {len} articles, {per_sec}");
    ProgressBar::new(articles).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

impl Tester {
    fn try_all(&self, texts: Vec<StoredText>) -> Outcome {
        let mut outcome = Outcome::default();
        for stored in texts {
            if archive::says_nothing(&stored, std::iter::once(&self.set).chain(&self.last)) {
                outcome.count(stored.first_seen);
            } else {
                outcome.try_one(self, &archive::read(stored, &self.limits));
            }
        }
        outcome.shorten(self.show);
        outcome
    }
}

impl Outcome {
    /// Counts one more article, and tells its day.
    fn count(&mut self, first_seen: Timestamp) -> Date {
        let day = first_seen.to_jiff().to_zoned(TimeZone::system()).date();
        self.days.entry(day).or_default().articles += 1;
        self.articles += 1;
        day
    }

    fn try_one(&mut self, tester: &Tester, archived: &ArchivedText) {
        let ArchivedText { title, body, source, lang, .. } = archived;
        let text = Text { title, body, source, lang };
        let day = self.count(archived.first_seen);
        let trial = tester.set.trial(&text);
        let was_hit = tester.last.as_ref().map(|last| matches!(last.trial(&text), Trial::Hit(_)));
        match trial {
            Trial::Hit(hit) => {
                self.days.entry(day).or_default().hits += 1;
                self.hits += 1;
                let found = Found { points: hit.relevance.points, sentence: Some(hit.sentence), ..Found::of(archived) };
                if was_hit == Some(false) {
                    self.gained += 1;
                    self.gains.push(found.clone());
                }
                self.best.push(found);
            }
            not => {
                let why = if let Trial::Near(why) = not { why } else { String::new() };
                let found = || Found { why: why.clone(), ..Found::of(archived) };
                if was_hit == Some(true) {
                    self.lost += 1;
                    self.losses.push(found());
                }
                if !why.is_empty() {
                    self.near_misses += 1;
                    self.near.push(found());
                }
            }
        }
    }

    fn add(&mut self, other: Outcome, show: usize) {
        self.articles += other.articles;
        self.hits += other.hits;
        self.near_misses += other.near_misses;
        self.gained += other.gained;
        self.lost += other.lost;
        for (date, day) in other.days {
            let sum = self.days.entry(date).or_default();
            sum.articles += day.articles;
            sum.hits += day.hits;
        }
        self.best.extend(other.best);
        self.near.extend(other.near);
        self.gains.extend(other.gains);
        self.losses.extend(other.losses);
        self.shorten(show);
    }

    /// The hits with most points, the newest of the rest.
    fn shorten(&mut self, show: usize) {
        self.best.sort_by_key(|found| std::cmp::Reverse((found.points, found.first_seen)));
        self.best.truncate(show);
        for list in [&mut self.near, &mut self.gains, &mut self.losses] {
            list.sort_by_key(|found| std::cmp::Reverse(found.first_seen));
            list.truncate(show);
        }
    }
}

impl Found {
    fn of(text: &ArchivedText) -> Found {
        Found {
            entry: text.entry.clone(),
            first_seen: text.first_seen,
            title: text.title.clone(),
            link: text.link.as_ref().map_or(String::new(), ToString::to_string),
            points: 0,
            sentence: None,
            why: String::new(),
        }
    }
}

/// Columns of the longest bar.
const BAR: u64 = 50;

fn print(watch: &WatchSpec, outcome: &Outcome, took: Duration) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let Outcome { articles, hits, .. } = outcome;
    writeln!(out, "{}: {hits} of {articles} articles, in {:.1} seconds", watch.name, took.as_secs_f64())?;
    let most = outcome.days.values().map(|day| day.hits).max().unwrap_or(0).max(1);
    for (date, day) in &outcome.days {
        let length = (day.hits * BAR).div_ceil(most) as usize;
        writeln!(
            out,
            "  {date}  {:<width$} {} of {}",
            "█".repeat(length),
            day.hits,
            day.articles,
            width = BAR as usize
        )?;
    }
    list(&mut out, "best hits", *hits, &outcome.best)?;
    list(&mut out, "near misses", outcome.near_misses, &outcome.near)?;
    if let Some(last) = &outcome.compared_with {
        writeln!(out, "\ncompared with what the watch asked for last: {last}")?;
        list(&mut out, "gained", outcome.gained, &outcome.gains)?;
        list(&mut out, "lost", outcome.lost, &outcome.losses)?;
    }
    Ok(())
}

fn list(out: &mut impl io::Write, heading: &str, count: u64, found: &[Found]) -> io::Result<()> {
    writeln!(out, "\n{heading}: {count}{}", if count > found.len() as u64 { ", of which" } else { "" })?;
    for found in found {
        writeln!(out, "  {}  {}  {}", table::when(Some(found.first_seen)), found.entry, found.title)?;
        if let Some(sentence) = &found.sentence {
            writeln!(out, "    {} points: {}", found.points, table::marked(sentence))?;
        }
        if !found.why.is_empty() {
            writeln!(out, "    {}", found.why)?;
        }
    }
    Ok(())
}
