//! Asks the address, and where a page answers, the feeds it names and the usual places: one after another, each by the
//! route, under the bounds and with the pauses of the daemon.

use std::collections::HashSet;
use std::time::Duration;

use url::Url;

use super::setup::Outside;
use crate::model::entry::FeedDocument;
use crate::model::exchange::{Body, Fetched};
use crate::model::feed::{FeedKind, FeedSpec};
use crate::source::{self, Limits, ReadError, charset, web_page};
use crate::stage::{Seats, sitemaps};

/// Something that can be polled.
pub struct Candidate {
    /// Where it is, a permanent redirect followed.
    pub url: Url,
    pub asked: Url,
    pub document: FeedDocument,
    /// As asked for on the command line.
    pub every: Option<Duration>,
}

#[derive(Default)]
pub struct Found {
    pub candidates: Vec<Candidate>,
    /// Named by the page, and no feed.
    pub failed: Vec<(Url, String)>,
}

pub struct Search<'s> {
    pub outside: &'s Outside,
    /// What is asked for.
    pub spec: &'s FeedSpec,
    /// Its route is not the configuration's.
    pub own_route: bool,
}

enum Answer {
    /// With the address that it came from.
    Read(Box<Candidate>, Url),
    /// And the feeds it names.
    WebPage(Url, Vec<Url>),
}

impl Search<'_> {
    pub async fn run(&self) -> anyhow::Result<Found> {
        let url = &self.spec.url;
        let answer = self.ask(url).await.map_err(|why| anyhow::anyhow!("{}", with_place(url, &why)))?;
        let (place, named) = match answer {
            Answer::Read(candidate, _) => return Ok(Found { candidates: vec![*candidate], failed: vec![] }),
            Answer::WebPage(place, named) => (place, named),
        };
        let mut found = Found::default();
        let (mut asked, mut read) = (HashSet::from([url.clone(), place.clone()]), HashSet::new());
        let usual = web_page::usual_places(&place);
        let places = named.into_iter().map(|url| (url, true)).chain(usual.into_iter().map(|url| (url, false)));
        for (url, is_named) in places {
            if !asked.insert(url.clone()) {
                continue;
            }
            match self.ask(&url).await {
                Ok(Answer::Read(candidate, place)) => {
                    // One feed under several addresses is one.
                    let is_new = !read.contains(&place) && !read.contains(&candidate.url);
                    read.extend([place, candidate.url.clone()]);
                    found.candidates.extend(is_new.then_some(*candidate));
                }
                Ok(Answer::WebPage(..)) if is_named => found.failed.push((url, "a web page, no feed".to_owned())),
                Err(why) if is_named => found.failed.push((url, why)),
                // Nobody said that there is one.
                Ok(Answer::WebPage(..)) | Err(_) => {}
            }
        }
        Ok(found)
    }

    async fn ask(&self, url: &Url) -> Result<Answer, String> {
        let kind = if *url == self.spec.url { self.spec.kind } else { FeedKind::Syndication };
        let mut request = self.outside.request(url.clone(), source::purpose(kind));
        if self.own_route {
            request.route = self.spec.route.clone();
        }
        let fetched = self.outside.fetcher.get(&request).await.map_err(|error| error.to_string())?;
        let (place, page) = (fetched.url.clone(), fetched.clone());
        let moved = fetched.moved_to.clone();
        let read = sitemaps::read_whole(
            (&self.outside.fetcher, &Seats::default()),
            &request,
            self.spec,
            fetched,
            &Limits::default(),
        )
        .await;
        match read {
            Ok((document, _)) => {
                let (asked, every) = (url.clone(), Some(self.spec.every));
                let url = moved.unwrap_or_else(|| asked.clone());
                Ok(Answer::Read(Box::new(Candidate { url, asked, document, every }), place))
            }
            Err(ReadError::WebPage { .. }) => {
                let named = web_page::feeds_linked(&text(&page), &place);
                Ok(Answer::WebPage(place, named))
            }
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Some errors name the address themselves.
fn with_place(url: &Url, why: &str) -> String {
    if why.contains(url.as_str()) { why.to_owned() } else { format!("{url}: {why}") }
}

fn text(fetched: &Fetched) -> String {
    let Body::Bytes(bytes) = &fetched.body else { return String::new() };
    let tld = fetched.url.host_str().and_then(|host| host.rsplit('.').next());
    charset::decode(bytes, fetched.header("content-type"), tld).text
}
