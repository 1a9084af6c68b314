//! The HTTP clients: one for each route, built when it is first needed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::dns::{Name, Resolve, Resolving};
use reqwest::{Client, ClientBuilder, Proxy, redirect};
use url::Url;

use super::Config;
use super::address::Gate;
use super::error::{FetchError, innermost};
use crate::model::exchange::Route;

/// More routes than anybody has; the client of one that is dropped is built again.
const MAX_CLIENTS: usize = 64;

/// Clones share the clients.
#[derive(Clone)]
pub struct Clients {
    gate: Gate,
    config: Arc<Config>,
    built: Arc<Mutex<HashMap<Route, Client>>>,
}

impl Clients {
    /// Builds the direct one at once, so that a machine that cannot is told at the start.
    pub fn new(config: &Config, gate: &Gate) -> Result<Clients, FetchError> {
        let clients = Clients { gate: gate.clone(), config: Arc::new(config.clone()), built: Arc::default() };
        clients.of(&Route::Direct)?;
        Ok(clients)
    }

    pub fn of(&self, route: &Route) -> Result<Client, FetchError> {
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = built.get(route) {
            return Ok(client.clone());
        }
        let client = self.build(route).map_err(|error| FetchError::Setup { why: innermost(&error) })?;
        if built.len() >= MAX_CLIENTS {
            built.clear();
        }
        built.insert(route.clone(), client.clone());
        Ok(client)
    }

    fn build(&self, route: &Route) -> Result<Client, reqwest::Error> {
        match route {
            Route::Direct => self.bare().user_agent(&self.config.user_agent).dns_resolver(self.gate.clone()).build(),
            Route::Proxy(proxy) => self
                .bare()
                // Who goes by a detour may not want to say who asks.
                .user_agent(&self.config.proxied_user_agent)
                .proxy(Proxy::all(proxy.clone())?)
                .dns_resolver(ProxyAlone::of(proxy))
                .build(),
        }
    }

    fn bare(&self) -> ClientBuilder {
        Client::builder()
            .connect_timeout(self.config.connect_timeout)
            .redirect(redirect::Policy::none())
            .referer(false)
            // None from the environment; a later `proxy` holds.
            .no_proxy()
            .pool_max_idle_per_host(self.config.max_concurrent_per_host.min(2))
            .pool_idle_timeout(Duration::from_secs(60))
    }
}

/// Resolves the proxy's own name and no other: what is asked through a proxy must not be asked of our resolver.
struct ProxyAlone(String);

impl ProxyAlone {
    fn of(proxy: &Url) -> ProxyAlone {
        ProxyAlone(proxy.host_str().unwrap_or_default().to_owned())
    }
}

impl Resolve for ProxyAlone {
    fn resolve(&self, name: Name) -> Resolving {
        let is_proxy = name.as_str().eq_ignore_ascii_case(&self.0);
        Box::pin(async move {
            if !is_proxy {
                return Err(Box::from("a name that is for the proxy to resolve"));
            }
            let found: Vec<_> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as reqwest::dns::Addrs)
        })
    }
}
