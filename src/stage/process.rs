//! Claims new entries, fetches their pages, cleans, matches and groups them, commits what they are and who is owed them.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tracing::{debug, warn};
use url::Url;

use super::newsroom::{Newsroom, Unplaced};
use super::{CLAIM_AGAIN, Desk, Loop, Plan};
use crate::fetch::FetchError;
use crate::matching::Text;
use crate::model::article::Article;
use crate::model::entry::{ClaimedEntry, EntryState};
use crate::model::exchange::{Body, FetchRequest, Fetched, Purpose, Validators};
use crate::model::id::sha256_hex;
use crate::model::outcome::Disposition;
use crate::model::story::{Fingerprint, Membership};
use crate::model::time::Timestamp;
use crate::model::watch::Hit;
use crate::source::charset;
use crate::store::{self, Owed, ProcessedEntry, RawPage, StoreError};
use crate::{extract, grouping, schedule};

const LEASE: Duration = Duration::from_secs(15 * 60);
const COMMIT_TOGETHER: usize = 64;
/// Claims without a commit after which an entry is held to be what stops the program. Many: whatever was in flight when
/// somebody else killed it is counted too, and an entry that is given up is a report that may be lost.
const MAX_ATTEMPTS: u32 = 12;

/// Processes until no entry is due, or the program is to stop. Returns how many were.
pub async fn drain(desk: &Desk, plan: &Arc<Plan>) -> Result<u64, StoreError> {
    let mut in_flight = FuturesUnordered::new();
    let mut processed = 0;
    let mut more_due = true;
    loop {
        let room = plan.entries_in_flight.saturating_sub(in_flight.len());
        if more_due && !desk.stopping(plan) && room * 2 >= plan.entries_in_flight {
            let now = desk.clock.now();
            let limit = u32::try_from(room).unwrap_or(u32::MAX);
            let entries = desk.store.claim_pending_entries(now, limit, &desk.lease(now, LEASE)).await?;
            more_due = entries.len() == room;
            for entry in entries {
                match spent(&entry) {
                    Some(reason) => abandon(desk, &entry, reason).await?,
                    None => in_flight.push(read_one(desk, plan, entry)),
                }
            }
        }
        if in_flight.is_empty() {
            return Ok(processed);
        }
        desk.beat(Loop::Process);
        let first = tokio::select! {
            first = in_flight.next() => first,
            () = tokio::time::sleep(CLAIM_AGAIN) => { more_due = true; continue }
        };
        let mut done = Vec::from_iter(first);
        while done.len() < COMMIT_TOGETHER {
            let Some(Some(next)) = in_flight.next().now_or_never() else { break };
            done.push(next);
        }
        processed += done.len() as u64;
        // One after another, never two at a time: of two copies that arrive together the second must see the first.
        commit(desk, plan, done.into_iter().flatten().collect()).await?;
    }
}

fn spent(entry: &ClaimedEntry) -> Option<&'static str> {
    (entry.attempts > MAX_ATTEMPTS).then_some("the program died each time it worked on this entry")
}

async fn abandon(desk: &Desk, entry: &ClaimedEntry, reason: &str) -> Result<(), StoreError> {
    warn!(entry.id = %entry.id, attempt = entry.attempts, "Entry {} is abandoned: {reason}", entry.id);
    desk.store.abandon_entry(&entry.id, &entry.lease, reason, desk.clock.now()).await?;
    Ok(())
}

/// An entry that was read and matched; what it copies is decided at the commit.
struct ReadEntry {
    claimed: ClaimedEntry,
    page: Option<RawPage>,
    page_error: String,
    /// When the page is asked for again.
    page_due: Option<Timestamp>,
    article: Article,
    fingerprint: Fingerprint,
    hits: Vec<Hit>,
}

