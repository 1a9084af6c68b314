//! What an element does to the text in it, by its name.

use crate::model::article::BlockKind;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Block,
    Break,
    Link,
    Strong,
    Slanted,
    Picture,
    Inline,
    /// Holds nothing that is read.
    Silent,
    Head,
}

/// What an element of this name, in lower case, does to the text in it.
pub fn role(name: &str) -> Role {
    match name {
        "br" => Role::Break,
        "a" => Role::Link,
        "b" | "strong" => Role::Strong,
        "i" | "em" | "cite" => Role::Slanted,
        "img" | "picture" => Role::Picture,
        "span" | "font" | "u" | "s" | "small" | "big" | "sub" | "sup" | "mark" | "abbr" | "acronym" | "time" | "q"
        | "code" | "tt" | "ins" | "del" | "bdi" | "bdo" | "kbd" | "var" | "dfn" | "data" | "ruby" | "rb" | "nobr"
        | "strike" | "label" | "noscript" | "tbody" | "html" => Role::Inline,
        "select" | "option" | "textarea" | "rt" | "rp" | "math" | "audio" | "canvas" | "map" | "datalist" => {
            Role::Silent
        }
        "head" | "title" | "meta" | "link" | "base" | "wbr" => Role::Head,
        name if name.contains('-') => Role::Inline,
        _ => Role::Block,
    }
}

pub(super) fn heading_level(name: &str) -> Option<u8> {
    let level = name.strip_prefix('h')?.parse().ok()?;
    (1..=6).contains(&level).then_some(level)
}

pub(super) fn block_kind(name: &str) -> Option<BlockKind> {
    match name {
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Some(BlockKind::Heading),
        "li" | "dd" | "dt" => Some(BlockKind::ListItem),
        "blockquote" => Some(BlockKind::Quote),
        "figcaption" => Some(BlockKind::Caption),
        _ => None,
    }
}
