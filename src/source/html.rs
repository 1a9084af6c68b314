//! The HTML that feeds put into texts and titles: cleaned, with whole addresses, or reduced to what can be seen.
//!
//! Works on tags alone and builds no tree: nesting costs nothing. What is removed here can only harm or disturb a
//! reader (scripts, styles, handlers, frames); what belongs to an article is for [`crate::extract`] to say.

use std::borrow::Cow;

use url::Url;

use super::entity::{Declared, unescape};
use super::scan::{Scanner, Tag, Token, attributes};

/// Elements removed with all they hold.
const REMOVED: &[&str] = &["script", "style", "applet", "noframes", "template"];

/// Elements whose tags are removed and whose text is kept.
const UNWRAPPED: &[&str] = &[
    "base",
    "basefont",
    "blink",
    "body",
    "embed",
    "frame",
    "frameset",
    "head",
    "html",
    "iframe",
    "link",
    "meta",
    "object",
    "param",
    "plaintext",
    "xmp",
];

/// Attributes that hold an address, as HTML has them.
const ADDRESSES: &[&str] = &[
    "action",
    "background",
    "cite",
    "classid",
    "codebase",
    "data",
    "href",
    "longdesc",
    "poster",
    "profile",
    "src",
    "usemap",
];

/// Elements between whose texts a reader sees a gap.
const BLOCKS: &[&str] = &[
    "article",
    "blockquote",
    "br",
    "dd",
    "div",
    "dl",
    "dt",
    "figcaption",
    "figure",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "section",
    "table",
    "td",
    "th",
    "tr",
    "ul",
];

/// Elements by which text is taken for HTML, sorted.
const KNOWN: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "address",
    "applet",
    "area",
    "article",
    "aside",
    "audio",
    "b",
    "base",
    "bdi",
    "bdo",
    "big",
    "blink",
    "blockquote",
    "body",
    "br",
    "button",
    "canvas",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "data",
    "dd",
    "del",
    "details",
    "dfn",
    "dir",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "fieldset",
    "figcaption",
    "figure",
    "font",
    "footer",
    "form",
    "frame",
    "frameset",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "i",
    "iframe",
    "img",
    "input",
    "ins",
    "kbd",
    "label",
    "legend",
    "li",
    "link",
    "main",
    "map",
    "mark",
    "meta",
    "nav",
    "nobr",
    "noscript",
    "object",
    "ol",
    "optgroup",
    "option",
    "p",
    "param",
    "picture",
    "pre",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "script",
    "section",
    "select",
    "small",
    "source",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "summary",
    "sup",
    "svg",
    "table",
    "tbody",
    "td",
    "textarea",
    "tfoot",
    "th",
    "thead",
    "time",
    "title",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "video",
    "wbr",
];

/// Lower-cases into a buffer; names longer than any that matters are none of them.
fn is_in(list: &[&str], name: &str) -> bool {
    let local = local_name(name);
    local.len() <= 12 && list.iter().any(|known| known.eq_ignore_ascii_case(local))
}

fn local_name(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// True for the elements that HTML has.
pub fn is_known_element(name: &str) -> bool {
    is_in(KNOWN, name)
}

/// True where a plain text holds what only HTML would: an element of its, or a reference.
pub fn looks_like_html(text: &str) -> bool {
    let refers =
        || text.contains('&') && matches!(unescape(text, &Declared::default()), Cow::Owned(plain) if plain != text);
    let has_element = || {
        Scanner::new(text).any(|token| match token {
            Token::Start(tag) => is_known_element(tag.name),
            Token::End { name, .. } => is_known_element(name),
            _ => false,
        })
    };
    (text.contains('<') && has_element()) || refers()
}

/// Writes plain text as HTML that shows it.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['<', '&']) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"))
}

