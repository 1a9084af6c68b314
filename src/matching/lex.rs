//! A query's text as a row of words, phrases, operators and brackets.

use std::sync::LazyLock;

use super::QueryError;
use super::fold::{self, Class, Script};
use super::query::Weight;

#[derive(Clone, Debug, PartialEq)]
pub enum Lexeme {
    Open,
    Close,
    And,
    Or,
    Not,
    Near(u32),
    Field(Field),
    /// `minimum(n of`, the opening bracket included.
    Minimum(usize),
    Comma,
    Term {
        text: String,
        exact: bool,
        phrase: bool,
        weight: Weight,
    },
    Group {
        name: String,
        weight: Weight,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Title,
    Body,
    Source,
    Lang,
}

const FIELDS: [(&str, Field); 4] =
    [("title", Field::Title), ("body", Field::Body), ("source", Field::Source), ("lang", Field::Lang)];

/// A lexeme with its half-open bytes of the text.
pub struct Spot {
    pub lexeme: Lexeme,
    pub start: usize,
    pub end: usize,
}

/// More words than this between two are no neighbourhood.
const MAX_NEAR: u32 = 100;
/// Words between the sides of a bare NEAR.
const NEAR: u32 = 10;

pub fn error<T>(
    start: usize,
    end: usize,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Result<T, QueryError> {
    Err(QueryError { start, end, message: message.into(), help: help.into() })
}

pub fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»' | '\u{ff02}')
}

pub fn lex(text: &str) -> Result<Vec<Spot>, QueryError> {
    let mut lexer = Lexer { text, at: 0, in_minimum: vec![] };
    let mut spots = vec![];
    while let Some(c) = lexer.next_char() {
        if c.is_whitespace() {
            lexer.at += c.len_utf8();
            continue;
        }
        let start = lexer.at;
        let lexeme = lexer.lexeme(c)?;
        spots.push(Spot { lexeme, start, end: lexer.at });
    }
    Ok(spots)
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
    /// For each open bracket, whether it is that of `minimum(…)`, where commas part.
    in_minimum: Vec<bool>,
}

impl Lexer<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn next_char(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn commas_part(&self) -> bool {
        self.in_minimum.contains(&true)
    }

    fn lexeme(&mut self, c: char) -> Result<Lexeme, QueryError> {
        let after = self.rest()[c.len_utf8()..].chars().next();
        match c {
            '(' => {
                self.at += 1;
                self.in_minimum.push(false);
                Ok(Lexeme::Open)
            }
            ')' => {
                self.at += 1;
                self.in_minimum.pop();
                Ok(Lexeme::Close)
            }
            ',' if self.commas_part() => {
                self.at += 1;
                Ok(Lexeme::Comma)
            }
            '-' if after.is_some_and(|next| !next.is_whitespace()) => {
                self.at += 1;
                Ok(Lexeme::Not)
            }
            c if is_quote(c) => self.phrase(false),
            '=' if after.is_some_and(is_quote) => {
                self.at += 1;
                self.phrase(true)
            }
            '@' => self.group(),
            _ => self.word(),
        }
    }

    fn phrase(&mut self, exact: bool) -> Result<Lexeme, QueryError> {
        let start = self.at;
        let inside = start + self.next_char().map_or(1, char::len_utf8);
        let Some(length) = self.text[inside..].find(is_quote) else {
            return error(start, inside, "this quotation mark is never closed", "close it with \"");
        };
        let end = inside + length;
        self.at = end;
        self.at += self.next_char().map_or(1, char::len_utf8);
        let text = self.text[inside..end].to_owned();
        let weight = self.weight_after_phrase()?;
        check_stars(&text, inside, exact)?;
        Ok(Lexeme::Term { text, exact, phrase: true, weight })
    }

    fn weight_after_phrase(&mut self) -> Result<Weight, QueryError> {
        let Some(number) = self.rest().strip_prefix('^') else { return Ok(Weight::ONE) };
        let length = number.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number.len());
        let (number, start) = (number[..length].to_owned(), self.at);
        self.at += 1 + length;
        weight(&number, start, self.at)
    }

