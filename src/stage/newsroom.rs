//! The running stories as the process stage holds them between two commits.
//!
//! What is held is only ever what is stored: it is read anew when something else was stored meanwhile (on PostgreSQL by
//! another machine), after a commit that failed, and when an article that was compared before is compared again. So a
//! restart, which reads it anew too, changes no decision.

use std::time::Duration;

use super::Desk;
use crate::grouping::{self, Archive, Known, PAST_DAYS, PAST_STORIES, Past, STORY_DAYS, Stories};
use crate::model::id::EntryId;
use crate::model::story::{Candidate, Fingerprint, Membership};
use crate::model::time::Timestamp;
use crate::store::{GroupedMark, StoreError};

/// Earlier articles compared with a new one.
const MAX_CANDIDATES: u32 = 20;
/// And of those under its address; of thousands one tells as much.
const MAX_SAME_PAGE: u32 = 3;

/// The running stories, and the articles of the batch that is being decided.
pub(super) struct Newsroom {
    held: Held,
    /// Articles of this batch, which the store does not know yet.
    fresh: Archive,
    decided: u64,
}

/// Between two batches.
pub(super) struct Held {
    stories: Stories,
    past: Past,
    since: Timestamp,
    mark: GroupedMark,
}

/// An article to be decided.
pub(super) struct Unplaced<'a> {
    pub entry: &'a EntryId,
    pub fingerprint: &'a Fingerprint,
    pub reported_at: Timestamp,
    /// Empty: it has no page.
    pub page_key: &'a str,
}

impl Newsroom {
    /// Takes what is held, or reads it if that is not what is stored. Until [`Newsroom::keep`] nothing is held.
    pub async fn open(desk: &Desk, now: Timestamp) -> Result<Newsroom, StoreError> {
        let since = now.minus(Duration::from_secs(STORY_DAYS * 86_400));
        let held = desk.newsroom.lock().await.take();
        let mut held = match held {
            Some(held) if desk.store.grouped_mark(held.since).await? == held.mark => held,
            _ => Held::read(desk, since).await?,
        };
        held.stories.forget_opened_before(since);
        Ok(Newsroom { held, fresh: Archive::default(), decided: 0 })
    }

    /// Decides for one article; the next ones see it.
    pub async fn place(
        &mut self,
        desk: &Desk,
        article: Unplaced<'_>,
        now: Timestamp,
    ) -> Result<(Membership, Vec<i64>), StoreError> {
        let Unplaced { entry, fingerprint, reported_at, page_key } = article;
        let candidates = self.candidates(desk, &article).await?;
        let Held { stories, past, .. } = &mut self.held;
        let known = Known { candidates: &candidates, stories, past };
        let membership = grouping::assign(entry, fingerprint, reported_at, known);
        match &membership.copy_of {
            Some(_) => stories.add_copy(&membership.story, reported_at),
            None => stories.add(&membership.story, fingerprint, reported_at, now),
        }
        if grouping::opened(entry, &membership.story) {
            past.add(&membership.story, fingerprint, reported_at);
        }
        self.decided += 1;
        let placed = Candidate {
            entry: entry.clone(),
            original: membership.copy_of.as_ref().unwrap_or(entry).clone(),
            story: membership.story.clone(),
            fingerprint: fingerprint.clone(),
            reported_at,
            same_page: false,
        };
        self.fresh.add(placed, page_key);
        let samples = grouping::samples_to_hold(fingerprint, &candidates);
        Ok((membership, samples))
    }

    /// What it may be a copy of: what shares passages, and what stands under its address. One that does both comes once.
    async fn candidates(&self, desk: &Desk, article: &Unplaced<'_>) -> Result<Vec<Candidate>, StoreError> {
        let Unplaced { entry, fingerprint, page_key, .. } = article;
        let mut candidates = Vec::new();
        if !page_key.is_empty() {
            candidates = desk.store.same_page(entry, page_key, MAX_SAME_PAGE).await?;
            candidates.extend(self.fresh.same_page(page_key, MAX_SAME_PAGE as usize));
        }
        let lookups = grouping::lookups(fingerprint);
        let stored = desk.store.candidates(entry, &lookups, MAX_CANDIDATES).await?;
        for found in stored.into_iter().chain(self.fresh.candidates(fingerprint, MAX_CANDIDATES as usize)) {
            if !candidates.iter().any(|known| known.entry == found.entry) {
                candidates.push(found);
            }
        }
        // What copies this article cannot be what it copies.
        candidates.retain(|candidate| candidate.original != **entry);
        Ok(candidates)
    }

    /// Holds on to the stories: all that was decided is stored, and nothing of it stood there before.
    pub async fn keep(self, desk: &Desk, now: Timestamp) {
        let Held { stories, past, since, mark } = self.held;
        let last = if self.decided > 0 { mark.last.max(Some(now)) } else { mark.last };
        let mark = GroupedMark { articles: mark.articles + self.decided, last, placed: mark.placed };
        *desk.newsroom.lock().await = Some(Held { stories, past, since, mark });
    }
}

impl Held {
    async fn read(desk: &Desk, since: Timestamp) -> Result<Held, StoreError> {
        // The mark first: what is stored between the two is then read twice, not missed.
        let mark = desk.store.grouped_mark(since).await?;
        let mut stories = Stories::default();
        for article in desk.store.grouped_since(since).await? {
            if article.is_copy {
                stories.add_copy(&article.story, article.reported_at);
            } else if stories.runs(&article.story) || grouping::opened(&article.entry, &article.story) {
                // What belongs to a story that was opened before then has ended with it.
                stories.add(&article.story, &article.fingerprint, article.reported_at, article.grouped_at);
            }
        }
        let far_back = since.minus(Duration::from_secs((PAST_DAYS - STORY_DAYS) * 86_400));
        let mut past = Past::default();
        for opening in desk.store.openings_since(far_back, u32::try_from(PAST_STORIES).unwrap_or(u32::MAX)).await? {
            if grouping::opened(&opening.entry, &opening.story) {
                past.add(&opening.story, &opening.fingerprint, opening.reported_at);
            }
        }
        Ok(Held { stories, past, since, mark })
    }
}
