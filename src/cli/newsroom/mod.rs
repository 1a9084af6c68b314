//! A sample newsroom for `demo`: invented outlets with invented reports, served by the program itself on loopback.
//!
//! It has what real newsrooms have: RSS, Atom, RDF and JSON; English, Korean and Chinese; pages full of furniture; one
//! wire report in three outlets; a feed in a legacy encoding, a broken one, a web page in place of one, one that is
//! busy and one that is gone.

mod feeds;
mod pages;
mod reports;

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;

/// On the air until dropped or shut down.
pub struct Newsroom {
    base_url: String,
    stop: CancellationToken,
    server: tokio::task::JoinHandle<io::Result<()>>,
}

/// One answer of the server.
#[derive(Clone)]
struct Answer {
    status: StatusCode,
    media_type: &'static str,
    body: Vec<u8>,
    retry_after: bool,
}

impl Answer {
    fn ok(media_type: &'static str, body: impl Into<Vec<u8>>) -> Answer {
        Answer { status: StatusCode::OK, media_type, body: body.into(), retry_after: false }
    }

    fn refusal(status: StatusCode) -> Answer {
        let retry_after = status == StatusCode::SERVICE_UNAVAILABLE;
        Answer { status, media_type: "text/plain", body: Vec::new(), retry_after }
    }
}

impl Newsroom {
    /// Begins to serve; every date is a few hours before now.
    pub async fn start() -> io::Result<Newsroom> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let mut answers = feeds::answers(&base_url, Clock::system().now());
        answers.extend(pages::answers());
        let router = Router::new().fallback(serve).with_state(Arc::new(answers));
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        let server = tokio::spawn(async move { axum::serve(listener, router).with_graceful_shutdown(stopped).await });
        Ok(Newsroom { base_url, stop, server })
    }

    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// A configuration for this newsroom, with everything it writes below `dir`.
    pub fn sample_config(&self, dir: &Path) -> String {
        let dir = dir.display();
        let mut config = format!(
            r#"# The configuration of newsvigil's demo: a sample newsroom on this machine, a Maildir for its mail.

[service]
state_dir = '{dir}'

[poll]
mail_back = "2d"                      # mail what is up to two days old when a source is polled first

[fetch]
allow_networks = ["127.0.0.0/8"]      # the newsroom is on this machine
host_gap = "0s"

[mail]
from = "newsvigil <digest@demo.example>"

[mail.maildir]
path = '{dir}/Maildir'

[[watch]]
id = "repatriation"
name = "Repatriation"
terms = ["repatriation", "강제북송", "북송", "遣返", "遣送"]

[[watch]]
id = "shenyang"
name = "Shenyang"
terms = ["Shenyang", "선양", "沈阳", "瀋陽"]

[[watch]]
id = "dandong-buses"
name = "Buses at Dandong"
query = '(Dandong OR 단둥 OR 丹东 OR 丹東) AND (bus OR customs OR 버스 OR 세관 OR 海关)'

[[recipient]]
id = "desk"
name = "The desk"
email = "desk@demo.example"
watches = "all"
at = ["07:30", "18:00"]
zone = "Asia/Seoul"
"#
        );
        for feed in feeds::FEEDS {
            let (name, lang, path) = (feed.outlet, feed.lang, feed.path);
            config.push_str(&format!(
                "\n[[source]]\nurl = \"{}{path}\"\nname = \"{name}\"\nlang = \"{lang}\"\n",
                self.base_url
            ));
        }
        config
    }

    /// Ends the service.
    pub async fn shutdown(self) {
        self.stop.cancel();
        // Connections that a client keeps open are no reason to wait.
        self.server.abort();
    }
}

async fn serve(State(answers): State<Arc<HashMap<String, Answer>>>, request: Request) -> Response {
    let Some(answer) = answers.get(request.uri().path()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let etag = format!("\"{}\"", &crate::model::id::sha256_hex(&answer.body)[..16]);
    if request.headers().get(header::IF_NONE_MATCH).is_some_and(|asked| asked.as_bytes() == etag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response();
    }
    let headers = [(header::CONTENT_TYPE, answer.media_type.to_owned()), (header::ETAG, etag)];
    let mut response = (answer.status, headers, answer.body.clone()).into_response();
    if answer.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("3600"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source;

    #[tokio::test]
    async fn every_feed_in_good_order_is_read_and_every_page_it_links_exists() {
        let base = "http://127.0.0.1:1";
        let answers = feeds::answers(base, Clock::system().now());
        let pages = pages::answers();
        let mut entries = 0;
        for feed in feeds::FEEDS.iter().filter(|feed| feed.is_in_order()) {
            let answer = &answers[feed.path];
            let url = url::Url::parse(&format!("{base}{}", feed.path)).expect("a URL");
            let document =
                source::read_bytes(&answer.body, Some(answer.media_type), Some(&url), &source::Limits::default());
            let document = document.unwrap_or_else(|error| panic!("{}: {error}", feed.path));
            for entry in &document.entries {
                let link = entry.link.as_ref().expect("a link");
                assert!(entry.published.is_some(), "{link} has no date");
                let missing = link.path().contains("withdrawn");
                assert_eq!(pages.contains_key(link.path()), !missing, "{link}");
            }
            entries += document.entries.len();
        }
        assert!(entries >= 15, "{entries} entries");
    }

    #[test]
    fn the_korean_feed_in_a_legacy_encoding_is_no_utf8() {
        let answers = feeds::answers("http://127.0.0.1:1", Clock::system().now());
        assert!(std::str::from_utf8(&answers["/dumangang/rss.xml"].body).is_err());
    }
}
