//! Character and entity references, as HTML knows them: feeds use those of HTML whether or not they declare them.

use std::borrow::Cow;
use std::collections::HashMap;

use html5ever::data::NAMED_ENTITIES;

/// Longer names than HTML's longest are none.
const LONGEST_NAME: usize = 32;
/// Entities that a document type may declare; more, longer or nested ones are not expanded.
const MAX_DECLARED: usize = 128;
const LONGEST_VALUE: usize = 256;

/// The entities that a document declares itself.
#[derive(Clone, Debug, Default)]
pub struct Declared<'a>(HashMap<&'a str, String>);

impl<'a> Declared<'a> {
    /// Reads the internal subset of a document type. Values that hold entities in turn are left out: expanding them
    /// is how a small document becomes a large one.
    pub fn of(doctype: &'a str) -> Declared<'a> {
        let mut declared = HashMap::new();
        for declaration in doctype.split("<!ENTITY").skip(1).take(MAX_DECLARED) {
            let declaration = declaration.trim_start();
            let name = &declaration[..declaration.find(char::is_whitespace).unwrap_or(declaration.len())];
            let rest = declaration[name.len()..].trim_start();
            let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) else { continue };
            let Some((value, _)) = rest[1..].split_once(quote) else { continue };
            if value.len() <= LONGEST_VALUE && !name.is_empty() {
                let value = unescape(value, &Declared::default()).into_owned();
                if !value.contains('&') {
                    declared.insert(name, value);
                }
            }
        }
        Declared(declared)
    }
}

/// Resolves references once. What is none stays as it stands.
pub fn unescape<'t>(text: &'t str, declared: &Declared<'_>) -> Cow<'t, str> {
    let Some(first) = text.find('&') else { return Cow::Borrowed(text) };
    let mut plain = String::with_capacity(text.len());
    plain.push_str(&text[..first]);
    let mut rest = &text[first..];
    while let Some(after) = rest.strip_prefix('&') {
        match reference(after, declared) {
            Some((resolved, length)) => {
                plain.push_str(&resolved);
                rest = &after[length..];
            }
            None => {
                plain.push('&');
                rest = after;
            }
        }
        let next = rest.find('&').unwrap_or(rest.len());
        plain.push_str(&rest[..next]);
        rest = &rest[next..];
    }
    Cow::Owned(plain)
}

/// The offset of the first `&` that begins no reference: XML forbids it.
pub fn first_bare_ampersand(text: &str, declared: &Declared<'_>) -> Option<usize> {
    text.match_indices('&').map(|(at, _)| at).find(|at| reference(&text[at + 1..], declared).is_none())
}

/// What the text after a `&` refers to, and how long the reference is with its `;`.
fn reference<'r>(after: &str, declared: &'r Declared<'_>) -> Option<(Cow<'r, str>, usize)> {
    let limit = after.floor_char_boundary(LONGEST_NAME + 1);
    let end = after[..limit].find(';')?;
    let name = &after[..end];
    let resolved = match name.strip_prefix('#') {
        Some(digits) => Cow::Owned(numbered(digits)?.map(String::from).unwrap_or_default()),
        None => Cow::Borrowed(match name {
            "amp" => "&",
            "lt" => "<",
            "gt" => ">",
            "quot" => "\"",
            "apos" => "'",
            _ => match declared.0.get(name) {
                Some(value) => value,
                None => return Some((Cow::Owned(named(&after[..=end])?), end + 1)),
            },
        }),
    };
    Some((resolved, end + 1))
}

/// By HTML's table, whose names end in `;`.
fn named(name: &str) -> Option<String> {
    // The brackets of Korean and Chinese titles are what XHTML 1.0 means by these names, and feeds with it.
    match name {
        "lang;" => return Some("\u{2329}".to_owned()),
        "rang;" => return Some("\u{232a}".to_owned()),
        _ => {}
    }
    let (first, second) = *NAMED_ENTITIES.get(name)?;
    let chars = [first, second].into_iter().filter(|code| *code != 0).filter_map(char::from_u32);
    Some(chars.collect::<String>()).filter(|text| !text.is_empty())
}

/// Outer `None`: no number; inner: a character that no text may hold.
fn numbered(digits: &str) -> Option<Option<char>> {
    let number = match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16),
        None => digits.parse::<u32>(),
    };
    let number = match number {
        Ok(number) => number,
        // Too large for any character.
        Err(_) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => u32::MAX,
        Err(_) => return None,
    };
    Some(match number {
        0x80..=0x9f => Some(windows_1252(number)),
        9 | 10 | 13 => char::from_u32(number),
        0..=31 | 127 => None,
        number => Some(char::from_u32(number).unwrap_or('\u{fffd}')),
    })
}

/// Numbers that XML calls control characters were meant as Windows writes them; HTML reads them so.
fn windows_1252(number: u32) -> char {
    const TABLE: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    TABLE[(number - 0x80) as usize & 31]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        unescape(text, &Declared::default()).into_owned()
    }

    #[test]
    fn references_are_resolved_once_and_the_rest_is_left() {
        assert_eq!(plain("R&amp;D &lt;b&gt; &nbsp;&hellip; &#8217;&#x2019;&#146; &lambda;"), "R&D <b> \u{a0}… ’’’ λ");
        assert_eq!(plain("&amp;lt; a & b &c &; &unknown; &#; &#xZZ;"), "&lt; a & b &c &; &unknown; &#; &#xZZ;");
        assert_eq!(plain("?a=1&copy=2"), "?a=1&copy=2");
    }

    #[test]
    fn what_no_text_may_hold_is_dropped_or_replaced() {
        assert_eq!(plain("a&#0;b&#7;c&#xD800;d&#99999999999;e"), "abc\u{fffd}d\u{fffd}e");
    }

    #[test]
    fn declared_entities_are_expanded_if_they_are_flat() {
        let declared = Declared::of("!DOCTYPE a [<!ENTITY co \"Co &#38; Sons\"><!ENTITY b '&co;&co;'>]");
        assert_eq!(unescape("&co; &b;", &Declared::of("x<!ENTITY co 'Co'><!ENTITY b '&co;'>")), "Co &b;");
        assert_eq!(unescape("&co;", &declared), "&co;");
    }

    #[test]
    fn a_bare_ampersand_is_found() {
        assert_eq!(first_bare_ampersand("a&amp;b & c", &Declared::default()), Some(8));
        assert_eq!(first_bare_ampersand("a&amp;b", &Declared::default()), None);
    }
}
