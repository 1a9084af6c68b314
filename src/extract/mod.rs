//! A page, or what the feed gave, to a clean article. Pure.
//!
//! A page is stripped of what holds no text, parsed once, each run of its text judged, and what stands in the report's
//! text without belonging to it is taken out by named filters. What is known of the host helps: lines that recur on its
//! pages ([`Furniture`]), what a person wrote down of them ([`SiteRules`]). What a filter is unsure of stays: a lost
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
mod site_rules;
mod surroundings;
mod visible;
mod walls;
mod wording;

pub use attribution::credits_of;
use url::Url;

pub use furniture::{Furniture, PageLines};
pub use language::language;
pub use site_rules::{RuleError, SiteRule, SiteRules};
pub use visible::{feed_text, visible};

use filter::Line;

use crate::model::article::{Article, ArticleKind, Block, BlockKind};
use crate::model::entry::FeedEntry;

/// Bounds on what a page may cost. Each bounds a loop, so together they are the budget of time and memory of a page:
/// about a second and some 200 MB, whatever it holds. What was found when one is reached is given, marked as cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    pub max_html_bytes: usize,
    /// html5ever's cost grows with the square of the depth; browsers stop at 512.
    pub max_depth: usize,
    pub max_nodes: usize,
    /// Runs of text that are judged; each takes some microseconds.
    pub max_passages: usize,
    pub max_text_bytes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            max_html_bytes: 8 << 20,
            max_depth: 256,
            max_nodes: 200_000,
            max_passages: 20_000,
            max_text_bytes: 1 << 20,
        }
    }
}

/// A page as decoded text.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    pub html: &'a str,
    pub url: &'a Url,
}

/// What is known of the host that a page is from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Site<'a> {
    /// As reasons name it.
    pub host: &'a str,
    /// What its pages have in common.
    pub furniture: Option<&'a Furniture>,
    /// What a person wrote down of its pages.
    pub rule: Option<&'a SiteRule>,
}

/// A report as it was cleaned.
#[derive(Clone, Debug)]
pub struct Cleaned {
    pub article: Article,
    /// The one of the two texts, page's and feed's, that was not chosen.
    pub other: Option<Article>,
    /// What the page can teach of its host; empty without a page, and of a wall.
    pub page_lines: PageLines,
    /// The page bars the way to the report.
    pub walled: bool,
}

/// Cleans the report: from its page where that holds at least what the feed gave, else from the feed.
/// `lang_hint` is the feed's language, or empty.
pub fn article(page: Option<Page<'_>>, entry: Option<&FeedEntry>, lang_hint: &str, limits: &Limits) -> Article {
    clean(page, entry, lang_hint, limits, &Site::default()).article
}

/// The same, knowing the host, with all that came of it.
pub fn clean(
    page: Option<Page<'_>>,
    entry: Option<&FeedEntry>,
    lang_hint: &str,
    limits: &Limits,
    site: &Site<'_>,
) -> Cleaned {
    let from_feed = entry.map(|entry| from_feed(entry, lang_hint, limits, site));
    let (from_page, page_lines) = page.map(|page| from_page(page, lang_hint, limits, site)).unzip();
    let walled = from_page.as_ref().is_some_and(|page: &Article| page.kind == ArticleKind::Walled);
    let (mut chosen, other) = chosen(from_page, from_feed);
    if let Some(entry) = entry {
        if !entry.title.is_empty() {
            chosen.title.clone_from(&entry.title);
        } else if chosen.title.is_empty() {
            chosen.title = stand_in_title(entry, other.as_ref());
        }
        chosen.published = entry.published.or(chosen.published);
        if chosen.byline.is_empty() {
            chosen.byline.clone_from(&entry.author);
        }
    }
    drop_headline(&mut chosen);
    Cleaned { article: chosen, other, page_lines: page_lines.filter(|_| !walled).unwrap_or_default(), walled }
}

/// Of the page's text and the feed's the one to be shown, and the other.
fn chosen(from_page: Option<Article>, from_feed: Option<Article>) -> (Article, Option<Article>) {
    match (from_page, from_feed) {
        // The page is a stub or a wall, or the feed simply gave more.
        (Some(page), Some(feed)) if length(&page) * 10 < length(&feed) * 9 => {
            let kind = if page.kind == ArticleKind::Walled { ArticleKind::Walled } else { ArticleKind::Feed };
            let chosen = Article {
                kind,
                canonical: page.canonical.clone(),
                published: page.published,
                byline: if feed.byline.is_empty() { page.byline.clone() } else { feed.byline },
                outlet: page.outlet.clone(),
                agency: if feed.agency.is_empty() { page.agency.clone() } else { feed.agency },
                ..feed
            };
            (chosen, Some(page))
        }
        (Some(page), feed) => (page, feed),
        (None, Some(feed)) => (feed, None),
        (None, None) => (empty(), None),
    }
}

