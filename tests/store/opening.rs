//! Opening: settings that survive power cuts, restarts, and databases that must be refused.

use std::collections::BTreeMap;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use newsvigil::model::outcome::Disposition;
use newsvigil::store::{Config, Store, StoreError};
use secrecy::ExposeSecret as _;
use sqlx::{Connection as _, PgConnection, Row as _, SqliteConnection};

use crate::fixtures::*;

/// Bytes of a SQLite page.
const PAGE: usize = 8_192;

on_both! {
    a_restart_goes_on_where_the_last_run_stopped,
    a_database_of_a_newer_program_is_refused,
    a_schema_of_another_build_is_refused,
    two_programs_may_start_at_once,
    a_ping_writes,
    what_is_closed_says_so,
}

async fn a_restart_goes_on_where_the_last_run_stopped(database: TestDatabase) {
    let store = database.open().await;
    let sole_use = store.sole_use().await.expect("nobody else is there");
    add_people(&store, &["desk"], at(1)).await;
    add_reports(&store, &["one"], &["desk"]).await;
    let desk = claim_person(&store, "first run", 10).await;
    claim_feed(&store, "first run", 4_000).await;
    drop(sole_use);
    store.close().await;

    let store = database.open().await;
    let _sole_use = store.sole_use().await.expect("the first run has ended");
    assert_eq!(store.waiting_reports(&desk.id, 10).await.expect("a list").len(), 1);
    let claimed = store.claim_due_recipients(at(20), 1, &lease("second run", 20)).await.expect("a claim").len();
    // A SQLite database has one daemon, so nobody holds the old leases; elsewhere another machine may.
    assert_eq!(claimed, if database.is_sqlite() { 1 } else { 0 });
    assert_eq!(claim_person(&store, "third run", 400).await.id, desk.id);
    assert_eq!(claim_feed(&store, "second run", 4_400).await.validators, validators(Some("\"v1\""), None));
}

async fn refusal(database: &TestDatabase) -> StoreError {
    Store::open(&database.config).await.err().expect("it is refused")
}

async fn a_database_of_a_newer_program_is_refused(database: TestDatabase) {
    database.open().await.close().await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
        SELECT 99, 'of the future', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1";
    database.sabotage(newer).await;
    let refused = refusal(&database).await;
    assert!(matches!(refused, StoreError::Newer { found: 99, .. }), "{refused:?}");
    assert_eq!(refused.disposition(), Disposition::Misconfigured);
}

async fn a_schema_of_another_build_is_refused(database: TestDatabase) {
    database.open().await.close().await;
    database.sabotage("UPDATE _sqlx_migrations SET checksum = 'altered'").await;
    assert!(matches!(refusal(&database).await, StoreError::Altered { version: 1 }));
}

async fn two_programs_may_start_at_once(database: TestDatabase) {
    let both = futures_util::future::join(Store::open(&database.config), Store::open(&database.config)).await;
    both.0.expect("one opens");
    both.1.expect("the other too");
}

async fn a_ping_writes(database: TestDatabase) {
    let store = database.open().await;
    store.ping().await.expect("it can be read and written");
    database.sabotage("DROP TABLE pulse").await;
    assert!(store.ping().await.is_err());
}

async fn what_is_closed_says_so(database: TestDatabase) {
    let store = database.open().await;
    let clone = store.clone();
    store.close().await;
    for answer in [clone.ping().await.err(), clone.counts().await.err()] {
        assert!(matches!(answer, Some(StoreError::Closed { .. })), "{answer:?}");
    }
}

/// Table and column to whether it may be NULL.
type Columns = BTreeMap<(String, String), bool>;

#[tokio::test]
async fn both_databases_have_the_same_tables_and_columns() {
    let Some(postgres) = TestDatabase::postgres().await else { return };
    let sqlite = TestDatabase::sqlite();
    postgres.open().await.close().await;
    sqlite.open().await.close().await;
    assert_eq!(sqlite_columns(&sqlite.path()).await, postgres_columns(&postgres.config).await);
}

