//! A `[[source]]` block as it is written into a configuration. Nothing in it can break out of its quotes.

use std::fmt;
use std::time::Duration;

use url::Url;

use crate::model::feed::{FeedKind, Selectors};

/// What a new source says; what is empty or usual is left out.
#[derive(Clone, Debug)]
pub struct SourceBlock {
    pub url: Url,
    pub name: String,
    pub lang: String,
    pub every: Option<Duration>,
    /// As it was typed.
    pub route: String,
    pub kind: FeedKind,
    pub selectors: Option<Selectors>,
}

impl SourceBlock {
    pub fn of(url: Url) -> SourceBlock {
        let (name, lang, route) = (String::new(), String::new(), String::new());
        SourceBlock { url, name, lang, every: None, route, kind: FeedKind::Syndication, selectors: None }
    }
}

impl fmt::Display for SourceBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "[[source]]")?;
        let mut key = |name: &str, value: &str| {
            if value.is_empty() { Ok(()) } else { writeln!(f, "{name} = {}", quoted(value)) }
        };
        key("url", self.url.as_str())?;
        key("name", &self.name)?;
        key("lang", &self.lang)?;
        if self.kind != FeedKind::Syndication {
            key("kind", self.kind.word())?;
        }
        if let Some(selectors) = &self.selectors {
            key("item", &selectors.item)?;
            key("link", if selectors.link == Selectors::LINK { "" } else { &selectors.link })?;
            key("title", selectors.title.as_deref().unwrap_or_default())?;
            key("date", selectors.date.as_deref().unwrap_or_default())?;
            key("summary", selectors.summary.as_deref().unwrap_or_default())?;
        }
        key("every", &self.every.map(shown).unwrap_or_default())?;
        key("route", &self.route)
    }
}

/// As the configuration reads it.
pub fn shown(length: Duration) -> String {
    let seconds = length.as_secs();
    for (unit, of) in [("d", 86_400), ("h", 3_600), ("m", 60)] {
        if seconds >= of && seconds.is_multiple_of(of) {
            return format!("{}{unit}", seconds / of);
        }
    }
    format!("{seconds}s")
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
