//! An entry's page: had from another entry that leads to it, or fetched.
//!
//! Several feeds of one publisher list one article, and its server is asked for it once. Within this process entries of
//! one link are worked on one after another ([`Links`]); another machine's work on it is known by its lease. A page that
//! was being fetched when the program died is fetched again when the lease ends.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use tracing::{debug, warn};
use url::Url;

use super::{Desk, Plan};
use crate::fetch::FetchError;
use crate::model::entry::ClaimedEntry;
use crate::model::exchange::{Body, FetchRequest, Fetched, Purpose};
use crate::model::outcome::Disposition;
use crate::model::time::Timestamp;
use crate::schedule;
use crate::store::{self, LinkedEntry, LinkedState, RawPage, StoreError};

/// A page that another feed's entry brought is good for this entry too for so long.
const SHARED_FOR: Duration = Duration::from_secs(86_400);
/// And one that turned out to be a wall for so long: shorter than the time after which it is tried again.
const WALL_SHARED_FOR: Duration = Duration::from_secs(3600);
/// How soon is looked again whether another machine has brought the page.
const ELSEWHERE_PAUSE: Duration = Duration::from_secs(30);

/// What came of the wish for a page.
pub enum Page {
    /// The entry has no link, or is not worth a request.
    NotWanted,
    Here(Box<Fetched>),
    Missing {
        why: String,
        /// When it is asked for again; `None`: never.
        due: Option<Timestamp>,
        /// How often it was asked for in vain by now.
        tries: u32,
    },
}

/// What the database knows of a page.
pub enum Known {
    Page(Page),
    /// Another machine fetches it just now: to be looked for again then.
    BeingFetched {
        again: Timestamp,
    },
}

/// True if the entry's page is to be read: a first poll's old entries are kept as the feed gave them, for no run is made
/// on a publisher's archive.
pub fn is_wanted(entry: &ClaimedEntry) -> bool {
    entry.entry.link.is_some() && !entry.baseline
}

/// Keeps entries of one link apart in time, so that the second finds the page of the first.
#[derive(Default)]
pub struct Links {
    busy: HashSet<String>,
    held: VecDeque<ClaimedEntry>,
}

impl Links {
    /// Returns the entry if it may be worked on now, or holds it until the one before it is done.
    pub fn admit(&mut self, entry: ClaimedEntry) -> Option<ClaimedEntry> {
        if !is_wanted(&entry) || entry.link_key.is_empty() || self.busy.insert(entry.link_key.clone()) {
            return Some(entry);
        }
        self.held.push_back(entry);
        None
    }

    /// Work on an entry of this link is stored; returns the entries that may be worked on now.
    pub fn done(&mut self, link_key: &str) -> Option<ClaimedEntry> {
        self.busy.remove(link_key);
        let at = self.held.iter().position(|held| held.link_key == link_key)?;
        let next = self.held.remove(at)?;
        self.busy.insert(next.link_key.clone());
        Some(next)
    }

    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// Returns what is held, for somebody else to work on.
    pub fn give_up(self) -> impl Iterator<Item = ClaimedEntry> {
        self.held.into_iter()
    }
}

/// What other entries of the same link know of its page; `None` where it is to be fetched.
///
/// Asks the database, so it is awaited by the loop itself and never by work in flight: that would hold a connection
/// while the loop, which alone drives it on, waits for one.
pub async fn known(desk: &Desk, plan: &Plan, entry: &ClaimedEntry) -> Option<Known> {
    if !is_wanted(entry) || entry.link_key.is_empty() {
        return None;
    }
    let looked_up = look_up(desk, plan, entry, desk.clock.now()).await;
    // Asking once too often is better than not reading.
    looked_up.unwrap_or_else(|failure| {
        warn!(entry.id = %entry.id, "{failure}; the page of entry {} is asked for", entry.id);
        None
    })
}

/// The page that an earlier try brought for this entry, which was a wall: better than none, should the next try fail.
///
/// Asks the database, as [`known`] does.
pub async fn earlier(desk: &Desk, plan: &Plan, entry: &ClaimedEntry) -> Option<Fetched> {
    if entry.page_tries == 0 {
        return None;
    }
    let page = desk.store.page(&entry.id).await;
    let unpacked = page.map(|page| page.and_then(|page| unpacked(page, plan.max_page_bytes).ok()));
    unpacked.unwrap_or_else(|failure| {
        warn!(entry.id = %entry.id, "{failure}; entry {} goes without its earlier page", entry.id);
        None
    })
}

/// Returns the entry's page as its server gives it, or why there is none.
pub async fn fetched(desk: &Desk, plan: &Plan, entry: &ClaimedEntry) -> Page {
    let Some(link) = entry.entry.link.as_ref().filter(|_| is_wanted(entry)) else { return Page::NotWanted };
    let fetched = fetch(desk, plan, entry, link).await;
    let now = desk.clock.now();
    match fetched {
        Ok(fetched) => {
            desk.tally.page_fetched();
            Page::Here(Box::new(fetched))
        }
        Err(error) => {
            desk.tally.page_failed();
            debug!(entry.id = %entry.id, attempt = entry.page_tries + 1, "Page of entry {}: {error}", entry.id);
            let (due, tries) = error.next_try(entry, now);
            Page::Missing { why: error.to_string(), due, tries }
        }
    }
}

