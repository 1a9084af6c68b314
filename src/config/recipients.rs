//! `[[recipient]]`: who gets digests, of what, and when; and who is told of alarms.

use std::collections::HashSet;

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;

use super::alerts;
use super::section::{Section, Text};
use super::values;
use super::watches::unique_id;
use super::ways::{self, Ways};
use crate::model::id::{RecipientId, WatchId};
use crate::model::recipient::{AllQuiet, Language, Recipient, Rhythm};

const AT: &str = "[\"07:30\", \"18:00\"]";
const ON: &str = "[\"mon\", \"thu\"]";
const ZONE: &str = "\"Asia/Seoul\"";

const ALL_QUIET: &[(&str, AllQuiet)] =
    &[("daily", AllQuiet::Daily), ("weekly", AllQuiet::Weekly), ("never", AllQuiet::Never)];

const LANGUAGES: &[(&str, Language)] =
    &[("en", Language::English), ("ko", Language::Korean), ("zh", Language::Chinese)];

const DAYS: &[(&str, Weekday)] = &[
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// The recipients, and what was said of all of them, also of those with a mistake in them.
#[derive(Default)]
pub(super) struct Recipients<'d> {
    pub recipients: Vec<Recipient>,
    /// Ids of watches.
    pub followed: HashSet<String>,
    /// Whom somebody follows is not clear before this is mended.
    pub unclear: bool,
    ids: Vec<Text<'d>>,
    addresses: HashSet<String>,
}

/// The watches that may be followed.
pub(super) struct KnownWatches<'w> {
    pub ids: Vec<&'w str>,
    pub urgent: &'w HashSet<String>,
    /// False: there is one whose id could not be read.
    pub complete: bool,
}

/// Reads the recipients.
pub(super) fn recipients<'d>(root: &Section<'d>, known: &KnownWatches<'_>, ways: Ways<'_>) -> Recipients<'d> {
    let mut found = Recipients::default();
    for section in root.sections("recipient") {
        let recipient = recipient(&section, known, ways, &mut found);
        found.recipients.extend(recipient);
    }
    found
}

/// Every key is looked at before anything is given up, so that all mistakes are told.
fn recipient<'d>(
    section: &Section<'d>,
    known: &KnownWatches<'_>,
    ways: Ways<'_>,
    found: &mut Recipients<'d>,
) -> Option<Recipient> {
    let id = unique_id(section, "\"desk\"", &mut found.ids);
    let name = section.parsed("name", "\"The desk\"", |text| values::person_name(text).map(|()| text.to_owned()));
    let way = ways.read(section);
    let email = match section.has("email") || ways::takes_mail(section, way.as_ref()) {
        true => email(section, &mut found.addresses),
        false => Some(String::new()),
    };
    let openpgp_key = ways.openpgp_key(section, way.as_ref());
    let neutral_subject = section.switch("neutral_subject").unwrap_or(false);
    let alarms = section.switch("alarms").unwrap_or(false);
    // Who is told of alarms need not follow a watch.
    section.knows("watches");
    let only_alarms = alarms && !section.has("watches") && !section.is_misspelt("watches");
    let watches = if only_alarms { Some(Followed::default()) } else { followed(section, known) };
    found.unclear |= watches.as_ref().is_none_or(|list| list.unclear);
    let watches = watches.map(|list| list.ids);
    found.followed.extend(watches.iter().flatten().map(|id| id.as_str().to_owned()));
    let only_alarms = only_alarms && !section.has("at") && !section.has("digest");
    let rhythm = if only_alarms { Some(Rhythm::Immediately) } else { rhythm(section) };
    let timed = matches!(rhythm, Some(Rhythm::Daily { .. } | Rhythm::Weekly { .. }));
    let zone = zone(section, timed || section.has("quiet"));
    let alerts = alerts::alerts(section, known, watches.as_deref().unwrap_or_default());
    let all_quiet = section.word("all_quiet", ALL_QUIET).unwrap_or_default();
    let language = section.word("language", LANGUAGES).unwrap_or_default();
    Some(Recipient {
        id: RecipientId::from_stored(id?),
        name: name.unwrap_or_default(),
        email: email?,
        way: way?,
        openpgp_key,
        watches: watches?,
        rhythm: rhythm?,
        alerts: alerts?,
        all_quiet,
        language,
        alarms,
        neutral_subject,
        zone: zone?,
    })
}

