//! The shell that joins all parts: poll → process → compose → dispatch → prune.
//!
//! Each stage claims rows, works on them, and commits what came of it, failures too. A stage's `drain` goes on until
//! nothing more is due; the daemon calls it again when something is. Nothing here decides: `source`, `extract`,
//! `matching`, `grouping`, `digest` and `schedule` do.

mod answer;
pub mod archive;
mod asides;
mod baseline;
pub mod bulletins;
mod cleaning;
pub mod compose;
pub mod dispatch;
pub mod fill;
mod hosts;
mod in_flight;
mod measure;
mod newsroom;
pub mod notices;
mod page;
pub mod poll;
pub mod process;
pub mod prune;
pub mod ramp;
mod seats;
pub mod sitemaps;
pub mod tally;
mod turn;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, Notify, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::deliver::Channel;
use crate::fetch::Fetcher;
use crate::matching::{NameFinder, WatchSet};
use crate::model::delivery::message_id;
use crate::model::exchange::Credentials;
use crate::model::id::{DeliveryId, DigestId, FeedId, RecipientId};
use crate::model::lease::Lease;
use crate::model::recipient::Recipient;
use crate::model::time::Timestamp;
use crate::model::watch::WatchSpec;
use crate::ops::health::Health;
use crate::schedule::{self, Pacing};
use crate::store::{NewDelivery, Store};
use crate::{coverage, digest, extract, source};
use bulletins::Bulletins;
use ramp::Ramp;
pub use seats::Seats;
use tally::Tally;

/// How far back a feed's first poll is mailed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailBack {
    /// Everything the feed still lists.
    All,
    /// What the feed dates within this time before the first poll; nothing for zero.
    Within(Duration),
}

/// The ways to recipients.
pub struct Channels {
    /// For whom has no way of their own.
    pub mail: Channel,
    pub own: HashMap<RecipientId, Channel>,
}

impl Channels {
    fn of(&self, recipient: &RecipientId) -> &Channel {
        self.own.get(recipient).unwrap_or(&self.mail)
    }
}

/// What the configuration asks of the stages. Replaced as a whole by a reload.
pub struct Plan {
    pub pacing: Pacing,
    pub coverage: coverage::Bounds,
    /// Feeds whose entries are never held.
    pub never_held: HashSet<FeedId>,
    /// How long alarms are gathered into one mail to ops.
    pub gather_alarms: Duration,
    pub alert_pacing: schedule::AlertPacing,
    pub mail_back: MailBack,
    /// Of the feeds whose servers want any.
    pub credentials: HashMap<FeedId, Arc<Credentials>>,
    pub feed_limits: source::Limits,
    pub extract_limits: extract::Limits,
    /// Cleaning rules per publisher.
    pub sites: extract::SiteRules,
    /// Bytes of a page at most.
    pub max_page_bytes: u64,
    pub digest_limits: digest::Limits,
    /// Reports in one digest; what is more waits for the next, which is then due at once.
    pub max_reports: u32,
    pub watches: Vec<WatchSpec>,
    pub watch_set: WatchSet,
    /// The name groups that an article holds, by which reports in several languages meet.
    pub names_told: NameFinder,
    pub recipients: Vec<Recipient>,
    /// Feeds claimed at a time; those that wait for their turn at a host count.
    pub polls_in_flight: usize,
    pub entries_in_flight: usize,
    pub deliveries_in_flight: usize,
    /// How long texts are kept; `None`: for ever.
    pub keep_pages: Option<Duration>,
    pub keep_articles: Option<Duration>,
    pub keep_digests: Option<Duration>,
    /// The domain of Message-IDs.
    pub message_id_domain: String,
    pub channels: Channels,
    /// `None`: there are none.
    pub bulletins: Option<Bulletins>,
    /// Hard bounces in a row after which a recipient is paused.
    pub pause_after: u32,
    /// Set when a reload has put another plan in this one's place: no new claims under this one.
    pub superseded: CancellationToken,
}

