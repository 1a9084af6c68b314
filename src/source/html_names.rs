//! HTML's elements and attributes, by what cleaning does with them.

/// Elements removed with all they hold.
pub const REMOVED: &[&str] = &["applet", "noframes", "script", "style", "template"];

/// Elements whose tags are removed and whose text is kept.
pub const UNWRAPPED: &[&str] = &[
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
pub const ADDRESSES: &[&str] = &[
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
pub const BLOCKS: &[&str] = &[
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

/// Elements by which text is taken for HTML.
pub const KNOWN: &[&str] = &[
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

/// True for a name of the list, in any case and with any prefix.
pub fn is_in(list: &[&str], name: &str) -> bool {
    let local = local_name(name);
    let Some(first) = local.bytes().next().map(|byte| byte.to_ascii_lowercase()) else { return false };
    // Length and first letter rule out nearly all, at no cost.
    let may_be = |known: &&&str| known.len() == local.len() && known.as_bytes()[0] == first;
    list.iter().filter(may_be).any(|known| known.eq_ignore_ascii_case(local))
}

pub fn local_name(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

/// True for the elements that HTML has.
pub fn is_known_element(name: &str) -> bool {
    is_in(KNOWN, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_case_and_with_a_prefix() {
        for list in [REMOVED, UNWRAPPED, ADDRESSES, BLOCKS, KNOWN] {
            assert!(list.iter().all(|name| is_in(list, name) && is_in(list, &name.to_ascii_uppercase())), "{list:?}");
        }
        assert!(is_in(BLOCKS, "xhtml:DIV") && is_known_element("BlockQuote"));
        assert!(!is_in(BLOCKS, "span") && !is_known_element("a-very-long-name-of-an-element"));
    }
}
