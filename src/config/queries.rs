//! How a watch's terms and query are checked, and where in the file a mistake in them stands.
//!
//! The query language lives in `matching`; here only the way from its byte ranges to those of the file.

use std::ops::Range;

use crate::matching::Names;

/// What is wrong with a query, or surely not meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryProblem {
    /// Half-open byte range of the query's text.
    pub start: usize,
    pub end: usize,
    pub message: String,
    /// What to write instead; empty if there is nothing to say.
    pub help: String,
}

/// Reads a query: warnings, or why it is none.
pub type QueryCheck<'c> = dyn Fn(&str, &Names) -> Result<Vec<QueryProblem>, QueryProblem> + 'c;

/// Words that are operators in a query.
const OPERATORS: [&str; 4] = ["AND", "OR", "NOT", "NEAR"];
/// True if a term of a plain list was surely meant as a query.
pub(super) fn looks_like_a_query(term: &str) -> bool {
    let words: Vec<&str> = term.split_whitespace().collect();
    let near = |word: &str| word.strip_prefix("NEAR/").is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
    let inner = words.get(1..words.len().saturating_sub(1)).unwrap_or_default();
    inner.iter().any(|word| OPERATORS.contains(word) || near(word))
        || words.first() == Some(&"NOT")
        || (term.contains('(') && term.contains(')') && words.len() > 2 && term.contains('"'))
}

/// Finds the place in the file of a byte range of a value: `span` is the value with its quotes. Where escapes or
/// several lines make the way unsure, the whole value.
pub(super) fn place_in_file(text: &str, span: Range<usize>, value: &str, range: Range<usize>) -> Range<usize> {
    let Some(raw) = text.get(span.clone()) else {
        return span;
    };
    // The value may have been trimmed; without escapes it stands in the raw text letter for letter, once.
    let quoted = raw.strip_prefix("\"\"\"").or_else(|| raw.strip_prefix("'''"));
    let inner = quoted.unwrap_or_else(|| raw.get(1..).unwrap_or_default());
    match inner.find(value) {
        Some(at) if range.start <= range.end && range.end <= value.len() => {
            let offset = span.start + (raw.len() - inner.len()) + at;
            offset + range.start..offset + range.end
        }
        _ => span,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_among_the_terms_is_noticed() {
        for term in ["Shenyang AND repatriat*", "border NEAR/3 guards", "NOT weather"] {
            assert!(looks_like_a_query(term), "{term}");
        }
        for term in ["Médecins AND", "forced return", "OR", "Ministry (of Unification)", "rock and roll"] {
            assert!(!looks_like_a_query(term), "{term}");
        }
    }

    #[test]
    fn the_place_of_a_mistake_is_found_through_quotes_but_not_through_escapes() {
        let text = r#"query = "(a AND b""#;
        assert_eq!(&text[place_in_file(text, 8..18, "(a AND b", 3..6)], "AND");
        let text = "query = '\"x\" AND'";
        assert_eq!(&text[place_in_file(text, 8..17, "\"x\" AND", 4..7)], "AND");
        let text = r#"query = "\"x\" AND""#;
        assert_eq!(place_in_file(text, 8..19, "\"x\" AND", 4..7), 8..19);
        let text = "query = \"\"\"\n  (a\n OR b\"\"\"";
        assert_eq!(&text[place_in_file(text, 8..text.len(), "(a\n OR b", 4..6)], "OR");
    }
}
