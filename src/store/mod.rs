//! The only SQL. SQLite (a path) or PostgreSQL (`postgres://…`), one text for every statement.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::model::article::Article;
use crate::model::delivery::{DeliveryState, DeliveryStatus, Outgoing};
use crate::model::digest::{Coverage, Digest, Rendered, Report};
use crate::model::entry::{ClaimedEntry, EntryState, FeedEntry};
use crate::model::exchange::Validators;
use crate::model::feed::{Feed, FeedSpec, FeedStatus, Moving};
use crate::model::id::{DeliveryId, DigestId, EntryId, FeedId, RecipientId, WatchId};
use crate::model::lease::Lease;
use crate::model::story::{Candidate, Fingerprint, Membership};
use crate::model::time::Timestamp;
use crate::model::watch::Hit;

/// Where the database is.
#[derive(Clone, Debug)]
pub enum Config {
    Sqlite {
        path: PathBuf,
        busy_timeout: Duration,
    },
    /// The URL holds a password: never shown.
    Postgres {
        url: secrecy::SecretString,
        max_connections: u32,
    },
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("placeholder")]
    Placeholder,
}

/// What one poll left, success or failure; committed in one transaction with others of its batch.
#[derive(Clone, Debug)]
pub struct PolledFeed {
    pub feed: FeedId,
    pub lease: Lease,
    pub at: Timestamp,
    pub next_due: Timestamp,
    pub result: PollResult,
}

#[derive(Clone, Debug)]
pub enum PollResult {
    /// 304, or a body with the same hash: nothing but times (and validators, if any came) is written.
    Unchanged { validators: Validators, moving: Option<Moving>, ask: Url },
    /// A body was read. `validators` replace the old ones, in the same transaction as the entries.
    Read {
        validators: Validators,
        body_hash: String,
        moving: Option<Moving>,
        ask: Url,
        note: String,
        /// Known ones are left as they are.
        entries: Vec<NewEntry>,
    },
    /// Validators and entries stay as they are.
    Failed { error: String },
    /// 410, or an operator's word.
    Disabled { reason: String },
}

#[derive(Clone, Debug)]
pub struct NewEntry {
    pub id: EntryId,
    pub entry: FeedEntry,
    /// Stored and searchable, not mailed.
    pub baseline: bool,
    /// When it is to be processed.
    pub due: Timestamp,
}

/// The raw answer to a page request, kept for evidence.
#[derive(Clone, Debug)]
pub struct RawPage {
    pub url: Url,
    pub status: u16,
    /// Response headers, `name: value` lines.
    pub headers: String,
    pub sha256: String,
    /// gzip of the body as received (after transfer decoding).
    pub body_gzip: Vec<u8>,
    pub fetched_at: Timestamp,
}

/// What processing one entry left; committed in one transaction.
#[derive(Clone, Debug)]
pub struct ProcessedEntry {
    pub entry: EntryId,
    pub lease: Lease,
    pub at: Timestamp,
    pub page: Option<RawPage>,
    pub article: Article,
    pub fingerprint: Fingerprint,
    pub membership: Membership,
    pub hits: Vec<Hit>,
    /// Recipients who follow a watch that was hit; each is owed the report once. Empty for a baseline entry.
    pub owed_to: Vec<Owed>,
    pub state: EntryState,
    pub page_tries: u32,
    /// Why the page was not read; empty if it was.
    pub page_error: String,
}

/// A recipient who is owed a report, and when their digest is due because of it.
#[derive(Clone, Debug)]
pub struct Owed {
    pub recipient: RecipientId,
    /// Brings the recipient's next digest forward to this, never back.
    pub due: Timestamp,
}

/// A recipient whose digest is due.
#[derive(Clone, Debug)]
pub struct ClaimedRecipient {
    pub id: RecipientId,
    /// Digests composed so far.
    pub editions: i64,
    /// Where the last window ended.
    pub window_from: Timestamp,
    pub lease: Lease,
}

/// A digest with its outbox rows, committed together.
#[derive(Clone, Debug)]
pub struct ComposedDigest {
    pub digest: Digest,
    pub rendered: Rendered,
    /// The `original` of each report, in the digest's order.
    pub originals: Vec<EntryId>,
    pub deliveries: Vec<NewDelivery>,
    pub lease: Lease,
    /// When the recipient's next digest is due.
    pub next_due: Timestamp,
    pub at: Timestamp,
}

#[derive(Clone, Debug)]
pub struct NewDelivery {
    pub id: DeliveryId,
    pub channel: String,
    pub message_id: String,
    pub due: Timestamp,
}

