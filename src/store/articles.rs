//! Articles: what processing an entry found, and who is owed a report because of it.

use url::Url;

use super::Store;
use super::database::Tx;
use super::error::StoreError;
use super::statement::{Bind, Row, binds, or_empty};
use crate::model::article::{Article, ArticleKind};
use crate::model::entry::EntryState;
use crate::model::id::{EntryId, RecipientId, StoryId};
use crate::model::lease::Lease;
use crate::model::story::{Candidate, Fingerprint, Membership};
use crate::model::time::Timestamp;
use crate::model::watch::Hit;

/// The raw answer to a page request, kept for evidence.
#[derive(Clone, Debug)]
pub struct RawPage {
    pub url: Url,
    pub status: u16,
    /// Response headers, `name: value` lines.
    pub headers: String,
    pub sha256: String,
    /// gzip of the body as received (after transfer decoding); see [`super::gzip`].
    pub body_gzip: Vec<u8>,
    pub fetched_at: Timestamp,
}

/// What processing one entry left; committed in one transaction.
#[derive(Clone, Debug)]
pub struct ProcessedEntry {
    pub entry: EntryId,
    pub lease: Lease,
    pub at: Timestamp,
    pub page: Option<RawPage>,
    pub article: Article,
    pub fingerprint: Fingerprint,
    pub membership: Membership,
    pub hits: Vec<Hit>,
    /// Recipients who follow a watch that was hit; each is owed the report once. Empty for a baseline entry.
    pub owed_to: Vec<Owed>,
    pub state: EntryState,
    pub page_tries: u32,
    /// Why the page was not read; empty if it was.
    pub page_error: String,
}

/// A recipient who is owed a report, and when their digest is due because of it.
#[derive(Clone, Debug)]
pub struct Owed {
    pub recipient: RecipientId,
    /// Brings the recipient's next digest forward to this, never back.
    pub due: Timestamp,
}

/// Shingles of one article that are looked up at most; the smallest, so that two texts give up the same ones.
const SHINGLES_LOOKED_UP: usize = 2_000;

const CANDIDATES: &str = "\
    SELECT entry.id AS id, article.original AS original, article.story_id AS story_id,
        article.fingerprint AS fingerprint
    FROM (SELECT entry_seq, COUNT(*) AS shared FROM shingle WHERE hash IN ({list}) GROUP BY entry_seq) AS found
    JOIN entry ON entry.seq = found.entry_seq
    JOIN article ON article.entry_id = entry.id
    WHERE entry.first_seen >= $1 AND entry.id <> $2
    ORDER BY found.shared DESC, entry.seq LIMIT $3";

const SETTLE: &str = "\
    UPDATE entry SET state = $3, state_note = $4, due = $5, lease_token = $6, lease_until = $7, attempts = 0,
        page_tries = $8, page_error = $9
    WHERE id = $1 AND lease_token = $2 AND lease_token <> '' RETURNING seq";

const STORE_PAGE: &str = "\
    INSERT INTO page (entry_id, url, status, headers, sha256, bytes, fetched_at, kept, body_gzip)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    ON CONFLICT (entry_id) DO UPDATE SET url = excluded.url, status = excluded.status, headers = excluded.headers,
        sha256 = excluded.sha256, bytes = excluded.bytes, fetched_at = excluded.fetched_at, kept = excluded.kept,
        body_gzip = excluded.body_gzip";

const STORED: &str = "SELECT original, fingerprint FROM article WHERE entry_id = $1";

/// Somebody was told of this article, or of one with its text under its name.
const IS_TOLD_OF: &str = "SELECT original FROM report WHERE original = $1 LIMIT 1";

const STORE_ARTICLE: &str = "\
    INSERT INTO article (entry_id, original, story_id, copy_of, score, reason, checked_at, updated_at, kind, published,
        lang, canonical, cut, title, byline, fingerprint, blocks, removed, body)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
    ON CONFLICT (entry_id) DO UPDATE SET original = excluded.original, story_id = excluded.story_id,
        copy_of = excluded.copy_of, score = excluded.score, reason = excluded.reason,
        updated_at = excluded.updated_at, kind = excluded.kind, published = excluded.published, lang = excluded.lang,
        canonical = excluded.canonical, cut = excluded.cut, title = excluded.title, byline = excluded.byline,
        fingerprint = excluded.fingerprint, blocks = excluded.blocks, removed = excluded.removed, body = excluded.body";

pub(super) const FORGET_SHINGLES: &str = "DELETE FROM shingle WHERE entry_seq = $1 AND hash IN ({list})";
const STORE_SHINGLES: &str = "INSERT INTO shingle (hash, entry_seq) VALUES {rows} ON CONFLICT DO NOTHING";

const FORGET_HITS: &str = "DELETE FROM hit WHERE entry_id = $1";
const STORE_HITS: &str = "\
    INSERT INTO hit (entry_id, watch_id, place, found_at, detail) VALUES {rows} ON CONFLICT DO NOTHING";

