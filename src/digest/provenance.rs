//! Where a report stands among others, in words: which event it follows up, whose text it is, whether it is old.

use jiff::tz::TimeZone;

use super::wording::{NO_HEADLINE, or, outlet};
use super::{clean, times};
use crate::model::digest::{OldSign, Report};
use crate::model::story::Relation;

const HEADLINE_COLUMNS: usize = 90;

/// `Possibly old: the same text was seen in Best News on 15 Jul 2021, 09:00 KST.`; empty if nothing says so.
pub fn age(report: &Report, zone: &TimeZone) -> String {
    match &report.old {
        None => String::new(),
        Some(OldSign::SeenBefore { outlet: name, at }) => {
            format!("Possibly old: the same text is known from {}, {}.", outlet(name), times::full(*at, zone))
        }
        Some(OldSign::SpeaksOf { date }) => {
            format!("Possibly old: its text speaks of {}, long before the date it bears.", clean::line(date))
        }
    }
}

/// `Text credited to AFP; cites Radio Free Asia.`; empty if it names nobody.
pub fn credits(report: &Report) -> String {
    let listed = |names: &[String]| names.iter().map(|name| clean::line(name)).collect::<Vec<_>>().join(", ");
    match (report.credits.of.is_empty(), report.credits.cites.is_empty()) {
        (true, true) => String::new(),
        (false, true) => format!("Text credited to {}.", listed(&report.credits.of)),
        (true, false) => format!("Cites {}.", listed(&report.credits.cites)),
        (false, false) => {
            format!("Text credited to {}; cites {}.", listed(&report.credits.of), listed(&report.credits.cites))
        }
    }
}

/// `Follow-up to “600 sent back” (Wire One, 9 Oct 2023, 07:00 KST).`; empty if it stands alone.
pub fn relation(report: &Report, zone: &TimeZone) -> String {
    let Some(related) = &report.related else { return String::new() };
    let what = match related.relation {
        Relation::FollowUp => "Seems to follow up",
        Relation::Possible => "Possibly the same event as",
    };
    let headline = clean::shortened(&or(clean::line(&related.headline), NO_HEADLINE), HEADLINE_COLUMNS);
    let seen = times::full(related.first_seen, zone);
    format!("{what} “{headline}” ({}, {seen}).", outlet(&related.outlet))
}
