//! What goes wrong around the program while it works: nothing is lost, nothing is sent twice, and ops can see it.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod support;

use std::process::{Command, Stdio};

use sqlx::Connection as _;
use support::fake_smtp::{FakeSmtp, Manner};
use support::fake_web::{Answer, Fault};
use support::world::{Daemon, World, readable, wait_until};

const RAID: (&str, &str, &str) =
    ("/raid.html", "Nine held in city flat", "Their families fear that they will be repatriated within days.");

/// Somebody else's write lock on the program's database.
struct Lock {
    runtime: tokio::runtime::Runtime,
    connection: sqlx::SqliteConnection,
}

impl Lock {
    fn take(world: &World) -> Lock {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let path = world.dir.path().join("state/newsvigil.db");
        let connection = runtime.block_on(async {
            let mut connection = sqlx::SqliteConnection::connect(path.to_str().unwrap()).await.unwrap();
            sqlx::query("PRAGMA busy_timeout = 20000").execute(&mut connection).await.unwrap();
            sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
            connection
        });
        Lock { runtime, connection }
    }

    fn release(mut self) {
        self.runtime.block_on(async {
            sqlx::query("ROLLBACK").execute(&mut self.connection).await.unwrap();
            self.connection.close().await.unwrap();
        });
    }
}

fn log(world: &World) -> String {
    std::fs::read_to_string(world.log()).unwrap()
}

#[test]
fn an_answer_that_a_locked_database_does_not_take_is_offered_again_and_no_mail_is_sent_twice() {
    let smtp = FakeSmtp::start();
    smtp.meet("desk@ngo.example", Manner::Ponders);
    let mut world = World::new();
    world.mail_back().smtp(smtp.port()).config("[database]\nbusy_timeout = \"100ms\"");
    world
        .source("/feed.xml", "Northern Monitor")
        .watch("returns", &["repatriation"])
        .reader("desk", "desk@ngo.example");
    world.publish("/feed.xml", &[RAID]);
    let mut daemon = world.daemon();
    wait_until("the mail server has the mail", || smtp.kept().len() == 1);
    let lock = Lock::take(&world);
    smtp.answer();
    wait_until("the answer is refused", || log(&world).contains("offered again"));
    lock.release();
    let settled = || world.json(&["deliveries", "--all", "--json"])[0]["state"] == "sent";
    wait_until("the answer is stored", settled);
    daemon.signal("TERM");
    assert!(daemon.ended().success());
    assert_eq!(smtp.kept().len(), 1);
}

#[test]
fn what_was_claimed_when_the_database_was_locked_is_taken_up_at_once_when_it_is_free() {
    let mut world = World::new();
    world.mail_back().maildir().config("[database]\nbusy_timeout = \"100ms\"");
    world
        .source("/feed.xml", "Northern Monitor")
        .watch("returns", &["repatriation"])
        .reader("desk", "desk@ngo.example");
    world.publish("/feed.xml", &[RAID]);
    let page = world.web.hold("/raid.html");
    let mut daemon = world.daemon();
    wait_until("the page is asked for", || !world.web.asked("/raid.html").is_empty());
    let lock = Lock::take(&world);
    drop(page);
    wait_until("the article cannot be stored", || log(&world).contains("loop_name=\"process\""));
    lock.release();
    wait_until("the mail, long before the lease would have ended", || world.mails().len() == 1);
    daemon.signal("TERM");
    assert!(daemon.ended().success());
}

#[test]
fn a_database_that_is_locked_again_and_again_while_digests_are_composed_and_sent_loses_and_repeats_none() {
    let smtp = FakeSmtp::start();
    let mut world = World::new();
    world.smtp(smtp.port()).config("[database]\nbusy_timeout = \"100ms\"\n[digest]\nfollow_ups = \"always\"");
    world.config("[poll]\nevery = \"1s\"\nmin_every = \"1s\"\nmail_back = \"all\"");
    world.source("/feed.xml", "Northern Monitor").watch("returns", &["repatriation"]);
    world.reader("desk", "desk@ngo.example").reader("kim", "kim@ngo.example");
    let reports: Vec<_> = (0..40)
        .map(|number| {
            let words = (0..60).map(|word| format!("w{}", number * 1000 + word)).collect::<Vec<_>>().join(" ");
            (
                format!("/{number}.html"),
                format!("Report-{number:03} of the day"),
                format!("They were repatriated. {words}"),
            )
        })
        .collect();
    let mut daemon = world.daemon();
    // A few more reports with each lock: composing and sending fall between locks, into them, and over their ends.
    for upto in (5..=reports.len()).step_by(5) {
        let listed: Vec<_> = reports[..upto].iter().map(|(page, title, text)| (&**page, &**title, &**text)).collect();
        world.publish("/feed.xml", &listed);
        let mailed = smtp.kept().len();
        let asked = world.web.asked("/feed.xml").len();
        wait_until("the feed is read", || world.web.asked("/feed.xml").len() > asked || smtp.kept().len() > mailed);
        let lock = Lock::take(&world);
        std::thread::park_timeout(std::time::Duration::from_millis(300));
        lock.release();
    }
    let arrived = || {
        let kept = smtp.kept();
        let times =
            |title: &str, to: &str| kept.iter().filter(|mail| mail.to == to && is_told(&mail.data, title)).count();
        let title = |title: &str| title.split(' ').next().unwrap().to_owned();
        let of = |to: &str| reports.iter().map(|(_, name, _)| times(&title(name), to)).collect::<Vec<_>>();
        [of("desk@ngo.example"), of("kim@ngo.example")].concat()
    };
    wait_until("every report is with every reader", || !arrived().contains(&0));
    daemon.signal("TERM");
    assert!(daemon.ended().success());
    assert_eq!(arrived(), [1].repeat(2 * reports.len()));
}

