//! The archive read from end to end, for trying a watch on it; and what watches asked for at other times.

use url::Url;

use super::Store;
use super::entries::feed_entry;
use super::error::StoreError;
use super::statement::{Row, binds};
use crate::model::entry::FeedEntry;
use crate::model::id::{EntryId, WatchId};
use crate::model::time::Timestamp;

/// An entry's text as it is kept.
#[derive(Clone, Debug)]
pub struct StoredText {
    /// Grows with the order in which entries came.
    pub seq: i64,
    pub entry: EntryId,
    pub first_seen: Timestamp,
    pub link: Option<Url>,
    /// Host of the link; of the feed where there is none.
    pub source: String,
    pub text: Kept,
}

#[derive(Clone, Debug)]
pub enum Kept {
    Article {
        title: String,
        body: String,
        lang: String,
    },
    /// No watch found it when its feed was first polled, so it was not cleaned. `lang_hint` is the feed's language, or
    /// empty.
    FeedText {
        given: Box<FeedEntry>,
        lang_hint: String,
    },
}

/// What a watch asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedRevision {
    pub watch: WatchId,
    pub revision: String,
    /// As written.
    pub query: String,
    /// With its name groups written out.
    pub meaning: String,
}

/// Kept texts of entries that meet a condition. What waits to be processed has no article yet.
macro_rules! texts {
    ($which:literal, $order:literal) => {
        concat!(
            "SELECT entry.seq AS seq, entry.id AS id, entry.first_seen AS first_seen, entry.link AS link,
                feed.url AS feed_url, feed.lang AS feed_lang, article.title AS headline, article.body AS body,
                article.lang AS article_lang, entry.entry_key AS entry_key, entry.published AS published,
                entry.updated AS updated, entry.lang AS lang, entry.guid AS guid, entry.title AS title,
                entry.author AS author,
                CASE WHEN article.body IS NULL THEN entry.summary ELSE '' END AS summary,
                CASE WHEN article.body IS NULL THEN entry.content ELSE '' END AS content
            FROM entry LEFT JOIN article ON article.entry_id = entry.id JOIN feed ON feed.id = entry.feed_id
            WHERE ",
            $which,
            " AND entry.kept AND (article.body IS NOT NULL OR entry.state = 'unmatched') ",
            $order
        )
    };
}

pub(super) const TEXTS: &str = texts!("entry.seq > $1 AND entry.first_seen >= $2", "ORDER BY entry.seq LIMIT $3 + 0");

pub(super) const RECENT_TEXTS: &str =
    texts!("(entry.first_seen, entry.seq) < ($1, $2)", "ORDER BY entry.first_seen DESC, entry.seq DESC LIMIT $3 + 0");

const USE_REVISIONS: &str = "\
    INSERT INTO watch_revision (watch_id, revision, query, meaning, first_used, last_used) VALUES {rows}
    ON CONFLICT (watch_id, revision) DO UPDATE SET last_used = excluded.last_used";

pub(super) const OTHER_REVISION: &str = "\
    SELECT watch_id, revision, query, meaning FROM watch_revision WHERE watch_id = $1 AND revision <> $2
    ORDER BY last_used DESC, first_used DESC";

impl Store {
    /// Articles first seen since `since`, in the order they came, from the one after `after` (0: from the first).
    pub async fn texts(&self, since: Timestamp, after: i64, limit: u32) -> Result<Vec<StoredText>, StoreError> {
        let rows = self.database().rows("reading the archive", TEXTS, &binds![after, since, limit]).await?;
        rows.iter().map(text).collect()
    }

    /// The newest articles, newest first; those before the one of this `first_seen` and `seq`.
    pub async fn recent_texts(
        &self,
        before: Option<(Timestamp, i64)>,
        limit: u32,
    ) -> Result<Vec<StoredText>, StoreError> {
        let (seen, seq) = before.map_or((i64::MAX, i64::MAX), |(seen, seq)| (seen.as_millis(), seq));
        let rows = self.database().rows("reading the newest articles", RECENT_TEXTS, &binds![seen, seq, limit]).await?;
        rows.iter().map(text).collect()
    }

    /// Keeps what the watches ask for now.
    pub async fn use_revisions(&self, used: &[UsedRevision], now: Timestamp) -> Result<(), StoreError> {
        let mut writer = self.database().writer("keeping what the watches ask for").await?;
        let mut tx = writer.begin().await?;
        let row = |used: &UsedRevision| {
            let UsedRevision { watch, revision, query, meaning } = used.clone();
            binds![watch.as_str().to_owned(), revision, query, meaning, now, now]
        };
        let rows: Vec<_> = used.iter().map(row).collect();
        tx.rows_of(USE_REVISIONS, &rows).await?;
        tx.commit().await
    }

    /// What the watch asked for last, apart from `revision`.
    pub async fn other_revision(&self, watch: &WatchId, revision: &str) -> Result<Option<UsedRevision>, StoreError> {
        let binds = binds![watch, revision];
        let row = self.database().first("looking up what a watch asked for", OTHER_REVISION, &binds).await?;
        let used = |row: Row| -> Result<UsedRevision, StoreError> {
            Ok(UsedRevision {
                watch: WatchId::from_stored(row.text("watch_id")?),
                revision: row.text("revision")?,
                query: row.text("query")?,
                meaning: row.text("meaning")?,
            })
        };
        row.map(used).transpose()
    }
}

fn text(row: &Row) -> Result<StoredText, StoreError> {
    let link = row.url_or_empty("link")?;
    let feed = row.url("feed_url")?;
    let source = link.as_ref().unwrap_or(&feed).host_str().unwrap_or_default().to_owned();
    let text = match row.text_or_null("body")? {
        Some(body) => Kept::Article { title: row.text("headline")?, body, lang: row.text("article_lang")? },
        None => Kept::FeedText { given: Box::new(feed_entry(row)?), lang_hint: row.text("feed_lang")? },
    };
    Ok(StoredText {
        seq: row.int("seq")?,
        entry: EntryId::from_stored(row.text("id")?),
        first_seen: row.time("first_seen")?,
        link,
        source,
        text,
    })
}
