//! Entries of a feed's first poll, read as they come in.
//!
//! A new feed brings its past all at once. None of its pages is asked for, and hardly one entry in a hundred is matched:
//! the others are stored as what they are in the transaction that stores them as entries, instead of being written,
//! claimed, read back and written again.

use super::Plan;
use crate::extract;
use crate::grouping;
use crate::matching::Text;
use crate::model::entry::FeedEntry;
use crate::model::feed::Feed;
use crate::model::id::EntryId;
use crate::model::time::Timestamp;
use crate::store::Unmatched;

/// What the entry is if no watch finds it. `None`: it is to be processed like any other.
///
/// Computes only. A text that brings out a defect is left to where an entry is given up after some tries: it must not
/// keep its feed from being polled.
pub fn unmatched(plan: &Plan, feed: &Feed, id: &EntryId, entry: &FeedEntry, at: Timestamp) -> Option<Box<Unmatched>> {
    if feed.attempts > 1 {
        return None;
    }
    let read = || {
        let lang_hint = if entry.lang.is_empty() { &feed.spec.lang } else { &entry.lang };
        let article = extract::article(None, Some(entry), lang_hint, &plan.extract_limits);
        let source = entry.link.as_ref().unwrap_or(&feed.spec.url).host_str().unwrap_or_default();
        let body = article.body();
        let text = Text { title: &article.title, body: &body, source, lang: &article.lang };
        plan.watch_set.matching(&text).is_empty().then_some(article)
    };
    let article = super::without_panic(read)??;
    let reported_at = article.published.map_or(at, |published| published.min(at));
    Some(Box::new(Unmatched { article, membership: grouping::unwatched(id), reported_at }))
}
