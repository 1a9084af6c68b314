//! What an element is to the cutter, by its name.

/// Elements whose bodies are passed over whole.
pub const WITHOUT_TEXT: [&str; 11] =
    ["script", "style", "svg", "noscript", "template", "iframe", "object", "select", "textarea", "canvas", "datalist"];
/// Those of them that pages forget to close: then their tag alone goes.
pub(super) const LEFT_OPEN: [&str; 6] = ["noscript", "object", "select", "textarea", "canvas", "datalist"];
/// Elements without an end tag that nobody reads.
pub(super) const UNREAD: [&str; 8] = ["source", "track", "param", "embed", "area", "col", "base", "wbr"];
/// Elements that the parser opens anew where they were left open (HTML, "active formatting elements").
pub(super) const FORMATTING: [&str; 14] =
    ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];
/// Elements that end a line: white space beside them says nothing.
const BLOCKS: [&str; 37] = [
    "div",
    "p",
    "ul",
    "ol",
    "li",
    "section",
    "article",
    "header",
    "footer",
    "nav",
    "aside",
    "main",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "table",
    "tbody",
    "thead",
    "tr",
    "td",
    "th",
    "figure",
    "figcaption",
    "blockquote",
    "form",
    "body",
    "head",
    "html",
    "dl",
    "dt",
    "dd",
    "meta",
    "link",
    "title",
];
/// Elements that never have an end tag.
pub const VOID: [&str; 14] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];

pub(super) fn is_block(name: &str) -> bool {
    BLOCKS.contains(&name)
}

/// A tag's name in lower case; longer names than any known are cut.
pub(super) fn name(text: &str) -> Name {
    let mut name = Name { bytes: [0; 20], length: 0 };
    for byte in text.bytes().take(20).take_while(u8::is_ascii_alphanumeric) {
        name.bytes[name.length] = byte.to_ascii_lowercase();
        name.length += 1;
    }
    name
}

pub(super) struct Name {
    bytes: [u8; 20],
    length: usize,
}

impl Name {
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}
