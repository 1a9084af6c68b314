//! What a report tells that those a reader had already do not: numbers, names, and words that somebody is quoted with.

use crate::model::story::Fingerprint;

use super::dates;
use super::fingerprint::shingles;
use super::words::{Words, is_about_nobody};

/// What is new stands near the top; further down it is background.
pub(super) const NEWS_WORDS: u32 = 150;
/// Below the title: a second headline that many texts begin with. Headlines may write every word with a capital, and what
/// stands in them is read anyway.
pub(super) const HEADLINE_WORDS: u32 = 14;
/// In hundredths: a smaller number is often a count of something else.
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
/// where one of them is in its language, quotes likewise; numbers that are part of a date are none.
pub fn news(print: &Fingerprint, body: &str, told: &[Fingerprint]) -> Vec<String> {
    let near_top = |at: u32| at <= print.title_words.saturating_add(NEWS_WORDS);
    let of_dates: Vec<i64> = dates::said(body)
        .iter()
        .flat_map(|date| [date.year, date.day, date.month])
        .flatten()
        .map(|number| i64::from(number) * 100)
        .collect();
    let numbers = print.numbers.iter().filter(|(number, at)| {
        near_top(*at)
            && *number >= NEWS_NUMBER_MIN
            && !of_dates.contains(number)
            && !told.iter().any(|told| told.numbers.iter().any(|(known, _)| known == number))
    });
    let mut news: Vec<String> = numbers.take(NEWS_OF_A_KIND).map(|(number, _)| written(*number)).collect();
    let readable: Vec<&Fingerprint> = told.iter().filter(|told| told.lang == print.lang).collect();
    if !readable.is_empty() {
        let below_headlines = |at: u32| at >= print.title_words.saturating_add(HEADLINE_WORDS);
        let known = |name: &str| readable.iter().any(|told| told.names.iter().any(|(known, _)| is_same(known, name)));
        let names = print
            .names
            .iter()
            .filter(|(name, at)| near_top(*at) && below_headlines(*at) && !is_about_nobody(name) && !known(name));
        let names: Vec<(&str, u32)> = names.map(|(name, at)| (name.as_str(), *at)).collect();
        news.extend(whole_names(&names).into_iter().take(NEWS_OF_A_KIND));
        news.extend(new_quotes(body, &readable).into_iter().take(QUOTES));
    }
    news
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
    fn of_a_report_in_another_language_only_numbers_can_be_new() {
        let korean = "새벽에 버스 두 대가 다리를 건넜다고 주민들이 전했다. 버스에는 600명이 타고 있었다고 한다.";
        assert_eq!(news(&fingerprint("", korean, "ko"), korean, &[fingerprint("", FIRST, "en")]), ["600"],);
    }
}
