//! The text part: complete by itself, readable at 72 columns.

use super::clean::Piece;
use super::doubts::Doubts;
use super::wording::{self, Detail, Mail, Outlet, Shown, Why};
use super::words::Words;
use super::wrap::{COLUMNS, wrapped};
use super::{asides, postscripts, times};
use crate::model::digest::{Digest, Occasion};
use crate::model::recipient::Recipient;

const INDENT: &str = "   ";
const SHORT_RULE: usize = 12;

/// With more reports than this, their headlines are listed first.
pub const OVERVIEW_ABOVE: usize = 3;

pub fn text(digest: &Digest, recipient: &Recipient) -> String {
    let words = Words(recipient.language);
    let mail = Mail::of(digest, recipient);
    let reports: Vec<_> = digest.reports.iter().map(|report| Shown::of(report, &mail, Detail::Full)).collect();
    // On a telephone a long rule is broken into two.
    let rule = "=".repeat(if recipient.gets_mail() { COLUMNS } else { SHORT_RULE });
    let mut out = head(digest, recipient, words);
    if reports.len() > OVERVIEW_ABOVE {
        out.push('\n');
        for (number, report) in (1..).zip(&reports) {
            out.push_str(&wrapped(&format!("{} ({})", report.title(), report.outlet), &label(number), INDENT));
        }
    }
    for (number, report) in (1..).zip(&reports) {
        out.push_str(&format!("\n{rule}\n\n{}", told(number, report, words)));
    }
    if !digest.alerted.is_empty() {
        out.push_str(&format!("\n{rule}\n\n{}", told_already(digest, recipient, words)));
    }
    if !digest.asides.is_empty() {
        out.push_str(&format!("\n{rule}\n\n{}", told_aside(digest, words)));
    }
    out.push_str(&format!("\n{rule}\n\n{}", foot(digest, recipient, words)));
    out
}

fn head(digest: &Digest, recipient: &Recipient, words: Words) -> String {
    let mut lines = vec![wording::heading(digest, words)];
    if digest.occasion == Occasion::Digest {
        lines.push(times::window(digest.from, digest.until, &recipient.zone, words));
    }
    lines.push(words.to_follow(digest.to_follow));
    lines.iter().filter(|line| !line.is_empty()).map(|line| wrapped(line, "", "")).collect()
}

fn label(number: usize) -> String {
    format!("{number}. ")
}

fn told(number: usize, report: &Shown<'_>, words: Words) -> String {
    let mut out = wrapped(&marked(&report.headline), &label(number), INDENT);
    if let Some(link) = report.link {
        out.push_str(&format!("{INDENT}{}\n", link.url));
    }
    out.push('\n');
    let language = if report.language.is_empty() { String::new() } else { format!(" ({})", report.language) };
    paragraph(&mut out, &format!("{}{language}{}{}", report.outlet, words.pause(), report.dates));
    for why in &report.reasons {
        paragraph(&mut out, &because(why, words));
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
    if !report.event.is_empty() {
        out.push('\n');
        paragraph(&mut out, &report.event.iter().map(|part| part.text.as_str()).collect::<String>());
        for link in report.event.iter().filter_map(|part| part.link) {
            out.push_str(&format!("{INDENT}{}\n", link.url));
        }
    }
    if !report.relation.is_empty() {
        out.push('\n');
        paragraph(&mut out, &report.relation);
    }
    if !report.outlets.is_empty() {
        out.push('\n');
        paragraph(&mut out, &report.same_text);
        for outlet in &report.outlets {
            out.push_str(&elsewhere(outlet, words));
        }
        paragraph(&mut out, &report.more_outlets);
    }
    out
}

fn paragraph(out: &mut String, text: &str) {
    if !text.is_empty() {
        out.push_str(&wrapped(text, INDENT, INDENT));
    }
}

/// `Watch “Forced returns” (urgent): repatriated (in the headline and 2 more places)`
fn because(why: &Why, words: Words) -> String {
    let urgent = if why.urgent.is_empty() { String::new() } else { format!(" ({})", why.urgent) };
    let terms = if why.terms.is_empty() { String::new() } else { format!("{}{}", words.colon(), why.terms) };
    format!("{}{urgent}{terms} ({})", words.watch(&why.watch), why.place)
}

fn elsewhere(outlet: &Outlet<'_>, words: Words) -> String {
    let role = if outlet.role.is_empty() { String::new() } else { format!(" ({})", outlet.role) };
    let mut out = wrapped(&format!("{}{}{}{role}", outlet.name, words.pause(), outlet.first_seen), "   - ", "     ");
    if let Some(link) = outlet.link {
        out.push_str(&format!("     {}\n", link.url));
    }
    out
}

fn marked(pieces: &[Piece]) -> String {
    pieces.iter().map(|piece| if piece.marked { format!("*{}*", piece.text) } else { piece.text.clone() }).collect()
}

fn told_already(digest: &Digest, recipient: &Recipient, words: Words) -> String {
    let (shown, more) = wording::alerted(&digest.alerted, &recipient.zone, words);
    let mut out = wrapped(words.already_mailed(), "", "");
    for alerted in &shown {
        out.push_str(&wrapped(&format!("{} ({})", alerted.headline, alerted.told), "- ", "  "));
        if let Some(link) = alerted.link {
            out.push_str(&format!("  {}\n", link.url));
        }
    }
    if !more.is_empty() {
        out.push_str(&wrapped(&more, "", ""));
    }
    out
}

fn told_aside(digest: &Digest, words: Words) -> String {
    let (shown, more) = asides::shown(&digest.asides, words);
    let mut out = wrapped(words.asides_title(), "", "");
    for aside in &shown {
        out.push('\n');
        out.push_str(&wrapped(&marked(&aside.sentence), "- ", "  "));
        let (beside, headline) = (words.beside(), words.quoted(&aside.headline));
        let page = format!("{beside}{headline}{}{}", words.pause(), aside.outlet);
        out.push_str(&wrapped(&format!("{page}{}{}", words.stop(), aside.why), "  ", "  "));
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

fn foot(digest: &Digest, recipient: &Recipient, words: Words) -> String {
    let mut out = String::new();
    let postscripts = postscripts::lines(&digest.postscripts, &recipient.zone, words);
    if !postscripts.is_empty() {
        out.push_str(&wrapped(words.seen_since(), "", ""));
        for line in postscripts {
            out.push_str(&wrapped(&format!("{}{}", line.headline, line.rest), "- ", "  "));
            if let Some(link) = line.link {
                out.push_str(&format!("  {}\n", link.url));
            }
        }
        out.push('\n');
    }
    if digest.occasion == Occasion::Digest {
        let doubts = Doubts::of(&digest.coverage, &recipient.zone, words);
        out.push_str(&wrapped(words.watched(), "", ""));
        out.push_str(&wrapped(&doubts.coverage, "", ""));
        for (name, why) in &doubts.told {
            out.push_str(&wrapped(&format!("{name}{}{why}", words.colon()), "- ", "  "));
        }
        if !doubts.others.is_empty() {
            out.push_str(&wrapped(&doubts.others, "- ", "  "));
        }
        for line in &doubts.lines {
            out.push_str(&wrapped(line, "- ", "  "));
        }
        out.push('\n');
    }
    out.push_str(&wrapped(words.about(recipient.gets_mail()), "", ""));
    out.push_str(&wrapped(&words.number(digest.edition, digest.id.as_str()), "", ""));
    out
}
