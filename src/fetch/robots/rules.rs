//! A robots.txt, read as RFC 9309 says. Pure.
//!
//! Our own reader: the rules are a page long, the text is hostile, and the crates for it either bring a regular
//! expression for each rule or have not been kept.

use std::time::Duration;

/// What one robots.txt says to one crawler.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    rules: Vec<Rule>,
    /// `Crawl-delay`, which the RFC does not know and many sites write.
    pub crawl_delay: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    allows: bool,
    /// Path and query, percent-encoded one way; `*` and a final `$` are special.
    pattern: Vec<u8>,
}

/// Rules beyond this many are not looked at; the longest known files have a few thousand.
const MAX_RULES: usize = 5_000;

impl Rules {
    /// Reads what stands under `product` (a product token such as `newsvigil`), else what stands under `*`.
    pub fn parse(text: &str, product: &str) -> Rules {
        let mut ours = Rules::default();
        let mut everybodys = Rules::default();
        let mut named = false;
        let (mut for_us, mut for_all, mut in_names) = (false, false, false);
        for line in text.trim_start_matches('\u{feff}').split(['\r', '\n']) {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else { continue };
            let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
            if key == "user-agent" {
                if !in_names {
                    (for_us, for_all) = (false, false);
                }
                in_names = true;
                for_all |= value == "*";
                for_us |= token(value).eq_ignore_ascii_case(product) && !product.is_empty();
                named |= for_us;
                continue;
            }
            if matches!(key.as_str(), "allow" | "disallow" | "crawl-delay") {
                in_names = false;
                if for_us {
                    ours.add(&key, value);
                }
                if for_all {
                    everybodys.add(&key, value);
                }
            }
        }
        if named { ours } else { everybodys }
    }

    fn add(&mut self, key: &str, value: &str) {
        if key == "crawl-delay" {
            let secs = value.parse::<f64>().ok().filter(|secs| secs.is_finite() && (0.0..1e6).contains(secs));
            self.crawl_delay = self.crawl_delay.max(secs.map(Duration::from_secs_f64));
        } else if !value.is_empty() && self.rules.len() < MAX_RULES {
            self.rules.push(Rule { allows: key == "allow", pattern: encoded(value.as_bytes()) });
        }
    }

    /// True if this path with its query may be asked for: the longest rule that fits decides, an allowing one of two
    /// equally long (§2.2.2).
    pub fn allow(&self, path_and_query: &str) -> bool {
        if path_and_query == "/robots.txt" {
            return true;
        }
        let path = encoded(path_and_query.as_bytes());
        let fitting = self.rules.iter().filter(|rule| fits(&rule.pattern, &path));
        fitting.max_by_key(|rule| (rule.pattern.len(), rule.allows)).is_none_or(|rule| rule.allows)
    }
}

/// `newsvigil/1.0` names the product `newsvigil`.
pub fn token(name: &str) -> &str {
    let end = name.find(|c: char| !c.is_ascii_alphabetic() && c != '-' && c != '_').unwrap_or(name.len());
    &name[..end]
}

