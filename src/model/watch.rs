//! A watch: a named interest; and its hits.

use serde::{Deserialize, Serialize};

use super::id::{WatchId, sha256_hex};

/// A watch as configured and checked: `query` parses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchSpec {
    pub id: WatchId,
    /// As readers see it.
    pub name: String,
    /// In the query language; a plain list of terms was joined with `OR` before.
    pub query: String,
    pub homographs: Homographs,
}

/// What becomes of a place that only looks like a name of a group: 국위선양 is not 선양.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Homographs {
    /// The report is found, and ranked lower.
    #[default]
    Lower,
    /// The place does not count; a report with no other is not found.
    Exclude,
    /// Nothing.
    Keep,
}

/// Names what a watch asks for: another text is another revision. 12 hexadecimal digits.
pub fn revision(query: &str) -> String {
    sha256_hex(query.as_bytes()).chars().take(12).collect()
}

/// Where in an article something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Field {
    Title,
    Body,
}

/// Half-open, in bytes of the field's text, on character borders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    pub field: Field,
    pub start: usize,
    pub end: usize,
}

/// A piece of an article's text with the places of the terms in it, ready to be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snippet {
    pub text: String,
    /// Half-open byte ranges of `text`, in order, not overlapping.
    pub marks: Vec<(usize, usize)>,
    /// Text was left out before or after.
    pub cut_before: bool,
    pub cut_after: bool,
}

/// One watch found in one article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    pub watch: WatchId,
    /// The terms of the query that were found, as written there, without repeats.
    pub terms: Vec<String>,
    /// What made the query true, in order of place.
    pub spans: Vec<Span>,
    /// The sentence of the first span.
    pub sentence: Snippet,
    /// The field the sentence is from.
    pub field: Field,
    /// Which query made the hit; empty for hits from before revisions were kept.
    #[serde(default)]
    pub revision: String,
    /// Each term in each form it was found in, by field, in order of place.
    #[serde(default)]
    pub forms: Vec<FoundForm>,
    #[serde(default)]
    pub relevance: Relevance,
}

/// A hit that stands only in what was taken out of a page as furniture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aside {
    /// Its places count in the text taken out, not in the article's.
    pub hit: Hit,
    /// The filter that took the text out.
    pub filter: String,
}

/// A term as it stands in the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundForm {
    pub term: String,
    pub form: String,
    pub field: Field,
    pub places: usize,
}

/// How much a hit is worth a reader's time, and why. Says nothing outside the comparison of hits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relevance {
    /// The sum of the parts, at least 0.
    pub points: i32,
    pub parts: Vec<RelevancePart>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelevancePart {
    /// In words.
    pub why: String,
    pub points: i32,
}
