//! What waits for a recipient's next digest or alert, with all that stands beside each report there.

use std::collections::{HashMap, HashSet};

use super::Store;
use super::articles::article;
use super::error::StoreError;
use super::fingerprints::unpack;
use super::statement::{Bind, Row, binds};
use super::stories::related;
use crate::model::article::ArticleKind;
use crate::model::digest::{
    Alerted, Copy, Credits, OnEvent, Postscript, PostscriptKind, RelatedReport, Report, Told, WaitingReport,
};
use crate::model::id::{EntryId, RecipientId, StoryId, WatchId};
use crate::model::story::Fingerprint;
use crate::model::time::Timestamp;
use crate::model::watch::Hit;

/// Reports mailed of one story that a new one is compared with.
const MAX_TOLD: usize = 30;

/// What waits for a recipient; an alert counts as mailed once a server took it.
macro_rules! waiting {
    ($which:literal) => {
        concat!(
            "SELECT report.entry_id AS entry_id, report.original AS original, article.story_id AS story_id, \
                 COALESCE(report.alert_id, '') AS alert_id, \
                 (SELECT MIN(updated_at) FROM delivery \
                     WHERE delivery.digest_id = report.alert_id AND delivery.state = 'sent') AS alerted_at, \
                 article.news AS news, feed.outlet AS outlet, entry.link AS link, \
                 entry.first_seen AS first_seen, article.kind AS kind, article.title AS title, \
                 article.blocks AS blocks, article.byline AS byline, article.outlet AS article_outlet, \
                 article.agency AS agency, article.published AS published, article.lang AS lang, \
                 article.canonical AS canonical, article.removed AS removed, article.cut AS cut, \
                 article.related AS related, article.relation AS relation, article.related_score AS related_score, \
                 article.related_reason AS related_reason, article.speaks_of AS speaks_of \
             FROM report \
             JOIN entry ON entry.id = report.entry_id \
             JOIN feed ON feed.id = entry.feed_id \
             JOIN article ON article.entry_id = report.entry_id \
             WHERE report.recipient_id = $1 AND report.digest_id IS NULL AND NOT report.folded ",
            $which,
            "ORDER BY report.queued_at, entry.seq LIMIT $2 + 0"
        )
    };
}

pub(super) const WAITING: &str = waiting!("");
pub(super) const WAITING_ALERTS: &str = waiting!("AND report.alert_id IS NULL AND report.alert_due <= $3 ");

pub(super) const AS_ALERTED: &str = "SELECT id, reports FROM digest WHERE id IN ({list})";

pub(super) const HITS: &str =
    "SELECT entry_id, detail FROM hit WHERE taken_by = '' AND entry_id IN ({list}) ORDER BY place";

pub(super) const COPIES: &str = "\
    SELECT article.original AS original, article.entry_id AS entry_id, feed.outlet AS outlet, entry.link AS link,
        entry.first_seen AS first_seen, article.published AS published
    FROM article JOIN entry ON entry.id = article.entry_id JOIN feed ON feed.id = entry.feed_id
    WHERE article.original IN ({list}) ORDER BY entry.first_seen, entry.seq";

/// Own reports of stories, not their copies.
pub(super) const ON_EVENTS: &str = "\
    SELECT article.story_id AS story_id, article.original AS original, article.title AS title, article.lang AS lang,
        article.published AS published, feed.outlet AS outlet, entry.link AS link, entry.first_seen AS first_seen
    FROM article JOIN entry ON entry.id = article.entry_id JOIN feed ON feed.id = entry.feed_id
    WHERE article.grouped_at > 0 AND article.copy_of = '' AND article.story_id IN ({list})
    ORDER BY entry.first_seen, entry.seq";

/// What a recipient was mailed of stories in full, in digests and alerts, a row for each watch that found it.
pub(super) const TOLD: &str = "\
    SELECT article.story_id AS story_id, report.entry_id AS entry_id, report.original AS original,
        hit.watch_id AS watch_id
    FROM article
    JOIN report ON report.entry_id = article.entry_id
    JOIN hit ON hit.entry_id = article.entry_id AND hit.taken_by = ''
    WHERE report.recipient_id = $1 AND (report.digest_id IS NOT NULL OR report.alert_id IS NOT NULL)
    AND NOT report.folded AND article.grouped_at > 0 AND article.story_id IN ({list})
    ORDER BY report.queued_at, report.entry_id, hit.place";

