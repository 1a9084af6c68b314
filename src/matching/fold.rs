//! What counts as the same character: Unicode forms, case, accents, invisible characters, shapes of Han.
//!
//! Marks are dropped only where they are accents (Latin, Greek) or vowel signs that readers leave out (Arabic, Hebrew) and
//! Russian stress: in Thai, Devanagari and Japanese a mark is a letter, and й is not и.

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization as _;

/// How words are told apart in a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Script {
    /// Words stand between spaces: Latin, Cyrillic, Arabic …; the alphabet decides whose word forms apply.
    Spaced(Alphabet),
    /// Words stand between spaces, with particles at their ends.
    Hangul,
    /// Han, kana, Thai, Lao, Khmer, Burmese: no spaces between words.
    Unspaced,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Alphabet {
    Latin,
    Cyrillic,
    Arabic,
    Other,
}

/// What a character does to the word it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Letter(Script),
    /// Belongs to the letter before it.
    Mark,
    /// As if absent.
    Invisible,
    Hyphen,
    Apostrophe,
    /// Optional between characters of scripts without spaces.
    MiddleDot,
    Newline,
    Space,
    Other,
}

pub fn class(c: char) -> Class {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' => Class::Letter(Script::Spaced(Alphabet::Latin)),
        '\n' => Class::Newline,
        ' ' | '\t' | '\r' => Class::Space,
        '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => Class::Hyphen,
        '\'' | '\u{2018}' | '\u{2019}' | '\u{02bc}' | '\u{ff07}' => Class::Apostrophe,
        '\u{00b7}' | '\u{2027}' | '\u{30fb}' | '\u{ff65}' => Class::MiddleDot,
        c if c.is_ascii() => Class::Other,
        c => beyond_ascii(c),
    }
}

fn beyond_ascii(c: char) -> Class {
    match c {
        '\u{ac00}'..='\u{d7a3}' | '\u{1100}'..='\u{115f}' | '\u{3130}'..='\u{318f}' | '\u{a960}'..='\u{a97f}' => {
            Class::Letter(Script::Hangul)
        }
        '\u{4e00}'..='\u{9fff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{3005}'..='\u{3007}'
        | '\u{3041}'..='\u{3096}'
        | '\u{309d}'..='\u{309f}'
        | '\u{30a1}'..='\u{30fa}'
        | '\u{30fc}'..='\u{30ff}'
        | '\u{31f0}'..='\u{31ff}'
        | '\u{ff66}'..='\u{ff9d}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{323af}' => Class::Letter(Script::Unspaced),
        // Letters and signs of most texts, as the tables below would class them.
        '\u{0400}'..='\u{0481}' | '\u{048a}'..='\u{052f}' => Class::Letter(Script::Spaced(Alphabet::Cyrillic)),
        '\u{0620}'..='\u{063f}' | '\u{0641}'..='\u{064a}' => Class::Letter(Script::Spaced(Alphabet::Arabic)),
        '\u{00c0}'..='\u{00d6}' | '\u{00d8}'..='\u{00f6}' | '\u{00f8}'..='\u{024f}' => {
            Class::Letter(Script::Spaced(Alphabet::Latin))
        }
        '\u{3001}'..='\u{3004}'
        | '\u{3008}'..='\u{3020}'
        | '\u{ff01}'
        | '\u{ff0c}'
        | '\u{ff1a}'
        | '\u{ff1b}'
        | '\u{ff1f}'
        | '\u{201c}'
        | '\u{201d}'
        | '\u{2026}' => Class::Other,
        c => by_tables(c),
    }
}

fn by_tables(c: char) -> Class {
    match c {
        // Vowels and finals of decomposed Hangul, voicing marks of kana.
        '\u{1160}'..='\u{11ff}' | '\u{d7b0}'..='\u{d7ff}' | '\u{3099}' | '\u{309a}' | '\u{ff9e}' | '\u{ff9f}' => {
            Class::Mark
        }
        '\u{0e01}'..='\u{0e3a}'
        | '\u{0e40}'..='\u{0e4e}'
        | '\u{0e50}'..='\u{0e59}'
        | '\u{0e81}'..='\u{0ede}'
        | '\u{1000}'..='\u{109f}'
        | '\u{1780}'..='\u{17d3}' => Class::Letter(Script::Unspaced),
        c if is_invisible(c) => Class::Invisible,
        '\u{0085}' | '\u{2028}' | '\u{2029}' => Class::Newline,
        c if c.is_whitespace() => Class::Space,
        c if unicode_normalization::char::is_combining_mark(c) => Class::Mark,
        // The tatweel stretches a word and says nothing.
        '\u{0640}' => Class::Mark,
        c if c.is_alphanumeric() => Class::Letter(Script::Spaced(alphabet(c))),
        _ => Class::Other,
    }
}

