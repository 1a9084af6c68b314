//! The configuration as its writer meets it: what is accepted, and what each mistake says.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use newsvigil::config::settings::{MailBack, MailSettings, Tls};
use newsvigil::config::{self, Diagnostic, Environment, QueryProblem, Settings};
use newsvigil::extract;
use newsvigil::matching::Names;
use newsvigil::model::recipient::{AllQuiet, Language, QuietHours, Rhythm};
use newsvigil::store;
use proptest::prelude::*;
use secrecy::ExposeSecret as _;

/// Files in a folder of their own, read as the daemon reads them.
struct Case {
    folder: tempfile::TempDir,
    environment: Environment,
}

impl Case {
    fn new(config: impl AsRef<[u8]>) -> Case {
        let folder = tempfile::tempdir().expect("a folder of our own");
        let case = Case { folder, environment: Environment::default() };
        case.file("newsvigil.toml", config);
        case
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().expect("it lies in the folder")).expect("the folder takes folders");
        fs::write(&path, content).expect("the folder takes files");
        self.mode(name, 0o600);
        path
    }

    fn mode(&self, name: &str, mode: u32) {
        let path = self.folder.path().join(name);
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("the file is ours");
    }

    fn load(&self) -> Result<(Settings, Vec<Diagnostic>), Vec<Diagnostic>> {
        config::load(&self.folder.path().join("newsvigil.toml"), &self.environment, &toy_query_check)
    }

    /// The settings of a configuration without any mistake.
    fn settings(&self) -> Settings {
        match self.load() {
            Ok((settings, warnings)) if warnings.is_empty() => settings,
            Ok((_, diagnostics)) | Err(diagnostics) => panic!("{}", config::render_all(&diagnostics, false)),
        }
    }

    fn diagnostics(&self) -> Vec<Diagnostic> {
        match self.load() {
            Ok((_, warnings)) => warnings,
            Err(all) => all,
        }
    }

    /// Leaves out the folder's name, which differs from run to run.
    fn plain(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.folder.path().display()), "")
    }

    /// As on a terminal.
    fn shown(&self) -> String {
        self.plain(&config::render_all(&self.diagnostics(), false))
    }

    /// One line for each mistake: place, underlined text, message, what to write instead.
    fn table(&self) -> String {
        let line = |diagnostic: &Diagnostic| {
            let severity = if diagnostic.is_error() { "error" } else { "warning" };
            let place = diagnostic.place.map_or(String::new(), |place| {
                let text = fs::read_to_string(&diagnostic.file).expect("it was read before");
                let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
                let underlined: String = text[place.start..place.end].chars().take(80).collect();
                format!(" {}:{} ⟦{underlined}⟧", place.line, place.column)
            });
            let label = if diagnostic.label.is_empty() { String::new() } else { format!(" ({})", diagnostic.label) };
            format!("  {severity}{place} {}{label}\n      → {}\n", diagnostic.message, diagnostic.help)
        };
        let lines: String = self.diagnostics().iter().map(line).collect();
        self.plain(if lines.is_empty() { "  nothing\n" } else { &lines })
    }
}

/// Stands for the query language: `AND` at the end is a mistake, so is great length, a bare `NOT` is odd.
fn toy_query_check(query: &str, _: &Names) -> Result<Vec<QueryProblem>, QueryProblem> {
    let problem = |start: usize, length: usize, message: &str, help: &str| QueryProblem {
        start,
        end: start + length,
        message: message.to_owned(),
        help: help.to_owned(),
    };
    if let Some(at) = query.trim_end().strip_suffix(" AND").map(str::len) {
        return Err(problem(at + 1, 3, "nothing follows this AND", "write a term behind it, or take it out"));
    }
    if query.len() > 20_000 {
        return Err(problem(0, 1, "longer than 20000 bytes", "split it into several watches"));
    }
    Ok(query.find("NOT ").map(|at| problem(at, 3, "matches nearly everything", "")).into_iter().collect())
}

const MAIL: &str = r#"[mail]
from = "newsvigil <nv@ngo-in-berlin.org>"
[mail.maildir]
"#;
const SOURCE: &str = r#"[[source]]
url = "https://news.example/rss"
"#;
const WATCH: &str = r#"[[watch]]
id = "shenyang"
terms = ["Shenyang", "沈阳"]
"#;
const RECIPIENT: &str = r#"[[recipient]]
id = "desk"
email = "desk@ngo-in-berlin.org"
watches = "all"
digest = "immediately"
alarms = true
zone = "Asia/Seoul"
"#;

/// A sound configuration, with some blocks replaced by others.
fn good(replaced: &[(&str, &str)], more: &str) -> String {
    let block = |default: &'static str| {
        replaced.iter().find(|(block, _)| *block == default).map_or(default, |(_, other)| *other).to_owned()
    };
    [block(MAIL), block(SOURCE), block(WATCH), block(RECIPIENT), more.to_owned()].concat()
}

fn many_terms() -> String {
    (0..3_000).map(|n| format!("\"term{n}\"")).collect::<Vec<_>>().join(", ")
}

fn reached_by(lines: &str) -> String {
    let recipient = format!("[[recipient]]\nid = \"a\"\nwatches = \"all\"\ndigest = \"immediately\"\n{lines}\n");
    good(&[(RECIPIENT, &recipient)], "")
}

fn in_zone(zone: &str) -> String {
    let recipient = RECIPIENT.replace("digest = \"immediately\"", "at = \"07:30\"").replace("Asia/Seoul", zone);
    good(&[(RECIPIENT, &recipient)], "")
}

