//! Readers who want no more mails, and mails that come back: the real program, a mail server and ops in between.

#![allow(clippy::unwrap_used)]

mod support;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Stdio;

use support::fake_smtp::{FakeSmtp, Kept, Manner};
use support::world::{World, readable, wait_until};

const KIM: &str = "kim@ngo.example";
const OPS: &str = "ops@ngo.example";

/// One report, one reader of it and somebody who is told of alarms; mails go to `smtp`.
fn newsroom(smtp: &FakeSmtp, mail: &str) -> World {
    let mut world = World::new();
    world.publish("/rss", &[("/a", "Raid", "Police stopped two buses before a repatriation.")]);
    world.mail_back().source("/rss", "Outlet").watch("repatriation", &["repatriat*"]).reader("kim", KIM);
    world.smtp(smtp.port()).in_section("[mail]", mail);
    world.config(&format!("[alarms]\ngather = \"1s\"\n[[recipient]]\nid = \"ops\"\nemail = \"{OPS}\"\nalarms = true"));
    world
}

fn mails_to(smtp: &FakeSmtp, to: &str) -> Vec<Kept> {
    smtp.kept().into_iter().filter(|mail| mail.to == to).collect()
}

fn told_to_ops(smtp: &FakeSmtp, words: &str) -> bool {
    mails_to(smtp, OPS)
        .iter()
        .any(|mail| readable(&mail.data).split_whitespace().collect::<Vec<_>>().join(" ").contains(words))
}