fn alphabet(c: char) -> Alphabet {
    match c {
        '\u{0041}'..='\u{024f}' | '\u{1e00}'..='\u{1eff}' | '\u{fb00}'..='\u{fb06}' | '\u{ff10}'..='\u{ff5a}' => {
            Alphabet::Latin
        }
        '\u{0400}'..='\u{052f}' => Alphabet::Cyrillic,
        '\u{0600}'..='\u{06ff}' | '\u{0750}'..='\u{077f}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' => {
            Alphabet::Arabic
        }
        _ => Alphabet::Other,
    }
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

/// Marks longer than this on one letter are decoration: what is more is dropped, so that none costs more than its length.
const MAX_MARKS: usize = 30;

/// A word's characters without those that are as if absent, in the form in which they are compared.
fn composed(word: &str) -> impl Iterator<Item = char> {
    let mut marks = 0;
    let visible = word.chars().filter(move |c| {
        marks = if class(*c) == Class::Mark { marks + 1 } else { 0 };
        !is_invisible(*c) && marks <= MAX_MARKS
    });
    // Lower case may be decomposed (İ), hence the second composition.
    visible.nfkc().flat_map(char::to_lowercase).nfc().map(|c| if c == 'ς' { 'σ' } else { c })
}

/// Folds a word of a spaced script: case, Unicode forms, accents.
pub fn word(raw: &str) -> String {
    if raw.is_ascii() {
        return raw.bytes().filter(u8::is_ascii_alphanumeric).map(|b| char::from(b.to_ascii_lowercase())).collect();
    }
    let mut folded = String::with_capacity(raw.len());
    for c in composed(raw).filter(|c| !matches!(class(*c), Class::Hyphen | Class::Apostrophe)) {
        base(c, &mut folded);
    }
    folded
}

/// Lower case with its accents: what stemmers of languages with accents read, and what `=` compares.
pub fn spelling(raw: &str) -> String {
    if raw.is_ascii() { raw.to_ascii_lowercase() } else { composed(raw).collect() }
}

/// True if no letter is small and there are two or more.
pub fn is_all_capitals(raw: &str) -> bool {
    raw.chars().filter(|c| c.is_uppercase()).count() >= 2 && !raw.chars().any(char::is_lowercase)
}

fn base(c: char, folded: &mut String) {
    match c {
        'a'..='z' | '0'..='9' => folded.push(c),
        'ß' => folded.push_str("ss"),
        'æ' => folded.push_str("ae"),
        'œ' => folded.push_str("oe"),
        'þ' => folded.push_str("th"),
        'đ' | 'ð' => folded.push('d'),
        'ł' => folded.push('l'),
        'ø' => folded.push('o'),
        'ı' => folded.push('i'),
        'ħ' => folded.push('h'),
        'ŧ' => folded.push('t'),
        'ё' => folded.push('е'),
        'أ' | 'إ' | 'آ' | 'ٱ' => folded.push('ا'),
        'ى' => folded.push('ي'),
        'ة' => folded.push('ه'),
        '\u{0640}' => {}
        // й, ў and their like are letters: only what stands apart from its letter is a mark.
        '\u{0300}'..='\u{036f}' | '\u{0483}'..='\u{0487}' | '\u{0591}'..='\u{05c7}' => {}
        '\u{0400}'..='\u{052f}' => folded.push(c),
        '\u{0610}'..='\u{061a}' | '\u{064b}'..='\u{065f}' | '\u{0670}' | '\u{06d6}'..='\u{06ed}' => {}
        '\u{00c0}'..='\u{024f}' | '\u{0370}'..='\u{03ff}' | '\u{1e00}'..='\u{1fff}' => {
            folded.extend(std::iter::once(c).nfd().filter(|c| !('\u{0300}'..='\u{036f}').contains(c)));
        }
        c => folded.push(c),
    }
}

/// The characters of one letter with its marks, of Hangul or a script without spaces.
pub fn cluster(raw: &str, out: &mut Vec<char>) {
    out.extend(composed(raw).map(han));
}

const VARIANTS: &str = include_str!("han_variants.txt");
const HAN_FIRST: u32 = 0x3400;
const HAN_LAST: u32 = 0x9fff;

/// For each character of the two common blocks, the one that stands for all its shapes; 0: itself.
static HAN: LazyLock<Box<[u16]>> = LazyLock::new(|| {
    let mut table = vec![0; (HAN_LAST - HAN_FIRST + 1) as usize];
    for line in VARIANTS.lines() {
        let mut shapes = line.chars();
        let Some(stands_for_all) = shapes.next() else { continue };
        for shape in shapes {
            let place = (shape as u32).checked_sub(HAN_FIRST).map(|place| place as usize);
            if let (Some(slot), Ok(code)) =
                (place.and_then(|place| table.get_mut(place)), u16::try_from(stands_for_all as u32))
            {
                *slot = code;
            }
        }
    }
    table.into_boxed_slice()
});

/// Folds traditional, simplified and Japanese shapes of one character into one.
///
/// The table is made from Unicode's Unihan database by `src/matching/han_variants.py`: one character to one character, so that
/// places stay what they are. Phrase tables, as converters have them, decide which of several traditional forms is meant;
/// for finding, all of them are.
pub fn han(c: char) -> char {
    let place = (c as u32).wrapping_sub(HAN_FIRST) as usize;
    match HAN.get(place) {
        Some(&code) if code != 0 => char::from_u32(u32::from(code)).unwrap_or(c),
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_classed_without_the_tables_is_classed_alike() {
        let by_hand = |c: char| {
            matches!(c, '\u{80}'..='\u{24f}' | '\u{400}'..='\u{52f}' | '\u{600}'..='\u{6ff}' | '\u{2000}'..='\u{206f}')
                || matches!(c, '\u{3001}'..='\u{3004}' | '\u{3008}'..='\u{3020}' | '\u{ff01}'..='\u{ff1f}')
        };
        for c in ('\u{80}'..='\u{ffff}').filter(|c| by_hand(*c) && class(*c) != Class::Hyphen) {
            let other = matches!(class(c), Class::Apostrophe | Class::MiddleDot);
            assert!(other || class(c) == by_tables(c), "{c:?}: {:?}, {:?}", class(c), by_tables(c));
        }
    }

    #[test]
    fn accents_go_where_they_are_accents_and_stay_where_they_are_letters() {
        for (raw, folded) in [
            ("Türk", "turk"),
            ("Tu\u{308}rk", "turk"),
            ("Łódź", "lodz"),
            ("Straße", "strasse"),
            ("Đặng", "dang"),
            ("İstanbul", "istanbul"),
            ("ＵＮ", "un"),
            ("ﬁle", "file"),
            ("repa\u{ad}tri\u{200b}ation", "repatriation"),
            ("приём", "прием"),
            ("каза\u{301}нь", "казань"),
            ("край", "край"),
            ("تَرْحِيل", "ترحيل"),
            ("إعادة", "اعاده"),
            ("मैं", "मैं"),
        ] {
            assert_eq!(word(raw), folded, "{raw}");
        }
        assert_ne!(word("краи"), word("край"));
    }

    #[test]
    fn a_spelling_keeps_its_accents() {
        assert_eq!(spelling("Re\u{301}sume\u{301}"), "résumé");
        assert!(is_all_capitals("WHO") && is_all_capitals("G20X") && !is_all_capitals("Who") && !is_all_capitals("A"));
    }

    #[test]
    fn shapes_of_one_han_character_are_one() {
        let folded = |text: &str| text.chars().map(han).collect::<String>();
        for (a, b) in [
            ("瀋陽", "沈阳"),
            ("圖們", "图们"),
            ("頭髮", "头发"),
            ("發展", "发展"),
            ("強制送還", "强制送还"),
            ("脫北者", "脱北者"),
            ("臺灣", "台湾"),
            ("証言", "证言"),
            ("収容所", "收容所"),
            ("国境", "國境"),
            ("辺境", "边境"),
            ("関東", "关东"),
            ("戸籍", "户籍"),
        ] {
            assert_eq!(folded(a), folded(b), "{a} {b}");
        }
        assert_ne!(folded("沈阳"), folded("丹东"));
    }

    #[test]
    fn the_table_of_shapes_needs_no_second_pass() {
        for c in (HAN_FIRST..=HAN_LAST).filter_map(char::from_u32) {
            assert_eq!(han(han(c)), han(c));
        }
    }

    #[test]
    fn a_cluster_is_composed() {
        let folded = |raw| {
            let mut out = vec![];
            cluster(raw, &mut out);
            out.into_iter().collect::<String>()
        };
        assert_eq!(folded("カ\u{3099}"), "ガ");
        assert_eq!(folded("ｶﾞ"), "ガ");
        assert_eq!(folded("\u{1107}\u{116e}\u{11a8}"), "북");
        assert_eq!(folded("脫"), folded("脱"));
        assert_ne!(folded("ガ"), folded("カ"));
    }
}
