//! Databases to try things on, and feeds, entries, articles and digests in domain words.

use std::path::PathBuf;
use std::time::Duration;

use newsvigil::model::alarm::Judgement;
use newsvigil::model::article::{Article, ArticleKind, Block, BlockKind};
use newsvigil::model::digest::{Coverage, Digest, Occasion, Rendered, Report, WaitingReport};
use newsvigil::model::entry::{ClaimedEntry, EntryKey, EntryState, FeedEntry};
use newsvigil::model::exchange::{Route, Validators};
use newsvigil::model::feed::{Feed, FeedKind, FeedSpec, Wishes};
use newsvigil::model::id::{DeliveryId, DigestId, EntryId, FeedId, RecipientId, StoryId, WatchId};
use newsvigil::model::lease::Lease;
use newsvigil::model::story::{Fingerprint, Membership};
use newsvigil::model::time::Timestamp;
use newsvigil::model::watch::{Field, Hit, Snippet, Span};
use newsvigil::store::{
    Answered, ClaimedRecipient, ComposedDigest, Config, NewDelivery, NewEntry, Owed, PollResult, PollStored,
    PolledFeed, ProcessedEntry, Store, StoreError,
};
use secrecy::ExposeSecret as _;
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use tempfile::TempDir;
use url::Url;

/// A database of one test's own.
pub struct TestDatabase {
    pub config: Config,
    /// Where a SQLite database stands; goes with the test.
    folder: Option<TempDir>,
}

impl TestDatabase {
    pub fn sqlite() -> TestDatabase {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("state").join("newsvigil.db");
        let config = Config::Sqlite { path, busy_timeout: Duration::from_secs(5) };
        TestDatabase { config, folder: Some(folder) }
    }

    pub async fn postgres() -> Option<TestDatabase> {
        let url = crate::postgres::database().await?;
        Some(TestDatabase { config: Config::Postgres { url: url.into(), max_connections: 10 }, folder: None })
    }

    pub async fn open(&self) -> Store {
        Store::open(&self.config).await.expect("the database opens")
    }

    pub fn is_sqlite(&self) -> bool {
        self.folder.is_some()
    }

    /// The file of a SQLite database.
    pub fn path(&self) -> PathBuf {
        match &self.config {
            Config::Sqlite { path, .. } => path.clone(),
            Config::Postgres { .. } => panic!("PostgreSQL has no file"),
        }
    }

    /// The same server, at another address.
    pub fn elsewhere(&self, change: impl FnOnce(&mut Url)) -> Config {
        let Config::Postgres { url, .. } = &self.config else { panic!("SQLite has no address") };
        let mut url: Url = url.expose_secret().parse().expect("a URL");
        change(&mut url);
        Config::Postgres { url: String::from(url).into(), max_connections: 2 }
    }

    /// Runs statements behind the store's back.
    pub async fn sabotage(&self, sql: &'static str) {
        match &self.config {
            Config::Sqlite { path, .. } => {
                let mut connection =
                    SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.expect("it opens");
                sqlx::raw_sql(sql).execute(&mut connection).await.expect("the statement runs");
                connection.close().await.expect("it closes");
            }
            Config::Postgres { url, .. } => {
                let mut connection = PgConnection::connect(url.expose_secret()).await.expect("it answers");
                sqlx::raw_sql(sql).execute(&mut connection).await.expect("the statement runs");
                connection.close().await.expect("it closes");
            }
        }
    }
}

/// 24 November 2026, 07:30 UTC, and `secs` after it.
pub fn at(secs: i64) -> Timestamp {
    Timestamp::from_millis(1_795_505_400_000 + secs * 1_000)
}

/// A lease of five minutes taken `secs` after the start.
pub fn lease(token: &str, secs: i64) -> Lease {
    Lease { token: token.into(), until: at(secs + 300) }
}

pub fn spec(number: usize) -> FeedSpec {
    FeedSpec {
        url: format!("https://outlet-{number}.example/rss").parse().expect("a URL"),
        kind: FeedKind::Syndication,
        outlet: format!("Outlet {number}"),
        lang: "en".into(),
        every: Duration::from_secs(900),
        route: Route::Direct,
        zone: None,
        selectors: None,
    }
}

pub fn validators(etag: Option<&str>, last_modified: Option<&str>) -> Validators {
    let bytes = |text: &str| text.as_bytes().to_vec();
    Validators { etag: etag.map(bytes), last_modified: last_modified.map(bytes) }
}

