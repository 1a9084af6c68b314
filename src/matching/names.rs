//! Name groups: all spellings of one place, person or idea, in all scripts, used in a query as `@name`.
//!
//! A group's homographs are what looks like one of its terms and is something else: 국위선양 holds 선양 and is no city.
//! A watch says whether a report that holds nothing but homographs is left out or only ranked lower.

use std::collections::BTreeMap;
use std::fmt;

use super::index::WatchSet;
use super::lex;
use super::query::{Node, Origin, Query};
use super::{QueryError, Text};
use crate::model::id::WatchId;
use crate::model::watch::{Hit, Homographs, WatchSpec};

/// A group as it is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameGroup {
    /// Small letters, digits, hyphens.
    pub name: String,
    /// What it stands for, in words.
    pub about: String,
    /// Each a term as in a plain list: a word, or words that stand together; `=` before it for this spelling only.
    pub terms: Vec<String>,
    /// Each a query; where one is found, the group's terms at its places mean something else.
    pub homographs: Vec<String>,
}

/// The groups that queries may use.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Names {
    groups: BTreeMap<String, Group>,
}

/// Says how many: hundreds of terms would bury whatever is shown beside them.
impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Names({} groups)", self.groups.len())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    pub written: NameGroup,
    /// Terms only.
    pub terms: Vec<Node>,
    pub homographs: Vec<Node>,
}

/// A group that a term belongs to.
#[derive(Clone, Debug)]
pub struct Suggestion<'n> {
    pub group: &'n NameGroup,
    /// The group's other terms.
    pub missing: Vec<&'n str>,
}

/// Why a group cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{written:?}: {error}")]
pub struct NameError {
    /// The term or homograph that is wrong.
    pub written: String,
    pub in_terms: bool,
    pub error: QueryError,
}

impl Names {
    /// Adds a group; on a mistake, tells every one and adds what is sound. A group of the same name gives way.
    pub fn add(&mut self, written: NameGroup) -> Result<(), Vec<NameError>> {
        let mut errors = vec![];
        let mut read = |text: &str, written: &str, in_terms: bool| match Query::parse(text) {
            Ok(query) => Some(query.root),
            Err(error) => {
                errors.push(NameError { written: written.to_owned(), in_terms, error });
                None
            }
        };
        let terms = written.terms.iter().filter_map(|term| read(&term_as_query(term), term, true)).collect();
        let homographs = written.homographs.iter().filter_map(|text| read(text, text, false)).collect();
        self.groups.insert(written.name.clone(), Group { written, terms, homographs });
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Group> {
        self.groups.get(name)
    }

    /// All groups, by name.
    pub fn groups(&self) -> impl Iterator<Item = &NameGroup> {
        self.groups.values().map(|group| &group.written)
    }

    /// The groups that a term belongs to, and what else they hold: the term's own first, then those that hold much else.
    pub fn suggest(&self, term: &str) -> Vec<Suggestion<'_>> {
        let groups: Vec<&NameGroup> = self.groups().collect();
        let watches: Vec<WatchSpec> = groups.iter().map(|group| group.as_watch(Homographs::Keep)).collect();
        let Ok(set) = WatchSet::compile(&watches, self) else { return vec![] };
        let hits = set.hits(&Text { title: term, body: "", source: "", lang: "" });
        let suggestion = |hit: Hit| {
            let group = groups.iter().find(|group| group.name == hit.watch.as_str())?;
            let has = |written: &&String| !hit.terms.contains(&term_as_query(written));
            Some(Suggestion { group, missing: group.terms.iter().filter(has).map(String::as_str).collect() })
        };
        let mut suggestions: Vec<Suggestion<'_>> = hits.into_iter().filter_map(suggestion).collect();
        suggestions.sort_by_key(|suggestion| suggestion.missing.len());
        suggestions
    }

    pub(super) fn check(&self, name: &str, origin: Origin) -> Result<(), QueryError> {
        if self.groups.contains_key(name) {
            return Ok(());
        }
        let nearest = self.groups.keys().map(|known| (strsim::osa_distance(name, known), known)).min();
        let help = match nearest {
            Some((distance, known)) if distance <= 2 => format!("did you mean @{known}?"),
            Some(_) => "`newsvigil names` lists the groups; they stand in names.toml".to_owned(),
            None => "there are no groups here; they stand in names.toml".to_owned(),
        };
        lex::error(origin.start, origin.end, format!("there is no group @{name}"), help)
    }
}

impl NameGroup {
    fn as_watch(&self, homographs: Homographs) -> WatchSpec {
        WatchSpec {
            id: WatchId::from_stored(self.name.clone()),
            name: String::new(),
            query: format!("@{}", self.name),
            homographs,
        }
    }
}

/// Tells which name groups a text holds: all groups compiled to be found at once.
pub struct NameFinder {
    groups: Vec<String>,
    set: WatchSet,
}

