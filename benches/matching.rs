//! Watches found in articles, beside what others would do with the same terms on the same bytes.
//!
//!     cargo bench --bench matching                      all of it, minutes
//!     cargo bench --bench matching -- watches           newsvigil alone
//!
//! The articles are made: words of syllables, as often as Zipf's law has them, 2.3 kB an article as in the news, in Latin
//! letters, Han and Hangul. Half of the terms are words, half phrases of two; most are rare, as watch terms are. Of the
//! references none knows word forms, spaces within Hangul or shapes of Han, and only the regexes know where words end.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use divan::counter::{BytesCount, ItemsCount};
use divan::{Bencher, black_box};
use newsvigil::matching::{Names, Text, WatchSet};
use newsvigil::model::id::WatchId;
use newsvigil::model::watch::{Homographs, WatchSpec};

#[expect(clippy::print_stdout, reason = "memory is a result too, and divan has no place for it")]
fn main() {
    println!("terms: {} words of vocabulary, {} articles a script", VOCABULARY, ARTICLES);
    for count in COUNTS {
        let set = compiled(&one_each(&LATIN.terms(count)));
        println!("{count:>7} watches of one term take about {} kB", set.bytes() / 1000);
    }
    divan::main();
}

const COUNTS: [usize; 5] = [10, 100, 1_000, 10_000, 100_000];
const VOCABULARY: usize = 40_000;
const ARTICLES: usize = 200;
const ARTICLE_BYTES: usize = 2_300;

/// SplitMix64: the same articles each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// A rank below `bound`, the first most often: Zipf's law with exponent 1.
    fn rank(&mut self, bound: usize) -> usize {
        let unit = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        ((bound as f64).powf(unit) as usize).saturating_sub(1).min(bound - 1)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Latin,
    Han,
    Hangul,
}

struct Script {
    kind: Kind,
    lang: &'static str,
    /// Common ones first.
    words: Vec<String>,
    articles: Vec<String>,
}

static LATIN: LazyLock<Script> = LazyLock::new(|| Script::of(Kind::Latin, "en"));
static HAN: LazyLock<Script> = LazyLock::new(|| Script::of(Kind::Han, "zh"));
static HANGUL: LazyLock<Script> = LazyLock::new(|| Script::of(Kind::Hangul, "ko"));

impl Script {
    fn of(kind: Kind, lang: &'static str) -> Script {
        let mut random = Random(kind as u64 + 1);
        let mut words = vec![];
        let mut seen = BTreeSet::new();
        while words.len() < VOCABULARY {
            // Common words are short.
            let length = 1 + random.below(if words.len() < 200 { 2 } else { 3 }) + usize::from(words.len() > 200);
            let word: String = (0..length).map(|_| syllable(kind, &mut random)).collect();
            if seen.insert(word.clone()) {
                words.push(word);
            }
        }
        let articles = (0..ARTICLES).map(|_| article(kind, &words, &mut random)).collect();
        Script { kind, lang, words, articles }
    }

    fn bytes(&self) -> usize {
        self.articles.iter().map(String::len).sum()
    }

    fn between(&self) -> &'static str {
        if self.kind == Kind::Han { "" } else { " " }
    }

    fn rare(&self, random: &mut Random) -> &str {
        &self.words[2_000 + random.below(VOCABULARY - 2_000)]
    }

    /// Words and phrases of two, each once.
    fn terms(&self, count: usize) -> Vec<String> {
        let mut random = Random(99);
        let mut terms = BTreeSet::new();
        while terms.len() < count {
            let phrase = terms.len() % 2 == 1 || terms.len() > VOCABULARY / 2;
            let first = self.rare(&mut random).to_owned();
            let second = &self.words[200 + random.below(VOCABULARY - 200)];
            terms.insert(if phrase { format!("{first}{}{second}", self.between()) } else { first });
        }
        terms.into_iter().collect()
    }

    fn texts(&self) -> impl Iterator<Item = Text<'_>> {
        self.articles.iter().map(|body| Text { title: "", body, source: "news.example", lang: self.lang })
    }
}

