//! What is legal in a query but surely not meant, each with the reason.

use super::fold::{self, Class, Script};
use super::index::WatchSet;
use super::names::Names;
use super::query::{Node, Query, Term};
use super::{QueryError, Text};
use crate::model::id::WatchId;
use crate::model::watch::{Homographs, WatchSpec};

/// In the order of the query's text. What floods its readers shows only in the archive: see [`super::Census`].
pub fn of_query(query: &Query, names: &Names) -> Vec<QueryError> {
    let mut warnings = vec![];
    let mut terms = vec![];
    query.root.each_leaf(false, &mut |leaf, excluded| {
        if let Node::Term(term) = leaf {
            warnings.extend(of_term(term, excluded));
            terms.push((term.clone(), excluded));
        }
    });
    // A long list of terms is somebody's own; comparing each with all others would take longer than it helps.
    if terms.len() <= MAX_LOOKED_UP {
        shadowed(&query.root, &mut warnings);
        let groups = Groups::of(names);
        warnings.extend(terms.iter().filter(|(_, excluded)| !excluded).filter_map(|(term, _)| groups.typo(term)));
        warnings.extend(groups.unbalanced(&terms));
    }
    warnings.sort_by_key(|warning| warning.start);
    warnings
}

const MAX_LOOKED_UP: usize = 300;

fn warning(term: &Term, message: String, help: impl Into<String>) -> QueryError {
    QueryError { start: term.origin.start, end: term.origin.end, message, help: help.into() }
}

fn of_term(term: &Term, excluded: bool) -> Option<QueryError> {
    if !term.phrase && matches!(term.text.as_str(), "and" | "or" | "not" | "near") {
        let help = format!("did you mean {}? Put it in quotes if you meant the word", term.text.to_uppercase());
        return Some(warning(term, format!("small {} is read as a word", term.text), help));
    }
    if !term.phrase && term.text.ends_with([',', ';', '、', '，']) {
        let message = "a comma is passed over here, and the word beside it must be found too".to_owned();
        return Some(warning(term, message, "write OR for one or the other; AND, or a space alone, for both"));
    }
    let letters: Vec<Class> =
        term.text.chars().map(fold::class).filter(|class| matches!(class, Class::Letter(_))).collect();
    if let [Class::Letter(Script::Hangul | Script::Unspaced)] = letters.as_slice() {
        let role = if excluded { "excludes" } else { "matches" };
        let message = format!("one syllable or character alone {role} far too much");
        return Some(warning(term, message, "write the whole word"));
    }
    let strange =
        term.text.split(|c| !matches!(fold::class(c), Class::Letter(_) | Class::Mark)).find_map(look_alike)?;
    let message =
        format!("{strange:?} looks like a Latin letter and is none: this matches no word that is spelled right");
    Some(warning(term, message, "write the word anew"))
}

/// Letters of Cyrillic and Greek that look like Latin ones.
const LOOK_ALIKES: &str = "аеорсухіјѕԁһӏьАВЕКМНОРСТХІЈЅοαυνρτικΑΒΕΖΗΙΚΜΝΟΡΤΥΧ";

/// A letter in a Latin word that only looks like one of Latin; or of Latin in a word of Cyrillic.
fn look_alike(word: &str) -> Option<char> {
    let latin = word.chars().filter(char::is_ascii_alphabetic).count();
    let foreign = word.chars().find(|c| LOOK_ALIKES.contains(*c));
    let other = word.chars().any(|c| matches!(c, '\u{0370}'..='\u{052f}'));
    (latin > 0 && other)
        .then_some(foreign)
        .flatten()
        .or_else(|| (latin > 0 && other).then(|| word.chars().next()).flatten())
}

/// Terms whose own text holds what is excluded beside them.
fn shadowed(node: &Node, warnings: &mut Vec<QueryError>) {
    if let Node::And(sides) = node {
        let excluded: Vec<&Node> = sides
            .iter()
            .filter_map(|side| if let Node::Not(inner) = side { Some(inner.as_ref()) } else { None })
            .collect();
        for inner in excluded {
            let Some(set) = alone(inner) else { continue };
            for side in sides.iter().filter(|side| !matches!(side, Node::Not(_))) {
                side.each_leaf(false, &mut |leaf, negated| {
                    if let (Node::Term(term), false) = (leaf, negated)
                        && !set.matching(&Text { title: "", body: &term.text, source: "", lang: "" }).is_empty()
                    {
                        let message = "this can never match: it holds what is excluded beside it".to_owned();
                        warnings.push(warning(term, message, format!("take out NOT {inner}, or make it longer")));
                    }
                });
            }
        }
    }
    match node {
        Node::And(sides) | Node::Or(sides) | Node::Minimum { of: sides, .. } => {
            sides.iter().for_each(|side| shadowed(side, warnings));
        }
        Node::Not(inner) | Node::Scope { inner, .. } => shadowed(inner, warnings),
        Node::Near { .. } | Node::Source(_) | Node::Lang(_) | Node::Term(_) | Node::Group { .. } => {}
    }
}

/// A part of a query as a watch of its own; groups and what has no words are left to the reader.
fn alone(node: &Node) -> Option<WatchSet> {
    let (homographs, name) = (Homographs::Keep, String::new());
    let watch = WatchSpec { id: WatchId::from_stored("excluded"), name, query: node.to_string(), homographs };
    WatchSet::compile(&[watch], &Names::default()).ok()
}

