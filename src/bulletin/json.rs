//! JSON Feed 1.1, <https://www.jsonfeed.org/version/1.1/>, with what else is known of a hit under `_newsvigil`.

use serde::Serialize;

use super::{clean, feed_id, headline, hit_id, language, sentence_html};
use crate::model::bulletin::{Bulletin, BulletinHit};

#[derive(Serialize)]
struct Feed {
    version: &'static str,
    title: String,
    _newsvigil: About,
    items: Vec<Item>,
}

#[derive(Serialize)]
struct About {
    id: String,
    watch: String,
}

#[derive(Serialize)]
struct Item {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    title: String,
    content_html: String,
    content_text: String,
    date_published: String,
    date_modified: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    language: String,
    authors: Vec<Author>,
    tags: Vec<String>,
    _newsvigil: Times,
}

#[derive(Serialize)]
struct Author {
    name: String,
}

#[derive(Serialize)]
struct Times {
    entry: String,
    /// By newsvigil.
    first_seen: String,
    found_at: String,
    /// By the outlet.
    #[serde(skip_serializing_if = "Option::is_none")]
    dated: Option<String>,
}

/// The bulletin as a JSON Feed.
pub fn json(bulletin: &Bulletin, domain: &str) -> String {
    let feed = Feed {
        version: "https://jsonfeed.org/version/1.1",
        title: clean(&bulletin.name),
        _newsvigil: About { id: feed_id(bulletin, domain), watch: bulletin.watch.to_string() },
        items: bulletin.hits.iter().map(|hit| item(bulletin, hit, domain)).collect(),
    };
    let mut text = serde_json::to_string_pretty(&feed).expect("texts can always be written as JSON");
    text.push('\n');
    text
}

fn item(bulletin: &Bulletin, hit: &BulletinHit, domain: &str) -> Item {
    Item {
        id: hit_id(bulletin, hit, domain),
        url: hit.link.as_ref().map(ToString::to_string),
        title: headline(hit),
        content_html: sentence_html(hit),
        content_text: clean(&hit.sentence.text),
        date_published: hit.dated.unwrap_or(hit.first_seen).to_string(),
        date_modified: hit.found_at.to_string(),
        language: clean(language(hit)),
        authors: vec![Author { name: clean(&hit.outlet) }],
        tags: hit.terms.iter().map(|term| clean(term)).collect(),
        _newsvigil: Times {
            entry: hit.entry.to_string(),
            first_seen: hit.first_seen.to_string(),
            found_at: hit.found_at.to_string(),
            dated: hit.dated.map(|dated| dated.to_string()),
        },
    }
}