/// Once for all copies (the key), and once for this article if it was taken for another's copy only later.
const OWE: &str = "\
    INSERT INTO report (recipient_id, original, entry_id, queued_at, due)
    SELECT $1, $2, $3, $4, $5
    WHERE NOT EXISTS (SELECT 1 FROM report WHERE recipient_id = $1 AND entry_id = $3)
    ON CONFLICT DO NOTHING RETURNING recipient_id";

/// Written even where nothing changes: a digest that is being committed waits for this row, and then sees the report.
const BRING_FORWARD: &str =
    "UPDATE recipient SET next_due = CASE WHEN next_due > $2 THEN $2 ELSE next_due END WHERE id = $1";

impl Store {
    /// Articles first seen since `since` that share shingles with the fingerprint, most shared first; not `entry` itself.
    pub async fn candidates(
        &self,
        entry: &EntryId,
        fingerprint: &Fingerprint,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Candidate>, StoreError> {
        let looked_up = fingerprint.shingles.iter().take(SHINGLES_LOOKED_UP);
        let shingles: Vec<Bind<'_>> = looked_up.map(|shingle| Bind::from(*shingle)).collect();
        let fixed = binds![since, entry, limit];
        let rows = self.database().rows_in("looking for copies", CANDIDATES, &fixed, &shingles).await?;
        rows.iter().map(candidate).collect()
    }

    /// Stores articles with all that follows from them, together. False for one whose lease was lost: nothing of it
    /// was stored.
    ///
    /// An entry that was processed before is brought up to date, and nobody is told of it twice.
    pub async fn commit_processed(&self, batch: &[ProcessedEntry]) -> Result<Vec<bool>, StoreError> {
        let mut writer = self.database().writer("storing articles").await?;
        let mut tx = writer.begin().await?;
        let mut stored = Vec::with_capacity(batch.len());
        for processed in batch {
            stored.push(store_processed(&mut tx, processed).await?);
        }
        tx.commit().await?;
        Ok(stored)
    }
}

async fn store_processed(tx: &mut Tx<'_>, processed: &ProcessedEntry) -> Result<bool, StoreError> {
    let Some(held) = settle(tx, processed).await? else {
        return Ok(false);
    };
    let seq = held.int("seq")?;
    if let Some(page) = &processed.page {
        store_page(tx, &processed.entry, page).await?;
    }
    let stored = tx.first(STORED, &binds![&processed.entry]).await?;
    let original = original(tx, processed, stored.is_some()).await?;
    store_article(tx, processed, &original).await?;
    let old = stored.map(|row| row.bytes("fingerprint").map(|bytes| unpack(&bytes))).transpose()?;
    store_shingles(tx, seq, &old.unwrap_or_default(), &processed.fingerprint).await?;
    store_hits(tx, processed).await?;
    owe(tx, processed, &original).await?;
    Ok(true)
}

async fn settle(tx: &mut Tx<'_>, processed: &ProcessedEntry) -> Result<Option<Row>, StoreError> {
    let (state, note, due) = match &processed.state {
        EntryState::Pending { due } => ("pending", "", *due),
        EntryState::Leased { .. } => ("pending", "", processed.at),
        EntryState::Matched => ("matched", "", processed.at),
        EntryState::Unmatched => ("unmatched", "", processed.at),
        EntryState::Duplicate { of } => ("duplicate", of.as_str(), processed.at),
        EntryState::Abandoned { reason } => ("abandoned", reason.as_str(), processed.at),
    };
    let (token, until) = match &processed.state {
        EntryState::Leased { until } => (processed.lease.token.as_str(), *until),
        _ => ("", Timestamp::EPOCH),
    };
    let token_held = &processed.lease.token;
    let (tries, error) = (processed.page_tries, &processed.page_error);
    tx.first(SETTLE, &binds![&processed.entry, token_held, state, note, due, token, until, tries, error]).await
}

async fn store_page(tx: &mut Tx<'_>, entry: &EntryId, page: &RawPage) -> Result<(), StoreError> {
    let kept = !page.body_gzip.is_empty();
    let (status, bytes) = (u32::from(page.status), unpacked_bytes(&page.body_gzip));
    let binds =
        binds![entry, &page.url, status, &page.headers, &page.sha256, bytes, page.fetched_at, kept, &page.body_gzip];
    tx.change(STORE_PAGE, &binds).await.map(|_| ())
}

/// gzip ends with the length of what it holds (RFC 1952 §2.3.1).
fn unpacked_bytes(gzip: &[u8]) -> u32 {
    gzip.last_chunk().map_or(0, |length| u32::from_le_bytes(*length))
}

/// The first article of the copies this one belongs to. One that was told of under its own name keeps it: its later
/// copies must find the report.
async fn original(tx: &mut Tx<'_>, processed: &ProcessedEntry, known: bool) -> Result<EntryId, StoreError> {
    let own = processed.entry.clone();
    let Some(copied) = &processed.membership.copy_of else {
        return Ok(own);
    };
    if *copied == own || (known && tx.first(IS_TOLD_OF, &binds![&own]).await?.is_some()) {
        return Ok(own);
    }
    match tx.first(STORED, &binds![copied]).await? {
        Some(row) => row.text("original").map(EntryId::from_stored),
        None => Ok(copied.clone()),
    }
}

async fn store_article(tx: &mut Tx<'_>, processed: &ProcessedEntry, original: &EntryId) -> Result<(), StoreError> {
    let (article, membership) = (&processed.article, &processed.membership);
    let fingerprint = pack(&processed.fingerprint);
    let binds = binds![
        &processed.entry,
        original,
        &membership.story,
        membership.copy_of.as_ref().map_or("", EntryId::as_str),
        membership.score,
        &membership.reason,
        processed.at,
        kind_as_str(article.kind),
        article.published,
        &article.lang,
        or_empty(article.canonical.as_ref()),
        article.cut,
        &article.title,
        &article.byline,
        &fingerprint,
        json(&article.blocks),
        json(&article.removed),
        article.body()
    ];
    tx.change(STORE_ARTICLE, &binds).await.map(|_| ())
}

async fn store_shingles(tx: &mut Tx<'_>, seq: i64, old: &Fingerprint, new: &Fingerprint) -> Result<(), StoreError> {
    if old == new {
        return Ok(());
    }
    let gone: Vec<Bind<'_>> = old.shingles.iter().map(|shingle| Bind::from(*shingle)).collect();
    tx.change_in(FORGET_SHINGLES, &binds![seq], &gone).await?;
    let rows: Vec<_> = new.shingles.iter().map(|shingle| binds![*shingle, seq]).collect();
    tx.rows_of(STORE_SHINGLES, &rows).await.map(|_| ())
}

async fn store_hits(tx: &mut Tx<'_>, processed: &ProcessedEntry) -> Result<(), StoreError> {
    tx.change(FORGET_HITS, &binds![&processed.entry]).await?;
    let rows: Vec<_> = processed
        .hits
        .iter()
        .zip(0u32..)
        .map(|(hit, place)| binds![&processed.entry, &hit.watch, place, processed.at, json(hit)])
        .collect();
    tx.rows_of(STORE_HITS, &rows).await.map(|_| ())
}

/// In the order of their ids, so that two machines wait for each other instead of for ever.
async fn owe(tx: &mut Tx<'_>, processed: &ProcessedEntry, original: &EntryId) -> Result<(), StoreError> {
    let mut owed_to: Vec<&Owed> = processed.owed_to.iter().collect();
    owed_to.sort_by(|a, b| (&a.recipient, a.due).cmp(&(&b.recipient, b.due)));
    owed_to.dedup_by(|later, first| later.recipient == first.recipient);
    for owed in owed_to {
        let report = binds![&owed.recipient, original, &processed.entry, processed.at, owed.due];
        if tx.first(OWE, &report).await?.is_some() {
            tx.change(BRING_FORWARD, &binds![&owed.recipient, owed.due]).await?;
        }
    }
    Ok(())
}

fn candidate(row: &Row) -> Result<Candidate, StoreError> {
    Ok(Candidate {
        entry: EntryId::from_stored(row.text("id")?),
        original: EntryId::from_stored(row.text("original")?),
        story: StoryId::from_stored(row.text("story_id")?),
        fingerprint: unpack(&row.bytes("fingerprint")?),
    })
}

/// Columns `kind`, `title`, `blocks`, `byline`, `published`, `lang`, `canonical`, `removed` and `cut` of the table.
pub(super) fn article(row: &Row) -> Result<Article, StoreError> {
    let kind = row.text("kind")?;
    let kinds = [ArticleKind::Page, ArticleKind::Feed, ArticleKind::Walled];
    Ok(Article {
        kind: kinds.into_iter().find(|known| kind_as_str(*known) == kind).ok_or_else(|| row.unreadable("kind"))?,
        title: row.text("title")?,
        blocks: row.json("blocks")?,
        byline: row.text("byline")?,
        published: row.time_or_null("published")?,
        lang: row.text("lang")?,
        canonical: row.url_or_empty("canonical")?,
        removed: row.json("removed")?,
        cut: row.flag("cut")?,
    })
}

fn kind_as_str(kind: ArticleKind) -> &'static str {
    match kind {
        ArticleKind::Page => "page",
        ArticleKind::Feed => "feed",
        ArticleKind::Walled => "walled",
    }
}

pub(super) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("our types have text keys and cannot fail to serialise")
}

fn pack(fingerprint: &Fingerprint) -> Vec<u8> {
    fingerprint.shingles.iter().flat_map(|shingle| shingle.to_be_bytes()).collect()
}

pub(super) fn unpack(bytes: &[u8]) -> Fingerprint {
    let (shingles, _) = bytes.as_chunks::<8>();
    Fingerprint { shingles: shingles.iter().map(|shingle| i64::from_be_bytes(*shingle)).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_the_same_after_packing() {
        let fingerprint = Fingerprint { shingles: vec![i64::MIN, -1, 0, 7, i64::MAX] };
        assert_eq!(unpack(&pack(&fingerprint)), fingerprint);
    }

    #[test]
    fn a_gzip_tells_the_length_of_what_it_holds() {
        assert_eq!(unpacked_bytes(&super::super::gzip(&[b'x'; 70_000])), 70_000);
        assert_eq!(unpacked_bytes(b""), 0);
    }
}
