//! Whether a feed's own title can stand for a name that the configuration does not give.

/// Longer is a sentence about the feed.
const MAX_CHARS: usize = 60;
/// Titles that would stand for any feed; a host says more.
const SAY_NOTHING: [&str; 10] =
    ["atom", "blog", "feed", "home", "latest news", "news", "news feed", "rss", "rss feed", "untitled"];

/// Returns the name, on one line; `None` where the title says less than the host.
pub(super) fn as_name(title: &str) -> Option<String> {
    let name = title.split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = name.chars().count() <= MAX_CHARS && name.chars().any(char::is_alphabetic);
    (fits && !SAY_NOTHING.contains(&name.to_lowercase().as_str())).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_a_name_unless_it_could_be_any_feeds() {
        for (title, name) in [
            ("  Northern\nMonitor ", Some("Northern Monitor")),
            ("연합뉴스", Some("연합뉴스")),
            ("", None),
            ("RSS Feed", None),
            ("2026 - 11", None),
        ] {
            assert_eq!(as_name(title).as_deref(), name, "{title:?}");
        }
        assert_eq!(as_name(&"All the news ".repeat(9)), None);
    }
}
