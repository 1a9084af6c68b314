//! Which watches an article meets, where, and why not. Pure.
//!
//! A query is parsed into an expression of terms; a text is normalised once into tokens with their places in the
//! original; each watch is then evaluated over the tokens.

mod evaluate;
mod explain;
mod parse;
mod snippet;
mod tokens;

use crate::model::id::WatchId;
use crate::model::watch::{Hit, WatchSpec};

pub use explain::{Explanation, explain};
pub use parse::Query;

/// An article as watches read it.
#[derive(Clone, Copy, Debug)]
pub struct Text<'a> {
    pub title: &'a str,
    pub body: &'a str,
    /// Host name of the article's link; empty if none.
    pub source: &'a str,
    /// BCP 47; empty or `und` if not known.
    pub lang: &'a str,
}

/// Many watches compiled to be found in one text.
pub struct WatchSet {
    watches: Vec<(WatchId, Query)>,
}

impl WatchSet {
    /// Compiles the watches; errors name the watch.
    pub fn compile(watches: &[WatchSpec]) -> Result<WatchSet, Vec<(WatchId, QueryError)>> {
        let mut compiled = vec![];
        let mut errors = vec![];
        for watch in watches {
            match Query::parse(&watch.query) {
                Ok(query) => compiled.push((watch.id.clone(), query)),
                Err(error) => errors.push((watch.id.clone(), error)),
            }
        }
        if errors.is_empty() { Ok(WatchSet { watches: compiled }) } else { Err(errors) }
    }

    /// Every watch that the text meets, in the order of the watches.
    pub fn hits(&self, text: &Text<'_>) -> Vec<Hit> {
        let document = tokens::Document::of(text);
        let found = self.watches.iter().filter_map(|(watch, query)| {
            let found = evaluate::evaluate(&query.root, &document)?;
            Some(snippet::hit(watch, found, text))
        });
        found.collect()
    }
}

/// Why a text is not a query: where, and what to write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryError {
    /// Half-open byte range of the query's text.
    pub start: usize,
    pub end: usize,
    pub message: String,
    /// What to write instead; empty if there is nothing to say.
    pub help: String,
}

impl QueryError {
    /// The error under the query, with a caret at the place.
    pub fn with_caret(&self, query: &str) -> String {
        let before = query.get(..self.start).unwrap_or_default().chars().count();
        let width = query.get(self.start..self.end).map_or(1, |place| place.chars().count()).max(1);
        let help = if self.help.is_empty() { String::new() } else { format!("\n{}", self.help) };
        format!("{query}\n{}{} {}{help}", " ".repeat(before), "^".repeat(width), self.message)
    }
}
