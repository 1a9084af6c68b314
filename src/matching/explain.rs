//! Why a text meets a query, or which part of the query it does not meet and what came nearest.

use std::collections::HashSet;
use std::fmt;

use serde::Serialize;

use super::evaluate::Place;
use super::find::Reading;
use super::fold;
use super::index::{Gate, Leaf, LeafId, WatchSet};
use super::names::Names;
use super::query::Scope;
use super::{QueryError, Text};
use crate::model::watch::{Field, Hit, WatchSpec};

#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    pub matched: bool,
    pub hit: Option<Hit>,
    /// The query's parts, each with what the text says to it.
    pub parts: Vec<Verdict>,
}

/// What a text says to one part of a query.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// The part, as the query has it, or in words.
    pub part: String,
    pub met: bool,
    /// The part must not be there.
    pub excluded: bool,
    /// Where it stands, or what came nearest; empty if there is nothing to say.
    pub note: String,
    pub parts: Vec<Verdict>,
}

/// Tells of each part of the watch's query whether the text meets it.
pub fn explain(watch: &WatchSpec, names: &Names, text: &Text<'_>) -> Result<Explanation, QueryError> {
    let set = WatchSet::compile(std::slice::from_ref(watch), names).map_err(|mut errors| errors.remove(0).1)?;
    let hit = set.hits(text).into_iter().next();
    let mut reading = Reading::of(&set, text);
    let parts = set.arms.iter().map(|arm| verdict(&mut reading, &arm.gate, false)).collect();
    Ok(Explanation { matched: hit.is_some(), hit, parts })
}

/// Why a text that does not meet the query nearly does: all parts but one are there, or only an exclusion stands in the way.
pub(super) fn near_miss(reading: &mut Reading<'_, '_>, gate: &Gate) -> Option<String> {
    match gate {
        Gate::And { all, none } => {
            let unmet: Vec<&Gate> = all.iter().filter(|side| !reading.met(side)).collect();
            match unmet.as_slice() {
                [] => {
                    let excluded = none.iter().find(|side| reading.met(side))?;
                    Some(format!("excluded by {}", shown(reading.set, excluded)))
                }
                [missing] if all.len() > 1 => {
                    let note = verdict(reading, missing, false).note;
                    let note = if note.is_empty() { note } else { format!(": {note}") };
                    Some(format!("all but {}{note}", shown(reading.set, missing)))
                }
                _ => None,
            }
        }
        Gate::Near { left, right, words } => {
            let gap = reading.gap(left, right)?;
            // A whole article apart is not near.
            (gap <= words * 3 + 5).then(|| format!("{gap} words apart, {words} are allowed"))
        }
        _ => None,
    }
}

/// Sides that are shown by name.
const SHOWN: usize = 4;

fn shown(set: &WatchSet, gate: &Gate) -> String {
    let list = |sides: &[Gate], between: &str| {
        let mut names: Vec<String> = sides.iter().take(SHOWN).map(|side| shown(set, side)).collect();
        if sides.len() > SHOWN {
            names.push("…".to_owned());
        }
        names.join(between)
    };
    match gate {
        Gate::Leaf(leaf) => leaf_shown(&set.leaves[*leaf as usize]),
        Gate::And { all, none } => {
            let none = none.iter().map(|side| format!(" NOT {}", shown(set, side))).collect::<String>();
            format!("({}{none})", list(all, " AND "))
        }
        Gate::Or(sides) => format!("({})", list(sides, " OR ")),
        Gate::Not(inner) => format!("NOT {}", shown(set, inner)),
        Gate::Near { left, right, words } => format!("{} NEAR/{words} {}", shown(set, left), shown(set, right)),
        Gate::Source(host) => format!("source:{host}"),
        Gate::Lang(lang) => format!("lang:{lang}"),
        Gate::Minimum { count, of } => format!("minimum({count} of {})", list(of, ", ")),
        Gate::Group { name, .. } => format!("@{name}"),
    }
}

fn leaf_shown(leaf: &Leaf) -> String {
    leaf.scope.map_or(String::new(), |scope| format!("{scope}:")) + &leaf.shown
}

