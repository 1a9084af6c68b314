//! What stands between a field's tags, decoded: entities, CDATA, base64, markup, escaped markup.

use std::borrow::Cow;

use memchr::memmem;
use url::Url;

use super::entity::{Declared, unescape_noting};
use super::names::{Bindings, Vocabulary};
use super::repairs::Repairs;
use super::scan::{Scanner, Token, attributes};
use super::{charset, html};

/// How a field's text is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Plain,
    Html,
    /// Nobody said: HTML if it looks like it.
    Guess,
}

/// A field's text, decoded once.
#[derive(Clone, Debug)]
pub struct Field<'a> {
    pub text: Cow<'a, str>,
    pub form: Form,
}

impl Field<'_> {
    /// As one line of plain text.
    pub fn line(&self) -> String {
        match self.form {
            Form::Plain => html::fold(&self.text),
            Form::Html => html::visible_line(&self.text, false),
            Form::Guess if html::looks_like_html(&self.text) => html::visible_line(&self.text, true),
            Form::Guess => html::fold(&self.text),
        }
    }

    /// As clean HTML with whole addresses.
    pub fn html(&self, base: Option<&Url>) -> String {
        match self.form {
            Form::Plain => html::escape(self.text.trim()).into_owned(),
            Form::Html | Form::Guess => html::clean(self.text.trim(), base),
        }
    }
}

/// The form that a field's attributes declare, and whether it is base64.
pub fn declared_form(tag_attributes: &str, vocabulary: Vocabulary) -> (Form, bool) {
    let mut kind = None;
    let mut base64 = false;
    for (name, value) in attributes(tag_attributes) {
        match name {
            "type" => kind = Some(value.trim().to_ascii_lowercase()),
            "mode" => base64 = value.trim().eq_ignore_ascii_case("base64"),
            "encoding" if value.trim().eq_ignore_ascii_case("base64") => base64 = true,
            _ => {}
        }
    }
    let unsaid = if vocabulary == Vocabulary::Atom { Form::Plain } else { Form::Guess };
    let form = match kind.as_deref() {
        None | Some("") => unsaid,
        Some("text" | "text/plain") => {
            if vocabulary == Vocabulary::Atom {
                Form::Plain
            } else {
                Form::Guess
            }
        }
        Some(kind) if kind.contains("html") || kind.ends_with("xml") => Form::Html,
        Some("media") => Form::Guess,
        Some(kind) if kind.starts_with("text/") => unsaid,
        // RFC 4287 §4.1.3.3: any other media type is base64.
        Some(kind) if kind.contains('/') && vocabulary == Vocabulary::Atom => {
            base64 = true;
            Form::Guess
        }
        Some(_) => unsaid,
    };
    if base64 && form == Form::Plain && kind.is_none() { (Form::Html, true) } else { (form, base64) }
}

/// Decodes what stands between the tags. `inside` must be a part of the document for damage to be told with its place.
pub fn decode<'a>(
    inside: &'a str,
    form: Form,
    base64: bool,
    declared: &Declared<'_>,
    repairs: &mut Repairs<'_>,
) -> Field<'a> {
    let (text, has_markup) = text_of(inside, declared, repairs);
    if base64 && let Some(decoded) = decode_base64(&text) {
        return Field { text: Cow::Owned(decoded), form };
    }
    // Written with a reference for each byte; mojibake in plain characters may be what the author shows.
    let text = match if inside.is_ascii() && !text.is_ascii() { charset::without_mojibake(&text) } else { None } {
        Some(meant) => {
            repairs.within("UTF-8 that was written as if it were Latin-1", inside);
            Cow::Owned(meant)
        }
        None => text,
    };
    Field { text, form: if has_markup { Form::Html } else { form } }
}

/// The text, and whether it is markup because elements stood in it.
fn text_of<'a>(inside: &'a str, declared: &Declared<'_>, repairs: &mut Repairs<'_>) -> (Cow<'a, str>, bool) {
    if !inside.contains('<') {
        return (unescaped(inside, declared, repairs), false);
    }
    // By far the most frequent form: one CDATA section and nothing else.
    let trimmed = inside.trim();
    if let Some(section) = trimmed.strip_prefix("<![CDATA[").and_then(|rest| rest.strip_suffix("]]>"))
        && memmem::find(section.as_bytes(), b"]]>").is_none()
    {
        return (Cow::Borrowed(section), false);
    }
    let has_markup = Scanner::new(inside).any(|token| matches!(token, Token::Start(_) | Token::End { .. }));
    let mut text = String::with_capacity(inside.len());
    let mut scanner = Scanner::new(inside);
    while let Some(token) = scanner.next() {
        match token {
            Token::Text(raw) if has_markup => text.push_str(raw),
            Token::Text(raw) => text.push_str(&unescaped(raw, declared, repairs)),
            Token::Cdata(raw) => text.push_str(raw),
            Token::Doctype(_) => {}
            Token::Start(tag) => text.push_str(&inside[tag.at..scanner.at]),
            Token::End { at, .. } => text.push_str(&inside[at..scanner.at]),
        }
    }
    (Cow::Owned(text), has_markup)
}

