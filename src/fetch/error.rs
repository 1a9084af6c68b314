//! What can go wrong on the way, and what should happen next. No message holds a query string or credentials.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use url::Url;

use crate::model::outcome::Disposition;

#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("{url} is not an address that can be asked: only http and https to a named host")]
    Scheme { url: String },
    #[error(
        "{host} leads to a private address; to read there, open its network: [fetch] allow_networks = [\"{}\"]",
        network_of(.host)
    )]
    Forbidden { host: String },
    #[error(
        "{host} is a name of a private network, which a proxy may be in; such a name is asked directly or not at all"
    )]
    LocalName { host: String },
    #[error("{host} can only be reached through Tor: give the source a route such as socks5h://127.0.0.1:9050")]
    NeedsTor { host: String },
    #[error("could not reach {host}: {why}")]
    Unreachable { host: String, why: String },
    #[error("could not reach {host} through the proxy {proxy}: {why}")]
    NotThroughProxy { host: String, proxy: String, why: String },
    #[error("{host} has no certificate that can be trusted: {why}")]
    Tls { host: String, why: String },
    /// It answered, but not in TLS: most likely plain HTTP.
    #[error("{host} does not speak TLS there; if it serves without encryption, write http:// in place of https://")]
    NotTls { host: String },
    #[error("{host} did not answer within {after:?} ({phase})")]
    TimedOut { host: String, phase: &'static str, after: Duration },
    #[error("{host} broke off its answer: {why}")]
    Interrupted { host: String, why: String },
    #[error("{url} is larger than {cap} bytes")]
    TooLarge { url: String, cap: u64 },
    #[error("{host} encodes its answer in a way that was not asked for ({coding})")]
    Encoding { host: String, coding: String },
    #[error("{url} redirects more than {max} times")]
    TooManyRedirects { url: String, max: u32 },
    #[error("{url} redirects in a circle")]
    RedirectLoop { url: String },
    #[error("{url} redirects to nowhere")]
    BadRedirect { url: String },
    #[error("{url} redirects from https to http")]
    Downgrade { url: String },
    #[error("{host} answered 304 (not modified) though nothing was asked for by condition")]
    UnaskedNotModified { host: String },
    #[error("{url} is gone (410): its publisher says it will not come back")]
    Gone { url: String },
    #[error("{host} asked us to wait (status {status})")]
    Busy { host: String, status: u16, after: Option<Duration> },
    /// Not sent.
    #[error("{host} asked to be left alone for another {left:?}")]
    Rests { host: String, left: Duration },
    /// Not sent.
    #[error("too many requests wait for their turn at {host}")]
    Crowded { host: String },
    #[error("the robots.txt of its site forbids programs to read {url}")]
    RobotsForbid { url: String },
    #[error("{host} does not say what programs may read (robots.txt): {why}")]
    RobotsUnreachable { host: String, why: String },
    #[error("{url} answered {status}")]
    Status { url: String, status: u16 },
    #[error("the HTTP client could not be set up: {why}")]
    Setup { why: String },
}

impl FetchError {
    pub fn disposition(&self) -> Disposition {
        match self {
            FetchError::Gone { .. } | FetchError::RobotsForbid { .. } => Disposition::GiveUp,
            FetchError::Busy { after: Some(after), .. } => Disposition::RetryAfter(*after),
            FetchError::Rests { .. } | FetchError::Crowded { .. } => {
                self.not_asked().map_or(Disposition::Retry, Disposition::RetryAfter)
            }
            FetchError::Scheme { .. }
            | FetchError::Forbidden { .. }
            | FetchError::LocalName { .. }
            | FetchError::NeedsTor { .. }
            | FetchError::Setup { .. } => Disposition::Misconfigured,
            FetchError::Busy { after: None, .. }
            | FetchError::Unreachable { .. }
            | FetchError::NotThroughProxy { .. }
            | FetchError::RobotsUnreachable { .. }
            | FetchError::Tls { .. }
            | FetchError::NotTls { .. }
            | FetchError::TimedOut { .. }
            | FetchError::Interrupted { .. }
            | FetchError::TooLarge { .. }
            | FetchError::Encoding { .. }
            | FetchError::TooManyRedirects { .. }
            | FetchError::RedirectLoop { .. }
            | FetchError::BadRedirect { .. }
            | FetchError::Downgrade { .. }
            | FetchError::UnaskedNotModified { .. }
            | FetchError::Status { .. } => Disposition::Retry,
        }
    }

    /// The server was not asked at all, so that this says nothing about it: when to come back.
    pub fn not_asked(&self) -> Option<Duration> {
        match self {
            FetchError::Rests { left, .. } => Some(*left),
            FetchError::Crowded { .. } => Some(CROWDED_PAUSE),
            _ => None,
        }
    }
}

/// How long others at a crowded host are given before we line up again.
const CROWDED_PAUSE: Duration = Duration::from_secs(60);

/// A URL without credentials, query and fragment, which may hold tokens.
pub fn shown(url: &Url) -> String {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path())
}

/// The network to open for a host that is refused; an example where only its resolver knows.
pub fn network_of(host: &str) -> String {
    let literal = host.trim_matches(['[', ']']);
    match literal.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) if ip.is_loopback() => "127.0.0.0/8".to_owned(),
        Ok(IpAddr::V4(ip)) => format!("{}/24", Ipv4Addr::from_bits(ip.to_bits() & !0xff)),
        Ok(IpAddr::V6(ip)) => format!("{ip}/128"),
        Err(_) if is_localhost(literal) => "127.0.0.0/8".to_owned(),
        Err(_) => "10.1.2.0/24".to_owned(),
    }
}

/// A name of this machine (RFC 6761 §6.3).
pub fn is_localhost(name: &str) -> bool {
    name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
}

/// The innermost reason, where the outer ones only say "error sending request".
pub fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    deepest.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_host_is_told_the_network_that_holds_it() {
        let told = |host: &str| FetchError::Forbidden { host: host.to_owned() }.to_string();
        assert!(told("127.0.0.1").ends_with("[fetch] allow_networks = [\"127.0.0.0/8\"]"), "{}", told("127.0.0.1"));
        for (host, network) in [
            ("localhost", "127.0.0.0/8"),
            ("192.168.5.7", "192.168.5.0/24"),
            ("[::1]", "::1/128"),
            ("wiki.lan", "10.1.2.0/24"),
        ] {
            assert_eq!(network_of(host), network, "{host}");
        }
    }
}