fn email(section: &Section<'_>, addresses: &mut HashSet<String>) -> Option<String> {
    let example = "\"desk@your-domain.org\"";
    let text = section.needed_text("email", example)?;
    if let Err(wrong) = values::address(text.value) {
        let (wrong, help) = match values::mailbox(text.value) {
            Ok((_, email)) => {
                let help = format!("write the address alone: email = \"{email}\"; who it is goes into `name`");
                ("more than the address", help)
            }
            Err(_) => (wrong, format!("write: email = {example}")),
        };
        section.error_saying(text.span, "`email` is not a mail address", wrong, help);
        return None;
    }
    if !addresses.insert(text.value.to_ascii_lowercase()) {
        section.warn(text.span, "two recipients have this address, which gets two mails", "let one follow all watches");
    } else if values::is_example_domain(text.value) {
        section.warn(text.span, "this address is still an example", format!("write your own: email = {example}"));
    }
    Some(text.value.to_owned())
}

/// The watches that a recipient follows.
#[derive(Default)]
struct Followed {
    ids: Vec<WatchId>,
    /// Some are not known.
    unclear: bool,
}

fn followed(section: &Section<'_>, known: &KnownWatches<'_>) -> Option<Followed> {
    let example = match known.ids.as_slice() {
        [] => "\"all\"".to_owned(),
        [first, ..] => format!("[\"{first}\"], or watches = \"all\""),
    };
    if !section.has("watches") {
        section.texts("watches", &example);
        if section.is_misspelt("watches") {
            return None;
        }
        let help = format!("add: watches = {example}");
        section.error(section.span.clone(), "this recipient follows no watch", help);
        return None;
    }
    let names = section.texts("watches", &example)?;
    if names.is_empty() {
        let help = format!("write: watches = {example}");
        section.error(section.value_span("watches"), "this recipient follows no watch", help);
        return None;
    }
    if names.iter().any(|name| name.value == "all") && !known.ids.contains(&"all") {
        return Some(Followed { ids: known.ids.iter().copied().map(WatchId::from_stored).collect(), unclear: false });
    }
    let mut followed = Followed { ids: Vec::new(), unclear: false };
    for name in &names {
        let id = WatchId::from_stored(name.value);
        if !is_known(section, name, known) {
            followed.unclear = true;
        } else if followed.ids.contains(&id) {
            section.warn(name.span.clone(), "this watch stands here twice", "take one out");
        } else {
            followed.ids.push(id);
        }
    }
    Some(followed)
}

pub(super) fn is_known(section: &Section<'_>, name: &Text<'_>, known: &KnownWatches<'_>) -> bool {
    if known.ids.contains(&name.value) {
        return true;
    }
    if !known.complete {
        return false;
    }
    let help = match values::nearest(name.value, known.ids.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None if known.ids.is_empty() => "add a [[watch]] with this id".to_owned(),
        None => format!("the ids of the watches are {}", known.ids.join(", ")),
    };
    section.error(name.span.clone(), "there is no watch of this id", help);
    false
}

fn rhythm(section: &Section<'_>) -> Option<Rhythm> {
    let times = section.texts("at", AT);
    let on = section.texts("on", ON);
    section.knows("digest");
    let immediately = section.has("digest").then(|| digest_word(section));
    if section.has("on") && !section.has("at") {
        let help = format!("add the times of those days: at = {AT} and zone = {ZONE}");
        section.error(section.key_span("on"), "`on` says the days of digests, but there is no `at`", help);
        return None;
    }
    match (immediately, section.has("at")) {
        (Some(Some(())), true) => {
            let help = "keep one: digest = \"immediately\", or at = [\"07:30\"] for once a day";
            section.error(section.key_span("at"), "`digest` and `at` are both given", help);
            None
        }
        (Some(word), false) => word.map(|()| Rhythm::Immediately),
        (_, true) if section.has("on") => weekly(section, &on?, &times?),
        (_, true) => times_of_day(section, &times?).map(|at| Rhythm::Daily { at }),
        (None, false) if section.is_misspelt("at") || section.is_misspelt("digest") => None,
        (None, false) => {
            let help = format!("add: digest = \"immediately\"; or: at = {AT} and zone = {ZONE}");
            section.error(section.span.clone(), "when does this recipient get digests?", help);
            None
        }
    }
}

fn digest_word(section: &Section<'_>) -> Option<()> {
    let text = section.text("digest", "\"immediately\"")?;
    if text.value == "immediately" {
        return Some(());
    }
    let help = format!("write digest = \"immediately\"; or, for fixed times, at = {AT} and zone = {ZONE}");
    section.error(text.span, "`digest` has no such choice", help);
    None
}

