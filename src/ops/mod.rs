//! What operators see: the log, the metrics, the health of the loops, the service manager.

pub mod health;
pub mod logging;
pub mod metrics;
pub mod systemd;
