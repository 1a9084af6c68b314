//! How a text is written: its marks, its words, its width.

/// Characters, where one of a wide script counts for two: it says about as much.
pub fn width(text: &str) -> f32 {
    text.chars().map(|c| if is_wide(c) { 2.0 } else { 1.0 }).sum()
}

pub fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ff60}' | '\u{e00}'..='\u{e7f}')
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    pub words: u32,
    pub small: u32,
    pub ends: u32,
    pub commas: u32,
    pub digits: u32,
    pub capitals: u32,
    pub upper: u32,
    pub symbols: u32,
    pub bars: u32,
    pub wide: u32,
}

impl Marks {
    pub fn of(text: &str) -> Marks {
        if text.is_ascii() {
            return Marks::of_ascii(text.as_bytes());
        }
        let mut marks = Marks::default();
        for word in text.split_whitespace() {
            marks.words += 1;
            marks.capitals += u32::from(word.starts_with(char::is_uppercase));
            // Words of up to three letters tie sentences together in every language that parts its words.
            let letters = word.chars().take(4).filter(|c| c.is_lowercase()).count();
            marks.small += u32::from(letters <= 3 && letters > 0 && word.chars().count() <= 3);
        }
        for c in text.chars() {
            match c {
                '.' | '!' | '?' | '。' | '！' | '？' | '…' => marks.ends += 1,
                ',' | '，' | '、' | ';' | '；' | '،' => marks.commas += 1,
                '|' | '/' | '>' | '»' | '›' | '·' | '•' => marks.bars += 1,
                '#' | '+' | '=' | '*' | '_' | '&' | '~' | '→' | '←' => marks.symbols += 1,
                c if c.is_ascii_digit() => marks.digits += 1,
                c if is_wide(c) => marks.wide += 1,
                c if c.is_uppercase() => marks.upper += 1,
                _ => {}
            }
        }
        marks
    }

    /// The same, without asking Unicode of each letter.
    fn of_ascii(text: &[u8]) -> Marks {
        let mut marks = Marks::default();
        let is_space = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x0b;
        for word in text.split(is_space).filter(|word| !word.is_empty()) {
            marks.words += 1;
            marks.capitals += u32::from(word[0].is_ascii_uppercase());
            marks.small += u32::from(word.len() <= 3 && word.iter().any(u8::is_ascii_lowercase));
        }
        for byte in text {
            match byte {
                b'.' | b'!' | b'?' => marks.ends += 1,
                b',' | b';' => marks.commas += 1,
                b'|' | b'/' | b'>' => marks.bars += 1,
                b'#' | b'+' | b'=' | b'*' | b'_' | b'&' | b'~' => marks.symbols += 1,
                b'0'..=b'9' => marks.digits += 1,
                b'A'..=b'Z' => marks.upper += 1,
                _ => {}
            }
        }
        marks
    }
}

pub fn has_year(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.windows(4).enumerate().any(|(at, four)| {
        four.iter().all(u8::is_ascii_digit)
            && (four.starts_with(b"20") || four.starts_with(b"19"))
            && !bytes.get(at + 4).is_some_and(u8::is_ascii_digit)
            && (at == 0 || !bytes[at - 1].is_ascii_digit())
    })
}

pub fn has_clock(text: &str) -> bool {
    text.as_bytes().windows(4).any(|four| {
        four[0].is_ascii_digit()
            && (four[1] == b':' || four[1] == b'.')
            && four[2].is_ascii_digit()
            && four[3].is_ascii_digit()
    })
}

/// A set of words, by their hashes, in order: no page can make it slow, as it could a table of its own hashes.
pub type Words = Vec<u64>;

/// Calls with the hash of each word, in lower case; a character of a wide script is a word.
fn each_word(text: &str, mut take: impl FnMut(u64)) {
    const START: u64 = 0xcbf2_9ce4_8422_2325;
    // FNV-1a over characters: words are short, and nobody gains by a collision.
    let step = |hash: u64, c: char| (hash ^ u64::from(c)).wrapping_mul(0x0100_0000_01b3);
    let mut hash = START;
    for c in text.chars() {
        if is_wide(c) && c.is_alphanumeric() {
            if hash != START {
                take(std::mem::replace(&mut hash, START));
            }
            take(step(START, c));
        } else if c.is_ascii_alphanumeric() {
            hash = step(hash, c.to_ascii_lowercase());
        } else if c.is_alphanumeric() {
            hash = c.to_lowercase().fold(hash, step);
        } else if hash != START {
            take(std::mem::replace(&mut hash, START));
        }
    }
    if hash != START {
        take(hash);
    }
}

pub fn words(text: &str) -> Words {
    let mut words = Words::new();
    each_word(text, |word| words.push(word));
    words.sort_unstable();
    words.dedup();
    words
}

/// How much of one text stands in another: the share of the first's words, and of the second's.
pub type Overlap = (f32, f32);

/// Overlaps of the text with each set. Long texts are no headline.
pub fn overlaps<const SETS: usize>(text: &str, sets: [&Words; SETS]) -> [Overlap; SETS] {
    if text.len() > 600 {
        return [(0.0, 0.0); SETS];
    }
    let mut all = 0_u32;
    let mut found = [const { Vec::<u32>::new() }; SETS];
    each_word(text, |word| {
        all += 1;
        for (set, found) in sets.iter().zip(&mut found) {
            found.extend(set.binary_search(&word).ok().and_then(|at| u32::try_from(at).ok()));
        }
    });
    let mut overlaps = [(0.0, 0.0); SETS];
    for ((overlap, set), mut found) in overlaps.iter_mut().zip(sets).zip(found) {
        let shared = found.len();
        found.sort_unstable();
        found.dedup();
        *overlap = (shared as f32 / all.max(1) as f32, found.len() as f32 / set.len().max(1) as f32);
    }
    overlaps
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn marks_are_the_same_by_either_way(text in "[ -~\t\u{b}]{0,80}") {
            // A letter that counts for nothing makes the text no ASCII.
            let mut other = Marks::of(&format!("{text} א"));
            other.words -= 1;
            prop_assert_eq!(other, Marks::of(&text));
        }
    }

    #[test]
    fn an_overlap_counts_words_as_often_as_said_and_the_sets_once() {
        let title = words("Bridge closed at noon");
        let [(ours, theirs), none] = overlaps("Closed, closed: the bridge", [&title, &words("")]);
        assert_eq!((ours, theirs, none), (0.75, 0.5, (0.0, 0.0)));
    }
}