#[test]
fn every_mistake_is_named_with_what_to_write_instead() {
    let cases: Vec<(&str, String)> = vec![
        ("nothing at all", String::new()),
        ("unknown block", good(&[], "[pol]\nevery = \"30m\"\n")),
        ("unknown key", good(&[], "[poll]\nevry = \"30m\"\n")),
        ("key of another block", good(&[], "[poll]\nlisten = \"127.0.0.1:80\"\n")),
        ("key of no block", good(&[], "[digest]\ncolour = \"blue\"\n")),
        ("value in place of a block", format!("poll = \"30m\"\n{}", good(&[], ""))),
        ("list in place of a block", good(&[(MAIL, "[[mail]]\nfrom = \"a@b-c.org\"\n")], "")),
        (
            "wrong types",
            good(
                &[],
                "[service]\nstate_dir = 5\nlisten_public = \"yes\"\n[fetch]\nmax_concurrent = \"9\"\nmax_page_size = 5\n",
            ),
        ),
        ("empty text", good(&[], "[service]\nstate_dir = \" \"\n")),
        ("no such choice", good(&[], "[service]\nlog_format = \"jsn\"\nlog_level = \"loud\"\n")),
        (
            "out of bounds",
            good(
                &[],
                "[fetch]\nmax_concurrent = 0\nmax_redirects = -1\nmax_feed_size = \"1 kB\"\ntotal_timeout = \"1d\"\n",
            ),
        ),
        (
            "lengths of time",
            good(&[], "[poll]\nevery = 30\nmin_every = \"soon\"\nmax_every = \"12\"\nmail_back = true\n"),
        ),
        ("more often than allowed", good(&[], "[poll]\nevery = \"1m\"\n")),
        (
            "source more often than allowed",
            good(&[(SOURCE, "[[source]]\nurl = \"https://a.example/\"\nevery = \"30s\"\n")], ""),
        ),
        ("impolite", good(&[], "[poll]\nmin_every = \"10s\"\n")),
        ("bounds crossed", good(&[], "[poll]\nmin_every = \"2h\"\nmax_every = \"1h\"\n")),
        ("rarely", good(&[], "[poll]\nmax_every = \"10d\"\nevery = \"3d\"\n")),
        (
            "cleaning",
            good(&[], "[extract]\nmax_html_size = \"1 kB\"\nmax_depth = 5000\nmax_nodes = \"many\"\nmax_passage = 9\n"),
        ),
        ("sizes", good(&[], "[fetch]\nmax_page_size = \"8 apples\"\n")),
        (
            "networks",
            good(&[], "[fetch]\nallow_networks = [\"home\", \"10.0.0.0/8\", \"192.168.1.5\", \"0.0.0.0/0\"]\n"),
        ),
        ("user agent", good(&[], "[fetch]\nuser_agent = \"뉴스\"\n")),
        ("listening", good(&[], "[service]\nlisten = \"0.0.0.0:9117\"\nhosts = [\"a b\"]\n")),
        ("listening nowhere", good(&[], "[service]\nlisten = \"9117\"\n")),
        ("listening on purpose", good(&[], "[service]\nlisten = \"0.0.0.0:9117\"\nlisten_public = true\n")),
        ("two databases", good(&[], "[database]\npath = \"a.db\"\nurl = \"postgres://h/d\"\n")),
        ("wrong database", good(&[], "[database]\nurl = \"mysql://h/d\"\n")),
        ("password in the address", good(&[], "[database]\nurl = \"postgres://nv:hunter2@h/d\"\n")),
        ("password in the query", good(&[], "[database]\nurl = \"postgres://nv@h/d?password=hunter2\"\n")),
        ("password without address", good(&[], "[database]\npassword_file = \"x\"\n")),
        ("forgetting early", good(&[], "[keep]\npages = \"2d\"\narticles = \"1h\"\ndigests = \"forever\"\n")),
        ("no mail", good(&[(MAIL, "")], "")),
        ("mail that stays here", good(&[(MAIL, "[mail]\nfrom = \"a@b-c.org\"\n")], "")),
        (
            "both kinds of mail",
            good(&[(MAIL, "[mail]\nfrom = \"a@b-c.org\"\n[mail.maildir]\n[mail.smtp]\nhost = \"h.b-c.org\"\n")], ""),
        ),
        ("sender", good(&[(MAIL, "[mail]\nreply_to = \"x\"\n[mail.maildir]\n")], "")),
        ("odd sender", good(&[(MAIL, "[mail]\nfrom = \"newsvigil\"\n[mail.maildir]\n")], "")),
        (
            "mail server",
            good(
                &[(
                    MAIL,
                    "[mail]\nfrom = \"a@example.org\"\n[mail.smtp]\nhost = \"smtp://h.b-c.org\"\ntls = \"ssl\"\nport = 70000\n",
                )],
                "",
            ),
        ),
        (
            "mail without encryption",
            good(&[(MAIL, "[mail]\nfrom = \"a@b-c.org\"\n[mail.smtp]\nhost = \"h.b-c.org\"\ntls = \"none\"\n")], ""),
        ),
        (
            "mail without encryption here",
            good(&[(MAIL, "[mail]\nfrom = \"a@b-c.org\"\n[mail.smtp]\nhost = \"localhost\"\ntls = \"none\"\n")], ""),
        ),
        (
            "port of the other kind",
            good(&[(MAIL, "[mail]\nfrom = \"a@b-c.org\"\n[mail.smtp]\nhost = \"h.b-c.org\"\nport = 587\n")], ""),
        ),
        (
            "secret in the text",
            good(
                &[(
                    MAIL,
                    "[mail]\nfrom = \"a@b-c.org\"\n[mail.smtp]\nhost = \"h.b-c.org\"\nusername = \"u\"\npassword = \"hunter2\"\n",
                )],
                "",
            ),
        ),
        (
            "user without password",
            good(&[(MAIL, "[mail]\nfrom = \"a@b-c.org\"\n[mail.smtp]\nhost = \"h.b-c.org\"\nusername = \"u\"\n")], ""),
        ),
        (
            "password without user",
            good(
                &[(MAIL, "[mail]\nfrom = \"a@b-c.org\"\n[mail.smtp]\nhost = \"h.b-c.org\"\npassword_file = \"p\"\n")],
                "",
            ),
        ),
        (
            "password file missing",
            good(
                &[(
                    MAIL,
                    "[mail]\nfrom = \"a@b-c.org\"\n[mail.smtp]\nhost = \"h.b-c.org\"\nusername = \"u\"\npassword_file = \"p\"\nca_file = \"c\"\n",
                )],
                "",
            ),
        ),
        ("no source", good(&[(SOURCE, "")], "")),
        ("source in single brackets", good(&[(SOURCE, "[source]\nurl = \"https://a.example/\"\n")], "")),
        ("sources as a list", format!("source = [\"https://a.example/\"]\n{}", good(&[(SOURCE, "")], ""))),
        (
            "two sources in single brackets",
            good(&[(SOURCE, "[source]\nurl = \"https://a.example/\"\n[source]\nurl = \"https://b.example/\"\n")], ""),
        ),
        ("source without address", good(&[(SOURCE, "[[source]]\nname = \"A\"\n")], "")),
        (
            "addresses",
            good(
                &[],
                "[[source]]\nurl = \"news.example/rss\"\n[[source]]\nurl = \"ftp://a.example/\"\n[[source]]\nurl = \"https://u:hunter2@a.example/\"\n[[source]]\nurl = \"https://a.example/ https://b.example/\"\n[[source]]\nurl = \"https://[::1/\"\n",
            ),
        ),
        (
            "routes",
            good(
                &[],
                "[fetch]\nroute = \"tor\"\n[[source]]\nurl = \"https://a.example/\"\nroute = \"socks5://127.0.0.1:9050\"\n[[source]]\nurl = \"https://b.example/\"\nroute = \"http://u:hunter2@p.example:3128\"\n[[source]]\nurl = \"https://c.example/\"\nroute = \"https://p.example/x\"\n[[source]]\nurl = \"https://d.example/\"\nroute = 5\n[[source]]\nurl = \"http://abcdef.onion/rss\"\n",
            ),
        ),
        (
            "secrets of sources",
            good(
                &[],
                "[[source]]\nurl = \"https://a.example/\"\nusername = \"u\"\n[[source]]\nurl = \"https://b.example/\"\npassword_file = \"p\"\n[[source]]\nurl = \"https://c.example/\"\nusername = \"a:b\"\npassword_file = \"p\"\n[[source]]\nurl = \"https://d.example/\"\nusername = \"u\"\npassword_file = \"p\"\n[[source]]\nurl = \"https://e.example/\"\npassword = \"hunter2\"\n[[source]]\nurl = \"https://f.example/\"\nheader_files = { X-Key = \"credential:no such\", X-Other = \"credential:absent\" }\n",
            ),
        ),
        (
            "headers of sources",
            good(
                &[],
                "[[source]]\nurl = \"https://a.example/\"\nheader_files = { Host = \"p\", X-Forwarded-For = \"p\", remote-user = \"p\", If-None-Match = \"p\", Proxy-Authorization = \"p\", \"X Key\" = \"p\", X-Key = 5 }\n[[source]]\nurl = \"https://b.example/\"\nheader_files = \"p\"\n",
            ),
        ),
        ("the same source twice", good(&[], "[[source]]\nurl = \" http://news.example/rss/ \"\n")),
        ("every source off", good(&[(SOURCE, "[[source]]\nurl = \"https://a.example/\"\ndisabled = true\n")], "")),
        (
            "kinds of sources",
            good(
                &[],
                "[[source]]\nurl = \"https://a.example/\"\nkind = \"sitmap\"\n[[source]]\nurl = \"https://b.example/\"\nkind = \"page\"\n[[source]]\nurl = \"https://c.example/\"\nkind = \"page\"\nitem = \"li[\"\nlink = \"//a\"\n[[source]]\nurl = \"https://d.example/\"\nitem = \"li\"\n[[source]]\nurl = \"https://e.example/\"\nkind = \"sitemap\"\ntitle = 5\n",
            ),
        ),
        ("language", good(&[(SOURCE, "[[source]]\nurl = \"https://a.example/\"\nlang = \"Korean\"\n")], "")),
        ("no watch", good(&[(WATCH, "")], "")),
        (
            "ids",
            good(
                &[],
                "[[watch]]\nid = \"North Korea!\"\nterms = [\"x-ray\"]\n[[watch]]\nid = \"shenyang\"\nterms = [\"x-ray\"]\n[[watch]]\nterms = [\"x-ray\"]\n[[watch]]\nid = \"북송\"\nterms = [\"x-ray\"]\n",
            ),
        ),
        (
            "nothing to look for",
            good(
                &[],
                "[[watch]]\nid = \"a\"\n[[watch]]\nid = \"b\"\nterms = []\n[[watch]]\nid = \"c\"\nterms = [\"\", \"…\"]\n",
            ),
        ),
        ("terms and query", good(&[], "[[watch]]\nid = \"a\"\nterms = [\"x-ray\"]\nquery = \"y\"\n")),
        (
            "terms",
            good(
                &[],
                &format!(
                    "[[watch]]\nid = \"a\"\nterms = [\"x\", \"Dandong\", \"dandong\", \"Dandong AND border\", 5, \"{}\"]\n",
                    "x".repeat(201)
                ),
            ),
        ),
        (
            "terms that are too many together",
            good(&[], &format!("[[watch]]\nid = \"a\"\nterms = [{}]\n", many_terms())),
        ),
        (
            "a mistake in a query",
            good(
                &[],
                "[[watch]]\nid = \"a\"\nquery = \"Shenyang AND\"\n[[watch]]\nid = \"b\"\nquery = 'NOT x'\n[[watch]]\nid = \"c\"\nquery = \"\"\"\n  Shenyang\n  AND\"\"\"\n[[watch]]\nid = \"d\"\nquery = \"\\\"Shenyang\\\" AND\"\n",
            ),
        ),
        ("no recipient", good(&[(RECIPIENT, "")], "")),
        ("recipient without anything", good(&[(RECIPIENT, "[[recipient]]\n")], "")),
        (
            "addresses of people",
            good(
                &[],
                "[[recipient]]\nid = \"a\"\nemail = \"a\"\nwatches = \"all\"\ndigest = \"immediately\"\n[[recipient]]\nid = \"b\"\nemail = \"b@example.org\"\nwatches = \"all\"\ndigest = \"immediately\"\n[[recipient]]\nid = \"c\"\nemail = \"Desk@ngo-in-berlin.org\"\nwatches = \"all\"\ndigest = \"immediately\"\n[[recipient]]\nid = \"d\"\nemail = \"a@b-c.org\\r\\nBcc: x@b-c.org\"\nwatches = \"all\"\ndigest = \"immediately\"\n",
            ),
        ),
        (
            "two recipients of one id",
            good(
                &[],
                "[[recipient]]\nid = \"desk\"\nemail = \"e@b-c.org\"\nwatches = \"all\"\ndigest = \"immediately\"\n",
            ),
        ),
        (
            "a watch that is not there",
            good(
                &[(
                    RECIPIENT,
                    "[[recipient]]\nid = \"a\"\nemail = \"a@b-c.org\"\nwatches = [\"shenyagn\", \"weather\"]\ndigest = \"immediately\"\n",
                )],
                "",
            ),
        ),
        (
            "a watch that nobody follows",
            good(
                &[(
                    RECIPIENT,
                    "[[recipient]]\nid = \"a\"\nemail = \"a@b-c.org\"\nwatches = [\"shenyang\", \"shenyang\"]\ndigest = \"immediately\"\n",
                )],
                "[[watch]]\nid = \"dandong\"\nterms = [\"Dandong\"]\n",
            ),
        ),
        (
            "no watches to follow",
            good(
                &[(
                    RECIPIENT,
                    "[[recipient]]\nid = \"a\"\nemail = \"a@b-c.org\"\nwatches = []\ndigest = \"immediately\"\n",
                )],
                "",
            ),
        ),
        (
            "rhythm",
            good(
                &[(
                    RECIPIENT,
                    "[[recipient]]\nid = \"a\"\nemail = \"a@b-c.org\"\nwatches = \"all\"\ndigest = \"daily\"\n",
                )],
                "",
            ),
        ),
        (
            "two rhythms",
            good(
                &[(
                    RECIPIENT,
                    "[[recipient]]\nid = \"a\"\nemail = \"a@b-c.org\"\nwatches = \"all\"\ndigest = \"immediately\"\nat = [\"07:30\"]\nzone = \"Asia/Seoul\"\n",
                )],
                "",
            ),
        ),
        (
            "times",
            good(
                &[(
                    RECIPIENT,
                    "[[recipient]]\nid = \"a\"\nemail = \"a@b-c.org\"\nwatches = \"all\"\nat = [\"7\", \"25:00\", \"07:30\", 07:30, 1979-05-27, \"18:00:30\"]\nzone = \"Asia/Seoul\"\n",
                )],
                "",
            ),
        ),
        (
            "no times",
            good(
                &[(
                    RECIPIENT,
                    "[[recipient]]\nid = \"a\"\nemail = \"a@b-c.org\"\nwatches = \"all\"\nat = []\nzone = \"Asia/Seoul\"\n",
                )],
                "",
            ),
        ),
        (
            "no zone",
            good(
                &[(RECIPIENT, "[[recipient]]\nid = \"a\"\nemail = \"a@b-c.org\"\nwatches = \"all\"\nat = \"07:30\"\n")],
                "",
            ),
        ),
        ("a command that is none", reached_by("command = [\"to-signal\", \"+49\"]")),
        (
            "a command's keys without it",
            reached_by("email = \"a@b-c.org\"\ncommand_timeout = \"5s\"\nroute = \"direct\""),
        ),
        (
            "a command that takes mails",
            reached_by("command = [\"/bin/x\"]\ncommand_input = \"mail\"\ncommand_timeout = \"9h\""),
        ),
        ("a webhook in clear", reached_by("webhook = \"http://hooks.b-c.org/\"")),
        (
            "a webhook and a command",
            reached_by("webhook = \"https://hooks.b-c.org/\"\nwebhook_secret_file = \"no\"\ncommand = \"/bin/x\""),
        ),
        ("a key for what is no mail", reached_by("command = [\"/bin/x\"]\nopenpgp_key = \"kim.asc\"")),
        ("no key yet", reached_by("email = \"a@b-c.org\"\nopenpgp_key = \"kim.asc\"")),
        ("bulletins nowhere", good(&[], "[bulletins]\nhits = 0\n")),
        ("bulletins that nobody serves", good(&[], "[bulletins]\nserve = true\n")),
        (
            "mail in two ways",
            good(&[(MAIL, "[mail]\nfrom = \"a@b-c.org\"\n[mail.maildir]\n[mail.command]\nargv = \"sendmail\"\n")], ""),
        ),
        ("zone by one letter", in_zone("Asia/Seul")),
        ("zone by its city", in_zone("Seoul")),
        ("zone by its city, by one letter", in_zone("Pyongyan")),
        ("no zone of this world", in_zone("Mars/Olympus")),
        ("zone as an abbreviation", in_zone("KST")),
    ];
    for (name, toml) in &cases {
        assert!(!Case::new(toml).shown().contains("hunter2"), "{name} shows a secret");
    }
    let report: String = cases.iter().map(|(name, toml)| format!("{name}\n{}\n", Case::new(toml).table())).collect();
    insta::assert_snapshot!(report);
}

