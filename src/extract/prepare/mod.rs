//! Before the parse: takes out what holds no text, and flattens what is nested too deep.
//!
//! Bodies of scripts, styles, drawings and comments are more than half of a page's bytes. html5ever is quadratic in
//! nesting (servo/html5ever#788), so start tags beyond the depth are dropped, with their text kept.

mod elements;

pub use elements::{VOID, WITHOUT_TEXT};

use memchr::{memchr, memchr2, memmem};
use scraper::Html;
use serde_json::Value;

use super::{Limits, visible};
use elements::{FORMATTING, LEFT_OPEN, UNREAD, is_block, name};

/// A page ready to be read.
pub struct Prepared {
    pub document: Html,
    /// Bodies of `application/ld+json` scripts, in order.
    pub structured: Vec<Value>,
    /// Data that the page is built from in the browser: `application/json` scripts and assigned objects.
    pub hydration: Vec<String>,
    /// A limit was reached.
    pub cut: bool,
}

/// Attributes that somebody reads.
const READ: [&str; 14] = [
    "class",
    "id",
    "role",
    "itemprop",
    "hidden",
    "aria-hidden",
    "style",
    "lang",
    "datetime",
    "property",
    "name",
    "content",
    "rel",
    "type",
];
/// Longest tag in bytes.
const MAX_TAG: usize = 64 * 1024;
const LONGEST_REFERENCE: usize = 12;
const MAX_STRUCTURED: usize = 16;
const MAX_HYDRATION: usize = 8;
/// Smaller data holds no article, larger is not read.
const HYDRATION_BYTES: std::ops::Range<usize> = 500..3 << 20;
/// What begins a script that assigns a page's data.
const ASSIGNED: [&str; 9] = [
    "window.__INITIAL_STATE__",
    "window.__PRELOADED_STATE__",
    "window.__NUXT__",
    "window.__APOLLO_STATE__",
    "window.__DATA__",
    "window.INITIAL_STATE",
    "window.__INITIAL_DATA__",
    "window.__data",
    "Fusion.globalContent",
];

pub fn prepare(html: &str, limits: &Limits) -> Prepared {
    let whole = html;
    let html = &html[..html.floor_char_boundary(limits.max_html_bytes)];
    let mut cutter = Cutter {
        html,
        out: String::with_capacity(html.len() / 2),
        structured: vec![],
        hydration: vec![],
        depth: 0,
        tags: 0,
        max_nodes: limits.max_nodes,
        after_block: true,
        formatting: 0,
        never_closed: vec![],
        cut: html.len() < whole.len(),
    };
    cutter.run(limits);
    let structured = cutter.structured.iter().filter_map(|text| serde_json::from_str(text.trim()).ok()).collect();
    let document = Html::parse_document(&cutter.out);
    Prepared { document, structured, hydration: cutter.hydration, cut: cutter.cut }
}

struct Cutter<'a> {
    html: &'a str,
    out: String,
    structured: Vec<String>,
    hydration: Vec<String>,
    depth: usize,
    /// Tags, and what else costs as much in the parser.
    tags: usize,
    max_nodes: usize,
    /// The last tag written was of a block, and nothing but white space came since.
    after_block: bool,
    /// Formatting elements that are open. The parser opens them anew in each block that follows one that was closed
    /// over them, so that each counts for a node in each.
    formatting: usize,
    /// Elements whose bodies are passed over of which no more end tags come.
    never_closed: Vec<&'static str>,
    cut: bool,
}