/// `None`: the text could not be worked on this time; the lease runs out and the next claim counts the attempt.
async fn read_one(desk: &Desk, plan: &Arc<Plan>, claimed: ClaimedEntry) -> Option<ReadEntry> {
    let fetched = match &claimed.entry.link {
        // A first poll's old entries are kept as the feed gave them: no run on a publisher's archive.
        Some(link) if !claimed.baseline => Some(fetch_page(desk, link).await),
        _ => None,
    };
    let now = desk.clock.now();
    let (page, page_error, page_due) = match fetched {
        None => (None, String::new(), None),
        Some(Ok(fetched)) => (Some(fetched), String::new(), None),
        Some(Err(error)) => {
            let due = next_page_try(&error, &claimed, now);
            desk.tally.page_failed();
            debug!(entry.id = %claimed.id, attempt = claimed.page_tries + 1, "Page of entry {}: {error}", claimed.id);
            (None, error.to_string(), due)
        }
    };
    if page.is_some() {
        desk.tally.page_fetched();
    }
    let entry_id = claimed.id.clone();
    let plan = Arc::clone(plan);
    let read = tokio::task::spawn_blocking(move || read_text(&plan, claimed, page, page_error, page_due)).await;
    read.inspect_err(|panic| warn!(entry.id = %entry_id, "Entry {entry_id} could not be read: {panic}")).ok()
}

/// Why a page gives no text.
enum PageError {
    Fetch(FetchError),
    NotText { media_type: String },
}

impl std::fmt::Display for PageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            PageError::Fetch(error) => error.fmt(f),
            PageError::NotText { media_type } => write!(f, "the page is {media_type}, not text"),
        }
    }
}

async fn fetch_page(desk: &Desk, link: &Url) -> Result<Fetched, PageError> {
    let request = FetchRequest { url: link.clone(), purpose: Purpose::Page, validators: Validators::default() };
    let fetched = desk.fetcher.get(&request).await.map_err(PageError::Fetch)?;
    let media_type = fetched.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let text = media_type.is_empty() || media_type.starts_with("text/") || media_type.ends_with("+xml");
    if text { Ok(fetched) } else { Err(PageError::NotText { media_type: media_type.chars().take(80).collect() }) }
}

fn next_page_try(error: &PageError, claimed: &ClaimedEntry, now: Timestamp) -> Option<Timestamp> {
    let PageError::Fetch(error) = error else { return None };
    let wait = match error.disposition() {
        Disposition::GiveUp => return None,
        Disposition::RetryAfter(wait) => Some(wait),
        Disposition::Retry | Disposition::Misconfigured => None,
    };
    schedule::next_page_try(claimed.page_tries + 1, wait, claimed.id.as_str(), now)
}

/// Cleans and matches; computes only.
fn read_text(
    plan: &Plan,
    claimed: ClaimedEntry,
    fetched: Option<Fetched>,
    page_error: String,
    page_due: Option<Timestamp>,
) -> ReadEntry {
    let lang_hint = if claimed.entry.lang.is_empty() { &claimed.feed_spec.lang } else { &claimed.entry.lang };
    let html = fetched.as_ref().map(decode);
    let page = fetched.as_ref().zip(html.as_deref()).map(|(fetched, html)| extract::Page { html, url: &fetched.url });
    let article = extract::article(page, Some(&claimed.entry), lang_hint, &plan.extract_limits);
    let body = article.body();
    let source = claimed.entry.link.as_ref().unwrap_or(&claimed.feed_spec.url).host_str().unwrap_or_default();
    let hits = plan.watch_set.hits(&Text { title: &article.title, body: &body, source, lang: &article.lang });
    let fingerprint = if hits.is_empty() {
        Fingerprint::default()
    } else {
        grouping::fingerprint(&article.title, &body, &article.lang)
    };
    let page = fetched.map(raw_page);
    ReadEntry { claimed, page, page_error, page_due, article, fingerprint, hits }
}

fn decode(fetched: &Fetched) -> String {
    let Body::Bytes(bytes) = &fetched.body else { return String::new() };
    let tld = fetched.url.host_str().and_then(|host| host.rsplit('.').next());
    charset::decode(bytes, fetched.header("content-type"), tld).text
}

fn raw_page(fetched: Fetched) -> RawPage {
    let bytes = match fetched.body {
        Body::Bytes(bytes) => bytes,
        Body::NotModified => Vec::new(),
    };
    let headers = fetched.headers.iter().map(|(name, value)| format!("{name}: {}\n", String::from_utf8_lossy(value)));
    RawPage {
        url: fetched.url,
        status: fetched.status,
        headers: headers.collect(),
        sha256: sha256_hex(&bytes),
        body_gzip: store::gzip(&bytes),
        fetched_at: fetched.at,
    }
}