#[test]
fn what_was_meant_is_found_and_what_follows_from_a_wrong_key_is_not_told() {
    let immediately = RECIPIENT.replace("zone = \"Asia/Seoul\"\n", "");
    let with = |old: &str, new: &str| good(&[(RECIPIENT, &RECIPIENT.replace(old, new))], "");
    let query = |text: &str| good(&[(WATCH, &format!("[[watch]]\nid = \"shenyang\"\n{text}\n"))], "");
    let cases: Vec<(&str, String)> = vec![
        ("true or false as words", query("terms = [\"x-ray\"]\nurgent = yes")),
        ("neither true nor false", query("terms = [\"x-ray\"]\nurgent = often")),
        ("false in quotes", query("terms = [\"x-ray\"]\nurgent = \"off\"")),
        (
            "a folder and a server",
            good(
                &[(
                    MAIL,
                    "[mail]\nfrom = \"a@b-c.org\"\n[mail.maildir]\npath = \"/m\"\n[mail.smtp]\nhost = \"h.b-c.org\"\n",
                )],
                "",
            ),
        ),
        (
            "times of an unknown zone",
            with("digest = \"immediately\"", "at = \"07:30\"").replace("zone =", "timezone ="),
        ),
        ("a key that nobody would guess", with("zone =", "colour =")),
        ("the address under another key", with("email =", "address =")),
        ("the watches under another key", with("watches =", "watch =")),
        ("the terms under another key", query("term = [\"x-ray\"]")),
        ("a source with an id", good(&[], "[[source]]\nid = \"a\"\nurl = \"https://a.example/\"\n")),
        ("no zone, and nothing that needs one", good(&[(RECIPIENT, &immediately)], "")),
        ("a query over two lines", query("query = '(Shenyang\nOR Dandong)'")),
        (
            "a name with the address",
            with("\"desk@", "\"The desk <desk@").replace(".org\"\nwatches", ".org>\"\nwatches"),
        ),
        ("two addresses", with("\"desk@", "\"anna@b-c.org, desk@")),
        (
            "sources of this machine",
            good(
                &[],
                "[[source]]\nurl = \"http://localhost:8080/rss\"\n[[source]]\nurl = \"http://10.1.2.3/rss\"\n\
                 [[source]]\nurl = \"http://10.1.2.4/rss\"\ndisabled = true\n",
            ),
        ),
        (
            "sources of this machine that may be read",
            good(&[], "[fetch]\nallow_networks = [\"127.0.0.0/8\"]\n[[source]]\nurl = \"http://localhost/rss\"\n"),
        ),
    ];
    let report: String = cases.iter().map(|(name, toml)| format!("{name}\n{}\n", Case::new(toml).table())).collect();
    insta::assert_snapshot!(report);
}

