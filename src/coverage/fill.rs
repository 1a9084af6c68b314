//! Where the entries of a gap may still stand, and which of a list belong to it.

use std::time::Duration;

use url::Url;

use crate::model::entry::FeedEntry;
use crate::model::feed::FeedSpec;
use crate::model::time::Timestamp;

/// Zones of feeds are wrong by up to this.
const WRONG_ZONE: Duration = Duration::from_secs(14 * 3600);

/// Returns addresses to ask, the likeliest first: where the feed says that older entries are kept (RFC 5005 §4), the
/// second and third page of a WordPress feed, the outlet's news sitemap at its usual places.
pub fn places(spec: &FeedSpec, previous: Option<&Url>) -> Vec<Url> {
    let mut places: Vec<Url> = previous.into_iter().cloned().collect();
    if spec.url.path().trim_end_matches('/').ends_with("/feed") && spec.url.query().is_none() {
        for page in ["2", "3"] {
            let mut url = spec.url.clone();
            url.query_pairs_mut().append_pair("paged", page);
            places.push(url);
        }
    }
    for path in ["/news-sitemap.xml", "/sitemap-news.xml"] {
        places.extend(spec.url.join(path).ok());
    }
    places
}

/// What one list of older entries gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// For each entry whether it belongs to the gap.
    pub wanted: Vec<bool>,
    /// The list goes back to what is known: with it the gap is closed.
    pub reaches_back: bool,
}

/// `list`: entries and whether each is known already. Wanted is what is not known and does not claim to be older than the
/// gap; of what has no date, what stands before the first known one.
pub fn part(list: &[(&FeedEntry, bool)], from: Timestamp) -> Part {
    let first_known = list.iter().position(|(_, known)| *known);
    let older = |entry: &FeedEntry| entry.published.is_some_and(|at| at.plus(WRONG_ZONE) < from);
    let wanted = list
        .iter()
        .enumerate()
        .map(|(at, (entry, known))| {
            let after_known = entry.published.is_none() && first_known.is_some_and(|first| at > first);
            !known && !older(entry) && !after_known
        })
        .collect();
    Part { wanted, reaches_back: first_known.is_some() || list.iter().any(|(entry, _)| older(entry)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coverage::tests::{NOON, entry, feed};

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn a_wordpress_feed_has_a_second_page_and_every_outlet_may_have_a_news_sitemap() {
        let mut spec = feed().spec;
        spec.url = Url::parse("https://paper.example/english/feed/").expect("a URL");
        let previous = Url::parse("https://paper.example/archive/7").expect("a URL");
        let places: Vec<_> = places(&spec, Some(&previous)).iter().map(ToString::to_string).collect();
        assert_eq!(
            places,
            [
                "https://paper.example/archive/7",
                "https://paper.example/english/feed/?paged=2",
                "https://paper.example/english/feed/?paged=3",
                "https://paper.example/news-sitemap.xml",
                "https://paper.example/sitemap-news.xml",
            ]
        );
    }

    #[test]
    fn what_is_older_than_the_gap_is_left_and_shows_that_the_list_reaches_back() {
        let (within, older) = (entry("a", Some(NOON.minus(HOUR))), entry("b", Some(NOON.minus(48 * HOUR))));
        let list = part(&[(&within, false), (&older, false)], NOON.minus(2 * HOUR));
        assert_eq!(list, Part { wanted: vec![true, false], reaches_back: true });
        let short = part(&[(&within, false)], NOON.minus(2 * HOUR));
        assert_eq!(short, Part { wanted: vec![true], reaches_back: false });
    }

    #[test]
    fn without_dates_what_stands_before_the_first_known_entry_belongs_to_the_gap() {
        let entries = ["a", "b", "c"].map(|name| entry(name, None));
        let list = part(&[(&entries[0], false), (&entries[1], true), (&entries[2], false)], NOON);
        assert_eq!(list, Part { wanted: vec![true, false, false], reaches_back: true });
    }
}
