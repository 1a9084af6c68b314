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
    pub owed_to: Vec<RecipientId>,
    pub state: EntryState,
    pub page_tries: u32,
    /// Why the page was not read; empty if it was.
    pub page_error: String,
}
