//! The subject line.

use super::{clean, wording};
use crate::model::digest::Digest;

/// Columns of the headline in the subject: what mail programs show in a list.
const HEADLINE: usize = 76;

/// `3 reports: Buses at the customs office…`
pub fn subject(digest: &Digest) -> String {
    match digest.reports.first() {
        Some(first) => {
            let headline = clean::shortened(&wording::or(clean::line(&first.headline), wording::NO_HEADLINE), HEADLINE);
            format!("{}: {headline}", wording::counted(digest.reports.len() as u64, "report"))
        }
        None => "No new reports".to_owned(),
    }
}
