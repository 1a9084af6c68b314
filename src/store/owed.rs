//! Who is owed a report because of what was found: once for all copies of a text, at the earliest of their times.

use std::collections::{BTreeMap, HashSet};

use super::database::Tx;
use super::error::StoreError;
use super::processed::{Held, KnownArticles};
use super::statement::{Bind, Row, binds};
use crate::model::id::{EntryId, RecipientId};
use crate::model::time::Timestamp;

/// A recipient who is owed a report, and when their digest is due because of it.
#[derive(Clone, Debug)]
pub struct Owed {
    pub recipient: RecipientId,
    /// Brings the recipient's next digest forward to this, never back.
    pub due: Timestamp,
    /// When it is mailed ahead of the digest; [`Timestamp::NEVER`]: it is not.
    pub alert_due: Timestamp,
}

/// Once for all copies (the key), and once for this article if it was taken for another's copy only later.
const OWE: &str = "\
    WITH owed (recipient_id, original, entry_id, queued_at, due, alert_due) AS (VALUES {rows})
    INSERT INTO report (recipient_id, original, entry_id, queued_at, due, alert_due)
    SELECT recipient_id, original, entry_id, queued_at, due, alert_due FROM owed
    WHERE NOT EXISTS (SELECT 1 FROM report
        WHERE report.recipient_id = owed.recipient_id AND report.entry_id = owed.entry_id)
    ON CONFLICT DO NOTHING RETURNING recipient_id, original, due, alert_due";

/// What waits for the digest, or for the end of quiet hours, and turns out to be urgent: by a later text, or by a copy.
pub(super) const HASTEN: &str = "\
    UPDATE report SET alert_due = CASE WHEN alert_due > $4 THEN $4 ELSE alert_due END,
        due = CASE WHEN due > $5 THEN $5 ELSE due END
    WHERE recipient_id = $1 AND (original = $2 OR entry_id = $3)
    AND digest_id IS NULL AND alert_id IS NULL AND (alert_due > $4 OR due > $5)
    RETURNING recipient_id, due, alert_due";

/// Copies of what these recipients were told of, or wait to be told of, under another entry. Before what is owed is
/// stored: what comes in one batch is told of together.
const STORE_POSTSCRIPTS: &str = "\
    WITH owed (recipient_id, entry_id, original, queued_at) AS (VALUES {rows})
    INSERT INTO postscript (recipient_id, entry_id, original, queued_at)
    SELECT recipient_id, entry_id, original, queued_at FROM owed
    WHERE EXISTS (SELECT 1 FROM report
        WHERE report.recipient_id = owed.recipient_id AND report.original = owed.original
        AND report.entry_id <> owed.entry_id)
    AND NOT EXISTS (SELECT 1 FROM report
        WHERE report.recipient_id = owed.recipient_id AND report.entry_id = owed.entry_id)
    ON CONFLICT DO NOTHING";

/// What was folded is looked at once more when its text is known better.
pub(super) const UNFOLD: &str = "\
    UPDATE report SET folded = $1 WHERE digest_id IS NULL AND folded AND entry_id IN ({list})
    RETURNING recipient_id, due, alert_due";

/// Written even where nothing changes: a digest that is being committed waits for this row, and then sees the report.
const BRING_FORWARD: &str = "\
    UPDATE recipient SET next_due = CASE WHEN next_due > $2 THEN $2 ELSE next_due END,
        alert_due = CASE WHEN alert_due > $3 THEN $3 ELSE alert_due END
    WHERE id = $1";

pub(super) async fn store_postscripts(
    tx: &mut Tx<'_>,
    held: &[Held<'_>],
    originals: &[EntryId],
) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for (Held { processed, .. }, original) in held.iter().zip(originals) {
        let copy = original != &processed.entry;
        rows.extend(
            processed
                .owed_to
                .iter()
                .filter(|_| copy)
                .map(|owed| binds![&owed.recipient, &processed.entry, original, processed.at]),
        );
    }
    tx.rows_of(STORE_POSTSCRIPTS, &rows).await.map(|_| ())
}

/// Reports that are stored in one go: an article may be owed to very many.
const AT_A_TIME: usize = 1_000;

/// In the order of recipients, so that two machines wait for each other instead of for ever.
pub(super) async fn owe(
    tx: &mut Tx<'_>,
    held: &[Held<'_>],
    originals: &[EntryId],
    known: &KnownArticles,
) -> Result<(), StoreError> {
    let mut owed = BTreeMap::new();
    for (Held { processed, .. }, original) in held.iter().zip(originals) {
        for Owed { recipient, due, alert_due } in &processed.owed_to {
            // The first of the batch's copies is the one told of, at the earliest of their times.
            let (_, earliest, alert) = owed.entry((recipient, original)).or_insert((processed, *due, *alert_due));
            *earliest = (*earliest).min(*due);
            *alert = (*alert).min(*alert_due);
        }
    }
    let again = held.iter().map(|held| &held.processed.entry).filter(|entry| known.contains_key(entry.as_str()));
    let again: Vec<Bind<'_>> = again.map(Bind::from).collect();
    let mut forward = Forward::default();
    forward.take(&tx.rows_in(UNFOLD, &binds![false], &again).await?)?;
    let owed: Vec<_> = owed.into_iter().collect();
    for part in owed.chunks(AT_A_TIME) {
        let rows: Vec<_> = part
            .iter()
            .map(|((recipient, original), (first, due, alert))| {
                binds![*recipient, *original, &first.entry, first.at, *due, *alert]
            })
            .collect();
        let new = tx.rows_of(OWE, &rows).await?;
        forward.take(&new)?;
        let new = new.iter().map(|row| Ok((row.text("recipient_id")?, row.text("original")?)));
        let new: HashSet<(String, String)> = new.collect::<Result<_, StoreError>>()?;
        for ((recipient, original), (first, due, alert)) in part {
            // What was stored just now has its times: to look for it again would be most of the work for many recipients.
            let is_new = new.contains(&(recipient.as_str().to_owned(), original.as_str().to_owned()));
            if (*due).min(*alert) < Timestamp::NEVER && !is_new {
                forward.take(&tx.rows(HASTEN, &binds![*recipient, *original, &first.entry, *alert, *due]).await?)?;
            }
        }
    }
    for (recipient, (due, alert)) in forward.0 {
        tx.change(BRING_FORWARD, &binds![recipient, due, alert]).await?;
    }
    Ok(())
}

/// When recipients' digests and alerts are due because of what they are owed, in their order.
#[derive(Default)]
struct Forward(BTreeMap<String, (Timestamp, Timestamp)>);

impl Forward {
    fn take(&mut self, told: &[Row]) -> Result<(), StoreError> {
        for row in told {
            let (due, alert) = (row.time("due")?, row.time("alert_due")?);
            let first = self.0.entry(row.text("recipient_id")?).or_insert((due, alert));
            *first = (first.0.min(due), first.1.min(alert));
        }
        Ok(())
    }
}
