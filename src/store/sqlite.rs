//! Opening a SQLite database so that it survives power cuts and nobody else reads it.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{ErrorKind, Read as _, Seek as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _};
use tokio::sync::Mutex;

use super::database::SqliteFile;
use super::dialect::Dialect;
use super::error::StoreError;
use super::migrate_error;
use super::readers::Readers;
use super::seal::{self, Seal};

const OPENING: &str = "opening the database";
/// `PRAGMA application_id` of our files, set by the first migration.
const APPLICATION_ID: i64 = 1_853_253_484;
/// Prepared statements kept by each connection.
const STATEMENTS: usize = 200;
/// Rows that a connection's thread reads before it waits for who asked: many statements return a row for each entry, and a
/// change of threads costs more than some hundred rows.
const ROWS_AHEAD: usize = 512;
/// The log is cut back to this after a burst.
const JOURNAL_LIMIT_BYTES: &str = "67108864";
/// Pages in the log before they are moved into the file (16 MB). Shingles touch a hundred pages an article, many of
/// them again for the next: four times SQLite's default saves a fifth of the work.
const LOG_PAGES: &str = "2000";
/// Of a new file; an older one keeps its own. An entry with its text fills half of SQLite's default of 4,096 and wastes the
/// rest: pages of twice that make the file a seventh smaller, and half as many are written.
const PAGE_BYTES: u32 = 8_192;
/// What a connection keeps of the file, in KiB below zero. The writer's is for the indexes, which new entries touch all
/// over: what does not fit is written to the log several times in one transaction.
const WRITER_CACHE: &str = "-3000";
const READER_CACHE: &str = "-500";

/// Opens, migrates and checks; makes the file (and its folder) if there is none.
pub(super) async fn open(path: &Path, busy_timeout: Duration) -> Result<SqliteFile, StoreError> {
    let path = make_file(path)?;
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .busy_timeout(busy_timeout)
        .foreign_keys(true)
        .synchronous(SqliteSynchronous::Full)
        .pragma("secure_delete", "ON")
        .pragma("temp_store", "MEMORY")
        .pragma("journal_size_limit", JOURNAL_LIMIT_BYTES)
        .pragma("wal_autocheckpoint", LOG_PAGES)
        .pragma("cache_size", WRITER_CACHE)
        .page_size(PAGE_BYTES)
        .statement_cache_capacity(STATEMENTS)
        .row_buffer_size(ROWS_AHEAD)
        .disable_statement_logging();
    let mut writer = options.connect().await.map_err(|error| StoreError::of(OPENING, error))?;
    let fresh = must_migrate(&mut writer, &path).await?;
    use_write_ahead_log(&mut writer).await?;
    if fresh {
        migrate(&mut writer).await?;
        sync_folder(&path)?;
    }
    check_setting(&mut writer, "PRAGMA synchronous", "synchronous", "2").await?;
    check_setting(&mut writer, "PRAGMA foreign_keys", "foreign_keys", "1").await?;
    let readers = Readers::new(options.clone().read_only(true).pragma("cache_size", READER_CACHE));
    let (suspect, closed) = (AtomicBool::new(false), AtomicBool::new(false));
    let seal = Seal::default();
    Ok(SqliteFile { path, options, writer: Mutex::new(Some(writer)), suspect, closed, readers, seal })
}

/// Makes what is missing of folder and file, closed to others, and returns the file's one true path.
fn make_file(path: &Path) -> Result<PathBuf, StoreError> {
    let cannot_open = |source| StoreError::CannotOpen { path: path.to_path_buf(), source };
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(cannot_open)?;
    }
    match OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path) {
        Ok(file) => {
            give_to_owner(&file, path.parent()).map_err(cannot_open)?;
            if seal::note_of(path).exists() {
                tracing::warn!(
                    "There was a database at {} before, and it is gone: newsvigil begins anew, and what waited to be mailed is lost with it. Stop it and put the old file back if that is not meant",
                    path.display()
                );
            }
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(cannot_open(error)),
    }
    let file = File::open(path).map_err(cannot_open)?;
    let path = path.canonicalize().map_err(cannot_open)?;
    let log = beside(&path, "-wal");
    let is_empty = file.metadata().map_err(cannot_open)?.len() == 0;
    if is_empty && log.metadata().is_ok_and(|log| log.len() > 0) {
        // SQLite would begin anew here and throw the log away, and everything of the past would be mailed again.
        let detail = "the file is missing or empty, but its log beside it is not".to_owned();
        return Err(StoreError::Corrupt { doing: OPENING, detail });
    }
    Ok(path)
}

