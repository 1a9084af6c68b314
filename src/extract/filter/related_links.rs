//! Pointers to other articles between the paragraphs of this one.

use super::begins_with;
use crate::model::article::{Block, BlockKind};

const POINTERS: [&str; 26] = [
    "read more:",
    "read more on",
    "read also",
    "also read",
    "see also:",
    "related:",
    "related articles",
    "related stories",
    "related news",
    "more on this story",
    "don't miss",
    "don’t miss",
    "most read",
    "recommended for you",
    "you may also like",
    "you might also like",
    "mehr zum thema",
    "lesen sie auch",
    "lire aussi",
    "à lire aussi",
    "lea también",
    "leggi anche",
    "관련 기사",
    "관련기사",
    "相关阅读",
    "相關閱讀",
];

pub fn reason(blocks: &[Block], at: usize) -> Option<String> {
    let block = &blocks[at];
    if block.text.chars().count() < 200
        && let Some(pointer) = begins_with(&block.text, &POINTERS)
    {
        return Some(format!("points to another article: {pointer:?}"));
    }
    // One bullet alone between paragraphs is a teaser; a report's own list has several items.
    let is_item = |at: usize| blocks.get(at).is_some_and(|block| block.kind == BlockKind::ListItem);
    let alone = is_item(at) && !is_item(at + 1) && (at == 0 || !is_item(at - 1));
    (alone && blocks.len() > 3).then(|| "a single bullet between paragraphs".to_owned())
}
