//! The text part: complete by itself, readable at 72 columns; where it is no mail's, left for the screen to break.

use super::clean::Piece;
use super::doubts::Doubts;
use super::wording::{self, Detail, Mail, Outlet, Shown, Why};
use super::words::Words;
use super::wrap::{COLUMNS, broken};
use super::{asides, postscripts, times};
use crate::model::digest::{Digest, Occasion};
use crate::model::recipient::Recipient;

const INDENT: &str = "   ";
/// Of a message to a telephone, which breaks lines and rules where its screen ends: a paragraph is one line, yet never so
/// long that what splits messages at lines must split a character.
const MESSAGE_COLUMNS: usize = 1_000;
const MESSAGE_RULE: usize = 12;

/// With more reports than this, their headlines are listed first.
pub const OVERVIEW_ABOVE: usize = 3;

/// How the text is laid out.
#[derive(Clone, Copy)]
struct Sheet {
    words: Words,
    columns: usize,
    rule: usize,
}

impl Sheet {
    fn of(recipient: &Recipient) -> Sheet {
        let (columns, rule) = if recipient.gets_mail() { (COLUMNS, COLUMNS) } else { (MESSAGE_COLUMNS, MESSAGE_RULE) };
        Sheet { words: Words(recipient.language), columns, rule }
    }

    fn wrapped(self, text: &str, first_indent: &str, indent: &str) -> String {
        broken(text, first_indent, indent, self.columns)
    }

    fn paragraph(self, out: &mut String, text: &str) {
        if !text.is_empty() {
            out.push_str(&self.wrapped(text, INDENT, INDENT));
        }
    }
}

pub fn text(digest: &Digest, recipient: &Recipient) -> String {
    let sheet = Sheet::of(recipient);
    let mail = Mail::of(digest, recipient);
    let reports: Vec<_> = digest.reports.iter().map(|report| Shown::of(report, &mail, Detail::Full)).collect();
    let rule = "=".repeat(sheet.rule);
    let mut out = head(digest, recipient, sheet);
    if reports.len() > OVERVIEW_ABOVE {
        out.push('\n');
        for (number, report) in (1..).zip(&reports) {
            out.push_str(&sheet.wrapped(&format!("{} ({})", report.title(), report.outlet), &label(number), INDENT));
        }
    }
    for (number, report) in (1..).zip(&reports) {
        out.push_str(&format!("\n{rule}\n\n{}", told(number, report, sheet)));
    }
    if !digest.alerted.is_empty() {
        out.push_str(&format!("\n{rule}\n\n{}", told_already(digest, recipient, sheet)));
    }
    if !digest.asides.is_empty() {
        out.push_str(&format!("\n{rule}\n\n{}", told_aside(digest, sheet)));
    }
    out.push_str(&format!("\n{rule}\n\n{}", foot(digest, recipient, sheet)));
    out
}

fn head(digest: &Digest, recipient: &Recipient, sheet: Sheet) -> String {
    let mut lines = vec![wording::heading(digest, sheet.words)];
    if digest.occasion == Occasion::Digest {
        lines.push(times::window(digest.from, digest.until, &recipient.zone, sheet.words));
    }
    lines.push(sheet.words.to_follow(digest.to_follow));
    lines.iter().filter(|line| !line.is_empty()).map(|line| sheet.wrapped(line, "", "")).collect()
}

fn label(number: usize) -> String {
    format!("{number}. ")
}

fn told(number: usize, report: &Shown<'_>, sheet: Sheet) -> String {
    let mut out = sheet.wrapped(&marked(&report.headline), &label(number), INDENT);
    if let Some(link) = report.link {
        out.push_str(&format!("{INDENT}{}\n", link.url));
    }
    out.push('\n');
    let language = if report.language.is_empty() { String::new() } else { format!(" ({})", report.language) };
    sheet.paragraph(&mut out, &format!("{}{language}{}{}", report.outlet, sheet.words.pause(), report.dates));
    for why in &report.reasons {
        sheet.paragraph(&mut out, &because(why, sheet));
    }
    sheet.paragraph(&mut out, &report.credits);
    sheet.paragraph(&mut out, report.note);
    sheet.paragraph(&mut out, &report.age);
    for quote in &report.quotes {
        out.push('\n');
        out.push_str(&sheet.wrapped(&marked(quote), "   > ", "   > "));
    }
    for (place, pieces) in (1..).zip(&report.excerpt) {
        let more = if report.goes_on && place == report.excerpt.len() { " …" } else { "" };
        out.push('\n');
        sheet.paragraph(&mut out, &format!("{}{more}", marked(pieces)));
    }
    if !report.event.is_empty() {
        out.push('\n');
        sheet.paragraph(&mut out, &report.event.iter().map(|part| part.text.as_str()).collect::<String>());
        for link in report.event.iter().filter_map(|part| part.link) {
            out.push_str(&format!("{INDENT}{}\n", link.url));
        }
    }
    if !report.relation.is_empty() {
        out.push('\n');
        sheet.paragraph(&mut out, &report.relation);
    }
    if !report.outlets.is_empty() {
        out.push('\n');
        sheet.paragraph(&mut out, &report.same_text);
        for outlet in &report.outlets {
            out.push_str(&elsewhere(outlet, sheet));
        }
        sheet.paragraph(&mut out, &report.more_outlets);
    }
    out
}

