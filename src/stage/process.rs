//! Claims new entries, fetches their pages, cleans, matches and groups them, commits what they are and who is owed them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tracing::warn;

use super::in_flight::InFlight;
use super::newsroom::{Newsroom, Unplaced};
use super::page::{self, Known, Links, Page};
use super::{CLAIM_AGAIN, Desk, Loop, Plan};
use crate::matching::Text;
use crate::model::article::Article;
use crate::model::entry::{ClaimedEntry, EntryState};
use crate::model::exchange::{Body, Fetched};
use crate::model::id::sha256_hex;
use crate::model::story::{Fingerprint, Membership};
use crate::model::time::Timestamp;
use crate::model::watch::Hit;
use crate::source::{charset, page_address};
use crate::store::{self, Owed, ProcessedEntry, RawPage, StoreError};
use crate::{extract, grouping, schedule};

const LEASE: Duration = Duration::from_secs(15 * 60);
const COMMIT_TOGETHER: usize = 64;
/// Claims without a commit after which an entry is held to be what stops the program. Many: whatever was in flight when
/// somebody else killed it is counted too, and an entry that is given up is a report that may be lost.
const MAX_ATTEMPTS: u32 = 12;

/// Processes until no entry is due, or the program is to stop. Returns how many were.
pub async fn drain(desk: &Desk, plan: &Arc<Plan>) -> Result<u64, StoreError> {
    let mut in_flight = InFlight::new();
    let mut links = Links::default();
    let mut ready = VecDeque::new();
    let mut processed = 0;
    let mut more_due = true;
    loop {
        let room = plan.entries_in_flight.saturating_sub(in_flight.len() + links.held());
        if more_due && !desk.stopping(plan) && room * 2 >= plan.entries_in_flight {
            let now = desk.clock.now();
            let limit = u32::try_from(room).unwrap_or(u32::MAX);
            let lease = desk.lease(now, LEASE);
            let entries = in_flight.alongside(desk.store.claim_pending_entries(now, limit, &lease)).await?;
            more_due = entries.len() == room;
            for entry in entries {
                match spent(&entry) {
                    Some(reason) => in_flight.alongside(abandon(desk, &entry, reason)).await?,
                    None => ready.extend(links.admit(entry)),
                }
            }
        }
        let looked_up = in_flight.alongside(with_known_pages(desk, plan, &mut links, &mut ready)).await?;
        in_flight.extend(looked_up.into_iter().map(|(entry, page)| read_one(desk, plan, entry, page)));
        if in_flight.is_empty() {
            break;
        }
        desk.beat(Loop::Process);
        let done = in_flight.done(COMMIT_TOGETHER, CLAIM_AGAIN).await;
        more_due |= done.is_empty();
        processed += done.len() as u64;
        let (link_keys, read): (Vec<String>, Vec<_>) = done.into_iter().unzip();
        // One after another, never two at a time: of two copies that arrive together the second must see the first.
        in_flight.alongside(commit(desk, plan, read.into_iter().flatten().collect())).await?;
        if !desk.stop.is_cancelled() {
            ready.extend(link_keys.iter().filter_map(|link_key| links.done(link_key)));
        }
    }
    // The program is to stop: what is held is for the next run, or for another machine.
    for entry in links.give_up() {
        desk.store.postpone_entry(&entry.id, &entry.lease, desk.clock.now()).await?;
    }
    Ok(processed)
}

/// Looks up what is known of the pages of those that may be worked on now; one whose page another machine is fetching is
/// put off.
async fn with_known_pages(
    desk: &Desk,
    plan: &Plan,
    links: &mut Links,
    ready: &mut VecDeque<ClaimedEntry>,
) -> Result<Vec<(ClaimedEntry, Option<Page>)>, StoreError> {
    let mut looked_up = Vec::with_capacity(ready.len());
    while let Some(entry) = ready.pop_front() {
        match page::known(desk, plan, &entry).await {
            Some(Known::BeingFetched { again }) => {
                desk.store.postpone_entry(&entry.id, &entry.lease, again).await?;
                ready.extend(links.done(&entry.link_key));
            }
            Some(Known::Page(page)) => looked_up.push((entry, Some(page))),
            None => looked_up.push((entry, None)),
        }
    }
    Ok(looked_up)
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
    missing: Missing,
    article: Article,
    fingerprint: Fingerprint,
    hits: Vec<Hit>,
    page_key: String,
    speaks_of: String,
}

/// What is known of a page that was not read; nothing where it was, or was not wanted.
#[derive(Default)]
struct Missing {
    why: String,
    /// When the page is asked for again.
    due: Option<Timestamp>,
    tries: u32,
}

/// Returns the key of the link whose page was wanted, and what was read; `page` is what is known of it already. `None`:
/// the text could not be worked on this time; the lease runs out and the next claim counts the attempt.
async fn read_one(
    desk: &Desk,
    plan: &Arc<Plan>,
    claimed: ClaimedEntry,
    page: Option<Page>,
) -> (String, Option<ReadEntry>) {
    let link_key = if page::is_wanted(&claimed) { claimed.link_key.clone() } else { String::new() };
    let page = match page {
        Some(page) => page,
        None => page::fetched(desk, plan, &claimed).await,
    };
    let (page, missing) = match page {
        Page::NotWanted => (None, Missing { tries: claimed.page_tries, ..Missing::default() }),
        Page::Here(fetched) => (Some(*fetched), Missing { tries: claimed.page_tries, ..Missing::default() }),
        Page::Missing { why, due, tries } => (None, Missing { why, due, tries }),
    };
    let entry_id = claimed.id.clone();
    let spare = claimed.clone();
    let read = read_apart(plan, claimed, page, missing).await;
    let read = match read {
        Some(read) => Some(read),
        None => {
            // A defect of ours, brought out by this page: the report is still matched on what the feed gave.
            warn!(entry.id = %entry_id, "The page of entry {entry_id} cannot be worked on; the feed's own text stands in");
            let why = "the page cannot be worked on: a defect of newsvigil".to_owned();
            let tries = spare.page_tries + 1;
            read_apart(plan, spare, None, Missing { why, due: None, tries }).await
        }
    };
    (link_key, read)
}

