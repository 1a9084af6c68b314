//! Where on the page the report could be: its headline, its container by three ways of looking, and how far a passage is
//! from what surely belongs to it.

use super::outline::{Outline, Passage, ends_sentence};
use super::surroundings::Sign;
use super::wording::{Marks, Overlap, has_clock, has_year};

/// Prose of this width is surely a paragraph.
const LONG: u32 = 80;

/// The passage that says the title: a heading rather than a line, the first of equals.
pub fn headline(outline: &Outline, of_title: impl Fn(usize) -> Overlap) -> Option<usize> {
    let mut best: Option<(f32, usize)> = None;
    for (at, passage) in outline.passages.iter().enumerate() {
        if passage.characters > 300 || (passage.heading == 0 && passage.link_share() > 0.5) {
            continue;
        }
        let (ours, theirs) = of_title(at);
        let heading = match passage.heading {
            1 => 0.6,
            2 => 0.3,
            0 => 0.0,
            _ => 0.15,
        };
        let score = ours.min(theirs * 1.5) + heading;
        let enough = ours >= 0.7 && theirs >= 0.4 || passage.heading == 1;
        if enough && best.is_none_or(|(least, _)| score > least) {
            best = Some((score, at));
        }
    }
    best.map(|(_, at)| at)
}

/// The element whose own paragraphs weigh most, in the manner of Readability: a paragraph's score goes to its
/// ancestors, less with each step; links speak against it.
pub fn scored_container(outline: &Outline, marks: &[Marks]) -> usize {
    let mut scores = vec![0.0_f32; outline.elements.len()];
    for (passage, marks) in outline.passages.iter().zip(marks).filter(|(passage, _)| passage.is_prose()) {
        let score = 1.0 + (marks.commas + marks.ends) as f32 + (passage.width / 100.0).min(4.0);
        let inner = [Sign::Paragraph, Sign::ListItem, Sign::Quote, Sign::Heading];
        let mut share = 1.0;
        for element in outline.around(passage).take(6) {
            let signs = outline.elements[element].signs;
            if inner.iter().any(|sign| signs.has(*sign)) && share >= 1.0 {
                continue;
            }
            scores[element] += score * share;
            share *= 0.6;
        }
    }
    let weigh = |at: usize| {
        let element = &outline.elements[at];
        scores[at] * (1.0 - element.linked as f32 / element.characters.max(1) as f32)
    };
    (0..outline.elements.len()).max_by(|a, b| weigh(*a).total_cmp(&weigh(*b)).then(b.cmp(a))).unwrap_or(0)
}

/// The element that calls itself the article's text; of several the one with most prose.
pub fn named_container(outline: &Outline) -> Option<usize> {
    [Sign::ArticleBody, Sign::ArticleElement, Sign::MainElement].into_iter().find_map(|sign| {
        let named = outline.elements.iter().enumerate().filter(|(_, element)| element.signs.has(sign));
        named
            .filter(|(_, element)| element.prose >= 200)
            .max_by_key(|(at, element)| (element.prose, usize::MAX - at))
            .map(|(at, _)| at)
    })
}

/// The run of passages with most prose, where each passage that is none takes from it.
pub fn densest_run(passages: &[Passage]) -> (usize, usize) {
    let (mut best, mut run) = ((0, 0), (0, 0));
    let (mut best_sum, mut sum) = (0.0_f32, 0.0_f32);
    for (at, passage) in passages.iter().enumerate() {
        let value = if passage.is_prose() { passage.width.min(1000.0) } else { -40.0 - 2.0 * passage.linked as f32 };
        if sum <= 0.0 {
            sum = 0.0;
            run.0 = at;
        }
        sum += value;
        run.1 = at + 1;
        if sum > best_sum {
            best_sum = sum;
            best = run;
        }
    }
    best
}

pub fn run_distance(run: (usize, usize), at: usize) -> f32 {
    if at < run.0 {
        at as f32 - run.0 as f32
    } else if at >= run.1 {
        (at + 1 - run.1) as f32
    } else {
        0.0
    }
}

pub fn prose_distances(passages: &[Passage]) -> (Vec<u32>, Vec<u32>, Vec<u32>) {
    let long = |passage: &Passage| passage.is_prose() && passage.width as u32 >= LONG;
    let mut since = vec![99; passages.len()];
    let mut before = vec![0; passages.len()];
    let (mut distance, mut total) = (99, 0);
    for (at, passage) in passages.iter().enumerate() {
        since[at] = distance;
        before[at] = total;
        distance = if long(passage) { 0 } else { (distance + 1).min(99) };
        total += if passage.is_prose() { passage.characters } else { 0 };
    }
    let mut until = vec![99; passages.len()];
    let mut distance = 99;
    for (at, passage) in passages.iter().enumerate().rev() {
        until[at] = distance;
        distance = if long(passage) { 0 } else { (distance + 1).min(99) };
    }
    (since, until, before)
}

/// For each passage, the last heading at or before it: a passage of its own level or a short line in bold.
pub fn headings(passages: &[Passage]) -> Vec<Option<usize>> {
    let mut last = None;
    let mut found = Vec::with_capacity(passages.len());
    for (at, passage) in passages.iter().enumerate() {
        found.push(last);
        let bold = passage.strong * 10 >= passage.characters * 9 && passage.characters < 60 && passage.linked == 0;
        if passage.heading > 0 || bold {
            last = Some(at);
        }
    }
    found
}

/// The first long prose after the headline.
pub fn anchor(passages: &[Passage], headline: Option<usize>) -> Option<usize> {
    let from = headline?;
    let long = |passage: &Passage| passage.is_prose() && passage.width as u32 >= LONG && ends_sentence(&passage.text);
    (from + 1..passages.len()).find(|at| long(&passages[*at]))
}

/// For each passage, how many of the six before and after it are short and hold a clock time or a year.
pub fn dated(passages: &[Passage]) -> Vec<u32> {
    let dated: Vec<u32> = passages
        .iter()
        .map(|passage| u32::from(passage.characters < 60 && (has_clock(&passage.text) || has_year(&passage.text))))
        .collect();
    (0..passages.len()).map(|at| dated[at.saturating_sub(6)..(at + 7).min(dated.len())].iter().sum()).collect()
}
