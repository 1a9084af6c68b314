//! What an answer's headers ask of us: how long it stays fresh, how long to wait. Pure; hostile values ask for nothing.

use std::time::Duration;

use reqwest::header::{AGE, CACHE_CONTROL, DATE, EXPIRES, HeaderMap, HeaderName, RETRY_AFTER};

use crate::model::time::Timestamp;

/// A `Retry-After` beyond this is a mistake or a trick.
const LONGEST_WAIT: Duration = Duration::from_secs(86_400);
/// A freshness beyond this says "for ever"; RFC 9111 §1.2.2 would have it 2^31.
const LONGEST_FRESHNESS: Duration = Duration::from_secs(365 * 86_400);

/// Returns how long the answer stays fresh from now on (RFC 9111 §4.2): `max-age` less `Age`, else `Expires` less
/// `Date`; zero for `no-cache` and `no-store`. `None` where no header says.
pub fn fresh_for(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let directives = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let directives: Vec<String> =
        directives.flat_map(|value| value.split(',')).map(|part| part.trim().to_ascii_lowercase()).collect();
    if directives.iter().any(|directive| matches!(directive.as_str(), "no-cache" | "no-store")) {
        return Some(Duration::ZERO);
    }
    let max_age = directives.iter().find_map(|directive| directive.strip_prefix("max-age="));
    if let Some(max_age) = max_age.and_then(|secs| seconds(secs.trim_matches('"'))) {
        let age = text(headers, &AGE).and_then(seconds).unwrap_or_default();
        return Some(max_age.saturating_sub(age).min(LONGEST_FRESHNESS));
    }
    let expires = text(headers, &EXPIRES)?;
    // "0" and other nonsense mean the past (RFC 9111 §5.3).
    let Some(expires) = date(expires) else { return Some(Duration::ZERO) };
    let begun = text(headers, &DATE).and_then(date).unwrap_or(now);
    Some(expires.since(begun).min(LONGEST_FRESHNESS))
}

/// Returns the wait that is asked for, in seconds or until a date (RFC 9110 §10.2.3), a day at most.
pub fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let asked = text(headers, &RETRY_AFTER)?;
    let wait = seconds(asked).or_else(|| Some(date(asked)?.since(now)))?;
    Some(wait.min(LONGEST_WAIT))
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// Digits alone; more than fit are as many as fit.
fn seconds(text: &str) -> Option<Duration> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| Duration::from_secs(text.parse().unwrap_or(u64::from(u32::MAX))))
}

fn date(text: &str) -> Option<Timestamp> {
    let at = httpdate::parse_http_date(text).ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Timestamp::EPOCH.plus(at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    const NOW: Timestamp = Timestamp::from_millis(1_795_521_600_000); // Tue, 24 Nov 2026 12:00:00 GMT

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let parsed = |value: &str| HeaderValue::from_bytes(value.as_bytes()).expect("a value");
        lines.iter().map(|(name, value)| (HeaderName::from_static(name), parsed(value))).collect()
    }

    #[test]
    fn freshness_is_read_from_cache_control_and_else_from_expires() {
        let secs = |lines: &[(&'static str, &str)]| fresh_for(&headers(lines), NOW).map(|fresh| fresh.as_secs());
        assert_eq!(secs(&[]), None);
        assert_eq!(secs(&[("cache-control", "public, Max-Age=600, must-revalidate")]), Some(600));
        assert_eq!(secs(&[("cache-control", "max-age=600"), ("age", "550")]), Some(50));
        assert_eq!(secs(&[("cache-control", "max-age=600"), ("expires", "Tue, 24 Nov 2026 13:00:00 GMT")]), Some(600));
        assert_eq!(secs(&[("cache-control", "max-age=600, no-cache")]), Some(0));
        assert_eq!(secs(&[("expires", "Tue, 24 Nov 2026 13:00:00 GMT")]), Some(3_600));
        let dated = [("expires", "Tue, 24 Nov 2026 13:00:00 GMT"), ("date", "Tue, 24 Nov 2026 12:30:00 GMT")];
        assert_eq!(secs(&dated), Some(1_800), "by the server's own clock");
        assert_eq!(secs(&[("expires", "0")]), Some(0));
        assert_eq!(secs(&[("cache-control", "max-age=99999999999999999999")]), Some(365 * 86_400));
        for nonsense in ["max-age=-5", "max-age=", "max-age=1e9", "s-maxage=600", "\u{ff}"] {
            assert_eq!(secs(&[("cache-control", nonsense)]), None, "{nonsense}");
        }
    }

    #[test]
    fn a_wait_is_read_in_seconds_and_as_a_date_and_never_longer_than_a_day() {
        let secs = |value: &str| retry_after(&headers(&[("retry-after", value)]), NOW).map(|wait| wait.as_secs());
        assert_eq!(secs("120"), Some(120));
        assert_eq!(secs("Tue, 24 Nov 2026 12:05:00 GMT"), Some(300));
        assert_eq!(secs("Tue, 24 Nov 2026 11:00:00 GMT"), Some(0), "a date that has gone by");
        for huge in ["999999999", "99999999999999999999999", "Fri, 24 Nov 2028 12:00:00 GMT"] {
            assert_eq!(secs(huge), Some(86_400), "{huge}");
        }
        for nonsense in ["-1", "1e99", "abc", "", "12 minutes"] {
            assert_eq!(secs(nonsense), None, "{nonsense}");
        }
    }
}
