//! What a body is at first sight: a feed, a web page, or neither; and whether it is safe to hand on.

use super::ReadError;

#[derive(Debug, PartialEq, Eq)]
pub enum Shape<'a> {
    /// From the first element (or brace) on; junk before it is cut, and the XML declaration with it, for the text is
    /// UTF-8 by now whatever it says.
    Feed {
        text: &'a str,
    },
    WebPage,
}

/// Tags looked at to find the root.
const ROOT_WITHIN: usize = 50;

/// Returns what the text is. Refuses what is nested deeper than `max_depth`: feed-rs recurses over it.
pub fn of(text: &str, max_depth: usize) -> Result<Shape<'_>, ReadError> {
    let trimmed = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if trimmed.is_empty() {
        return Err(ReadError::Empty);
    }
    if trimmed.starts_with('{') {
        return if json_depth(trimmed) > max_depth {
            Err(ReadError::TooDeep { max: max_depth })
        } else {
            Ok(Shape::Feed { text: trimmed })
        };
    }
    let mut tags = Tags { text: trimmed, at: 0 };
    for (start, name) in tags.by_ref().take(ROOT_WITHIN) {
        let local = name.rsplit(':').next().unwrap_or(name).to_ascii_lowercase();
        match local.as_str() {
            "rss" | "feed" | "rdf" | "channel" => {
                let text = &trimmed[start..];
                return if xml_depth(text) > max_depth {
                    Err(ReadError::TooDeep { max: max_depth })
                } else {
                    Ok(Shape::Feed { text })
                };
            }
            "html" | "head" | "body" | "script" | "div" | "meta" => return Ok(Shape::WebPage),
            _ => {}
        }
    }
    let what = trimmed.chars().take(40).collect::<String>().escape_debug().to_string();
    Err(ReadError::NotAFeed { what: format!("it begins with {what}") })
}

/// Start tags in order, comments and declarations passed over.
struct Tags<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Iterator for Tags<'a> {
    type Item = (usize, &'a str);

    fn next(&mut self) -> Option<(usize, &'a str)> {
        loop {
            let start = self.at + self.text.get(self.at..)?.find('<')?;
            let rest = &self.text[start + 1..];
            if let Some(comment) = rest.strip_prefix("!--") {
                self.at = self.text.len() - comment.len() + comment.find("-->")? + 3;
                continue;
            }
            self.at = start + 1;
            if rest.starts_with(|c: char| c.is_alphabetic()) {
                let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).unwrap_or(rest.len());
                return Some((start, &rest[..end]));
            }
        }
    }
}

/// The deepest nesting of elements, CDATA and comments passed over. An upper bound: unclosed tags count.
fn xml_depth(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut depth, mut deepest, mut at) = (0_usize, 0, 0);
    while let Some(found) = bytes[at..].iter().position(|byte| *byte == b'<') {
        let start = at + found;
        let rest = &text[start + 1..];
        let skip = |open: &str, close: &str| {
            rest.strip_prefix(open)
                .map(|inside| inside.find(close).map_or(text.len(), |end| start + 1 + open.len() + end))
        };
        if let Some(past) = skip("![CDATA[", "]]>").or_else(|| skip("!--", "-->")) {
            at = past.min(text.len());
            continue;
        }
        at = start + 1;
        match bytes.get(at) {
            Some(b'/') => depth = depth.saturating_sub(1),
            Some(byte) if byte.is_ascii_alphabetic() || *byte == b'_' || *byte >= 0x80 => {
                let end = rest.find('>').unwrap_or(rest.len());
                if !rest[..end].ends_with('/') {
                    depth += 1;
                    deepest = deepest.max(depth);
                }
                at += end.min(rest.len());
            }
            _ => {}
        }
    }
    deepest
}

fn json_depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_is_known_after_junk_and_a_page_is_no_feed() {
        assert_eq!(of("junk <?xml?><!-- <html> --><rss a='1'/>", 9), Ok(Shape::Feed { text: "<rss a='1'/>" }));
        assert_eq!(of("<!DOCTYPE html><html><rss>", 9), Ok(Shape::WebPage));
        assert_eq!(of(" \n", 9), Err(ReadError::Empty));
        assert!(matches!(of("404 not found", 9), Err(ReadError::NotAFeed { .. })));
    }

    #[test]
    fn deep_nesting_is_refused_and_text_that_looks_like_it_is_not() {
        let deep = format!("<rss>{}", "<group>".repeat(200));
        assert_eq!(of(&deep, 100), Err(ReadError::TooDeep { max: 100 }));
        let shown = format!("<rss><![CDATA[{}]]>{}</rss>", "<p>".repeat(200), "<br/>".repeat(200));
        assert!(of(&shown, 100).is_ok());
        assert_eq!(of(&"[{".repeat(100).replacen('[', "", 1), 100), Err(ReadError::TooDeep { max: 100 }));
    }
}
