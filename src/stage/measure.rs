//! How rare the terms of the watches are in the archive, which ranks what they find.
//!
//! Looked up when the first entry is to be read and not at the start: most rounds of polls find nothing new, and a plan
//! that is replaced before it does costs nothing.

use std::sync::Arc;

use super::archive::{self, Shown};
use super::{Desk, Plan};
use crate::matching::{Census, Text};
use crate::store::{Kept, StoreError, StoredText};

/// Newest articles that are looked at.
const MEASURED: u64 = 2_000;
/// Articles held in memory at a time.
const TOGETHER: u32 = 100;

/// Measures the plan's watches, unless that was done before.
pub async fn once(desk: &Desk, plan: &Arc<Plan>) -> Result<(), StoreError> {
    if plan.watch_set.is_measured() {
        return Ok(());
    }
    let mut census = Census::default();
    let mut before = None;
    while census.articles() < MEASURED {
        let texts = desk.store.recent_texts(before, TOGETHER).await?;
        let Some(last) = texts.last() else { break };
        before = Some((last.first_seen, last.seq));
        let plan = Arc::clone(plan);
        let count = move || {
            for StoredText { source, text, .. } in &texts {
                match text {
                    Kept::Article { title, body, lang } => {
                        census.add(&plan.watch_set, &Text { title, body, source, lang });
                    }
                    // How rare a word is shows in the uncleaned text too.
                    Kept::FeedText { given, lang_hint } => {
                        let Shown { body, lang } = archive::shown(given, lang_hint, &plan.extract_limits);
                        let title = &given.title;
                        census.add(&plan.watch_set, &Text { title, body: &body, source, lang: &lang });
                    }
                }
            }
            census
        };
        // Where a text brings out a defect, hits are ranked without it: they are found all the same.
        let Some(counted) = desk.compute(count).await else {
            census = Census::default();
            break;
        };
        census = counted;
    }
    plan.watch_set.learn(&census);
    Ok(())
}
