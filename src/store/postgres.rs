//! Opening a PostgreSQL database that several machines may share.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgPool};

use super::dialect::Dialect;
use super::error::StoreError;
use super::migrate_error;

const OPENING: &str = "opening the database";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

/// Ends what hangs, and makes a commit mean that it is on disk, whatever the server's default is.
const SESSION: &str = "\
    SELECT set_config('statement_timeout', '60s', false), \
           set_config('lock_timeout', '30s', false), \
           set_config('idle_in_transaction_session_timeout', '60s', false), \
           set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' \
               ELSE current_setting('synchronous_commit') END, false)";

/// Connects, migrates and checks.
pub(super) async fn open(url: &SecretString, max_connections: u32) -> Result<PgPool, StoreError> {
    // The parser's own words may repeat the address, which holds the password.
    let options: PgConnectOptions = url
        .expose_secret()
        .parse()
        .map_err(|_| StoreError::BadAddress { detail: "it must read postgres://user:password@host/database".into() })?;
    let options = options.application_name("newsvigil").disable_statement_logging();
    let mut connection = connect(&options).await?;
    check_server(&mut connection).await?;
    if must_migrate(&mut connection).await? {
        Dialect::Postgres.migrator().run(&mut connection).await.map_err(|error| migrate_error(OPENING, error))?;
    }
    // The answer adds nothing: the server drops the session either way.
    connection.close().await.ok();
    let pool = PgPoolOptions::new()
        .max_connections(max_connections.max(2))
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(|connection, _| {
            Box::pin(async move { sqlx::query(SESSION).execute(connection).await.map(|_| ()) })
        })
        .connect_lazy_with(options);
    Ok(pool)
}

/// One connection without the pool, which would try a server that is down for half a minute.
async fn connect(options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    match tokio::time::timeout(CONNECT_TIMEOUT, options.connect()).await {
        Ok(connected) => connected.map_err(|error| StoreError::of(OPENING, error)),
        Err(_) => Err(StoreError::Unreachable { doing: OPENING, source: Box::new(sqlx::Error::PoolTimedOut) }),
    }
}

async fn check_server(connection: &mut PgConnection) -> Result<(), StoreError> {
    let (encoding, fsync): (String, String) =
        sqlx::query_as("SELECT current_setting('server_encoding'), current_setting('fsync')")
            .fetch_one(connection)
            .await
            .map_err(|error| StoreError::of(OPENING, error))?;
    if encoding != "UTF8" {
        let detail = format!("the database's encoding is {encoding}; create one with ENCODING 'UTF8'");
        return Err(StoreError::BadAddress { detail });
    }
    if fsync == "off" {
        tracing::warn!("The PostgreSQL server runs with fsync = off: a power cut may lose reports");
    }
    Ok(())
}

async fn must_migrate(connection: &mut PgConnection) -> Result<bool, StoreError> {
    let opening = |error| StoreError::of(OPENING, error);
    let (exists,): (bool,) = sqlx::query_as("SELECT to_regclass('_sqlx_migrations') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await
        .map_err(opening)?;
    if !exists {
        return Ok(true);
    }
    let applied: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations ORDER BY version")
            .fetch_all(&mut *connection)
            .await
            .map_err(opening)?;
    Dialect::Postgres.must_migrate(&applied)
}
