//! What a report tells that those a reader had already do not: numbers, names, and words that somebody is quoted with.

use std::collections::HashSet;

use crate::model::story::Fingerprint;

use super::dates;
use super::fingerprint::shingles;
use super::heads::{heads, is_day};
use super::words::{Words, is_about_nobody};

/// What is new stands near the top; further down it is background.
pub(super) const NEWS_WORDS: u32 = 150;
/// Below the title: a second headline that many texts begin with. Headlines may write every word with a capital, and what
/// stands in them is read anyway.
pub(super) const HEADLINE_WORDS: u32 = 14;
/// In hundredths: a smaller number is told where it counts people or things.
pub(super) const NEWS_NUMBER_MIN: i64 = 1_000;
pub(super) const NEWS_OF_A_KIND: usize = 5;
/// Quotes shown, and looked at.
const QUOTES: usize = 2;
const QUOTES_READ: usize = 40;
/// A shorter one is a word in quotation marks, not what somebody said.
const QUOTE_WORDS_MIN: usize = 7;
const QUOTE_SHOWN: usize = 90;
/// Two spellings of one name.
const SAME_NAME: f64 = 0.8;

/// Numbers and names near the article's top, and quotes anywhere in it, that none of these reports holds. Names only
/// where one of them is in its language, quotes likewise; numbers that are part of a date are none, and small ones count
/// where they count people or things.
pub fn news(print: &Fingerprint, body: &str, told: &[Fingerprint]) -> Vec<String> {
    let near_top = |at: u32| at <= print.title_words.saturating_add(NEWS_WORDS);
    let known: HashSet<i64> = told
        .iter()
        .flat_map(|told| told.numbers.iter().copied().chain(heads(told)))
        .map(|(number, _)| number)
        .collect();
    let larger = print.numbers.iter().copied();
    let larger = larger.filter(|(number, at)| *number >= NEWS_NUMBER_MIN && !is_day(print, *number, *at));
    let numbers = larger.chain(heads(print)).filter(|(number, at)| near_top(*at) && !known.contains(number));
    let of_dates: Vec<i64> = dates::said(body)
        .iter()
        .flat_map(|date| [date.year, date.day, date.month])
        .flatten()
        .map(|number| i64::from(number) * 100)
        .collect();
    let mut told_numbers: Vec<i64> = Vec::new();
    for (number, _) in numbers {
        let is_one = !of_dates.contains(&number) && !is_other_reading(number, body);
        if is_one && told_numbers.len() < NEWS_OF_A_KIND && !told_numbers.contains(&number) {
            told_numbers.push(number);
        }
    }
    let mut news: Vec<String> = told_numbers.into_iter().map(written).collect();
    let readable: Vec<&Fingerprint> = told.iter().filter(|told| told.lang == print.lang).collect();
    if !readable.is_empty() {
        let headlines = if begins_with_headline(body) { HEADLINE_WORDS } else { 0 };
        // What the title writes as a name, the text does too, or the title does not write every word so.
        let in_second_headline =
            |at: u32| (print.title_words..print.title_words.saturating_add(headlines)).contains(&at);
        let known = |name: &str| readable.iter().any(|told| told.names.iter().any(|(known, _)| is_same(known, name)));
        let names = print.names.iter().filter(|(name, at)| {
            near_top(*at) && !in_second_headline(*at) && !is_about_nobody(name) && !is_of_a_nation(name) && !known(name)
        });
        let names: Vec<(&str, u32)> = names.map(|(name, at)| (name.as_str(), *at)).collect();
        news.extend(whole_names(&names).into_iter().take(NEWS_OF_A_KIND));
        news.extend(new_quotes(body, &readable).into_iter().take(QUOTES));
    }
    news
}

/// The digits at its beginning are not the end of a longer number.
fn holds_number(body: &str, number: &str) -> bool {
    body.match_indices(number).any(|(at, _)| !body[..at].ends_with(|c: char| c.is_ascii_digit()))
}

/// Of two readings of one word, the one that the text does not write, in letters or digits.
fn is_other_reading(number: i64, body: &str) -> bool {
    const READINGS: [(i64, &str); 2] = [(1_700, "seventeen"), (7_000, "seventy")];
    let Some((_, word)) = READINGS.into_iter().find(|(reading, _)| *reading == number) else { return false };
    !holds_number(body, &written(number)) && !body.to_lowercase().contains(word)
}

/// Whether the text begins with a line in which most words are written as names.
fn begins_with_headline(body: &str) -> bool {
    let first = Words::of(body.lines().next().unwrap_or_default());
    first.capitals * 2 >= first.cased
}

/// A word that says of what country somebody is: no name of anybody.
fn is_of_a_nation(name: &str) -> bool {
    const NATIONS: [&str; 12] = [
        "north",
        "south",
        "korean",
        "koreans",
        "chinese",
        "american",
        "americans",
        "japanese",
        "russian",
        "russians",
        "british",
        "european",
    ];
    NATIONS.contains(&name)
}

fn is_same(a: &str, b: &str) -> bool {
    a == b || (a.len().abs_diff(b.len()) <= 3 && strsim::normalized_levenshtein(a, b) >= SAME_NAME)
}

/// Quotes of which less than half stands in the reports told, shortened.
fn new_quotes(body: &str, told: &[&Fingerprint]) -> Vec<String> {
    let quotes = quotes(body);
    if quotes.is_empty() {
        return Vec::new();
    }
    let mut known: Vec<u64> = told.iter().flat_map(|told| shingles(told)).map(|shingle| shingle.hash).collect();
    known.sort_unstable();
    let is_new = |quote: &&str| {
        let print = super::fingerprint("", quote, "");
        let own = shingles(&print);
        let common = own.iter().filter(|shingle| known.binary_search(&shingle.hash).is_ok()).count();
        !own.is_empty() && common * 2 < own.len()
    };
    quotes.into_iter().filter(is_new).map(shortened).collect()
}

