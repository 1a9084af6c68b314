//! Notices that are about the page: copyright, cookies, editors, where a text was taken from.

use super::{begins_with, holds};
use crate::model::article::Block;

const BEGINNINGS: [&str; 14] = [
    "source: read full article",
    "read full article",
    "copyright ©",
    "© ",
    "all rights reserved",
    "this article was originally published",
    "무단 전재",
    "<저작권자",
    "저작권자",
    "责任编辑",
    "責任編輯",
    "编辑：",
    "(责任编辑",
    "기사제보",
];
const ANYWHERE: [&str; 8] = [
    "all rights reserved",
    "무단 전재 및 재배포 금지",
    "무단전재",
    "we use cookies",
    "accept cookies",
    "版权所有",
    "版權所有",
    "未经授权",
];

pub fn reason(blocks: &[Block], at: usize) -> Option<String> {
    let text = blocks[at].text.as_str();
    if text.chars().count() > 200 {
        return None;
    }
    let phrase = begins_with(text, &BEGINNINGS).or_else(|| holds(text, &ANYWHERE))?;
    Some(format!("a notice about the page: {phrase:?}"))
}
