//! The past: counts, the whole story of one entry, and what is forgotten when.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use url::Url;

use super::Store;
use super::articles::article;
use super::database::Tx;
use super::entries::{KNOWN, entry_state, feed_entry};
use super::error::StoreError;
use super::fingerprints::unpack;
use super::processed::{FORGET_HITS, FORGET_SHINGLES};
use super::statement::{Bind, Row, binds};
use super::stories::related;
use super::{asides, furniture};
use crate::model::alarm::AlarmKind;
use crate::model::article::Article;
use crate::model::delivery::DeliveryStatus;
use crate::model::entry::{EntryKey, EntryState, FeedEntry};
use crate::model::id::{DigestId, EntryId, FeedId, RecipientId, StoryId, WatchId};
use crate::model::story::Membership;
use crate::model::time::Timestamp;
use crate::model::watch::{Aside, Hit};

/// How much of each kind may be forgotten: everything older than the time given.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    pub pages_before: Timestamp,
    pub articles_before: Timestamp,
    pub digests_before: Timestamp,
    /// Hosts of which nothing was learnt since are forgotten.
    pub furniture_before: Timestamp,
}

/// Row counts for the health page and the metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    pub feeds: u64,
    pub feeds_failing: u64,
    pub feeds_disabled: u64,
    pub entries: u64,
    pub entries_pending: u64,
    pub entries_abandoned: u64,
    /// Pending until somebody decides.
    pub entries_held: u64,
    /// Gaps that are being filled.
    pub gaps_open: u64,
    /// Alarms that are not over, by kind, in the order of [`AlarmKind::ALL`].
    pub alarms: [u64; AlarmKind::ALL.len()],
    pub reports_waiting: u64,
    pub deliveries_queued: u64,
    pub deliveries_failed: u64,
    pub recipients_paused: u64,
    /// Whose mails cannot be encrypted and wait.
    pub recipients_held: u64,
}

/// Everything the database knows of one entry, for `inspect entry`.
#[derive(Clone, Debug, serde::Serialize)]
pub struct EntryHistory {
    pub id: EntryId,
    pub feed: FeedId,
    pub outlet: String,
    pub feed_url: Url,
    /// As configured, or empty.
    pub feed_lang: String,
    pub entry: FeedEntry,
    pub first_seen: Timestamp,
    pub baseline: bool,
    pub state: EntryState,
    pub page_tries: u32,
    pub page_error: String,
    pub page: Option<PageHistory>,
    /// `None`: not processed yet, forgotten since, or not cleaned because no watch found what the feed's first poll gave.
    pub article: Option<Article>,
    pub membership: Option<Membership>,
    /// The date that its text speaks of, where that is much older than the one it bears; else empty.
    pub speaks_of: String,
    pub hits: Vec<Hit>,
    /// What was found only in what was taken out of its page.
    pub asides: Vec<Aside>,
    /// Other entries with the same text.
    pub copies: Vec<EntryId>,
    pub reports: Vec<ReportHistory>,
}

#[derive(Clone, Debug, serde::Serialize)]
pub struct PageHistory {
    pub url: Url,
    pub status: u16,
    pub sha256: String,
    pub bytes: u64,
    pub fetched_at: Timestamp,
}

#[derive(Clone, Debug, serde::Serialize)]
pub struct ReportHistory {
    pub recipient: RecipientId,
    pub queued_at: Timestamp,
    /// `None`: still waits for the recipient's next digest.
    pub digest: Option<DigestId>,
    pub deliveries: Vec<DeliveryStatus>,
}

/// Rows forgotten in one transaction: others wait only briefly.
const BATCH: u32 = 200;
/// Entries shown for one link at most.
const HISTORIES: u32 = 50;

