//! `check`: every mistake of the configuration at once.

use std::io::{self, Write as _};
use std::path::Path;

use clap::Args as ClapArgs;
use serde_json::json;

use super::{Exit, setup, table};
use crate::config::Settings;
use crate::matching::{Census, Text, WatchSet};
use crate::stage::archive::{self, ArchivedText};

/// Check the configuration without starting anything
///
/// Names every mistake at once, each with its place and what to write instead, and warns of what is legal but surely
/// not meant. Exits with 78 if there is a mistake.
#[derive(ClapArgs, Debug)]
pub struct Args {
    /// Measure the watches on the newest articles of the archive too: what would flood its readers, what finds nothing
    #[arg(long)]
    archive: bool,
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
    let measured = match &loaded {
        Ok((settings, _)) if args.archive => measured(settings)?,
        _ => Vec::new(),
    };
    if args.json {
        table::print_json(&json!({ "ok": exit == Exit::Done, "diagnostics": diagnostics, "archive": measured }))?;
        return Ok(exit);
    }
    setup::show(diagnostics)?;
    if let Ok((settings, warnings)) = &loaded {
        let counts = [
            table::counted(settings.feeds.len() as u64, "source", "sources"),
            table::counted(settings.watches.len() as u64, "watch", "watches"),
            table::counted(settings.recipients.len() as u64, "recipient", "recipients"),
            table::counted(warnings.len() as u64, "warning", "warnings"),
        ];
        writeln!(io::stdout().lock(), "{} is in order: {}", path.display(), counts.join(", "))?;
        for line in &measured {
            writeln!(io::stdout().lock(), "  {line}")?;
        }
    }
    Ok(exit)
}

/// Newest articles that watches are measured on.
const MEASURED: u32 = 5_000;
/// Fewer say nothing.
const ENOUGH: u64 = 50;
/// A watch or a term in more articles than this share floods its readers.
const TOO_MANY: f64 = 0.2;

/// What the archive tells of the watches, in words.
fn measured(settings: &Settings) -> anyhow::Result<Vec<String>> {
    let stored = setup::with_store(settings, async |store| store.recent_texts(None, MEASURED).await)?;
    let texts: Vec<ArchivedText> = stored.into_iter().map(|text| archive::read(text, &settings.extract)).collect();
    let mut told = Vec::new();
    if (texts.len() as u64) < ENOUGH {
        let articles = table::counted(texts.len() as u64, "article", "articles");
        told.push(format!("the archive holds {articles}: too few to measure the watches on"));
        return Ok(told);
    }
    for watch in &settings.watches {
        let Ok(set) = WatchSet::compile(std::slice::from_ref(watch), &settings.names) else { continue };
        let mut census = Census::default();
        for ArchivedText { title, body, source, lang, .. } in &texts {
            census.add(&set, &Text { title, body, source, lang });
        }
        let percent = |count: u64| count as f64 * 100.0 / census.articles() as f64;
        let found = census.of_watch(0);
        let of = format!("of {} articles", census.articles());
        if percent(found) > TOO_MANY * 100.0 {
            told.push(format!("watch {} is too broad: it finds {:.0} % {of}", watch.id, percent(found)));
        }
        if found == 0 {
            told.push(format!(
                "watch {} found none {of}; `newsvigil backtest {}` tells what came near",
                watch.id, watch.id
            ));
        }
        let broad = census.terms(&set).filter(|(_, count)| percent(*count) > TOO_MANY * 100.0);
        told.extend(
            broad.map(|(term, count)| format!("watch {}: {term} is in {:.0} % {of}", watch.id, percent(count))),
        );
    }
    Ok(told)
}
