//! What was found, for people and for machines.

use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::find::{Candidate, Found};
use super::setup::Outside;
use super::{Offer, shown};
use crate::cli::table;
use crate::config::settings::PollSettings;
use crate::model::entry::{FeedDocument, FeedEntry};
use crate::model::time::Timestamp;

/// Entries shown of each.
const NEWEST: usize = 5;
/// Characters of a name taken from a feed's title.
const NAME_CHARS: usize = 60;
/// What a suggestion is rounded down to, in minutes.
const STEPS: [u64; 7] = [5, 10, 15, 20, 30, 60, 120];
/// Fewer dates tell nothing of a rhythm.
const DATES: usize = 5;

/// A title as a name.
pub fn shortened(title: &str) -> String {
    let plain: String = title.chars().filter(|c| !c.is_control()).take(NAME_CHARS).collect();
    plain.trim().to_owned()
}

/// How often it is best polled, and why, where that is more often than usual: an entry must still be listed after three
/// polls that failed.
pub fn pace(document: &FeedDocument, poll: &PollSettings) -> Option<(Duration, String)> {
    let dates: Vec<Timestamp> = document.entries.iter().filter_map(dated).collect();
    let (oldest, newest) = (dates.iter().min()?, dates.iter().max()?);
    if dates.len() < DATES {
        return None;
    }
    let window = newest.since(*oldest);
    let minutes = window.as_secs() / 60 / 4;
    let step = STEPS.into_iter().rev().find(|step| *step <= minutes).unwrap_or(STEPS[0]);
    let every = Duration::from_secs(step * 60).max(poll.min_every);
    let hours = window.as_secs().div_ceil(3_600);
    let why = format!("it lists no more than {} of reports", table::counted(hours, "hour", "hours"));
    (every < poll.every).then_some((every, why))
}

fn dated(entry: &FeedEntry) -> Option<Timestamp> {
    entry.published.or(entry.updated)
}

/// The newest first; without dates in the document's order.
fn newest(document: &FeedDocument) -> Vec<&FeedEntry> {
    let mut entries: Vec<&FeedEntry> = document.entries.iter().collect();
    entries.sort_by_key(|entry| std::cmp::Reverse(dated(entry)));
    entries.truncate(NEWEST);
    entries
}

fn headline(entry: &FeedEntry) -> &str {
    if entry.title.is_empty() { entry.link.as_ref().map_or("-", |link| link.as_str()) } else { &entry.title }
}

pub fn found(outside: &Outside, found: &Found, offers: &[Offer]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for (number, (candidate, offer)) in found.candidates.iter().zip(offers).enumerate() {
        let kind = candidate.document.kind.word();
        writeln!(out, "{}. {kind} {}", number + 1, candidate.url)?;
        one(&mut out, outside, candidate, offer)?;
        writeln!(out)?;
    }
    for (url, why) in &found.failed {
        writeln!(out, "Named by the page, but cannot be polled: {url}\n   {why}\n")?;
    }
    Ok(())
}

fn one(out: &mut impl io::Write, outside: &Outside, candidate: &Candidate, offer: &Offer) -> io::Result<()> {
    let document = &candidate.document;
    writeln!(out, "   title     {}", table::or_dash(&document.title))?;
    writeln!(out, "   language  {}", table::or_dash(&document.lang))?;
    let dates = document.entries.iter().filter_map(dated);
    let span = match (dates.clone().min(), dates.max()) {
        (Some(oldest), Some(newest)) => format!(", {} to {}", table::when(Some(oldest)), table::when(Some(newest))),
        _ => ", without dates".to_owned(),
    };
    let span = if document.entries.is_empty() { "" } else { &span };
    writeln!(out, "   entries   {}{span}", document.entries.len())?;
    for entry in newest(document) {
        writeln!(out, "             {}  {}", table::when(dated(entry)), headline(entry))?;
    }
    for repair in &document.repairs {
        writeln!(out, "   mended    {repair}")?;
    }
    match (&offer.block.every, &offer.pace) {
        (Some(every), Some((pace, why))) if every == pace => writeln!(out, "   every     {}: {why}", shown(*every))?,
        (Some(every), _) => writeln!(out, "   every     {}", shown(*every))?,
        (None, _) => writeln!(out, "   every     {}, the default", shown(outside.reach.poll.every))?,
    }
    if offer.known { writeln!(out, "   known     is a source already") } else { Ok(()) }
}

pub fn json(found: &Found, offers: &[Offer], written: Option<&Path>) -> anyhow::Result<()> {
    let entry = |entry: &FeedEntry| {
        let published = dated(entry).map(|at| at.to_string());
        json!({ "title": entry.title, "link": entry.link, "published": published })
    };
    let one = |(candidate, offer): (&Candidate, &Offer)| {
        let document = &candidate.document;
        json!({
            "url": candidate.url,
            "kind": document.kind.word(),
            "title": document.title,
            "language": document.lang,
            "entries": document.entries.len(),
            "newest": newest(document).into_iter().map(entry).collect::<Vec<_>>(),
            "repairs": document.repairs,
            "every": offer.block.every.map(shown),
            "known": offer.known,
            "block": offer.block.to_string(),
        })
    };
    let failed = found.failed.iter().map(|(url, why)| json!({ "url": url, "error": why }));
    table::print_json(&json!({
        "found": found.candidates.iter().zip(offers).map(one).collect::<Vec<_>>(),
        "failed": failed.collect::<Vec<_>>(),
        "written": written,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::MailBack;

    fn paced(minutes_apart: i64) -> Option<String> {
        let entry = |number: i64| FeedEntry {
            published: Some(Timestamp::from_millis(1_795_521_600_000 - number * minutes_apart * 60_000)),
            ..serde_json::from_value(json!({
                "key": "x", "guid": "", "title": "", "link": null, "published": null, "updated": null, "author": "",
                "summary": "", "content": "", "lang": ""
            }))
            .expect("an entry")
        };
        let hour = Duration::from_secs(3_600);
        let poll = PollSettings {
            every: hour,
            min_every: hour / 12,
            max_every: hour,
            mail_back: MailBack::Within(Duration::ZERO),
        };
        let document = FeedDocument { entries: (0..10).map(entry).collect(), ..FeedDocument::default() };
        pace(&document, &poll).map(|(every, _)| shown(every))
    }

    #[test]
    fn a_feed_is_polled_so_often_that_three_failures_lose_nothing() {
        assert_eq!(paced(10).as_deref(), Some("20m"), "it holds an hour and a half");
        assert_eq!(paced(1).as_deref(), Some("5m"));
        assert_eq!(paced(60), None, "the usual hour will do");
    }
}
