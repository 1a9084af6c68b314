//! Which earlier texts a new one may repeat, held in memory: what the store does for the daemon, for one run over a file.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::model::story::{Candidate, Fingerprint};

use super::fingerprint::lookups;

/// Texts by their samples.
#[derive(Clone, Debug, Default)]
pub struct Archive {
    texts: Vec<Candidate>,
    holding: HashMap<i64, Vec<u32>>,
    under: HashMap<String, Vec<u32>>,
}

impl Archive {
    /// Earlier texts that share samples with this one, most shared first, then earliest.
    pub fn candidates(&self, print: &Fingerprint, limit: usize) -> Vec<Candidate> {
        let mut shared: HashMap<u32, u32> = HashMap::new();
        for number in lookups(print).iter().filter_map(|sample| self.holding.get(sample)).flatten() {
            *shared.entry(*number).or_default() += 1;
        }
        let mut shared: Vec<(u32, u32)> = shared.into_iter().collect();
        shared.sort_unstable_by_key(|(number, count)| (Reverse(*count), *number));
        shared.into_iter().take(limit).filter_map(|(number, _)| self.texts.get(number as usize).cloned()).collect()
    }

    /// Earlier texts under this address, earliest first; none for an empty one.
    pub fn same_page(&self, page_key: &str, limit: usize) -> Vec<Candidate> {
        let under = self.under.get(page_key).into_iter().flatten().take(limit);
        let found = under.filter_map(|number| self.texts.get(*number as usize));
        found.map(|text| Candidate { same_page: true, ..text.clone() }).collect()
    }

    /// Adds a text under its samples and its address, which may be empty.
    pub fn add(&mut self, text: Candidate, page_key: &str) {
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        if !page_key.is_empty() {
            self.under.entry(page_key.to_owned()).or_default().push(number);
        }
        for sample in &text.fingerprint.shingles {
            self.holding.entry(*sample).or_default().push(number);
        }
        self.texts.push(text);
    }

    /// How many texts the samples of this one lead to, counted as often as they do: what a look-up costs.
    #[cfg(test)]
    pub fn found_by(&self, print: &Fingerprint) -> usize {
        lookups(print).iter().filter_map(|sample| self.holding.get(sample)).map(Vec::len).sum()
    }
}
