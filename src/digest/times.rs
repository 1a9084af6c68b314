//! Times as a reader reads them: in their own zone, with its name.

use jiff::tz::TimeZone;

use crate::model::time::Timestamp;

/// `Tue 24 Nov 2026, 07:30 KST`
pub fn full(at: Timestamp, zone: &TimeZone) -> String {
    at.to_jiff().to_zoned(zone.clone()).strftime("%a %-d %b %Y, %H:%M %Z").to_string()
}

/// The same without weekday and zone, for lines that have many: `24 Nov 2026, 07:30`
pub fn short(at: Timestamp, zone: &TimeZone) -> String {
    at.to_jiff().to_zoned(zone.clone()).strftime("%-d %b %Y, %H:%M").to_string()
}
