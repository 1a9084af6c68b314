//! How a `[[source]]` is reached and as whom: `route`, `username` with `password_file`, `header_files`.

use std::ops::Range;
use std::sync::Arc;

use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::section::{Section, Text};
use super::service::{Surroundings, secret_named};
use crate::model::exchange::{Credentials, Route};

const ROUTE: &str = "\"socks5h://127.0.0.1:9050\"";
const HEADERS: &str = "{ X-Api-Key = \"/etc/newsvigil/example-key\" }";

/// Headers that are ours to write, that say where a message ends, or that a server behind a proxy takes for the proxy's
/// word on who somebody is. `Authorization` and `Cookie` are not among them: subscribers are known by these.
const REFUSED: &[&str] = &[
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "range",
    "referer",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-real-ip",
];
const REFUSED_PREFIXES: &[&str] = &["a-im", "if-", "proxy-", "remote-", "x-forwarded-", "x-remote-", "x-original-"];

/// `route`; `None`: not said, or said wrongly and reported.
pub(super) fn route(section: &Section<'_>) -> Option<Route> {
    let text = section.text("route", ROUTE)?;
    match Route::parse(text.value) {
        Ok(route) => Some(route),
        Err(wrong) => {
            let help = format!("write \"direct\", \"http://proxy.example.org:3128\" or, for Tor: route = {ROUTE}");
            section.error_saying(text.span, "`route` cannot be used", wrong, help);
            None
        }
    }
}

/// An address of the Tor network on a route without Tor will never answer.
pub(super) fn check_onion(section: &Section<'_>, url: &Url, address: Range<usize>, route: &Route) {
    if *route == Route::Direct && url.host_str().is_some_and(|host| host.ends_with(".onion")) {
        section.error(address, "this address is reached through Tor only", format!("add: route = {ROUTE}"));
    }
}

/// The keys that name a source's secrets.
pub(super) struct Secrets<'d> {
    username: Option<Text<'d>>,
    password_file: Option<Text<'d>>,
    header_files: Vec<(Text<'d>, Text<'d>)>,
}

impl<'d> Secrets<'d> {
    pub fn of(section: &Section<'d>) -> Secrets<'d> {
        Secrets {
            username: section.text("username", "\"desk\""),
            password_file: section.text("password_file", "\"/etc/newsvigil/example-password\""),
            header_files: section.named_texts("header_files", HEADERS).unwrap_or_default(),
        }
    }

    /// Reads them; `None` where there are none. `url` is the source's, which stands at `address`.
    pub fn read(
        self,
        section: &Section<'_>,
        url: &Url,
        address: Range<usize>,
        around: Surroundings<'_>,
    ) -> Option<Arc<Credentials>> {
        let login = login(section, self.username, self.password_file, around);
        let named = |(name, file): &(Text<'_>, Text<'_>)| header(section, name, file, around);
        let headers: Vec<_> = self.header_files.iter().filter_map(named).collect();
        if login.is_none() && headers.is_empty() {
            return None;
        }
        let authorization = |(name, _): &&(Text<'_>, _)| name.value.eq_ignore_ascii_case("authorization");
        if let Some((name, _)) = self.header_files.iter().find(authorization).filter(|_| login.is_some()) {
            section.error(name.span.clone(), "`username` and the header Authorization are both given", "keep one");
        }
        if url.scheme() == "http" {
            let help = "write https:// in its address, if the server has that";
            section.warn(address, "the secrets of this source cross the network unencrypted", help);
        }
        Some(Arc::new(Credentials { origin: url.origin(), login, headers }))
    }
}

fn login(
    section: &Section<'_>,
    username: Option<Text<'_>>,
    file: Option<Text<'_>>,
    around: Surroundings<'_>,
) -> Option<(String, SecretString)> {
    match (username, file) {
        (None, None) => None,
        (Some(username), None) => {
            let help = "add: password_file = \"/etc/newsvigil/example-password\"";
            section.error(username.span, "a `username`, but no password", help);
            None
        }
        (None, Some(file)) => {
            section.error(file.span, "a password, but no `username`", "add: username = \"desk\"");
            None
        }
        (Some(username), Some(_)) if username.value.contains(':') || username.value.chars().any(char::is_control) => {
            section.error(username.span, "`username` holds a colon or a control character", "take it out");
            None
        }
        (Some(username), Some(file)) => Some((username.value.to_owned(), secret_named(section, &file, around)?)),
    }
}

fn header(
    section: &Section<'_>,
    name: &Text<'_>,
    file: &Text<'_>,
    around: Surroundings<'_>,
) -> Option<(String, SecretString)> {
    let lower = name.value.to_ascii_lowercase();
    // RFC 9110 §5.6.2
    let is_token =
        !lower.is_empty() && lower.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
    if !is_token || lower.len() > 64 {
        section.error(name.span.clone(), "not the name of a header", format!("write: header_files = {HEADERS}"));
        return None;
    }
    if REFUSED.contains(&lower.as_str()) || REFUSED_PREFIXES.iter().any(|prefix| lower.starts_with(prefix)) {
        let help = "take it out; Authorization, Cookie and names of the publisher's own may be given";
        section.error(name.span.clone(), "this header is not for a source to set", help);
        return None;
    }
    let value = secret_named(section, file, around)?;
    // RFC 9110 §5.5
    if !value.expose_secret().bytes().all(|b| (0x20..0x7f).contains(&b) || b == b'\t') {
        let help = "a header holds plain Latin letters, digits and signs";
        section.error(file.span.clone(), "the secret in this file cannot stand in a header", help);
        return None;
    }
    Some((name.value.to_owned(), value))
}
