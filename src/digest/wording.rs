//! What a reader is told of a report: put into words and cleaned once for both parts of the mail.

use std::collections::{HashMap, HashSet};

use jiff::tz::TimeZone;
use url::Url;

use super::clean::{self, Piece};
use super::words::Words;
use super::{excerpt, provenance, times};
use crate::model::digest::{AlertedNote, Digest, Occasion, Reason, Report};
use crate::model::id::EntryId;
use crate::model::recipient::Recipient;
use crate::model::watch::{Field, Snippet};

/// How much of a report is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// All of the excerpt.
    Full,
    /// The sentences that matched or, where those stand in the headline, the first of the text.
    Short,
    /// Headline, link and reasons.
    Line,
}

/// What [`Detail::Short`] leaves of an excerpt.
const SHORT_COLUMNS: usize = 200;
/// Words that one watch found, as many are told.
const MAX_TERMS: usize = 5;
/// Outlets of one text that are named, the report's own besides.
const MAX_OUTLETS: usize = 24;

/// A report in a reader's words. All text is clean; `lang` is that of headline, quotes and excerpt.
pub struct Shown<'a> {
    pub lang: &'a str,
    pub headline: Vec<Piece>,
    pub link: Option<Link<'a>>,
    pub outlet: String,
    pub language: &'static str,
    pub dates: String,
    pub note: &'static str,
    pub reasons: Vec<Why>,
    /// The sentences that matched, but for those that stand marked in the headline or the excerpt.
    pub quotes: Vec<Vec<Piece>>,
    pub excerpt: Vec<Vec<Piece>>,
    /// The article goes on after what is shown of it.
    pub goes_on: bool,
    /// Earlier reports on the same event, and what is new in this one; empty if there are none.
    pub event: Vec<Part<'a>>,
    /// What it follows up or may belong to; whose text it is; that it may be old. Empty where there is nothing to say.
    pub relation: String,
    pub credits: String,
    pub age: String,
    /// All outlets that have the text, earliest first; empty if there is one alone.
    pub outlets: Vec<Outlet<'a>>,
    /// Stands before them.
    pub same_text: String,
    /// How many have it besides; empty for none.
    pub more_outlets: String,
}

#[derive(Clone, Copy)]
pub struct Link<'a> {
    pub url: &'a str,
    pub host: &'a str,
}

/// Why a report is in the mail.
pub struct Why {
    pub watch: String,
    /// That the watch is an urgent one; empty if it is not.
    pub urgent: &'static str,
    pub terms: String,
    pub place: String,
}

/// An outlet that has the text.
pub struct Outlet<'a> {
    pub name: String,
    pub link: Option<Link<'a>>,
    pub first_seen: String,
    /// `first`, `this report`, both or empty.
    pub role: &'static str,
}

/// What all reports of a mail are told by.
pub struct Mail<'a> {
    pub zone: &'a TimeZone,
    pub words: Words,
    pub occasion: Occasion,
    /// As its reports are numbered.
    pub numbers: HashMap<&'a EntryId, usize>,
}

impl<'a> Mail<'a> {
    pub fn of(digest: &'a Digest, recipient: &'a Recipient) -> Mail<'a> {
        let numbers = digest.reports.iter().map(|report| &report.entry).zip(1..).collect();
        Mail { zone: &recipient.zone, words: Words(recipient.language), occasion: digest.occasion, numbers }
    }
}

/// A piece of a sentence, perhaps a headline.
pub struct Part<'a> {
    pub text: String,
    pub link: Option<Link<'a>>,
    /// Empty: the reader's own.
    pub lang: &'a str,
}

impl Part<'_> {
    pub fn plain(text: impl Into<String>) -> Self {
        Part { text: text.into(), link: None, lang: "" }
    }
}

impl<'a> Shown<'a> {
    pub fn of(report: &'a Report, mail: &Mail<'_>, detail: Detail) -> Shown<'a> {
        let (zone, words) = (mail.zone, mail.words);
        let (outlets, more_outlets) = outlets(report, zone, words);
        let (paragraphs, goes_on) = match detail {
            Detail::Full => (report.excerpt.clone(), report.excerpt_cut),
            Detail::Short => briefly(report),
            Detail::Line => (vec![], report.excerpt_cut || !report.excerpt.is_empty()),
        };
        Shown {
            lang: lang(&report.lang),
            headline: headline(report, words),
            link: report.link.as_ref().and_then(link),
            outlet: credited_outlet(report, words),
            language: words.language(&report.lang),
            dates: dates(report, zone, words),
            note: words.note(report.kind),
            reasons: report.reasons.iter().map(|reason| why(reason, mail)).collect(),
            quotes: if detail == Detail::Line { vec![] } else { quotes(report, &paragraphs) },
            excerpt: paragraphs.iter().map(clean::pieces).collect(),
            goes_on,
            event: provenance::event(report, mail),
            relation: provenance::relation(report, zone, words),
            credits: provenance::credits(report, words),
            age: provenance::age(report, zone, words),
            outlets,
            more_outlets,
            same_text: same_text(report, words),
        }
    }

    /// The headline without its marks.
    pub fn title(&self) -> String {
        self.headline.iter().map(|piece| piece.text.as_str()).collect()
    }
}

