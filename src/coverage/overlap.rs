//! Successive lists must overlap: else entries come and go between two polls, and nobody knows which.
//!
//! The rule is Media Cloud's (rss-fetcher, `AUTO_ADJUST_MAX_DUPLICATE_PERCENT`): the share of a list that was known
//! already says how often a feed must be asked. There it also makes polls rarer than configured; here `every` stays the
//! longest, and a feed is only ever asked more often, where its list has been seen to run.

use std::time::Duration;

use super::{List, spoken};
use crate::model::alarm::GapFound;
use crate::model::entry::FeedEntry;
use crate::model::feed::Feed;
use crate::model::time::Timestamp;

/// A list shorter than this turns over all the time: that says nothing.
const SHORTEST_TELLING_LIST: u64 = 3;

fn current(feed: &Feed) -> Duration {
    if feed.pace.is_zero() { feed.spec.every } else { feed.pace.min(feed.spec.every) }
}

/// Zero where it is the configured time.
fn bounded(pace: Duration, feed: &Feed, min_every: Duration) -> Duration {
    let pace = pace.max(min_every);
    if pace >= feed.spec.every { Duration::ZERO } else { pace }
}

/// After a poll that found nothing new: a tenth slower, for a rush comes back.
pub(super) fn relaxed(feed: &Feed) -> Duration {
    if feed.pace.is_zero() { Duration::ZERO } else { bounded(current(feed) * 11 / 10, feed, Duration::ZERO) }
}

/// The time until the next poll by which half of the list is known again, if entries come as they did since the last
/// one; a quarter of that time if all were new, for then nobody knows how many came. A quarter slower where at least
/// half were known.
pub(super) fn pace(feed: &Feed, entries: u64, new: u64, min_every: Duration, now: Timestamp) -> Duration {
    let since = feed.last_success_at.map_or(current(feed), |last| now.since(last));
    let wanted = if new * 2 <= entries {
        current(feed) * 5 / 4
    } else if new >= entries {
        since.min(current(feed)) / 4
    } else {
        since.min(current(feed)).mul_f64(entries as f64 / (2 * new) as f64)
    };
    bounded(wanted, feed, min_every)
}

/// The stretch of time that no list covers, if none of this one's entries was known.
pub(super) fn gap(feed: &Feed, list: &List, new: &[&FeedEntry], now: Timestamp) -> Option<GapFound> {
    let all_new = new.len() as u64 >= list.entries && list.entries >= SHORTEST_TELLING_LIST;
    let from = feed.last_success_at?;
    if !all_new || feed.portrait.window == 0 {
        return None;
    }
    let oldest = new.iter().filter_map(|entry| entry.published).filter(|at| *at > from && *at < now).min();
    Some(GapFound { from, until: oldest.unwrap_or(now), previous: list.previous.clone() })
}

pub(super) fn detail(feed: &Feed, entries: u64, gap: &GapFound, pace: Duration) -> String {
    let pace = if pace.is_zero() { feed.spec.every } else { pace };
    format!(
        "none of its {entries} entries was known: the list moved on faster than it was asked, and reports listed between \
         {} and {} may have been missed. Older ones are looked for; from now on it is polled every {}",
        gap.from,
        gap.until,
        spoken(pace)
    )
}
