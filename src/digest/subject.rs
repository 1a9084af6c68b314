//! The subject line.

use super::words::Words;
use super::{clean, wording};
use crate::model::digest::{Digest, Occasion};

/// Columns of the headline in the subject: what mail programs show in a list.
const HEADLINE: usize = 76;

/// `3 reports: Buses at the customs office…`, `Alert: Buses at the customs office…`
pub fn subject(digest: &Digest, words: Words) -> String {
    let Some(first) = digest.reports.first() else { return words.all_quiet().to_owned() };
    let headline = clean::shortened(&wording::or(clean::line(&first.headline), words.no_headline()), HEADLINE);
    let what = match (digest.occasion, digest.reports.len() as u64) {
        (Occasion::Alert, 1) => words.alert().to_owned(),
        (Occasion::Alert, count) => format!("{}{}{}", words.alert(), words.comma(), words.reports(count)),
        (Occasion::Digest, count) => words.reports(count),
    };
    format!("{what}{}{headline}", words.colon())
}

/// The subject of a mail that goes on from the one of that subject: mail programs put both into one thread only if they
/// are the same but for the `Re:`.
pub fn reply_subject(first: &str) -> String {
    format!("Re: {}", first.trim_start_matches("Re: "))
}
