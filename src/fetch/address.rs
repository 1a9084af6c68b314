//! Which addresses may be connected to: public ones, and those the configuration opens.
//!
//! The gate stands in three places: on a URL before its request, on each redirect, and on every answer of the
//! resolver, so that the address checked is the address connected to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::error::{FetchError, shown};
use crate::model::exchange::Route;

/// IPv4 space that is not public: the IANA special-purpose registry (RFC 6890) with its later entries, multicast and
/// the reserved upper sixteenth.
const NOT_PUBLIC_V4: &[([u8; 4], u8)] = &[
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// Within 2000::/3, the only IPv6 space given out as global unicast, what is not public all the same: documentation,
/// benchmarking, ORCHID, and the tunnels that carry an IPv4 address (Teredo, 6to4), which nothing honest answers on.
const NOT_PUBLIC_V6: &[(&str, u8)] = &[("2001::", 23), ("2001:db8::", 32), ("2002::", 16), ("3fff::", 20)];

/// The gate; clones share its list.
#[derive(Clone, Debug)]
pub struct Gate(Arc<[IpNet]>);

impl Gate {
    pub fn new(allow_networks: &[IpNet]) -> Gate {
        Gate(allow_networks.into())
    }

    pub fn admits(&self, address: IpAddr) -> bool {
        is_public(address) || self.0.iter().any(|network| network.contains(&address))
    }

    /// Refuses schemes, credentials and literal addresses that no request may go to. Names are checked when they are
    /// resolved; on a route through a proxy, where the proxy does that, the names of private networks are refused.
    pub fn check(&self, url: &Url, route: &Route) -> Result<(), FetchError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(FetchError::Scheme { url: shown(url) });
        }
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(name)) if !name.is_empty() => None,
            _ => return Err(FetchError::Scheme { url: shown(url) }),
        };
        match literal {
            Some(address) if !self.admits(address) => Err(FetchError::Forbidden { host: address.to_string() }),
            Some(_) => Ok(()),
            None => check_name(url.host_str().unwrap_or_default(), route),
        }
    }
}

/// Names that lead into the network of whoever resolves them (RFC 6761, 6762, 8375, and what routers call theirs).
const LOCAL_NAMES: &[&str] =
    &["localhost", "local", "internal", "intranet", "lan", "home", "corp", "private", "home.arpa"];

fn check_name(name: &str, route: &Route) -> Result<(), FetchError> {
    let host = name.trim_end_matches('.').to_ascii_lowercase();
    let within = |parent: &str| host == parent || host.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.'));
    match route {
        // RFC 7686: not even asked of a resolver.
        Route::Direct if within("onion") => Err(FetchError::NeedsTor { host }),
        Route::Direct => Ok(()),
        Route::Proxy(_) if !host.contains('.') || LOCAL_NAMES.iter().any(|local| within(local)) => {
            Err(FetchError::LocalName { host })
        }
        Route::Proxy(_) => Ok(()),
    }
}

impl Resolve for Gate {
    fn resolve(&self, name: Name) -> Resolving {
        let gate = self.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let (admitted, refused): (Vec<SocketAddr>, Vec<SocketAddr>) =
                found.partition(|address| gate.admits(address.ip()));
            if admitted.is_empty() && !refused.is_empty() {
                return Err(Box::new(NotPublic) as Box<dyn std::error::Error + Send + Sync>);
            }
            Ok(Box::new(admitted.into_iter()) as Addrs)
        })
    }
}

/// A name that leads to private addresses alone.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to a private address")]
pub struct NotPublic;

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => match embedded_v4(v6) {
            Some(_) => false,
            None => is_public_v6(v6),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = u32::from(address);
    !NOT_PUBLIC_V4.iter().any(|(base, length)| {
        let mask = u32::MAX << (32 - length);
        bits & mask == u32::from(Ipv4Addr::from(*base)) & mask
    })
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let global_unicast = address.segments()[0] & 0xe000 == 0x2000;
    let within = |(base, length): &(&str, u8)| {
        let base = base.parse::<Ipv6Addr>().map_or(u128::MAX, u128::from);
        let mask = u128::MAX << (128 - length);
        u128::from(address) & mask == base & mask
    };
    global_unicast && !NOT_PUBLIC_V6.iter().any(within)
}

