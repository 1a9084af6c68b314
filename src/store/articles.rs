//! Articles as they are stored, and which of them a new one may be a copy of.

use super::Store;
use super::error::StoreError;
use super::fingerprints::unpack;
use super::statement::{Bind, Row, binds};
use crate::model::article::{Article, ArticleKind};
use crate::model::id::{EntryId, StoryId};
use crate::model::story::Candidate;

/// Hashes that are looked up for one article at most.
const LOOKED_UP: usize = 2_000;

pub(super) const CANDIDATES: &str = "\
    SELECT entry.id AS id, article.original AS original, article.story_id AS story_id,
        article.fingerprint AS fingerprint, article.reported_at AS reported_at
    FROM (
        SELECT shingle.entry_seq AS entry_seq, COUNT(*) AS shared
        FROM shingle WHERE shingle.hash IN ({list})
        GROUP BY shingle.entry_seq ORDER BY COUNT(*) DESC, shingle.entry_seq LIMIT $2 + 0 + 1
    ) AS found
    JOIN entry ON entry.seq = found.entry_seq
    JOIN article ON article.entry_id = entry.id
    WHERE entry.id <> $1
    ORDER BY found.shared DESC, entry.seq LIMIT $2 + 0";

pub(super) const SAME_PAGE: &str = "\
    SELECT entry.id AS id, article.original AS original, article.story_id AS story_id,
        article.fingerprint AS fingerprint, article.reported_at AS reported_at
    FROM article JOIN entry ON entry.id = article.entry_id
    WHERE article.page_key = $1 AND article.page_key <> '' AND article.grouped_at > 0 AND article.entry_id <> $2
    ORDER BY entry.seq LIMIT $3 + 0";

impl Store {
    /// Compared articles whose page stands under this address, earliest first; not `entry` itself.
    pub async fn same_page(&self, entry: &EntryId, page_key: &str, limit: u32) -> Result<Vec<Candidate>, StoreError> {
        let rows =
            self.database().rows("looking for the same page", SAME_PAGE, &binds![page_key, entry, limit]).await?;
        let candidates = rows.iter().map(candidate);
        candidates.map(|found| found.map(|found| Candidate { same_page: true, ..found })).collect()
    }

    /// Articles that are held by some of these hashes, those by most first; not `entry` itself.
    pub async fn candidates(&self, entry: &EntryId, lookups: &[i64], limit: u32) -> Result<Vec<Candidate>, StoreError> {
        let shingles: Vec<Bind<'_>> = lookups.iter().take(LOOKED_UP).map(|hash| Bind::from(*hash)).collect();
        let fixed = binds![entry, limit];
        let rows = self.database().rows_in("looking for copies", CANDIDATES, &fixed, &shingles).await?;
        rows.iter().map(candidate).collect()
    }
}

fn candidate(row: &Row) -> Result<Candidate, StoreError> {
    Ok(Candidate {
        entry: EntryId::from_stored(row.text("id")?),
        original: EntryId::from_stored(row.text("original")?),
        story: StoryId::from_stored(row.text("story_id")?),
        fingerprint: unpack(&row.bytes("fingerprint")?),
        reported_at: row.time("reported_at")?,
        same_page: false,
    })
}

/// Columns `kind`, `title`, `blocks`, `byline`, `agency`, `published`, `lang`, `canonical`, `removed` and `cut` of the
/// table, and `outlet` as `article_outlet`.
pub(super) fn article(row: &Row) -> Result<Article, StoreError> {
    let kind = row.text("kind")?;
    let kinds = [ArticleKind::Page, ArticleKind::Feed, ArticleKind::Walled];
    Ok(Article {
        kind: kinds.into_iter().find(|known| kind_as_str(*known) == kind).ok_or_else(|| row.unreadable("kind"))?,
        title: row.text("title")?,
        blocks: row.json("blocks")?,
        byline: row.text("byline")?,
        outlet: row.text("article_outlet")?,
        agency: row.text("agency")?,
        published: row.time_or_null("published")?,
        lang: row.text("lang")?,
        canonical: row.url_or_empty("canonical")?,
        removed: row.json("removed")?,
        cut: row.flag("cut")?,
    })
}

pub(super) fn kind_as_str(kind: ArticleKind) -> &'static str {
    match kind {
        ArticleKind::Page => "page",
        ArticleKind::Feed => "feed",
        ArticleKind::Walled => "walled",
    }
}

pub(super) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("our types have text keys and cannot fail to serialise")
}
