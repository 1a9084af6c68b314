//! The query language: AND, OR, NOT, brackets, phrases, NEAR/n, `word*`, `=word`, fields.

use std::fmt;

use super::QueryError;
use super::tokens::{self, Script};

/// A query that parses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    pub(super) root: Node,
    warnings: Vec<QueryError>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Near { left: Box<Node>, right: Box<Node>, words: usize },
    Scope { scope: Scope, inner: Box<Node> },
    Source(String),
    Lang(String),
    Term(Term),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Title,
    Body,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// As written, without quotes.
    pub shown: String,
    pub parts: Vec<Part>,
    pub exact: bool,
    pub phrase: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    pub text: String,
    pub script: Script,
    pub prefix: bool,
    /// The text must have these capitals.
    pub capitals: bool,
}

/// Longer queries are refused: nobody can read them.
const MAX_LENGTH: usize = 20_000;
const MAX_DEPTH: usize = 64;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Lexeme {
    Open,
    Close,
    And,
    Or,
    Not,
    Near(usize),
    Field(String),
    Term { text: String, exact: bool, phrase: bool },
}

struct Spot {
    lexeme: Lexeme,
    start: usize,
    end: usize,
}

fn error<T>(start: usize, end: usize, message: impl Into<String>, help: impl Into<String>) -> Result<T, QueryError> {
    Err(QueryError { start, end, message: message.into(), help: help.into() })
}

impl Query {
    pub fn parse(text: &str) -> Result<Query, QueryError> {
        if text.len() > MAX_LENGTH {
            return error(0, 1, format!("longer than {MAX_LENGTH} bytes"), "split it into several watches");
        }
        let spots = lex(text)?;
        if spots.is_empty() {
            return error(0, text.len(), "an empty query", "write a word to watch for");
        }
        let mut parser = Parser { spots: &spots, at: 0, length: text.len(), depth: 0 };
        let root = parser.or()?;
        if let Some(spot) = spots.get(parser.at) {
            return error(spot.start, spot.end, "a closing bracket without an opening one", "remove it");
        }
        check_positive(&root, text.len())?;
        Ok(Query { root, warnings: warnings(&spots) })
    }

    /// What is legal but surely not meant.
    pub fn warnings(&self) -> Vec<QueryError> {
        self.warnings.clone()
    }
}

fn warnings(spots: &[Spot]) -> Vec<QueryError> {
    let mut warnings = vec![];
    for spot in spots {
        let Lexeme::Term { text, phrase: false, .. } = &spot.lexeme else { continue };
        let (start, end) = (spot.start, spot.end);
        if matches!(text.as_str(), "and" | "or" | "not" | "near") {
            let message = format!("small {text} is read as a word");
            let help = format!("write {} if you meant the operator", text.to_uppercase());
            warnings.push(QueryError { start, end, message, help });
        }
        if text.chars().count() == 1 && !text.is_ascii() {
            let message = "one syllable or character alone matches far too much".to_owned();
            warnings.push(QueryError { start, end, message, help: "write the whole word".to_owned() });
        }
    }
    warnings
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»')
}

fn lex(text: &str) -> Result<Vec<Spot>, QueryError> {
    let mut spots = vec![];
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let start = at;
        if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        }
        let lexeme = match c {
            '(' | ')' => {
                at += 1;
                if c == '(' { Lexeme::Open } else { Lexeme::Close }
            }
            '-' if text[at + 1..].chars().next().is_some_and(|next| !next.is_whitespace()) => {
                at += 1;
                Lexeme::Not
            }
            c if is_quote(c) => phrase(text, &mut at, false)?,
            '=' if text[at + 1..].starts_with(is_quote) => {
                at += 1;
                phrase(text, &mut at, true)?
            }
            _ => word(text, &mut at)?,
        };
        spots.push(Spot { lexeme, start, end: at });
    }
    Ok(spots)
}

fn phrase(text: &str, at: &mut usize, exact: bool) -> Result<Lexeme, QueryError> {
    let start = *at;
    let quote = text[start..].chars().next().map_or(1, char::len_utf8);
    let inside = start + quote;
    let Some(length) = text[inside..].find(is_quote) else {
        return error(start, inside, "this quotation mark is never closed", "close it with \"");
    };
    let end = inside + length;
    *at = end + text[end..].chars().next().map_or(1, char::len_utf8);
    Ok(Lexeme::Term { text: text[inside..end].to_owned(), exact, phrase: true })
}

