//! How often a publisher wants to be asked: RSS `ttl`, `skipHours` and `skipDays`, and the syndication module.

use jiff::civil::Weekday;

use crate::model::entry::FeedDocument;

const HOUR: u64 = 3600;

/// What was found of it.
#[derive(Clone, Debug, Default)]
pub struct Rhythm {
    ttl_minutes: Option<u64>,
    period_secs: Option<u64>,
    frequency: Option<u64>,
    skip_hours: Vec<u8>,
    skip_days: Vec<Weekday>,
}

impl Rhythm {
    /// Takes in an element by its lower-case name; `syndication`: it is of that module.
    pub fn take_in(&mut self, local: &str, syndication: bool, value: &str) {
        let value = value.trim();
        match (local, syndication) {
            ("ttl", false) => self.ttl_minutes = value.parse().ok().filter(|minutes| *minutes > 0),
            ("updateperiod", true) => self.period_secs = period(value),
            ("updatefrequency", true) => self.frequency = value.parse().ok().filter(|times| *times > 0),
            ("hour", false) => {
                // RSS 0.91 counts 1 to 24, 2.0 counts 0 to 23.
                let hour = value.parse().ok().filter(|hour| *hour <= 24).map(|hour: u8| hour % 24);
                self.skip_hours.extend(hour.filter(|hour| !self.skip_hours.contains(hour)));
            }
            ("day", false) => {
                let day = weekday(value).filter(|day| !self.skip_days.contains(day));
                self.skip_days.extend(day);
            }
            _ => {}
        }
    }

    pub fn write_to(mut self, document: &mut FeedDocument) {
        let ttl = self.ttl_minutes.map(|minutes| minutes.saturating_mul(60));
        // The module's defaults: daily, once.
        let period = match (self.period_secs, self.frequency) {
            (None, None) => None,
            (period, times) => Some((period.unwrap_or(24 * HOUR) / times.unwrap_or(1)).max(60)),
        };
        self.skip_hours.sort_unstable();
        self.skip_days.sort_unstable_by_key(|day| day.to_monday_zero_offset());
        document.wished_interval_secs = ttl.max(period);
        document.skip_hours = self.skip_hours;
        document.skip_days = self.skip_days;
    }
}

fn period(value: &str) -> Option<u64> {
    Some(match value.to_ascii_lowercase().as_str() {
        "hourly" => HOUR,
        "daily" => 24 * HOUR,
        "weekly" => 7 * 24 * HOUR,
        "monthly" => 30 * 24 * HOUR,
        "yearly" => 365 * 24 * HOUR,
        _ => return None,
    })
}

fn weekday(value: &str) -> Option<Weekday> {
    const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let index = DAYS.iter().position(|day| day.eq_ignore_ascii_case(value))?;
    Weekday::from_monday_zero_offset(i8::try_from(index).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(found: &[(&str, bool, &str)]) -> (Option<u64>, Vec<u8>, Vec<Weekday>) {
        let mut rhythm = Rhythm::default();
        found.iter().for_each(|(local, syndication, value)| rhythm.take_in(local, *syndication, value));
        let mut document = FeedDocument::default();
        rhythm.write_to(&mut document);
        (document.wished_interval_secs, document.skip_hours, document.skip_days)
    }

    #[test]
    fn a_wish_is_the_ttl_or_the_period_shared_among_its_updates() {
        assert_eq!(told(&[("ttl", false, " 60 ")]).0, Some(3600));
        assert_eq!(told(&[("updateperiod", true, "hourly"), ("updatefrequency", true, "2")]).0, Some(1800));
        assert_eq!(told(&[("updatefrequency", true, "4")]).0, Some(6 * HOUR));
        assert_eq!(told(&[("ttl", false, "soon"), ("ttl", true, "1"), ("updateperiod", false, "daily")]).0, None);
    }

    #[test]
    fn the_longer_wish_counts_and_hours_and_days_are_sorted() {
        assert_eq!(told(&[("ttl", false, "10"), ("updateperiod", true, "daily")]).0, Some(24 * HOUR));
        let found = [
            ("hour", false, "24"),
            ("hour", false, "3"),
            ("hour", false, "25"),
            ("day", false, "sunday"),
            ("day", false, "Monday"),
            ("day", false, "someday"),
            ("hour", false, "3"),
        ];
        assert_eq!(told(&found), (None, vec![0, 3], vec![Weekday::Monday, Weekday::Sunday]));
    }
}
