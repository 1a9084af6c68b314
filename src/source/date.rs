//! The dates that feeds claim, in every form they are met in.
//!
//! Reads what stands there and guesses as little as it can: what has no year, month and day is no date, and one that
//! is read wrong decides nothing, for new is what was first seen by us.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};

use super::date_words::{Word, word};
use crate::model::time::Timestamp;

/// What a feed's dates are read by where they leave something open.
#[derive(Clone, Debug, Default)]
pub struct Habits {
    /// The zone of times without one, as configured.
    pub zone: Option<TimeZone>,
    /// The feed's language.
    pub lang: String,
}

/// Bytes of a date that are looked at.
const LONGEST: usize = 128;
/// Years outside are what a broken date is read as.
const YEARS: std::ops::RangeInclusive<i16> = 1970..=2100;

/// Returns the instant, if the text names one.
pub fn parse(text: &str, habits: &Habits) -> Option<Timestamp> {
    let text = text.trim_start();
    let text = text[..text.floor_char_boundary(LONGEST)].trim_end();
    if let Some(at) = all_digits(text, habits).or_else(|| two_digit_iso(text, habits)) {
        return Some(at);
    }
    let parts = Parts::of(text);
    let date = parts.date(habits)?;
    let (time, next_day) = parts.time.unwrap_or((Time::midnight(), false));
    let date = if next_day { date.tomorrow().ok()? } else { date };
    at(date.to_datetime(time), parts.offset(habits), parts.script, habits)
}

fn at(local: DateTime, offset: Option<Offset>, script: Option<Offset>, habits: &Habits) -> Option<Timestamp> {
    if !YEARS.contains(&local.year()) {
        return None;
    }
    let zone = match (offset, &habits.zone) {
        (Some(offset), _) => TimeZone::fixed(offset),
        (None, Some(zone)) => zone.clone(),
        (None, None) => TimeZone::fixed(script.unwrap_or_else(|| usual_offset(&habits.lang))),
    };
    zone.to_ambiguous_zoned(local).compatible().ok().map(|zoned| Timestamp::from(zoned.timestamp()))
}

/// Countries of one zone whose feeds print local time and say so nowhere; everybody else's are taken for UTC.
fn usual_offset(lang: &str) -> Offset {
    let lang = lang.to_ascii_lowercase();
    match lang.split(['-', '_']).next().unwrap_or_default() {
        "ko" | "ja" => Offset::constant(9),
        "zh" => Offset::constant(8),
        "vi" | "th" => Offset::constant(7),
        _ => Offset::UTC,
    }
}

/// Seconds or milliseconds since 1970, `20260302`, `20260302091500`, and ISO 8601's short forms.
fn all_digits(text: &str, habits: &Habits) -> Option<Timestamp> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number = |from: usize, to: usize| text.get(from..to).and_then(|digits| digits.parse::<i16>().ok());
    let small = |from: usize, to: usize| number(from, to).and_then(|number| i8::try_from(number).ok());
    let day = |date: Date| at(date.to_datetime(Time::midnight()), None, None, habits);
    match text.len() {
        10 => text.parse().ok().map(|seconds: i64| Timestamp::from_millis(seconds * 1000)),
        13 => text.parse().ok().map(Timestamp::from_millis),
        4 => day(Date::new(number(0, 4)?, 1, 1).ok()?),
        5 => day(ordinal(full_year(number(0, 2)?), number(2, 5)?)?),
        6 => day(Date::new(full_year(number(0, 2)?), small(2, 4)?, small(4, 6)?).ok()?),
        7 => day(ordinal(number(0, 4)?, number(4, 7)?)?),
        8 => day(Date::new(number(0, 4)?, small(4, 6)?, small(6, 8)?).ok()?),
        12 | 14 => {
            let date = Date::new(number(0, 4)?, small(4, 6)?, small(6, 8)?).ok()?;
            let time = Time::new(small(8, 10)?, small(10, 12)?, small(12, 14).unwrap_or(0), 0).ok()?;
            at(date.to_datetime(time), None, None, habits)
        }
        _ => None,
    }
}

