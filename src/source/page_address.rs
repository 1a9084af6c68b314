//! The address of a page as different feeds and sites write it: mobile and AMP editions, tracking, the order of
//! parameters and known redirectors make no difference, and the page's own word (`rel=canonical`) counts where it may.
//!
//! Two entries with one address lead to one page. Entries keep their identity by [`super::entry_key`]; this only says
//! which of them to compare. Values are stored, so what an address becomes may only change with care.

use url::Url;

use super::entry_key::without_tracking;

/// A redirector may lead to another one; deeper ones are not followed.
const REDIRECTORS_DEEP: usize = 3;
/// Host, path and the parameter that holds where it leads.
const REDIRECTORS: [(&str, &str, &[&str]); 11] = [
    ("www.google.com", "/url", &["q", "url"]),
    ("news.url.google.com", "/url", &["q", "url"]),
    ("www.bing.com", "/news/apiclick.aspx", &["url"]),
    ("l.facebook.com", "/l.php", &["u"]),
    ("lm.facebook.com", "/l.php", &["u"]),
    ("www.youtube.com", "/redirect", &["q"]),
    ("out.reddit.com", "/", &["url"]),
    ("duckduckgo.com", "/l/", &["uddg"]),
    ("t.umblr.com", "/redirect", &["z"]),
    ("slack-redir.net", "/link", &["url"]),
    ("vk.com", "/away.php", &["to"]),
];
const EDITIONS: [&str; 4] = ["www.", "m.", "mobile.", "amp."];
const FRONT_FILES: [&str; 4] = ["index.html", "index.htm", "index.php", "amp"];
/// Registries under which names are given out at the third level.
const SECOND_LEVELS: [&str; 8] = ["co", "com", "or", "org", "go", "gov", "ac", "ne"];

/// Returns where a known redirector leads, read from its address; any other address as it is.
pub fn beyond_redirectors(link: &Url) -> Url {
    let mut link = link.clone();
    for _ in 0..REDIRECTORS_DEEP {
        let Some(next) = led_to(&link) else { break };
        link = next;
    }
    link
}

fn led_to(link: &Url) -> Option<Url> {
    let host = link.host_str()?;
    let (.., names) =
        REDIRECTORS.iter().find(|(known, path, _)| *known == host && (*path == "/" || *path == link.path()))?;
    let target = link.query_pairs().find(|(name, _)| names.contains(&name.as_ref()))?.1;
    Url::parse(&target).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some())
}

/// The address that entries share whose pages are one. `canonical` is what the page names; it counts only on the same
/// site and below its front page, for many pages name their site's front page by mistake. Empty for a front page: many
/// reports stand there, one after another.
pub fn page_key(page: &Url, canonical: Option<&Url>) -> String {
    let page = beyond_redirectors(page);
    let trusted = canonical.filter(|canonical| is_below_front(canonical) && site(canonical) == site(&page));
    let page = trusted.unwrap_or(&page);
    if is_below_front(page) { address(page) } else { String::new() }
}

fn is_below_front(page: &Url) -> bool {
    !page.path().trim_matches('/').is_empty() || page.query().is_some()
}

fn address(page: &Url) -> String {
    let page = without_tracking(page);
    let host = without_edition(page.host_str().unwrap_or_default());
    let mut path: Vec<&str> = page.path().split('/').filter(|part| !part.is_empty()).collect();
    if path.last().is_some_and(|last| FRONT_FILES.contains(last)) {
        path.pop();
    }
    if path.first() == Some(&"amp") {
        path.remove(0);
    }
    let path = path.join("/");
    let path = path.strip_suffix(".amp").or(path.strip_suffix(".amp.html")).unwrap_or(&path);
    let is_edition = |name: &str| matches!(name, "amp" | "outputType" | "mobile");
    let mut query: Vec<String> = page
        .query_pairs()
        .filter(|(name, _)| !is_edition(name))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    query.sort();
    let port = page.port().map(|port| format!(":{port}")).unwrap_or_default();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    format!("{host}{port}/{path}{query}")
}

fn without_edition(host: &str) -> &str {
    let host = host.trim_end_matches('.');
    // What is left must still be a name: `m.example` is a site of its own.
    let rest = EDITIONS.iter().find_map(|edition| host.strip_prefix(edition));
    rest.filter(|rest| rest.contains('.')).unwrap_or(host)
}

/// The registered name, as nearly as it can be told without the list of registries.
fn site(page: &Url) -> Option<String> {
    let host = page.host_str()?;
    if page.domain().is_none() {
        return Some(host.to_owned());
    }
    let labels: Vec<&str> = host.trim_end_matches('.').rsplit('.').collect();
    let deep = labels.get(1).is_some_and(|second| SECOND_LEVELS.contains(second)) && labels[0].len() == 2;
    let taken = labels.iter().take(if deep { 3 } else { 2 });
    Some(taken.copied().collect::<Vec<_>>().join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    #[test]
    fn editions_tracking_and_order_make_no_other_page() {
        let plain = page_key(&url("https://www.news.example/world/raid?id=7&page=2"), None);
        assert_eq!(plain, "news.example/world/raid?id=7&page=2");
        for other in [
            "http://m.news.example/world/raid/?page=2&id=7",
            "https://amp.news.example/world/raid?id=7&page=2&utm_source=x",
            "https://news.example/amp/world/raid?id=7&page=2#top",
            "https://news.example/world/raid/amp/?id=7&page=2&amp=1",
            "https://news.example/world/raid/index.html?id=7&page=2",
            "https://www.google.com/url?rct=j&q=https%3A%2F%2Fnews.example%2Fworld%2Fraid%3Fid%3D7%26page%3D2&ct=ga",
        ] {
            assert_eq!(page_key(&url(other), None), plain, "{other}");
        }
        assert_ne!(page_key(&url("https://news.example/world/raid?id=8&page=2"), None), plain);
    }

    #[test]
    fn the_page_is_believed_about_its_address_on_its_own_site_and_below_the_front_page() {
        let page = url("https://news.example/a?view=print");
        assert_eq!(page_key(&page, Some(&url("https://www.news.example/world/a"))), "news.example/world/a");
        for false_word in ["https://news.example/", "https://other.example/world/a"] {
            assert_eq!(page_key(&page, Some(&url(false_word))), "news.example/a?view=print", "{false_word}");
        }
        let (one, other) = (url("https://one.co.kr/a"), url("https://two.co.kr/b"));
        assert_eq!(page_key(&one, Some(&other)), "one.co.kr/a");
    }

    #[test]
    fn a_front_page_is_the_address_of_no_report() {
        for front in ["https://news.example", "https://www.news.example/"] {
            assert_eq!(page_key(&url(front), None), "");
        }
    }

    #[test]
    fn a_redirector_that_leads_nowhere_is_an_address_like_others() {
        for odd in [
            "https://www.google.com/url?q=javascript:alert(1)",
            "https://www.google.com/url",
            "https://l.facebook.com/l.php?u=x",
        ] {
            assert_eq!(beyond_redirectors(&url(odd)), url(odd));
        }
        let twice = "https://l.facebook.com/l.php?u=https%3A%2F%2Fwww.google.com%2Furl%3Fq%3Dhttps%253A%252F%252Fa.example%252Fb";
        assert_eq!(beyond_redirectors(&url(twice)), url("https://a.example/b"));
    }
}
