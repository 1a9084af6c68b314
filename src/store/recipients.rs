//! Recipients: when each one's digest is due, what waits for it, and its commit together with its deliveries.

use std::collections::{HashMap, HashSet};

use super::Store;
use super::articles::{article, json};
use super::asides;
use super::database::Tx;
use super::error::StoreError;
use super::statement::{Bind, Row, binds};
use crate::model::alarm::AlarmKind;
use crate::model::digest::{Copy, Coverage, Digest, Occasion, Rendered, SilentSource, WaitingReport};
use crate::model::id::{DeliveryId, DigestId, EntryId, RecipientId, StoryId};
use crate::model::lease::Lease;
use crate::model::time::Timestamp;
use crate::model::watch::Hit;

/// A recipient whose digest is due.
#[derive(Clone, Debug)]
pub struct ClaimedRecipient {
    pub id: RecipientId,
    /// Digests composed so far.
    pub editions: i64,
    /// Where the window of the last digest that was mailed ended.
    pub window_from: Timestamp,
    /// When the next digest is due; later than now where only an alert is.
    pub next_due: Timestamp,
    pub lease: Lease,
}

/// A digest with its outbox rows, committed together.
#[derive(Clone, Debug)]
pub struct ComposedDigest {
    pub digest: Digest,
    pub rendered: Rendered,
    /// The `original` of each report, in the digest's order.
    pub originals: Vec<EntryId>,
    /// The lines of the asides that waited.
    pub asides: Vec<String>,
    pub deliveries: Vec<NewDelivery>,
    pub lease: Lease,
    /// When the recipient's next digest is due.
    pub next_due: Timestamp,
    pub at: Timestamp,
}

#[derive(Clone, Debug)]
pub struct NewDelivery {
    pub id: DeliveryId,
    pub channel: String,
    pub message_id: String,
    /// See [`crate::model::delivery::Outgoing::in_reply_to`].
    pub in_reply_to: String,
    pub due: Timestamp,
}

pub(super) const KNOWN: &str = "SELECT id, rhythm, state, next_due FROM recipient";

const ADD: &str = "\
    INSERT INTO recipient (id, rhythm, window_from, next_due) VALUES {rows} ON CONFLICT (id) DO NOTHING";

const CHANGE: &str = "UPDATE recipient SET rhythm = $2, next_due = $3, state = 'active' WHERE id = $1";

const RETIRE: &str = "UPDATE recipient SET state = 'retired' WHERE id IN ({list})";

/// Reports that wait for somebody who is never due would wait for ever; and those that waited for a digest time ($2: they
/// make nothing due themselves), for too long for somebody who is told immediately now.
const WAKE: &str = "\
    UPDATE recipient SET next_due = $1
    WHERE state = 'active' AND (next_due >= $2 OR rhythm LIKE 'Immediately%')
    AND EXISTS (SELECT 1 FROM report WHERE report.recipient_id = recipient.id AND report.digest_id IS NULL
        AND (report.due >= $2 OR recipient.next_due >= $2))";

const MAKE_DUE: &str = "UPDATE recipient SET next_due = $1 WHERE state = 'active' RETURNING id";

pub(super) const CLAIM: &str = "\
    UPDATE recipient SET lease_token = $1, lease_until = $2, attempts = attempts + 1
    WHERE id IN (
        SELECT id FROM recipient WHERE state = 'active' AND (next_due <= $3 OR alert_due <= $3) AND lease_until <= $3
        ORDER BY attempts, CASE WHEN alert_due <= $3 THEN 0 ELSE 1 END, next_due LIMIT $4 + 0)
    AND state = 'active' AND (next_due <= $3 OR alert_due <= $3) AND lease_until <= $3
    RETURNING id, editions, window_from, next_due";

