//! `inspect`: what each stage makes of a URL, a file or an entry, and why.

mod colours;
mod entry;
mod feed;
mod jsonl;
mod page;
mod story;
mod watch;

use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Subcommand};
use url::Url;

use super::{Exit, setup};
use crate::model::exchange::{Body, Purpose};

/// Show what each stage makes of a feed, a page, a text or a stored entry
#[derive(ClapArgs, Debug)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    Feed(feed::Args),
    Page(page::Args),
    Watch(watch::Args),
    Story(story::Args),
    Entry(entry::Args),
}

pub fn run(config: Option<&Path>, args: Args) -> anyhow::Result<Exit> {
    match args.what {
        What::Feed(args) => feed::run(config, args),
        What::Page(args) => page::run(config, args),
        What::Watch(args) => watch::run(config, args),
        What::Story(args) => story::run(config, &args),
        What::Entry(args) => entry::run(config, args),
    }
}

/// Something to inspect: fetched under the same bounds as the daemon's own requests, or read from a file.
struct Material {
    bytes: Vec<u8>,
    content_type: Option<String>,
    /// Where it came from; for a file, a made-up address to resolve links against.
    url: Url,
    /// In words, for the heading.
    origin: String,
}

impl Material {
    fn tld(&self) -> Option<&str> {
        self.url.host_str().and_then(|host| host.rsplit('.').next())
    }
}

fn material(config: Option<&Path>, what: &str, purpose: Purpose) -> anyhow::Result<Material> {
    match Url::parse(what) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => fetched(config, url, purpose),
        _ => from_file(Path::new(what)),
    }
}

fn from_file(path: &Path) -> anyhow::Result<Material> {
    let bytes = setup::read_file_or_stdin(path)?;
    let absolute = std::path::absolute(path).unwrap_or_else(|_| PathBuf::from("/stdin"));
    let url = Url::from_file_path(absolute).unwrap_or_else(|()| Url::parse("file:///stdin").expect("a constant URL"));
    Ok(Material { bytes, content_type: None, url, origin: path.display().to_string() })
}

fn fetched(config: Option<&Path>, url: Url, purpose: Purpose) -> anyhow::Result<Material> {
    let origin = url.to_string();
    let (fetcher, request) = setup::request(config, url, purpose)?;
    let fetched = setup::runtime()?.block_on(async { fetcher.get(&request).await })?;
    let content_type = fetched.header("content-type").map(str::to_owned);
    let bytes = match fetched.body {
        Body::Bytes(bytes) => bytes,
        Body::NotModified => Vec::new(),
    };
    Ok(Material { bytes, content_type, url: fetched.url, origin })
}
