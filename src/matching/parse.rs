//! The grammar: OR over AND over NOT over NEAR over fields, tightest last. A space is AND.

use super::QueryError;
use super::lex::{Field, Lexeme, Spot, error, lex};
use super::names::Names;
use super::query::{Node, Origin, Scope, Term};
use super::term;

/// Longer queries are refused: nobody can read them.
const MAX_BYTES: usize = 1 << 20;
/// Brackets, NOTs, fields and NEARs within each other; bounds the recursion of everything that walks a query.
const MAX_DEPTH: usize = 64;

/// Words joined by AND that must each be near the other side; each is compared with each.
const MAX_NEAR_SIDES: usize = 32;

pub fn parse(text: &str, names: &Names) -> Result<Node, QueryError> {
    if text.len() > MAX_BYTES {
        return error(0, 1, format!("longer than {MAX_BYTES} bytes"), "split it into several watches");
    }
    let spots = lex(text)?;
    if spots.is_empty() {
        return error(0, text.len(), "an empty query", "write a word to watch for");
    }
    let mut parser = Parser { spots: &spots, at: 0, length: text.len(), depth: 0, names };
    let root = parser.or()?;
    if let Some(spot) = spots.get(parser.at) {
        let message = match spot.lexeme {
            Lexeme::Comma => "a comma parts only what stands in minimum(…)",
            _ => "a closing bracket without an opening one",
        };
        return error(spot.start, spot.end, message, "remove it");
    }
    if !is_positive(&root) {
        let help = "add a word to watch for: Shenyang NOT football";
        return error(0, text.len(), "only exclusions: this would match nearly every article", help);
    }
    Ok(root)
}

