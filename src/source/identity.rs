//! Names the entries of one document: by what each is the same entry at the next poll.

use std::collections::HashMap;

use url::Url;

use super::entry_key::{self, canonical_link};
use crate::model::entry::{EntryKey, FeedEntry};
use crate::model::id::sha256_hex;

/// Gives each entry its key, and where it can the second one that survives a change of GUIDs.
///
/// What several entries of a document share tells none of them apart: a GUID that stands on several links, a link
/// under several GUIDs or titles. Neither does the address of the feed's own front page.
pub fn assign(entries: &mut [FeedEntry], feed_link: Option<&Url>) {
    let links: Vec<Option<String>> = entries.iter().map(|entry| entry.link.as_ref().map(canonical_link)).collect();
    let home = feed_link.map(canonical_link);
    let mut by_guid: HashMap<&str, (Option<&str>, bool)> = HashMap::new();
    let mut by_link: HashMap<&str, ((&str, &str), bool)> = HashMap::new();
    for (entry, link) in entries.iter().zip(&links) {
        let link = link.as_deref();
        by_guid.entry(&entry.guid).and_modify(|(known, shared)| *shared |= *known != link).or_insert((link, false));
        if let Some(link) = link {
            let who = (entry.guid.as_str(), entry.title.as_str());
            by_link.entry(link).and_modify(|(known, shared)| *shared |= *known != who).or_insert((who, false));
        }
    }
    let named: Vec<(EntryKey, Option<EntryKey>)> = entries
        .iter()
        .zip(&links)
        .map(|(entry, link)| {
            let guid =
                if by_guid.get(entry.guid.as_str()).is_some_and(|(_, shared)| *shared) { "" } else { &entry.guid };
            let telling = link
                .as_deref()
                .filter(|link| home.as_deref() != Some(*link) && !by_link.get(link).is_some_and(|(_, shared)| *shared));
            let text = if entry.content.is_empty() { &entry.summary } else { &entry.content };
            let link = telling.and(entry.link.as_ref());
            (entry_key::of(guid, link, &entry.title, text), telling.map(|link| alias(link, entry)))
        })
        .collect();
    for (entry, (key, alias)) in entries.iter_mut().zip(named) {
        entry.key = key;
        entry.alias = alias;
    }
}

/// The link with the date claimed, or the title where there is none. Both must be the same for two entries with
/// different GUIDs to be one: a page that is written anew under its old address and date is rarer than a publisher's
/// new software that numbers its reports afresh, and one under a new date is a new report.
fn alias(canonical_link: &str, entry: &FeedEntry) -> EntryKey {
    let with = match entry.published.or(entry.updated) {
        Some(at) => at.as_millis().to_string(),
        None => sha256_hex(entry.title.as_bytes()),
    };
    EntryKey::from_stored(format!("page:{canonical_link}\n{with}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Timestamp;

    fn entry(guid: &str, link: &str, title: &str) -> FeedEntry {
        FeedEntry {
            key: entry_key::of("", None, "", ""),
            alias: None,
            guid: guid.into(),
            title: title.into(),
            link: Url::parse(link).ok(),
            published: Some(Timestamp::from_millis(1_000)),
            updated: None,
            author: String::new(),
            summary: String::new(),
            content: String::new(),
            lang: String::new(),
        }
    }

    fn named(entries: &[(&str, &str, &str)]) -> Vec<FeedEntry> {
        let home = Url::parse("https://news.example/").expect("a URL");
        let mut entries: Vec<_> = entries.iter().map(|(guid, link, title)| entry(guid, link, title)).collect();
        assign(&mut entries, Some(&home));
        entries
    }

    fn keys(entries: &[(&str, &str, &str)]) -> Vec<String> {
        named(entries).into_iter().map(|entry| entry.key.to_string()).collect()
    }

    #[test]
    fn an_order_or_a_headline_that_changes_changes_no_key() {
        let before = keys(&[("1", "https://news.example/a", "A"), ("2", "https://news.example/b", "B")]);
        let mut after = keys(&[("2", "https://news.example/b", "B, corrected"), ("1", "https://news.example/a", "A")]);
        after.reverse();
        assert_eq!(before, after);
    }

    #[test]
    fn what_several_entries_share_names_none_of_them() {
        let keys = keys(&[
            ("g", "https://news.example/a", "A"),
            ("g", "https://news.example/b", "B"),
            ("", "https://news.example/hub", "C"),
            ("", "https://news.example/hub", "D"),
            ("", "https://news.example", "E"),
        ]);
        assert_eq!(keys[..2], ["link:news.example/a", "link:news.example/b"]);
        assert!(keys[2..].iter().all(|key| key.starts_with("text:")), "{keys:?}");
        assert_eq!(keys.iter().collect::<std::collections::HashSet<_>>().len(), 5);
    }

    #[test]
    fn a_changed_guid_leaves_the_second_key_as_it_was() {
        let before = named(&[("1", "http://news.example/a?utm_source=rss", "A")]);
        let after = named(&[("urn:uuid:1", "https://www.news.example/a", "A, corrected")]);
        assert_ne!(before[0].key, after[0].key);
        assert!(before[0].alias.is_some());
        assert_eq!(before[0].alias, after[0].alias);
    }

    #[test]
    fn a_front_page_and_a_shared_page_give_no_second_key() {
        let entries = named(&[
            ("1", "https://news.example/", "Bulletin"),
            ("2", "https://news.example/live", "A"),
            ("3", "https://news.example/live", "B"),
        ]);
        assert!(entries.iter().all(|entry| entry.alias.is_none()));
    }

    #[test]
    fn a_bulletin_under_one_address_with_a_new_date_is_another() {
        let mut first = named(&[("1", "https://news.example/bulletin", "Bulletin")]);
        let mut second = vec![entry("2", "https://news.example/bulletin", "Bulletin")];
        second[0].published = Some(Timestamp::from_millis(86_400_000));
        assign(&mut second, None);
        assert_ne!(first.remove(0).alias, second.remove(0).alias);
    }
}
