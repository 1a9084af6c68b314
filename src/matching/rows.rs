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
    tree: Tree,
    long: Option<Long>,
}

/// What is too long for the tree.
struct Long {
    automaton: AhoCorasick,
    numbers: Vec<u32>,
}

/// No row has this number.
const NONE: u32 = u32::MAX;

impl Rows {
    /// `rows` as [`super::scan::Scanned::row`] has them, none twice; each gets its place in the list as its number.
    pub fn of<'r>(rows: impl Iterator<Item = &'r [u8]>) -> Rows {
        let mut singles = HashMap::default();
        let (mut short, mut long, mut numbers) = (vec![], vec![], vec![]);
        for (number, row) in (0..).zip(rows) {
            let (cells, _) = row.as_chunks::<CELL>();
            match cells.len() {
                0 => {}
                1 => {
                    singles.insert(code(&cells[0]), number);
                }
                2..=TREE => short.push((cells, number)),
                _ => {
                    long.push(row);
                    numbers.push(number);
                }
            }
        }
        let (pairs, shift) = filter(&short);
        let long = if long.is_empty() {
            None
        } else {
            let built = AhoCorasick::builder().kind(Some(AhoCorasickKind::ContiguousNFA)).build(long);
            // Fails only beyond 2^31 states, which the bound on a query's length keeps far away.
            built.ok().map(|automaton| Long { automaton, numbers })
        };
        Rows { pairs, shift, singles, tree: Tree::of(short), long }
    }

    fn may_begin(&self, first: u32, second: u32) -> bool {
        let bit = pair(first, second) >> self.shift;
        self.pairs[(bit / 64) as usize] >> (bit % 64) & 1 == 1
    }

    /// Calls `visit` with the number, first character and end of each row that stands in `text`, those of one number in
    /// the order of the text.
    pub fn each(&self, text: &[u8], mut visit: impl FnMut(usize, usize, usize)) {
        let (cells, _) = text.as_chunks::<CELL>();
        let mut codes = cells.iter().map(code);
        let mut here = codes.next();
        for at in 0..cells.len() {
            let (Some(first), next) = (here, codes.next()) else { break };
            here = next;
            if !self.singles.is_empty()
                && let Some(number) = self.singles.get(&first)
            {
                visit(*number as usize, at, at + 1);
            }
            if next.is_some_and(|next| self.may_begin(first, next)) {
                self.tree.walk(&cells[at..], |number, length| visit(number, at, at + length));
            }
        }
        let Some(Long { automaton, numbers }) = &self.long else { return };
        for found in automaton.find_overlapping_iter(text).filter(|found| found.start() % CELL == 0) {
            visit(numbers[found.pattern().as_usize()] as usize, found.start() / CELL, found.end() / CELL);
        }
    }

    /// About how many bytes the tables take.
    pub fn bytes(&self) -> usize {
        let long = self.long.as_ref().map_or(0, |long| long.automaton.memory_usage() + long.numbers.len() * 4);
        self.pairs.len() * 8 + self.singles.capacity() * 10 + self.tree.bytes() + long
    }
}

/// A bit for each pair that begins a row, and how far a hash is shifted to be a bit's place.
fn filter(rows: &[(&[Cell], u32)]) -> (Vec<u64>, u32) {
    let mut pairs: Vec<u64> = rows.iter().map(|(cells, _)| pair(code(&cells[0]), code(&cells[1]))).collect();
    pairs.sort_unstable();
    pairs.dedup();
    let bits = (pairs.len() * BITS_PER_PAIR).next_power_of_two().max(64);
    let shift = 64 - bits.trailing_zeros();
    let mut filter = vec![0; bits / 64];
    for bit in pairs.into_iter().map(|pair| pair >> shift) {
        filter[(bit / 64) as usize] |= 1 << (bit % 64);
    }
    (filter, shift)
}

/// The rows as a tree whose first nodes stand for two characters. The nodes lie in one table, where their hashes put
/// them: a node costs one look at memory, and a node that is not there nearly always none. Where a node leads to one row
/// alone there are no nodes after it: the rest of the row is compared as it stands.
struct Tree {
    nodes: Vec<Node>,
    /// What follows such nodes, end to end.
    rests: Vec<Cell>,
    /// For each row, from where to where in `rests`.
    spans: Vec<(u32, u32)>,
}

/// Where a row has come to by one more character.
#[derive(Clone, Copy)]
struct Node {
    /// Place of the node before it; of the first nodes [`FIRST`] and the first character.
    before: u32,
    code: u32,
    /// Number of the row that ends here, or [`NONE`]; with [`ALONE`] set, of the only row that leads on from here.
    ends: u32,
    /// A bit for each character that may follow, by hash; of the only row, its next character.
    onward: u32,
}

