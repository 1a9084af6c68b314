//! Which article pages a site lets us ask for: its robots.txt, remembered.
//!
//! A robots.txt that is there rules; one that is not (4xx, a redirect that leads nowhere) allows everything; one that
//! cannot be had (5xx, no connection) forbids everything until it can (RFC 9309 §2.3.1), a month at most.

mod rules;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, MutexGuard};
use url::Url;

use super::error::FetchError;
use crate::model::exchange::Route;
use crate::model::time::Timestamp;

pub use rules::{Rules, token};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);
/// RFC 9309 §2.4: not longer than a day.
const KEPT: Duration = DAY;
/// How soon a robots.txt that could not be had is asked for again.
const TRIED_AGAIN: Duration = MINUTE.saturating_mul(10);
/// §2.3.1.4 suggests 30 days after which a site that never gave one is taken to have none. Counted while we run.
const UNREACHABLE_FOR: Duration = DAY.saturating_mul(30);
/// Sites remembered; the one that is forgotten is asked again.
const REMEMBERED: usize = 1_024;
/// §2.5: at least 500 KiB must be read.
pub const MAX_BYTES: u64 = 512 << 10;
/// A delay that a site asks for is kept up to this.
pub const LONGEST_DELAY: Duration = Duration::from_secs(30);

/// What is known of a site, and until when that is good.
pub struct Known {
    pub verdict: Verdict,
    until: Timestamp,
    /// The last time it could be had.
    unreachable_since: Option<Timestamp>,
}

#[derive(Clone)]
pub enum Verdict {
    Rules(Arc<Rules>),
    Unreachable { why: String },
}

type Site = Arc<AsyncMutex<Option<Known>>>;

/// The sites' rules; clones share them.
#[derive(Clone)]
pub struct Robots {
    product: String,
    sites: Arc<Mutex<HashMap<(String, Route), Site>>>,
}

impl Robots {
    /// `user_agent` begins with the product that a robots.txt may name.
    pub fn new(user_agent: &str) -> Robots {
        Robots { product: token(user_agent).to_owned(), sites: Arc::default() }
    }

    /// The site's place, so that its file is asked for by one at a time.
    pub fn site(&self, url: &Url, route: &Route) -> Site {
        let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (url.origin().ascii_serialization(), route.clone());
        if sites.len() >= REMEMBERED && !sites.contains_key(&key) {
            sites.retain(|_, site| Arc::strong_count(site) > 1);
        }
        Arc::clone(sites.entry(key).or_default())
    }

    /// Takes what asking for the file gave, and returns what holds now.
    pub fn learn(
        &self,
        known: &mut MutexGuard<'_, Option<Known>>,
        asked: Result<Vec<u8>, FetchError>,
        now: Timestamp,
    ) -> Verdict {
        let last = known.take();
        let fresh = match asked {
            Ok(bytes) => {
                let rules = Rules::parse(&String::from_utf8_lossy(&bytes), &self.product);
                Known { verdict: Verdict::Rules(Arc::new(rules)), until: now.plus(KEPT), unreachable_since: None }
            }
            Err(error) if is_absent(&error) => {
                Known { verdict: Verdict::Rules(Arc::default()), until: now.plus(KEPT), unreachable_since: None }
            }
            Err(error) => unreachable(last, &error, now),
        };
        let verdict = fresh.verdict.clone();
        **known = Some(fresh);
        verdict
    }
}

impl Known {
    pub fn is_good(&self, now: Timestamp) -> bool {
        now < self.until
    }
}

/// The site answered, and has no such file for us.
fn is_absent(error: &FetchError) -> bool {
    match error {
        FetchError::Status { status, .. } => (400..500).contains(status),
        FetchError::Gone { .. }
        | FetchError::TooManyRedirects { .. }
        | FetchError::RedirectLoop { .. }
        | FetchError::BadRedirect { .. }
        | FetchError::Downgrade { .. }
        | FetchError::Scheme { .. } => true,
        _ => false,
    }
}

/// An older copy goes on ruling (§2.4).
fn unreachable(last: Option<Known>, error: &FetchError, now: Timestamp) -> Known {
    let since = last.as_ref().and_then(|last| last.unreachable_since).unwrap_or(now);
    let verdict = match last {
        Some(Known { verdict: verdict @ Verdict::Rules(_), .. }) => verdict,
        _ if now.since(since) >= UNREACHABLE_FOR => Verdict::Rules(Arc::default()),
        _ => Verdict::Unreachable { why: error.to_string() },
    };
    Known { verdict, until: now.plus(TRIED_AGAIN), unreachable_since: Some(since) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_521_600_000);

    fn status(status: u16) -> Result<Vec<u8>, FetchError> {
        Err(FetchError::Status { url: "http://a.example/robots.txt".into(), status })
    }

    fn learns(robots: &Robots, site: &Site, asked: Result<Vec<u8>, FetchError>, now: Timestamp) -> Option<bool> {
        let mut known = site.try_lock().expect("nobody else is there");
        match robots.learn(&mut known, asked, now) {
            Verdict::Rules(rules) => Some(rules.allow("/a")),
            Verdict::Unreachable { .. } => None,
        }
    }

    #[test]
    fn a_file_rules_a_missing_one_allows_and_one_that_cannot_be_had_forbids() {
        let robots = Robots::new("newsvigil/0.1 (+https://ngo.example)");
        let url = Url::parse("http://a.example/x").expect("a URL");
        let site = robots.site(&url, &Route::Direct);
        assert_eq!(learns(&robots, &site, status(500), NOW), None);
        assert_eq!(learns(&robots, &site, status(404), NOW), Some(true));
        assert_eq!(learns(&robots, &site, Ok(b"user-agent: newsvigil\ndisallow: /a".to_vec()), NOW), Some(false));
        assert_eq!(learns(&robots, &site, status(503), NOW.plus(2 * DAY)), Some(false), "the old copy goes on ruling");
    }

    #[test]
    fn a_site_that_never_gives_its_file_is_read_after_a_month() {
        let robots = Robots::new("newsvigil");
        let site = robots.site(&Url::parse("http://a.example/").expect("a URL"), &Route::Direct);
        for days in [0, 10, 29] {
            assert_eq!(learns(&robots, &site, status(500), NOW.plus(days * DAY)), None);
        }
        assert_eq!(learns(&robots, &site, status(500), NOW.plus(30 * DAY)), Some(true));
    }

    #[test]
    fn sites_are_forgotten_before_they_are_too_many() {
        let robots = Robots::new("newsvigil");
        for number in 0..5 * REMEMBERED {
            robots.site(&Url::parse(&format!("http://h{number}.example/")).expect("a URL"), &Route::Direct);
        }
        assert!(robots.sites.lock().expect("no panic").len() <= REMEMBERED + 1);
    }
}
