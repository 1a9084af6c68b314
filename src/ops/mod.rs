//! What operators see: logs, metrics, health, and what the service manager is told.
//!
//! Knows no other module of ours but the clock and points in time; numbers and names come in as plain values.

pub mod health;
pub mod logging;
pub mod metrics;
pub mod own_secret;
pub mod systemd;