/// Set in no node's place.
const FIRST: u32 = 1 << 31;
/// Set in no row's number.
const ALONE: u32 = 1 << 31;
/// Bears a number that no character has.
const EMPTY: Node = Node { before: NONE, code: NONE, ends: NONE, onward: 0 };

impl Tree {
    /// Rows of two characters or more.
    fn of(mut rows: Vec<(&[Cell], u32)>) -> Tree {
        rows.sort_unstable();
        let shared = |a: &[Cell], b: &[Cell]| a.iter().zip(b).take_while(|(a, b)| a == b).count();
        let mut planted = vec![];
        let (mut nodes, mut before) = (0, 0);
        for (at, (cells, number)) in rows.iter().enumerate() {
            let after = rows.get(at + 1).map_or(0, |(next, _)| shared(cells, next));
            // As far as another row goes along, and one further.
            let depth = (before.max(after) + 1).clamp(2, cells.len());
            nodes += depth - before.max(1).min(depth);
            planted.push((*cells, *number, depth));
            before = after;
        }
        let spans = rows.iter().map(|(_, number)| *number as usize + 1).max().unwrap_or(0);
        // Three of five places are taken: few nodes lie far from where their hash puts them.
        let mut tree = Tree { nodes: vec![EMPTY; nodes * 5 / 3 + 2], rests: vec![], spans: vec![(0, 0); spans] };
        for (cells, number, depth) in planted {
            tree.plant(cells, number, depth);
        }
        tree
    }

    fn plant(&mut self, cells: &[Cell], number: u32, depth: usize) {
        let (planted, rest) = cells.split_at(depth);
        let (first, onwards) = planted.split_at(2);
        let mut place = self.grow(FIRST | code(&first[0]), code(&first[1]));
        for cell in onwards {
            self.nodes[place].onward |= onward(code(cell));
            place = self.grow(place as u32, code(cell));
        }
        let node = &mut self.nodes[place];
        node.ends = number;
        if let Some(next) = rest.first() {
            node.ends |= ALONE;
            node.onward = code(next);
            let begin = self.rests.len() as u32;
            self.rests.extend_from_slice(rest);
            self.spans[number as usize] = (begin, self.rests.len() as u32);
        }
    }

    /// What is left of the only row that leads on from a node.
    fn rest(&self, number: u32) -> &[Cell] {
        let (begin, end) = self.spans[number as usize];
        &self.rests[begin as usize..end as usize]
    }

    fn grow(&mut self, before: u32, code: u32) -> usize {
        let place = self.place(before, code);
        self.nodes[place] = Node { before, code, ..self.nodes[place] };
        place
    }

    /// Where the node is, or where it would be: at its hash or the next free place after it.
    fn place(&self, before: u32, code: u32) -> usize {
        let hash = (u64::from(before) << 24 ^ u64::from(code)).wrapping_mul(FACTOR) >> 32;
        let mut place = ((hash * self.nodes.len() as u64) >> 32) as usize;
        loop {
            let node = &self.nodes[place];
            // A part of the places is free, so that this ends.
            if node.code == NONE || (node.before, node.code) == (before, code) {
                return place;
            }
            place += 1;
            if place == self.nodes.len() {
                place = 0;
            }
        }
    }

    /// Calls `visit` with the number and length of each row of the tree that `cells` begin with.
    fn walk(&self, cells: &[Cell], mut visit: impl FnMut(usize, usize)) {
        let [first, second, ..] = cells else { return };
        let (mut before, mut next) = (FIRST | code(first), code(second));
        let mut length = 2;
        loop {
            let place = self.place(before, next);
            let node = &self.nodes[place];
            let follows = cells.get(length).map(code);
            if node.ends != NONE && node.ends & ALONE != 0 {
                let number = node.ends & !ALONE;
                if follows == Some(node.onward) && cells[length..].starts_with(self.rest(number)) {
                    visit(number as usize, length + self.rest(number).len());
                }
                return;
            }
            if node.ends != NONE {
                visit(node.ends as usize, length);
            }
            let Some(code) = follows.filter(|code| node.onward & onward(*code) != 0) else { return };
            (before, next, length) = (place as u32, code, length + 1);
        }
    }

    fn bytes(&self) -> usize {
        self.nodes.len() * size_of::<Node>() + self.rests.len() * CELL + self.spans.len() * 8
    }
}

type Cell = [u8; CELL];

/// The character as a number of 24 bits.
fn code(cell: &Cell) -> u32 {
    u32::from(cell[0]) | u32::from(cell[1]) << 8 | u32::from(cell[2]) << 16
}

fn pair(first: u32, second: u32) -> u64 {
    (u64::from(first) << 24 | u64::from(second)).wrapping_mul(FACTOR)
}

fn onward(code: u32) -> u32 {
    1 << (code.wrapping_mul(FACTOR as u32) >> 27)
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
            rows in prop::collection::btree_set("[가나遣]{1,5}|[가나]{5,9}|[가나]{24,26}", 0..12),
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
