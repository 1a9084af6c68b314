//! A page, or what the feed gave, to a clean article. Pure.

use url::Url;

use crate::model::article::Article;
use crate::model::entry::FeedEntry;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    pub max_html_bytes: usize,
    pub max_depth: usize,
    pub max_nodes: usize,
    pub max_text_bytes: usize,
}

/// A page as decoded text.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    pub html: &'a str,
    pub url: &'a Url,
}

/// Cleans the report: from its page where there is one, else from what the feed gave.
/// `lang_hint` is the feed's language, or empty.
pub fn article(page: Option<Page<'_>>, entry: Option<&FeedEntry>, lang_hint: &str, limits: &Limits) -> Article {
    todo!()
}

/// Cleans plain text, line by line, through the same filters.
pub fn article_from_text(text: &str, lang_hint: &str, limits: &Limits) -> Article {
    todo!()
}

impl Default for Limits {
    fn default() -> Limits {
        todo!()
    }
}
pub fn language(text: &str, declared: &str) -> String {
    todo!()
}
