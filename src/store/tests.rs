//! What only the inside can try: the plans of the statements, and a disk that is full.

use std::time::Duration;

use sqlx::Row as _;
use tempfile::TempDir;

use super::database::Database;
use super::dialect::Dialect;
use super::{
    Config, Store, StoreError, alerts, archive, articles, asides, bounces, bulletins, coverage, entries, feeds,
    furniture, links, outbox, owed, polls, processed, recipients, stories, texts, waiting, watched,
};
use crate::model::feed::{FeedKind, FeedSpec};
use crate::model::lease::Lease;
use crate::model::time::Timestamp;

async fn open() -> (Store, TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("newsvigil.db");
    let store = Store::open(&Config::Sqlite { path, busy_timeout: Duration::from_secs(1) }).await;
    (store.expect("the database opens"), folder)
}

async fn on_writer(store: &Store, sql: String) -> Vec<sqlx::sqlite::SqliteRow> {
    let Database::Sqlite(file) = store.database() else { panic!("not SQLite") };
    let mut writer = file.writer.lock().await;
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(writer.as_mut().expect("it is open")).await;
    rows.expect("the statement runs")
}

/// A constant's text for two values, or two rows of two.
fn of_two(sql: &'static str) -> String {
    if sql.contains("{rows}") { Dialect::Sqlite.rows(sql, 2, 2) } else { Dialect::Sqlite.list(sql, 5, 2) }
}

#[tokio::test]
async fn no_statement_reads_a_growing_table_from_end_to_end() {
    let (store, _folder) = open().await;
    let statements = [
        polls::CLAIM,
        coverage::RINGING,
        coverage::UNTOLD,
        coverage::END_UNTOLD,
        coverage::NEXT_UNTOLD,
        coverage::CLAIM_GAPS,
        coverage::NEXT_GAP,
        coverage::GAPS,
        feeds::LIST,
        feeds::NEXT_DUE,
        entries::CLAIM,
        entries::NEXT_DUE,
        entries::KNOWN,
        entries::KNOWN_BY_ALIAS,
        entries::SEEN,
        entries::SEEN_BY_LINK,
        links::LINKED,
        links::PAGE,
        articles::CANDIDATES,
        processed::STORED,
        processed::TOLD_OF,
        owed::HASTEN,
        processed::FORGET_HITS,
        processed::FORGET_SHINGLES,
        waiting::WAITING,
        waiting::WAITING_ALERTS,
        alerts::TAKE_ALERTS,
        alerts::ALERT_WAITS,
        alerts::TOLD_BY_DIGEST,
        alerts::DROP_TOLD,
        alerts::LEAVE_ALERT_DUE,
        alerts::WAITS_FOR,
        alerts::RECENT_MAILS,
        alerts::FIRST_MAIL,
        waiting::AS_ALERTED,
        waiting::HITS,
        waiting::COPIES,
        waiting::ON_EVENTS,
        watched::CHECKED,
        recipients::STILL_WAITING,
        recipients::TAKE_REPORTS,
        recipients::TAKE_FOLDED,
        asides::WAITING,
        asides::TAKE,
        asides::FORGET,
        furniture::LEARNT,
        furniture::FORGET,
        stories::GROUPED,
        stories::MARK,
        stories::OPENINGS,
        stories::LIST,
        stories::MEMBERS,
        stories::MEMBERS_OF,
        waiting::TOLD,
        waiting::FOLDED,
        waiting::POSTSCRIPT,
        waiting::PRINTS,
        articles::SAME_PAGE,
        owed::UNFOLD,
        recipients::TAKE_POSTSCRIPTS,
        recipients::FOLD,
        outbox::CLAIM,
        outbox::NEXT_DUE,
        outbox::RENDERED,
        outbox::LIST,
        outbox::LIST_UNFINISHED,
        outbox::OF_DIGESTS,
        bounces::OF_RECIPIENT,
        bounces::REVIVE,
        bounces::UNTOLD,
        bounces::WAITS_SINCE,
        bulletins::NEWEST,
        bulletins::HITS,
        archive::COUNTS,
        archive::FIND,
        archive::LINKED,
        archive::REPORTS,
        archive::WATCH_COUNTS,
        archive::FORGET_PAGES,
        archive::FORGETTABLE,
        archive::FORGET_ENTRIES,
        archive::FORGET_DIGESTS,
        texts::TEXTS,
        texts::RECENT_TEXTS,
        texts::OTHER_REVISION,
    ];
    for sql in statements {
        let limit = sql.split("LIMIT $").nth(1).unwrap_or(" + 0");
        assert!(limit.contains(" + 0"), "prepared anew at each run: {sql}");
        let explain = format!("EXPLAIN QUERY PLAN {}", of_two(sql));
        for row in on_writer(&store, explain).await {
            let step: String = row.get("detail");
            let table = step.split_whitespace().nth(1).unwrap_or_default();
            let small = ["feed", "recipient", "found", "recent", "times", "wanted", "fresh", "tried"].contains(&table);
            assert!(
                !step.starts_with("SCAN") || step.contains("INDEX") || step.contains("CONSTANT") || small,
                "{step}\n{sql}"
            );
        }
    }
}

