//! What a `[[recipient]]` is mailed at once beside digests, and the hours in which not.

use super::recipients::{KnownWatches, is_known};
use super::section::Section;
use super::values;
use crate::model::id::WatchId;
use crate::model::recipient::{Alerts, QuietHours};

const QUIET: &str = "\"22:00-06:30\"";

/// Reads `alert_watches`, `quiet` and `urgent_in_quiet`; urgent watches that the recipient follows count always.
pub(super) fn alerts(section: &Section<'_>, known: &KnownWatches<'_>, followed: &[WatchId]) -> Option<Alerts> {
    let urgent: Vec<WatchId> = followed.iter().filter(|id| known.urgent.contains(id.as_str())).cloned().collect();
    let mut watches = urgent.clone();
    for name in section.texts("alert_watches", "[\"repatriation\"]").unwrap_or_default() {
        let id = WatchId::from_stored(name.value);
        if !is_known(section, &name, known) {
            continue;
        }
        if !followed.contains(&id) {
            let help = "add it to the `watches` of this recipient";
            section.error(name.span.clone(), "this recipient does not follow this watch", help);
        } else if !watches.contains(&id) {
            watches.push(id);
        }
    }
    if section.has("alert_watches") && section.has("digest") {
        let help = "take it out: this recipient is mailed of everything at once";
        section.warn(section.key_span("alert_watches"), "these watches are mailed at once anyway", help);
    }
    let quiet = section.parsed("quiet", QUIET, quiet_hours);
    let urgent_in_quiet = section.switch("urgent_in_quiet").unwrap_or(false);
    if section.has("urgent_in_quiet") && !section.has("quiet") {
        let help = format!("add: quiet = {QUIET}; or take it out");
        section.warn(section.key_span("urgent_in_quiet"), "this recipient has no quiet hours", help);
    }
    if section.has("quiet") && quiet.is_none() {
        return None;
    }
    Some(Alerts { watches, urgent, quiet, urgent_in_quiet })
}

/// `22:00-06:30`
fn quiet_hours(text: &str) -> Result<QuietHours, &'static str> {
    let (from, until) = text.split_once(['-', '–']).ok_or("not two times of day with a - between them")?;
    let (from, until) = (values::time_of_day(from)?, values::time_of_day(until)?);
    if from == until { Err("the two times are one") } else { Ok(QuietHours { from, until }) }
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;

    #[test]
    fn quiet_hours_are_two_different_times_of_day() {
        let night = QuietHours { from: time(22, 0, 0, 0), until: time(6, 30, 0, 0) };
        assert_eq!(quiet_hours("22:00-06:30"), Ok(night));
        assert_eq!(quiet_hours(" 22:00 – 6:30 "), Ok(night));
        for wrong in ["22:00", "22:00-22:00", "22-6", "25:00-06:00", ""] {
            assert!(quiet_hours(wrong).is_err(), "{wrong}");
        }
    }
}