/// What waits for a recipient; an alert counts as mailed once a server took it.
macro_rules! waiting {
    ($which:literal) => {
        concat!(
            "SELECT report.entry_id AS entry_id, report.original AS original, article.story_id AS story_id, \
                 (SELECT MIN(updated_at) FROM delivery \
                     WHERE delivery.digest_id = report.alert_id AND delivery.state = 'sent') AS alerted_at, \
                 article.news AS news, feed.outlet AS outlet, entry.link AS link, \
                 entry.first_seen AS first_seen, article.kind AS kind, article.title AS title, \
                 article.blocks AS blocks, article.byline AS byline, article.outlet AS article_outlet, \
                 article.agency AS agency, article.published AS published, article.lang AS lang, \
                 article.canonical AS canonical, article.removed AS removed, article.cut AS cut \
             FROM report \
             JOIN entry ON entry.id = report.entry_id \
             JOIN feed ON feed.id = entry.feed_id \
             JOIN article ON article.entry_id = report.entry_id \
             WHERE report.recipient_id = $1 AND report.digest_id IS NULL ",
            $which,
            "ORDER BY report.queued_at, entry.seq LIMIT $2 + 0"
        )
    };
}

pub(super) const WAITING: &str = waiting!("");
pub(super) const WAITING_ALERTS: &str = waiting!("AND report.alert_id IS NULL AND report.alert_due <= $3 ");

pub(super) const HITS: &str =
    "SELECT entry_id, detail FROM hit WHERE taken_by = '' AND entry_id IN ({list}) ORDER BY place";

pub(super) const COPIES: &str = "\
    SELECT article.original AS original, article.entry_id AS entry_id, feed.outlet AS outlet, entry.link AS link,
        entry.first_seen AS first_seen
    FROM article JOIN entry ON entry.id = article.entry_id JOIN feed ON feed.id = entry.feed_id
    WHERE article.original IN ({list}) ORDER BY entry.first_seen, entry.seq";

/// Own reports of stories, not their copies.
pub(super) const ON_EVENTS: &str = "\
    SELECT article.story_id AS story_id, article.original AS original, feed.outlet AS outlet, entry.link AS link,
        entry.first_seen AS first_seen
    FROM article JOIN entry ON entry.id = article.entry_id JOIN feed ON feed.id = entry.feed_id
    WHERE article.grouped_at > 0 AND article.copy_of = '' AND article.story_id IN ({list})
    ORDER BY entry.first_seen, entry.seq";

/// Gaps that one digest names; where there are more, something else is the trouble.
const MAX_GAPS: u32 = 50;

const POLLED: &str = "SELECT COUNT(*) AS sources FROM feed WHERE state = 'waiting'";

pub(super) const CHECKED: &str = "SELECT COUNT(*) AS articles FROM article WHERE checked_at >= $1 AND checked_at <= $2";

const SILENT: &str = "\
    SELECT outlet, last_success_at, last_error, disabled_reason, state FROM feed
    WHERE state = 'disabled' OR (state = 'waiting' AND failures_in_a_row > 0)";

/// First of a commit: it holds the recipient's row, so that reports that come meanwhile wait and are seen after.
const SETTLE: &str = "\
    UPDATE recipient SET lease_token = '', lease_until = 0, attempts = 0, window_from = COALESCE($3, window_from), next_due = $4,
        editions = editions + $5
    WHERE id = $1 AND lease_token = $2 AND lease_token <> '' RETURNING editions";

/// An alert leaves the digest's time and window as they are.
const SETTLE_ALERT: &str = "\
    UPDATE recipient SET lease_token = '', lease_until = 0, attempts = 0, editions = editions + 1
    WHERE id = $1 AND lease_token = $2 AND lease_token <> '' RETURNING editions";

const RELEASE: &str = "\
    UPDATE recipient SET lease_token = '', lease_until = 0, attempts = 0
    WHERE id = $1 AND lease_token = $2 AND lease_token <> '' RETURNING id";

/// What is due before that time is due then.
const POSTPONE: &str = "\
    UPDATE recipient SET lease_token = '', lease_until = 0,
        next_due = CASE WHEN next_due < $3 THEN $3 ELSE next_due END,
        alert_due = CASE WHEN alert_due < $3 THEN $3 ELSE alert_due END
    WHERE id = $1 AND lease_token = $2 AND lease_token <> '' RETURNING id";

const STORE_DIGEST: &str = "\
    INSERT INTO digest (id, recipient_id, edition, window_from, window_until, composed_at, report_count, subject,
        reports, coverage, body_text, body_html)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

pub(super) const TAKE_REPORTS: &str = "\
    UPDATE report SET digest_id = $1 WHERE recipient_id = $2 AND digest_id IS NULL AND original IN ({list})";

