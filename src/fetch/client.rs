//! One request at a time, hop by hop, within all bounds.

use std::time::Duration;

use reqwest::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LOCATION};
use reqwest::{RequestBuilder, Response, StatusCode};
use secrecy::ExposeSecret as _;
use tokio::time::{Instant, timeout};
use url::Url;

use super::Config;
use super::address::{Gate, NotPublic};
use super::answer_headers::{fresh_for, retry_after};
use super::body::{self, Excess};
use super::clients::Clients;
use super::error::{FetchError, innermost, shown};
use super::redirect::Hops;
use super::robots::{self, Robots, Verdict};
use super::turn::{Kind, NoTurn, Turns};
use crate::clock::Clock;
use crate::model::exchange::{Body, Credentials, FetchRequest, Fetched, Purpose, Route};

/// The HTTP client of the process; clones share its connections and queues.
#[derive(Clone)]
pub struct Fetcher {
    pub(super) clients: Clients,
    pub(super) gate: Gate,
    turns: Turns,
    robots: Robots,
    pub(super) config: Config,
    pub(super) clock: Clock,
}

/// How long a request waits for its turn at a host before it gives its place to others. Twice this and twice the
/// longest time an exchange may take are less than the lease of whoever asks.
const LONGEST_QUEUE: Duration = Duration::from_secs(120);
/// RFC 9309 §2.3.1.2: at least five.
const ROBOTS_REDIRECTS: u32 = 5;
/// A small file; who takes longer for it than this is as good as away.
const ROBOTS_TIMEOUT: Duration = Duration::from_secs(30);

impl Fetcher {
    pub fn new(config: Config, clock: Clock) -> Result<Fetcher, FetchError> {
        // Fails only where another part of the process chose its provider first: then that one serves.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let gate = Gate::new(&config.allow_networks);
        let clients = Clients::new(&config, &gate)?;
        let turns = Turns::new(config.max_concurrent, config.max_concurrent_per_host, config.host_gap);
        let robots = Robots::new(&config.user_agent);
        Ok(Fetcher { clients, gate, turns, robots, config, clock })
    }

    /// Gets it within all bounds. Waits for its turn at the host first, two minutes at most; that wait is not counted.
    ///
    /// A page is asked for only if its site's robots.txt, which is asked for first, allows it.
    pub async fn get(&self, request: &FetchRequest) -> Result<Fetched, FetchError> {
        let ask = Ask {
            request,
            kind: Kind::of(request.purpose),
            cap: match request.purpose {
                Purpose::Feed => self.config.max_feed_bytes,
                Purpose::Listing | Purpose::Page => self.config.max_page_bytes,
            },
            excess: Excess::Refuse,
            max_redirects: self.config.max_redirects,
            total_timeout: self.config.total_timeout,
        };
        self.exchange(&ask, request.purpose == Purpose::Page).await
    }

    async fn exchange(&self, ask: &Ask<'_>, heeds_robots: bool) -> Result<Fetched, FetchError> {
        let mut hops = Hops::new(&ask.request.url, ask.max_redirects);
        let mut url = ask.request.url.clone();
        let (mut left, mut patience) = (ask.total_timeout, LONGEST_QUEUE);
        loop {
            self.gate.check(&url, &ask.request.route)?;
            let queued = Instant::now();
            if heeds_robots {
                self.heed_robots(&url, &ask.request.route, patience).await?;
                patience = patience.saturating_sub(queued.elapsed());
            }
            let host = url.host_str().unwrap_or_default().to_owned();
            let queued = Instant::now();
            let turn = self.turns.wait(&host, ask.kind, patience).await.map_err(|none| not_asked(none, &host))?;
            patience = patience.saturating_sub(queued.elapsed());
            let begun = Instant::now();
            let hop = timeout(left, self.hop(ask, &url, &host, &mut hops)).await;
            drop(turn);
            left = left.saturating_sub(begun.elapsed());
            match hop {
                Ok(Ok(Hop::Done(fetched))) => return Ok(*fetched),
                Ok(Ok(Hop::On(next))) => url = next,
                Ok(Err(error)) => {
                    if let FetchError::Busy { after: Some(after), .. } = &error {
                        self.turns.rest(&host, ask.kind, *after);
                    }
                    return Err(error);
                }
                Err(_) => {
                    let after = ask.total_timeout;
                    return Err(FetchError::TimedOut { host, phase: "the whole answer", after });
                }
            }
        }
    }

