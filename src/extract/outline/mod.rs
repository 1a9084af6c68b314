//! One walk over the tree: the page's passages in order, and what stands around each of them.

mod lines;
mod role;
mod walk;

pub use lines::ends_sentence;
pub use role::{Role, role};

use ego_tree::iter::Edge;
use scraper::Node;

use super::Limits;
use super::site_rules::{Ruling, SiteRule};
use super::surroundings::{SIGNS, Signs};
use crate::model::article::BlockKind;
use walk::Walk;

/// Steps counted; an ancestor further away is as good as none.
pub const FAR: u8 = 12;

/// An element that begins and ends a passage.
#[derive(Clone, Debug)]
pub struct Element {
    /// `None` for the root; a parent always stands before its children.
    pub parent: Option<usize>,
    pub signs: Signs,
    /// Steps to the nearest ancestor-or-self with each sign, at most [`FAR`].
    pub near: [u8; SIGNS],
    /// The same for elements that the same template makes: names and classes of the nearest ancestors.
    pub path: u64,
    pub depth: u16,
    // Over all passages within it:
    pub characters: u32,
    pub linked: u32,
    pub passages: u32,
    /// Characters of passages that read like prose.
    pub prose: u32,
    pub prose_passages: u32,
    pub first_passage: u32,
    pub end_passage: u32,
}

/// A run of text that no block element interrupts.
#[derive(Clone, Debug)]
pub struct Passage {
    pub text: String,
    pub kind: BlockKind,
    pub characters: u32,
    /// See [`super::wording::width`].
    pub width: f32,
    /// Characters that stand in links, in bold, in italics or in small print.
    pub linked: u32,
    pub strong: u32,
    pub slanted: u32,
    pub links: u32,
    /// Index of the nearest element.
    pub element: usize,
    /// Signs of inline elements that hold most of the text.
    pub inline: Signs,
    /// One of several parts of an element's text, parted by line breaks.
    pub part: bool,
    /// 1 to 6 within `<h1>` … `<h6>`, else 0.
    pub heading: u8,
    /// An `<img>` stood in the same run.
    pub pictures: u32,
    /// What the publisher's rule says of it.
    pub ruling: Option<Ruling>,
}

/// What the page says of itself.
#[derive(Clone, Debug, Default)]
pub struct Head {
    pub title: String,
    /// `name` or `property`, lower case, and `content`.
    pub metas: Vec<(String, String)>,
    pub canonical: Option<String>,
    pub lang: String,
    /// `datetime` of `<time>` elements, each with the element it stands in.
    pub times: Vec<(String, usize)>,
}

pub struct Outline {
    pub elements: Vec<Element>,
    pub passages: Vec<Passage>,
    pub head: Head,
    /// A limit was reached.
    pub cut: bool,
}

impl Head {
    /// The content of the first `<meta>` of that name or property.
    pub fn meta(&self, name: &str) -> Option<&str> {
        let found = self.metas.iter().find(|(known, content)| known == name && !content.trim().is_empty());
        found.map(|(_, content)| content.trim())
    }
}

impl Passage {
    pub fn link_share(&self) -> f32 {
        self.linked as f32 / self.characters.max(1) as f32
    }

    pub fn is_prose(&self) -> bool {
        self.characters >= 40 && self.linked * 3 < self.characters && self.heading == 0
    }
}

impl Outline {
    /// The elements around a passage, nearest first.
    pub fn around(&self, passage: &Passage) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(passage.element), |at| self.elements[*at].parent)
    }

    pub fn is_within(&self, passage: usize, element: usize) -> bool {
        let element = &self.elements[element];
        (element.first_passage..element.end_passage).contains(&(passage as u32))
    }
}

pub fn read(document: &scraper::Html, limits: &Limits) -> Outline {
    read_by_rule(document, None, limits)
}

/// The same, with what the publisher's rule says of each passage.
pub fn read_by_rule(document: &scraper::Html, rule: Option<&SiteRule>, limits: &Limits) -> Outline {
    let mut walk = Walk::new(limits);
    let rulings = rule.map(|rule| rule.rulings(document)).unwrap_or_default();
    let ruling = |node: &ego_tree::NodeRef<'_, Node>| if rulings.is_empty() { None } else { rulings.get(&node.id()) };
    for edge in document.tree.root().traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Element(tag) => {
                    if let Some(ruling) = ruling(&node) {
                        walk.begin_ruled(*ruling, tag);
                    }
                    walk.open(tag);
                }
                Node::Text(text) => walk.text(text),
                _ => {}
            },
            Edge::Close(node) => {
                if let Node::Element(tag) = node.value() {
                    walk.close(tag);
                    if ruling(&node).is_some() {
                        walk.end_ruled();
                    }
                }
            }
        }
    }
    walk.finish()
}