fn unescaped<'a>(raw: &'a str, declared: &Declared<'_>, repairs: &mut Repairs<'_>) -> Cow<'a, str> {
    let (text, bare) = unescape_noting(raw, declared);
    if let Some(at) = bare {
        repairs.within("a bare & taken as text", &raw[at..]);
    }
    text
}

/// Base64 as feeds wrap it, with line breaks and with or without padding; `None`: it is none, or no UTF-8.
fn decode_base64(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => continue,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    String::from_utf8(bytes).ok().filter(|decoded| !decoded.is_empty())
}

/// Bytes of a person that are looked at.
const LONGEST_PERSON: usize = 4096;

/// A person: `name (address)` of whichever of name, address and plain text there is.
pub fn person(inside: &str, bindings: &Bindings<'_>, declared: &Declared<'_>, repairs: &mut Repairs<'_>) -> String {
    let inside = &inside[..inside.floor_char_boundary(LONGEST_PERSON)];
    if !Scanner::new(inside).any(|token| matches!(token, Token::Start(_))) {
        return decode(inside, Form::Guess, false, declared, repairs).line();
    }
    let (mut name, mut email) = (String::new(), String::new());
    let mut scanner = Scanner::new(inside);
    while let Some(token) = scanner.next_tag() {
        let Token::Start(tag) = token else { continue };
        let (_, local) = bindings.resolve(tag.name);
        let from = scanner.at;
        let mut ahead = scanner.clone();
        let end = ahead.find_map(|token| match token {
            Token::End { name, at } if name == tag.name => Some(at),
            _ => None,
        });
        let text = &inside[from..end.unwrap_or(inside.len())];
        let mut line = || decode(text, Form::Guess, false, declared, repairs).line();
        match local.to_ascii_lowercase().as_str() {
            "name" | "title" if name.is_empty() => name = line(),
            "email" if email.is_empty() => email = line(),
            _ => {}
        }
        if end.is_some() {
            scanner = ahead;
        }
    }
    match (name.is_empty(), email.is_empty()) {
        (false, false) => format!("{name} ({email})"),
        (true, true) => html::visible_line(inside, false),
        _ => name + &email,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(inside: &str, form: Form) -> String {
        decode(inside, form, false, &Declared::default(), &mut Repairs::of(inside, 0)).line()
    }

    #[test]
    fn a_title_is_one_line_of_text_however_it_was_wrapped() {
        for inside in [
            "R&amp;D <b>now</b>",
            "R&amp;amp;D &lt;b&gt;now&lt;/b&gt;",
            "<![CDATA[R&amp;D <b>now</b>]]>",
            " R&amp;D\n now ",
        ] {
            assert_eq!(line(inside, Form::Guess), "R&D now", "{inside}");
        }
        assert_eq!(line("a <![CDATA[b]]> c", Form::Guess), "a b c");
        assert_eq!(line("&lt;b&gt; is bold", Form::Plain), "<b> is bold");
        assert_eq!(line("5 &lt; 6 &amp; vector&lt;int&gt;", Form::Guess), "5 < 6 & vector<int>");
    }

    #[test]
    fn the_form_is_what_the_attributes_say() {
        use Vocabulary::{Atom, Rss};
        assert_eq!(declared_form("", Atom), (Form::Plain, false));
        assert_eq!(declared_form("", Rss), (Form::Guess, false));
        assert_eq!(declared_form(" type='xhtml'", Atom), (Form::Html, false));
        assert_eq!(declared_form(" type=\"text/html\" mode=\"base64\"", Atom), (Form::Html, true));
        assert_eq!(declared_form(" type='application/octet-stream'", Atom), (Form::Guess, true));
    }

    #[test]
    fn base64_is_decoded_and_what_is_none_is_left() {
        let decoded =
            |text| decode(text, Form::Html, true, &Declared::default(), &mut Repairs::of(text, 0)).text.into_owned();
        assert_eq!(decoded("\n PHA+64uo\n65GlPC9wPg== "), "<p>단둥</p>");
        assert_eq!(decoded("not base64!"), "not base64!");
    }

    #[test]
    fn a_person_is_named_with_the_address() {
        let read = |inside| person(inside, &Bindings::default(), &Declared::default(), &mut Repairs::of(inside, 0));
        assert_eq!(read("<name>Kim Ha</name><email>k@news.example</email><uri>x</uri>"), "Kim Ha (k@news.example)");
        assert_eq!(read("<atom:name>Kim Ha</atom:name>"), "Kim Ha");
        assert_eq!(read("김하늘·k@news.example"), "김하늘·k@news.example");
        assert_eq!(read("<b>Kim</b> Ha"), "Kim Ha");
    }

    proptest! {
        #[test]
        fn a_text_comes_back_as_it_was_put_in(text in "[^\\p{C}\\p{Z}\\[\\]&;<>]{1,20}( [^\\p{C}\\p{Z}\\[\\]&;<>]{1,20}){0,3}") {
            let shown = html::fold(&text);
            prop_assert_eq!(line(&text.replace('&', "&amp;"), Form::Plain), shown.clone());
            prop_assert_eq!(line(&format!("<![CDATA[{text}]]>"), Form::Plain), shown);
        }
    }
}
