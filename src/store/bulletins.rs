//! A watch's newest hits, for its bulletin.

use super::Store;
use super::error::StoreError;
use super::statement::{Row, binds};
use crate::model::bulletin::BulletinHit;
use crate::model::id::{EntryId, WatchId};
use crate::model::time::Timestamp;
use crate::model::watch::Hit;

pub(super) const NEWEST: &str = "SELECT MAX(found_at) AS at FROM hit WHERE watch_id = $1 AND taken_by = ''";

/// Without copies of what the watch had found before.
pub(super) const HITS: &str = "\
    SELECT hit.entry_id AS entry_id, hit.found_at AS found_at, hit.detail AS detail, feed.outlet AS outlet,
        entry.link AS link, entry.title AS title, entry.first_seen AS first_seen, article.title AS headline,
        article.lang AS lang, article.published AS published
    FROM hit
    JOIN entry ON entry.id = hit.entry_id
    JOIN feed ON feed.id = entry.feed_id
    JOIN article ON article.entry_id = hit.entry_id
    WHERE hit.watch_id = $1 AND hit.taken_by = ''
    AND NOT EXISTS (
        SELECT 1 FROM article AS twin JOIN hit AS earlier ON earlier.entry_id = twin.entry_id
        WHERE twin.original = article.original AND earlier.watch_id = hit.watch_id AND earlier.taken_by = ''
            AND (earlier.found_at < hit.found_at
                OR (earlier.found_at = hit.found_at AND earlier.entry_id < hit.entry_id)))
    ORDER BY hit.found_at DESC, hit.entry_id LIMIT $2 + 0";

impl Store {
    /// When the watch last found something; `None`: never. Cheap: what changes with a bulletin.
    pub async fn newest_hit_at(&self, watch: &WatchId) -> Result<Option<Timestamp>, StoreError> {
        let row = self.database().first("looking for a new hit", NEWEST, &binds![watch]).await?;
        row.map_or(Ok(None), |row| row.time_or_null("at"))
    }

    /// The watch's hits, newest first, each text once.
    pub async fn newest_hits(&self, watch: &WatchId, limit: u32) -> Result<Vec<BulletinHit>, StoreError> {
        let rows = self.database().rows("reading a watch's hits", HITS, &binds![watch, limit]).await?;
        rows.iter().map(bulletin_hit).collect()
    }
}

fn bulletin_hit(row: &Row) -> Result<BulletinHit, StoreError> {
    let hit: Hit = row.json("detail")?;
    let (headline, title) = (row.text("headline")?, row.text("title")?);
    Ok(BulletinHit {
        entry: EntryId::from_stored(row.text("entry_id")?),
        outlet: row.text("outlet")?,
        link: row.url_or_empty("link")?,
        headline: if headline.is_empty() { title } else { headline },
        lang: row.text("lang")?,
        sentence: hit.sentence,
        terms: hit.terms,
        first_seen: row.time("first_seen")?,
        found_at: row.time("found_at")?,
        dated: row.time_or_null("published")?,
    })
}