/// ISO 8601's forms with a year of two digits: `-0312`, `-03-12`, `03-335`, `03-12-31`.
fn two_digit_iso(text: &str, habits: &Habits) -> Option<Timestamp> {
    let digits = |text: &str, length: usize| {
        (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| text.parse::<i16>().ok())
            .flatten()
    };
    let day = |date: Date| at(date.to_datetime(Time::midnight()), None, None, habits);
    if let Some(rest) = text.strip_prefix('-') {
        let compact = rest.replacen('-', "", 1);
        let number = digits(&compact, 4)?;
        return day(Date::new(full_year(number / 100), i8::try_from(number % 100).ok()?, 1).ok()?);
    }
    let mut parts = text.split('-');
    let year = full_year(digits(parts.next()?, 2)?);
    let second = parts.next()?;
    match (digits(second, 3), parts.next(), parts.next()) {
        (Some(day_of_year), None, None) => day(ordinal(year, day_of_year)?),
        (None, Some(third), None) => {
            let month = i8::try_from(digits(second, 2)?).ok()?;
            day(Date::new(year, month, i8::try_from(digits(third, 2)?).ok()?).ok()?)
        }
        _ => None,
    }
}

fn ordinal(year: i16, day: i16) -> Option<Date> {
    let date = Date::new(year, 1, 1).ok()?.checked_add(jiff::Span::new().try_days(i64::from(day) - 1).ok()?).ok()?;
    (day >= 1 && date.year() == year).then_some(date)
}

