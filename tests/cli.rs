//! The commands as people and scripts use them: exit codes, results on stdout, diagnostics on stderr.

#![allow(clippy::unwrap_used)]

mod support;

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use support::fake_smtp::{FakeSmtp, Manner};
use support::fake_web::Answer;
use support::world::World;

const RAID: (&str, &str, &str) = (
    "/raid.html",
    "Nine held in city flat",
    "Police led away nine people on Sunday night, a neighbour said.\n\nTheir families fear that they will be repatriated.",
);

fn newsroom() -> World {
    let mut world = World::new();
    world.mail_back().maildir().source("/feed.xml", "Northern Monitor").watch("returns", &["repatriation"]);
    world.reader("desk", "desk@ngo.example").publish("/feed.xml", &[RAID]);
    world
}

fn newsvigil(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_newsvigil")).args(args).stdin(Stdio::null()).output().unwrap()
}

fn with_input(world: &World, args: &[&str], input: &str) -> Output {
    let mut command = world.command(args);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn answers(output: &Output) -> Vec<serde_json::Value> {
    out(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn every_command_explains_itself() {
    let help = out(&newsvigil(&["--help"]));
    let commands = help.split("Commands:").nth(1).unwrap().split("Options:").next().unwrap();
    let names: Vec<&str> = commands.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).collect();
    let names: Vec<&str> = names.into_iter().filter(|name| !matches!(*name, "" | "help")).collect();
    assert!(names.contains(&"run") && names.contains(&"demo"), "{names:?}");
    for name in names {
        let output = newsvigil(&[name, "--help"]);
        assert!(output.status.success() && out(&output).contains("Usage:"), "{name}: {}", err(&output));
    }
}

#[test]
fn wrong_usage_wrong_configuration_and_failure_are_told_apart_by_the_exit_code() {
    assert_eq!(newsvigil(&["no-such-command"]).status.code(), Some(64));
    assert_eq!(newsvigil(&["--version"]).status.code(), Some(0));
    let missing = newsvigil(&["-c", "/nowhere/newsvigil.toml", "once"]);
    assert_eq!(missing.status.code(), Some(78));
    assert!(err(&missing).contains("/nowhere/newsvigil.toml"), "{}", err(&missing));
    let world = newsroom();
    let unknown = world.run(&["inspect", "entry", "https://nobody.example/"]);
    assert_eq!((unknown.status.code(), out(&unknown).as_str()), (Some(1), ""));
    assert_eq!(newsvigil(&["inspect", "feed", "/nowhere/feed.xml"]).status.code(), Some(1));
}

#[test]
fn a_group_of_names_is_shown_by_its_own_name() {
    let shown = out(&newsvigil(&["names", "@shenyang"]));
    assert!(shown.starts_with("@shenyang: ") && shown.contains("沈阳"), "{shown}");
    assert_eq!(shown.lines().filter(|line| line.starts_with('@')).count(), 1, "no other: {shown}");
    let unknown = newsvigil(&["names", "@atlantis"]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(err(&unknown).contains("no group @atlantis"), "{}", err(&unknown));
    let suggested = out(&newsvigil(&["names", "suggest", "Shenyang"]));
    assert!(suggested.contains("@shenyang") && suggested.contains("also written"), "{suggested}");
}

#[test]
fn a_source_that_was_never_read_is_listed_and_polled_by_its_address() {
    let mut world = newsroom();
    let first = world.web.url("/feed.xml");
    let listed = world.ok(&["sources"]);
    assert!(listed.contains("Northern Monitor") && listed.contains("not read yet"), "{listed}");
    world.ok(&["once"]);
    let listed = world.ok(&["sources"]);
    assert!(!listed.contains("not read yet") && listed.lines().last().unwrap().starts_with("times are "), "{listed}");
    world.source("/second.xml", "Southern Monitor");
    let second = world.web.url("/second.xml");
    let listed = world.ok(&["sources"]);
    let row = listed.lines().find(|line| line.contains("Southern Monitor")).unwrap();
    assert!(row.contains("not read yet") && row.contains("start or reload the service"), "{listed}");
    assert_eq!(world.json(&["sources", "--json"]).as_array().unwrap().len(), 2);
    assert!(world.ok(&["sources", "poll-now", &first]).contains("1 of 1"));
    let output = world.run(&["sources", "poll-now", &second, "f_nobody"]);
    assert_eq!((output.status.code(), out(&output).as_str()), (Some(1), "0 of 2 are polled next\n"));
    let told = err(&output);
    assert!(told.contains(&format!("{second}: new in the configuration")), "{told}");
    assert!(told.contains("f_nobody: no source has this id or address"), "{told}");
    world.ok(&["once"]);
    world.change(|config| config.replace("second.xml\"", "second.xml\"\ndisabled = true"));
    world.ok(&["once"]);
    let told = err(&world.run(&["sources", "poll-now", &second]));
    assert!(told.contains("no longer polled"), "{told}");
}

#[test]
fn commands_say_in_which_zone_their_times_are() {
    let world = newsroom();
    world.ok(&["once"]);
    for (command, words) in [
        (&["sources"][..], "times are"),
        (&["recipients"], "NEXT is"),
        (&["deliveries", "--all"], "times are"),
        (&["watches"], "times are"),
        (&["stories", "--all"], "times are"),
    ] {
        let output = world.command(command).env("TZ", "Asia/Seoul").output().unwrap();
        let shown = out(&output);
        assert_eq!(shown.lines().last(), Some(format!("{words} Asia/Seoul").as_str()), "{command:?}: {shown}");
    }
}

#[test]
fn every_mistake_of_a_configuration_is_shown_at_once_with_its_place() {
    let mut world = newsroom();
    world.config("[[watch]]\nid = \"broken\"\nquery = \"Shenyang AND (\"\n[[source]]\nurl = \"ftp://a.example/\"");
    let output = world.run(&["check"]);
    assert_eq!(output.status.code(), Some(78));
    let words = err(&output);
    assert!(words.contains("Shenyang AND (") && words.contains("ftp://a.example/") && words.contains('^'), "{words}");
    let output = world.run(&["check", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(
        (told["ok"].as_bool(), told["diagnostics"].as_array().map(Vec::len)),
        (Some(false), Some(3)),
        "two mistakes and a warning: {told}"
    );
    assert_eq!(world.run(&["run"]).status.code(), Some(78), "and nothing is started");
}

#[test]
fn a_feed_is_shown_as_it_is_read_from_an_address_and_from_a_file() {
    let world = newsroom();
    let shown = world.ok(&["inspect", "feed", &world.web.url("/feed.xml")]);
    assert!(shown.contains("Nine held in city flat") && shown.contains(&world.web.url("/raid.html")), "{shown}");
    let path = world.dir.path().join("feed.json");
    let feed = r#"{"version":"https://jsonfeed.org/version/1.1","title":"A","items":[{"id":"1","title":"Raid","content_text":"x"}]}"#;
    std::fs::write(&path, feed).unwrap();
    let shown = world.json(&["inspect", "feed", path.to_str().unwrap(), "--json"]);
    assert_eq!((&shown["feed"]["title"], &shown["entries"][0]["title"]), (&"A".into(), &"Raid".into()));
    let manifest = format!("{{\"file\":{path:?}}}\n\n{{\"file\":\"/nowhere\"}}\nno json\n");
    let output = with_input(&world, &["inspect", "feed", "--jsonl"], &manifest);
    let answers = answers(&output);
    assert_eq!(answers.len(), 3, "one answer for each line that is not empty");
    assert_eq!((&answers[0]["ok"], &answers[1]["ok"]), (&true.into(), &false.into()));
    assert!(answers[2]["error"].is_string() && output.status.success(), "a bad line does not end the run");
}

#[test]
fn a_page_is_shown_with_what_was_taken_out_and_why() {
    let world = newsroom();
    let page = "<html><head><title>Raid</title></head><body><nav><a href='/'>Home</a> <a href='/w'>World</a></nav><article>\
        <h1>Nine held</h1><p>Police led away nine people on Sunday night, a neighbour said, and nobody has seen them since.</p>\
        <p>Advertisement</p>\
        <p>Their families fear that they will be sent back within days, and ask the embassy to step in.</p></article></body></html>";
    world.web.serve("/page.html", Answer::page(page));
    let shown = world.ok(&["inspect", "page", &world.web.url("/page.html")]);
    assert!(shown.contains("nobody has seen them since"), "{shown}");
    let (text, removed) = shown.split_once("Removed (").unwrap();
    assert!(!text.contains("Advertisement") && removed.contains("Advertisement"), "{shown}");
    let case = serde_json::json!({ "id": "a", "text": "Nine were held.\n\nAdvertisement\n\nTheir families wait." });
    let output = with_input(&world, &["inspect", "page", "--jsonl"], &format!("{case}\n"));
    assert_eq!(answers(&output)[0]["text"], "Nine were held.\nTheir families wait.");
}

#[test]
fn a_watch_says_why_it_matches_a_text_and_why_not() {
    let world = newsroom();
    let ask = |text: &str| out(&with_input(&world, &["inspect", "watch", "returns", "-"], text));
    let yes = ask("They were repatriated at night.");
    assert!(yes.contains("repatriated"), "{yes}");
    assert_ne!(yes, ask("They came home."));
    let wrong = with_input(&world, &["inspect", "watch", "--query", "(Shenyang", "-"], "x");
    assert_eq!(wrong.status.code(), Some(64));
    assert!(err(&wrong).contains('^'), "{}", err(&wrong));
    let unknown = with_input(&world, &["inspect", "watch", "nothing", "-"], "x");
    assert!(err(&unknown).contains("there are returns"), "{}", err(&unknown));
    let case = serde_json::json!({ "id": "1", "query": "북송", "text": "강제북송된 사람들", "lang": "ko" });
    let output = with_input(&world, &["inspect", "watch", "--jsonl"], &format!("{case}\n"));
    assert_eq!(
        (&answers(&output)[0]["match"], &answers(&output)[0]["spans"][0]),
        (&true.into(), &serde_json::json!([2, 4]))
    );
}

#[test]
fn the_whole_way_of_a_report_is_told_from_the_database() {
    let world = newsroom();
    let link = world.web.url("/raid.html");
    world.ok(&["once"]);
    let told = world.ok(&["inspect", "entry", &link]);
    for words in
        ["Northern Monitor", "status 200", "2 paragraphs", "by returns (repatriation)", "to desk in digest", "sent at"]
    {
        assert!(told.contains(words), "{words} in {told}");
    }
}

#[test]
fn sources_come_in_and_go_out_as_opml_and_what_is_known_already_is_not_doubled() {
    let world = newsroom();
    let opml = world.dir.path().join("list.opml");
    let known = world.web.url("/feed.xml");
    let text = format!(
        "<opml version='2.0'><body><outline text='Asia'><outline text='Old &amp; known' xmlUrl='{known}'/>\
         <outline text='강 소식' xmlUrl='{}' language='ko'/><outline text='odd' xmlUrl='gopher://a.example/'/>\
         <outline type='rss' text='Unaddressed'/></outline></body></opml>",
        world.web.url("/new.xml")
    );
    std::fs::write(&opml, text).unwrap();
    let output = world.run(&["sources", "import", opml.to_str().unwrap()]);
    assert!(out(&output).contains("1 new, 1 known already, 2 left out"), "{}", out(&output));
    for words in ["gopher://a.example/", "\"Unaddressed\": a feed without an address"] {
        assert!(err(&output).contains(words), "{words} in {}", err(&output));
    }
    world.ok(&["check"]);
    let exported = world.ok(&["sources", "export"]);
    assert!(
        exported.contains("강 소식") && exported.contains("language=\"ko\"") && exported.contains(&known),
        "{exported}"
    );
}

#[test]
fn a_failed_delivery_is_listed_until_it_is_sent_again_or_dropped() {
    let smtp = FakeSmtp::start();
    let mut world = World::new();
    world.mail_back().smtp(smtp.port()).source("/feed.xml", "Northern Monitor").watch("returns", &["repatriation"]);
    world.reader("one", "one@ngo.example").reader("two", "two@ngo.example").publish("/feed.xml", &[RAID]);
    smtp.meet("one@ngo.example", Manner::Refuses);
    smtp.meet("two@ngo.example", Manner::Refuses);
    assert_eq!(world.run(&["once"]).status.code(), Some(1));
    let listed = world.json(&["deliveries", "--json"]);
    let id = |recipient: &str| {
        let rows = listed.as_array().unwrap();
        rows.iter().find(|row| row["recipient"] == recipient).unwrap()["id"].as_str().unwrap().to_owned()
    };
    smtp.meet("one@ngo.example", Manner::Takes);
    world.ok(&["deliveries", "retry", &id("one")]);
    world.ok(&["deliveries", "drop", &id("two")]);
    assert_eq!(world.run(&["deliveries", "drop", &id("two")]).status.code(), Some(1), "it is gone already");
    world.ok(&["once"]);
    assert_eq!(smtp.kept().iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["one@ngo.example"]);
    assert_eq!(world.json(&["deliveries", "--json"]), serde_json::json!([]));
}

#[test]
fn a_newcomer_sees_the_whole_of_it_in_one_command() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("demo");
    let output = newsvigil(&["demo", "--dir", place.to_str().unwrap()]);
    let told = out(&output);
    assert!(output.status.success(), "{}", err(&output));
    for words in [
        "*Shenyang*",
        "강제북송",
        "遣返",
        "The same text in 3 outlets",
        "digest.html",
        "inspect entry http://127.0.0.1",
    ] {
        assert!(told.contains(words), "{words} in {told}");
    }
    assert!(std::fs::read_to_string(place.join("digest.html")).unwrap().contains("</html>"));
    assert_eq!(std::fs::read_dir(place.join("Maildir/new")).unwrap().count(), 1);
    let again = newsvigil(&["demo", "--dir", place.to_str().unwrap()]);
    assert!(!again.status.success() && err(&again).contains("is not empty"), "{}", err(&again));
}

#[test]
fn the_past_that_a_new_source_brings_is_searched_though_nobody_was_mailed_of_it() {
    let mut world = World::new();
    world.maildir().source("/feed.xml", "Northern Monitor").watch("returns", &["repatriation"]);
    world.reader("desk", "desk@ngo.example");
    let harvest = "Rice was <b>brought</b> in early.<p>Nobody at the ferry&#8217;s pier had seen such a year.</p>";
    world.list("/feed.xml", "A good year", &world.web.url("/rice.html"), harvest);
    world.ok(&["once"]);
    assert!(world.mails().is_empty());
    let found = world.json(&["backtest", "--query", "ferry", "--json"]);
    assert_eq!((&found["articles"], &found["hits"]), (&1.into(), &1.into()), "{found}");
    let sentence = &found["best"][0]["sentence"];
    assert!(sentence.to_string().contains("ferry’s pier"), "{sentence}");
    for (query, near) in [("ferry AND snow", 1), ("snow AND hail", 0)] {
        let found = world.json(&["backtest", "--query", query, "--json"]);
        let told = (&found["articles"], &found["hits"], &found["near_misses"]);
        assert_eq!(told, (&1.into(), &0.into(), &near.into()), "{query}: {found}");
    }
    let told = world.ok(&["inspect", "entry", &world.web.url("/rice.html")]);
    assert!(told.contains("cleaned   from the feed's own text: 2 paragraphs"), "{told}");
    assert!(told.contains("matched   by no watch"), "{told}");
    assert!(told.contains("fetched   no: it was listed already when its source was new"), "{told}");
}
