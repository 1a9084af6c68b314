//! What one more article costs to group when so many are archived: CPU and size, on SQLite as the daemon uses it.
//!
//! `cargo bench --bench growth` fills an archive of 100,000 compared articles; `cargo bench --bench growth -- 1000000`
//! one of a million (an hour). Of the texts, made up by the law of Zipf, two in five are cut copies of earlier ones.
//!
//! Grouping is: taking the fingerprint, looking candidates up in the database, deciding, and adding the article to the
//! running stories. Storing it, with its text and its place in the indexes, is told beside it.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod archive;

use std::time::{Duration, Instant};

use archive::Dice;
use newsvigil::grouping::{self, Known, Past, STORY_DAYS, Stories};
use newsvigil::model::entry::{ClaimedEntry, EntryState};
use newsvigil::model::id::{EntryId, FeedId};
use newsvigil::model::time::Timestamp;
use newsvigil::store::{NewEntry, ProcessedEntry, Store};

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
    let store = archive::open(&path, Timestamp::EPOCH).await;
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
        let listed = |feed: &FeedId| (first..first + BATCH).map(|number| new_entry(feed, number, now)).collect();
        let claimed = archive::poll(&self.store, first, now, listed).await;
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

    async fn decided(&mut self, claimed: ClaimedEntry, text: &str, now: Timestamp) -> ProcessedEntry {
        let mut fingerprint = grouping::fingerprint("", text, "en");
        let lookups = grouping::lookups(&fingerprint);
        let mut candidates = self.store.same_page(&claimed.id, &claimed.link_key, 3).await.expect("a look-up");
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
        let article = archive::article(String::new(), vec![text.to_owned()]);
        archive::processed(claimed, now, article, (fingerprint, membership), EntryState::Matched)
    }
}

fn new_entry(feed: &FeedId, number: u64, now: Timestamp) -> NewEntry {
    let entry = archive::entry(number);
    let (id, link_key) = (EntryId::of(feed, &entry.key), format!("outlet.example/{number}"));
    NewEntry { id, alias: None, entry, link_key, baseline: false, due: now, unmatched: false }
}

/// 340 words; two in five are the first part of an earlier text.
fn text(number: u64) -> String {
    let mut dice = Dice(number);
    let (of, words) =
        if number > 100 && dice.roll(5) < 2 { (dice.roll(number), 120 + dice.roll(180)) } else { (number, 340) };
    let mut dice = Dice(of ^ 0x5eed_0000_0000);
    (0..words).map(|_| word(&mut dice)).collect::<Vec<_>>().join(" ")
}

/// One in twelve begins with a capital.
fn word(dice: &mut Dice) -> String {
    let (rank, word) = archive::word(dice);
    if rank % 12 == 11 { format!("{}{}", word[..1].to_uppercase(), &word[1..]) } else { word }
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
