//! Whether a SQLite file must be read through before it is worked with.
//!
//! A run reads the file through once and notes at its end how it left it. A file that nobody changed since is taken as it
//! is: a run a minute must not read half a gigabyte each time. Some starts read all the same, for disks that rot.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::database::SqliteFile;
use super::error::StoreError;
use super::sqlite::{beside, give_to_owner};

/// Files above this size are not read through at start: it would take longer than the service manager waits.
const CHECK_UP_TO_BYTES: u64 = 512 << 20;
/// Starts that take one reading's word for it.
const STARTS: u32 = 50;
const CHECKING: &str = "checking the database";

/// Starts since the file was last read through; not set where this run did not look at it.
#[derive(Default)]
pub(super) struct Seal(OnceLock<u32>);

/// Reads a database of bearable size through and reports the first damage.
pub(super) async fn check_pages(file: &SqliteFile) -> Result<(), StoreError> {
    if file.path.metadata().is_ok_and(|file| file.len() > CHECK_UP_TO_BYTES) {
        return Ok(());
    }
    if let Some(starts) = starts_unchanged(&file.path).filter(|starts| *starts < STARTS) {
        file.seal.0.get_or_init(|| starts + 1);
        return Ok(());
    }
    let mut reader = file.readers.take(CHECKING).await?;
    let (verdict,): (String,) = sqlx::query_as("PRAGMA quick_check(1)")
        .fetch_one(&mut reader.connection)
        .await
        .map_err(|error| StoreError::of(CHECKING, error))?;
    reader.give_back();
    if verdict != "ok" {
        return Err(StoreError::Corrupt { doing: CHECKING, detail: verdict });
    }
    file.seal.0.get_or_init(|| 0);
    Ok(())
}

/// Where it is noted how a database was left: there where one was before.
pub(super) fn note_of(database: &Path) -> PathBuf {
    beside(database, ".checked")
}

/// Notes how the file is left, once it is closed. Where that fails the next start reads it through.
pub(super) fn note(file: &SqliteFile) {
    let (Some(starts), Some(state)) = (file.seal.0.get(), state(&file.path)) else { return };
    let path = note_of(&file.path);
    let noted =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&path).and_then(|mut note| {
            give_to_owner(&note, file.path.parent())?;
            write!(note, "{starts} {state}")
        });
    if let Err(error) = noted {
        tracing::debug!(%error, "The state of the database was not noted; the next start reads it through");
    }
}

/// Starts since the file was read through, if it is as the last run left it.
fn starts_unchanged(path: &Path) -> Option<u32> {
    let note = std::fs::read_to_string(note_of(path)).ok()?;
    let (starts, noted) = note.split_once(' ')?;
    // What stands in the log was not there when the last run closed the file.
    let has_log = beside(path, "-wal").metadata().is_ok_and(|log| log.len() > 0);
    let unchanged = !has_log && state(path)? == noted;
    starts.parse().ok().filter(|_| unchanged)
}

/// Changes with every write.
fn state(path: &Path) -> Option<String> {
    let file = path.metadata().ok()?;
    Some(format!("{} {}.{:09} {}", file.len(), file.mtime(), file.mtime_nsec(), file.ino()))
}
