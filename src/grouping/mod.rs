//! Decides whether two articles are one text and whether they tell one event: which earlier article a new one is a copy
//! of, and which [`Story`](crate::model::id::StoryId) it joins.
//!
//! **Copies.** Two texts are one text when most of the shorter stands in the longer, or when both are the same but for
//! changes strewn all over; unless both have names and numbers of their own near the top, as the next bulletin of a
//! template has; when an outlet says that it published is neither. A copy's additions are not the text: what copies them
//! must have a part of the original too. Any earlier text can be copied, however old.
//!
//! **Stories.** What is no copy joins a running story by its words, names and numbers, across languages by names as
//! they sound, days and numbers (name groups only bear these out: they are what all reports on a subject share), or opens one. Where the evidence is thin it opens one and says of which
//! other it may be; what comes back to a story a week later or more opens its own and is linked as a follow-up.
//!
//! A wrong join hides a report, a wrong split only repeats one: when in doubt, split.
//!
//! Pure: the caller loads the candidates and keeps the running stories. Knows nothing of watches or readers, so a story
//! does not depend on who asked.

mod archive;
mod assign;
mod dates;
mod fingerprint;
mod heads;
mod likeness;
mod news;
mod overlap;
mod past;
mod profile;
mod sound;
mod stamps;
mod stories;
mod votes;
mod words;

pub use archive::Archive;
pub use assign::{Known, assign, samples_to_hold, unwatched};
pub use dates::speaks_of;
pub use fingerprint::{add_groups, fingerprint, lookups};
pub use news::news;
pub use past::{PAST_DAYS, PAST_STORIES, Past};
pub use stories::{STORY_DAYS, Stories, opened};
