//! Entries: what feeds listed, once each, and where each stands.

use std::collections::{HashMap, HashSet};

use super::Store;
use super::database::Tx;
use super::error::StoreError;
use super::feeds::feed_spec;
use super::statement::{Bind, Row, binds, or_empty};
use crate::model::entry::{ClaimedEntry, EntryKey, EntryState, FeedEntry};
use crate::model::feed::FeedSpec;
use crate::model::id::{EntryId, FeedId};
use crate::model::lease::Lease;
use crate::model::time::Timestamp;

#[derive(Clone, Debug)]
pub struct NewEntry {
    pub id: EntryId,
    /// A second id: an entry that is stored with it, and with this link key, is this one under another GUID. `None` where
    /// there is no link.
    pub alias: Option<EntryId>,
    pub entry: FeedEntry,
    /// Equal for entries that lead to one page, whichever feed lists them; empty without a link.
    pub link_key: String,
    /// Stored and searchable, not mailed.
    pub baseline: bool,
    /// When it is to be processed.
    pub due: Timestamp,
    /// It was read already, and no watch finds it: stored as processed, and without an article.
    pub unmatched: bool,
}

pub(super) const KNOWN: &str = "SELECT id FROM entry WHERE id IN ({list})";

pub(super) const SEEN: &str = "SELECT id AS name, first_seen FROM entry WHERE id IN ({list})";
pub(super) const SEEN_BY_LINK: &str =
    "SELECT link_key AS name, first_seen FROM entry WHERE link_key IN ({list}) AND link_key <> ''";

/// By the link, which entries with one alias share: aliases are scattered all over, and an index of them would cost a page
/// written for each new entry.
pub(super) const KNOWN_BY_ALIAS: &str = "\
    WITH wanted (link_key, alias) AS (VALUES {rows})
    SELECT wanted.alias AS alias
    FROM wanted CROSS JOIN entry
    WHERE entry.link_key = wanted.link_key AND entry.link_key <> '' AND entry.alias = wanted.alias";

const INSERT: &str = "\
    INSERT INTO entry (id, alias, feed_id, entry_key, link, link_key, first_seen, baseline, state, due, published, updated,
        lang, guid, title, author, summary, content)
    VALUES {rows} ON CONFLICT (id) DO NOTHING";

/// One that was claimed before and never committed goes behind all that are due now: it may be what kills the process.
pub(super) const CLAIM: &str = "\
    UPDATE entry SET lease_token = $1, lease_until = $2, attempts = attempts + 1,
        due = CASE WHEN attempts = 0 THEN due ELSE $3 + 1000 * attempts END
    WHERE id IN (
        SELECT id FROM entry WHERE state = 'pending' AND due <= $3 AND lease_until <= $3 ORDER BY due LIMIT $4 + 0)
    AND state = 'pending' AND due <= $3 AND lease_until <= $3
    RETURNING id, feed_id, entry_key, link, link_key, first_seen, baseline, due, attempts, page_tries, published, updated, lang,
        guid, title, author, summary, content";

/// As [`CLAIM`], of feeds' first polls alone.
pub(super) const CLAIM_BASELINE: &str = "\
    UPDATE entry SET lease_token = $1, lease_until = $2, attempts = attempts + 1,
        due = CASE WHEN attempts = 0 THEN due ELSE $3 + 1000 * attempts END
    WHERE id IN (
        SELECT id FROM entry WHERE state = 'pending' AND due <= $3 AND lease_until <= $3 AND baseline
        ORDER BY due LIMIT $4 + 0)
    AND state = 'pending' AND due <= $3 AND lease_until <= $3
    RETURNING id, feed_id, entry_key, link, link_key, first_seen, baseline, due, attempts, page_tries, published, updated, lang,
        guid, title, author, summary, content";

const FEEDS: &str =
    "SELECT id, url, kind, outlet, lang, every_ms, route, zone, selectors FROM feed WHERE id IN ({list})";

const ABANDON: &str = "\
    UPDATE entry SET state = 'abandoned', state_note = $3, lease_token = '', lease_until = 0
    WHERE id = $1 AND lease_token = $2 AND lease_token <> '' RETURNING id";

