//! When to poll next, when to try again, when a digest is due.
//!
//! Pure: takes `now`, returns a time. Spreads by a hash of the id instead of by chance, so that the same
//! question has the same answer.

mod alerts;

use std::time::Duration;

use jiff::ToSpan as _;
use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;

use crate::model::delivery::DeliveryState;
use crate::model::exchange::Fetched;
use crate::model::feed::{Feed, Moving, Wishes};
use crate::model::outcome::Disposition;
use crate::model::recipient::{Recipient, Rhythm};
use crate::model::time::Timestamp;
use url::Url;

pub use alerts::{AlertPacing, ReportDue, flood_ends, out_of_quiet, quiet_until, report_due, tells_silence};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

/// Bounds on the time between polls of one feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pacing {
    /// A publisher's wish for rarer polls is followed up to this: many a `max-age` and `ttl` is a default that nobody
    /// thought of, and news must not wait a day for it.
    pub longest: Duration,
    /// Failures in a row stretch the interval up to this.
    pub longest_after_failure: Duration,
}

impl Default for Pacing {
    fn default() -> Pacing {
        Pacing { longest: 6 * HOUR, longest_after_failure: 6 * HOUR }
    }
}

/// How a poll ended, as far as the next one is concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PollEnd {
    /// Read or unchanged.
    Fine(Wishes),
    Failed(Disposition),
    /// The server was not asked: its host wanted to be left alone, or its turn did not come. Tried after this.
    NotAsked(Duration),
}

/// Returns when the feed is polled again: after its interval (`pace`, where its list runs faster than that; zero: it does
/// not), or the publisher's longer wish, and not while it says
/// that nothing new will come; after a failure after a doubling pause that a `Retry-After` can only lengthen
/// (RFC 9110 §10.2.3).
pub fn next_poll(feed: &Feed, end: &PollEnd, pace: Duration, now: Timestamp, pacing: &Pacing) -> Timestamp {
    let every = if pace.is_zero() { feed.spec.every } else { pace.min(feed.spec.every) };
    let grown = || doubled(every, feed.failures_in_a_row, pacing.longest_after_failure.max(every));
    let pause = match end {
        // A wish under which entries are never seen was not meant so.
        PollEnd::Fine(_) if every < feed.spec.every => every,
        PollEnd::Fine(wishes) => wishes.fresh_for.max(wishes.interval).min(pacing.longest).max(every),
        PollEnd::Failed(Disposition::RetryAfter(asked)) => (*asked).min(DAY).max(grown()),
        PollEnd::Failed(Disposition::Retry | Disposition::GiveUp | Disposition::Misconfigured) => grown(),
        PollEnd::NotAsked(again) => *again,
    };
    // Up to a tenth later, never sooner: a server that named a time gets at least that.
    let due = now.plus(pause).plus(spread(feed.id.as_str(), pause / 10));
    match end {
        PollEnd::Fine(wishes) => after_skipped(wishes, due, now.plus(pause.max(DAY))),
        PollEnd::Failed(_) | PollEnd::NotAsked(_) => due,
    }
}

/// The first time from `due` on that the feed does not tell us to skip; `latest` at the latest, for a report that
/// stands there all the same must not wait for the end of a weekend.
fn after_skipped(wishes: &Wishes, due: Timestamp, latest: Timestamp) -> Timestamp {
    let mut at = due;
    while !wishes.skip.is_empty() && wishes.skip.contain(at) && at < latest {
        let into_the_hour = Duration::from_millis(at.as_millis().rem_euclid(3_600_000).unsigned_abs());
        at = at.plus(HOUR - into_the_hour);
    }
    // As far into the hour as before: feeds that skip the same hours must not all come at its first second.
    let within = due.since(Timestamp::EPOCH).as_millis() % HOUR.as_millis();
    let spread = if at == due { Duration::ZERO } else { Duration::from_millis(u64::try_from(within).unwrap_or(0)) / 4 };
    at.plus(spread)
}

