//! Before a listing page is parsed: well-nested, no deeper than a bound, without what holds no report.
//!
//! html5ever is quadratic in nesting (servo/html5ever#788), in formatting elements that are left open, and in the
//! attributes of one tag. What is written here closes what it opens in the right order, so that none of these can grow,
//! and drops bodies of scripts, styles and drawings. Classes, ids and other attributes stay: selectors ask for them.

use super::scan::{Scanner, Tag, Token, attributes};

/// Deeper start tags are dropped, with what they hold kept.
const MAX_DEPTH: usize = 200;
/// Tags beyond are left out: a listing has a few thousand.
const MAX_TAGS: usize = 200_000;
/// Attributes of one tag that are kept.
const MAX_ATTRIBUTES: usize = 64;
/// Elements passed over with all that they hold.
const WITHOUT_REPORTS: &[&str] = &[
    "script",
    "style",
    "svg",
    "math",
    "template",
    "iframe",
    "object",
    "noscript",
    "textarea",
    "select",
    "xmp",
    "plaintext",
];
/// Elements that never have an end tag.
const VOID: &[&str] =
    &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];
/// Those whose end tag may be left out: the next of the group ends them, unless something that holds such stands between.
const ENDED_BY_NEXT: &[&[&str]] = &[&["li"], &["dt", "dd"], &["tr"], &["td", "th"], &["p"], &["option"]];
const HOLDERS: &[&str] = &["ul", "ol", "dl", "table", "div", "section", "article", "main", "aside", "nav"];

/// Whole names: another prefix makes another element, which is not void.
fn is_in(names: &[&str], name: &str) -> bool {
    names.iter().any(|known| known.eq_ignore_ascii_case(name))
}

pub struct Flat {
    pub html: String,
    /// Something was left out for a limit's sake.
    pub cut: bool,
}

/// Returns the page fit to be parsed, in time linear in its length.
pub fn flatten(html: &str, max_bytes: usize) -> Flat {
    let within = &html[..html.floor_char_boundary(max_bytes)];
    let mut writer = Writer { out: String::with_capacity(within.len() / 2), open: vec![], endless: vec![] };
    writer.out.push_str("<!DOCTYPE html>");
    let mut scanner = Scanner::of_html(within);
    let mut tags = 0;
    let mut cut = within.len() < html.len();
    while let Some(token) = scanner.next() {
        match token {
            Token::Text(text) if text.contains('<') => writer.out.push_str(&text.replace('<', "&lt;")),
            Token::Text(text) => writer.out.push_str(text),
            Token::Cdata(_) | Token::Doctype(_) => {}
            Token::Start(tag) if is_in(WITHOUT_REPORTS, tag.name) => writer.skip(&mut scanner, tag.name),
            Token::Start(tag) => {
                tags += 1;
                writer.start(&tag);
            }
            Token::End { name, .. } => writer.end(name),
        }
        if tags > MAX_TAGS {
            cut = true;
            break;
        }
    }
    writer.close_to(0);
    Flat { html: writer.out, cut }
}

struct Writer<'a> {
    out: String,
    open: Vec<&'a str>,
    /// Names known to end nowhere, so that a page full of them is not searched for each.
    endless: Vec<&'a str>,
}

impl<'a> Writer<'a> {
    fn start(&mut self, tag: &Tag<'a>) {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b':' | b'_');
        if !tag.name.bytes().all(is_plain) {
            return;
        }
        if is_in(VOID, tag.name) {
            self.write(tag);
            return;
        }
        if let Some(group) = ENDED_BY_NEXT.iter().find(|group| is_in(group, tag.name)) {
            let since = self.open.iter().rposition(|name| is_in(HOLDERS, name)).map_or(0, |at| at + 1);
            if let Some(at) = self.open[since..].iter().position(|name| is_in(group, name)) {
                self.close_to(since + at);
            }
        }
        // A link within a link ends the outer one; so browsers see it.
        if tag.name.eq_ignore_ascii_case("a")
            && let Some(at) = self.open.iter().rposition(|name| name.eq_ignore_ascii_case("a"))
        {
            self.close_to(at);
        }
        if self.open.len() < MAX_DEPTH {
            self.write(tag);
            self.open.push(tag.name);
        }
    }

    fn write(&mut self, tag: &Tag<'a>) {
        self.out.push('<');
        self.out.push_str(tag.name);
        for (name, value) in attributes(tag.attributes).take(MAX_ATTRIBUTES) {
            self.out.push(' ');
            self.out.push_str(name);
            if !value.is_empty() {
                self.out.push_str("=\"");
                self.out.push_str(&value.replace('"', "&quot;"));
                self.out.push('"');
            }
        }
        self.out.push('>');
    }

    /// Ends the element and what is open within it; an end tag of nothing that is open counts for nothing.
    fn end(&mut self, name: &str) {
        if let Some(at) = self.open.iter().rposition(|open| open.eq_ignore_ascii_case(name)) {
            self.close_to(at);
        }
    }

    fn close_to(&mut self, length: usize) {
        while self.open.len() > length {
            let Some(name) = self.open.pop() else { return };
            self.out.extend(["</", name, ">"]);
        }
    }

    /// Goes past the element's end tag; one that never ends costs its tag alone.
    fn skip(&mut self, scanner: &mut Scanner<'a>, name: &'a str) {
        if self.endless.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return;
        }
        let mut ahead = scanner.clone();
        while let Some(token) = ahead.next_tag() {
            if matches!(token, Token::End { name: found, .. } if found.eq_ignore_ascii_case(name)) {
                *scanner = ahead;
                return;
            }
        }
        self.endless.push(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn flat(html: &str) -> String {
        flatten(html, 1 << 20).html.replacen("<!DOCTYPE html>", "", 1)
    }

    #[test]
    fn what_is_open_is_closed_in_order_and_what_holds_no_report_goes() {
        assert_eq!(
            flat("<div class=a id='b\"c'><b>x</div>y<!-- <p> -->"),
            "<div class=\"a\" id=\"b&quot;c\"><b>x</b></div>y"
        );
        assert_eq!(flat("a<script>if (1<2) '</p>'</script>b</p>< 3<br/>"), "ab&lt; 3<br>");
        assert_eq!(flat("<ul><li>a<li>b<ul><li>c</ul></ul>"), "<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>");
        assert_eq!(flat("<a href=/1><p>x<a href=/2>y"), "<a href=\"/1\"><p>x</p></a><a href=\"/2\">y</a>");
    }

    #[test]
    fn nesting_of_every_kind_is_bounded_and_costs_no_text() {
        for unit in ["<div></x>", "<p><b a>", "<span><i x></p>", "<table><td>", "<x:br>"] {
            let page = format!("{}inside", unit.repeat(20_000));
            let html = scraper::Html::parse_document(&flatten(&page, 1 << 20).html);
            let depth = html.tree.nodes().map(|node| node.ancestors().count()).max().unwrap_or(0);
            assert!(depth < 2 * MAX_DEPTH + 10, "{unit}: {depth}");
            assert!(html.root_element().text().any(|text| text.contains("inside")), "{unit}");
        }
    }

    proptest! {
        #[test]
        fn any_page_is_flattened(html in "[<>/a-z!\"'= \\-]{0,200}", other in "\\PC{0,200}") {
            flatten(&html, 100);
            flatten(&other, 100);
        }
    }
}