pub(super) const NEXT_DUE: &str = "\
    SELECT MIN(at) AS at FROM (
        SELECT (SELECT due FROM entry WHERE state = 'pending' AND lease_until = 0 ORDER BY due LIMIT 1) AS at
        UNION ALL
        SELECT (SELECT MIN(lease_until) FROM entry WHERE state = 'pending' AND lease_until > 0) AS at
    ) AS times";

impl Store {
    /// Returns entries that are to be processed, longest due first, now held by `lease`.
    pub async fn claim_pending_entries(
        &self,
        now: Timestamp,
        limit: u32,
        lease: &Lease,
    ) -> Result<Vec<ClaimedEntry>, StoreError> {
        self.claim_entries(CLAIM, now, limit, lease).await
    }

    /// As [`Store::claim_pending_entries`], entries of feeds' first polls alone.
    pub async fn claim_baseline_entries(
        &self,
        now: Timestamp,
        limit: u32,
        lease: &Lease,
    ) -> Result<Vec<ClaimedEntry>, StoreError> {
        self.claim_entries(CLAIM_BASELINE, now, limit, lease).await
    }

    async fn claim_entries(
        &self,
        claim: &'static str,
        now: Timestamp,
        limit: u32,
        lease: &Lease,
    ) -> Result<Vec<ClaimedEntry>, StoreError> {
        let doing = "claiming entries";
        let mut rows = self.database().write(doing, claim, &binds![&lease.token, lease.until, now, limit]).await?;
        // An UPDATE returns its rows in no order.
        let mut dues = HashMap::new();
        for row in &rows {
            dues.insert(row.text("id")?, row.int("due")?);
        }
        rows.sort_by_cached_key(|row| row.text("id").map(|id| (dues.get(&id).copied(), id)).ok());
        let feed_ids = rows.iter().map(|row| row.text("feed_id")).collect::<Result<HashSet<_>, _>>()?;
        let feed_ids: Vec<Bind<'_>> = feed_ids.iter().map(Bind::from).collect();
        let mut specs = HashMap::new();
        for row in self.database().rows_in(doing, FEEDS, &[], &feed_ids).await? {
            specs.insert(row.text("id")?, feed_spec(&row)?);
        }
        rows.iter().map(|row| claimed_entry(row, &specs, lease)).collect()
    }

    /// When each of these entries was first seen, under its id or, in whichever feed, for the same page; `None`: it never
    /// was.
    pub async fn known_since(&self, entries: &[NewEntry]) -> Result<Vec<Option<Timestamp>>, StoreError> {
        let doing = "looking up entries";
        let mut since: HashMap<String, Timestamp> = HashMap::new();
        let ids = entries.iter().map(|new| Bind::from(&new.id)).collect::<Vec<_>>();
        let links = entries.iter().filter(|new| !new.link_key.is_empty()).map(|new| Bind::from(&new.link_key));
        let links = links.collect::<Vec<_>>();
        for (sql, list) in [(SEEN, &ids), (SEEN_BY_LINK, &links)] {
            for row in self.database().rows_in(doing, sql, &[], list).await? {
                let at = row.time("first_seen")?;
                since.entry(row.text("name")?).and_modify(|known| *known = at.min(*known)).or_insert(at);
            }
        }
        let of = |new: &NewEntry| {
            [new.id.as_str(), &new.link_key].into_iter().filter_map(|name| since.get(name)).min().copied()
        };
        Ok(entries.iter().map(of).collect())
    }

    /// Ends an entry that cannot be processed. False: the lease was lost.
    pub async fn abandon_entry(&self, entry: &EntryId, lease: &Lease, reason: &str) -> Result<bool, StoreError> {
        let binds = binds![entry, &lease.token, reason];
        Ok(!self.database().write("abandoning an entry", ABANDON, &binds).await?.is_empty())
    }

    /// When the next claim may find something: the earliest due time, or the end of a lease.
    pub async fn next_entry_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.next_due("looking for the next entry", NEXT_DUE).await
    }
}

