//! Reports that wait for a reader, to a mail's text and HTML. Pure.

use crate::model::digest::{Digest, Rendered};
use crate::model::recipient::Recipient;

/// Writes the mail. The same digest gives the same bytes.
pub fn render(digest: &Digest, recipient: &Recipient) -> Rendered {
    todo!()
}