    async fn hop(&self, ask: &Ask<'_>, url: &Url, host: &str, hops: &mut Hops) -> Result<Hop, FetchError> {
        let request = ask.request;
        let headers = headers(ask, url);
        let conditional = headers.contains_key(IF_NONE_MATCH) || headers.contains_key(IF_MODIFIED_SINCE);
        let client = self.clients.of(&request.route)?;
        let sent = with_credentials(client.get(url.clone()).headers(headers), url, request).send();
        let after = self.config.first_byte_timeout;
        let response = match timeout(after, sent).await {
            Ok(sent) => sent.map_err(|error| unreachable(&error, host, &request.route, self.config.connect_timeout))?,
            Err(_) => {
                return Err(FetchError::TimedOut { host: host.to_owned(), phase: "the first byte", after });
            }
        };
        let status = response.status();
        match status.as_u16() {
            301 | 302 | 303 | 307 | 308 => {
                // Korean and Chinese sites send their paths as they are, in UTF-8.
                let location = response.headers().get(LOCATION);
                let location = location.and_then(|location| std::str::from_utf8(location.as_bytes()).ok());
                hops.follow(url, status.as_u16(), location).map(Hop::On)
            }
            304 if !conditional => Err(FetchError::UnaskedNotModified { host: host.to_owned() }),
            304 => Ok(Hop::done(self.fetched(url, hops, &response, Body::NotModified))),
            // A part of a body, and a difference to one (RFC 3229), were not asked for and are not the whole.
            206 | 226 => Err(FetchError::Status { url: shown(url), status: status.as_u16() }),
            200..=299 => {
                let mut fetched = self.fetched(url, hops, &response, Body::NotModified);
                fetched.body = Body::Bytes(body::read(response, host, || shown(url), ask.cap, ask.excess).await?);
                Ok(Hop::done(fetched))
            }
            // Of another host, that it is gone says nothing of the feed.
            410 if *url != request.url => Err(FetchError::Status { url: shown(url), status: 410 }),
            _ => Err(self.refusal(&response, url, host)),
        }
    }

    fn fetched(&self, url: &Url, hops: &Hops, response: &Response, body: Body) -> Fetched {
        let headers = response.headers().iter();
        let at = self.clock.now();
        Fetched {
            url: url.clone(),
            moved_to: hops.moved_to(),
            status: response.status().as_u16(),
            headers: headers.map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec())).collect(),
            body,
            fresh_for: fresh_for(response.headers(), at),
            at,
        }
    }

    fn refusal(&self, response: &Response, url: &Url, host: &str) -> FetchError {
        let status = response.status();
        match status {
            StatusCode::GONE => FetchError::Gone { url: shown(url) },
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                let after = retry_after(response.headers(), self.clock.now());
                FetchError::Busy { host: host.to_owned(), status: status.as_u16(), after }
            }
            _ => FetchError::Status { url: shown(url), status: status.as_u16() },
        }
    }

    /// Refuses a page that its site's robots.txt forbids.
    async fn heed_robots(&self, url: &Url, route: &Route, patience: Duration) -> Result<(), FetchError> {
        let host = || url.host_str().unwrap_or_default().to_owned();
        match self.robots_of(url, route, patience).await? {
            Verdict::Unreachable { why } => Err(FetchError::RobotsUnreachable { host: host(), why }),
            Verdict::Rules(rules) => {
                if let Some(delay) = rules.crawl_delay {
                    self.turns.slow_down(&host(), delay.min(robots::LONGEST_DELAY));
                }
                let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
                let allowed = rules.allow(&format!("{}{query}", url.path()));
                if allowed { Ok(()) } else { Err(FetchError::RobotsForbid { url: shown(url) }) }
            }
        }
    }

    /// The lock is held while its file is asked for: everybody else who wants a page of that site waits for the answer.
    async fn robots_of(&self, url: &Url, route: &Route, patience: Duration) -> Result<Verdict, FetchError> {
        let site = self.robots.site(url, route);
        let crowded = |_| not_asked(NoTurn::Crowded, url.host_str().unwrap_or_default());
        let mut known = timeout(patience, site.lock()).await.map_err(crowded)?;
        if let Some(known) = known.as_ref().filter(|known| known.is_good(self.clock.now())) {
            return Ok(known.verdict.clone());
        }
        let mut file = url.clone();
        file.set_path("/robots.txt");
        file.set_query(None);
        let request = FetchRequest { route: route.clone(), ..FetchRequest::whole(file, Purpose::Page) };
        let ask = Ask {
            request: &request,
            kind: Kind::Robots,
            cap: robots::MAX_BYTES,
            excess: Excess::Cut,
            max_redirects: ROBOTS_REDIRECTS,
            total_timeout: self.config.total_timeout.min(ROBOTS_TIMEOUT),
        };
        // Boxed, for an exchange may ask for robots.txt and this is one.
        let asked = match Box::pin(self.exchange(&ask, false)).await {
            Ok(Fetched { body: Body::Bytes(bytes), .. }) => Ok(bytes),
            Ok(Fetched { body: Body::NotModified, .. }) => Ok(Vec::new()),
            Err(error) if error.not_asked().is_some() => return Err(error),
            Err(error) => Err(error),
        };
        Ok(self.robots.learn(&mut known, asked, self.clock.now()))
    }
}

