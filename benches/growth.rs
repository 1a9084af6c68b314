//! What one more article costs to group when so many are archived: CPU and size, on SQLite as the daemon uses it.
//!
//! `cargo bench --bench growth` fills an archive of 100,000 compared articles; `cargo bench --bench growth -- 1000000`
//! one of a million (an hour). Of the texts, made up by the law of Zipf, two in five are cut copies of earlier ones.
//!
//! Grouping is: taking the fingerprint, looking candidates up in the database, deciding, and adding the article to the
//! running stories. Storing it, with its text and its place in the indexes, is told beside it.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::time::{Duration, Instant};

use newsvigil::grouping::{self, Known, Past, STORY_DAYS, Stories};
use newsvigil::model::alarm::Judgement;
use newsvigil::model::article::{Article, ArticleKind, Block, BlockKind};
use newsvigil::model::entry::{ClaimedEntry, EntryKey, EntryState, FeedEntry};
use newsvigil::model::exchange::{Route, Validators};
use newsvigil::model::feed::{FeedKind, FeedSpec, Wishes};
use newsvigil::model::id::EntryId;
use newsvigil::model::lease::Lease;
use newsvigil::model::time::Timestamp;
use newsvigil::store::{Answered, Config, NewEntry, PollResult, PolledFeed, ProcessedEntry, Store};

const BATCH: u64 = 512;
/// Compared articles a day: far more than a desk reads.
const A_DAY: u64 = 2_000;
const DAY_MILLIS: u64 = 86_400_000;

fn main() {
    let most = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(100_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(grow(most));
}

async fn grow(most: u64) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("newsvigil.db");
    let config = Config::Sqlite { path: path.clone(), busy_timeout: Duration::from_secs(5) };
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
    store.sync_feeds(&[(spec, Timestamp::EPOCH)], Timestamp::EPOCH).await.expect("a feed");
    let mut desk = Desk { store, stories: Stories::default(), past: Past::default(), spent: Spent::default() };
    println!("archived | CPU ms to group one | elapsed | CPU ms to store one | copies found | database | memory");
    let mut next = 1_000;
    let mut since = 0;
    for first in (0..most).step_by(BATCH as usize) {
        desk.batch(first).await;
        let archived = first + BATCH;
        // The cost at a size is that of the last articles up to it.
        if archived >= next || archived >= most {
            let bytes = path.metadata().map_or(0, |file| file.len()) >> 20;
            let each = |time: Duration| time.as_secs_f64() * 1e3 / (archived - since) as f64;
            let (group, elapsed, store) =
                (each(desk.spent.grouping), each(desk.spent.elapsed), each(desk.spent.storing));
            let copies = desk.spent.copies as f64 / (archived - since) as f64;
            println!(
                "{archived:8} | {group:19.3} | {elapsed:7.3} | {store:19.3} | {copies:12.2} | {bytes:5} MB | {} MB",
                memory_mb()
            );
            next *= 10;
        }
        if archived * 10 >= next * 9 && since < next / 10 * 9 {
            (desk.spent, since) = (Spent::default(), archived);
        }
    }
}

struct Desk {
    store: Store,
    stories: Stories,
    past: Past,
    spent: Spent,
}

#[derive(Default)]
struct Spent {
    /// CPU time of all threads.
    grouping: Duration,
    storing: Duration,
    /// Of grouping; the machine's other work counts too.
    elapsed: Duration,
    copies: u64,
}

impl Desk {
    async fn batch(&mut self, first: u64) {
        let now = Timestamp::from_millis(i64::try_from(first * DAY_MILLIS / A_DAY + 1).unwrap_or(i64::MAX));
        let claimed = self.claimed(first, now).await;
        let texts: Vec<String> =
            claimed.iter().map(|entry| text(entry.entry.guid.parse().unwrap_or_default())).collect();
        let mut batch = Vec::new();
        let (begun, cpu) = (Instant::now(), cpu_time());
        self.stories.forget_opened_before(now.minus(Duration::from_secs(STORY_DAYS * 86_400)));
        for (entry, text) in claimed.into_iter().zip(&texts) {
            batch.push(self.decided(entry, text, now).await);
        }
        let grouped = cpu_time();
        self.spent.elapsed += begun.elapsed();
        let stored = self.store.commit_all_processed(&batch).await.expect("they are stored");
        self.spent.grouping += grouped.saturating_sub(cpu);
        self.spent.storing += cpu_time().saturating_sub(grouped);
        assert!(stored.iter().all(|stored| *stored), "the leases were held");
    }