pub(super) const COUNTS: &str = "\
    SELECT
        (SELECT COUNT(*) FROM feed WHERE state <> 'retired') AS feeds,
        (SELECT COUNT(*) FROM feed WHERE state = 'waiting' AND failures_in_a_row > 0) AS feeds_failing,
        (SELECT COUNT(*) FROM feed WHERE state = 'disabled') AS feeds_disabled,
        (SELECT CAST(COALESCE(SUM(entries), 0) AS BIGINT) FROM feed) AS entries,
        (SELECT COUNT(*) FROM entry WHERE state = 'pending') AS entries_pending,
        (SELECT COUNT(*) FROM entry WHERE state = 'abandoned') AS entries_abandoned,
        (SELECT COUNT(*) FROM entry WHERE held) AS entries_held,
        (SELECT COUNT(*) FROM gap WHERE state = 'open') AS gaps_open,
        (SELECT COUNT(*) FROM report WHERE digest_id IS NULL AND NOT folded) AS reports_waiting,
        (SELECT COUNT(*) FROM delivery WHERE state = 'queued') AS deliveries_queued,
        (SELECT COUNT(*) FROM delivery WHERE state = 'failed') AS deliveries_failed,
        (SELECT COUNT(*) FROM recipient WHERE state = 'active' AND paused_at IS NOT NULL) AS recipients_paused,
        (SELECT COUNT(*) FROM recipient WHERE state = 'active' AND held_at IS NOT NULL) AS recipients_held";

pub(super) const WATCH_COUNTS: &str =
    "SELECT watch_id, COUNT(*) AS hits, MAX(found_at) AS last FROM hit WHERE taken_by = '' GROUP BY watch_id";

/// Hits in what was taken out.
const ASIDES: &str = "SELECT taken_by, detail FROM hit WHERE entry_id = $1 AND taken_by <> '' ORDER BY place";

pub(super) const FIND: &str = "\
    SELECT entry.id AS id, entry.feed_id AS feed_id, feed.outlet AS outlet, feed.url AS feed_url, feed.lang AS feed_lang,
        entry.first_seen AS first_seen, entry.baseline AS baseline, entry.state AS state,
        entry.state_note AS state_note, entry.due AS due, entry.lease_until AS lease_until,
        entry.page_tries AS page_tries, entry.page_error AS page_error, entry.kept AS kept,
        entry.entry_key AS entry_key, entry.link AS link, entry.published AS published, entry.updated AS updated,
        entry.lang AS lang, entry.guid AS guid, entry.title AS title, entry.author AS author,
        entry.summary AS summary, entry.content AS content
    FROM entry JOIN feed ON feed.id = entry.feed_id
    WHERE entry.id IN ({list}) ORDER BY entry.first_seen, entry.seq";

pub(super) const LINKED: &str = "\
    SELECT id FROM entry WHERE link_key = $1 AND link_key <> '' ORDER BY first_seen, seq LIMIT $2 + 0";

const FEED_IDS: &str = "SELECT id FROM feed ORDER BY id";

const PAGE: &str = "SELECT url, status, sha256, bytes, fetched_at FROM page WHERE entry_id = $1";

const ARTICLE: &str = "\
    SELECT original, story_id, copy_of, score, reason, news, related, relation, related_score, related_reason, speaks_of,
        kind, published, lang, canonical, cut, title, byline, outlet AS article_outlet, agency, blocks, removed
    FROM article WHERE entry_id = $1";

pub(super) const REPORTS: &str = "\
    SELECT recipient_id, queued_at, COALESCE(alert_id, digest_id) AS digest_id FROM report WHERE entry_id = $1 OR original = $2
    ORDER BY queued_at, recipient_id";

pub(super) const FORGET_PAGES: &str = "\
    UPDATE page SET kept = $1, body_gzip = $2
    WHERE entry_id IN (SELECT entry_id FROM page WHERE kept AND fetched_at < $3 LIMIT $4 + 0)";

/// Done with, and owed to nobody.
pub(super) const FORGETTABLE: &str = "\
    SELECT entry.id AS id, entry.seq AS seq, article.fingerprint AS fingerprint
    FROM entry LEFT JOIN article ON article.entry_id = entry.id
    WHERE entry.kept AND entry.first_seen < $1 AND entry.state <> 'pending'
    AND NOT EXISTS (SELECT 1 FROM report WHERE report.entry_id = entry.id AND report.digest_id IS NULL)
    LIMIT $2 + 0";