#[test]
fn mistakes_of_grammar_are_told_in_plain_words_and_do_not_hide_the_others() {
    let toml = "[mail]\nfrom = “nv@ngo-in-berlin.org”\n[mail.maildir]\n\n[poll]\nevery = 30m\nevry = \"1h\"\n\n[[source]]\n\
                url = https://news.example/rss\nname = \"unfinished\nlang = \"ko\"\n\n[[watch]]\nid: shenyang\n\
                terms = [\"Shenyang\" \"沈阳\"]\n\n[keep]\npages = \"90d\"\npages = \"30d\"\n\n[database]\npath = \"C:\\new\\u\"\n";
    insta::assert_snapshot!(Case::new(toml).shown());
}

#[test]
fn a_mistake_is_shown_with_its_line_underlined() {
    let toml = "[mail]\nfrom = \"newsvigil <nv@ngo-in-berlin.org>\"\n[mail.smtp]\nhost = \"smtp.ngo-in-berlin.org\"\n\
                username = \"nv\"\npassword = \"hunter2\"\n\n[[source]]\nurl = \"news.example/rss\"   # 뉴스\n\n\
                [[watch]]\nid = \"shenyang\"\nquery = \"(瀋陽 OR Shenyang) AND\"\n\n\
                [[recipient]]\nid = \"desk\"\nemail = \"desk@example.org\"\nwatches = [\"shenyagn\"]\n\
                at = [\"07:30\"]\nzone = \"Asia/Seul\"\n";
    let shown = Case::new(toml).shown();
    assert!(!shown.contains("hunter2"));
    insta::assert_snapshot!(shown);
}