async fn look_up(desk: &Desk, plan: &Plan, entry: &ClaimedEntry, now: Timestamp) -> Result<Option<Known>, StoreError> {
    let linked = desk.store.linked_entries(&entry.link_key, &entry.id, now).await?;
    for other in linked.iter().filter(|other| brought_it(other, entry, now)) {
        if let Some(page) = desk.store.page(&other.entry).await? {
            match unpacked(page, plan.max_page_bytes) {
                Ok(fetched) => return Ok(Some(Known::Page(Page::Here(Box::new(fetched))))),
                Err(error) => {
                    warn!(entry.id = %other.entry, "The page of entry {} cannot be unpacked: {error}", other.entry);
                }
            }
        }
    }
    let failed = linked.iter().find_map(|other| shared_failure(other, entry, now)).map(Known::Page);
    Ok(failed.or_else(|| {
        let ours = format!("{}-", desk.worker);
        let elsewhere =
            |state: &LinkedState| matches!(state, LinkedState::Leased { token } if !token.starts_with(&ours));
        let being_fetched = linked.iter().any(|other| elsewhere(&other.state));
        being_fetched.then(|| Known::BeingFetched { again: now.plus(ELSEWHERE_PAUSE) })
    }))
}

/// What the other entry's vain tries mean for this one.
fn shared_failure(other: &LinkedEntry, entry: &ClaimedEntry, now: Timestamp) -> Option<Page> {
    let missing = |due| Page::Missing { why: other.page_error.clone(), due, tries: other.page_tries };
    match other.state {
        // It tried once more than this one: that try counts for both.
        LinkedState::Pending { due } if due > now && other.page_tries > entry.page_tries => Some(missing(Some(due))),
        LinkedState::Settled if !other.page_error.is_empty() && is_recent(other, now) => Some(missing(None)),
        _ => None,
    }
}

fn is_recent(other: &LinkedEntry, now: Timestamp) -> bool {
    now.since(other.first_seen) < SHARED_FOR
}

/// Its page is one that this entry would get: fetched since it appeared, or by another feed's entry not long before and
/// not changed since, by the feed's own word. (The same feed that lists a link anew says that there is something new.)
fn brought_it(other: &LinkedEntry, entry: &ClaimedEntry, now: Timestamp) -> bool {
    let LinkedState::Read { at } = other.state else { return false };
    if !other.page_error.is_empty() {
        // It was read and found to be a wall: asked for again by whoever is first, for all.
        return now.since(at) < WALL_SHARED_FOR;
    }
    let changed = entry.entry.updated.max(entry.entry.published);
    at >= entry.first_seen
        || (other.feed != entry.feed && now.since(at) < SHARED_FOR && changed.is_none_or(|changed| changed <= at))
}

fn unpacked(page: RawPage, cap: u64) -> std::io::Result<Fetched> {
    let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()));
    Ok(Fetched {
        url: page.url,
        moved_to: None,
        status: page.status,
        headers: page.headers.lines().filter_map(header).collect(),
        body: Body::Bytes(store::gunzip(&page.body_gzip, cap)?),
        fresh_for: None,
        at: page.fetched_at,
    })
}

/// Why a page gives no text.
#[derive(Debug, thiserror::Error)]
enum PageError {
    #[error(transparent)]
    Fetch(FetchError),
    #[error("the page is {media_type}, not text")]
    NotText { media_type: String },
}

impl PageError {
    /// When it is asked for again, and how often it was by then.
    fn next_try(&self, entry: &ClaimedEntry, now: Timestamp) -> (Option<Timestamp>, u32) {
        let tries = entry.page_tries;
        let error = match self {
            PageError::Fetch(error) => error,
            PageError::NotText { .. } => return (None, tries + 1),
        };
        if let Some(again) = error.not_asked() {
            return (Some(now.plus(again)), tries);
        }
        let wait = match error.disposition() {
            Disposition::GiveUp => return (None, tries + u32::from(!matches!(error, FetchError::RobotsForbid { .. }))),
            Disposition::RetryAfter(wait) => Some(wait),
            Disposition::Retry | Disposition::Misconfigured => None,
        };
        (schedule::next_page_try(tries + 1, wait, entry.id.as_str(), now), tries + 1)
    }
}

async fn fetch(desk: &Desk, plan: &Plan, entry: &ClaimedEntry, link: &Url) -> Result<Fetched, PageError> {
    let request = FetchRequest {
        route: entry.feed_spec.route.clone(),
        credentials: plan.credentials.get(&entry.feed).cloned(),
        ..FetchRequest::whole(link.clone(), Purpose::Page)
    };
    let fetched = desk.fetcher.get(&request).await.map_err(PageError::Fetch)?;
    match other_than_text(&fetched) {
        Some(media_type) => Err(PageError::NotText { media_type }),
        None => Ok(fetched),
    }
}

/// How files that servers call `text/html` by mistake begin.
const MAGIC: &[(&[u8], &str)] = &[
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
];

/// The media type, where it is not one of text or its first bytes say otherwise.
fn other_than_text(fetched: &Fetched) -> Option<String> {
    let media_type = fetched.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let text = media_type.is_empty() || media_type.starts_with("text/") || media_type.ends_with("+xml");
    if !text {
        return Some(media_type.chars().take(80).collect());
    }
    let Body::Bytes(bytes) = &fetched.body else { return None };
    MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, media_type)| (*media_type).to_owned())
}
