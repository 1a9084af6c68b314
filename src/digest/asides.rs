//! What watches found only in what was taken out of pages: told at the end, once, and never a reason for a mail.

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