fn syllable(kind: Kind, random: &mut Random) -> String {
    let common = |bound: usize, random: &mut Random| random.rank(bound) as u32;
    match kind {
        Kind::Latin => {
            let onset = b"bcdfghlmnprstvw"[random.below(15)] as char;
            let vowel = b"aeiou"[random.below(5)] as char;
            let coda = ["", "", "n", "r", "s", "t", "l"][random.below(7)];
            format!("{onset}{vowel}{coda}")
        }
        Kind::Han => char::from_u32(0x4e00 + common(6_000, random)).map(String::from).unwrap_or_default(),
        Kind::Hangul => char::from_u32(0xac00 + common(11_000, random)).map(String::from).unwrap_or_default(),
    }
}

fn article(kind: Kind, words: &[String], random: &mut Random) -> String {
    let mut text = String::new();
    let mut in_sentence = 0;
    while text.len() < ARTICLE_BYTES {
        let word = &words[random.rank(VOCABULARY)];
        match (kind, in_sentence) {
            (Kind::Latin, 0) => text.push_str(&(word[..1].to_uppercase() + &word[1..])),
            _ => text.push_str(word),
        }
        in_sentence += 1;
        match kind {
            Kind::Latin if random.below(12) == 0 => text.push_str("’s "),
            Kind::Hangul => text.push_str(["을 ", "에서 ", "의 ", " "][random.below(4)]),
            Kind::Han => {}
            Kind::Latin => text.push(' '),
        }
        if in_sentence > 8 + random.below(20) {
            text.push_str(if kind == Kind::Han { "。" } else { ".\n" });
            in_sentence = 0;
        }
    }
    text
}

fn watch(number: usize, query: String) -> WatchSpec {
    let homographs = Homographs::default();
    WatchSpec { id: WatchId::from_stored(format!("w{number}")), name: String::new(), query, homographs }
}

fn one_each(terms: &[String]) -> Vec<WatchSpec> {
    terms.iter().enumerate().map(|(number, term)| watch(number, newsvigil::matching::term_as_query(term))).collect()
}

fn compiled(watches: &[WatchSpec]) -> WatchSet {
    WatchSet::compile(watches, &Names::default()).unwrap_or_else(|errors| panic!("{}", errors[0].1))
}

/// `(rare OR rare OR "rare phrase") AND (common OR common) NOT rare`.
fn boolean(script: &Script, count: usize) -> Vec<WatchSpec> {
    let mut random = Random(7);
    let query = |random: &mut Random| {
        let rare = [(); 5].map(|()| script.rare(random).to_owned());
        let common = [(); 2].map(|()| script.words[random.below(500)].clone());
        let (a, b) = (&common[0], &common[1]);
        format!("({} OR {} OR \"{} {}\") AND (\"{a}\" OR \"{b}\") NOT {}", rare[0], rare[1], rare[2], rare[3], rare[4])
    };
    (0..count).map(|number| watch(number, query(&mut random))).collect()
}

fn counters(bencher: Bencher<'_, '_>, script: &Script, find: impl Fn() -> usize) {
    bencher
        .counter(BytesCount::new(script.bytes()))
        .counter(ItemsCount::new(ARTICLES))
        .bench_local(|| black_box(find()));
}

fn matching(bencher: Bencher<'_, '_>, script: &Script, set: &WatchSet) {
    counters(bencher, script, || script.texts().map(|text| set.matching(&text).len()).sum());
}

/// Terms as watches of their own.
#[divan::bench_group(sample_count = 10)]
mod watches {
    use super::*;

    #[divan::bench(args = COUNTS)]
    fn english(bencher: Bencher<'_, '_>, count: usize) {
        matching(bencher, &LATIN, &compiled(&one_each(&LATIN.terms(count))));
    }

    #[divan::bench(args = COUNTS)]
    fn han(bencher: Bencher<'_, '_>, count: usize) {
        matching(bencher, &HAN, &compiled(&one_each(&HAN.terms(count))));
    }

    #[divan::bench(args = COUNTS)]
    fn hangul(bencher: Bencher<'_, '_>, count: usize) {
        matching(bencher, &HANGUL, &compiled(&one_each(&HANGUL.terms(count))));
    }

