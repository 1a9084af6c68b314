//! Which part of a page is the report.

use std::collections::HashMap;

use ego_tree::{NodeId, NodeRef};
use scraper::Node;

use super::Limits;
use super::candidate::Candidate;
use super::prepare::Prepared;
use crate::model::article::{Block, BlockKind, Removed};

/// Elements that begin and end a block of text.
const BLOCKS: [&str; 34] = [
    "p",
    "div",
    "section",
    "article",
    "main",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "li",
    "ul",
    "ol",
    "dl",
    "dt",
    "dd",
    "blockquote",
    "figcaption",
    "figure",
    "table",
    "tbody",
    "tr",
    "td",
    "th",
    "header",
    "footer",
    "aside",
    "nav",
    "form",
    "address",
    "pre",
    "body",
    "center",
];

/// Names, roles, and words of class or id that say "not the report".
const FURNITURE_ELEMENTS: [&str; 8] = ["nav", "footer", "aside", "form", "button", "select", "textarea", "label"];
const FURNITURE_WORDS: [&str; 40] = [
    "nav",
    "menu",
    "footer",
    "sidebar",
    "comment",
    "comments",
    "related",
    "share",
    "sharing",
    "social",
    "cookie",
    "consent",
    "newsletter",
    "subscribe",
    "subscription",
    "promo",
    "promotion",
    "advert",
    "advertisement",
    "ad",
    "ads",
    "banner",
    "breadcrumb",
    "breadcrumbs",
    "popup",
    "modal",
    "recommended",
    "recommend",
    "trending",
    "popular",
    "mostread",
    "tags",
    "tag",
    "readmore",
    "outbrain",
    "taboola",
    "sponsored",
    "widget",
    "copyright",
    "signup",
];

/// All blocks of a fragment, in order: what a feed gave is the report already.
pub fn all(prepared: &Prepared, limits: &Limits) -> Vec<Block> {
    candidates(prepared, limits).into_iter().map(|candidate| candidate.block).collect()
}

/// The blocks of the report, and what stands beside them within its container.
pub fn find(prepared: &Prepared, limits: &Limits) -> (Vec<Block>, Vec<Removed>) {
    let candidates = candidates(prepared, limits);
    let Some(container) = best_container(&candidates) else { return (vec![], vec![]) };
    let mut blocks = vec![];
    let mut removed = vec![];
    for candidate in candidates {
        let inside = candidate.containers.contains(&container);
        if !inside {
            continue;
        }
        if let Some(why) = candidate.furniture {
            removed.push(Removed { text: candidate.block.text, filter: "main_text".to_owned(), why });
        } else if candidate.block.kind == BlockKind::Heading && blocks.is_empty() {
            // The headline itself is the title.
        } else if candidate.mostly_links() && candidate.block.kind == BlockKind::ListItem {
            let why = "a list item that is a link".to_owned();
            removed.push(Removed { text: candidate.block.text, filter: "related_links".to_owned(), why });
        } else {
            blocks.push(candidate.block);
        }
    }
    (blocks, removed)
}

/// The container with most prose, where each step away from the text costs a little: a container that adds nothing
/// to the one within it loses to that.
fn best_container(candidates: &[Candidate]) -> Option<NodeId> {
    let mut scores: HashMap<NodeId, f64> = HashMap::new();
    for candidate in candidates.iter().filter(|candidate| candidate.is_prose() && candidate.furniture.is_none()) {
        let characters = f64::from(u32::try_from(candidate.characters()).unwrap_or(u32::MAX));
        let marks = candidate.block.text.chars().filter(|c| ",.，。、;；".contains(*c)).count();
        let score = if characters < 25.0 { characters / 4.0 } else { characters + 20.0 * marks.min(10) as f64 };
        for (steps, container) in candidate.containers.iter().enumerate() {
            *scores.entry(*container).or_default() += score * 0.93_f64.powi(i32::try_from(steps).unwrap_or(i32::MAX));
        }
    }
    scores.into_iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))).map(|(container, _)| container)
}

