//! `inspect entry`: the whole way of one report, from the database.

use std::io::{self, Write as _};
use std::path::Path;

use clap::Args as ClapArgs;
use url::Url;

use super::super::{Exit, setup, table};
use crate::extract::Limits;
use crate::model::article::ArticleKind;
use crate::model::delivery::DeliveryState;
use crate::model::entry::EntryState;
use crate::model::time::Timestamp;
use crate::model::watch::{Field, Hit};
use crate::source::entry_key;
use crate::stage::archive;
use crate::store::{EntryHistory, ReportHistory};

/// Tell the whole way of one report: seen, fetched, cleaned, matched, mailed
///
/// Several feeds may list one page: each entry is told.
#[derive(ClapArgs, Debug)]
pub struct Args {
    /// The report's URL, or an entry's id (e_…)
    #[arg(value_name = "URL|ID")]
    what: String,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

pub fn run(config: Option<&Path>, args: Args) -> anyhow::Result<Exit> {
    let settings = setup::settings(config)?;
    // As it is stored: a link that was copied from a browser may carry the tracking of where it was found.
    let link_key = Url::parse(&args.what).map(|url| entry_key::canonical_link(&url)).unwrap_or_default();
    let mut histories = setup::with_store(&settings, async |store| store.entry_histories(&args.what, &link_key).await)?;
    histories.iter_mut().for_each(|history| read_uncleaned(history, &settings.extract));
    if args.json {
        table::print_json(&histories)?;
    } else {
        for history in &histories {
            print(history)?;
        }
    }
    if histories.is_empty() {
        writeln!(io::stderr().lock(), "newsvigil: no entry with this URL or id was ever seen in a source")?;
        return Ok(Exit::Failed);
    }
    Ok(Exit::Done)
}

/// What no watch found when its feed was first polled is cleaned only now.
fn read_uncleaned(history: &mut EntryHistory, limits: &Limits) {
    let given = &history.entry;
    let is_kept = [&given.title, &given.summary, &given.content].iter().any(|text| !text.is_empty());
    if history.state == EntryState::Unmatched && history.article.is_none() && is_kept {
        history.article = Some(archive::article(given, &history.feed_lang, limits));
    }
}

fn print(history: &EntryHistory) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}  {}", history.id, history.entry.title)?;
    let mut line = |name: &str, text: String| writeln!(out, "  {name:<10}{text}");
    line("seen", format!("{} in {} ({}, {})", history.first_seen, history.outlet, history.feed, history.feed_url))?;
    if history.baseline {
        line("", "part of the feed's first poll: stored and searchable, not mailed".into())?;
    }
    line("dated", history.entry.published.map_or("no date".into(), |at| at.to_string()))?;
    line("fetched", fetched(history))?;
    for text in cleaned(history) {
        line("cleaned", text)?;
    }
    if let Some(membership) = &history.membership {
        line("grouped", format!("story {}: {}", membership.story, membership.reason))?;
    }
    if let Some(membership) = history.membership.as_ref().filter(|membership| !membership.news.is_empty()) {
        line("", format!("new to the story: {}", membership.news.join(", ")))?;
    }
    if let Some(related) = history.membership.as_ref().and_then(|membership| membership.related.as_ref()) {
        line("", format!("shown with story {}: {}", related.story, related.reason))?;
    }
    if !history.speaks_of.is_empty() {
        line("", format!("possibly old: its text speaks of {}", history.speaks_of))?;
    }
    for copy in &history.copies {
        line("", format!("same text as {copy}"))?;
    }
    for hit in &history.hits {
        line("matched", matched(hit))?;
        for form in &hit.forms {
            line("", format!("{} as {}, {} in the {}", form.term, form.form, times(form.places), place(form.field)))?;
        }
        line("", ranked(hit))?;
    }
    for aside in &history.asides {
        line("aside", format!("{} (taken out by {})", matched(&aside.hit), aside.filter))?;
    }
    if history.hits.is_empty() && history.article.is_some() {
        line("matched", "by no watch".into())?;
    }
    line("state", state(&history.state))?;
    for report in &history.reports {
        for text in mailed(report) {
            line("mailed", text)?;
        }
    }
    if history.reports.is_empty() {
        line("mailed", "owed to nobody".into())?;
    }
    Ok(())
}