/// The terms of all groups, to be compared with.
struct Groups<'n> {
    names: &'n Names,
    /// A group, and one of its terms of one Latin word, folded.
    words: Vec<(&'n str, String)>,
}

/// Kinds of writing that a list should have all or say why not.
#[derive(Clone, Copy, PartialEq)]
enum Writing {
    Latin,
    Han,
    Hangul,
    Other,
}

fn writing(text: &str) -> Writing {
    let of = |c: char| match fold::class(c) {
        Class::Letter(Script::Hangul) => Some(Writing::Hangul),
        Class::Letter(Script::Unspaced) if ('\u{3400}'..='\u{9fff}').contains(&c) => Some(Writing::Han),
        Class::Letter(Script::Spaced(fold::Alphabet::Latin)) => Some(Writing::Latin),
        Class::Letter(_) => Some(Writing::Other),
        _ => None,
    };
    text.chars().find_map(of).unwrap_or(Writing::Other)
}

impl<'n> Groups<'n> {
    fn of(names: &'n Names) -> Groups<'n> {
        let words = names.groups().flat_map(|group| {
            let single = group
                .terms
                .iter()
                .filter(|term| term.chars().all(char::is_alphabetic) && writing(term) == Writing::Latin);
            single.map(|term| (group.name.as_str(), fold::word(term)))
        });
        Groups { names, words: words.collect() }
    }

    /// A word one letter away from a group's, two if it is long.
    fn typo(&self, term: &Term) -> Option<QueryError> {
        let folded = fold::word(&term.text);
        let length = folded.chars().count();
        if length < 6
            || term.exact
            || !term.text.chars().all(char::is_alphabetic)
            || writing(&term.text) != Writing::Latin
        {
            return None;
        }
        if self.words.iter().any(|(_, word)| *word == folded) {
            return None;
        }
        let allowed = if length >= 9 { 2 } else { 1 };
        let near = |word: &String| {
            word.chars().count().abs_diff(length) <= allowed && strsim::osa_distance(word, &folded) <= allowed
        };
        let (group, word) = self.words.iter().find(|(_, word)| near(word))?;
        // A form of the group's word is no slip.
        let is_form = alone(&Node::Term(Term { text: word.clone(), ..term.clone() }))?;
        if !is_form.matching(&Text { title: &term.text, body: "", source: "", lang: "en" }).is_empty() {
            return None;
        }
        Some(warning(
            term,
            format!("is this {word:?}, slightly misspelled?"),
            format!("@{group} holds it in all its spellings"),
        ))
    }

    /// A query that has some spellings of a name and not those in a writing that it uses elsewhere.
    fn unbalanced(&self, terms: &[(Term, bool)]) -> Vec<QueryError> {
        let used: Vec<Writing> = terms.iter().map(|(term, _)| writing(&term.text)).collect();
        let mut warnings = vec![];
        for group in self.names.groups() {
            let has = |writing_of: Writing, term: &str| writing(term) == writing_of;
            let own: Vec<&Term> = terms
                .iter()
                .filter(|(term, excluded)| {
                    !excluded && group.terms.iter().any(|known| known.trim_start_matches('=') == term.text)
                })
                .map(|(term, _)| term)
                .collect();
            // One common word of many groups says nothing of what its writer had in mind.
            let Some(first) = own.first().filter(|_| own.len() >= 2) else { continue };
            for kind in [Writing::Latin, Writing::Han, Writing::Hangul] {
                let missing: Vec<&str> =
                    group.terms.iter().map(String::as_str).filter(|term| has(kind, term)).collect();
                if missing.is_empty() || !used.contains(&kind) || own.iter().any(|term| has(kind, &term.text)) {
                    continue;
                }
                let message = format!("of @{} this query has no {}", group.name, missing.join(", "));
                warnings.push(warning(first, message, format!("write @{} for all spellings", group.name)));
            }
        }
        warnings
    }
}

#[cfg(test)]
mod tests {
    use super::super::names::NameGroup;
    use super::*;

    fn told(query: &str) -> String {
        let mut names = Names::default();
        let terms = ["Shenyang", "Mukden", "沈阳", "선양"].map(str::to_owned).to_vec();
        names
            .add(NameGroup { name: "shenyang".into(), about: String::new(), terms, homographs: vec![] })
            .expect("sound");
        let query_read = Query::parse_with(query, &names).expect(query);
        let warnings = query_read.warnings(&names);
        warnings.iter().map(|warning| warning.with_caret(query) + "\n").collect()
    }

    #[test]
    fn each_defect_is_named_with_its_reason() {
        let told = [
            "북",
            "raid NOT 송",
            "Shenyang and river",
            "북송 NOT 송환 NOT 송",
            "(\"night raid\" OR river) NOT raid",
            "Shen\u{443}ang",
            "Shenyan",
            "bus, customs",
            "Shenyang OR Mukden OR 선양 OR 遣返",
        ]
        .map(told);
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn what_is_sound_is_left_alone() {
        for query in [
            "Shenyang",
            "raid NOT film",
            "북송 NOT 송환",
            "repatriations",
            "казнь",
            "G20",
            "=WHO",
            "Москва OR Москве",
            "sandals",
        ] {
            assert_eq!(told(query), "", "{query}");
        }
    }
}