/// Removes what can harm, and makes addresses whole.
pub fn clean(html: &str, base: Option<&Url>) -> String {
    if !html.contains('<') {
        return html.to_owned();
    }
    let mut out = String::with_capacity(html.len() + html.len() / 16);
    let mut scanner = Scanner::of_html(html);
    let mut endless = vec![];
    while let Some(token) = scanner.next() {
        match token {
            // A sign that opens nothing must not open something once what follows it is removed.
            Token::Text(text) if text.contains('<') => out.push_str(&text.replace('<', "&lt;")),
            Token::Text(text) => out.push_str(text),
            Token::Cdata(text) => out.push_str(&escape(text)),
            Token::Doctype(_) => {}
            Token::Start(tag) if is_in(REMOVED, tag.name) => {
                if !tag.empty {
                    skip_element(&mut scanner, tag.name, &mut endless);
                }
            }
            Token::Start(tag) if is_in(UNWRAPPED, tag.name) => {}
            Token::Start(tag) => match clean_attributes(&tag, base) {
                Some(attributes) => {
                    let end = if tag.empty { " />" } else { ">" };
                    out.extend(["<", local_name(tag.name), &attributes, end]);
                }
                None => push_tag(&mut out, tag.name, &html[tag.at..scanner.at]),
            },
            Token::End { name, .. } if is_in(REMOVED, name) || is_in(UNWRAPPED, name) => {}
            Token::End { name, at } => push_tag(&mut out, name, &html[at..scanner.at]),
        }
    }
    out
}

/// A tag as it stands, without the prefix that XHTML in a feed may have, and closed if it was not.
fn push_tag(out: &mut String, name: &str, raw: &str) {
    match name.split_once(':') {
        Some((prefix, _)) if prefix.eq_ignore_ascii_case("xhtml") || prefix.eq_ignore_ascii_case("html") => {
            out.push_str(&raw.replacen(&format!("{prefix}:"), "", 1));
        }
        _ => out.push_str(raw),
    }
    if !raw.ends_with('>') {
        out.push('>');
    }
}

/// Goes past the element's end tag; an element that never ends costs its tag alone. `endless` holds those already
/// known to, so that a text full of them is not searched for each.
fn skip_element<'a>(scanner: &mut Scanner<'a>, name: &'a str, endless: &mut Vec<&'a str>) {
    if endless.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return;
    }
    let mut ahead = scanner.clone();
    while let Some(token) = ahead.next() {
        if let Token::End { name: found, .. } = token
            && found.eq_ignore_ascii_case(name)
        {
            *scanner = ahead;
            return;
        }
    }
    endless.push(name);
}

/// The attributes without handlers and with whole addresses; `None` where nothing need change.
fn clean_attributes(tag: &Tag<'_>, base: Option<&Url>) -> Option<String> {
    let changes = |(name, value): (&str, &str)| {
        is_handler(name) || (is_in(ADDRESSES, name) && matches!(address(value, base), Address::Bad | Address::Whole(_)))
    };
    // A quote without its partner would close at another place once something after it is removed.
    let open_quote = ['"', '\''].iter().any(|quote| tag.attributes.matches(*quote).count() % 2 == 1);
    if tag.attributes.is_empty() || !(open_quote || attributes(tag.attributes).any(changes)) {
        return None;
    }
    let mut out = String::with_capacity(tag.attributes.len() + 32);
    let mut push = |name: &str, value: &str| out.extend([" ", name, "=\"", value, "\""]);
    for (name, value) in attributes(tag.attributes).filter(|(name, _)| !is_handler(name)) {
        match if is_in(ADDRESSES, name) { address(value, base) } else { Address::AsItIs } {
            Address::AsItIs => push(name, &value.replace('"', "&quot;")),
            Address::Whole(url) => push(name, &url.replace('&', "&amp;").replace('"', "&quot;")),
            Address::Bad => {}
        }
    }
    Some(out)
}

fn is_handler(name: &str) -> bool {
    name.get(..2).is_some_and(|on| on.eq_ignore_ascii_case("on"))
}

enum Address {
    AsItIs,
    Whole(String),
    /// Runs code, or is no address.
    Bad,
}

fn address(value: &str, base: Option<&Url>) -> Address {
    let text = unescape(value.trim(), &Declared::default());
    let lower = text.get(..8).unwrap_or(&text).to_ascii_lowercase();
    if lower.starts_with("http:") || lower.starts_with("https:") || lower.starts_with('#') || text.is_empty() {
        return Address::AsItIs;
    }
    // Browsers ignore these characters within a scheme.
    let scheme: String = text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).take(32).collect();
    let scheme = scheme.split([':', '/', '?', '#']).next().filter(|name| scheme[name.len()..].starts_with(':'));
    match scheme.map(str::to_ascii_lowercase).as_deref() {
        Some("javascript" | "vbscript" | "data" | "livescript" | "mocha" | "about") => Address::Bad,
        Some(_) => Address::AsItIs,
        None => match base.and_then(|base| base.join(&text).ok()) {
            Some(url) => Address::Whole(url.into()),
            None => Address::AsItIs,
        },
    }
}