    async fn claimed(&self, first: u64, now: Timestamp) -> Vec<ClaimedEntry> {
        let lease = |name: &str| Lease { token: format!("{name} {first}"), until: now.plus(Duration::from_secs(900)) };
        self.store.make_feeds_due(None, now).await.expect("the feed is due");
        let feed = self.store.claim_due_feeds(now, 1, &lease("poll")).await.expect("a claim").remove(0);
        let entries = (first..first + BATCH).map(|number| new_entry(&feed.id, number, now)).collect();
        let answered = Answered {
            validators: Validators::default(),
            validators_url: feed.ask.clone(),
            fresh_for: None,
            moving: None,
            ask: feed.ask.clone(),
        };
        let (body_hash, note, rhythm) = (first.to_string(), String::new(), Duration::ZERO);
        let result = PollResult::Read { answered, body_hash, note, wishes: Wishes::default(), rhythm, entries };
        let poll = PolledFeed {
            feed: feed.id,
            lease: feed.lease,
            at: now,
            judgement: Judgement::due(now),
            whole: true,
            result,
        };
        self.store.commit_polls(&[poll], |_, _| Judgement::due(now)).await.expect("entries");
        self.store.claim_pending_entries(now, BATCH as u32, &lease("process")).await.expect("a claim")
    }

    async fn decided(&mut self, claimed: ClaimedEntry, text: &str, now: Timestamp) -> ProcessedEntry {
        let mut fingerprint = grouping::fingerprint("", text, "en");
        let lookups = grouping::lookups(&fingerprint);
        let page_key = format!("outlet.example/{}", claimed.entry.guid);
        let mut candidates = self.store.same_page(&claimed.id, &page_key, 3).await.expect("a look-up");
        candidates.extend(self.store.candidates(&claimed.id, &lookups, 20).await.expect("a look-up"));
        let known = Known { candidates: &candidates, stories: &self.stories, past: &self.past };
        let membership = grouping::assign(&claimed.id, &fingerprint, now, known);
        match &membership.copy_of {
            Some(_) => self.stories.add_copy(&membership.story, now),
            None => self.stories.add(&membership.story, &fingerprint, now, now),
        }
        if grouping::opened(&claimed.id, &membership.story) {
            self.past.add(&membership.story, &fingerprint, now);
        }
        fingerprint.shingles = grouping::samples_to_hold(&fingerprint, &candidates);
        self.spent.copies += u64::from(membership.copy_of.is_some());
        ProcessedEntry {
            entry: claimed.id,
            lease: claimed.lease,
            at: now,
            page: None,
            article: article(text),
            fingerprint,
            membership,
            reported_at: now,
            grouped: true,
            page_key,
            speaks_of: String::new(),
            hits: Vec::new(),
            asides: Vec::new(),
            asides_owed: Vec::new(),
            owed_to: Vec::new(),
            state: EntryState::Matched,
            page_tries: 0,
            page_error: String::new(),
        }
    }
}

fn new_entry(feed: &newsvigil::model::id::FeedId, number: u64, now: Timestamp) -> NewEntry {
    let key = EntryKey::from_stored(format!("guid:{number}"));
    let entry = FeedEntry {
        key: key.clone(),
        alias: None,
        guid: number.to_string(),
        title: String::new(),
        link: None,
        published: None,
        updated: None,
        author: String::new(),
        summary: String::new(),
        content: String::new(),
        lang: String::new(),
    };
    let link_key = String::new();
    NewEntry { id: EntryId::of(feed, &key), alias: None, entry, link_key, baseline: false, due: now, unmatched: false }
}

fn article(text: &str) -> Article {
    Article {
        kind: ArticleKind::Page,
        title: String::new(),
        blocks: vec![Block { kind: BlockKind::Paragraph, text: text.to_owned() }],
        outlet: String::new(),
        agency: String::new(),
        byline: String::new(),
        published: None,
        lang: "en".into(),
        canonical: None,
        removed: Vec::new(),
        cut: false,
    }
}

/// 340 words; two in five are the first part of an earlier text.
fn text(number: u64) -> String {
    let mut dice = Dice(number);
    let (of, words) =
        if number > 100 && dice.roll(5) < 2 { (dice.roll(number), 120 + dice.roll(180)) } else { (number, 340) };
    let mut dice = Dice(of ^ 0x5eed_0000_0000);
    (0..words).map(|_| word(&mut dice)).collect::<Vec<_>>().join(" ")
}

/// By the law of Zipf from 60,000 words; one in twelve begins with a capital.
fn word(dice: &mut Dice) -> String {
    let rank = (60_000_f64.powf(dice.roll(1 << 30) as f64 / (1_u64 << 30) as f64)) as u64;
    let mut letters = Dice(rank);
    let word: String = (0..3 + rank % 7).map(|_| char::from(b'a' + letters.roll(26) as u8)).collect();
    if rank % 12 == 11 { format!("{}{}", word[..1].to_uppercase(), &word[1..]) } else { word }
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

/// CPU time of all threads, where the system tells: to a hundredth of a second, which is little for a batch.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|ticks| ticks.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis((ticks(11) + ticks(12)) * 10)
}

/// Resident memory, where the system tells.
fn memory_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kilobytes =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1024
}
