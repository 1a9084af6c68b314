//! How often a feed would like to be read: RSS `ttl`, `skipHours` and `skipDays`, and the syndication module's
//! `updatePeriod` and `updateFrequency`. Pure.
//!
//! Reads the head of the text alone, before the first entry, and takes what it understands: a wish that cannot be read
//! is none.

use jiff::civil::Weekday;

/// A head is some 2 KB; what stands further down is looked at no more.
const HEAD_BYTES: usize = 16 << 10;
/// Places looked at for one name: more than an honest head has, and few enough for a hostile one.
const MAX_PLACES: usize = 200;

/// What the feed asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// The longer of `ttl` and `updatePeriod` ÷ `updateFrequency`.
    pub interval_secs: Option<u64>,
    pub skip_hours: Vec<u8>,
    pub skip_days: Vec<Weekday>,
}

/// Returns what an RSS or Atom document says; nothing for JSON Feed, which has no words for it.
pub fn of(text: &str) -> Pace {
    let head = head(text);
    let ttl =
        first(head, "ttl").and_then(|minutes| minutes.parse::<u64>().ok()).map(|minutes| minutes.saturating_mul(60));
    let interval_secs = ttl.into_iter().chain(update_period(head)).filter(|secs| *secs > 0).max();
    let listed = |list, item| all(first_inner(head, list).unwrap_or_default(), item);
    Pace {
        interval_secs,
        // Some write 24 for midnight (RSS 0.91 counts from 1).
        skip_hours: listed("skipHours", "hour").filter_map(|hour| hour.parse().ok()).map(|h: u8| h % 24).collect(),
        skip_days: listed("skipDays", "day").filter_map(weekday).collect(),
    }
}

fn head(text: &str) -> &str {
    let end = text.floor_char_boundary(HEAD_BYTES.min(text.len()));
    let head = &text[..end];
    let first_entry = ["<item>", "<item ", "<entry>", "<entry "].iter().filter_map(|tag| head.find(tag)).min();
    &head[..first_entry.unwrap_or(end)]
}

/// `hourly` unless said otherwise, once in each period unless said otherwise.
fn update_period(head: &str) -> Option<u64> {
    let period = first(head, "updatePeriod");
    let frequency = first(head, "updateFrequency").and_then(|times| times.parse::<u64>().ok());
    let secs = match period.map(str::to_ascii_lowercase).as_deref() {
        Some("hourly") => 3_600,
        Some("daily") => 86_400,
        Some("weekly") => 7 * 86_400,
        Some("monthly") => 30 * 86_400,
        Some("yearly") => 365 * 86_400,
        _ => return None,
    };
    Some(secs / frequency.unwrap_or(1).max(1))
}

fn weekday(name: &str) -> Option<Weekday> {
    let name = name.to_ascii_lowercase();
    let days = [
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
        ("saturday", Weekday::Saturday),
        ("sunday", Weekday::Sunday),
    ];
    days.into_iter().find(|(known, _)| *known == name).map(|(_, day)| day)
}

fn first<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    all(text, name).next()
}

/// The texts of the elements of that local name that hold text alone, whatever their prefix.
fn all<'t>(text: &'t str, name: &str) -> impl Iterator<Item = &'t str> {
    inners(text, name).map(|inner| inner.trim()).filter(|inner| !inner.contains('<'))
}

fn first_inner<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    inners(text, name).next()
}

fn inners<'t>(text: &'t str, name: &str) -> impl Iterator<Item = &'t str> {
    let is_end_of_name = |c: char| c == '>' || c.is_ascii_whitespace();
    text.match_indices(name).take(MAX_PLACES).filter_map(move |(at, _)| {
        let before = &text[..at];
        let prefix =
            before.strip_suffix(':').map(|before| before.trim_end_matches(|c: char| c.is_ascii_alphanumeric()));
        let opens = prefix.unwrap_or(before).ends_with('<');
        let rest = &text[at + name.len()..];
        if !opens || !rest.starts_with(is_end_of_name) {
            return None;
        }
        let inner = &rest[rest.find('>')? + 1..];
        let closes = inner.match_indices("</").find(|(end, _)| {
            let tag = &inner[end + 2..];
            let tag = tag.split('>').next().unwrap_or_default().trim_end();
            tag == name || tag.rsplit(':').next() == Some(name)
        })?;
        Some(&inner[..closes.0])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_feeds_own_words_on_its_rhythm_are_read() {
        let pace = of("<rss version=\"2.0\"><channel><title>x</title><ttl> 90 </ttl>\
            <skipHours><hour>0</hour><hour>13</hour><hour>24</hour><hour>x</hour></skipHours>\
            <skipDays>\n<day>Saturday</day><day>sunday</day><day>Someday</day></skipDays><item><ttl>5</ttl></item>");
        assert_eq!(pace.interval_secs, Some(5_400));
        assert_eq!(pace.skip_hours, [0, 13, 0]);
        assert_eq!(pace.skip_days, [Weekday::Saturday, Weekday::Sunday]);
    }

    #[test]
    fn the_syndication_module_is_read_under_any_prefix() {
        let period = |period: &str, frequency: &str| {
            of(&format!("<rdf:RDF><channel><sy:updatePeriod>\n {period}</sy:updatePeriod>{frequency}</channel>"))
                .interval_secs
        };
        assert_eq!(period("hourly", ""), Some(3_600));
        assert_eq!(period("daily", "<x:updateFrequency>4</x:updateFrequency>"), Some(21_600));
        assert_eq!(period("daily", "<sy:updateFrequency>0</sy:updateFrequency>"), Some(86_400));
        assert_eq!(period("often", ""), None);
    }

    #[test]
    fn what_is_no_wish_is_none() {
        for text in [
            "",
            "<ttl>",
            "<ttl></ttl>",
            "<ttl>-5</ttl>",
            "<ttl>0</ttl>",
            "<ttl><b>5</b></ttl>",
            "<nottl>5</nottl>",
            "ttl>5</ttl>",
            "<ttl>99999999999999999999</ttl>",
        ] {
            assert_eq!(of(text), Pace::default(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "([<>/: ]|ttl|skipHours|hour|updatePeriod|daily|[0-9]{1,20}|\\PC){0,60}") {
            of(&text);
        }
    }
}
