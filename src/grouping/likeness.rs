//! How alike two lists of terms are, each term weighed by how rare it is: the cosine between them.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

use super::profile::Terms;

/// By terms, which are hashes already.
pub(super) type TermMap<V> = HashMap<u32, V, TermState>;

/// Spreads a term over a map's buckets. Differs from run to run, so that nobody can write a text whose words all fall
/// into one.
#[derive(Clone, Debug)]
pub(super) struct TermState {
    seed: u64,
}

impl Default for TermState {
    fn default() -> TermState {
        TermState { seed: RandomState::new().build_hasher().finish() }
    }
}

impl BuildHasher for TermState {
    type Hasher = TermHasher;

    fn build_hasher(&self) -> TermHasher {
        TermHasher { state: self.seed }
    }
}

pub(super) struct TermHasher {
    state: u64,
}

impl Hasher for TermHasher {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u32(u32::from(*byte)));
    }

    /// One round of MurmurHash3's finishing step.
    fn write_u32(&mut self, term: u32) {
        let mixed = (self.state ^ u64::from(term)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        self.state = mixed ^ (mixed >> 32);
    }

    fn finish(&self) -> u64 {
        self.state
    }
}

/// An article's terms, each with its count times its rarity, sorted by term.
pub(super) struct Vector {
    weights: Vec<(u32, f32)>,
    length: f32,
}

impl Vector {
    pub fn of(terms: &Terms, rarity: impl Fn(u32) -> f32) -> Vector {
        let weights: Vec<(u32, f32)> = terms.iter().map(|(term, count)| (*term, count * rarity(*term))).collect();
        let length = weights.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt();
        Vector { weights, length }
    }

    /// 0 to 1: 1 for the same terms in the same proportions, 0 where none is common.
    pub fn cosine(&self, other: &Terms, rarity: impl Fn(u32) -> f32) -> f32 {
        if self.length <= 0.0 {
            return 0.0;
        }
        let (mut product, mut squares, mut rest) = (0.0, 0.0, self.weights.as_slice());
        for (term, count) in other {
            let weight = count * rarity(*term);
            squares += weight * weight;
            while rest.first().is_some_and(|(own, _)| own < term) {
                rest = &rest[1..];
            }
            if let Some((_, own)) = rest.first().filter(|(own, _)| own == term) {
                product += own * weight;
            }
        }
        let lengths = self.length * squares.sqrt();
        if lengths > 0.0 { product / lengths } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alike_is_what_shares_its_rare_terms() {
        let rarity = |term: u32| if term < 10 { 0.1 } else { 2.0 };
        let own = Vector::of(&vec![(1, 1.0), (2, 1.0), (20, 1.0), (30, 1.0)], rarity);
        let cosine = |other: &[(u32, f32)]| own.cosine(&other.to_vec(), rarity);
        assert!((cosine(&[(1, 1.0), (2, 1.0), (20, 1.0), (30, 1.0)]) - 1.0).abs() < 1e-6);
        assert!(cosine(&[(20, 1.0), (30, 1.0), (40, 1.0)]) > 0.8);
        assert!(cosine(&[(1, 1.0), (2, 1.0), (40, 1.0)]) < 0.01);
        assert!(cosine(&[]) == 0.0 && Vector::of(&Terms::new(), rarity).cosine(&vec![(1, 1.0)], rarity) == 0.0);
    }
}
