//! Small values as people write them: durations, sizes, addresses, times of day, ids.
//!
//! Each either gives the value or says in words what is wrong with the text. Pure.

use std::time::Duration;

use jiff::civil::Time;

const SECONDS_A_DAY: u64 = 86_400;

/// `30m`, `12h`, `90 days`, `1 year`. A month counts 30 days, a year 365.
pub(super) fn duration(text: &str) -> Result<Duration, &'static str> {
    if text.trim().parse::<f64>().is_ok_and(|number| number != 0.0) {
        return Err("the unit is missing");
    }
    if text.trim() == "0" {
        return Ok(Duration::ZERO);
    }
    let span: jiff::Span = text.trim().parse().map_err(|_| "not a length of time")?;
    if span.is_negative() {
        return Err("less than nothing");
    }
    let days = i64::from(span.get_years()) * 365
        + i64::from(span.get_months()) * 30
        + i64::from(span.get_weeks()) * 7
        + i64::from(span.get_days());
    let rest = jiff::Span::new()
        .hours(span.get_hours())
        .minutes(span.get_minutes())
        .seconds(span.get_seconds())
        .milliseconds(span.get_milliseconds());
    let rest = jiff::SignedDuration::try_from(rest).map_err(|_| "too long")?;
    let days = jiff::SignedDuration::from_hours(days * 24);
    let whole = days.checked_add(rest).ok_or("too long")?;
    Duration::try_from(whole).map_err(|_| "less than nothing")
}

/// Writes a duration as it would be written in the configuration.
pub(super) fn show_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if duration.subsec_nanos() != 0 {
        return format!("{}ms", duration.as_millis());
    }
    for (unit, length) in [("y", 365 * SECONDS_A_DAY), ("d", SECONDS_A_DAY), ("h", 3_600), ("m", 60)] {
        if seconds >= length && seconds.is_multiple_of(length) {
            return format!("{}{unit}", seconds / length);
        }
    }
    format!("{seconds}s")
}

/// `8 MiB`, `500 kB`, `1.5GB`; a bare number counts bytes.
pub(super) fn size(text: &str) -> Result<u64, &'static str> {
    let text = text.trim();
    let unit_at = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" | "byte" | "bytes" => 1,
        "k" | "kb" => 1_000,
        "kib" => 1 << 10,
        "m" | "mb" => 1_000_000,
        "mib" => 1 << 20,
        "g" | "gb" => 1_000_000_000,
        "gib" => 1 << 30,
        _ => return Err("not a size"),
    };
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(factor).ok_or("too large");
    }
    match number.parse::<f64>() {
        // Truncation to whole bytes is meant; a size this large is exact enough.
        Ok(part) if part.is_finite() && part < 1e6 => Ok((part * factor as f64) as u64),
        _ => Err("not a size"),
    }
}

pub(super) fn show_size(bytes: u64) -> String {
    for (unit, size) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] {
        if bytes >= size && bytes.is_multiple_of(size) {
            return format!("{} {unit}", bytes / size);
        }
    }
    format!("{bytes} bytes")
}

/// `07:30`
pub(super) fn time_of_day(text: &str) -> Result<Time, &'static str> {
    let wrong = "not a time of day";
    let (hour, minute) = text.trim().split_once(':').ok_or(wrong)?;
    let two_digits = |part: &str, max: i8| {
        let plain = (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        part.parse::<i8>().ok().filter(|number| plain && *number <= max)
    };
    if minute.len() != 2 {
        return Err(wrong);
    }
    let (hour, minute) = (two_digits(hour, 23).ok_or(wrong)?, two_digits(minute, 59).ok_or(wrong)?);
    Time::new(hour, minute, 0, 0).map_err(|_| wrong)
}

/// `Name <a@b.example>` or `a@b.example`: the name, which may be empty, and the address.
pub(super) fn mailbox(text: &str) -> Result<(String, String), &'static str> {
    let text = text.trim();
    let (name, email) = match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
        Some((name, email)) => (name.trim().trim_matches('"').trim(), email.trim()),
        None => ("", text),
    };
    address(email)?;
    person_name(name)?;
    Ok((name.to_owned(), email.to_owned()))
}

/// A name as it may stand in a mail's head.
pub(super) fn person_name(name: &str) -> Result<(), &'static str> {
    if name.chars().any(char::is_control) {
        return Err("holds a line break or another control character");
    }
    if name.len() > 200 { Err("longer than 200 bytes") } else { Ok(()) }
}

/// Checks a mail address, more strictly than the standard: what people really have.
pub(super) fn address(text: &str) -> Result<(), &'static str> {
    if text.chars().any(char::is_control) {
        return Err("holds a line break or another control character");
    }
    if text.matches('@').count() > 1 {
        return Err("has more than one @; give each recipient a block of their own");
    }
    if text.chars().any(char::is_whitespace) {
        return Err("holds a space");
    }
    let Some((local, domain)) = text.rsplit_once('@') else {
        return Err("has no @");
    };
    if local.is_empty() || local.len() > 64 {
        return Err("has nothing, or more than 64 characters, before the @");
    }
    if !local.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~.-".contains(&b)) {
        return Err("holds a character before the @ that mail servers refuse");
    }
    if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        return Err("has a dot at an odd place before the @");
    }
    host(domain).map_err(|_| "has no domain like desk.example.net after the @")?;
    if !domain.contains('.') && domain != "localhost" {
        return Err("ends without .org, .net or the like");
    }
    Ok(())
}