fn verdict(reading: &mut Reading<'_, '_>, gate: &Gate, excluded: bool) -> Verdict {
    let met = reading.met(gate);
    let part = shown(reading.set, gate);
    let (note, parts) = match gate {
        Gate::Leaf(leaf) if met => (places(reading, *leaf), vec![]),
        Gate::Leaf(leaf) => (if excluded { String::new() } else { nearest(reading, *leaf) }, vec![]),
        Gate::And { all, none } => {
            let mut parts: Vec<Verdict> = all.iter().map(|side| verdict(reading, side, excluded)).collect();
            parts.extend(none.iter().map(|side| verdict(reading, side, !excluded)));
            (String::new(), parts)
        }
        Gate::Or(sides) | Gate::Minimum { of: sides, .. } => of_many(reading, sides, excluded),
        Gate::Group { any, .. } => match any.as_ref() {
            Gate::Or(sides) => {
                let (note, parts) = of_many(reading, sides, excluded);
                let only_alike = !met && parts.iter().any(|part| part.met);
                (if only_alike { "only what looks like the name is there".to_owned() } else { note }, parts)
            }
            other => (String::new(), vec![verdict(reading, other, excluded)]),
        },
        Gate::Not(inner) => (String::new(), vec![verdict(reading, inner, !excluded)]),
        Gate::Near { left, right, words } => {
            let note = match reading.gap(left, right) {
                Some(gap) if !met => format!("the nearest are {gap} words apart, {words} are allowed"),
                _ => String::new(),
            };
            (note, vec![verdict(reading, left, excluded), verdict(reading, right, excluded)])
        }
        Gate::Source(_) => (format!("the text is from {:?}", reading.text.source), vec![]),
        Gate::Lang(_) => (format!("the text is in {:?}", reading.text.lang), vec![]),
    };
    Verdict { part, met, excluded, note, parts }
}

/// Of many sides, those that are met, or, if none is, those that came near.
fn of_many(reading: &mut Reading<'_, '_>, sides: &[Gate], excluded: bool) -> (String, Vec<Verdict>) {
    let all: Vec<Verdict> = sides.iter().map(|side| verdict(reading, side, excluded)).collect();
    let met = all.iter().filter(|part| part.met).count();
    let note = format!("{met} of {} are there", sides.len());
    let worth_telling = |part: &Verdict| if met > 0 { part.met } else { !part.note.is_empty() || sides.len() <= SHOWN };
    (note, all.into_iter().filter(worth_telling).collect())
}

fn in_field(field: Field) -> &'static str {
    match field {
        Field::Title => "title",
        Field::Body => "text",
    }
}

/// Forms that are quoted.
const FORMS: usize = 5;

fn places(reading: &Reading<'_, '_>, leaf: LeafId) -> String {
    let places: Vec<Place> = reading.leaf_places(leaf).collect();
    let mut forms: Vec<String> = vec![];
    for place in &places {
        let raw = reading.text.field(place.field).get(place.start as usize..place.end as usize).unwrap_or_default();
        let form = format!("{raw} in the {}", in_field(place.field));
        if !forms.contains(&form) && forms.len() < FORMS {
            forms.push(form);
        }
    }
    let times = if places.len() == 1 { "once".to_owned() } else { format!("{} times", places.len()) };
    format!("{times}: {}", forms.join(", "))
}

/// What in the text comes nearest to a term that is not there.
fn nearest(reading: &Reading<'_, '_>, leaf: LeafId) -> String {
    let entry = &reading.set.leaves[leaf as usize];
    if entry.scope.is_some() && entry.readings.iter().any(|parts| reading.reading_places(parts, None).next().is_some())
    {
        let other = if entry.scope == Some(Scope::Title) { "text" } else { "title" };
        return format!("stands in the {other} only");
    }
    let written = entry.shown.trim_start_matches('=').trim_matches('"').trim_end_matches('*');
    if let Some(parts) = entry.readings.first().filter(|parts| parts.len() > 1) {
        let words: Vec<&str> = written.split_whitespace().collect();
        let (there, missing): (Vec<_>, Vec<_>) =
            parts.iter().zip(&words).partition(|(part, _)| reading.has_part(**part));
        let name = |(_, word): &(&u32, &&str)| format!("{word:?}");
        if missing.is_empty() {
            return "its words are there, but not next to each other".to_owned();
        }
        if !there.is_empty() && words.len() == parts.len() {
            let missing: Vec<String> = missing.iter().map(name).collect();
            return format!("without {}", missing.join(", "));
        }
    }
    if entry.shown.starts_with('=') {
        let plain = fold::word(written);
        if let Some(word) = words(reading).find(|word| fold::word(word) == plain) {
            return format!("only in another spelling: {word}");
        }
    }
    alike(reading, written).map_or(String::new(), |word| format!("nearest is {word}"))
}

