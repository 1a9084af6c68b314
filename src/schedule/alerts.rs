//! When a report is mailed: at once, after quiet hours, or with the digest; and when silence itself is worth a mail.

use std::time::Duration;

use jiff::ToSpan as _;
use jiff::tz::TimeZone;

use super::{DAY, HOUR};
use crate::model::recipient::{AllQuiet, QuietHours, Recipient, Rhythm};
use crate::model::time::Timestamp;
use crate::model::watch::Hit;

/// Bounds on what is mailed outside of digest times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertPacing {
    /// What is found within this time goes into one mail.
    pub gather: Duration,
    /// Mails to one recipient; what comes after waits and is folded into one.
    pub max_an_hour: u32,
}

impl Default for AlertPacing {
    fn default() -> AlertPacing {
        AlertPacing { gather: Duration::from_secs(120), max_an_hour: 12 }
    }
}

/// Mails beyond [`AlertPacing::max_an_hour`] that are kept for urgent watches: a watch that finds much must not hold them up.
const URGENT_RESERVE: u32 = 4;

impl AlertPacing {
    /// Mails to one recipient within an hour, this one too; more if it holds something urgent.
    pub fn most_an_hour(&self, urgent: bool) -> u32 {
        let most = self.max_an_hour.max(1);
        if urgent { most.saturating_add(URGENT_RESERVE) } else { most }
    }
}

/// When a report makes a mail due; [`Timestamp::NEVER`]: it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportDue {
    /// The recipient's next digest.
    pub digest: Timestamp,
    /// A mail ahead of it.
    pub alert: Timestamp,
}

/// Returns when a report with these hits is mailed to a recipient who follows one of their watches.
pub fn report_due(recipient: &Recipient, hits: &[Hit], now: Timestamp, pacing: &AlertPacing) -> ReportDue {
    let at_once = at_once(recipient, hits, now, pacing.gather);
    let is_alert = hits.iter().any(|hit| recipient.alerts.watches.contains(&hit.watch));
    match recipient.rhythm {
        Rhythm::Immediately => ReportDue { digest: at_once, alert: Timestamp::NEVER },
        Rhythm::Daily { .. } | Rhythm::Weekly { .. } if is_alert => {
            ReportDue { digest: Timestamp::NEVER, alert: at_once }
        }
        Rhythm::Daily { .. } | Rhythm::Weekly { .. } => ReportDue { digest: Timestamp::NEVER, alert: Timestamp::NEVER },
    }
}

fn at_once(recipient: &Recipient, hits: &[Hit], now: Timestamp, gather: Duration) -> Timestamp {
    let urgent = hits.iter().any(|hit| recipient.alerts.urgent.contains(&hit.watch));
    quiet_until(recipient, urgent, now).unwrap_or_else(|| now.plus(gather))
}

/// Returns until when a mail waits because of quiet hours; `None`: it need not, for there are none now or `urgent` says that
/// it holds what may break them.
pub fn quiet_until(recipient: &Recipient, urgent: bool, now: Timestamp) -> Option<Timestamp> {
    let alerts = &recipient.alerts;
    let end = alerts.quiet.and_then(|quiet| end_of_quiet(quiet, &recipient.zone, now))?;
    (!(alerts.urgent_in_quiet && urgent)).then_some(end)
}

/// The time itself, or the end of the quiet hours that it lies in.
pub fn out_of_quiet(recipient: &Recipient, at: Timestamp) -> Timestamp {
    quiet_until(recipient, false, at).unwrap_or(at)
}

/// Returns when the quiet hours end that `now` lies in; `None`: it lies in none. An end that a clock change skips comes
/// after the gap; one that comes twice counts the first time, so that nothing is held longer than it need be.
fn end_of_quiet(quiet: QuietHours, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let today = zone.to_datetime(now.to_jiff()).date();
    let over_midnight = quiet.until < quiet.from;
    (-1..=1)
        .filter_map(|days| {
            let begins = today.checked_add(days.days()).ok()?;
            let ends = if over_midnight { begins.tomorrow().ok()? } else { begins };
            let at = |local| zone.to_ambiguous_zoned(local).compatible().ok().map(|at| Timestamp::from(at.timestamp()));
            Some((at(begins.to_datetime(quiet.from))?, at(ends.to_datetime(quiet.until))?))
        })
        .find(|(from, until)| *from <= now && now < *until)
        .map(|(_, until)| until)
}

/// Returns until when the next mail outside of digest times has to wait where so many an hour may go, after these last
/// ones (newest first); `None`: it need not.
pub fn flood_ends(last_mails: &[Timestamp], now: Timestamp, most_an_hour: u32) -> Option<Timestamp> {
    let most = usize::try_from(most_an_hour.max(1)).unwrap_or(usize::MAX);
    let oldest = *last_mails.get(most - 1)?;
    let free = oldest.plus(HOUR);
    // A mail of the future was composed while the clock was wrong.
    (oldest <= now && now < free).then_some(free)
}

/// True when silence since the last digest that was mailed is worth a mail. Somewhat less than the whole time counts: a
/// day of 23 hours, and the minutes by which one digest was later than the next.
pub fn tells_silence(all_quiet: AllQuiet, last_digest: Timestamp, now: Timestamp) -> bool {
    match silence(all_quiet) {
        Some(most) => now.since(last_digest) >= most - 4 * HOUR,
        None => false,
    }
}