pub(super) const FORGET_ENTRIES: &str = "\
    UPDATE entry SET kept = $1, guid = '', title = '', author = '', summary = '', content = '' WHERE id IN ({list})";

const FORGET_ARTICLES: &str = "\
    UPDATE article SET title = '', byline = '', fingerprint = $1, blocks = '[]', removed = '[]', body = ''
    WHERE entry_id IN ({list})";

/// One that may still be sent keeps its text.
pub(super) const FORGET_DIGESTS: &str = "\
    UPDATE digest SET kept = $1, subject = '', reports = '[]', coverage = '{}', body_text = '', body_html = ''
    WHERE id IN (
        SELECT id FROM digest WHERE kept AND composed_at < $2
        AND NOT EXISTS (SELECT 1 FROM delivery
            WHERE delivery.digest_id = digest.id AND delivery.state IN ('queued', 'failed'))
        LIMIT $3 + 0)";

/// Compresses a body for [`super::RawPage`]; call it off the async threads.
pub fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 3), Compression::default());
    encoder.write_all(body).and_then(|()| encoder.finish()).expect("writing to a Vec does not fail")
}

/// What [`gzip`] compressed, up to `cap` bytes of it.
pub fn gunzip(compressed: &[u8], cap: u64) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    GzDecoder::new(compressed).take(cap).read_to_end(&mut body)?;
    Ok(body)
}

