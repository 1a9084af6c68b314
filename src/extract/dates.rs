//! Dates as pages state them in their metadata.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::model::time::Timestamp;

/// Reads ISO 8601 and RFC 2822; without a zone UTC is taken.
pub fn parse(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let at = text
        .parse::<jiff::Timestamp>()
        .ok()
        .or_else(|| jiff::fmt::rfc2822::parse(text).ok().map(|zoned| zoned.timestamp()));
    let local = || text.parse::<DateTime>().ok().or_else(|| Some(text.parse::<Date>().ok()?.at(0, 0, 0, 0)));
    let at = at.or_else(|| local()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp()))?;
    Some(Timestamp::from(at)).filter(|at| at.as_millis() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_metadata_are_read() {
        for text in ["2026-11-24T09:00:00+09:00", "2026-11-24T00:00:00Z", "2026-11-24", "Tue, 24 Nov 2026 00:00:00 GMT"]
        {
            assert_eq!(parse(text).map(|at| at.to_string()).as_deref(), Some("2026-11-24T00:00:00Z"), "{text}");
        }
        assert_eq!(parse("yesterday"), None);
        assert_eq!(parse("0001-01-01T00:00:00Z"), None);
    }
}
