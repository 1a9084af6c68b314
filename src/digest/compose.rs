//! Which reports a digest holds, in what order, and how much of each.

use std::cmp::Reverse;

use super::excerpt;
use crate::model::digest::{AlertedNote, Coverage, Digest, Occasion, Reason, Report, WaitingReport};
use crate::model::id::{DigestId, EntryId};
use crate::model::recipient::Recipient;
use crate::model::time::Timestamp;
use crate::model::watch::{Field, Hit, Span, WatchSpec};

/// How much of a report is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// About how much of a report's text is shown, in columns of a fixed-width screen: a wide character takes two, so
    /// that a Korean or Chinese report is shown about as far into its story as an English one.
    pub excerpt_columns: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { excerpt_columns: 600 }
    }
}

/// Composes the mail, as yet without asides and for a digest's time: each waiting report that hits a watch the recipient follows, with all reasons of theirs.
///
/// Also returns the `original`s of the reports left out because the recipient follows none of their watches any more:
/// the caller settles them without showing them. A digest that has no reports is not worth a mail.
pub fn compose(
    recipient: &Recipient,
    watches: &[WatchSpec],
    waiting: &[WaitingReport],
    coverage: Coverage,
    window: (Timestamp, Timestamp),
    edition: i64,
    limits: &Limits,
) -> (Digest, Vec<EntryId>) {
    let mut reports = vec![];
    let mut left_out = vec![];
    let mut alerted = vec![];
    for report in waiting {
        let hits: Vec<_> = report.hits.iter().filter(|hit| recipient.follows(&hit.watch)).collect();
        if hits.is_empty() {
            left_out.push(report.original.clone());
        } else if let Some(mailed_at) = report.alerted {
            alerted.push(told_already(report, mailed_at));
        } else {
            let urgent = hits.iter().any(|hit| recipient.alerts.urgent.contains(&hit.watch));
            reports.push(Report { urgent, ..shown(report, &hits, watches, limits) });
        }
    }
    reports.sort_by(|a: &Report, b| worth(a).cmp(&worth(b)).then_with(|| a.entry.cmp(&b.entry)));
    alerted.sort_by_key(|note: &AlertedNote| note.mailed_at);
    let (from, until) = window;
    let id = DigestId::of(&recipient.id, edition);
    let (occasion, recipient, asides) = (Occasion::Digest, recipient.id.clone(), vec![]);
    (Digest { id, occasion, recipient, edition, from, until, reports, alerted, asides, coverage }, left_out)
}

/// Reports on urgent watches first; then the report whose best hit has the most points; among equals a hit in the headline, then more places, then the
/// newest; the id decides what is left.
fn worth(report: &Report) -> Reverse<(bool, i32, bool, usize, Timestamp)> {
    let points = report.reasons.iter().map(|reason| reason.points).max().unwrap_or(0);
    let in_title = report.reasons.iter().any(|reason| reason.field == Field::Title);
    let places = report.reasons.iter().map(|reason| reason.places).sum();
    Reverse((report.urgent, points, in_title, places, report.first_seen))
}

fn shown(report: &WaitingReport, hits: &[&Hit], watches: &[WatchSpec], limits: &Limits) -> Report {
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
    }
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
    // A watch without a name to show still has its id: better than a report without its reason.
    let name = watches.iter().find(|watch| watch.id == hit.watch).map(|watch| watch.name.clone());
    Reason {
        watch_name: name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| hit.watch.to_string()),
        terms: told_once(&hit.terms),
        field: hit.field,
        sentence: hit.sentence.clone(),
        places: hit.spans.len(),
        points: hit.relevance.points,
    }
}