impl NameFinder {
    /// A group that cannot be compiled is left out; checking the names has said so.
    pub fn of(names: &Names) -> NameFinder {
        let watches: Vec<WatchSpec> = names.groups().map(|group| group.as_watch(Homographs::Exclude)).collect();
        let sound: Vec<WatchSpec> = match WatchSet::compile(&watches, names) {
            Ok(set) => {
                return NameFinder { groups: watches.into_iter().map(|watch| watch.id.to_string()).collect(), set };
            }
            Err(errors) => {
                watches.into_iter().filter(|watch| !errors.iter().any(|(wrong, _)| *wrong == watch.id)).collect()
            }
        };
        match WatchSet::compile(&sound, names) {
            Ok(set) => NameFinder { groups: sound.into_iter().map(|watch| watch.id.to_string()).collect(), set },
            Err(_) => NameFinder::of(&Names::default()),
        }
    }

    /// Names of the groups found, each once; what only looks like one of a group's terms does not count.
    pub fn found(&self, text: &Text<'_>) -> Vec<&str> {
        self.set.matching(text).into_iter().filter_map(|at| self.groups.get(at)).map(String::as_str).collect()
    }
}

/// Words that are operators in a query.
const OPERATORS: [&str; 4] = ["AND", "OR", "NOT", "NEAR"];

/// Writes one term of a plain list as a query: a word as it is, anything longer as a phrase; `=` before either keeps
/// its meaning, and so does `@` before a group's name.
pub fn term_as_query(term: &str) -> String {
    let is_group =
        |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if term.strip_prefix('@').is_some_and(is_group) {
        return term.to_owned();
    }
    let (exact, words) = term.strip_prefix('=').map_or(("", term), |words| ("=", words.trim_start()));
    let plain = words.chars().all(|c| {
        c.is_alphanumeric()
            || matches!(c, '*' | '\'' | '’' | '-' | '·' | '・')
            || unicode_normalization::char::is_combining_mark(c)
    });
    if plain && !words.starts_with('-') && !OPERATORS.iter().any(|operator| operator.eq_ignore_ascii_case(words)) {
        return format!("{exact}{words}");
    }
    // A quote within a phrase would end it, and stands for nothing that is read aloud.
    let words: Vec<&str> = words.split(|c: char| c.is_whitespace() || lex::is_quote(c)).collect();
    format!("{exact}\"{}\"", words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_in_any_form_finds_its_group_and_what_it_lacks() {
        let mut names = Names::default();
        let terms = ["river", "강", "=河"].map(str::to_owned).to_vec();
        names.add(NameGroup { name: "river".into(), about: String::new(), terms, homographs: vec![] }).expect("sound");
        let missing = |term: &str| names.suggest(term).into_iter().flat_map(|found| found.missing).collect::<Vec<_>>();
        assert_eq!(missing("Rivers"), ["강", "=河"]);
        assert_eq!(missing("河"), ["river", "강"]);
        assert!(missing("sea").is_empty());
    }

    #[test]
    fn a_terms_own_group_comes_before_one_that_holds_much_else() {
        let mut names = Names::default();
        for (name, terms) in [("tumen", &["Tumen", "图们"][..]), ("border", &["Tumen", "图们", "Dandong", "Hyesan"])]
        {
            let terms = terms.iter().map(|term| (*term).to_owned()).collect();
            names.add(NameGroup { name: name.into(), about: String::new(), terms, homographs: vec![] }).expect("sound");
        }
        let found: Vec<&str> = names.suggest("Tumen").iter().map(|found| found.group.name.as_str()).collect();
        assert_eq!(found, ["tumen", "border"]);
    }

    #[test]
    fn a_text_in_any_script_tells_its_groups_and_a_homograph_tells_none() {
        let mut names = Names::default();
        for (name, terms, homographs) in
            [("shenyang", &["Shenyang", "沈阳", "선양"][..], &["국위선양"][..]), ("tumen", &["Tumen", "图们"], &[])]
        {
            let of = |list: &[&str]| list.iter().map(|term| (*term).to_owned()).collect();
            let (terms, homographs) = (of(terms), of(homographs));
            names.add(NameGroup { name: name.into(), about: String::new(), terms, homographs }).expect("sound");
        }
        let finder = NameFinder::of(&names);
        for (body, lang, found) in [
            ("Buses from Shenyang reached Tumen.", "en", &["shenyang", "tumen"][..]),
            ("沈阳的大巴", "zh", &["shenyang"]),
            ("국위선양에 힘쓴 사람들", "ko", &[]),
        ] {
            assert_eq!(finder.found(&Text { title: "", body, source: "", lang }), found, "{body}");
        }
    }

    #[test]
    fn a_word_stays_a_word_and_anything_longer_is_a_phrase() {
        for (term, query) in [
            ("Shenyang", "Shenyang"),
            ("repatriat*", "repatriat*"),
            ("遣返", "遣返"),
            ("강제 북송", "\"강제 북송\""),
            ("forced return", "\"forced return\""),
            ("AND", "\"AND\""),
            ("near", "\"near\""),
            ("-x", "\"-x\""),
            ("the \"returnees\"", "\"the returnees\""),
            ("les «rapatriés» disent", "\"les rapatriés disent\""),
            ("=WHO", "=WHO"),
            ("=Doctors Without Borders", "=\"Doctors Without Borders\""),
            ("title:x", "\"title:x\""),
            ("@shenyang", "@shenyang"),
            ("@ noon", "\"@ noon\""),
        ] {
            assert_eq!(term_as_query(term), query);
        }
    }
}