pub(super) const FOLDED: &str = "\
    SELECT report.entry_id AS entry_id, report.original AS original, feed.outlet AS outlet,
        entry.first_seen AS first_seen, article.title AS headline, entry.first_seen AS since,
        feed.outlet AS outlet_before, entry.link AS link, article.lang AS lang
    FROM report
    JOIN entry ON entry.id = report.entry_id
    JOIN feed ON feed.id = entry.feed_id
    JOIN article ON article.entry_id = report.entry_id
    WHERE report.recipient_id = $1 AND report.digest_id IS NULL AND report.folded
    ORDER BY report.queued_at, entry.seq LIMIT $2 + 0";

pub(super) const POSTSCRIPT: &str = "\
    SELECT postscript.entry_id AS entry_id, postscript.original AS original, feed.outlet AS outlet,
        entry.first_seen AS first_seen, first.title AS headline, known.first_seen AS since,
        feed_before.outlet AS outlet_before, entry.link AS link, first.lang AS lang
    FROM postscript
    JOIN entry ON entry.id = postscript.entry_id
    JOIN feed ON feed.id = entry.feed_id
    JOIN entry AS known ON known.id = postscript.original
    JOIN feed AS feed_before ON feed_before.id = known.feed_id
    JOIN article AS first ON first.entry_id = postscript.original
    WHERE postscript.recipient_id = $1 AND postscript.digest_id IS NULL
    ORDER BY postscript.queued_at, entry.seq LIMIT $2 + 0";

pub(super) const PRINTS: &str = "SELECT entry_id, fingerprint FROM article WHERE entry_id IN ({list})";

impl Store {
    /// What waits for a recipient's next digest and may be worth one, oldest first.
    pub async fn waiting_reports(&self, recipient: &RecipientId, limit: u32) -> Result<Vec<WaitingReport>, StoreError> {
        let doing = "reading what waits for a recipient";
        let rows = self.database().rows(doing, WAITING, &binds![recipient, limit]).await?;
        self.waiting(doing, recipient, &rows).await
    }

