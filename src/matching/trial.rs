//! One watch tried on a text: found, nearly found, or not.

use super::Text;
use super::explain;
use super::find::Reading;
use super::hit;
use super::index::WatchSet;
use crate::model::watch::Hit;

/// What a text says to the first watch of a set.
#[derive(Clone, Debug)]
pub enum Trial {
    Hit(Box<Hit>),
    /// Why it is none, where little is missing.
    Near(String),
    No,
}

impl WatchSet {
    /// Tries the set's first watch.
    pub fn trial(&self, text: &Text<'_>) -> Trial {
        let mut reading = Reading::of(self, text);
        let arms: Vec<u32> = reading.met_arms().into_iter().filter(|arm| self.arms[*arm as usize].watch == 0).collect();
        if arms.is_empty() {
            let near = self.arms.iter().take_while(|arm| arm.watch == 0);
            return near
                .filter_map(|arm| explain::near_miss(&mut reading, &arm.gate))
                .next()
                .map_or(Trial::No, Trial::Near);
        }
        let mut places = vec![];
        for arm in arms {
            reading.collect(&self.arms[arm as usize].gate, &mut places);
        }
        Trial::Hit(Box::new(hit::hit(&reading, &self.watches[0], places)))
    }

    /// False only if a [`WatchSet::trial`] of the text, or of any part of it, would say no.
    pub fn may_be_near(&self, text: &Text<'_>) -> bool {
        self.asks_beside_terms || Reading::of(self, text).holds_any_part()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{set, text};
    use super::*;

    fn tried(query: &str, body: &str) -> String {
        match set(query).trial(&text("", body, "en")) {
            Trial::Hit(hit) => format!("{} places", hit.spans.len()),
            Trial::Near(why) => why,
            Trial::No => "no".to_owned(),
        }
    }

    #[test]
    fn a_text_that_lacks_one_part_is_a_near_miss() {
        assert_eq!(tried("raid river", "a raid at the river"), "2 places");
        assert_eq!(tried("raid river", "a raid"), "all but river");
        assert_eq!(tried("raid river bridge", "a raid"), "no");
        assert_eq!(tried("raid NOT film", "a raid film"), "excluded by film");
        assert_eq!(tried("raid river NOT film", "a raid film at the river"), "excluded by film");
        assert_eq!(tried("raid NEAR/1 river", "raid a b river"), "2 words apart, 1 are allowed");
        assert_eq!(tried("raid", "nothing"), "no");
    }

    #[test]
    fn a_text_without_any_of_a_querys_words_is_never_near() {
        for (query, body, near) in [
            ("raid river", "a raid", true),
            ("raid river", "a bridge", false),
            ("raid NOT film", "a film", true),
            ("\"border guard\"", "a guard", true),
            ("source:news.example raid", "a bridge", true),
            ("raid (river OR lang:fr)", "a bridge", true),
            ("minimum(2 of raid, river, bridge)", "a bridge", true),
            ("raid NEAR/3 river", "a bridge", false),
        ] {
            let set = set(query);
            let text = text("", body, "en");
            assert_eq!(set.may_be_near(&text), near, "{query}");
            assert!(near || matches!(set.trial(&text), Trial::No), "{query}");
        }
    }
}
