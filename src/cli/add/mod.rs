//! `sources add`: looks for feeds at an address, polls once, shows what it found, and writes what is confirmed.

mod find;
mod show;

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;

use anyhow::Context as _;
use clap::Args as ClapArgs;
use url::Url;

use super::source_block::{SourceBlock, shown};
use super::{Exit, setup, sources};
use crate::config;
use crate::model::exchange::Purpose;
use crate::model::feed::{FeedKind, FeedSpec, Selectors};
use find::{Candidate, Found};
use setup::Outside;

/// Look for feeds at an address, poll once, show what was found, and add it when confirmed
#[derive(ClapArgs, Debug)]
pub struct Args {
    /// The address of a feed, of a sitemap, or of a site or page to look for them
    url: String,
    /// The publisher's name as readers see it [default: the feed's title]
    #[arg(long)]
    name: Option<String>,
    /// The language, such as ko [default: what the feed says]
    #[arg(long)]
    lang: Option<String>,
    /// The shortest time between two polls, such as 30m [default: by how much the feed holds]
    #[arg(long)]
    every: Option<String>,
    /// direct, http://HOST:PORT or socks5h://HOST:PORT [default: the configuration's]
    #[arg(long)]
    route: Option<String>,
    /// What is at the address [default: found out; page with --item]
    #[arg(long, value_parser = ["feed", "sitemap", "page"])]
    kind: Option<String>,
    /// For a page that lists reports: the CSS selector of the elements that hold one report each
    #[arg(long, value_name = "SELECTOR", required_if_eq("kind", "page"))]
    item: Option<String>,
    /// Within an item: the link to the report [default: a[href]]
    #[arg(long, value_name = "SELECTOR", requires = "item")]
    link: Option<String>,
    /// Within an item: the headline [default: its heading, else the link's text]
    #[arg(long, value_name = "SELECTOR", requires = "item")]
    title: Option<String>,
    /// Within an item: the date [default: time[datetime]]
    #[arg(long, value_name = "SELECTOR", requires = "item")]
    date: Option<String>,
    /// Within an item: the first sentences
    #[arg(long, value_name = "SELECTOR", requires = "item")]
    summary: Option<String>,
    /// Which of several that were found, by its number
    #[arg(long, value_name = "N")]
    feed: Option<usize>,
    /// Write it without asking
    #[arg(long, short = 'y')]
    yes: bool,
    /// Write JSON; asks nothing
    #[arg(long)]
    json: bool,
}

pub fn run(config: Option<&Path>, args: Args) -> anyhow::Result<Exit> {
    let url = address(&args.url)?;
    let outside = Outside::open(config)?;
    let mut asked = block(&args, url);
    if asked.route.is_empty() {
        // As it is asked now, so it is to be polled: not by another way than a source of the same host.
        let route = outside.request(asked.url.clone(), Purpose::Feed).route;
        if route != outside.reach.fetch.route {
            asked.route = route.as_str().to_owned();
        }
    }
    let Some(spec) = checked(&outside, &asked, args.every.as_deref())? else { return Ok(Exit::Usage) };
    let search = find::Search { outside: &outside, spec: &spec, own_route: args.route.is_some() };
    let found = setup::runtime()?.block_on(search.run()).map_err(|error| match args.url.contains("://") {
        true => error,
        false => error.context(format!(
            "nothing was read over https, which is taken if nothing is said; is it http://{}?",
            args.url
        )),
    })?;
    let offers = found.candidates.iter().map(|candidate| offer(&args, &outside, &asked, candidate));
    let offers: Vec<Offer> = offers.collect::<anyhow::Result<_>>()?;
    if args.json {
        return in_json(config, &args, &found, &offers);
    }
    show::found(&outside, &found, &offers)?;
    if offers.is_empty() {
        anyhow::bail!(
            "no feed and no sitemap was found at {}; a page that lists reports can be read by CSS selectors: \
             newsvigil sources add {} --item SELECTOR",
            spec.url,
            spec.url
        );
    }
    let chosen = match choose(&args, offers.len())? {
        Choice::One(at) => &offers[at],
        Choice::None => return Ok(Exit::Done),
        Choice::NotSaid => {
            writeln!(io::stdout().lock(), "Several were found, and nothing was written. Choose one: --feed N")?;
            return Ok(if args.yes { Exit::Usage } else { Exit::Done });
        }
    };
    add(config, chosen, args.yes)?;
    Ok(Exit::Done)
}

/// Writes the source, if it is new and confirmed, and says so.
fn add(config: Option<&Path>, offer: &Offer, without_asking: bool) -> anyhow::Result<()> {
    if offer.known {
        writeln!(io::stdout().lock(), "{} is a source already; nothing was written.", offer.block.url)?;
        return Ok(());
    }
    writeln!(io::stdout().lock(), "{}", offer.block)?;
    if !without_asking && !confirmed()? {
        return Ok(());
    }
    let path = written(config, &offer.block)?.display().to_string();
    writeln!(
        io::stdout().lock(),
        "Wrote {path}. A running daemon takes it over when it is told to reload its configuration."
    )?;
    Ok(())
}

/// A source as it would be written.
pub struct Offer {
    block: SourceBlock,
    /// It is in the configuration.
    known: bool,
    /// How often it is best polled, and why, where that is not the usual.
    pace: Option<(std::time::Duration, String)>,
}

enum Choice {
    One(usize),
    None,
    NotSaid,
}