pub fn feed_entry(name: &str) -> FeedEntry {
    FeedEntry {
        key: EntryKey::from_stored(format!("guid:{name}")),
        alias: None,
        guid: name.into(),
        title: format!("Headline of {name}"),
        link: Some(format!("https://news.example/{name}").parse().expect("a URL")),
        published: Some(at(-3_600)),
        updated: None,
        author: "A. Reporter".into(),
        summary: "<p>국경에서 북송된 사람들</p>".into(),
        content: String::new(),
        lang: "en".into(),
    }
}

pub fn new_entry(feed: &FeedId, name: &str) -> NewEntry {
    let entry = feed_entry(name);
    let link_key = format!("news.example/{name}");
    NewEntry {
        id: EntryId::of(feed, &entry.key),
        alias: None,
        entry,
        link_key,
        baseline: false,
        due: at(0),
        unmatched: false,
    }
}

/// What came with an answer of the address asked.
pub fn answered(feed: &Feed, etag: Option<&str>, last_modified: Option<&str>) -> Answered {
    Answered {
        validators: validators(etag, last_modified),
        validators_url: feed.ask.clone(),
        fresh_for: None,
        moving: None,
        ask: feed.ask.clone(),
    }
}

/// A body with these entries, read `secs` after the start; next due an hour later.
pub fn read(feed: &Feed, names: &[&str], secs: i64) -> PolledFeed {
    let result = PollResult::Read {
        answered: answered(feed, Some("\"v1\""), None),
        body_hash: "hash".into(),
        note: String::new(),
        wishes: Wishes::default(),
        rhythm: Duration::ZERO,
        entries: names.iter().map(|name| new_entry(&feed.id, name)).collect(),
    };
    polled(feed, result, secs)
}

pub fn polled(feed: &Feed, result: PollResult, secs: i64) -> PolledFeed {
    PolledFeed {
        feed: feed.id.clone(),
        lease: feed.lease.clone(),
        at: at(secs),
        judgement: Judgement::due(at(secs + 3_600)),
        whole: false,
        result,
    }
}

/// Stores polls; what is new changes nothing in what follows from them.
pub async fn commit_polls(store: &Store, polls: &[PolledFeed]) -> Result<Vec<PollStored>, StoreError> {
    store.commit_polls(polls, |place, _| polls[place].judgement.clone()).await
}

/// Takes `count` feeds into the database, all due.
pub async fn add_feeds(store: &Store, count: usize) {
    let feeds: Vec<_> = (0..count).map(|number| (spec(number), at(0))).collect();
    store.sync_feeds(&feeds, at(0)).await.expect("feeds are taken over");
}

/// The one feed that is due.
pub async fn claim_feed(store: &Store, token: &str, secs: i64) -> Feed {
    let mut feeds = store.claim_due_feeds(at(secs), 1, &lease(token, secs)).await.expect("a claim");
    feeds.pop().expect("a feed is due")
}

/// One feed that listed these entries.
pub async fn add_entries(store: &Store, names: &[&str]) -> Feed {
    add_feeds(store, 1).await;
    let feed = claim_feed(store, "poller", 0).await;
    commit_polls(store, &[read(&feed, names, 0)]).await.expect("the poll is stored");
    feed
}

pub async fn claim_entry(store: &Store, token: &str, secs: i64) -> ClaimedEntry {
    let mut entries = store.claim_pending_entries(at(secs), 1, &lease(token, secs)).await.expect("a claim");
    entries.pop().expect("an entry is due")
}

pub fn article(text: &str) -> Article {
    Article {
        kind: ArticleKind::Page,
        title: "Sixty returned through the river crossing".into(),
        blocks: text.split('\n').map(|text| Block { kind: BlockKind::Paragraph, text: text.into() }).collect(),
        byline: "A. Reporter".into(),
        outlet: "The Paper".into(),
        agency: "Reuters".into(),
        published: Some(at(-3_600)),
        lang: "en".into(),
        canonical: None,
        removed: Vec::new(),
        cut: false,
    }
}

pub fn hit(watch: &str) -> Hit {
    Hit {
        watch: WatchId::from_stored(watch),
        terms: vec!["강제 북송".into(), "repatriat*".into()],
        spans: vec![Span { field: Field::Body, start: 0, end: 5 }],
        sentence: Snippet { text: "They were repatriated.".into(), marks: vec![(10, 21)], ..Snippet::default() },
        field: Field::Body,
        revision: "0123456789ab".into(),
        forms: vec![],
        relevance: Default::default(),
    }
}

pub fn person(name: &str) -> RecipientId {
    RecipientId::from_stored(name)
}

/// Takes recipients over, each with this next digest time.
pub async fn add_people(store: &Store, names: &[&str], next: Timestamp) {
    let people: Vec<_> = names.iter().map(|name| (person(name), "daily 07:30".to_owned(), next)).collect();
    store.sync_recipients(&people, at(0)).await.expect("recipients are taken over");
}

