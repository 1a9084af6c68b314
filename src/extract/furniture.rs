//! Furniture learnt from the pages of one host: lines that stand on several of its reports belong to none of them.
//!
//! Of the lines that should not be there, two in three recur on three pages or more of their host; of a report's own
//! lines one or two in a hundred do (measured on pages of 2011 to 2026). So recurrence is a strong proof, and not the only
//! one: what the judge is sure of stays, and is marked.
//!
//! Three copies of one wire report are one report here, known by the paragraphs that they share. What is not seen for a
//! while is forgotten by halves, so that a line that was learnt by mistake comes back by itself.

use std::collections::{HashMap, HashSet, VecDeque};

use super::outline::ends_sentence;
use super::wording::{width, words};
use crate::model::time::Timestamp;

/// A line stands on this many different reports before it counts as furniture.
const RECURS: u16 = 3;
/// Lines kept of one host; what a host repeats is some hundreds.
const MAX_LINES: usize = 1500;
/// Lines of one page that are looked at.
const MAX_PAGE: usize = 400;
/// The last reports of a host, by which a copy of one of them is known.
const MAX_REPORTS: usize = 96;
/// Paragraphs that stand for a report.
const SAMPLE: usize = 8;
/// A line's count is halved for so many days in which it was not seen.
const HALF_LIFE_DAYS: u16 = 30;
const DAY_MS: i64 = 86_400_000;
/// A line of this width that ends as a sentence may be a report's own but for its figures.
const SENTENCE: f32 = 40.0;

/// What the pages of one host have in common, as far as they were seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Furniture {
    /// By their hashes.
    lines: HashMap<u64, Known>,
    /// The latest last.
    reports: VecDeque<Vec<u32>>,
}

/// A line's counts; days since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    reports: u16,
    first_day: u16,
    last_day: u16,
}

/// What is told of a line that recurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Recurrence {
    pub reports: u16,
    pub since: Timestamp,
}

/// The lines of one page as they are learnt.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageLines {
    /// Some paragraphs of its report: those with the least hashes, so that a copy has the same.
    report: Vec<u32>,
    lines: HashSet<u64>,
}

impl PageLines {
    /// `own` are the report's paragraphs, `doubtful` the lines that may or may not belong to it.
    pub(super) fn of<'a>(own: impl Iterator<Item = &'a str>, doubtful: impl Iterator<Item = &'a str>) -> PageLines {
        let mut report: Vec<u32> = own.map(|text| (line(text) >> 32) as u32).collect();
        report.sort_unstable();
        report.dedup();
        report.truncate(SAMPLE);
        PageLines { report, lines: doubtful.filter(|text| says_something(text)).take(MAX_PAGE).map(line).collect() }
    }

    /// True if there is nothing to be learnt from it: no report by which the page is told from others, or no line.
    pub fn is_empty(&self) -> bool {
        self.report.is_empty() || self.lines.is_empty()
    }
}

impl Furniture {
    /// Counts a page's lines. False: it taught nothing, for it has no report, or one that was counted before.
    pub fn learn(&mut self, page: &PageLines, at: Timestamp) -> bool {
        if page.is_empty() || self.reports.iter().any(|known| is_copy(known, &page.report)) {
            return false;
        }
        if self.reports.len() >= MAX_REPORTS {
            self.reports.pop_front();
        }
        self.reports.push_back(page.report.clone());
        let today = day(at);
        for line in &page.lines {
            let known = self.lines.entry(*line).or_insert(Known { reports: 0, first_day: today, last_day: today });
            known.reports = known.reports.saturating_add(1);
            known.last_day = known.last_day.max(today);
        }
        self.forget_weakest();
        true
    }

    /// On how many reports the line stood, if on enough to be furniture.
    pub(super) fn recurs(&self, text: &str) -> Option<Recurrence> {
        if self.lines.is_empty() || !says_something(text) {
            return None;
        }
        let known = self.lines.get(&line(text)).filter(|known| known.reports >= RECURS)?;
        let since = Timestamp::from_millis(i64::from(known.first_day) * DAY_MS);
        Some(Recurrence { reports: known.reports, since })
    }

