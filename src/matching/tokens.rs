//! A text as tokens: words of spaced scripts, single characters of the others, each with its place in the original.

use std::borrow::Cow;

use snowball_stemmers_rs::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization as _;

use super::Text;
use crate::model::watch::Field;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Script {
    Spaced,
    Hangul,
    /// Han, kana, Thai, Lao, Khmer, Burmese: no spaces between words.
    Unspaced,
}

#[derive(Clone, Debug)]
pub struct Token {
    /// Folded: NFKC, lower case, Latin accents dropped.
    pub text: String,
    pub stem: String,
    pub script: Script,
    /// Bytes of the field's text.
    pub start: usize,
    pub end: usize,
    /// Counts blank lines before it: no phrase crosses one.
    pub paragraph: u32,
    pub capitals: bool,
}

pub struct Document {
    pub title: Vec<Token>,
    pub body: Vec<Token>,
    pub source: String,
    pub lang: String,
}

impl Document {
    pub fn of(text: &Text<'_>) -> Document {
        let stemmer = stemmer(text.lang);
        Document {
            title: tokens(text.title, stemmer.as_ref()),
            body: tokens(text.body, stemmer.as_ref()),
            source: text.source.to_lowercase(),
            lang: text.lang.to_lowercase(),
        }
    }

    pub fn field(&self, field: Field) -> &[Token] {
        match field {
            Field::Title => &self.title,
            Field::Body => &self.body,
        }
    }
}

pub fn stemmer(lang: &str) -> Option<Stemmer> {
    let algorithm = match lang.split('-').next().unwrap_or_default() {
        "" | "und" | "en" => Algorithm::English,
        "fr" => Algorithm::French,
        "de" => Algorithm::German,
        "es" => Algorithm::Spanish,
        "ru" => Algorithm::Russian,
        _ => return None,
    };
    Some(Stemmer::create(algorithm))
}

pub fn stem(word: &str, stemmer: Option<&Stemmer>) -> String {
    stemmer.map_or(Cow::Borrowed(word), |stemmer| stemmer.stem(word)).into_owned()
}

fn script(c: char) -> Option<Script> {
    match c {
        '\u{ac00}'..='\u{d7a3}' | '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' => Some(Script::Hangul),
        '\u{3400}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{3040}'..='\u{30ff}'
        | '\u{20000}'..='\u{323af}'
        | '\u{0e00}'..='\u{0eff}'
        | '\u{1000}'..='\u{109f}'
        | '\u{1780}'..='\u{17ff}' => Some(Script::Unspaced),
        c if c.is_alphanumeric() || is_mark(c) => Some(Script::Spaced),
        _ => None,
    }
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036f}' | '\u{064b}'..='\u{0652}')
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Folds one word.
pub fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    let visible = word.chars().filter(|c| !is_invisible(*c));
    let mut folded = String::with_capacity(word.len());
    for c in visible.nfkc().flat_map(char::to_lowercase) {
        let base = if ('\u{c0}'..='\u{24f}').contains(&c) || ('\u{1e00}'..='\u{1eff}').contains(&c) {
            match c {
                'đ' => 'd',
                'ł' => 'l',
                'ø' => 'o',
                'ı' => 'i',
                c => c.nfd().next().unwrap_or(c),
            }
        } else {
            c
        };
        match base {
            'ß' => folded.push_str("ss"),
            'ё' => folded.push('е'),
            c if is_mark(c) => {}
            c => folded.push(c),
        }
    }
    folded
}

pub fn tokens(text: &str, stemmer: Option<&Stemmer>) -> Vec<Token> {
    let mut tokens = vec![];
    let mut open: Option<(Script, usize)> = None;
    let mut paragraph = 0;
    let mut line_breaks = 0;
    for (at, c) in text.char_indices() {
        if is_invisible(c) {
            continue;
        }
        let kind = script(c);
        if let Some((script, start)) = open
            && (kind != Some(script) || script == Script::Unspaced)
        {
            close(&mut tokens, text, script, start, at, paragraph, stemmer);
            open = None;
        }
        match kind {
            Some(script) => {
                if line_breaks > 1 {
                    paragraph += 1;
                }
                line_breaks = 0;
                open = open.or(Some((script, at)));
            }
            None if c == '\n' => line_breaks += 1,
            None if c.is_whitespace() => {}
            None => {
                if line_breaks > 1 {
                    paragraph += 1;
                }
                line_breaks = 0;
            }
        }
    }
    if let Some((script, start)) = open {
        close(&mut tokens, text, script, start, text.len(), paragraph, stemmer);
    }
    tokens
}

fn close(
    tokens: &mut Vec<Token>,
    text: &str,
    script: Script,
    start: usize,
    end: usize,
    paragraph: u32,
    stemmer: Option<&Stemmer>,
) {
    let word = text[start..end].trim_end_matches(is_invisible);
    // A possessive 's is no word of its own.
    let after_apostrophe = text[..start].ends_with(['\'', '’']) && !tokens.is_empty();
    if after_apostrophe && matches!(word, "s" | "S") {
        return;
    }
    let folded = fold(word);
    let stem = if script == Script::Spaced { stem(&folded, stemmer) } else { folded.clone() };
    let capitals = word.chars().any(char::is_uppercase) && !word.chars().any(char::is_lowercase);
    tokens.push(Token { text: folded, stem, script, start, end: start + word.len(), paragraph, capitals });
}
