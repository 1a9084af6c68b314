//! When a page says it was published: `Posted: Sep 27, 2013 5:50 PM`, `2023-10-09 14:08`, `입력 2023.10.09 14:08`.
//!
//! Each outlet sets its own, so two of one text differ in it; what is counted in it tells nothing of the event.

use std::ops::Range;

use super::dates::{Token, date_at, tokens};
use super::words::is_weekday;

/// Stamps stand at the head of a page.
const HEAD_BYTES: usize = 2_000;
/// The longest is two dates with their times and zones.
const STAMP_BYTES: usize = 160;

/// The stamps at the beginnings of lines, by their bytes: a whole date with a time of day, or either of them after a
/// word of publishing. A date alone may be what the report is about.
pub(super) fn stamps(text: &str) -> Vec<Range<usize>> {
    let head = &text[..text.floor_char_boundary(HEAD_BYTES)];
    let mut from = 0;
    let mut found = Vec::new();
    for line in head.split_inclusive('\n') {
        let line_head = &line[..line.floor_char_boundary(STAMP_BYTES)];
        found.extend(stamp(line_head).map(|end| from..from + end));
        from += line.len();
    }
    found
}

/// Where the stamp ends that this line begins with.
fn stamp(line: &str) -> Option<usize> {
    let tokens = tokens(line);
    let (mut at, mut dates, mut times, mut words) = (0, 0, 0, 0);
    while at < tokens.len() {
        let rest = &tokens[at..];
        at += if let Some(taken) = whole_date(line, rest) {
            dates += 1;
            taken
        } else if let Some(taken) = time_of_day(line, rest) {
            times += 1;
            taken
        } else if is_word_of_publishing(rest[0].text) {
            words += 1;
            1
        } else if rest[0].number.is_none() && goes_with_a_date(rest[0].text) && !(at == 0 && begins_a_sentence(line)) {
            1
        } else {
            break;
        };
    }
    let is_stamp = (dates > 0 && times > 0) || (words > 0 && dates + times > 0);
    let last = at.checked_sub(1).and_then(|last| tokens.get(last)).filter(|_| is_stamp)?;
    Some(last.at + last.text.len())
}

/// A day with its month and year, and how many tokens it is of.
fn whole_date(line: &str, tokens: &[Token<'_>]) -> Option<usize> {
    if let Some((date, taken)) = date_at(tokens) {
        let is_whole = date.year.is_some() && date.month.is_some() && date.day.is_some();
        return is_whole.then_some(taken);
    }
    let [first, second, third, ..] = tokens else { return None };
    let (a, b, c) = (first.number?, second.number?, third.number?);
    let between = separator(line, first, second);
    let is_joined = matches!(between, "-" | "/" | ".") && between == separator(line, second, third);
    let is_date = |year: i32, one: i32, other: i32| {
        (1_990..=2_100).contains(&year) && (1..=31).contains(&one) && (1..=31).contains(&other)
    };
    (is_joined && (is_date(a, b, c) || is_date(c, a, b))).then_some(3)
}

/// `5:50 PM`, `05:08:35`, `2 p.m.`, `오후 2시 8분`, `14時`, and how many tokens it is of.
fn time_of_day(line: &str, tokens: &[Token<'_>]) -> Option<usize> {
    let hour = tokens.first()?.number.filter(|hour| (0..=24).contains(hour)).map(|_| &tokens[0])?;
    let mut taken = 1;
    let mut last = hour;
    while let Some(next) = tokens.get(taken).filter(|next| taken < 3 && next.number.is_some_and(|part| part < 60)) {
        if separator(line, last, next) != ":" {
            break;
        }
        last = next;
        taken += 1;
    }
    let unit = tokens.get(taken).map_or("", |next| next.text);
    let is_hour = ["시", "時", "时", "点"].iter().any(|word| unit.starts_with(word))
        || matches!(unit.to_ascii_lowercase().as_str(), "am" | "pm" | "a" | "p");
    if taken == 1 && is_hour {
        // Of the minutes after a written hour.
        let minutes = tokens.get(2).is_some_and(|next| next.number.is_some_and(|part| part < 60));
        let has_unit = tokens.get(3).is_some_and(|next| ["분", "分"].iter().any(|word| next.text.starts_with(word)));
        return Some(if minutes && has_unit { 4 } else { 2 });
    }
    (taken > 1).then_some(taken)
}

fn separator<'l>(line: &'l str, a: &Token<'_>, b: &Token<'_>) -> &'l str {
    line.get(a.at + a.text.len()..b.at).unwrap_or_default().trim()
}

