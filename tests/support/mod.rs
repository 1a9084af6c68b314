//! What whole-program tests are made of: a web server and a mail server on loopback, and a newsroom of our own that
//! the real program runs against.

#![allow(dead_code, clippy::unwrap_used, clippy::print_stderr)]

pub mod fake_proxy;
pub mod fake_smtp;
pub mod fake_web;
pub mod mime;
pub mod world;
