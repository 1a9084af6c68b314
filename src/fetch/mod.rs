//! The only way out over HTTP.

use std::time::Duration;

use crate::clock::Clock;
use crate::model::exchange::{FetchRequest, Fetched};
use crate::model::outcome::Disposition;
use ipnet::IpNet;

/// Bounds and manners; all have defaults.
#[derive(Clone, Debug)]
pub struct Config {
    pub user_agent: String,
    pub connect_timeout: Duration,
    /// Until the response headers.
    pub first_byte_timeout: Duration,
    /// The whole exchange, redirects included.
    pub total_timeout: Duration,
    pub max_feed_bytes: u64,
    pub max_page_bytes: u64,
    pub max_redirects: u32,
    pub max_concurrent: usize,
    pub max_concurrent_per_host: usize,
    /// Least time between the starts of two requests to one host.
    pub host_gap: Duration,
    /// Networks that may be reached although they are private (a feed inside, a test's loopback server).
    pub allow_networks: Vec<IpNet>,
}

#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("placeholder")]
    Placeholder,
}

impl FetchError {
    pub fn disposition(&self) -> Disposition {
        todo!()
    }
}

#[derive(Clone)]
pub struct Fetcher {}

impl Fetcher {
    pub fn new(config: Config, clock: Clock) -> Result<Fetcher, FetchError> {
        todo!()
    }

    /// Gets it within all bounds. Waits for its turn at the host first.
    pub async fn get(&self, request: &FetchRequest) -> Result<Fetched, FetchError> {
        todo!()
    }
}

impl Default for Config {
    fn default() -> Config {
        todo!()
    }
}