    /// What is to be mailed to a recipient ahead of the digest by `until`, oldest first.
    pub async fn waiting_alerts(
        &self,
        recipient: &RecipientId,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<WaitingReport>, StoreError> {
        let doing = "reading a recipient's alerts";
        let rows = self.database().rows(doing, WAITING_ALERTS, &binds![recipient, limit, until]).await?;
        self.waiting(doing, recipient, &rows).await
    }

    async fn waiting(
        &self,
        doing: &'static str,
        recipient: &RecipientId,
        rows: &[Row],
    ) -> Result<Vec<WaitingReport>, StoreError> {
        let mut reports = rows.iter().map(waiting_report).collect::<Result<Vec<_>, _>>()?;
        self.as_alerted(doing, &mut reports, rows).await?;
        let mut hits = self.hits_of(doing, reports.iter().map(|report| &report.entry)).await?;
        let mut copies = self.copies_of(doing, reports.iter().map(|report| &report.original)).await?;
        let mut events = self.on_events(doing, rows).await?;
        let mut told = self.told_of(doing, recipient, rows).await?;
        // An alert that nobody took told nothing: what it held is no older news to itself, nor to what goes with it now.
        let untold: HashSet<EntryId> =
            reports.iter().filter(|report| report.alerted.is_none()).map(|report| report.entry.clone()).collect();
        told.values_mut().for_each(|of_story| of_story.retain(|(_, told)| !untold.contains(&told.entry)));
        for (story, on_event) in &mut events {
            tell_for_what(on_event, told.get(story).map(Vec::as_slice).unwrap_or_default());
        }
        for (report, row) in reports.iter_mut().zip(rows) {
            let story = row.text("story_id")?;
            let on_event = events.get(&story).map(Vec::as_slice).unwrap_or_default();
            let earlier = on_event
                .iter()
                .filter(|other| other.original != report.original && other.at.first_seen <= report.first_seen);
            report.event = earlier.cloned().collect();
            let others = told.get(&story).into_iter().flatten().map(|(_, told)| told);
            report.told = others.filter(|told| told.entry != report.entry).take(MAX_TOLD).cloned().collect();
            report.related = related(row)?.and_then(|related| {
                let OnEvent { headline, at, .. } = events.get(related.story.as_str())?.first()?.clone();
                let Copy { outlet, link, first_seen, .. } = at;
                Some(RelatedReport { relation: related.relation, headline, outlet, link, first_seen })
            });
            report.hits = hits.remove(report.entry.as_str()).unwrap_or_default();
            let same_text = copies.remove(report.original.as_str()).unwrap_or_default();
            report.copies =
                same_text.into_iter().filter(|(entry, _)| *entry != report.entry).map(|(_, copy)| copy).collect();
        }
        Ok(reports)
    }

    /// What waits for the lines at the end of a recipient's next digest, oldest first: at most so many of each kind.
    pub async fn waiting_postscripts(
        &self,
        recipient: &RecipientId,
        limit: u32,
    ) -> Result<Vec<Postscript>, StoreError> {
        let doing = "reading what waits for the end of a digest";
        let copies = self.database().rows(doing, POSTSCRIPT, &binds![recipient, limit]).await?;
        let folded = self.database().rows(doing, FOLDED, &binds![recipient, limit]).await?;
        let copies = copies.iter().map(|row| postscript(row, PostscriptKind::Copy));
        copies.chain(folded.iter().map(|row| postscript(row, PostscriptKind::NothingNew))).collect()
    }

    /// What these articles are compared by; none for those forgotten since.
    pub async fn fingerprints(&self, entries: &[EntryId]) -> Result<HashMap<EntryId, Fingerprint>, StoreError> {
        let list: Vec<Bind<'_>> = entries.iter().map(Bind::from).collect();
        let rows = self.database().rows_in("reading what articles are compared by", PRINTS, &[], &list).await?;
        let print = |row: &Row| Ok((EntryId::from_stored(row.text("entry_id")?), unpack(&row.bytes("fingerprint")?)));
        rows.iter().map(print).collect()
    }

    /// Adds how an alert told those that one did.
    async fn as_alerted(
        &self,
        doing: &'static str,
        reports: &mut [WaitingReport],
        rows: &[Row],
    ) -> Result<(), StoreError> {
        let mut alerts = HashSet::new();
        for (report, row) in reports.iter().zip(rows) {
            if report.alerted.is_some() {
                alerts.insert(row.text("alert_id")?);
            }
        }
        let alerts: Vec<Bind<'_>> = alerts.iter().map(Bind::from).collect();
        let mut told: HashMap<EntryId, Report> = HashMap::new();
        for row in self.database().rows_in(doing, AS_ALERTED, &[], &alerts).await? {
            let of_alert: Vec<Report> = row.json("reports")?;
            told.extend(of_alert.into_iter().map(|report| (report.entry.clone(), report)));
        }
        for report in reports {
            if let (Some(alerted), Some(told)) = (report.alerted.as_mut(), told.remove(&report.entry)) {
                alerted.without_page = told.kind != ArticleKind::Page;
                alerted.watches = told.reasons.into_iter().map(|reason| reason.watch_name).collect();
            }
        }
        Ok(())
    }

    /// The own reports on each row's story, and on the one it is shown with, earliest first.
    async fn on_events(&self, doing: &'static str, rows: &[Row]) -> Result<HashMap<String, Vec<OnEvent>>, StoreError> {
        let mut stories = HashSet::new();
        for row in rows {
            stories.insert(row.text("story_id")?);
            stories.insert(row.text("related")?);
        }
        stories.remove("");
        let stories: Vec<Bind<'_>> = stories.iter().map(Bind::from).collect();
        let mut events: HashMap<String, Vec<OnEvent>> = HashMap::new();
        for row in self.database().rows_in(doing, ON_EVENTS, &[], &stories).await? {
            events.entry(row.text("story_id")?).or_default().push(on_event(&row)?);
        }
        Ok(events)
    }

    /// What the recipient was mailed of each row's story, earliest first, with the `original` of each.
    async fn told_of(
        &self,
        doing: &'static str,
        recipient: &RecipientId,
        rows: &[Row],
    ) -> Result<HashMap<String, Vec<(EntryId, Told)>>, StoreError> {
        let stories = rows.iter().map(|row| row.text("story_id")).collect::<Result<HashSet<_>, _>>()?;
        let stories: Vec<Bind<'_>> = stories.iter().map(Bind::from).collect();
        let mut told: HashMap<String, Vec<(EntryId, Told)>> = HashMap::new();
        for row in self.database().rows_in(doing, TOLD, &binds![recipient], &stories).await? {
            let entry = EntryId::from_stored(row.text("entry_id")?);
            let watch = WatchId::from_stored(row.text("watch_id")?);
            let of_story = told.entry(row.text("story_id")?).or_default();
            match of_story.iter_mut().find(|(_, told)| told.entry == entry) {
                Some((_, told)) => told.watches.push(watch),
                None => {
                    let original = EntryId::from_stored(row.text("original")?);
                    of_story.push((original, Told { entry, watches: vec![watch] }));
                }
            }
        }
        Ok(told)
    }

    /// The hits of entries, in the order they were found.
    pub(super) async fn hits_of(
        &self,
        doing: &'static str,
        entries: impl Iterator<Item = &EntryId>,
    ) -> Result<HashMap<String, Vec<Hit>>, StoreError> {
        let entries: Vec<Bind<'_>> = entries.map(Bind::from).collect();
        let mut hits: HashMap<String, Vec<Hit>> = HashMap::new();
        for row in self.database().rows_in(doing, HITS, &[], &entries).await? {
            hits.entry(row.text("entry_id")?).or_default().push(row.json("detail")?);
        }
        Ok(hits)
    }

    /// All articles under each of the originals, earliest first.
    pub(super) async fn copies_of(
        &self,
        doing: &'static str,
        originals: impl Iterator<Item = &EntryId>,
    ) -> Result<HashMap<String, Vec<(EntryId, Copy)>>, StoreError> {
        let originals: Vec<Bind<'_>> = originals.map(Bind::from).collect();
        let mut copies: HashMap<String, Vec<(EntryId, Copy)>> = HashMap::new();
        for row in self.database().rows_in(doing, COPIES, &[], &originals).await? {
            let copy = copy(&row)?;
            let entry = EntryId::from_stored(row.text("entry_id")?);
            copies.entry(row.text("original")?).or_default().push((entry, copy));
        }
        Ok(copies)
    }
}

/// Columns `outlet`, `link`, `first_seen` and `published`.
pub(super) fn copy(row: &Row) -> Result<Copy, StoreError> {
    Ok(Copy {
        outlet: row.text("outlet")?,
        link: row.url_or_empty("link")?,
        first_seen: row.time("first_seen")?,
        dated: row.time_or_null("published")?,
    })
}

/// Adds what the recipient was mailed each of a story's reports for.
fn tell_for_what(on_event: &mut [OnEvent], told: &[(EntryId, Told)]) {
    let mut watches: HashMap<&EntryId, Vec<WatchId>> = HashMap::new();
    for (original, told) in told {
        watches.entry(original).or_default().extend(told.watches.iter().cloned());
    }
    for report in on_event {
        report.told_for = watches.remove(&report.original).unwrap_or_default();
    }
}

fn on_event(row: &Row) -> Result<OnEvent, StoreError> {
    Ok(OnEvent {
        original: EntryId::from_stored(row.text("original")?),
        headline: row.text("title")?,
        lang: row.text("lang")?,
        at: copy(row)?,
        told_for: Vec::new(),
    })
}

fn postscript(row: &Row, kind: PostscriptKind) -> Result<Postscript, StoreError> {
    Ok(Postscript {
        kind,
        entry: EntryId::from_stored(row.text("entry_id")?),
        original: EntryId::from_stored(row.text("original")?),
        outlet: row.text("outlet")?,
        first_seen: row.time("first_seen")?,
        headline: row.text("headline")?,
        since: row.time("since")?,
        outlet_before: row.text("outlet_before")?,
        link: row.url_or_empty("link")?,
        lang: row.text("lang")?,
    })
}

/// Without what comes from other tables, and without credits, which are read from the text.
fn waiting_report(row: &Row) -> Result<WaitingReport, StoreError> {
    let alerted = row.time_or_null("alerted_at")?;
    Ok(WaitingReport {
        entry: EntryId::from_stored(row.text("entry_id")?),
        original: EntryId::from_stored(row.text("original")?),
        story: StoryId::from_stored(row.text("story_id")?),
        alerted: alerted.map(|at| Alerted { at, without_page: false, watches: Vec::new() }),
        outlet: row.text("outlet")?,
        link: row.url_or_empty("link")?,
        first_seen: row.time("first_seen")?,
        article: article(row)?,
        hits: Vec::new(),
        copies: Vec::new(),
        event: Vec::new(),
        news: row.json("news")?,
        told: Vec::new(),
        told_in_its_language: false,
        related: None,
        speaks_of: row.text("speaks_of")?,
        credits: Credits::default(),
    })
}