struct Parser<'a> {
    spots: &'a [Spot],
    at: usize,
    length: usize,
    depth: usize,
    names: &'a Names,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Lexeme> {
        self.spots.get(self.at).map(|spot| &spot.lexeme)
    }

    /// Bytes of the next lexeme; at the end, of the last.
    fn place(&self) -> (usize, usize) {
        match (self.spots.get(self.at), self.spots.last()) {
            (Some(spot), _) | (None, Some(spot)) => (spot.start, spot.end),
            (None, None) => (0, self.length),
        }
    }

    /// Bytes from the lexeme numbered `first` to the one before the next.
    fn since(&self, first: usize) -> (usize, usize) {
        let start = self.spots.get(first).map_or(0, |spot| spot.start);
        let end = self.at.checked_sub(1).and_then(|last| self.spots.get(last)).map_or(self.length, |spot| spot.end);
        (start, end.max(start))
    }

    fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Result<T, QueryError>) -> Result<T, QueryError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let (start, end) = self.place();
            return error(start, end, "nested too deep", "split it into several watches");
        }
        let parsed = inner(self)?;
        self.depth -= 1;
        Ok(parsed)
    }

    fn or(&mut self) -> Result<Node, QueryError> {
        self.deeper(|parser| {
            let mut sides = vec![];
            loop {
                let first = parser.at;
                let side = parser.and()?;
                if !is_positive(&side) && (parser.peek() == Some(&Lexeme::Or) || !sides.is_empty()) {
                    let (start, end) = parser.since(first);
                    let message = "an exclusion as one side of OR would match nearly every article";
                    return error(start, end, message, "write a NOT b, or (a OR b) NOT c");
                }
                sides.push(side);
                if parser.peek() != Some(&Lexeme::Or) {
                    return Ok(one_or(sides, Node::Or));
                }
                parser.operand_follows("OR")?;
            }
        })
    }

    /// Goes past an operator.
    fn operand_follows(&mut self, operator: &str) -> Result<(), QueryError> {
        let (start, end) = self.place();
        self.at += 1;
        match self.peek() {
            None | Some(Lexeme::Close | Lexeme::Comma | Lexeme::And | Lexeme::Or | Lexeme::Near(_)) => {
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
                None | Some(Lexeme::Or | Lexeme::Close | Lexeme::Comma) => return Ok(one_or(sides, Node::And)),
                Some(_) => {}
            }
            sides.push(self.not()?);
        }
    }

    fn not(&mut self) -> Result<Node, QueryError> {
        if self.peek() != Some(&Lexeme::Not) {
            return self.near();
        }
        self.operand_follows("NOT")?;
        self.deeper(|parser| Ok(Node::Not(Box::new(parser.not()?))))
    }

    fn near(&mut self) -> Result<Node, QueryError> {
        let first = self.at;
        let mut left = self.primary()?;
        let depth = self.depth;
        while let Some(Lexeme::Near(words)) = self.peek() {
            let words = *words;
            self.can_be_near(&left, first)?;
            self.operand_follows("NEAR")?;
            if self.peek() == Some(&Lexeme::Not) {
                let (start, end) = self.place();
                return error(start, end, "NEAR joins words or phrases, not exclusions", "write a NEAR/3 b NOT c");
            }
            let second = self.at;
            // Each NEAR makes the tree one deeper.
            self.depth += 1;
            let right = self.deeper(Self::primary)?;
            self.can_be_near(&right, second)?;
            left = Node::Near { left: Box::new(left), right: Box::new(right), words };
        }
        self.depth = depth;
        Ok(left)
    }

    fn can_be_near(&self, side: &Node, first: usize) -> Result<(), QueryError> {
        let (start, end) = self.since(first);
        if has_places(side) {
            if sides_near(side) <= MAX_NEAR_SIDES {
                return Ok(());
            }
            return error(start, end, "too many words joined by AND beside NEAR", "split it into several watches");
        }
        let help = "only words, phrases, groups and what OR, AND and NEAR make of them have a place in the text";
        error(start, end, "NEAR joins words or phrases, not exclusions, source:, lang: or minimum()", help)
    }

    fn primary(&mut self) -> Result<Node, QueryError> {
        let (start, end) = self.place();
        let Some(lexeme) = self.peek().cloned() else {
            return error(start, end, "a word is missing after this", "write a word");
        };
        self.at += 1;
        let origin = Origin { start, end };
        match lexeme {
            Lexeme::Open => {
                if self.peek() == Some(&Lexeme::Close) {
                    return error(start, self.place().1, "nothing between the brackets", "remove them");
                }
                let inner = self.or()?;
                self.close(start, end)?;
                Ok(inner)
            }
            Lexeme::Minimum(count) => self.minimum(count, origin),
            Lexeme::Field(field) => self.deeper(|parser| parser.field(field, origin)),
            Lexeme::Group { name, weight } => {
                self.names.check(&name, origin)?;
                Ok(Node::Group { name, weight, origin })
            }
            Lexeme::Term { text, exact, phrase, weight } => {
                let term = Term { text, exact, phrase, weight, origin };
                if term::is_empty(&term) {
                    let help = match term.text.as_str() {
                        "|" | "||" | "/" | "," | ";" => "write OR for one or the other",
                        "&" | "&&" | "+" => "write AND for both",
                        _ => "write a word to watch for, or remove it",
                    };
                    return error(start, end, "there is no word here", help);
                }
                Ok(Node::Term(term))
            }
            Lexeme::Close => error(start, end, "a closing bracket without an opening one", "remove it"),
            Lexeme::Comma => error(start, end, "nothing before the comma", "remove it"),
            Lexeme::And => error(start, end, "nothing before AND", "write a word before it, or remove it"),
            Lexeme::Or => error(start, end, "nothing before OR", "write a word before it, or remove it"),
            Lexeme::Near(_) => error(start, end, "nothing before NEAR", "write a word before it, or remove it"),
            Lexeme::Not => error(start, end, "an exclusion cannot stand here", "write a NOT b"),
        }
    }

    fn close(&mut self, start: usize, end: usize) -> Result<(), QueryError> {
        if self.peek() != Some(&Lexeme::Close) {
            return error(start, end, "this bracket is never closed", "close it with )");
        }
        self.at += 1;
        Ok(())
    }

    fn minimum(&mut self, count: usize, origin: Origin) -> Result<Node, QueryError> {
        let mut of = vec![];
        loop {
            let first = self.at;
            let side = self.or()?;
            if !is_positive(&side) {
                let (start, end) = self.since(first);
                return error(start, end, "an exclusion cannot be counted", "write minimum(2 of a, b, c) NOT d");
            }
            of.push(side);
            if self.peek() != Some(&Lexeme::Comma) {
                break;
            }
            self.at += 1;
        }
        self.close(origin.start, origin.end)?;
        if count > of.len() {
            let message = format!("{count} of {} can never be found", of.len());
            return error(origin.start, origin.end, message, "write a smaller number");
        }
        Ok(Node::Minimum { count, of })
    }

    fn field(&mut self, field: Field, origin: Origin) -> Result<Node, QueryError> {
        let scope = match field {
            Field::Title => Scope::Title,
            Field::Body => Scope::Body,
            Field::Source | Field::Lang => {
                let Some(Lexeme::Term { text, exact: false, .. }) = self.peek().cloned() else {
                    let help = "write source:rfa.org, or lang:ko";
                    return error(origin.start, origin.end, "source: and lang: take one word", help);
                };
                self.at += 1;
                let text = text.trim().to_lowercase();
                let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
                if !text.starts_with(char::is_alphanumeric) || !text.chars().all(is_name) {
                    let (start, end) = self.since(self.at - 1);
                    return error(start, end, "this is no host name or language", "write source:rfa.org, or lang:ko");
                }
                return Ok(if field == Field::Source { Node::Source(text) } else { Node::Lang(text) });
            }
        };
        let first = self.at;
        let inner = self.primary()?;
        if matches!(inner, Node::Source(_) | Node::Lang(_)) {
            let (start, end) = self.since(first);
            return error(start, end, "a field within a field", "leave one out");
        }
        Ok(Node::Scope { scope, inner: Box::new(inner) })
    }
}

fn one_or(mut sides: Vec<Node>, many: impl Fn(Vec<Node>) -> Node) -> Node {
    if sides.len() == 1 { sides.remove(0) } else { many(sides) }
}

/// True if a text must hold something for the query to be met.
fn is_positive(node: &Node) -> bool {
    match node {
        Node::And(sides) => sides.iter().any(is_positive),
        Node::Or(sides) => sides.iter().all(is_positive),
        Node::Not(_) => false,
        Node::Scope { inner, .. } => is_positive(inner),
        _ => true,
    }
}

/// True if what meets it stands somewhere in a text.
fn has_places(node: &Node) -> bool {
    match node {
        Node::And(sides) | Node::Or(sides) => sides.iter().all(has_places),
        Node::Scope { inner, .. } => has_places(inner),
        Node::Near { .. } | Node::Term(_) | Node::Group { .. } => true,
        Node::Not(_) | Node::Source(_) | Node::Lang(_) | Node::Minimum { .. } => false,
    }
}

/// How many parts of it must each be near what it is near to.
fn sides_near(node: &Node) -> usize {
    match node {
        Node::And(sides) => sides.iter().map(sides_near).sum(),
        Node::Scope { inner, .. } => sides_near(inner),
        Node::Or(sides) => sides.iter().map(sides_near).max().unwrap_or(1),
        _ => 1,
    }
}
