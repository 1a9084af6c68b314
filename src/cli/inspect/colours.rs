//! `inspect page --html`: one page that shows in colours what was kept, what is doubted and what was taken out.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::model::article::{Article, ArticleKind, BlockKind};

const STYLE: &str = "\
:root{color-scheme:light dark;--kept:#1a7f37;--doubt:#9a6700;--gone:#cf222e}
body{font:16px/1.5 system-ui,sans-serif;max-width:76rem;margin:2rem auto;padding:0 1rem}
main{display:grid;grid-template-columns:3fr 2fr;gap:2rem}
@media(max-width:50rem){main{grid-template-columns:1fr}}
dl{display:grid;grid-template-columns:max-content 1fr;gap:0 1rem}dd{margin:0}
.block{border-left:4px solid var(--kept);padding-left:.8rem;margin:.7rem 0}
.doubt{border-color:var(--doubt)}.gone{border-color:var(--gone);color:GrayText}
.quote{font-style:italic}.caption{font-size:.85em}.item::before{content:'• '}
small{display:block;color:var(--doubt)}.gone small{color:var(--gone)}";

/// Returns the page as HTML that loads nothing.
pub fn render(article: &Article) -> String {
    let doubts: HashMap<&str, String> = article
        .removed
        .iter()
        .filter(|removed| removed.stayed)
        .map(|removed| (removed.text.as_str(), format!("{}: {}", removed.filter, removed.why)))
        .collect();
    let mut kept = String::new();
    for block in &article.blocks {
        let doubt = doubts.get(block.text.as_str());
        let (class, tag) = shape(block.kind);
        let class = if doubt.is_some() { format!("block doubt {class}") } else { format!("block {class}") };
        let note = doubt.map_or(String::new(), |why| format!("<small>{}</small>", escaped(why)));
        write(&mut kept, &format!("<{tag} class=\"{class}\">{}{note}</{tag}>\n", escaped(&block.text)));
    }
    let mut gone = String::new();
    for removed in article.removed.iter().filter(|removed| !removed.stayed) {
        let why = format!("{}: {}", removed.filter, removed.why);
        let (text, why) = (escaped(&removed.text), escaped(&why));
        write(&mut gone, &format!("<p class=\"block gone\">{text}<small>{why}</small></p>\n"));
    }
    format!(
        "<!DOCTYPE html>\n<html lang=\"{lang}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head>\n\
         <body><h1>{title}</h1>\n<dl><dt>outlet</dt><dd>{outlet}</dd><dt>byline</dt><dd>{byline}</dd><dt>published</dt><dd>{published}</dd>\
         <dt>language</dt><dd>{lang}</dd><dt>text from</dt><dd>{kind}{cut}</dd></dl>\n\
         <main><section><h2>Kept</h2>\n{kept}</section>\n<section><h2>Taken out</h2>\n{gone}</section></main></body></html>\n",
        lang = escaped(&article.lang),
        title = escaped(&article.title),
        outlet = escaped(&credited(article)),
        byline = escaped(&article.byline),
        published = article.published.map_or("not known".to_owned(), |at| at.to_string()),
        kind = match article.kind {
            ArticleKind::Page => "the page",
            ArticleKind::Feed => "the feed",
            ArticleKind::Walled => "a page behind a wall",
        },
        cut = if article.cut { ", cut at a limit" } else { "" },
    )
}

fn credited(article: &Article) -> String {
    if article.agency.is_empty() { article.outlet.clone() } else { format!("{} ({})", article.outlet, article.agency) }
}

fn write(out: &mut String, text: &str) {
    out.write_str(text).expect("a string takes any text");
}

fn shape(kind: BlockKind) -> (&'static str, &'static str) {
    match kind {
        BlockKind::Paragraph => ("", "p"),
        BlockKind::Heading => ("", "h3"),
        BlockKind::ListItem => ("item", "p"),
        BlockKind::Quote => ("quote", "p"),
        BlockKind::Caption => ("caption", "p"),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::{self, Limits};

    #[test]
    fn each_block_stands_on_its_side_and_no_markup_of_the_page_gets_through() {
        let text = "The bridge was closed at noon, the guards said on Monday & nobody was let through.\n\
            Two buses stood before the customs office, <b>three</b> witnesses told the paper.\nShare this article";
        let html = render(&extract::article_from_text(text, "", &Limits::default()));
        let (kept, gone) = html.split_once("Taken out").expect("two columns");
        assert!(kept.contains("&lt;b&gt;three&lt;/b&gt;") && kept.contains("Monday &amp; nobody"));
        assert!(gone.contains("Share this article") && !kept.contains("Share this article"));
    }
}
