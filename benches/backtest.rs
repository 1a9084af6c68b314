//! How long `newsvigil backtest` takes on an archive of 100,000 articles, as a user runs it, on SQLite.
//!
//!     cargo bench --bench backtest                        100,000 articles, some minutes to store them
//!     cargo bench --bench backtest -- 20000               20,000
//!     cargo bench --bench backtest -- 100000 25           of which 25 in a hundred were cleaned when they came
//!
//! The others are kept as their feeds gave them, as a new source's past is: HTML of 2 kB. The articles are made up: words
//! by the law of Zipf, every fortieth with a word that the watches ask for.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod archive;

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use archive::{Dice, word};
use newsvigil::clock::Clock;
use newsvigil::grouping::{self, Known, Past, Stories};
use newsvigil::model::entry::{ClaimedEntry, EntryState, FeedEntry};
use newsvigil::model::id::{EntryId, FeedId};
use newsvigil::model::time::Timestamp;
use newsvigil::store::{NewEntry, ProcessedEntry};

const BATCH: u64 = 500;
const DAYS: u64 = 80;
const QUERIES: [&str; 3] =
    ["raid", "(raid OR ferry OR \"river crossing\") AND (deported OR repatriation) NOT film", "border"];

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let (count, cleaned) = (numbers.next().unwrap_or(100_000), numbers.next().unwrap_or(50));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("newsvigil.db");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(fill(&path, count, cleaned));
    let bytes = path.metadata().map_or(0, |file| file.len()) >> 20;
    println!("{count} articles, {cleaned} % cleaned, {bytes} MB");
    let config = folder.path().join("newsvigil.toml");
    std::fs::write(&config, configuration(&path, folder.path())).expect("a folder that can be written to");
    for query in QUERIES {
        let begun = Instant::now();
        let mut command = Command::new(env!("CARGO_BIN_EXE_newsvigil"));
        command.arg("-c").arg(&config).args(["backtest", "--show", "0", "--json", "--query", query]);
        let output = command.output().expect("the program runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let (hits, near, articles) = (&told["hits"], &told["near_misses"], &told["articles"]);
        println!("{:6.2} s | {hits} hits, {near} near misses in {articles} | {query}", begun.elapsed().as_secs_f64());
    }
}

fn configuration(database: &Path, folder: &Path) -> String {
    format!(
        "[database]\npath = '{}'\n[mail]\nfrom = \"newsvigil <digest@news.example>\"\n[mail.maildir]\npath = '{}'\n\
         [[source]]\nurl = \"https://outlet.example/rss\"\nname = \"Outlet\"\n\
         [[watch]]\nid = \"raids\"\nname = \"Raids\"\nterms = [\"raid\"]\n\
         [[recipient]]\nid = \"desk\"\nemail = \"desk@ngo.example\"\nwatches = \"all\"\n\
         digest = \"immediately\"\nzone = \"UTC\"\n",
        database.display(),
        folder.join("Maildir").display()
    )
}

async fn fill(path: &Path, count: u64, cleaned: u64) {
    let begin = Clock::system().now().minus(Duration::from_secs(DAYS * 86_400));
    let store = archive::open(path, begin).await;
    for first in (0..count).step_by(BATCH as usize) {
        let now = begin.plus(Duration::from_secs(DAYS * 86_400 * first / count));
        let new = |feed: &FeedId, number: u64| new_entry(feed, number, now, number % 100 < cleaned);
        let listed = |feed: &FeedId| (first..(first + BATCH).min(count)).map(|number| new(feed, number)).collect();
        let claimed = archive::poll(&store, first, now, listed).await;
        let processed: Vec<ProcessedEntry> = claimed.into_iter().map(|claimed| processed(claimed, now)).collect();
        store.commit_all_processed(&processed).await.expect("they are stored");
    }
}

fn new_entry(feed: &FeedId, number: u64, now: Timestamp, is_cleaned: bool) -> NewEntry {
    let paragraphs: Vec<String> = paragraphs(number).iter().map(|text| format!("<p>{text}</p>")).collect();
    let link = format!("https://outlet.example/{number}.html");
    let entry = FeedEntry {
        title: format!("Report {number}"),
        link: link.parse().ok(),
        published: Some(now),
        content: format!("<div><a href=\"{link}\"><img src=\"x.jpg\" alt=\"\"></a>{}</div>", paragraphs.concat()),
        lang: "en".to_owned(),
        ..archive::entry(number)
    };
    let (id, link_key) = (EntryId::of(feed, &entry.key), format!("outlet.example/{number}.html"));
    NewEntry { id, alias: None, entry, link_key, baseline: true, due: now, unmatched: !is_cleaned }
}

fn processed(claimed: ClaimedEntry, now: Timestamp) -> ProcessedEntry {
    let paragraphs = paragraphs(claimed.entry.guid.parse().unwrap_or_default());
    let fingerprint = grouping::fingerprint(&claimed.entry.title, &paragraphs.join("\n"), "en");
    let (stories, past) = (Stories::default(), Past::default());
    let membership =
        grouping::assign(&claimed.id, &fingerprint, now, Known { candidates: &[], stories: &stories, past: &past });
    let article = archive::article(claimed.entry.title.clone(), paragraphs);
    archive::processed(claimed, now, article, (fingerprint, membership), EntryState::Unmatched)
}

const ASKED_FOR: [&str; 6] = ["raid", "ferry", "river crossing", "deported", "repatriation", "border"];

/// 320 words in six paragraphs.
fn paragraphs(number: u64) -> Vec<String> {
    let mut dice = Dice(number);
    let mut paragraphs: Vec<String> =
        (0..6).map(|_| (0..53).map(|_| word(&mut dice).1).collect::<Vec<_>>().join(" ") + ".").collect();
    if dice.roll(40) == 0 {
        let told: Vec<&str> = ASKED_FOR.into_iter().filter(|_| dice.roll(3) == 0).collect();
        paragraphs[2].push_str(&format!(" They spoke of the {}.", told.join(" and the ")));
    }
    paragraphs
}
