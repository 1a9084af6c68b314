//! The nouns every other module speaks in. No I/O, no clock, no decisions beyond what a value is.

pub mod alarm;
pub mod article;
pub mod bulletin;
pub mod delivery;
pub mod digest;
pub mod entry;
pub mod exchange;
pub mod feed;
pub mod id;
pub mod lease;
pub mod outcome;
pub mod recipient;
pub mod signature;
pub mod story;
pub mod time;
pub mod token;
pub mod watch;
