//! Decides which earlier article a new one is a copy of, and so which [`Story`](crate::model::id::StoryId) it joins.
//!
//! Two texts are one text when half of the shorter stands in the longer (containment), or when enough of both is
//! common in spite of noise (Jaccard). A wrong join hides a report, a wrong split only repeats one: when in
//! doubt, split.
//!
//! Pure: the caller loads the candidates. Knows nothing of watches or readers, so a story does not depend on who
//! asked, and nothing of dates: how far back candidates reach is the caller's choice.

mod assign;
mod fingerprint;

pub use assign::{assign, unwatched};
pub use fingerprint::fingerprint;
