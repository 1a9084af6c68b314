//! What is legal in a query but surely not meant.

use super::QueryError;
use super::fold::{self, Class, Script};
use super::query::{Node, Query, Term};

/// What the query alone tells, in the order of its text.
pub fn of_query(query: &Query) -> Vec<QueryError> {
    let mut warnings = vec![];
    query.root.each_leaf(false, &mut |leaf, excluded| {
        if let Node::Term(term) = leaf {
            warnings.extend(of_term(term, excluded));
        }
    });
    warnings.sort_by_key(|warning| warning.start);
    warnings
}

fn warning(term: &Term, message: String, help: &str) -> QueryError {
    QueryError { start: term.origin.start, end: term.origin.end, message, help: help.to_owned() }
}

fn of_term(term: &Term, excluded: bool) -> Option<QueryError> {
    if !term.phrase && matches!(term.text.as_str(), "and" | "or" | "not" | "near") {
        let help = format!("did you mean {}? Put it in quotes if you meant the word", term.text.to_uppercase());
        return Some(warning(term, format!("small {} is read as a word", term.text), &help));
    }
    let letters: Vec<Class> =
        term.text.chars().map(fold::class).filter(|class| matches!(class, Class::Letter(_))).collect();
    if let [Class::Letter(Script::Hangul | Script::Unspaced)] = letters.as_slice() {
        let role = if excluded { "excludes" } else { "matches" };
        let message = format!("one syllable or character alone {role} far too much");
        return Some(warning(term, message, "write the whole word"));
    }
    None
}