pub(super) const TAKE_ALERTS: &str = "\
    UPDATE report SET alert_id = $1
    WHERE recipient_id = $2 AND digest_id IS NULL AND alert_id IS NULL AND original IN ({list})";

const STORE_DELIVERY: &str = "\
    INSERT INTO delivery (id, digest_id, recipient_id, channel, message_id, in_reply_to, due, composed_at, updated_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)";

/// When the alerts that were not taken are due.
pub(super) const LEAVE_ALERT_DUE: &str = "\
    UPDATE recipient SET alert_due = COALESCE((SELECT MIN(report.alert_due) FROM report
        WHERE report.recipient_id = $1 AND report.digest_id IS NULL AND report.alert_id IS NULL), $2)
    WHERE id = $1";

pub(super) const RECENT_MAILS: &str = "\
    SELECT composed_at FROM digest WHERE recipient_id = $1 AND edition > 0 ORDER BY edition DESC LIMIT $2 + 0";

/// The first mail that told of a story at once.
pub(super) const FIRST_MAIL: &str = "\
    SELECT delivery.message_id AS message_id, digest.subject AS subject
    FROM article
    JOIN report ON report.entry_id = article.entry_id AND report.recipient_id = $1
    JOIN digest ON digest.id = COALESCE(report.alert_id, report.digest_id)
    JOIN delivery ON delivery.digest_id = digest.id AND delivery.state IN ('queued', 'sent')
    WHERE article.grouped_at > 0 AND article.story_id = $2 AND digest.kept
    ORDER BY digest.edition LIMIT 1";

/// What waited already when the digest was composed did not fit: its turn is now. What came since has its own time.
pub(super) const STILL_WAITING: &str = "\
    SELECT MIN(CASE WHEN queued_at <= $2 THEN $3 ELSE due END) AS due FROM report
    WHERE recipient_id = $1 AND digest_id IS NULL";

const BRING_FORWARD: &str = "UPDATE recipient SET next_due = $2 WHERE id = $1 AND next_due > $2";

pub(super) const NEXT_DUE: &str = "\
    SELECT MIN(CASE WHEN lease_until > due THEN lease_until ELSE due END) AS at
    FROM (SELECT lease_until, CASE WHEN alert_due < next_due THEN alert_due ELSE next_due END AS due
        FROM recipient WHERE state = 'active') AS times";

