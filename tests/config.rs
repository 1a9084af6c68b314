//! The configuration as its writer meets it: what is accepted, and what each mistake says.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::fs;
use std::path::{Path, PathBuf};

use newsvigil::config::{self, Diagnostic, Environment, QueryProblem, Settings};

/// Files in a folder of their own, read as the daemon reads them.
struct Case {
    folder: tempfile::TempDir,
    environment: Environment,
}

impl Case {
    fn new(config: impl AsRef<[u8]>) -> Case {
        let case = Case { folder: tempfile::tempdir().unwrap(), environment: Environment::default() };
        case.file("newsvigil.toml", config);
        case
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    fn load(&self) -> Result<(Settings, Vec<Diagnostic>), Vec<Diagnostic>> {
        config::load(&self.folder.path().join("newsvigil.toml"), &self.environment, &toy_query_check)
    }

    fn diagnostics(&self) -> Vec<Diagnostic> {
        match self.load() {
            Ok((_, warnings)) => warnings,
            Err(all) => all,
        }
    }

    /// As on a terminal, without the folder's name, which differs from run to run.
    fn shown(&self) -> String {
        let folder = format!("{}/", self.folder.path().display());
        config::render_all(&self.diagnostics(), false).replace(&folder, "")
    }
}

/// Stands for the query language: `AND` at the end is a mistake, a bare `NOT` is odd.
fn toy_query_check(query: &str) -> Result<Vec<QueryProblem>, QueryProblem> {
    let problem = |start: usize, length: usize, message: &str, help: &str| QueryProblem {
        start,
        end: start + length,
        message: message.to_owned(),
        help: help.to_owned(),
    };
    if let Some(at) = query.strip_suffix(" AND").map(str::len) {
        return Err(problem(at + 1, 3, "nothing follows this AND", "write a term behind it, or take it out"));
    }
    Ok(query.find("NOT ").map(|at| problem(at, 3, "matches nearly everything", "")).into_iter().collect())
}

const GOOD: &str = r#"
[mail]
from = "newsvigil <nv@ngo-in-berlin.org>"
[mail.maildir]

[[source]]
url = "https://news.example/rss"

[[watch]]
id = "shenyang"
terms = ["Shenyang", "沈阳"]

[[recipient]]
id = "desk"
email = "desk@ngo-in-berlin.org"
watches = "all"
digest = "immediately"
"#;

#[test]
fn the_shipped_configuration_only_wants_a_real_recipient() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/newsvigil.toml");
    let (settings, warnings) = config::load(&path, &Environment::default(), &toy_query_check).expect("it is sound");
    let warnings: Vec<String> = warnings.iter().map(|warning| warning.message.clone()).collect();
    assert_eq!(warnings, ["this address is still an example"]);
    assert_eq!((settings.feeds.len(), settings.watches.len(), settings.recipients.len()), (29, 4, 1));
}

#[test]
fn try_it() {
    let all = r#"
pol = 3
[service]
log_format = "jsn"
listen = "0.0.0.0:9117"
state_dir = 5
[poll]
every = 30
min_every = "5 minutes"
mail_back = "soon"
[mail]
from = "nv"
[mail.smtp]
host = "smtp.ngo.example"
tls = "none"
username = "x"
password = "hunter2"
[fetch]
max_page_size = "8 apples"
allow_networks = ["home"]
[source]
url = 'x'
[[watch]]
id = "a b"
terms = []
[[watch]]
id = "shenyang"
query = "Shenyang AND"
[[watch]]
id = “repat”
terms = ["x", "y" "z"]
[[recipient]]
id = "desk"
email = "desk"
watches = ["shenyagn"]
at = [07:30, "25:00"]
zone = "Seoul"
"#;
    println!("{}", Case::new(all).shown());
    println!("{}", Case::new(GOOD).shown());
    println!("{:#?}", Case::new(GOOD).load());
    println!("{}", Case::new("").shown());
}