    fn forget_weakest(&mut self) {
        if self.lines.len() <= MAX_LINES {
            return;
        }
        let mut order: Vec<_> =
            self.lines.iter().map(|(line, known)| (known.reports.min(RECURS), known.last_day, *line)).collect();
        // A tenth more than must go, so that this is not done for each page.
        let gone = order.len() - MAX_LINES * 9 / 10;
        order.select_nth_unstable(gone);
        for (_, _, line) in &order[..gone] {
            self.lines.remove(line);
        }
    }

    /// As the database keeps it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![FORMAT];
        bytes.extend((self.reports.len() as u16).to_be_bytes());
        for report in &self.reports {
            bytes.push(report.len() as u8);
            report.iter().for_each(|sample| bytes.extend(sample.to_be_bytes()));
        }
        let mut lines: Vec<_> = self.lines.iter().collect();
        lines.sort_unstable_by_key(|(line, _)| **line);
        for (line, known) in lines {
            bytes.extend(line.to_be_bytes());
            bytes.extend([known.reports, known.first_day, known.last_day].into_iter().flat_map(u16::to_be_bytes));
        }
        bytes
    }

    /// What [`Furniture::to_bytes`] wrote, less what was forgotten since; nothing where the bytes are of another format:
    /// it is learnt again.
    pub fn from_bytes(bytes: &[u8], now: Timestamp) -> Furniture {
        read(bytes, day(now)).unwrap_or_default()
    }
}

/// First byte of what is stored; another for each change to how lines are told apart.
const FORMAT: u8 = 1;

fn read(bytes: &[u8], today: u16) -> Option<Furniture> {
    let mut rest = bytes.strip_prefix(&[FORMAT])?;
    let mut furniture = Furniture::default();
    for _ in 0..number(&mut rest)?.min(MAX_REPORTS as u16) {
        let length = *rest.split_off_first()?;
        let samples = rest.split_off(..usize::from(length) * 4)?;
        let samples = samples.as_chunks().0.iter().map(|sample| u32::from_be_bytes(*sample));
        furniture.reports.push_back(samples.collect());
    }
    while let Some(line) = rest.split_off(..8) {
        let line = u64::from_be_bytes(*line.first_chunk()?);
        let known = Known { reports: number(&mut rest)?, first_day: number(&mut rest)?, last_day: number(&mut rest)? };
        if let Some(known) = known.faded(today) {
            furniture.lines.insert(line, known);
        }
    }
    Some(furniture)
}

fn number(rest: &mut &[u8]) -> Option<u16> {
    rest.split_off(..2).and_then(|two| Some(u16::from_be_bytes(*two.first_chunk()?)))
}

impl Known {
    /// What is left of it after days without a sight of it; `None`: nothing.
    fn faded(self, today: u16) -> Option<Known> {
        let halvings = today.saturating_sub(self.last_day) / HALF_LIFE_DAYS;
        let reports = self.reports.checked_shr(halvings.into()).unwrap_or(0);
        let last_day = self.last_day + halvings * HALF_LIFE_DAYS;
        (reports > 0).then_some(Known { reports, last_day, ..self })
    }
}

fn day(at: Timestamp) -> u16 {
    u16::try_from(at.as_millis() / DAY_MS).unwrap_or(0)
}

/// Shares three in eight of the paragraphs of the one that has fewer: copied, shortened or brought up to date.
fn is_copy(a: &[u32], b: &[u32]) -> bool {
    let shared = a.iter().filter(|sample| b.contains(sample)).count();
    shared * 8 >= a.len().min(b.len()) * 3
}

/// Numbers and marks alone are no line to be known again.
fn says_something(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
}

