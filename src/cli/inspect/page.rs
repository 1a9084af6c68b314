//! `inspect page`: the text as a reader will see it, and what was taken out, by which filter, and why.

use std::collections::HashMap;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

use clap::Args as ClapArgs;
use flate2::read::GzDecoder;
use serde::Deserialize;
use serde_json::json;
use url::Url;

use super::super::setup::{self, Cleaning};
use super::super::{Exit, table};
use super::{colours, jsonl, material};
use crate::clock::Clock;
use crate::extract::{self, Cleaned, Furniture, Limits, Site, SiteRules};
use crate::model::article::{Article, ArticleKind, BlockKind, Removed};
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
    /// Write a page that shows in colours what was kept and what was taken out
    #[arg(long, conflicts_with = "json")]
    html: bool,
    /// Read JSON lines {"id", "url"?, "site"?, "lang"?, "html" or "text"} from standard input, answer each with one
    #[arg(long, conflicts_with_all = ["what", "json", "text", "html"])]
    jsonl: bool,
    /// With --jsonl: read the whole manifest first, and learn what recurs on the pages of each "site" (else host)
    #[arg(long, requires = "jsonl")]
    learn: bool,
    /// Clean as if there were no sites.toml
    #[arg(long)]
    no_site_rules: bool,
}

pub fn run(config: Option<&Path>, args: Args) -> anyhow::Result<Exit> {
    let mut cleaning = setup::cleaning(config)?;
    if args.no_site_rules {
        cleaning.sites = SiteRules::default();
    }
    let Some(what) = args.what else {
        return if args.learn {
            answer_all_learnt(&cleaning)
        } else {
            jsonl::answer_each(|case| answer(case, &cleaning, None))
        };
    };
    let material = material(config, &what, Purpose::Page)?;
    let decoded = charset::decode(&material.bytes, material.content_type.as_deref(), material.tld());
    let article = if args.text {
        extract::article_from_text(&decoded.text, &args.lang, &cleaning.limits)
    } else {
        let host = material.url.host_str().unwrap_or_default();
        let site = Site { host, rule: cleaning.sites.of(host), furniture: None };
        clean(&decoded.text, &material.url, &args.lang, &cleaning.limits, &site).article
    };
    if args.html {
        io::stdout().lock().write_all(colours::render(&article).as_bytes())?;
    } else if args.json {
        table::print_json(&article)?;
    } else {
        print(&article)?;
    }
    Ok(Exit::Done)
}

fn clean(html: &str, url: &Url, lang: &str, limits: &Limits, site: &Site<'_>) -> Cleaned {
    extract::clean(Some(extract::Page { html, url }), None, lang, limits, site)
}

fn print(article: &Article) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{}", article.title)?;
    writeln!(out, "  outlet    {}", table::or_dash(&article.outlet))?;
    writeln!(out, "  byline    {}", table::or_dash(&article.byline))?;
    if !article.agency.is_empty() {
        writeln!(out, "  agency    {}", article.agency)?;
    }
    writeln!(out, "  published {}", article.published.map_or("-".to_owned(), |at| at.to_string()))?;
    writeln!(out, "  language  {}", article.lang)?;
    if article.kind == ArticleKind::Walled {
        writeln!(out, "  walled    a paywall, a consent, login or robot check stands before the report")?;
    }
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
    site: Option<String>,
    lang: Option<String>,
    html: Option<String>,
    text: Option<String>,
}

impl Case {
    fn url(&self) -> Url {
        let url = self.url.as_deref().and_then(|url| Url::parse(url).ok());
        url.unwrap_or_else(|| Url::parse("https://page.invalid/").expect("a constant URL"))
    }

    /// What its page shares furniture with; `None` if nothing tells.
    fn site(&self) -> Option<String> {
        self.site.clone().or_else(|| Some(Url::parse(self.url.as_deref()?).ok()?.host_str()?.to_owned()))
    }
}

/// Reads the whole manifest twice: to learn each site's furniture, and to answer knowing it.
fn answer_all_learnt(cleaning: &Cleaning) -> anyhow::Result<Exit> {
    let mut manifest = String::new();
    io::stdin().lock().read_to_string(&mut manifest)?;
    let mut sites: HashMap<String, Furniture> = HashMap::new();
    let (now, limits) = (Clock::system().now(), &cleaning.limits);
    for case in manifest.lines().filter_map(|line| serde_json::from_str::<Case>(line).ok()) {
        if let (Some(host), Some(Ok(html))) = (case.site(), case.html.as_deref().map(|path| html(path, limits))) {
            let site = Site { host: &host, rule: cleaning.sites.of(&host), furniture: None };
            let lines = clean(&html, &case.url(), "", limits, &site).page_lines;
            sites.entry(host).or_default().learn(&lines, now);
        }
    }
    jsonl::answer_each_line(manifest.lines().map(|line| Ok(line.to_owned())), |case: Case| {
        let known = case.site().and_then(|site| sites.get(&site));
        answer(case, cleaning, known)
    })
}

fn answer(case: Case, cleaning: &Cleaning, furniture: Option<&Furniture>) -> Result<serde_json::Value, String> {
    let lang = case.lang.clone().unwrap_or_default();
    let host = case.site().unwrap_or_default();
    let limits = &cleaning.limits;
    let site = Site { host: &host, rule: cleaning.sites.of(&host), furniture };
    let article = match (&case.html, &case.text) {
        (Some(path), _) => clean(&html(path, limits)?, &case.url(), &lang, limits, &site).article,
        (None, Some(text)) => extract::article_from_text(text, &lang, limits),
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
        "outlet": article.outlet,
        "agency": article.agency,
        "published": article.published.map(|at| at.to_string()),
        "lang": article.lang,
        "text": text.join("\n"),
        "captions": captions,
        "removed": told(false),
        "doubted": told(true),
    }))
}

fn html(path: &str, limits: &Limits) -> Result<String, String> {
    let raw = std::fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    let bytes = if path.ends_with(".gz") {
        let mut bytes = Vec::new();
        // One byte more than is read, so that a longer page is marked as cut.
        let limit = limits.max_html_bytes as u64 + 1;
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
