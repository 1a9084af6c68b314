//! What stood behind a digest: how far its reader may trust the silence of a window.

use super::Store;
use super::error::StoreError;
use super::statement::{Row, binds};
use crate::model::alarm::AlarmKind;
use crate::model::digest::{Coverage, SilentSource};
use crate::model::time::Timestamp;

/// Gaps that one digest names; where there are more, something else is the trouble.
const MAX_GAPS: u32 = 50;

const POLLED: &str = "SELECT COUNT(*) AS sources FROM feed WHERE state = 'waiting'";

/// Those that were read from their feed alone, and found by no watch, have no row of their own.
pub(super) const CHECKED: &str = "\
    SELECT
        (SELECT COUNT(*) FROM article WHERE checked_at >= $1 AND checked_at <= $2)
        + (SELECT COUNT(*) FROM entry WHERE entry.kept AND entry.first_seen >= $1 AND entry.first_seen <= $2
            AND entry.state = 'unmatched'
            AND NOT EXISTS (SELECT 1 FROM article WHERE article.entry_id = entry.id)) AS articles";

const SILENT: &str = "\
    SELECT outlet, last_success_at, last_error, disabled_reason, state FROM feed
    WHERE state = 'disabled' OR (state = 'waiting' AND failures_in_a_row > 0)";

impl Store {
    /// How far a reader may trust the silence between two times, both included.
    pub async fn coverage(&self, from: Timestamp, until: Timestamp) -> Result<Coverage, StoreError> {
        let doing = "counting what was watched";
        let sources = self.database().first(doing, POLLED, &[]).await?;
        let articles = self.database().first(doing, CHECKED, &binds![from, until]).await?;
        let (mut failing, mut off) = (vec![], vec![]);
        for row in self.database().rows(doing, SILENT, &[]).await? {
            let of_kind = if is_off(&row)? { &mut off } else { &mut failing };
            of_kind.push(silent_source(&row)?);
        }
        for sources in [&mut failing, &mut off] {
            sources.sort_by(|a: &SilentSource, b| a.outlet.cmp(&b.outlet));
        }
        let alarms = self.ringing_alarms().await?;
        let outlets = |kind: AlarmKind| {
            let of_kind = alarms.iter().filter(|alarm| alarm.kind == kind);
            let mut outlets: Vec<_> = of_kind.map(|alarm| alarm.outlet.clone()).collect();
            outlets.sort();
            outlets
        };
        Ok(Coverage {
            gaps: self.unfilled_gaps(from, until, MAX_GAPS).await?,
            quiet: outlets(AlarmKind::Silent),
            held: outlets(AlarmKind::Held),
            sources: sources.map_or(Ok(0), |row| row.count("sources"))?,
            articles: articles.map_or(Ok(0), |row| row.count("articles"))?,
            failing,
            off,
        })
    }
}

fn is_off(row: &Row) -> Result<bool, StoreError> {
    Ok(row.text("state")? == "disabled")
}

fn silent_source(row: &Row) -> Result<SilentSource, StoreError> {
    let error = if is_off(row)? { "disabled_reason" } else { "last_error" };
    Ok(SilentSource {
        outlet: row.text("outlet")?,
        last_success: row.time_or_null("last_success_at")?,
        error: row.text(error)?,
    })
}