impl Plan {
    /// A digest's place in the outbox, due at once; `answers` is the Message-ID of the mail that it goes on from.
    fn delivery(
        &self,
        digest: &DigestId,
        recipient: &RecipientId,
        now: Timestamp,
        answers: Option<String>,
    ) -> NewDelivery {
        let channel = self.channels.of(recipient).name();
        let id = DeliveryId::of(digest, channel);
        let message_id = message_id(&id, &self.message_id_domain);
        let in_reply_to = answers.unwrap_or_default();
        NewDelivery { message_id, in_reply_to, id, channel: channel.to_owned(), due: now }
    }
}

/// The stages that go round by themselves, each in a loop of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loop {
    Poll,
    Process,
    Compose,
    Dispatch,
}

impl Loop {
    pub const ALL: [Loop; 4] = [Loop::Poll, Loop::Process, Loop::Compose, Loop::Dispatch];

    pub fn name(self) -> &'static str {
        match self {
            Loop::Poll => "poll",
            Loop::Process => "process",
            Loop::Compose => "compose",
            Loop::Dispatch => "dispatch",
        }
    }
}

/// Answers of feeds held at a time: one batch being committed, half of the next being read.
const ANSWERS: usize = 72;

/// While something slow is in flight, what has fallen due meanwhile is claimed this often.
const CLAIM_AGAIN: Duration = Duration::from_secs(1);

/// Rung by a stage for the next one, so that a report does not wait for a timer.
#[derive(Default)]
pub struct Bells {
    pub feeds: Notify,
    pub entries: Notify,
    pub reports: Notify,
    pub deliveries: Notify,
    pub gaps: Notify,
}

/// What every stage works with.
#[derive(Clone)]
pub struct Desk {
    pub store: Store,
    pub fetcher: Fetcher,
    pub clock: Clock,
    pub tally: Arc<Tally>,
    pub health: Health,
    pub bells: Arc<Bells>,
    /// How fast polls begin after the start.
    pub ramp: Arc<Ramp>,
    /// Unique to this process, and part of every lease it takes.
    pub worker: String,
    claims: Arc<AtomicU64>,
    seats: Seats,
    /// As many answers of feeds' servers as are held in memory, from their reading to their commit.
    answers: Arc<Semaphore>,
    /// The running stories between two batches of articles; `None`: to be read.
    newsroom: Arc<Mutex<Option<newsroom::Held>>>,
    /// Set when the program is to stop: no new claims.
    pub stop: CancellationToken,
}

impl Bells {
    pub fn ring_all(&self) {
        for bell in [&self.feeds, &self.entries, &self.reports, &self.deliveries] {
            bell.notify_one();
        }
    }
}

impl Desk {
    pub fn new(
        store: Store,
        fetcher: Fetcher,
        clock: Clock,
        tally: Arc<Tally>,
        health: Health,
        worker: String,
        stop: CancellationToken,
    ) -> Desk {
        let (bells, ramp, claims, newsroom) = (Arc::default(), Arc::default(), Arc::default(), Arc::default());
        let seats = Seats::default();
        let answers = Arc::new(Semaphore::new(ANSWERS));
        Desk { store, fetcher, clock, tally, health, bells, ramp, worker, claims, seats, answers, newsroom, stop }
    }

    /// True when no new work is to be begun under this plan.
    fn stopping(&self, plan: &Plan) -> bool {
        self.stop.is_cancelled() || plan.superseded.is_cancelled()
    }

    /// A sign of life.
    pub fn beat(&self, which: Loop) {
        self.health.beat(which.name(), self.clock.now());
    }

    /// See [`Seats::compute`].
    async fn compute<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        self.seats.compute(work).await
    }

    /// A lease no other claim shares.
    fn lease(&self, now: Timestamp, length: Duration) -> Lease {
        let number = self.claims.fetch_add(1, Ordering::Relaxed);
        Lease { token: format!("{}-{number}", self.worker), until: now.plus(length) }
    }
}

/// What pure work gives; `None`: it panicked, and left nothing half done behind.
fn without_panic<T>(work: impl FnOnce() -> T) -> Option<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).ok()
}
