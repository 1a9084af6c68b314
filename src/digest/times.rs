//! Times as a reader reads them: in their own zone, with its name.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::words::Words;
use crate::model::time::Timestamp;

fn shown(at: Timestamp, zone: &TimeZone, format: &str) -> String {
    at.to_jiff().to_zoned(zone.clone()).strftime(format).to_string()
}

/// `24 Nov 2026, 07:30 KST`
pub fn full(at: Timestamp, zone: &TimeZone, words: Words) -> String {
    shown(at, zone, words.full())
}

/// A shorter window says nothing: that of the first digest where it is asked for at once.
const SHORTEST_WINDOW: Duration = Duration::from_secs(60);

/// `Mon 23 Nov 2026, 07:30 – Tue 24 Nov 2026, 07:30 KST (Asia/Seoul)`; empty where that is no time at all.
pub fn window(from: Timestamp, until: Timestamp, zone: &TimeZone, words: Words) -> String {
    if until.since(from) < SHORTEST_WINDOW {
        return String::new();
    }
    let on_day = |at: Timestamp, format| {
        let day = at.to_jiff().to_zoned(zone.clone()).weekday();
        words.on_weekday(day, &shown(at, zone, format))
    };
    let (begin, end) = (on_day(from, words.day_and_time()), on_day(until, words.full()));
    // UTC, and a zone known by its offset alone, was named by `%Z` already.
    match zone.iana_name().filter(|name| *name != "UTC") {
        Some(name) => format!("{begin} – {end} ({name})"),
        None => format!("{begin} – {end}"),
    }
}

/// Two times in a row, the second without its day if that is the same:
/// `24 Nov 2026, 07:30` and `07:41 KST`
pub fn pair(first: Timestamp, second: Timestamp, zone: &TimeZone, words: Words) -> (String, String) {
    const DAY: &str = "%F";
    let same_day = shown(first, zone, DAY) == shown(second, zone, DAY);
    let then = if same_day { shown(second, zone, "%H:%M %Z") } else { full(second, zone, words) };
    (shown(first, zone, words.day_and_time()), then)
}

/// `24 Nov, 07:30`: for lists whose zone and year are known from around.
pub fn short(at: Timestamp, zone: &TimeZone, words: Words) -> String {
    shown(at, zone, words.short())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::recipient::Language;

    const EN: Words = Words(Language::English);

    #[test]
    fn times_are_the_readers_own_and_name_the_zone() {
        let at = Timestamp::from_millis(1_795_475_400_000); // 2026-11-23T23:10:00Z
        let seoul = TimeZone::get("Asia/Seoul").unwrap();
        assert_eq!(full(at, &seoul, EN), "24 Nov 2026, 08:10 KST");
        assert_eq!(full(at, &TimeZone::UTC, EN), "23 Nov 2026, 23:10 UTC");
        let before = at.minus(std::time::Duration::from_secs(3_600));
        assert_eq!(pair(before, at, &seoul, EN), ("24 Nov 2026, 07:10".into(), "08:10 KST".into()));
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(pair(before, at, &berlin, EN), ("23 Nov 2026, 23:10".into(), "24 Nov 2026, 00:10 CET".into()));
        assert_eq!(short(at, &seoul, EN), "24 Nov, 08:10");
        assert_eq!(window(before, at, &seoul, EN), "Tue 24 Nov 2026, 07:10 – Tue 24 Nov 2026, 08:10 KST (Asia/Seoul)");
    }

    #[test]
    fn korean_and_chinese_readers_have_their_own_order_of_year_month_and_day() {
        let at = Timestamp::from_millis(1_795_475_400_000); // 2026-11-23T23:10:00Z
        let seoul = TimeZone::get("Asia/Seoul").unwrap();
        let (ko, zh) = (Words(Language::Korean), Words(Language::Chinese));
        assert_eq!(full(at, &seoul, ko), "2026년 11월 24일 08:10 KST");
        assert_eq!(full(at, &seoul, zh), "2026年11月24日 08:10 KST");
        assert_eq!(short(at, &seoul, zh), "11月24日 08:10");
        let later = at.plus(Duration::from_secs(60));
        let window = window(at, later, &TimeZone::UTC, ko);
        assert_eq!(window, "2026년 11월 23일 (월) 23:10 – 2026년 11월 23일 (월) 23:11 UTC");
    }

    #[test]
    fn a_window_of_no_length_is_not_told() {
        let at = Timestamp::from_millis(1_795_475_400_000);
        let until = |secs| window(at, at.plus(Duration::from_secs(secs)), &TimeZone::UTC, EN);
        assert!(until(0).is_empty() && until(59).is_empty() && !until(60).is_empty());
    }
}
