//! Lines of forms and menus that got between the paragraphs.

use crate::model::article::Block;

const WHOLE_LINES: [&str; 22] = [
    "share",
    "share this",
    "share this article",
    "tweet",
    "print",
    "email",
    "comments",
    "comment",
    "leave a comment",
    "leave a reply",
    "log in",
    "sign in",
    "subscribe",
    "menu",
    "search",
    "close",
    "back to top",
    "loading...",
    "공유하기",
    "댓글",
    "分享",
    "评论",
];

pub fn reason(blocks: &[Block], at: usize) -> Option<String> {
    let text = blocks[at].text.trim().to_lowercase();
    WHOLE_LINES.contains(&text.as_str()).then(|| format!("a button's label: {text:?}"))
}
