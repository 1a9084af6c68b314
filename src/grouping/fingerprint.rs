//! A text as a set of sampled hashes of its word sequences.
//!
//! A shingle is five words in a row, or eight characters where words are not spaced (Han, kana, Thai, Lao, Khmer,
//! Burmese), and what lies between in mixed text. Case, punctuation and line breaks do not count; no shingle
//! reaches from the title into the body.
//!
//! **Sampling** is by value: a shingle is kept when it holds a digit or when its hash is divisible by four
//! (FracMinHash). The same shingle is kept in every text or in none, whatever the length of the text, so weighted
//! sums over common samples estimate the share of common shingles without bias. A fixed number of hashes for each
//! text, or all of them for short texts, would not have that property. Shingles with digits are few, and they tell
//! a copy from the next bulletin of the same template: none of them may be missed by chance.
//!
//! **Values are stored**, so the hash (FNV-1a with a mixing step) and the tags below never change. The two lowest
//! bits of a value are tags: bit 0 for a number, bit 1 for a name, that is a word written with a capital although
//! no sentence begins there.

use crate::model::story::Fingerprint;

/// Of shingles without a digit one in so many is kept.
pub(super) const SAMPLE: u64 = 4;
const NUMBER: u64 = 1;
const NAME: u64 = 2;
/// Length of a shingle in units.
const SHINGLE_UNITS: usize = 40;
/// Five spaced words make a shingle.
const WORD_UNITS: usize = 8;
/// Eight characters of a script without spaces make a shingle.
const CHARACTER_UNITS: usize = 5;
/// More of a field is not read: ten thousand words tell a copy as well as a hundred thousand.
const FIELD_BYTES_MAX: usize = 64 * 1024;
/// A longer run of letters is not a word; what follows counts as the next one.
const WORD_BYTES_MAX: usize = 64;

/// Returns what two texts are compared by.
pub fn fingerprint(title: &str, body: &str) -> Fingerprint {
    let mut shingles = Vec::new();
    for field in [title, body] {
        sample_shingles(&tokens(start_of(field)), &mut shingles);
    }
    shingles.sort_unstable();
    shingles.dedup();
    Fingerprint { shingles }
}

/// The hash of a sampled shingle without the tags, in the order of the values.
pub(super) fn identity(value: i64) -> i64 {
    value & !3
}

/// Whether the shingle holds a number or a name.
pub(super) fn holds_fact(value: i64) -> bool {
    value & 3 != 0
}

/// How many shingles of the text this sample stands for.
pub(super) fn weight(value: i64) -> u64 {
    if value & 1 == 1 { 1 } else { SAMPLE }
}

struct Token {
    hash: u64,
    units: usize,
    tags: u64,
}

fn start_of(field: &str) -> &str {
    let mut end = field.len().min(FIELD_BYTES_MAX);
    while !field.is_char_boundary(end) {
        end -= 1;
    }
    &field[..end]
}

fn sample_shingles(tokens: &[Token], shingles: &mut Vec<i64>) {
    let (mut end, mut units) = (0, 0);
    for start in 0..tokens.len() {
        while units < SHINGLE_UNITS && end < tokens.len() {
            units += tokens[end].units;
            end += 1;
        }
        if units < SHINGLE_UNITS {
            return;
        }
        let shingle = &tokens[start..end];
        let hash = mixed(shingle.iter().fold(FNV_BASIS, |hash, token| fnv(hash, &token.hash.to_le_bytes())));
        let tags = shingle.iter().fold(0, |tags, token| tags | token.tags);
        if tags & NUMBER != 0 || hash.is_multiple_of(SAMPLE) {
            shingles.push((hash & !3 | tags).cast_signed());
        }
        units -= tokens[start].units;
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut word = Word::default();
    let mut sentence_begins = true;
    for c in text.chars() {
        if is_ignored(c) {
            continue;
        }
        let unspaced = is_unspaced(c);
        if unspaced || !c.is_alphanumeric() || word.bytes >= WORD_BYTES_MAX {
            sentence_begins = word.end(&mut tokens, sentence_begins);
        }
        if unspaced {
            let hash = mixed(fnv(FNV_BASIS, &u32::from(c).to_le_bytes()));
            tokens.push(Token { hash, units: CHARACTER_UNITS, tags: 0 });
        } else if c.is_alphanumeric() {
            word.push(c);
        } else if ends_sentence(c) {
            sentence_begins = true;
        }
    }
    word.end(&mut tokens, sentence_begins);
    tokens
}

#[derive(Default)]
struct Word {
    hash: u64,
    bytes: usize,
    capital: bool,
    digit: bool,
}

impl Word {
    fn push(&mut self, c: char) {
        if self.bytes == 0 {
            *self = Word { hash: FNV_BASIS, capital: c.is_uppercase(), ..Word::default() };
        }
        self.digit |= c.is_numeric();
        for lower in c.to_lowercase() {
            self.hash = fnv(self.hash, &u32::from(lower).to_le_bytes());
        }
        self.bytes += c.len_utf8();
    }

    /// Ends the word, if there is one; says whether a sentence still is to begin.
    fn end(&mut self, tokens: &mut Vec<Token>, sentence_begins: bool) -> bool {
        if self.bytes == 0 {
            return sentence_begins;
        }
        let number = if self.digit { NUMBER } else { 0 };
        let name = if self.capital && !sentence_begins { NAME } else { 0 };
        tokens.push(Token { hash: mixed(self.hash), units: WORD_UNITS, tags: number | name });
        *self = Word::default();
        false
    }
}

/// Apostrophes, combining marks of Latin letters and invisible characters: outlets differ in them.
fn is_ignored(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{300}'..='\u{36f}')
}

fn ends_sentence(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | ':' | '\n' | '"' | '\u{201c}' | '\u{201d}')
}

fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

const FNV_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

fn fnv(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(FNV_PRIME))
}

/// FNV's low bits depend on the low bits of the input alone, and we sample by them: spread the high ones down.
fn mixed(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_same_text_has_the_same_values_for_ever() {
        // Stored in databases: a change of these values would hide every copy of an earlier article.
        let values =
            fingerprint("", "The ferry left the harbour at 6 and never reached Port Selwyn, the crew said.").shingles;
        assert_eq!(
            values,
            [
                -6096442252614127655,
                -2442080086337134207,
                880013004440917460,
                1228766230923333111,
                3939347580442193261,
                4114266901523518618,
                4526459714871462861
            ]
        );
    }

    #[test]
    fn case_punctuation_and_apostrophes_do_not_change_a_text() {
        let plain = fingerprint("", "the harbour's master said that no ship had left the quay since monday night");
        let set =
            fingerprint("", "The harbour\u{2019}s master said (that) no ship\nhad left the quay since Monday night");
        let identities = |print: &Fingerprint| print.shingles.iter().map(|v| identity(*v)).collect::<Vec<_>>();
        assert!(!plain.shingles.is_empty());
        assert_eq!(identities(&plain), identities(&set));
    }

    #[test]
    fn text_without_spaces_is_sampled_by_characters() {
        let text = "昨天上午港务局宣布所有渡轮停航直到风暴过去为止乘客被安置在附近的学校里等待";
        let values = fingerprint("", text).shingles;
        assert!(values.len() >= 4, "{values:?}");
    }

    #[test]
    fn no_shingle_joins_title_and_body() {
        assert_eq!(fingerprint("one two three", "four five six").shingles, Vec::<i64>::new());
    }

    #[test]
    fn one_shingle_in_four_is_kept_and_each_with_a_digit() {
        let letters = |n: u32| n.to_string().bytes().map(|digit| char::from(digit + 49)).collect::<String>();
        let text = (0..8000).map(|n| format!("{} ", letters(n))).collect::<String>();
        let kept = fingerprint("", &text).shingles.len();
        assert!((1800..2200).contains(&kept), "{kept}");
        let dated = fingerprint("", "on the ninth of may 1999 it was over at last").shingles;
        assert_eq!(dated.iter().filter(|value| *value & 1 == 1).count(), 5);
    }

    proptest! {
        #[test]
        fn any_text_has_a_sorted_fingerprint_without_repeats(title in "\\PC{0,80}", body in "(?s).{0,400}") {
            let values = fingerprint(&title, &body).shingles;
            prop_assert!(values.windows(2).all(|pair| pair[0] < pair[1]));
        }

        #[test]
        fn a_part_of_a_text_is_sampled_like_the_whole(words in proptest::collection::vec("[a-z]{1,8}", 30..90)) {
            let whole = fingerprint("", &words.join(" ")).shingles;
            let part = fingerprint("", &words[10..25].join(" ")).shingles;
            prop_assert!(part.iter().all(|value| whole.contains(value)));
        }
    }
}