fn is_word_of_publishing(word: &str) -> bool {
    const WORDS: [&str; 21] = [
        "published",
        "posted",
        "updated",
        "edited",
        "released",
        "modified",
        "created",
        "issued",
        "filed",
        "入力",
        "입력",
        "수정",
        "등록",
        "승인",
        "发布",
        "發布",
        "更新",
        "发表",
        "配信",
        "公開",
        "掲載",
    ];
    let lower = word.to_lowercase();
    WORDS.contains(&lower.as_str())
}

/// "On 3 March 2026 at 5:50 PM the boat left" tells of the event.
fn begins_a_sentence(line: &str) -> bool {
    ["On ", "At "].iter().any(|word| line.trim_start().starts_with(word))
}

/// Weekdays, halves of the day, zones, and what joins them.
fn goes_with_a_date(word: &str) -> bool {
    const WORDS: [&str; 51] = [
        "first", "last", "on", "at", "am", "pm", "a", "m", "p", "t", "z", "st", "nd", "rd", "th", "mon", "tue", "tues",
        "wed", "thu", "thur", "thurs", "fri", "sat", "sun", "gmt", "utc", "bst", "cet", "cest", "est", "edt", "et",
        "cst", "cdt", "mst", "mdt", "pst", "pdt", "ist", "jst", "kst", "hkt", "sgt", "aest", "msk", "uk", "오전",
        "오후", "午前", "午後",
    ];
    let lower = word.to_lowercase();
    WORDS.contains(&lower.as_str()) || is_weekday(&lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamped(text: &str) -> Vec<&str> {
        stamps(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn a_date_with_its_time_at_the_head_of_a_line_is_a_stamp() {
        for stamp in [
            "Mar 3, 2026 5:50 PM",
            "Posted Mar 3rd, 2026 at 1: 23 PM",
            "Posted: Mar 3, 2026 5:50 PM Updated: Mar 4, 2026 6:01 AM",
            "11:39am UK, Monday 09 March 2026",
            "Published Tuesday, March 3, 2026 5:55PM EDT",
            "Last updated 13:26 14/03/2026",
            "Released 2026-03-03 05:08:35 GMT",
            "Updated 2026-03-03T05:08:35Z",
            "입력 2026.03.03 14:08",
            "2026년 3월 3일 오후 2시 8분",
        ] {
            assert_eq!(stamped(stamp), [stamp]);
            assert_eq!(stamped(&format!("{stamp} Eleven people were found.")), [stamp]);
            assert_eq!(stamped(&format!("A headline of 3 words\n{stamp}\nOf 40 men 12 were found.")), [stamp]);
        }
    }

    #[test]
    fn what_a_report_is_about_is_no_stamp() {
        for sentence in [
            "3 March 2026",
            "On 3 March 2026 at 5:50 PM the boat left.",
            "5:50 was when the boat left.",
            "Updated figures: 41 people.",
            "41 people were held on 3 March 2026 at 5:50 PM.",
            "As of 08:00 on 3 March 2026, 14 people are held.",
            "First 3 boats, last 12 boats",
            "",
        ] {
            assert_eq!(stamped(sentence), [""; 0]);
        }
    }
}