#[test]
fn a_secret_in_the_text_is_nowhere_repeated() {
    let texts = [
        "[mail.smtp]\npassword = hunter2\n",
        "[mail.smtp]\npassword = \"hunter2\n",
        "[mail.smtp]\npassword: hunter2\npassword hunter2 = 5",
        "mail = { smtp = { host = \"h\", password = \"hunter2\" } }",
        "[database]\nurl = \"postgres://u:hunter2@h/d\"\n",
        "[database]\nurl = postgres://u:hunter2@h/d\n",
        "[[source]]\nurl = \"u:hunter2@news.example/rss\"\n",
        "[[source]]\nurl = \"https://u:hunter2@news.example/rss\"\n",
        "[mail]\nSMTP-Password = \"hunter2\"\n",
    ];
    for text in texts {
        let case = Case::new(text);
        let json = serde_json::to_string(&case.diagnostics()).expect("diagnostics are plain");
        let shown = case.shown();
        assert!(!json.contains("hunter2") && !shown.contains("hunter2"), "{text}\n{shown}\n{json}");
    }
}

#[test]
fn the_line_for_a_log_quotes_nothing_of_the_file() {
    let toml = good(
        &[],
        "[[watch]]\nid = \"a\"\nquery = \"Secretname AND\"\n[[recipient]]\nid = \"b\"\nemail = \"someone@@ngo.org\"\n\
         watches = \"all\"\ndigest = \"immediately\"\n",
    );
    let case = Case::new(toml);
    let lines: Vec<String> = case.diagnostics().iter().map(|d| case.plain(&d.to_string())).collect();
    assert_eq!(
        lines,
        ["newsvigil.toml:18:21: the query cannot be read", "newsvigil.toml:21:9: `email` is not a mail address"]
    );
}

#[test]
fn json_tells_a_machine_the_same() {
    let case = Case::new(good(&[], "[poll]\nevry = \"30m\"\n"));
    let json = serde_json::to_value(case.diagnostics()).expect("diagnostics are plain");
    let file = case.folder.path().join("newsvigil.toml").display().to_string();
    let expected = serde_json::json!([{
        "severity": "error", "file": file, "line": 17, "column": 1, "start": 304, "end": 308,
        "message": "unknown key `evry` in [poll]", "label": "", "help": "did you mean `every`?",
    }]);
    assert_eq!(json, expected);
}

#[test]
fn the_shipped_configuration_only_wants_a_real_recipient() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/newsvigil.toml");
    let (settings, warnings) = config::load(&path, &Environment::default(), &toy_query_check).expect("it is sound");
    let warnings: Vec<String> = warnings.iter().map(|warning| warning.message.clone()).collect();
    assert_eq!(warnings, ["this address is still an example"]);
    assert_eq!((settings.feeds.len(), settings.watches.len(), settings.recipients.len()), (29, 4, 1));
}

#[test]
fn what_cleaning_a_page_may_cost_is_the_operators_to_say() {
    let toml = "[extract]\nmax_html_size = \"2 MiB\"\nmax_text_size = \"100 KiB\"\nmax_depth = 64\nmax_nodes = 5000\nmax_passages = 700\n";
    let limits = Case::new(good(&[], toml)).settings().extract;
    let wanted = extract::Limits {
        max_html_bytes: 2 << 20,
        max_text_bytes: 100 << 10,
        max_depth: 64,
        max_nodes: 5_000,
        max_passages: 700,
    };
    assert_eq!(limits, wanted);
    assert_eq!(Case::new(good(&[], "")).settings().extract, extract::Limits::default());
}

/// The lines of the shipped file that stand behind a `#` and could be taken in: number, key, the file with it.
fn shipped_lines_switched_on() -> Vec<(usize, String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/newsvigil.toml");
    let shipped = fs::read_to_string(path).expect("it is shipped");
    let key = |line: &str| {
        let (key, _) = line.strip_prefix('#')?.split_once(" = ")?;
        key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_').then(|| key.to_owned())
    };
    let lines: Vec<&str> = shipped.lines().collect();
    let switched_on = |at: usize| {
        let line = |(i, line): (usize, &&str)| if i == at { line[1..].to_owned() } else { (*line).to_owned() };
        lines.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
    };
    let found = lines.iter().enumerate().filter_map(|(at, line)| Some((at + 1, key(line)?, switched_on(at))));
    found.collect()
}

#[test]
fn what_the_shipped_file_shows_behind_a_hash_is_what_holds_anyway() {
    // Those of [mail.smtp] stand in a block that is switched off; the others are examples, as their comment says.
    let examples = [
        "reply_to",
        "host",
        "tls",
        "port",
        "username",
        "password_file",
        "ca_file",
        "url",
        "max_connections",
        "contact",
        "listen",
    ];
    let plain = Case::new(include_str!("../config/newsvigil.toml"));
    let normal = format!("{:?}", plain.load().expect("it is sound").0);
    let mut seen = 0;
    for (line, key, toml) in shipped_lines_switched_on() {
        let case = Case::new(&toml);
        if examples.contains(&key.as_str()) {
            continue;
        }
        let settings = case.load().unwrap_or_else(|_| panic!("line {line}: {}", case.shown())).0;
        let settings = format!("{settings:?}").replace(&case.folder.path().display().to_string(), "");
        assert_eq!(settings, normal.replace(&plain.folder.path().display().to_string(), ""), "line {line}: {key}");
        seen += 1;
    }
    assert!(seen > 20, "only {seen} lines were tried");
}

#[test]
fn every_key_stands_in_the_shipped_file() {
    let shipped = include_str!("../config/newsvigil.toml");
    let blocks = [
        "service",
        "database",
        "poll",
        "fetch",
        "extract",
        "keep",
        "digest",
        "bulletins",
        "mail",
        "mail.smtp",
        "mail.maildir",
        "mail.command",
    ];
    let blocks = blocks.map(|block| format!("[{block}]")).into_iter();
    let lists = ["source", "watch", "recipient"].map(|block| format!("[[{block}]]"));
    for block in blocks.chain(lists) {
        let case = Case::new(format!("{block}\nqqqqqqqqqqqq = 1\n"));
        let unknown = case.diagnostics().into_iter().find(|d| d.message.starts_with("unknown key"));
        let help = unknown.unwrap_or_else(|| panic!("{block} takes any key")).help;
        let keys = help.strip_prefix("known here: ").unwrap_or_else(|| panic!("{block}: {help}"));
        for key in keys.split(", ").map(|key| key.trim_matches('`')) {
            let written = shipped.contains(&format!("{key} = ")) || shipped.contains(&format!("[{key}]"));
            let written = written || shipped.contains(&format!("[mail.{key}]"));
            assert!(written, "{block} knows `{key}`, which the shipped file does not show");
        }
    }
}