/// As people type it: the scheme may be left out.
fn address(text: &str) -> anyhow::Result<Url> {
    let text = text.trim();
    let text = text.strip_prefix("feed:").map_or(text, |rest| rest.trim_start_matches('/'));
    let whole = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let mut url = Url::parse(&whole).with_context(|| format!("{text:?} is no address"))?;
    anyhow::ensure!(matches!(url.scheme(), "http" | "https"), "{}: only http and https can be polled", url.scheme());
    anyhow::ensure!(
        url.username().is_empty() && url.password().is_none(),
        "a user name or password in the address; write the source into the configuration by hand, with username and password_file"
    );
    url.set_fragment(None);
    Ok(url)
}

/// What was asked for, without what is only known when the server has answered.
fn block(args: &Args, url: Url) -> SourceBlock {
    let selectors = args.item.clone().map(|item| Selectors {
        item,
        link: args.link.clone().unwrap_or_else(|| Selectors::LINK.to_owned()),
        title: args.title.clone(),
        date: args.date.clone(),
        summary: args.summary.clone(),
    });
    let said = FeedKind::ALL.into_iter().find(|kind| Some(kind.word()) == args.kind.as_deref());
    let kind = if selectors.is_some() { FeedKind::Page } else { said.unwrap_or_default() };
    SourceBlock {
        name: args.name.clone().unwrap_or_default(),
        lang: args.lang.clone().unwrap_or_default(),
        route: args.route.clone().unwrap_or_default(),
        kind,
        selectors,
        ..SourceBlock::of(url)
    }
}

/// The block as the configuration will read it; its mistakes are written to stderr, and then there is none.
fn checked(outside: &Outside, block: &SourceBlock, every: Option<&str>) -> anyhow::Result<Option<FeedSpec>> {
    let mut text = block.to_string();
    if let Some(every) = every {
        // As typed, so that a mistake in it is told with it.
        text.push_str(&format!("every = {:?}\n", every));
    }
    match config::read_source(&text, &outside.reach.poll, &outside.reach.fetch.route) {
        Ok(spec) => Ok(Some(spec)),
        Err(mistakes) => {
            setup::show(&mistakes)?;
            Ok(None)
        }
    }
}

fn offer(args: &Args, outside: &Outside, asked: &SourceBlock, candidate: &Candidate) -> anyhow::Result<Offer> {
    let document = &candidate.document;
    let pace = show::pace(document, &outside.reach.poll);
    let every = match &args.every {
        Some(_) => candidate.every,
        None => pace.as_ref().map(|(every, _)| *every),
    };
    let name = if asked.name.is_empty() { show::shortened(&document.title) } else { asked.name.clone() };
    let lang = if asked.lang.is_empty() { document.lang.clone() } else { asked.lang.clone() };
    let (url, kind) = (candidate.url.clone(), document.kind);
    let mut block = SourceBlock { url, name, lang, every, kind, ..asked.clone() };
    // What a feed says of itself may be no language at all.
    if config::read_source(&block.to_string(), &outside.reach.poll, &outside.reach.fetch.route).is_err() {
        block.lang.clone_from(&asked.lang);
    }
    let known = [&block.url, &candidate.asked].into_iter().any(|url| outside.reach.known.contain(url));
    Ok(Offer { known, block, pace })
}

fn choose(args: &Args, offers: usize) -> anyhow::Result<Choice> {
    let within = |number: usize| (1..=offers).contains(&number).then(|| Choice::One(number - 1));
    if let Some(number) = args.feed {
        return within(number).with_context(|| format!("--feed {number}: {offers} were found"));
    }
    if offers == 1 {
        return Ok(Choice::One(0));
    }
    if args.yes || args.json || !on_terminal() {
        return Ok(Choice::NotSaid);
    }
    let answer = ask(&format!("Which one? 1 to {offers}, or nothing: "))?;
    if answer.is_empty() {
        return Ok(Choice::None);
    }
    answer.parse().ok().and_then(within).with_context(|| format!("{answer:?} is none of them; nothing was written"))
}

fn confirmed() -> io::Result<bool> {
    if !on_terminal() {
        writeln!(io::stdout().lock(), "Nothing was written. Add --yes to write this into sources.d.")?;
        return Ok(false);
    }
    let answer = ask("Add it? [y/N] ")?;
    Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
}

fn on_terminal() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

fn ask(question: &str) -> io::Result<String> {
    let mut out = io::stdout().lock();
    write!(out, "{question}")?;
    out.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}

fn written(config: Option<&Path>, block: &SourceBlock) -> anyhow::Result<std::path::PathBuf> {
    let host = block.url.host_str().unwrap_or_default();
    sources::write_new(&setup::config_path(config), &host.replace('.', "-"), &block.to_string())
}

fn in_json(config: Option<&Path>, args: &Args, found: &Found, offers: &[Offer]) -> anyhow::Result<Exit> {
    let chosen = match choose(args, offers.len())? {
        Choice::One(at) => offers.get(at),
        Choice::None | Choice::NotSaid => None,
    };
    let write = chosen.filter(|offer| args.yes && !offer.known);
    let path = write.map(|offer| written(config, &offer.block)).transpose()?;
    show::json(found, offers, path.as_deref())?;
    Ok(match (offers.is_empty(), args.yes && chosen.is_none()) {
        (true, _) => Exit::Failed,
        (false, true) => Exit::Usage,
        (false, false) => Exit::Done,
    })
}
