//! The only SQL. SQLite (a path) or PostgreSQL (`postgres://…`), one text for every statement.
//!
//! Promises: a claim counts the attempt and hands a row to one worker only; a commit names its lease and stores all
//! of an item or nothing; what belongs together (validators and entries, a digest and its deliveries) is one
//! transaction, on disk when the call returns. Rows are never deleted where that would make something new again.
//!
//! Knows nothing of when and why: every time comes from the caller.
//!
//! A limit that is bound is written `LIMIT $n + 0`: SQLite looks into a bare placeholder there when it prepares, and
//! so prepares the statement anew at each run; what it cannot look into it prepares once.

mod alerts;
mod archive;
mod articles;
mod asides;
mod bounces;
mod bulletins;
mod coverage;
mod database;
mod dialect;
mod entries;
mod error;
mod feeds;
mod fingerprints;
mod furniture;
mod held;
mod links;
mod outbox;
mod owed;
mod placing;
mod polls;
mod postgres;
mod processed;
mod readers;
mod recall;
mod recipient_status;
mod recipients;
mod seal;
mod sqlite;
mod statement;
mod stories;
#[cfg(test)]
mod tests;
mod texts;
mod waiting;
mod watched;

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use alerts::FirstMail;
pub use archive::{Counts, EntryHistory, PageHistory, ReportHistory, Retention, gunzip, gzip};
pub use asides::OwedAside;
pub use bounces::{Bounced, UntoldEvent};
pub use coverage::{ClaimedGap, Decision, FilledGap, GapEnd, Notice, Untold};
pub use entries::NewEntry;
pub use error::StoreError;
pub use feeds::{FeedSync, RETIRED};
pub use links::{LinkedEntry, LinkedState};
pub use owed::Owed;
pub use placing::{Member, Placed, StoryTold};
pub use polls::{Answered, PollResult, PollStored, PolledFeed};
pub use processed::{ProcessedEntry, RawPage};
pub use recall::Recalled;
pub use recipient_status::RecipientStatus;
pub use recipients::{ClaimedRecipient, ComposedDigest, NewDelivery};
pub use stories::{Grouped, GroupedMark};
pub use texts::{Kept, StoredText, UsedRevision};

use database::Database;
use statement::binds;

use crate::model::time::Timestamp;

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

/// A handle on the database; clones share it.
#[derive(Clone)]
pub struct Store {
    database: Arc<Database>,
}

/// Held by the one process that may work on a SQLite database; released when dropped or when the process dies.
#[derive(Debug)]
pub struct SoleUse {
    _lock: Option<File>,
}

const END_LEASES: [&str; 5] = [
    "UPDATE feed SET lease_token = '', lease_until = 0 WHERE lease_until > 0",
    "UPDATE entry SET lease_token = '', lease_until = 0 WHERE lease_until > 0",
    "UPDATE recipient SET lease_token = '', lease_until = 0 WHERE lease_until > 0",
    "UPDATE gap SET lease_token = '', lease_until = 0 WHERE lease_until > 0",
    "UPDATE delivery SET lease_token = '', lease_until = 0 WHERE lease_until > 0",
];

/// Ends the leases of one worker and takes back the attempts that they counted.
macro_rules! release {
    ($table:literal) => {
        concat!(
            "UPDATE ",
            $table,
            " SET lease_token = '', lease_until = 0, attempts = attempts - 1 \
             WHERE lease_until > 0 AND attempts > 0 AND substr(lease_token, 1, length($1)) = $1"
        )
    };
}

/// Rows that may be worked on anew as soon as their worker knows that nothing was committed. Not deliveries: their
/// lease guards against sending twice, and is left to run out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Releasable {
    Feeds,
    Entries,
    Recipients,
}

impl Releasable {
    fn release(self) -> &'static str {
        match self {
            Releasable::Feeds => release!("feed"),
            Releasable::Entries => release!("entry"),
            Releasable::Recipients => release!("recipient"),
        }
    }
}

const PULSE: &str = "UPDATE pulse SET at = at + 1 WHERE id = 1 RETURNING at";

impl Store {
    /// Opens, migrates and checks the database.
    pub async fn open(config: &Config) -> Result<Store, StoreError> {
        let database = match config {
            Config::Sqlite { path, busy_timeout } => {
                Database::Sqlite(Box::new(sqlite::open(path, *busy_timeout).await?))
            }
            Config::Postgres { url, max_connections } => {
                Database::Postgres(postgres::open(url, *max_connections).await?)
            }
        };
        Ok(Store { database: Arc::new(database) })
    }

    /// Takes the lock that keeps a second daemon off a SQLite database, and ends all leases there: nobody else can
    /// hold one. On PostgreSQL machines share the work, and leases end by themselves.
    pub async fn sole_use(&self) -> Result<SoleUse, StoreError> {
        let Database::Sqlite(file) = self.database() else {
            return Ok(SoleUse { _lock: None });
        };
        let lock = sqlite::lock(&file.path)?;
        seal::check_pages(file).await?;
        let mut writer = self.database().writer("ending the leases of the last run").await?;
        let mut tx = writer.begin().await?;
        for sql in END_LEASES {
            tx.change(sql, &[]).await?;
        }
        tx.commit().await?;
        Ok(SoleUse { _lock: Some(lock) })
    }

    /// Gives back all rows of a kind that this worker holds, as if they had not been claimed: for a worker that lives
    /// and failed to commit, so that its rows need not wait for their leases to end, nor count as having killed it.
    pub async fn release(&self, rows: Releasable, worker: &str) -> Result<(), StoreError> {
        self.database().write("giving back what was claimed", rows.release(), &binds![worker]).await.map(|_| ())
    }

    /// Answers if the database can be read and written.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let doing = "checking the database";
        // The open file goes on working without its name, and is lost at the end of the program.
        if let Database::Sqlite(file) = self.database()
            && !file.path.exists()
        {
            let detail =
                "the file was moved or deleted while the program runs; put it back, or stop the program".to_owned();
            return Err(StoreError::Corrupt { doing, detail });
        }
        // Only a write that reaches the disk tells a full or read-only one.
        self.database().write(doing, PULSE, &[]).await.map(|_| ())
    }

    /// Writes what is in memory to disk and closes.
    pub async fn close(self) {
        self.database.close().await;
    }

    fn database(&self) -> &Database {
        &self.database
    }

    async fn next_due(&self, doing: &'static str, sql: &'static str) -> Result<Option<Timestamp>, StoreError> {
        let row = self.database().first(doing, sql, &binds![]).await?;
        let due = row.map(|row| row.time_or_null("at")).transpose()?.flatten();
        Ok(due.filter(|due| *due < Timestamp::NEVER))
    }
}

/// Sorts what sqlx reports of a migration.
fn migrate_error(doing: &'static str, error: sqlx::migrate::MigrateError) -> StoreError {
    use sqlx::migrate::MigrateError as E;
    match error {
        E::Execute(cause) | E::ExecuteMigration(cause, _) => StoreError::of(doing, cause),
        // Another machine migrated further since the first look.
        E::VersionMissing(found) => StoreError::Newer { found, known: dialect::newest() },
        E::VersionMismatch(version) | E::Dirty(version) => StoreError::Altered { version },
        other => StoreError::of(doing, sqlx::Error::Migrate(Box::new(other))),
    }
}