/// Words of a text that are compared with one that is not there.
const COMPARED: usize = 20_000;

fn words<'r>(reading: &'r Reading<'_, '_>) -> impl Iterator<Item = &'r str> {
    [Field::Title, Field::Body].into_iter().flat_map(move |field| {
        let text = reading.text.field(field);
        let words = reading.scanned(field).words.iter().take(COMPARED);
        words.filter_map(move |word| text.get(word.start as usize..word.end as usize))
    })
}

/// A word of the text that differs in a letter or two, or begins as long.
fn alike(reading: &Reading<'_, '_>, written: &str) -> Option<String> {
    let wanted = fold::word(written);
    let length = wanted.chars().count();
    if !(5..=40).contains(&length) || written.contains(char::is_whitespace) {
        return None;
    }
    let begins: String = wanted.chars().take((length * 3 / 4).max(5)).collect();
    let mut seen = HashSet::new();
    let candidates = words(reading).filter(|word| word.len() < 200 && seen.insert(*word));
    let distance = |word: &str| {
        let folded = fold::word(word);
        let near = folded.chars().count().abs_diff(length) <= 2;
        let distance = if near { strsim::osa_distance(&folded, &wanted) } else { usize::MAX };
        if distance > 2 && folded.starts_with(&begins) { 2 } else { distance }
    };
    let nearest = candidates.map(|word| (distance(word), word)).min_by_key(|(distance, _)| *distance);
    nearest.filter(|(distance, _)| *distance <= 2).map(|(_, word)| word.to_owned())
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", if self.matched { "matches" } else { "does not match" })?;
        if let Some(hit) = &self.hit {
            write!(f, ", {} points\n  in the {}: {}", hit.relevance.points, in_field(hit.field), hit.sentence.text)?;
        }
        let any = self.parts.iter().any(|part| part.met);
        for part in &self.parts {
            // Of many that one of must be met, those that say something.
            if part.met || (!any && (self.parts.len() <= SHOWN || !part.note.is_empty() || !part.parts.is_empty())) {
                part.write(f, 1)?;
            }
        }
        if !any && self.parts.iter().all(|part| part.note.is_empty() && part.parts.is_empty()) {
            write!(f, "\n  nothing in the text comes near any of the {} terms", self.parts.len())?;
        }
        Ok(())
    }
}

impl Verdict {
    fn write(&self, f: &mut fmt::Formatter<'_>, depth: usize) -> fmt::Result {
        let mark = match (self.met, self.excluded) {
            (true, false) => "there   ",
            (false, false) => "missing ",
            (true, true) => "EXCLUDES",
            (false, true) => "absent, as asked",
        };
        write!(f, "\n{:indent$}{mark} {}", "", self.part, indent = depth * 2)?;
        if !self.note.is_empty() {
            write!(f, "  ({})", self.note)?;
        }
        self.parts.iter().try_for_each(|part| part.write(f, depth + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{text, watch};
    use super::*;

    fn told(query: &str, title: &str, body: &str) -> String {
        let explained = explain(&watch(query), &Names::default(), &text(title, body, "en")).expect("a query");
        format!("{query}\n{explained}\n")
    }

    #[test]
    fn the_part_that_fails_is_named_with_what_came_nearest() {
        let body = "Two families were sent straight back over the river; police in Shenyan raided a flat.";
        let told = [
            told("river raid", "", body),
            told("\"sent back\" river", "", body),
            told("\"sent home\"", "", body),
            told("Shenyang raid", "", body),
            told("title:river", "", body),
            told("=raid", "", "A RAIDED flat, a Raíd"),
            told("families NEAR/3 river", "", body),
            told("river NOT (flat OR house)", "", body),
            told("minimum(2 of river, lake, sea)", "", body),
            told("source:other.org river", "", body),
            told("unrelated OR nothing", "", body),
        ];
        insta::assert_snapshot!(told.join("\n"));
    }
}
