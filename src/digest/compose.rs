//! Which reports a digest holds, in what order, and how much of each.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::excerpt;
use crate::model::article::{Article, ArticleKind};
use crate::model::digest::{
    AlertedNote, Coverage, Digest, Earlier, Occasion, OldSign, OnEvent, Postscript, PostscriptKind, Reason, Report,
    WaitingReport,
};
use crate::model::id::{DigestId, EntryId, WatchId};
use crate::model::recipient::Recipient;
use crate::model::time::Timestamp;
use crate::model::watch::{Field, Hit, Span, WatchSpec};

/// How much of a report is shown, and which are worth a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// About how much of a report's text is shown, in columns of a fixed-width screen: a wide character takes two, so
    /// that a Korean or Chinese report is shown about as far into its story as an English one.
    pub excerpt_columns: usize,
    pub follow_ups: FollowUps,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { excerpt_columns: 600, follow_ups: FollowUps::default() }
    }
}

/// Whether a further report on an event that a reader was mailed of is worth a mail. One that is not is named at the end
/// of the next digest. It always is where another watch of theirs found it than found what they were mailed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FollowUps {
    Always,
    /// Where it holds a number, a name or a quote that what they were mailed does not, and the first one in its language.
    #[default]
    WhenNew,
    Never,
}

/// A text that was seen so long before is an old one.
const OLD: Duration = Duration::from_secs(7 * 86_400);

/// A shorter text is mailed whatever it holds. As [`Limits::excerpt_columns`].
const TELLING_COLUMNS: usize = 200;

/// What became of the reports that waited, by their `original`s.
#[derive(Debug)]
pub struct Composed {
    /// One that has no reports is not worth a mail.
    pub digest: Digest,
    /// The recipient follows none of their watches any more: settled without being shown.
    pub left_out: Vec<EntryId>,
    /// Nothing in them is new to the recipient. They stand among the digest's postscripts.
    pub folded: Vec<EntryId>,
}

/// Composes the mail, for a digest's time and as yet without asides: each waiting report that hits a watch the recipient
/// follows, with all reasons of theirs; at the end, in lines, what an alert told, `postscripts` and what is not worth
/// telling at length. What an alert told is told again where more of it is known now.
pub fn compose(
    recipient: &Recipient,
    watches: &[WatchSpec],
    (waiting, postscripts): (&[WaitingReport], Vec<Postscript>),
    coverage: Coverage,
    window: (Timestamp, Timestamp),
    edition: i64,
    limits: &Limits,
) -> Composed {
    let (mut told, mut left_out, mut folded, mut alerted) = (vec![], vec![], vec![], vec![]);
    // Copies of what is shown now are named there; what an alert told is only named itself.
    let shown_now = |postscript: &Postscript| {
        let named = |report: &WaitingReport| alerted_whole(report, &followed(report, recipient), watches).is_some();
        waiting.iter().any(|report| report.original == postscript.original && !named(report))
    };
    let mut postscripts: Vec<Postscript> =
        postscripts.into_iter().filter(|postscript| !shown_now(postscript)).collect();
    for report in waiting {
        let hits = followed(report, recipient);
        if hits.is_empty() {
            left_out.push(report.original.clone());
        } else if let Some(mailed_at) = alerted_whole(report, &hits, watches) {
            alerted.push(told_already(report, mailed_at));
        } else if report.alerted.is_some() || is_worth_telling(report, &hits, recipient, limits.follow_ups) {
            told.push((report, shown(report, &hits, watches, limits, recipient)));
        } else {
            folded.push(report.original.clone());
            postscripts.push(nothing_new(report));
        }
    }
    let beside: HashMap<&EntryId, &EntryId> =
        told.iter().map(|(report, _)| (&report.original, &report.entry)).collect();
    for (report, shown) in &mut told {
        shown.event = report.event.iter().map(|other| earlier(other, recipient, &beside)).collect();
    }
    let reports = in_order(told);
    alerted.sort_by_key(|note: &AlertedNote| note.mailed_at);
    let (from, until) = window;
    let id = DigestId::of(&recipient.id, edition);
    let digest = Digest {
        id,
        occasion: Occasion::Digest,
        recipient: recipient.id.clone(),
        edition,
        from,
        until,
        reports,
        to_follow: 0,
        alerted,
        asides: vec![],
        postscripts,
        coverage,
    };
    Composed { digest, left_out, folded }
}