fn ask(address: SocketAddr, method: &str, host: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let body = "List-Unsubscribe=One-Click";
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn is_paused(world: &World, id: &str) -> bool {
    let recipients = world.json(&["recipients", "--json"]);
    recipients.as_array().unwrap().iter().any(|row| row["id"] == id && !row["paused"].is_null())
}

/// Feeds a mail to `newsvigil bounce` as a mail server does.
fn bounce(world: &World, mail: &str) -> String {
    let mut child = world.command(&["bounce"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(mail.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "the mail server would send the bounce back");
    String::from_utf8(output.stdout).unwrap()
}

fn report(of: &Kept, status: &str) -> String {
    format!(
        "From: MAILER-DAEMON@relay.example\r\nTo: {}\r\nContent-Type: multipart/report; boundary=x\r\n\r\n--x\r\n\
         Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relay.example\r\n\r\n\
         Final-Recipient: rfc822; {KIM}\r\nAction: failed\r\nStatus: {status}\r\n\
         Diagnostic-Code: smtp; 550 {status} <{KIM}>: no\r\n\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n{}\r\n--x--\r\n",
        of.from, of.data
    )
}

// E3 E4 E6
#[test]
fn one_click_stops_the_mails_and_what_comes_meanwhile_is_not_lost() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let smtp = FakeSmtp::start();
    let mut world = newsroom(&smtp, "");
    let listen = format!("listen = \"{address}\"\nunsubscribe_url = \"https://news.example/\"");
    world.in_section("[service]", &listen);
    let _daemon = world.daemon();
    wait_until("the first mail", || mails_to(&smtp, KIM).len() == 1);
    let mail = mails_to(&smtp, KIM).remove(0);
    assert_eq!(mail.header("List-Unsubscribe-Post").unwrap(), "List-Unsubscribe=One-Click");
    let ways = mail.header("List-Unsubscribe").unwrap();
    let link = ways.strip_prefix("<https://news.example").unwrap().split('>').next().unwrap();

    assert!(ask(address, "GET", "news.example", link).contains("<form method=\"post\">"));
    let other = link.replace("/kim/", "/ops/");
    for (method, host, path) in [("POST", "news.example", &*other), ("POST", "news.example", "/unsubscribe/kim/00")] {
        assert!(ask(address, method, host, path).starts_with("HTTP/1.1 404"), "{path}");
    }
    assert!(ask(address, "POST", "attacker.example", link).starts_with("HTTP/1.1 421"));
    assert!(ask(address, "GET", "news.example", "/metrics").starts_with("HTTP/1.1 421"), "not for readers");
    assert!(!is_paused(&world, "kim"), "who looks at a link unsubscribes nobody");

    for _ in 0..2 {
        assert!(ask(address, "POST", "news.example", link).starts_with("HTTP/1.1 200"));
    }
    assert!(is_paused(&world, "kim") && !is_paused(&world, "ops"));
    wait_until("ops are told", || told_to_ops(&smtp, "Recipient kim is paused and gets no mails"));
    let report = ("/b", "Two more buses", "A second repatriation began on Monday at the bridge.");
    world.publish("/rss", &[report]);
    let source = world.json(&["sources", "--json"])[0]["id"].as_str().unwrap().to_owned();
    world.ok(&["sources", "poll-now", &source]);
    wait_until("the report waits", || world.json(&["recipients", "--json"])[0]["waiting"].as_u64() == Some(1));
    assert_eq!(mails_to(&smtp, KIM).len(), 1);
    world.ok(&["recipients", "resume", "kim"]);
    wait_until("it is mailed", || mails_to(&smtp, KIM).len() == 2);
}

// E21
#[test]
fn a_recipient_whose_mails_bounce_is_paused_ops_are_told_and_resuming_sends_them_again() {
    let smtp = FakeSmtp::start();
    let world = newsroom(&smtp, "return_path = \"bounces@news.example\"\npause_after = 1");
    world.ok(&["once"]);
    let mail = mails_to(&smtp, KIM).remove(0);
    assert!(mail.from.starts_with("bounces+m_") && mail.from.ends_with("@news.example"), "{}", mail.from);
    assert!(bounce(&world, "Subject: I am away\r\n\r\nUntil Monday").contains("passed over"));
    assert!(!is_paused(&world, "kim"));

    let told = bounce(&world, &report(&mail, "5.1.1"));
    assert!(told.contains("hard: 550 5.1.1") && told.contains("kim is paused") && !told.contains(KIM), "{told}");
    assert!(bounce(&world, &report(&mail, "5.1.1")).contains("nothing new"));
    assert!(is_paused(&world, "kim"));
    let failed = world.json(&["deliveries", "--json"]);
    assert!(failed[0]["state"] == "failed" && failed[0]["last_reply"].as_str().unwrap().starts_with("came back: 550"));

    let _daemon = world.daemon();
    wait_until("ops are told", || told_to_ops(&smtp, "Recipient kim did not get a mail"));
    assert!(told_to_ops(&smtp, "newsvigil recipients resume kim"));
    assert_eq!(mails_to(&smtp, KIM).len(), 1);
    world.ok(&["recipients", "resume", "kim"]);
    wait_until("the mail goes again", || mails_to(&smtp, KIM).len() == 2);
    assert_eq!(mails_to(&smtp, KIM)[1].header("Message-ID"), mail.header("Message-ID"));
}

// E21
#[test]
fn a_soft_bounce_is_told_to_ops_and_pauses_nobody() {
    let smtp = FakeSmtp::start();
    let world = newsroom(&smtp, "pause_after = 1");
    world.ok(&["once"]);
    let mail = mails_to(&smtp, KIM).remove(0);
    assert_eq!(mail.from, "digest@news.example");
    assert!(bounce(&world, &report(&mail, "5.2.2")).contains("soft: 550 5.2.2"));
    assert!(!is_paused(&world, "kim"));
    let _daemon = world.daemon();
    wait_until("ops are told", || told_to_ops(&smtp, "Recipient kim did not get a mail"));
}

// E21 E23
#[test]
fn a_refusal_at_once_counts_like_a_bounce() {
    let smtp = FakeSmtp::start();
    smtp.meet(KIM, Manner::Refuses);
    let world = newsroom(&smtp, "pause_after = 1");
    let _daemon = world.daemon();
    wait_until("ops are told", || told_to_ops(&smtp, "Recipient kim is paused and gets no mails"));
    assert!(is_paused(&world, "kim"));
    smtp.meet(KIM, Manner::Takes);
    world.ok(&["recipients", "resume", "kim"]);
    wait_until("what was refused is sent after all", || mails_to(&smtp, KIM).len() == 1);
}

// E13
#[test]
fn a_neutral_subject_tells_nobody_what_the_mail_holds() {
    let smtp = FakeSmtp::start();
    let mut world = newsroom(&smtp, "");
    world.in_section("id = \"kim\"", "neutral_subject = true");
    world.ok(&["once"]);
    let subject = mails_to(&smtp, KIM)[0].header("Subject").unwrap();
    assert_eq!(subject, "newsvigil digest 1");
}
