//! The articles of stories that still run, for `grouping` to place the next one.

use super::Store;
use super::error::StoreError;
use super::fingerprints::unpack;
use super::statement::{Row, binds};
use crate::model::id::{EntryId, StoryId};
use crate::model::story::{Fingerprint, Related, Relation};
use crate::model::time::Timestamp;

/// An article that was compared with others.
#[derive(Clone, Debug, PartialEq)]
pub struct Grouped {
    pub entry: EntryId,
    pub story: StoryId,
    pub is_copy: bool,
    /// When it was reported, as far as its outlet's word can be taken.
    pub reported_at: Timestamp,
    /// When it was compared.
    pub grouped_at: Timestamp,
    /// Empty for a copy: its words are its original's.
    pub fingerprint: Fingerprint,
}

/// Tells whether articles were compared since. How many there are since a time, when the last one was, and when a person
/// last put one elsewhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupedMark {
    pub articles: u64,
    pub last: Option<Timestamp>,
    pub placed: Option<Timestamp>,
}

pub(super) const GROUPED: &str = "\
    SELECT article.entry_id AS entry_id, article.story_id AS story_id, article.copy_of AS copy_of,
        article.reported_at AS reported_at, article.grouped_at AS grouped_at,
        CASE WHEN article.copy_of = '' THEN article.fingerprint END AS fingerprint
    FROM article JOIN entry ON entry.id = article.entry_id
    WHERE article.grouped_at > 0 AND article.grouped_at >= $1
    ORDER BY article.grouped_at, entry.first_seen, article.entry_id";

pub(super) const MARK: &str = "\
    SELECT COUNT(*) AS articles, MAX(grouped_at) AS last,
        (SELECT MAX(placed_at) FROM article WHERE placed_at > 0) AS placed
    FROM article WHERE grouped_at > 0 AND grouped_at >= $1";

/// The reports that opened stories: they joined nothing, so they have no score.
pub(super) const OPENINGS: &str = "\
    SELECT article.entry_id AS entry_id, article.story_id AS story_id, article.copy_of AS copy_of,
        article.reported_at AS reported_at, article.grouped_at AS grouped_at, article.fingerprint AS fingerprint
    FROM article JOIN entry ON entry.id = article.entry_id
    WHERE article.grouped_at > 0 AND article.grouped_at >= $1 AND article.copy_of = '' AND article.score = 0
    ORDER BY article.grouped_at DESC, entry.first_seen DESC, article.entry_id DESC LIMIT $2 + 0";

/// Stories by their last article, from the last articles compared.
pub(super) const LIST: &str = "\
    SELECT story_id, MAX(grouped_at) AS last, COUNT(*) AS articles FROM (
        SELECT story_id, grouped_at FROM article WHERE grouped_at > 0 ORDER BY grouped_at DESC LIMIT 20000 + 0) AS recent
    GROUP BY story_id HAVING COUNT(*) >= $1 ORDER BY MAX(grouped_at) DESC, story_id LIMIT $2 + 0";

pub(super) const MEMBERS: &str = "SELECT story_id FROM article WHERE entry_id = $1 AND grouped_at > 0";

pub(super) const MEMBERS_OF: &str = "\
    SELECT article.story_id AS story_id, article.entry_id AS entry_id, article.copy_of AS copy_of,
        article.score AS score, article.reason AS reason, article.related AS related,
        article.related_reason AS related_reason, article.placed_at AS placed_at, article.title AS title,
        feed.outlet AS outlet, entry.first_seen AS first_seen
    FROM article JOIN entry ON entry.id = article.entry_id JOIN feed ON feed.id = entry.feed_id
    WHERE article.grouped_at > 0 AND article.story_id IN ({list}) ORDER BY entry.first_seen, entry.seq";

impl Store {
    /// Articles compared since a time, in the order in which they were.
    pub async fn grouped_since(&self, since: Timestamp) -> Result<Vec<Grouped>, StoreError> {
        let rows = self.database().rows("reading the running stories", GROUPED, &binds![since]).await?;
        rows.iter().map(grouped).collect()
    }

    /// The last reports that opened stories since a time, in the order in which they were compared.
    pub async fn openings_since(&self, since: Timestamp, limit: u32) -> Result<Vec<Grouped>, StoreError> {
        let rows = self.database().rows("reading the past stories", OPENINGS, &binds![since, limit]).await?;
        rows.iter().rev().map(grouped).collect()
    }

    /// What tells whether [`Store::grouped_since`] would give something else than before.
    pub async fn grouped_mark(&self, since: Timestamp) -> Result<GroupedMark, StoreError> {
        let row = self.database().first("looking for new articles of stories", MARK, &binds![since]).await?;
        let Some(row) = row else { return Ok(GroupedMark::default()) };
        Ok(GroupedMark {
            articles: row.count("articles")?,
            last: row.time_or_null("last")?,
            placed: row.time_or_null("placed")?,
        })
    }
}

fn grouped(row: &Row) -> Result<Grouped, StoreError> {
    Ok(Grouped {
        entry: EntryId::from_stored(row.text("entry_id")?),
        story: StoryId::from_stored(row.text("story_id")?),
        is_copy: !row.text("copy_of")?.is_empty(),
        reported_at: row.time("reported_at")?,
        grouped_at: row.time("grouped_at")?,
        fingerprint: unpack(&row.bytes_or_null("fingerprint")?.unwrap_or_default()),
    })
}

/// Columns `related`, `relation`, `related_score` and `related_reason` of an article.
pub(super) fn related(row: &Row) -> Result<Option<Related>, StoreError> {
    let relation = match row.text("relation")?.as_str() {
        "follow_up" => Relation::FollowUp,
        "possible" => Relation::Possible,
        _ => return Ok(None),
    };
    Ok(Some(Related {
        relation,
        story: StoryId::from_stored(row.text("related")?),
        score: row.float("related_score")?,
        reason: row.text("related_reason")?,
    }))
}