    /// The characters up to a space, bracket or quote.
    fn run(&self) -> &str {
        let commas_part = self.commas_part();
        let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')') || is_quote(c) || (c == ',' && commas_part);
        let rest = self.rest();
        &rest[..rest.find(ends).unwrap_or(rest.len())]
    }

    fn group(&mut self) -> Result<Lexeme, QueryError> {
        let start = self.at;
        let run = self.run().to_owned();
        self.at += run.len();
        let (name, weight) = split_weight(&run[1..], start + 1, self.at)?;
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
            let help = "write @ and the group's name in small letters, such as @shenyang";
            return error(start, self.at, "this is no name of a group", help);
        }
        Ok(Lexeme::Group { name: name.to_owned(), weight })
    }

    fn word(&mut self) -> Result<Lexeme, QueryError> {
        let start = self.at;
        let run = self.run().to_owned();
        if let Some(colon) = run.find(':').filter(|colon| *colon > 0)
            && let Some(field) = self.field(&run[..colon])?
        {
            return Ok(field);
        }
        self.at += run.len();
        let end = self.at;
        match run.as_str() {
            "AND" => return Ok(Lexeme::And),
            "OR" => return Ok(Lexeme::Or),
            "NOT" => return Ok(Lexeme::Not),
            "NEAR" => return Ok(Lexeme::Near(NEAR)),
            "minimum" if self.rest().starts_with('(') => return self.minimum(start),
            _ => {}
        }
        if let Some(number) = run.strip_prefix("NEAR/") {
            return match number.parse::<u32>() {
                Ok(words) if words <= MAX_NEAR && number.bytes().all(|b| b.is_ascii_digit()) => Ok(Lexeme::Near(words)),
                _ => error(
                    start,
                    end,
                    format!("NEAR/ needs a number, at most {MAX_NEAR}"),
                    "write NEAR/5 for at most five other words between",
                ),
            };
        }
        let (word, weight) = split_weight(&run, start, end)?;
        let exact = word.len() > 1 && word.starts_with('=');
        let word = if exact { &word[1..] } else { word };
        check_stars(word, start + usize::from(exact), exact)?;
        Ok(Lexeme::Term { text: word.to_owned(), exact, phrase: false, weight })
    }

    /// `None`: the colon is part of a word.
    fn field(&mut self, name: &str) -> Result<Option<Lexeme>, QueryError> {
        let (start, end) = (self.at, self.at + name.len() + 1);
        if let Some((_, field)) = FIELDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            self.at = end;
            if self.rest().trim_start().is_empty() {
                return error(start, end, format!("nothing after {name}:"), "write a word after it");
            }
            return Ok(Some(Lexeme::Field(*field)));
        }
        if !name.chars().all(|c| c.is_ascii_lowercase()) {
            return Ok(None);
        }
        let nearest = FIELDS.iter().map(|(known, _)| (strsim::osa_distance(name, known), *known)).min();
        let help = match nearest {
            Some((distance, known)) if distance <= 2 => format!("did you mean {known}:?"),
            _ => "the fields are title: body: source: lang:; put a colon that is part of a name in quotes".to_owned(),
        };
        error(start, end, format!("there is no field {name}:"), help)
    }

    /// Reads `(n of `.
    fn minimum(&mut self, start: usize) -> Result<Lexeme, QueryError> {
        let inside = &self.rest()[1..];
        let digits = inside.trim_start();
        let number = &digits[..digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len())];
        let after = digits[number.len()..].trim_start();
        let of = after.strip_prefix("of").filter(|rest| rest.starts_with(char::is_whitespace));
        let (Some(rest), Ok(count @ 1..)) = (of, number.parse::<usize>()) else {
            let help = "write minimum(2 of raid, arrest, \"forced return\")";
            return error(start, self.at, "minimum needs a number and the word of", help);
        };
        self.at = self.text.len() - rest.len();
        self.in_minimum.push(true);
        Ok(Lexeme::Minimum(count))
    }
}

fn split_weight(run: &str, start: usize, end: usize) -> Result<(&str, Weight), QueryError> {
    match run.rsplit_once('^') {
        Some((word, number)) if !word.is_empty() && number.starts_with(|c: char| c.is_ascii_digit()) => {
            if word.rsplit_once('^').is_some_and(|(_, inner)| inner.starts_with(|c: char| c.is_ascii_digit())) {
                return error(start, end, "two weights on one word", "leave one out");
            }
            Ok((word, weight(number, start + word.len(), end)?))
        }
        _ => Ok((run, Weight::ONE)),
    }
}

fn weight(number: &str, start: usize, end: usize) -> Result<Weight, QueryError> {
    let tenths = number.parse::<f64>().ok().map(|factor| (factor * 10.0).round());
    match tenths {
        Some(tenths @ 1.0..=100.0) => Ok(Weight(tenths as u16)),
        _ => error(start, end, "a weight is a number from 0.1 to 10", "write ^2 for a word that counts twice"),
    }
}

static HELP_STAR: LazyLock<String> =
    LazyLock::new(|| "write the beginning of the word, at least three letters (two of Hangul), then *".to_owned());

/// `*` only at the end of a word, with enough before it. `at` is where `text` stands in the query.
fn check_stars(text: &str, at: usize, exact: bool) -> Result<(), QueryError> {
    for (star, _) in text.match_indices('*') {
        let (start, end) = (at + star, at + star + 1);
        let goes_on = text[star + 1..].chars().next();
        if goes_on.is_some_and(|next| next == '*' || matches!(fold::class(next), Class::Letter(_) | Class::Mark)) {
            return error(start, end, "* only at the end of a word", HELP_STAR.as_str());
        }
        let letters = text[..star].chars().rev().take_while(|c| matches!(fold::class(*c), Class::Letter(_)));
        let (mut count, mut hangul) = (0, false);
        for letter in letters {
            count += 1;
            hangul |= fold::class(letter) == Class::Letter(Script::Hangul);
        }
        if count == 0 {
            return error(start, end, "* only at the end of a word", HELP_STAR.as_str());
        }
        if count < if hangul { 2 } else { 3 } {
            return error(at, end, "too short before the *: it would match far too much", HELP_STAR.as_str());
        }
        if exact {
            let help = "leave out = or *: a wildcard takes every ending anyway";
            return error(start, end, "= and * cannot stand together", help);
        }
    }
    Ok(())
}