fn weekly(section: &Section<'_>, days: &[Text<'_>], times: &[Text<'_>]) -> Option<Rhythm> {
    let at = times_of_day(section, times);
    if days.is_empty() {
        let help = format!("write: on = {ON}; or take it out for every day");
        section.error(section.value_span("on"), "`on` is empty", help);
        return None;
    }
    let mut on: Vec<Weekday> = Vec::new();
    let mut sound = true;
    for day in days {
        match DAYS.iter().find(|(word, _)| *word == day.value) {
            Some((_, weekday)) if on.contains(weekday) => {
                section.warn(day.span.clone(), "this day stands here twice", "take one out");
            }
            Some((_, weekday)) => on.push(*weekday),
            None => {
                let help = "write mon, tue, wed, thu, fri, sat or sun: on = [\"mon\", \"thu\"]";
                section.error(day.span.clone(), "there is no such day", help);
                sound = false;
            }
        }
    }
    on.sort_by_key(|day| day.to_monday_zero_offset());
    Some(Rhythm::Weekly { on, at: at? }).filter(|_| sound)
}

fn times_of_day(section: &Section<'_>, texts: &[Text<'_>]) -> Option<Vec<Time>> {
    if texts.is_empty() {
        section.error(section.value_span("at"), "`at` is empty", format!("write: at = {AT}"));
        return None;
    }
    let mut at: Vec<Time> = Vec::new();
    let mut sound = true;
    for text in texts {
        match values::time_of_day(text.value) {
            Ok(time) if at.contains(&time) => {
                section.warn(text.span.clone(), "this time stands here twice", "take one out");
            }
            Ok(time) => at.push(time),
            Err(wrong) => {
                let help = format!("write hours 00 to 23 and minutes: at = {AT}");
                section.error_saying(text.span.clone(), "`at` cannot be used", wrong, help);
                sound = false;
            }
        }
    }
    at.sort();
    sound.then_some(at)
}

/// `needed`: times of day are meant in it. Where it is not, mails show times in it all the same.
fn zone(section: &Section<'_>, needed: bool) -> Option<TimeZone> {
    let Some(text) = section.text("zone", ZONE) else {
        if section.has("zone") || section.is_misspelt("zone") {
            return None;
        }
        if needed {
            let key = if section.has("at") { "at" } else { "quiet" };
            let help = format!("add the time zone in which `{key}` is meant: zone = {ZONE}");
            section.error(section.key_span(key), "07:30 of which place?", help);
            return None;
        }
        let help = format!("add the zone they live in: zone = {ZONE}; or zone = \"UTC\" if that is meant");
        section.missed_at(section.span.clone(), "times in what this recipient gets will be UTC", help);
        return Some(TimeZone::UTC);
    };
    existing_zone(section, &text)
}

/// The zone of that name, or an error that names the one that may be meant.
pub(super) fn existing_zone(section: &Section<'_>, text: &Text<'_>) -> Option<TimeZone> {
    if let Ok(zone) = TimeZone::get(text.value) {
        return Some(zone);
    }
    let names: Vec<String> = jiff::tz::db().available().map(|name| name.as_str().to_owned()).collect();
    let help = if names.is_empty() {
        "this machine has no time zone database: install the package tzdata".to_owned()
    } else {
        match nearest_zone(text.value, &names) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("write a region and a city, such as {ZONE} or \"Europe/Berlin\""),
        }
    };
    section.error(text.span.clone(), "there is no such time zone", help);
    None
}

/// By the whole name, else by the city alone.
fn nearest_zone<'n>(text: &str, names: &'n [String]) -> Option<&'n str> {
    let city = |name: &'n str| name.rsplit('/').next().unwrap_or(name);
    let wanted = text.rsplit('/').next().unwrap_or(text).trim().replace(' ', "_");
    let other_form = |name: &&str| name.starts_with("posix/") || name.starts_with("right/");
    let all: Vec<&str> = names.iter().map(String::as_str).filter(|name| !other_form(name)).collect();
    let of_city = |wanted: &str| all.iter().copied().find(|name| city(name).eq_ignore_ascii_case(wanted));
    if let Some(found) = of_city(&wanted) {
        return Some(found);
    }
    if text.len() <= 5 {
        // A letter's difference means nothing between abbreviations.
        return None;
    }
    let by_name = values::nearest(text, all.iter().copied());
    by_name.or_else(|| values::nearest(&wanted, all.iter().map(|name| city(name))).and_then(of_city))
}
