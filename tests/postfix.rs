//! A real mail server: Postfix takes our mails, puts them off, delivers them, sends them on, and sends them back.

#![allow(clippy::unwrap_used)]

#[path = "support/postfix.rs"]
mod postfix;
mod support;

use std::io::Write as _;
use std::process::Stdio;

use postfix::Postfix;
use support::fake_smtp::{FakeSmtp, Manner};
use support::mime::Part;
use support::world::{World, wait_until};

fn newsroom(postfix: &Postfix) -> World {
    let mut world = World::new();
    world.publish(
        "/rss",
        &[("/a", "버스 두 대", "Police stopped two buses before a repatriation.\n\n.\n\nFrom here on it rained.")],
    );
    world.mail_back().source("/rss", "Outlet").watch("repatriation", &["repatriat*"]);
    world.smtp(postfix.port).in_section("[mail]", "return_path = \"bounces@news.example\"\npause_after = 1");
    world.reader("kim", "kim@ngo.example").reader("dora", "dora@far.example").reader("gone", "gone@far.example");
    world
}

fn deliveries(world: &World) -> Vec<serde_json::Value> {
    world.json(&["deliveries", "--all", "--json"]).as_array().unwrap().clone()
}

fn states(world: &World) -> Vec<String> {
    let mut states: Vec<_> = deliveries(world).iter().map(|row| row["state"].as_str().unwrap().to_owned()).collect();
    states.sort();
    states
}

#[test]
fn postfix_puts_our_mails_off_takes_them_delivers_them_and_what_it_sends_back_is_understood() {
    let far = FakeSmtp::start();
    far.meet("gone@far.example", Manner::Refuses);
    let Some(postfix) = Postfix::start(far.port()) else { return };
    let world = newsroom(&postfix);

    assert_eq!(world.run(&["once"]).status.code(), Some(75), "a real greylist: {}", postfix.said());
    let rows = deliveries(&world);
    assert_eq!(rows.len(), 3, "{rows:?}");
    assert!(rows.iter().all(|row| row["state"] == "queued"), "{rows:?}");
    assert!(rows[0]["last_reply"].as_str().unwrap().starts_with("not now: 450 4.7.1"), "{}", rows[0]);
    for row in &rows {
        world.ok(&["deliveries", "retry", row["id"].as_str().unwrap()]);
    }
    world.ok(&["once"]);
    assert_eq!(states(&world), ["sent", "sent", "sent"], "{}", postfix.said());
    let reply = deliveries(&world)[0]["last_reply"].as_str().unwrap().to_owned();
    assert!(reply.starts_with("250 2.0.0 Ok: queued as"), "{reply}");

    wait_until("the mail is in kim's Maildir", || !postfix.mails("kim").is_empty());
    let mail = postfix.mails("kim").remove(0);
    let read = Part::parse(&mail);
    assert_eq!(read.header("Subject").unwrap(), "버스 두 대");
    assert!(read.parts[0].text.contains("*repatriation*"), "{mail}");
    assert!(mail.starts_with("Return-Path: <bounces+m_"), "{mail}");
    wait_until("the other one has been sent on", || far.kept().iter().any(|mail| mail.to == "dora@far.example"));
    assert!(Part::parse(&far.kept()[0].data).parts[0].text.contains("*repatriation*"));

    wait_until("the third one has come back", || !postfix.mails("bounces").is_empty());
    let returned = postfix.mails("bounces").remove(0);
    let mut bounce = world.command(&["bounce"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    bounce.stdin.take().unwrap().write_all(returned.as_bytes()).unwrap();
    let said = String::from_utf8(bounce.wait_with_output().unwrap().stdout).unwrap();
    assert!(
        said.contains("hard: 550 5.1.1") && said.contains("gone is paused") && !said.contains("gone@"),
        "{said}\n{returned}"
    );
    assert_eq!(states(&world), ["failed", "sent", "sent"]);
}
