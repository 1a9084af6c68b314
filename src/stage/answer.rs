//! What a feed's server answered, and what its entries are.

use std::sync::Arc;
use std::time::Duration;

use tracing::{debug, error, warn};

use super::{Desk, MailBack, Plan, baseline, sitemaps};
use crate::coverage::List;
use crate::fetch::FetchError;
use crate::model::entry::{FeedDocument, FeedEntry};
use crate::model::exchange::{Body, FetchRequest, Fetched, Validators};
use crate::model::feed::{Feed, SkippedTimes, Wishes};
use crate::model::id::{EntryId, FeedId, sha256_hex};
use crate::model::outcome::Disposition;
use crate::model::time::Timestamp;
use crate::schedule::{self, PollEnd};
use crate::source::{self, ReadError};
use crate::store::{Answered, NewEntry, PollResult};

/// What a server's answer, or its silence, comes to.
pub(super) struct Answer {
    pub result: PollResult,
    pub end: PollEnd,
    pub list: List,
    /// A page came, and the selectors found nothing on it.
    pub blind: bool,
}

impl Answer {
    pub fn of(result: PollResult, end: PollEnd) -> Answer {
        Answer { result, end, list: List::default(), blind: false }
    }
}

/// No answer came.
pub(super) fn failed_fetch(feed: &Feed, error: &FetchError) -> Answer {
    if let Some(again) = error.not_asked() {
        debug!(feed.id = %feed.id, "Feed {} waits: {error}", feed.id);
        return Answer::of(PollResult::NotAsked, PollEnd::NotAsked(again));
    }
    let disposition = error.disposition();
    let attempt = feed.failures_in_a_row + 1;
    let end = PollEnd::Failed(disposition.clone());
    if disposition == Disposition::GiveUp {
        error!(feed.id = %feed.id, "Feed {} is switched off, nothing is read there any more: {error}", feed.id);
        return Answer::of(PollResult::Disabled { reason: error.to_string() }, end);
    }
    warn!(feed.id = %feed.id, attempt, "Feed {}: {error}", feed.id);
    Answer::of(PollResult::Failed { error: error.to_string() }, end)
}

/// An answer came: unchanged, read, or unreadable.
pub(super) async fn read_answer(
    desk: &Desk,
    plan: &Arc<Plan>,
    feed: &Feed,
    request: &FetchRequest,
    fetched: Fetched,
    at: Timestamp,
) -> Answer {
    let (moving, ask) = schedule::follow_move(feed, &request.url, &fetched);
    let (validators, validators_url) = (fetched.validators(), fetched.url.clone());
    let answered = Answered { validators, validators_url, fresh_for: fetched.fresh_for, moving, ask };
    let body_hash = match &fetched.body {
        Body::Bytes(bytes) => sha256_hex(bytes),
        Body::NotModified => {
            debug!(feed.id = %feed.id, "Feed {} is unchanged", feed.id);
            let fresh_for = answered.fresh_for.unwrap_or(feed.wishes.fresh_for);
            let end = PollEnd::Fine(Wishes { fresh_for, ..feed.wishes });
            return Answer::of(PollResult::NotModified(answered), end);
        }
    };
    let fresh_for = answered.fresh_for.unwrap_or_default();
    if body_hash == feed.body_hash && feed.first_read_at.is_some() {
        debug!(feed.id = %feed.id, "Feed {} came whole and is unchanged", feed.id);
        let end = PollEnd::Fine(Wishes { fresh_for, ..feed.wishes });
        return Answer::of(PollResult::SameBody(answered), end);
    }
    match sitemaps::read_whole((&desk.fetcher, &desk.seats), request, &feed.spec, fetched, &plan.feed_limits).await {
        Ok((document, parts_hash)) => {
            // That an index is unchanged says little of the sitemaps it names: it is asked for whole each time, and
            // what they hold is compared.
            let answered = match parts_hash {
                Some(_) => Answered { validators: Validators::default(), ..answered },
                None => answered,
            };
            let body_hash = parts_hash.unwrap_or(body_hash);
            if body_hash == feed.body_hash && feed.first_read_at.is_some() {
                debug!(feed.id = %feed.id, "The sitemaps of feed {} are unchanged", feed.id);
                let end = PollEnd::Fine(Wishes { fresh_for, ..feed.wishes });
                return Answer::of(PollResult::SameBody(answered), end);
            }
            read_document(desk, plan, feed, document, answered, body_hash, at).await
        }
        Err(error) => {
            let attempt = feed.failures_in_a_row + 1;
            warn!(feed.id = %feed.id, attempt, "Feed {}: {error}", feed.id);
            let failed = PollResult::Failed { error: error.to_string() };
            let blind = matches!(error, ReadError::NothingFound { .. });
            Answer { blind, ..Answer::of(failed, PollEnd::Failed(Disposition::Retry)) }
        }
    }
}

