//! A query as a tree, and the tree as text again.

use std::fmt;

use super::QueryError;
use super::names::Names;
use super::parse;

/// A query that parses. Two are equal if they ask the same in the same order, wherever their words were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    pub(super) root: Node,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    /// At most `words` other words between the two sides.
    Near {
        left: Box<Node>,
        right: Box<Node>,
        words: u32,
    },
    Scope {
        scope: Scope,
        inner: Box<Node>,
    },
    /// Host name, lower case.
    Source(String),
    /// BCP 47, lower case.
    Lang(String),
    Term(Term),
    /// One of the group's terms; see [`Names`].
    Group {
        name: String,
        weight: Weight,
        origin: Origin,
    },
    /// At least `count` of the sides.
    Minimum {
        count: usize,
        of: Vec<Node>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    Title,
    Body,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// As written, without quotes, `=` and weight; its last word may end with `*`.
    pub text: String,
    pub exact: bool,
    /// It was written in quotes.
    pub phrase: bool,
    pub weight: Weight,
    pub origin: Origin,
}

/// How much more than others a term counts in a report's rank: tenths, 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight(pub u16);

impl Weight {
    pub const ONE: Weight = Weight(10);

    pub fn factor(self) -> f64 {
        f64::from(self.0) / 10.0
    }
}

/// Where in the query's text something was written: half-open bytes. Says nothing of what was asked, so all are equal.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origin {
    pub start: usize,
    pub end: usize,
}

impl PartialEq for Origin {
    fn eq(&self, _: &Origin) -> bool {
        true
    }
}

impl Eq for Origin {}

impl Query {
    /// Reads a query that uses no name groups.
    pub fn parse(text: &str) -> Result<Query, QueryError> {
        Query::parse_with(text, &Names::default())
    }

    /// Reads a query; `@name` must be one of the groups.
    pub fn parse_with(text: &str, names: &Names) -> Result<Query, QueryError> {
        parse::parse(text, names).map(|root| Query { root })
    }

    /// What is legal but surely not meant.
    pub fn warnings(&self, names: &Names) -> Vec<QueryError> {
        super::lint::of_query(self, names)
    }

    /// The same query with the terms of its groups in place of their names. Homographs are left out.
    pub fn written_out(&self, names: &Names) -> Query {
        Query { root: self.root.written_out(names) }
    }
}

impl Node {
    /// Calls `visit` for each term and group below, with whether it stands under an odd number of NOTs.
    pub fn each_leaf<'n>(&'n self, excluded: bool, visit: &mut impl FnMut(&'n Node, bool)) {
        match self {
            Node::And(sides) | Node::Or(sides) | Node::Minimum { of: sides, .. } => {
                for side in sides {
                    side.each_leaf(excluded, visit);
                }
            }
            Node::Not(inner) => inner.each_leaf(!excluded, visit),
            Node::Scope { inner, .. } => inner.each_leaf(excluded, visit),
            Node::Near { left, right, .. } => {
                left.each_leaf(excluded, visit);
                right.each_leaf(excluded, visit);
            }
            Node::Source(_) | Node::Lang(_) => {}
            Node::Term(_) | Node::Group { .. } => visit(self, excluded),
        }
    }

    fn written_out(&self, names: &Names) -> Node {
        let all = |sides: &[Node]| sides.iter().map(|side| side.written_out(names)).collect();
        let one = |node: &Node| Box::new(node.written_out(names));
        match self {
            Node::And(sides) => Node::And(all(sides)),
            Node::Or(sides) => Node::Or(all(sides)),
            Node::Minimum { count, of } => Node::Minimum { count: *count, of: all(of) },
            Node::Not(inner) => Node::Not(one(inner)),
            Node::Near { left, right, words } => Node::Near { left: one(left), right: one(right), words: *words },
            Node::Scope { scope, inner } => Node::Scope { scope: *scope, inner: one(inner) },
            Node::Group { name, .. } => match names.get(name).map(|group| group.terms.as_slice()) {
                Some([term]) => term.clone(),
                Some(terms) => Node::Or(terms.to_vec()),
                None => self.clone(),
            },
            Node::Source(_) | Node::Lang(_) | Node::Term(_) => self.clone(),
        }
    }

    /// How tightly it binds, as a side of another: 0 OR, 1 AND, 2 NOT, 3 NEAR, 4 what needs no brackets.
    fn binding(&self) -> u8 {
        match self {
            Node::Or(_) => 0,
            Node::And(_) => 1,
            Node::Not(_) => 2,
            Node::Near { .. } => 3,
            _ => 4,
        }
    }
}

struct Side<'n> {
    node: &'n Node,
    /// Brackets are needed below this binding.
    least: u8,
}

impl fmt::Display for Side<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.node.binding() < self.least { write!(f, "({})", self.node) } else { write!(f, "{}", self.node) }
    }
}

fn joined(f: &mut fmt::Formatter<'_>, sides: &[Node], between: &str, least: u8) -> fmt::Result {
    for (i, node) in sides.iter().enumerate() {
        write!(f, "{}{}", if i == 0 { "" } else { between }, Side { node, least })?;
    }
    Ok(())
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Node::Or(sides) => joined(f, sides, " OR ", 1),
            Node::And(sides) => joined(f, sides, " AND ", 2),
            Node::Not(inner) => write!(f, "NOT {}", Side { node: inner, least: 2 }),
            Node::Near { left, right, words } => {
                write!(f, "{} NEAR/{words} {}", Side { node: left, least: 3 }, Side { node: right, least: 4 })
            }
            Node::Scope { scope, inner } => write!(f, "{scope}:{}", Side { node: inner, least: 4 }),
            Node::Source(host) => write!(f, "source:{host}"),
            Node::Lang(lang) => write!(f, "lang:{lang}"),
            Node::Term(term) => write!(f, "{term}"),
            Node::Group { name, weight, .. } => write!(f, "@{name}{weight}"),
            Node::Minimum { count, of } => {
                write!(f, "minimum({count} of ")?;
                joined(f, of, ", ", 0)?;
                f.write_str(")")
            }
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Scope::Title => "title",
            Scope::Body => "body",
        })
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (exact, quote) = (if self.exact { "=" } else { "" }, if self.phrase { "\"" } else { "" });
        write!(f, "{exact}{quote}{}{quote}{}", self.text, self.weight)
    }
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            10 => Ok(()),
            tenths if tenths % 10 == 0 => write!(f, "^{}", tenths / 10),
            tenths => write!(f, "^{}.{}", tenths / 10, tenths % 10),
        }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.fmt(f)
    }
}