/// What `sync_feeds` changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeedSync {
    pub added: u64,
    pub changed: u64,
    pub retired: u64,
}

/// What became of one feed's poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PollStored {
    pub feed: FeedId,
    pub new_entries: u64,
    /// Somebody else holds the feed now; nothing of this poll was stored.
    pub lease_lost: bool,
}

/// How much of each kind may be forgotten: everything older than the time given.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    pub pages_before: Timestamp,
    pub articles_before: Timestamp,
    pub digests_before: Timestamp,
}

/// Row counts for the health page and the metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    pub feeds: u64,
    pub feeds_failing: u64,
    pub feeds_disabled: u64,
    pub entries: u64,
    pub entries_pending: u64,
    pub entries_abandoned: u64,
    pub reports_waiting: u64,
    pub deliveries_queued: u64,
    pub deliveries_failed: u64,
}

/// Everything the database knows of one entry, for `inspect entry`.
#[derive(Clone, Debug, serde::Serialize)]
pub struct EntryHistory {
    pub id: EntryId,
    pub feed: FeedId,
    pub outlet: String,
    pub feed_url: Url,
    pub entry: FeedEntry,
    pub first_seen: Timestamp,
    pub baseline: bool,
    pub state: EntryState,
    pub page_tries: u32,
    pub page_error: String,
    pub page: Option<PageHistory>,
    pub article: Option<Article>,
    pub membership: Option<Membership>,
    pub hits: Vec<Hit>,
    /// Other entries with the same text.
    pub copies: Vec<EntryId>,
    pub reports: Vec<ReportHistory>,
}

#[derive(Clone, Debug, serde::Serialize)]
pub struct PageHistory {
    pub url: Url,
    pub status: u16,
    pub sha256: String,
    pub bytes: u64,
    pub fetched_at: Timestamp,
}

#[derive(Clone, Debug, serde::Serialize)]
pub struct ReportHistory {
    pub recipient: RecipientId,
    pub queued_at: Timestamp,
    /// `None`: still waits for the recipient's next digest.
    pub digest: Option<DigestId>,
    pub deliveries: Vec<DeliveryStatus>,
}

/// A handle on the database; clones share it.
#[derive(Clone)]
pub struct Store {}

/// Held by the one process that may work on a SQLite database; released when dropped or when the process dies.
pub struct SoleUse {}

impl Store {
    /// Opens, migrates and checks the database.
    pub async fn open(config: &Config) -> Result<Store, StoreError> {
        todo!()
    }
    /// Takes the lock that keeps a second daemon off a SQLite database, and ends all leases there: nobody else can
    /// hold one. On PostgreSQL machines share the work, and leases end by themselves.
    pub async fn sole_use(&self) -> Result<SoleUse, StoreError> {
        todo!()
    }
    /// Answers if the database can be read and written.
    pub async fn ping(&self) -> Result<(), StoreError> {
        todo!()
    }

    /// Makes the feeds in the database those of the configuration; `first_due` is when a new one is first polled.
    pub async fn sync_feeds(&self, feeds: &[(FeedSpec, Timestamp)], now: Timestamp) -> Result<FeedSync, StoreError> {
        todo!()
    }
    /// Makes feeds due now: those named, or all that are not disabled.
    pub async fn make_feeds_due(&self, feeds: Option<&[FeedId]>, now: Timestamp) -> Result<u64, StoreError> {
        todo!()
    }
    pub async fn claim_due_feeds(&self, now: Timestamp, limit: u32, lease: &Lease) -> Result<Vec<Feed>, StoreError> {
        todo!()
    }
    pub async fn commit_polls(&self, polls: &[PolledFeed]) -> Result<Vec<PollStored>, StoreError> {
        todo!()
    }
    pub async fn next_feed_due(&self) -> Result<Option<Timestamp>, StoreError> {
        todo!()
    }
    pub async fn feeds(&self) -> Result<Vec<FeedStatus>, StoreError> {
        todo!()
    }

