//! Small numbers said in words, of people and things: `eleven refugees`, `다섯 명`, `五名`. Groups of people are mostly
//! smaller than ten, and written so. One is not read: it is an article as often as a number.
//!
//! Read from a fingerprint's words, so that reports compared long ago tell theirs too. As words are known by their first
//! letters, a word may stand for two numbers: seventeen and seventy.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::fingerprint::marked_words;
use super::likeness::TermMap;
use super::words::MONTHS;
use crate::model::story::Fingerprint;

/// Words of the text that are read: what an event is known by stands there.
const NEAR_TOP: usize = 150;

/// How many, in hundredths, and the place of the first word.
pub(super) type Head = (i64, u32);

const ENGLISH: [(&str, i64); 27] = [
    ("two", 2),
    ("three", 3),
    ("four", 4),
    ("five", 5),
    ("six", 6),
    ("seven", 7),
    ("eight", 8),
    ("nine", 9),
    ("ten", 10),
    ("eleven", 11),
    ("twelve", 12),
    ("thirteen", 13),
    ("fourteen", 14),
    ("fifteen", 15),
    ("sixteen", 16),
    ("seventeen", 17),
    ("eighteen", 18),
    ("nineteen", 19),
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("seventy", 70),
    ("eighty", 80),
    ("ninety", 90),
    ("dozen", 12),
];
/// What follows a number that counts nothing that an event is known by: time, distance, money, order; and [`MONTHS`].
const MEASURES: [&str; 46] = [
    "a",
    "p",
    "second",
    "seconds",
    "minute",
    "minutes",
    "hour",
    "hours",
    "day",
    "days",
    "night",
    "nights",
    "week",
    "weeks",
    "month",
    "months",
    "year",
    "years",
    "decades",
    "times",
    "percent",
    "per",
    "degrees",
    "metres",
    "meters",
    "kilometres",
    "kilometers",
    "km",
    "miles",
    "feet",
    "hectares",
    "tonnes",
    "tons",
    "dollars",
    "euros",
    "yuan",
    "won",
    "oclock",
    "am",
    "pm",
    "million",
    "billion",
    "thirds",
    "quarters",
    "points",
    "pages",
];
const KOREAN: [(&str, i64); 30] = [
    ("두", 2),
    ("세", 3),
    ("네", 4),
    ("다섯", 5),
    ("여섯", 6),
    ("일곱", 7),
    ("여덟", 8),
    ("아홉", 9),
    ("열", 10),
    ("열한", 11),
    ("열두", 12),
    ("열세", 13),
    ("열네", 14),
    ("열다섯", 15),
    ("열여섯", 16),
    ("열일곱", 17),
    ("열여덟", 18),
    ("열아홉", 19),
    ("스무", 20),
    ("스물한", 21),
    ("스물두", 22),
    ("스물세", 23),
    ("스물네", 24),
    ("스물다섯", 25),
    ("스물여섯", 26),
    ("스물일곱", 27),
    ("스물여덟", 28),
    ("스물아홉", 29),
    ("서른", 30),
    ("마흔", 40),
];
/// Counters of people, and what is counted as well without one; each with the particles that may follow.
const KOREAN_COUNTED: [&str; 7] = ["명", "사람", "가족", "여성", "어린이", "탈북민", "탈북자"];
const PARTICLES: [&str; 15] =
    ["", "이", "가", "을", "를", "은", "는", "의", "도", "과", "와", "에", "에게", "으로", "씩"];
const AFTER_DAY: [&str; 10] = ["", "에", "의", "은", "부터", "까지", "밤", "새벽", "오전", "오후"];
const HAN_DIGITS: [(&str, i64); 11] = [
    ("一", 1),
    ("二", 2),
    ("两", 2),
    ("兩", 2),
    ("三", 3),
    ("四", 4),
    ("五", 5),
    ("六", 6),
    ("七", 7),
    ("八", 8),
    ("九", 9),
];
const HAN_COUNTERS: [&str; 6] = ["名", "人", "位", "个", "個", "口"];

