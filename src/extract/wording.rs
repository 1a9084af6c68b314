//! How a text is written: its marks, its words, its width.

use std::collections::HashSet;

/// Characters, where one of a wide script counts for two: it says about as much.
pub fn width(text: &str) -> f32 {
    text.chars().map(|c| if is_wide(c) { 2.0 } else { 1.0 }).sum()
}

pub fn is_wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ff60}' | '\u{e00}'..='\u{e7f}')
}

#[derive(Default)]
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

fn tokens(text: &str) -> Vec<String> {
    let mut found = vec![];
    let mut word = String::new();
    for c in text.chars() {
        if is_wide(c) && c.is_alphanumeric() {
            if !word.is_empty() {
                found.push(std::mem::take(&mut word));
            }
            found.push(c.to_string());
        } else if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        } else if !word.is_empty() {
            found.push(std::mem::take(&mut word));
        }
    }
    if !word.is_empty() {
        found.push(word);
    }
    found
}

pub fn words(text: &str) -> HashSet<String> {
    tokens(text).into_iter().collect()
}

/// Share of the text's words that are in the set, and of the set's that are in the text. Long texts are no headline.
pub fn overlap(text: &str, set: &HashSet<String>) -> (f32, f32) {
    if set.is_empty() || text.len() > 600 {
        return (0.0, 0.0);
    }
    let own = tokens(text);
    let shared = own.iter().filter(|word| set.contains(*word)).count() as f32;
    let distinct: HashSet<&String> = own.iter().filter(|word| set.contains(*word)).collect();
    (shared / own.len().max(1) as f32, distinct.len() as f32 / set.len() as f32)
}
