//! Which parts each word of a language is a form of, remembered: the same few thousand words make up most texts.

use super::forms::Lang;

/// Longer words are looked up each time.
const WORD: usize = 56;
/// Words remembered at a time, 64 bytes each, of which a machine gives only what is used. A newcomer takes the place of
/// another, so neither time nor memory depends on what a text does.
const SLOTS: usize = 1 << 16;
/// Slots in which a word may be.
const WAYS: usize = 4;
/// Part numbers remembered at a time; beyond it all is forgotten.
const MAX_IDS: usize = 1 << 20;

/// One cache line: in the first eight bytes where the ids begin (32 bits), how many there are (16), the language (8) and
/// the word's length (8, 0: empty slot); then the word, filled up with zeros.
type Slot = [u64; 8];
const EMPTY: Slot = [0; 8];

type Packed = [u64; WORD / 8];

pub struct Memo {
    slots: Box<[Slot]>,
    ids: Vec<u32>,
    /// Whose turn it is to go.
    turn: usize,
}

impl Memo {
    pub fn new() -> Memo {
        Memo { slots: vec![EMPTY; SLOTS].into_boxed_slice(), ids: vec![], turn: 0 }
    }

    /// Calls `visit` with what `find` finds for the word, or found before.
    pub fn each(&mut self, lang: Lang, word: &[u8], find: impl FnOnce(&mut Vec<u32>), mut visit: impl FnMut(u32)) {
        if word.is_empty() || word.len() > WORD {
            let mut found = vec![];
            find(&mut found);
            return found.into_iter().for_each(visit);
        }
        let packed = pack(word);
        let name = (lang.index() as u64) << 8 | word.len() as u64;
        let set = hash(&packed, name) as usize % (SLOTS / WAYS) * WAYS;
        let known = |slot: &Slot| slot[0] & 0xffff == name && slot[1..] == packed;
        let slot = match self.slots[set..set + WAYS].iter().position(known) {
            Some(way) => set + way,
            None => self.learn(set, name, &packed, find),
        };
        let begin = (self.slots[slot][0] >> 32) as usize;
        let count = (self.slots[slot][0] >> 16 & 0xffff) as usize;
        for id in &self.ids[begin..begin + count] {
            visit(*id);
        }
    }

    #[cold]
    fn learn(&mut self, set: usize, name: u64, packed: &Packed, find: impl FnOnce(&mut Vec<u32>)) -> usize {
        let empty = self.slots[set..set + WAYS].iter().position(|slot| slot[0] == 0);
        self.turn = self.turn.wrapping_add(1);
        let slot = set + empty.unwrap_or(self.turn % WAYS);
        if self.ids.len() > MAX_IDS {
            self.slots.fill(EMPTY);
            self.ids.clear();
        }
        let before = self.ids.len();
        find(&mut self.ids);
        // A word that is a form of more parts than this is beyond any list of terms that people write.
        self.ids.truncate(before + usize::from(u16::MAX));
        let count = (self.ids.len() - before) as u64;
        let known = &mut self.slots[slot];
        known[0] = (before as u64) << 32 | count << 16 | name;
        known[1..].copy_from_slice(packed);
        slot
    }
}

fn pack(word: &[u8]) -> Packed {
    let mut packed = [0; WORD / 8];
    let (chunks, rest) = word.as_chunks::<8>();
    for (place, chunk) in packed.iter_mut().zip(chunks) {
        *place = u64::from_le_bytes(*chunk);
    }
    if let Some(place) = packed.get_mut(chunks.len()) {
        *place = rest.iter().rev().fold(0, |last, byte| last << 8 | u64::from(*byte));
    }
    packed
}

/// Multiply and fold. Two words of one slot only cost a second look-up.
fn hash(packed: &Packed, name: u64) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let used = (name & 0xff).div_ceil(8) as usize;
    let state = packed[..used].iter().fold(name, |state, chunk| (state.rotate_left(23) ^ chunk).wrapping_mul(FACTOR));
    state >> 40
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_once_is_not_looked_for_again() {
        let mut memo = Memo::new();
        let mut looked = 0;
        for round in 0..3 {
            let mut seen = vec![];
            memo.each(
                Lang::NONE,
                b"raid",
                |ids| {
                    looked += 1;
                    ids.extend([4, 7])
                },
                |id| seen.push(id),
            );
            assert_eq!((seen, looked), (vec![4, 7], 1), "round {round}");
        }
        let long = [b'x'; WORD + 1];
        for _ in 0..2 {
            memo.each(Lang::NONE, &long, |_| looked += 1, |_| {});
        }
        assert_eq!(looked, 3);
    }

    #[test]
    fn memory_does_not_grow_with_the_words_seen() {
        let mut memo = Memo::new();
        for number in 0..700_000u32 {
            let mut seen = vec![];
            memo.each(Lang::NONE, &number.to_le_bytes(), |ids| ids.extend([number, number]), |id| seen.push(id));
            assert_eq!(seen, [number, number]);
        }
        assert!(memo.ids.len() <= MAX_IDS + 2);
    }
}
