//! Which parts each word of a language is a form of, remembered: the same few thousand words make up most texts.

use super::forms::Lang;

/// Eights of bytes of a word that most tables have room for: 24 letters are more than nearly all words have.
const SHORT: usize = 3;
/// Longer words than this are looked up each time.
const LONG: usize = 7;
/// Slots in which a word may be.
const WAYS: usize = 4;
/// Words of up to 24 bytes remembered at a time, 32 bytes each, of which a machine gives only what is used. A newcomer
/// takes the place of another, so neither time nor memory depends on what a text does.
const SHORT_SLOTS: usize = 1 << 15;
/// The same for words of up to 56 bytes, 64 bytes each.
const LONG_SLOTS: usize = 1 << 12;
/// Part numbers remembered at a time; beyond it all is forgotten.
const MAX_IDS: usize = 1 << 20;

pub struct Memo {
    short: Table<SHORT>,
    long: Table<LONG>,
    ids: Vec<u32>,
    /// Whose turn it is to go.
    turn: usize,
}

impl Memo {
    pub fn new() -> Memo {
        Memo { short: Table::of(SHORT_SLOTS), long: Table::of(LONG_SLOTS), ids: vec![], turn: 0 }
    }

    /// Calls `visit` with what `find` finds for the word from `start` to `end`, or found before.
    pub fn each(
        &mut self,
        lang: Lang,
        text: &[u8],
        (start, end): (usize, usize),
        find: impl FnOnce(&mut Vec<u32>),
        mut visit: impl FnMut(u32),
    ) {
        let length = end - start;
        let name = (lang.index() as u64) << 8 | length as u64;
        let known = if length <= SHORT * 8 {
            let word = packed::<SHORT>(text, start, length);
            self.short
                .known(name, &word)
                .unwrap_or_else(|set| self.learn(|memo| &mut memo.short, set, name, word, find))
        } else if length <= LONG * 8 {
            let word = packed::<LONG>(text, start, length);
            self.long.known(name, &word).unwrap_or_else(|set| self.learn(|memo| &mut memo.long, set, name, word, find))
        } else {
            let mut found = vec![];
            find(&mut found);
            return found.into_iter().for_each(visit);
        };
        let begin = (known >> 32) as usize;
        let count = (known >> 16 & 0xffff) as usize;
        for id in &self.ids[begin..begin + count] {
            visit(*id);
        }
    }

    #[cold]
    fn learn<const N: usize>(
        &mut self,
        table: impl Fn(&mut Memo) -> &mut Table<N>,
        set: usize,
        name: u64,
        word: [u64; N],
        find: impl FnOnce(&mut Vec<u32>),
    ) -> u64 {
        if self.ids.len() > MAX_IDS {
            self.short.slots.fill(Slot::EMPTY);
            self.long.slots.fill(Slot::EMPTY);
            self.ids.clear();
        }
        let before = self.ids.len();
        find(&mut self.ids);
        // A word that is a form of more parts than this is beyond any list of terms that people write.
        self.ids.truncate(before + usize::from(u16::MAX));
        let count = (self.ids.len() - before) as u64;
        let head = (before as u64) << 32 | count << 16 | name;
        self.turn = self.turn.wrapping_add(1);
        let turn = self.turn % WAYS;
        let ways = &mut table(self).slots[set..set + WAYS];
        let way = ways.iter().position(|slot| slot.head == 0).unwrap_or(turn);
        ways[way] = Slot { head, word };
        head
    }
}

/// A word that is known.
#[derive(Clone, Copy)]
struct Slot<const N: usize> {
    /// Where its ids begin (32 bits), how many there are (16), the language (8) and the word's length (8). 0: empty.
    head: u64,
    /// Filled up with zeros.
    word: [u64; N],
}

impl<const N: usize> Slot<N> {
    const EMPTY: Slot<N> = Slot { head: 0, word: [0; N] };
}

/// Words of up to `8 * N` bytes.
struct Table<const N: usize> {
    slots: Box<[Slot<N>]>,
}

impl<const N: usize> Table<N> {
    fn of(slots: usize) -> Table<N> {
        Table { slots: vec![Slot::EMPTY; slots].into_boxed_slice() }
    }

    /// The head of the word's slot, or the first slot in which it may be put.
    fn known(&self, name: u64, word: &[u64; N]) -> Result<u64, usize> {
        let set = hash(word, name) as usize % (self.slots.len() / WAYS) * WAYS;
        // Compared by what differs, not word by word: most slots that are looked at are the right one.
        let differs = |slot: &Slot<N>| {
            (0..N).fold((slot.head ^ name) & 0xffff, |differs, at| differs | (slot.word[at] ^ word[at]))
        };
        self.slots[set..set + WAYS].iter().find(|slot| differs(slot) == 0).map(|slot| slot.head).ok_or(set)
    }
}

/// The word of `length` bytes at `start` in eights of bytes, filled up with zeros.
fn packed<const N: usize>(text: &[u8], start: usize, length: usize) -> [u64; N] {
    let mut word = [0; N];
    let rest = &text[start..];
    let (eights, _) = rest.as_chunks::<8>();
    if eights.len() >= N {
        for (at, place) in word.iter_mut().enumerate() {
            // What of the eight belongs to the word.
            let bits = 8 * length.saturating_sub(8 * at).min(8) as u32;
            let mask = u64::MAX.checked_shr(64 - bits).unwrap_or(0);
            *place = u64::from_le_bytes(eights[at]) & mask;
        }
        return word;
    }
    // Near the end of the text.
    for (at, byte) in rest[..length].iter().enumerate() {
        word[at / 8] |= u64::from(*byte) << (at % 8 * 8);
    }
    word
}

/// Multiply and fold. Two words of one slot only cost a second look-up.
fn hash<const N: usize>(word: &[u64; N], name: u64) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    word.iter().fold(name, |state, chunk| (state.rotate_left(23) ^ chunk).wrapping_mul(FACTOR)) >> 40
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
                (0, 4),
                |ids| {
                    looked += 1;
                    ids.extend([4, 7])
                },
                |id| seen.push(id),
            );
            assert_eq!((seen, looked), (vec![4, 7], 1), "round {round}");
        }
        let too_long = [b'x'; 8 * LONG + 1];
        for _ in 0..2 {
            memo.each(Lang::NONE, &too_long, (0, 8 * LONG + 1), |_| looked += 1, |_| {});
        }
        assert_eq!(looked, 3);
    }

    #[test]
    fn a_word_is_told_from_those_that_begin_like_it_wherever_it_stands() {
        let mut memo = Memo::new();
        let text = "a raiding raiders".repeat(8);
        for round in 0..2 {
            for start in 0..text.len() {
                for end in start + 1..=text.len().min(start + 60) {
                    let word = &text.as_bytes()[start..end];
                    let meant = word.iter().fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte)));
                    let mut seen = vec![];
                    memo.each(Lang::NONE, text.as_bytes(), (start, end), |ids| ids.push(meant), |id| seen.push(id));
                    assert_eq!(seen, [meant], "round {round}, {start} to {end}");
                }
            }
        }
    }

    #[test]
    fn memory_does_not_grow_with_the_words_seen() {
        let mut memo = Memo::new();
        for number in 0..700_000u32 {
            let mut seen = vec![];
            let word = number.to_le_bytes();
            memo.each(Lang::NONE, &word, (0, 4), |ids| ids.extend([number, number]), |id| seen.push(id));
            assert_eq!(seen, [number, number]);
        }
        assert!(memo.ids.len() <= MAX_IDS + 2);
    }
}
