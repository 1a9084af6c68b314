//! The subject line.

use super::clean;
use crate::model::digest::Digest;

/// Characters of the headline in the subject: what mail programs show in a list.
const HEADLINE: usize = 70;

/// `3 reports: Buses at the customs office…`
pub fn subject(digest: &Digest) -> String {
    let count = digest.reports.len();
    let noun = if count == 1 { "report" } else { "reports" };
    match digest.reports.first() {
        Some(first) => format!("{count} {noun}: {}", clean::shortened(&clean::line(&first.headline), HEADLINE)),
        None => "no new reports".to_owned(),
    }
}
