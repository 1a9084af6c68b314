//! What it costs to mail a digest of thirty reports to very many readers: composing on SQLite as the daemon does it, and
//! handing over to a mail server on loopback that takes everything.
//!
//! `cargo bench --bench delivery` does it for 1,000 and then for 10,000 readers; `cargo bench --bench delivery -- 500` for
//! so many. Each number runs in a process of its own, whose peak of memory is told: it must not grow with the readers.

#![allow(clippy::print_stdout, clippy::unwrap_used, dead_code, reason = "a benchmark prints what it measured")]

#[path = "../tests/support/fake_web.rs"]
mod fake_web;

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use fake_web::{Answer, FakeWeb};
use newsvigil::daemon::{self, FirstPolls};
use newsvigil::stage::{compose, dispatch, poll, process};

const REPORTS: usize = 30;
/// Tells a child how many readers it has.
const CHILD: &str = "NEWSVIGIL_BENCH_READERS";

fn main() {
    if let Some(readers) = std::env::var(CHILD).ok().and_then(|readers| readers.parse().ok()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
        runtime.unwrap().block_on(mail_to(readers));
        return;
    }
    let asked = std::env::args().skip(1).find_map(|argument| argument.parse::<usize>().ok());
    println!("readers | mails | composed/s | mails/s | connections | KB a mail | MB at the start | MB at most");
    for readers in asked.map_or(vec![1_000, 10_000], |asked| vec![asked]) {
        let own = std::env::current_exe().unwrap();
        assert!(std::process::Command::new(own).env(CHILD, readers.to_string()).status().unwrap().success());
    }
}

async fn mail_to(readers: usize) {
    let folder = tempfile::tempdir().unwrap();
    let (web, sink) = (FakeWeb::start(), Sink::start());
    publish(&web);
    let path = folder.path().join("newsvigil.toml");
    std::fs::write(&path, config(folder.path(), &web, sink.port, readers)).unwrap();
    let (settings, _) = daemon::load(&path).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    let assembled = daemon::assemble(&settings, FirstPolls::AtOnce).await.unwrap();
    let (desk, plan) = (&assembled.desk, &assembled.plan);
    poll::drain(desk, plan).await.unwrap();
    process::drain(desk, plan).await.unwrap();
    let at_start = memory_mb("VmHWM");
    let begun = Instant::now();
    // What has no room in one mail goes on in a second.
    let mails = compose::drain(desk, plan).await.unwrap();
    assert!(mails >= readers as u64);
    let composing = begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    assert_eq!(dispatch::drain(desk, plan).await.unwrap(), mails);
    let sending = begun.elapsed().as_secs_f64();
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    assert_eq!(count(&sink.counts.mails), mails, "each mail arrived once");
    println!(
        "{readers:7} | {mails:5} | {:10.0} | {:7.0} | {:11} | {:9} | {at_start:15} | {:10}",
        mails as f64 / composing,
        mails as f64 / sending,
        count(&sink.counts.connections),
        count(&sink.counts.bytes) / mails / 1024,
        memory_mb("VmHWM")
    );
}

/// Thirty reports on thirty events, each of some hundred words.
fn publish(web: &FakeWeb) {
    let mut items = String::new();
    for number in 0..REPORTS {
        let words = (0..120).map(|word| format!("w{:x}", (number * 7919 + word * 104_729) % 1_000_003));
        let words = words.collect::<Vec<_>>().join(" ");
        let html = format!(
            "<html><head><title>Report {number}</title></head><body><article><h1>Report {number} of the day</h1>\
             <p>It is feared that they will be repatriated within days. {words}.</p><p>{words} again.</p></article></body></html>"
        );
        let page = format!("/{number}.html");
        web.serve(&page, Answer::page(html));
        let link = web.url(&page);
        write!(items, "<item><title>Report {number} of the day</title><link>{link}</link><guid>{link}</guid></item>")
            .unwrap();
    }
    let rss = format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>x</title><link>{}</link><description>x</description>{items}</channel></rss>",
        web.url("/")
    );
    web.serve("/rss", Answer::feed(rss));
}

fn config(folder: &std::path::Path, web: &FakeWeb, port: u16, readers: usize) -> String {
    let mut config = format!(
        "[service]\nstate_dir = '{}'\n[fetch]\nallow_networks = [\"127.0.0.0/8\"]\nhost_gap = \"0s\"\nmax_concurrent_per_host = 8\n\
         [poll]\nmail_back = \"all\"\n[digest]\nfollow_ups = \"always\"\nalert_gather = \"0s\"\nmax_alerts_per_hour = 3600\n[mail]\nfrom = \"newsvigil <digest@news.example>\"\n\
         [mail.smtp]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\n[[source]]\nurl = \"{}\"\nname = \"Outlet\"\n\
         [[watch]]\nid = \"returns\"\nname = \"Returns\"\nterms = [\"repatriat*\"]\n",
        folder.join("state").display(),
        web.url("/rss")
    );
    for reader in 0..readers {
        write!(
            config,
            "[[recipient]]\nid = \"r{reader}\"\nemail = \"r{reader}@ngo.example\"\nwatches = \"all\"\ndigest = \"immediately\"\n"
        )
        .unwrap();
    }
    config
}

#[derive(Default)]
struct Counts {
    mails: AtomicU64,
    connections: AtomicU64,
    bytes: AtomicU64,
}

/// A mail server that takes everything and keeps nothing.
struct Sink {
    port: u16,
    counts: Arc<Counts>,
}

impl Sink {
    fn start() -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let counts = Arc::<Counts>::default();
        let shared = Arc::clone(&counts);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counts = Arc::clone(&shared);
                counts.connections.fetch_add(1, Ordering::Relaxed);
                std::thread::spawn(move || take_all(stream, &counts));
            }
        });
        Sink { port, counts }
    }
}

fn take_all(stream: TcpStream, counts: &Counts) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::with_capacity(64 << 10, stream);
    let mut line = Vec::new();
    let mut in_mail = false;
    reader.get_mut().write_all(b"220 sink ESMTP\r\n").ok()?;
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line).ok().filter(|read| *read > 0)?;
        let answer: &[u8] = if in_mail {
            counts.bytes.fetch_add(read as u64, Ordering::Relaxed);
            if line != b".\r\n" {
                continue;
            }
            in_mail = false;
            counts.mails.fetch_add(1, Ordering::Relaxed);
            b"250 2.0.0 taken\r\n"
        } else if line.starts_with(b"DATA") {
            in_mail = true;
            b"354 go on\r\n"
        } else if line.starts_with(b"EHLO") {
            b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
        } else {
            b"250 2.0.0 ok\r\n"
        };
        reader.get_mut().write_all(answer).ok()?;
    }
}

/// Of this process, as the kernel counts it.
fn memory_mb(what: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap_or_default();
    line.split_whitespace().find_map(|word| word.parse::<u64>().ok()).unwrap_or_default() / 1024
}
