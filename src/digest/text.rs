//! The text part: complete by itself, readable at 72 columns.

use super::clean::Piece;
use super::wording::{self, Detail, Outlet, Shown, Silence, Why};
use super::wrap::{COLUMNS, wrapped};
use super::{asides, postscripts, times};
use crate::model::digest::Digest;
use crate::model::recipient::Recipient;

const INDENT: &str = "   ";

/// With more reports than this, their headlines are listed first.
pub const OVERVIEW_ABOVE: usize = 3;

pub fn text(digest: &Digest, recipient: &Recipient) -> String {
    let reports: Vec<_> =
        digest.reports.iter().map(|report| Shown::of(report, &recipient.zone, Detail::Full)).collect();
    let mut out = head(digest, recipient);
    if reports.len() > OVERVIEW_ABOVE {
        out.push('\n');
        for (number, report) in (1..).zip(&reports) {
            out.push_str(&wrapped(&format!("{} ({})", report.title(), report.outlet), &label(number), INDENT));
        }
    }
    for (number, report) in (1..).zip(&reports) {
        out.push_str(&format!("\n{}\n\n{}", "=".repeat(COLUMNS), told(number, report)));
    }
    let rule = "=".repeat(COLUMNS);
    if !digest.asides.is_empty() {
        out.push_str(&format!("\n{rule}\n\n{}", told_aside(digest)));
    }
    out.push_str(&format!("\n{rule}\n\n{}", foot(digest, recipient)));
    out
}

fn head(digest: &Digest, recipient: &Recipient) -> String {
    let count = match digest.reports.len() {
        0 => "No new reports".to_owned(),
        count => wording::counted(count as u64, "new report"),
    };
    wrapped(&count, "", "") + &wrapped(&times::window(digest.from, digest.until, &recipient.zone), "", "")
}

fn label(number: usize) -> String {
    format!("{number}. ")
}

fn told(number: usize, report: &Shown<'_>) -> String {
    let mut out = wrapped(&marked(&report.headline), &label(number), INDENT);
    if let Some(link) = report.link {
        out.push_str(&format!("{INDENT}{}\n", link.url));
    }
    out.push('\n');
    let language = if report.language.is_empty() { String::new() } else { format!(" ({})", report.language) };
    paragraph(&mut out, &format!("{}{language}, {}", report.outlet, report.dates));
    for why in &report.reasons {
        paragraph(&mut out, &because(why));
    }
    paragraph(&mut out, &report.credits);
    paragraph(&mut out, report.note);
    paragraph(&mut out, &report.age);
    for quote in &report.quotes {
        out.push('\n');
        out.push_str(&wrapped(&marked(quote), "   > ", "   > "));
    }
    for (place, pieces) in (1..).zip(&report.excerpt) {
        let more = if report.goes_on && place == report.excerpt.len() { " …" } else { "" };
        out.push('\n');
        paragraph(&mut out, &format!("{}{more}", marked(pieces)));
    }
    for among_others in [&report.event, &report.relation].into_iter().filter(|text| !text.is_empty()) {
        out.push('\n');
        paragraph(&mut out, among_others);
    }
    if !report.outlets.is_empty() {
        out.push('\n');
        paragraph(&mut out, &format!("The same text in {}:", wording::counted(report.outlets.len() as u64, "outlet")));
        for outlet in &report.outlets {
            out.push_str(&elsewhere(outlet));
        }
    }
    out
}

fn paragraph(out: &mut String, text: &str) {
    if !text.is_empty() {
        out.push_str(&wrapped(text, INDENT, INDENT));
    }
}

/// `Watch “Forced returns”: repatriat* (in the headline and 2 more places)`
fn because(why: &Why) -> String {
    let terms = if why.terms.is_empty() { String::new() } else { format!(": {}", why.terms) };
    format!("Watch “{}”{terms} ({})", why.watch, why.place)
}

fn elsewhere(outlet: &Outlet<'_>) -> String {
    let role = if outlet.role.is_empty() { String::new() } else { format!(" ({})", outlet.role) };
    let mut out = wrapped(&format!("{}, {}{role}", outlet.name, outlet.first_seen), "   - ", "     ");
    if let Some(link) = outlet.link {
        out.push_str(&format!("     {}\n", link.url));
    }
    out
}

fn marked(pieces: &[Piece]) -> String {
    pieces.iter().map(|piece| if piece.marked { format!("*{}*", piece.text) } else { piece.text.clone() }).collect()
}

fn told_aside(digest: &Digest) -> String {
    let (shown, more) = asides::shown(&digest.asides);
    let mut out = wrapped(asides::TITLE, "", "");
    for aside in &shown {
        out.push('\n');
        out.push_str(&wrapped(&marked(&aside.sentence), "- ", "  "));
        out.push_str(&wrapped(&format!("beside “{}”, {}. {}", aside.headline, aside.outlet, aside.why), "  ", "  "));
        if let Some(link) = aside.link {
            out.push_str(&format!("  {}\n", link.url));
        }
    }
    if !more.is_empty() {
        out.push('\n');
        out.push_str(&wrapped(&more, "", ""));
    }
    out
}

fn foot(digest: &Digest, recipient: &Recipient) -> String {
    let mut out = String::new();
    let postscripts = postscripts::lines(&digest.postscripts, &recipient.zone);
    if !postscripts.is_empty() {
        out.push_str(&wrapped(postscripts::HEADING, "", ""));
        for line in postscripts {
            out.push_str(&wrapped(&line, "- ", "  "));
        }
        out.push('\n');
    }
    out.push_str(&wrapped(&wording::coverage(&digest.coverage), "", ""));
    let silence = Silence::of(&digest.coverage.failing, &recipient.zone);
    for (name, why) in &silence.told {
        out.push_str(&wrapped(&format!("{name}: {why}"), "- ", "  "));
    }
    if !silence.others.is_empty() {
        out.push_str(&wrapped(&silence.others, "- ", "  "));
    }
    for line in wording::doubts(&digest.coverage, &recipient.zone) {
        out.push_str(&wrapped(&line, "- ", "  "));
    }
    out.push('\n');
    out.push_str(&wrapped(wording::ABOUT, "", ""));
    out.push_str(&wrapped(&format!("Digest no. {} ({})", digest.edition, digest.id), "", ""));
    out
}