/// Checks a host name.
pub(super) fn host(text: &str) -> Result<(), &'static str> {
    let label_fits = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if text.is_empty() || text.len() > 253 || !text.split('.').all(label_fits) {
        return Err("not a host name");
    }
    Ok(())
}

/// Reserved for examples (RFC 2606): nobody reads mail there.
pub(super) fn is_example_domain(email: &str) -> bool {
    let domain = email.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
    let within = |parent: &str| domain == parent || domain.ends_with(&format!(".{parent}"));
    ["example.org", "example.com", "example.net", "example", "invalid", "test"].into_iter().any(within)
}

/// Ids stand in logs, on command lines and in the database.
pub(super) fn id(text: &str) -> Result<(), &'static str> {
    if text.is_empty() {
        return Err("is empty");
    }
    if text.len() > 64 {
        return Err("is longer than 64 characters");
    }
    if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
        return Err("may hold letters a-z, digits, - and _ only");
    }
    Ok(())
}

/// The plain form of an id: what to write instead.
pub(super) fn id_like(text: &str) -> String {
    let mut id: String = text.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    while id.contains("--") {
        id = id.replace("--", "-");
    }
    id.truncate(64);
    id.trim_matches('-').to_owned()
}

/// A language tag such as `ko` or `zh-Hant`.
pub(super) fn language(text: &str) -> bool {
    let mut parts = text.split('-');
    let primary = parts.next().unwrap_or_default();
    (2..=3).contains(&primary.len())
        && primary.bytes().all(|b| b.is_ascii_alphabetic())
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Keys that take true or false.
pub(super) const SWITCHES: [&str; 8] =
    ["alarms", "disabled", "hold", "listen_public", "neutral_subject", "serve", "urgent", "urgent_in_quiet"];

/// What to write in place of a word that was meant as one of the two.
pub(super) fn switch_meant(word: &str) -> &'static str {
    match word.trim().to_ascii_lowercase().as_str() {
        "yes" | "y" | "on" | "true" | "1" => "true",
        "no" | "n" | "off" | "false" | "0" => "false",
        _ => "true or false",
    }
}

/// Returns the known word that was probably meant.
pub(super) fn nearest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let word = word.to_lowercase();
    let allowed = (word.chars().count() / 3).clamp(1, 4);
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("30m", 1_800),
            ("12h", 43_200),
            ("90d", 90 * 86_400),
            ("90 days", 90 * 86_400),
            ("1 year", 365 * 86_400),
            ("2mo", 60 * 86_400),
            ("1h 30m", 5_400),
            ("1w", 7 * 86_400),
            ("0", 0),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for (text, wrong) in
            [("30", "the unit is missing"), ("soon", "not a length of time"), ("-5m", "less than nothing")]
        {
            assert_eq!(duration(text), Err(wrong), "{text}");
        }
    }

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [("8 MiB", 8 << 20), ("500kB", 500_000), ("1.5 MB", 1_500_000), ("77", 77)] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["8 apples", "", "MiB", "99999999999999999999 GiB", "1e5"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_address_that_could_break_a_mail_head_is_refused() {
        for good in ["desk@ngo.example", "a.b+c@x-y.example.org", "root@localhost", "o'neil@irish.example"] {
            assert_eq!(address(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "desk",
            "@ngo.example",
            "desk@",
            "desk@ngo",
            "a b@ngo.example",
            "a@b@c.example",
            "a@x.example,b@x.example",
            "a@x.example\r\nBcc: b@x.example",
            "a@-x.example",
            "a@x..example",
            ".a@x.example",
            "<a@x.example>",
            "데스크@ngo.example",
        ] {
            assert!(address(bad).is_err(), "{bad}");
        }
        assert_eq!(mailbox("News <a@x.example>"), Ok(("News".to_owned(), "a@x.example".to_owned())));
        assert!(mailbox("News\nBcc: b@x.example <a@x.example>").is_err());
    }

    #[test]
    fn times_of_day_have_an_hour_and_two_digits_of_minutes() {
        assert_eq!(time_of_day("07:30"), Ok(jiff::civil::time(7, 30, 0, 0)));
        assert_eq!(time_of_day("7:05"), Ok(jiff::civil::time(7, 5, 0, 0)));
        for bad in ["24:00", "7", "7:5", "07:60", "+7:30", "7.30", "07:30:00", "-1:00"] {
            assert!(time_of_day(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_slip_of_the_finger_is_understood_and_another_word_is_not() {
        assert_eq!(nearest("evry", ["every", "name"]), Some("every"));
        assert_eq!(nearest("repatration", ["shenyang", "repatriation"]), Some("repatriation"));
        assert_eq!(nearest("colour", ["every", "name"]), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_a_value_panic(text in any::<String>()) {
            let _ = (duration(&text), size(&text), mailbox(&text), time_of_day(&text), id(&id_like(&text)), language(&text));
        }

        #[test]
        fn a_shown_duration_reads_as_itself(seconds in 0u64..10_000_000_000) {
            let length = Duration::from_secs(seconds);
            prop_assert_eq!(duration(&show_duration(length)), Ok(length));
        }
    }
}