/// RFC 2822 §4.3: 00 to 49 are of this century; 50 to 99 of the last.
fn full_year(year: i16) -> i16 {
    match year {
        0..=49 => year + 2000,
        50..=99 => year + 1900,
        year => year,
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Number {
    value: i64,
    digits: usize,
    /// The sign before it, if any.
    before: char,
}

/// A date taken apart.
#[derive(Debug, Default)]
struct Parts {
    /// Numbers that belong to no time and no zone, in order.
    numbers: Vec<Number>,
    /// The month as a word, and how many numbers stood before it.
    month: Option<(i8, usize)>,
    /// Monday is 1.
    weekday: Option<i8>,
    /// True: the day after.
    time: Option<(Time, bool)>,
    zone: Zone,
    /// The zone of the country whose words for the parts of the day these are.
    script: Option<Offset>,
    /// Its numbers are parted by slashes.
    slashes: bool,
}

#[derive(Debug, Default)]
struct Zone {
    named: Option<&'static str>,
    seconds: Option<i32>,
}

/// More tokens than any date has.
const MAX_TOKENS: usize = 40;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    Number(&'a str),
    Word(&'a str),
    Sign(char),
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = vec![];
    let mut rest = text;
    while let Some(first) = rest.chars().next().filter(|_| pieces.len() < MAX_TOKENS) {
        let kind = |c: char| if c.is_ascii_digit() { 1 } else { i32::from(c.is_alphabetic() || c == '\'') * 2 };
        let same = |c: char| kind(c) == kind(first) && kind(first) != 0;
        let end = if same(first) { rest.find(|c| !same(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        let (piece, after) = rest.split_at(end);
        match kind(first) {
            1 => pieces.push(Piece::Number(piece)),
            2 => pieces.push(Piece::Word(piece)),
            _ => pieces.push(Piece::Sign(if first.is_whitespace() { ' ' } else { first })),
        }
        rest = after;
    }
    pieces
}

impl Parts {
    fn of(text: &str) -> Parts {
        let text = text.replace("a.m.", "am").replace("p.m.", "pm").replace("A.M.", "am").replace("P.M.", "pm");
        let pieces = pieces(&text);
        let mut parts = Parts::default();
        let mut afternoon = None;
        let mut at = 0;
        while let Some(piece) = pieces.get(at) {
            at += 1;
            match *piece {
                Piece::Sign(sign) => parts.slashes |= sign == '/',
                Piece::Word(text) => match word(text) {
                    // The last one: weekdays of some languages look like months of others (Mar, 02 Feb).
                    Some(Word::Month(month)) => parts.month = Some((month, parts.numbers.len())),
                    Some(Word::Weekday(day)) => parts.weekday = parts.weekday.or(Some(day)),
                    Some(Word::Half { pm, script }) => {
                        afternoon = Some(pm);
                        parts.script = parts.script.or(script);
                    }
                    Some(Word::Country(script)) => parts.script = parts.script.or(Some(script)),
                    Some(Word::Zone(name)) if parts.zone.named.is_none() => parts.zone.named = Some(name),
                    _ => {}
                },
                Piece::Number(digits) => at = parts.number(&pieces, at - 1, digits),
            }
        }
        if let (Some(pm), Some((time, _))) = (afternoon, &mut parts.time) {
            *time = on_the_clock(*time, pm);
        }
        parts
    }

    /// Takes in the number at `at`; returns where reading goes on.
    fn number(&mut self, pieces: &[Piece<'_>], at: usize, digits: &str) -> usize {
        if self.time.is_none()
            && let Some((time, past)) = clock_time(pieces, at)
        {
            self.time = Some(time);
            return past;
        }
        let sign = match at.checked_sub(1).and_then(|before| pieces.get(before)) {
            Some(Piece::Sign(sign)) => *sign,
            _ => ' ',
        };
        let may_be_zone = self.time.is_some() || self.zone.named.is_some();
        if matches!(sign, '+' | '-' | '−')
            && may_be_zone
            && self.zone.seconds.is_none()
            && let Some((seconds, past)) = zone_offset(pieces, at, digits)
        {
            self.zone.seconds = Some(if sign == '+' { seconds } else { -seconds });
            return past;
        }
        let after_t = matches!(at.checked_sub(1).and_then(|before| pieces.get(before)), Some(Piece::Word("T" | "t")));
        if let (Ok(value), 1..=8) = (digits.parse::<i64>(), digits.len()) {
            if after_t && self.time.is_none() && matches!(digits.len(), 4 | 6) {
                let value = if digits.len() == 4 { value * 100 } else { value };
                self.time = time_of(value / 10_000, value / 100 % 100, value % 100);
            } else {
                self.numbers.push(Number { value, digits: digits.len(), before: sign });
            }
        }
        at + 1
    }

    fn date(&self, habits: &Habits) -> Option<Date> {
        let small = |number: i64| i8::try_from(number).ok();
        let year_of = |number: Number| {
            i16::try_from(number.value).ok().map(|year| if number.digits <= 2 { full_year(year) } else { year })
        };
        if let Some((month, before)) = self.month {
            let (day, year) = match (before, self.numbers.as_slice()) {
                // 2026 March 2
                (1.., [year, day, ..]) if year.digits == 4 => (day.value, *year),
                // 2 March 2026; March 2, 2026; 12:00 March 2 2026
                (_, [day, year, ..]) => (day.value, *year),
                // March 2026
                (0, [year]) if year.digits == 4 => (1, *year),
                _ => return None,
            };
            return Date::new(year_of(year)?, month, small(day)?).ok();
        }
        match *self.numbers.as_slice() {
            [compact, ..] if compact.digits == 8 => {
                let value = compact.value;
                Date::new(i16::try_from(value / 10_000).ok()?, small(value / 100 % 100)?, small(value % 100)?).ok()
            }
            [year, day] if year.digits == 4 && day.digits == 3 => {
                ordinal(year_of(year)?, i16::try_from(day.value).ok()?)
            }
            [year, month, day, ..] if year.digits == 4 => {
                Date::new(year_of(year)?, small(month.value)?, small(day.value)?).ok()
            }
            [year, month] if year.digits == 4 => Date::new(year_of(year)?, small(month.value)?, 1).ok(),
            [first, second, year, ..] if year.digits == 4 => {
                self.numeric(small(first.value)?, small(second.value)?, year_of(year)?, habits)
            }
            // `26.03.02 09:15`, as Korean and Chinese boards print it.
            [year, month, day] if year.digits == 2 && self.time.is_some() => {
                Date::new(year_of(year)?, small(month.value)?, small(day.value)?).ok()
            }
            _ => None,
        }
    }

    /// `02/03/2026`: what only one reading allows, then the weekday, then the habit: slashes in English are American.
    fn numeric(&self, first: i8, second: i8, year: i16, habits: &Habits) -> Option<Date> {
        let day_first = Date::new(year, second, first).ok();
        let month_first = Date::new(year, first, second).ok();
        let fits = |date: &Date| self.weekday.is_none_or(|day| date.weekday().to_monday_one_offset() == day);
        let lang = habits.lang.to_ascii_lowercase();
        let american = self.slashes && (lang.is_empty() || lang == "en" || lang == "en-us");
        let (likely, other) = if american { (month_first, day_first) } else { (day_first, month_first) };
        likely.filter(fits).or(other.filter(fits)).or(likely).or(other)
    }

    fn offset(&self, habits: &Habits) -> Option<Offset> {
        let named = self.zone.named.and_then(|name| super::date_words::zone_seconds(name, &habits.lang));
        match (named, self.zone.seconds) {
            // GMT+9, UTC-05:00; and `+0900 (KST)`, where the number says all.
            (_, Some(seconds)) => Offset::from_seconds(seconds).ok(),
            (Some(seconds), None) => Offset::from_seconds(seconds).ok(),
            (None, None) => None,
        }
    }
}

fn on_the_clock(time: Time, pm: bool) -> Time {
    let hour = match (time.hour(), pm) {
        (12, false) => 0,
        (hour @ 1..=11, true) => hour + 12,
        (hour, _) => hour,
    };
    Time::new(hour, time.minute(), time.second(), 0).unwrap_or(time)
}

/// A leap second is the last of its minute, 24:00 the midnight that follows.
fn time_of(hour: i64, minute: i64, second: i64) -> Option<(Time, bool)> {
    let second = second.min(59);
    let small = |number: i64| i8::try_from(number).ok();
    if hour == 24 && minute == 0 {
        return Some((Time::midnight(), true));
    }
    Time::new(small(hour)?, small(minute)?, small(second)?, 0).ok().map(|time| (time, false))
}

/// `9:15`, `09:15:00.123`, `9時15分30秒`, `9 AM`; and where it ends.
fn clock_time(pieces: &[Piece<'_>], at: usize) -> Option<((Time, bool), usize)> {
    let number = |at: usize| match pieces.get(at)? {
        Piece::Number(digits) if digits.len() <= 2 => digits.parse::<i64>().ok(),
        _ => None,
    };
    let parts = |at: usize, marks: &[&str]| match pieces.get(at) {
        Some(Piece::Sign(':')) => marks.contains(&":"),
        Some(Piece::Word(word)) => marks.contains(word),
        _ => false,
    };
    let skip_space = |at: usize| if pieces.get(at) == Some(&Piece::Sign(' ')) { at + 1 } else { at };
    let hour = number(at)?;
    if !parts(at + 1, &[":", "시", "時", "时", "點", "点", "h"]) {
        let after = skip_space(at + 1);
        let clock = matches!(pieces.get(after), Some(Piece::Word(word)) if word.eq_ignore_ascii_case("am") || word.eq_ignore_ascii_case("pm"));
        return if clock && hour <= 12 { Some((time_of(hour, 0, 0)?, at + 1)) } else { None };
    }
    let minute_at = skip_space(at + 2);
    let Some(minute) = number(minute_at) else {
        // 9時, on the hour; `9:` alone is no time.
        return if parts(at + 1, &[":"]) { None } else { Some((time_of(hour, 0, 0)?, at + 2)) };
    };
    let (mut past, mut second) = (minute_at + 1, 0);
    if parts(past, &[":", "분", "分"]) {
        let second_at = skip_space(past + 1);
        match number(second_at) {
            Some(found) => {
                second = found;
                past = second_at + 1;
                if parts(past, &["초", "秒"]) {
                    past += 1;
                }
            }
            None => past += 1,
        }
    }
    if let (Some(Piece::Sign('.' | ',')), Some(Piece::Number(_))) = (pieces.get(past), pieces.get(past + 1)) {
        past += 2;
    }
    Some((time_of(hour, minute, second)?, past))
}

/// The digits after a sign: `0900`, `09:00`, `9`; and where they end.
fn zone_offset(pieces: &[Piece<'_>], at: usize, digits: &str) -> Option<(i32, usize)> {
    let value: i32 = digits.parse().ok()?;
    let (hours, minutes, past) = match digits.len() {
        1 | 2 => match (pieces.get(at + 1), pieces.get(at + 2)) {
            (Some(Piece::Sign(':')), Some(Piece::Number(minutes))) => (value, minutes.parse().ok()?, at + 3),
            _ => (value, 0, at + 1),
        },
        3 | 4 => (value / 100, value % 100, at + 1),
        _ => return None,
    };
    (hours <= 15 && minutes < 60).then_some((hours * 3600 + minutes * 60, past))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str, lang: &str) -> String {
        let habits = Habits { zone: None, lang: lang.to_owned() };
        parse(text, &habits).map_or("-".to_owned(), |at| at.to_string())
    }

    #[track_caller]
    fn all(expected: &str, lang: &str, texts: &[&str]) {
        for text in texts {
            assert_eq!(read(text, lang), expected, "{text}");
        }
    }

    #[test]
    fn the_forms_of_the_standards_and_their_misspellings_are_read() {
        let forms = [
            "Tue, 24 Nov 2026 12:30:00 GMT",
            "Tue, 24 Nov 2026 12:30 GMT",
            "24 Nov 26 12:30:00 UT",
            "Tue,24-November-2026 12:30:00 Z",
            "Wed, 24 Nov 2026 21:30:00 +0900",
            "Tue, 24 Nov 2026 07:30:00 EST",
            "Tue Nov 24 12:30:00 2026",
            "Tue Nov 24 21:30:00 KST 2026",
            "Tue, 24 Nov 2026 21:30:00 GMT+09:00",
            "Tue, 24 Nov 2026 21:30:00 UTC+9 (KST)",
            "November 24, 2026 12:30 PM",
            "Tuesday, 24 November 2026 - 12:30",
            "2026-11-24T12:30:00Z",
            "2026-11-24T12:30:00.123456Z",
            "2026-11-24 21:30:00 +0900",
            "2026-11-24T21:30:00KST",
            "20261124T123000Z",
            "20261124123000",
            "11/24/2026 12:30",
            "Tue, 2026/11/24 12:30:00 UTC",
            "1795523400",
            "1795523400000",
        ];
        all("2026-11-24T12:30:00Z", "en", &forms);
        all("2026-11-24T00:00:00Z", "en", &["2026-11-24", "20261124", "24 Nov 2026", "2026-328", "26-11-24"]);
        all("2026-11-01T00:00:00Z", "en", &["2026-11", "-2611", "November 2026"]);
    }

    #[test]
    fn korean_japanese_and_chinese_forms_are_in_the_time_of_their_country() {
        let korean = [
            "2026년 11월 24일 21:30",
            "2026. 11. 24. 오후 9:30:00",
            "2026-11-24 21:30:00",
            "2026년 11월 24일 21시 30분",
        ];
        all("2026-11-24T12:30:00Z", "ko", &korean);
        all("2026-11-24T12:30:00Z", "en", &["2026-11-24 오후 09:30:00", "2026년11월24일 21:30"]);
        all("2026-11-24T12:30:00Z", "ja", &["2026年11月24日 21時30分", "2026/11/24 21:30"]);
        all("2026-11-24T12:30:00Z", "zh-cn", &["2026年11月24日 20:30", "2026-11-24 下午 8:30", "26.11.24 20:30"]);
    }

    #[test]
    fn months_and_days_in_other_languages_are_read() {
        all(
            "2026-03-02T08:15:00Z",
            "",
            &[
                "lun., 02 mars 2026 09:15:00 +0100",
                "Пн, 02 мар 2026 11:15:00 +0300",
                "02 березня 2026 10:15 +0200",
                "Δευ, 02 Μαρ 2026 10:15:00 +0200",
                "2 de marzo de 2026 09:15 +0100",
                "02 مارس 2026 11:15:00 +0300",
                "Thứ hai, 02 tháng 3 2026 15:15:00 +0700",
            ],
        );
    }

    #[test]
    fn the_configured_zone_is_that_of_times_without_one() {
        let zone = TimeZone::get("Europe/Berlin").expect("a zone");
        let habits = Habits { zone: Some(zone), lang: "ko".into() };
        let at = |text| parse(text, &habits).map(|at| at.to_string());
        assert_eq!(at("2026-07-01 12:00").as_deref(), Some("2026-07-01T10:00:00Z"));
        assert_eq!(at("2026-11-24 12:00").as_deref(), Some("2026-11-24T11:00:00Z"));
        assert_eq!(at("2026-11-24 12:00 +0900").as_deref(), Some("2026-11-24T03:00:00Z"), "one that is given wins");
    }

    #[test]
    fn an_ambiguous_date_is_read_by_its_weekday_and_its_language() {
        assert_eq!(read("Mon, 03/02/2026 10:00", "de"), "2026-03-02T10:00:00Z");
        assert_eq!(read("03/02/2026 10:00", "de"), "2026-02-03T10:00:00Z");
        assert_eq!(read("03/02/2026 10:00", "en-US"), "2026-03-02T10:00:00Z");
        assert_eq!(read("25/02/2026 10:00", "en-US"), "2026-02-25T10:00:00Z");
    }

    #[test]
    fn what_names_no_day_or_an_impossible_one_is_no_date() {
        let none =
            ["", "yesterday", "12:30", "Mon, 30 Feb 2026 12:00:00 GMT", "0001-01-01T00:00:00Z", "99999999999999999999"];
        all("-", "en", &none);
        assert_eq!(read("Tue, 24 Nov 2026 23:59:60 GMT", "en"), "2026-11-24T23:59:59Z");
        assert_eq!(read("2026-11-24T24:00:00Z", "en"), "2026-11-25T00:00:00Z");
    }

    proptest! {
        #[test]
        fn any_text_is_a_date_or_none(text in "\\PC{0,80}") {
            parse(&text, &Habits::default());
        }

        #[test]
        fn what_is_written_by_the_standards_is_read_back(seconds in 0_i64..4_000_000_000) {
            let at = Timestamp::from_millis(seconds * 1000);
            let zoned = at.to_jiff().to_zoned(TimeZone::fixed(Offset::constant(9)));
            for form in ["%a, %d %b %Y %H:%M:%S %z", "%Y-%m-%dT%H:%M:%S%:z", "%a %b %e %H:%M:%S %Y GMT%z", "%Y년 %m월 %d일 %H:%M:%S"] {
                let text = zoned.strftime(form).to_string();
                prop_assert_eq!(parse(&text, &Habits::default()), Some(at), "{}", text);
            }
        }
    }
}
