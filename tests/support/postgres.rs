//! A throw-away PostgreSQL cluster for the tests, from the system's own packages: started once per test program,
//! one database per test, gone with the program however that ends.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{Connection as _, PgConnection};

/// The databases' owner; [`GUARDED`] is one who needs a password.
const USER: &str = "newsvigil";
#[allow(dead_code, reason = "not every test program asks for passwords")]
pub const GUARDED: (&str, &str) = ("guarded", "right");

/// Makes the cluster, says so, and takes it down when its input ends: when the test program is gone, killed or not.
/// The cluster loses everything in a power cut, which no test is about.
const SUPERVISE: &str = r#"
set -u
mkdir "$DIR/socket"
{
    "$BIN/initdb" -D "$DIR/data" -U "$OWNER" -A trust -E UTF8 --locale=C --no-sync
    sed -i "1i local all guarded scram-sha-256" "$DIR/data/pg_hba.conf"
    "$BIN/pg_ctl" -D "$DIR/data" -l "$DIR/log" -w -t 60 start \
        -o "-c listen_addresses='' -c unix_socket_directories='$DIR/socket' -c fsync=off -c max_connections=300"
} > "$DIR/start" 2>&1 && echo ready || echo failed
cat > /dev/null
"$BIN/pg_ctl" -D "$DIR/data" -m immediate -w stop > /dev/null 2>&1
cd / && rm -rf "$DIR"
"#;

struct Cluster {
    socket: PathBuf,
    /// Its standard input keeps the cluster up.
    _supervisor: Child,
}

/// Creates an empty database and returns its address; `None` where no PostgreSQL is installed.
///
/// # Panics
/// If PostgreSQL is missing in CI, or installed and does not start.
pub async fn database() -> Option<String> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    static NUMBER: AtomicU32 = AtomicU32::new(1);
    let cluster = CLUSTER.get_or_init(start).as_ref()?;
    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let mut admin = PgConnection::connect(&cluster.url(USER, "postgres")).await.expect("the cluster answers");
    // The name is made two lines above.
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::raw_sql(create).execute(&mut admin).await.expect("a database can be created");
    admin.close().await.expect("the connection can be closed");
    Some(cluster.url(USER, &name))
}

impl Cluster {
    fn url(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@localhost/{database}?host={}", self.socket.display())
    }
}

fn start() -> Option<Cluster> {
    let Some(programs) = programs() else {
        assert!(std::env::var_os("CI").is_none(), "PostgreSQL is not installed, and CI must test on it");
        // Not `eprintln!`, which the test harness keeps to itself.
        writeln!(std::io::stderr(), "skipped: tests on PostgreSQL, which is not installed").expect("stderr is open");
        return None;
    };
    let folder = tempfile::Builder::new().prefix("newsvigil-pg-").tempdir().expect("a temporary folder").keep();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).expect("our own folder");
    let mut supervisor = Command::new("sh");
    supervisor.args(["-c", SUPERVISE]).env("DIR", &folder).env("BIN", programs).env("OWNER", USER).env("LC_ALL", "C");
    // Out of reach of a Ctrl-C on the tests, which must not end it before it has tidied up.
    supervisor.process_group(0).current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped());
    if let Some((uid, gid)) = other_user() {
        chown(&folder, Some(uid), Some(gid)).expect("root may give a folder away");
        supervisor.uid(uid).gid(gid);
    }
    let mut supervisor = supervisor.spawn().expect("sh can be started");
    let mut said = String::new();
    let output = supervisor.stdout.take().expect("it is piped");
    BufReader::new(output).read_line(&mut said).expect("its output is text");
    let report = || std::fs::read_to_string(folder.join("start")).unwrap_or_default();
    assert_eq!(said.trim(), "ready", "PostgreSQL did not start: {}", report());
    Some(Cluster { socket: folder.join("socket"), _supervisor: supervisor })
}

/// Debian keeps the server's programs out of the path, one folder a version.
fn programs() -> Option<PathBuf> {
    let has_server = |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("pg_ctl").is_file();
    let in_path =
        std::env::var_os("PATH").into_iter().flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut debian: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    debian.sort();
    in_path.chain(debian.into_iter().rev()).find(has_server)
}

/// PostgreSQL refuses to run as root; then it runs as the user its package made.
fn other_user() -> Option<(u32, u32)> {
    let we = std::os::unix::fs::MetadataExt::uid(&Path::new("/proc/self").metadata().ok()?);
    if we != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").expect("a list of users");
    let line = users.lines().find(|line| line.starts_with("postgres:")).expect("a user postgres");
    let mut fields = line.split(':').skip(2).map(|field| field.parse().expect("a number"));
    fields.next().zip(fields.next())
}
