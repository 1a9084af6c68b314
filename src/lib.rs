//! newsvigil watches news feeds for your terms and mails each new report once, soon, clean and complete.
//!
//! # The map
//!
//! The folders stand in the order of the data:
//!
//! | module | what it does | level |
//! |---|---|---|
//! | [`model`] | the nouns: feed, entry, article, watch, hit, story, digest, delivery; no I/O | 0 |
//! | [`clock`] | what time it is: the system's clock, or one that a test moves | 0 |
//! | [`source`] | what to ask a feed's server, and what its answer says | 1 |
//! | [`extract`] | a page, or what the feed gave, to a clean [`model::article::Article`] | 1 |
//! | [`matching`] | an article and the watches to [`model::watch::Hit`]s | 1 |
//! | [`grouping`] | which earlier article this one is a copy of, and which story it tells on | 1 |
//! | [`coverage`] | whether a feed's polls miss anything, and whether what they bring may be believed | 1 |
//! | [`digest`] | hits that wait for a reader to a mail's text and HTML | 1 |
//! | [`bulletin`] | a watch's newest hits to a feed that others' programs read | 1 |
//! | [`schedule`] | when to poll next, when to try again, when a digest is due | 1 |
//! | [`fetch`] | the only way out over HTTP | 2 |
//! | [`store`] | the only SQL | 2 |
//! | [`deliver`] | the only way out to people | 2 |
//! | [`ops`] | logging, metrics, the service manager | 2 |
//! | [`stage`] | joins them: poll → process → compose → dispatch, each claim → work → commit | 3 |
//! | [`config`] | the configuration as written and as checked | 4 |
//! | [`web`] | `/healthz`, `/metrics` and bulletins on loopback, unsubscribing for readers | 4 |
//! | [`daemon`] | builds all, supervises, stops in order | 5 |
//! | [`cli`] | one file a command | 6 |
//!
//! A module imports only from lower levels; `tests/architecture.rs` holds the table and checks it.
//! Levels 0 and 1 are pure: no clock, no randomness, no SQL, no HTTP, no `async`.
//!
//! # What always holds
//!
//! 1. **Claim, work, commit.** A claim takes a lease and counts the attempt; a commit is one transaction that
//!    names the lease. What belongs together is committed together: validators with the entries they cover,
//!    a digest with its deliveries.
//! 2. **Nothing disappears without a reason.** Each entry ends in a named state; everything not shown is counted.
//! 3. **New means first seen by us**, never a comparison of dates.
//! 4. **At least once, and twice only in the window that SMTP leaves open**; a second copy carries the same Message-ID.
//! 5. **Ids in logs, never people, watch terms or texts.**
//! 6. **What may have been missed is said**: a gap, a silence, a feed that cannot be read or believed is told to ops once,
//!    and over once, and stands at the end of each digest.
//! 7. **What is known already causes no mail**: a copy of what a reader was mailed, and a further report that holds nothing
//!    new for them, wait for a line in their next digest, and are named there once.
//! 8. **A mail is never so long that its end is hidden**: what has no room follows in the next, at once.
//! 9. **A request goes by its feed's route or not at all**; a feed's secrets go to its own origin alone.
//! 10. **Who is to get encrypted mail gets no other**: what cannot be encrypted is held and told to ops, notices too.
//!
//! # Words
//!
//! **Feed** what we poll · **Outlet** its publisher's name · **Entry** one item of a feed · **Page** the raw answer ·
//! **Article** its cleaned text · **Watch** a named interest; its text is a **Query** · **Hit** one watch found in one
//! article · **Story** articles on one event · **Report** an article (with its copies) owed to one recipient ·
//! **Alarm** what ops are told of a feed · **Gap** a time in which its list ran through unseen ·
//! **Aside** a hit that stands only in what was taken out of a page, told at the end of the next digest ·
//! **Postscript** what is told in a line at the end of a digest ·
//! **Bulletin** a watch's newest hits as an Atom or JSON feed · **Channel** how deliveries leave: by mail, command or
//! webhook · **Digest** the reports one recipient gets in one mail · **Alert** one that does not wait for the digest's
//! time; the next digest names what it told · **Delivery** one digest to one recipient by one channel ·
//! **Outbox** the deliveries unfinished · **Lease** the right to work on a row until a time · **Attempt** one try.

pub mod clock;
pub mod model;

pub mod bulletin;
pub mod coverage;
pub mod digest;
pub mod extract;
pub mod grouping;
pub mod matching;
pub mod schedule;
pub mod source;

pub mod deliver;
pub mod fetch;
pub mod ops;
pub mod store;

pub mod stage;

pub mod config;
pub mod web;

pub mod daemon;

pub mod cli;
