//! Whether a document meets a query, and the places that make it so.

use super::parse::{Node, Part, Scope, Term};
use super::tokens::{self, Document, Script, Token};
use crate::model::watch::{Field, Span};

/// What made a query true.
#[derive(Debug, Default)]
pub struct Found {
    pub terms: Vec<String>,
    pub spans: Vec<Span>,
}

/// A term's place: token range, and bytes.
#[derive(Clone, Copy)]
struct Place {
    field: Field,
    first: usize,
    last: usize,
    start: usize,
    end: usize,
}

/// Places of one term that are looked at.
const MAX_PLACES: usize = 1000;

pub fn evaluate(node: &Node, document: &Document) -> Option<Found> {
    let mut found = Found::default();
    meets(node, document, None, &mut found).then(|| {
        found.spans.sort();
        found.spans.dedup();
        found
    })
}

fn meets(node: &Node, document: &Document, scope: Option<Scope>, found: &mut Found) -> bool {
    match node {
        Node::And(sides) => {
            let exclusions = sides.iter().filter(|side| matches!(side, Node::Not(_)));
            let wanted = sides.iter().filter(|side| !matches!(side, Node::Not(_)));
            let mut part = Found::default();
            let all = wanted.map(|side| meets(side, document, scope, &mut part)).fold(true, |all, met| all & met);
            let clear = exclusions.into_iter().all(|side| meets(side, document, scope, &mut Found::default()));
            if all && clear {
                found.add(part);
            }
            all && clear
        }
        Node::Or(sides) => {
            sides.iter().map(|side| meets(side, document, scope, found)).fold(false, |any, met| any | met)
        }
        Node::Not(inner) => !meets(inner, document, scope, &mut Found::default()),
        Node::Scope { scope, inner } => meets(inner, document, Some(*scope), found),
        Node::Source(host) => document.source == *host || document.source.ends_with(&format!(".{host}")),
        Node::Lang(lang) => document.lang == *lang || document.lang.starts_with(&format!("{lang}-")),
        Node::Term(term) => {
            let places = places(term, document, scope);
            found.take(term, &places);
            !places.is_empty()
        }
        Node::Near { left, right, words } => near(left, right, *words, document, scope, found),
    }
}

fn near(left: &Node, right: &Node, words: usize, document: &Document, scope: Option<Scope>, found: &mut Found) -> bool {
    let (left, right) = (leaves(left), leaves(right));
    let mut met = false;
    for a in &left {
        let a_places = places(a, document, scope);
        for b in &right {
            for b_place in places(b, document, scope) {
                let close = |a: &&Place| {
                    let gap = if a.last < b_place.first {
                        b_place.first - a.last - 1
                    } else if b_place.last < a.first {
                        a.first - b_place.last - 1
                    } else {
                        return false;
                    };
                    a.field == b_place.field && gap <= words
                };
                if let Some(a_place) = a_places.iter().find(close) {
                    found.take(a, &[*a_place]);
                    found.take(b, &[b_place]);
                    met = true;
                }
            }
        }
    }
    met
}

fn leaves(node: &Node) -> Vec<&Term> {
    match node {
        Node::Term(term) => vec![term],
        Node::And(sides) | Node::Or(sides) => sides.iter().flat_map(leaves).collect(),
        Node::Scope { inner, .. } => leaves(inner),
        Node::Near { left, right, .. } => [leaves(left), leaves(right)].concat(),
        Node::Not(_) | Node::Source(_) | Node::Lang(_) => vec![],
    }
}

impl Found {
    fn add(&mut self, part: Found) {
        for term in part.terms {
            if !self.terms.contains(&term) {
                self.terms.push(term);
            }
        }
        self.spans.extend(part.spans);
    }

    fn take(&mut self, term: &Term, places: &[Place]) {
        if places.is_empty() {
            return;
        }
        if !self.terms.contains(&term.shown) {
            self.terms.push(term.shown.clone());
        }
        self.spans.extend(places.iter().map(|place| Span { field: place.field, start: place.start, end: place.end }));
    }
}

fn places(term: &Term, document: &Document, scope: Option<Scope>) -> Vec<Place> {
    let fields: &[Field] = match scope {
        None => &[Field::Title, Field::Body],
        Some(Scope::Title) => &[Field::Title],
        Some(Scope::Body) => &[Field::Body],
    };
    let stemmer = tokens::stemmer(&document.lang);
    let stems: Vec<String> = term.parts.iter().map(|part| tokens::stem(&part.text, stemmer.as_ref())).collect();
    let mut places = vec![];
    for field in fields {
        let tokens = document.field(*field);
        for first in 0..tokens.len() {
            if places.len() >= MAX_PLACES {
                break;
            }
            places.extend(place_at(term, &stems, tokens, first, *field));
        }
    }
    places
}

fn place_at(term: &Term, stems: &[String], tokens: &[Token], first: usize, field: Field) -> Option<Place> {
    let last = first + term.parts.len() - 1;
    let window = tokens.get(first..=last)?;
    let mut inside = None;
    for ((part, stem), token) in term.parts.iter().zip(stems).zip(window) {
        inside = Some(part_in(part, stem, token, term.exact)?);
        if token.paragraph != window[0].paragraph {
            return None;
        }
    }
    let (from, to) = inside?;
    let alone = window.len() == 1 && window[0].script == Script::Hangul;
    let start = if alone { window[0].start + from } else { window[0].start };
    let end = if alone { window[0].start + to } else { window[window.len() - 1].end };
    Some(Place { field, first, last, start, end })
}

/// The bytes of the token that the part covers.
fn part_in(part: &Part, stem: &str, token: &Token, exact: bool) -> Option<(usize, usize)> {
    let whole = (0, token.end - token.start);
    let met = match part.script {
        Script::Hangul => {
            let at = token.text.find(&part.text)?;
            // Folding leaves Hangul as it was: bytes of the folded word are bytes of the text.
            return (token.script == Script::Hangul && (!exact || at == 0)).then_some((at, at + part.text.len()));
        }
        Script::Unspaced => token.text == part.text,
        Script::Spaced if part.prefix => token.text.starts_with(&part.text),
        Script::Spaced if exact => token.text == part.text && (!part.capitals || token.capitals),
        Script::Spaced => token.text == part.text || (token.script == Script::Spaced && token.stem == stem),
    };
    met.then_some(whole)
}