fn briefly(report: &Report) -> (Vec<Snippet>, bool) {
    if !quotes(report, &[]).is_empty() {
        return (vec![], report.excerpt_cut || !report.excerpt.is_empty());
    }
    let first: Vec<_> =
        report.excerpt.first().map(|first| excerpt::shortened(first, SHORT_COLUMNS)).into_iter().collect();
    let goes_on = report.excerpt_cut || report.excerpt.len() > 1 || first.iter().any(|first| first.cut_after);
    (first, goes_on)
}

pub fn or(text: String, otherwise: &str) -> String {
    if text.is_empty() { otherwise.to_owned() } else { text }
}

/// A language tag that is safe in an attribute; empty: not known (HTML, `lang`).
pub fn lang(tag: &str) -> &str {
    let is_tag = tag.len() <= 35 && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    if is_tag && tag != "und" { tag } else { "" }
}

/// The headline with the terms marked that were found in it.
fn headline(report: &Report, words: Words) -> Vec<Piece> {
    let found = report.reasons.iter().filter_map(|reason| marks_in_headline(reason, &report.headline));
    let marks = found.fold(vec![], |marks, more| joined(&marks, &more));
    let pieces = clean::pieces(&Snippet { text: report.headline.clone(), marks, ..Snippet::default() });
    if pieces.is_empty() { vec![Piece { text: words.no_headline().into(), marked: false }] } else { pieces }
}

/// Where the terms stand in the headline, if the sentence that matched is it or a part of it.
fn marks_in_headline(reason: &Reason, headline: &str) -> Option<Vec<(usize, usize)>> {
    let sentence = &reason.sentence;
    if reason.field != Field::Title || sentence.marks.is_empty() {
        return None;
    }
    let start = headline.find(&sentence.text)?;
    Some(sentence.marks.iter().map(|(from, to)| (start + from, start + to)).collect())
}

/// Only what a browser opens; the feed may name anything.
pub fn link(url: &Url) -> Option<Link<'_>> {
    let host = url.host_str()?;
    let host = host.strip_prefix("www.").unwrap_or(host);
    matches!(url.scheme(), "http" | "https").then_some(Link { url: url.as_str(), host })
}

/// `dated 24 Nov 2026, 06:40, first seen 06:52 KST`: what the outlet claims, and what we know.
fn dates(report: &Report, zone: &TimeZone, words: Words) -> String {
    match report.published {
        Some(published) => {
            let (dated, seen) = times::pair(published, report.first_seen, zone, words);
            words.dated(&dated, &seen)
        }
        None => words.undated(&times::full(report.first_seen, zone, words)),
    }
}

fn why(reason: &Reason, mail: &Mail<'_>) -> Why {
    let words = mail.words;
    let more = if reason.terms.len() > MAX_TERMS { ", …" } else { "" };
    let terms: Vec<&str> = reason.terms.iter().take(MAX_TERMS).map(String::as_str).collect();
    Why {
        watch: clean::line(&reason.watch_name),
        urgent: if reason.urgent { words.urgent(mail.occasion) } else { "" },
        terms: clean::line(&format!("{}{more}", terms.join(", "))),
        place: words.place(reason.field, reason.places),
    }
}

/// What has been read once is not read again: a sentence shown elsewhere with its marks is not quoted, and one that
/// several watches found is quoted once with all their marks.
fn quotes(report: &Report, paragraphs: &[Snippet]) -> Vec<Vec<Piece>> {
    let mut quoted: Vec<Snippet> = vec![];
    for reason in &report.reasons {
        let sentence = &reason.sentence;
        let text = sentence.text.trim();
        let seen = text.is_empty()
            || marks_in_headline(reason, &report.headline).is_some()
            || (reason.field == Field::Body && paragraphs.iter().any(|paragraph| shows(paragraph, text)));
        if seen {
            continue;
        }
        match quoted.iter_mut().find(|before| before.text == sentence.text) {
            Some(before) => before.marks = joined(&before.marks, &sentence.marks),
            None => quoted.push(sentence.clone()),
        }
    }
    quoted.iter().map(with_ellipses).collect()
}