async fn read_document(
    desk: &Desk,
    plan: &Arc<Plan>,
    feed: &Feed,
    mut document: FeedDocument,
    answered: Answered,
    body_hash: String,
    at: Timestamp,
) -> Answer {
    let list = List::of(&document, &answered.validators_url);
    let wishes = wishes(&document, answered.fresh_for.unwrap_or_default());
    let note = document.repairs.join("; ");
    let rhythm = schedule::rhythm(feed, at);
    // Neither validators nor hash of a body that was cut off may keep the rest from being read next time.
    let (answered, body_hash) = if document.cut_off {
        (Answered { validators: Validators::default(), ..answered }, String::new())
    } else {
        (answered, body_hash)
    };
    let entries = std::mem::take(&mut document.entries);
    let entries = if feed.first_read_at.is_none() {
        let (plan, feed) = (Arc::clone(plan), feed.clone());
        let read = desk.compute(move || first_entries(&plan, &feed, entries, at)).await;
        let Some(entries) = read else { return defect() };
        entries
    } else {
        entries.into_iter().map(|entry| new_entry((&feed.id, feed.scattered), entry, false, at)).collect()
    };
    let result = PollResult::Read { answered, body_hash, note, wishes, rhythm, entries };
    Answer { result, end: PollEnd::Fine(wishes), list, blind: false }
}

/// What was computed for it panicked, or the program is about to end.
fn defect() -> Answer {
    let error = "its entries could not be read: a defect of newsvigil".to_owned();
    Answer::of(PollResult::Failed { error }, PollEnd::Failed(Disposition::Retry))
}

fn wishes(document: &FeedDocument, fresh_for: Duration) -> Wishes {
    Wishes {
        fresh_for,
        interval: Duration::from_secs(document.wished_interval_secs.unwrap_or(0)),
        skip: SkippedTimes::new(document.skip_hours.iter().copied(), document.skip_days.iter().copied()),
    }
}

/// A first list's entries, those that no watch finds read already.
fn first_entries(plan: &Plan, feed: &Feed, entries: Vec<FeedEntry>, at: Timestamp) -> Vec<NewEntry> {
    let listed = entries.into_iter().map(|entry| {
        let baseline = !mailed_back(plan.mail_back, &entry, at);
        let new = new_entry((&feed.id, feed.scattered), entry, baseline, at);
        let unmatched = baseline && baseline::is_unmatched(plan, feed, &new.entry);
        NewEntry { unmatched, ..new }
    });
    listed.collect()
}

/// `scattered`: see [`Feed::scattered`].
pub(super) fn new_entry(
    (feed, scattered): (&FeedId, bool),
    entry: FeedEntry,
    baseline: bool,
    due: Timestamp,
) -> NewEntry {
    let named = if scattered { EntryId::scattered } else { EntryId::of };
    NewEntry {
        id: named(feed, &entry.key),
        link_key: entry.link.as_ref().map(source::entry_key::canonical_link).unwrap_or_default(),
        alias: entry.alias.as_ref().map(|alias| named(feed, alias)),
        baseline,
        unmatched: false,
        entry,
        due,
    }
}

fn mailed_back(mail_back: MailBack, entry: &FeedEntry, at: Timestamp) -> bool {
    match mail_back {
        MailBack::All => true,
        MailBack::Within(time) => entry.published.is_some_and(|published| published > at.minus(time)),
    }
}
