//! `inspect story`: which articles are one text and which tell one event, and why.

use std::time::Duration;

use clap::Args as ClapArgs;
use serde::Deserialize;
use serde_json::json;

use super::super::Exit;
use super::jsonl;
use crate::grouping::{self, Archive, STORY_DAYS, Stories};
use crate::model::id::EntryId;
use crate::model::story::Candidate;
use crate::model::time::Timestamp;

/// Earlier articles compared with a new one, as the daemon does.
const CANDIDATES: usize = 20;

/// Group articles into copies and stories, in the order given
///
/// Reads JSON lines {"id", "url", "outlet", "published", "lang", "title", "text"} in time order from standard input and
/// answers each with {"id", "dup_group", "story", "score", "reason"}: the first article of its copies, the story, and
/// why. Stored articles are not looked at; `inspect entry` tells of those.
#[derive(ClapArgs, Debug)]
pub struct Args {
    /// Read JSON lines and write JSON lines, the one form there is
    #[arg(long, required = true)]
    jsonl: bool,
}

pub fn run(_: &Args) -> anyhow::Result<Exit> {
    let mut newsroom = Newsroom::default();
    jsonl::answer_each(|case| newsroom.answer(case))
}

#[derive(Deserialize)]
struct Case {
    id: String,
    #[serde(default)]
    published: String,
    #[serde(default)]
    lang: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
}

/// What was read so far.
#[derive(Default)]
struct Newsroom {
    archive: Archive,
    stories: Stories,
    now: Option<Timestamp>,
}

impl Newsroom {
    fn answer(&mut self, case: Case) -> Result<serde_json::Value, String> {
        let at = self.time_of(&case.published)?;
        self.stories.forget_opened_before(at.minus(Duration::from_secs(STORY_DAYS * 86_400)));
        let entry = EntryId::from_stored(case.id);
        let mut fingerprint = grouping::fingerprint(&case.title, &case.text, &case.lang);
        let candidates = self.archive.candidates(&fingerprint, CANDIDATES);
        let membership = grouping::assign(&entry, &fingerprint, at, &candidates, &self.stories);
        match &membership.copy_of {
            Some(_) => self.stories.add_copy(&membership.story, at),
            None => self.stories.add(&membership.story, &fingerprint, at, at),
        }
        fingerprint.shingles = grouping::samples_to_hold(&fingerprint, &candidates);
        let original = membership.copy_of.unwrap_or_else(|| entry.clone());
        let story = membership.story.clone();
        self.archive.add(Candidate {
            entry: entry.clone(),
            original: original.clone(),
            story,
            fingerprint,
            reported_at: at,
        });
        Ok(json!({
            "id": entry,
            "dup_group": original,
            "story": membership.story,
            "score": membership.score,
            "reason": membership.reason,
        }))
    }

    /// An article without a date counts as reported with the one before it.
    fn time_of(&mut self, published: &str) -> Result<Timestamp, String> {
        let at = match (published.trim(), self.now) {
            ("", before) => before.unwrap_or(Timestamp::EPOCH),
            (written, _) => Timestamp::from(
                written.parse::<jiff::Timestamp>().map_err(|error| format!("published is no time: {error}"))?,
            ),
        };
        self.now = Some(at);
        Ok(at)
    }
}
