//! A feed: a row we poll.

use std::time::Duration;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use url::Url;

use super::alarm::{Alarms, Portrait};
use super::exchange::{Route, Validators};
use super::id::FeedId;
use super::lease::Lease;
use super::time::Timestamp;

/// What kind of source a URL is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FeedKind {
    /// RSS, Atom or JSON Feed.
    #[default]
    #[serde(rename = "feed")]
    Syndication,
    /// A sitemap, Google's news sitemap, or an index of these.
    Sitemap,
    /// A web page that lists reports, read by CSS selectors.
    Page,
}

impl FeedKind {
    pub const ALL: [FeedKind; 3] = [FeedKind::Syndication, FeedKind::Sitemap, FeedKind::Page];

    /// As the database holds it.
    pub fn as_str(self) -> &'static str {
        match self {
            FeedKind::Syndication => "syndication",
            FeedKind::Sitemap => "sitemap",
            FeedKind::Page => "page",
        }
    }

    /// As people write it.
    pub fn word(self) -> &'static str {
        match self {
            FeedKind::Syndication => "feed",
            FeedKind::Sitemap => "sitemap",
            FeedKind::Page => "page",
        }
    }
}

/// Where the reports of a listing page stand: CSS selectors that were checked. All but `item` are looked for within an
/// item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selectors {
    /// One element for each report.
    pub item: String,
    /// The link to the report; an item that is a link itself needs none.
    pub link: String,
    /// `None`: the heading, else the link's text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// `None`: `time[datetime]`, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
}

impl Selectors {
    /// What `link` is where nobody says.
    pub const LINK: &str = "a[href]";
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
    /// How it and its article pages are reached.
    pub route: Route,
    /// The zone of its dates that name none; `None`: by its language, else UTC.
    pub zone: Option<TimeZone>,
    /// Of a [`FeedKind::Page`], and of no other.
    pub selectors: Option<Selectors>,
}

impl FeedSpec {
    pub fn id(&self) -> FeedId {
        FeedId::of_url(&self.url)
    }

    /// True if nobody gave it a name: its host stands for one.
    pub fn is_unnamed(&self) -> bool {
        self.outlet == FeedSpec::outlet_of(&self.url)
    }

    /// The publisher's host, for a feed of which no name is known.
    pub fn outlet_of(url: &Url) -> String {
        let host = url.host_str().unwrap_or_default();
        ["www.", "feeds.", "rss."].iter().find_map(|prefix| host.strip_prefix(prefix)).unwrap_or(host).to_owned()
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
    /// The address that gave the validators: [`Feed::ask`], or where it redirected to.
    pub validators_url: Option<Url>,
    /// SHA-256 (hex) of the last body that was read; empty before the first.
    pub body_hash: String,
    /// When a body was first read and committed; `None`: the next one is the baseline.
    pub first_read_at: Option<Timestamp>,
    /// When it was last read, or known to be unchanged.
    pub last_success_at: Option<Timestamp>,
    /// When a poll last brought an entry that was not known.
    pub last_new_at: Option<Timestamp>,
    /// Claims since the last commit, this one included: above one, the program died while it polled this feed.
    pub attempts: u32,
    /// Failures since the last success.
    pub failures_in_a_row: u32,
    /// A permanent redirect that was seen, and how many polls in a row.
    pub moving: Option<Moving>,
    pub wishes: Wishes,
    /// When the whole body was last asked for, without validators, or came all the same.
    pub whole_at: Option<Timestamp>,
    /// When a body last differed from the one before.
    pub changed_at: Option<Timestamp>,
    /// The usual time between two such changes; zero before the second one.
    pub rhythm: Duration,
    /// The time between polls that it needs to be seen whole; zero: as configured.
    pub pace: Duration,
    pub alarms: Alarms,
    pub portrait: Portrait,
    /// Its entries are named by [`EntryId::scattered`](super::id::EntryId::scattered).
    pub scattered: bool,
    pub lease: Lease,
}

/// How a publisher would like to be polled, as it last said; zero and empty where it did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// By the headers of the answer: how long it stays fresh.
    pub fresh_for: Duration,
    /// By the feed itself: RSS `ttl`, `sy:updatePeriod` and `sy:updateFrequency`.
    pub interval: Duration,
    pub skip: SkippedTimes,
}

/// When a feed says that nothing new will stand in it (RSS `skipHours`, `skipDays`), in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SkippedTimes {
    /// Bit n: the hour that begins at n:00.
    hours: u32,
    /// Bit 0: Monday.
    days: u8,
}

impl SkippedTimes {
    /// Hours beyond 23 count for nothing. All hours, or all days, are a mistake and skip nothing.
    pub fn new(hours: impl IntoIterator<Item = u8>, days: impl IntoIterator<Item = Weekday>) -> SkippedTimes {
        let hours = hours.into_iter().filter(|hour| *hour < 24).fold(0, |bits, hour| bits | 1 << hour);
        let days = days.into_iter().fold(0, |bits, day| bits | 1 << day.to_monday_zero_offset());
        SkippedTimes::from_bits(hours, days)
    }

    pub fn from_bits(hours: u32, days: u8) -> SkippedTimes {
        let but_not_all = |bits: u32, all: u32| if bits & all == all { 0 } else { bits & all };
        let (hours, days) = (but_not_all(hours, 0xff_ffff), but_not_all(u32::from(days), 0x7f));
        SkippedTimes { hours, days: u8::try_from(days).unwrap_or(0) }
    }

    pub fn bits(self) -> (u32, u8) {
        (self.hours, self.days)
    }

    pub fn is_empty(self) -> bool {
        self == SkippedTimes::default()
    }

    pub fn contain(self, at: Timestamp) -> bool {
        let utc = at.to_jiff().to_zoned(TimeZone::UTC);
        self.hours >> utc.hour() & 1 == 1 || self.days >> utc.weekday().to_monday_zero_offset() & 1 == 1
    }
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
    pub kind: FeedKind,
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
    /// How often it is polled now: as configured, or more often where its list runs fast; seconds.
    pub every_secs: u64,
    pub alarms: Alarms,
    /// Entries that wait for somebody to decide.
    pub held: u64,
}