async fn sqlite_columns(path: &Path) -> Columns {
    let sql = "SELECT tables.name, columns.name, columns.\"notnull\" = 0
        FROM sqlite_master AS tables JOIN pragma_table_info(tables.name) AS columns
        WHERE tables.type = 'table' AND tables.name NOT LIKE '\\_%' ESCAPE '\\'";
    let mut connection = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.expect("it opens");
    let rows = sqlx::query(sql).fetch_all(&mut connection).await.expect("the schema");
    rows.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect()
}

async fn postgres_columns(config: &Config) -> Columns {
    let Config::Postgres { url, .. } = config else { panic!("not PostgreSQL") };
    let sql = "SELECT CAST(table_name AS TEXT), CAST(column_name AS TEXT), is_nullable = 'YES'
        FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_%'";
    let mut connection = PgConnection::connect(url.expose_secret()).await.expect("it answers");
    let rows = sqlx::query(sql).fetch_all(&mut connection).await.expect("the schema");
    rows.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect()
}

#[tokio::test]
async fn a_second_daemon_is_refused_with_the_number_of_the_first() {
    let database = TestDatabase::sqlite();
    let first = database.open().await;
    let held = first.sole_use().await.expect("nobody else is there");
    let second = database.open().await;
    let refused = second.sole_use().await.expect_err("the first holds it");
    assert!(matches!(refused, StoreError::InUse { pid: Some(pid), .. } if pid == std::process::id()), "{refused:?}");
    assert!(refused.to_string().contains(&format!("process {}", std::process::id())), "{refused}");
    assert!(refused.is_temporary());
    drop(held);
    second.sole_use().await.expect("the first let go");
}

#[tokio::test]
async fn a_database_is_closed_to_other_users() {
    let database = TestDatabase::sqlite();
    let store = database.open().await;
    let _sole_use = store.sole_use().await.expect("nobody else is there");
    let path = database.path();
    let mode = |path: &Path| path.metadata().expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(path.parent().expect("a folder")), 0o700);
    for suffix in ["", "-wal", "-shm", ".lock"] {
        let file = format!("{}{suffix}", path.display());
        assert_eq!(mode(Path::new(&file)), 0o600, "{suffix}");
    }
}

/// Opens what stands in the file, which must be refused and left as it is.
#[tokio::test]
async fn what_root_makes_belongs_to_the_owner_of_the_folder() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    if std::os::unix::fs::chown(folder.path(), Some(65_534), Some(65_534)).is_err() {
        eprintln!("skipped: only root can try what root leaves behind");
        return;
    }
    let path = folder.path().join("newsvigil.db");
    let store = Store::open(&Config::Sqlite { path, busy_timeout: Duration::from_secs(1) }).await.expect("it opens");
    let lock = store.sole_use().await.expect("nobody else is there");
    for file in std::fs::read_dir(folder.path()).expect("it can be read") {
        let file = file.expect("it can be read");
        assert_eq!(file.metadata().expect("it is there").uid(), 65_534, "{:?}", file.file_name());
    }
    drop(lock);
}

async fn refused_untouched(content: &[u8]) -> StoreError {
    let database = TestDatabase::sqlite();
    let path = database.path();
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(&path, content).expect("a file");
    let refused = refusal(&database).await;
    assert_eq!(std::fs::read(&path).expect("the file"), content);
    refused
}

#[tokio::test]
async fn what_is_no_database_is_refused_and_left_as_it_is() {
    let refused = refused_untouched(&[b"not a database ".as_slice(); 2_000].concat()).await;
    assert!(matches!(refused, StoreError::Corrupt { .. }), "{refused:?}");
    assert!(refused.to_string().contains("restore it from a backup"), "{refused}");
    assert!(!refused.is_temporary());
}

#[tokio::test]
async fn another_programs_database_is_refused_and_left_as_it_is() {
    let database = TestDatabase::sqlite();
    std::fs::create_dir_all(database.path().parent().expect("a folder")).expect("a folder");
    std::fs::write(database.path(), b"").expect("a file");
    database.sabotage("CREATE TABLE recipes (name TEXT)").await;
    let content = std::fs::read(database.path()).expect("a file");
    let refused = refused_untouched(&content).await;
    assert!(matches!(refused, StoreError::NotOurs { .. }), "{refused:?}");
}

