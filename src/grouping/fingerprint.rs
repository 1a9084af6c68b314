//! A text as what it is compared by, and the sample of it by which it is looked up.
//!
//! A shingle is five words in a row, or eight characters where words are not spaced (Han, kana, Thai, Lao, Khmer,
//! Burmese), and what lies between in mixed text. Case, punctuation and line breaks do not count; no shingle
//! reaches from the title into the body.
//!
//! **Sampling** is by value: a text is held by one shingle in four (FracMinHash) and by its four smallest, and looked up
//! by one in four and by all small ones. The same shingle is taken from every text or from none, whatever their lengths.
//!
//! **Values are stored**, so neither the hashes nor the samples may change.

use crate::model::story::Fingerprint;

use super::dates;
use super::words::{FNV_BASIS, WORDS_MAX, Word, Words, hash};

/// Of shingles one in so many is looked up by.
const SAMPLE: u64 = 4;
/// Length of a shingle in units.
const SHINGLE_UNITS: usize = 40;
/// Five spaced words make a shingle.
const WORD_UNITS: usize = 8;
/// Eight characters of a script without spaces make a shingle.
const CHARACTER_UNITS: usize = 5;
/// And the smallest ones, however short the text.
const SMALLEST: usize = 4;
/// A shingle below this may be one of the smallest of a text of sixteen or more.
const SMALL: u64 = u64::MAX / 4;
/// Samples and look-ups of one text at most; the smallest, so that two texts give up the same ones.
const SAMPLES_MAX: usize = 500;
const LOOKUPS_MAX: usize = 2_000;
/// Days and name groups of one text at most, the first ones.
const ANCHORS_MAX: usize = 64;

/// Returns what two texts are compared by.
pub fn fingerprint(title: &str, body: &str, lang: &str) -> Fingerprint {
    let (head, text) = (Words::of(title), Words::of(body));
    let title_words = head.words.len();
    let words = head.words.iter().chain(&text.words).take(WORDS_MAX).map(marked).collect();
    // Where a headline writes every word with a capital, its capitals say nothing.
    let tells_names = head.capitals * 2 < head.cased || head.cased == 0;
    let in_body = |name: &str| text.names.iter().any(|(known, _)| known == name);
    let mut names: Vec<(String, u32)> = Vec::new();
    let from_head = head.names.iter().filter(|(name, _)| tells_names || in_body(name)).map(|(name, at)| (name, *at));
    let from_body = text.names.iter().map(|(name, at)| (name, at + title_words));
    for (name, at) in from_head.chain(from_body) {
        if !names.iter().any(|(known, _)| known == name) {
            names.push((name.clone(), place(at)));
        }
    }
    let mut numbers: Vec<(i64, u32)> = Vec::new();
    let from_body = text.numbers.iter().map(|(number, at)| (number, at.saturating_add(title_words)));
    for (number, at) in head.numbers.iter().map(|(number, at)| (number, *at)).chain(from_body) {
        match numbers.iter_mut().find(|(known, _)| known == number) {
            Some((_, first)) => *first = place(at).min(*first),
            None => numbers.push((*number, place(at))),
        }
    }
    let lang = lang.split('-').next().unwrap_or_default().to_owned();
    let mut anchors: Vec<String> = dates::days(title).chain(dates::days(body)).take(ANCHORS_MAX).collect();
    anchors.sort_unstable();
    anchors.dedup();
    let title_words = place(title_words);
    let mut print = Fingerprint { title_words, words, names, numbers, lang, anchors, ..Fingerprint::default() };
    print.shingles = samples(&print);
    print
}

