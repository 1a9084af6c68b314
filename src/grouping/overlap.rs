//! What two texts have in common, word for word, and whether that makes them one text.

use std::time::Duration;

use crate::model::id::EntryId;
use crate::model::story::Fingerprint;
use crate::model::time::Timestamp;

use super::fingerprint::{Shingle, shingles};
use super::words::{is_about_nobody, is_weekday};

/// A copy holds at least this share of the shorter text ...
const COVERED_MIN: f64 = 0.6;
/// ... or at least this share of both together: a copy with many small changes, or badly scanned.
const JACCARD_MIN: f64 = 0.15;
/// ... whose changes are strewn over the text: no longer stretch of words stands in one alone.
const GAP_MAX: usize = 40;
/// Fewer common shingles say nothing.
const SHARED_MIN: usize = 8;
/// ... but for an excerpt of few words under the same headline, which has nothing of its own.
const EXCERPT_WORDS: usize = 40;
const EXCERPT_SHARED_MIN: usize = 4;
const SAME_HEADLINE: f64 = 0.75;
/// So few words are a copy or an excerpt where they begin so near the top; further down they are a link to another report.
const EXCERPT_BEGINS: usize = 40;
/// Where less of the lead is common, no template is at work.
const LEAD_SHARE_MIN: f64 = 0.15;
const LEAD_WORDS: usize = 110;
/// Names and numbers that tell the event stand in the headline and the first words.
const FACT_WORDS: u32 = 70;
/// Two spellings of one name.
const SAME_NAME: f64 = 0.8;

/// What two texts have in common.
pub(super) struct Overlap {
    /// Distinct shingles of the shorter, of the longer, of both.
    pub shorter: usize,
    pub longer: usize,
    pub common: usize,
    /// Words of the shorter, how many of them stand in common runs, and the longest stretch that does not.
    words: usize,
    covered: usize,
    gap: usize,
    /// Few words that stand in the midst of the other.
    link: bool,
    /// It has few words, nothing of its own, and the other's headline.
    excerpt: bool,
    conflict: bool,
}

/// A text with its shingles taken, to be compared with several.
pub(super) struct Taken<'a> {
    pub fingerprint: &'a Fingerprint,
    shingles: Vec<Shingle>,
    /// The hashes, sorted, each once.
    set: Vec<u64>,
}

impl<'a> Taken<'a> {
    pub fn of(fingerprint: &'a Fingerprint) -> Taken<'a> {
        let shingles = shingles(fingerprint);
        let mut set: Vec<u64> = shingles.iter().map(|shingle| shingle.hash).collect();
        set.sort_unstable();
        set.dedup();
        Taken { fingerprint, shingles, set }
    }

    fn has(&self, hash: u64) -> bool {
        self.set.binary_search(&hash).is_ok()
    }

    /// How many words stand in runs that the other has, and the longest stretch of words that do not.
    fn covered_by(&self, other: &Taken<'_>) -> (usize, usize) {
        let (mut covered, mut reached, mut gap) = (0, 0, 0);
        for shingle in self.shingles.iter().filter(|shingle| other.has(shingle.hash)) {
            gap = gap.max(shingle.start.saturating_sub(reached));
            covered += shingle.end - shingle.start.max(reached);
            reached = shingle.end;
        }
        (covered, gap.max(self.fingerprint.words.len() - reached))
    }

    /// Whether what both have begins near the top of this one; `None` where nothing is common.
    fn begins_with(&self, other: &Taken<'_>) -> Option<bool> {
        let first = self.shingles.iter().find(|shingle| other.has(shingle.hash))?;
        let title = self.fingerprint.title_words as usize;
        Some(first.start <= title + EXCERPT_BEGINS)
    }

    /// Share of the lead's shingles that the other has.
    fn lead_in(&self, other: &Taken<'_>) -> f64 {
        let lead = self.shingles.iter().filter(|shingle| shingle.start < LEAD_WORDS);
        let (mut all, mut common) = (0, 0);
        for shingle in lead {
            all += 1;
            common += usize::from(other.has(shingle.hash));
        }
        if all == 0 { 0.0 } else { common as f64 / all as f64 }
    }

    /// What near the top the other text holds nowhere.
    fn own_facts(&self, other: &Taken<'_>) -> OwnFacts {
        let limit = self.fingerprint.title_words.saturating_add(FACT_WORDS);
        let near_top = |at: u32| at <= limit;
        let mut own = OwnFacts::default();
        for (name, _) in self.fingerprint.names.iter().filter(|(_, at)| near_top(*at)) {
            let known = |theirs: &str| if is_weekday(name) { name == theirs } else { is_same_name(name, theirs) };
            if other.fingerprint.names.iter().any(|(theirs, _)| known(theirs)) {
                continue;
            }
            own.weekdays += usize::from(is_weekday(name));
            own.names += usize::from(!is_about_nobody(name));
        }
        let numbers = self.fingerprint.numbers.iter().filter(|(number, at)| {
            near_top(*at) && !other.fingerprint.numbers.iter().any(|(theirs, _)| theirs == number)
        });
        own.numbers = numbers.count();
        own
    }
}

/// Whether most words of two headlines are the same; an empty one is like none.
fn is_same_headline(a: &Fingerprint, b: &Fingerprint) -> bool {
    let headline = |print: &Fingerprint| {
        let mut words: Vec<u32> = print.words.iter().take(print.title_words as usize).copied().collect();
        words.sort_unstable();
        words.dedup();
        words
    };
    let (a, b) = (headline(a), headline(b));
    let common = a.iter().filter(|word| b.binary_search(word).is_ok()).count();
    common > 0 && 2.0 * common as f64 >= SAME_HEADLINE * (a.len() + b.len()) as f64
}

/// How much a text has near its top that another has nowhere.
#[derive(Clone, Copy, Debug, Default)]
struct OwnFacts {
    names: usize,
    weekdays: usize,
    numbers: usize,
}

impl OwnFacts {
    fn is_empty(&self) -> bool {
        self.names + self.weekdays + self.numbers == 0
    }
}

fn is_same_name(a: &str, b: &str) -> bool {
    let near = a.len().abs_diff(b.len()) <= a.len().max(b.len()) / 2;
    a == b || (near && strsim::normalized_levenshtein(a, b) >= SAME_NAME)
}

impl Overlap {
    pub fn between(a: &Taken<'_>, b: &Taken<'_>, apart: Days) -> Overlap {
        let (short, long) = if a.set.len() <= b.set.len() { (a, b) } else { (b, a) };
        let common = short.set.iter().filter(|shingle| long.has(**shingle)).count();
        let (covered, gap) = short.covered_by(long);
        let mut overlap = Overlap {
            shorter: short.set.len(),
            longer: long.set.len(),
            common,
            words: short.fingerprint.words.len(),
            covered,
            gap,
            link: false,
            excerpt: false,
            conflict: false,
        };
        overlap.link = overlap.words < EXCERPT_WORDS && long.begins_with(short) == Some(false);
        overlap.excerpt = overlap.words < EXCERPT_WORDS
            && common >= EXCERPT_SHARED_MIN
            && is_same_headline(short.fingerprint, long.fingerprint)
            && short.own_facts(long).is_empty();
        overlap.conflict = overlap.is_alike() && conflict(a, b, apart);
        overlap
    }