/// Inserts what is not known yet; returns the ids of those that were new. A poll holds its feed's row meanwhile. On
/// PostgreSQL the filling of one of its gaps may come between, and what both found then counts as new for both.
pub(super) async fn insert_entries(
    tx: &mut Tx<'_>,
    entries: Vec<(&FeedId, Timestamp, &NewEntry)>,
) -> Result<HashSet<String>, StoreError> {
    let ids: Vec<Bind<'_>> = entries.iter().map(|(_, _, new)| Bind::from(&new.id)).collect();
    let mut known = HashSet::new();
    for row in tx.rows_in(KNOWN, &[], &ids).await? {
        known.insert(row.text("id")?);
    }
    let unknown = |(_, _, new): &&(&FeedId, Timestamp, &NewEntry)| !known.contains(new.id.as_str());
    let aliases: Vec<[Bind<'_>; 2]> = entries
        .iter()
        .filter(unknown)
        .filter_map(|(_, _, new)| Some(binds![&new.link_key, new.alias.as_ref()?]))
        .collect();
    let mut renamed = HashSet::new();
    for row in tx.rows_of(KNOWN_BY_ALIAS, &aliases).await? {
        renamed.insert(row.text("alias")?);
    }
    let is_renamed = |new: &NewEntry| new.alias.as_ref().is_some_and(|alias| renamed.contains(alias.as_str()));
    // A list may hold an entry twice.
    let mut fresh = HashSet::new();
    let is_fresh = |entry: &&(&FeedId, Timestamp, &NewEntry)| {
        unknown(entry) && !is_renamed(entry.2) && fresh.insert(entry.2.id.as_str().to_owned())
    };
    let new: Vec<_> = entries.iter().filter(is_fresh).collect();
    let rows: Vec<_> = new.iter().map(|(feed, at, new)| entry_row(feed, *at, new)).collect();
    tx.rows_of(INSERT, &rows).await?;
    Ok(fresh)
}

fn entry_row<'e>(feed: &'e FeedId, at: Timestamp, new: &'e NewEntry) -> [Bind<'e>; 18] {
    let entry = &new.entry;
    binds![
        &new.id,
        new.alias.as_ref().map_or("", EntryId::as_str),
        feed,
        entry.key.as_str(),
        or_empty(entry.link.as_ref()),
        &new.link_key,
        at,
        new.baseline,
        if new.unmatched { "unmatched" } else { "pending" },
        new.due,
        entry.published,
        entry.updated,
        &entry.lang,
        &entry.guid,
        &entry.title,
        &entry.author,
        &entry.summary,
        &entry.content
    ]
}

fn claimed_entry(row: &Row, specs: &HashMap<String, FeedSpec>, lease: &Lease) -> Result<ClaimedEntry, StoreError> {
    let feed = row.text("feed_id")?;
    Ok(ClaimedEntry {
        id: EntryId::from_stored(row.text("id")?),
        feed_spec: specs.get(&feed).cloned().ok_or_else(|| row.unreadable("feed_id"))?,
        feed: FeedId::from_stored(feed),
        entry: feed_entry(row)?,
        link_key: row.text("link_key")?,
        first_seen: row.time("first_seen")?,
        baseline: row.flag("baseline")?,
        attempts: row.small("attempts")?,
        page_tries: row.small("page_tries")?,
        lease: lease.clone(),
    })
}

/// The feed's own columns, as every statement that returns an entry names them.
pub(super) fn feed_entry(row: &Row) -> Result<FeedEntry, StoreError> {
    Ok(FeedEntry {
        key: EntryKey::from_stored(row.text("entry_key")?),
        alias: None,
        guid: row.text("guid")?,
        title: row.text("title")?,
        link: row.url_or_empty("link")?,
        published: row.time_or_null("published")?,
        updated: row.time_or_null("updated")?,
        author: row.text("author")?,
        summary: row.text("summary")?,
        content: row.text("content")?,
        lang: row.text("lang")?,
    })
}

/// Columns `state`, `state_note`, `due`, `lease_until`.
pub(super) fn entry_state(row: &Row) -> Result<EntryState, StoreError> {
    let until = row.time("lease_until")?;
    Ok(match row.text("state")?.as_str() {
        "pending" if until > Timestamp::EPOCH => EntryState::Leased { until },
        "pending" => EntryState::Pending { due: row.time("due")? },
        "matched" => EntryState::Matched,
        "unmatched" => EntryState::Unmatched,
        "duplicate" => EntryState::Duplicate { of: EntryId::from_stored(row.text("state_note")?) },
        "abandoned" => EntryState::Abandoned { reason: row.text("state_note")? },
        _ => return Err(row.unreadable("state")),
    })
}
