//! Finds many rows of characters in one, looking at each character once where none begins.
//!
//! Two characters of Han or Hangul are rare enough together to tell nearly always that no row begins here, and one bit
//! tells it; where one may begin, a tree of the rows is walked from there. That is several times faster than an automaton
//! over bytes. Only rows of more than [`TREE`] characters are left to one: the walks stay short whatever a text repeats.

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::hash::HashMap;
use super::scan::CELL;

/// Characters of the longest row that the tree holds.
const TREE: usize = 24;
/// Bits of the filter for each pair of characters that begins a row: one bit in these is set.
const BITS_PER_PAIR: usize = 16;
/// A prime near the golden ratio of 2^64.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// Rows of characters, each with its number.
pub struct Rows {
    /// A bit for each pair of first characters, by hash.
    pairs: Vec<u64>,
    /// Bits of a hash that are no place in `pairs`.
    shift: u32,
    singles: HashMap<u32, u32>,
    /// From a node by a character to the next; the first is 0, the second stands for the first character.
    edges: HashMap<u64, u32>,
    /// For each node, the number of the row that ends there.
    ends: Vec<u32>,
    long: Option<Long>,
}

/// What is too long for the tree.
struct Long {
    automaton: AhoCorasick,
    numbers: Vec<u32>,
}

/// No row ends at this node.
const NONE: u32 = u32::MAX;

impl Rows {
    /// `rows` as [`super::scan::Scanned::row`] has them, none twice; each gets its place in the list as its number.
    pub fn of<'r>(rows: impl Iterator<Item = &'r [u8]>) -> Rows {
        let mut found = Rows {
            pairs: vec![],
            shift: 0,
            singles: HashMap::default(),
            edges: HashMap::default(),
            ends: vec![NONE],
            long: None,
        };
        let (mut long, mut numbers, mut pairs) = (vec![], vec![], vec![]);
        for (number, row) in (0..).zip(rows) {
            match row.len() / CELL {
                0 => {}
                1 => {
                    found.singles.insert(first(row), number);
                }
                2..=TREE => {
                    pairs.push(pair(first(row), first(&row[CELL..])));
                    found.plant(row, number);
                }
                _ => {
                    long.push(row);
                    numbers.push(number);
                }
            }
        }
        found.filter(&pairs);
        if !long.is_empty() {
            let built = AhoCorasick::builder().kind(Some(AhoCorasickKind::ContiguousNFA)).build(long);
            // Fails only beyond 2^31 states, which the bound on a query's length keeps far away.
            found.long = built.ok().map(|automaton| Long { automaton, numbers });
        }
        found
    }

    fn plant(&mut self, row: &[u8], number: u32) {
        let mut node = 0;
        for cell in row.chunks_exact(CELL) {
            let next = self.ends.len() as u32;
            node = *self.edges.entry(edge(node, first(cell))).or_insert(next);
            if node == next {
                self.ends.push(NONE);
            }
        }
        self.ends[node as usize] = number;
    }

    fn filter(&mut self, pairs: &[u64]) {
        let bits = (pairs.len() * BITS_PER_PAIR).next_power_of_two().max(64);
        self.pairs = vec![0; bits / 64];
        self.shift = 64 - bits.trailing_zeros();
        for pair in pairs {
            let bit = pair.wrapping_mul(FACTOR) >> self.shift;
            self.pairs[(bit / 64) as usize] |= 1 << (bit % 64);
        }
    }

    fn may_begin(&self, pair: u64) -> bool {
        let bit = pair.wrapping_mul(FACTOR) >> self.shift;
        self.pairs[(bit / 64) as usize] >> (bit % 64) & 1 == 1
    }

    /// Calls `visit` with the number, first character and end of each row that stands in `text`, those of one number in
    /// the order of the text.
    pub fn each(&self, text: &[u8], mut visit: impl FnMut(usize, usize, usize)) {
        let (cells, _) = text.as_chunks::<CELL>();
        let mut codes = cells.iter().map(|cell| first(cell));
        let mut here = codes.next();
        for at in 0..cells.len() {
            let (Some(code), next) = (here, codes.next()) else { break };
            here = next;
            if !self.singles.is_empty()
                && let Some(number) = self.singles.get(&code)
            {
                visit(*number as usize, at, at + 1);
            }
            if next.is_some_and(|next| self.may_begin(pair(code, next))) {
                self.walk(&cells[at..], |number, length| visit(number, at, at + length));
            }
        }
        let Some(Long { automaton, numbers }) = &self.long else { return };
        for found in automaton.find_overlapping_iter(text).filter(|found| found.start() % CELL == 0) {
            visit(numbers[found.pattern().as_usize()] as usize, found.start() / CELL, found.end() / CELL);
        }
    }

    /// Calls `visit` with the number and length of each row of the tree that `cells` begin with.
    fn walk(&self, cells: &[[u8; CELL]], mut visit: impl FnMut(usize, usize)) {
        let mut node = 0;
        for (length, cell) in (1..).zip(cells) {
            let Some(next) = self.edges.get(&edge(node, first(cell))) else { return };
            node = *next;
            let number = self.ends[node as usize];
            if number != NONE {
                visit(number as usize, length);
            }
        }
    }

    /// About how many bytes the tables take.
    pub fn bytes(&self) -> usize {
        let long = self.long.as_ref().map_or(0, |long| long.automaton.memory_usage() + long.numbers.len() * 4);
        self.pairs.len() * 8
            + self.edges.capacity() * 18
            + self.singles.capacity() * 10
            + self.ends.capacity() * 4
            + long
    }
}

