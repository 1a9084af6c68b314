//! Tags and texts of markup, in whatever order it is in.
//!
//! XML as newsrooms write it: a `<` that opens no tag is text, an open quote ends with its tag, an unclosed CDATA
//! section or comment costs what it stands in and no more. Keeps no stack and never goes back, so it is linear.

use memchr::memmem;

/// A start tag.
#[derive(Clone, Copy, Debug)]
pub struct Tag<'a> {
    pub name: &'a str,
    /// What stands between name and `>`, undecoded.
    pub attributes: &'a str,
    /// `<name/>`.
    pub empty: bool,
    /// Offset of its `<`.
    pub at: usize,
}

#[derive(Clone, Copy, Debug)]
pub enum Token<'a> {
    Start(Tag<'a>),
    End {
        name: &'a str,
        at: usize,
    },
    /// Undecoded.
    Text(&'a str),
    Cdata(&'a str),
    Doctype(&'a str),
}

/// Walks over a text.
#[derive(Clone, Debug)]
pub struct Scanner<'a> {
    pub text: &'a str,
    pub at: usize,
    /// Offset of the last `>`: no declaration ends after it.
    last_close: usize,
    /// From here on no CDATA section ends; saves looking again.
    no_cdata_end_after: usize,
    no_comment_end_after: usize,
    doctype_seen: bool,
    /// Sections are of XML: HTML shows their marks as text.
    sections: bool,
}

impl<'a> Scanner<'a> {
    pub fn new(text: &'a str) -> Scanner<'a> {
        Scanner {
            text,
            at: 0,
            last_close: text.rfind('>').unwrap_or(0),
            no_cdata_end_after: usize::MAX,
            no_comment_end_after: usize::MAX,
            doctype_seen: false,
            sections: true,
        }
    }

    /// Over HTML.
    pub fn of_html(text: &'a str) -> Scanner<'a> {
        Scanner { sections: false, ..Scanner::new(text) }
    }

    /// The next tag or section; texts are passed over.
    pub fn next_tag(&mut self) -> Option<Token<'a>> {
        loop {
            match self.next()? {
                Token::Text(_) => {}
                token => return Some(token),
            }
        }
    }

    /// Offset of the next `<` that opens something.
    fn next_opening(&self, from: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = from;
        loop {
            at += self.text.get(at..)?.find('<')?;
            match bytes.get(at + 1) {
                Some(b'!') if self.declares(at + 2) => return Some(at),
                Some(b'?') => return Some(at),
                Some(b'/') if bytes.get(at + 2).is_some_and(|byte| begins_name(*byte)) => return Some(at),
                Some(byte) if begins_name(*byte) => return Some(at),
                _ => at += 1,
            }
        }
    }

    /// What follows a `<!` is a comment, a section or a declaration that ends somewhere.
    fn declares(&self, at: usize) -> bool {
        match self.text.as_bytes().get(at) {
            Some(b'-') => true,
            Some(b'[') => self.sections,
            Some(byte) if byte.is_ascii_alphabetic() => at < self.last_close,
            _ => false,
        }
    }

    /// Reads what opens at `self.at`; `None` where it is passed over or runs into the end.
    fn opened(&mut self) -> Option<Token<'a>> {
        let at = self.at;
        let rest = &self.text[at + 1..];
        if let Some(inside) = rest.strip_prefix("![CDATA[") {
            let from = at + 9;
            let end = self.cdata_end(from);
            self.at = end.map_or(self.text.len(), |end| end + 3);
            return Some(Token::Cdata(end.map_or(inside, |end| &self.text[from..end])));
        }
        if rest.starts_with("!--") {
            self.at = self.comment_end(at + 4).unwrap_or(at + 4);
            return None;
        }
        match rest.as_bytes().first()? {
            b'?' => {
                let end = rest.find('>').map_or(self.text.len(), |end| at + end + 2);
                self.at = end;
                None
            }
            b'!' => {
                let is_doctype = rest.get(1..8).is_some_and(|word| word.eq_ignore_ascii_case("doctype"));
                // Only one may hold brackets: looking for theirs again and again could take for ever.
                let first = is_doctype && !std::mem::replace(&mut self.doctype_seen, is_doctype);
                let length = if first { doctype_length(rest) } else { rest.find('>').unwrap_or(rest.len()) };
                self.at = (at + 1 + length + 1).min(self.text.len());
                first.then_some(Token::Doctype(&rest[..length]))
            }
            b'/' => {
                let name = name_of(&rest[1..]);
                let end = rest.find(['>', '<']).map_or(self.text.len(), |end| at + 1 + end);
                self.at = if self.text.as_bytes().get(end) == Some(&b'>') { end + 1 } else { end };
                Some(Token::End { name, at })
            }
            _ => self.start_tag(at),
        }
    }

    fn start_tag(&mut self, at: usize) -> Option<Token<'a>> {
        let name = name_of(&self.text[at + 1..]);
        let from = at + 1 + name.len();
        let (end, past) = tag_end(self.text.as_bytes(), from);
        self.at = past;
        if past >= self.text.len() && end == past {
            // Cut off in the middle of a tag.
            return None;
        }
        let inside = &self.text[from..end];
        let (attributes, empty) = match inside.strip_suffix('/') {
            Some(attributes) => (attributes, true),
            None => (inside, false),
        };
        Some(Token::Start(Tag { name, attributes, empty, at }))
    }

    /// Offset of the `]]>` that ends the section begun before `from`.
    pub fn cdata_end(&mut self, from: usize) -> Option<usize> {
        find_once(self.text, "]]>", from, &mut self.no_cdata_end_after)
    }

    /// Offset past the `-->`.
    pub fn comment_end(&mut self, from: usize) -> Option<usize> {
        find_once(self.text, "-->", from, &mut self.no_comment_end_after).map(|end| end + 3)
    }
}

impl<'a> Iterator for Scanner<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        while self.at < self.text.len() {
            let opening = self.next_opening(self.at).unwrap_or(self.text.len());
            if opening > self.at {
                let text = &self.text[self.at..opening];
                self.at = opening;
                return Some(Token::Text(text));
            }
            if let Some(token) = self.opened() {
                return Some(token);
            }
        }
        None
    }
}

