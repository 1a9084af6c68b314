//! How far a field reaches: to its end tag, or to where it must have ended.

use memchr::memmem;

use super::{Reader, short};
use crate::source::scan::{Tag, Token};

impl<'a> Reader<'a, '_> {
    /// What stands between the element's tags; the scanner is past it then.
    pub(super) fn inside(&mut self, tag: &Tag<'a>) -> &'a str {
        if tag.empty {
            return "";
        }
        let from = self.scanner.at;
        let text = self.scanner.text;
        let mut depth = 0_usize;
        let mut next_field = None;
        let mut ahead = self.scanner.clone();
        let stop = loop {
            let Some(token) = ahead.next_tag() else {
                self.cut_off = next_field.is_none();
                break text.len();
            };
            match token {
                Token::End { name, at } if name.eq_ignore_ascii_case(tag.name) => {
                    if depth == 0 {
                        self.scanner = ahead;
                        return &text[from..at];
                    }
                    depth -= 1;
                }
                Token::Start(inner) => {
                    if is_entry(inner.name) {
                        break inner.at;
                    }
                    if inner.name == tag.name && !inner.empty {
                        depth += 1;
                    }
                    if next_field.is_none() && is_field(inner.name) {
                        next_field = Some(inner.at);
                    }
                    if self.read_again_left == 0 {
                        break inner.at;
                    }
                }
                Token::End { name, at } if is_entry(name) || self.is_open(name) => break at,
                Token::Cdata(section) => {
                    if let Some(end) = self.swallowed(tag, section, ahead.at) {
                        self.repairs.within("unclosed CDATA section", section);
                        let begun = section.as_ptr() as usize - text.as_ptr() as usize;
                        self.scanner.at = begun + end + tag.name.len() + 3;
                        self.read_again_left = self.read_again_left.saturating_sub(section.len());
                        return &text[from..begun + end];
                    }
                }
                _ => {}
            }
        };
        self.repairs.at(&format!("unclosed <{}>", short(tag.name)), tag.at);
        let end = next_field.unwrap_or(stop).min(stop);
        self.read_again_left = self.read_again_left.saturating_sub(stop - from);
        self.scanner.at = end;
        &text[from..end]
    }

    /// Where the field ends within a section that was never closed: one that runs to the end of the text, or over the
    /// field's end tag and into the next section.
    fn swallowed(&self, tag: &Tag<'_>, section: &str, past: usize) -> Option<usize> {
        let unclosed = past == self.scanner.text.len() && !self.scanner.text.ends_with("]]>");
        if !unclosed && memmem::find(section.as_bytes(), b"<![CDATA[").is_none() || self.read_again_left == 0 {
            return None;
        }
        let end = section.find(&format!("</{}>", tag.name))?;
        (unclosed || section[end..].contains("<![CDATA[")).then_some(end)
    }
}

fn is_entry(name: &str) -> bool {
    let local = name.rsplit(':').next().unwrap_or(name);
    local.eq_ignore_ascii_case("item") || local.eq_ignore_ascii_case("entry")
}

/// Elements that no text holds: one inside an unclosed field ends it.
fn is_field(name: &str) -> bool {
    const FIELDS: &[&str] = &[
        "title",
        "link",
        "guid",
        "id",
        "pubdate",
        "description",
        "summary",
        "content",
        "encoded",
        "author",
        "creator",
        "category",
        "published",
        "updated",
        "modified",
        "issued",
        "date",
        "enclosure",
        "comments",
        "language",
        "subject",
    ];
    let local = name.rsplit(':').next().unwrap_or(name);
    FIELDS.iter().any(|known| local.eq_ignore_ascii_case(known))
}
