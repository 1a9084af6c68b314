//! Advertisements and their labels.

use super::{begins_with, holds};
use crate::model::article::Block;

const LABELS: [&str; 8] =
    ["advertisement", "sponsored content", "paid content", "anzeige", "publicité", "광고", "广告", "廣告"];
/// Pitches for a newsletter or an app: short, and they speak to the reader.
const PITCHES: [&str; 16] = [
    "sign up for our",
    "sign up to our",
    "sign up in seconds",
    "subscribe to our",
    "want to stay in the loop",
    "sent directly to your inbox",
    "straight to your inbox",
    "download our app",
    "download the app",
    "get the latest news",
    "join our whatsapp",
    "follow us on",
    "connect with us",
    "구독하기",
    "订阅我们",
    "訂閱我們",
];

pub fn reason(blocks: &[Block], at: usize) -> Option<String> {
    let text = blocks[at].text.as_str();
    if text.chars().count() < 40
        && let Some(label) = begins_with(text, &LABELS)
    {
        return Some(format!("labelled {label:?}"));
    }
    if text.chars().count() < 240
        && let Some(pitch) = holds(text, &PITCHES)
    {
        return Some(format!("a pitch: {pitch:?}"));
    }
    None
}