fn find_once(text: &str, what: &str, from: usize, none_after: &mut usize) -> Option<usize> {
    if from >= *none_after {
        return None;
    }
    let found = text.as_bytes().get(from..).and_then(|rest| memmem::find(rest, what.as_bytes())).map(|end| from + end);
    if found.is_none() {
        *none_after = from;
    }
    found
}

pub fn begins_name(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

/// The name at the beginning of `text`.
pub fn name_of(text: &str) -> &str {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/' | b'<' | b'=' | b'"' | b'\'');
    &text[..text.bytes().position(|byte| ends(&byte)).unwrap_or(text.len())]
}

/// Where a start tag's inside ends, and where reading goes on. A quote that is still open at the next `<` was never
/// meant as one: the tag ends at the first `>` then.
fn tag_end(bytes: &[u8], from: usize) -> (usize, usize) {
    let mut at = from;
    let mut quote: Option<(u8, Option<usize>)> = None;
    while let Some(byte) = bytes.get(at) {
        match (&mut quote, byte) {
            (Some((open, _)), byte) if byte == open => quote = None,
            (Some((_, first_end)), b'>') => {
                first_end.get_or_insert(at);
            }
            (Some((_, first_end)), b'<') => {
                let end = first_end.unwrap_or(at);
                return (end, if first_end.is_some() { end + 1 } else { end });
            }
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some((*byte, None)),
            (None, b'>') => return (at, at + 1),
            (None, b'<') => return (at, at),
            (None, _) => {}
        }
        at += 1;
    }
    match quote {
        Some((_, Some(end))) => (end, end + 1),
        _ => (at, at),
    }
}

/// Length of `!DOCTYPE … [ … ]` up to its `>`.
fn doctype_length(rest: &str) -> usize {
    let mut brackets = 0_usize;
    let mut quote = None;
    for (at, byte) in rest.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), byte) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') if brackets > 0 => quote = Some(byte),
            (None, b'[') => brackets += 1,
            (None, b']') => brackets = brackets.saturating_sub(1),
            (None, b'>') if brackets == 0 => return at,
            _ => {}
        }
    }
    // Never closed: what follows may be a feed all the same.
    rest.find('>').unwrap_or(rest.len())
}

