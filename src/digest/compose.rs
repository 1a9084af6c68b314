//! Which reports a digest holds, in what order, and how much of each.

use std::cmp::Reverse;

use crate::model::article::{Article, BlockKind};
use crate::model::digest::{Coverage, Digest, Reason, Report, WaitingReport};
use crate::model::id::{DigestId, EntryId};
use crate::model::recipient::Recipient;
use crate::model::time::Timestamp;
use crate::model::watch::{Field, Hit, Snippet, WatchSpec};

/// How much of a report is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Characters of a report's text, to the end of the paragraph that reaches it.
    pub excerpt: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { excerpt: 600 }
    }
}

/// Composes the digest. Also returns the reports left out because the recipient follows none of their watches any
/// more: they are settled without being shown.
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
    for report in waiting {
        let reasons: Vec<_> =
            report.hits.iter().filter(|hit| recipient.follows(&hit.watch)).map(|hit| reason(hit, watches)).collect();
        if reasons.is_empty() {
            left_out.push(report.original.clone());
        } else {
            reports.push(shown(report, reasons, limits));
        }
    }
    reports.sort_by_key(worth);
    let (from, until) = window;
    let id = DigestId::of(&recipient.id, edition);
    (Digest { id, recipient: recipient.id.clone(), edition, from, until, reports, coverage }, left_out)
}

/// A watch in the headline first, then more watches, then more places, then the newest.
fn worth(report: &Report) -> (Reverse<bool>, Reverse<usize>, Reverse<usize>, Reverse<Timestamp>) {
    let in_title = report.reasons.iter().any(|reason| reason.field == Field::Title);
    let places = report.reasons.iter().map(|reason| reason.places).sum();
    (Reverse(in_title), Reverse(report.reasons.len()), Reverse(places), Reverse(report.first_seen))
}

fn reason(hit: &Hit, watches: &[WatchSpec]) -> Reason {
    let name = watches.iter().find(|watch| watch.id == hit.watch).map(|watch| watch.name.clone());
    Reason {
        watch_name: name.unwrap_or_else(|| hit.watch.to_string()),
        terms: hit.terms.clone(),
        field: hit.field,
        sentence: hit.sentence.clone(),
        places: hit.spans.len(),
    }
}

fn shown(report: &WaitingReport, reasons: Vec<Reason>, limits: &Limits) -> Report {
    let article = &report.article;
    let (excerpt, excerpt_cut) = excerpt(article, limits);
    Report {
        entry: report.entry.clone(),
        headline: if article.title.is_empty() { "(no headline)".to_owned() } else { article.title.clone() },
        outlet: report.outlet.clone(),
        link: report.link.clone(),
        lang: article.lang.clone(),
        published: article.published,
        first_seen: report.first_seen,
        kind: article.kind,
        reasons,
        excerpt,
        excerpt_cut,
        copies: report.copies.clone(),
    }
}

/// Whole paragraphs from the start.
fn excerpt(article: &Article, limits: &Limits) -> (Vec<Snippet>, bool) {
    let mut shown = vec![];
    let mut characters = 0;
    let mut blocks = article.blocks.iter().filter(|block| block.kind != BlockKind::Caption);
    for block in blocks.by_ref() {
        shown.push(Snippet { text: block.text.clone(), ..Snippet::default() });
        characters += block.text.chars().count();
        if characters >= limits.excerpt {
            break;
        }
    }
    (shown, blocks.next().is_some())
}
