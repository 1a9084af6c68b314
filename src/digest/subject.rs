//! The subject line.

use super::words::{Words, grouped, say};
use super::{clean, wording};
use crate::model::digest::{Digest, Occasion};
use crate::model::recipient::{Language, Recipient, Rhythm};

/// Columns of the headline in the subject: what mail programs show in a list.
const HEADLINE: usize = 76;

/// `3 reports: Buses at the customs office…`, `Alert: Buses at the customs office…`; the headline alone of one report for
/// who is told of each immediately, so that `Re:` before it is true of what answers it. Neutral, if the recipient wants that.
pub fn subject(digest: &Digest, recipient: &Recipient) -> String {
    let words = Words(recipient.language);
    if recipient.neutral_subject {
        return words.neutral_subject(digest.occasion, digest.edition);
    }
    let Some(first) = digest.reports.first() else {
        let is_quiet = digest.alerted.is_empty();
        return if is_quiet { words.all_quiet().to_owned() } else { words.heading(0) };
    };
    let headline = clean::shortened(&wording::or(clean::line(&first.headline), words.no_headline()), HEADLINE);
    let what = match (digest.occasion, digest.reports.len() as u64) {
        (Occasion::Alert, 1) => words.alert().to_owned(),
        (Occasion::Alert, count) => words.alert_of(count),
        (Occasion::Digest, 1) if recipient.rhythm == Rhythm::Immediately => return headline,
        (Occasion::Digest, count) => words.reports(count),
    };
    format!("{what}{}{headline}", words.colon())
}

/// The subject of a mail that goes on from the one of that subject: mail programs put both into one thread only if they
/// are the same but for the `Re:`.
pub fn reply_subject(first: &str) -> String {
    format!("Re: {}", first.trim_start_matches("Re: "))
}

impl Words {
    fn alert_of(self, reports: u64) -> String {
        let (alert, count) = (self.alert(), self.reports(reports));
        let number = grouped(reports);
        say!(self, format!("{alert}, {count}"), format!("{alert}, {count}"), format!("{alert}（{number} 篇）"))
    }

    /// Says nothing of what the mail holds.
    fn neutral_subject(self, occasion: Occasion, edition: i64) -> String {
        match occasion {
            Occasion::Digest => say!(
                self,
                format!("newsvigil digest {edition}"),
                format!("newsvigil 다이제스트 {edition}호"),
                format!("newsvigil 摘要第 {edition} 期")
            ),
            Occasion::Alert => say!(
                self,
                format!("newsvigil alert {edition}"),
                format!("newsvigil 긴급 알림 {edition}호"),
                format!("newsvigil 快讯第 {edition} 期")
            ),
        }
    }
}
