//! The connections that read a SQLite file.
//!
//! sqlx's pool asks a connection whether it lives each time it is given back, which on SQLite costs as much as a short
//! read, and hands out the one that rested longest, so that all of them come to hold the same statements. Here the last
//! one given back is the next one taken.

use std::sync::{Mutex, PoisonError};

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::error::StoreError;

/// Reads at a time.
const MOST: u32 = 4;

pub(super) struct Readers {
    options: SqliteConnectOptions,
    resting: Mutex<Vec<SqliteConnection>>,
    room: Semaphore,
}

/// A connection to read with. Dropped without [`Reader::give_back`], after a failure or in the middle of a read, it is
/// closed: who knows what state it is in.
pub(super) struct Reader<'r> {
    pub connection: SqliteConnection,
    of: &'r Readers,
    _room: SemaphorePermit<'r>,
}

impl Readers {
    pub fn new(options: SqliteConnectOptions) -> Readers {
        Readers { options, resting: Mutex::default(), room: Semaphore::new(MOST as usize) }
    }

    /// Waits until fewer than [`MOST`] read.
    pub async fn take(&self, doing: &'static str) -> Result<Reader<'_>, StoreError> {
        let room = self.room.acquire().await.map_err(|_| StoreError::Closed { doing })?;
        let rested = self.rested().pop();
        let connection = match rested {
            Some(connection) => connection,
            None => self.options.connect().await.map_err(|error| StoreError::of(doing, error))?,
        };
        Ok(Reader { connection, of: self, _room: room })
    }

    /// Waits for those who still read.
    pub async fn close(&self) {
        let everyone = self.room.acquire_many(MOST).await;
        self.room.close();
        let rested = std::mem::take(&mut *self.rested());
        for connection in rested {
            if let Err(error) = connection.close().await {
                tracing::debug!(%error, "A reading connection did not close cleanly");
            }
        }
        drop(everyone);
    }

    fn rested(&self) -> std::sync::MutexGuard<'_, Vec<SqliteConnection>> {
        self.resting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Reader<'_> {
    pub fn give_back(self) {
        self.of.rested().push(self.connection);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn readers(folder: &tempfile::TempDir) -> Readers {
        Readers::new(SqliteConnectOptions::new().filename(folder.path().join("a.db")).create_if_missing(true))
    }

    #[tokio::test]
    async fn one_that_was_dropped_in_the_middle_makes_room_and_is_not_taken_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let readers = readers(&folder);
        for _ in 0..2 * MOST {
            drop(readers.take("reading").await.expect("there is room"));
        }
        assert!(readers.rested().is_empty());
        readers.take("reading").await.expect("there is room").give_back();
        readers.take("reading").await.expect("there is room").give_back();
        assert_eq!(readers.rested().len(), 1, "the one that was given back was taken");
    }

    #[tokio::test]
    async fn closing_waits_for_who_still_reads_and_nobody_begins_after_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let readers = readers(&folder);
        let reading = readers.take("reading").await.expect("there is room");
        let mut closing = Box::pin(readers.close());
        assert!(closing.as_mut().now_or_never().is_none());
        reading.give_back();
        closing.await;
        assert!(readers.rested().is_empty());
        assert!(matches!(readers.take("reading").await, Err(StoreError::Closed { .. })));
    }
}