/// A line by its words. Figures do not count where it is no sentence: numbers of comments and dates differ from page to
/// page. They do in a sentence: a bulletin that changes but for its figures each day is no furniture.
fn line(text: &str) -> u64 {
    let letters: String;
    let sentence = ends_sentence(text) && width(text) >= SENTENCE;
    let read = if sentence {
        text
    } else {
        letters = text.chars().map(|c| if c.is_ascii_digit() { ' ' } else { c }).collect();
        &letters
    };
    words(read)
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, word| (hash.rotate_left(5) ^ word).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_521_600_000); // 2026-11-24T12:00:00Z

    fn page(report: &[&str], lines: &[&str]) -> PageLines {
        PageLines::of(report.iter().copied(), lines.iter().copied())
    }

    fn days_later(days: i64) -> Timestamp {
        Timestamp::from_millis(NOW.as_millis() + days * DAY_MS)
    }

    /// Three reports with this line.
    fn taught(line: &str) -> Furniture {
        let mut furniture = Furniture::default();
        for report in ["one", "two", "three"] {
            assert!(furniture.learn(&page(&[report], &[line]), NOW));
        }
        furniture
    }

    #[test]
    fn a_line_on_three_reports_is_furniture() {
        let mut furniture = Furniture::default();
        for (number, report) in ["one", "two", "three"].iter().enumerate() {
            assert_eq!(furniture.recurs("3 comments"), None);
            furniture.learn(&page(&[report], &[&format!("{number} comments"), report]), NOW);
        }
        assert_eq!(furniture.recurs("17 comments").map(|recurs| recurs.reports), Some(3));
        assert_eq!(furniture.recurs("two"), None);
    }

    #[test]
    fn copies_of_one_report_teach_nothing() {
        let mut furniture = Furniture::default();
        let wire = ["The bridge was closed.", "Two buses left.", "Nobody was let through.", "A guard spoke."];
        for extra in ["one", "two", "three", "four"] {
            let edited = [wire[0], wire[1], wire[2], extra];
            furniture.learn(&page(&edited, &["a sentence of it"]), NOW);
        }
        assert_eq!(furniture.recurs("a sentence of it"), None);
    }

    #[test]
    fn a_bulletin_that_differs_in_its_figures_is_no_furniture() {
        let mut furniture = Furniture::default();
        for count in 1..9 {
            let line = format!("On that day {count} people were sent back over the bridge.");
            furniture.learn(&page(&[&count.to_string().repeat(20), "x", "y"][..1], &[&line]), NOW);
        }
        assert_eq!(furniture.recurs("On that day 9 people were sent back over the bridge."), None);
    }

    #[test]
    fn what_is_stored_is_read_again() {
        let furniture = taught("Our shop");
        assert_eq!(Furniture::from_bytes(&furniture.to_bytes(), NOW), furniture);
        assert_eq!(Furniture::from_bytes(b"", NOW), Furniture::default());
        assert_eq!(Furniture::from_bytes(b"\xff\x00\x01", NOW), Furniture::default());
        assert_eq!(Furniture::from_bytes(&furniture.to_bytes()[..9], NOW), Furniture::default());
    }

    #[test]
    fn what_is_not_seen_for_a_month_counts_half() {
        let bytes = taught("Our shop").to_bytes();
        let after = |days| Furniture::from_bytes(&bytes, days_later(days)).recurs("Our shop").is_some();
        assert!(after(29));
        assert!(!after(30));
        // Read and stored in between, it is not halved a second time for the same month.
        let bytes = Furniture::from_bytes(&bytes, days_later(31)).to_bytes();
        assert_eq!(
            Furniture::from_bytes(&bytes, days_later(31)).lines.values().next().map(|known| known.reports),
            Some(1)
        );
    }

    #[test]
    fn a_host_with_endless_lines_keeps_those_that_recur() {
        let mut furniture = taught("Our shop");
        for number in 0..2000 {
            let lines: Vec<String> = (0..10).map(|at| format!("line {} {}", words_of(number), words_of(at))).collect();
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            furniture.learn(&page(&[&words_of(number)], &lines), NOW);
        }
        assert!(furniture.lines.len() <= MAX_LINES && furniture.reports.len() <= MAX_REPORTS);
        assert!(furniture.recurs("Our shop").is_some());
        assert!(furniture.to_bytes().len() < 32 * 1024);
    }

    /// Figures do not tell lines apart, letters do.
    fn words_of(number: usize) -> String {
        number.to_string().bytes().map(|digit| char::from(b'a' + digit - b'0')).collect()
    }
}
