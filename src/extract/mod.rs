//! A page, or what the feed gave, to a clean article. Pure.
//!
//! A page is stripped of what holds no text, parsed once, its main text found by paragraph density, and what stands
//! in that text without belonging to the report is taken out by named filters. What a filter is unsure of stays: a lost
//! sentence is worse than a kept advertisement.

mod attribution;
mod credits;
mod dates;
mod features;
mod filter;
mod furniture;
mod judge;
mod language;
mod main_text;
mod metadata;
mod outline;
mod phrases;
mod places;
mod prepare;
mod scripts;
mod surroundings;
mod walls;
mod wording;

pub use attribution::credits_of;
use url::Url;

pub use furniture::{Furniture, PageLines};
pub use language::language;

use filter::Line;

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
    article_knowing(page, entry, lang_hint, limits, &Furniture::default())
}

/// The article as [`article`] gives it, and beside it the one of its two texts that was not chosen.
pub fn both_texts(page: Page<'_>, entry: &FeedEntry, lang_hint: &str, limits: &Limits) -> (Article, Option<Article>) {
    chosen_and_other(Some(page), Some(entry), lang_hint, limits, &Furniture::default())
}

/// The same, knowing what the site's pages have in common.
pub fn article_knowing(
    page: Option<Page<'_>>,
    entry: Option<&FeedEntry>,
    lang_hint: &str,
    limits: &Limits,
    furniture: &Furniture,
) -> Article {
    chosen_and_other(page, entry, lang_hint, limits, furniture).0
}

fn chosen_and_other(
    page: Option<Page<'_>>,
    entry: Option<&FeedEntry>,
    lang_hint: &str,
    limits: &Limits,
    furniture: &Furniture,
) -> (Article, Option<Article>) {
    let from_feed = entry.map(|entry| from_feed(entry, lang_hint, limits));
    let from_page = page.map(|page| from_page(page, lang_hint, limits, furniture));
    let (mut chosen, other) = match (from_page, from_feed) {
        // The page is a stub or a wall, or the feed simply gave more.
        (Some(page), Some(feed)) if length(&page) * 10 < length(&feed) * 9 => {
            let walled = page.kind == ArticleKind::Walled || length(&page) * 2 < length(&feed);
            let kind = if walled { ArticleKind::Walled } else { ArticleKind::Feed };
            let published = page.published;
            let byline = if feed.byline.is_empty() { page.byline.clone() } else { feed.byline };
            (Article { kind, canonical: page.canonical.clone(), published, byline, ..feed }, Some(page))
        }
        (Some(page), feed) => (page, feed),
        (None, Some(feed)) => (feed, None),
        (None, None) => (empty(), None),
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
    drop_headline(&mut chosen);
    (chosen, other)
}

/// The headline over the text is the article's title, and is shown as such.
fn drop_headline(article: &mut Article) {
    let letters =
        |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<String>();
    let is_headline =
        |block: &Block| block.kind == BlockKind::Heading && letters(&block.text) == letters(&article.title);
    if article.blocks.first().is_some_and(is_headline) {
        article.blocks.remove(0);
    }
}

/// A page's lines, to be learnt with those of its site's other pages.
pub fn page_lines(page: Page<'_>, limits: &Limits) -> PageLines {
    let prepared = prepare::prepare(page.html, limits);
    let outline = outline::read(&prepared.document, limits);
    let title = outline.head.meta("og:title").unwrap_or(&outline.head.title);
    let setting = features::Setting::new(&outline, title, "");
    let found = main_text::find(&outline, &setting, &Furniture::default());
    let report: Vec<_> = found.lines.iter().map(|line| line.block.text.as_str()).collect();
    PageLines::of(&outline, &report.join(" "))
}

/// Cleans plain text, line by line, through the same filters.
pub fn article_from_text(text: &str, lang_hint: &str, limits: &Limits) -> Article {
    let cut = text.len() > limits.max_text_bytes;
    let text = &text[..text.floor_char_boundary(limits.max_text_bytes)];
    let (blocks, removed) = filter::apply(&lines(text));
    let lang = language(&joined(&blocks), lang_hint);
    Article { kind: ArticleKind::Feed, blocks, removed, lang, cut, ..empty() }
}

/// A text's lines.
fn lines(text: &str) -> Vec<Line> {
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let block = |text| Block { kind: BlockKind::Paragraph, text };
    lines.filter(|line| !line.is_empty()).map(|line| Line::new(block(line), 0.0)).collect()
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
        let outline = outline::read(&prepared.document, limits);
        let (blocks, removed) = filter::apply(&main_text::all(&outline));
        Article { blocks, removed, cut: prepared.cut || outline.cut, ..empty() }
    } else {
        article_from_text(text, lang_hint, limits)
    };
    article.title.clone_from(&entry.title);
    article.lang = language(&format!("{}\n{}", entry.title, joined(&article.blocks)), lang_hint);
    article
}

