//! Whether a feed that can be read has nothing to say, or has stopped.

use std::time::Duration;

use super::{Bell, Bounds, spoken};
use crate::model::alarm::{AlarmKind, Portrait};
use crate::model::feed::Feed;
use crate::model::time::Timestamp;

/// Arrivals after which a feed's rhythm is known.
const ARRIVALS_THAT_TELL: u32 = 5;
/// Before that, no feed is called silent for less.
const UNKNOWN_RHYTHM: Duration = Duration::from_secs(14 * 86_400);

/// Takes an arrival into the feed's rhythm: a moving average in which a quarter of the newest pause counts, and the
/// longest pause, which fades by a hundredth with each arrival.
pub(super) fn note_arrival(feed: &Feed, portrait: &mut Portrait, now: Timestamp) {
    let Some(last) = feed.last_new_at.or(feed.first_read_at) else { return };
    let pause = i64::try_from(now.since(last).as_millis()).unwrap_or(i64::MAX);
    let usual = portrait.usual_gap_ms;
    portrait.usual_gap_ms = if portrait.arrivals == 0 { pause } else { (usual / 4 * 3).saturating_add(pause / 4) };
    portrait.longest_gap_ms = pause.max(portrait.longest_gap_ms / 100 * 99);
    portrait.arrivals = portrait.arrivals.saturating_add(1);
}

/// How long nothing new may come before it is strange: half as long again as the longest pause so far (weekends,
/// holidays), and eight times the usual one.
fn patience(portrait: &Portrait, bounds: &Bounds) -> Duration {
    if portrait.arrivals < ARRIVALS_THAT_TELL {
        return UNKNOWN_RHYTHM.max(bounds.silent_after);
    }
    millis(portrait.longest_gap_ms / 2 * 3).max(millis(portrait.usual_gap_ms) * 8).max(bounds.silent_after)
}

fn millis(millis: i64) -> Duration {
    Duration::from_millis(u64::try_from(millis).unwrap_or(0))
}

/// Rings if the feed has brought nothing for longer than that.
pub(super) fn listen(feed: &Feed, bounds: &Bounds, now: Timestamp, bell: &mut Bell) {
    let Some(last) = feed.last_new_at.or(feed.first_read_at) else { return };
    let quiet = now.since(last);
    if quiet < patience(&feed.portrait, bounds) {
        return;
    }
    bell.ring(AlarmKind::Silent, || {
        let usual = match feed.portrait.arrivals {
            0..ARRIVALS_THAT_TELL => "it was never busy, but this is long".to_owned(),
            _ => format!(
                "usually something comes every {}, and the longest pause so far was {}",
                spoken(millis(feed.portrait.usual_gap_ms)),
                spoken(millis(feed.portrait.longest_gap_ms))
            ),
        };
        let quiet = spoken(quiet);
        format!(
            "it can be read, but nothing new has come for {quiet}; {usual}. See whether the outlet has moved its feed"
        )
    });
}
