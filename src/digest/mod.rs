//! Reports that wait for a reader, to a mail's text and HTML. Pure.
//!
//! [`compose`] decides which reports a digest holds, in what order and how much of each; [`render`] writes it twice, as
//! text and as HTML, each complete by itself; [`render_one_mail`] takes out before what has no room in one mail. Everything a reader is told about a report is put together once, in
//! `wording`, of the phrases of their language in `words`; `text` and `html` only lay it out.
//!
//! Promises: every report is shown with the reason it is there; text from outside cannot bring markup, line breaks,
//! direction overrides or invisible characters into a mail; nothing remote is loaded by it; the same digest gives the
//! same bytes. Knows nothing of databases or mail servers: what is composed is frozen by the caller, what is rendered
//! is mailed as it is.

mod asides;
mod clean;
mod compose;
mod doubts;
mod excerpt;
mod html;
mod notice;
mod postscripts;
mod provenance;
mod subject;
mod text;
mod times;
mod wording;
mod words;
mod wrap;

pub use asides::asides;
pub use compose::{Composed, FollowUps, Limits, compose};
pub use notice::{News, notice};
pub use subject::reply_subject;

use crate::model::digest::{Digest, Rendered, Report};
use crate::model::recipient::Recipient;

/// Writes the mail. The same digest gives the same bytes.
pub fn render(digest: &Digest, recipient: &Recipient) -> Rendered {
    around(html::html(digest, recipient), digest, recipient)
}

/// The same for a digest that may be too long for one mail: the reports that have no room are taken out and returned.
pub fn render_one_mail(digest: &mut Digest, recipient: &Recipient) -> (Rendered, Vec<Report>) {
    let (html, later) = html::split_off(digest, recipient);
    (around(html, digest, recipient), later)
}

fn around(html: String, digest: &Digest, recipient: &Recipient) -> Rendered {
    Rendered { subject: subject::subject(digest, recipient), text: text::text(digest, recipient), html }
}

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod words_tests;
