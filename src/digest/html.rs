//! The HTML part: one fixed layout of tables with inline styles, nothing remote.
//!
//! Mail programs know little of CSS: Outlook lays out by tables alone, some of Gmail drops the style sheet. So all that
//! matters stands inline; the sheet only adds dark colours and narrower margins where it is heeded.

use askama::Template;

use super::doubts::Doubts;
use super::text::OVERVIEW_ABOVE;
use super::wording::{self, Detail, Mail, Shown};
use super::words::Words;
use super::{asides, postscripts, times};
use crate::model::digest::{Digest, Occasion, Report};
use crate::model::recipient::Recipient;

/// Gmail clips a message near 102 kB; counted as encoded for the mail.
const MAX_ENCODED_BYTES: usize = 80_000;

#[derive(Template)]
#[template(path = "digest.html")]
struct Page<'a> {
    words: Words,
    /// Above the heading, small.
    kicker: String,
    heading: String,
    /// Empty for an alert.
    window: String,
    /// Empty: nothing follows.
    to_follow: String,
    overview: Vec<(&'a str, String, &'a str)>,
    reports: &'a [Shown<'a>],
    /// Reports for which only headline, link and reasons had room.
    briefly: &'a [Shown<'a>],
    numbered: bool,
    alerted: Vec<wording::Alerted<'a>>,
    more_alerted: String,
    asides: Vec<asides::Shown<'a>>,
    more_asides: String,
    postscripts: Vec<postscripts::Line<'a>>,
    doubts: Doubts,
    about: &'static str,
    number: String,
}

/// Takes the last reports out of a digest that is too long for one mail, and returns them with the page of what is left:
/// there each report has room for the sentences that matched. One report always stays.
pub fn split_off(digest: &mut Digest, recipient: &Recipient) -> (String, Vec<Report>) {
    if let Some(page) = with_all(digest, recipient) {
        return (page, vec![]);
    }
    if digest.reports.len() < 2 {
        return (with_what_fits(digest, recipient), vec![]);
    }
    let all = std::mem::take(&mut digest.reports);
    let held = |count: usize, digest: &mut Digest| {
        digest.reports = all[..count].to_vec();
        digest.to_follow = (all.len() - count) as u64;
        fits(&page(digest, recipient, Detail::Short, count))
    };
    let fit = most_that_fit(1, all.len(), |count| held(count, digest));
    held(fit, digest);
    (html(digest, recipient), all[fit..].to_vec())
}

/// With all excerpts if that is short enough; else with the sentences that matched. Where even those are too long, as
/// many have room as fit, and the others are told by headline, link and reasons. No report is left out.
pub fn html(digest: &Digest, recipient: &Recipient) -> String {
    with_all(digest, recipient).unwrap_or_else(|| with_what_fits(digest, recipient))
}

/// `None`: not even the sentences that matched have room.
fn with_all(digest: &Digest, recipient: &Recipient) -> Option<String> {
    let pages = [Detail::Full, Detail::Short].into_iter();
    pages.map(|detail| page(digest, recipient, detail, digest.reports.len())).find(|page| fits(page))
}

fn with_what_fits(digest: &Digest, recipient: &Recipient) -> String {
    let page = |cards| page(digest, recipient, Detail::Short, cards);
    page(most_that_fit(0, digest.reports.len(), |cards| fits(&page(cards))))
}

fn fits(page: &str) -> bool {
    encoded_bytes(page) <= MAX_ENCODED_BYTES
}

/// At least `fewest`, and less than `too_many`. More reports make a longer page, so the most that fit are found by
/// halving.
fn most_that_fit(fewest: usize, mut too_many: usize, mut fits: impl FnMut(usize) -> bool) -> usize {
    let mut fit = fewest;
    while too_many - fit > 1 {
        let middle = usize::midpoint(fit, too_many);
        if fits(middle) {
            fit = middle;
        } else {
            too_many = middle;
        }
    }
    fit
}

/// The first `cards` reports in the detail given, the others as a list.
fn page(digest: &Digest, recipient: &Recipient, detail: Detail, cards: usize) -> String {
    let (zone, words) = (&recipient.zone, Words(recipient.language));
    let mail = Mail::of(digest, recipient);
    let is_alert = digest.occasion == Occasion::Alert;
    let detail_of = |at: usize| if at < cards { detail } else { Detail::Line };
    let reports: Vec<_> =
        digest.reports.iter().enumerate().map(|(at, report)| Shown::of(report, &mail, detail_of(at))).collect();
    let count = reports.len();
    let (cards, briefly) = reports.split_at(cards.min(count));
    let (alerted, more_alerted) = wording::alerted(&digest.alerted, zone, words);
    let (told_asides, more_asides) = asides::shown(&digest.asides, words);
    let overview = if cards.len() > OVERVIEW_ABOVE && briefly.is_empty() { cards } else { &[] };
    let page = Page {
        words,
        kicker: if is_alert { words.alert().to_uppercase() } else { format!("{} {}", words.digest(), digest.edition) },
        heading: wording::heading(digest, words),
        window: if is_alert { String::new() } else { times::window(digest.from, digest.until, zone, words) },
        to_follow: words.to_follow(digest.to_follow),
        overview: overview.iter().map(|report| (report.lang, report.title(), report.outlet.as_str())).collect(),
        numbered: count > 1,
        reports: cards,
        briefly,
        alerted,
        more_alerted,
        asides: told_asides,
        more_asides,
        postscripts: postscripts::lines(&digest.postscripts, zone, words),
        doubts: if is_alert { Doubts::default() } else { Doubts::of(&digest.coverage, zone, words) },
        about: words.about(recipient.gets_mail()),
        number: words.number(digest.edition, digest.id.as_str()),
    };
    page.render().expect("a template that only writes strings into a string cannot fail")
}

/// How long the page is in the mail: the shorter of quoted-printable and base64 (RFC 2045 §6.7 and §6.8), which is what
/// mail is sent in.
fn encoded_bytes(html: &str) -> usize {
    let escaped = html.bytes().filter(|byte| !byte.is_ascii() || *byte == b'=').count();
    let quoted = html.len() + 2 * escaped;
    let in_lines = |bytes: usize, columns: usize, line_end: usize| bytes + bytes.div_ceil(columns) * line_end;
    in_lines(quoted, 73, 3).min(in_lines(html.len().div_ceil(3) * 4, 76, 2))
}
