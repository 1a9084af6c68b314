//! Claims new entries, fetches their pages, cleans, matches and groups them, commits what they are and who is owed them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tracing::warn;

use super::asides;
use super::cleaning::{self, Had};
use super::hosts::{self, Hosts};
use super::in_flight::InFlight;
use super::measure;
use super::newsroom::{Newsroom, Unplaced};
use super::page::{self, Known, Links, Page};
use super::{CLAIM_AGAIN, Desk, Loop, Plan, without_panic};
use crate::extract::{Furniture, PageLines};
use crate::matching::Text;
use crate::model::article::Article;
use crate::model::entry::{ClaimedEntry, EntryState};
use crate::model::exchange::{Body, Fetched};
use crate::model::id::sha256_hex;
use crate::model::story::{Fingerprint, Membership};
use crate::model::time::Timestamp;
use crate::model::watch::{Aside, Hit};
use crate::source::page_address;
use crate::store::{self, Owed, ProcessedEntry, RawPage, StoreError};
use crate::{extract, grouping, schedule};

const LEASE: Duration = Duration::from_secs(15 * 60);
/// Tasks whose results are committed in one transaction.
const COMMIT_TOGETHER: usize = 64;
/// Entries without a page that are read in one task: beginning a task costs as much as reading some of them.
const READ_TOGETHER: usize = 64;
/// Entries of feeds' first polls that are claimed at a time beyond what is claimed of all kinds.
const BASELINE_TOGETHER: u32 = 448;
/// Claims without a commit after which an entry is held to be what stops the program. Many: whatever was in flight when
/// somebody else killed it is counted too, and an entry that is given up is a report that may be lost.
const MAX_ATTEMPTS: u32 = 12;

/// Processes until no entry is due, or the program is to stop. Returns how many were.
pub async fn drain(desk: &Desk, plan: &Arc<Plan>) -> Result<u64, StoreError> {
    let mut in_flight = InFlight::new();
    let mut links = Links::default();
    let mut hosts = Hosts::default();
    let mut ready = VecDeque::new();
    let mut working = 0;
    let mut processed = 0;
    let mut more_due = true;
    loop {
        let room = plan.entries_in_flight.saturating_sub(working + links.held());
        if more_due && !desk.stopping(plan) && room * 2 >= plan.entries_in_flight {
            let entries = in_flight.alongside(claim(desk, room)).await?;
            more_due = entries.len() >= room;
            if !entries.is_empty() {
                in_flight.alongside(measure::once(desk, plan)).await?;
            }
            for entry in entries {
                match spent(&entry) {
                    Some(reason) => in_flight.alongside(abandon(desk, &entry, reason)).await?,
                    None => ready.extend(links.admit(entry)),
                }
            }
        }
        let mut looked_up = in_flight.alongside(with_known_pages(desk, plan, &mut links, &mut ready)).await?;
        working += looked_up.len();
        in_flight.alongside(hosts.look_up(desk, looked_up.iter().map(|known| &known.claimed))).await?;
        for known in &mut looked_up {
            known.furniture = hosts.furniture(hosts::host(&known.claimed));
        }
        let (alone, together): (Vec<_>, Vec<_>) =
            looked_up.into_iter().partition(|known| page::is_wanted(&known.claimed));
        in_flight.extend(alone.into_iter().map(|one| read(desk, plan, vec![one])));
        in_flight.extend(chunks(together).map(|chunk| read(desk, plan, chunk)));
        if in_flight.is_empty() {
            break;
        }
        desk.beat(Loop::Process);
        let done: Vec<Done> = in_flight.done(COMMIT_TOGETHER, CLAIM_AGAIN).await.into_iter().flatten().collect();
        more_due |= done.is_empty();
        working -= done.len();
        processed += done.len() as u64;
        let (link_keys, mut read): (Vec<String>, Vec<_>) =
            done.into_iter().map(|done| (done.link_key, done.read)).unzip();
        for entry in read.iter_mut().flatten() {
            hosts.learn(hosts::host(&entry.claimed), &std::mem::take(&mut entry.page_lines), desk.clock.now());
        }
        // One after another, never two at a time: of two copies that arrive together the second must see the first.
        in_flight.alongside(commit(desk, plan, read.into_iter().flatten().collect())).await?;
        in_flight.alongside(hosts.keep_much(desk)).await?;
        if !desk.stop.is_cancelled() {
            ready.extend(link_keys.iter().filter_map(|link_key| links.done(link_key)));
        }
    }
    hosts.keep(desk).await?;
    // The program is to stop: what is held is for the next run, or for another machine.
    for entry in links.give_up() {
        desk.store.postpone_entry(&entry.id, &entry.lease, desk.clock.now()).await?;
    }
    Ok(processed)
}

