//! Foreign names as they sound, so that one name meets itself across scripts.
//!
//! A key holds the consonants in coarse classes: what transcription keeps. `Trump`, `Трамп` and `トランプ` are all
//! `TRNP`. Vowels, h and an r that closes a syllable are what transcriptions lose. Keys collide: they count as
//! evidence only together with others, weighed by how rare they are.

/// A key of fewer classes says nothing.
const KEY_MIN: usize = 3;
const KEY_MAX: usize = 12;

/// The key of a name in Latin letters, Cyrillic or katakana; `None` for others and for what is too short.
pub(super) fn key(name: &str) -> Option<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut key = String::new();
    let mut at = 0;
    while at < letters.len() && key.len() < KEY_MAX {
        let (class, taken) = classes(&letters[at..], at == 0)?;
        for c in class.chars() {
            if !key.ends_with(c) {
                key.push(c);
            }
        }
        at += taken;
    }
    (key.len() >= KEY_MIN).then_some(key)
}

/// The classes of the next letters, and how many those are; `None`: not a letter that is known.
fn classes(rest: &[char], first: bool) -> Option<(&'static str, usize)> {
    let (c, next) = (rest[0], rest.get(1).copied().unwrap_or(' '));
    match c {
        'a'..='z' | '\u{df}'..='\u{24f}' => Some(latin(c, next, rest.get(2).copied(), first)),
        'а'..='я' | 'ё' | 'і' | 'ї' | 'є' | 'ґ' => Some(cyrillic(c, next, first)),
        '\u{30a1}'..='\u{30fc}' => Some(katakana(c, next, first)),
        _ => None,
    }
}

const fn vowel(first: bool) -> &'static str {
    if first { "A" } else { "" }
}

fn is_latin_vowel(c: char) -> bool {
    matches!(
        c,
        'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'á' | 'é' | 'í' | 'ó' | 'ú' | 'ö' | 'ü' | 'ä' | 'æ' | 'å' | 'ø' | 'ë'
    )
}

fn latin(c: char, next: char, third: Option<char>, first: bool) -> (&'static str, usize) {
    match (c, next) {
        ('s', 'c') if third == Some('h') => ("S", 3),
        ('t', 'c') if third == Some('h') => ("S", 3),
        ('t' | 's' | 'c' | 'z', 'h') => ("S", 2),
        ('p', 'h') => ("F", 2),
        ('k' | 'g', 'h') => (if c == 'k' { "" } else { "G" }, 2),
        ('n', 'g') => ("N", 2),
        ('c', 'k') => ("K", 2),
        ('c', 'e' | 'i' | 'y') => ("S", 1),
        ('c' | 'k' | 'q', _) => ("K", 1),
        ('x', _) => (if first { "S" } else { "KS" }, 1),
        ('s' | 'z' | 'j' | 'ß' | 'þ' | 'ð' | 'š' | 'ž' | 'č' | 'ç', _) => ("S", 1),
        ('r', next) if !is_latin_vowel(next) => ("", 1),
        ('r' | 'l' | 'ł', _) => ("R", 1),
        ('m' | 'n' | 'ñ' | 'ń', _) => ("N", 1),
        ('b' | 'v', _) => ("B", 1),
        ('w', _) => (if first { "B" } else { "" }, 1),
        ('p', _) => ("P", 1),
        ('f', _) => ("F", 1),
        ('t', _) => ("T", 1),
        ('d', _) => ("D", 1),
        ('g', _) => ("G", 1),
        (c, _) if is_latin_vowel(c) => (vowel(first), 1),
        _ => ("", 1),
    }
}

fn cyrillic(c: char, next: char, first: bool) -> (&'static str, usize) {
    let is_vowel = |c: char| "аеёиоуыэюяіїє".contains(c);
    match (c, next) {
        ('д', 'ж') => ("S", 2),
        ('к', 'с') => ("KS", 2),
        ('н', 'г') => ("N", 2),
        ('б' | 'в', _) => ("B", 1),
        ('г' | 'ґ', _) => ("G", 1),
        ('д', _) => ("D", 1),
        ('ж' | 'з' | 'с' | 'ц' | 'ч' | 'ш' | 'щ', _) => ("S", 1),
        ('к', _) => ("K", 1),
        ('р', next) if !is_vowel(next) => ("", 1),
        ('л' | 'р', _) => ("R", 1),
        ('м' | 'н', _) => ("N", 1),
        ('п', _) => ("P", 1),
        ('т', _) => ("T", 1),
        ('ф', _) => ("F", 1),
        ('у', next) if first && is_vowel(next) => ("B", 1),
        (c, _) if is_vowel(c) => (vowel(first), 1),
        _ => ("", 1),
    }
}

fn katakana(c: char, next: char, first: bool) -> (&'static str, usize) {
    let small = matches!(next, 'ァ' | 'ィ' | 'ゥ' | 'ェ' | 'ォ' | 'ャ' | 'ュ' | 'ョ');
    let taken = if small { 2 } else { 1 };
    let class = match c {
        'ウ' if small && first => "B",
        'ウ' if small => "",
        'ア'..='オ' | 'ァ'..='ォ' => vowel(first),
        'カ' | 'キ' | 'ク' | 'ケ' | 'コ' => "K",
        'ガ' | 'ギ' | 'グ' | 'ゲ' | 'ゴ' => "G",
        'サ'..='ゾ' | 'チ' | 'ヂ' | 'ツ' | 'ヅ' => "S",
        'タ' | 'テ' | 'ト' => "T",
        'ダ' | 'デ' | 'ド' => "D",
        'ナ'..='ノ' | 'マ'..='モ' | 'ン' => "N",
        'バ' | 'ビ' | 'ブ' | 'ベ' | 'ボ' | 'ヴ' => "B",
        'パ' | 'ピ' | 'プ' | 'ペ' | 'ポ' => "P",
        'フ' => "F",
        'ラ'..='ロ' => "R",
        'ワ' if first => "B",
        _ => "",
    };
    (class, taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_has_one_key_in_three_scripts() {
        for (names, wanted) in [
            (["trump", "трамп", "トランプ"], "TRNP"),
            (["washington", "вашингтон", "ワシントン"], "BSNTN"),
            (["merkel", "меркел", "メルケル"], "NKR"),
            (["obama", "обама", "オバマ"], "ABN"),
        ] {
            let keys = names.map(|name| key(name).unwrap_or_default());
            assert!(keys.iter().filter(|key| *key == wanted).count() >= 2, "{names:?} {keys:?}");
        }
    }

    #[test]
    fn what_is_short_or_in_another_script_has_no_key() {
        for name in ["", "ai", "北京", "서울", "x1", "ー"] {
            assert_eq!(key(name), None, "{name}");
        }
    }
}