/// A request with the bounds of its kind.
struct Ask<'r> {
    request: &'r FetchRequest,
    kind: Kind,
    cap: u64,
    excess: Excess,
    max_redirects: u32,
    total_timeout: Duration,
}

enum Hop {
    Done(Box<Fetched>),
    On(Url),
}

impl Hop {
    fn done(fetched: Fetched) -> Hop {
        Hop::Done(Box::new(fetched))
    }
}

fn not_asked(none: NoTurn, host: &str) -> FetchError {
    let host = host.to_owned();
    match none {
        NoTurn::Crowded => FetchError::Crowded { host },
        NoTurn::Rests(left) => FetchError::Rests { host, left },
    }
}

/// Validators go to the very URL that gave them, byte for byte, and to no other.
fn headers(ask: &Ask<'_>, url: &Url) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let accept = match ask.kind {
        Kind::Feed if ask.request.purpose == Purpose::Feed => {
            "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, text/xml;q=0.8, */*;q=0.5"
        }
        Kind::Feed | Kind::Page => "text/html, application/xhtml+xml;q=0.9, */*;q=0.5",
        Kind::Robots => "text/plain, */*;q=0.5",
    };
    headers.insert(ACCEPT, HeaderValue::from_static(accept));
    let request = ask.request;
    if request.validators_url.as_ref() == Some(url) {
        let stored =
            [(IF_NONE_MATCH, &request.validators.etag), (IF_MODIFIED_SINCE, &request.validators.last_modified)];
        for (name, value) in stored {
            let value = value.as_deref().and_then(|value| HeaderValue::from_bytes(value).ok());
            headers.extend(value.map(|value| (name, value)));
        }
    }
    headers
}

fn with_credentials(mut builder: RequestBuilder, url: &Url, request: &FetchRequest) -> RequestBuilder {
    let own = |credentials: &&std::sync::Arc<Credentials>| credentials.origin == url.origin();
    let Some(credentials) = request.credentials.as_ref().filter(own) else { return builder };
    if let Some((username, password)) = &credentials.login {
        builder = builder.basic_auth(username, Some(password.expose_secret()));
    }
    for (name, value) in &credentials.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(mut value)) = (name, HeaderValue::from_str(value.expose_secret())) {
            value.set_sensitive(true);
            builder = builder.header(name, value);
        }
    }
    builder
}

pub(super) fn unreachable(error: &reqwest::Error, host: &str, route: &Route, connect_timeout: Duration) -> FetchError {
    let host = host.to_owned();
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<NotPublic>() {
            return FetchError::Forbidden { host };
        }
        if let Some(error) = error.downcast_ref::<rustls::Error>() {
            return match error {
                rustls::Error::InvalidMessage(_) => FetchError::NotTls { host },
                _ => FetchError::Tls { host, why: error.to_string() },
            };
        }
        cause = inner(error).or_else(|| error.source());
    }
    if error.is_timeout() {
        return FetchError::TimedOut { host, phase: "the connection", after: connect_timeout };
    }
    let why = innermost(error);
    match route {
        Route::Direct => FetchError::Unreachable { host, why },
        Route::Proxy(proxy) => FetchError::NotThroughProxy { host, proxy: shown(proxy), why },
    }
}

/// What an `io::Error` was made from: its `source` skips it.
fn inner<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a (dyn std::error::Error + 'static)> {
    let inner = error.downcast_ref::<std::io::Error>()?.get_ref()?;
    Some(inner as &(dyn std::error::Error + 'static))
}