/// True when the feed is to be asked without its validators: once in a day at most, and only if it has said "not
/// modified" for longer than it usually takes to change, or nothing but errors. Some servers say the first for days
/// wrongly, and some fail over the very question.
pub fn asks_whole(feed: &Feed, now: Timestamp) -> bool {
    let streak = feed.whole_at.map_or(DAY, |at| now.since(at));
    streak >= DAY && (streak > feed.rhythm || feed.failures_in_a_row >= 2)
}

/// Returns the usual time between two changes of a feed's body, now that it changed again: a moving average in which
/// a quarter of the newest gap counts.
pub fn rhythm(feed: &Feed, now: Timestamp) -> Duration {
    match feed.changed_at {
        None => Duration::ZERO,
        Some(last) if feed.rhythm.is_zero() => now.since(last),
        Some(last) => (feed.rhythm * 3 + now.since(last)) / 4,
    }
}

/// Failures in a row after which a feed that moved is looked for at its old address too.
const FAILURES_BEFORE_DOUBT: u32 = 3;

/// Returns the address to ask now: where permanent redirects led, but every other time the configured one when the
/// new one keeps failing.
pub fn address(feed: &Feed) -> &Url {
    let failures = feed.failures_in_a_row;
    if failures >= FAILURES_BEFORE_DOUBT && failures % 2 == 1 { &feed.spec.url } else { &feed.ask }
}

/// How much time lies between two polls that are begun in the first minutes after a start, when many feeds are overdue
/// at once; as in [`first_poll`]. Zero once that time is over.
pub fn start_gap(feeds: usize, since_start: Duration) -> Duration {
    let window = start_window(feeds);
    if since_start < window { window / u32::try_from(feeds.max(1)).unwrap_or(u32::MAX) } else { Duration::ZERO }
}

fn start_window(feeds: usize) -> Duration {
    Duration::from_millis(100).saturating_mul(u32::try_from(feeds).unwrap_or(u32::MAX)).min(5 * MINUTE)
}

/// Returns when a feed that is new in the configuration is polled first: at once for few, spread over up to five
/// minutes for many, so that a start does not ask every server in the same second.
pub fn first_poll(feed_id: &str, feeds: usize, now: Timestamp) -> Timestamp {
    now.plus(spread(feed_id, start_window(feeds)))
}

/// How often in a row a permanent redirect must be seen before its target is asked directly.
const MOVES_BEFORE_BELIEVED: u32 = 3;

