//! Before the parse: takes out what holds no text, and flattens what is nested too deep.
//!
//! Bodies of scripts, styles, drawings and comments are more than half of a page's bytes. html5ever is quadratic in
//! nesting (servo/html5ever#788), so start tags beyond the depth are dropped, with their text kept.

use scraper::Html;

use super::Limits;

/// A page ready to be read.
pub struct Prepared {
    pub document: Html,
    /// Bodies of `application/ld+json` scripts, in order.
    pub structured: Vec<String>,
    /// A limit was reached.
    pub cut: bool,
}

/// Elements whose bodies are passed over whole.
const WITHOUT_TEXT: [&str; 7] = ["script", "style", "svg", "noscript", "template", "iframe", "object"];
/// Elements that never have an end tag.
const VOID: [&str; 14] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];
const MAX_STRUCTURED: usize = 16;

pub fn prepare(html: &str, limits: &Limits) -> Prepared {
    let whole = html;
    let html = &html[..html.floor_char_boundary(limits.max_html_bytes)];
    let mut cutter = Cutter {
        html,
        lower: html.to_ascii_lowercase(),
        out: String::with_capacity(html.len() / 2),
        structured: vec![],
        depth: 0,
        tags: 0,
        cut: html.len() < whole.len(),
    };
    cutter.run(limits);
    Prepared { document: Html::parse_document(&cutter.out), structured: cutter.structured, cut: cutter.cut }
}

struct Cutter<'a> {
    html: &'a str,
    lower: String,
    out: String,
    structured: Vec<String>,
    depth: usize,
    tags: usize,
    cut: bool,
}

impl Cutter<'_> {
    fn run(&mut self, limits: &Limits) {
        let mut at = 0;
        while let Some(found) = self.html[at..].find('<') {
            let start = at + found;
            self.out.push_str(&self.html[at..start]);
            at = self.markup(start, limits);
            if self.tags > limits.max_nodes || self.out.len() > limits.max_html_bytes {
                self.cut = true;
                return;
            }
        }
        self.out.push_str(&self.html[at..]);
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
        let name: String = self.lower[name_at..].chars().take(20).take_while(char::is_ascii_alphanumeric).collect();
        if name.is_empty() {
            self.out.push_str("&lt;");
            return start + 1;
        }
        let end = self.tag_end(name_at);
        if !closing && WITHOUT_TEXT.contains(&name.as_str()) {
            return self.without_text(&name, start, end);
        }
        self.tags += 1;
        self.tag(&name, closing, start, end, limits);
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
        self.out.push_str(&self.html[start..end]);
    }

    /// Attributes may hold `>` within quotes, up to a length that no honest tag has.
    fn tag_end(&self, from: usize) -> usize {
        let bytes = self.html.as_bytes();
        let mut quote = None;
        for (i, byte) in bytes[from..].iter().enumerate().take(64 * 1024) {
            match (quote, byte) {
                (None, b'>') => return from + i + 1,
                (None, b'"' | b'\'') if bytes[from + i - 1] == b'=' => quote = Some(*byte),
                (Some(open), byte) if open == *byte => quote = None,
                _ => {}
            }
        }
        self.html[from..].find('>').map_or(self.html.len(), |found| from + found + 1)
    }

    fn past(&self, from: usize, close: &str) -> usize {
        let from = self.html.floor_char_boundary(from.min(self.html.len()));
        self.html[from..].find(close).map_or(self.html.len(), |found| from + found + close.len())
    }

    fn without_text(&mut self, name: &str, start: usize, end: usize) -> usize {
        if self.html[start..end].ends_with("/>") && name != "script" {
            return end;
        }
        let close = format!("</{name}");
        let Some(found) = self.lower[end..].find(&close) else {
            return if name == "noscript" || name == "object" { end } else { self.html.len() };
        };
        let is_structured = name == "script" && self.lower[start..end].contains("ld+json");
        if is_structured && self.structured.len() < MAX_STRUCTURED {
            self.structured.push(self.html[end..end + found].to_owned());
        }
        self.out.push(' ');
        self.past(end + found, ">")
    }
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
        assert_eq!(prepared.structured, ["{\"a\":1}"]);
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
