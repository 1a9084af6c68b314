//! The two databases behind one set of calls: statements go in as text and binds, rows come out.
//!
//! On SQLite one held connection writes (SQLite has one writer at a time; waiting for it here is fairer than its busy
//! timeout) and a few read. On PostgreSQL one pool does both.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{ConnectOptions as _, Connection as _, PgPool, Postgres, Sqlite, Transaction};
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

use super::dialect::Dialect;
use super::error::StoreError;
use super::readers::Readers;
use super::seal::{self, Seal};
use super::statement::{Bind, Row, RowArm, Statement, bound};

/// Tries of a single statement that met another transaction on its way.
const CONFLICT_TRIES: usize = 5;
/// Placeholders in one generated statement at most; SQLite allows 32,766, PostgreSQL 65,535.
const PLACEHOLDERS: usize = 1_000;
/// Values in one `IN (…)`; lists are filled up to a power of two so that few texts need preparing.
const LIST: usize = 2_048;

pub(super) enum Database {
    Sqlite(Box<SqliteFile>),
    Postgres(PgPool),
}

pub(super) struct SqliteFile {
    pub path: PathBuf,
    pub options: SqliteConnectOptions,
    /// `None` once closed, and between a failure and the next use.
    pub writer: Mutex<Option<SqliteConnection>>,
    /// Something failed on the writer. SQLite may have ended the transaction by itself or not (it depends on the error),
    /// and sqlx's count of transactions may be off: no statement is to be run on that connection any more.
    pub suspect: AtomicBool,
    pub closed: AtomicBool,
    pub readers: Readers,
    pub seal: Seal,
}

impl SqliteFile {
    async fn writer(&self, doing: &'static str) -> Result<MappedMutexGuard<'_, SqliteConnection>, StoreError> {
        let mut slot = self.writer.lock().await;
        if self.closed.load(Ordering::SeqCst) {
            return Err(StoreError::Closed { doing });
        }
        if self.suspect.swap(false, Ordering::SeqCst) {
            // What it had not committed is rolled back as it goes.
            *slot = None;
        }
        if slot.is_none() {
            *slot = Some(self.options.connect().await.map_err(|error| StoreError::of(doing, error))?);
        }
        MutexGuard::try_map(slot, Option::as_mut).map_err(|_| StoreError::Closed { doing })
    }
}

/// The right to write. At most one at a time on SQLite.
pub(super) struct Writer<'d> {
    doing: &'static str,
    suspect: Option<&'d AtomicBool>,
    arm: WriterArm<'d>,
}

enum WriterArm<'d> {
    Sqlite(MappedMutexGuard<'d, SqliteConnection>),
    Postgres(PoolConnection<Postgres>),
}

/// A write transaction; dropped without a commit it leaves no trace.
pub(super) struct Tx<'w> {
    doing: &'static str,
    suspect: Option<&'w AtomicBool>,
    arm: TxArm<'w>,
}

/// Remembers that something failed on SQLite's writer.
fn noted<T>(suspect: Option<&AtomicBool>, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
    if let (Err(_), Some(suspect)) = (&outcome, suspect) {
        suspect.store(true, Ordering::SeqCst);
    }
    outcome
}

