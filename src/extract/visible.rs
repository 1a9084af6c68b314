//! What a feed's own text shows, cleaned or not, read without building a tree.
//!
//! Holds every word that cleaning would keep or take out, so what no watch finds here none would find in the article.
//! Most entries of a new feed's past are asked for nothing else.

use std::borrow::Cow;

use memchr::memchr;

use super::outline::{Role, role};
use super::prepare::{VOID, WITHOUT_TEXT};
use crate::model::entry::FeedEntry;

/// Deeper nesting is the parser's affair.
const MAX_OPEN: usize = 50;
/// Text within these, but not in one of their cells, would be moved.
const TABLES: [&str; 7] = ["table", "tbody", "thead", "tfoot", "tr", "td", "th"];

/// The longer of an entry's texts, as cleaning takes it.
pub fn feed_text(entry: &FeedEntry) -> &str {
    if entry.content.len() >= entry.summary.len() { &entry.content } else { &entry.summary }
}

/// What the text shows; `None` where only the parser can say.
pub fn visible(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('<') {
        return Some(Cow::Borrowed(text));
    }
    let mut shown = String::with_capacity(text.len());
    let mut open: Vec<&str> = vec![];
    let mut rest = text;
    while let Some(at) = memchr(b'<', rest.as_bytes()) {
        push_decoded(&mut shown, &rest[..at])?;
        rest = &rest[at + 1..];
        let name_at = usize::from(rest.starts_with('/'));
        if rest.starts_with(['!', '?']) || rest[name_at..].starts_with(['!', '?', '<', '>']) {
            return None;
        }
        if !rest[name_at..].starts_with(|c: char| c.is_ascii_alphabetic()) {
            shown.push('<');
            continue;
        }
        let tag = tag(rest)?;
        let name = tag[name_at..].split([' ', '\t', '\r', '\n', '\u{c}', '/']).next().unwrap_or_default();
        if parts(name)? {
            shown.push('\n');
        }
        nest(&mut open, name, name_at == 0)?;
        rest = &rest[tag.len() + 1..];
    }
    push_decoded(&mut shown, rest)?;
    open.is_empty().then_some(Cow::Owned(shown))
}

/// Elements that nest in no other of their kind: what follows the inner one would stand elsewhere.
const ALONE: [&str; 3] = ["a", "button", "nobr"];

/// `None`: not well nested, and how a parser mends that is its own affair.
fn nest<'t>(open: &mut Vec<&'t str>, name: &'t str, begins: bool) -> Option<()> {
    let is = |other: &&str| other.eq_ignore_ascii_case(name);
    if VOID.iter().any(is) {
        return begins.then_some(());
    }
    if !begins {
        return open.pop().filter(is).map(|_| ());
    }
    if open.len() > MAX_OPEN || ALONE.iter().any(is) && open.iter().any(is) {
        return None;
    }
    open.push(name);
    Some(())
}

/// The tag up to its `>`, which a quoted value may hold. `None`: its attributes are in a disorder in which it is not plain
/// where it ends.
fn tag(rest: &str) -> Option<&str> {
    let end = memchr(b'>', rest.as_bytes())?;
    if !rest.as_bytes()[..end].iter().any(|byte| matches!(byte, b'"' | b'\'' | b'=' | b'<')) {
        return Some(&rest[..end]);
    }
    let is_space = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n' | '\u{c}');
    let name_ends = |c: char| is_space(c) || matches!(c, '/' | '>');
    let mut left = &rest[rest.find(name_ends)?..];
    loop {
        left = left.trim_start_matches(|c| is_space(c) || c == '/');
        if left.starts_with('>') {
            return Some(&rest[..rest.len() - left.len()]);
        }
        let name = &left[..left.find(|c| name_ends(c) || c == '=')?];
        if name.is_empty() || name.contains(['"', '\'', '<']) {
            return None;
        }
        left = left[name.len()..].trim_start_matches(is_space);
        let Some(value) = left.strip_prefix('=') else { continue };
        left = value.trim_start_matches(is_space);
        if let Some(quote) = left.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            left = left[1..].split_once(quote)?.1;
            if !left.starts_with(name_ends) {
                return None;
            }
            continue;
        }
        let value = &left[..left.find(|c| is_space(c) || c == '>')?];
        if value.contains(['"', '\'', '<', '=', '`']) {
            return None;
        }
        left = &left[value.len()..];
    }
}

