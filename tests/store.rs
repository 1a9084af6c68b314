//! What the store promises, each promise tried on SQLite and on PostgreSQL.

#[path = "support/postgres.rs"]
mod postgres;

/// Lists each test once and runs it on both databases; a test is `async fn(TestDatabase)`.
macro_rules! on_both {
    ($($name:ident,)*) => {
        mod on_sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $name() {
                    Box::pin(super::$name($crate::fixtures::TestDatabase::sqlite())).await;
                }
            )*
        }
        mod on_postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
                async fn $name() {
                    if let Some(database) = $crate::fixtures::TestDatabase::postgres().await {
                        Box::pin(super::$name(database)).await;
                    }
                }
            )*
        }
    };
}

#[path = "store/alerts.rs"]
mod alerts;
#[path = "store/archive.rs"]
mod archive;
#[path = "store/articles.rs"]
mod articles;
#[path = "store/coverage.rs"]
mod coverage;
#[path = "store/digests.rs"]
mod digests;
#[path = "store/feeds.rs"]
mod feeds;
#[path = "store/fixtures.rs"]
mod fixtures;
#[path = "store/furniture.rs"]
mod furniture;
#[path = "store/opening.rs"]
mod opening;
#[path = "store/outbox.rs"]
mod outbox;
#[path = "store/postscripts.rs"]
mod postscripts;
#[path = "store/texts.rs"]
mod texts;
