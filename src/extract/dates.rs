//! Dates as pages state them, in their metadata and in their text.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::model::time::Timestamp;

/// Reads ISO 8601 and RFC 2822; without a zone UTC is taken.
pub fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let at = text
        .parse::<jiff::Timestamp>()
        .ok()
        .or_else(|| jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp()));
    let local = || text.parse::<DateTime>().ok().or_else(|| Some(text.parse::<Date>().ok()?.at(0, 0, 0, 0)));
    let at = at.or_else(|| local()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp()))?;
    Some(Timestamp::from(at)).filter(|at| at.as_millis() > 0)
}

/// Longest line that is read for a date; in a longer one the date is the report's matter.
const MAX_LINE: usize = 90;

/// Beginnings of months' names, in English, German, French, Spanish, Italian, Portuguese, Russian and Polish.
const MONTHS: [&[&str]; 12] = [
    &["jan", "ene", "gen", "янв", "sty"],
    &["feb", "fev", "fév", "фев", "lut"],
    &["mar", "mär", "mrz", "мар"],
    &["apr", "avr", "abr", "апр", "kwi"],
    &["may", "mai", "mag", "мая", "май", "maj"],
    &["jun", "juin", "giu", "июн", "cze"],
    &["jul", "juil", "lug", "июл", "lip"],
    &["aug", "aoû", "ago", "авг", "sie"],
    &["sep", "set", "сен", "wrz"],
    &["oct", "okt", "ott", "out", "окт", "paź"],
    &["nov", "ноя", "lis"],
    &["dec", "dez", "déc", "dic", "дек", "gru"],
];

/// The day that a short line names: `24 November 2026`, `Nov. 24, 2026`, `24.11.2026`, `2026年11月24日`,
/// `2026. 11. 24`. Day and month in figures alone are read day first, as everywhere but in the United States; a line
/// that could be either is not read.
pub fn visible(line: &str) -> Option<Timestamp> {
    if line.chars().count() > MAX_LINE {
        return None;
    }
    let mut words: Vec<String> = vec![];
    for c in line.chars().flat_map(char::to_lowercase) {
        let joins = words.last().and_then(|word| word.chars().last()).is_some_and(|last| {
            last.is_ascii_digit() && c.is_ascii_digit() || last.is_alphabetic() && c.is_alphabetic()
        });
        match words.last_mut() {
            Some(word) if joins => word.push(c),
            _ => words.push(c.to_string()),
        }
    }
    let words: Vec<&str> =
        words.iter().map(String::as_str).filter(|word| word.chars().all(char::is_alphanumeric)).collect();
    let number = |at: usize| words.get(at).and_then(|word| word.parse::<i16>().ok());
    let year_at = words.iter().position(|word| {
        word.len() == 4 && (word.starts_with("19") || word.starts_with("20")) && word.parse::<i16>().is_ok()
    })?;
    let year = number(year_at)?;
    let month = |at: usize| -> Option<i8> {
        let word = words.get(at)?;
        let found = MONTHS.iter().position(|names| names.iter().any(|name| word.starts_with(name)))?;
        i8::try_from(found + 1).ok()
    };
    let back = |steps: usize| year_at.checked_sub(steps);
    let small =
        |value: i16, most: i16| i8::try_from(value).ok().filter(|value| *value >= 1 && i16::from(*value) <= most);
    // Words such as "de", "st", "年" and "월" stand between the parts.
    let ordinal = |at: usize| {
        usize::from(words.get(at).is_some_and(|word| matches!(*word, "st" | "nd" | "rd" | "th" | "de" | "del" | "г")))
    };
    let named_before = || {
        let at = back(1)?.checked_sub(back(1).map_or(0, ordinal))?;
        if let Some(month) = month(at) {
            let day_at = at.checked_sub(1)?;
            return Some((month, small(number(day_at.checked_sub(ordinal(day_at))?)?, 31)?));
        }
        Some((month(at.checked_sub(1)?)?, small(number(at)?, 31)?))
    };
    let figures_after = || {
        let step = |at: usize| {
            at + 1 + usize::from(words.get(at + 1).is_some_and(|word| matches!(*word, "年" | "月" | "년" | "월")))
        };
        let month_at = step(year_at);
        Some((small(number(month_at)?, 12)?, small(number(step(month_at))?, 31)?))
    };
    let figures_before = || {
        let (day, month) = (number(back(2)?)?, number(back(1)?)?);
        (day > 12 || line.contains('.')).then_some((small(month, 12)?, small(day, 31)?))
    };
    let (month, day) = named_before().or_else(figures_after).or_else(figures_before)?;
    let date = Date::new(year, month, day).ok()?;
    let at = date.at(0, 0, 0, 0).to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(Timestamp::from(at)).filter(|at| at.as_millis() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_metadata_are_read() {
        for text in ["2026-11-24T09:00:00+09:00", "2026-11-24T00:00:00Z", "2026-11-24", "Tue, 24 Nov 2026 00:00:00 GMT"]
        {
            assert_eq!(parse(text).map(|at| at.to_string()).as_deref(), Some("2026-11-24T00:00:00Z"), "{text}");
        }
        assert_eq!(parse("yesterday"), None);
        assert_eq!(parse("0001-01-01T00:00:00Z"), None);
    }

    #[test]
    fn dates_in_short_lines_are_read() {
        for text in [
            "Published 24 November 2026, 09:00",
            "Nov. 24, 2026",
            "Tuesday, November 24th, 2026",
            "24.11.2026 | 09:00 Uhr",
            "24. November 2026",
            "24 de noviembre de 2026",
            "24 ноября 2026 г.",
            "2026年11月24日 星期二",
            "입력 2026.11.24. 오전 9:00",
            "2026년 11월 24일",
            "2026-11-24",
        ] {
            assert_eq!(visible(text).map(|at| at.to_string()).as_deref(), Some("2026-11-24T00:00:00Z"), "{text}");
        }
        for text in ["04/05/2026", "In 2026 they came", "99.99.2026", "May 2026"] {
            assert_eq!(visible(text), None, "{text}");
        }
    }
}