#[tokio::test]
async fn a_damaged_database_is_refused_before_work_begins() {
    let whole = TestDatabase::sqlite();
    let store = whole.open().await;
    add_reports(&store, &["one", "two", "three"], &["desk"]).await;
    store.close().await;
    let content = std::fs::read(whole.path()).expect("a file");
    for page in 0..content.len() / PAGE {
        let mut damaged = content.clone();
        damaged[page * PAGE..page * PAGE + 512].fill(0x5a);
        std::fs::write(whole.path(), &damaged).expect("a file");
        let refused = match Store::open(&whole.config).await {
            Ok(store) => store.sole_use().await.expect_err("damage is found"),
            Err(refused) => refused,
        };
        assert!(matches!(refused, StoreError::Corrupt { .. }), "page {page}: {refused:?}");
        assert!(std::fs::read(whole.path()).expect("a file") == damaged, "page {page} was changed");
    }
}

#[tokio::test]
async fn a_log_whose_database_is_gone_is_not_thrown_away() {
    let database = TestDatabase::sqlite();
    let store = database.open().await;
    add_reports(&store, &["one"], &["desk"]).await;
    // A copy of what is on disk in mid-run, without the main file.
    let copied = TestDatabase::sqlite();
    std::fs::create_dir_all(copied.path().parent().expect("a folder")).expect("a folder");
    let log = |database: &TestDatabase| format!("{}-wal", database.path().display());
    std::fs::copy(log(&database), log(&copied)).expect("a copy");
    let refused = refusal(&copied).await;
    assert!(matches!(refused, StoreError::Corrupt { .. }), "{refused:?}");
    assert_eq!(std::fs::read(log(&copied)).expect("the log"), std::fs::read(log(&database)).expect("the log"));
}

#[tokio::test]
async fn a_run_that_was_killed_at_once_can_be_taken_up() {
    let database = TestDatabase::sqlite();
    let store = database.open().await;
    add_reports(&store, &["one"], &["desk"]).await;
    // What a killed process leaves: the files as they are, nothing moved from the log to the database.
    let killed = TestDatabase::sqlite();
    std::fs::create_dir_all(killed.path().parent().expect("a folder")).expect("a folder");
    for suffix in ["", "-wal"] {
        let file = |database: &TestDatabase| format!("{}{suffix}", database.path().display());
        std::fs::copy(file(&database), file(&killed)).expect("a copy");
    }
    let store = killed.open().await;
    assert_eq!(store.waiting_reports(&person("desk"), 10).await.expect("a list").len(), 1);
}

#[tokio::test]
async fn a_database_that_cannot_be_made_says_where() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("file"), b"").expect("a file");
    let path = folder.path().join("file").join("newsvigil.db");
    let config = Config::Sqlite { path: path.clone(), busy_timeout: Duration::from_secs(1) };
    let refused = Store::open(&config).await.err().expect("it cannot be made");
    assert!(matches!(&refused, StoreError::CannotOpen { path: named, .. } if *named == path), "{refused:?}");
    assert!(!refused.is_temporary());
}

#[tokio::test]
async fn a_locked_database_is_waited_for_and_then_reported() {
    let database = TestDatabase::sqlite();
    let mut config = database.config.clone();
    if let Config::Sqlite { busy_timeout, .. } = &mut config {
        *busy_timeout = Duration::from_millis(50);
    }
    let store = Store::open(&config).await.expect("it opens");
    let url = format!("sqlite://{}", database.path().display());
    let mut other = SqliteConnection::connect(&url).await.expect("it opens");
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.expect("the lock");
    let people = [(person("desk"), "daily".to_owned(), at(0))];
    let refused = store.sync_recipients(&people, at(0)).await.expect_err("somebody else writes");
    assert!(matches!(refused, StoreError::Locked { .. }) && refused.is_temporary(), "{refused:?}");
    sqlx::query("ROLLBACK").execute(&mut other).await.expect("the lock is given back");
    store.sync_recipients(&people, at(0)).await.expect("it goes on by itself");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again() {
    let url = "postgres://desk:secret@127.0.0.1:1/newsvigil".to_owned();
    let config = Config::Postgres { url: url.into(), max_connections: 2 };
    let refused = Store::open(&config).await.err().expect("nothing listens there");
    assert!(matches!(refused, StoreError::Unreachable { .. }) && refused.is_temporary(), "{refused:?}");
    assert!(!format!("{refused:?} {refused}").contains("secret"));
}

#[tokio::test]
async fn a_wrong_password_is_not_tried_again() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let (user, password) = crate::postgres::GUARDED;
    database.sabotage("CREATE ROLE guarded LOGIN PASSWORD 'right'").await;
    let with = |password: &str| {
        database.elsewhere(|url| {
            url.set_username(user).expect("a server has users");
            url.set_password(Some(password)).expect("and passwords");
        })
    };
    let refused = Store::open(&with("wrong")).await.err().expect("a wrong password");
    assert!(matches!(refused, StoreError::BadCredentials) && !refused.is_temporary(), "{refused:?}");
    // Let in, and then told that a guest cannot make tables.
    let guest = Store::open(&with(password)).await.err().expect("a guest");
    assert!(matches!(guest, StoreError::Refused { .. }), "{guest:?}");
}

