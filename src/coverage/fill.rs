//! Where the entries of a gap may still stand, and which of a list belong to it.

use url::Url;

use super::WRONG_ZONE;
use crate::model::entry::FeedEntry;
use crate::model::feed::FeedSpec;
use crate::model::time::Timestamp;

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

/// An entry of a list of older entries.
#[derive(Clone, Copy, Debug)]
pub struct Listed<'l> {
    pub entry: &'l FeedEntry,
    /// It is stored.
    pub known: bool,
    /// It was stored before the gap began: what came later, or by an earlier try, says nothing of how far a list reaches.
    pub known_before: bool,
}

/// Wanted is what is not stored and does not claim to be older than the gap; of what has no date, what stands before the
/// first entry that was known before the gap, and nothing where there is none: a whole archive must not come in as news.
pub fn part(list: &[Listed<'_>], from: Timestamp) -> Part {
    let first_known = list.iter().position(|listed| listed.known_before);
    let date = |entry: &FeedEntry| entry.published.or(entry.updated);
    let older = |entry: &FeedEntry| date(entry).is_some_and(|at| at.plus(WRONG_ZONE) < from);
    let wanted = list.iter().enumerate().map(|(at, listed)| {
        let undated_too_far = date(listed.entry).is_none() && first_known.is_none_or(|first| at > first);
        !listed.known && !older(listed.entry) && !undated_too_far
    });
    // One pinned or re-dated entry is no end.
    let mut dated = list.iter().filter(|listed| date(listed.entry).is_some()).rev();
    let ends_older = dated.next().is_some_and(|last| older(last.entry));
    Part { wanted: wanted.collect(), reaches_back: first_known.is_some() || ends_older }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

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

    fn listed(entry: &FeedEntry, known: bool, known_before: bool) -> Listed<'_> {
        Listed { entry, known, known_before }
    }

    fn new(entry: &FeedEntry) -> Listed<'_> {
        listed(entry, false, false)
    }

    #[test]
    fn what_is_older_than_the_gap_is_left_and_shows_that_the_list_reaches_back() {
        let (within, older) = (entry("a", Some(NOON.minus(HOUR))), entry("b", Some(NOON.minus(48 * HOUR))));
        let list = part(&[new(&within), new(&older)], NOON.minus(2 * HOUR));
        assert_eq!(list, Part { wanted: vec![true, false], reaches_back: true });
        let short = part(&[new(&within)], NOON.minus(2 * HOUR));
        assert_eq!(short, Part { wanted: vec![true], reaches_back: false });
        let pinned = part(&[new(&older), new(&within)], NOON.minus(2 * HOUR));
        assert_eq!(pinned, Part { wanted: vec![false, true], reaches_back: false }, "one pinned entry is no end");
    }

    #[test]
    fn entries_that_came_after_the_gap_do_not_close_it() {
        let within = ["a", "b"].map(|name| entry(name, Some(NOON.minus(HOUR))));
        let list = [listed(&within[0], true, false), new(&within[1])];
        assert_eq!(part(&list, NOON.minus(2 * HOUR)), Part { wanted: vec![false, true], reaches_back: false });
    }

    #[test]
    fn without_dates_what_stands_before_the_first_entry_known_before_belongs_to_the_gap() {
        let entries = ["a", "b", "c", "d"].map(|name| entry(name, None));
        let list =
            [listed(&entries[0], true, false), new(&entries[1]), listed(&entries[2], true, true), new(&entries[3])];
        assert_eq!(part(&list, NOON), Part { wanted: vec![false, true, false, false], reaches_back: true });
        let strange = [new(&entries[0]), new(&entries[1])];
        assert_eq!(part(&strange, NOON), Part { wanted: vec![false, false], reaches_back: false });
    }
}
