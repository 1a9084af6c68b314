//! Whether a feed's polls miss anything, and whether what they bring may be believed. Pure.
//!
//! [`judge`] looks at one poll beside what earlier ones have shown: how soon the next one must come so that two lists
//! overlap, whether entries ran through unseen (a gap), whether the feed has fallen silent, and whether it is still the
//! same feed. Where it doubts, nothing is lost: held entries are stored and wait for a person.
//!
//! Knows nothing of servers or databases: the caller says how the poll ended and which entries were new.

pub mod fill;
mod overlap;
mod silence;
mod takeover;
mod title;
mod tongue;

use std::time::Duration;

use url::Url;

use crate::model::alarm::{AlarmChange, AlarmKind, Alarms, Judgement, Portrait};
use crate::model::entry::{FeedDocument, FeedEntry};
use crate::model::feed::Feed;
use crate::model::time::Timestamp;
pub use takeover::home;

/// When ops are told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// No feed is polled more often than this, however fast its list runs through.
    pub min_every: Duration,
    /// A feed is not called silent before this, however busy it was.
    pub silent_after: Duration,
    /// A feed is not called failing before this.
    pub failing_after: Duration,
    /// Whether new entries of a feed that does not look like itself are held.
    pub hold: bool,
}

impl Default for Bounds {
    fn default() -> Bounds {
        let hour = Duration::from_secs(3600);
        Bounds { min_every: hour / 12, silent_after: 24 * hour, failing_after: 6 * hour, hold: true }
    }
}

/// How a poll ended.
#[derive(Clone, Copy, Debug)]
pub enum Seen<'s> {
    NotAsked,
    Gone {
        reason: &'s str,
    },
    Failed {
        error: &'s str,
        /// The page came, and the selectors found nothing on it.
        blind: bool,
    },
    Unchanged,
    Read {
        list: &'s List,
        new: &'s [&'s FeedEntry],
    },
}

/// What a body showed besides its entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// The registrable domain that it came from.
    pub home: String,
    /// What the feed calls itself.
    pub title: String,
    pub entries: u64,
    /// Where older entries stand (RFC 5005).
    pub previous: Option<Url>,
}

impl List {
    pub fn of(document: &FeedDocument, from: &Url) -> List {
        List {
            home: takeover::home(from),
            title: document.title.clone(),
            entries: document.entries.len() as u64,
            previous: document.previous.clone(),
        }
    }
}

/// Clocks and zones of feeds are wrong by up to this.
const WRONG_ZONE: Duration = Duration::from_secs(14 * 3600);
/// Failures in a row that may be nothing: a server's restart, a night's maintenance.
const FAILURES_THAT_COUNT: u32 = 4;
/// And pages on which the selectors found nothing.
const BLIND_POLLS_THAT_COUNT: u32 = 2;

/// Returns what follows from a poll; `next_due` is left to the caller, who knows the publisher's wishes.
pub fn judge(feed: &Feed, seen: &Seen<'_>, bounds: &Bounds, now: Timestamp) -> Judgement {
    let mut bell = Bell { alarms: feed.alarms.clone(), changes: vec![] };
    let mut judgement = Judgement { pace: feed.pace, ..Judgement::due(now) };
    match seen {
        Seen::NotAsked => {}
        Seen::Gone { reason } => bell.ring(AlarmKind::Gone, || gone(feed, reason)),
        Seen::Failed { error, blind } => {
            let failures = feed.failures_in_a_row.saturating_add(1);
            if *blind && failures >= BLIND_POLLS_THAT_COUNT {
                bell.ring(AlarmKind::Blind, || (*error).to_owned());
            } else if !blind && failures >= FAILURES_THAT_COUNT && unread_for(feed, now) >= bounds.failing_after {
                bell.ring(AlarmKind::Failing, || failing(feed, error, failures));
            }
        }
        Seen::Unchanged => {
            bell.readable();
            judgement.pace = overlap::relaxed(feed);
            if judgement.pace.is_zero() {
                bell.end(AlarmKind::Gap);
            }
            silence::listen(feed, bounds, now, &mut bell);
        }
        Seen::Read { list, new } => {
            bell.readable();
            read(feed, list, new, bounds, now, &mut bell, &mut judgement);
        }
    }
    judgement.alarms = bell.alarms;
    judgement.changes = bell.changes;
    judgement
}