/// Adds the name groups that the article holds: what a name is called in every language.
pub fn add_groups<'g>(print: &mut Fingerprint, groups: impl Iterator<Item = &'g str>) {
    print.anchors.extend(groups.take(ANCHORS_MAX).map(|group| format!("@{group}")));
    print.anchors.sort_unstable();
    print.anchors.dedup();
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The words of a text as a fingerprint holds them.
pub(super) fn marked_words(text: &str) -> impl Iterator<Item = u32> {
    Words::of(text).words.into_iter().map(|word| marked(&word))
}

/// The lowest bit tells a character of a script without spaces.
fn marked(word: &Word) -> u32 {
    (word.hash & !1).max(2) | u32::from(word.unspaced)
}

fn samples(fingerprint: &Fingerprint) -> Vec<i64> {
    let all = distinct(fingerprint);
    // By the value without its sign, which is the first bit of the hash: any order does, if it is always the same.
    let mut smallest = all.clone();
    smallest.sort_unstable_by_key(|hash| hash.cast_unsigned());
    smallest.truncate(SMALLEST);
    let sampled = all.into_iter().filter(|hash| is_sampled(*hash)).take(SAMPLES_MAX);
    let mut samples: Vec<i64> = sampled.chain(smallest).collect();
    samples.sort_unstable();
    samples.dedup();
    samples
}

fn is_sampled(hash: i64) -> bool {
    hash.cast_unsigned().is_multiple_of(SAMPLE)
}

/// All by which earlier texts may be found that are like this one, sorted: what they may be held by. The four smallest
/// shingles of a text of some length are all small. So one that stands whole in this one is found but for one in a hundred
/// of twelve words, and of longer ones for all but certain; one that this is cut from as far as samples fell on the cut.
pub fn lookups(fingerprint: &Fingerprint) -> Vec<i64> {
    let is_small = |hash: i64| hash.cast_unsigned() < SMALL;
    distinct(fingerprint).into_iter().filter(|hash| is_sampled(*hash) || is_small(*hash)).collect()
}

fn distinct(fingerprint: &Fingerprint) -> Vec<i64> {
    let mut all: Vec<i64> = shingles(fingerprint).into_iter().map(|shingle| shingle.hash.cast_signed()).collect();
    all.sort_unstable();
    all.dedup();
    all.truncate(LOOKUPS_MAX);
    all
}

/// A run of words.
pub(super) struct Shingle {
    pub hash: u64,
    /// Places of its words.
    pub start: usize,
    pub end: usize,
}

/// All shingles in the order of the text.
pub(super) fn shingles(fingerprint: &Fingerprint) -> Vec<Shingle> {
    let title = usize::try_from(fingerprint.title_words).unwrap_or(usize::MAX).min(fingerprint.words.len());
    let mut all = Vec::with_capacity(fingerprint.words.len());
    for (first, words) in [(0, &fingerprint.words[..title]), (title, &fingerprint.words[title..])] {
        shingles_of(first, words, &mut all);
    }
    all
}

fn shingles_of(first: usize, words: &[u32], all: &mut Vec<Shingle>) {
    let (mut end, mut units) = (0, 0);
    for start in 0..words.len() {
        while units < SHINGLE_UNITS && end < words.len() {
            units += units_of(words[end]);
            end += 1;
        }
        if units < SHINGLE_UNITS {
            return;
        }
        let hash = words[start..end].iter().fold(FNV_BASIS_64, |hash, word| mixed(hash ^ u64::from(*word)));
        all.push(Shingle { hash, start: first + start, end: first + end });
        units -= units_of(words[start]);
    }
}

fn units_of(word: u32) -> usize {
    if word & 1 == 1 { CHARACTER_UNITS } else { WORD_UNITS }
}

const FNV_BASIS_64: u64 = 0xcbf2_9ce4_8422_2325;

/// The finishing step of MurmurHash3: every bit of the input reaches every bit of the value.
fn mixed(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// Words as they are weighed against each other: spaced words as they are, characters in pairs.
pub(super) fn terms(words: &[u32]) -> impl Iterator<Item = u32> + '_ {
    words.iter().enumerate().filter_map(|(at, word)| {
        if word & 1 == 0 {
            return Some(*word);
        }
        let next = words.get(at + 1).filter(|next| *next & 1 == 1)?;
        Some(hash(hash(FNV_BASIS, *word), *next) | 1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_same_text_has_the_same_values_for_ever() {
        // Stored in databases: a change of these values would hide every copy of an earlier article.
        let print =
            fingerprint("A ferry is late", "The ferry left the harbour at 6 and never reached Port Selwyn.", "en-GB");
        insta::assert_debug_snapshot!((&print.words[..4], &print.shingles, &print.names, &print.numbers, &print.lang));
    }

    #[test]
    fn case_punctuation_and_apostrophes_do_not_change_a_text() {
        let plain = fingerprint("", "the harbour's master said that no ship had left the quay since monday night", "");
        let set = fingerprint(
            "",
            "The harbour\u{2019}s master said (that) no ship\nhad left the quay since Monday night",
            "",
        );
        assert!(!plain.shingles.is_empty());
        assert_eq!((plain.words, plain.shingles), (set.words, set.shingles));
    }

    #[test]
    fn text_without_spaces_is_sampled_by_characters() {
        let text = "昨天上午港务局宣布所有渡轮停航直到风暴过去为止乘客被安置在附近的学校里等待";
        let values = fingerprint("", text, "zh").shingles;
        assert!(values.len() >= 4, "{values:?}");
    }

    #[test]
    fn no_shingle_joins_title_and_body() {
        assert_eq!(fingerprint("one two three", "four five six", "").shingles, Vec::<i64>::new());
    }

    #[test]
    fn numbers_are_read_as_they_are_written_in_several_languages() {
        for (text, wanted) in [
            ("some 1,100 people", 1_100.0),
            ("3.5 million won", 3_500_000.0),
            ("около 2,5 млн человек", 2_500_000.0),
            ("约3万人", 30_000.0),
            ("１２人", 12.0),
            ("600명", 600.0),
            ("1.200 personas", 1_200.0),
        ] {
            let numbers = fingerprint("", text, "").numbers;
            assert_eq!(numbers.first().map(|(number, _)| *number), Some((wanted * 100.0) as i64), "{text}");
        }
    }

    #[test]
    fn a_headline_in_capitals_names_nobody_that_the_text_does_not() {
        let print = fingerprint("Council Meets In Silence Over Koo", "The council met. Nobody saw Koo there.", "en");
        assert_eq!(print.names.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["koo"]);
    }

    proptest! {
        #[test]
        fn any_text_has_sorted_samples_without_repeats(title in "\\PC{0,80}", body in "(?s).{0,400}") {
            let values = fingerprint(&title, &body, "").shingles;
            prop_assert!(values.windows(2).all(|pair| pair[0] < pair[1]));
        }

        #[test]
        fn a_part_of_a_text_is_sampled_like_the_whole(words in proptest::collection::vec("[a-z]{1,8}", 30..90)) {
            let whole = fingerprint("", &words.join(" "), "").shingles;
            let part = fingerprint("", &words[10..25].join(" "), "").shingles;
            let sampled = part.iter().filter(|value| value.cast_unsigned().is_multiple_of(SAMPLE));
            prop_assert!(sampled.copied().all(|value| whole.contains(&value)));
        }
    }
}
