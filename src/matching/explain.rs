//! Why a text meets a query, or which part of the query it does not meet.

use std::fmt;

use serde::Serialize;

use super::Text;
use super::evaluate::evaluate;
use super::parse::{Node, Query};
use super::snippet;
use super::tokens::Document;
use crate::model::id::WatchId;
use crate::model::watch::Hit;

#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    pub matched: bool,
    pub hit: Option<Hit>,
    /// Each term of the query, with how often it stands in the text.
    pub terms: Vec<TermCount>,
}

#[derive(Clone, Debug, Serialize)]
pub struct TermCount {
    pub term: String,
    pub places: usize,
    /// It stands under NOT.
    pub excluded: bool,
}

pub fn explain(query: &Query, text: &Text<'_>) -> Explanation {
    let document = Document::of(text);
    let found = evaluate(&query.root, &document);
    let mut terms = vec![];
    count(&query.root, &document, false, &mut terms);
    let hit = found.map(|found| snippet::hit(&WatchId::from_stored("query"), found, text));
    Explanation { matched: hit.is_some(), hit, terms }
}

fn count(node: &Node, document: &Document, excluded: bool, terms: &mut Vec<TermCount>) {
    match node {
        Node::And(sides) | Node::Or(sides) => sides.iter().for_each(|side| count(side, document, excluded, terms)),
        Node::Not(inner) => count(inner, document, !excluded, terms),
        Node::Scope { inner, .. } => count(inner, document, excluded, terms),
        Node::Near { left, right, .. } => {
            [left, right].into_iter().for_each(|side| count(side, document, excluded, terms))
        }
        Node::Source(_) | Node::Lang(_) => {}
        Node::Term(term) => {
            let places = evaluate(node, document).map_or(0, |found| found.spans.len());
            terms.push(TermCount { term: term.to_string(), places, excluded });
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", if self.matched { "matches" } else { "does not match" })?;
        for TermCount { term, places, excluded } in &self.terms {
            let role = if *excluded { "excluded, " } else { "" };
            writeln!(f, "  {term}: {role}{places} places")?;
        }
        if let Some(hit) = &self.hit {
            write!(f, "  in: {}", hit.sentence.text)?;
        }
        Ok(())
    }
}
