//! The report's text where it stands in a script: `articleBody` of structured data, the data that a page is built from
//! in the browser (Next.js, Nuxt, Arc and their like).
//!
//! Such a text is a candidate, never the rule: half of the `articleBody`s in the world are teasers. It is taken where
//! the page itself shows much less.

use serde_json::Value;

/// Names under which such data holds an article's text.
const NAMES: [&str; 12] = [
    "articleBody",
    "contentHtml",
    "bodyHtml",
    "body_html",
    "content_html",
    "articleHtml",
    "articleContent",
    "bodyText",
    "body",
    "content",
    "text",
    "html",
];
/// Shorter texts are no article.
const LEAST: usize = 400;
/// Values looked at; a page's data may be megabytes.
const MAX_VALUES: usize = 200_000;

/// The longest text under a name that promises an article, parts of one joined by line breaks.
pub fn text(values: &[Value]) -> Option<String> {
    let mut best = String::new();
    let mut left = MAX_VALUES;
    for value in values {
        let mut stack = vec![value];
        while let Some(value) = stack.pop() {
            left = left.checked_sub(1)?;
            match value {
                Value::Array(items) => {
                    consider(joined(items), &mut best);
                    stack.extend(items);
                }
                Value::Object(fields) => {
                    for (name, value) in fields {
                        if let Some(text) = value.as_str().filter(|_| NAMES.contains(&name.as_str())) {
                            consider(text.to_owned(), &mut best);
                        }
                    }
                    stack.extend(fields.values());
                }
                _ => {}
            }
        }
    }
    (!best.is_empty()).then_some(best)
}

/// Parts of a text (`{"type": "text", "content": …}`), each a paragraph.
fn joined(items: &[Value]) -> String {
    let part = |item: &Value| -> Option<String> {
        let fields = item.as_object()?;
        let kind = fields.get("type").and_then(Value::as_str).unwrap_or_default();
        let texts = ["text", "paragraph", "header", "heading", "quote", "html", "p"];
        let text = ["content", "text", "value", "html"].iter().find_map(|name| fields.get(*name)?.as_str())?;
        texts.contains(&kind.to_lowercase().as_str()).then(|| text.to_owned())
    };
    let parts: Vec<String> = items.iter().filter_map(part).collect();
    if parts.len() * 2 > items.len() { parts.join("<br><br>\n\n") } else { String::new() }
}

fn consider(text: String, best: &mut String) {
    let marks = text.chars().filter(|c| ".。!?！？".contains(*c)).count();
    if text.len() >= LEAST && text.len() > best.len() && marks >= 3 && !text.contains("function(") {
        *best = text;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(json: &str) -> Option<String> {
        text(&[serde_json::from_str(json).expect("JSON")])
    }

    #[test]
    fn a_text_in_the_data_of_a_page_is_found_whatever_is_around_it() {
        let body = "<p>The bridge was closed. Nobody was let through.</p>".repeat(12);
        let json =
            serde_json::json!({"props": {"page": [{"teaser": "x", "article": {"contentHtml": body}}]}}).to_string();
        assert_eq!(found(&json), Some(body));
        assert_eq!(found("{\"body\": \"A short teaser. One. Two.\"}"), None);
    }

    #[test]
    fn parts_of_a_text_are_joined() {
        let part = "The bridge was closed at noon. ".repeat(8);
        let json = serde_json::json!({"content_elements": [
            {"type": "text", "content": part}, {"type": "image", "url": "x"}, {"type": "text", "content": part}]});
        let found = found(&json.to_string()).expect("a text");
        assert_eq!(found.matches("closed at noon").count(), 16);
    }
}
