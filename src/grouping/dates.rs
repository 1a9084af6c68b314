//! Dates that a text names: the days by which reports of one event meet across languages, and whether all it speaks of
//! lies long before the date it bears.
//!
//! Reads English (`4 November 2017`, `Nov. 4`, `November 2017`, `in 2017`), Korean, Chinese and Japanese (`2017년 11월
//! 4일`, `11月4日`). Pure: the date a page bears is passed in.

use super::words::is_weekday;
use crate::model::time::Timestamp;

/// What is read of a text, whatever its length.
const BYTES_MAX: usize = 16 * 1024;
/// The event stands at the beginning; further down it is background.
const LEAD_BYTES: usize = 1_200;
const DATES_MAX: usize = 64;
const MASTHEAD_CHARACTERS: usize = 32;
/// A day without its year is one of the last months or of the next weeks.
const DAYS_BACK: i32 = 100;
const DAYS_AHEAD: i32 = 60;
/// A month that is named with its year says that the report is old if it is so long ago.
const MONTHS_BACK: i32 = 6;
const YEARS: std::ops::RangeInclusive<i32> = 1990..=2100;

/// A date as far as a text names it: at least a year, or a month with its day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub year: Option<i32>,
    /// 1 to 12.
    pub month: Option<i32>,
    pub day: Option<i32>,
    /// Byte in the text.
    at: usize,
}

/// Dates in the order of the text.
pub(super) fn said(text: &str) -> Vec<Said> {
    let tokens = tokens(&text[..text.floor_char_boundary(BYTES_MAX)]);
    let mut dates = Vec::new();
    let mut at = 0;
    while at < tokens.len() && dates.len() < DATES_MAX {
        match date_at(&tokens[at..]) {
            Some((date, taken)) => {
                dates.push(date);
                at += taken;
            }
            None => at += 1,
        }
    }
    dates
}

/// The days named, as `10-09`: the same in every language.
pub(super) fn days(text: &str) -> impl Iterator<Item = String> {
    said(text).into_iter().filter_map(|date| Some(format!("{:02}-{:02}", date.month?, date.day?)))
}

/// The latest date that the text speaks of, in words, if that lies so long before the date it bears that the report is
/// probably an old one put up again. `None` where nothing says so.
pub fn speaks_of(title: &str, body: &str, claimed: Timestamp) -> Option<String> {
    let claimed = claimed.to_jiff().to_zoned(jiff::tz::TimeZone::UTC).date();
    let (year, month) = (i32::from(claimed.year()), i32::from(claimed.month()));
    let body = without_masthead(body);
    let lead = &body[..body.floor_char_boundary(LEAD_BYTES)];
    if tells_of_these_days(title) || tells_of_these_days(lead) {
        return None;
    }
    let all: Vec<Said> = said(title).into_iter().chain(said(body)).collect();
    let near_top: Vec<Said> =
        said(title).into_iter().chain(said(body).into_iter().filter(|date| date.at < LEAD_BYTES)).collect();
    // Months before the date borne; of a day without its year those of its nearest occurrence.
    let months_ago = |date: &Said| {
        let (year_said, month_said) = (date.year?, date.month?);
        Some((year - year_said) * 12 + month - month_said)
    };
    if all.iter().any(|date| date.year.is_some_and(|said| said >= year - 1 && date.month.is_none())) {
        return None;
    }
    if all.iter().filter_map(months_ago).any(|ago| ago < MONTHS_BACK) {
        return None;
    }
    let today = month * 31 + i32::from(claimed.day());
    let without_year = |date: &&Said| date.year.is_none();
    let is_far = |date: &Said| {
        let (Some(month), Some(day)) = (date.month, date.day) else { return false };
        let ago = (today - (month * 31 + day)).rem_euclid(12 * 31);
        ago > DAYS_BACK && ago < 12 * 31 - DAYS_AHEAD
    };
    // A later report names the days of its own time too.
    if all.iter().filter(without_year).any(|date| !is_far(date)) {
        return None;
    }
    let latest =
        near_top.iter().filter(|date| date.year.is_some()).max_by_key(|date| (date.year, date.month, date.day));
    latest.or_else(|| near_top.iter().find(|date| is_far(date))).map(in_words)
}