fn read(
    feed: &Feed,
    list: &List,
    new: &[&FeedEntry],
    bounds: &Bounds,
    now: Timestamp,
    bell: &mut Bell,
    judgement: &mut Judgement,
) {
    let told;
    let feed = if feed.portrait.titles.is_empty() || new.len() < takeover::FEWEST {
        feed
    } else {
        let mut asked = feed.clone();
        tongue::tell(&mut asked.portrait);
        told = asked;
        &told
    };
    let mut portrait = Portrait { window: list.entries, ..feed.portrait.clone() };
    let outlet = if feed.spec.is_unnamed() { title::as_name(&list.title) } else { None };
    portrait.title = outlet.clone().unwrap_or(portrait.title);
    if feed.first_read_at.is_none() || portrait.homes.is_empty() {
        portrait.homes = vec![list.home.clone()];
        tongue::note(&mut portrait, new);
        judgement.portrait = Some(portrait);
        judgement.outlet = outlet;
        return;
    }
    let held_already = feed.alarms.has(AlarmKind::Held);
    let doubt = if bounds.hold && !held_already { takeover::doubt(feed, list, new, now) } else { None };
    if let Some(doubt) = &doubt {
        bell.ring(AlarmKind::Held, || takeover::detail(feed, doubt, new.len()));
    }
    judgement.hold = !new.is_empty() && (held_already || doubt.is_some());
    judgement.pace = overlap::pace(feed, list.entries, new.len() as u64, bounds.min_every, now);
    if !matches!(doubt, Some(takeover::Doubt::Exchanged { .. })) {
        judgement.gap = overlap::gap(feed, list, new, now);
    }
    match &judgement.gap {
        Some(gap) => bell.ring(AlarmKind::Gap, || overlap::detail(feed, list.entries, gap, judgement.pace)),
        // Over when lists have overlapped for so long that it is polled as configured again.
        None if judgement.pace.is_zero() && (new.len() as u64) < list.entries => bell.end(AlarmKind::Gap),
        None => {}
    }
    if judgement.hold {
        // What it looks like now may be somebody else; it is learnt if ops let it pass.
        portrait = Portrait { window: list.entries, ..feed.portrait.clone() };
        portrait.doubted_homes = vec![list.home.clone()];
        portrait.doubted_tongues.extend(tongue::of(new).filter(|tongue| !portrait.doubted_tongues.contains(tongue)));
        portrait.doubted_tongues.truncate(8);
        judgement.portrait = Some(portrait);
        return;
    }
    if new.is_empty() {
        silence::listen(feed, bounds, now, bell);
    } else {
        silence::note_arrival(feed, &mut portrait, now);
        bell.end(AlarmKind::Silent);
    }
    if portrait.tongues.is_empty() && portrait.titles.is_empty() {
        tongue::note(&mut portrait, new);
    }
    judgement.portrait = Some(portrait);
    judgement.outlet = outlet;
}

/// How long it could not be read; for one that never could, longer than anything.
fn unread_for(feed: &Feed, now: Timestamp) -> Duration {
    feed.last_success_at.map_or(Duration::MAX, |last| now.since(last))
}

fn gone(feed: &Feed, reason: &str) -> String {
    format!(
        "{reason}. It is not polled any more: look for its new address and write that into the configuration, or take \
         it out; `newsvigil sources poll-now {}` asks it again",
        feed.id
    )
}

fn failing(feed: &Feed, error: &str, failures: u32) -> String {
    let last = match feed.last_success_at {
        Some(at) => format!("last read at {at}"),
        None => "never read so far".to_owned(),
    };
    format!("{failures} polls in a row failed, {last}: {error}. It is tried again by itself, less and less often")
}

/// The alarms of one feed while its poll is judged.
struct Bell {
    alarms: Alarms,
    changes: Vec<AlarmChange>,
}

impl Bell {
    /// Tells once: nothing if it rings already.
    fn ring(&mut self, kind: AlarmKind, detail: impl FnOnce() -> String) {
        if !self.alarms.has(kind) {
            self.alarms.set(kind, true);
            self.changes.push(AlarmChange::Begins { kind, detail: detail() });
        }
    }

    fn end(&mut self, kind: AlarmKind) {
        if self.alarms.has(kind) {
            self.alarms.set(kind, false);
            self.changes.push(AlarmChange::Ends { kind });
        }
    }

    /// The feed was read, or is unchanged since it was.
    fn readable(&mut self) {
        [AlarmKind::Gone, AlarmKind::Failing, AlarmKind::Blind].into_iter().for_each(|kind| self.end(kind));
    }
}

/// A length of time as ops read it: the two greatest units.
fn spoken(time: Duration) -> String {
    let minutes = time.as_secs() / 60;
    match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
        (0, 0, 0) => format!("{} s", time.as_secs()),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (1, 0, _) => "1 day".to_owned(),
        (days, 0, _) => format!("{days} days"),
        (days, hours, _) => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests;