/// What stands between quotation marks and is long enough to have been said.
fn quotes(body: &str) -> Vec<&str> {
    const PAIRS: [(char, char); 5] = [('“', '”'), ('"', '"'), ('「', '」'), ('«', '»'), ('„', '“')];
    let mut quotes = Vec::new();
    let mut rest = body;
    while let Some((at, open)) = rest.char_indices().find(|(_, c)| PAIRS.iter().any(|(open, _)| open == c)) {
        let after = &rest[at + open.len_utf8()..];
        let closes = PAIRS.iter().find(|(known, _)| *known == open).map_or('"', |(_, close)| *close);
        // What is not closed within its paragraph is a slip, or goes on in the next one.
        let end = after.find(['\n', closes]).unwrap_or(after.len());
        let quote = &after[..end];
        if after[end..].starts_with(closes) && Words::of(quote).words.len() >= QUOTE_WORDS_MIN {
            quotes.push(quote.trim());
        }
        if quotes.len() >= QUOTES_READ {
            break;
        }
        rest = after[end..].strip_prefix(closes).unwrap_or(&after[end..]);
    }
    quotes
}

fn shortened(quote: &str) -> String {
    if quote.chars().count() <= QUOTE_SHOWN {
        return format!("“{quote}”");
    }
    let cut: String = quote.chars().take(QUOTE_SHOWN).collect();
    let whole = cut.rsplit_once(' ').map_or(cut.as_str(), |(whole, _)| whole);
    format!("“{whole} …”")
}

/// Hundredths as a reader writes them: `1,100`, `3.5`.
pub(super) fn written(hundredths: i64) -> String {
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    let digits = whole.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) && digits.len() > 4 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if rest > 0 { format!("{grouped}.{rest:02}").trim_end_matches('0').to_owned() } else { grouped }
}

/// Words of names that follow one another, each with its place, as the names they are of.
pub(super) fn whole_names(words: &[(&str, u32)]) -> Vec<String> {
    let mut in_order = words.to_vec();
    in_order.sort_by_key(|(_, at)| *at);
    let runs = in_order.chunk_by(|(_, at), (_, next)| at + 1 == *next);
    runs.map(|run| run.iter().map(|(word, _)| capitalised(word)).collect::<Vec<_>>().join(" ")).collect()
}

fn capitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::super::fingerprint;
    use super::*;

    const FIRST: &str = "Two buses crossed the river bridge at dawn, residents of the town told the agency. They \
        counted some 50 people on board, most of them women. “We saw soldiers close the road before midnight,” said a \
        shopkeeper, Anna Verne.";

    fn of(body: &str) -> Vec<String> {
        news(&fingerprint("Buses cross", body, "en"), body, &[fingerprint("Buses cross", FIRST, "en")])
    }

    #[test]
    fn the_same_again_in_other_words_holds_nothing_new() {
        let again = "At dawn two buses went over the bridge across the river, people of the town told the agency on 24 \
            November. There were some 50 people on board, residents said. A shopkeeper named Anna Verne said: “We saw \
            soldiers close the road before midnight.”";
        assert_eq!(of(again), Vec::<String>::new());
    }

    #[test]
    fn a_changed_number_a_new_name_and_a_new_quote_are_told() {
        let more = "Two buses crossed the river bridge at dawn, and the whole town heard of it before the day was out, it \
            was said. There were 600 people on board, said Koo Minsu of the ministry. “Nobody should ever be sent back \
            against their will by any state,” he told reporters.";
        let news = of(more);
        for wanted in ["600", "Koo Minsu", "“Nobody should ever be sent back against their will by any state,”"] {
            assert!(news.iter().any(|news| news == wanted), "{wanted} in {news:?}");
        }
    }

    #[test]
    fn another_raid_with_another_handful_of_people_is_news() {
        let first = "Police in Shenyang raided a safe house and took away eleven people, a pastor said.";
        let told = [fingerprint("Police raid safe house in Shenyang", first, "en")];
        for (title, text, wanted) in [
            ("Police raid flat in Shenyang", "Police in Shenyang raided a flat and took away nine people.", "9"),
            ("Police raid safe house", "Police in Shenyang took away seventeen people, a pastor said.", "17"),
            ("Police raid safe house", "Police in Shenyang took away twenty-three people.", "23"),
            ("Raid in Tiexi", "Police in the Tiexi district of Shenyang took away eleven people.", "Tiexi"),
        ] {
            let news = news(&fingerprint(title, text, "en"), text, &told);
            assert!(news.iter().any(|news| news == wanted), "{wanted} in {news:?}");
        }
        let same =
            "The pastor said that eleven people were taken away from a safe house in Shenyang by South Korean media.";
        assert_eq!(news(&fingerprint("Eleven held", same, "en"), same, &told), Vec::<String>::new());
    }

    #[test]
    fn a_day_without_its_month_is_no_number() {
        let text = "선양 경찰이 25일 은신처를 급습해 탈북민 열한 명을 연행했다고 27일 목사가 전했다.";
        let told = [fingerprint("", "선양 경찰이 탈북민 열한 명을 연행했다.", "ko")];
        assert_eq!(news(&fingerprint("", text, "ko"), text, &told), Vec::<String>::new());
    }

    #[test]
    fn of_a_report_in_another_language_only_numbers_can_be_new() {
        let korean = "새벽에 버스 두 대가 다리를 건넜다고 주민들이 전했다. 버스에는 600명이 타고 있었다고 한다.";
        assert_eq!(news(&fingerprint("", korean, "ko"), korean, &[fingerprint("", FIRST, "en")]), ["600"],);
    }
}