/// As a report of its own: `1. Report-003 of the day`.
fn is_told(mail: &str, title: &str) -> bool {
    let text = readable(mail);
    text.lines().any(|line| {
        line.split_once(". ").is_some_and(|(number, rest)| number.parse::<u32>().is_ok() && rest.starts_with(title))
    })
}

#[test]
fn a_page_without_end_costs_its_cap_and_the_report_is_mailed_from_the_feed() {
    let mut world = World::new();
    world.mail_back().maildir().watch("returns", &["repatriation"]).reader("desk", "desk@ngo.example");
    world.source("/feed.xml", "Northern Monitor");
    let link = world.web.url("/endless.html");
    world.web.serve("/endless.html", Answer::fault(Fault::Endless));
    let text = "Their families fear that they will be repatriated within days.";
    world.list("/feed.xml", "Nine held", &link, text);
    world.ok(&["once"]);
    assert!(world.mails()[0].contains("*repatriated*"), "{:?}", world.mails());
    let told = world.ok(&["inspect", "entry", &link]);
    assert!(told.contains("is larger than 16777216 bytes"), "{told}");
}

/// The daemon with its state on a small disk of its own, in a mount namespace that needs no privileges where the system
/// allows such; `None` where it does not.
fn daemon_on_a_small_disk(world: &World) -> Option<Daemon> {
    let namespace = ["--user", "--map-root-user", "--mount"];
    let possible = Command::new("unshare").args(namespace).args(["mount", "-t", "tmpfs", "tmpfs", "/mnt"]).output();
    if !possible.is_ok_and(|tried| tried.status.success()) {
        assert!(std::env::var_os("CI").is_none(), "a mount namespace is needed here, to try a full disk");
        eprintln!("skipped: this system gives no mount namespace, so that no full disk can be tried");
        return None;
    }
    let state = world.dir.path().join("state");
    std::fs::create_dir(&state).unwrap();
    let script = "mount -t tmpfs -o size=1200k tmpfs \"$1\"; \"$3\" -c \"$4\" run & daemon=$!; trap 'kill $daemon' TERM; \
        until [ -e \"$2\" ]; do sleep 0.05; done; mount -o remount,size=80m \"$1\"; wait $daemon; wait $daemon";
    let log = std::fs::File::create(world.log()).unwrap();
    let mut command = Command::new("unshare");
    command.args(namespace).args(["sh", "-c", script, "sh"]).arg(&state).arg(world.dir.path().join("grow"));
    command.arg(env!("CARGO_BIN_EXE_newsvigil")).arg(world.config_path());
    Some(Daemon(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().unwrap()))
}

#[test]
fn a_full_disk_stops_nothing_for_good_and_every_report_arrives_once_there_is_space() {
    let mut world = World::new();
    world.mail_back().maildir().watch("returns", &["repatriation"]).reader("desk", "desk@ngo.example");
    world.source("/feed.xml", "Northern Monitor").in_section("[poll]", "every = \"1s\"\nmin_every = \"1s\"");
    let reports: Vec<_> = (0..150)
        .map(|number| {
            let words = (0..200).map(|word| format!("w{}", number * 1000 + word)).collect::<Vec<_>>().join(" ");
            let text = format!("They were repatriated. {words}");
            (format!("/{number}.html"), format!("Report-{number:03} of the day"), text)
        })
        .collect();
    let listed: Vec<_> = reports.iter().map(|(page, title, text)| (&**page, &**title, &**text)).collect();
    world.publish("/feed.xml", &listed);
    let Some(mut daemon) = daemon_on_a_small_disk(&world) else { return };
    wait_until("the disk is full", || log(&world).contains("the disk is full"));
    std::fs::write(world.dir.path().join("grow"), "").unwrap();
    let arrived = || {
        let mails = world.mails();
        let times = |title: &str| mails.iter().filter(|mail| mail.contains(title)).count();
        reports.iter().map(|(_, title, _)| times(title.split(' ').next().unwrap())).collect::<Vec<_>>()
    };
    wait_until("all reports are there", || !arrived().contains(&0));
    daemon.signal("TERM");
    daemon.ended();
    assert_eq!(arrived(), [1].repeat(reports.len()));
}