fn followed<'r>(report: &'r WaitingReport, recipient: &Recipient) -> Vec<&'r Hit> {
    report.hits.iter().filter(|hit| recipient.follows(&hit.watch)).collect()
}

/// When an alert told it, if with the page that is known now and for all watches that find it now: else its text, or a
/// sentence, was never mailed.
fn alerted_whole(report: &WaitingReport, hits: &[&Hit], watches: &[WatchSpec]) -> Option<Timestamp> {
    let alerted = report.alerted.as_ref()?;
    let page_came = alerted.without_page && report.article.kind == ArticleKind::Page;
    let names = || hits.iter().map(|hit| watch_name(&hit.watch, watches));
    let found_by_more = !alerted.watches.is_empty() && names().any(|name| !alerted.watches.contains(&name));
    (!page_came && !found_by_more).then_some(alerted.at)
}

/// Told is what was mailed for a watch that the recipient follows, see [`follows_up`].
fn earlier(other: &OnEvent, recipient: &Recipient, beside: &HashMap<&EntryId, &EntryId>) -> Earlier {
    Earlier {
        headline: other.headline.clone(),
        lang: other.lang.clone(),
        outlet: other.at.outlet.clone(),
        link: other.at.link.clone(),
        first_seen: other.at.first_seen,
        told: other.told_for.iter().any(|watch| recipient.follows(watch)),
        beside: beside.get(&other.original).map(|entry| (*entry).clone()),
    }
}

/// Something of its story was mailed for a watch that the recipient follows: what they follow no more was perhaps never
/// shown.
fn follows_up(report: &WaitingReport, recipient: &Recipient) -> bool {
    report.told.iter().any(|told| told.watches.iter().any(|watch| recipient.follows(watch)))
}

fn is_worth_telling(report: &WaitingReport, hits: &[&Hit], recipient: &Recipient, follow_ups: FollowUps) -> bool {
    if !follows_up(report, recipient) {
        return true;
    }
    let by_known_watch = |hit: &&Hit| report.told.iter().any(|told| told.watches.contains(&hit.watch));
    !hits.iter().all(by_known_watch)
        || match follow_ups {
            FollowUps::Always => true,
            FollowUps::WhenNew => !report.news.is_empty() || !report.told_in_its_language || says_little(report),
            FollowUps::Never => false,
        }
}

/// Of so short a text nobody can say that it holds nothing new: its story may be another one, too.
fn says_little(report: &WaitingReport) -> bool {
    let columns = report.article.blocks.iter().map(|block| unicode_width::UnicodeWidthStr::width(block.text.as_str()));
    columns.sum::<usize>() < TELLING_COLUMNS
}

fn told_already(report: &WaitingReport, mailed_at: Timestamp) -> AlertedNote {
    AlertedNote {
        headline: report.article.title.clone(),
        outlet: report.outlet.clone(),
        link: report.link.clone(),
        lang: report.article.lang.clone(),
        mailed_at,
    }
}

fn nothing_new(report: &WaitingReport) -> Postscript {
    Postscript {
        kind: PostscriptKind::NothingNew,
        entry: report.entry.clone(),
        original: report.original.clone(),
        outlet: report.outlet.clone(),
        first_seen: report.first_seen,
        headline: report.article.title.clone(),
        since: report.first_seen,
        outlet_before: report.outlet.clone(),
        link: report.link.clone(),
        lang: report.article.lang.clone(),
    }
}

/// The date it bears is much newer than a copy that is known, or than what its text speaks of.
fn old_sign(report: &WaitingReport) -> Option<OldSign> {
    let bears = report.article.published.map_or(report.first_seen, |published| published.min(report.first_seen));
    let copies =
        report.copies.iter().map(|copy| (copy.dated.map_or(copy.first_seen, |at| at.min(copy.first_seen)), copy));
    if let Some((at, copy)) = copies.min_by_key(|(at, _)| *at).filter(|(at, _)| bears.since(*at) >= OLD) {
        return Some(OldSign::SeenBefore { outlet: copy.outlet.clone(), at });
    }
    let date = report.speaks_of.clone();
    (!date.is_empty()).then_some(OldSign::SpeaksOf { date })
}

type Worth = Reverse<(bool, i32, bool, usize, Timestamp)>;

