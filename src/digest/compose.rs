//! Which reports a digest holds, in what order, and how much of each.

use std::cmp::Reverse;
use std::time::Duration;

use super::excerpt;
use crate::model::article::ArticleKind;
use crate::model::digest::{
    AlertedNote, Coverage, Digest, Occasion, OldSign, Postscript, PostscriptKind, Reason, Report, WaitingReport,
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
    let (mut reports, mut left_out, mut folded, mut alerted) = (vec![], vec![], vec![], vec![]);
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
            let urgent = hits.iter().any(|hit| recipient.alerts.urgent.contains(&hit.watch));
            reports.push(Report { urgent, ..shown(report, &hits, watches, limits, follows_up(report, recipient)) });
        } else {
            folded.push(report.original.clone());
            postscripts.push(nothing_new(report));
        }
    }
    reports.sort_by(|a: &Report, b| worth(a).cmp(&worth(b)).then_with(|| a.entry.cmp(&b.entry)));
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

/// Reports on urgent watches first; then the one whose best hit has the most points; among equals a hit in the headline,
/// then more places, then the newest; the id decides what is left.
fn worth(report: &Report) -> Reverse<(bool, i32, bool, usize, Timestamp)> {
    let points = report.reasons.iter().map(|reason| reason.points).max().unwrap_or(0);
    let in_title = report.reasons.iter().any(|reason| reason.field == Field::Title);
    let places = report.reasons.iter().map(|reason| reason.places).sum();
    Reverse((report.urgent, points, in_title, places, report.first_seen))
}

fn shown(report: &WaitingReport, hits: &[&Hit], watches: &[WatchSpec], limits: &Limits, follows_up: bool) -> Report {
    let article = &report.article;
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
        urgent: false,
        reasons: hits.iter().map(|hit| reason(hit, watches)).collect(),
        excerpt,
        excerpt_cut,
        copies: report.copies.clone(),
        event: report.event.clone(),
        news: report.news.clone(),
        follows_up,
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

/// A group holds a name's spellings, and one place may be found by several of them (`Shenyang`, `Shen-yang`): a reader is
/// told the first.
fn told_once(terms: &[String]) -> Vec<String> {
    let letters =
        |term: &str| term.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let mut seen = std::collections::HashSet::new();
    terms.iter().filter(|term| seen.insert(letters(term))).cloned().collect()
}

fn reason(hit: &Hit, watches: &[WatchSpec]) -> Reason {
    Reason {
        watch_name: watch_name(&hit.watch, watches),
        terms: told_once(&hit.terms),
        field: hit.field,
        sentence: hit.sentence.clone(),
        places: hit.spans.len(),
        points: hit.relevance.points,
    }
}

/// A watch without a name to show still has its id: better than a report without its reason.
fn watch_name(id: &WatchId, watches: &[WatchSpec]) -> String {
    let name = watches.iter().find(|watch| watch.id == *id).map(|watch| watch.name.clone());
    name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| id.to_string())
}