async fn commit(desk: &Desk, plan: &Plan, mut read: Vec<ReadEntry>) -> Result<(), StoreError> {
    let now = desk.clock.now();
    // The order in which a restart reads them.
    read.sort_by(|a, b| (a.claimed.first_seen, &a.claimed.id).cmp(&(b.claimed.first_seen, &b.claimed.id)));
    let again = read.iter().any(|entry| entry.claimed.page_tries > 0);
    let (batch, newsroom) = group(desk, plan, read, now).await?;
    let committed = desk.store.commit_all_processed(&batch).await?;
    if let Some(newsroom) = newsroom.filter(|_| !again && committed.iter().all(|stored| *stored)) {
        newsroom.keep(desk, now).await;
    }
    for (entry, stored) in batch.iter().zip(committed) {
        if stored {
            desk.tally.processed(entry.hits.len(), now.since(entry.lease.until.minus(LEASE)));
            if !entry.owed_to.is_empty() {
                desk.bells.reports.notify_one();
            }
        } else {
            warn!(entry.id = %entry.entry, "Entry {} took longer than its lease; it is worked on again", entry.entry);
        }
    }
    Ok(())
}

/// Compares what a watch matched with what is stored and with what this batch will store. What nobody watches for is
/// compared with nothing: no reader hears of it, and most of what is polled is of this kind.
async fn group(
    desk: &Desk,
    plan: &Plan,
    read: Vec<ReadEntry>,
    now: Timestamp,
) -> Result<(Vec<ProcessedEntry>, Option<Newsroom>), StoreError> {
    let mut newsroom = None;
    let mut batch: Vec<ProcessedEntry> = Vec::with_capacity(read.len());
    for mut entry in read {
        let id = &entry.claimed.id;
        let membership = if entry.hits.is_empty() {
            grouping::unwatched(id)
        } else {
            let newsroom = match &mut newsroom {
                Some(newsroom) => newsroom,
                none => none.insert(Newsroom::open(desk, now).await?),
            };
            let article = Unplaced { entry: id, fingerprint: &entry.fingerprint, reported_at: reported_at(&entry) };
            let (membership, samples) = newsroom.place(desk, article, now).await?;
            entry.fingerprint.shingles = samples;
            membership
        };
        batch.push(finish(plan, entry, membership, now));
    }
    Ok((batch, newsroom))
}

/// The outlet's word counts as far back as it goes, and never ahead of when the entry was seen.
fn reported_at(entry: &ReadEntry) -> Timestamp {
    let claimed = entry.article.published.or(entry.claimed.entry.published);
    claimed.map_or(entry.claimed.first_seen, |published| published.min(entry.claimed.first_seen))
}

fn finish(plan: &Plan, read: ReadEntry, membership: Membership, now: Timestamp) -> ProcessedEntry {
    let state = match (read.page_due, &membership.copy_of) {
        (Some(due), _) => EntryState::Pending { due },
        (None, Some(of)) => EntryState::Duplicate { of: of.clone() },
        (None, None) if read.hits.is_empty() => EntryState::Unmatched,
        (None, None) => EntryState::Matched,
    };
    let page_tries = read.claimed.page_tries + u32::from(!read.page_error.is_empty());
    ProcessedEntry {
        reported_at: reported_at(&read),
        grouped: !read.hits.is_empty(),
        owed_to: if read.claimed.baseline { Vec::new() } else { owed(plan, &read.hits, now) },
        entry: read.claimed.id,
        lease: read.claimed.lease,
        at: now,
        page: read.page,
        article: read.article,
        fingerprint: read.fingerprint,
        membership,
        hits: read.hits,
        state,
        page_tries,
        page_error: read.page_error,
    }
}

fn owed(plan: &Plan, hits: &[Hit], now: Timestamp) -> Vec<Owed> {
    let followers = plan.recipients.iter().filter(|recipient| hits.iter().any(|hit| recipient.follows(&hit.watch)));
    followers
        .map(|recipient| Owed { recipient: recipient.id.clone(), due: schedule::report_due(&recipient.rhythm, now) })
        .collect()
}