#[tokio::test]
async fn a_database_that_does_not_exist_or_cannot_hold_korean_is_refused() {
    let Some(database) = TestDatabase::postgres().await else { return };
    let missing = Store::open(&database.elsewhere(|url| url.set_path("nowhere"))).await.err().expect("no database");
    assert!(matches!(missing, StoreError::BadAddress { .. }), "{missing:?}");
    database.sabotage("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0").await;
    let latin = Store::open(&database.elsewhere(|url| url.set_path("latin"))).await.err().expect("no Korean");
    assert!(matches!(latin, StoreError::BadAddress { .. }) && latin.to_string().contains("LATIN1"), "{latin}");
}

#[tokio::test]
async fn a_server_that_commits_without_the_disk_is_told_otherwise() {
    let Some(database) = TestDatabase::postgres().await else { return };
    database.open().await.close().await;
    database
        .sabotage(
            "ALTER ROLE newsvigil SET synchronous_commit = off;
            CREATE FUNCTION insist() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN
                IF current_setting('synchronous_commit') = 'off' THEN RAISE 'not on disk'; END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER insist BEFORE UPDATE ON pulse FOR EACH ROW EXECUTE FUNCTION insist();",
        )
        .await;
    database.open().await.ping().await.expect("commits go to the disk");
    database.sabotage("ALTER ROLE newsvigil RESET synchronous_commit").await;
}

#[tokio::test]
async fn a_file_that_nobody_changed_is_not_read_through_again() {
    let database = TestDatabase::sqlite();
    let starts_since = || {
        let mut note = database.path().as_os_str().to_owned();
        note.push(".checked");
        let note = std::fs::read_to_string(note).expect("a note");
        note.split(' ').next().and_then(|starts| starts.parse::<u32>().ok()).expect("a count")
    };
    let run = async |feeds| {
        let store = database.open().await;
        let _lock = store.sole_use().await.expect("nobody else has it");
        add_feeds(&store, feeds).await;
        store.close().await;
    };
    for (round, expected) in [0, 1, 2].into_iter().enumerate() {
        run(round + 1).await;
        assert_eq!(starts_since(), expected, "round {round}");
    }
    let mut file = std::fs::OpenOptions::new().append(true).open(database.path()).expect("the file");
    std::io::Write::write_all(&mut file, &[0; 4096]).expect("it is longer");
    drop(file);
    run(1).await;
    assert_eq!(starts_since(), 0, "somebody changed it");
}

#[tokio::test]
async fn a_file_that_is_taken_away_while_the_program_runs_is_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("newsvigil.db");
    let config = Config::Sqlite { path: path.clone(), busy_timeout: Duration::from_secs(1) };
    let store = Store::open(&config).await.expect("it opens");
    store.ping().await.expect("it is there");
    let aside = folder.path().join("aside.db");
    std::fs::rename(&path, &aside).expect("it is moved");
    let told = store.ping().await.expect_err("it is gone").to_string();
    assert!(told.contains("moved or deleted"), "{told}");
    std::fs::rename(&aside, &path).expect("it is put back");
    store.ping().await.expect("it is there again");
}
