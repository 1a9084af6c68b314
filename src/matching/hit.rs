//! What is told of a watch that was found.

use super::Text;
use super::evaluate::{MAX_PLACES, Place};
use super::find::Reading;
use super::index::Watch;
use super::relevance;
use super::snippet;
use crate::model::watch::{FoundForm, Hit, Span};

/// Forms that are told of one hit.
const MAX_FORMS: usize = 200;

/// Makes the hit of a watch from the places that made it true.
pub fn hit(reading: &Reading<'_, '_>, watch: &Watch, mut places: Vec<Place>) -> Hit {
    places.sort_unstable();
    places.dedup_by_key(|place| (place.field, place.start, place.end, place.leaf));
    let relevance = relevance::of(reading, &places);
    let mut spans: Vec<Span> = places.iter().map(span).collect();
    spans.dedup();
    spans.truncate(MAX_PLACES);
    let forms = forms(reading, &places);
    let mut terms: Vec<String> = vec![];
    for form in &forms {
        if !terms.contains(&form.term) {
            terms.push(form.term.clone());
        }
    }
    let (field, sentence) = snippet::sentence_of(&spans, reading.text);
    Hit { watch: watch.id.clone(), terms, spans, sentence, field, revision: watch.revision.clone(), forms, relevance }
}

pub fn span(place: &Place) -> Span {
    Span { field: place.field, start: place.start as usize, end: place.end as usize }
}

fn forms(reading: &Reading<'_, '_>, places: &[Place]) -> Vec<FoundForm> {
    let mut forms: Vec<FoundForm> = vec![];
    for place in places {
        let term = &reading.set.leaves[place.leaf as usize].shown;
        let form = form(reading.text, place);
        let is_known = |known: &FoundForm| known.field == place.field && *known.term == **term && known.form == form;
        match forms.iter().position(is_known) {
            Some(known) => forms[known].places += 1,
            None if forms.len() < MAX_FORMS => {
                forms.push(FoundForm { term: term.to_string(), form: form.to_owned(), field: place.field, places: 1 });
            }
            None => {}
        }
    }
    forms
}

/// The term as it stands in the text.
fn form<'t>(text: &Text<'t>, place: &Place) -> &'t str {
    text.field(place.field).get(place.start as usize..place.end as usize).unwrap_or_default()
}