#[test]
fn the_shipped_mail_server_only_wants_its_password() {
    let shipped = include_str!("../config/newsvigil.toml");
    let (before, rest) = shipped.split_once("[mail.maildir]").expect("the folder comes first");
    let (_, rest) = rest.split_once("#[mail.smtp]").expect("then the server");
    let (smtp, after) = rest.split_once("\n\n").expect("then a blank line");
    let smtp = smtp.replace("\n#", "\n").replace("\n The", "\n# The").replace("\n and", "\n# and");
    let toml = format!("{before}[mail.smtp]{smtp}\n\n{after}");
    let case =
        Case::new(toml.replace("/etc/newsvigil/smtp-password", "pw").replace("/etc/newsvigil/mail-ca.pem", "pw"));
    case.file("pw", "secret\n");
    let (settings, _) = case.load().unwrap_or_else(|_| panic!("{}", case.shown()));
    let MailSettings::Smtp(smtp) = settings.mail else { panic!("mail leaves by SMTP") };
    assert_eq!((smtp.host.as_str(), smtp.port, smtp.tls), ("smtp.example.org", 465, Tls::Implicit));
}

#[test]
fn a_password_comes_from_a_file_or_a_credential_without_its_line_end() {
    let smtp = "[mail]\nfrom = \"a@b-c.org\"\n[mail.smtp]\nhost = \"h.b-c.org\"\nusername = \"u\"\n";
    let password = |case: &Case| match case.settings().mail {
        MailSettings::Smtp(smtp) => smtp.login.expect("a login").password.expose_secret().to_owned(),
        MailSettings::Maildir(_) | MailSettings::Command(_) => panic!("mail leaves by SMTP"),
    };
    let case = Case::new(good(&[(MAIL, &format!("{smtp}password_file = \"secrets/smtp\"\n"))], ""));
    case.file("secrets/smtp", "hun ter2\r\n");
    assert_eq!(password(&case), "hun ter2");

    let mut case = Case::new(good(&[(MAIL, smtp)], ""));
    case.file("credentials/smtp-password", "handed over\n");
    case.environment.credentials_directory = Some(case.folder.path().join("credentials"));
    assert_eq!(password(&case), "handed over");
    assert!(!format!("{:?}", case.settings()).contains("handed over"));

    // A command run by hand finds it where the unit takes it from.
    case.environment.credentials_directory = None;
    case.environment.credential_store = Some(case.folder.path().join("credstore"));
    case.file("credstore/newsvigil.smtp-password", "stored\n");
    assert_eq!(password(&case), "stored");
}

#[test]
fn a_sources_secrets_come_from_files_and_credentials_and_are_never_shown() {
    let source = "[[source]]\nurl = \"https://news.example/rss\"\nusername = \"desk\"\npassword_file = \"secrets/pw\"\n\
                  header_files = { X-Api-Key = \"credential:monitor-key\", Cookie = \"secrets/cookie\" }\n";
    let mut case = Case::new(good(&[(SOURCE, source)], ""));
    case.environment.credential_store = Some(case.folder.path().join("credstore"));
    case.file("secrets/pw", "hunter2\n");
    case.file("secrets/cookie", "session=hunter2\n");
    case.file("credstore/newsvigil.monitor-key", "hunter2\n");
    let settings = case.settings();
    let credentials = &settings.credentials[&settings.feeds[0].id()];
    let (username, password) = credentials.login.as_ref().expect("a login");
    assert_eq!((username.as_str(), password.expose_secret()), ("desk", "hunter2"));
    let headers: Vec<_> =
        credentials.headers.iter().map(|(name, value)| (name.as_str(), value.expose_secret())).collect();
    assert_eq!(headers, [("Cookie", "session=hunter2"), ("X-Api-Key", "hunter2")]);
    assert_eq!(credentials.origin.ascii_serialization(), "https://news.example");
    let shown = format!("{settings:?}");
    assert!(!shown.contains("hunter2"));

    let insecure = Case::new(good(&[(SOURCE, &source.replace("https:", "http:"))], ""));
    insecure.file("secrets/pw", "hunter2\nagain\n");
    insecure.file("secrets/cookie", "sess\u{f6}on\n");
    let messages: Vec<String> = insecure.diagnostics().into_iter().map(|d| d.message).collect();
    assert!(messages.contains(&"no secret in this file: the file holds more than one line".to_owned()), "{messages:?}");
    assert!(messages.contains(&"the secret in this file cannot stand in a header".to_owned()), "{messages:?}");
    insecure.file("secrets/pw", "hunter2\n");
    insecure.file("secrets/cookie", "fine\n");
    let mut insecure = insecure;
    insecure.environment.credentials_directory = Some(insecure.folder.path().join("handed-over"));
    insecure.file("handed-over/monitor-key", "key\n");
    let messages: Vec<String> = insecure.diagnostics().into_iter().map(|d| d.message).collect();
    assert_eq!(messages, ["the secrets of this source cross the network unencrypted"]);
}

#[test]
fn a_route_holds_for_all_sources_that_name_none() {
    let case = Case::new(good(
        &[],
        "[fetch]\nroute = \"socks5h://127.0.0.1:9050\"\n[[source]]\nurl = \"https://b.example/\"\nroute = \"direct\"\n\
         [[source]]\nurl = \"https://c.example/\"\nroute = \"http://proxy.example:3128\"\n\
         [[source]]\nurl = \"http://abcdef.onion/rss\"\n",
    ));
    let routes: Vec<String> = case.settings().feeds.iter().map(|feed| feed.route.as_str().to_owned()).collect();
    assert_eq!(
        routes,
        ["socks5h://127.0.0.1:9050", "direct", "http://proxy.example:3128/", "socks5h://127.0.0.1:9050"]
    );
}

