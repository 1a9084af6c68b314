//! In how many articles of the archive each term is found: how rare it is, and whether a watch will flood its readers.

use super::Text;
use super::find::Reading;
use super::index::WatchSet;

/// Counts of one set's terms.
#[derive(Clone, Debug, Default)]
pub struct Census {
    articles: u64,
    terms: Vec<u64>,
    watches: Vec<u64>,
}

/// Fewer articles say little of how rare a term is.
const ENOUGH: u64 = 50;

impl Census {
    /// Counts one more article. Always with the same set.
    pub fn add(&mut self, set: &WatchSet, text: &Text<'_>) {
        self.articles += 1;
        self.terms.resize(set.leaves.len(), 0);
        self.watches.resize(set.watches.len(), 0);
        let mut reading = Reading::of(set, text);
        let mut last = None;
        for arm in reading.met_arms() {
            let watch = set.arms[arm as usize].watch;
            if last.replace(watch) != Some(watch) {
                self.watches[watch as usize] += 1;
            }
        }
        for leaf in reading.met_leaves() {
            self.terms[leaf as usize] += 1;
        }
    }

    pub fn articles(&self) -> u64 {
        self.articles
    }

    /// Articles that the watch of this place in the list was found in.
    pub fn of_watch(&self, place: usize) -> u64 {
        self.watches.get(place).copied().unwrap_or(0)
    }

    /// Each term of the set with the articles that hold it.
    pub fn terms<'s>(&'s self, set: &'s WatchSet) -> impl Iterator<Item = (&'s str, u64)> {
        set.leaves.iter().zip(&self.terms).map(|(leaf, count)| (&*leaf.shown, *count))
    }
}

impl WatchSet {
    /// Takes in what ranks rare terms above common ones; only the first census counts. A small archive tells nothing.
    pub fn learn(&self, census: &Census) {
        let enough = census.articles >= ENOUGH && census.terms.len() == self.leaves.len();
        let share = |count: &u64| (*count as f64 + 0.5) / (census.articles as f64 + 1.0);
        self.shares.get_or_init(|| if enough { census.terms.iter().map(share).collect() } else { vec![] });
    }

    /// True once a census was taken in.
    pub fn is_measured(&self) -> bool {
        self.shares.get().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{set, text};
    use super::*;

    #[test]
    fn a_rare_term_is_worth_more_than_a_common_one() {
        let set = set("river OR raid");
        let mut census = Census::default();
        for number in 0..200 {
            let body = if number == 7 { "a raid at the river" } else { "a river" };
            census.add(&set, &text("", body, "en"));
        }
        assert_eq!(census.terms(&set).collect::<Vec<_>>(), [("river", 200), ("raid", 1)]);
        set.learn(&census);
        let points = |body| set.hits(&text("", body, "en"))[0].relevance.points;
        assert!(points("a raid") > points("a river"), "{} {}", points("a raid"), points("a river"));
    }
}
