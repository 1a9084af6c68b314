//! `[digest]`: how much goes into one mail, and what is worth one.

use std::time::Duration;

use super::section::Section;
use super::settings::DigestSettings;
use super::values;
use crate::digest::FollowUps;
use crate::schedule::AlertPacing;

const HOUR: Duration = Duration::from_secs(3_600);

/// `[digest]`
pub(super) fn digest(section: Option<&Section<'_>>) -> DigestSettings {
    let max_reports = section.and_then(|section| section.number("max_reports", 1..=1_000, 100)).unwrap_or(100);
    let follow_ups = section.map_or_else(FollowUps::default, follow_ups);
    let alerts = section.map_or_else(AlertPacing::default, alerts);
    DigestSettings { max_reports: u32::try_from(max_reports).unwrap_or(100), follow_ups, alerts }
}

fn alerts(section: &Section<'_>) -> AlertPacing {
    let usual = AlertPacing::default();
    let gather = section.duration("alert_gather", Duration::ZERO..=HOUR, "2m");
    let most = section.number("max_alerts_per_hour", 1..=3_600, 12);
    AlertPacing {
        gather: gather.unwrap_or(usual.gather),
        max_an_hour: most.and_then(|most| u32::try_from(most).ok()).unwrap_or(usual.max_an_hour),
    }
}

fn follow_ups(section: &Section<'_>) -> FollowUps {
    const CHOICES: [&str; 3] = ["always", "when-new", "never"];
    let Some(text) = section.text("follow_ups", "\"when-new\"") else { return FollowUps::default() };
    match text.value {
        "always" => FollowUps::Always,
        "when-new" => FollowUps::WhenNew,
        "never" => FollowUps::Never,
        other => {
            let help = match values::nearest(other, CHOICES) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => "write \"always\", \"when-new\" or \"never\"".to_owned(),
            };
            section.error(text.span, "`follow_ups` has no such choice", help);
            FollowUps::default()
        }
    }
}
