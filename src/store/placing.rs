//! Stories as an operator sees and changes them: listed, two made one, one article taken out.
//!
//! What a person decided stays: no later text of an article moves it, and nothing that was mailed is mailed again because
//! of it.

use std::collections::HashMap;

use super::Store;
use super::database::Tx;
use super::error::StoreError;
use super::statement::{Bind, Row, binds};
use super::stories::{LIST, MEMBERS, MEMBERS_OF};
use crate::model::id::{EntryId, StoryId};
use crate::model::time::Timestamp;

/// A story with its articles, for `stories`.
#[derive(Clone, Debug, serde::Serialize)]
pub struct StoryTold {
    pub id: StoryId,
    /// Of its last article.
    pub last: Timestamp,
    /// Earliest first.
    pub members: Vec<Member>,
}

/// An article in its story, with the reason.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Member {
    pub entry: EntryId,
    pub outlet: String,
    pub title: String,
    pub first_seen: Timestamp,
    /// `None`: it is no copy.
    pub copy_of: Option<EntryId>,
    pub score: f64,
    pub reason: String,
    /// The story that it follows up or may belong to.
    pub related: Option<StoryId>,
    pub related_reason: String,
    /// A person put it there.
    pub by_hand: bool,
}

/// What became of a change by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placed {
    /// The story that holds the articles now, and how many were moved.
    Into { story: StoryId, articles: u64 },
    /// No such story, or no such article that was compared.
    Unknown { what: String },
    /// Nothing to do: they are one, or it stands alone.
    Already,
}

/// Articles of a story that are looked at; more than one ever holds.
const MOVED_MAX: u32 = 20_000;

const MERGE: &str = "\
    UPDATE article SET story_id = $1, placed_at = $3, related = '', relation = '',
        reason = CASE WHEN copy_of = '' THEN 'put into this story by hand' ELSE reason END,
        score = CASE WHEN copy_of = '' THEN 1.0 ELSE score END
    WHERE story_id = $2 AND grouped_at > 0";

const MOVE: &str = "\
    UPDATE article SET story_id = $1, original = CASE WHEN original = $4 THEN $2 ELSE original END,
        copy_of = CASE WHEN entry_id = $2 THEN '' WHEN copy_of = $4 THEN $2 ELSE copy_of END, placed_at = $3,
        score = CASE WHEN entry_id = $2 THEN 0.0 ELSE score END, related = '', relation = '',
        reason = CASE WHEN entry_id = $2 THEN 'taken out of its story by hand' ELSE reason END
    WHERE entry_id IN ({list})";

/// Who was told of the text it was held to be a copy of, by a digest or an alert, was shown it among the copies.
const TELL_AS_BEFORE: &str = "\
    INSERT INTO report (recipient_id, original, entry_id, queued_at, due, digest_id, alert_due, alert_id)
    SELECT recipient_id, $1, $1, queued_at, due, digest_id, alert_due, alert_id FROM report
    WHERE original = $2 AND (digest_id IS NOT NULL OR alert_id IS NOT NULL) ON CONFLICT DO NOTHING";

impl Store {
    /// The stories that were last reported on, newest first; `several` leaves out those of one article.
    pub async fn story_list(&self, several: bool, limit: u32) -> Result<Vec<StoryTold>, StoreError> {
        let doing = "listing stories";
        let least = if several { 2_u32 } else { 1 };
        let rows = self.database().rows(doing, LIST, &binds![least, limit]).await?;
        let ids = rows.iter().map(|row| row.text("story_id")).collect::<Result<Vec<_>, _>>()?;
        let list: Vec<Bind<'_>> = ids.iter().map(Bind::from).collect();
        let mut members: HashMap<String, Vec<Member>> = HashMap::new();
        for row in self.database().rows_in(doing, MEMBERS_OF, &[], &list).await? {
            members.entry(row.text("story_id")?).or_default().push(member(&row)?);
        }
        let told = rows.iter().zip(&ids).map(|(row, id)| {
            let members = members.remove(id).unwrap_or_default();
            Ok(StoryTold { id: StoryId::from_stored(id.clone()), last: row.time("last")?, members })
        });
        told.collect()
    }