/// `Watch “Forced returns” (urgent): repatriated (in the headline and 2 more places)`
fn because(why: &Why, sheet: Sheet) -> String {
    let urgent = if why.urgent.is_empty() { String::new() } else { format!(" ({})", why.urgent) };
    let terms = if why.terms.is_empty() { String::new() } else { format!("{}{}", sheet.words.colon(), why.terms) };
    format!("{}{urgent}{terms} ({})", sheet.words.watch(&why.watch), why.place)
}

fn elsewhere(outlet: &Outlet<'_>, sheet: Sheet) -> String {
    let role = if outlet.role.is_empty() { String::new() } else { format!(" ({})", outlet.role) };
    let mut out =
        sheet.wrapped(&format!("{}{}{}{role}", outlet.name, sheet.words.pause(), outlet.first_seen), "   - ", "     ");
    if let Some(link) = outlet.link {
        out.push_str(&format!("     {}\n", link.url));
    }
    out
}

fn marked(pieces: &[Piece]) -> String {
    pieces.iter().map(|piece| if piece.marked { format!("*{}*", piece.text) } else { piece.text.clone() }).collect()
}

fn told_already(digest: &Digest, recipient: &Recipient, sheet: Sheet) -> String {
    let (shown, more) = wording::alerted(&digest.alerted, &recipient.zone, sheet.words);
    let mut out = sheet.wrapped(sheet.words.already_mailed(), "", "");
    for alerted in &shown {
        out.push_str(&sheet.wrapped(&format!("{} ({})", alerted.headline, alerted.told), "- ", "  "));
        if let Some(link) = alerted.link {
            out.push_str(&format!("  {}\n", link.url));
        }
    }
    if !more.is_empty() {
        out.push_str(&sheet.wrapped(&more, "", ""));
    }
    out
}

fn told_aside(digest: &Digest, sheet: Sheet) -> String {
    let (shown, more) = asides::shown(&digest.asides, sheet.words);
    let mut out = sheet.wrapped(sheet.words.asides_title(), "", "");
    for aside in &shown {
        out.push('\n');
        out.push_str(&sheet.wrapped(&marked(&aside.sentence), "- ", "  "));
        let (beside, headline) = (sheet.words.beside(), sheet.words.quoted(&aside.headline));
        let page = format!("{beside}{headline}{}{}", sheet.words.pause(), aside.outlet);
        out.push_str(&sheet.wrapped(&format!("{page}{}{}", sheet.words.stop(), aside.why), "  ", "  "));
        if let Some(link) = aside.link {
            out.push_str(&format!("  {}\n", link.url));
        }
    }
    if !more.is_empty() {
        out.push('\n');
        out.push_str(&sheet.wrapped(&more, "", ""));
    }
    out
}

fn foot(digest: &Digest, recipient: &Recipient, sheet: Sheet) -> String {
    let mut out = String::new();
    let postscripts = postscripts::lines(&digest.postscripts, &recipient.zone, sheet.words);
    if !postscripts.is_empty() {
        out.push_str(&sheet.wrapped(sheet.words.seen_since(), "", ""));
        for line in postscripts {
            out.push_str(&sheet.wrapped(&format!("{}{}", line.headline, line.rest), "- ", "  "));
            if let Some(link) = line.link {
                out.push_str(&format!("  {}\n", link.url));
            }
        }
        out.push('\n');
    }
    if digest.occasion == Occasion::Digest {
        let doubts = Doubts::of(&digest.coverage, &recipient.zone, sheet.words);
        out.push_str(&sheet.wrapped(sheet.words.watched(), "", ""));
        out.push_str(&sheet.wrapped(&doubts.coverage, "", ""));
        for (name, why) in &doubts.told {
            out.push_str(&sheet.wrapped(&format!("{name}{}{why}", sheet.words.colon()), "- ", "  "));
        }
        if !doubts.others.is_empty() {
            out.push_str(&sheet.wrapped(&doubts.others, "- ", "  "));
        }
        for line in &doubts.lines {
            out.push_str(&sheet.wrapped(line, "- ", "  "));
        }
        out.push('\n');
    }
    out.push_str(&sheet.wrapped(sheet.words.about(recipient.gets_mail()), "", ""));
    out.push_str(&sheet.wrapped(&sheet.words.number(digest.edition, digest.id.as_str()), "", ""));
    out
}
