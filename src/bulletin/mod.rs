//! Writes a watch's newest hits as a feed that others' programs read: Atom (RFC 4287) and JSON Feed 1.1.
//!
//! Pure: the same hits give the same bytes. Texts from outside can neither break the form nor turn the line around.

mod atom;
mod json;

pub use atom::atom;
pub use json::json;

use crate::model::bulletin::{Bulletin, BulletinHit};
use crate::model::time::Timestamp;

/// The forms a bulletin is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Atom,
    Json,
}

impl Form {
    pub const ALL: [Form; 2] = [Form::Atom, Form::Json];

    /// What its file's name ends in.
    pub fn extension(self) -> &'static str {
        match self {
            Form::Atom => "atom",
            Form::Json => "json",
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Form::Atom => "application/atom+xml; charset=utf-8",
            Form::Json => "application/feed+json; charset=utf-8",
        }
    }

    /// `domain` is one of ours: what makes the ids of feed and entries unique (RFC 4151).
    pub fn write(self, bulletin: &Bulletin, domain: &str) -> String {
        match self {
            Form::Atom => atom(bulletin, domain),
            Form::Json => json(bulletin, domain),
        }
    }
}

fn feed_id(bulletin: &Bulletin, domain: &str) -> String {
    format!("tag:{domain},2026:newsvigil:{}", bulletin.watch)
}

fn hit_id(bulletin: &Bulletin, hit: &BulletinHit, domain: &str) -> String {
    format!("{}:{}", feed_id(bulletin, domain), hit.entry)
}

/// When the newest hit was found.
fn updated(bulletin: &Bulletin) -> Timestamp {
    bulletin.hits.iter().map(|hit| hit.found_at).max().unwrap_or(Timestamp::EPOCH)
}

fn headline(hit: &BulletinHit) -> String {
    let headline = clean(&hit.headline);
    if headline.trim().is_empty() { "(no headline)".to_owned() } else { headline }
}

/// The text's language; empty where it is not known.
fn language(hit: &BulletinHit) -> &str {
    if hit.lang == "und" { "" } else { &hit.lang }
}

/// The sentence as HTML, the terms in `<mark>`, with `…` where text was left out.
fn sentence_html(hit: &BulletinHit) -> String {
    let sentence = &hit.sentence;
    let mut html = String::new();
    let mut from = 0;
    for (start, end) in &sentence.marks {
        let (Some(before), Some(marked)) = (sentence.text.get(from..*start), sentence.text.get(*start..*end)) else {
            continue;
        };
        html.push_str(&format!("{}<mark>{}</mark>", escaped(before), escaped(marked)));
        from = *end;
    }
    html.push_str(&escaped(sentence.text.get(from..).unwrap_or_default()));
    let (before, after) = (if sentence.cut_before { "…" } else { "" }, if sentence.cut_after { "…" } else { "" });
    format!("<p>{before}{html}{after}</p>")
}

/// For element content and attribute values, of XML as of HTML.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

/// Without what XML cannot hold, controls, and what turns the direction of writing.
fn clean(text: &str) -> String {
    let kept = |c: &char| {
        !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}') && !c.is_control()
    };
    text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(kept).collect()
}

#[cfg(test)]
mod tests;