/// The day on which a page was visited stands alone in its first lines, and says nothing of the report.
fn without_masthead(body: &str) -> &str {
    let mut rest = body.trim_start();
    while let Some((line, after)) = rest.split_once('\n') {
        let is_date_alone =
            line.chars().count() <= MASTHEAD_CHARACTERS && said(line).iter().any(|date| date.year.is_some());
        if !line.trim().is_empty() && !is_date_alone {
            break;
        }
        rest = after;
    }
    rest
}

/// A weekday or "today" is of the days before the report; a report that was put up again has them too, but so has each
/// new one that looks back.
fn tells_of_these_days(text: &str) -> bool {
    const WORDS: [&str; 5] = ["today", "yesterday", "tonight", "tomorrow", "tonight's"];
    const UNSPACED: [&str; 12] =
        ["오늘", "어제", "지난 ", "이날", "요일", "今天", "昨天", "日前", "近日", "周一", "今日", "昨日"];
    let lower = text.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric() && c != '\'').any(|word| WORDS.contains(&word) || is_weekday(word))
        || UNSPACED.iter().any(|word| text.contains(word))
}

fn in_words(date: &Said) -> String {
    const NAMES: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let month = date.month.and_then(|month| NAMES.get(usize::try_from(month - 1).ok()?).copied());
    let parts = [date.day.map(|day| day.to_string()), month.map(str::to_owned), date.year.map(|year| year.to_string())];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

pub(super) struct Token<'t> {
    pub text: &'t str,
    /// Of digits; as the text has them.
    pub number: Option<i32>,
    pub at: usize,
}

/// Words of letters and numbers of digits, each by itself: `10월` are two.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut start: Option<(usize, bool)> = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let kind = if c.is_ascii_digit() { Some(true) } else { c.is_alphabetic().then_some(false) };
        let goes_on = start.is_some_and(|(_, digits)| kind == Some(digits));
        if let Some((from, digits)) = start.filter(|_| !goes_on) {
            let word = &text[from..at];
            tokens.push(Token { text: word, number: if digits { word.parse().ok() } else { None }, at: from });
        }
        if !goes_on {
            start = kind.map(|digits| (at, digits));
        }
    }
    tokens
}

