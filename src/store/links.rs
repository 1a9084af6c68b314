//! Entries of several feeds that lead to one page, which is fetched once for all of them.

use url::Url;

use super::Store;
use super::error::StoreError;
use super::processed::RawPage;
use super::statement::{Row, binds};
use crate::model::id::{EntryId, FeedId};
use crate::model::lease::Lease;
use crate::model::time::Timestamp;

/// Another entry that leads to the same page, and how far that page has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkedEntry {
    pub entry: EntryId,
    pub feed: FeedId,
    pub first_seen: Timestamp,
    pub page_tries: u32,
    /// Why its page was not read; empty if it was, or if it was not tried.
    pub page_error: String,
    pub state: LinkedState,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkedState {
    /// Its page was read and is kept.
    Read { at: Timestamp },
    /// It is being worked on under the lease of that token.
    Leased { token: String },
    /// It waits until then.
    Pending { due: Timestamp },
    /// Nothing more happens to it.
    Settled,
}

/// A feed may list one link a thousand times; the newest tell enough.
pub(super) const LINKED: &str = "\
    SELECT entry.id AS id, entry.feed_id AS feed_id, entry.first_seen AS first_seen, entry.state AS state,
        entry.due AS due, entry.lease_token AS lease_token, entry.lease_until AS lease_until,
        entry.page_tries AS page_tries, entry.page_error AS page_error, page.fetched_at AS fetched_at
    FROM entry LEFT JOIN page ON page.entry_id = entry.id AND page.kept
    WHERE entry.link_key = $1 AND entry.link_key <> '' AND entry.id <> $2
    ORDER BY entry.first_seen DESC LIMIT 20";

pub(super) const PAGE: &str =
    "SELECT url, status, headers, sha256, body_gzip, fetched_at FROM page WHERE entry_id = $1 AND kept";

const POSTPONE: &str = "\
    UPDATE entry SET due = $3, lease_token = '', lease_until = 0, attempts = attempts - 1
    WHERE id = $1 AND lease_token = $2 AND lease_token <> '' RETURNING id";

impl Store {
    /// Returns the other entries of this link, newest first; a lease that ended before `now` is none.
    pub async fn linked_entries(
        &self,
        link_key: &str,
        but: &EntryId,
        now: Timestamp,
    ) -> Result<Vec<LinkedEntry>, StoreError> {
        let rows = self.database().rows("looking for a page that is known", LINKED, &binds![link_key, but]).await?;
        rows.iter().map(|row| linked_entry(row, now)).collect()
    }

    /// Returns an entry's page if it is kept.
    pub async fn page(&self, entry: &EntryId) -> Result<Option<RawPage>, StoreError> {
        let row = self.database().first("reading a page", PAGE, &binds![entry]).await?;
        row.as_ref().map(raw_page).transpose()
    }

    /// Gives a claimed entry back untouched, to be claimed again when it is due; the claim does not count as an attempt.
    /// False: the lease was lost.
    pub async fn postpone_entry(&self, entry: &EntryId, lease: &Lease, due: Timestamp) -> Result<bool, StoreError> {
        let binds = binds![entry, &lease.token, due];
        Ok(!self.database().write("putting an entry off", POSTPONE, &binds).await?.is_empty())
    }
}

fn linked_entry(row: &Row, now: Timestamp) -> Result<LinkedEntry, StoreError> {
    let state = match row.time_or_null("fetched_at")? {
        Some(at) => LinkedState::Read { at },
        None if row.time("lease_until")? > now => LinkedState::Leased { token: row.text("lease_token")? },
        None if row.text("state")? == "pending" => LinkedState::Pending { due: row.time("due")? },
        None => LinkedState::Settled,
    };
    Ok(LinkedEntry {
        entry: EntryId::from_stored(row.text("id")?),
        feed: FeedId::from_stored(row.text("feed_id")?),
        first_seen: row.time("first_seen")?,
        page_tries: row.small("page_tries")?,
        page_error: row.text("page_error")?,
        state,
    })
}

fn raw_page(row: &Row) -> Result<RawPage, StoreError> {
    let url: Url = row.url("url")?;
    Ok(RawPage {
        url,
        status: u16::try_from(row.small("status")?).map_err(|_| row.unreadable("status"))?,
        headers: row.text("headers")?,
        sha256: row.text("sha256")?,
        body_gzip: row.bytes("body_gzip")?,
        fetched_at: row.time("fetched_at")?,
    })
}
