//! Decides whether two articles are one text and whether they tell one event: which earlier article a new one is a copy
//! of, and which [`Story`](crate::model::id::StoryId) it joins.
//!
//! **Copies.** Two texts are one text when most of the shorter stands in the longer, or when both are the same but for
//! changes strewn all over; unless both have names and numbers of their own near the top, as the next bulletin of a
//! template has. Any earlier text can be copied, however old.
//!
//! **Stories.** What is no copy joins a running story by its words, names and numbers, across languages by names as
//! they sound and by numbers, or opens one.
//!
//! A wrong join hides a report, a wrong split only repeats one: when in doubt, split.
//!
//! Pure: the caller loads the candidates and keeps the running stories. Knows nothing of watches or readers, so a story
//! does not depend on who asked.

mod archive;
mod assign;
mod fingerprint;
mod overlap;
mod profile;
mod sound;
mod stories;
mod words;

pub use archive::Archive;
pub use assign::{assign, samples_to_hold, unwatched};
pub use fingerprint::{fingerprint, lookups};
pub use stories::{STORY_DAYS, Stories, opened};