impl Cutter<'_> {
    fn run(&mut self, limits: &Limits) {
        let mut at = 0;
        while let Some(found) = memchr(b'<', &self.html.as_bytes()[at..]) {
            let start = at + found;
            self.text(at, start);
            at = self.markup(start, limits);
            if self.tags > limits.max_nodes || self.out.len() > limits.max_html_bytes {
                self.cut = true;
                return;
            }
        }
        self.references(at, self.html.len());
    }

    /// Writes text; white space alone only between elements within a line.
    fn text(&mut self, from: usize, to: usize) {
        let text = &self.html[from..to];
        if text.bytes().all(|byte| byte.is_ascii_whitespace()) {
            if !text.is_empty() && !self.after_block && !self.begins_block(to) {
                self.out.push(' ');
            }
        } else {
            self.references(from, to);
            self.after_block = false;
        }
    }

    /// Writes text with its character references read, but for those that begin markup. Each that is left to the parser
    /// is a token of its own there, and costs as much as a tag.
    fn references(&mut self, from: usize, to: usize) {
        let mut text = &self.html[from..to];
        while let Some(at) = memchr(b'&', text.as_bytes()) {
            self.out.push_str(&text[..at]);
            let rest = &text[at + 1..];
            let end = rest.bytes().take(LONGEST_REFERENCE).position(|byte| byte == b';');
            let read = end.and_then(|end| Some((visible::character(rest.get(..end)?)?, end)));
            match read.filter(|(character, _)| !begins_or_continues_markup(*character)) {
                Some((character, end)) => {
                    self.out.push(character);
                    text = &rest[end + 1..];
                }
                None => {
                    self.tags += 1;
                    if self.tags > self.max_nodes {
                        self.cut = true;
                        return;
                    }
                    self.out.push('&');
                    text = rest;
                }
            }
        }
        self.out.push_str(text);
    }

    /// A tag of a known block follows.
    fn begins_block(&self, at: usize) -> bool {
        let rest = &self.html[at + 1..];
        let name = name(rest.strip_prefix('/').unwrap_or(rest));
        is_block(name.as_str())
    }

    /// Handles what begins with `<` at `start`; returns where to go on.
    fn markup(&mut self, start: usize, limits: &Limits) -> usize {
        let rest = &self.html[start + 1..];
        if rest.starts_with("!--") {
            return self.past(start + 4, "-->");
        }
        if rest.starts_with(['!', '?']) {
            return self.past(start + 2, ">");
        }
        let closing = rest.starts_with('/');
        let name_at = start + 1 + usize::from(closing);
        let name = name(&self.html[name_at..]);
        let name = name.as_str();
        if name.is_empty() {
            self.out.push_str("&lt;");
            self.tags += 1;
            return start + 1;
        }
        let end = self.tag_end(name_at);
        if !closing && WITHOUT_TEXT.contains(&name) {
            return self.without_text(name, start, end);
        }
        if UNREAD.contains(&name) {
            return end;
        }
        if FORMATTING.contains(&name) {
            self.formatting = if closing { self.formatting.saturating_sub(1) } else { self.formatting + 1 };
        }
        self.tags += 1 + self.formatting;
        self.tag(name, closing, start, end, limits);
        self.after_block = is_block(name);
        end
    }

    fn tag(&mut self, name: &str, closing: bool, start: usize, end: usize, limits: &Limits) {
        let is_void = VOID.contains(&name) || self.html[..end].ends_with("/>");
        if closing {
            self.depth = self.depth.saturating_sub(1);
        } else if !is_void {
            self.depth += 1;
        }
        // A paragraph or list item that is never closed does not nest; others that deep are furniture or an attack.
        if self.depth > limits.max_depth && !is_void {
            if matches!(name, "p" | "li" | "td" | "tr" | "dd" | "dt" | "option") {
                self.depth -= usize::from(!closing);
            } else {
                self.out.push(' ');
                return;
            }
        }
        if closing {
            self.out.push_str(&self.html[start..end]);
        } else {
            self.keep_attributes(name, start, end);
        }
    }

    /// Writes a start tag with those attributes alone that somebody reads: the others are half of what is left of a page.
    fn keep_attributes(&mut self, name: &str, start: usize, end: usize) {
        let tag = &self.html[start + 1 + name.len()..end];
        let bytes = tag.as_bytes();
        self.out.push('<');
        self.out.push_str(name);
        let mut at = 0;
        while at < bytes.len() {
            if bytes[at].is_ascii_whitespace() || matches!(bytes[at], b'/' | b'>') {
                at += 1;
                continue;
            }
            let from = at;
            while at < bytes.len() && !bytes[at].is_ascii_whitespace() && !matches!(bytes[at], b'=' | b'>' | b'/') {
                at += 1;
            }
            let named = from..at;
            at += bytes[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            if bytes.get(at) == Some(&b'=') {
                at += 1;
                at += bytes[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
                at = value_end(bytes, at);
            }
            let attribute = tag.get(named).unwrap_or_default();
            if READ.iter().any(|read| attribute.eq_ignore_ascii_case(read)) || attribute == "href" && name == "link" {
                self.out.push(' ');
                self.out.push_str(tag.get(from..at).unwrap_or_default());
            }
            at = at.max(from + 1);
        }
        self.out.push('>');
    }

    /// Attributes may hold `>` within quotes, up to a length that no honest tag has.
    fn tag_end(&self, from: usize) -> usize {
        let bytes = self.html.as_bytes();
        let Some(first) = memchr(b'>', &bytes[from..]) else { return self.html.len() };
        let mut at = from;
        let limit = (from + MAX_TAG).min(bytes.len());
        let mut end = from + first;
        // Quotes that open before the `>` and close after it hold it.
        while let Some(open) = memchr2(b'"', b'\'', &bytes[at..end]) {
            let open = at + open;
            let quote = bytes[open];
            if open == 0 || bytes[open - 1] != b'=' {
                at = open + 1;
                continue;
            }
            let Some(close) = memchr(quote, &bytes[open + 1..limit]) else {
                return from + first + 1;
            };
            at = open + 1 + close + 1;
            if at > end {
                let Some(next) = memchr(b'>', &bytes[at..limit]) else {
                    return from + first + 1;
                };
                end = at + next;
            }
        }
        end + 1
    }

    fn past(&self, from: usize, close: &str) -> usize {
        let from = from.min(self.html.len());
        memmem::find(&self.html.as_bytes()[from..], close.as_bytes())
            .map_or(self.html.len(), |found| from + found + close.len())
    }

    fn without_text(&mut self, name: &str, start: usize, end: usize) -> usize {
        if self.html[start..end].ends_with("/>") && name != "script" {
            return end;
        }
        let Some(name) = WITHOUT_TEXT.into_iter().find(|known| *known == name) else { return end };
        // Looked for once: a page of thousands that are never closed would be read to its end for each.
        let found = if self.never_closed.contains(&name) { None } else { end_tag(&self.html[end..], name) };
        let Some(found) = found else {
            self.never_closed.push(name);
            return if LEFT_OPEN.contains(&name) { end } else { self.html.len() };
        };
        let is_structured = name == "script" && self.html[start..end].to_ascii_lowercase().contains("ld+json");
        if is_structured && self.structured.len() < MAX_STRUCTURED {
            self.structured.push(self.html[end..end + found].to_owned());
        }
        if name == "script" && !is_structured && self.hydration.len() < MAX_HYDRATION {
            let data = data(&self.html[start..end].to_ascii_lowercase(), &self.html[end..end + found]);
            self.hydration.extend(data.filter(|data| HYDRATION_BYTES.contains(&data.len())).map(str::to_owned));
        }
        self.out.push(' ');
        self.past(end + found, ">")
    }
}

/// What would make a tag, an attribute's end or another reference of what it stands beside.
fn begins_or_continues_markup(character: char) -> bool {
    matches!(character, '<' | '>' | '&' | '#' | ';' | '"' | '\'') || character.is_ascii_alphanumeric()
}

/// Where an attribute's value ends.
fn value_end(bytes: &[u8], at: usize) -> usize {
    let rest = &bytes[at..];
    let length = match rest.first() {
        Some(quote @ (b'"' | b'\'')) => memchr(*quote, &rest[1..]).map_or(rest.len(), |end| end + 2),
        _ => rest.iter().position(|byte| byte.is_ascii_whitespace() || *byte == b'>').unwrap_or(rest.len()),
    };
    at + length
}

/// Where the end tag of that name begins.
fn end_tag(html: &str, name: &str) -> Option<usize> {
    memmem::find_iter(html.as_bytes(), "</").find(|at| {
        html.as_bytes()
            .get(at + 2..at + 2 + name.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(name.as_bytes()))
    })
}

/// The JSON in a script that holds a page's data: all of it by its type, or the object that is assigned.
fn data<'a>(tag: &str, body: &'a str) -> Option<&'a str> {
    if tag.contains("application/json") {
        return Some(body.trim());
    }
    let assigned = ASSIGNED.iter().find_map(|name| memmem::find(body.as_bytes(), name.as_bytes()))?;
    let from = assigned + body[assigned..].find('=')? + 1;
    Some(body[from..].trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn scripts_styles_and_comments_go_and_structured_data_is_kept_aside() {
        let html = "<p>a<script>var x='</p>';</script>b<!-- <p>no --><style>p{}</style>c</p>\
            <script type=\"application/ld+json\">{\"a\":1}</script>";
        let prepared = prepare(html, &Limits::default());
        assert_eq!(prepared.document.root_element().text().collect::<String>().replace(' ', ""), "abc");
        assert_eq!(prepared.structured, [serde_json::json!({"a": 1})]);
    }

    #[test]
    fn character_references_are_read_as_the_parser_reads_them() {
        let text =
            "R&amp;D &lt;b&gt; &#8217;s&nbsp;&euro;5 &#x3c;i&#62; &amp;lt; &#38;gt; &copy &hellip; &#128; &nope; & a&";
        let prepared = prepare(&format!("<p>{text}</p>"), &Limits::default());
        let bare = Html::parse_document(&format!("<p>{text}</p>"));
        let shown = |document: &Html| document.root_element().text().collect::<String>();
        assert_eq!(shown(&prepared.document), shown(&bare));
    }

    #[test]
    fn references_without_end_are_cut() {
        let limits = Limits { max_nodes: 1_000, ..Limits::default() };
        assert!(prepare(&format!("{}<p>", "&amp;".repeat(2_000)), &limits).cut);
        assert!(!prepare(&format!("{}<p>", "&#48512;".repeat(2_000)), &limits).cut, "what is read here costs nothing");
    }

    #[test]
    fn elements_that_a_page_never_closes_take_no_text_with_them() {
        let html = "<noscript><select><textarea><object>".repeat(20_000);
        let prepared = prepare(&format!("{html}<p>inside"), &Limits::default());
        assert_eq!(prepared.document.root_element().text().collect::<String>().trim(), "inside");
    }

    #[test]
    fn formatting_that_is_opened_anew_in_each_paragraph_counts_each_time() {
        let open: String = (0..250).map(|number| format!("<b id={number}>")).collect();
        let html = format!("<p>inside<div>{open}</div>{}", "<p>x</p>".repeat(100_000));
        let prepared = prepare(&html, &Limits::default());
        assert!(prepared.cut);
        assert!(prepared.document.tree.nodes().len() < 2 * Limits::default().max_nodes);
    }

    #[test]
    fn white_space_parts_words_and_not_blocks() {
        let html = "<div> <p> one <b>two</b> <i>three</i> </p> \n <ul> <li>four</li> </ul> </div>";
        let prepared = prepare(html, &Limits::default());
        let text = prepared.document.root_element().text().collect::<String>();
        assert_eq!(text.split_whitespace().collect::<Vec<_>>(), ["one", "two", "threefour"].map(|word| word));
    }

    #[test]
    fn half_a_megabyte_of_nested_tags_is_flattened_and_its_text_kept() {
        let html = format!("{}inside{}", "<div>".repeat(50_000), "</div>".repeat(50_000));
        let prepared = prepare(&html, &Limits::default());
        assert_eq!(prepared.document.root_element().text().collect::<String>().trim(), "inside");
    }

    proptest! {
        #[test]
        fn any_text_is_prepared(html in "[<>/a-z!\"'= \\-]{0,200}", other in "\\PC{0,200}") {
            prepare(&html, &Limits::default());
            prepare(&other, &Limits::default());
        }
    }
}