/// By worth; the reports of one story together, where the best of them belongs.
fn in_order(mut told: Vec<(&WaitingReport, Report)>) -> Vec<Report> {
    // Of what was put into no story yet each is one.
    let story = |report: &WaitingReport| match report.story.as_str() {
        "" => report.entry.to_string(),
        story => story.to_owned(),
    };
    let mut best: HashMap<String, Worth> = HashMap::new();
    for (report, shown) in &told {
        let worth = worth(shown);
        let best = best.entry(story(report)).or_insert(worth);
        *best = worth.min(*best);
    }
    told.sort_by_cached_key(|(report, shown)| {
        let story = story(report);
        (best.get(&story).copied(), story, worth(shown), shown.entry.clone())
    });
    told.into_iter().map(|(_, shown)| shown).collect()
}

/// Reports on urgent watches first; then the one whose best hit has the most points; among equals a hit in the headline,
/// then more places, then the newest; the id decides what is left.
fn worth(report: &Report) -> Worth {
    let points = report.reasons.iter().map(|reason| reason.points).max().unwrap_or(0);
    let in_title = report.reasons.iter().any(|reason| reason.field == Field::Title);
    let places = report.reasons.iter().map(|reason| reason.places).sum();
    Reverse((report.urgent, points, in_title, places, report.first_seen))
}

/// As yet without what was seen before on its event.
fn shown(
    report: &WaitingReport,
    hits: &[&Hit],
    watches: &[WatchSpec],
    limits: &Limits,
    recipient: &Recipient,
) -> Report {
    let (article, body) = (&report.article, report.article.body());
    let reasons: Vec<Reason> = hits.iter().map(|hit| reason(hit, (article, &body), watches, recipient)).collect();
    let (excerpt, excerpt_cut) = excerpt::beginning(article, &places(hits), limits.excerpt_columns);
    Report {
        entry: report.entry.clone(),
        headline: article.title.clone(),
        outlet: report.outlet.clone(),
        link: report.link.clone(),
        lang: article.lang.clone(),
        published: article.published,
        first_seen: report.first_seen,
        kind: article.kind,
        agency: article.agency.clone(),
        urgent: reasons.iter().any(|reason| reason.urgent),
        reasons,
        excerpt,
        excerpt_cut,
        copies: report.copies.clone(),
        event: vec![],
        news: report.news.clone(),
        follows_up: follows_up(report, recipient),
        related: report.related.clone(),
        old: old_sign(report),
        credits: report.credits.clone(),
    }
}

/// All places of the hits, in order.
fn places(hits: &[&Hit]) -> Vec<Span> {
    let mut spans: Vec<_> = hits.iter().flat_map(|hit| hit.spans.iter().copied()).collect();
    spans.sort_by_key(|span| (span.start, span.end));
    spans.dedup();
    spans
}

/// The places of a hit, what overlaps being one: 강제북송 is found by 북송, too, and a word by each language that has it.
fn distinct_places(hit: &Hit) -> Vec<Span> {
    let mut distinct: Vec<Span> = vec![];
    for span in places(&[hit]) {
        match distinct.last_mut().filter(|last| last.field == span.field && span.start < last.end) {
            Some(last) => last.end = last.end.max(span.end),
            None => distinct.push(span),
        }
    }
    distinct
}

/// Each word once, in whatever case and with whatever marks between its letters (`Shenyang`, `SHEN-YANG`).
fn told_once(words: impl Iterator<Item = String>) -> Vec<String> {
    let letters =
        |word: &str| word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let mut seen = HashSet::new();
    words.filter(|word| !word.is_empty() && seen.insert(letters(word))).collect()
}

fn reason(hit: &Hit, (article, body): (&Article, &str), watches: &[WatchSpec], recipient: &Recipient) -> Reason {
    let places = distinct_places(hit);
    let text = |span: &Span| match span.field {
        Field::Title => article.title.get(span.start..span.end),
        Field::Body => body.get(span.start..span.end),
    };
    let found = told_once(places.iter().filter_map(text).map(|word| word.trim().to_owned()));
    Reason {
        watch_name: watch_name(&hit.watch, watches),
        // What was found in a text that is not known any more is told as it stands in the query.
        terms: if found.is_empty() { told_once(hit.terms.iter().cloned()) } else { found },
        field: hit.field,
        sentence: hit.sentence.clone(),
        places: places.len(),
        urgent: recipient.alerts.urgent.contains(&hit.watch),
        points: hit.relevance.points,
    }
}

/// A watch without a name to show still has its id: better than a report without its reason.
fn watch_name(id: &WatchId, watches: &[WatchSpec]) -> String {
    let name = watches.iter().find(|watch| watch.id == *id).map(|watch| watch.name.clone());
    name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| id.to_string())
}
