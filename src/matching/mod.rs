//! Which watches an article meets, where, and why not. Pure.

use crate::model::watch::{Hit, WatchSpec};

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

/// Many watches compiled to be found in one pass.
pub struct WatchSet {}

impl WatchSet {
    /// Compiles the watches; errors name the watch.
    pub fn compile(watches: &[WatchSpec]) -> Result<WatchSet, Vec<(crate::model::id::WatchId, QueryError)>> {
        todo!()
    }

    /// Every watch that the text meets, in the order of the watches.
    pub fn hits(&self, text: &Text<'_>) -> Vec<Hit> {
        todo!()
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

pub struct Query {}
impl Query {
    pub fn warnings(&self) -> Vec<QueryError> {
        todo!()
    }
    pub fn parse(q: &str) -> Result<Query, QueryError> {
        todo!()
    }
}
#[derive(serde::Serialize)]
pub struct Explanation {}
impl std::fmt::Display for Explanation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        todo!()
    }
}
pub fn explain(q: &Query, t: &Text<'_>) -> Explanation {
    todo!()
}
impl QueryError {
    pub fn with_caret(&self, q: &str) -> String {
        todo!()
    }
}
