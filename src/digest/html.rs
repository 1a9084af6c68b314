//! The HTML part: one fixed table, inline styles, nothing remote.

use askama::Template;
use jiff::tz::TimeZone;

use super::{clean, text, times};
use crate::model::digest::{Digest, Report};
use crate::model::recipient::Recipient;

/// Gmail clips a message near 102 kB; base64 adds a third.
const MAX_BYTES: usize = 80_000;

#[derive(Template)]
#[template(path = "digest.html")]
struct Page<'a> {
    heading: String,
    window: String,
    reports: Vec<Item<'a>>,
    covered: String,
    failing: Vec<Silent>,
    id: &'a str,
    edition: i64,
}

struct Item<'a> {
    lang: &'a str,
    headline: String,
    link: Option<&'a str>,
    outlet: String,
    published: Option<String>,
    first_seen: String,
    reasons: Vec<Why<'a>>,
    paragraphs: Vec<String>,
    cut: bool,
    note: Option<&'static str>,
    copies: Vec<Elsewhere<'a>>,
}

struct Why<'a> {
    line: String,
    before: &'static str,
    pieces: Vec<(&'a str, bool)>,
    after: &'static str,
}

struct Elsewhere<'a> {
    outlet: String,
    link: Option<&'a str>,
    first_seen: String,
}

struct Silent {
    outlet: String,
    since: String,
    error: String,
}

/// With all excerpts if that is short enough; with shorter ones, then with none, if not: no report is left out.
pub fn html(digest: &Digest, recipient: &Recipient) -> String {
    [usize::MAX, 2, 1]
        .into_iter()
        .map(|paragraphs| page(digest, recipient, paragraphs))
        .find(|html| html.len() <= MAX_BYTES)
        .unwrap_or_else(|| page(digest, recipient, 0))
}

fn page(digest: &Digest, recipient: &Recipient, paragraphs: usize) -> String {
    let zone = &recipient.zone;
    let count = digest.reports.len();
    let page = Page {
        heading: format!("{count} new {}", if count == 1 { "report" } else { "reports" }),
        window: format!("{} to {}", times::short(digest.from, zone), times::full(digest.until, zone)),
        reports: digest.reports.iter().map(|report| item(report, zone, paragraphs)).collect(),
        covered: text::covered(&digest.coverage),
        failing: digest
            .coverage
            .failing
            .iter()
            .map(|silent| Silent {
                outlet: clean::line(&silent.outlet),
                since: silent
                    .last_success
                    .map_or("never read".into(), |at| format!("last read {}", times::full(at, zone))),
                error: clean::line(&silent.error),
            })
            .collect(),
        id: digest.id.as_str(),
        edition: digest.edition,
    };
    page.render().expect("a template of strings cannot fail")
}

fn item<'a>(report: &'a Report, zone: &TimeZone, paragraphs: usize) -> Item<'a> {
    let ellipsis = |cut: bool| if cut { "…" } else { "" };
    Item {
        lang: if report.lang.is_empty() { "und" } else { &report.lang },
        headline: clean::line(&report.headline),
        link: report.link.as_ref().map(url::Url::as_str),
        outlet: clean::line(&report.outlet),
        published: report.published.map(|at| times::short(at, zone)),
        first_seen: times::full(report.first_seen, zone),
        reasons: report
            .reasons
            .iter()
            .map(|reason| Why {
                line: text::why(reason).trim_start_matches("Why: ").to_owned(),
                before: ellipsis(reason.sentence.cut_before),
                pieces: text::pieces(&reason.sentence).collect(),
                after: ellipsis(reason.sentence.cut_after),
            })
            .collect(),
        paragraphs: report.excerpt.iter().take(paragraphs).map(|paragraph| clean::line(&paragraph.text)).collect(),
        cut: report.excerpt_cut || report.excerpt.len() > paragraphs,
        note: text::note(report.kind),
        copies: report
            .copies
            .iter()
            .map(|copy| Elsewhere {
                outlet: clean::line(&copy.outlet),
                link: copy.link.as_ref().map(url::Url::as_str),
                first_seen: times::short(copy.first_seen, zone),
            })
            .collect(),
    }
}
