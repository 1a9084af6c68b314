//! What makes an entry the same entry at the next poll.

use url::Url;

use super::page_address::beyond_redirectors;
use crate::model::entry::EntryKey;
use crate::model::id::sha256_hex;

/// Query parameters that say where a click came from, not what it leads to; names that begin with `utm_` or `mtm_` too.
const TRACKING: &[&str] = &[
    "fbclid",
    "gclid",
    "dclid",
    "gbraid",
    "wbraid",
    "msclkid",
    "yclid",
    "twclid",
    "igshid",
    "mc_cid",
    "mc_eid",
    "_ga",
    "_gl",
    "ocid",
    "cmpid",
    "ncid",
    "ns_campaign",
    "ns_mchannel",
    "ns_source",
    "at_medium",
    "at_campaign",
    "at_source",
    "__twitter_impression",
    "vero_id",
    "wickedid",
    "oly_anon_id",
    "oly_enc_id",
    "rb_clickid",
    "s_cid",
    "hsCtaTracking",
    "_hsenc",
    "_hsmi",
];

/// The link as readers get it: without tracking parameters, and where a known redirector leads.
pub fn without_tracking(link: &Url) -> Url {
    let mut clean = beyond_redirectors(link);
    if clean.query().is_some() {
        let kept: Vec<(String, String)> = clean
            .query_pairs()
            .filter(|(name, _)| !is_tracking(name))
            .map(|(n, v)| (n.into_owned(), v.into_owned()))
            .collect();
        if kept.is_empty() {
            clean.set_query(None);
        } else if kept.len() < clean.query_pairs().count() {
            clean.query_pairs_mut().clear().extend_pairs(kept);
        }
    }
    clean
}

fn is_tracking(name: &str) -> bool {
    name.starts_with("utm_") || name.starts_with("mtm_") || TRACKING.contains(&name)
}

/// The link as identity compares it: scheme, `www.`, fragment, trailing slash and tracking make no difference.
pub fn canonical_link(link: &Url) -> String {
    let clean = without_tracking(link);
    let host = clean.host_str().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host).trim_end_matches('.');
    let mut canonical = String::with_capacity(clean.as_str().len());
    canonical.push_str(host);
    if let Some(port) = clean.port() {
        canonical.push(':');
        canonical.push_str(&port.to_string());
    }
    canonical.push_str(clean.path().trim_end_matches('/'));
    if let Some(query) = clean.query() {
        canonical.push('?');
        canonical.push_str(query);
    }
    canonical
}

/// The GUID within the feed, else the canonical link, else a fingerprint of title and text. `guid` is empty where the
/// feed gave none, or the same one to several links.
pub fn of(guid: &str, link: Option<&Url>, title: &str, text: &str) -> EntryKey {
    match (guid, link) {
        ("", None) => EntryKey::from_stored(format!("text:{}", sha256_hex(format!("{title}\0{text}").as_bytes()))),
        ("", Some(link)) => EntryKey::from_stored(format!("link:{}", canonical_link(link))),
        // Some publishers switch the scheme of a GUID that is a link.
        (guid, _) => match Url::parse(guid) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => {
                EntryKey::from_stored(format!("guid:{}", canonical_link(&url)))
            }
            _ => EntryKey::from_stored(format!("guid:{guid}")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    #[test]
    fn an_edited_headline_is_not_a_new_entry() {
        let link = url("https://news.example/a/1");
        assert_eq!(of("", Some(&link), "Raid", "x"), of("", Some(&link), "Raid (updated)", "y"));
        assert_eq!(of("tag:1", Some(&link), "Raid", "x"), of("tag:1", None, "Raid 2", "y"));
    }

    #[test]
    fn scheme_host_prefix_tracking_and_fragment_do_not_make_a_new_entry() {
        let plain = of("", Some(&url("https://news.example/a?id=1")), "", "");
        for variant in [
            "http://news.example/a?id=1",
            "https://www.news.example/a/?id=1",
            "https://news.example/a?utm_source=rss&id=1&fbclid=x",
            "https://news.example/a?id=1#top",
        ] {
            assert_eq!(of("", Some(&url(variant)), "", ""), plain, "{variant}");
        }
        assert_ne!(of("", Some(&url("https://news.example/a?id=2")), "", ""), plain);
    }

    #[test]
    fn a_link_is_shown_without_tracking_and_otherwise_as_it_was() {
        let shown = without_tracking(&url("https://news.example/a?b=%20x&utm_medium=rss"));
        assert_eq!(shown.as_str(), "https://news.example/a?b=+x");
        let untouched = url("https://news.example/a?b=%20x");
        assert_eq!(without_tracking(&untouched), untouched);
    }
}
