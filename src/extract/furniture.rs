//! Furniture learnt from the pages of one site: lines that stand on several of its reports belong to none of them.
//!
//! Of the lines that should not be there, two in three recur on three pages or more of their site; of a report's own
//! lines one or two in a hundred do (measured on pages of 2011 to 2026). So recurrence is a strong proof, and not the only
//! one: what the judge is sure of stays, and is marked.

use std::collections::{HashMap, HashSet};

use super::outline::Outline;
use super::wording::words;

/// A line stands on this many different reports before it counts as furniture.
const RECURS: u32 = 3;
/// Lines kept of one site; what a site repeats is a few hundred lines.
const MAX_LINES: usize = 50_000;
/// Lines of one page that are looked at.
const MAX_PAGE: usize = 3000;

/// What the pages of one site have in common, as far as they were seen.
#[derive(Clone, Debug, Default)]
pub struct Furniture {
    /// For each line, by its hash, on how many reports it stood.
    pages: HashMap<u64, u32>,
    /// Reports that were counted: a report published twice is counted once.
    reports: HashSet<u64>,
}

/// The lines of one page as they are learnt.
#[derive(Clone, Debug)]
pub struct PageLines {
    report: u64,
    lines: HashSet<u64>,
}

impl PageLines {
    /// `report` is the report's text, by which a page that comes again is known.
    pub(super) fn of(outline: &Outline, report: &str) -> PageLines {
        let lines = outline.passages.iter().take(MAX_PAGE).map(|passage| line(&passage.text)).collect();
        PageLines { report: line(report), lines }
    }
}

impl Furniture {
    /// Counts a page's lines; one whose report was counted before adds nothing.
    pub fn learn(&mut self, page: &PageLines) {
        if !self.reports.insert(page.report) {
            return;
        }
        for line in &page.lines {
            if self.pages.len() < MAX_LINES || self.pages.contains_key(line) {
                *self.pages.entry(*line).or_default() += 1;
            }
        }
    }

    /// On how many reports the line stood, if on enough to be furniture.
    pub(super) fn recurs(&self, text: &str) -> Option<u32> {
        self.pages.get(&line(text)).copied().filter(|pages| *pages >= RECURS)
    }
}

/// A line by its words, whatever its figures: counts of comments and dates differ from page to page.
fn line(text: &str) -> u64 {
    let letters: String = text.chars().map(|c| if c.is_ascii_digit() { ' ' } else { c }).collect();
    let mut words: Vec<u64> = words(&letters).into_iter().collect();
    words.sort_unstable();
    words
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, word| (hash.rotate_left(5) ^ word).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(report: &str, lines: &[&str]) -> PageLines {
        PageLines { report: line(report), lines: lines.iter().map(|text| line(text)).collect() }
    }

    #[test]
    fn a_line_on_three_reports_is_furniture() {
        let mut furniture = Furniture::default();
        for (number, report) in ["one", "two", "three"].iter().enumerate() {
            assert_eq!(furniture.recurs("3 comments"), None);
            furniture.learn(&page(report, &[&format!("{number} comments"), report]));
        }
        assert_eq!(furniture.recurs("17 comments"), Some(3));
        assert_eq!(furniture.recurs("two"), None);
    }

    #[test]
    fn a_report_that_comes_again_teaches_nothing() {
        let mut furniture = Furniture::default();
        for _ in 0..5 {
            furniture.learn(&page("the report", &["a sentence of it"]));
        }
        assert_eq!(furniture.recurs("a sentence of it"), None);
    }
}