impl Store {
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        let Some(row) = self.database().first("counting", COUNTS, &[]).await? else {
            return Ok(Counts::default());
        };
        let ringing = self.ringing_alarms().await?;
        let alarms = AlarmKind::ALL.map(|kind| ringing.iter().filter(|alarm| alarm.kind == kind).count() as u64);
        Ok(Counts {
            feeds: row.count("feeds")?,
            feeds_failing: row.count("feeds_failing")?,
            feeds_disabled: row.count("feeds_disabled")?,
            entries: row.count("entries")?,
            entries_pending: row.count("entries_pending")?,
            entries_abandoned: row.count("entries_abandoned")?,
            entries_held: row.count("entries_held")?,
            gaps_open: row.count("gaps_open")?,
            alarms,
            reports_waiting: row.count("reports_waiting")?,
            deliveries_queued: row.count("deliveries_queued")?,
            deliveries_failed: row.count("deliveries_failed")?,
            recipients_paused: row.count("recipients_paused")?,
            recipients_held: row.count("recipients_held")?,
        })
    }

    /// Hits per watch, for `watches`: (watch, hits, last hit).
    pub async fn watch_counts(&self) -> Result<Vec<(WatchId, u64, Option<Timestamp>)>, StoreError> {
        let rows = self.database().rows("counting hits", WATCH_COUNTS, &[]).await?;
        let mut counts = Vec::with_capacity(rows.len());
        for row in rows {
            let watch = WatchId::from_stored(row.text("watch_id")?);
            counts.push((watch, row.count("hits")?, row.time_or_null("last")?));
        }
        counts.sort();
        Ok(counts)
    }

    /// Entries with this id or key, and those that lead to the page of this `link_key` (empty: to none); several feeds
    /// may list one page.
    pub async fn entry_histories(&self, id_or_key: &str, link_key: &str) -> Result<Vec<EntryHistory>, StoreError> {
        let doing = "looking for an entry";
        let mut names = BTreeSet::from([id_or_key.to_owned()]);
        // An id is made of feed and key, so no index of keys need be kept for this.
        for row in self.database().rows(doing, FEED_IDS, &[]).await? {
            let feed = FeedId::from_stored(row.text("id")?);
            for key in [id_or_key.to_owned(), format!("guid:{id_or_key}"), format!("guid:{link_key}")] {
                let key = EntryKey::from_stored(key);
                let ids = [EntryId::of(&feed, &key), EntryId::scattered(&feed, &key)];
                names.extend(ids.map(|id| id.as_str().to_owned()));
            }
        }
        let names: Vec<Bind<'_>> = names.iter().map(Bind::from).collect();
        let mut ids = BTreeSet::new();
        for row in self.database().rows_in(doing, KNOWN, &[], &names).await? {
            ids.insert(row.text("id")?);
        }
        for row in self.database().rows(doing, LINKED, &binds![link_key, HISTORIES]).await? {
            ids.insert(row.text("id")?);
        }
        let ids: Vec<Bind<'_>> = ids.iter().map(Bind::from).collect();
        let rows = self.database().rows_in(doing, FIND, &[], &ids).await?;
        let mut histories = Vec::with_capacity(rows.len());
        for row in rows.iter().take(HISTORIES as usize) {
            histories.push(self.history(row).await?);
        }
        Ok(histories)
    }

    async fn history(&self, row: &Row) -> Result<EntryHistory, StoreError> {
        let doing = "reading an entry's history";
        let id = EntryId::from_stored(row.text("id")?);
        let page = self.database().first(doing, PAGE, &binds![&id]).await?;
        let stored = self.database().first(doing, ARTICLE, &binds![&id]).await?;
        let original = stored.as_ref().map_or(Ok(id.clone()), |row| row.text("original").map(EntryId::from_stored))?;
        let copies = self.copies_of(doing, std::iter::once(&original)).await?;
        let kept = row.flag("kept")?;
        Ok(EntryHistory {
            feed: FeedId::from_stored(row.text("feed_id")?),
            outlet: row.text("outlet")?,
            feed_url: row.url("feed_url")?,
            feed_lang: row.text("feed_lang")?,
            entry: feed_entry(row)?,
            first_seen: row.time("first_seen")?,
            baseline: row.flag("baseline")?,
            state: entry_state(row)?,
            page_tries: row.small("page_tries")?,
            page_error: row.text("page_error")?,
            page: page.map(|row| page_history(&row)).transpose()?,
            article: stored.as_ref().filter(|_| kept).map(article).transpose()?,
            membership: stored.as_ref().map(membership).transpose()?,
            speaks_of: stored.as_ref().map_or(Ok(String::new()), |row| row.text("speaks_of"))?,
            hits: self.hits_of(doing, std::iter::once(&id)).await?.remove(id.as_str()).unwrap_or_default(),
            asides: self.asides_of(doing, &id).await?,
            copies: copies.into_values().flatten().map(|(entry, _)| entry).filter(|entry| *entry != id).collect(),
            reports: self.reports_of(doing, &id, &original).await?,
            id,
        })
    }

    async fn asides_of(&self, doing: &'static str, entry: &EntryId) -> Result<Vec<Aside>, StoreError> {
        let rows = self.database().rows(doing, ASIDES, &binds![entry]).await?;
        rows.iter().map(|row| Ok(Aside { hit: row.json("detail")?, filter: row.text("taken_by")? })).collect()
    }

    async fn reports_of(
        &self,
        doing: &'static str,
        entry: &EntryId,
        original: &EntryId,
    ) -> Result<Vec<ReportHistory>, StoreError> {
        let rows = self.database().rows(doing, REPORTS, &binds![entry, original]).await?;
        let digests = rows.iter().map(|row| row.text_or_null("digest_id")).collect::<Result<Vec<_>, _>>()?;
        let digests: Vec<Option<DigestId>> =
            digests.into_iter().map(|digest| digest.map(DigestId::from_stored)).collect();
        let mut deliveries = self.deliveries_of(doing, digests.iter().flatten()).await?;
        let mut reports = Vec::with_capacity(rows.len());
        for (row, digest) in rows.iter().zip(digests) {
            reports.push(ReportHistory {
                recipient: RecipientId::from_stored(row.text("recipient_id")?),
                queued_at: row.time("queued_at")?,
                deliveries: digest.as_ref().and_then(|id| deliveries.remove(id.as_str())).unwrap_or_default(),
                digest,
            });
        }
        Ok(reports)
    }

    /// Forgets texts older than asked, in small transactions; entries stay as tombstones, so that they do not come
    /// back as new. Returns rows cleared.
    pub async fn prune(&self, retention: &Retention) -> Result<u64, StoreError> {
        let mut cleared = 0;
        let pages = binds![false, &[][..], retention.pages_before, BATCH];
        cleared += self.forget("forgetting pages", FORGET_PAGES, &pages).await?;
        loop {
            let batch = self.forget_entries(retention.articles_before).await?;
            cleared += batch;
            if batch < u64::from(BATCH) {
                break;
            }
        }
        cleared += self.forget_learnt("forgetting asides", asides::FORGET, retention.articles_before).await?;
        cleared += self.forget_learnt("forgetting furniture", furniture::FORGET, retention.furniture_before).await?;
        let digests = binds![false, retention.digests_before, BATCH];
        cleared += self.forget("forgetting digests", FORGET_DIGESTS, &digests).await?;
        Ok(cleared)
    }

    /// Repeats a statement until it finds less than a batch.
    async fn forget(&self, doing: &'static str, sql: &'static str, binds: &[Bind<'_>]) -> Result<u64, StoreError> {
        let mut cleared = 0;
        loop {
            let mut writer = self.database().writer(doing).await?;
            let mut tx = writer.begin().await?;
            let batch = tx.change(sql, binds).await?;
            tx.commit().await?;
            cleared += batch;
            if batch < u64::from(BATCH) {
                return Ok(cleared);
            }
        }
    }

    /// Rows that are small and few.
    async fn forget_learnt(
        &self,
        doing: &'static str,
        sql: &'static str,
        before: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut writer = self.database().writer(doing).await?;
        let mut tx = writer.begin().await?;
        let cleared = tx.change(sql, &binds![before]).await?;
        tx.commit().await?;
        Ok(cleared)
    }

    async fn forget_entries(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut writer = self.database().writer("forgetting articles").await?;
        let mut tx = writer.begin().await?;
        let rows = tx.rows(FORGETTABLE, &binds![before, BATCH]).await?;
        let ids = rows.iter().map(|row| row.text("id")).collect::<Result<Vec<_>, _>>()?;
        for row in &rows {
            forget_shingles(&mut tx, row).await?;
        }
        let list: Vec<Bind<'_>> = ids.iter().map(Bind::from).collect();
        tx.change_in(FORGET_HITS, &[], &list).await?;
        tx.change_in(FORGET_ARTICLES, &binds![&[][..]], &list).await?;
        tx.change_in(FORGET_ENTRIES, &binds![false], &list).await?;
        tx.commit().await?;
        Ok(ids.len() as u64)
    }
}