/// An entry that matched, processed `secs` after the start and owed to these people at once.
pub fn matched(entry: &ClaimedEntry, owed_to: &[&str], secs: i64) -> ProcessedEntry {
    ProcessedEntry {
        entry: entry.id.clone(),
        lease: entry.lease.clone(),
        at: at(secs),
        page: None,
        article: article("They were repatriated.\nNobody saw them again."),
        fingerprint: Fingerprint { shingles: vec![1, 2, 3], ..Fingerprint::default() },
        membership: Membership {
            story: StoryId::opened_by(&entry.id),
            copy_of: None,
            score: 0.0,
            reason: "nothing like it was known".into(),
            news: Vec::new(),
            related: None,
        },
        page_key: String::new(),
        speaks_of: String::new(),
        reported_at: at(secs),
        grouped: true,
        hits: vec![hit("repatriation")],
        owed_to: owed_to
            .iter()
            .map(|name| Owed { recipient: person(name), due: at(secs), alert_due: Timestamp::NEVER })
            .collect(),
        asides: Vec::new(),
        asides_owed: Vec::new(),
        state: EntryState::Matched,
        page_tries: 0,
        page_error: String::new(),
    }
}

/// One feed, these entries, all of them owed to these people; returns the entries' ids in the order they were stored.
pub async fn add_reports(store: &Store, names: &[&str], owed_to: &[&str]) -> Vec<EntryId> {
    let feed = add_entries(store, names).await;
    for (secs, _) in (1..).zip(names) {
        let entry = claim_entry(store, "processor", secs).await;
        assert!(store.commit_processed(&matched(&entry, owed_to, secs)).await.expect("it is stored"));
    }
    names.iter().map(|name| new_entry(&feed.id, name).id).collect()
}

pub async fn claim_person(store: &Store, token: &str, secs: i64) -> ClaimedRecipient {
    let mut people = store.claim_due_recipients(at(secs), 1, &lease(token, secs)).await.expect("a claim");
    people.pop().expect("a recipient's digest is due")
}

/// The digest of these reports with one delivery by mail, due at once; the next one in a day.
pub fn composed(recipient: &ClaimedRecipient, reports: &[WaitingReport], secs: i64) -> ComposedDigest {
    let id = DigestId::of(&recipient.id, recipient.editions + 1);
    let delivery = NewDelivery {
        id: DeliveryId::of(&id, "mail"),
        channel: "mail".into(),
        message_id: format!("{}@newsvigil.example", DeliveryId::of(&id, "mail")),
        in_reply_to: String::new(),
        due: at(secs),
    };
    ComposedDigest {
        digest: Digest {
            id,
            occasion: Occasion::Digest,
            recipient: recipient.id.clone(),
            edition: recipient.editions + 1,
            from: recipient.window_from,
            until: at(secs),
            reports: reports.iter().map(report).collect(),
            to_follow: 0,
            alerted: Vec::new(),
            asides: Vec::new(),
            postscripts: Vec::new(),
            coverage: Coverage::default(),
        },
        rendered: Rendered {
            subject: "보고 1건".into(), text: "one report".into(), html: "<p>one report</p>".into()
        },
        originals: reports.iter().map(|report| report.original.clone()).collect(),
        lines: Vec::new(),
        asides: Vec::new(),
        copies: Vec::new(),
        folded: Vec::new(),
        goes_on: false,
        deliveries: vec![delivery],
        lease: recipient.lease.clone(),
        next_due: at(secs + 86_400),
        at: at(secs),
    }
}

fn report(waiting: &WaitingReport) -> Report {
    Report {
        entry: waiting.entry.clone(),
        headline: waiting.article.title.clone(),
        outlet: waiting.outlet.clone(),
        link: waiting.link.clone(),
        lang: waiting.article.lang.clone(),
        published: waiting.article.published,
        first_seen: waiting.first_seen,
        kind: waiting.article.kind,
        agency: waiting.article.agency.clone(),
        urgent: false,
        reasons: Vec::new(),
        excerpt: Vec::new(),
        excerpt_cut: false,
        copies: waiting.copies.clone(),
        event: Vec::new(),
        news: Vec::new(),
        follows_up: false,
        related: None,
        old: None,
        credits: Default::default(),
    }
}

/// Composes what waits for the one recipient who is due; returns the digest.
pub async fn compose(store: &Store, secs: i64) -> ComposedDigest {
    let recipient = claim_person(store, "composer", secs).await;
    let reports = store.waiting_reports(&recipient.id, 100).await.expect("a list");
    let composed = composed(&recipient, &reports, secs);
    assert!(store.commit_digest(&composed).await.expect("the digest is stored"));
    composed
}