struct Table {
    /// All words that a number may begin with: most do not.
    first: TermMap<()>,
    english: HashMap<u32, Vec<i64>>,
    measures: HashSet<u32>,
    korean: HashMap<u32, i64>,
    korean_counted: HashSet<u32>,
    digits: HashMap<u32, i64>,
    /// Number and counter in one word.
    korean_whole: HashMap<u32, i64>,
    han: HashMap<u32, i64>,
    ten: u32,
    hundred: u32,
    han_counters: HashSet<u32>,
    korean_days: HashSet<u32>,
    han_days: HashSet<u32>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let word = |text: &str| marked_words(text).next().unwrap_or_default();
    let mut english: HashMap<u32, Vec<i64>> = HashMap::new();
    for (name, value) in ENGLISH {
        english.entry(word(name)).or_default().push(value);
    }
    let counted = || KOREAN_COUNTED.iter().flat_map(|noun| PARTICLES.iter().map(move |end| format!("{noun}{end}")));
    let digits = || (2..10).map(|value| (value.to_string(), value));
    let numerals: Vec<(String, i64)> = KOREAN.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
    let korean_whole = numerals.iter().cloned().chain(digits()).flat_map(|(name, value)| {
        PARTICLES.iter().map(move |end| (word(&format!("{name}명{end}")), value)).collect::<Vec<_>>()
    });
    let mut table = Table {
        first: TermMap::default(),
        english,
        measures: MEASURES.iter().chain(&MONTHS).map(|name| word(name)).collect(),
        korean_whole: korean_whole.collect(),
        korean: numerals.iter().map(|(name, value)| (word(name), *value)).collect(),
        digits: digits().map(|(name, value)| (word(&name), value)).collect(),
        korean_counted: counted().map(|name| word(&name)).collect(),
        han: HAN_DIGITS.iter().map(|(name, value)| (word(name), *value)).collect(),
        ten: word("十"),
        hundred: word("百"),
        han_counters: HAN_COUNTERS.iter().map(|name| word(name)).collect(),
        korean_days: (1..=31)
            .flat_map(|day| AFTER_DAY.iter().map(move |end| format!("{day}일{end}")))
            .map(|name| word(&name))
            .collect(),
        han_days: ["日", "号", "號"].iter().map(|name| word(name)).collect(),
    };
    let spaced = table.english.keys().chain(table.korean.keys()).chain(table.korean_whole.keys());
    let others = table.han.keys().chain(table.digits.keys()).chain([&table.ten, &table.hundred]);
    table.first = spaced.chain(others).map(|word| (*word, ())).collect();
    table
});

/// The small numbers near the top, in the order of the text; where a word may be two, both.
pub(super) fn heads(print: &Fingerprint) -> Vec<Head> {
    let words = &print.words;
    let mut heads = Vec::new();
    let near_top = (print.title_words as usize).saturating_add(NEAR_TOP).min(words.len());
    for at in (0..near_top).filter(|at| TABLE.first.contains_key(&words[*at])) {
        let place = u32::try_from(at).unwrap_or(u32::MAX);
        let values = TABLE.english_at(words, at).or_else(|| TABLE.korean_at(words, at));
        let values = values.or_else(|| TABLE.han_at(words, at)).or_else(|| TABLE.digit_at(words, at));
        heads.extend(values.into_iter().flatten().map(|value| (value * 100, place)));
    }
    heads
}

/// Whether a number is a day without its month: `24일`, `22日`. `at` is its place.
pub(super) fn is_day(print: &Fingerprint, number: i64, at: u32) -> bool {
    let word = |at: u32| print.words.get(at as usize);
    (100..=3_100).contains(&number)
        && (word(at).is_some_and(|word| TABLE.korean_days.contains(word))
            || word(at.saturating_add(1)).is_some_and(|next| TABLE.han_days.contains(next)))
}

impl Table {
    /// `twenty-three refugees`: the number begins here, and no measure follows.
    fn english_at(&self, words: &[u32], at: usize) -> Option<Vec<i64>> {
        let values = self.english.get(&words[at])?;
        let is_ten = |value: &i64| *value >= 20;
        let before = at.checked_sub(1).and_then(|before| self.english.get(&words[before]));
        if before.is_some_and(|before| before.iter().any(is_ten)) && values.iter().all(|value| *value < 10) {
            return None;
        }
        let unit = words.get(at + 1).and_then(|next| self.english.get(next)).and_then(|next| next.first());
        let unit = unit.filter(|unit| **unit < 10 && values.iter().any(is_ten));
        let next = words.get(at + 1 + usize::from(unit.is_some()))?;
        if self.measures.contains(next) {
            return None;
        }
        match unit {
            Some(unit) => Some(values.iter().filter(|value| is_ten(value)).map(|value| value + unit).collect()),
            None => Some(values.clone()),
        }
    }

