//! Reports that wait for a reader, to a mail's text and HTML. Pure.

use crate::model::digest::{Digest, Rendered};
use crate::model::recipient::Recipient;

/// Writes the mail. The same digest gives the same bytes.
pub fn render(digest: &Digest, recipient: &Recipient) -> Rendered {
    todo!()
}

#[derive(Default)]
pub struct Limits {}
pub fn compose(
    recipient: &Recipient,
    watches: &[crate::model::watch::WatchSpec],
    waiting: &[crate::model::digest::WaitingReport],
    coverage: crate::model::digest::Coverage,
    window: (crate::model::time::Timestamp, crate::model::time::Timestamp),
    edition: i64,
    limits: &Limits,
) -> (Digest, Vec<crate::model::id::EntryId>) {
    todo!()
}
