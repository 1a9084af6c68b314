//! Watches over what was taken out of a page: nothing that a reader asked for is dropped unsaid, and no menu makes an alert.

use super::Plan;
use crate::matching::{Text, WatchSet};
use crate::model::article::{Article, Removed};
use crate::model::id::sha256_hex;
use crate::model::watch::{Aside, Hit};
use crate::store::OwedAside;

/// What watches find in what was taken out of the article's page and not in the article, whose `hits` these are.
pub fn found(watch_set: &WatchSet, article: &Article, source: &str, hits: &[Hit]) -> Vec<Aside> {
    let taken: Vec<&Removed> = article.removed.iter().filter(|removed| !removed.stayed).collect();
    if taken.is_empty() {
        return Vec::new();
    }
    let texts: Vec<&str> = taken.iter().map(|removed| removed.text.as_str()).collect();
    let body = texts.join("\n\n");
    let found = watch_set.hits(&Text { title: "", body: &body, source, lang: &article.lang }).into_iter();
    let only_there = found.filter(|hit| !hits.iter().any(|known| known.watch == hit.watch));
    only_there.map(|hit| Aside { filter: filter_at(&taken, &hit), hit }).collect()
}

/// The filter that took out the text in which the hit's first place stands.
fn filter_at(taken: &[&Removed], hit: &Hit) -> String {
    let place = hit.spans.first().map_or(0, |span| span.start);
    let mut end = 0;
    let there = taken.iter().find(|removed| {
        end += removed.text.len() + "\n\n".len();
        place < end
    });
    there.map(|removed| removed.filter.clone()).unwrap_or_default()
}

/// Who is to be told of asides, each line once.
pub fn owed(plan: &Plan, asides: &[Aside]) -> Vec<OwedAside> {
    let mut owed = Vec::new();
    for aside in asides {
        let line = line(&aside.hit.sentence.text);
        let followers = plan.recipients.iter().filter(|recipient| recipient.follows(&aside.hit.watch));
        owed.extend(followers.map(|recipient| OwedAside {
            recipient: recipient.id.clone(),
            watch: aside.hit.watch.clone(),
            line: line.clone(),
        }));
    }
    owed
}

/// Stands for a line, whatever its marks and capitals: a teaser is the same on each page that shows it.
fn line(text: &str) -> String {
    let letters: String = text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    sha256_hex(letters.as_bytes()).chars().take(24).collect()
}
