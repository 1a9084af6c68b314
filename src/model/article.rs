//! A report's cleaned text.

use serde::{Deserialize, Serialize};
use url::Url;

use super::time::Timestamp;

/// How much of the report we hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArticleKind {
    /// The page's own text.
    Page,
    /// What the feed gave: the page was not fetched, or holds less than the feed.
    Feed,
    /// The page is a paywall stub, a consent, login or bot wall: this is what it and the feed show.
    Walled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockKind {
    Paragraph,
    Heading,
    ListItem,
    Quote,
    Caption,
}

/// A paragraph or its like: one line of text, no line breaks, no markup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    pub kind: BlockKind,
    pub text: String,
}

/// Text that a filter took out or doubted, kept so that it can be shown and searched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    pub text: String,
    /// The filter's name: `ads`, `pitches`, `related_links`, `notices`, `site_rules`, `main_text` …
    pub filter: String,
    /// In words, for `inspect page`.
    pub why: String,
    /// The filter was unsure: the text stands in the article still.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stayed: bool,
}

/// A cleaned article. Empty strings stand for "not known".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article {
    pub kind: ArticleKind,
    pub title: String,
    pub blocks: Vec<Block>,
    pub byline: String,
    /// The publisher by the page's own word; a feed may bring pages of many.
    #[serde(default)]
    pub outlet: String,
    /// The news agency that the text is credited to.
    #[serde(default)]
    pub agency: String,
    /// What page or feed claims.
    pub published: Option<Timestamp>,
    /// BCP 47 (`en`, `ko`, `zh-Hans`, `zh-Hant`, …), `und` if not known.
    pub lang: String,
    pub canonical: Option<Url>,
    pub removed: Vec<Removed>,
    /// A limit was reached: the text is what was found up to there.
    pub cut: bool,
}

impl Article {
    /// The text, blocks parted by a blank line. This is what watches are matched on and spans count in.
    pub fn body(&self) -> String {
        let mut body = String::with_capacity(self.blocks.iter().map(|block| block.text.len() + 2).sum());
        for block in &self.blocks {
            if !body.is_empty() {
                body.push_str("\n\n");
            }
            body.push_str(&block.text);
        }
        body
    }
}
