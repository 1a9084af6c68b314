//! `inspect page`: the text as a reader will see it, and what was taken out, by which filter, and why.

use std::io::{self, Read as _, Write as _};
use std::path::Path;

use clap::Args as ClapArgs;
use flate2::read::GzDecoder;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::super::{Exit, table};
use super::{jsonl, material};
use crate::extract::{self, Limits};
use crate::model::article::{Article, BlockKind, Removed};
use crate::model::exchange::Purpose;
use crate::source::charset;

/// Show an article as cleaned from its page, and each removed block with its reason
#[derive(ClapArgs, Debug)]
pub struct Args {
    /// A URL, a file (HTML, or plain text with --text), or - for standard input
    #[arg(required_unless_present = "jsonl", value_name = "URL|FILE")]
    what: Option<String>,
    /// The file is plain text, not HTML
    #[arg(long)]
    text: bool,
    /// The language, if known (BCP 47)
    #[arg(long, default_value = "", value_name = "LANG")]
    lang: String,
    /// Write JSON
    #[arg(long)]
    json: bool,
    /// Read JSON lines {"id", "url"?, "lang"?, "html" or "text"} from standard input, answer each with one
    #[arg(long, conflicts_with_all = ["what", "json", "text"])]
    jsonl: bool,
}

pub fn run(config: Option<&Path>, args: Args) -> anyhow::Result<Exit> {
    let Some(what) = args.what else {
        return jsonl::answer_each(answer);
    };
    let material = material(config, &what, Purpose::Page)?;
    let decoded = charset::decode(&material.bytes, material.content_type.as_deref(), material.tld());
    let article = if args.text {
        extract::article_from_text(&decoded.text, &args.lang, &Limits::default())
    } else {
        clean(&decoded.text, &material.url, &args.lang)
    };
    if args.json {
        table::print_json(&article)?;
    } else {
        print(&article)?;
    }
    Ok(Exit::Done)
}

fn clean(html: &str, url: &Url, lang: &str) -> Article {
    extract::article(Some(extract::Page { html, url }), None, lang, &Limits::default())
}

fn print(article: &Article) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", article.title)?;
    writeln!(out, "  byline    {}", table::or_dash(&article.byline))?;
    writeln!(out, "  published {}", article.published.map_or("-".to_owned(), |at| at.to_string()))?;
    writeln!(out, "  language  {}", article.lang)?;
    if article.cut {
        writeln!(out, "  cut       a limit was reached: this is what was found up to there")?;
    }
    for block in &article.blocks {
        let mark = match block.kind {
            BlockKind::Paragraph => "",
            BlockKind::Heading => "## ",
            BlockKind::ListItem => "- ",
            BlockKind::Quote => "> ",
            BlockKind::Caption => "[caption] ",
        };
        writeln!(out, "\n{mark}{}", block.text)?;
    }
    let (doubted, removed): (Vec<_>, Vec<_>) = article.removed.iter().partition(|removed| removed.stayed);
    write_removed(&mut out, "Removed", &removed)?;
    write_removed(&mut out, "In doubt, and kept", &doubted)
}

fn write_removed(out: &mut impl io::Write, heading: &str, all: &[&Removed]) -> io::Result<()> {
    if !all.is_empty() {
        writeln!(out, "\n{heading} ({}):", all.len())?;
    }
    for removed in all {
        writeln!(out, "- [{}] {}", removed.filter, removed.why)?;
        for line in removed.text.lines() {
            writeln!(out, "    {line}")?;
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct Case {
    id: String,
    url: Option<String>,
    lang: Option<String>,
    html: Option<String>,
    text: Option<String>,
}

fn answer(case: Case) -> Result<serde_json::Value, String> {
    let lang = case.lang.unwrap_or_default();
    let article = match (case.html, case.text) {
        (Some(path), _) => {
            let url = case.url.as_deref().and_then(|url| Url::parse(url).ok());
            let url = url.unwrap_or_else(|| Url::parse("https://page.invalid/").expect("a constant URL"));
            clean(&html(&path)?, &url, &lang)
        }
        (None, Some(text)) => extract::article_from_text(&text, &lang, &Limits::default()),
        (None, None) => return Err("neither \"html\" nor \"text\"".to_owned()),
    };
    let blocks = article.blocks.iter().filter(|block| block.kind != BlockKind::Caption);
    let text: Vec<_> = blocks.map(|block| block.text.as_str()).collect();
    let captions = article.blocks.iter().filter(|block| block.kind == BlockKind::Caption);
    let captions: Vec<_> = captions.map(|block| block.text.as_str()).collect();
    let told = |stayed: bool| -> Vec<_> {
        let all = article.removed.iter().filter(|removed| removed.stayed == stayed);
        all.map(|removed| json!({ "text": removed.text, "filter": removed.filter, "why": removed.why })).collect()
    };
    Ok(json!({
        "id": case.id,
        "title": article.title,
        "byline": article.byline,
        "published": article.published.map(|at| at.to_string()),
        "lang": article.lang,
        "text": text.join("\n"),
        "captions": captions,
        "removed": told(false),
        "doubted": told(true),
    }))
}

fn html(path: &str) -> Result<String, String> {
    let raw = std::fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    let bytes = if path.ends_with(".gz") {
        let mut bytes = Vec::new();
        let limit = Limits::default().max_html_bytes as u64;
        GzDecoder::new(raw.as_slice())
            .take(limit)
            .read_to_end(&mut bytes)
            .map_err(|error| format!("{path}: {error}"))?;
        bytes
    } else {
        raw
    };
    Ok(charset::decode(&bytes, None, None).text)
}