impl Store {
    /// Makes the recipients in the database those of the configuration; each comes with its next digest time, which
    /// is taken for new ones and for those whose rhythm changed.
    pub async fn sync_recipients(
        &self,
        recipients: &[(RecipientId, String, Timestamp)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut writer = self.database().writer("taking over the configured recipients").await?;
        let mut tx = writer.begin().await?;
        let mut known = HashMap::new();
        for row in tx.rows(KNOWN, &[]).await? {
            let stored = (row.text("rhythm")?, row.text("state")? == "active", row.time("next_due")?);
            known.insert(row.text("id")?, stored);
        }
        let mut added = Vec::new();
        let mut wanted = HashSet::new();
        for (id, rhythm, due) in recipients {
            wanted.insert(id.as_str());
            match known.get(id.as_str()) {
                None => added.push(binds![id, rhythm, now, *due]),
                // Later than its rhythm allows: written while the clock was wrong.
                Some((stored, active, next_due)) if stored != rhythm || !active || next_due > due => {
                    tx.change(CHANGE, &binds![id, rhythm, *due]).await?;
                }
                Some(_) => {}
            }
        }
        tx.rows_of(ADD, &added).await?;
        let gone: Vec<Bind<'_>> = known.keys().filter(|id| !wanted.contains(id.as_str())).map(Bind::from).collect();
        tx.change_in(RETIRE, &[], &gone).await?;
        tx.change(WAKE, &binds![now, Timestamp::NEVER]).await?;
        tx.commit().await
    }

    /// Makes every recipient's digest due now, whatever their rhythm. Returns how many.
    pub async fn make_digests_due(&self, now: Timestamp) -> Result<u64, StoreError> {
        let due = self.database().write("making digests due", MAKE_DUE, &binds![now]).await?;
        Ok(due.len() as u64)
    }

    /// Returns recipients whose digest is due, now held by `lease`.
    pub async fn claim_due_recipients(
        &self,
        now: Timestamp,
        limit: u32,
        lease: &Lease,
    ) -> Result<Vec<ClaimedRecipient>, StoreError> {
        let binds = binds![&lease.token, lease.until, now, limit];
        let rows = self.database().write("claiming recipients", CLAIM, &binds).await?;
        rows.iter().map(|row| claimed_recipient(row, lease)).collect()
    }

    /// What waits for a recipient's next digest, oldest first.
    pub async fn waiting_reports(&self, recipient: &RecipientId, limit: u32) -> Result<Vec<WaitingReport>, StoreError> {
        let doing = "reading what waits for a recipient";
        let rows = self.database().rows(doing, WAITING, &binds![recipient, limit]).await?;
        self.waiting(doing, &rows).await
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
        self.waiting(doing, &rows).await
    }

    /// When the last mails to a recipient were composed, newest first.
    pub async fn recent_mails(&self, recipient: &RecipientId, limit: u32) -> Result<Vec<Timestamp>, StoreError> {
        let doing = "counting a recipient's mails";
        let rows = self.database().rows(doing, RECENT_MAILS, &binds![recipient, limit]).await?;
        rows.iter().map(|row| row.time("composed_at")).collect()
    }

    /// Message-ID and subject of the first mail to a recipient that told of a story.
    pub async fn first_mail_on(
        &self,
        recipient: &RecipientId,
        story: &StoryId,
    ) -> Result<Option<(String, String)>, StoreError> {
        let doing = "looking for the first mail on a story";
        let row = self.database().first(doing, FIRST_MAIL, &binds![recipient, story]).await?;
        row.map(|row| Ok((row.text("message_id")?, row.text("subject")?))).transpose()
    }

    async fn waiting(&self, doing: &'static str, rows: &[Row]) -> Result<Vec<WaitingReport>, StoreError> {
        let mut reports = rows.iter().map(waiting_report).collect::<Result<Vec<_>, _>>()?;
        let mut hits = self.hits_of(doing, reports.iter().map(|report| &report.entry)).await?;
        let mut copies = self.copies_of(doing, reports.iter().map(|report| &report.original)).await?;
        let mut events = self.on_events(doing, rows).await?;
        for (report, row) in reports.iter_mut().zip(rows) {
            let on_event = events.entry(row.text("story_id")?).or_default();
            let earlier = on_event
                .iter()
                .filter(|(original, told)| *original != report.original && told.first_seen <= report.first_seen);
            report.event = earlier.map(|(_, told)| told.clone()).collect();
            report.hits = hits.remove(report.entry.as_str()).unwrap_or_default();
            let same_text = copies.remove(report.original.as_str()).unwrap_or_default();
            report.copies =
                same_text.into_iter().filter(|(entry, _)| *entry != report.entry).map(|(_, copy)| copy).collect();
        }
        Ok(reports)
    }

    /// How far a reader may trust the silence between two times, both included.
    pub async fn coverage(&self, from: Timestamp, until: Timestamp) -> Result<Coverage, StoreError> {
        let doing = "counting what was watched";
        let sources = self.database().first(doing, POLLED, &[]).await?;
        let articles = self.database().first(doing, CHECKED, &binds![from, until]).await?;
        let silent = self.database().rows(doing, SILENT, &[]).await?;
        let mut failing = silent.iter().map(silent_source).collect::<Result<Vec<_>, _>>()?;
        failing.sort_by(|a, b| a.outlet.cmp(&b.outlet));
        let alarms = self.ringing_alarms().await?;
        let outlets = |kind: AlarmKind| {
            let of_kind = alarms.iter().filter(|alarm| alarm.kind == kind);
            let mut outlets: Vec<_> = of_kind.map(|alarm| alarm.outlet.clone()).collect();
            outlets.sort();
            outlets
        };
        Ok(Coverage {
            gaps: self.unfilled_gaps(from, until, MAX_GAPS).await?,
            quiet: outlets(AlarmKind::Silent),
            held: outlets(AlarmKind::Held),
            sources: sources.map_or(Ok(0), |row| row.count("sources"))?,
            articles: articles.map_or(Ok(0), |row| row.count("articles"))?,
            failing,
        })
    }

    /// Stores a digest as it will be mailed, with its deliveries. False: the lease was lost and nothing was stored.
    pub async fn commit_digest(&self, composed: &ComposedDigest) -> Result<bool, StoreError> {
        let digest = &composed.digest;
        let mut writer = self.database().writer("storing a digest").await?;
        let mut tx = writer.begin().await?;
        if !settle(&mut tx, composed).await? {
            return Ok(false);
        }
        store_digest(&mut tx, composed).await?;
        take_reports(&mut tx, composed).await?;
        asides::take(&mut tx, &digest.id, &digest.recipient, &composed.asides).await?;
        for delivery in &composed.deliveries {
            let (digest, at) = (&composed.digest, composed.at);
            store_delivery(&mut tx, &digest.id, &digest.recipient, delivery, at).await?;
        }
        if digest.occasion == Occasion::Digest {
            leave_due(&mut tx, &digest.recipient, digest.until, composed.at).await?;
        }
        tx.change(LEAVE_ALERT_DUE, &binds![&digest.recipient, Timestamp::NEVER]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Nothing waited, and no mail says so: the window stays open, so that the next mail tells of all of it. False: the
    /// lease was lost.
    pub async fn commit_quiet(
        &self,
        recipient: &RecipientId,
        lease: &Lease,
        next_due: Timestamp,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut writer = self.database().writer("closing a quiet window").await?;
        let mut tx = writer.begin().await?;
        if tx.first(SETTLE, &binds![recipient, &lease.token, None::<i64>, next_due, 0u32]).await?.is_none() {
            return Ok(false);
        }
        leave_due(&mut tx, recipient, at, at).await?;
        tx.change(LEAVE_ALERT_DUE, &binds![recipient, Timestamp::NEVER]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// No alert waits any more. False: the lease was lost.
    pub async fn commit_no_alert(&self, recipient: &RecipientId, lease: &Lease) -> Result<bool, StoreError> {
        let mut writer = self.database().writer("closing a recipient's alerts").await?;
        let mut tx = writer.begin().await?;
        if tx.first(RELEASE, &binds![recipient, &lease.token]).await?.is_none() {
            return Ok(false);
        }
        tx.change(LEAVE_ALERT_DUE, &binds![recipient, Timestamp::NEVER]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Gives a claimed recipient back as they were; what is due before that time is due then. False: the lease was lost.
    pub async fn postpone_recipient(
        &self,
        recipient: &RecipientId,
        lease: &Lease,
        due: Timestamp,
    ) -> Result<bool, StoreError> {
        let binds = binds![recipient, &lease.token, due];
        Ok(!self.database().write("putting a recipient off", POSTPONE, &binds).await?.is_empty())
    }

    /// When the next claim may find something: the earliest due time, or the end of a lease.
    pub async fn next_digest_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.next_due("looking for the next digest", NEXT_DUE).await
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

    /// The own reports on each row's story, earliest first.
    async fn on_events(
        &self,
        doing: &'static str,
        rows: &[Row],
    ) -> Result<HashMap<String, Vec<(EntryId, Copy)>>, StoreError> {
        let stories = rows.iter().map(|row| row.text("story_id")).collect::<Result<HashSet<_>, _>>()?;
        let stories: Vec<Bind<'_>> = stories.iter().map(Bind::from).collect();
        let mut events: HashMap<String, Vec<(EntryId, Copy)>> = HashMap::new();
        for row in self.database().rows_in(doing, ON_EVENTS, &[], &stories).await? {
            let told = Copy {
                outlet: row.text("outlet")?,
                link: row.url_or_empty("link")?,
                first_seen: row.time("first_seen")?,
            };
            let original = EntryId::from_stored(row.text("original")?);
            events.entry(row.text("story_id")?).or_default().push((original, told));
        }
        Ok(events)
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
            let copy = Copy {
                outlet: row.text("outlet")?,
                link: row.url_or_empty("link")?,
                first_seen: row.time("first_seen")?,
            };
            let entry = EntryId::from_stored(row.text("entry_id")?);
            copies.entry(row.text("original")?).or_default().push((entry, copy));
        }
        Ok(copies)
    }
}

/// False: the lease was lost. The window of a digest ends where a mail tells of it.
async fn settle(tx: &mut Tx<'_>, composed: &ComposedDigest) -> Result<bool, StoreError> {
    let (digest, token) = (&composed.digest, &composed.lease.token);
    let settled = match digest.occasion {
        Occasion::Digest => {
            let until = (!composed.deliveries.is_empty()).then_some(digest.until);
            tx.first(SETTLE, &binds![&digest.recipient, token, until, composed.next_due, 1u32]).await?
        }
        Occasion::Alert => tx.first(SETTLE_ALERT, &binds![&digest.recipient, token]).await?,
    };
    Ok(settled.is_some())
}

async fn store_digest(tx: &mut Tx<'_>, composed: &ComposedDigest) -> Result<(), StoreError> {
    let (digest, rendered) = (&composed.digest, &composed.rendered);
    let binds = binds![
        &digest.id,
        &digest.recipient,
        digest.edition,
        digest.from,
        digest.until,
        composed.at,
        i64::try_from(digest.reports.len()).unwrap_or(i64::MAX),
        &rendered.subject,
        json(&digest.reports),
        json(&digest.coverage),
        &rendered.text,
        &rendered.html
    ];
    tx.change(STORE_DIGEST, &binds).await.map(|_| ())
}

/// Exactly the reports named, each of them still waiting; anything else would lose one or send one twice.
async fn take_reports(tx: &mut Tx<'_>, composed: &ComposedDigest) -> Result<(), StoreError> {
    let digest = &composed.digest;
    let originals: HashSet<&EntryId> = composed.originals.iter().collect();
    let list: Vec<Bind<'_>> = originals.iter().map(|original| Bind::from(*original)).collect();
    let take = match digest.occasion {
        Occasion::Digest => TAKE_REPORTS,
        Occasion::Alert => TAKE_ALERTS,
    };
    let taken = tx.change_in(take, &binds![&digest.id, &digest.recipient], &list).await?;
    if taken == list.len() as u64 {
        return Ok(());
    }
    let detail = "a report named for the digest does not wait for this recipient; nothing was stored";
    Err(StoreError::Contradiction { doing: tx.doing(), detail })
}

pub(super) async fn store_delivery(
    tx: &mut Tx<'_>,
    digest: &DigestId,
    recipient: &RecipientId,
    new: &NewDelivery,
    at: Timestamp,
) -> Result<(), StoreError> {
    let binds = binds![&new.id, digest, recipient, &new.channel, &new.message_id, &new.in_reply_to, new.due, at];
    tx.change(STORE_DELIVERY, &binds).await.map(|_| ())
}

/// Makes sure that what still waits has a time. `until` is where the window ended.
async fn leave_due(
    tx: &mut Tx<'_>,
    recipient: &RecipientId,
    until: Timestamp,
    at: Timestamp,
) -> Result<(), StoreError> {
    let waiting = tx.first(STILL_WAITING, &binds![recipient, until, at]).await?;
    let due = waiting.map(|row| row.time_or_null("due")).transpose()?.flatten();
    match due {
        Some(due) => tx.change(BRING_FORWARD, &binds![recipient, due]).await.map(|_| ()),
        None => Ok(()),
    }
}

fn claimed_recipient(row: &Row, lease: &Lease) -> Result<ClaimedRecipient, StoreError> {
    Ok(ClaimedRecipient {
        id: RecipientId::from_stored(row.text("id")?),
        editions: row.int("editions")?,
        window_from: row.time("window_from")?,
        next_due: row.time("next_due")?,
        lease: lease.clone(),
    })
}

/// Without hits, copies and the event's other reports, which come from other tables.
fn waiting_report(row: &Row) -> Result<WaitingReport, StoreError> {
    Ok(WaitingReport {
        entry: EntryId::from_stored(row.text("entry_id")?),
        original: EntryId::from_stored(row.text("original")?),
        story: StoryId::from_stored(row.text("story_id")?),
        alerted: row.time_or_null("alerted_at")?,
        outlet: row.text("outlet")?,
        link: row.url_or_empty("link")?,
        first_seen: row.time("first_seen")?,
        article: article(row)?,
        hits: Vec::new(),
        copies: Vec::new(),
        event: Vec::new(),
        news: row.json("news")?,
    })
}

fn silent_source(row: &Row) -> Result<SilentSource, StoreError> {
    let error = if row.text("state")? == "disabled" { "disabled_reason" } else { "last_error" };
    Ok(SilentSource {
        outlet: row.text("outlet")?,
        last_success: row.time_or_null("last_success_at")?,
        error: row.text(error)?,
    })
}