/// The first character as a number of 24 bits.
fn first(cells: &[u8]) -> u32 {
    match cells {
        [a, b, c, ..] => u32::from(*a) | u32::from(*b) << 8 | u32::from(*c) << 16,
        _ => 0,
    }
}

fn pair(first: u32, second: u32) -> u64 {
    u64::from(first) << 24 | u64::from(second)
}

fn edge(node: u32, code: u32) -> u64 {
    u64::from(node) << 24 | u64::from(code)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::scan;
    use super::*;

    fn row(text: &str) -> Vec<u8> {
        text.chars().flat_map(scan::bytes).collect()
    }

    fn found(rows: &[&str], text: &str) -> Vec<(usize, usize, usize)> {
        let rows: Vec<Vec<u8>> = rows.iter().map(|text| row(text)).collect();
        let mut found = vec![];
        Rows::of(rows.iter().map(Vec::as_slice))
            .each(&row(text), |number, first, end| found.push((number, first, end)));
        found.sort_unstable();
        found
    }

    #[test]
    fn rows_within_rows_are_found_too() {
        assert_eq!(found(&["북송", "강제북송", "송"], "강제북송"), [(0, 2, 4), (1, 0, 4), (2, 3, 4)]);
        assert_eq!(found(&["遣返", "返"], "遣遣返"), [(0, 1, 3), (1, 2, 3)]);
        assert_eq!(found(&[], "遣返"), []);
        assert_eq!(found(&["遣返"], ""), []);
    }

    #[test]
    fn a_row_that_is_too_long_for_the_tree_is_found() {
        let long = "북송".repeat(TREE);
        assert_eq!(found(&["송북", &long], &format!("가{long}")).last(), Some(&(1, 1, 1 + 2 * TREE)));
    }

    proptest! {
        #[test]
        fn finds_what_is_found_by_looking_everywhere(
            rows in prop::collection::btree_set("[가나遣]{1,5}|[가나]{24,26}", 0..12),
            text in "[가나遣]{0,80}",
        ) {
            let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
            let text_row = row(&text);
            let mut wanted = vec![];
            for (number, wanted_row) in rows.iter().map(|text| row(text)).enumerate() {
                for at in (0..text_row.len()).step_by(CELL) {
                    if text_row[at..].starts_with(&wanted_row) {
                        wanted.push((number, at / CELL, (at + wanted_row.len()) / CELL));
                    }
                }
            }
            prop_assert_eq!(found(&rows, &text), wanted);
        }
    }
}
