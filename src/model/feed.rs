//! A feed: a row we poll.

use std::time::Duration;

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use url::Url;

use super::exchange::Validators;
use super::id::FeedId;
use super::lease::Lease;
use super::time::Timestamp;

/// What kind of source a URL is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FeedKind {
    /// RSS, Atom or JSON Feed.
    Syndication,
}

impl FeedKind {
    pub fn as_str(self) -> &'static str {
        match self {
            FeedKind::Syndication => "syndication",
        }
    }
}

/// A feed as the configuration asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedSpec {
    pub url: Url,
    pub kind: FeedKind,
    /// The publisher's name as readers see it.
    pub outlet: String,
    /// BCP 47; empty where not said.
    pub lang: String,
    /// The shortest time between two polls.
    pub every: Duration,
    /// The zone of its dates that name none; `None`: by its language, else UTC.
    pub zone: Option<TimeZone>,
}

impl FeedSpec {
    pub fn id(&self) -> FeedId {
        FeedId::of_url(&self.url)
    }
}

/// A feed that was claimed for polling, with what the last polls left.
#[derive(Clone, Debug)]
pub struct Feed {
    pub id: FeedId,
    pub spec: FeedSpec,
    /// Where to ask: the configured URL, or the one that permanent redirects moved it to.
    pub ask: Url,
    pub validators: Validators,
    /// SHA-256 (hex) of the last body that was read; empty before the first.
    pub body_hash: String,
    /// When a body was first read and committed; `None`: the next one is the baseline.
    pub first_read_at: Option<Timestamp>,
    /// Failures since the last success.
    pub failures_in_a_row: u32,
    /// A permanent redirect that was seen, and how many polls in a row.
    pub moving: Option<Moving>,
    pub lease: Lease,
}

/// A permanent redirect on its way to being believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moving {
    pub to: Url,
    pub seen: u32,
}

/// Where a feed stands. `Waiting → Leased → Waiting`; anything → `Disabled`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum FeedState {
    Waiting { due: Timestamp },
    Leased { until: Timestamp },
    Disabled { reason: String },
}

/// A feed as `sources` lists it.
#[derive(Clone, Debug, Serialize)]
pub struct FeedStatus {
    pub id: FeedId,
    pub outlet: String,
    pub url: Url,
    #[serde(flatten)]
    pub state: FeedState,
    pub last_polled_at: Option<Timestamp>,
    pub last_success_at: Option<Timestamp>,
    pub last_new_at: Option<Timestamp>,
    pub failures_in_a_row: u32,
    /// The last failure in words; empty after a success.
    pub last_error: String,
    /// What was mended in the last body read (recovered XML, wrong charset); empty if nothing.
    pub note: String,
    pub entries: u64,
}
