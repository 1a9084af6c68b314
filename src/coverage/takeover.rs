//! Whether a feed is still the one that was configured: expired domains and abandoned feed services come back as spam,
//! and nothing in the format tells.

use url::Url;

use super::{List, WRONG_ZONE, tongue};
use crate::model::entry::FeedEntry;
use crate::model::feed::Feed;
use crate::model::time::Timestamp;

/// Why a feed is doubted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// It is answered from another registrable domain.
    Moved { to: String },
    /// Every entry is new, and time has not brought them: they claim to be older than the last list.
    Exchanged { entries: u64 },
    /// All that is new is in another language.
    OtherTongue { now: String },
}

/// Entries below which a language or an exchange says little.
pub(super) const FEWEST: usize = 3;

/// Returns the registrable domain of an address by the public suffix list; the host itself where it has none (numbers,
/// onion services, names of a private network).
pub fn home(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.host() {
        Some(url::Host::Domain(name)) => psl::domain_str(name).unwrap_or(name).to_owned(),
        _ => host.to_owned(),
    }
}

/// Returns why the new entries of a feed that was read before are not to be believed unseen.
pub(super) fn doubt(feed: &Feed, list: &List, new: &[&FeedEntry], now: Timestamp) -> Option<Doubt> {
    if new.is_empty() {
        return None;
    }
    if !feed.portrait.homes.contains(&list.home) {
        return Some(Doubt::Moved { to: list.home.clone() });
    }
    if new.len() < FEWEST {
        return None;
    }
    if new.len() as u64 >= list.entries && feed.portrait.window > 0 && !brought_by_time(feed, new, now) {
        return Some(Doubt::Exchanged { entries: list.entries });
    }
    let now = tongue::of(new)?;
    let known = feed.portrait.tongues.is_empty() || feed.portrait.tongues.contains(&now);
    (!known).then_some(Doubt::OtherTongue { now })
}

/// Whether a list of nothing but new entries is explained by a busy outlet: most claim to be younger than the last list.
/// Without dates it is, unless the feed's own rhythm says that so much cannot have come.
fn brought_by_time(feed: &Feed, new: &[&FeedEntry], now: Timestamp) -> bool {
    let Some(last) = feed.last_success_at else { return true };
    let dated: Vec<Timestamp> = new.iter().filter_map(|entry| entry.published.or(entry.updated)).collect();
    if !dated.is_empty() {
        let older = dated.iter().filter(|at| at.plus(WRONG_ZONE) < last).count();
        return older * 2 < dated.len();
    }
    let usual = u128::try_from(feed.portrait.usual_gap_ms).unwrap_or(0);
    let arrivals = now.since(last).as_millis() / usual.max(1);
    feed.portrait.arrivals < FEWEST as u32 || arrivals * 4 >= new.len() as u128
}

pub(super) fn detail(feed: &Feed, doubt: &Doubt, new: usize) -> String {
    let id = &feed.id;
    let why = match doubt {
        Doubt::Moved { to } => {
            format!("it is answered from {to} now, and was from {}", feed.portrait.homes.join(", "))
        }
        Doubt::Exchanged { entries } => {
            format!("all {entries} entries are new, though they claim to be older than the last list")
        }
        Doubt::OtherTongue { now } => {
            let before: Vec<&str> = feed.portrait.tongues.iter().map(|tongue| tongue::name(tongue)).collect();
            format!(
                "what is new is written in another language: {}, and was in {}",
                tongue::name(now),
                before.join(", ")
            )
        }
    };
    format!(
        "{why}. Its {new} new entries, and those to come, are held and mailed to nobody until you decide: \
         `newsvigil sources release {id}` if it is still the outlet's own, `newsvigil sources drop {id}` if not"
    )
}
