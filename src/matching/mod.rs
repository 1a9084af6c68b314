//! Which watches an article meets, where, and why not. Pure.
//!
//! A query ([`Query`], grammar in `parse`) becomes a tree of terms. Many watches are compiled into one [`WatchSet`]
//! (`index`). A text is read once (`scan`): into words of spaced scripts and rows of characters of the others, each with
//! its place in the original. Words are looked up by their forms in the text's language (`forms`, `families.txt`), rows by
//! their first folded characters (`fold`, `rows`); then only the watches whose rarest term was found are evaluated
//! (`find`, `evaluate`). The cost of a text hardly grows with the number of watches.
//!
//! Promises: any string is a query or an error with a place; a text takes time in proportion to its length, whatever it
//! holds; spans are bytes of the original, on character borders.

mod census;
mod evaluate;
mod explain;
mod find;
mod fold;
mod forms;
mod hash;
mod hit;
mod index;
mod lex;
mod lint;
mod lists;
mod memo;
mod names;
mod parse;
mod parts;
mod query;
mod relevance;
mod rows;
mod scan;
mod snippet;
mod term;
#[cfg(test)]
mod tests;
mod trial;

use crate::model::watch::{Field, Hit};

pub use census::Census;
pub use explain::{Explanation, explain};
pub use index::{Revision, WatchSet, revisions};
pub use names::{NameError, NameFinder, NameGroup, Names, Suggestion, term_as_query};
pub use query::Query;

pub use trial::Trial;

use find::Reading;

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

impl<'a> Text<'a> {
    fn field(&self, field: Field) -> &'a str {
        match field {
            Field::Title => self.title,
            Field::Body => self.body,
        }
    }
}

impl WatchSet {
    /// Every watch that the text meets, in the order of the watches.
    pub fn hits(&self, text: &Text<'_>) -> Vec<Hit> {
        let mut reading = Reading::of(self, text);
        let arms = reading.met_arms();
        let by_watch = arms.chunk_by(|a, b| self.arms[*a as usize].watch == self.arms[*b as usize].watch);
        let mut hits = vec![];
        for arms in by_watch {
            let mut places = vec![];
            for arm in arms {
                reading.collect(&self.arms[*arm as usize].gate, &mut places);
            }
            if let Some(arm) = arms.first() {
                let watch = &self.watches[self.arms[*arm as usize].watch as usize];
                hits.push(hit::hit(&reading, watch, places));
            }
        }
        hits
    }

    /// The watches that the text meets, as places in the list that was compiled: what [`WatchSet::hits`] would tell of,
    /// at a fraction of its cost.
    pub fn matching(&self, text: &Text<'_>) -> Vec<usize> {
        let mut met: Vec<usize> = vec![];
        for arm in Reading::of(self, text).met_arms() {
            let watch = self.arms[arm as usize].watch as usize;
            if met.last() != Some(&watch) {
                met.push(watch);
            }
        }
        met
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
    /// The error under the query's line, with a caret at the place.
    pub fn with_caret(&self, query: &str) -> String {
        let start = query.floor_char_boundary(self.start);
        let line_start = query[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = query[start..].find('\n').map_or(query.len(), |at| start + at);
        let line = &query[line_start..line_end];
        let before = unicode_width::UnicodeWidthStr::width(&query[line_start..start]);
        let marked = &query[start..query.floor_char_boundary(self.end).clamp(start, line_end)];
        let width = unicode_width::UnicodeWidthStr::width(marked).max(1);
        let help = if self.help.is_empty() { String::new() } else { format!("\n{}", self.help) };
        format!("{line}\n{}{} {}{help}", " ".repeat(before), "^".repeat(width), self.message)
    }
}
