//! A directory with a configuration, and the real program run in it.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use super::fake_web::{Answer, FakeWeb};
use super::mime::Part;

/// What a test waits for at most: far more than it takes, so that only a defect reaches it.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct World {
    pub dir: tempfile::TempDir,
    pub web: FakeWeb,
    config: String,
}

impl World {
    /// Without sources, watches or recipients yet; mail goes to a Maildir.
    pub fn new() -> World {
        World::fetching("host_gap = \"0s\"\nmax_concurrent_per_host = 8")
    }

    /// With these lines in `[fetch]`.
    pub fn fetching(lines: &str) -> World {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().display();
        let config =
            format!("[service]\nstate_dir = '{path}/state'\n[fetch]\nallow_networks = [\"127.0.0.0/8\"]\n{lines}\n");
        World { dir, web: FakeWeb::start(), config }
    }

    /// Old entries of new feeds are mailed too, so that one poll is enough for a mail.
    pub fn mail_back(&mut self) -> &mut World {
        self.config("[poll]\nmail_back = \"all\"")
    }

    pub fn config(&mut self, toml: &str) -> &mut World {
        self.config.push_str(toml);
        self.config.push('\n');
        self
    }

    /// Adds lines to a section that stands there already.
    pub fn in_section(&mut self, heading: &str, toml: &str) -> &mut World {
        let at =
            self.config.find(heading).unwrap_or_else(|| panic!("no {heading} in\n{}", self.config)) + heading.len();
        self.config.insert_str(at, &format!("\n{toml}"));
        self
    }

    /// Edits the configuration as written so far.
    pub fn change(&mut self, edit: impl FnOnce(&str) -> String) -> &mut World {
        self.config = edit(&self.config);
        self
    }

    pub fn maildir(&mut self) -> &mut World {
        let path = self.dir.path().join("Maildir").display().to_string();
        self.config(&format!("[mail]\nfrom = \"newsvigil <digest@news.example>\"\n[mail.maildir]\npath = '{path}'"))
    }

    pub fn smtp(&mut self, port: u16) -> &mut World {
        self.config(&format!(
            "[mail]\nfrom = \"newsvigil <digest@news.example>\"\n[mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\""
        ))
    }

    pub fn source(&mut self, path: &str, name: &str) -> &mut World {
        let url = self.web.url(path);
        self.config(&format!("[[source]]\nurl = \"{url}\"\nname = \"{name}\""))
    }

    pub fn watch(&mut self, id: &str, terms: &[&str]) -> &mut World {
        self.config(&format!("[[watch]]\nid = \"{id}\"\nname = \"{id}\"\nterms = {terms:?}"))
    }

    /// Told immediately, of everything.
    pub fn reader(&mut self, id: &str, email: &str) -> &mut World {
        self.config(&format!(
            "[[recipient]]\nid = \"{id}\"\nemail = \"{email}\"\nwatches = \"all\"\ndigest = \"immediately\"\nzone = \"UTC\""
        ))
    }

    /// Serves an RSS feed whose entries link pages that are served too.
    pub fn publish(&self, path: &str, reports: &[(&str, &str, &str)]) {
        let items: String = reports
            .iter()
            .map(|(page, title, text)| {
                let link = self.web.url(page);
                let paragraphs: String = text.split("\n\n").map(|text| format!("<p>{text}</p>")).collect();
                let html = format!("<html><head><title>{title}</title></head><body><article><h1>{title}</h1>{paragraphs}</article></body></html>");
                self.web.serve(page, Answer::page(html));
                format!("<item><title>{title}</title><link>{link}</link><guid>{link}</guid></item>")
            })
            .collect();
        self.web.serve(path, Answer::feed(rss(&items)));
    }

    /// Serves an RSS feed of one entry with a text of its own; its page is served elsewhere, or not at all.
    pub fn list(&self, path: &str, title: &str, link: &str, text: &str) {
        let item = format!(
            "<item><title>{title}</title><link>{link}</link><guid>1</guid><description>{text}</description></item>"
        );
        self.web.serve(path, Answer::feed(rss(&item)));
    }

    pub fn config_path(&self) -> PathBuf {
        let path = self.dir.path().join("newsvigil.toml");
        // What a test waits for is not gathered for minutes or folded, unless it says so itself.
        let at_once = "[digest]\nalert_gather = \"0s\"\nmax_alerts_per_hour = 3600\n";
        let config = match (self.config.contains("[digest]"), self.config.contains("alert_gather")) {
            (false, _) => format!("{}{at_once}", self.config),
            (true, false) => self.config.replacen("[digest]\n", at_once, 1),
            (true, true) => self.config.clone(),
        };
        std::fs::write(&path, config).unwrap();
        path
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_newsvigil"));
        command.arg("-c").arg(self.config_path()).args(args).env_remove("NEWSVIGIL_LOG").stdin(Stdio::null());
        command
    }

    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs a command that must succeed; returns what it wrote.
    pub fn ok(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{args:?}: {text}\n{}", String::from_utf8_lossy(&output.stderr));
        text
    }

    pub fn json(&self, args: &[&str]) -> serde_json::Value {
        serde_json::from_str(&self.ok(args)).unwrap()
    }

    /// The daemon, its log in a file.
    pub fn daemon(&self) -> Daemon {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log()).unwrap();
        Daemon(self.command(&["run"]).stderr(log).stdout(Stdio::null()).spawn().unwrap())
    }

    pub fn log(&self) -> PathBuf {
        self.dir.path().join("log")
    }

    /// The mails of the Maildir, decoded enough to look for words in.
    pub fn mails(&self) -> Vec<String> {
        let new = self.dir.path().join("Maildir/new");
        let Ok(files) = new.read_dir() else { return vec![] };
        let mut paths: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
        // In the order of their writing: their names tell it to the second only.
        paths.sort_by_key(|path| (path.metadata().unwrap().modified().unwrap(), path.clone()));
        paths.iter().map(|path| readable(&std::fs::read_to_string(path).unwrap())).collect()
    }
}

/// The daemon as a child; killed when dropped.
pub struct Daemon(pub Child);

impl Daemon {
    /// `kill -9`.
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.0.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    pub fn ended(&mut self) -> std::process::ExitStatus {
        let mut status = None;
        wait_until("the daemon ends", || {
            status = self.0.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Looks again until the condition holds; fails with its name when patience ends.
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// The answer to a GET, head and all.
pub fn get(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

pub fn rss(items: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><rss version=\"2.0\"><channel><title>A newsroom</title>\
         <link>http://news.example/</link><description>x</description>{items}</channel></rss>"
    )
}

/// A mail's subject and texts, decoded, for tests that look for words.
pub fn readable(mail: &str) -> String {
    let mail = Part::parse(mail);
    let own = std::iter::once(&mail).filter(|mail| mail.parts.is_empty());
    let texts: Vec<_> = own.chain(&mail.parts).map(|part| part.text.clone()).collect();
    format!("Subject: {}\n\n{}", mail.header("Subject").unwrap_or_default(), texts.join("\n"))
}