enum TxArm<'w> {
    Sqlite(Transaction<'w, Sqlite>),
    Postgres(Transaction<'w, Postgres>),
}

/// Runs one statement on an executor of either kind and collects its rows.
macro_rules! all_rows {
    ($arm:ident, $executor:expr, $statement:expr, $binds:expr, $doing:expr) => {
        bound!($statement, $binds)
            .fetch_all($executor)
            .await
            .map(|rows| rows.into_iter().map(|row| Row { doing: $doing, arm: RowArm::$arm(row) }).collect())
            .map_err(|error| StoreError::of($doing, error))
    };
}

impl Database {
    /// Reads.
    pub async fn rows(
        &self,
        doing: &'static str,
        statement: impl Into<Statement>,
        binds: &[Bind<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        let statement = statement.into();
        match self {
            Database::Sqlite(file) => {
                let mut reader = file.readers.take(doing).await?;
                let rows = all_rows!(Sqlite, &mut reader.connection, statement, binds, doing)?;
                reader.give_back();
                Ok(rows)
            }
            Database::Postgres(pool) => all_rows!(Postgres, pool, statement, binds, doing),
        }
    }

    /// Reads the first row, if there is one.
    pub async fn first(
        &self,
        doing: &'static str,
        statement: impl Into<Statement>,
        binds: &[Bind<'_>],
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(doing, statement, binds).await?.into_iter().next())
    }

    /// Reads with a list in place of `{list}`, numbered after the fixed binds; long lists in several statements.
    pub async fn rows_in(
        &self,
        doing: &'static str,
        sql: &'static str,
        fixed: &[Bind<'_>],
        list: &[Bind<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        let mut all = Vec::new();
        for chunk in list.chunks(LIST) {
            let (statement, binds) = in_list(self.dialect(), sql, fixed, chunk);
            all.extend(self.rows(doing, statement, &binds).await?);
        }
        Ok(all)
    }

    /// Runs a single statement that writes, as its own transaction; returns what it returns.
    pub async fn write(
        &self,
        doing: &'static str,
        sql: &'static str,
        binds: &[Bind<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        let mut tries = 1;
        loop {
            let written = self.write_once(doing, sql, binds).await;
            match written {
                Err(error) if error.is_conflict() && tries < CONFLICT_TRIES => tries += 1,
                other => return other,
            }
        }
    }

    async fn write_once(
        &self,
        doing: &'static str,
        sql: &'static str,
        binds: &[Bind<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        let mut writer = self.writer(doing).await?;
        let written = match &mut writer.arm {
            WriterArm::Sqlite(connection) => all_rows!(Sqlite, &mut **connection, Statement::from(sql), binds, doing),
            WriterArm::Postgres(connection) => {
                all_rows!(Postgres, &mut **connection, Statement::from(sql), binds, doing)
            }
        };
        noted(writer.suspect, written)
    }

    /// Waits for the right to write.
    pub async fn writer(&self, doing: &'static str) -> Result<Writer<'_>, StoreError> {
        let (arm, suspect) = match self {
            Database::Sqlite(file) => (WriterArm::Sqlite(file.writer(doing).await?), Some(&file.suspect)),
            Database::Postgres(pool) => {
                (WriterArm::Postgres(pool.acquire().await.map_err(|error| StoreError::of(doing, error))?), None)
            }
        };
        Ok(Writer { doing, suspect, arm })
    }

    pub fn dialect(&self) -> Dialect {
        match self {
            Database::Sqlite(_) => Dialect::Sqlite,
            Database::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Readers first: the last connection to go moves the log into the file.
    pub async fn close(&self) {
        match self {
            Database::Sqlite(file) => {
                file.closed.store(true, Ordering::SeqCst);
                file.readers.close().await;
                let writer = file.writer.lock().await.take();
                match async { writer?.close().await.err() }.await {
                    Some(error) => {
                        tracing::warn!(%error, "The database did not close cleanly; nothing committed is lost");
                    }
                    None => seal::note(file),
                }
            }
            Database::Postgres(pool) => pool.close().await,
        }
    }
}

impl Writer<'_> {
    pub async fn begin(&mut self) -> Result<Tx<'_>, StoreError> {
        let doing = self.doing;
        let arm = match &mut self.arm {
            // A transaction that reads first and is upgraded later fails at once when somebody wrote in between.
            WriterArm::Sqlite(connection) => connection.begin_with("BEGIN IMMEDIATE").await.map(TxArm::Sqlite),
            WriterArm::Postgres(connection) => connection.begin().await.map(TxArm::Postgres),
        };
        let suspect = self.suspect;
        let arm = noted(suspect, arm.map_err(|error| StoreError::of(doing, error)))?;
        Ok(Tx { doing, suspect, arm })
    }
}

impl Tx<'_> {
    pub async fn rows(&mut self, statement: impl Into<Statement>, binds: &[Bind<'_>]) -> Result<Vec<Row>, StoreError> {
        let (statement, doing) = (statement.into(), self.doing);
        let rows = match &mut self.arm {
            TxArm::Sqlite(tx) => all_rows!(Sqlite, &mut **tx, statement, binds, doing),
            TxArm::Postgres(tx) => all_rows!(Postgres, &mut **tx, statement, binds, doing),
        };
        noted(self.suspect, rows)
    }

    pub async fn first(
        &mut self,
        statement: impl Into<Statement>,
        binds: &[Bind<'_>],
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.rows(statement, binds).await?.into_iter().next())
    }

    /// Runs a statement; returns how many rows it changed.
    pub async fn change(&mut self, statement: impl Into<Statement>, binds: &[Bind<'_>]) -> Result<u64, StoreError> {
        let statement = statement.into();
        let changed = match &mut self.arm {
            TxArm::Sqlite(tx) => bound!(statement, binds).execute(&mut **tx).await.map(|result| result.rows_affected()),
            TxArm::Postgres(tx) => {
                bound!(statement, binds).execute(&mut **tx).await.map(|result| result.rows_affected())
            }
        };
        noted(self.suspect, changed.map_err(|error| StoreError::of(self.doing, error)))
    }

    /// Runs a statement with many rows in place of `{rows}`, in as few statements as their size allows.
    pub async fn rows_of<const N: usize>(
        &mut self,
        sql: &'static str,
        rows: &[[Bind<'_>; N]],
    ) -> Result<Vec<Row>, StoreError> {
        let per_statement = PLACEHOLDERS / N;
        let (mut all, mut rest) = (Vec::new(), rows);
        while !rest.is_empty() {
            // Lengths that come again: a text that SQLite has to read anew costs more than some more statements.
            let length = if rest.len() >= per_statement { per_statement } else { 1 << rest.len().ilog2() };
            let (chunk, after) = rest.split_at(length);
            let statement = Statement::generated(self.dialect().rows(sql, length, N), true);
            all.extend(self.rows(statement, chunk.as_flattened()).await?);
            rest = after;
        }
        Ok(all)
    }

    /// As [`Database::rows_in`].
    pub async fn rows_in(
        &mut self,
        sql: &'static str,
        fixed: &[Bind<'_>],
        list: &[Bind<'_>],
    ) -> Result<Vec<Row>, StoreError> {
        let mut all = Vec::new();
        for chunk in list.chunks(LIST) {
            let (statement, binds) = in_list(self.dialect(), sql, fixed, chunk);
            all.extend(self.rows(statement, &binds).await?);
        }
        Ok(all)
    }

    /// As [`Tx::rows_in`] for a statement that changes rows; returns how many.
    pub async fn change_in(
        &mut self,
        sql: &'static str,
        fixed: &[Bind<'_>],
        list: &[Bind<'_>],
    ) -> Result<u64, StoreError> {
        let mut changed = 0;
        for chunk in list.chunks(LIST) {
            let (statement, binds) = in_list(self.dialect(), sql, fixed, chunk);
            changed += self.change(statement, &binds).await?;
        }
        Ok(changed)
    }

    pub async fn commit(self) -> Result<(), StoreError> {
        let committed = match self.arm {
            TxArm::Sqlite(tx) => tx.commit().await,
            TxArm::Postgres(tx) => tx.commit().await,
        };
        noted(self.suspect, committed.map_err(|error| StoreError::of(self.doing, error)))
    }

    pub fn doing(&self) -> &'static str {
        self.doing
    }

    fn dialect(&self) -> Dialect {
        match self.arm {
            TxArm::Sqlite(_) => Dialect::Sqlite,
            TxArm::Postgres(_) => Dialect::Postgres,
        }
    }
}

/// The statement for a list of this length, and its binds in the order of [`Dialect::list`]: the fixed ones and the
/// list, with its last value again up to a power of two.
fn in_list<'a>(
    dialect: Dialect,
    sql: &'static str,
    fixed: &[Bind<'a>],
    list: &[Bind<'a>],
) -> (Statement, Vec<Bind<'a>>) {
    let length = list.len().next_power_of_two();
    let again = list.last().into_iter().cycle().take(length - list.len());
    let list = list.iter().chain(again).cloned();
    let binds = match dialect {
        Dialect::Sqlite => list.chain(fixed.iter().cloned()).collect(),
        Dialect::Postgres => fixed.iter().cloned().chain(list).collect(),
    };
    (Statement::generated(dialect.list(sql, fixed.len(), length), true), binds)
}