    pub fn covered_share(&self) -> f64 {
        if self.words == 0 { 0.0 } else { self.covered as f64 / self.words as f64 }
    }

    /// Most of the shorter stands in the longer.
    pub fn is_contained(&self) -> bool {
        self.covered_share() >= COVERED_MIN
    }

    fn is_alike(&self) -> bool {
        let is_strewn = self.jaccard() >= JACCARD_MIN && self.gap <= GAP_MAX;
        let enough = self.common >= SHARED_MIN || self.excerpt;
        (enough && self.is_contained() && !self.link) || (self.common >= SHARED_MIN && is_strewn)
    }

    pub fn is_copy(&self) -> bool {
        self.is_alike() && !self.conflict
    }

    /// The same frame around other names and numbers: another event told in the words of a template.
    pub fn is_template(&self) -> bool {
        self.conflict
    }

    /// For `inspect entry`.
    pub fn in_words(&self, entry: &EntryId) -> String {
        let percent = (self.covered_share() * 100.0).round();
        format!("{percent} % of the shorter text stands in {entry} ({} of {} passages)", self.common, self.shorter)
    }

    pub fn jaccard(&self) -> f64 {
        let all = self.shorter + self.longer - self.common;
        if all == 0 { 0.0 } else { self.common as f64 / all as f64 }
    }
}

/// Whether two texts were reported as far apart as the bulletins of one template are: at least most of a day, and not
/// so long that the later one is rather an old report that somebody put up again under a new date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Days {
    LikeBulletins,
    Otherwise,
}

const BULLETINS_APART: std::ops::RangeInclusive<Duration> =
    Duration::from_secs(20 * 3_600)..=Duration::from_secs(10 * 86_400);

impl Days {
    pub fn between(a: Timestamp, b: Timestamp) -> Days {
        if BULLETINS_APART.contains(&a.since(b).max(b.since(a))) { Days::LikeBulletins } else { Days::Otherwise }
    }
}

/// Both tell of somebody or some day of their own, with numbers of their own; or of three numbers each, of one where
/// they come like bulletins: when in doubt a report is told rather than hidden.
fn conflict(a: &Taken<'_>, b: &Taken<'_>, apart: Days) -> bool {
    if a.lead_in(b).max(b.lead_in(a)) < LEAD_SHARE_MIN {
        return false;
    }
    let (a, b) = (a.own_facts(b), b.own_facts(a));
    let of_others = a.names.min(b.names) >= 1 || a.weekdays.min(b.weekdays) >= 1;
    let numbers = a.numbers.min(b.numbers);
    let enough = if apart == Days::LikeBulletins { 1 } else { 3 };
    (of_others && numbers >= 1) || numbers >= enough
}
