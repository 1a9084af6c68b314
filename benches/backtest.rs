//! How long `newsvigil backtest` takes on an archive of 100,000 articles, as a user runs it, on SQLite.
//!
//!     cargo bench --bench backtest                        100,000 articles, some minutes to store them
//!     cargo bench --bench backtest -- 20000               20,000
//!     cargo bench --bench backtest -- 100000 25           of which 25 in a hundred were cleaned when they came
//!
//! The others are kept as their feeds gave them, as a new source's past is: HTML of 2 kB. The articles are made up: words
//! by the law of Zipf, every fortieth with a word that the watches ask for.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use newsvigil::clock::Clock;
use newsvigil::grouping::{self, Known, Past, Stories};
use newsvigil::model::alarm::Judgement;
use newsvigil::model::article::{Article, ArticleKind, Block, BlockKind};
use newsvigil::model::entry::{ClaimedEntry, EntryKey, EntryState, FeedEntry};
use newsvigil::model::exchange::{Route, Validators};
use newsvigil::model::feed::{FeedKind, FeedSpec, Wishes};
use newsvigil::model::id::{EntryId, FeedId};
use newsvigil::model::lease::Lease;
use newsvigil::model::time::Timestamp;
use newsvigil::store::{Answered, Config, NewEntry, PollResult, PolledFeed, ProcessedEntry, Store};

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
    let config = Config::Sqlite { path: path.to_owned(), busy_timeout: Duration::from_secs(5) };
    let store = Store::open(&config).await.expect("the database opens");
    let spec = FeedSpec {
        url: "https://outlet.example/rss".parse().expect("a URL"),
        kind: FeedKind::Syndication,
        outlet: "Outlet".into(),
        lang: "en".into(),
        every: Duration::from_secs(900),
        route: Route::Direct,
        zone: None,
        selectors: None,
    };
    let begin = Clock::system().now().minus(Duration::from_secs(DAYS * 86_400));
    store.sync_feeds(&[(spec, begin)], begin).await.expect("a feed");
    for first in (0..count).step_by(BATCH as usize) {
        let now = begin.plus(Duration::from_secs(DAYS * 86_400 * first / count));
        let is_cleaned = |number: u64| number % 100 < cleaned;
        poll(&store, first..(first + BATCH).min(count), now, is_cleaned).await;
        let lease = lease("process", first, now);
        let claimed = store.claim_pending_entries(now, BATCH as u32, &lease).await.expect("a claim");
        let processed: Vec<ProcessedEntry> = claimed.into_iter().map(|claimed| processed(claimed, now)).collect();
        store.commit_all_processed(&processed).await.expect("they are stored");
    }
}

fn lease(stage: &str, number: u64, now: Timestamp) -> Lease {
    Lease { token: format!("{stage} {number}"), until: now.plus(Duration::from_secs(900)) }
}

async fn poll(store: &Store, numbers: std::ops::Range<u64>, now: Timestamp, is_cleaned: impl Fn(u64) -> bool) {
    store.make_feeds_due(None, now).await.expect("the feed is due");
    let feed = store.claim_due_feeds(now, 1, &lease("poll", numbers.start, now)).await.expect("a claim").remove(0);
    let body_hash = numbers.start.to_string();
    let entries = numbers.map(|number| new_entry(&feed.id, number, now, is_cleaned(number))).collect();
    let answered = Answered {
        validators: Validators::default(),
        validators_url: feed.ask.clone(),
        fresh_for: None,
        moving: None,
        ask: feed.ask.clone(),
    };
    let (note, rhythm) = (String::new(), Duration::ZERO);
    let result = PollResult::Read { answered, body_hash, note, wishes: Wishes::default(), rhythm, entries };
    let judgement = Judgement::due(now);
    let poll = PolledFeed { feed: feed.id, lease: feed.lease, at: now, judgement, whole: true, result };
    store.commit_polls(&[poll], |_, _| Judgement::due(now)).await.expect("entries");
}

fn new_entry(feed: &FeedId, number: u64, now: Timestamp, is_cleaned: bool) -> NewEntry {
    let key = EntryKey::from_stored(format!("guid:{number}"));
    let paragraphs: Vec<String> = paragraphs(number).iter().map(|text| format!("<p>{text}</p>")).collect();
    let link = format!("https://outlet.example/{number}.html");
    let entry = FeedEntry {
        key: key.clone(),
        alias: None,
        guid: number.to_string(),
        title: format!("Report {number}"),
        link: link.parse().ok(),
        published: Some(now),
        updated: None,
        author: String::new(),
        summary: String::new(),
        content: format!("<div><a href=\"{link}\"><img src=\"x.jpg\" alt=\"\"></a>{}</div>", paragraphs.concat()),
        lang: "en".to_owned(),
    };
    let (id, link_key) = (EntryId::of(feed, &key), format!("outlet.example/{number}.html"));
    NewEntry { id, alias: None, entry, link_key, baseline: true, due: now, unmatched: !is_cleaned }
}

fn processed(claimed: ClaimedEntry, now: Timestamp) -> ProcessedEntry {
    let paragraphs = paragraphs(claimed.entry.guid.parse().unwrap_or_default());
    let fingerprint = grouping::fingerprint(&claimed.entry.title, &paragraphs.join("\n"), "en");
    let (stories, past) = (Stories::default(), Past::default());
    let membership =
        grouping::assign(&claimed.id, &fingerprint, now, Known { candidates: &[], stories: &stories, past: &past });
    ProcessedEntry {
        entry: claimed.id,
        lease: claimed.lease,
        at: now,
        page: None,
        article: article(claimed.entry.title, paragraphs),
        fingerprint,
        membership,
        reported_at: now,
        grouped: true,
        page_key: claimed.link_key,
        speaks_of: String::new(),
        hits: Vec::new(),
        asides: Vec::new(),
        asides_owed: Vec::new(),
        owed_to: Vec::new(),
        state: EntryState::Unmatched,
        page_tries: 0,
        page_error: String::new(),
    }
}

fn article(title: String, paragraphs: Vec<String>) -> Article {
    Article {
        kind: ArticleKind::Page,
        title,
        blocks: paragraphs.into_iter().map(|text| Block { kind: BlockKind::Paragraph, text }).collect(),
        outlet: "Outlet".into(),
        agency: String::new(),
        byline: String::new(),
        published: None,
        lang: "en".into(),
        canonical: None,
        removed: Vec::new(),
        cut: false,
    }
}

const ASKED_FOR: [&str; 6] = ["raid", "ferry", "river crossing", "deported", "repatriation", "border"];

/// 320 words in six paragraphs.
fn paragraphs(number: u64) -> Vec<String> {
    let mut dice = Dice(number);
    let mut paragraphs: Vec<String> =
        (0..6).map(|_| (0..53).map(|_| word(&mut dice)).collect::<Vec<_>>().join(" ") + ".").collect();
    if dice.roll(40) == 0 {
        let told: Vec<&str> = ASKED_FOR.into_iter().filter(|_| dice.roll(3) == 0).collect();
        paragraphs[2].push_str(&format!(" They spoke of the {}.", told.join(" and the ")));
    }
    paragraphs
}

/// By the law of Zipf from 60,000 words.
fn word(dice: &mut Dice) -> String {
    let rank = (60_000_f64.powf(dice.roll(1 << 30) as f64 / (1_u64 << 30) as f64)) as u64;
    let mut letters = Dice(rank);
    (0..3 + rank % 7).map(|_| char::from(b'a' + letters.roll(26) as u8)).collect()
}

/// The same numbers for the same seed (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides.max(1)
    }
}
