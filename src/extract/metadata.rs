//! Title, byline, outlet, date, language and address, as the page states them: structured data, then `<meta>`, then `<time>`,
//! then what stands between headline and text. A date above the headline is the masthead's, the day of the visit, and
//! is never taken.

use serde_json::Value;
use url::Url;

use super::credits;
use super::dates;
use super::features::Setting;
use super::outline::Outline;
use super::phrases::Cue;
use super::surroundings::{Sign, Signs};
use crate::model::time::Timestamp;

#[derive(Default)]
pub struct Metadata {
    pub title: String,
    pub byline: String,
    pub outlet: String,
    pub published: Option<Timestamp>,
    pub lang: String,
    pub canonical: Option<Url>,
}

/// Names under which pages state when the report was published, the surest first.
const DATES: [&str; 12] = [
    "article:published_time",
    "og:article:published_time",
    "datepublished",
    "parsely-pub-date",
    "pubdate",
    "publishdate",
    "sailthru.date",
    "dc.date.issued",
    "dcterms.created",
    "dc.date",
    "publish-date",
    "date",
];
const AUTHORS: [&str; 5] = ["author", "article:author", "parsely-author", "sailthru.author", "dc.creator"];
const OUTLETS: [&str; 2] = ["og:site_name", "application-name"];
/// Passages after the headline that may hold byline and date.
const BELOW_HEADLINE: usize = 10;
/// Longest line that is a byline.
const MAX_BYLINE: usize = 120;

pub fn read(outline: &Outline, setting: &Setting<'_>, structured: &[Value], url: &Url) -> Metadata {
    let head = &outline.head;
    let stated = |name| structured.iter().find_map(|value| named(value, name, 0));
    let meta = |names: &[&str]| names.iter().find_map(|name| head.meta(name)).map(line);
    let headline = setting.headline().map(|at| outline.passages[at].text.clone());
    let title = head.meta("og:title").map(line).or(headline).unwrap_or_else(|| head.title.clone());
    let byline = stated("author").or_else(|| meta(&AUTHORS)).map(|name| clean_name(&name));
    let byline = byline.filter(|name| !name.is_empty()).or_else(|| visible_byline(outline, setting));
    let date = stated("datePublished").or_else(|| meta(&DATES)).and_then(|date| dates::parse(&date));
    let date = date.or_else(|| time_element(outline)).or_else(|| visible_date(outline, setting));
    let outlet = meta(&OUTLETS).or_else(|| stated("publisher")).map(|name| clean_name(&name)).unwrap_or_default();
    let canonical = head.canonical.as_deref().or_else(|| head.meta("og:url")).and_then(|href| url.join(href).ok());
    Metadata {
        title,
        byline: byline.unwrap_or_default(),
        outlet,
        published: date,
        lang: head.lang.clone(),
        // A canonical link to the front page, or to another site, is a mistake of the template.
        canonical: canonical.filter(|link| link.path() != "/" && link.host_str() == url.host_str()),
    }
}

fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Where a byline ends and the line's date begins.
const DATED: [&str; 12] = [
    " Published",
    " Updated",
    " Posted",
    " Publié",
    " Mis à jour",
    " Publicado",
    " Actualizado",
    " Veröffentlicht",
    " Aktualisiert",
    " Stand:",
    " Pubblicato",
    " Опубликовано",
];

/// An author's name without the words before it; an address or a number is none.
fn clean_name(name: &str) -> String {
    let name = line(name);
    let lower = name.to_lowercase();
    if lower.starts_with("http") || lower.starts_with("www.") || !name.chars().any(char::is_alphabetic) {
        return String::new();
    }
    let before = ["by ", "by: ", "von ", "par ", "por ", "written by ", "reporter: ", "text: "];
    let skip = before.iter().find(|word| lower.starts_with(**word)).map_or(0, |word| word.len());
    let name = name.get(skip..).unwrap_or(&name);
    let end = DATED.iter().filter_map(|word| name.find(word)).min().unwrap_or(name.len());
    name[..end].trim_end_matches([' ', '|', '-', '–', ',']).chars().take(MAX_BYLINE).collect()
}

/// Passages between the headline and a little below it.
fn below_headline<'a>(outline: &'a Outline, setting: &Setting<'_>) -> impl Iterator<Item = usize> + use<'a> {
    let from = setting.headline().map_or(outline.passages.len(), |at| at + 1);
    (from..outline.passages.len()).take(BELOW_HEADLINE)
}

/// A short line that says "by", or an agency's name, below the headline.
fn visible_byline(outline: &Outline, setting: &Setting<'_>) -> Option<String> {
    let mut short = below_headline(outline, setting).filter(|at| outline.passages[*at].characters < 80);
    short.find_map(|at| {
        let text = outline.passages[at].text.as_str();
        if let Some(agency) = credits::agency(text) {
            return Some(agency.to_owned());
        }
        let near = &outline.elements[outline.passages[at].element].near;
        let boxed =
            near[Sign::Author as usize] <= 1 && !credits::is_date(text) && setting.cues[at].get(Cue::Share).is_none();
        let lower = text.to_lowercase();
        let said = ["by ", "by: ", "von ", "par ", "por ", "reporter: "].iter().any(|word| lower.starts_with(word));
        let name = clean_name(text);
        (said || boxed).then_some(name).filter(|name| name.chars().count() > 2)
    })
}

/// The first `<time>` that stands in an article or in a line of dates, not in a list of other articles.
fn time_element(outline: &Outline) -> Option<Timestamp> {
    let mut furniture = Signs::default();
    for sign in [Sign::Related, Sign::Comment, Sign::AsideElement, Sign::Sidebar, Sign::NavigationElement, Sign::Header]
    {
        furniture.insert(sign);
    }
    let mut inside = outline.head.times.iter().filter(|(_, element)| {
        let near = &outline.elements[*element].near;
        !furniture.iter().any(|sign| near[sign] <= 4)
    });
    inside.find_map(|(at, _)| dates::parse(at))
}

fn visible_date(outline: &Outline, setting: &Setting<'_>) -> Option<Timestamp> {
    let mut lines = below_headline(outline, setting).map(|at| outline.passages[at].text.as_str());
    lines.find_map(dates::visible)
}

/// The first text of that name in structured data; an author may be a name, an object or a list of them.
fn named(value: &Value, name: &str, depth: usize) -> Option<String> {
    if depth > 6 {
        return None;
    }
    match value {
        Value::Object(fields) => fields
            .get(name)
            .and_then(|value| as_line(value, 0))
            .or_else(|| fields.get("@graph").and_then(|graph| named(graph, name, depth + 1))),
        Value::Array(items) => items.iter().take(50).find_map(|item| named(item, name, depth + 1)),
        _ => None,
    }
}

fn as_line(value: &Value, depth: usize) -> Option<String> {
    match value {
        _ if depth > 3 => None,
        Value::String(text) => Some(line(text)),
        Value::Object(fields) => fields.get("name").and_then(|name| as_line(name, depth + 1)),
        Value::Array(items) => {
            let names: Vec<_> = items.iter().take(10).filter_map(|item| as_line(item, depth + 1)).collect();
            (!names.is_empty()).then(|| names.join(", "))
        }
        _ => None,
    }
    .filter(|text| !text.is_empty())
}
