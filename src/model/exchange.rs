//! One HTTP request and its answer, as `source` plans them and `fetch` carries them out.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use url::{Origin, Url};

use super::time::Timestamp;

/// What a server gave us to ask "has it changed since?" with. Opaque bytes, echoed exactly (RFC 9110 §13.1),
/// and only to the URL in `url`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    pub etag: Option<Vec<u8>>,
    pub last_modified: Option<Vec<u8>>,
}

impl Validators {
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// What is fetched; it picks the byte cap, the `Accept` header, and whether robots.txt is heeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Named by the operator: asked whatever robots.txt says.
    Feed,
    /// A web page that the operator named as a source: asked whatever robots.txt says.
    Listing,
    /// Found by us in a feed: asked only if robots.txt allows it.
    Page,
}

/// How a host is reached. Never changed on the way: a proxy that does not answer is a failure, not a reason to go
/// without it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Route {
    #[default]
    Direct,
    /// `http://host:port` (an HTTP proxy) or `socks5h://host:port` (Tor); names are resolved by the proxy.
    Proxy(Url),
}

impl Route {
    /// Reads `direct`, `http://…` or `socks5h://…`; an error says what is wrong. Empty is direct.
    pub fn parse(text: &str) -> Result<Route, &'static str> {
        if matches!(text, "" | "direct") {
            return Ok(Route::Direct);
        }
        let url = Url::parse(text).map_err(|_| "not the address of a proxy")?;
        match url.scheme() {
            "http" | "socks5h" => {}
            "socks5" => {
                return Err("socks5:// asks this machine's resolver for names; socks5h:// leaves that to the proxy");
            }
            _ => return Err("neither http:// nor socks5h://"),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a user name or password in the proxy's address");
        }
        if url.host_str().is_none_or(str::is_empty) || url.query().is_some() || !matches!(url.path(), "" | "/") {
            return Err("more or less than a host and a port");
        }
        Ok(Route::Proxy(url))
    }

    /// As [`Route::parse`] reads it.
    pub fn as_str(&self) -> &str {
        match self {
            Route::Direct => "direct",
            Route::Proxy(url) => url.as_str(),
        }
    }
}

/// What a feed's server wants to know before it answers. Sent to the feed's own origin only (scheme, host and port),
/// with the feed and with article pages there; never anywhere a redirect leads.
#[derive(Clone)]
pub struct Credentials {
    pub origin: Origin,
    /// HTTP Basic (RFC 7617).
    pub login: Option<(String, SecretString)>,
    pub headers: Vec<(String, SecretString)>,
}

/// Names no user and no value.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Credentials").field("login", &self.login.is_some()).field("headers", &names).finish()
    }
}

#[derive(Clone, Debug)]
pub struct FetchRequest {
    pub url: Url,
    pub purpose: Purpose,
    pub validators: Validators,
    /// Whose validators they are: they are sent to this address and to no other, be it the one asked or one that it
    /// redirects to.
    pub validators_url: Option<Url>,
    pub route: Route,
    pub credentials: Option<Arc<Credentials>>,
}

impl FetchRequest {
    /// Asks for the whole of it, directly, as anybody.
    pub fn whole(url: Url, purpose: Purpose) -> FetchRequest {
        let (validators, route) = (Validators::default(), Route::Direct);
        FetchRequest { url, purpose, validators, validators_url: None, route, credentials: None }
    }
}

/// A complete answer: 304, or a 2xx whose body was read whole. Everything else is a `FetchError`.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// Where the answer came from, after redirects.
    pub url: Url,
    /// Set when every hop from the URL asked was 301 or 308: the address the server wants us to use.
    pub moved_to: Option<Url>,
    pub status: u16,
    /// Response headers in order; names in lower case, values as received.
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Body,
    /// How long the answer stays fresh (RFC 9111 §4.2): `Cache-Control: max-age`, else `Expires`. Zero where it is
    /// not to be kept; `None` where no header says.
    pub fresh_for: Option<Duration>,
    pub at: Timestamp,
}

/// Servers refuse a request whose headers are longer than some 8 KiB: one that made us send more would never be read
/// again.
const MAX_VALIDATOR_BYTES: usize = 2048;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    NotModified,
    Bytes(Vec<u8>),
}

impl Fetched {
    /// The first header of that (lower-case) name, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header_bytes(name).and_then(|value| std::str::from_utf8(value).ok())
    }

    pub fn header_bytes(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_slice())
    }

    /// The validators of this answer; what a header omits, or makes too long to be sent back, is `None`.
    pub fn validators(&self) -> Validators {
        let short = |name: &str| self.header_bytes(name).filter(|value| value.len() <= MAX_VALIDATOR_BYTES);
        Validators {
            etag: short("etag").map(<[u8]>::to_vec),
            last_modified: short("last-modified").map(<[u8]>::to_vec),
        }
    }
}