/// Attributes looked at in one tag; the rest are passed over.
const MAX_ATTRIBUTES: usize = 256;

/// Name and undecoded value of each attribute, in order.
pub fn attributes(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if rest.is_empty() {
            return None;
        }
        let name = name_of(rest);
        if name.is_empty() {
            // A stray quote or sign.
            let mut chars = rest.chars();
            chars.next();
            rest = chars.as_str();
            return Some(("", ""));
        }
        let after = rest[name.len()..].trim_start();
        let Some(value) = after.strip_prefix('=') else {
            rest = after;
            return Some((name, ""));
        };
        let value = value.trim_start();
        let (value, left) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => match value[1..].split_once(quote) {
                Some(parts) => parts,
                None => (&value[1..], ""),
            },
            _ => value.split_at(value.find(|c: char| c.is_ascii_whitespace()).unwrap_or(value.len())),
        };
        rest = left;
        Some((name, value))
    })
    .take(MAX_ATTRIBUTES)
    .filter(|(name, _)| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        let tokens = Scanner::new(text).map(|token| match token {
            Token::Start(tag) => {
                format!("<{}|{}{}>", tag.name, tag.attributes.trim(), if tag.empty { "/" } else { "" })
            }
            Token::End { name, .. } => format!("</{name}>"),
            Token::Text(text) => text.to_owned(),
            Token::Cdata(text) => format!("[{text}]"),
            Token::Doctype(text) => format!("{{{text}}}"),
        });
        tokens.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_sign_that_opens_no_tag_is_text() {
        assert_eq!(shown("<a>1 < 2 <3 <> </ b></a>"), "<a|> 1 < 2 <3 <> </ b> </a>");
    }

    #[test]
    fn an_open_quote_ends_with_its_tag() {
        assert_eq!(shown("<a href=\"x>text<b>y</b>"), "<a|href=\"x> text <b|> y </b>");
        assert_eq!(shown("<a title='1 > 0' b=2/>t"), "<a|title='1 > 0' b=2/> t");
    }

    #[test]
    fn comments_instructions_and_declarations_are_passed_over() {
        let text = "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b \"c>\">]><!-- <x> --><a/>";
        assert_eq!(shown(text), "{!DOCTYPE a [<!ENTITY b \"c>\">]} <a|/>");
    }

    #[test]
    fn what_is_cut_off_or_left_open_ends_at_the_end() {
        assert_eq!(shown("<a><![CDATA[x"), "<a|> [x]");
        assert_eq!(shown("<a><!-- x<b>"), "<a|>  x <b|>");
        assert_eq!(shown("<a><b c="), "<a|>");
        assert_eq!(shown("<a></b"), "<a|> </b>");
    }

    #[test]
    fn attributes_are_read_with_any_quotes_and_none() {
        let read: Vec<_> = attributes(" a='1' b = \"2\" c=3 d \" e='").collect();
        assert_eq!(read, [("a", "1"), ("b", "2"), ("c", "3"), ("d", ""), ("e", "")]);
    }

    proptest! {
        #[test]
        fn any_text_is_walked_to_its_end(text in "(<|>|/|!|\\[|CDATA|\\]|-|'|\"|=|a|b| |강){0,60}") {
            let mut scanner = Scanner::new(&text);
            let mut last = 0;
            while scanner.next().is_some() {
                prop_assert!(scanner.at > last || scanner.at == text.len());
                last = scanner.at;
            }
            attributes(&text).count();
        }
    }
}