    pub async fn claim_pending_entries(
        &self,
        now: Timestamp,
        limit: u32,
        lease: &Lease,
    ) -> Result<Vec<ClaimedEntry>, StoreError> {
        todo!()
    }
    /// Ends an entry that cannot be processed. False: the lease was lost.
    pub async fn abandon_entry(
        &self,
        entry: &EntryId,
        lease: &Lease,
        reason: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        todo!()
    }
    /// Articles first seen since `since` that share shingles with the fingerprint, most shared first; not `entry` itself.
    pub async fn candidates(
        &self,
        entry: &EntryId,
        fingerprint: &Fingerprint,
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Candidate>, StoreError> {
        todo!()
    }
    /// False: the lease was lost and nothing was stored.
    pub async fn commit_processed(&self, processed: &[ProcessedEntry]) -> Result<Vec<bool>, StoreError> {
        todo!()
    }
    pub async fn next_entry_due(&self) -> Result<Option<Timestamp>, StoreError> {
        todo!()
    }

    /// Makes the recipients in the database those of the configuration; each comes with its next digest time, which
    /// is taken for new ones and for those whose rhythm changed.
    pub async fn sync_recipients(
        &self,
        recipients: &[(RecipientId, String, Timestamp)],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        todo!()
    }
    pub async fn recipients(&self) -> Result<Vec<RecipientStatus>, StoreError> {
        todo!()
    }
    /// The last digest composed for a recipient, as it was mailed.
    pub async fn latest_digest(&self, recipient: &RecipientId) -> Result<Option<Rendered>, StoreError> {
        todo!()
    }
    pub async fn make_digests_due(&self, now: Timestamp) -> Result<u64, StoreError> {
        todo!()
    }
    pub async fn claim_due_recipients(
        &self,
        now: Timestamp,
        limit: u32,
        lease: &Lease,
    ) -> Result<Vec<ClaimedRecipient>, StoreError> {
        todo!()
    }
    /// Oldest first.
    pub async fn waiting_reports(
        &self,
        recipient: &RecipientId,
        limit: u32,
    ) -> Result<Vec<crate::model::digest::WaitingReport>, StoreError> {
        todo!()
    }
    pub async fn coverage(&self, from: Timestamp, until: Timestamp) -> Result<Coverage, StoreError> {
        todo!()
    }
    /// False: the lease was lost and nothing was stored.
    pub async fn commit_digest(&self, composed: &ComposedDigest) -> Result<bool, StoreError> {
        todo!()
    }
    /// Nothing waited: only the window moves. False: the lease was lost.
    pub async fn commit_quiet(
        &self,
        recipient: &RecipientId,
        lease: &Lease,
        next_due: Timestamp,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        todo!()
    }
    pub async fn next_digest_due(&self) -> Result<Option<Timestamp>, StoreError> {
        todo!()
    }

    pub async fn claim_due_deliveries(
        &self,
        now: Timestamp,
        limit: u32,
        lease: &Lease,
    ) -> Result<Vec<Outgoing>, StoreError> {
        todo!()
    }
    /// `reply` is kept as the last answer. False: the lease was lost (and somebody else may send again).
    pub async fn commit_delivery(
        &self,
        delivery: &DeliveryId,
        lease: &Lease,
        state: &DeliveryState,
        reply: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        todo!()
    }
    pub async fn next_delivery_due(&self) -> Result<Option<Timestamp>, StoreError> {
        todo!()
    }
    /// Newest first.
    pub async fn deliveries(&self, unfinished_only: bool, limit: u32) -> Result<Vec<DeliveryStatus>, StoreError> {
        todo!()
    }
    /// Puts a queued or failed delivery to the front. False: there is none of that id in such a state.
    pub async fn retry_delivery(&self, delivery: &DeliveryId, now: Timestamp) -> Result<bool, StoreError> {
        todo!()
    }
    pub async fn drop_delivery(&self, delivery: &DeliveryId, now: Timestamp) -> Result<bool, StoreError> {
        todo!()
    }

    pub async fn counts(&self) -> Result<Counts, StoreError> {
        todo!()
    }
    /// Hits and reports per watch, for `watches`: (watch, hits, last hit).
    pub async fn watch_counts(&self) -> Result<Vec<(WatchId, u64, Option<Timestamp>)>, StoreError> {
        todo!()
    }
    /// Entries with this id, this link or this key; several feeds may list one page.
    pub async fn entry_histories(&self, id_or_link: &str) -> Result<Vec<EntryHistory>, StoreError> {
        todo!()
    }
    /// Forgets texts older than asked, in small transactions; entries stay as tombstones, so that they do not come
    /// back as new. Returns rows cleared.
    pub async fn prune(&self, retention: &Retention) -> Result<u64, StoreError> {
        todo!()
    }
    /// Writes what is in memory to disk and closes.
    pub async fn close(self) {
        todo!()
    }
}

pub struct RecipientStatus {
    pub id: RecipientId,
    pub next_due: Timestamp,
    pub waiting: u64,
    pub editions: u64,
}
impl StoreError {
    pub fn is_temporary(&self) -> bool {
        todo!()
    }
}