/// Off the async threads; `None`: it panicked.
async fn read_apart(
    plan: &Arc<Plan>,
    claimed: ClaimedEntry,
    page: Option<Fetched>,
    missing: Missing,
) -> Option<ReadEntry> {
    let plan = Arc::clone(plan);
    tokio::task::spawn_blocking(move || read_text(&plan, claimed, page, missing)).await.ok()
}

/// Cleans and matches; computes only.
fn read_text(plan: &Plan, claimed: ClaimedEntry, fetched: Option<Fetched>, missing: Missing) -> ReadEntry {
    let lang_hint = if claimed.entry.lang.is_empty() { &claimed.feed_spec.lang } else { &claimed.entry.lang };
    let html = fetched.as_ref().map(decode);
    let page = fetched.as_ref().zip(html.as_deref()).map(|(fetched, html)| extract::Page { html, url: &fetched.url });
    let source =
        claimed.entry.link.as_ref().unwrap_or(&claimed.feed_spec.url).host_str().unwrap_or_default().to_owned();
    let source = source.as_str();
    let hits_in = |article: &Article| {
        let body = article.body();
        plan.watch_set.hits(&Text { title: &article.title, body: &body, source, lang: &article.lang })
    };
    let (entry, limits) = (&claimed.entry, &plan.extract_limits);
    let (mut article, other) = match page {
        Some(page) => extract::both_texts(page, entry, lang_hint, limits),
        None => (extract::article(None, Some(entry), lang_hint, limits), None),
    };
    let mut hits = hits_in(&article);
    if let Some(other) = other {
        // A page may leave out what its feed says (a wall that was not seen as one, a text that was changed since), and
        // the other way round. What a watch finds in one of the two must not be missed.
        let found = |hit: &Hit| hits.iter().any(|known| known.watch == hit.watch);
        if hits_in(&other).iter().any(|hit| !found(hit)) {
            append(&mut article, other);
            hits = hits_in(&article);
        }
    }
    let page_key = page_key(&claimed, fetched.as_ref(), &article);
    let mut read = ReadEntry {
        page: None,
        missing,
        fingerprint: Fingerprint::default(),
        speaks_of: String::new(),
        claimed,
        article,
        hits,
        page_key,
    };
    if !read.hits.is_empty() {
        compare_by(plan, &mut read, source);
    }
    read.page = fetched.map(raw_page);
    read
}

/// Takes from the text what it is compared by.
fn compare_by(plan: &Plan, read: &mut ReadEntry, source: &str) {
    let ReadEntry { article, claimed, .. } = &*read;
    let body = article.body();
    let mut fingerprint = grouping::fingerprint(&article.title, &body, &article.lang);
    let text = Text { title: &article.title, body: &body, source, lang: &article.lang };
    grouping::add_groups(&mut fingerprint, plan.names_told.found(&text).into_iter());
    let claims = article.published.or(claimed.entry.published).unwrap_or(claimed.first_seen);
    let speaks_of = grouping::speaks_of(&article.title, &body, claims).unwrap_or_default();
    (read.fingerprint, read.speaks_of) = (fingerprint, speaks_of);
}

/// The address by which other feeds' entries are known to lead to the same page.
fn page_key(claimed: &ClaimedEntry, fetched: Option<&Fetched>, article: &Article) -> String {
    let page = fetched.map(|fetched| &fetched.url).or(claimed.entry.link.as_ref());
    page.map_or_else(String::new, |page| page_address::page_key(page, article.canonical.as_ref()))
}

/// Adds what the other text says and this one does not.
fn append(article: &mut Article, other: Article) {
    let body = article.body();
    article.blocks.extend(other.blocks.into_iter().filter(|block| !body.contains(&block.text)));
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
    if read.is_empty() {
        return Ok(());
    }
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
            let (fingerprint, page_key) = (&entry.fingerprint, entry.page_key.as_str());
            let article = Unplaced { entry: id, fingerprint, reported_at: reported_at(&entry), page_key };
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
    let state = match (read.missing.due, &membership.copy_of) {
        (Some(due), _) => EntryState::Pending { due },
        (None, Some(of)) => EntryState::Duplicate { of: of.clone() },
        (None, None) if read.hits.is_empty() => EntryState::Unmatched,
        (None, None) => EntryState::Matched,
    };
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
        page_key: read.page_key,
        speaks_of: read.speaks_of,
        membership,
        hits: read.hits,
        state,
        page_tries: read.missing.tries,
        page_error: read.missing.why,
    }
}

fn owed(plan: &Plan, hits: &[Hit], now: Timestamp) -> Vec<Owed> {
    let followers = plan.recipients.iter().filter(|recipient| hits.iter().any(|hit| recipient.follows(&hit.watch)));
    followers
        .map(|recipient| Owed { recipient: recipient.id.clone(), due: schedule::report_due(&recipient.rhythm, now) })
        .collect()
}