/// One spelling for each character: what must be encoded is, in upper case, and what need not be is not (§2.2.2).
fn encoded(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        let escaped = match text[at..] {
            [b'%', high, low, ..] => hex(high).zip(hex(low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        let byte = escaped.unwrap_or(text[at]);
        let unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if unreserved || (escaped.is_none() && byte.is_ascii_graphic()) {
            out.push(byte);
        } else {
            out.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
        at += if escaped.is_some() { 3 } else { 1 };
    }
    out
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Matches greedily from the left, each piece between stars at its first place: no going back, so linear in effect.
fn fits(pattern: &[u8], path: &[u8]) -> bool {
    let (pattern, to_the_end) = match pattern.split_last() {
        Some((b'$', rest)) => (rest, true),
        _ => (pattern, false),
    };
    let mut pieces = pattern.split(|byte| *byte == b'*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = path.strip_prefix(first) else { return false };
    let mut pieces: Vec<&[u8]> = pieces.collect();
    let last = if to_the_end { pieces.pop() } else { None };
    for piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
        let Some(at) = rest.windows(piece.len()).position(|window| window == piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    match (to_the_end, last) {
        (true, Some(last)) => rest.ends_with(last),
        (true, None) => rest.is_empty(),
        (false, _) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn allowed(text: &str, path: &str) -> bool {
        Rules::parse(text, "newsvigil").allow(path)
    }

    #[test]
    fn the_group_of_our_name_counts_alone_and_else_that_of_everybody() {
        let text = "User-agent: *\nDisallow: /\n\nUser-Agent: NewsVigil/2.0\nUser-agent: other\nDisallow: /private\n";
        assert!(allowed(text, "/a"));
        assert!(!allowed(text, "/private/a"));
        assert!(!Rules::parse(text, "somebody").allow("/a"));
        assert!(allowed("User-agent: newsvigilant\nDisallow: /", "/a"), "a longer name is another's");
        assert!(allowed("", "/a"));
    }

    #[test]
    fn groups_of_one_name_are_read_as_one() {
        let text = "user-agent: newsvigil\ndisallow: /a\n\nuser-agent: x\ndisallow: /c\n\nuser-agent: newsvigil\ndisallow: /b\n";
        assert!(!allowed(text, "/a") && !allowed(text, "/b") && allowed(text, "/c"));
    }

    #[test]
    fn the_longest_rule_decides_and_allows_when_in_doubt() {
        let text = "user-agent: *\ndisallow: /news\nallow: /news/open\ndisallow: /same\nallow: /same\n";
        assert!(!allowed(text, "/news/1") && allowed(text, "/news/open/1") && allowed(text, "/same"));
        assert!(allowed("user-agent: *\ndisallow:\n", "/a"), "an empty rule forbids nothing");
        assert!(allowed("user-agent: *\ndisallow: /\n", "/robots.txt"));
    }

    #[test]
    fn stars_and_the_end_sign_fit_as_the_standard_has_it() {
        for (pattern, path, fits) in [
            ("/*.php", "/index.php?a=1", true),
            ("/*.php$", "/index.php?a=1", false),
            ("/*.php$", "/a.php/b.php", true),
            ("/fish*", "/fish.html", true),
            ("/fish", "/catfish", false),
            ("/a*b*c", "/a-c-b-c", true),
            ("/a*b*c", "/a-c-b", false),
            ("/$", "/", true),
            ("/$", "/a", false),
            ("/*?", "/a?b", true),
            ("/*?", "/a", false),
            ("/a$b", "/a$b", true),
            ("/x*$", "/xyz", true),
        ] {
            assert_eq!(!allowed(&format!("user-agent: *\ndisallow: {pattern}"), path), fits, "{pattern} {path}");
        }
    }

    #[test]
    fn one_spelling_of_a_path_is_as_good_as_another() {
        assert!(!allowed("user-agent: *\ndisallow: /뉴스", "/%EB%89%B4%EC%8A%A4/1"));
        assert!(!allowed("user-agent: *\ndisallow: /%eb%89%b4", "/%EB%89%B4"));
        assert!(!allowed("user-agent: *\ndisallow: /%61bc", "/abc"));
        assert!(allowed("user-agent: *\ndisallow: /a%2Fb", "/a/b"), "an encoded slash is no slash");
    }

    #[test]
    fn lines_that_are_no_rules_end_no_group() {
        let text = "\u{feff}user-agent: *\r\nSitemap: https://a.example/s.xml\r\nCrawl-delay: 2.5\rdisallow: /a # why\r\nnonsense\n";
        let rules = Rules::parse(text, "newsvigil");
        assert!(!rules.allow("/a") && rules.allow("/b"));
        assert_eq!(rules.crawl_delay, Some(Duration::from_millis(2_500)));
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "([*$%#:/ \\n]|[uU]ser-agent:|disallow:|allow:|\\PC){0,60}", path in "/\\PC{0,40}") {
            Rules::parse(&text, "newsvigil").allow(&path);
        }
    }
}
