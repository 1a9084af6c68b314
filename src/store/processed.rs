//! What processing entries found: articles, hits, and who is owed a report because of it.

use std::collections::{HashMap, HashSet};

use url::Url;

use super::Store;
use super::articles::{json, kind_as_str};
use super::asides::{self, OwedAside};
use super::database::Tx;
use super::error::StoreError;
use super::fingerprints::{pack, unpack};
use super::owed::{Owed, owe, store_postscripts};
use super::statement::{Bind, binds, or_empty};
use crate::model::article::Article;
use crate::model::entry::EntryState;
use crate::model::id::EntryId;
use crate::model::lease::Lease;
use crate::model::story::{Fingerprint, Membership, Relation};
use crate::model::time::Timestamp;
use crate::model::watch::{Aside, Hit};

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
    /// When it was reported, as far as its outlet's word can be taken.
    pub reported_at: Timestamp,
    /// It was compared with others; what no watch matched is not.
    pub grouped: bool,
    /// The address of its page as other feeds share it; empty: it has none.
    pub page_key: String,
    /// The date that its text speaks of, in words, where that is much older than the one it bears; else empty.
    pub speaks_of: String,
    pub hits: Vec<Hit>,
    /// Of other watches than the hits'.
    pub asides: Vec<Aside>,
    pub asides_owed: Vec<OwedAside>,
    /// Recipients who follow a watch that was hit; each is owed the report once. Empty for a baseline entry.
    pub owed_to: Vec<Owed>,
    pub state: EntryState,
    pub page_tries: u32,
    /// Why the page was not read; empty if it was.
    pub page_error: String,
}

const SETTLE: &str = "\
    WITH done (id, held, state, state_note, due, token, until, page_tries, page_error) AS (VALUES {rows})
    UPDATE entry SET state = done.state, state_note = done.state_note, due = done.due, lease_token = done.token,
        lease_until = done.until, attempts = 0, page_tries = done.page_tries, page_error = done.page_error
    FROM done WHERE entry.id = done.id AND entry.lease_token = done.held AND entry.lease_token <> ''
    RETURNING entry.id AS id, entry.seq AS seq";

const STORE_PAGES: &str = "\
    INSERT INTO page (entry_id, url, status, headers, sha256, bytes, fetched_at, kept, body_gzip) VALUES {rows}
    ON CONFLICT (entry_id) DO UPDATE SET url = excluded.url, status = excluded.status, headers = excluded.headers,
        sha256 = excluded.sha256, bytes = excluded.bytes, fetched_at = excluded.fetched_at, kept = excluded.kept,
        body_gzip = excluded.body_gzip";

pub(super) const STORED: &str =
    "SELECT entry_id, original, fingerprint, placed_at FROM article WHERE entry_id IN ({list})";

/// Articles that somebody was told of under their own name.
pub(super) const TOLD_OF: &str = "SELECT DISTINCT original FROM report WHERE original IN ({list})";

/// `checked_at` is from the first time, and stays; so does the place that a person gave it.
const STORE_ARTICLES: &str = "\
    INSERT INTO article (entry_id, original, story_id, copy_of, score, reason, checked_at, updated_at, kind, published,
        lang, canonical, cut, title, byline, fingerprint, blocks, removed, body, grouped_at, reported_at, news, outlet,
        agency, related, relation, related_score, related_reason, speaks_of, page_key)
    VALUES {rows}
    ON CONFLICT (entry_id) DO UPDATE SET original = excluded.original,
        story_id = CASE WHEN article.placed_at > 0 THEN article.story_id ELSE excluded.story_id END,
        copy_of = CASE WHEN article.placed_at > 0 THEN article.copy_of ELSE excluded.copy_of END,
        score = CASE WHEN article.placed_at > 0 THEN article.score ELSE excluded.score END,
        reason = CASE WHEN article.placed_at > 0 THEN article.reason ELSE excluded.reason END,
        related = CASE WHEN article.placed_at > 0 THEN article.related ELSE excluded.related END,
        relation = CASE WHEN article.placed_at > 0 THEN article.relation ELSE excluded.relation END,
        related_score = excluded.related_score, related_reason = excluded.related_reason,
        updated_at = excluded.updated_at, kind = excluded.kind, published = excluded.published, lang = excluded.lang,
        canonical = excluded.canonical, cut = excluded.cut, title = excluded.title, byline = excluded.byline,
        fingerprint = excluded.fingerprint, blocks = excluded.blocks, removed = excluded.removed, body = excluded.body,
        grouped_at = excluded.grouped_at, reported_at = excluded.reported_at, news = excluded.news,
        outlet = excluded.outlet, agency = excluded.agency,
        speaks_of = excluded.speaks_of, page_key = excluded.page_key";