/// The longest time that nothing is heard; `None`: any.
pub(super) fn silence(all_quiet: AllQuiet) -> Option<Duration> {
    match all_quiet {
        AllQuiet::Daily => Some(DAY),
        AllQuiet::Weekly => Some(7 * DAY),
        AllQuiet::Never => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;
    use crate::model::id::WatchId;
    use crate::model::recipient::Alerts;
    use crate::model::watch::{Field, Snippet};

    fn instant(text: &str) -> Timestamp {
        Timestamp::from(text.parse::<jiff::Timestamp>().expect("a time"))
    }

    const NIGHT: QuietHours = QuietHours { from: time(22, 0, 0, 0), until: time(6, 30, 0, 0) };

    fn reader(rhythm: Rhythm, urgent_in_quiet: bool) -> Recipient {
        let ids = |ids: &[&str]| ids.iter().map(|id| WatchId::from_stored(*id)).collect::<Vec<_>>();
        let alerts =
            Alerts { watches: ids(&["raid", "bus"]), urgent: ids(&["raid"]), quiet: Some(NIGHT), urgent_in_quiet };
        Recipient { watches: ids(&["raid", "bus", "talk"]), alerts, ..Recipient::sample(rhythm) }
    }

    fn hit(watch: &str) -> Hit {
        Hit {
            watch: WatchId::from_stored(watch),
            terms: vec![],
            spans: vec![],
            sentence: Snippet::default(),
            field: Field::Body,
            revision: String::new(),
            forms: vec![],
            relevance: Default::default(),
        }
    }

    fn due(recipient: &Recipient, watch: &str, now: &str) -> (String, String) {
        let due = report_due(recipient, &[hit(watch)], instant(now), &AlertPacing::default());
        let told = |at: Timestamp| if at == Timestamp::NEVER { "never".to_owned() } else { at.to_string() };
        (told(due.digest), told(due.alert))
    }

    #[test]
    fn an_alert_leaves_after_the_gathering_in_quiet_hours_at_their_end_and_other_reports_wait_for_the_digest() {
        let daily = |urgent| reader(Rhythm::Daily { at: vec![time(7, 0, 0, 0)] }, urgent);
        let never = || "never".to_owned();
        // 15:00, 21:59 and 23:00 in Seoul.
        let (day, evening, night) = ("2026-11-24T06:00:00Z", "2026-11-24T12:59:00Z", "2026-11-24T14:00:00Z");
        assert_eq!(due(&daily(false), "raid", day), (never(), "2026-11-24T06:02:00Z".into()));
        assert_eq!(due(&daily(false), "bus", evening), (never(), "2026-11-24T13:01:00Z".into()));
        assert_eq!(due(&daily(false), "raid", night), (never(), "2026-11-24T21:30:00Z".into()));
        assert_eq!(due(&daily(true), "raid", night), (never(), "2026-11-24T14:02:00Z".into()));
        assert_eq!(due(&daily(true), "bus", night), (never(), "2026-11-24T21:30:00Z".into()), "not an urgent watch");
        assert_eq!(due(&daily(true), "talk", day), (never(), never()));
    }

    #[test]
    fn who_is_told_immediately_is_left_alone_in_quiet_hours_too() {
        let reader = reader(Rhythm::Immediately, true);
        assert_eq!(due(&reader, "talk", "2026-11-24T14:00:00Z"), ("2026-11-24T21:30:00Z".into(), "never".into()));
        assert_eq!(due(&reader, "raid", "2026-11-24T14:00:00Z"), ("2026-11-24T14:02:00Z".into(), "never".into()));
    }

    #[test]
    fn quiet_hours_end_once_whatever_the_clocks_do() {
        let berlin = TimeZone::get("Europe/Berlin").expect("a zone");
        let end = |from, until, now: &str| {
            let quiet = QuietHours { from: time(from, 0, 0, 0), until: time(until, 30, 0, 0) };
            end_of_quiet(quiet, &berlin, instant(now)).map(|end| end.to_string())
        };
        // 2026: 29 March 02:00→03:00, 25 October 03:00→02:00.
        assert_eq!(end(22, 2, "2026-03-28T23:00:00Z"), Some("2026-03-29T01:30:00Z".into()));
        assert_eq!(end(22, 2, "2026-10-24T23:00:00Z"), Some("2026-10-25T00:30:00Z".into()));
        assert_eq!(end(22, 2, "2026-10-25T01:00:00Z"), None, "the second 02:00 is after the end");
        assert_eq!(end(9, 12, "2026-06-01T08:00:00Z"), Some("2026-06-01T10:30:00Z".into()));
        assert_eq!(end(9, 12, "2026-06-01T11:00:00Z"), None);
    }

    #[test]
    fn a_flood_is_held_until_an_hour_after_the_first_of_the_last_mails() {
        let most = 2;
        let now = instant("2026-11-24T12:00:00Z");
        let ago = |minutes: u64| now.minus(Duration::from_secs(60 * minutes));
        assert_eq!(flood_ends(&[ago(5)], now, most), None);
        assert_eq!(flood_ends(&[ago(5), ago(50)], now, most), Some(now.plus(Duration::from_secs(600))));
        assert_eq!(flood_ends(&[ago(5), ago(60)], now, most), None);
        let wrong = now.plus(30 * DAY);
        assert_eq!(flood_ends(&[wrong, wrong], now, most), None);
    }

    #[test]
    fn silence_is_told_once_in_the_time_chosen_also_on_the_day_of_23_hours() {
        let now = instant("2026-11-24T12:00:00Z");
        let told = |all_quiet, hours: u32| tells_silence(all_quiet, now.minus(hours * HOUR), now);
        assert!(told(AllQuiet::Daily, 23) && !told(AllQuiet::Daily, 12));
        assert!(told(AllQuiet::Weekly, 167) && !told(AllQuiet::Weekly, 144));
        assert!(!told(AllQuiet::Never, 9_000));
    }
}