/// IPv4-mapped, IPv4-compatible and NAT64 forms (RFC 4291 §2.5.5, RFC 6052): there is no reason for a feed to use one.
fn embedded_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let segments = address.segments();
    let nat64 = segments[..6] == [0x64, 0xff9b, 0, 0, 0, 0] || segments[..3] == [0x64, 0xff9b, 1];
    let low = Ipv4Addr::from((u32::from(segments[6]) << 16) | u32::from(segments[7]));
    (nat64 || address.to_ipv4_mapped().is_some() || segments[..6] == [0; 6]).then_some(low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_addresses_are_admitted() {
        let gate = Gate::new(&[]);
        for address in ["8.8.8.8", "1.1.1.1", "203.0.114.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00::1"]
        {
            assert!(gate.admits(address.parse().expect("an address")), "{address}");
        }
    }

    #[test]
    fn every_kind_of_private_address_is_refused() {
        let gate = Gate::new(&[]);
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "5f00::1",
        ] {
            assert!(!gate.admits(address.parse().expect("an address")), "{address}");
        }
    }

    #[test]
    fn a_network_that_the_configuration_opens_is_admitted_and_no_other() {
        let gate = Gate::new(&["10.1.0.0/16".parse().expect("a network")]);
        assert!(gate.admits("10.1.2.3".parse().expect("an address")));
        assert!(!gate.admits("10.2.0.1".parse().expect("an address")));
    }

    #[test]
    fn numbers_that_browsers_read_as_loopback_are_refused() {
        let gate = Gate::new(&[]);
        for url in [
            "http://2130706433/",
            "http://0x7f.1/",
            "http://0177.0.0.1/",
            "http://127.1/",
            "http://①②⑦.0.0.1/",
            "HTTP://[::1]/",
            "http://0/",
            "http://[::ffff:7f00:1]/",
        ] {
            let url = Url::parse(url).expect("a URL");
            assert!(matches!(gate.check(&url, &Route::Direct), Err(FetchError::Forbidden { .. })), "{url}");
        }
    }

    #[test]
    fn through_a_proxy_names_of_private_networks_and_private_literals_are_refused() {
        let gate = Gate::new(&[]);
        let route = Route::parse("socks5h://127.0.0.1:9050").expect("a route");
        for url in [
            "http://localhost/",
            "http://LocalHost./",
            "http://a.localhost:8080/",
            "http://router/",
            "http://printer.local/",
            "http://db.internal/",
            "http://nas.home.arpa/",
            "http://127.0.0.1/",
            "http://[::1]/",
            "http://10.0.0.1/",
        ] {
            assert!(gate.check(&Url::parse(url).expect("a URL"), &route).is_err(), "{url}");
        }
        for url in ["http://news.example/", "http://abcdef.onion/", "https://8.8.8.8/", "http://notlocal.example/"] {
            assert!(gate.check(&Url::parse(url).expect("a URL"), &route).is_ok(), "{url}");
        }
    }

    #[test]
    fn an_onion_address_is_not_asked_directly() {
        let url = Url::parse("http://abcdef.onion/").expect("a URL");
        assert!(matches!(Gate::new(&[]).check(&url, &Route::Direct), Err(FetchError::NeedsTor { .. })));
    }

    #[test]
    fn only_http_and_https_are_asked() {
        let gate = Gate::new(&[]);
        for url in ["file:///etc/passwd", "ftp://a.example/", "gopher://a.example/", "data:text/plain,x"] {
            let url = Url::parse(url).expect("a URL");
            assert!(matches!(gate.check(&url, &Route::Direct), Err(FetchError::Scheme { .. })), "{url}");
        }
    }
}