pub(super) const FORGET_SHINGLES: &str = "DELETE FROM shingle WHERE entry_seq = $1 AND hash IN ({list})";
const STORE_SHINGLES: &str = "INSERT INTO shingle (hash, entry_seq) VALUES {rows} ON CONFLICT DO NOTHING";

pub(super) const FORGET_HITS: &str = "DELETE FROM hit WHERE entry_id IN ({list})";
const STORE_HITS: &str = "\
    INSERT INTO hit (entry_id, watch_id, place, found_at, detail, taken_by) VALUES {rows} ON CONFLICT DO NOTHING";

impl Store {
    /// Stores an article with all that follows from it. False: the lease was lost and nothing was stored.
    ///
    /// An entry that was processed before is brought up to date, and nobody is told of it twice.
    pub async fn commit_processed(&self, processed: &ProcessedEntry) -> Result<bool, StoreError> {
        let stored = self.commit_all_processed(std::slice::from_ref(processed)).await?;
        Ok(stored == [true])
    }

    /// As [`Store::commit_processed`] for several entries, each stored or not by its own lease, in one transaction.
    pub async fn commit_all_processed(&self, all: &[ProcessedEntry]) -> Result<Vec<bool>, StoreError> {
        let mut writer = self.database().writer("storing articles").await?;
        let mut tx = writer.begin().await?;
        let mut seqs = settle(&mut tx, all).await?;
        // Each entry once: the second of two would have no lease left.
        let held: Vec<Option<Held<'_>>> =
            all.iter().map(|processed| Some(Held { processed, seq: seqs.remove(processed.entry.as_str())? })).collect();
        let stored = held.iter().map(Option::is_some).collect();
        let held: Vec<Held<'_>> = held.into_iter().flatten().collect();
        let known = known(&mut tx, &held).await?;
        let originals = originals(&mut tx, &held, &known).await?;
        store_pages(&mut tx, &held).await?;
        store_articles(&mut tx, &held, &originals).await?;
        store_shingles(&mut tx, &held, &known).await?;
        store_hits(&mut tx, &held, &known).await?;
        store_postscripts(&mut tx, &held, &originals).await?;
        owe(&mut tx, &held, &originals, &known).await?;
        asides::owe(&mut tx, held.iter().map(|held| held.processed)).await?;
        tx.commit().await?;
        Ok(stored)
    }
}

/// An entry whose lease was held, with its short name.
pub(super) struct Held<'p> {
    pub(super) processed: &'p ProcessedEntry,
    pub(super) seq: i64,
}

/// An article as it was stored before.
pub(super) struct Known {
    original: EntryId,
    fingerprint: Fingerprint,
    /// A person put it where it stands.
    placed: bool,
}

pub(super) type KnownArticles = HashMap<String, Known>;

/// Moves the entries on; returns the short names of those whose lease was held.
async fn settle(tx: &mut Tx<'_>, all: &[ProcessedEntry]) -> Result<HashMap<String, i64>, StoreError> {
    let rows: Vec<_> = all.iter().map(settled_row).collect();
    let mut seqs = HashMap::new();
    for row in tx.rows_of(SETTLE, &rows).await? {
        seqs.insert(row.text("id")?, row.int("seq")?);
    }
    Ok(seqs)
}

