//! One request at a time, hop by hop, within all bounds.

use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LOCATION, RETRY_AFTER};
use reqwest::{Client, Response, StatusCode, redirect};
use tokio::time::timeout;
use url::Url;

use super::Config;
use super::address::{Gate, NotPublic};
use super::body;
use super::error::{FetchError, innermost, shown};
use super::redirect::Hops;
use super::turn::Turns;
use crate::clock::Clock;
use crate::model::exchange::{Body, FetchRequest, Fetched, Purpose};

/// The HTTP client of the process; clones share its connections and queues.
#[derive(Clone)]
pub struct Fetcher {
    client: Client,
    gate: Gate,
    turns: Turns,
    config: Config,
    clock: Clock,
}

/// A `Retry-After` beyond this is a mistake or a trick.
const LONGEST_WAIT: Duration = Duration::from_secs(86_400);

impl Fetcher {
    pub fn new(config: Config, clock: Clock) -> Result<Fetcher, FetchError> {
        // Fails only where another part of the process chose its provider first: then that one serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let gate = Gate::new(&config.allow_networks);
        let client = Client::builder()
            .user_agent(&config.user_agent)
            .connect_timeout(config.connect_timeout)
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .pool_max_idle_per_host(2)
            .pool_idle_timeout(Duration::from_secs(60))
            .dns_resolver(std::sync::Arc::new(gate.clone()))
            .build()
            .map_err(|error| FetchError::Setup { why: innermost(&error) })?;
        let turns = Turns::new(config.max_concurrent, config.max_concurrent_per_host, config.host_gap);
        Ok(Fetcher { client, gate, turns, config, clock })
    }

    /// Gets it within all bounds. Waits for its turn at the host first; that wait is not counted.
    pub async fn get(&self, request: &FetchRequest) -> Result<Fetched, FetchError> {
        let mut hops = Hops::new(&request.url, self.config.max_redirects);
        let mut url = request.url.clone();
        loop {
            self.gate.check(&url)?;
            let host = url.host_str().unwrap_or_default().to_owned();
            let _turn = self.turns.wait(&host).await;
            let hop = self.hop(request, &url, &host, &mut hops);
            let after = self.config.total_timeout;
            match timeout(after, hop).await {
                Ok(Ok(Hop::Done(fetched))) => return Ok(fetched),
                Ok(Ok(Hop::On(next))) => url = next,
                Ok(Err(error)) => return Err(error),
                Err(_) => return Err(FetchError::TimedOut { host, phase: "the whole answer", after }),
            }
        }
    }

    async fn hop(&self, request: &FetchRequest, url: &Url, host: &str, hops: &mut Hops) -> Result<Hop, FetchError> {
        let headers = headers(request, url);
        let conditional = headers.contains_key(IF_NONE_MATCH) || headers.contains_key(IF_MODIFIED_SINCE);
        let sent = self.client.get(url.clone()).headers(headers).send();
        let after = self.config.first_byte_timeout;
        let response = match timeout(after, sent).await {
            Ok(sent) => sent.map_err(|error| unreachable(&error, host, self.config.connect_timeout))?,
            Err(_) => {
                return Err(FetchError::TimedOut { host: host.to_owned(), phase: "the first byte", after });
            }
        };
        let status = response.status();
        match status.as_u16() {
            301 | 302 | 303 | 307 | 308 => {
                let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
                hops.follow(url, status.as_u16(), location).map(Hop::On)
            }
            304 if !conditional => Err(FetchError::UnaskedNotModified { host: host.to_owned() }),
            304 => Ok(Hop::Done(self.fetched(url, hops, &response, Body::NotModified))),
            200..=299 => {
                let cap = match request.purpose {
                    Purpose::Feed => self.config.max_feed_bytes,
                    Purpose::Page => self.config.max_page_bytes,
                };
                let mut fetched = self.fetched(url, hops, &response, Body::NotModified);
                fetched.body = Body::Bytes(body::read(response, host, || shown(url), cap).await?);
                Ok(Hop::Done(fetched))
            }
            _ => Err(self.refusal(&response, url, host)),
        }
    }

    fn fetched(&self, url: &Url, hops: &Hops, response: &Response, body: Body) -> Fetched {
        let headers = response.headers().iter();
        Fetched {
            url: url.clone(),
            moved_to: hops.moved_to(),
            status: response.status().as_u16(),
            headers: headers.map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect(),
            body,
            at: self.clock.now(),
        }
    }

    fn refusal(&self, response: &Response, url: &Url, host: &str) -> FetchError {
        let status = response.status();
        let asked = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let after = asked.and_then(|value| self.retry_after(value));
        match status {
            StatusCode::GONE => FetchError::Gone { url: shown(url) },
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                FetchError::Busy { host: host.to_owned(), status: status.as_u16(), after }
            }
            _ => FetchError::Status { url: shown(url), status: status.as_u16() },
        }
    }

    /// Seconds or an HTTP date (RFC 9110 §10.2.3); what is neither asks for nothing.
    fn retry_after(&self, value: &str) -> Option<Duration> {
        let value = value.trim();
        let wait = if value.bytes().all(|byte| byte.is_ascii_digit()) && !value.is_empty() {
            Duration::from_secs(value.parse().unwrap_or(u64::MAX))
        } else {
            let at = httpdate::parse_http_date(value).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
            crate::model::time::Timestamp::EPOCH.plus(at).since(self.clock.now())
        };
        Some(wait.min(LONGEST_WAIT))
    }
}

enum Hop {
    Done(Fetched),
    On(Url),
}

/// Validators go to the very URL they are bound to, byte for byte, and to no redirect's target.
fn headers(request: &FetchRequest, url: &Url) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let accept = match request.purpose {
        Purpose::Feed => {
            "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.5"
        }
        Purpose::Page => "text/html, application/xhtml+xml;q=0.9, */*;q=0.5",
    };
    headers.insert(ACCEPT, HeaderValue::from_static(accept));
    if *url == request.url {
        let stored =
            [(IF_NONE_MATCH, &request.validators.etag), (IF_MODIFIED_SINCE, &request.validators.last_modified)];
        for (name, value) in stored {
            let value = value.as_deref().and_then(|value| HeaderValue::from_bytes(value).ok());
            headers.extend(value.map(|value| (name, value)));
        }
    }
    headers
}

fn unreachable(error: &reqwest::Error, host: &str, connect_timeout: Duration) -> FetchError {
    let host = host.to_owned();
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<NotPublic>() {
            return FetchError::Forbidden { host };
        }
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return FetchError::Tls { host, why: error.to_string() };
        }
        cause = inner(error).or_else(|| error.source());
    }
    if error.is_timeout() {
        return FetchError::TimedOut { host, phase: "the connection", after: connect_timeout };
    }
    FetchError::Unreachable { host, why: innermost(error) }
}

/// What an `io::Error` was made from: its `source` skips it.
fn inner<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a (dyn std::error::Error + 'static)> {
    let inner = error.downcast_ref::<std::io::Error>()?.get_ref()?;
    Some(inner as &(dyn std::error::Error + 'static))
}
