//! `inspect watch`: how a watch reads a text, and why it does or does not match.

use std::io::{self, Write as _};
use std::path::Path;

use clap::Args as ClapArgs;
use serde::Deserialize;
use serde_json::json;

use super::super::{Exit, setup, table};
use super::{jsonl, material};
use crate::extract;
use crate::matching::{self, Names, Text, WatchSet};
use crate::model::exchange::Purpose;
use crate::model::id::WatchId;
use crate::model::watch::{Field, Hit, Homographs, WatchSpec};
use crate::source::charset;

/// Show whether a watch matches a text, where, and if not, why not
#[derive(ClapArgs, Debug)]
pub struct Args {
    /// A configured watch's id
    #[arg(required_unless_present_any = ["jsonl", "query"], value_name = "WATCH")]
    watch: Option<String>,
    /// The text: a URL, a file, or - for standard input
    #[arg(default_value = "-", value_name = "URL|FILE")]
    what: String,
    /// A query in place of a configured watch; the text is then the first argument
    #[arg(long, short = 'q', value_name = "QUERY")]
    query: Option<String>,
    /// The file is a web page: clean it first, as URLs always are
    #[arg(long)]
    html: bool,
    /// The headline, where the text is a plain file
    #[arg(long, default_value = "", value_name = "TITLE")]
    title: String,
    /// The language, if known (BCP 47)
    #[arg(long, default_value = "", value_name = "LANG")]
    lang: String,
    /// Write JSON
    #[arg(long)]
    json: bool,
    /// Read JSON lines {"id", "query", "text", "title"?, "source"?, "lang"} from standard input, answer each with one
    #[arg(long, conflicts_with_all = ["watch", "what", "query", "json"])]
    jsonl: bool,
}

pub fn run(config: Option<&Path>, args: Args) -> anyhow::Result<Exit> {
    if args.jsonl {
        return jsonl::answer_each(answer);
    }
    let (watch, names, what) = match (args.query, args.watch) {
        // With --query the first free argument is the text.
        (Some(query), what) => (setup::trial(query), setup::names(config)?, what.unwrap_or(args.what)),
        (None, Some(watch)) => {
            let settings = setup::settings(config)?;
            (setup::watch(&settings, &watch)?, settings.names, args.what)
        }
        (None, None) => unreachable!("the command line asks for one of them"),
    };
    let article = read(config, &what, args.html, &args.title, &args.lang)?;
    let text = Text { title: &article.title, body: &article.body, source: &article.source, lang: &article.lang };
    let explanation = match matching::explain(&watch, &names, &text) {
        Ok(explanation) => explanation,
        Err(error) => {
            writeln!(io::stderr().lock(), "{}", error.with_caret(&watch.query))?;
            return Ok(Exit::Usage);
        }
    };
    if args.json {
        table::print_json(&explanation)?;
    } else {
        writeln!(io::stdout().lock(), "{explanation}")?;
    }
    Ok(Exit::Done)
}

struct Subject {
    title: String,
    body: String,
    source: String,
    lang: String,
}

fn read(config: Option<&Path>, what: &str, html: bool, title: &str, lang: &str) -> anyhow::Result<Subject> {
    let material = material(config, what, Purpose::Page)?;
    let decoded = charset::decode(&material.bytes, material.content_type.as_deref(), material.tld()).text;
    let source = material.url.host_str().unwrap_or_default().to_owned();
    if !html && !is_page(&decoded) && material.url.scheme() == "file" {
        let lang =
            if lang.is_empty() { extract::language(std::iter::once(decoded.as_str()), "") } else { lang.to_owned() };
        return Ok(Subject { title: title.to_owned(), body: decoded, source, lang });
    }
    let page = extract::Page { html: &decoded, url: &material.url };
    let setup::Cleaning { sites, limits } = setup::cleaning(config)?;
    let site = extract::Site { host: &source, rule: sites.of(&source), furniture: None };
    let article = extract::clean(Some(page), None, lang, &limits, &site).article;
    Ok(Subject { body: article.body(), title: article.title, source, lang: article.lang })
}

/// A file that says of itself that it is a web page.
fn is_page(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(15).flat_map(char::to_lowercase).collect();
    start.starts_with("<!doctype html") || start.starts_with("<html")
}

#[derive(Deserialize)]
struct Case {
    id: String,
    query: String,
    text: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    lang: String,
}

fn answer(case: Case) -> Result<serde_json::Value, String> {
    let watch = WatchSpec {
        id: WatchId::from_stored("case"),
        name: String::new(),
        query: case.query,
        homographs: Homographs::default(),
    };
    let set = match WatchSet::compile(std::slice::from_ref(&watch), &Names::default()) {
        Ok(set) => set,
        Err(errors) => {
            let errors: Vec<_> = errors.iter().map(|(_, error)| error.to_string()).collect();
            return Ok(json!({ "id": case.id, "match": false, "spans": [], "error": errors.join("; ") }));
        }
    };
    let hits = set.hits(&Text { title: &case.title, body: &case.text, source: &case.source, lang: &case.lang });
    let spans = hits.first().map(|hit| body_spans(hit, &case.text)).unwrap_or_default();
    Ok(json!({ "id": case.id, "match": !hits.is_empty(), "spans": spans }))
}

/// In code points of the text, as the corpus counts.
fn body_spans(hit: &Hit, text: &str) -> Vec<[usize; 2]> {
    let code_points = |byte: usize| text.get(..byte).map_or(0, |before| before.chars().count());
    let spans = hit.spans.iter().filter(|span| span.field == Field::Body);
    spans.map(|span| [code_points(span.start), code_points(span.end)]).collect()
}
