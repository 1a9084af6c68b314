//! Title, byline, date, language and address, as the page states them.

use scraper::{Html, Selector};
use serde_json::Value;
use url::Url;

use super::dates;
use super::prepare::Prepared;
use crate::model::time::Timestamp;

#[derive(Default)]
pub struct Metadata {
    pub title: String,
    pub byline: String,
    pub published: Option<Timestamp>,
    pub lang: String,
    pub canonical: Option<Url>,
}

pub fn read(prepared: &Prepared, url: &Url) -> Metadata {
    let page = &prepared.document;
    let structured = prepared.structured.iter().filter_map(|text| serde_json::from_str::<Value>(text).ok());
    let structured: Vec<Value> = structured.collect();
    let stated = |name| structured.iter().find_map(|value| named(value, name, 0));
    let meta = |name| attribute(page, &format!("meta[property='{name}'], meta[name='{name}']"), "content");
    let headline = meta("og:title").or_else(|| text(page, "h1")).or_else(|| text(page, "title"));
    let date = stated("datePublished")
        .or_else(|| meta("article:published_time"))
        .or_else(|| attribute(page, "article time[datetime], time[datetime]", "datetime"));
    let canonical = attribute(page, "link[rel=canonical]", "href").and_then(|href| url.join(&href).ok());
    Metadata {
        title: headline.unwrap_or_default(),
        byline: stated("author").or_else(|| meta("author")).unwrap_or_default(),
        published: date.and_then(|date| dates::parse(&date)),
        lang: attribute(page, "html[lang]", "lang").unwrap_or_default(),
        // A canonical link to the front page, or to another site, is a mistake of the template.
        canonical: canonical.filter(|link| link.path() != "/" && link.host_str() == url.host_str()),
    }
}

fn attribute(page: &Html, selector: &str, name: &str) -> Option<String> {
    let selector = Selector::parse(selector).ok()?;
    let found = page.select(&selector).find_map(|element| element.attr(name))?;
    Some(line(found)).filter(|found| !found.is_empty())
}

fn text(page: &Html, selector: &str) -> Option<String> {
    let selector = Selector::parse(selector).ok()?;
    let found = page.select(&selector).next()?.text().collect::<String>();
    Some(line(&found)).filter(|found| !found.is_empty())
}

fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first text of that name in structured data; an author may be a name, an object or a list of them.
fn named(value: &Value, name: &str, depth: usize) -> Option<String> {
    if depth > 6 {
        return None;
    }
    match value {
        Value::Object(fields) => fields
            .get(name)
            .and_then(as_line)
            .or_else(|| fields.get("@graph").and_then(|graph| named(graph, name, depth + 1))),
        Value::Array(items) => items.iter().take(50).find_map(|item| named(item, name, depth + 1)),
        _ => None,
    }
}

fn as_line(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(line(text)),
        Value::Object(fields) => fields.get("name").and_then(Value::as_str).map(line),
        Value::Array(items) => {
            let names: Vec<_> = items.iter().take(10).filter_map(as_line).collect();
            (!names.is_empty()).then(|| names.join(", "))
        }
        _ => None,
    }
    .filter(|text| !text.is_empty())
}
