//! A watch: a named interest; and its hits.

use serde::{Deserialize, Serialize};

use super::id::WatchId;

/// A watch as configured and checked: `query` parses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WatchSpec {
    pub id: WatchId,
    /// As readers see it.
    pub name: String,
    /// In the query language; a plain list of terms was joined with `OR` before.
    pub query: String,
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
}
