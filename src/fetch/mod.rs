//! The only way out over HTTP.
//!
//! Every request is bounded in time, bytes and redirects, goes by its route and no other, to public addresses only, and
//! waits for its turn at the host. Pages are asked for as robots.txt allows. Knows nothing of feeds or articles.
//!
//! Through a proxy names are resolved by the proxy, so that an address behind a name cannot be checked: literal
//! addresses and the names of private networks are refused there all the same.

mod address;
mod answer_headers;
mod body;
mod client;
mod clients;
mod error;
mod post;
mod redirect;
mod robots;
mod turn;

use std::time::Duration;

use ipnet::IpNet;
use url::Url;

pub use client::Fetcher;
pub use error::FetchError;
pub use post::{Post, Posted};

use crate::model::exchange::Route;

/// Bounds and manners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub user_agent: String,
    /// Said through proxies: names nobody.
    pub proxied_user_agent: String,
    /// For what has no route of its own.
    pub route: Route,
    pub connect_timeout: Duration,
    /// Until the response headers.
    pub first_byte_timeout: Duration,
    /// The whole exchange, redirects included, waits for a turn not.
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

impl Config {
    /// The network that must be opened before this address can be asked by this route, as far as the address itself
    /// tells; `None` where nothing speaks against it.
    pub fn closed_network(&self, url: &Url, route: &Route) -> Option<String> {
        let mut asked = url.clone();
        let is_here = *route == Route::Direct && url.domain().is_some_and(error::is_localhost);
        if is_here && asked.set_host(Some("127.0.0.1")).is_err() {
            return None;
        }
        match address::Gate::new(&self.allow_networks).check(&asked, route) {
            Err(FetchError::Forbidden { host }) => Some(error::network_of(&host)),
            _ => None,
        }
    }
}

const PRODUCT: &str = concat!("newsvigil/", env!("CARGO_PKG_VERSION"));

impl Default for Config {
    fn default() -> Config {
        Config {
            user_agent: PRODUCT.to_owned(),
            proxied_user_agent: PRODUCT.to_owned(),
            route: Route::Direct,
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