    fn korean_at(&self, words: &[u32], at: usize) -> Option<Vec<i64>> {
        if let Some(value) = self.korean_whole.get(&words[at]) {
            return Some(vec![*value]);
        }
        let value = self.korean.get(&words[at])?;
        words.get(at + 1).filter(|next| self.korean_counted.contains(next)).map(|_| vec![*value])
    }

    /// `5 women`, `5名`.
    fn digit_at(&self, words: &[u32], at: usize) -> Option<Vec<i64>> {
        let value = self.digits.get(&words[at])?;
        let next = words.get(at + 1)?;
        let is_counted = if next & 1 == 1 { self.han_counters.contains(next) } else { !self.measures.contains(next) };
        is_counted.then(|| vec![*value])
    }

    /// `五名`, `十一人`, `二十三名`; not `一百多名`, which is not exact.
    fn han_at(&self, words: &[u32], at: usize) -> Option<Vec<i64>> {
        let is_numeral = |word: &u32| self.han.contains_key(word) || *word == self.ten || *word == self.hundred;
        if !is_numeral(&words[at]) || at.checked_sub(1).is_some_and(|before| is_numeral(&words[before])) {
            return None;
        }
        let (mut value, mut digit, mut end) = (0, 0, at);
        while let Some(word) = words.get(end).filter(|word| is_numeral(word)) {
            match self.han.get(word) {
                Some(next) => digit = *next,
                None => {
                    value += digit.max(1) * if *word == self.ten { 10 } else { 100 };
                    digit = 0;
                }
            }
            end += 1;
        }
        value += digit;
        let counted = words.get(end).is_some_and(|next| self.han_counters.contains(next));
        (counted && value >= 2).then(|| vec![value])
    }
}

#[cfg(test)]
mod tests {
    use super::super::fingerprint;
    use super::*;

    fn of(text: &str) -> Vec<i64> {
        heads(&fingerprint("", text, "")).into_iter().map(|(number, _)| number / 100).collect()
    }

    #[test]
    fn people_are_counted_in_words_in_three_languages() {
        for (text, wanted) in [
            ("took away eleven North Korean refugees", 11),
            ("Nine people were held", 9),
            ("twenty-three others were sent back", 23),
            ("a dozen women", 12),
            ("took 5 women away", 5),
            ("탈북민 다섯 명이 체포됐다", 5),
            ("탈북민 다섯명을 태웠다", 5),
            ("탈북민 열한 명의 가족", 11),
            ("탈북민 7명이 체포됐다", 7),
            ("丹东警方逮捕了五名脱北者", 5),
            ("至少十一人被带走", 11),
            ("二十三名脱北者", 23),
            ("带走了5名女性", 5),
        ] {
            assert_eq!(of(text), [wanted], "{text}");
        }
    }

    #[test]
    fn times_distances_and_articles_are_no_heads() {
        for text in [
            "after three days, at nine a.m., two kilometres away, for the second time, one woman",
            "5 km from the river at 9 pm",
            "중국 두 번째 도시에서 세 시간",
            "十月三日 三天后 一个女人 第二次",
        ] {
            assert_eq!(of(text), Vec::<i64>::new(), "{text}");
        }
    }

    #[test]
    fn a_day_without_its_month_is_known_as_one() {
        for (text, wanted) in
            [("선양에서 22일 밤 연행", true), ("22日深夜遭到搜查", true), ("22명이 연행", false), ("22 people", false)]
        {
            let print = fingerprint("", text, "");
            let (number, at) = print.numbers[0];
            assert_eq!(is_day(&print, number, at), wanted, "{text}");
        }
    }

    #[test]
    fn a_word_that_may_be_two_numbers_is_both() {
        assert_eq!(of("seventeen people"), [17, 70]);
    }
}
