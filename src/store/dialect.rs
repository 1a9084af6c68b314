//! What the two databases do not spell alike: placeholders of generated lists, and the schema's files.

use std::borrow::Cow;
use std::fmt::Write as _;

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use super::error::StoreError;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
}

/// Version, name, text for SQLite, text for PostgreSQL. Only ever added to.
const MIGRATIONS: &[(i64, &str, &str, &str)] = &[
    (1, "first", include_str!("migrations/sqlite/0001_first.sql"), include_str!("migrations/postgres/0001_first.sql")),
    (
        2,
        "feed reading",
        include_str!("migrations/sqlite/0002_feed_reading.sql"),
        include_str!("migrations/postgres/0002_feed_reading.sql"),
    ),
    (
        3,
        "manners",
        include_str!("migrations/sqlite/0003_manners.sql"),
        include_str!("migrations/postgres/0003_manners.sql"),
    ),
    (
        5,
        "watch revisions",
        include_str!("migrations/sqlite/0005_watch_revisions.sql"),
        include_str!("migrations/postgres/0005_watch_revisions.sql"),
    ),
    (
        6,
        "stories",
        include_str!("migrations/sqlite/0006_stories.sql"),
        include_str!("migrations/postgres/0006_stories.sql"),
    ),
    (
        7,
        "coverage",
        include_str!("migrations/sqlite/0007_coverage.sql"),
        include_str!("migrations/postgres/0007_coverage.sql"),
    ),
    (
        8,
        "furniture",
        include_str!("migrations/sqlite/0008_furniture.sql"),
        include_str!("migrations/postgres/0008_furniture.sql"),
    ),
    (
        9,
        "source kinds",
        include_str!("migrations/sqlite/0009_source_kinds.sql"),
        include_str!("migrations/postgres/0009_source_kinds.sql"),
    ),
    (
        10,
        "fewer indexes",
        include_str!("migrations/sqlite/0010_fewer_indexes.sql"),
        include_str!("migrations/postgres/0010_fewer_indexes.sql"),
    ),
    (
        11,
        "follow ups",
        include_str!("migrations/sqlite/0011_follow_ups.sql"),
        include_str!("migrations/postgres/0011_follow_ups.sql"),
    ),
    (
        12,
        "bounces",
        include_str!("migrations/sqlite/0012_bounces.sql"),
        include_str!("migrations/postgres/0012_bounces.sql"),
    ),
    (
        13,
        "alerts",
        include_str!("migrations/sqlite/0013_alerts.sql"),
        include_str!("migrations/postgres/0013_alerts.sql"),
    ),
    (
        14,
        "held recipients",
        include_str!("migrations/sqlite/0014_held_recipients.sql"),
        include_str!("migrations/postgres/0014_held_recipients.sql"),
    ),
    (
        15,
        "reports by entry",
        include_str!("migrations/sqlite/0015_reports_by_entry.sql"),
        include_str!("migrations/postgres/0015_reports_by_entry.sql"),
    ),
    (
        16,
        "entries by feed",
        include_str!("migrations/sqlite/0016_entries_by_feed.sql"),
        include_str!("migrations/postgres/0016_entries_by_feed.sql"),
    ),
];

/// The schema this program knows.
pub(super) fn newest() -> i64 {
    MIGRATIONS.iter().map(|(version, ..)| *version).max().unwrap_or(0)
}

impl Dialect {
    /// `sql` with `count` rows of `columns` placeholders each in place of `{rows}`. It has no other placeholders.
    ///
    /// SQLite looks numbered placeholders up one by one, which is quadratic in a long statement; bare ones are free.
    pub fn rows(self, sql: &'static str, count: usize, columns: usize) -> String {
        let mut rows = String::with_capacity(count * columns * 6);
        let mut number = 0;
        for row in 0..count {
            rows.push_str(if row == 0 { "(" } else { ", (" });
            for column in 0..columns {
                number += 1;
                rows.push_str(if column == 0 { "" } else { ", " });
                match self {
                    Dialect::Sqlite => rows.push('?'),
                    Dialect::Postgres => write!(rows, "${number}").expect("writing to a String does not fail"),
                }
            }
            rows.push(')');
        }
        sql.replace("{rows}", &rows)
    }