fn fetched(history: &EntryHistory) -> String {
    match &history.page {
        Some(page) => {
            let trouble = if history.page_error.is_empty() { "" } else { "; " };
            format!(
                "{} at {}: {} bytes, status {}, sha256 {}{trouble}{}",
                page.url, page.fetched_at, page.bytes, page.status, page.sha256, history.page_error
            )
        }
        None if !history.page_error.is_empty() && history.page_tries == 0 => format!("no: {}", history.page_error),
        None if !history.page_error.is_empty() => {
            let tries = table::counted(u64::from(history.page_tries), "try", "tries");
            format!("no, after {tries}: {}", history.page_error)
        }
        None if history.baseline => "no: it was listed already when its source was new".to_owned(),
        None => "no".to_owned(),
    }
}

fn cleaned(history: &EntryHistory) -> Vec<String> {
    let Some(article) = &history.article else { return vec!["not yet, or forgotten by now".to_owned()] };
    let from = match article.kind {
        ArticleKind::Page => "from the page",
        ArticleKind::Feed => "from the feed's own text",
        ArticleKind::Walled => "from what page and feed show: the page is behind a wall",
    };
    let characters: usize = article.blocks.iter().map(|block| block.text.chars().count()).sum();
    let (blocks, removed) = (article.blocks.len(), article.removed.iter().filter(|removed| !removed.stayed).count());
    let blocks = table::counted(blocks as u64, "paragraph", "paragraphs");
    let characters = table::counted(characters as u64, "character", "characters");
    let mut lines = vec![format!("{from}: {blocks}, {characters}, language {}", article.lang)];
    let taken_out = table::counted(removed as u64, "block", "blocks");
    lines.extend((removed > 0).then(|| format!("{taken_out} taken out (inspect entry --json shows each)")));
    lines
}

fn place(field: Field) -> &'static str {
    match field {
        Field::Title => "title",
        Field::Body => "text",
    }
}

fn times(count: usize) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

/// Its points, part by part.
fn ranked(hit: &Hit) -> String {
    let parts = hit.relevance.parts.iter().map(|part| format!("{:+} {}", part.points, part.why));
    let revision = if hit.revision.is_empty() { String::new() } else { format!(", revision {}", hit.revision) };
    format!("{} points ({}){revision}", hit.relevance.points, parts.collect::<Vec<_>>().join("; "))
}

fn matched(hit: &Hit) -> String {
    let place = place(hit.field);
    let terms = hit.terms.join(", ");
    let places = table::counted(hit.spans.len() as u64, "place", "places");
    format!("by {} ({terms}), {places}, in the {place}: {}", hit.watch, table::marked(&hit.sentence))
}

fn state(state: &EntryState) -> String {
    match state {
        EntryState::Pending { due } => format!("waits, worked on again {due}"),
        EntryState::Leased { until } => format!("being worked on, until {until} at most"),
        EntryState::Matched => "matched".to_owned(),
        EntryState::Unmatched => "unmatched".to_owned(),
        EntryState::Duplicate { of } => format!("the same text as {of}, which stands for it"),
        EntryState::Abandoned { reason } => format!("abandoned: {reason}"),
    }
}

fn mailed(report: &ReportHistory) -> Vec<String> {
    let Some(digest) = &report.digest else {
        return vec![format!("waits for the next digest of {} since {}", report.recipient, report.queued_at)];
    };
    let told = |state: &DeliveryState, at: Timestamp| match state {
        DeliveryState::Queued { due } => format!("queued, next try {due}"),
        DeliveryState::Leased { .. } => "being sent".to_owned(),
        DeliveryState::Sent { .. } => format!("sent at {at}"),
        DeliveryState::Failed { reply } => format!("failed: {reply}"),
        DeliveryState::Dropped => "dropped by an operator".to_owned(),
    };
    let line = |delivery: &crate::model::delivery::DeliveryStatus| {
        let state = told(&delivery.state, delivery.updated_at);
        format!("to {} in digest {digest}, delivery {}: {state}", report.recipient, delivery.id)
    };
    report.deliveries.iter().map(line).collect()
}