/// A command that root runs by hand must not leave a file behind that the daemon's user cannot open. SQLite does the
/// same for the files it makes beside the database.
pub(super) fn give_to_owner(file: &File, of: Option<&Path>) -> std::io::Result<()> {
    let Some(of) = of.filter(|path| !path.as_os_str().is_empty()) else { return Ok(()) };
    let (mine, theirs) = (file.metadata()?, of.metadata()?);
    if mine.uid() == 0 && theirs.uid() != 0 {
        std::os::unix::fs::fchown(file, Some(theirs.uid()), Some(theirs.gid()))?;
    }
    Ok(())
}

pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Looks at the file without changing it: is it ours, whole, and not newer than this program?
async fn must_migrate(writer: &mut SqliteConnection, path: &Path) -> Result<bool, StoreError> {
    let opening = |error| StoreError::of(OPENING, error);
    let tables: Vec<(String,)> = sqlx::query_as("SELECT name FROM sqlite_master WHERE type = 'table'")
        .fetch_all(&mut *writer)
        .await
        .map_err(opening)?;
    if tables.is_empty() {
        return Ok(true);
    }
    let (application,): (i64,) =
        sqlx::query_as("PRAGMA application_id").fetch_one(&mut *writer).await.map_err(opening)?;
    if application != APPLICATION_ID {
        let detail = "this SQLite file belongs to another program; name another file in the configuration";
        return Err(StoreError::NotOurs { path: path.to_path_buf(), detail });
    }
    let applied: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations ORDER BY version")
            .fetch_all(&mut *writer)
            .await
            .map_err(opening)?;
    Dialect::Sqlite.must_migrate(&applied)
}

/// Set by hand, after the file was seen to be ours: it changes the file.
async fn use_write_ahead_log(writer: &mut SqliteConnection) -> Result<(), StoreError> {
    check_setting(writer, "PRAGMA journal_mode = WAL", "journal_mode", "wal").await
}

async fn check_setting(
    writer: &mut SqliteConnection,
    pragma: &'static str,
    setting: &'static str,
    wanted: &'static str,
) -> Result<(), StoreError> {
    let row = sqlx::query(pragma).fetch_one(writer).await.map_err(|error| StoreError::of(OPENING, error))?;
    let found = sqlx::Row::try_get_unchecked::<String, _>(&row, 0).map_err(|error| StoreError::of(OPENING, error))?;
    if found == wanted { Ok(()) } else { Err(StoreError::Unsafe { setting, found, wanted }) }
}

/// All migrations under one write lock, so that two programs starting together do not both apply them.
async fn migrate(writer: &mut SqliteConnection) -> Result<(), StoreError> {
    let opening = |error| StoreError::of(OPENING, error);
    let mut tx = writer.begin_with("BEGIN IMMEDIATE").await.map_err(opening)?;
    Dialect::Sqlite.migrator().run(&mut *tx).await.map_err(|error| migrate_error(OPENING, error))?;
    tx.commit().await.map_err(opening)
}

/// The names of new files are on disk only once their folder is.
fn sync_folder(path: &Path) -> Result<(), StoreError> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|source| StoreError::CannotOpen { path: folder.to_path_buf(), source })
}

/// Takes the lock beside the database that only one daemon can hold; the system gives it back when the process ends.
pub(super) fn lock(database: &Path) -> Result<File, StoreError> {
    let path = beside(database, ".lock");
    let cannot_open = |source| StoreError::CannotOpen { path: path.clone(), source };
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(cannot_open)?;
    give_to_owner(&file, Some(database)).map_err(cannot_open)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // The holder may not have written its number yet; the refusal stands without it.
            let pid = file.read_to_string(&mut holder).ok().and_then(|_| holder.trim().parse().ok());
            return Err(StoreError::InUse { path: database.to_path_buf(), pid });
        }
        Err(TryLockError::Error(source)) => return Err(cannot_open(source)),
    }
    file.set_len(0).and_then(|()| file.rewind()).map_err(cannot_open)?;
    writeln!(file, "{}", std::process::id()).map_err(cannot_open)?;
    Ok(file)
}
