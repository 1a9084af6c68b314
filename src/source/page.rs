//! A web page that lists reports, read by CSS selectors.
//!
//! The reader promises: entries in the page's order, each with a whole address, once; what a selector does not find is
//! told. That selectors find nothing is an error of its own kind, never an empty list: pages are rebuilt, and a source
//! that has silently ended is what nobody may find out months later.

use std::collections::HashMap;

use scraper::{ElementRef, Html, Selector};
use url::Url;

use super::date::{self, Habits};
use super::draft::{self, Draft, Title};
use super::entry_key::canonical_link;
use super::{Limits, ReadError, flat_html, html};
use crate::model::entry::{FeedDocument, FeedEntry};
use crate::model::feed::{FeedKind, Selectors};
use crate::model::time::Timestamp;

/// Bytes of a selector.
const LONGEST_SELECTOR: usize = 500;

/// Items that may share the address of one report, on average.
const ITEMS_AN_ENTRY: usize = 4;

/// Says what is wrong with a selector.
pub fn check(selector: &str) -> Result<(), &'static str> {
    if selector.len() > LONGEST_SELECTOR {
        return Err("longer than 500 bytes");
    }
    if selector.trim_start().starts_with(['/', '(']) {
        return Err("looks like XPath; a CSS selector is needed");
    }
    Selector::parse(selector).map(|_| ()).map_err(|_| "no CSS selector")
}

/// The selectors as scraper reads them.
struct Compiled {
    item: Selector,
    link: Selector,
    title: Option<Selector>,
    date: Selector,
    summary: Option<Selector>,
}

impl Compiled {
    fn of(selectors: &Selectors) -> Result<Compiled, ReadError> {
        let parse = |selector: &str| {
            // Checked when the configuration was read; what another version wrote may differ.
            Selector::parse(selector)
                .map_err(|_| ReadError::Broken { what: format!("{selector:?} is no CSS selector") })
        };
        Ok(Compiled {
            item: parse(&selectors.item)?,
            link: parse(&selectors.link)?,
            title: selectors.title.as_deref().map(parse).transpose()?,
            date: parse(selectors.date.as_deref().unwrap_or("time[datetime]"))?,
            summary: selectors.summary.as_deref().map(parse).transpose()?,
        })
    }
}

/// Returns what the selectors find; `url` is where the page came from.
pub fn read(
    bytes: &[u8],
    content_type: Option<&str>,
    url: &Url,
    selectors: &Selectors,
    limits: &Limits,
) -> Result<FeedDocument, ReadError> {
    super::read_page(bytes, content_type, url, selectors, &Habits::default(), limits)
}

/// Reads the page's text.
pub(super) fn read_text(
    text: &str,
    url: &Url,
    selectors: &Selectors,
    habits: &Habits,
    limits: &Limits,
) -> Result<FeedDocument, ReadError> {
    if text.trim().is_empty() {
        return Err(ReadError::Empty);
    }
    let compiled = Compiled::of(selectors)?;
    let flat = flat_html::flatten(text, limits.max_page_bytes);
    let page = Html::parse_document(&flat.html);
    let lang = page.root_element().attr("lang").unwrap_or_default().trim().replace('_', "-");
    let reader = Reader { base: base_of(&page, url), url, compiled, habits, limits };
    let (entries, mut found) = reader.entries(&page);
    if entries.is_empty() {
        let (key, selector) = if found.items == 0 { ("item", &selectors.item) } else { ("link", &selectors.link) };
        return Err(ReadError::NothingFound { key, selector: selector.clone(), items: found.items });
    }
    if flat.cut {
        found.repairs.push("the page is too long and was cut".to_owned());
    }
    Ok(FeedDocument {
        kind: FeedKind::Page,
        title: title_of(&page),
        lang,
        repairs: found.told(selectors, limits),
        entries,
        ..FeedDocument::default()
    })
}

fn constant(selector: &str) -> Selector {
    Selector::parse(selector).expect("the selector is a constant")
}

/// Where relative links start: `<base>`, else the page's own address.
fn base_of(page: &Html, url: &Url) -> Url {
    let base = page.select(&constant("base[href]")).next().and_then(|base| base.attr("href"));
    base.and_then(|href| draft::link(href, Some(url))).unwrap_or_else(|| url.clone())
}

fn title_of(page: &Html) -> String {
    page.select(&constant("head title")).next().map(line).unwrap_or_default()
}

/// The element's text on one line.
fn line(element: ElementRef<'_>) -> String {
    html::visible_line(&element.inner_html(), false)
}

/// What the selectors found, and what not.
#[derive(Default)]
struct Found {
    items: usize,
    left_out: usize,
    without_link: usize,
    without_title: usize,
    without_date: usize,
    without_summary: usize,
    repairs: Vec<String>,
}