/// Sitemaps may give nothing but an address: the page's own title stands in, and until the page is read the address, for
/// a reader must see something to decide by.
fn stand_in_title(entry: &FeedEntry, page: Option<&Article>) -> String {
    let titled = page.map(|page| page.title.as_str()).filter(|title| !title.is_empty());
    titled.or(entry.link.as_ref().map(url::Url::as_str)).unwrap_or_default().to_owned()
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

/// Cleans plain text, line by line, through the same filters.
pub fn article_from_text(text: &str, lang_hint: &str, limits: &Limits) -> Article {
    from_text(text, lang_hint, limits, &Site::default())
}

fn from_text(text: &str, lang_hint: &str, limits: &Limits, site: &Site<'_>) -> Article {
    let cut = text.len() > limits.max_text_bytes;
    let text = &text[..text.floor_char_boundary(limits.max_text_bytes)];
    let (blocks, removed) = filter::apply(&lines(text), site.rule);
    let lang = language(texts(&blocks), lang_hint);
    let agency = credits::credited("", &blocks, &removed).to_owned();
    Article { kind: ArticleKind::Feed, blocks, removed, lang, agency, cut, ..empty() }
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
        outlet: String::new(),
        agency: String::new(),
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

fn texts(blocks: &[Block]) -> impl Iterator<Item = &str> + Clone {
    blocks.iter().map(|block| block.text.as_str())
}

fn from_feed(entry: &FeedEntry, lang_hint: &str, limits: &Limits, site: &Site<'_>) -> Article {
    let text = visible::feed_text(entry);
    let mut article = if text.contains('<') {
        let prepared = prepare::prepare(text, limits);
        let outline = outline::read(&prepared.document, limits);
        let (blocks, removed) = filter::apply(&main_text::all(&outline), site.rule);
        let agency = credits::credited(&entry.author, &blocks, &removed).to_owned();
        Article { blocks, removed, agency, cut: prepared.cut || outline.cut, ..empty() }
    } else {
        from_text(text, lang_hint, limits, site)
    };
    article.title.clone_from(&entry.title);
    article.lang = language(std::iter::once(entry.title.as_str()).chain(texts(&article.blocks)), lang_hint);
    article
}

fn from_page(page: Page<'_>, lang_hint: &str, limits: &Limits, site: &Site<'_>) -> (Article, PageLines) {
    let prepared = prepare::prepare(page.html, limits);
    let outline = outline::read_by_rule(&prepared.document, site.rule, limits);
    let setting = features::Setting::of(&outline);
    let metadata = metadata::read(&outline, &setting, &prepared.structured, page.url);
    let found = main_text::find(&outline, &setting, site);
    let (mut blocks, filtered) = filter::apply(&found.lines, site.rule);
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
    let lang = language(std::iter::once(metadata.title.as_str()).chain(texts(&blocks)), declared);
    let agency = credits::credited(&metadata.byline, &blocks, &removed).to_owned();
    let article = Article {
        kind,
        title: metadata.title,
        blocks,
        byline: metadata.byline,
        outlet: metadata.outlet,
        agency,
        published: metadata.published,
        lang,
        canonical: metadata.canonical,
        removed,
        cut: prepared.cut || outline.cut,
    };
    (article, found.page_lines)
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
        // Megabytes of data are read only where the page shows nearly nothing, and one after another.
        let first = |text: &String| serde_json::Deserializer::from_str(text).into_iter().next()?.ok();
        let texts = prepared.hydration.iter().filter(|_| shown < LITTLE).filter_map(|text| longer(&[first(text)?]));
        texts.max_by(|a, b| text_width(a).total_cmp(&text_width(b)))
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
    filter::apply(&lines, None).0
}

fn text_width(blocks: &[Block]) -> f32 {
    let text = blocks.iter().filter(|block| block.kind != BlockKind::Caption);
    text.map(|block| wording::width(&block.text)).sum()
}
