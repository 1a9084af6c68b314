//! When to poll next, when to try again, when a digest is due.
//!
//! Pure: takes `now`, returns a time. Spreads by a hash of the id instead of by chance, so that the same
//! question has the same answer.

use std::time::Duration;

use jiff::ToSpan as _;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use crate::model::delivery::DeliveryState;
use crate::model::exchange::Fetched;
use crate::model::feed::{Feed, Moving};
use crate::model::outcome::Disposition;
use crate::model::recipient::Rhythm;
use crate::model::time::Timestamp;
use url::Url;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// Bounds on the time between polls of one feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pacing {
    /// A publisher's wish for rarer polls is followed up to this.
    pub longest: Duration,
    /// Failures in a row stretch the interval up to this.
    pub longest_after_failure: Duration,
}

impl Default for Pacing {
    fn default() -> Pacing {
        Pacing { longest: 6 * HOUR, longest_after_failure: 12 * HOUR }
    }
}

/// How a poll ended, as far as the next one is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PollEnd {
    /// Read or unchanged; the publisher's wish, if the body stated one.
    Fine {
        wished: Option<Duration>,
    },
    Failed(Disposition),
}

/// Returns when the feed is polled again: after its interval, or the publisher's longer wish; after a failure after a
/// doubling pause that a `Retry-After` can only lengthen (RFC 9110 §10.2.3).
pub fn next_poll(feed: &Feed, end: &PollEnd, now: Timestamp, pacing: &Pacing) -> Timestamp {
    let every = feed.spec.every;
    let pause = match end {
        PollEnd::Fine { wished } => wished.map_or(every, |wish| wish.min(pacing.longest).max(every)),
        PollEnd::Failed(disposition) => {
            let grown = doubled(every, feed.failures_in_a_row, pacing.longest_after_failure.max(every));
            match disposition {
                Disposition::RetryAfter(asked) => (*asked).min(DAY).max(every),
                Disposition::Retry | Disposition::GiveUp | Disposition::Misconfigured => grown,
            }
        }
    };
    // Up to a tenth later, never sooner: a server that named a time gets at least that.
    now.plus(pause).plus(spread(feed.id.as_str(), pause / 10))
}

/// Returns when a feed that is new in the configuration is polled first: at once for few, spread over up to five
/// minutes for many, so that a start does not ask every server in the same second.
pub fn first_poll(feed_id: &str, feeds: usize, now: Timestamp) -> Timestamp {
    let window = Duration::from_millis(100).saturating_mul(u32::try_from(feeds).unwrap_or(u32::MAX)).min(5 * MINUTE);
    now.plus(spread(feed_id, window))
}

/// How often in a row a permanent redirect must be seen before its target is asked directly.
const MOVES_BEFORE_BELIEVED: u32 = 3;

/// Returns the redirect to remember and the URL to ask next time. Only an unbroken row of equal permanent redirects
/// (301, 308) moves a feed: publishers answer 301 by mistake, and captive portals do it on purpose.
pub fn follow_move(feed: &Feed, fetched: &Fetched) -> (Option<Moving>, Url) {
    let Some(to) = &fetched.moved_to else { return (None, feed.ask.clone()) };
    let seen = match &feed.moving {
        Some(moving) if moving.to == *to => moving.seen + 1,
        _ => 1,
    };
    if seen >= MOVES_BEFORE_BELIEVED {
        (None, to.clone())
    } else {
        (Some(Moving { to: to.clone(), seen }), feed.ask.clone())
    }
}

/// Returns when a page that could not be fetched is asked for again; `None` after some three days in vain.
pub fn next_page_try(tries: u32, asked_to_wait: Option<Duration>, id: &str, now: Timestamp) -> Option<Timestamp> {
    let pause = match tries {
        0 | 1 => 5 * MINUTE,
        2 => 30 * MINUTE,
        3 => 2 * HOUR,
        4 => 6 * HOUR,
        5 => 12 * HOUR,
        6 | 7 => DAY,
        _ => return None,
    };
    let pause = pause.max(asked_to_wait.unwrap_or_default().min(DAY));
    Some(now.plus(pause).plus(spread(id, pause / 10)))
}

/// How long mail is tried before it is given up and shown as failed; Postfix's `maximal_queue_lifetime`.
pub const QUEUE_LIFETIME: Duration = Duration::from_secs(5 * 86_400);

