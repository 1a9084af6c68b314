//! Reports that wait for a reader, to a mail's text and HTML. Pure.
//!
//! Knows nothing of databases or mail servers: what is composed is frozen by the caller, what is rendered is mailed as
//! it is.

mod clean;
mod compose;
mod html;
mod subject;
mod text;
mod times;

pub use compose::{Limits, compose};

use crate::model::digest::{Digest, Rendered};
use crate::model::recipient::Recipient;

/// Writes the mail. The same digest gives the same bytes.
pub fn render(digest: &Digest, recipient: &Recipient) -> Rendered {
    Rendered {
        subject: subject::subject(digest),
        text: text::text(digest, recipient),
        html: html::html(digest, recipient),
    }
}
