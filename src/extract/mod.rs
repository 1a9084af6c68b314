//! A page, or what the feed gave, to a clean article. Pure.
//!
//! A page is stripped of what holds no text, parsed once, its main text found by paragraph density, and what stands
//! in that text without belonging to the report is taken out by named filters. What a filter is unsure of stays: a lost
//! sentence is worse than a kept advertisement.

mod candidate;
mod dates;
mod filter;
mod language;
mod main_text;
mod metadata;
mod prepare;

use url::Url;

pub use language::language;

use crate::model::article::{Article, ArticleKind, Block, BlockKind};
use crate::model::entry::FeedEntry;

/// Bounds on what a page may cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    pub max_html_bytes: usize,
    /// html5ever's cost grows with the square of the depth; browsers stop at 512.
    pub max_depth: usize,
    pub max_nodes: usize,
    pub max_text_bytes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { max_html_bytes: 8 << 20, max_depth: 256, max_nodes: 200_000, max_text_bytes: 1 << 20 }
    }
}

/// A page as decoded text.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    pub html: &'a str,
    pub url: &'a Url,
}

/// Cleans the report: from its page where that holds at least what the feed gave, else from the feed.
/// `lang_hint` is the feed's language, or empty.
pub fn article(page: Option<Page<'_>>, entry: Option<&FeedEntry>, lang_hint: &str, limits: &Limits) -> Article {
    let from_feed = entry.map(|entry| from_feed(entry, lang_hint, limits));
    let from_page = page.map(|page| from_page(page, lang_hint, limits));
    let mut chosen = match (from_page, from_feed) {
        (Some(page), Some(feed)) if length(&page) * 10 < length(&feed) * 9 => {
            // The page is a stub or a wall: what the feed gave says more.
            let kind = if length(&page) * 2 < length(&feed) { ArticleKind::Walled } else { ArticleKind::Feed };
            Article { kind, canonical: page.canonical, ..feed }
        }
        (Some(page), _) => page,
        (None, Some(feed)) => feed,
        (None, None) => empty(),
    };
    if let Some(entry) = entry {
        if !entry.title.is_empty() {
            chosen.title.clone_from(&entry.title);
        }
        chosen.published = entry.published.or(chosen.published);
        if chosen.byline.is_empty() {
            chosen.byline.clone_from(&entry.author);
        }
    }
    chosen
}

/// Cleans plain text, line by line, through the same filters.
pub fn article_from_text(text: &str, lang_hint: &str, limits: &Limits) -> Article {
    let cut = text.len() > limits.max_text_bytes;
    let text = &text[..text.floor_char_boundary(limits.max_text_bytes)];
    let mut blocks = vec![];
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let bullet = line.strip_prefix(['•', '·', '*', '-']).map(str::trim_start).filter(|rest| !rest.is_empty());
        let kind = if bullet.is_some() { BlockKind::ListItem } else { BlockKind::Paragraph };
        blocks.push(Block { kind, text: bullet.unwrap_or(line).to_owned() });
    }
    let (blocks, removed) = filter::apply(blocks);
    let lang = language(&joined(&blocks), lang_hint);
    Article { kind: ArticleKind::Feed, blocks, removed, lang, cut, ..empty() }
}

fn empty() -> Article {
    Article {
        kind: ArticleKind::Feed,
        title: String::new(),
        blocks: vec![],
        byline: String::new(),
        published: None,
        lang: "und".to_owned(),
        canonical: None,
        removed: vec![],
        cut: false,
    }
}

fn length(article: &Article) -> usize {
    article.blocks.iter().map(|block| block.text.chars().count()).sum()
}

fn joined(blocks: &[Block]) -> String {
    blocks.iter().map(|block| block.text.as_str()).collect::<Vec<_>>().join("\n")
}

fn from_feed(entry: &FeedEntry, lang_hint: &str, limits: &Limits) -> Article {
    let text = if entry.content.len() >= entry.summary.len() { &entry.content } else { &entry.summary };
    let mut article = if text.contains('<') {
        let prepared = prepare::prepare(text, limits);
        let (blocks, removed) = filter::apply(main_text::all(&prepared, limits));
        Article { blocks, removed, cut: prepared.cut, ..empty() }
    } else {
        article_from_text(text, lang_hint, limits)
    };
    article.title.clone_from(&entry.title);
    article.lang = language(&format!("{}\n{}", entry.title, joined(&article.blocks)), lang_hint);
    article
}

fn from_page(page: Page<'_>, lang_hint: &str, limits: &Limits) -> Article {
    let prepared = prepare::prepare(page.html, limits);
    let metadata = metadata::read(&prepared, page.url);
    let (found, mut removed) = main_text::find(&prepared, limits);
    let (blocks, filtered) = filter::apply(found);
    removed.extend(filtered);
    let declared = if metadata.lang.is_empty() { lang_hint } else { &metadata.lang };
    let lang = language(&format!("{}\n{}", metadata.title, joined(&blocks)), declared);
    Article {
        kind: ArticleKind::Page,
        title: metadata.title,
        blocks,
        byline: metadata.byline,
        published: metadata.published,
        lang,
        canonical: metadata.canonical,
        removed,
        cut: prepared.cut,
    }
}