/// Returns what becomes of a delivery that was not taken: queued again after a pause that doubles from one minute to
/// some 67 (Postfix's `maximal_backoff_time`), or failed for good.
pub fn after_refusal(
    disposition: &Disposition,
    attempts: u32,
    first_tried_at: Timestamp,
    reply: &str,
    id: &str,
    now: Timestamp,
) -> DeliveryState {
    let pause = match disposition {
        Disposition::GiveUp => return DeliveryState::Failed { reply: reply.to_owned() },
        Disposition::RetryAfter(asked) => (*asked).clamp(MINUTE, DAY),
        Disposition::Retry | Disposition::Misconfigured => {
            doubled(MINUTE, attempts.saturating_sub(1), Duration::from_secs(4000))
        }
    };
    if now.since(first_tried_at) >= QUEUE_LIFETIME {
        return DeliveryState::Failed { reply: format!("given up after five days: {reply}") };
    }
    DeliveryState::Queued { due: now.plus(pause).plus(spread(id, pause / 10)) }
}

/// Returns the first digest time after `after`; [`Timestamp::NEVER`] where reports themselves make it due. A time
/// that a clock change skips falls on the moment after the gap; one that comes twice counts once, the first time.
pub fn next_digest(rhythm: &Rhythm, zone: &TimeZone, after: Timestamp) -> Timestamp {
    match rhythm {
        Rhythm::Immediately => Timestamp::NEVER,
        Rhythm::Daily { at } => next_time_of_day(at, zone, after),
    }
}

/// Returns when a digest is due because a report joined it: now for who is told immediately; otherwise the time of day
/// decides alone.
pub fn report_due(rhythm: &Rhythm, now: Timestamp) -> Timestamp {
    match rhythm {
        Rhythm::Immediately => now,
        Rhythm::Daily { .. } => Timestamp::NEVER,
    }
}

fn next_time_of_day(at: &[Time], zone: &TimeZone, after: Timestamp) -> Timestamp {
    let today = zone.to_datetime(after.to_jiff()).date();
    // Yesterday too: a time that a gap moved may belong to the day before. Two days ahead always hold one.
    (-1..=2)
        .filter_map(|days| today.checked_add(days.days()).ok())
        .flat_map(|date| at.iter().map(move |time| date.to_datetime(*time)))
        .filter_map(|local| zone.to_ambiguous_zoned(local).compatible().ok())
        .map(|zoned| Timestamp::from(zoned.timestamp()))
        .filter(|candidate| *candidate > after)
        .min()
        .unwrap_or(Timestamp::NEVER)
}

/// `base` × 2^`times`, at most `cap`.
fn doubled(base: Duration, times: u32, cap: Duration) -> Duration {
    base.saturating_mul(1_u32.checked_shl(times).unwrap_or(u32::MAX)).min(cap)
}