    /// Makes two stories one. The one that was seen first keeps its id.
    pub async fn merge_stories(&self, a: &StoryId, b: &StoryId, now: Timestamp) -> Result<Placed, StoreError> {
        let mut writer = self.database().writer("merging two stories").await?;
        let mut tx = writer.begin().await?;
        let mut first_seen = Vec::new();
        for story in [a, b] {
            let Some(first) = members_of(&mut tx, story).await?.into_iter().next() else {
                return Ok(Placed::Unknown { what: story.to_string() });
            };
            first_seen.push(first.first_seen);
        }
        if a == b {
            return Ok(Placed::Already);
        }
        let (into, from) = if first_seen[0] <= first_seen[1] { (a, b) } else { (b, a) };
        let articles = tx.change(MERGE, &binds![into, from, now]).await?;
        tx.commit().await?;
        Ok(Placed::Into { story: into.clone(), articles })
    }

    /// Takes an article out of its story, with what copies it; a copy becomes a report of its own. Where it opened the
    /// story, the others move on to one that the next of them opens.
    pub async fn split_story(&self, entry: &EntryId, now: Timestamp) -> Result<Placed, StoreError> {
        let mut writer = self.database().writer("splitting a story").await?;
        let mut tx = writer.begin().await?;
        let story = tx.first(MEMBERS, &binds![entry]).await?.map(|row| row.text("story_id")).transpose()?;
        let Some(story) = story.map(StoryId::from_stored) else {
            return Ok(Placed::Unknown { what: entry.to_string() });
        };
        let members = members_of(&mut tx, &story).await?;
        let own = StoryId::opened_by(entry);
        let copied = members.iter().find(|member| member.entry == *entry).and_then(|member| member.copy_of.clone());
        let goes = |member: &&Member| member.entry == *entry || member.copy_of.as_ref() == Some(entry);
        let stays: Vec<&Member> = members.iter().filter(|member| !goes(member)).collect();
        let Some(next) = stays.iter().find(|member| member.copy_of.is_none()).or(stays.first()) else {
            return Ok(Placed::Already);
        };
        if story == own {
            let (into, list) = (StoryId::opened_by(&next.entry), ids(stays.iter().copied()));
            tx.change_in(MOVE, &binds![&into, &next.entry, now, ""], &list).await?;
        }
        let list = ids(members.iter().filter(goes));
        let was_copy_of = copied.as_ref().map_or("", EntryId::as_str);
        let articles = tx.change_in(MOVE, &binds![&own, entry, now, was_copy_of], &list).await?;
        if let Some(original) = &copied {
            tx.change(TELL_AS_BEFORE, &binds![entry, original]).await?;
        }
        tx.commit().await?;
        Ok(Placed::Into { story: own, articles })
    }
}

fn ids<'m>(members: impl Iterator<Item = &'m Member>) -> Vec<Bind<'m>> {
    members.map(|member| Bind::from(&member.entry)).collect()
}

async fn members_of(tx: &mut Tx<'_>, story: &StoryId) -> Result<Vec<Member>, StoreError> {
    let rows = tx.rows_in(MEMBERS_OF, &[], &[Bind::from(story)]).await?;
    rows.iter().take(MOVED_MAX as usize).map(member).collect()
}

fn member(row: &Row) -> Result<Member, StoreError> {
    let (copy_of, related) = (row.text("copy_of")?, row.text("related")?);
    Ok(Member {
        entry: EntryId::from_stored(row.text("entry_id")?),
        outlet: row.text("outlet")?,
        title: row.text("title")?,
        first_seen: row.time("first_seen")?,
        copy_of: Some(copy_of).filter(|id| !id.is_empty()).map(EntryId::from_stored),
        score: row.float("score")?,
        reason: row.text("reason")?,
        related: Some(related).filter(|id| !id.is_empty()).map(StoryId::from_stored),
        related_reason: row.text("related_reason")?,
        by_hand: row.time("placed_at")? > Timestamp::EPOCH,
    })
}
