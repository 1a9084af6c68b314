//! What can go wrong with a database, told apart by what somebody would do about it.

use std::path::PathBuf;

use crate::model::outcome::Disposition;

/// `doing` names the operation that was given up; nothing of it was stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(
        "{doing}: the database is locked by another program; it is tried again, look for a backup or a shell that holds it"
    )]
    Locked { doing: &'static str },
    #[error("{doing}: another transaction stood in the way; it is tried again")]
    Conflict { doing: &'static str },
    #[error("{doing}: the disk is full; free some space, the work goes on by itself")]
    DiskFull { doing: &'static str },
    #[error("{doing}: the database can only be read; make its file and folder (or the server) writable")]
    ReadOnly { doing: &'static str },
    #[error("{doing}: the disk reports an error; check it and the system's log before going on")]
    Disk {
        doing: &'static str,
        #[source]
        source: Box<sqlx::Error>,
    },
    #[error("{doing}: the database is damaged; it was left as it is, restore it from a backup ({detail})")]
    Corrupt { doing: &'static str, detail: String },
    #[error("{path}: {detail}")]
    NotOurs { path: PathBuf, detail: &'static str },
    #[error(
        "the database was written by a newer newsvigil (schema {found}, this program knows {known}); install that version or newer"
    )]
    Newer { found: i64, known: i64 },
    #[error("the database's schema {version} differs from this program's; it was made by another build of newsvigil")]
    Altered { version: i64 },
    #[error("{doing}: the database server cannot be reached; it is tried again")]
    Unreachable {
        doing: &'static str,
        #[source]
        source: Box<sqlx::Error>,
    },
    #[error("the database server refused the user name or password; correct the database address")]
    BadCredentials,
    #[error("the database address cannot be used: {detail}")]
    BadAddress { detail: String },
    #[error("the database would not survive a power cut: {setting} is {found}, it must be {wanted}")]
    Unsafe { setting: &'static str, found: String, wanted: &'static str },
    #[error("{path} is in use by another newsvigil{}; stop that one first", .pid.map(|pid| format!(" (process {pid})")).unwrap_or_default())]
    InUse { path: PathBuf, pid: Option<u32> },
    #[error("cannot open {path}; check that the folder exists and belongs to the user newsvigil runs as")]
    CannotOpen {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("{doing}: column {column} holds what this program cannot read")]
    Unreadable { doing: &'static str, column: &'static str },
    #[error("{doing}: {detail}")]
    Contradiction { doing: &'static str, detail: &'static str },
    #[error("{doing}: the store is closed")]
    Closed { doing: &'static str },
    #[error("{doing}: the database refused")]
    Refused {
        doing: &'static str,
        #[source]
        source: Box<sqlx::Error>,
    },
}

impl StoreError {
    /// What should happen next.
    pub fn disposition(&self) -> Disposition {
        use StoreError as E;
        match self {
            E::Locked { .. } | E::Conflict { .. } | E::DiskFull { .. } | E::Unreachable { .. } | E::InUse { .. } => {
                Disposition::Retry
            }
            E::ReadOnly { .. }
            | E::NotOurs { .. }
            | E::Newer { .. }
            | E::Altered { .. }
            | E::BadCredentials
            | E::BadAddress { .. }
            | E::Unsafe { .. }
            | E::CannotOpen { .. } => Disposition::Misconfigured,
            E::Disk { .. }
            | E::Corrupt { .. }
            | E::Unreadable { .. }
            | E::Contradiction { .. }
            | E::Closed { .. }
            | E::Refused { .. } => Disposition::GiveUp,
        }
    }

    /// The same call may work later without anybody doing anything here (exit code 75 rather than 1).
    pub fn is_temporary(&self) -> bool {
        matches!(self.disposition(), Disposition::Retry | Disposition::RetryAfter(_))
    }

    /// Sorts what sqlx reports while `doing` something.
    pub(super) fn of(doing: &'static str, error: sqlx::Error) -> StoreError {
        match &error {
            sqlx::Error::Database(cause) => {
                let code = cause.code().unwrap_or_default().into_owned();
                match code.parse::<i32>() {
                    // SQLSTATE has five characters, some all digits; SQLite's codes stay below five digits.
                    Ok(number) if code.len() < 5 => of_sqlite(doing, number, error),
                    _ => of_sqlstate(doing, &code, error),
                }
            }
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::PoolTimedOut | sqlx::Error::Protocol(_) => {
                StoreError::Unreachable { doing, source: Box::new(error) }
            }
            sqlx::Error::PoolClosed => StoreError::Closed { doing },
            sqlx::Error::Configuration(cause) => StoreError::BadAddress { detail: cause.to_string() },
            _ => StoreError::Refused { doing, source: Box::new(error) },
        }
    }

    /// The operation stood in another's way and would succeed if repeated at once.
    pub(super) fn is_conflict(&self) -> bool {
        matches!(self, StoreError::Conflict { .. })
    }
}

/// <https://www.sqlite.org/rescode.html>; the low byte is the primary code.
fn of_sqlite(doing: &'static str, code: i32, error: sqlx::Error) -> StoreError {
    match code & 0xff {
        5 | 6 => StoreError::Locked { doing },
        // 14: the write-ahead log beside the file cannot be made.
        8 | 14 => StoreError::ReadOnly { doing },
        10 => StoreError::Disk { doing, source: Box::new(error) },
        11 | 26 => StoreError::Corrupt { doing, detail: error.to_string() },
        13 => StoreError::DiskFull { doing },
        _ => StoreError::Refused { doing, source: Box::new(error) },
    }
}

/// <https://www.postgresql.org/docs/current/errcodes-appendix.html>
fn of_sqlstate(doing: &'static str, code: &str, error: sqlx::Error) -> StoreError {
    match code {
        "28P01" | "28000" => StoreError::BadCredentials,
        "3D000" => StoreError::BadAddress { detail: "there is no database of that name on the server".into() },
        "25006" => StoreError::ReadOnly { doing },
        "53100" => StoreError::DiskFull { doing },
        "55P03" => StoreError::Locked { doing },
        "40001" | "40P01" => StoreError::Conflict { doing },
        "XX001" | "XX002" => StoreError::Corrupt { doing, detail: error.to_string() },
        "58030" => StoreError::Disk { doing, source: Box::new(error) },
        // Too many connections, a timeout of the server's, a restart, a broken connection.
        code if ["53", "57", "08"].iter().any(|class| code.starts_with(class)) => {
            StoreError::Unreachable { doing, source: Box::new(error) }
        }
        _ => StoreError::Refused { doing, source: Box::new(error) },
    }
}
