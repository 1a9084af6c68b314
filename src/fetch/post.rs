//! One POST to a server that the operator named: through the same gate, by its route, bounded in time, and never
//! anywhere that a redirect leads. What the server answers is its status alone; a body is not read.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use tokio::time::timeout;
use url::Url;

use super::answer_headers::retry_after;
use super::client::{Fetcher, unreachable};
use super::error::FetchError;
use crate::model::exchange::Route;

#[derive(Debug)]
pub struct Post<'a> {
    pub url: &'a Url,
    pub route: &'a Route,
    pub content_type: &'static str,
    /// Values in ASCII.
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// How the server answered, redirects and refusals too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posted {
    pub status: u16,
    pub retry_after: Option<Duration>,
}

impl Fetcher {
    /// Posts within the bounds of a fetch. An error whose phase is not the connection leaves open whether the server has
    /// it. Names the host in errors, and nothing else of the address, whose path may be a secret.
    pub async fn post(&self, post: Post<'_>) -> Result<Posted, FetchError> {
        let host = post.url.host_str().unwrap_or_default().to_owned();
        self.gate.check(post.url, post.route).map_err(|error| match error {
            FetchError::Scheme { .. } => FetchError::Scheme { url: host.clone() },
            error => error,
        })?;
        let mut request = self.clients.of(post.route)?.post(post.url.clone()).header(CONTENT_TYPE, post.content_type);
        for (name, value) in post.headers {
            let mut value =
                HeaderValue::from_str(&value).map_err(|error| FetchError::Setup { why: error.to_string() })?;
            value.set_sensitive(true);
            request = request.header(HeaderName::from_static(name), value);
        }
        let (connect, after) = (self.config.connect_timeout, self.config.total_timeout);
        let Ok(sent) = timeout(after, request.body(post.body).send()).await else {
            return Err(FetchError::TimedOut { host, phase: "the answer", after });
        };
        let answer = sent.map_err(|error| match error.is_connect() || error.is_builder() {
            true => unreachable(&error, &host, post.route, connect),
            false => FetchError::Interrupted { host: host.clone(), why: super::error::innermost(&error.without_url()) },
        })?;
        let retry_after = retry_after(answer.headers(), self.clock.now());
        Ok(Posted { status: answer.status().as_u16(), retry_after })
    }
}