/// Claims what is due longest, and where that is a feed's first poll, more of the kind: it waits for no server, and many
/// rows in one transaction share what each transaction costs.
async fn claim(desk: &Desk, room: usize) -> Result<Vec<ClaimedEntry>, StoreError> {
    let now = desk.clock.now();
    let limit = u32::try_from(room).unwrap_or(u32::MAX);
    let mut entries = desk.store.claim_pending_entries(now, limit, &desk.lease(now, LEASE)).await?;
    if entries.len() == room && entries.iter().all(|entry| entry.baseline) {
        entries.extend(desk.store.claim_baseline_entries(now, BASELINE_TOGETHER, &desk.lease(now, LEASE)).await?);
    }
    Ok(entries)
}

/// In parts that are read in one go each.
fn chunks(mut entries: Vec<KnownEntry>) -> impl Iterator<Item = Vec<KnownEntry>> {
    std::iter::from_fn(move || {
        let rest = entries.split_off(entries.len().min(READ_TOGETHER));
        let chunk = std::mem::replace(&mut entries, rest);
        (!chunk.is_empty()).then_some(chunk)
    })
}

/// A claimed entry with what is known before its page is asked for.
struct KnownEntry {
    claimed: ClaimedEntry,
    /// `None`: the page is to be fetched.
    page: Option<Page>,
    /// What an earlier try brought, if it was a wall.
    earlier: Option<Fetched>,
    furniture: Arc<Furniture>,
}

/// Looks up what is known of the pages of those that may be worked on now; one whose page another machine is fetching is
/// put off.
async fn with_known_pages(
    desk: &Desk,
    plan: &Plan,
    links: &mut Links,
    ready: &mut VecDeque<ClaimedEntry>,
) -> Result<Vec<KnownEntry>, StoreError> {
    let mut looked_up = Vec::with_capacity(ready.len());
    while let Some(entry) = ready.pop_front() {
        let page = match page::known(desk, plan, &entry).await {
            Some(Known::BeingFetched { again }) => {
                desk.store.postpone_entry(&entry.id, &entry.lease, again).await?;
                ready.extend(links.done(&entry.link_key));
                continue;
            }
            Some(Known::Page(page)) => Some(page),
            None => None,
        };
        let earlier = page::earlier(desk, plan, &entry).await;
        looked_up.push(KnownEntry { claimed: entry, page, earlier, furniture: Arc::default() });
    }
    Ok(looked_up)
}

fn spent(entry: &ClaimedEntry) -> Option<&'static str> {
    (entry.attempts > MAX_ATTEMPTS).then_some("the program died each time it worked on this entry")
}

async fn abandon(desk: &Desk, entry: &ClaimedEntry, reason: &str) -> Result<(), StoreError> {
    warn!(entry.id = %entry.id, attempt = entry.attempts, "Entry {} is abandoned: {reason}", entry.id);
    desk.store.abandon_entry(&entry.id, &entry.lease, reason).await?;
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
    asides: Vec<Aside>,
    page_lines: PageLines,
    page_key: String,
    speaks_of: String,
}

/// What is known of a page that was not read; nothing where it was, or was not wanted.
#[derive(Clone, Default)]
struct Missing {
    why: String,
    /// When the page is asked for again.
    due: Option<Timestamp>,
    tries: u32,
}

/// What came of the work on an entry.
struct Done {
    /// Of the link whose page was wanted; empty for none.
    link_key: String,
    /// `None`: the text could not be worked on this time; the lease runs out and the next claim counts the attempt.
    read: Option<ReadEntry>,
}

/// An entry with what its text is read from, or with why it has no page.
struct Unread {
    claimed: ClaimedEntry,
    had: Had,
    missing: Missing,
}

/// Gets the pages that are wanted and not known yet, and reads entries off the async threads.
async fn read(desk: &Desk, plan: &Arc<Plan>, entries: Vec<KnownEntry>) -> Vec<Done> {
    let mut unread = Vec::with_capacity(entries.len());
    for KnownEntry { claimed, page, earlier, furniture } in entries {
        let page = match page {
            Some(page) => page,
            None => page::fetched(desk, plan, &claimed).await,
        };
        let tries = claimed.page_tries;
        let (page, missing) = match page {
            Page::NotWanted => (None, Missing { tries, ..Missing::default() }),
            Page::Here(fetched) => (Some(*fetched), Missing { tries, ..Missing::default() }),
            Page::Missing { why, due, tries } => (None, Missing { why, due, tries }),
        };
        unread.push(Unread { claimed, had: Had { page, earlier, furniture }, missing });
    }
    let link_key = |unread: &Unread| {
        if page::is_wanted(&unread.claimed) { unread.claimed.link_key.clone() } else { String::new() }
    };
    let link_keys: Vec<String> = unread.iter().map(link_key).collect();
    let plan = Arc::clone(plan);
    let reading = move || unread.into_iter().map(|unread| read_apart(&plan, unread)).collect::<Vec<_>>();
    // Each reading is caught where it panics; if the task fails all the same, none of its entries was read.
    let read = desk.compute(reading).await.unwrap_or_default();
    let read = read.into_iter().chain(std::iter::repeat_with(|| None));
    link_keys.into_iter().zip(read).map(|(link_key, read)| Done { link_key, read }).collect()
}