fn word(text: &str, at: &mut usize) -> Result<Lexeme, QueryError> {
    let start = *at;
    let rest = &text[start..];
    let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')') || is_quote(c);
    let length = rest.find(ends).unwrap_or(rest.len());
    let mut word = &rest[..length];
    if let Some(colon) = word.find(':').filter(|colon| *colon > 0) {
        let name = &word[..colon];
        if name.chars().all(|c| c.is_ascii_alphabetic()) && name.chars().all(|c| c.is_ascii_lowercase()) {
            *at = start + colon + 1;
            return field(name, start, *at, text);
        }
    }
    *at = start + length;
    match word {
        "AND" => return Ok(Lexeme::And),
        "OR" => return Ok(Lexeme::Or),
        "NOT" => return Ok(Lexeme::Not),
        "NEAR" => return Ok(Lexeme::Near(10)),
        _ => {}
    }
    if let Some(number) = word.strip_prefix("NEAR/") {
        return match number.parse::<usize>() {
            Ok(words) if words <= 100 => Ok(Lexeme::Near(words)),
            _ => error(start, *at, "NEAR/ needs a number up to 100", "write NEAR/5 for at most five words between"),
        };
    }
    let exact = word.starts_with('=') && word.len() > 1;
    if exact {
        word = &word[1..];
    }
    if let Some(star) = word.find('*') {
        let letters = word[..star].chars().count();
        let hangul = word.chars().any(|c| ('\u{ac00}'..='\u{d7a3}').contains(&c));
        if star + 1 != word.len() {
            return error(start, *at, "* only at the end of a word", "write the beginning of the word, then *");
        }
        if letters < if hangul { 2 } else { 3 } {
            return error(start, *at, "too short before the *", "write at least three letters before it");
        }
    }
    Ok(Lexeme::Term { text: word.to_owned(), exact, phrase: false })
}

fn field(name: &str, start: usize, end: usize, text: &str) -> Result<Lexeme, QueryError> {
    const FIELDS: [&str; 4] = ["title", "body", "source", "lang"];
    if !FIELDS.contains(&name) {
        let near = |known: &&&str| known.chars().filter(|c| name.contains(*c)).count() + 1 >= known.len();
        let help = match FIELDS.iter().find(near) {
            Some(known) => format!("did you mean {known}:?"),
            None => "the fields are title: body: source: lang:".to_owned(),
        };
        return error(start, end, format!("there is no field {name}:"), help);
    }
    if text[end..].trim_start().is_empty() {
        return error(start, end, format!("nothing after {name}:"), "write a word after it");
    }
    Ok(Lexeme::Field(name.to_owned()))
}