#[test]
fn a_password_file_that_is_not_one_is_refused() {
    let smtp =
        "[mail]\nfrom = \"a@b-c.org\"\n[mail.smtp]\nhost = \"h.b-c.org\"\nusername = \"u\"\npassword_file = \"pw\"\n";
    let complaint = |content: &[u8], mode: u32| {
        let case = Case::new(good(&[(MAIL, smtp)], ""));
        case.file("pw", content);
        case.mode("pw", mode);
        case.diagnostics().iter().map(|d| d.message.clone()).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(complaint(b"\n", 0o600), "no secret in this file: the file is empty");
    assert_eq!(complaint(b"a\nb\n", 0o600), "no secret in this file: the file holds more than one line");
    assert_eq!(complaint(b"\xff\n", 0o600), "no secret in this file: not a file with a password: not UTF-8");
    assert_eq!(
        complaint(&[b'x'; 5000], 0o600),
        "no secret in this file: not a file with a password: larger than 4096 bytes"
    );
    assert_eq!(complaint(b"fine\n", 0o644), "everybody on this machine may read the secret in this file");
    assert_eq!(complaint(b"fine\n", 0o640), "");
}

#[test]
fn a_database_on_another_machine_takes_its_password_into_the_address() {
    let case = Case::new(good(&[], "[database]\nurl = \"postgres://nv@db.ngo.org/news\"\npassword_file = \"pw\"\n"));
    case.file("pw", "p@ss/w:rd\n");
    let store::Config::Postgres { url, .. } = case.settings().store else { panic!("PostgreSQL was asked for") };
    assert_eq!(url.expose_secret(), "postgres://nv:p%40ss%2Fw%3Ard@db.ngo.org/news");
}

#[test]
fn what_is_written_is_what_is_set() {
    let case = Case::new(good(
        &[(RECIPIENT, "")],
        "[service]\nstate_dir = \"state\"\nlisten = \"[::1]:9117\"\nhosts = [\"Monitor.ngo.org\"]\n\
         [poll]\nevery = \"1h\"\nmail_back = \"3d\"\n[keep]\npages = \"forever\"\n[fetch]\nallow_networks = [\"10.1.0.0/16\", \"::1\"]\n\
         contact = \"https://ngo.org/reader\"\n\
         [[source]]\nurl = \"feed://www.b.example/atom#top\"\nevery = \"15m\"\nlang = \"zh-Hant\"\n\
         [[source]]\nurl = \"https://c.example/\"\ndisabled = true\nhold = false\n\
         [[watch]]\nid = \"returns\"\nname = \"Returns\"\nterms = [\"forced return\", \"repatriat*\"]\n\
         [[recipient]]\nid = \"desk\"\nemail = \"desk@ngo.org\"\nwatches = [\"returns\", \"shenyang\"]\n\
         at = [18:00, \"7:30\"]\nzone = \"Asia/Seoul\"\n\
         [alarms]\nsilent_after = \"2d\"\nfailing_after = \"3h\"\ngather = \"0s\"\nhold = false\n\
         [[recipient]]\nid = \"ops\"\nemail = \"ops@ngo.org\"\nalarms = true\nzone = \"UTC\"\n",
    ));
    let settings = case.settings();
    let bounds = &settings.alarms.bounds;
    let day = Duration::from_secs(86_400);
    assert_eq!((bounds.silent_after, bounds.failing_after, bounds.hold), (2 * day, day / 8, false));
    assert_eq!(settings.alarms.gather, Duration::ZERO);
    assert_eq!(settings.alarms.never_held.len(), 1);
    let ops = &settings.recipients[1];
    assert!(ops.alarms && ops.watches.is_empty() && ops.rhythm == Rhythm::Immediately);
    assert_eq!(settings.state_dir, case.folder.path().join("state"));
    assert_eq!(settings.http.map(|http| http.hosts), Some(vec!["monitor.ngo.org".to_owned()]));
    assert_eq!(settings.poll.mail_back, MailBack::Within(Duration::from_secs(3 * 86_400)));
    assert_eq!(settings.keep.pages, None);
    assert_eq!(settings.fetch.allow_networks.len(), 2);
    assert!(settings.fetch.user_agent.ends_with(" (+https://ngo.org/reader)"), "{}", settings.fetch.user_agent);
    let feeds: Vec<_> = settings.feeds.iter().map(|f| (f.url.as_str(), f.outlet.as_str(), f.every.as_secs())).collect();
    assert_eq!(
        feeds,
        [("https://news.example/rss", "news.example", 3600), ("https://www.b.example/atom", "b.example", 900)]
    );
    assert_eq!(settings.watches[1].query, "\"forced return\" OR repatriat*");
    let times = [jiff::civil::time(7, 30, 0, 0), jiff::civil::time(18, 0, 0, 0)];
    assert_eq!(settings.recipients[0].rhythm, Rhythm::Daily { at: times.to_vec() });
    assert_eq!(settings.recipients[0].zone.iana_name(), Some("Asia/Seoul"));
}

#[test]
fn a_listing_page_is_read_by_selectors_of_which_only_one_must_be_given() {
    let case = Case::new(good(
        &[],
        "[[source]]\nurl = \"https://b.example/\"\nkind = \"page\"\nitem = \"ul > li\"\ndate = \".when\"\n\
         [[source]]\nurl = \"https://c.example/sitemap.xml\"\nkind = \"sitemap\"\n",
    ));
    let feeds = case.settings().feeds;
    let kinds: Vec<_> = feeds.iter().map(|feed| feed.kind.word()).collect();
    assert_eq!(kinds, ["feed", "page", "sitemap"]);
    let selectors = feeds[1].selectors.clone().expect("a page has selectors");
    assert_eq!((selectors.item.as_str(), selectors.link.as_str()), ("ul > li", "a[href]"));
    assert_eq!((selectors.title, selectors.date.as_deref()), (None, Some(".when")));
    assert_eq!((&feeds[0].selectors, &feeds[2].selectors), (&None, &None));
}

#[test]
fn lists_of_sources_lie_beside_the_configuration() {
    let case = Case::new(good(&[(SOURCE, "")], ""));
    case.file("sources.d/20-more.toml", "[[source]]\nurl = \"https://b.example/\"\n");
    case.file("sources.d/10-first.toml", "[[source]]\nurl = \"https://a.example/\"\n");
    case.file("sources.d/README", "not read");
    case.file("sources.d/.10-first.toml.swp.toml", "not read");
    let settings = case.settings();
    let urls: Vec<&str> = settings.feeds.iter().map(|feed| feed.url.as_str()).collect();
    assert_eq!(urls, ["https://a.example/", "https://b.example/"]);
    assert_eq!(settings.files.len(), 3);
}

#[test]
fn a_list_of_sources_holds_nothing_else_and_repeats_nothing() {
    let case = Case::new(good(&[], "[poll]\nevry = \"1h\"\n"));
    case.file("sources.d/a.toml", "[[source]]\nurl = \"https://news.example/rss\"\n[[watch]]\nid = \"x\"\n");
    case.file("sources.d/b.toml", b"[[source]]\nurl = \"https://\xff\"\n");
    insta::assert_snapshot!(case.shown());
}

#[test]
fn files_from_other_editors_are_read() {
    let windows = format!("\u{feff}{}", good(&[], "")).replace('\n', "\r\n");
    assert_eq!(Case::new(&windows).settings().feeds.len(), 1);
    // The place is that of the text that an editor shows.
    let broken = Case::new(windows.replace("id = \"desk\"", "di = \"desk\""));
    assert!(broken.shown().contains("--> newsvigil.toml:10:1"), "{}", broken.shown());
}

#[test]
fn a_file_that_is_no_text_is_named_with_the_first_bad_byte() {
    let message = |bytes: &[u8]| {
        let case = Case::new(bytes);
        case.diagnostics().iter().map(|d| case.plain(&d.to_string())).collect::<Vec<_>>().join("; ")
    };
    assert_eq!(message(b"[mail]\nfrom = \"Caf\xe9\"\n"), "newsvigil.toml: not UTF-8: byte 18 (in line 2) is 0xe9");
    assert_eq!(message(b"\xff\xfe[\0m\0"), "newsvigil.toml: saved as UTF-16, but UTF-8 is needed");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let case = Case::new("");
    fs::remove_file(case.folder.path().join("newsvigil.toml")).expect("it was written");
    insta::assert_snapshot!(case.shown());
    fs::create_dir(case.folder.path().join("newsvigil.toml")).expect("the name is free");
    assert!(case.shown().contains("a folder, not a file"), "{}", case.shown());
}

#[test]
fn a_file_that_everybody_may_change_is_noted() {
    let case = Case::new(good(&[], ""));
    case.mode("newsvigil.toml", 0o646);
    assert!(case.load().is_ok());
    assert!(case.shown().contains("everybody on this machine may change this file"), "{}", case.shown());
}

#[test]
fn a_thousand_mistakes_are_shown_as_a_hundred() {
    let toml = good(&[], &"[[source]]\nurl = \"x\"\n".repeat(1_000));
    let shown = Case::new(toml).shown();
    assert!(shown.ends_with("… and 900 more\n"), "{}", &shown[shown.len() - 200..]);
}

/// Lines that parsers of all kinds stumble over, and the words they are made of.
fn hostile_text() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "[",
        "]",
        "[[",
        "]]",
        "=",
        "\"",
        "'",
        "\"\"\"",
        "'''",
        "{",
        "}",
        ",",
        ".",
        "\\",
        "\n",
        "\r\n",
        "#",
        " ",
        "\u{feff}",
        "\0",
        "source",
        "watch",
        "recipient",
        "mail",
        "smtp",
        "poll",
        "url",
        "id",
        "terms",
        "query",
        "at",
        "every",
        "zone",
        "password",
        "07:30",
        "30m",
        "1979-05-27",
        "0x",
        "1e9",
        "true",
        "nan",
        "://u:p@",
        "https://a.example/",
        "é",
        "遣返",
        "\u{1f4f0}",
        "AND",
    ]);
    prop::collection::vec(words, 0..60).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_file_makes_the_program_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        Case::new(bytes).shown();
    }

    #[test]
    fn no_text_makes_the_program_panic(text in hostile_text(), tail in any::<String>()) {
        let case = Case::new(format!("{text}{tail}"));
        case.shown();
        case.table();
    }

    #[test]
    fn no_damage_to_a_real_file_makes_the_program_panic(
        at in any::<prop::sample::Index>(), length in 0usize..200, instead in hostile_text(),
    ) {
        let shipped = include_str!("../config/newsvigil.toml");
        let start = shipped.floor_char_boundary(at.index(shipped.len()));
        let end = shipped.ceil_char_boundary((start + length).min(shipped.len()));
        let case = Case::new([&shipped[..start], &instead, &shipped[end..]].concat());
        case.shown();
        case.table();
    }

    #[test]
    fn no_value_makes_the_program_panic(value in any::<String>(), number in any::<i64>()) {
        let value = serde_json::to_string(&value).expect("a string can be written");
        let toml = format!(
            "[service]\nlisten = {value}\n[database]\nurl = {value}\n[poll]\nevery = {value}\n[fetch]\nmax_page_size = {value}\n\
             max_redirects = {number}\nallow_networks = [{value}]\nuser_agent = {value}\n[mail]\nfrom = {value}\n[mail.smtp]\n\
             host = {value}\nport = {number}\n[[source]]\nurl = {value}\nlang = {value}\n[[watch]]\nid = {value}\n\
             terms = [{value}]\n[[watch]]\nid = \"q\"\nquery = {value}\n[[recipient]]\nid = {value}\nemail = {value}\n\
             watches = [{value}]\nat = [{value}]\nzone = {value}\n"
        );
        let case = Case::new(toml);
        case.shown();
        case.table();
    }
}

