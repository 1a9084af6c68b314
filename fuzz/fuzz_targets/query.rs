//! Any string is a query or an error with a place; a query printed is the same query; whatever the text holds, matching
//! ends, and its spans are characters of the text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use newsvigil::matching::{Names, Query, Text, Trial, WatchSet};
use newsvigil::model::id::WatchId;
use newsvigil::model::watch::{Field, Homographs, WatchSpec};

fuzz_target!(|input: (&str, &str, &str, u8)| {
    let (text, title, body, lang) = input;
    let query = match Query::parse(text) {
        Ok(query) => query,
        Err(error) => {
            assert!(error.start <= error.end && error.end <= text.len().max(1));
            assert!(!error.with_caret(text).is_empty());
            return;
        }
    };
    let printed = query.to_string();
    assert_eq!(Query::parse(&printed).as_ref(), Ok(&query), "{printed}");
    query.warnings(&Names::default());
    let homographs = Homographs::default();
    let watch = WatchSpec { id: WatchId::from_stored("w"), name: String::new(), query: printed, homographs };
    let set = WatchSet::compile(&[watch], &Names::default()).unwrap_or_else(|errors| panic!("{}", errors[0].1));
    let lang = ["en", "ko", "zh", "ru", "ar", "de", "fr", "es", "th", "mn", ""][usize::from(lang) % 11];
    let text = Text { title, body, source: "news.example", lang };
    let hits = set.hits(&text);
    assert_eq!(set.matching(&text).len(), hits.len());
    let tried = set.trial(&text);
    assert_eq!(matches!(tried, Trial::Hit(_)), !hits.is_empty());
    assert!(set.may_be_near(&text) || matches!(tried, Trial::No));
    for span in hits.iter().flat_map(|hit| &hit.spans) {
        let field = if span.field == Field::Title { title } else { body };
        assert!(span.start < span.end && field.get(span.start..span.end).is_some());
    }
});