fn settled_row(processed: &ProcessedEntry) -> [Bind<'_>; 9] {
    let held = &processed.lease.token;
    let (state, note, due) = match &processed.state {
        EntryState::Pending { due } => ("pending", "", *due),
        EntryState::Leased { .. } => ("pending", "", processed.at),
        EntryState::Matched => ("matched", "", processed.at),
        EntryState::Unmatched => ("unmatched", "", processed.at),
        EntryState::Duplicate { of } => ("duplicate", of.as_str(), processed.at),
        EntryState::Abandoned { reason } => ("abandoned", reason.as_str(), processed.at),
    };
    let (token, until) = match &processed.state {
        EntryState::Leased { until } => (held.as_str(), *until),
        _ => ("", Timestamp::EPOCH),
    };
    binds![&processed.entry, held, state, note, due, token, until, processed.page_tries, &processed.page_error]
}

/// What is stored of these articles, and of those they copy.
async fn known(tx: &mut Tx<'_>, held: &[Held<'_>]) -> Result<KnownArticles, StoreError> {
    let own = held.iter().map(|held| &held.processed.entry);
    let copied = held.iter().filter_map(|held| held.processed.membership.copy_of.as_ref());
    let wanted: HashSet<&EntryId> = own.chain(copied).collect();
    let list: Vec<Bind<'_>> = wanted.into_iter().map(Bind::from).collect();
    let mut known = HashMap::new();
    for row in tx.rows_in(STORED, &[], &list).await? {
        let original = EntryId::from_stored(row.text("original")?);
        let article = Known {
            original,
            fingerprint: unpack(&row.bytes("fingerprint")?),
            placed: row.time("placed_at")? > Timestamp::EPOCH,
        };
        known.insert(row.text("entry_id")?, article);
    }
    Ok(known)
}

/// The first article of the copies that each belongs to, in order. One that was told of under its own name keeps it:
/// its later copies must find the report.
async fn originals(tx: &mut Tx<'_>, held: &[Held<'_>], known: &KnownArticles) -> Result<Vec<EntryId>, StoreError> {
    let again = held.iter().map(|held| &held.processed.entry).filter(|entry| known.contains_key(entry.as_str()));
    let again: Vec<Bind<'_>> = again.map(Bind::from).collect();
    let mut told_of = HashSet::new();
    for row in tx.rows_in(TOLD_OF, &[], &again).await? {
        told_of.insert(row.text("original")?);
    }
    let mut decided: HashMap<&str, EntryId> = HashMap::new();
    let mut originals = Vec::with_capacity(held.len());
    for Held { processed, .. } in held {
        let own = &processed.entry;
        let copied = processed.membership.copy_of.as_ref().filter(|_| !told_of.contains(own.as_str()));
        let original = copied.map_or(own, |copied| {
            let stored = known.get(copied.as_str()).map(|known| &known.original);
            decided.get(copied.as_str()).or(stored).unwrap_or(copied)
        });
        let placed = known.get(own.as_str()).filter(|known| known.placed).map(|known| &known.original);
        let original = placed.unwrap_or(original).clone();
        decided.insert(own.as_str(), original.clone());
        originals.push(original);
    }
    Ok(originals)
}

async fn store_pages(tx: &mut Tx<'_>, held: &[Held<'_>]) -> Result<(), StoreError> {
    let pages = held.iter().filter_map(|held| Some((&held.processed.entry, held.processed.page.as_ref()?)));
    let rows: Vec<_> = pages.map(|(entry, page)| page_row(entry, page)).collect();
    tx.rows_of(STORE_PAGES, &rows).await.map(|_| ())
}

fn page_row<'p>(entry: &'p EntryId, page: &'p RawPage) -> [Bind<'p>; 9] {
    binds![
        entry,
        &page.url,
        u32::from(page.status),
        &page.headers,
        &page.sha256,
        unpacked_bytes(&page.body_gzip),
        page.fetched_at,
        !page.body_gzip.is_empty(),
        &page.body_gzip
    ]
}

/// gzip ends with the length of what it holds (RFC 1952 §2.3.1).
fn unpacked_bytes(gzip: &[u8]) -> u32 {
    gzip.last_chunk().map_or(0, |length| u32::from_le_bytes(*length))
}

