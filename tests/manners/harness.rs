//! The stages themselves over a real database and a real client, with a clock that a test moves.

use std::sync::Arc;
use std::time::Duration;

use newsvigil::clock::Clock;
use newsvigil::daemon;
use newsvigil::fetch::Fetcher;
use newsvigil::model::feed::FeedStatus;
use newsvigil::model::time::Timestamp;
use newsvigil::ops::health::Health;
use newsvigil::ops::metrics::Metrics;
use newsvigil::source::entry_key::canonical_link;
use newsvigil::stage::tally::Tally;
use newsvigil::stage::{Desk, Plan, poll, process};
use newsvigil::store::{EntryHistory, Store};
use tokio_util::sync::CancellationToken;

use crate::support::fake_web::Answer;
use crate::support::world::{World, rss};

/// Tuesday, 24 November 2026, 12:00 UTC, where every test begins.
pub const NOON: Timestamp = Timestamp::from_millis(1_795_521_600_000);

pub struct Newsroom {
    pub world: World,
    pub clock: Clock,
    pub desk: Desk,
    pub plan: Arc<Plan>,
}

impl Newsroom {
    /// One feed, `/feed.xml`, polled hourly.
    pub async fn new() -> Newsroom {
        let mut world = World::new();
        world.source("/feed.xml", "Northern Monitor");
        Newsroom::of(world).await
    }

    /// The world's sources, all due.
    pub async fn of(mut world: World) -> Newsroom {
        world.maildir().watch("returns", &["repatriation"]).reader("desk", "desk@ngo.example");
        Newsroom::begin(world, Clock::manual(NOON)).await
    }

    async fn begin(world: World, clock: Clock) -> Newsroom {
        let (settings, _) = daemon::load(&world.config_path()).expect("a sound configuration");
        let store = Store::open(&settings.store).await.expect("the database opens");
        let fetcher = Fetcher::new(settings.fetch.clone(), clock.clone()).expect("a client");
        let plan = Arc::new(daemon::plan(&settings, &fetcher).expect("a plan"));
        let tally = Arc::new(Tally::new(Arc::new(Metrics::new())));
        let (worker, stop) = ("w1".to_owned(), CancellationToken::new());
        let desk = Desk::new(store, fetcher, clock.clone(), tally, Health::new(), worker, stop);
        let feeds: Vec<_> = settings.feeds.iter().map(|spec| (spec.clone(), clock.now())).collect();
        desk.store.sync_feeds(&feeds, clock.now()).await.expect("the sources are taken over");
        Newsroom { world, clock, desk, plan }
    }

    /// The program is started anew, under the configuration as it now is.
    pub async fn restarted(self) -> Newsroom {
        self.desk.store.close().await;
        Newsroom::begin(self.world, self.clock).await
    }

    pub fn serve(&self, answers: impl IntoIterator<Item = Answer>) {
        self.world.web.serve_in_turn("/feed.xml", answers);
    }

    /// Polls what is due now.
    pub async fn poll(&self) {
        poll::drain(&self.desk, &self.plan).await.expect("polls are stored");
    }

    /// Polls what is due now, and as often more, each time when the next poll is due.
    pub async fn poll_times(&self, times: usize) {
        self.poll().await;
        for _ in 1..times {
            self.clock.advance(self.pause().await);
            self.poll().await;
        }
    }

    pub async fn process(&self) {
        process::drain(&self.desk, &self.plan).await.expect("articles are stored");
    }

    /// What became of the entries that lead to that page of the web server.
    pub async fn entries_of(&self, page: &str) -> Vec<EntryHistory> {
        let url = self.world.web.url(page);
        let link_key = canonical_link(&url.parse().expect("an address"));
        self.desk.store.entry_histories(&url, &link_key).await.expect("an answer")
    }

    /// How long nothing is due now.
    pub async fn pause(&self) -> Duration {
        let due = self.desk.store.next_feed_due().await.expect("an answer").expect("a feed waits");
        due.since(self.clock.now())
    }

    pub async fn feed(&self) -> FeedStatus {
        self.desk.store.feeds().await.expect("a list").remove(0)
    }

    /// That header of each request for the feed.
    pub fn sent(&self, header: &str) -> Vec<Option<String>> {
        self.world.web.asked("/feed.xml").iter().map(|asked| asked.header(header).map(str::to_owned)).collect()
    }
}

/// A feed of one entry; another name is another body.
pub fn feed(name: &str) -> Answer {
    Answer::feed(rss(&format!("<item><title>{name}</title><guid>{name}</guid></item>")))
}

/// As [`feed`], with something in its head.
pub fn feed_saying(head: &str) -> Answer {
    Answer::feed(rss(&format!("{head}<item><title>x</title><guid>x</guid></item>")))
}

pub fn some(values: &[&str]) -> Vec<Option<String>> {
    values.iter().map(|value| (!value.is_empty()).then(|| (*value).to_owned())).collect()
}

pub const fn hours(count: u64) -> Duration {
    Duration::from_secs(count * 3_600)
}

pub const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}