fn from_page(page: Page<'_>, lang_hint: &str, limits: &Limits, furniture: &Furniture) -> Article {
    let prepared = prepare::prepare(page.html, limits);
    let outline = outline::read(&prepared.document, limits);
    let title = outline.head.meta("og:title").unwrap_or(&outline.head.title).to_owned();
    let description = outline.head.meta("og:description").or_else(|| outline.head.meta("description"));
    let setting = features::Setting::new(&outline, &title, description.unwrap_or_default());
    let metadata = metadata::read(&outline, &setting, &prepared.structured, page.url);
    let found = main_text::find(&outline, &setting, furniture);
    let (mut blocks, filtered) = filter::apply(&found.lines);
    let mut removed = found.removed;
    removed.extend(filtered);
    if let Some(text) = script_text(&prepared, &blocks, limits) {
        blocks = text;
    }
    let kind = match walls::wall(&outline, &setting, text_width(&blocks)) {
        // Behind a paywall the first paragraphs are the report's; what bots and visitors without consent are shown is not.
        Some(walls::Wall::Bar) => {
            blocks.clear();
            ArticleKind::Walled
        }
        Some(walls::Wall::Paid) => ArticleKind::Walled,
        None => ArticleKind::Page,
    };
    let declared = if metadata.lang.is_empty() { lang_hint } else { &metadata.lang };
    let lang = language(&format!("{}\n{}", metadata.title, joined(&blocks)), declared);
    Article {
        kind,
        title: metadata.title,
        blocks,
        byline: metadata.byline,
        published: metadata.published,
        lang,
        canonical: metadata.canonical,
        removed,
        cut: prepared.cut || outline.cut,
    }
}

/// The text that a script holds, where the page shows less than half of it.
fn script_text(prepared: &prepare::Prepared, shown: &[Block], limits: &Limits) -> Option<Vec<Block>> {
    let shown = text_width(shown);
    let longer = |values: &[serde_json::Value]| {
        let text = scripts::text(values)?;
        let blocks = fragment(&text, limits);
        (shown * 2.0 < text_width(&blocks)).then_some(blocks)
    };
    longer(&prepared.structured).or_else(|| {
        // Megabytes of data are read only where the page shows nearly nothing.
        let first = |text: &String| serde_json::Deserializer::from_str(text).into_iter().next()?.ok();
        let values = || prepared.hydration.iter().filter_map(first).collect::<Vec<_>>();
        if shown < LITTLE { longer(&values()) } else { None }
    })
}

/// Widths of text with which a page shows nearly nothing.
const LITTLE: f32 = 600.0;

/// HTML or plain text that is a report already.
fn fragment(text: &str, limits: &Limits) -> Vec<Block> {
    let lines = if text.contains('<') {
        let prepared = prepare::prepare(text, limits);
        main_text::all(&outline::read(&prepared.document, limits))
    } else {
        lines(text)
    };
    filter::apply(&lines).0
}

fn text_width(blocks: &[Block]) -> f32 {
    let text = blocks.iter().filter(|block| block.kind != BlockKind::Caption);
    text.map(|block| wording::width(&block.text)).sum()
}
