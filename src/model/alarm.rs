//! What may have been missed, or must not be believed: alarms about a feed, and gaps in what was seen of it.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use super::id::FeedId;
use super::time::Timestamp;

/// What ops are told about a feed: once when it begins, once when it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlarmKind {
    /// Its server says that it is gone for good; it is not polled any more.
    Gone,
    /// It could not be read for long.
    Failing,
    /// A listing page that its selectors find nothing on.
    Blind,
    /// It is read, and nothing new has come for longer than its own rhythm explains.
    Silent,
    /// Its list ran through between two polls: entries were never seen.
    Gap,
    /// It does not look like itself any more; its new entries are held until somebody decides.
    Held,
}

impl AlarmKind {
    pub const ALL: [AlarmKind; 6] =
        [AlarmKind::Gone, AlarmKind::Failing, AlarmKind::Blind, AlarmKind::Silent, AlarmKind::Gap, AlarmKind::Held];

    pub fn as_str(self) -> &'static str {
        match self {
            AlarmKind::Gone => "gone",
            AlarmKind::Failing => "failing",
            AlarmKind::Blind => "blind",
            AlarmKind::Silent => "silent",
            AlarmKind::Gap => "gap",
            AlarmKind::Held => "held",
        }
    }

    pub fn parse(text: &str) -> Option<AlarmKind> {
        AlarmKind::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// The alarms about one feed that are not over.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Alarms(BTreeSet<AlarmKind>);

impl Alarms {
    pub fn has(&self, kind: AlarmKind) -> bool {
        self.0.contains(&kind)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = AlarmKind> + '_ {
        self.0.iter().copied()
    }

    pub fn set(&mut self, kind: AlarmKind, rings: bool) {
        if rings {
            self.0.insert(kind);
        } else {
            self.0.remove(&kind);
        }
    }

    /// `gap,held`; empty for none.
    pub fn to_text(&self) -> String {
        self.iter().map(AlarmKind::as_str).collect::<Vec<_>>().join(",")
    }

    /// What [`Alarms::to_text`] wrote; words of a newer program are passed over.
    pub fn from_text(text: &str) -> Alarms {
        Alarms(text.split(',').filter_map(AlarmKind::parse).collect())
    }
}

/// A change of a feed's alarms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlarmChange {
    /// `detail`: what happened and what to do, for ops.
    Begins {
        kind: AlarmKind,
        detail: String,
    },
    Ends {
        kind: AlarmKind,
    },
}

/// An alarm as it is mailed and listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alarm {
    pub feed: FeedId,
    pub outlet: String,
    pub url: Url,
    pub kind: AlarmKind,
    pub detail: String,
    pub began_at: Timestamp,
    /// `None`: it is not over.
    pub ended_at: Option<Timestamp>,
}

/// What a feed's polls have shown of it so far, to judge the next one by. Kept with the feed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Portrait {
    /// Entries in the last body.
    pub window: u64,
    /// Bodies that brought something new, the first one not counted.
    pub arrivals: u32,
    /// The usual and the longest time between two of them, in milliseconds.
    pub usual_gap_ms: i64,
    pub longest_gap_ms: i64,
    /// Registrable domains that it was answered from, the first one and those that ops let pass.
    pub homes: Vec<String>,
    /// Scripts and languages of its entries, the first one's and those that ops let pass.
    pub tongues: Vec<String>,
    /// Titles of its first entries while nobody asked for their tongue: to tell it costs more than to read the list, and
    /// a feed whose entries come one by one is never asked.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub titles: String,
    /// What those of held entries are.
    pub doubted_homes: Vec<String>,
    pub doubted_tongues: Vec<String>,
    /// Its own title, where it stands for a name that the configuration does not give.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub title: String,
}

impl Portrait {
    /// As it is once ops have let pass what was doubted.
    pub fn accepted(mut self) -> Portrait {
        let add = |known: &mut Vec<String>, doubted: &mut Vec<String>| {
            let new: Vec<String> = doubted.drain(..).filter(|one| !known.contains(one)).collect();
            known.extend(new);
        };
        add(&mut self.homes, &mut self.doubted_homes);
        add(&mut self.tongues, &mut self.doubted_tongues);
        self
    }
}

/// A stretch of time in which entries of a feed were listed that no poll saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GapFound {
    pub from: Timestamp,
    pub until: Timestamp,
    /// Where the feed says that older entries stand (RFC 5005).
    pub previous: Option<Url>,
}

/// A gap as `sources` and a digest name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    pub outlet: String,
    pub from: Timestamp,
    pub until: Timestamp,
    /// Entries that were found elsewhere.
    pub recovered: u64,
}

/// What follows from a poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    pub next_due: Timestamp,
    /// The time between polls that the feed needs to be seen whole; zero: as configured.
    pub pace: Duration,
    /// After the changes.
    pub alarms: Alarms,
    pub changes: Vec<AlarmChange>,
    /// `None`: as it was.
    pub portrait: Option<Portrait>,
    /// The new entries are not processed before somebody decides.
    pub hold: bool,
    pub gap: Option<GapFound>,
    /// What readers see from now on as its publisher's name; `None`: as it was.
    pub outlet: Option<String>,
}

impl Judgement {
    /// Nothing but the time of the next poll.
    pub fn due(next_due: Timestamp) -> Judgement {
        Judgement {
            next_due,
            pace: Duration::ZERO,
            alarms: Alarms::default(),
            changes: vec![],
            portrait: None,
            hold: false,
            gap: None,
            outlet: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alarms_are_read_as_they_were_written_and_unknown_words_are_passed_over() {
        let mut alarms = Alarms::default();
        assert_eq!(alarms.to_text(), "");
        alarms.set(AlarmKind::Held, true);
        alarms.set(AlarmKind::Gap, true);
        assert_eq!(alarms.to_text(), "gap,held");
        assert_eq!(Alarms::from_text("held,gap,of-the-future"), alarms);
        alarms.set(AlarmKind::Gap, false);
        assert_eq!(Alarms::from_text("held"), alarms);
    }
}