async fn store_articles(tx: &mut Tx<'_>, held: &[Held<'_>], originals: &[EntryId]) -> Result<(), StoreError> {
    let fingerprints: Vec<Vec<u8>> = held.iter().map(|held| pack(&held.processed.fingerprint)).collect();
    let rows: Vec<_> = held
        .iter()
        .zip(originals)
        .zip(&fingerprints)
        .map(|((held, original), fingerprint)| article_row(held.processed, original, fingerprint))
        .collect();
    tx.rows_of(STORE_ARTICLES, &rows).await.map(|_| ())
}

fn article_row<'p>(processed: &'p ProcessedEntry, original: &'p EntryId, fingerprint: &'p [u8]) -> [Bind<'p>; 30] {
    let (article, membership) = (&processed.article, &processed.membership);
    let related = membership.related.as_ref();
    binds![
        &processed.entry,
        original,
        &membership.story,
        membership.copy_of.as_ref().map_or("", EntryId::as_str),
        membership.score,
        &membership.reason,
        processed.at,
        processed.at,
        kind_as_str(article.kind),
        article.published,
        &article.lang,
        or_empty(article.canonical.as_ref()),
        article.cut,
        &article.title,
        &article.byline,
        fingerprint,
        json(&article.blocks),
        json(&article.removed),
        article.body(),
        if processed.grouped { processed.at } else { Timestamp::EPOCH },
        processed.reported_at,
        json(&membership.news),
        &article.outlet,
        &article.agency,
        related.map_or("", |related| related.story.as_str()),
        related.map_or("", |related| relation_as_str(related.relation)),
        related.map_or(0.0, |related| related.score),
        related.map_or("", |related| related.reason.as_str()),
        &processed.speaks_of,
        &processed.page_key
    ]
}

pub(super) fn relation_as_str(relation: Relation) -> &'static str {
    match relation {
        Relation::FollowUp => "follow_up",
        Relation::Possible => "possible",
    }
}

async fn store_shingles(tx: &mut Tx<'_>, held: &[Held<'_>], known: &KnownArticles) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for Held { processed, seq } in held {
        let new = &processed.fingerprint.shingles;
        if let Some(old) = known.get(processed.entry.as_str()) {
            let gone = old.fingerprint.shingles.iter().filter(|shingle| new.binary_search(shingle).is_err());
            let gone: Vec<Bind<'_>> = gone.map(|shingle| Bind::from(*shingle)).collect();
            tx.change_in(FORGET_SHINGLES, &binds![*seq], &gone).await?;
        }
        rows.extend(new.iter().map(|shingle| binds![*shingle, *seq]));
    }
    // Filled up with repeats, which conflict and do nothing, so that few texts need preparing.
    if let Some(last) = rows.last() {
        rows.resize(rows.len().next_power_of_two(), last.clone());
    }
    tx.rows_of(STORE_SHINGLES, &rows).await.map(|_| ())
}

async fn store_hits(tx: &mut Tx<'_>, held: &[Held<'_>], known: &KnownArticles) -> Result<(), StoreError> {
    let again = held.iter().map(|held| &held.processed.entry).filter(|entry| known.contains_key(entry.as_str()));
    let again: Vec<Bind<'_>> = again.map(Bind::from).collect();
    tx.change_in(FORGET_HITS, &[], &again).await?;
    let mut rows = Vec::new();
    for Held { processed, .. } in held {
        let asides = processed.asides.iter().map(|aside| (&aside.hit, aside.filter.as_str()));
        let hits = processed.hits.iter().map(|hit| (hit, "")).chain(asides).zip(0u32..);
        rows.extend(hits.map(|((hit, taken_by), place)| {
            binds![&processed.entry, &hit.watch, place, processed.at, json(hit), taken_by]
        }));
    }
    tx.rows_of(STORE_HITS, &rows).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gzip_tells_the_length_of_what_it_holds() {
        assert_eq!(unpacked_bytes(&super::super::gzip(&[b'x'; 70_000])), 70_000);
        assert_eq!(unpacked_bytes(b""), 0);
    }
}
