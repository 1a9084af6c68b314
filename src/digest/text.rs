//! The text part: complete by itself, readable at 72 columns.

use jiff::tz::TimeZone;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{clean, times};
use crate::model::article::ArticleKind;
use crate::model::digest::{Coverage, Digest, Reason, Report};
use crate::model::recipient::Recipient;
use crate::model::watch::{Field, Snippet};

const COLUMNS: usize = 72;

pub fn text(digest: &Digest, recipient: &Recipient) -> String {
    let zone = &recipient.zone;
    let mut out = String::new();
    let count = digest.reports.len();
    let noun = if count == 1 { "report" } else { "reports" };
    out.push_str(&format!("newsvigil: {count} new {noun}\n"));
    out.push_str(&format!("{} to {}\n", times::short(digest.from, zone), times::full(digest.until, zone)));
    for (number, report) in digest.reports.iter().enumerate() {
        out.push_str(&format!("\n{}\n\n", "=".repeat(COLUMNS)));
        tell(&mut out, number + 1, report, zone);
    }
    out.push_str(&format!("\n{}\n\n", "=".repeat(COLUMNS)));
    cover(&mut out, &digest.coverage, zone);
    out.push_str(&format!("\nDigest {} no. {}\n", digest.id, digest.edition));
    out
}

fn tell(out: &mut String, number: usize, report: &Report, zone: &TimeZone) {
    wrap(out, &format!("{number}. {}", clean::line(&report.headline)), "   ", true);
    let mut from = format!("   {}", clean::line(&report.outlet));
    if let Some(published) = report.published {
        from.push_str(&format!(", dated {}", times::short(published, zone)));
    }
    wrap(out, &format!("{}, first seen {}", from.trim_start(), times::full(report.first_seen, zone)), "   ", false);
    if let Some(link) = &report.link {
        out.push_str(&format!("   {link}\n"));
    }
    for copy in &report.copies {
        let link = copy.link.as_ref().map(|link| format!(" {link}")).unwrap_or_default();
        out.push_str(&format!(
            "   same text: {}, {}{link}\n",
            clean::line(&copy.outlet),
            times::short(copy.first_seen, zone)
        ));
    }
    out.push('\n');
    for reason in &report.reasons {
        wrap(out, &why(reason), "   ", false);
        wrap(out, &format!("\"{}\"", marked(&reason.sentence)), "     ", false);
    }
    for paragraph in &report.excerpt {
        out.push('\n');
        wrap(out, &clean::line(&paragraph.text), "   ", false);
    }
    if report.excerpt_cut {
        out.push_str("\n   […]\n");
    }
    if let Some(note) = note(report.kind) {
        out.push('\n');
        wrap(out, note, "   ", false);
    }
}

/// `Why: watch "Shenyang", term Shenyang, in the text (2 places)`
pub fn why(reason: &Reason) -> String {
    let place = match reason.field {
        Field::Title => "in the headline",
        Field::Body => "in the text",
    };
    let places = if reason.places > 1 { format!(", {} places", reason.places) } else { String::new() };
    let terms = if reason.terms.len() == 1 { "term" } else { "terms" };
    format!(
        "Why: watch “{}”, {terms} {}, {place}{places}",
        clean::line(&reason.watch_name),
        clean::line(&reason.terms.join(", "))
    )
}

/// What a reader must know of where the text is from.
pub fn note(kind: ArticleKind) -> Option<&'static str> {
    match kind {
        ArticleKind::Page => None,
        ArticleKind::Feed => Some("The page was not read: this is the text that the feed gave."),
        ArticleKind::Walled => Some("The page is behind a wall: this is the text that the feed gave."),
    }
}

fn marked(snippet: &Snippet) -> String {
    let marked = pieces(snippet).map(|(piece, is_mark)| if is_mark { format!("*{piece}*") } else { piece.to_owned() });
    let ellipsis = |cut: bool| if cut { "…" } else { "" };
    format!(
        "{}{}{}",
        ellipsis(snippet.cut_before),
        clean::line(&marked.collect::<String>()),
        ellipsis(snippet.cut_after)
    )
}

/// The snippet in order, each piece with whether it is a mark; ranges that fit no text are left unmarked.
pub fn pieces(snippet: &Snippet) -> impl Iterator<Item = (&str, bool)> {
    let mut at = 0;
    let mut pieces = vec![];
    for &(start, end) in &snippet.marks {
        if let (Some(before), Some(mark)) = (snippet.text.get(at..start), snippet.text.get(start..end)) {
            pieces.push((before, false));
            pieces.push((mark, true));
            at = end;
        }
    }
    pieces.push((snippet.text.get(at..).unwrap_or_default(), false));
    pieces.into_iter().filter(|(piece, _)| !piece.is_empty())
}

fn cover(out: &mut String, coverage: &Coverage, zone: &TimeZone) {
    wrap(out, &covered(coverage), "", false);
    for silent in &coverage.failing {
        let since =
            silent.last_success.map_or("never read".to_owned(), |at| format!("last read {}", times::full(at, zone)));
        wrap(out, &format!("- {}: {since}; {}", clean::line(&silent.outlet), clean::line(&silent.error)), "  ", true);
    }
}

/// How far silence can be trusted, in a sentence.
pub fn covered(coverage: &Coverage) -> String {
    let Coverage { sources, articles, failing } = coverage;
    let trouble = match failing.len() {
        0 => "all of them could be read".to_owned(),
        1 => "1 could not be read:".to_owned(),
        count => format!("{count} could not be read:"),
    };
    format!("Checked {articles} articles from {sources} sources; {trouble}")
}

/// Appends wrapped lines. `hang`: the first line stands to the left of the indent. Scripts without spaces break
/// anywhere.
fn wrap(out: &mut String, text: &str, indent: &str, hang: bool) {
    let mut line = if hang { String::new() } else { indent.to_owned() };
    let mut empty = true;
    for word in text.split(' ') {
        for (i, piece) in breakable(word).into_iter().enumerate() {
            let space = if i == 0 && !empty { " " } else { "" };
            if !empty && line.width() + space.len() + piece.width() > COLUMNS {
                out.push_str(line.trim_end());
                out.push('\n');
                line = indent.to_owned();
                line.push_str(piece);
            } else {
                line.push_str(space);
                line.push_str(piece);
            }
            empty = false;
        }
    }
    out.push_str(line.trim_end());
    out.push('\n');
}

/// A word, or, if it holds wide characters, its characters.
fn breakable(word: &str) -> Vec<&str> {
    let wide = |c: char| c.width() == Some(2) && !('\u{ac00}'..='\u{d7a3}').contains(&c);
    if !word.chars().any(wide) {
        return vec![word];
    }
    let mut pieces = vec![];
    let mut start = 0;
    for (at, c) in word.char_indices() {
        if at > start && wide(c) && !"，。、；：？！）」』”’".contains(c) {
            pieces.push(&word[start..at]);
            start = at;
        }
    }
    pieces.push(&word[start..]);
    pieces
}