struct Parser<'a> {
    spots: &'a [Spot],
    at: usize,
    length: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Lexeme> {
        self.spots.get(self.at).map(|spot| &spot.lexeme)
    }

    fn place(&self) -> (usize, usize) {
        self.spots.get(self.at).map_or((self.length.saturating_sub(1), self.length), |spot| (spot.start, spot.end))
    }

    fn or(&mut self) -> Result<Node, QueryError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let (start, end) = self.place();
            return error(start, end, "brackets nested too deep", "split it into several watches");
        }
        let mut sides = vec![self.and()?];
        while self.peek() == Some(&Lexeme::Or) {
            self.operand_follows("OR")?;
            sides.push(self.and()?);
        }
        self.depth -= 1;
        if sides.len() > 1 && sides.iter().any(|side| matches!(side, Node::Not(_))) {
            return error(
                0,
                self.length,
                "an exclusion as one side of OR would match nearly every article",
                "use AND NOT",
            );
        }
        Ok(one_or(sides, Node::Or))
    }

    fn operand_follows(&mut self, operator: &str) -> Result<(), QueryError> {
        let (start, end) = self.place();
        self.at += 1;
        match self.peek() {
            None | Some(Lexeme::Close | Lexeme::And | Lexeme::Or | Lexeme::Near(_)) => {
                error(start, end, format!("nothing after {operator}"), "write a word after it, or remove it")
            }
            _ => Ok(()),
        }
    }

    fn and(&mut self) -> Result<Node, QueryError> {
        let mut sides = vec![self.not()?];
        loop {
            match self.peek() {
                Some(Lexeme::And) => self.operand_follows("AND")?,
                None | Some(Lexeme::Or | Lexeme::Close) => break,
                Some(_) => {}
            }
            sides.push(self.not()?);
        }
        Ok(one_or(sides, Node::And))
    }

    fn not(&mut self) -> Result<Node, QueryError> {
        if self.peek() == Some(&Lexeme::Not) {
            self.operand_follows("NOT")?;
            self.depth += 1;
            if self.depth > MAX_DEPTH {
                let (start, end) = self.place();
                return error(start, end, "nested too deep", "split it into several watches");
            }
            let inner = self.not()?;
            self.depth -= 1;
            return Ok(Node::Not(Box::new(inner)));
        }
        self.near()
    }

    fn near(&mut self) -> Result<Node, QueryError> {
        let mut left = self.primary()?;
        while let Some(Lexeme::Near(words)) = self.peek() {
            let words = *words;
            self.operand_follows("NEAR")?;
            let (start, end) = self.place();
            if self.peek() == Some(&Lexeme::Not) {
                return error(start, end, "NEAR joins words or phrases, not exclusions", "use AND NOT");
            }
            let right = self.primary()?;
            left = Node::Near { left: Box::new(left), right: Box::new(right), words };
        }
        Ok(left)
    }

    fn primary(&mut self) -> Result<Node, QueryError> {
        let (start, end) = self.place();
        let Some(lexeme) = self.peek().cloned() else {
            return error(start, end, "a word is missing here", "write a word");
        };
        self.at += 1;
        match lexeme {
            Lexeme::Open => {
                let inner = self.or()?;
                if self.peek() != Some(&Lexeme::Close) {
                    return error(start, end, "this bracket is never closed", "close it with )");
                }
                self.at += 1;
                Ok(inner)
            }
            Lexeme::Field(name) => self.scoped(&name, start, end),
            Lexeme::Term { text, exact, phrase } => term(&text, exact, phrase, start, end).map(Node::Term),
            Lexeme::Close => error(start, end, "a closing bracket without an opening one", "remove it"),
            Lexeme::And => error(start, end, "nothing before AND", "write a word before it"),
            Lexeme::Or => error(start, end, "nothing before OR", "write a word before it"),
            Lexeme::Near(_) => error(start, end, "nothing before NEAR", "write a word before it"),
            Lexeme::Not => error(start, end, "an exclusion cannot stand here", "use AND NOT"),
        }
    }

    fn scoped(&mut self, name: &str, start: usize, end: usize) -> Result<Node, QueryError> {
        if matches!(name, "source" | "lang") {
            let Some(Lexeme::Term { text, .. }) = self.peek().cloned() else {
                return error(start, end, format!("{name}: takes one word"), "");
            };
            self.at += 1;
            let text = text.to_lowercase();
            return Ok(if name == "source" { Node::Source(text) } else { Node::Lang(text) });
        }
        let scope = if name == "title" { Scope::Title } else { Scope::Body };
        Ok(Node::Scope { scope, inner: Box::new(self.primary()?) })
    }
}

fn one_or(mut sides: Vec<Node>, many: impl Fn(Vec<Node>) -> Node) -> Node {
    if sides.len() == 1 { sides.remove(0) } else { many(sides) }
}

fn term(text: &str, exact: bool, phrase: bool, start: usize, end: usize) -> Result<Term, QueryError> {
    let prefix = text.ends_with('*');
    let mut parts: Vec<Part> = vec![];
    for (word, has_star) in text.split_whitespace().map(|word| (word.trim_end_matches('*'), word.ends_with('*'))) {
        let found = tokens::tokens(word, None);
        let count = found.len();
        parts.extend(found.into_iter().enumerate().map(|(i, token)| Part {
            capitals: exact && token.capitals && token.text.chars().count() > 1,
            text: token.text,
            script: token.script,
            prefix: has_star && i + 1 == count,
        }));
    }
    if parts.is_empty() {
        return error(start, end, "there is no word here", "write a word to watch for");
    }
    Ok(Term { shown: text.to_owned(), phrase: phrase || parts.len() > 1, parts, exact: exact && !prefix })
}

fn check_positive(root: &Node, length: usize) -> Result<(), QueryError> {
    if positive(root) {
        Ok(())
    } else {
        error(0, length, "only exclusions: this would match nearly every article", "add a word to watch for")
    }
}

fn positive(node: &Node) -> bool {
    match node {
        Node::And(sides) => sides.iter().any(positive),
        Node::Or(sides) => sides.iter().all(positive),
        Node::Not(_) => false,
        Node::Scope { inner, .. } => positive(inner),
        Node::Near { .. } | Node::Source(_) | Node::Lang(_) | Node::Term(_) => true,
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.phrase { write!(f, "\"{}\"", self.shown) } else { f.write_str(&self.shown) }
    }
}