    #[divan::bench(args = COUNTS)]
    fn boolean_english(bencher: Bencher<'_, '_>, count: usize) {
        matching(bencher, &LATIN, &compiled(&boolean(&LATIN, count)));
    }

    #[divan::bench(args = COUNTS)]
    fn boolean_hangul(bencher: Bencher<'_, '_>, count: usize) {
        matching(bencher, &HANGUL, &compiled(&boolean(&HANGUL, count)));
    }

    /// With sentence, forms and relevance of each hit.
    #[divan::bench(args = COUNTS)]
    fn hits_english(bencher: Bencher<'_, '_>, count: usize) {
        let set = compiled(&one_each(&LATIN.terms(count)));
        counters(bencher, &LATIN, || LATIN.texts().map(|text| set.hits(&text).len()).sum());
    }
}

#[divan::bench_group(sample_count = 3)]
mod compile {
    use super::*;

    #[divan::bench(args = COUNTS)]
    fn english(bencher: Bencher<'_, '_>, count: usize) {
        let watches = one_each(&LATIN.terms(count));
        // The first article of a language makes its table of forms: that is counted in.
        bencher.bench_local(|| compiled(&watches).matching(&LATIN.texts().next().expect("an article")).len());
    }

    #[divan::bench(args = COUNTS)]
    fn hangul(bencher: Bencher<'_, '_>, count: usize) {
        let watches = one_each(&HANGUL.terms(count));
        bencher.bench_local(|| compiled(&watches).matching(&HANGUL.texts().next().expect("an article")).len());
    }
}

#[divan::bench_group(sample_count = 10)]
mod bare_aho_corasick {
    use super::*;

    fn run(bencher: Bencher<'_, '_>, script: &Script, count: usize) {
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .ascii_case_insensitive(true)
            .build(script.terms(count))
            .expect("it is small enough");
        counters(bencher, script, || {
            script.articles.iter().map(|body| automaton.find_overlapping_iter(body).count()).sum()
        });
    }

    #[divan::bench(args = COUNTS)]
    fn english(bencher: Bencher<'_, '_>, count: usize) {
        run(bencher, &LATIN, count);
    }

    #[divan::bench(args = COUNTS)]
    fn han(bencher: Bencher<'_, '_>, count: usize) {
        run(bencher, &HAN, count);
    }

    #[divan::bench(args = COUNTS)]
    fn hangul(bencher: Bencher<'_, '_>, count: usize) {
        run(bencher, &HANGUL, count);
    }
}

/// One regex for each term, and all as one set. Slower the more there are, so that of 10,000 terms only some articles are
/// searched. Not more: a regex each of 100,000 takes some 3 GB, and a set of 10,000 is not built within a minute.
#[divan::bench_group(sample_count = 3)]
mod regexes {
    use super::*;

    fn patterns(count: usize) -> Vec<String> {
        LATIN.terms(count).iter().map(|term| format!(r"(?i)\b{}\b", regex::escape(term))).collect()
    }

    fn run(bencher: Bencher<'_, '_>, articles: usize, in_one: impl Fn(&str) -> usize) {
        let articles = &LATIN.articles[..articles];
        bencher
            .counter(BytesCount::new(articles.iter().map(String::len).sum::<usize>()))
            .counter(ItemsCount::new(articles.len()))
            .bench_local(|| black_box(articles.iter().map(|body| in_one(body)).sum::<usize>()));
    }

    #[divan::bench(args = [10, 100, 1_000, 10_000])]
    fn each_term(bencher: Bencher<'_, '_>, count: usize) {
        let regexes: Vec<_> =
            patterns(count).iter().map(|pattern| regex::Regex::new(pattern).expect("it is one")).collect();
        let articles = if count < 10_000 { ARTICLES } else { ARTICLES / 10 };
        run(bencher, articles, |body| regexes.iter().filter(|regex| regex.is_match(body)).count());
    }

    #[divan::bench(args = [10, 100, 1_000])]
    fn set(bencher: Bencher<'_, '_>, count: usize) {
        let set = regex::RegexSetBuilder::new(patterns(count)).size_limit(1 << 30).build().expect("it is small enough");
        run(bencher, ARTICLES, |body| set.matches(body).iter().count());
    }
}
