//! Entries of a feed's first poll, read as they come in.
//!
//! A new feed brings its past all at once. None of its pages is asked for, nobody is mailed of it, and hardly one entry
//! in a hundred is matched: the others are stored as their feed gave them, in the transaction that stores them as
//! entries, and are cleaned by whoever asks for them ([`super::archive`]).

use super::{Plan, archive};
use crate::matching::Text;
use crate::model::entry::FeedEntry;
use crate::model::feed::Feed;

/// True if no watch finds the entry, in what cleaning would keep or take out. False: it is to be processed like any
/// other.
///
/// Computes only. A text that brings out a defect is left to where an entry is given up after some tries: it must not
/// keep its feed from being polled.
pub fn is_unmatched(plan: &Plan, feed: &Feed, entry: &FeedEntry) -> bool {
    // A title is made for it, of its address.
    if feed.attempts > 1 || entry.title.is_empty() {
        return false;
    }
    let read = || {
        let read = archive::shown(entry, &feed.spec.lang, &plan.extract_limits);
        let source = entry.host_or(&feed.spec.url);
        let text = Text { title: &entry.title, body: &read.body, source, lang: &read.lang };
        !plan.watch_set.may_be_met(&text)
    };
    super::without_panic(read).unwrap_or(false)
}
