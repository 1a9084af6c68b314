//! The articles of stories that still run, for `grouping` to place the next one.

use super::Store;
use super::error::StoreError;
use super::fingerprints::unpack;
use super::statement::binds;
use crate::model::id::{EntryId, StoryId};
use crate::model::story::Fingerprint;
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

/// Tells whether articles were compared since. How many there are since a time, and when the last one was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupedMark {
    pub articles: u64,
    pub last: Option<Timestamp>,
}

pub(super) const GROUPED: &str = "\
    SELECT article.entry_id AS entry_id, article.story_id AS story_id, article.copy_of AS copy_of,
        article.reported_at AS reported_at, article.grouped_at AS grouped_at,
        CASE WHEN article.copy_of = '' THEN article.fingerprint END AS fingerprint
    FROM article JOIN entry ON entry.id = article.entry_id
    WHERE article.grouped_at > 0 AND article.grouped_at >= $1
    ORDER BY article.grouped_at, entry.first_seen, article.entry_id";

pub(super) const MARK: &str = "\
    SELECT COUNT(*) AS articles, MAX(grouped_at) AS last FROM article WHERE grouped_at > 0 AND grouped_at >= $1";

impl Store {
    /// Articles compared since a time, in the order in which they were.
    pub async fn grouped_since(&self, since: Timestamp) -> Result<Vec<Grouped>, StoreError> {
        let rows = self.database().rows("reading the running stories", GROUPED, &binds![since]).await?;
        let grouped = rows.iter().map(|row| {
            Ok(Grouped {
                entry: EntryId::from_stored(row.text("entry_id")?),
                story: StoryId::from_stored(row.text("story_id")?),
                is_copy: !row.text("copy_of")?.is_empty(),
                reported_at: row.time("reported_at")?,
                grouped_at: row.time("grouped_at")?,
                fingerprint: unpack(&row.bytes_or_null("fingerprint")?.unwrap_or_default()),
            })
        });
        grouped.collect()
    }

    /// What tells whether [`Store::grouped_since`] would give something else than before.
    pub async fn grouped_mark(&self, since: Timestamp) -> Result<GroupedMark, StoreError> {
        let row = self.database().first("looking for new articles of stories", MARK, &binds![since]).await?;
        let Some(row) = row else { return Ok(GroupedMark::default()) };
        Ok(GroupedMark { articles: row.count("articles")?, last: row.time_or_null("last")? })
    }
}
