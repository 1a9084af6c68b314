//! What a reader is told of a report, in words: worded and cleaned once for both parts of the mail.

use jiff::tz::TimeZone;
use url::Url;

use super::clean::{self, Piece};
use super::{excerpt, provenance, times};
use crate::model::article::ArticleKind;
use crate::model::digest::{Coverage, Reason, Report, SilentSource};
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
const MAX_ERROR_COLUMNS: usize = 120;
/// Of failing sources, as many are told with their trouble, and of the others as many by name.
const MAX_TOLD: usize = 25;
const MAX_NAMED: usize = 100;
/// Earlier reports on an event that are named.
const MAX_ON_EVENT: usize = 4;

pub const NO_HEADLINE: &str = "(no headline)";

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
    pub event: String,
    /// What it follows up or may belong to; whose text it is; that it may be old. Empty where there is nothing to say.
    pub relation: String,
    pub credits: String,
    pub age: String,
    /// All outlets that have the text, earliest first; empty if there is one alone.
    pub outlets: Vec<Outlet<'a>>,
}

#[derive(Clone, Copy)]
pub struct Link<'a> {
    pub url: &'a str,
    pub host: &'a str,
}

/// Why a report is in the mail.
pub struct Why {
    pub watch: String,
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

impl<'a> Shown<'a> {
    pub fn of(report: &'a Report, zone: &TimeZone, detail: Detail) -> Shown<'a> {
        let (paragraphs, goes_on) = match detail {
            Detail::Full => (report.excerpt.clone(), report.excerpt_cut),
            Detail::Short => briefly(report),
            Detail::Line => (vec![], report.excerpt_cut || !report.excerpt.is_empty()),
        };
        Shown {
            lang: lang(&report.lang),
            headline: headline(report),
            link: report.link.as_ref().and_then(link),
            outlet: credited_outlet(report),
            language: language(&report.lang),
            dates: dates(report, zone),
            note: note(report.kind),
            reasons: report.reasons.iter().map(why).collect(),
            quotes: if detail == Detail::Line { vec![] } else { quotes(report, &paragraphs) },
            excerpt: paragraphs.iter().map(clean::pieces).collect(),
            goes_on,
            event: event(report, zone),
            relation: provenance::relation(report, zone),
            credits: provenance::credits(report),
            age: provenance::age(report, zone),
            outlets: outlets(report, zone),
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

/// The language in words, where a reader of these lines may wonder.
fn language(tag: &str) -> &'static str {
    match tag.split('-').next().unwrap_or_default() {
        "ko" => "Korean",
        "zh" => "Chinese",
        "ja" => "Japanese",
        "ru" => "Russian",
        "fr" => "French",
        "de" => "German",
        "es" => "Spanish",
        "th" => "Thai",
        "vi" => "Vietnamese",
        "mn" => "Mongolian",
        "lo" => "Lao",
        _ => "",
    }
}

/// The headline with the terms marked that were found in it.
fn headline(report: &Report) -> Vec<Piece> {
    let found = report.reasons.iter().filter_map(|reason| marks_in_headline(reason, &report.headline));
    let marks = found.fold(vec![], |marks, more| joined(&marks, &more));
    let pieces = clean::pieces(&Snippet { text: report.headline.clone(), marks, ..Snippet::default() });
    if pieces.is_empty() { vec![Piece { text: NO_HEADLINE.into(), marked: false }] } else { pieces }
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
fn dates(report: &Report, zone: &TimeZone) -> String {
    match report.published {
        Some(published) => {
            let (dated, seen) = times::pair(published, report.first_seen, zone);
            format!("dated {dated}, first seen {seen}")
        }
        None => format!("undated, first seen {}", times::full(report.first_seen, zone)),
    }
}

/// What a reader must know of where the text is from; empty if it is the page's own.
fn note(kind: ArticleKind) -> &'static str {
    match kind {
        ArticleKind::Page => "",
        ArticleKind::Feed => "Page not read: text from the feed.",
        ArticleKind::Walled => "Page behind a wall: this is what it and the feed show.",
    }
}

fn why(reason: &Reason) -> Why {
    let more = |places: usize| if places == 1 { "1 more place".to_owned() } else { format!("{places} more places") };
    let place = match (reason.field, reason.places) {
        (Field::Title, 0 | 1) => "in the headline".to_owned(),
        (Field::Title, places) => format!("in the headline and {}", more(places - 1)),
        (Field::Body, 0 | 1) => "in the text".to_owned(),
        (Field::Body, places) => format!("in {places} places of the text"),
    };
    Why { watch: clean::line(&reason.watch_name), terms: clean::line(&reason.terms.join(", ")), place }
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

/// `Seems to tell of the same event as Wire One (Tue 24 Nov, 06:40). New in this report: 600, Dandong.`
fn event(report: &Report, zone: &TimeZone) -> String {
    if report.event.is_empty() {
        return String::new();
    }
    let news: Vec<String> = report.news.iter().map(|news| clean::line(news)).filter(|news| !news.is_empty()).collect();
    let news = if news.is_empty() { String::new() } else { format!(" New in this report: {}.", news.join(", ")) };
    let what = if report.follows_up {
        "More on an event that you were told of:"
    } else {
        "Seems to tell of the same event as"
    };
    let told = report.event.iter().take(MAX_ON_EVENT);
    let told: Vec<String> =
        told.map(|told| format!("{} ({})", outlet(&told.outlet), times::short(told.first_seen, zone))).collect();
    let more = match report.event.len() - told.len() {
        0 => String::new(),
        more => format!(" and {}", counted(more as u64, "more report")),
    };
    format!("{what} {}{more}.{news}", told.join(", "))
}

/// The report's own outlet among those of its copies.
fn outlets<'a>(report: &'a Report, zone: &TimeZone) -> Vec<Outlet<'a>> {
    if report.copies.is_empty() {
        return vec![];
    }
    let own = (report.first_seen, &report.outlet, &report.link, true);
    let copies = report.copies.iter().map(|copy| (copy.first_seen, &copy.outlet, &copy.link, false));
    let mut all: Vec<_> = std::iter::once(own).chain(copies).collect();
    all.sort_by_key(|(first_seen, ..)| *first_seen);
    let mut outlets = vec![];
    for (place, (first_seen, name, url, is_own)) in all.into_iter().enumerate() {
        outlets.push(Outlet {
            name: outlet(name),
            // The report's own link stands with its headline.
            link: if is_own { None } else { url.as_ref().and_then(link) },
            first_seen: times::short(first_seen, zone),
            role: match (place == 0, is_own) {
                (true, true) => "first, this report",
                (true, false) => "first",
                (false, true) => "this report",
                (false, false) => "",
            },
        });
    }
    outlets
}

/// `1 report`, `4,310 articles`
pub fn counted(count: u64, noun: &str) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{grouped} {noun}{}", if count == 1 { "" } else { "s" })
}

/// How far the digest's silence can be trusted, in a sentence.
pub fn coverage(coverage: &Coverage) -> String {
    let Coverage { sources, articles, failing, .. } = coverage;
    let trouble = match failing.len() {
        0 => "All sources could be read.".to_owned(),
        count => format!("{} could not be read at the last try:", counted(count as u64, "source")),
    };
    format!("{} watched, {} checked. {trouble}", counted(*sources, "source"), counted(*articles, "article"))
}

/// What else a reader must know of the sources: what was never seen, what is silent, what is held back. A line each.
pub fn doubts(coverage: &Coverage, zone: &TimeZone) -> Vec<String> {
    let mut lines = vec![];
    for gap in coverage.gaps.iter().take(MAX_TOLD) {
        let (from, until) = times::pair(gap.from, gap.until, zone);
        let found = match gap.recovered {
            0 => String::new(),
            count => format!("; {} of that time found elsewhere", counted(count, "report")),
        };
        let name = outlet(&gap.outlet);
        lines.push(format!(
            "{name}: reports of {from} to {until} may have been missed, more came than its list holds{found}"
        ));
    }
    if coverage.gaps.len() > MAX_TOLD {
        lines.push(format!("{} more like this", counted((coverage.gaps.len() - MAX_TOLD) as u64, "gap")));
    }
    for (names, what) in [
        (&coverage.quiet, "nothing new for longer than usual; it may have moved"),
        (&coverage.held, "looks unlike itself; its new reports are held until your operators have checked it"),
    ] {
        let shown: Vec<_> = names.iter().take(MAX_NAMED).map(|name| outlet(name)).collect();
        if !shown.is_empty() {
            let more = match names.len() - shown.len() {
                0 => String::new(),
                more => format!(" and {}", counted(more as u64, "more source")),
            };
            lines.push(format!("{}{more}: {what}", shown.join(", ")));
        }
    }
    lines
}

/// Sources that could not be read: the first by name, since when and why; the others by name, as far as that helps.
pub struct Silence {
    pub told: Vec<(String, String)>,
    /// Empty: all were told.
    pub others: String,
}

impl Silence {
    pub fn of(failing: &[SilentSource], zone: &TimeZone) -> Silence {
        let (told, others) = failing.split_at(failing.len().min(MAX_TOLD));
        let names: Vec<_> = others.iter().take(MAX_NAMED).map(|source| outlet(&source.outlet)).collect();
        let unnamed = others.len() - names.len();
        let mut line = names.join(", ");
        if unnamed > 0 {
            line = format!("{line} and {}", counted(unnamed as u64, "more source"));
        }
        Silence { told: told.iter().map(|source| silent(source, zone)).collect(), others: line }
    }
}

fn silent(source: &SilentSource, zone: &TimeZone) -> (String, String) {
    let since = match source.last_success {
        Some(at) => format!("not read since {}", times::full(at, zone)),
        None => "never read so far".to_owned(),
    };
    let error = clean::shortened(&clean::line(&source.error), MAX_ERROR_COLUMNS);
    let why = if error.is_empty() { since } else { format!("{since} ({error})") };
    (outlet(&source.outlet), why)
}

/// `The Lantern (AFP)`: the outlet, and the agency whose text it prints.
fn credited_outlet(report: &Report) -> String {
    let name = outlet(&report.outlet);
    let agency = clean::line(&report.agency);
    if agency.is_empty() || name.contains(&agency) { name } else { format!("{name} ({agency})") }
}

pub fn outlet(name: &str) -> String {
    or(clean::line(name), "(unnamed source)")
}

/// The last lines of each mail.
pub const ABOUT: &str = "newsvigil, a program, wrote this mail: it reads news sources for the watches that you follow. \
                         To change what you get, or to stop it, answer this mail.";
