//! An archive of made-up articles: one feed on SQLite, filled batch by batch as polls and processing fill it.

use std::path::Path;
use std::time::Duration;

use newsvigil::model::alarm::Judgement;
use newsvigil::model::article::{Article, ArticleKind, Block, BlockKind};
use newsvigil::model::entry::{ClaimedEntry, EntryKey, EntryState, FeedEntry};
use newsvigil::model::exchange::{Route, Validators};
use newsvigil::model::feed::{FeedKind, FeedSpec, Wishes};
use newsvigil::model::id::FeedId;
use newsvigil::model::lease::Lease;
use newsvigil::model::story::{Fingerprint, Membership};
use newsvigil::model::time::Timestamp;
use newsvigil::store::{Answered, Config, NewEntry, PollResult, PolledFeed, ProcessedEntry, Store};

/// A new database with one feed, due at `since`.
pub async fn open(path: &Path, since: Timestamp) -> Store {
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
    store.sync_feeds(&[(spec, since)], since).await.expect("a feed");
    store
}

/// Polls the feed, which lists these entries, and claims those that are to be processed, at most as many.
pub async fn poll(
    store: &Store,
    batch: u64,
    now: Timestamp,
    entries: impl FnOnce(&FeedId) -> Vec<NewEntry>,
) -> Vec<ClaimedEntry> {
    let lease = |stage: &str| Lease { token: format!("{stage} {batch}"), until: now.plus(Duration::from_secs(900)) };
    store.make_feeds_due(None, now).await.expect("the feed is due");
    let feed = store.claim_due_feeds(now, 1, &lease("poll")).await.expect("a claim").remove(0);
    let entries = entries(&feed.id);
    let listed = u32::try_from(entries.len()).expect("a batch");
    let answered = Answered {
        validators: Validators::default(),
        validators_url: feed.ask.clone(),
        fresh_for: None,
        moving: None,
        ask: feed.ask.clone(),
    };
    let (body_hash, note, rhythm) = (batch.to_string(), String::new(), Duration::ZERO);
    let result = PollResult::Read { answered, body_hash, note, wishes: Wishes::default(), rhythm, entries };
    let judgement = Judgement::due(now);
    let poll = PolledFeed { feed: feed.id, lease: feed.lease, at: now, judgement, whole: true, result };
    store.commit_polls(&[poll], |_, _| Judgement::due(now)).await.expect("entries");
    store.claim_pending_entries(now, listed, &lease("process")).await.expect("a claim")
}

/// An entry of which nothing is known but its number.
pub fn entry(number: u64) -> FeedEntry {
    FeedEntry {
        key: EntryKey::from_stored(format!("guid:{number}")),
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
    }
}

pub fn article(title: String, paragraphs: Vec<String>) -> Article {
    Article {
        kind: ArticleKind::Page,
        title,
        blocks: paragraphs.into_iter().map(|text| Block { kind: BlockKind::Paragraph, text }).collect(),
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

/// An article that was compared with others, and that nobody is owed.
pub fn processed(
    claimed: ClaimedEntry,
    now: Timestamp,
    article: Article,
    (fingerprint, membership): (Fingerprint, Membership),
    state: EntryState,
) -> ProcessedEntry {
    ProcessedEntry {
        entry: claimed.id,
        lease: claimed.lease,
        at: now,
        page: None,
        article,
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
        state,
        page_tries: 0,
        page_error: String::new(),
    }
}

/// By the law of Zipf from 60,000 words, with its rank.
pub fn word(dice: &mut Dice) -> (u64, String) {
    let rank = (60_000_f64.powf(dice.roll(1 << 30) as f64 / (1_u64 << 30) as f64)) as u64;
    let mut letters = Dice(rank);
    (rank, (0..3 + rank % 7).map(|_| char::from(b'a' + letters.roll(26) as u8)).collect())
}

/// The same numbers for the same seed (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides.max(1)
    }
}