/// The date that begins here, and how many tokens it is of.
pub(super) fn date_at(tokens: &[Token<'_>]) -> Option<(Said, usize)> {
    let number = |place: usize| tokens.get(place).and_then(|token| token.number);
    let word = |place: usize| tokens.get(place).map_or("", |token| token.text);
    let year = |place: usize| number(place).filter(|year| YEARS.contains(year) && word(place).len() == 4);
    let day = |place: usize| number(place).filter(|day| (1..=31).contains(day) && word(place).len() <= 2);
    let made = |year: Option<i32>, month: Option<i32>, day: Option<i32>| Said { year, month, day, at: tokens[0].at };
    let ordinal = |place: usize| usize::from(matches!(word(place), "st" | "nd" | "rd" | "th"));
    if let Some(month) = english_month(word(0)) {
        if let Some(day) = day(1) {
            let after = 2 + ordinal(2);
            let year = year(after);
            return Some((made(year, Some(month), Some(day)), after + usize::from(year.is_some())));
        }
        return year(1).map(|year| (made(Some(year), Some(month), None), 2));
    }
    if let Some(first) = year(0).filter(|_| word(1).starts_with('년') || word(1).starts_with('年')) {
        return Some(match month_of(tokens, 2) {
            Some((month, Some(day), taken)) => (made(Some(first), Some(month), Some(day)), 2 + taken),
            Some((month, None, taken)) => (made(Some(first), Some(month), None), 2 + taken),
            None => (made(Some(first), None, None), 2),
        });
    }
    if let Some((month, Some(day), taken)) = month_of(tokens, 0) {
        return Some((made(None, Some(month), Some(day)), taken));
    }
    let after = 1 + ordinal(1);
    let after = after + usize::from(word(after) == "of");
    if let (Some(day), Some(month)) = (day(0), english_month(word(after))) {
        let year = year(after + 1);
        return Some((made(year, Some(month), Some(day)), after + 1 + usize::from(year.is_some())));
    }
    let leads_to_year =
        matches!(word(0), "in" | "In" | "since" | "Since" | "of" | "during" | "until" | "late" | "early");
    year(1).filter(|_| leads_to_year).map(|year| (made(Some(year), None, None), 2))
}

/// `11월 4일`, `11月4日`, `11월`, with the tokens taken.
fn month_of(tokens: &[Token<'_>], at: usize) -> Option<(i32, Option<i32>, usize)> {
    let number = |place: usize| tokens.get(at + place).and_then(|token| token.number);
    let begins =
        |place: usize, with: [char; 2]| tokens.get(at + place).is_some_and(|token| token.text.starts_with(with));
    let month = number(0).filter(|month| (1..=12).contains(month) && begins(1, ['월', '月']))?;
    // The characters after 月 may go on to a word: only a number right after it is the day.
    let day = number(2).filter(|day| (1..=31).contains(day) && begins(3, ['일', '日']));
    Some((month, day, if day.is_some() { 4 } else { 2 }))
}

fn english_month(word: &str) -> Option<i32> {
    const MONTHS: [(&str, &[&str]); 12] = [
        ("January", &["Jan"]),
        ("February", &["Feb"]),
        ("March", &["Mar"]),
        ("April", &["Apr"]),
        ("May", &[]),
        ("June", &["Jun"]),
        ("July", &["Jul"]),
        ("August", &["Aug"]),
        ("September", &["Sep", "Sept"]),
        ("October", &["Oct"]),
        ("November", &["Nov"]),
        ("December", &["Dec"]),
    ];
    let found = MONTHS.iter().position(|(name, short)| *name == word || short.contains(&word))?;
    i32::try_from(found + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(date: &str) -> Timestamp {
        Timestamp::from(format!("{date}T00:00:00Z").parse::<jiff::Timestamp>().expect("a time"))
    }

    #[test]
    fn one_day_is_read_in_four_languages() {
        for text in [
            "sent back on 9 October, she said",
            "sent back on October 9th, 2023",
            "on the 9th of October",
            "지난 10월 9일 밤에",
            "2023년 10월 9일",
            "10月9日夜间",
            "2023年10月9日",
        ] {
            assert_eq!(days(text).collect::<Vec<_>>(), ["10-09"], "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_date_is_none() {
        for text in ["He may 5 times", "march of 600", "9 people", "page 2017", "the 1100 held", "10월", "四月"] {
            assert_eq!(said(text), [], "{text}");
        }
    }

    #[test]
    fn a_report_under_a_date_far_from_the_day_it_names_is_told_as_old() {
        let text = "Nine people were led away in a raid on a flat on 4 November. A father asked that they be let go.";
        assert_eq!(speaks_of("", text, at("2024-05-18")).as_deref(), Some("4 November"));
        for near in ["2017-11-06", "2018-01-30", "2017-09-20"] {
            assert_eq!(speaks_of("", text, at(near)), None, "{near}");
        }
    }

    #[test]
    fn a_year_long_past_is_told_and_one_beside_a_later_date_is_not() {
        let old = "In July 2021 some fifty people were taken over the bridge. The gates were opened for them alone.";
        assert_eq!(speaks_of("", old, at("2024-03-02")).as_deref(), Some("July 2021"));
        let looks_back = format!("{old} A court took the case up in January 2024.");
        assert_eq!(speaks_of("", &looks_back, at("2024-03-02")), None);
        assert_eq!(speaks_of("", &format!("The court sat on Tuesday. {old}"), at("2024-03-02")), None);
        assert_eq!(
            speaks_of("", "2017년 11월에 열 명이 붙잡혔다.", at("2024-05-18")).as_deref(),
            Some("November 2017")
        );
    }

    #[test]
    fn the_day_on_which_a_page_was_visited_does_not_make_its_report_new() {
        let text =
            "Sat. May 18th, 2024\n\nNine people were led away in a raid on a flat on 4 November. They are still held.";
        assert_eq!(speaks_of("", text, at("2024-05-18")).as_deref(), Some("4 November"));
    }

    #[test]
    fn a_text_without_dates_is_never_told_as_old() {
        for text in ["", "Nobody knows when it was.", "Some 2,017 people came."] {
            assert_eq!(speaks_of(text, text, at("2024-05-18")), None, "{text}");
        }
    }
}