/// Whether the element parts the words around its tags; `None`: what it holds may not be read as text.
fn parts(name: &str) -> Option<bool> {
    let mut lower = [0; 16];
    let lower = lower.get_mut(..name.len())?;
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    let name = std::str::from_utf8(lower).ok()?;
    if WITHOUT_TEXT.contains(&name) || TABLES.contains(&name) || name.contains('-') {
        return None;
    }
    match role(name) {
        Role::Block | Role::Break => Some(true),
        Role::Link | Role::Strong | Role::Slanted | Role::Picture | Role::Inline => Some(false),
        Role::Silent | Role::Head => None,
    }
}

fn push_decoded(shown: &mut String, mut text: &str) -> Option<()> {
    while let Some(at) = memchr(b'&', text.as_bytes()) {
        shown.push_str(&text[..at]);
        text = &text[at + 1..];
        if !text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '#') {
            shown.push('&');
            continue;
        }
        let end = text.bytes().take(12).position(|byte| byte == b';')?;
        shown.push(character(&text[..end])?);
        text = &text[end + 1..];
    }
    shown.push_str(text);
    Some(())
}

/// The references that feeds use most.
pub(super) fn character(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        "rsquo" => '’',
        "lsquo" => '‘',
        "rdquo" => '”',
        "ldquo" => '“',
        "ndash" => '–',
        "mdash" => '—',
        "hellip" => '…',
        "middot" => '·',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            // Of the others HTML makes something else.
            char::from_u32(code).filter(|c| matches!(*c, ' '..='~' | '\u{a0}'..))?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Limits, article};
    use super::*;
    use crate::model::entry::EntryKey;
    use proptest::prelude::*;

    fn entry(content: &str) -> FeedEntry {
        let none = String::new;
        FeedEntry {
            key: EntryKey::from_stored("guid:1".to_owned()),
            alias: None,
            guid: none(),
            title: none(),
            link: None,
            published: None,
            updated: None,
            author: none(),
            summary: none(),
            content: content.to_owned(),
            lang: none(),
        }
    }

    fn words(text: &str) -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    #[test]
    fn tags_part_words_or_do_not_as_in_the_article() {
        let shown = |text| visible(text).map(Cow::into_owned);
        assert_eq!(shown("Raid in <b>Shen</b>yang<p>one<br/>two</p>"), Some("Raid in Shenyang\none\ntwo\n".to_owned()));
        assert_eq!(shown("<a title='a > b' href=\"x\">R&amp;D&#8217;s</a> 1 < 2"), Some("R&D’s 1 < 2".to_owned()));
        assert_eq!(shown("no markup &amp; none read"), Some("no markup &amp; none read".to_owned()));
        assert_eq!(shown("<p class=x id = 'y>' hidden>a</p>"), Some("\na\n".to_owned()));
        for unsure in [
            "<p class=\"x\"\">a</p><p class=\"y\"\">b</p>",
            "<p a\"b>c</p>",
            "<p a=b\"c>d</p>\">",
            "a<script>b</script>",
            "a<!-- b -->",
            "a<b",
            "<i>&unknown;</i>",
            "<b><i>a</b></i>",
            "<p>a<p>b",
            "<ruby>a<rt>b</rt></ruby>",
        ] {
            assert_eq!(shown(unsure), None, "{unsure}");
        }
    }

    proptest! {
        #[test]
        fn every_word_of_the_article_is_among_those_shown(
            html in "(<p>raid</p>|<p class=\"x\"\">raid</p>|<i a=b\">raid</i>|<b a = 'x'>raid</b>|<P>|</p>|<br>|<b>raid</b>|<b>|</B>|<a href='x>y'>北송</a>|<a>|</a>|<li>|<ul><li>a<b>b</b></li></ul>|<table><td>|<x-y>|<foo>|<h2>a<i>b</i></h2>|&amp;|&#33;|<|>|raid|북송|遣返| |Read more|\n){0,40}"
        ) {
            let Some(shown) = visible(&html) else { return Ok(()) };
            let article = article(None, Some(&entry(&html)), "en", &Limits::default());
            let removed = article.removed.iter().map(|removed| removed.text.clone()).collect::<Vec<_>>().join("\n");
            let shown = words(&shown);
            for word in words(&format!("{}\n{removed}", article.body())) {
                prop_assert!(shown.contains(&word), "{word} of {html:?} is not shown: {shown:?}");
            }
        }
    }
}