/// All marks of both in order; where two overlap, the one that begins first.
fn joined(marks: &[(usize, usize)], others: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut all = [marks, others].concat();
    all.sort_unstable();
    let mut kept: Vec<(usize, usize)> = vec![];
    for mark in all {
        if kept.last().is_none_or(|last| last.1 <= mark.0) {
            kept.push(mark);
        }
    }
    kept
}

/// With at least one mark in it: a sentence whose term cannot be found by eye is quoted all the same.
fn shows(paragraph: &Snippet, sentence: &str) -> bool {
    paragraph.text.match_indices(sentence).any(|(start, _)| {
        let end = start + sentence.len();
        paragraph.marks.iter().any(|(from, to)| start <= *from && *to <= end)
    })
}

pub fn with_ellipses(sentence: &Snippet) -> Vec<Piece> {
    let ellipsis = |cut: bool| cut.then(|| Piece { text: "…".into(), marked: false });
    let before = ellipsis(sentence.cut_before);
    let after = ellipsis(sentence.cut_after);
    before.into_iter().chain(clean::pieces(sentence)).chain(after).collect()
}

/// `The same text in 3 outlets:`; an outlet that has it twice is one.
fn same_text(report: &Report, words: Words) -> String {
    let copies = report.copies.iter().map(|copy| &copy.outlet);
    let outlets: HashSet<&String> = copies.chain([&report.outlet]).collect();
    match outlets.len() {
        1 => words.same_text_again().to_owned(),
        count => words.same_text(count as u64),
    }
}

/// The report's own outlet among those of its copies: the earliest and itself, and what is to be said of the others.
fn outlets<'a>(report: &'a Report, zone: &TimeZone, words: Words) -> (Vec<Outlet<'a>>, String) {
    if report.copies.is_empty() {
        return (vec![], String::new());
    }
    let own = (report.first_seen, &report.outlet, &report.link, true);
    let copies = report.copies.iter().map(|copy| (copy.first_seen, &copy.outlet, &copy.link, false));
    let mut all: Vec<_> = std::iter::once(own).chain(copies).collect();
    all.sort_by_key(|(first_seen, ..)| *first_seen);
    let (mut outlets, mut named, mut unnamed) = (vec![], HashSet::new(), HashSet::new());
    for (place, (first_seen, name, url, is_own)) in all.into_iter().enumerate() {
        if outlets.len() >= MAX_OUTLETS && !is_own {
            unnamed.insert(name);
            continue;
        }
        let shown = outlet(name, words);
        outlets.push(Outlet {
            name: if named.insert(name) { shown } else { words.again_in(&shown) },
            // The report's own link stands with its headline.
            link: if is_own { None } else { url.as_ref().and_then(link) },
            first_seen: times::short(first_seen, zone, words),
            role: words.role(place == 0, is_own),
        });
    }
    let unnamed = unnamed.difference(&named).count() as u64;
    (outlets, if unnamed == 0 { String::new() } else { words.and_more_outlets(unnamed) })
}

/// `The Lantern (AFP)`: the outlet, and the agency whose text it prints.
fn credited_outlet(report: &Report, words: Words) -> String {
    let name = outlet(&report.outlet, words);
    let agency = clean::line(&report.agency);
    if agency.is_empty() || name.contains(&agency) { name } else { format!("{name} ({agency})") }
}

/// `3 new reports`; of an alert with the word for it before.
pub fn heading(digest: &Digest, words: Words) -> String {
    let count = words.heading(digest.reports.len() as u64);
    match digest.occasion {
        Occasion::Digest => count,
        Occasion::Alert => format!("{}{}{count}", words.alert(), words.colon()),
    }
}

pub fn outlet(name: &str, words: Words) -> String {
    or(clean::line(name), words.unnamed_source())
}

/// Of what an alert told, as many are named: who gets more in a day has read them.
const MAX_ALERTED: usize = 30;

/// A report that an alert told, in a reader's words.
pub struct Alerted<'a> {
    pub lang: &'a str,
    pub headline: String,
    pub link: Option<Link<'a>>,
    /// Outlet, and when it was mailed.
    pub told: String,
}

/// The first of them, and what is to be said of the others.
pub fn alerted<'a>(notes: &'a [AlertedNote], zone: &TimeZone, words: Words) -> (Vec<Alerted<'a>>, String) {
    let shown = notes.iter().take(MAX_ALERTED).map(|note| Alerted {
        lang: lang(&note.lang),
        headline: or(clean::line(&note.headline), words.no_headline()),
        link: note.link.as_ref().and_then(link),
        told: format!(
            "{}{}{}",
            outlet(&note.outlet, words),
            words.pause(),
            words.mailed_at(&times::short(note.mailed_at, zone, words))
        ),
    });
    let more = match notes.len().saturating_sub(MAX_ALERTED) {
        0 => String::new(),
        more => words.and_more_reports(more as u64),
    };
    (shown.collect(), more)
}