#[tokio::test]
async fn claims_find_what_is_due_by_an_index() {
    let (store, _folder) = open().await;
    for (sql, index) in [
        (polls::CLAIM, "feed_due"),
        (entries::CLAIM, "entry_due"),
        (outbox::CLAIM, "delivery_due"),
        (entries::NEXT_DUE, "entry_due"),
        (waiting::WAITING, "report_waiting"),
        (asides::WAITING, "aside_waiting"),
    ] {
        let plan = on_writer(&store, format!("EXPLAIN QUERY PLAN {sql}")).await;
        let steps: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
        assert!(steps.iter().any(|step| step.contains(index)), "{steps:?}");
    }
}

#[tokio::test]
async fn a_feed_that_was_taken_up_before_schema_16_keeps_the_ids_of_its_entries() {
    let (store, _folder) = open().await;
    let now = Timestamp::from_millis(1_000);
    let lease = Lease { token: "w-1".into(), until: Timestamp::from_millis(9_000) };
    store.sync_feeds(&[(spec(0), now)], now).await.expect("a feed");
    // What the migration does to those it finds.
    on_writer(&store, "UPDATE feed SET scattered = 1".into()).await;
    store.sync_feeds(&[(spec(0), now), (spec(1), now)], now).await.expect("two feeds");
    let claimed = store.claim_due_feeds(now, 9, &lease).await.expect("both are due");
    let scattered = |number: usize| claimed.iter().find(|feed| feed.id == spec(number).id()).map(|feed| feed.scattered);
    assert_eq!((scattered(0), scattered(1)), (Some(true), Some(false)));
}

#[tokio::test]
async fn a_full_disk_stores_nothing_by_halves_and_is_recovered_from() {
    let (store, _folder) = open().await;
    let pages: i64 = on_writer(&store, "PRAGMA page_count".into()).await[0].get(0);
    on_writer(&store, format!("PRAGMA max_page_count = {}", pages + 3)).await;
    let feeds: Vec<_> = (0..2_000).map(|number| (spec(number), Timestamp::EPOCH)).collect();
    let refused = store.sync_feeds(&feeds, Timestamp::EPOCH).await.expect_err("the disk is full");
    assert!(matches!(refused, StoreError::DiskFull { .. }) && refused.is_temporary(), "{refused:?}");
    assert!(store.feeds().await.expect("reading still works").is_empty());
    on_writer(&store, "PRAGMA max_page_count = 100000".into()).await;
    assert_eq!(store.sync_feeds(&feeds, Timestamp::EPOCH).await.expect("there is space again").added, 2_000);
}

fn spec(number: usize) -> FeedSpec {
    FeedSpec {
        url: format!("https://outlet-{number}.example/rss").parse().expect("a URL"),
        kind: FeedKind::Syndication,
        outlet: "An outlet".into(),
        lang: "en".into(),
        every: Duration::from_secs(900),
        route: crate::model::exchange::Route::Direct,
        zone: None,
        selectors: None,
    }
}