impl Found {
    fn told(self, selectors: &Selectors, limits: &Limits) -> Vec<String> {
        let mut told = self.repairs;
        let items = self.items;
        if self.without_link > 0 {
            told.push(format!("{} of {items} items have no usable link and were left out", self.without_link));
        }
        let silent = [
            ("title", &selectors.title, self.without_title),
            ("date", &selectors.date, self.without_date),
            ("summary", &selectors.summary, self.without_summary),
        ];
        for (key, _, missing) in silent.into_iter().filter(|(_, given, missing)| given.is_some() && *missing > 0) {
            told.push(format!("`{key}` finds nothing in {missing} of {items} items"));
        }
        if self.left_out > 0 {
            told.push(format!("{} items beyond the first {} left out", self.left_out, limits.max_entries));
        }
        told
    }
}

struct Reader<'l> {
    url: &'l Url,
    base: Url,
    compiled: Compiled,
    habits: &'l Habits,
    limits: &'l Limits,
}

impl Reader<'_> {
    fn entries(&self, page: &Html) -> (Vec<FeedEntry>, Found) {
        let mut found = Found::default();
        let mut entries: Vec<FeedEntry> = vec![];
        let mut seen: HashMap<String, usize> = HashMap::new();
        for item in page.select(&self.compiled.item) {
            if entries.len() >= self.limits.max_entries || found.items >= self.limits.max_entries * ITEMS_AN_ENTRY {
                found.left_out += 1;
                continue;
            }
            found.items += 1;
            let Some((link, element)) = self.link(item) else {
                found.without_link += 1;
                continue;
            };
            let key = canonical_link(&link);
            let entry = self.entry(item, element, link, &mut found);
            match seen.get(&key) {
                None => {
                    seen.insert(key, entries.len());
                    entries.push(entry);
                }
                // A picture and its headline lead to one report; the first with a title counts.
                Some(&at) if entries[at].title.is_empty() => entries[at] = entry,
                Some(_) => {}
            }
        }
        (entries, found)
    }

    /// The first link that leads away from this page, and its element.
    fn link<'a>(&self, item: ElementRef<'a>) -> Option<(Url, ElementRef<'a>)> {
        let itself = Some(item).filter(|item| item.attr("href").is_some());
        let within = item.select(&self.compiled.link).chain(itself);
        let here = canonical_link(self.url);
        let mut leading = within.filter_map(|element| {
            // A place on this page, whatever `<base>` says.
            let href = element.attr("href").filter(|href| !href.trim_start().starts_with('#'))?;
            Some((draft::link(href, Some(&self.base))?, element))
        });
        leading.find(|(link, _)| canonical_link(link) != here)
    }

    fn entry(&self, item: ElementRef<'_>, element: ElementRef<'_>, link: Url, found: &mut Found) -> FeedEntry {
        let mut draft = Draft::default();
        let title = self.title(item, element);
        let titled = !title.is_empty();
        found.without_title += usize::from(!titled);
        if titled {
            draft.title.offer(0, Title { line: title, markup: String::new() });
        }
        draft.link.offer(0, link);
        match self.date(item) {
            Some(at) => draft.published.offer(0, at),
            None => found.without_date += 1,
        }
        if let Some(selector) = &self.compiled.summary {
            let summary = item.select(selector).next();
            let summary = summary.map(|summary| html::clean(summary.inner_html().trim(), Some(&self.base)));
            let summary = summary.filter(|summary| !summary.is_empty());
            found.without_summary += usize::from(summary.is_none());
            draft.summary.offer(0, summary.unwrap_or_default());
        }
        let mut entry = draft.finish(self.limits);
        if !titled {
            // The page's own counts.
            entry.title.clear();
        }
        entry
    }

    fn title(&self, item: ElementRef<'_>, link: ElementRef<'_>) -> String {
        if let Some(selector) = &self.compiled.title {
            return item.select(selector).map(line).find(|line| !line.is_empty()).unwrap_or_default();
        }
        let heading = item.select(&constant("h1, h2, h3, h4, h5, h6")).map(line).find(|line| !line.is_empty());
        let of_links = || {
            let same = |other: &ElementRef<'_>| other.attr("href") == link.attr("href");
            let links = item.select(&self.compiled.link).filter(same).chain([link]);
            links.map(line).max_by_key(|line| line.chars().count()).filter(|line| !line.is_empty())
        };
        let said = || ["title", "aria-label"].iter().find_map(|name| link.attr(name)).map(html::fold);
        let pictured = || item.select(&constant("img[alt]")).next().and_then(|image| image.attr("alt")).map(html::fold);
        heading.or_else(of_links).or_else(said).or_else(pictured).unwrap_or_default()
    }

    /// The first date that can be read: of an attribute made for it, else of the text.
    fn date(&self, item: ElementRef<'_>) -> Option<Timestamp> {
        item.select(&self.compiled.date).find_map(|element| {
            let said = ["datetime", "content"].iter().filter_map(|name| element.attr(name));
            said.map(str::to_owned).chain([line(element)]).find_map(|text| date::parse(&text, self.habits))
        })
    }
}

#[cfg(test)]
mod tests;