/// A share of `window` that depends on `id` alone (FNV-1a, 64 bits).
fn spread(id: &str, window: Duration) -> Duration {
    let hash = id
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let millis = u64::try_from(window.as_millis()).unwrap_or(u64::MAX);
    if millis == 0 { Duration::ZERO } else { Duration::from_millis(hash % millis) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::exchange::{Body, Validators};
    use crate::model::feed::{FeedKind, FeedSpec};
    use crate::model::lease::Lease;

    const NOON: Timestamp = Timestamp::from_millis(1_795_521_600_000); // 2026-11-24T12:00:00Z

    fn feed(failures_in_a_row: u32) -> Feed {
        let url = Url::parse("https://news.example/rss").expect("a URL");
        let spec = FeedSpec {
            url: url.clone(),
            kind: FeedKind::Syndication,
            outlet: "News".into(),
            lang: "en".into(),
            every: 30 * MINUTE,
            zone: None,
        };
        Feed {
            id: spec.id(),
            spec,
            ask: url,
            validators: Validators::default(),
            body_hash: String::new(),
            first_read_at: None,
            failures_in_a_row,
            moving: None,
            lease: Lease { token: "t".into(), until: NOON },
        }
    }

    fn pause(feed: &Feed, end: &PollEnd) -> Duration {
        next_poll(feed, end, NOON, &Pacing::default()).since(NOON)
    }

    #[test]
    fn a_feed_in_good_order_is_polled_after_its_interval_or_the_publishers_longer_wish() {
        let fine = |wished| pause(&feed(0), &PollEnd::Fine { wished });
        assert!((30 * MINUTE..=33 * MINUTE).contains(&fine(None)));
        assert!((30 * MINUTE..=33 * MINUTE).contains(&fine(Some(MINUTE))), "a wish never shortens");
        assert!((HOUR..=66 * MINUTE).contains(&fine(Some(HOUR))));
        assert!(fine(Some(30 * DAY)) <= 7 * HOUR, "a wish is capped");
    }

    #[test]
    fn failures_in_a_row_stretch_the_pause_but_never_end_it() {
        let failed = |failures| pause(&feed(failures), &PollEnd::Failed(Disposition::Retry));
        assert!(failed(1) < failed(2) && failed(2) < failed(3));
        assert!(failed(40) <= 14 * HOUR);
        assert!(failed(u32::MAX) <= 14 * HOUR);
    }

    #[test]
    fn a_retry_after_is_never_undercut_and_never_longer_than_a_day() {
        let busy = |secs| pause(&feed(0), &PollEnd::Failed(Disposition::RetryAfter(Duration::from_secs(secs))));
        assert!(busy(7200) >= 2 * HOUR);
        assert!(busy(1) >= 30 * MINUTE, "not sooner than a healthy feed");
        assert!(busy(u64::MAX / 2000) <= DAY + DAY / 10);
    }

    #[test]
    fn a_permanent_redirect_is_believed_the_third_time_in_a_row() {
        let to = Url::parse("https://new.example/rss").expect("a URL");
        let fetched = Fetched {
            url: to.clone(),
            moved_to: Some(to.clone()),
            status: 200,
            headers: vec![],
            body: Body::NotModified,
            at: NOON,
        };
        let mut feed = feed(0);
        for seen in 1..=2 {
            let (moving, ask) = follow_move(&feed, &fetched);
            assert_eq!(moving, Some(Moving { to: to.clone(), seen }));
            assert_eq!(ask, feed.spec.url);
            feed.moving = moving;
        }
        assert_eq!(follow_move(&feed, &fetched), (None, to));
    }

    #[test]
    fn a_missing_page_is_tried_for_three_days_and_then_let_go() {
        let mut at = NOON;
        let mut tries = 0;
        while let Some(next) = next_page_try(tries + 1, None, "e_1", at) {
            tries += 1;
            at = next;
        }
        assert_eq!(tries, 7);
        assert!((2 * DAY..4 * DAY).contains(&at.since(NOON)), "{:?}", at.since(NOON));
    }

    #[test]
    fn a_refused_mail_is_tried_again_with_growing_pauses_for_five_days() {
        let later = |attempts, now| after_refusal(&Disposition::Retry, attempts, NOON, "451 later", "m_1", now);
        let due = |state| match state {
            DeliveryState::Queued { due } => due,
            other => panic!("{other:?}"),
        };
        assert!((MINUTE..2 * MINUTE).contains(&due(later(1, NOON)).since(NOON)));
        assert!(due(later(5, NOON)) > due(later(4, NOON)));
        assert!(due(later(900, NOON)).since(NOON) < 2 * HOUR);
        let end = later(900, NOON.plus(QUEUE_LIFETIME));
        assert_eq!(end, DeliveryState::Failed { reply: "given up after five days: 451 later".into() });
    }

    #[test]
    fn a_permanent_refusal_fails_at_once() {
        let state = after_refusal(&Disposition::GiveUp, 1, NOON, "550 no such user", "m_1", NOON);
        assert_eq!(state, DeliveryState::Failed { reply: "550 no such user".into() });
    }

    fn next(zone: &str, at: &[&str], after: &str) -> String {
        let zone = TimeZone::get(zone).expect("a zone");
        let rhythm = Rhythm::Daily { at: at.iter().map(|time| time.parse().expect("a time")).collect() };
        let after = Timestamp::from(after.parse::<jiff::Timestamp>().expect("a time"));
        next_digest(&rhythm, &zone, after).to_string()
    }

    #[test]
    fn a_digest_is_due_at_the_next_of_its_times_in_the_recipients_zone() {
        assert_eq!(next("Asia/Seoul", &["07:30", "18:00"], "2026-11-24T00:00:00Z"), "2026-11-24T09:00:00Z");
        assert_eq!(next("Asia/Seoul", &["07:30", "18:00"], "2026-11-24T09:00:00Z"), "2026-11-24T22:30:00Z");
    }

    #[test]
    fn a_digest_time_in_the_spring_gap_comes_after_it_and_one_in_the_autumn_fold_comes_once() {
        // Europe/Berlin 2026: 29 March 02:00→03:00, 25 October 03:00→02:00.
        assert_eq!(next("Europe/Berlin", &["02:30"], "2026-03-28T12:00:00Z"), "2026-03-29T01:30:00Z");
        assert_eq!(next("Europe/Berlin", &["02:30"], "2026-10-24T12:00:00Z"), "2026-10-25T00:30:00Z");
        assert_eq!(next("Europe/Berlin", &["02:30"], "2026-10-25T00:30:00Z"), "2026-10-26T01:30:00Z");
    }

    #[test]
    fn who_is_told_immediately_has_no_digest_time() {
        assert_eq!(next_digest(&Rhythm::Immediately, &TimeZone::UTC, NOON), Timestamp::NEVER);
    }
}
