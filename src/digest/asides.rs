//! What watches found only in what was taken out of pages: told at the end, once, and never a reason for a mail.

use super::clean::{self, Piece};
use super::excerpt;
use super::wording::{self, Link, NO_HEADLINE};
use crate::model::digest::{AsideNote, Digest, WaitingAside};
use crate::model::recipient::Recipient;
use crate::model::watch::WatchSpec;

/// Returns what is to be told of the asides that wait: those of watches the recipient follows, but for lines that are the
/// headline of a report of the digest (a teaser of it on another page).
pub fn asides(
    recipient: &Recipient,
    watches: &[WatchSpec],
    waiting: &[WaitingAside],
    digest: &Digest,
) -> Vec<AsideNote> {
    let headlines: Vec<String> = digest.reports.iter().map(|report| letters(&report.headline)).collect();
    let told = |line: &str| headlines.iter().any(|headline| !headline.is_empty() && line.contains(headline.as_str()));
    let wanted =
        waiting.iter().filter(|aside| recipient.follows(&aside.hit.watch) && !told(&letters(&aside.hit.sentence.text)));
    wanted.map(|aside| note(aside, watches)).collect()
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn note(aside: &WaitingAside, watches: &[WatchSpec]) -> AsideNote {
    let name = watches.iter().find(|watch| watch.id == aside.hit.watch).map(|watch| watch.name.clone());
    AsideNote {
        outlet: aside.outlet.clone(),
        headline: aside.headline.clone(),
        link: aside.link.clone(),
        lang: aside.lang.clone(),
        watch_name: name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| aside.hit.watch.to_string()),
        sentence: aside.hit.sentence.clone(),
        filter: aside.filter.clone(),
    }
}

/// Where a reader learns of what was found only in what was taken out.
pub const TITLE: &str = "Only in what was taken for page furniture (menus, teasers, boxes; not counted as reports):";
/// Of those, as many are told.
const MAX_ASIDES: usize = 12;
const MAX_ASIDE_COLUMNS: usize = 300;

/// An aside in a reader's words.
pub struct Shown<'a> {
    pub lang: &'a str,
    pub outlet: String,
    pub headline: String,
    pub link: Option<Link<'a>>,
    pub sentence: Vec<Piece>,
    /// The watch and what took the line out.
    pub why: String,
}

/// What a filter takes its lines for.
fn taken_as(filter: &str) -> &'static str {
    match filter {
        "main_text" => "standing outside the text",
        "learnt" => "recurring on many pages",
        "site_rules" => "a rule in sites.toml says",
        "repeats" => "a repetition",
        "ads" => "an advertisement",
        "pitches" => "an invitation to subscribe, give or follow",
        "related_links" => "a pointer to other reports",
        "comments" => "a reader's comment",
        "notices" => "a legal notice",
        "controls" => "a button of the page",
        "credits" => "a credit line",
        _ => "furniture",
    }
}

/// The first asides, and what is to be said of the others.
pub fn shown(asides: &[AsideNote]) -> (Vec<Shown<'_>>, String) {
    let shown = asides.iter().take(MAX_ASIDES).map(|aside| Shown {
        lang: wording::lang(&aside.lang),
        outlet: wording::outlet(&aside.outlet),
        headline: wording::or(clean::line(&aside.headline), NO_HEADLINE),
        link: aside.link.as_ref().and_then(wording::link),
        sentence: wording::with_ellipses(&excerpt::shortened(&aside.sentence, MAX_ASIDE_COLUMNS)),
        why: format!("Watch “{}”, taken out as {}", clean::line(&aside.watch_name), taken_as(&aside.filter)),
    });
    let more = match asides.len().saturating_sub(MAX_ASIDES) {
        0 => String::new(),
        more => format!("and {} of this kind", wording::counted(more as u64, "more line")),
    };
    (shown.collect(), more)
}