/// Returns the redirect to remember and the URL to ask next time, after `asked` was answered. Only an unbroken row of
/// equal permanent redirects (301, 308) moves a feed: publishers answer 301 by mistake, and captive portals do it on
/// purpose.
pub fn follow_move(feed: &Feed, asked: &Url, fetched: &Fetched) -> (Option<Moving>, Url) {
    let Some(to) = &fetched.moved_to else { return (None, asked.clone()) };
    let seen = match &feed.moving {
        Some(moving) if moving.to == *to => moving.seen + 1,
        _ => 1,
    };
    if seen >= MOVES_BEFORE_BELIEVED {
        (None, to.clone())
    } else {
        (Some(Moving { to: to.clone(), seen }), asked.clone())
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

/// Returns when a page that stood behind a wall is asked for again; `None`: it is let go with what the feed gave. Walls
/// fall within hours (robot checks) or days (reports that are free after a while), or not at all.
pub fn next_wall_try(tries: u32, id: &str, now: Timestamp) -> Option<Timestamp> {
    let pause = match tries {
        0 | 1 => 6 * HOUR,
        2 => DAY,
        3 => 2 * DAY,
        _ => return None,
    };
    Some(now.plus(pause).plus(spread(id, pause / 10)))
}

/// How long mail is tried before it is given up and shown as failed; Postfix's `maximal_queue_lifetime`.
pub const QUEUE_LIFETIME: Duration = Duration::from_secs(5 * 86_400);
/// And how often at the least: days on which the machine was off are no days of trying.
const LEAST_ATTEMPTS: u32 = 30;

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
    if now.since(first_tried_at) >= QUEUE_LIFETIME && attempts >= LEAST_ATTEMPTS {
        return DeliveryState::Failed { reply: format!("given up after five days: {reply}") };
    }
    DeliveryState::Queued { due: now.plus(pause).plus(spread(id, pause / 10)) }
}

/// How soon a mail that cannot be encrypted is looked at again: whoever has mended the key sees it go.
const HELD_AGAIN: Duration = Duration::from_secs(5 * 60);

/// Returns when a mail that cannot be encrypted is tried again; however long that takes, it is never given up.
pub fn after_hold(id: &str, now: Timestamp) -> Timestamp {
    now.plus(HELD_AGAIN).plus(spread(id, HELD_AGAIN / 10))
}

/// Returns the first digest time after `after`; [`Timestamp::NEVER`] where reports themselves make it due and nobody asked
/// to be told of silence. A time that a clock change skips falls on the moment after the gap; one that comes twice counts
/// once, the first time.
pub fn next_digest(recipient: &Recipient, after: Timestamp) -> Timestamp {
    let zone = &recipient.zone;
    match &recipient.rhythm {
        Rhythm::Immediately => match alerts::silence(recipient.all_quiet) {
            Some(most) => out_of_quiet(recipient, after.plus(most)),
            None => Timestamp::NEVER,
        },
        Rhythm::Daily { at } => next_time_of_day(&[], at, zone, after),
        Rhythm::Weekly { on, at } => next_time_of_day(on, at, zone, after),
    }
}

/// On these days; none named: on each.
fn next_time_of_day(on: &[Weekday], at: &[Time], zone: &TimeZone, after: Timestamp) -> Timestamp {
    let today = zone.to_datetime(after.to_jiff()).date();
    // Yesterday too: a time that a gap moved may belong to the day before. Two weeks ahead hold each weekday, even where
    // a zone skips one.
    (-1..=15)
        .filter_map(|days| today.checked_add(days.days()).ok())
        .filter(|date| on.is_empty() || on.contains(&date.weekday()))
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
    use crate::model::alarm::{Alarms, Portrait};
    use crate::model::exchange::{Body, Route, Validators};
    use crate::model::feed::{FeedKind, FeedSpec, SkippedTimes};
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
            route: Route::Direct,
            zone: None,
            selectors: None,
        };
        Feed {
            id: spec.id(),
            spec,
            ask: url,
            validators: Validators::default(),
            validators_url: None,
            body_hash: String::new(),
            first_read_at: None,
            last_success_at: None,
            last_new_at: None,
            attempts: 1,
            failures_in_a_row,
            moving: None,
            wishes: Wishes::default(),
            whole_at: Some(NOON),
            changed_at: None,
            rhythm: Duration::ZERO,
            pace: Duration::ZERO,
            alarms: Alarms::default(),
            portrait: Portrait::default(),
            scattered: false,
            lease: Lease { token: "t".into(), until: NOON },
        }
    }

    fn pause(feed: &Feed, end: &PollEnd) -> Duration {
        next_poll(feed, end, Duration::ZERO, NOON, &Pacing::default()).since(NOON)
    }

    #[test]
    fn a_feed_in_good_order_is_polled_after_its_interval_or_the_publishers_longer_wish() {
        let fine = |wishes| pause(&feed(0), &PollEnd::Fine(wishes));
        let interval = |interval| Wishes { interval, ..Wishes::default() };
        assert!((30 * MINUTE..=33 * MINUTE).contains(&fine(Wishes::default())));
        assert!((30 * MINUTE..=33 * MINUTE).contains(&fine(interval(MINUTE))), "a wish never shortens");
        assert!((HOUR..=66 * MINUTE).contains(&fine(interval(HOUR))));
        let both = Wishes { fresh_for: 2 * HOUR, ..interval(HOUR) };
        assert!((2 * HOUR..=132 * MINUTE).contains(&fine(both)), "the longer wish counts");
        assert!(fine(interval(30 * DAY)) <= 7 * HOUR, "a wish is capped");
    }

    #[test]
    fn hours_and_days_that_a_feed_skips_are_skipped_for_a_day_at_most() {
        use jiff::civil::Weekday::{Saturday, Sunday, Tuesday, Wednesday};
        let due = |hours: &[u8], days: &[jiff::civil::Weekday]| {
            let skip = SkippedTimes::new(hours.iter().copied(), days.iter().copied());
            next_poll(
                &feed(0),
                &PollEnd::Fine(Wishes { skip, ..Wishes::default() }),
                Duration::ZERO,
                NOON,
                &Pacing::default(),
            )
            .since(NOON)
        };
        // NOON is a Tuesday; without a wish the poll is due at 12:30 or soon after.
        assert!((30 * MINUTE..HOUR).contains(&due(&[11, 14], &[Saturday])));
        assert!((2 * HOUR..3 * HOUR).contains(&due(&[12, 13], &[])));
        assert!((12 * HOUR..13 * HOUR).contains(&due(&[], &[Tuesday])));
        assert!((DAY..DAY + HOUR).contains(&due(&[], &[Tuesday, Wednesday])), "a day, then it is asked all the same");
        let all: Vec<u8> = (0..24).collect();
        assert!((30 * MINUTE..HOUR).contains(&due(&all, &[])), "all hours is no wish");
        assert!((30 * MINUTE..HOUR).contains(&due(&[99], &[Sunday])));
    }

    #[test]
    fn the_whole_feed_is_asked_for_once_a_day_when_it_is_still_for_longer_than_usual() {
        let asks = |hours_since: u32, rhythm_hours: u32, failures| {
            let feed = Feed { rhythm: rhythm_hours * HOUR, ..feed(failures) };
            asks_whole(&feed, NOON.plus(hours_since * HOUR))
        };
        assert!(!asks(23, 1, 0), "not twice in a day");
        assert!(asks(24, 1, 0));
        assert!(!asks(48, 100, 0), "a feed that speaks once in four days is still for two");
        assert!(asks(101, 100, 0));
        assert!(asks(24, 100, 2), "the question may be what fails");
        assert!(!asks(23, 1, 9));
    }

    #[test]
    fn the_rhythm_follows_the_gaps_between_changes() {
        let mut feed = Feed { changed_at: None, ..feed(0) };
        assert_eq!(rhythm(&feed, NOON), Duration::ZERO);
        feed.changed_at = Some(NOON);
        assert_eq!(rhythm(&feed, NOON.plus(4 * HOUR)), 4 * HOUR);
        feed.rhythm = 4 * HOUR;
        assert_eq!(rhythm(&feed, NOON.plus(8 * HOUR)), 5 * HOUR);
    }

    #[test]
    fn a_feed_whose_list_runs_fast_is_polled_as_often_as_that_needs_whatever_its_publisher_wishes() {
        let fine = |wishes| PollEnd::Fine(wishes);
        let pause = |wishes| next_poll(&feed(0), &fine(wishes), 6 * MINUTE, NOON, &Pacing::default()).since(NOON);
        assert!((6 * MINUTE..7 * MINUTE).contains(&pause(Wishes::default())));
        assert!(pause(Wishes { interval: 20 * MINUTE, ..Wishes::default() }) < 7 * MINUTE);
    }

    #[test]
    fn a_moved_feed_that_keeps_failing_is_looked_for_at_its_old_address_too() {
        let moved = Url::parse("https://new.example/rss").expect("a URL");
        let asked = |failures| address(&Feed { ask: moved.clone(), ..feed(failures) }).as_str().to_owned();
        assert_eq!(asked(0), "https://new.example/rss");
        assert_eq!(
            [3, 4, 5].map(asked),
            ["https://news.example/rss", "https://new.example/rss", "https://news.example/rss"]
        );
    }

    #[test]
    fn polls_after_a_start_are_begun_one_after_another_for_five_minutes_at_most() {
        assert_eq!(start_gap(10, Duration::ZERO), Duration::from_millis(100));
        assert_eq!(start_gap(30_000, Duration::from_secs(299)), Duration::from_millis(10));
        assert_eq!(start_gap(10, Duration::from_secs(1)), Duration::ZERO);
        assert_eq!(start_gap(0, Duration::ZERO), Duration::ZERO);
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
            fresh_for: None,
            at: NOON,
        };
        let mut feed = feed(0);
        for seen in 1..=2 {
            let (moving, ask) = follow_move(&feed, &feed.ask, &fetched);
            assert_eq!(moving, Some(Moving { to: to.clone(), seen }));
            assert_eq!(ask, feed.spec.url);
            feed.moving = moving;
        }
        assert_eq!(follow_move(&feed, &feed.ask, &fetched), (None, to));
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
    fn a_walled_page_is_tried_three_times_within_four_days() {
        let mut now = NOON;
        let mut tries = 1;
        while let Some(due) = next_wall_try(tries, "entry", now) {
            assert!(due.since(now) >= 6 * HOUR);
            now = due;
            tries += 1;
        }
        assert_eq!(tries, 4);
        assert!((3 * DAY..4 * DAY).contains(&now.since(NOON)));
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
        let after_a_week_off = later(2, NOON.plus(7 * DAY));
        assert!(matches!(after_a_week_off, DeliveryState::Queued { .. }), "{after_a_week_off:?}");
    }

    #[test]
    fn a_permanent_refusal_fails_at_once() {
        let state = after_refusal(&Disposition::GiveUp, 1, NOON, "550 no such user", "m_1", NOON);
        assert_eq!(state, DeliveryState::Failed { reply: "550 no such user".into() });
    }

    fn next_of(zone: &str, rhythm: Rhythm, after: &str) -> String {
        let zone = TimeZone::get(zone).expect("a zone");
        let recipient = Recipient { zone, ..Recipient::sample(rhythm) };
        next_digest(&recipient, Timestamp::from(after.parse::<jiff::Timestamp>().expect("a time"))).to_string()
    }

    fn times(at: &[&str]) -> Vec<Time> {
        at.iter().map(|time| time.parse().expect("a time")).collect()
    }

    fn next(zone: &str, at: &[&str], after: &str) -> String {
        next_of(zone, Rhythm::Daily { at: times(at) }, after)
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
    fn a_weekly_digest_comes_on_its_days_alone_by_the_calendar_of_its_zone() {
        let next = |after| {
            let on = vec![Weekday::Monday, Weekday::Thursday];
            next_of("Asia/Seoul", Rhythm::Weekly { on, at: times(&["07:30"]) }, after)
        };
        // 24 November 2026 is a Tuesday; Thursday begins in Seoul on Wednesday afternoon of UTC.
        assert_eq!(next("2026-11-24T00:00:00Z"), "2026-11-25T22:30:00Z");
        assert_eq!(next("2026-11-25T22:30:00Z"), "2026-11-29T22:30:00Z");
        assert_eq!(next("2026-11-29T22:29:59Z"), "2026-11-29T22:30:00Z");
    }

    #[test]
    fn a_weekly_digest_on_the_day_of_a_clock_change_comes_once() {
        let next = |after| {
            let on = vec![Weekday::Sunday];
            next_of("Europe/Berlin", Rhythm::Weekly { on, at: times(&["02:30"]) }, after)
        };
        assert_eq!(next("2026-03-27T12:00:00Z"), "2026-03-29T01:30:00Z");
        assert_eq!(next("2026-03-29T01:30:00Z"), "2026-04-05T00:30:00Z");
        assert_eq!(next("2026-10-24T12:00:00Z"), "2026-10-25T00:30:00Z");
        assert_eq!(next("2026-10-25T00:30:00Z"), "2026-11-01T01:30:00Z");
    }

    #[test]
    fn who_is_told_immediately_hears_of_silence_alone_by_time() {
        assert_eq!(next_of("UTC", Rhythm::Immediately, "2026-11-24T12:00:00Z"), "2026-12-01T12:00:00Z");
    }
}
