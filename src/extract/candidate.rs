//! Blocks of text with what their surroundings say of them.

use crate::model::article::{Block, BlockKind};

/// A block as found in the tree.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub block: Block,
    /// Characters of the text that stand in links.
    pub linked: usize,
    /// An ancestor's name, role, class or id says that this is no report's text; which one.
    pub furniture: Option<String>,
    /// The nearest ancestors that could be the report's container, nearest first.
    pub containers: Vec<ego_tree::NodeId>,
}

impl Candidate {
    pub fn characters(&self) -> usize {
        self.block.text.chars().count()
    }

    /// Half of it or more is links.
    pub fn mostly_links(&self) -> bool {
        self.linked * 2 > self.characters()
    }

    pub fn is_prose(&self) -> bool {
        matches!(self.block.kind, BlockKind::Paragraph | BlockKind::Quote) && !self.mostly_links()
    }
}
