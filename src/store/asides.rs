//! Hits that stand only in what was taken out of a page: they wait for a recipient's next digest, and make none.

use std::collections::BTreeMap;

use super::Store;
use super::database::Tx;
use super::error::StoreError;
use super::processed::ProcessedEntry;
use super::statement::{Bind, Row, binds};
use crate::model::digest::WaitingAside;
use crate::model::id::{DigestId, RecipientId, WatchId};

/// A recipient who is to be told of an aside.
#[derive(Clone, Debug)]
pub struct OwedAside {
    pub recipient: RecipientId,
    pub watch: WatchId,
    /// Stands for the line: the same line of another page is told once.
    pub line: String,
}

const OWE: &str = "\
    INSERT INTO aside (recipient_id, line, entry_id, watch_id, queued_at) VALUES {rows} ON CONFLICT DO NOTHING";

pub(super) const WAITING: &str = "\
    SELECT aside.line AS line, aside.watch_id AS watch_id, feed.outlet AS outlet, entry.link AS link,
        entry.title AS title, article.title AS headline, article.lang AS lang, hit.taken_by AS taken_by,
        hit.detail AS detail
    FROM aside
    JOIN entry ON entry.id = aside.entry_id
    JOIN feed ON feed.id = entry.feed_id
    JOIN article ON article.entry_id = aside.entry_id
    JOIN hit ON hit.entry_id = aside.entry_id AND hit.watch_id = aside.watch_id AND hit.taken_by <> ''
    WHERE aside.recipient_id = $1 AND aside.digest_id IS NULL
    ORDER BY aside.queued_at, aside.line LIMIT $2 + 0";

pub(super) const TAKE: &str =
    "UPDATE aside SET digest_id = $1 WHERE recipient_id = $2 AND digest_id IS NULL AND line IN ({list})";

/// What waited so long that its text is forgotten.
pub(super) const FORGET: &str = "DELETE FROM aside WHERE queued_at < $1";

impl Store {
    /// What of this kind waits for a recipient's next digest, oldest first.
    pub async fn waiting_asides(&self, recipient: &RecipientId, limit: u32) -> Result<Vec<WaitingAside>, StoreError> {
        let doing = "reading what was found in page furniture";
        let rows = self.database().rows(doing, WAITING, &binds![recipient, limit]).await?;
        rows.iter().map(waiting).collect()
    }
}

/// In the order of recipients, so that two machines wait for each other instead of for ever.
pub(super) async fn owe(tx: &mut Tx<'_>, held: impl Iterator<Item = &ProcessedEntry>) -> Result<(), StoreError> {
    let mut owed = BTreeMap::new();
    for processed in held {
        for aside in &processed.asides_owed {
            owed.entry((&aside.recipient, &aside.line)).or_insert((processed, &aside.watch));
        }
    }
    let rows: Vec<_> = owed
        .into_iter()
        .map(|((recipient, line), (processed, watch))| binds![recipient, line, &processed.entry, watch, processed.at])
        .collect();
    tx.rows_of(OWE, &rows).await.map(|_| ())
}

/// Those that a digest tells of, or leaves out for good.
pub(super) async fn take(
    tx: &mut Tx<'_>,
    digest: &DigestId,
    recipient: &RecipientId,
    lines: &[String],
) -> Result<(), StoreError> {
    let list: Vec<Bind<'_>> = lines.iter().map(Bind::from).collect();
    tx.change_in(TAKE, &binds![digest, recipient], &list).await.map(|_| ())
}

fn waiting(row: &Row) -> Result<WaitingAside, StoreError> {
    let (headline, title) = (row.text("headline")?, row.text("title")?);
    Ok(WaitingAside {
        line: row.text("line")?,
        outlet: row.text("outlet")?,
        headline: if headline.is_empty() { title } else { headline },
        link: row.url_or_empty("link")?,
        lang: row.text("lang")?,
        hit: row.json("detail")?,
        filter: row.text("taken_by")?,
    })
}
