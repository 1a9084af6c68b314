//! The only way out over HTTP.
//!
//! Every request is bounded in time, bytes and redirects, goes to public addresses only, and waits for its turn at
//! the host. Knows nothing of feeds or articles.

mod address;
mod body;
mod client;
mod error;
mod redirect;
mod turn;

use std::time::Duration;

use ipnet::IpNet;

pub use client::Fetcher;
pub use error::FetchError;

/// Bounds and manners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub user_agent: String,
    pub connect_timeout: Duration,
    /// Until the response headers.
    pub first_byte_timeout: Duration,
    /// The whole exchange, redirects included.
    pub total_timeout: Duration,
    /// Counted after decompression.
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

impl Default for Config {
    fn default() -> Config {
        Config {
            user_agent: concat!("newsvigil/", env!("CARGO_PKG_VERSION")).to_owned(),
            connect_timeout: Duration::from_secs(10),
            first_byte_timeout: Duration::from_secs(20),
            total_timeout: Duration::from_secs(60),
            max_feed_bytes: 8 << 20,
            max_page_bytes: 16 << 20,
            max_redirects: 8,
            max_concurrent: 32,
            max_concurrent_per_host: 1,
            host_gap: Duration::from_secs(1),
            allow_networks: Vec::new(),
        }
    }
}
