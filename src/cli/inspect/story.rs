//! `inspect story`: which articles are one text and which tell one event, and why.

use std::path::Path;
use std::time::Duration;

use clap::Args as ClapArgs;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::super::{Exit, setup};
use super::jsonl;
use crate::grouping::{self, Archive, Known, Past, STORY_DAYS, Stories};
use crate::matching::{NameFinder, Text};
use crate::model::id::EntryId;
use crate::model::story::{Candidate, Fingerprint};
use crate::model::time::Timestamp;
use crate::source::page_address::page_key;

/// Earlier articles compared with a new one, as the daemon does.
const CANDIDATES: usize = 20;
const SAME_PAGE: usize = 3;

/// Group articles into copies and stories, in the order given
///
/// Reads JSON lines {"id", "url", "outlet", "published", "lang", "title", "text"} in time order from standard input and
/// answers each with {"id", "dup_group", "story", "score", "reason", "related", "speaks_of"}: the first article of its
/// copies, the story, and why; a story that it follows up or may belong to; the date its text speaks of, where that is
/// much older than the one it bears. Stored articles are not looked at; `inspect entry` tells of those.
#[derive(ClapArgs, Debug)]
pub struct Args {
    /// Read JSON lines and write JSON lines, the one form there is
    #[arg(long, required = true)]
    jsonl: bool,
}

pub fn run(config: Option<&Path>, _: &Args) -> anyhow::Result<Exit> {
    let mut newsroom = Newsroom {
        names: NameFinder::of(&setup::names(config)?),
        archive: Archive::default(),
        stories: Stories::default(),
        past: Past::default(),
        now: None,
    };
    jsonl::answer_each(|case| newsroom.answer(case))
}

#[derive(Deserialize)]
struct Case {
    id: String,
    #[serde(default)]
    url: String,
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
struct Newsroom {
    names: NameFinder,
    archive: Archive,
    stories: Stories,
    past: Past,
    now: Option<Timestamp>,
}

impl Newsroom {
    fn answer(&mut self, case: Case) -> Result<serde_json::Value, String> {
        let at = self.time_of(&case.published)?;
        self.stories.forget_opened_before(at.minus(Duration::from_secs(STORY_DAYS * 86_400)));
        let speaks_of = grouping::speaks_of(&case.title, &case.text, at);
        let page_key = Url::parse(&case.url).map(|url| page_key(&url, None)).unwrap_or_default();
        let mut fingerprint = self.fingerprint(&case);
        let entry = EntryId::from_stored(case.id);
        let mut candidates = self.archive.same_page(&page_key, SAME_PAGE);
        let alike = self.archive.candidates(&fingerprint, CANDIDATES).into_iter();
        let alike: Vec<_> = alike.filter(|found| !candidates.iter().any(|known| known.entry == found.entry)).collect();
        candidates.extend(alike);
        let known = Known { candidates: &candidates, stories: &self.stories, past: &self.past };
        let membership = grouping::assign(&entry, &fingerprint, at, known);
        match &membership.copy_of {
            Some(_) => self.stories.add_copy(&membership.story, at),
            None => self.stories.add(&membership.story, &fingerprint, at, at),
        }
        if grouping::opened(&entry, &membership.story) {
            self.past.add(&membership.story, &fingerprint, at);
        }
        fingerprint.shingles = grouping::samples_to_hold(&fingerprint, &candidates);
        let original = membership.copy_of.clone().unwrap_or_else(|| entry.clone());
        let placed = Candidate {
            entry: entry.clone(),
            original: original.clone(),
            story: membership.story.clone(),
            fingerprint,
            reported_at: at,
            same_page: false,
        };
        self.archive.add(placed, &page_key);
        Ok(json!({
            "id": entry,
            "dup_group": original,
            "story": membership.story,
            "score": membership.score,
            "reason": membership.reason,
            "related": membership.related,
            "speaks_of": speaks_of,
        }))
    }

    fn fingerprint(&self, case: &Case) -> Fingerprint {
        let mut fingerprint = grouping::fingerprint(&case.title, &case.text, &case.lang);
        let text = Text { title: &case.title, body: &case.text, source: "", lang: &case.lang };
        grouping::add_groups(&mut fingerprint, self.names.found(&text).into_iter());
        fingerprint
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