#[test]
fn a_recipient_chooses_days_alerts_quiet_hours_silence_and_language() {
    let case = Case::new(good(
        &[],
        "[digest]\nalert_gather = \"5m\"\nmax_alerts_per_hour = 3\n\
         [[watch]]\nid = \"raids\"\nterms = [\"raid\"]\nurgent = true\n\
         [[watch]]\nid = \"buses\"\nterms = [\"convoy\"]\n\
         [[recipient]]\nid = \"night\"\nemail = \"night@ngo.org\"\nwatches = [\"raids\", \"buses\"]\n\
         on = [\"thu\", \"mon\"]\nat = \"07:30\"\nzone = \"Asia/Seoul\"\nalert_watches = [\"buses\"]\n\
         quiet = \"22:00-06:30\"\nurgent_in_quiet = true\nall_quiet = \"daily\"\nlanguage = \"ko\"\n",
    ));
    let (settings, _) = case.load().expect("it is in order");
    assert_eq!((settings.digest.alerts.gather.as_secs(), settings.digest.alerts.max_an_hour), (300, 3));
    let night = settings.recipients.iter().find(|recipient| recipient.id.as_str() == "night").expect("it is there");
    let time = |hour, minute| jiff::civil::time(hour, minute, 0, 0);
    let on = vec![jiff::civil::Weekday::Monday, jiff::civil::Weekday::Thursday];
    assert_eq!(night.rhythm, Rhythm::Weekly { on, at: vec![time(7, 30)] });
    let ids = |ids: &[newsvigil::model::id::WatchId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        (ids(&night.alerts.watches), ids(&night.alerts.urgent)),
        (vec!["raids".into(), "buses".into()], vec!["raids".into()])
    );
    assert_eq!(night.alerts.quiet, Some(QuietHours { from: time(22, 0), until: time(6, 30) }));
    assert!(night.alerts.urgent_in_quiet);
    assert_eq!((night.all_quiet, night.language), (AllQuiet::Daily, Language::Korean));
}

#[test]
fn mistakes_in_days_and_alerts_say_what_to_write() {
    let wrong = |lines: &str| {
        let recipient = "[[recipient]]\nid = \"x\"\nemail = \"x@ngo.org\"\nzone = \"UTC\"\nwatches = \"all\"\n";
        let case = Case::new(good(&[], &format!("{recipient}{lines}\n")));
        case.diagnostics().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    for (lines, told) in [
        ("at = \"07:30\"\non = [\"someday\"]", "there is no such day"),
        ("at = \"07:30\"\non = []", "`on` is empty"),
        ("digest = \"immediately\"\non = [\"mon\"]", "there is no `at`"),
        ("at = \"07:30\"\nquiet = \"22:00\"", "`quiet`"),
        ("at = \"07:30\"\nalert_watches = [\"none\"]", "there is no watch of this id"),
        ("at = \"07:30\"\nurgent_in_quiet = true", "no quiet hours"),
        ("digest = \"immediately\"\nalert_watches = [\"shenyang\"]", "mailed at once anyway"),
        ("at = \"07:30\"\nlanguage = \"fr\"", "`language` has no such choice"),
        ("at = \"07:30\"\nall_quiet = \"hourly\"", "`all_quiet` has no such choice"),
    ] {
        assert!(wrong(lines).contains(told), "{lines}: {}", wrong(lines));
    }
}
