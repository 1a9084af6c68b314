//! Looks for the entries of a gap: where the feed says that older ones stand, and where outlets usually keep them.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use tracing::{info, warn};
use url::Url;

use super::answer::new_entry;
use super::{Desk, Plan, sitemaps};
use crate::coverage::{self, fill};
use crate::fetch::FetchError;
use crate::model::entry::FeedDocument;
use crate::model::exchange::{FetchRequest, Purpose};
use crate::model::feed::{FeedKind, FeedSpec};
use crate::model::outcome::Disposition;
use crate::model::time::Timestamp;
use crate::store::{ClaimedGap, FilledGap, GapEnd, NewEntry, StoreError};

const LEASE: Duration = Duration::from_secs(15 * 60);
const CLAIM: u32 = 1;
/// What one gap may take; within its lease.
const PATIENCE: Duration = Duration::from_secs(8 * 60);
/// Lists that are asked for to fill one gap.
const LISTS: usize = 6;
/// Tries of a gap whose lists could not be had, and the pause between them.
const TRIES: u32 = 4;
const AGAIN: Duration = Duration::from_secs(10 * 60);

/// Fills gaps until none is due.
pub async fn drain(desk: &Desk, plan: &Plan) -> Result<(), StoreError> {
    while !desk.stopping(plan) {
        let now = desk.clock.now();
        let gaps = desk.store.claim_gaps(now, CLAIM, &desk.lease(now, LEASE)).await?;
        if gaps.is_empty() {
            return Ok(());
        }
        for gap in gaps {
            let filled = match tokio::time::timeout(PATIENCE, fill(desk, plan, &gap)).await {
                Ok(filled) => filled?,
                Err(_) => too_slow(desk, &gap),
            };
            let end = filled.end.clone();
            let Some(new) = desk.store.commit_gap(&filled).await? else { continue };
            desk.tally.found_entries(new);
            desk.bells.entries.notify_one();
            let id = &gap.feed;
            match end {
                GapEnd::Filled => {
                    info!(feed.id = %id, entries = new, "The gap in feed {id} is filled: {new} entries were found")
                }
                GapEnd::Unfilled { why } => {
                    warn!(feed.id = %id, entries = new, "The gap in feed {id} from {} to {} stays, {new} entries were found: {why}", gap.from, gap.until);
                }
                GapEnd::Later { due } => info!(feed.id = %id, "The gap in feed {id} is looked at again at {due}"),
            }
        }
    }
    Ok(())
}

fn too_slow(desk: &Desk, gap: &ClaimedGap) -> FilledGap {
    let at = desk.clock.now();
    let why = format!("its lists did not come within {} minutes", PATIENCE.as_secs() / 60);
    ended(gap, at, GapEnd::Unfilled { why }, vec![])
}

fn ended(gap: &ClaimedGap, at: Timestamp, end: GapEnd, entries: Vec<NewEntry>) -> FilledGap {
    FilledGap { gap: gap.id.clone(), feed: gap.feed.clone(), lease: gap.lease.clone(), at, end, entries }
}

async fn fill(desk: &Desk, plan: &Plan, gap: &ClaimedGap) -> Result<FilledGap, StoreError> {
    if gap.attempts > TRIES {
        let why = "it was tried often, and never to the end".to_owned();
        return Ok(ended(gap, desk.clock.now(), GapEnd::Unfilled { why }, vec![]));
    }
    let mut places: VecDeque<Url> = fill::places(&gap.feed_spec, gap.previous.as_ref()).into();
    let mut asked = HashSet::new();
    let mut entries: Vec<NewEntry> = vec![];
    let mut unreachable = false;
    let mut end = None;
    while let Some(url) = places.pop_front() {
        if asked.len() == LISTS || !asked.insert(url.clone()) {
            continue;
        }
        let document = match ask(desk, plan, gap, url).await {
            Ok(document) => document,
            Err(later) => {
                unreachable |= later;
                continue;
            }
        };
        places.extend(document.previous.clone());
        let at = desk.clock.now();
        let list: Vec<NewEntry> =
            document.entries.into_iter().map(|entry| new_entry((&gap.feed, gap.scattered), entry, false, at)).collect();
        let known = desk.store.known_since(&list).await?;
        let seen: Vec<fill::Listed<'_>> = list
            .iter()
            .zip(&known)
            .map(|(new, since)| fill::Listed {
                entry: &new.entry,
                known: since.is_some(),
                known_before: since.is_some_and(|since| since <= gap.from),
            })
            .collect();
        let part = fill::part(&seen, gap.from);
        entries.extend(list.into_iter().zip(part.wanted).filter_map(|(entry, wanted)| wanted.then_some(entry)));
        if part.reaches_back {
            end = Some(GapEnd::Filled);
            break;
        }
    }
    let at = desk.clock.now();
    let end = end.unwrap_or_else(|| {
        if unreachable && gap.attempts < TRIES {
            GapEnd::Later { due: at.plus(AGAIN * gap.attempts) }
        } else {
            GapEnd::Unfilled {
                why: format!("{} lists of older entries were asked for, and none reaches back", asked.len()),
            }
        }
    });
    Ok(ended(gap, at, end, entries))
}

/// The list at an address; an error is true where it may be had later.
async fn ask(desk: &Desk, plan: &Plan, gap: &ClaimedGap, url: Url) -> Result<FeedDocument, bool> {
    let mut request = FetchRequest::whole(url, Purpose::Feed);
    request.route = gap.feed_spec.route.clone();
    request.credentials = plan.credentials.get(&gap.feed).cloned();
    let fetched = desk.fetcher.get(&request).await.map_err(|error| may_work_later(&error))?;
    // Another site's list is not the outlet's, whatever leads there.
    if !gap.homes.contains(&coverage::home(&fetched.url)) {
        return Err(false);
    }
    // What is found there is a feed or a sitemap, also where the source itself is a page.
    let spec = FeedSpec { kind: FeedKind::Syndication, selectors: None, ..gap.feed_spec.clone() };
    match sitemaps::read_whole((&desk.fetcher, &desk.seats), &request, &spec, fetched, &plan.feed_limits).await {
        Ok((document, _)) => Ok(document),
        Err(_) => Err(false),
    }
}

fn may_work_later(error: &FetchError) -> bool {
    let refused = matches!(error, FetchError::Status { status: 400..500, .. });
    !refused && matches!(error.disposition(), Disposition::RetryAfter(_) | Disposition::Retry)
}
