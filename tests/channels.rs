//! Ways to people other than a mail server: commands and webhooks, by the same outbox. The real program runs against
//! scripts and a web server of our own.

#![allow(clippy::unwrap_used)]

mod support;

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use support::fake_web::{Answer, Asked};
use support::world::{World, readable, wait_until};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// One report that is found; mails go to a Maildir.
fn newsroom() -> World {
    let mut world = World::new();
    world.publish("/rss", &[("/a", "버스 두 대", "Police stopped two buses before a repatriation.")]);
    world.mail_back().source("/rss", "Outlet").watch("repatriation", &["repatriat*"]).maildir();
    world
}

fn script(world: &World, name: &str, text: &str) -> PathBuf {
    let path = world.dir.path().join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn recipient(world: &mut World, id: &str, lines: &str) {
    world.config(&format!("[[recipient]]\nid = \"{id}\"\nwatches = \"all\"\ndigest = \"immediately\"\n{lines}"));
}

fn with_command(world: &mut World, program: &Path, lines: &str) {
    recipient(
        world,
        "kim",
        &format!("command = [{:?}, \"+49 151\", \"$HOME; no shell\"]\n{lines}", program.display().to_string()),
    );
}

fn with_webhook(world: &mut World, lines: &str) {
    let secret = world.dir.path().join("secret");
    std::fs::write(&secret, SECRET).unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    let url = world.web.url("/hook");
    recipient(world, "kim", &format!("webhook = \"{url}\"\nwebhook_secret_file = '{}'\n{lines}", secret.display()));
}

/// The one delivery that is no notice to ops, whatever became of it.
fn delivery(world: &World) -> serde_json::Value {
    let all = world.json(&["deliveries", "--all", "--json"]);
    let mut digests = all.as_array().unwrap().iter().filter(|delivery| delivery["recipient"] != "ops");
    let first = digests.next().unwrap().clone();
    assert!(digests.next().is_none(), "{all}");
    first
}

fn again(world: &World) {
    world.ok(&["deliveries", "retry", delivery(world)["id"].as_str().unwrap()]);
    world.run(&["once"]);
}

fn read(world: &World, name: &str) -> String {
    std::fs::read_to_string(world.dir.path().join(name)).unwrap_or_default()
}

#[test]
fn a_command_gets_each_digest_on_its_standard_input_and_its_arguments_untouched() {
    let mut world = newsroom();
    let out = world.dir.path().join("out").display().to_string();
    let program = script(
        &world,
        "to-signal",
        &format!("echo \"$1|$2|$NEWSVIGIL_RECIPIENT|$NEWSVIGIL_DELIVERY\" >'{out}'; cat >>'{out}'"),
    );
    with_command(&mut world, &program, "");
    world.ok(&["once"]);
    let sent = delivery(&world);
    assert!(sent["state"] == "sent" && sent["channel"] == "command" && sent["last_reply"] == "exit 0", "{sent}");
    let id = sent["id"].as_str().unwrap();
    let told = read(&world, "out");
    assert!(told.starts_with(&format!("+49 151|$HOME; no shell|kim|{id}\n버스 두 대")), "{told}");
    assert!(told.contains("\n\n") && told.contains("*repatriation*"), "{told}");
    assert!(world.mails().is_empty(), "and no mail beside it");
}

#[test]
fn a_command_may_take_the_whole_mail_or_json() {
    for (input, wanted) in [("mail", "Subject: "), ("json", "\"subject\":\"버스 두 대\"")] {
        let mut world = newsroom();
        let out = world.dir.path().join("out").display().to_string();
        let program = script(&world, "take", &format!("cat >'{out}'"));
        with_command(&mut world, &program, &format!("command_input = \"{input}\"\nemail = \"kim@ngo.example\""));
        world.ok(&["once"]);
        let told = read(&world, "out");
        assert!(told.contains(wanted) && !told.contains('\r'), "{told}");
        if input == "mail" {
            let id = delivery(&world)["message_id"].as_str().unwrap().to_owned();
            assert!(told.contains(&format!("Message-ID: <{id}>")) && readable(&told).contains("버스 두 대"), "{told}");
        }
    }
}

#[test]
fn all_mails_may_leave_through_a_command_like_sendmail() {
    let mut world = newsroom();
    let out = world.dir.path().join("out").display().to_string();
    let program = script(&world, "sendmail", &format!("echo \"$@\" >'{out}'; cat >>'{out}'"));
    world.change(|config| config.split("[mail.maildir]").next().unwrap().to_owned());
    world.config(&format!("[mail.command]\nargv = [\"{}\", \"-i\", \"--\"]", program.display()));
    world.reader("kim", "kim@ngo.example");
    world.ok(&["once"]);
    let told = read(&world, "out");
    assert!(told.starts_with("-i -- kim@ngo.example\nFrom: "), "{told}");
}

#[test]
fn what_a_command_cannot_do_now_waits_and_what_it_never_can_fails_and_no_address_is_told() {
    let mut world = newsroom();
    let code = world.dir.path().join("code").display().to_string();
    let program = script(&world, "fail", &format!("echo \"kim@ngo.example is away\" >&2; exit $(cat '{code}')"));
    with_command(&mut world, &program, "email = \"kim@ngo.example\"");
    std::fs::write(&code, "75").unwrap();
    assert_eq!(world.run(&["once"]).status.code(), Some(75));
    let waits = delivery(&world);
    assert!(waits["state"] == "queued" && waits["last_reply"] == "not now: exit 75: <recipient> is away", "{waits}");
    std::fs::write(&code, "78").unwrap();
    again(&world);
    assert!(delivery(&world)["state"] == "queued", "a person may mend it");
    std::fs::write(&code, "67").unwrap();
    again(&world);
    assert!(delivery(&world)["state"] == "failed");
    std::fs::write(&code, "0").unwrap();
    again(&world);
    assert!(delivery(&world)["state"] == "sent");
}

#[test]
fn a_command_that_hangs_is_ended_with_all_that_it_has_started() {
    let mut world = newsroom();
    let pid = world.dir.path().join("pid").display().to_string();
    let program = script(&world, "hang", &format!("sleep 600 & echo $! >'{pid}'; wait"));
    with_command(&mut world, &program, "command_timeout = \"1s\"");
    world.run(&["once"]);
    let waits = delivery(&world);
    assert!(
        waits["state"] == "queued" && waits["last_reply"].as_str().unwrap().contains("took longer than 1s"),
        "{waits}"
    );
    let child = read(&world, "pid").trim().to_owned();
    let state = || std::fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
    wait_until("what it started is gone", || state().is_empty() || state().contains(") Z"));
}

#[test]
fn a_command_that_leaves_something_running_is_done_when_it_ends_itself() {
    let mut world = newsroom();
    let program = script(&world, "leave", "cat >/dev/null; sleep 40 & exit 0");
    with_command(&mut world, &program, "command_timeout = \"20s\"");
    world.ok(&["once"]);
    assert!(delivery(&world)["state"] == "sent");
}

#[test]
fn a_command_that_is_not_there_needs_a_person_and_loses_nothing() {
    let mut world = newsroom();
    let program = world.dir.path().join("missing");
    with_command(&mut world, &program, "");
    world.config("[[recipient]]\nid = \"ops\"\nemail = \"ops@ngo.example\"\nalarms = true");
    world.run(&["once"]);
    let waits = delivery(&world);
    assert!(waits["state"] == "queued" && waits["last_reply"].as_str().unwrap().contains("cannot be run"), "{waits}");
    // Ops hear of it at once, not when it has failed after days; and not again at the next try.
    world.run(&["once"]);
    world.ok(&["deliveries", "retry", waits["id"].as_str().unwrap()]);
    world.run(&["once"]);
    world.run(&["once"]);
    let notices: Vec<String> = world.mails().iter().map(|mail| readable(mail)).collect();
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(notices[0].contains("ecipient kim gets nothing until a setting is changed"), "{notices:?}");
}

/// As the specification's libraries check it.
fn is_signed(asked: &Asked) -> bool {
    let header = |name: &str| asked.header(name).unwrap_or_default();
    let key = STANDARD.decode(&SECRET["whsec_".len()..]).unwrap();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
    mac.update(format!("{}.{}.", header("webhook-id"), header("webhook-timestamp")).as_bytes());
    mac.update(&asked.body);
    header("webhook-signature") == format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[test]
fn a_webhook_gets_each_digest_signed_and_a_repeat_under_the_same_id() {
    let mut world = newsroom();
    with_webhook(&mut world, "");
    world.web.serve_in_turn("/hook", [Answer::status(503).with("Retry-After", "3600"), Answer::status(204)]);
    assert_eq!(world.run(&["once"]).status.code(), Some(75));
    let waits = delivery(&world);
    let minutes = (waits["due"].as_i64().unwrap() - jiff::Timestamp::now().as_millisecond()) / 60_000;
    assert!((50..70).contains(&minutes) && waits["last_reply"] == "not now: status 503", "{waits}");
    again(&world);
    let sent = delivery(&world);
    assert!(sent["state"] == "sent" && sent["channel"] == "webhook" && sent["last_reply"] == "status 204", "{sent}");
    let asked = world.web.asked("/hook");
    assert_eq!(asked.len(), 2);
    let id = sent["id"].as_str().unwrap();
    for one in &asked {
        assert!(one.method == "POST" && is_signed(one), "{one:?}");
        assert_eq!(one.header("webhook-id"), Some(id));
        assert_eq!(one.header("idempotency-key"), Some(format!("\"{id}\"").as_str()));
        assert_eq!(one.header("content-type"), Some("application/json"));
    }
    assert_eq!(asked[0].body, asked[1].body);
    let told: serde_json::Value = serde_json::from_slice(&asked[0].body).unwrap();
    assert_eq!(told["subject"], "버스 두 대");
    assert!(told["text"].as_str().unwrap().contains("*repatriation*") && told["id"] == id, "{told}");
}

#[test]
fn a_webhook_is_not_followed_elsewhere_and_gone_is_told_to_ops() {
    let mut world = newsroom();
    with_webhook(&mut world, "");
    world.config("[[recipient]]\nid = \"ops\"\nemail = \"ops@ngo.example\"\nalarms = true");
    let elsewhere = world.web.url("/elsewhere");
    world.web.serve("/elsewhere", Answer::status(200));
    world.web.serve_in_turn("/hook", [Answer::redirect(307, &elsewhere), Answer::status(410)]);
    world.run(&["once"]);
    let waits = delivery(&world);
    assert!(
        waits["state"] == "queued" && waits["last_reply"].as_str().unwrap().contains("redirects (status 307)"),
        "{waits}"
    );
    assert!(world.web.asked("/elsewhere").is_empty());
    again(&world);
    assert!(delivery(&world)["state"] == "failed");
    world.ok(&["once"]);
    let notice = world.mails().concat().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(notice.contains("Recipient kim did not get a mail") && notice.contains("status 410"), "{notice}");
}

#[test]
fn a_webhook_reaches_no_private_network_that_was_not_opened_and_its_address_stays_secret() {
    let mut world = newsroom();
    with_webhook(&mut world, "");
    world.web.serve("/hook", Answer::status(204));
    // Found and composed while the network is open, mailed when it is shut again.
    world.web.serve("/hook", Answer::status(500));
    world.run(&["once"]);
    world.change(|config| config.replace("allow_networks = [\"127.0.0.0/8\"]", ""));
    again(&world);
    let waits = delivery(&world);
    let said = waits["last_reply"].as_str().unwrap();
    assert!(
        waits["state"] == "queued" && said.contains("leads to a private address") && !said.contains("/hook"),
        "{waits}"
    );
    assert_eq!(world.web.asked("/hook").len(), 1);
}