    /// `sql` with `count` placeholders in place of `{list}`. Their values stand before those of its own `fixed` ones on
    /// SQLite, after them on PostgreSQL.
    pub fn list(self, sql: &'static str, fixed: usize, count: usize) -> String {
        match self {
            // See `rows`. A bare one counts from the first value, so the numbered ones come after.
            Dialect::Sqlite => renumbered(sql, count).replace("{list}", &vec!["?"; count].join(", ")),
            Dialect::Postgres => {
                let numbers = fixed + 1..=fixed + count;
                let list: Vec<String> = numbers.map(|number| format!("${number}")).collect();
                sql.replace("{list}", &list.join(", "))
            }
        }
    }

    pub fn migrator(self) -> Migrator {
        let migrations = MIGRATIONS.iter().map(|&(version, name, sqlite, postgres)| {
            let sql = match self {
                Dialect::Sqlite => sqlite,
                Dialect::Postgres => postgres,
            };
            Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, sql.into_sql_str(), false)
        });
        Migrator::with_migrations(migrations.collect())
    }

    /// Compares what was applied to a database with what this program knows. True: there is something to apply.
    pub fn must_migrate(self, applied: &[(i64, Vec<u8>)]) -> Result<bool, StoreError> {
        let migrator = self.migrator();
        for (version, checksum) in applied {
            let ours = migrator.iter().find(|migration| migration.version == *version);
            match ours {
                None => return Err(StoreError::Newer { found: *version, known: newest() }),
                Some(ours) if *ours.checksum != **checksum => return Err(StoreError::Altered { version: *version }),
                Some(_) => {}
            }
        }
        Ok(applied.len() < MIGRATIONS.len())
    }
}

/// `sql` with each `$n` as `$(n + by)`.
fn renumbered(sql: &str, by: usize) -> String {
    let mut parts = sql.split('$');
    let mut moved = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = part.split_at(digits);
        match number.parse::<usize>() {
            Ok(number) => write!(moved, "${}{rest}", number + by).expect("writing to a String does not fail"),
            Err(_) => write!(moved, "${part}").expect("writing to a String does not fail"),
        }
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_lists_hold_placeholders_only() {
        assert_eq!(Dialect::Postgres.rows("VALUES {rows}", 2, 3), "VALUES ($1, $2, $3), ($4, $5, $6)");
        assert_eq!(Dialect::Sqlite.rows("VALUES {rows}", 2, 2), "VALUES (?, ?), (?, ?)");
        assert_eq!(Dialect::Postgres.list("a = $1 AND id IN ({list})", 1, 2), "a = $1 AND id IN ($2, $3)");
        assert_eq!(Dialect::Sqlite.list("a = $1 AND id IN ({list})", 1, 2), "a = $3 AND id IN (?, ?)");
        assert_eq!(Dialect::Sqlite.list("id IN ({list})", 0, 2), "id IN (?, ?)");
        assert_eq!(
            Dialect::Sqlite.list("x = $2 AND ($1 < 3) AND id IN ({list}) LIMIT $10 + 0", 10, 2),
            "x = $4 AND ($3 < 3) AND id IN (?, ?) LIMIT $12 + 0"
        );
        assert_eq!(Dialect::Postgres.list("id IN ({list})", 0, 2), "id IN ($1, $2)");
    }

    #[test]
    fn a_version_this_program_does_not_know_is_newer() {
        let newer = Dialect::Sqlite.must_migrate(&[(99, Vec::new())]);
        assert!(matches!(newer, Err(StoreError::Newer { found: 99, .. })));
    }

    #[test]
    fn a_schema_that_was_edited_afterwards_is_refused() {
        let altered = Dialect::Postgres.must_migrate(&[(1, vec![0; 48])]);
        assert!(matches!(altered, Err(StoreError::Altered { version: 1 })));
    }
}
