//! What goes wrong around the program while it works: nothing is lost, nothing is sent twice, and ops can see it.

#![allow(clippy::unwrap_used)]

mod support;

use sqlx::Connection as _;
use support::fake_smtp::{FakeSmtp, Manner};
use support::fake_web::{Answer, Fault};
use support::world::{World, rss, wait_until};

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
    wait_until("the article is refused", || log(&world).contains("storing articles"));
    lock.release();
    wait_until("the mail, long before the lease would have ended", || world.mails().len() == 1);
    daemon.signal("TERM");
    assert!(daemon.ended().success());
}

#[test]
fn a_page_without_end_costs_its_cap_and_the_report_is_mailed_from_the_feed() {
    let mut world = World::new();
    world.mail_back().maildir().watch("returns", &["repatriation"]).reader("desk", "desk@ngo.example");
    world.source("/feed.xml", "Northern Monitor");
    let link = world.web.url("/endless.html");
    world.web.serve("/endless.html", Answer::fault(Fault::Endless));
    let text = "Their families fear that they will be repatriated within days.";
    world.web.serve(
        "/feed.xml",
        Answer::feed(rss(&format!(
            "<item><title>Nine held</title><link>{link}</link><guid>1</guid><description>{text}</description></item>"
        ))),
    );
    world.ok(&["once"]);
    assert!(world.mails()[0].contains("*repatriated*"), "{:?}", world.mails());
    let told = world.ok(&["inspect", "entry", &link]);
    assert!(told.contains("is larger than 16777216 bytes"), "{told}");
}