async fn forget_shingles(tx: &mut Tx<'_>, row: &Row) -> Result<(), StoreError> {
    let fingerprint = unpack(&row.bytes_or_null("fingerprint")?.unwrap_or_default());
    let shingles: Vec<Bind<'_>> = fingerprint.shingles.iter().map(|shingle| Bind::from(*shingle)).collect();
    tx.change_in(FORGET_SHINGLES, &binds![row.int("seq")?], &shingles).await.map(|_| ())
}

fn page_history(row: &Row) -> Result<PageHistory, StoreError> {
    Ok(PageHistory {
        url: row.url("url")?,
        status: u16::try_from(row.int("status")?).map_err(|_| row.unreadable("status"))?,
        sha256: row.text("sha256")?,
        bytes: row.count("bytes")?,
        fetched_at: row.time("fetched_at")?,
    })
}

fn membership(row: &Row) -> Result<Membership, StoreError> {
    let copy_of = row.text("copy_of")?;
    Ok(Membership {
        story: StoryId::from_stored(row.text("story_id")?),
        copy_of: Some(copy_of).filter(|id| !id.is_empty()).map(EntryId::from_stored),
        score: row.float("score")?,
        reason: row.text("reason")?,
        news: row.json("news")?,
        related: related(row)?,
    })
}
