//! A statement's text, what is bound to it and the rows it gives, the same for both databases.
//!
//! Only kinds of values that mean the same on both can be bound or read.

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use sqlx::postgres::{PgRow, Postgres};
use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{AssertSqlSafe, Decode, Row as _, SqlSafeStr as _, SqlStr, Type};
use url::Url;

use super::error::StoreError;
use crate::model::id::{DeliveryId, DigestId, EntryId, FeedId, RecipientId, StoryId, WatchId};
use crate::model::time::Timestamp;

/// A value for a placeholder.
#[derive(Clone, Debug)]
pub(super) enum Bind<'a> {
    Int(Option<i64>),
    Float(f64),
    Flag(bool),
    Text(Option<Cow<'a, str>>),
    Bytes(Option<&'a [u8]>),
}

/// `binds![a, b]`: each value as a [`Bind`].
macro_rules! binds {
    ($($value:expr),* $(,)?) => { [$($crate::store::statement::Bind::from($value)),*] };
}
pub(super) use binds;

/// PostgreSQL refuses a NUL in a text; one in a feed must not cost the batch it came with.
fn without_nul(text: &str) -> Cow<'_, str> {
    if memchr::memchr(0, text.as_bytes()).is_some() {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

macro_rules! bind_from {
    ($(<$lifetime:lifetime> $from:ty, $value:ident => $bind:expr;)*) => {
        $(impl<$lifetime> From<$from> for Bind<$lifetime> {
            fn from($value: $from) -> Self { $bind }
        })*
    };
}
bind_from! {
    <'a> i64, value => Bind::Int(Some(value));
    <'a> u32, value => Bind::Int(Some(i64::from(value)));
    <'a> Option<i64>, value => Bind::Int(value);
    <'a> Timestamp, value => Bind::Int(Some(value.as_millis()));
    <'a> Option<Timestamp>, value => Bind::Int(value.map(Timestamp::as_millis));
    <'a> f64, value => Bind::Float(value);
    <'a> bool, value => Bind::Flag(value);
    <'a> &'a str, value => Bind::Text(Some(without_nul(value)));
    <'a> &'a String, value => Bind::from(value.as_str());
    <'a> Option<&'a str>, value => Bind::Text(value.map(without_nul));
    <'a> Option<String>, value => Bind::Text(value.map(|value| Cow::Owned(without_nul(&value).into_owned())));
    <'a> String, value => Bind::Text(Some(Cow::Owned(without_nul(&value).into_owned())));
    <'a> &'a Url, value => Bind::from(value.as_str());
    <'a> &'a FeedId, value => Bind::from(value.as_str());
    <'a> &'a EntryId, value => Bind::from(value.as_str());
    <'a> &'a StoryId, value => Bind::from(value.as_str());
    <'a> &'a WatchId, value => Bind::from(value.as_str());
    <'a> &'a RecipientId, value => Bind::from(value.as_str());
    <'a> &'a DigestId, value => Bind::from(value.as_str());
    <'a> &'a DeliveryId, value => Bind::from(value.as_str());
    <'a> &'a [u8], value => Bind::Bytes(Some(value));
    <'a> &'a Vec<u8>, value => Bind::Bytes(Some(value.as_slice()));
    <'a> Option<&'a [u8]>, value => Bind::Bytes(value);
}

/// Where a text is empty if there is nothing.
pub(super) fn or_empty(url: Option<&Url>) -> &str {
    url.map_or("", Url::as_str)
}

/// The text of a statement.
#[derive(Debug)]
pub(super) struct Statement {
    pub sql: SqlStr,
    /// Worth keeping prepared: the same text comes again.
    pub keep: bool,
}

impl From<&'static str> for Statement {
    fn from(sql: &'static str) -> Statement {
        Statement { sql: sql.into_sql_str(), keep: true }
    }
}

impl Statement {
    /// A constant whose `{rows}` was replaced by placeholders and by nothing else.
    pub(super) fn generated(sql: String, keep: bool) -> Statement {
        Statement { sql: AssertSqlSafe(sql).into_sql_str(), keep }
    }
}

/// Binds in order. Both arms are written by one text, so a kind that one database lacks does not compile.
macro_rules! bound {
    ($statement:expr, $binds:expr) => {{
        let statement = $statement;
        let mut query = sqlx::query(statement.sql).persistent(statement.keep);
        for bind in $binds {
            query = match bind {
                $crate::store::statement::Bind::Int(value) => query.bind(*value),
                $crate::store::statement::Bind::Float(value) => query.bind(*value),
                $crate::store::statement::Bind::Flag(value) => query.bind(*value),
                $crate::store::statement::Bind::Text(value) => query.bind(value.as_deref()),
                $crate::store::statement::Bind::Bytes(value) => query.bind(*value),
            };
        }
        query
    }};
}
pub(super) use bound;

/// A row of an answer. Columns are asked for by name.
pub(super) struct Row {
    /// What was being done, for errors.
    pub doing: &'static str,
    pub arm: RowArm,
}

pub(super) enum RowArm {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    fn get<T>(&self, column: &'static str) -> Result<T, StoreError>
    where
        T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>,
    {
        match &self.arm {
            RowArm::Sqlite(row) => row.try_get(column),
            RowArm::Postgres(row) => row.try_get(column),
        }
        .map_err(|_| self.unreadable(column))
    }

    pub(super) fn unreadable(&self, column: &'static str) -> StoreError {
        StoreError::Unreadable { doing: self.doing, column }
    }

    pub(super) fn int(&self, column: &'static str) -> Result<i64, StoreError> {
        self.get(column)
    }

    /// A count; never negative in the database.
    pub(super) fn count(&self, column: &'static str) -> Result<u64, StoreError> {
        u64::try_from(self.int(column)?).map_err(|_| self.unreadable(column))
    }

    pub(super) fn small(&self, column: &'static str) -> Result<u32, StoreError> {
        u32::try_from(self.int(column)?).map_err(|_| self.unreadable(column))
    }

    pub(super) fn float(&self, column: &'static str) -> Result<f64, StoreError> {
        self.get(column)
    }

    pub(super) fn flag(&self, column: &'static str) -> Result<bool, StoreError> {
        self.get(column)
    }

    pub(super) fn text(&self, column: &'static str) -> Result<String, StoreError> {
        self.get(column)
    }

    pub(super) fn text_or_null(&self, column: &'static str) -> Result<Option<String>, StoreError> {
        self.get(column)
    }

    pub(super) fn bytes(&self, column: &'static str) -> Result<Vec<u8>, StoreError> {
        self.get(column)
    }

    pub(super) fn bytes_or_null(&self, column: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        self.get(column)
    }

    pub(super) fn time(&self, column: &'static str) -> Result<Timestamp, StoreError> {
        self.int(column).map(Timestamp::from_millis)
    }

    pub(super) fn time_or_null(&self, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.get::<Option<i64>>(column)?.map(Timestamp::from_millis))
    }

    pub(super) fn url(&self, column: &'static str) -> Result<Url, StoreError> {
        Url::parse(&self.text(column)?).map_err(|_| self.unreadable(column))
    }

    pub(super) fn url_or_empty(&self, column: &'static str) -> Result<Option<Url>, StoreError> {
        let text = self.text(column)?;
        if text.is_empty() { Ok(None) } else { Url::parse(&text).map(Some).map_err(|_| self.unreadable(column)) }
    }

    pub(super) fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, StoreError> {
        serde_json::from_str(&self.text(column)?).map_err(|_| self.unreadable(column))
    }
}