/// What a reader sees of the HTML, on one line. `strict`: tags that HTML does not know are text.
pub fn visible_line(html: &str, strict: bool) -> String {
    if !html.contains(['<', '&']) {
        return fold(html);
    }
    let mut text = String::with_capacity(html.len());
    let mut scanner = Scanner::of_html(html);
    let declared = Declared::default();
    let mut endless = vec![];
    while let Some(token) = scanner.next() {
        match token {
            Token::Text(raw) => text.push_str(&unescape(raw, &declared)),
            Token::Cdata(raw) => text.push_str(raw),
            Token::Doctype(_) => {}
            Token::Start(tag) if is_in(REMOVED, tag.name) && !tag.empty => {
                skip_element(&mut scanner, tag.name, &mut endless)
            }
            Token::Start(Tag { name, at, .. }) | Token::End { name, at } => {
                if strict && !is_known_element(name) {
                    text.push_str(&html[at..scanner.at]);
                } else if is_in(BLOCKS, name) {
                    text.push(' ');
                }
            }
        }
    }
    fold(&text)
}

/// One line: white space folded, direction overrides and other invisible controls dropped.
pub fn fold(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.chars() {
        if matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}') {
            continue;
        }
        if c.is_whitespace() || c.is_control() {
            gap = !line.is_empty();
            continue;
        }
        if std::mem::take(&mut gap) {
            line.push(' ');
        }
        line.push(c);
    }
    line
}

/// The first value of that attribute in it.
pub fn first_attribute<'h>(html: &'h str, name: &str) -> Option<Cow<'h, str>> {
    Scanner::new(html).find_map(|token| match token {
        Token::Start(tag) => attributes(tag.attributes)
            .find(|(found, _)| found.eq_ignore_ascii_case(name))
            .map(|(_, value)| unescape(value, &Declared::default())),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cleaned(html: &str) -> String {
        clean(html, Url::parse("https://news.example/a/").ok().as_ref())
    }

    #[test]
    fn scripts_styles_frames_and_handlers_are_removed_and_text_is_kept() {
        assert_eq!(cleaned("a<script>x<y</script><style>p{}</style><iframe src=x></iframe>b"), "ab");
        assert_eq!(cleaned("<img src=\"https://x.example/i\" onload='go()'>"), "<img src=\"https://x.example/i\">");
        assert_eq!(cleaned("<a href=' java\nscript:x()'>t</a>"), "<a>t</a>");
        assert_eq!(cleaned("<p>1 < 2<!-- note --> and <b>3</b>"), "<p>1 &lt; 2 and <b>3</b>");
    }

    #[test]
    fn a_script_that_never_ends_costs_its_tag_alone() {
        assert_eq!(cleaned("before <script> after"), "before  after");
    }

    #[test]
    fn relative_addresses_are_made_whole() {
        assert_eq!(cleaned("<a href='../b?x=1&amp;y=2'>t</a>"), "<a href=\"https://news.example/b?x=1&amp;y=2\">t</a>");
        assert_eq!(clean("<a href=\"b\">t</a>", None), "<a href=\"b\">t</a>");
        assert_eq!(cleaned("<a href='mailto:a@b.example'>t</a>"), "<a href='mailto:a@b.example'>t</a>");
    }

    #[test]
    fn a_line_shows_what_a_reader_sees() {
        assert_eq!(
            visible_line("Raid in <b>Shenyang</b> &amp; <i>Dandong</i>\n today", false),
            "Raid in Shenyang & Dandong today"
        );
        assert_eq!(visible_line("one<br>two<p>three</p>", false), "one two three");
        assert_eq!(visible_line("5 < 6 and R&D", false), "5 < 6 and R&D");
        assert_eq!(visible_line("vector<int> &amp; <b>more</b>", true), "vector<int> & more");
    }

    #[test]
    fn html_is_told_from_text_by_its_elements_and_references() {
        assert!(looks_like_html("a <b>c</b>") && looks_like_html("R&amp;D") && looks_like_html("x<br/>"));
        assert!(!looks_like_html("5 < 6 & vector<int>"));
    }

    proptest! {
        #[test]
        fn any_html_is_cleaned_without_harm_left(html in "(<|>|/|script|style|a href=|onload=|javascript:|'|\"| |강|&|lt;|]]>|<!--|x){0,60}") {
            let clean = cleaned(&html);
            visible_line(&html, true);
            for token in Scanner::new(&clean) {
                if let Token::Start(tag) = token {
                    prop_assert!(attributes(tag.attributes).all(|(name, _)| !is_handler(name)), "{}", clean);
                }
            }
        }
    }
}
