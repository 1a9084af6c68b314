//! The manners of the poller, each by what a web server saw of it: its request log is the witness, not ours.
//!
//! The P-numbers are those of the list that the manners were written down by; every number from P1 to P27 stands at a
//! test here.

#![allow(clippy::unwrap_used)]

mod support;

#[path = "manners/harness.rs"]
mod harness;
#[path = "manners/pages.rs"]
mod pages;
#[path = "manners/rhythm.rs"]
mod rhythm;
#[path = "manners/routes.rs"]
mod routes;
#[path = "manners/servers.rs"]
mod servers;
#[path = "manners/validators.rs"]
mod validators;