/// Walks the tree without recursion; each block's text is gathered once.
fn candidates(prepared: &Prepared, limits: &Limits) -> Vec<Candidate> {
    let mut walk = Walk { found: vec![], text: String::new(), linked: 0, total: 0, max: limits.max_text_bytes };
    let mut furniture: Vec<Option<String>> = vec![None];
    let mut stack: Vec<NodeId> = vec![];
    let mut kinds = vec![BlockKind::Paragraph];
    let mut links = 0_usize;
    for edge in prepared.document.tree.root().traverse() {
        match edge {
            ego_tree::iter::Edge::Open(node) => match node.value() {
                Node::Element(element) => {
                    let name = element.name();
                    if BLOCKS.contains(&name) {
                        walk.flush(&kinds, &furniture, &stack);
                        stack.push(node.id());
                        kinds.push(kind(name).unwrap_or(kinds.last().copied().unwrap_or(BlockKind::Paragraph)));
                        let inherited = furniture.last().cloned().flatten();
                        furniture.push(inherited.or_else(|| says_furniture(&node)));
                    } else if name == "br" {
                        walk.text.push('\n');
                    } else if name == "a" {
                        links += 1;
                    }
                }
                Node::Text(text) => walk.add(text, links > 0),
                _ => {}
            },
            ego_tree::iter::Edge::Close(node) => {
                let Node::Element(element) = node.value() else { continue };
                if BLOCKS.contains(&element.name()) {
                    walk.flush(&kinds, &furniture, &stack);
                    stack.pop();
                    kinds.pop();
                    furniture.pop();
                } else if element.name() == "a" {
                    links = links.saturating_sub(1);
                }
            }
        }
    }
    walk.found
}

struct Walk {
    found: Vec<Candidate>,
    text: String,
    linked: usize,
    total: usize,
    max: usize,
}

impl Walk {
    fn add(&mut self, text: &str, linked: bool) {
        if self.total + text.len() > self.max {
            return;
        }
        self.total += text.len();
        self.text.push_str(text);
        if linked {
            self.linked += text.trim().chars().count();
        }
    }

    /// Ends the block: `<br><br>` parts paragraphs, one `<br>` is a space.
    fn flush(&mut self, kinds: &[BlockKind], furniture: &[Option<String>], stack: &[NodeId]) {
        let (text, linked) = (std::mem::take(&mut self.text), std::mem::take(&mut self.linked));
        let whole = text.trim().chars().count().max(1);
        for part in text.split("\n\n").flat_map(|part| part.split("\n \n")) {
            let line = part.split_whitespace().collect::<Vec<_>>().join(" ");
            if line.is_empty() {
                continue;
            }
            let kind = kinds.last().copied().unwrap_or(BlockKind::Paragraph);
            let share = linked * line.chars().count() / whole;
            self.found.push(Candidate {
                block: Block { kind, text: line },
                linked: share,
                furniture: furniture.last().cloned().flatten(),
                containers: stack.iter().rev().take(8).copied().collect(),
            });
        }
    }
}

fn kind(name: &str) -> Option<BlockKind> {
    match name {
        "p" | "div" | "section" | "article" | "td" => None,
        "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Some(BlockKind::Heading),
        "li" | "dd" | "dt" => Some(BlockKind::ListItem),
        "blockquote" => Some(BlockKind::Quote),
        "figcaption" => Some(BlockKind::Caption),
        _ => None,
    }
}

fn says_furniture(node: &NodeRef<'_, Node>) -> Option<String> {
    let element = node.value().as_element()?;
    if FURNITURE_ELEMENTS.contains(&element.name()) {
        return Some(format!("stands in <{}>", element.name()));
    }
    if matches!(element.name(), "body" | "article" | "main") {
        return None;
    }
    if let Some(role) =
        element.attr("role").filter(|role| matches!(*role, "navigation" | "complementary" | "contentinfo" | "search"))
    {
        return Some(format!("stands in role {role}"));
    }
    for attribute in ["class", "id"] {
        let value = element.attr(attribute).unwrap_or_default().to_ascii_lowercase();
        let word = value.split(|c: char| !c.is_ascii_alphanumeric()).find(|word| FURNITURE_WORDS.contains(word));
        if let Some(word) = word {
            return Some(format!("stands in a box whose {attribute} says {word}"));
        }
    }
    None
}
