//! `[[watch]]`: what to look for.

use std::collections::HashSet;

use super::queries::{self, QueryCheck, QueryProblem};
use super::section::{Section, Text};
use super::values;
use crate::matching::{self, Names};
use crate::model::id::WatchId;
use crate::model::watch::{Homographs, WatchSpec};

/// Longer is a text, not a term.
const MAX_TERM_CHARS: usize = 200;
const MAX_TERMS: usize = 10_000;
const MAX_QUERY_BYTES: usize = 100_000;
const TERMS: &str = "[\"repatriation\", \"forced return\", \"遣返\"]";

/// What becomes of places that only look like a name of a group.
const HOMOGRAPHS: &[(&str, Homographs)] =
    &[("lower", Homographs::Lower), ("exclude", Homographs::Exclude), ("keep", Homographs::Keep)];

/// Reads queries, with the groups they may use.
pub(super) struct Check<'c> {
    pub check: &'c QueryCheck<'c>,
    pub names: &'c Names,
}

impl Check<'_> {
    fn query(&self, query: &str) -> Result<Vec<QueryProblem>, QueryProblem> {
        (self.check)(query, self.names)
    }
}

/// The watches, and every id that was given, also of those with a mistake in them.
pub(super) struct Watches<'d> {
    pub watches: Vec<WatchSpec>,
    pub ids: Vec<Text<'d>>,
    /// Those whose hits are mailed at once to everybody who follows them.
    pub urgent: HashSet<String>,
    /// False: there is one whose id could not be read.
    pub complete: bool,
}

pub(super) fn watches<'d>(root: &Section<'d>, check: &Check<'_>) -> Watches<'d> {
    let mut found = Watches { watches: Vec::new(), ids: Vec::new(), urgent: HashSet::new(), complete: true };
    for section in root.sections("watch") {
        found.complete &= section.has("id");
        let id = unique_id(&section, "\"repatriation\"", &mut found.ids);
        let name = section.text("name", "\"Forced repatriation\"").map(|text| text.value.to_owned());
        let query = query(&section, check);
        let homographs = section.word("homographs", HOMOGRAPHS).unwrap_or_default();
        let urgent = section.switch("urgent").unwrap_or(false);
        if let (Some(id), Some(query)) = (id, query) {
            let name = name.unwrap_or_else(|| id.clone());
            if urgent {
                found.urgent.insert(id.clone());
            }
            found.watches.push(WatchSpec { id: WatchId::from_stored(id), name, query, homographs });
        }
    }
    found
}

/// Reads the id of a block; two of one kind may not share one.
pub(super) fn unique_id<'d>(section: &Section<'d>, example: &str, taken: &mut Vec<Text<'d>>) -> Option<String> {
    let text = section.needed_text("id", example)?;
    if let Err(wrong) = values::id(text.value) {
        let plain = values::id_like(text.value);
        let example = if plain.is_empty() { example.to_owned() } else { format!("\"{plain}\"") };
        let help = format!("write: id = {example}; what readers see goes into `name`");
        section.error_saying(text.span.clone(), "`id` cannot be used", wrong, help);
        // Counts as given, so that those who refer to it are not reported too.
        taken.push(text);
        return None;
    }
    if taken.iter().any(|id| id.value == text.value) {
        section.error(
            text.span,
            format!("the id `{}` is given twice", text.value),
            "each block needs an id of its own",
        );
        return None;
    }
    let id = text.value.to_owned();
    taken.push(text);
    Some(id)
}

fn query(section: &Section<'_>, check: &Check<'_>) -> Option<String> {
    let terms = section.texts("terms", TERMS);
    let query = section.text("query", "'Shenyang AND repatriat*'");
    match (section.has("terms"), section.has("query")) {
        (true, true) => {
            let help = "keep one: terms is a plain list, of which one must be found; query may use AND, OR, NOT";
            section.error(section.key_span("query"), "`terms` and `query` are both given", help);
            None
        }
        (false, false) if section.is_misspelt("terms") || section.is_misspelt("query") => None,
        (false, false) => {
            section.error(section.span.clone(), "this watch looks for nothing", format!("add: terms = {TERMS}"));
            None
        }
        (true, false) => plain_terms(section, &terms?, check),
        (false, true) => {
            let query = query?;
            if query.value.len() > MAX_QUERY_BYTES {
                section.error(query.span, "the query is too long", "split it into several watches");
                return None;
            }
            checked(section, query.value, &query, 0, check).then(|| query.value.to_owned())
        }
    }
}

fn plain_terms(section: &Section<'_>, terms: &[Text<'_>], check: &Check<'_>) -> Option<String> {
    if terms.is_empty() {
        section.error(section.value_span("terms"), "`terms` is empty", format!("write: terms = {TERMS}"));
        return None;
    }
    if terms.len() > MAX_TERMS {
        let message = format!("more than {MAX_TERMS} terms");
        section.error(section.value_span("terms"), message, "split them into several watches");
        return None;
    }
    let mut seen = HashSet::new();
    let mut queries = Vec::new();
    let mut sound = true;
    for term in terms {
        if !seen.insert(term.value.to_lowercase()) {
            section.warn(term.span.clone(), "this term stands here twice", "take one out");
            continue;
        }
        sound &= check_term(section, term);
        let query = matching::term_as_query(term.value);
        let added = query.find(term.value).unwrap_or(usize::from(query != term.value));
        sound &= checked(section, &query, term, added, check);
        queries.push(query);
    }
    let whole = queries.join(" OR ");
    if let (true, Err(problem)) = (sound, check.query(&whole)) {
        let message = "these terms cannot be looked for together";
        section.error_saying(section.value_span("terms"), message, &problem.message, problem.help);
        sound = false;
    }
    sound.then_some(whole)
}

/// What can be said of a term without knowing the query language.
fn check_term(section: &Section<'_>, term: &Text<'_>) -> bool {
    let span = term.span.clone();
    let chars = term.value.chars().count();
    if chars > MAX_TERM_CHARS {
        section.error(span, format!("a term of more than {MAX_TERM_CHARS} characters"), "write the words that matter");
        return false;
    }
    if !term.value.chars().any(char::is_alphanumeric) {
        section.error(span, "a term without a letter or digit", "take it out");
        return false;
    }
    if queries::looks_like_a_query(term.value) {
        let help = "a term is found word for word; for AND, OR, NOT write query = '…' in place of terms = […]";
        section.warn(span, "this term looks like a query", help);
    } else if chars == 1 && term.value.is_ascii() {
        section.warn(span, "a term of one character is found nearly everywhere", "write the whole word");
    }
    true
}

/// Asks the query language, and reports what it says at its place in the file. The text as written stands in the query
/// behind `added` bytes; where it does not stand there whole, all of it is underlined.
fn checked(section: &Section<'_>, query: &str, text: &Text<'_>, added: usize, check: &Check<'_>) -> bool {
    let place = |problem: &QueryProblem| {
        let length = text.value.len();
        if query.get(added..added + length) != Some(text.value) {
            return text.span.clone();
        }
        let within = |at: usize| at.saturating_sub(added).min(length);
        let range = within(problem.start)..within(problem.end);
        queries::place_in_file(&section.source.text, text.span.clone(), text.value, range)
    };
    match check.query(query) {
        Ok(warnings) => {
            for problem in warnings {
                let message = "this may not be what was meant";
                section.warn_saying(place(&problem), message, &problem.message, problem.help.clone());
            }
            true
        }
        Err(problem) => {
            section.error_saying(place(&problem), "the query cannot be read", &problem.message, problem.help.clone());
            false
        }
    }
}