/// Reads one entry, so that a panic costs it its page alone, or this try.
fn read_apart(plan: &Plan, unread: Unread) -> Option<ReadEntry> {
    let Unread { claimed, mut had, missing } = unread;
    let mut read = without_panic(|| read_text(plan, &claimed, &had, missing.clone()));
    if read.is_none() && had.page.is_some() {
        // A defect of ours, brought out by this page: the report is still matched on what the feed gave.
        let id = &claimed.id;
        warn!(entry.id = %id, "The page of entry {id} cannot be worked on; the feed's own text stands in");
        let why = "the page cannot be worked on: a defect of newsvigil".to_owned();
        let missing = Missing { why, due: None, tries: claimed.page_tries + 1 };
        had = Had::default();
        read = without_panic(|| read_text(plan, &claimed, &had, missing));
    }
    let TextRead { article, fingerprint, hits, asides, page_lines, missing, page_is_shown, page_key, speaks_of } =
        read?;
    let page = had.page.filter(|_| page_is_shown).map(raw_page);
    Some(ReadEntry { claimed, page, missing, article, fingerprint, hits, asides, page_lines, page_key, speaks_of })
}

/// What an entry's text was found to be.
struct TextRead {
    article: Article,
    fingerprint: Fingerprint,
    hits: Vec<Hit>,
    asides: Vec<Aside>,
    page_lines: PageLines,
    missing: Missing,
    /// The page of this try is where the text is from, and is to be stored with it.
    page_is_shown: bool,
    page_key: String,
    speaks_of: String,
}

/// Cleans and matches; computes only.
fn read_text(plan: &Plan, claimed: &ClaimedEntry, had: &Had, mut missing: Missing) -> TextRead {
    let source = claimed.entry.host_or(&claimed.feed_spec.url);
    let hits_in = |article: &Article| {
        let body = article.body();
        plan.watch_set.hits(&Text { title: &article.title, body: &body, source, lang: &article.lang })
    };
    let (cleaned, page_is_shown) = had.cleaned(plan, claimed);
    if cleaned.walled && missing.why.is_empty() {
        let tries = missing.tries + 1;
        let due = schedule::next_wall_try(tries, claimed.id.as_str(), claimed.lease.until.minus(LEASE));
        missing = Missing { why: cleaning::WALLED.to_owned(), due, tries };
    }
    let extract::Cleaned { mut article, other, page_lines, .. } = cleaned;
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
    let asides = asides::found(&plan.watch_set, &article, source, &hits);
    let page_key = page_key(claimed, had.page.as_ref(), &article);
    let (fingerprint, speaks_of) =
        if hits.is_empty() { Default::default() } else { comparison(plan, claimed, &article, source) };
    TextRead { article, fingerprint, hits, asides, page_lines, missing, page_is_shown, page_key, speaks_of }
}

/// What the text is compared by, and the old date that it speaks of; empty for none.
fn comparison(plan: &Plan, claimed: &ClaimedEntry, article: &Article, source: &str) -> (Fingerprint, String) {
    let body = article.body();
    let mut fingerprint = grouping::fingerprint(&article.title, &body, &article.lang);
    let text = Text { title: &article.title, body: &body, source, lang: &article.lang };
    grouping::add_groups(&mut fingerprint, plan.names_told.found(&text).into_iter());
    let claims = article.published.or(claimed.entry.published).unwrap_or(claimed.first_seen);
    (fingerprint, grouping::speaks_of(&article.title, &body, claims).unwrap_or_default())
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
        asides_owed: if read.claimed.baseline { Vec::new() } else { asides::owed(plan, &read.asides) },
        asides: read.asides,
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
        .map(|recipient| {
            let due = schedule::report_due(recipient, hits, now, &plan.alert_pacing);
            Owed { recipient: recipient.id.clone(), due: due.digest, alert_due: due.alert }
        })
        .collect()
}
