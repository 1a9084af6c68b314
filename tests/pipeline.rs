//! The main job, by the real program: from feeds on a web server to a digest in the mailbox.

mod support;

use support::fake_smtp::{FakeSmtp, Manner};
use support::fake_web::{Answer, Fault};
use support::world::{World, readable, rss, wait_until};

const RAID: (&str, &str, &str) = (
    "/raid.html",
    "Nine held in city flat",
    "Police in Shenyang led away nine people on Sunday night, a neighbour said.\n\nTheir families fear that they will be repatriated within days.",
);
const HARVEST: (&str, &str, &str) =
    ("/harvest.html", "A good year for apples", "Farmers in the hills report a rich harvest.\n\nPrices fell.");

fn newsroom() -> World {
    let mut world = World::new();
    world
        .mail_back()
        .maildir()
        .source("/feed.xml", "Northern Monitor")
        .watch("returns", &["repatriation"])
        .reader("desk", "desk@ngo.example");
    world
}

#[test]
fn a_matching_report_is_mailed_once_with_its_reason_and_the_others_are_not() {
    let world = newsroom();
    world.publish("/feed.xml", &[RAID, HARVEST]);
    world.ok(&["once"]);
    let mails = world.mails();
    assert_eq!(mails.len(), 1);
    for words in
        ["Nine held in city flat", "Northern Monitor", "*repatriated*", "returns", &world.web.url("/raid.html")]
    {
        assert!(mails[0].contains(words), "{words} in {}", mails[0]);
    }
    assert!(!mails[0].contains("apples"));
    world.ok(&["once", "--all"]);
    assert_eq!(world.mails().len(), 1, "an unchanged feed brings no second mail");
}

#[test]
fn an_unchanged_feed_is_asked_by_condition_and_its_pages_are_not_asked_again() {
    let world = newsroom();
    world.publish("/feed.xml", &[RAID]);
    let feed = rss(&format!("<item><title>x</title><link>{}</link><guid>1</guid></item>", world.web.url("/raid.html")));
    world.web.serve("/feed.xml", Answer::feed(feed).tagged("W/\"v 1\""));
    world.ok(&["once"]);
    let summary = world.json(&["once", "--all", "--json"]);
    assert_eq!(summary["unchanged"], 1);
    let asked = world.web.asked("/feed.xml");
    assert_eq!(asked[1].headers.get("if-none-match").map(String::as_str), Some("W/\"v 1\""));
    assert_eq!(asked[1].answered, 304);
    assert_eq!(world.web.asked("/raid.html").len(), 1);
}

fn listed(world: &World) -> serde_json::Value {
    world.json(&["sources", "--json"])[0]["entries"].clone()
}

fn item(guid: &str, title: &str, link: &str, day: u32) -> String {
    format!(
        "<item><guid isPermaLink=\"false\">{guid}</guid><title>{title}</title><link>{link}</link><pubDate>{day} Nov 2026 08:00:00 GMT</pubDate></item>"
    )
}

#[test]
fn new_guids_schemes_headlines_and_an_other_order_make_no_new_entries() {
    let world = newsroom();
    let serve = |items: &[String]| world.web.serve("/feed.xml", Answer::feed(rss(&items.concat())));
    serve(&[item("1", "One", "http://news.example/a", 1), item("2", "Two", "http://news.example/b", 2)]);
    world.ok(&["once"]);
    assert_eq!(listed(&world), 2);
    serve(&[
        item("2", "Two, corrected", "https://www.news.example/b?utm_source=rss", 2),
        item("urn:uuid:1", "One, corrected", "https://news.example/a", 1),
    ]);
    world.ok(&["once", "--all"]);
    assert_eq!(listed(&world), 2);
}

#[test]
fn bulletins_that_all_link_to_one_page_are_each_an_entry() {
    let world = newsroom();
    for (day, link) in [
        (1, "http://news.example/"),
        (2, "http://news.example/"),
        (3, "http://news.example/daily"),
        (4, "http://news.example/daily"),
    ] {
        let bulletin = item(&format!("b{day}"), "Bulletin", link, day);
        world.web.serve("/feed.xml", Answer::feed(rss(&bulletin)));
        world.ok(&["once", "--all"]);
        assert_eq!(listed(&world), day);
    }
}

#[test]
fn a_feed_that_was_cut_off_is_read_as_far_as_it_goes_and_asked_for_whole_the_next_time() {
    let world = newsroom();
    let whole = rss(&(1..=3)
        .map(|day| item(&format!("g{day}"), "Report", &format!("http://news.example/{day}"), day))
        .collect::<String>());
    let cut = &whole[..whole.rfind("<link>").expect("there")];
    world.web.serve("/feed.xml", Answer::feed(cut).tagged("\"v1\""));
    world.ok(&["once"]);
    let source = &world.json(&["sources", "--json"])[0];
    assert!(
        source["note"].as_str().is_some_and(|note| note.contains("cut off before its end (line 1, column")),
        "{source}"
    );
    world.web.serve("/feed.xml", Answer::feed(whole).tagged("\"v1\""));
    world.ok(&["once", "--all"]);
    assert_eq!(world.web.asked("/feed.xml")[1].headers.get("if-none-match"), None);
    assert_eq!(listed(&world), 3);
}

#[test]
fn copies_of_one_text_in_three_outlets_are_one_report() {
    let mut world = World::new();
    world.mail_back().maildir().watch("returns", &["repatriation"]).reader("desk", "desk@ngo.example");
    let wire = "Two buses left the detention centre before dawn and crossed the river bridge, residents told the agency on Tuesday.\n\n\
        They counted some forty people on board, most of them women, and said that police had closed the road since midnight.\n\n\
        It would be the first group known to have been repatriated through the crossing since the spring of this year.\n\n\
        Officials at the customs office did not answer telephone calls, and the ministry had no comment on the reports.";
    for (number, title) in
        ["Buses cross the river", "Dozens sent back, say witnesses", "Before dawn"].iter().enumerate()
    {
        let (feed, page) = (format!("/{number}.xml"), format!("/{number}.html"));
        world.source(&feed, &format!("Outlet {number}"));
        world.publish(&feed, &[(&page, title, wire)]);
    }
    world.ok(&["once"]);
    let mails = world.mails();
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert!(mails[0].contains("The same text in 3 outlets:"), "{}", mails[0]);
    for outlet in ["Outlet 0", "Outlet 1", "Outlet 2"] {
        assert!(mails[0].contains(outlet), "{outlet} in {}", mails[0]);
    }
}

#[test]
fn two_outlets_own_reports_on_one_event_are_told_together_and_with_what_is_new() {
    let mut world = World::new();
    world.mail_back().maildir().watch("returns", &["repatriation"]).reader("desk", "desk@ngo.example");
    let early = "Two buses left the detention centre at Harbin Road before dawn and crossed the bridge to Sinmal, residents told \
        the agency on Tuesday.\n\nThey counted some 40 people on board, most of them women, and said that police had \
        closed the road.\n\nIt would be the first group repatriated through Sinmal since spring, the agency said.";
    let later = "Some 70 people, most of them women, were repatriated over the bridge to Sinmal on Tuesday, said Dana Reyes of \
        the rights group Northern Light.\n\nTwo buses had left the detention centre at Harbin Road before dawn while \
        police kept the road closed, residents confirmed. The group asked for the names of those on board.";
    world.source("/one.xml", "Agency").source("/two.xml", "Monitor");
    world.publish("/one.xml", &[("/one.html", "Buses cross the bridge to Sinmal", early)]);
    world.ok(&["once"]);
    world.publish("/two.xml", &[("/two.html", "Seventy sent back over the bridge to Sinmal, says group", later)]);
    world.ok(&["once", "--all"]);
    let mails = world.mails();
    assert_eq!(mails.len(), 2, "another outlet's own report is a report of its own");
    let words = mails[1].split_whitespace().collect::<Vec<_>>().join(" ");
    let told = "More on an event that you were told of: “Buses cross the bridge to Sinmal” (Agency, ";
    assert!(words.contains(told), "{}", mails[1]);
    assert!(words.contains("New in this report: 70, Dana Reyes"), "{}", mails[1]);
    let entry = &world.json(&["inspect", "entry", &world.web.url("/two.html"), "--json"])[0];
    assert!(entry["membership"]["reason"].as_str().unwrap().contains("running story"), "{entry}");
}

const CROSSING: &str = "Two buses left the detention centre at Harbin Road before dawn and crossed the bridge to Sinmal, \
    residents told the agency on Tuesday.\n\nThey counted some 40 people on board, most of them women, and said that police \
    had closed the road.\n\nIt would be the first group repatriated through Sinmal since spring, the agency said. Some 40 \
    others are held at Harbin Road, by its count.";
const CROSSING_AGAIN: &str = "Some 40 people, most of them women, were repatriated over the bridge to Sinmal on Tuesday, \
    residents said.\n\nTwo buses had left the detention centre at Harbin Road before dawn while police kept the road closed, \
    the residents told the agency. Nobody knows the names of those on board.";
const CROSSING_MORE: &str = "Some 600 people, most of them women, were repatriated over the bridge to Sinmal on Tuesday, \
    residents said.\n\nTwo buses had left the detention centre at Harbin Road before dawn while police kept the road closed, \
    said Dana Reyes of the rights group Northern Light. “Nobody may be sent back to where torture waits for them,” she said.";

/// A reader was mailed of the crossing by the first of three feeds.
fn told_of_the_crossing(digest: &str) -> World {
    let mut world = World::new();
    world.mail_back().maildir().watch("returns", &["repatriation"]).reader("desk", "desk@ngo.example");
    world.config(digest);
    world.source("/one.xml", "Agency").source("/two.xml", "Monitor").source("/three.xml", "Herald");
    world.publish("/one.xml", &[("/one.html", "Buses cross the bridge to Sinmal", CROSSING)]);
    world.run(&["once"]);
    assert_eq!(world.mails().len(), 1);
    world
}

fn last_mail(world: &World) -> String {
    world.mails().last().expect("a mail").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_mail_links_to_the_outlets_page_without_what_tracks_its_reader() {
    let mut world = World::new();
    world.mail_back().maildir().watch("returns", &["repatriation"]).reader("desk", "desk@ngo.example");
    world.source("/one.xml", "Agency");
    world.publish("/one.xml", &[("/one.html?page=2&utm_source=rss&fbclid=x1", "A repatriation at dawn", CROSSING)]);
    world.run(&["once"]);
    let mail = last_mail(&world);
    assert!(mail.contains("/one.html?page=2") && !mail.contains("utm_source") && !mail.contains("fbclid"), "{mail}");
}

#[test]
fn what_holds_nothing_new_brings_no_mail_and_is_named_at_the_end_of_the_next() {
    let mut world = told_of_the_crossing("");
    world.publish("/two.xml", &[("/two.html", "Forty sent back over the bridge to Sinmal", CROSSING_AGAIN)]);
    world.publish("/three.xml", &[("/three.html", "Before dawn at the bridge", CROSSING)]);
    world.ok(&["once", "--all"]);
    world.ok(&["once", "--all"]);
    assert_eq!(world.mails().len(), 1, "{:?}", world.mails().last());
    world.publish("/one.xml", &[RAID]);
    world.ok(&["once", "--all"]);
    assert_eq!(world.mails().len(), 2);
    let mail = last_mail(&world);
    assert!(mail.contains("Subject: Nine held in city flat"), "{mail}");
    let copy = "Seen since, with nothing new: - “Buses cross the bridge to Sinmal”: the same text in Herald";
    assert!(mail.contains(copy), "{mail}\n{}", std::fs::read_to_string(world.log()).unwrap_or_default());
    assert!(mail.contains("- “Forty sent back over the bridge to Sinmal” (Monitor)"), "{mail}");
    world.source("/four.xml", "Post");
    world.publish(
        "/four.xml",
        &[("/late.html", "Ten more repatriated", "Ten more were repatriated from Ostby, a guard said.")],
    );
    world.ok(&["once", "--all"]);
    assert_eq!(world.mails().len(), 3, "a text that says little is mailed in any case");
    assert!(!last_mail(&world).contains("Seen since"), "it is told once: {}", last_mail(&world));
}

#[test]
fn a_further_report_with_a_new_number_a_name_and_a_quote_is_mailed_with_them() {
    let world = told_of_the_crossing("");
    world.publish("/two.xml", &[("/two.html", "Hundreds sent back over the bridge to Sinmal", CROSSING_MORE)]);
    world.ok(&["once", "--all"]);
    assert_eq!(world.mails().len(), 2);
    let mail = last_mail(&world);
    assert!(
        mail.contains("More on an event that you were told of: “Buses cross the bridge to Sinmal” (Agency, "),
        "{mail}"
    );
    for new in ["600", "Dana Reyes", "“Nobody may be sent back to where torture waits for them,”"] {
        assert!(mail.contains(new), "{new} in {mail}");
    }
}

#[test]
fn the_setting_has_every_further_report_mailed_or_none() {
    let always = told_of_the_crossing("[digest]\nfollow_ups = \"always\"");
    always.publish("/two.xml", &[("/two.html", "Forty sent back over the bridge to Sinmal", CROSSING_AGAIN)]);
    always.ok(&["once", "--all"]);
    assert_eq!(always.mails().len(), 2);
    let never = told_of_the_crossing("[digest]\nfollow_ups = \"never\"");
    never.publish("/two.xml", &[("/two.html", "Hundreds sent back over the bridge to Sinmal", CROSSING_MORE)]);
    never.ok(&["once", "--all"]);
    assert_eq!(never.mails().len(), 1);
}

#[test]
fn a_report_under_a_new_date_that_speaks_of_days_long_past_is_marked() {
    let world = newsroom();
    let text =
        "A family was led away in a raid on a flat in Shenyang on 4 November. They fear that they will be repatriated.";
    let page = format!(
        "<html><head><title>A raid</title><meta property=\"article:published_time\" content=\"2024-05-18T08:00:00Z\"></head>\
         <body><article><h1>A raid</h1><p>{text}</p></article></body></html>"
    );
    world.publish("/feed.xml", &[("/raid.html", "A raid", text)]);
    world.web.serve("/raid.html", Answer::page(page));
    world.ok(&["once"]);
    assert!(last_mail(&world).contains("Possibly old: its text speaks of 4 November"), "{}", last_mail(&world));
}

#[test]
fn stories_are_listed_with_their_reasons_and_changed_by_hand_without_a_mail() {
    let world = told_of_the_crossing("");
    world.publish("/two.xml", &[("/two.html", "Forty sent back over the bridge to Sinmal", CROSSING_AGAIN)]);
    world.publish("/three.xml", &[("/three.html", "Before dawn at the bridge", CROSSING)]);
    world.ok(&["once", "--all"]);
    let listed = world.ok(&["stories"]);
    for words in
        ["2 reports, 1 copy", "Agency: Buses cross", "tells on a running story", "of the shorter text stands in"]
    {
        assert!(listed.contains(words), "{words} in {listed}");
    }
    let story = &world.json(&["stories", "--json"])[0];
    let member = |outlet: &str| {
        let members = story["members"].as_array().unwrap();
        members.iter().find(|member| member["outlet"] == outlet).unwrap()["entry"].as_str().unwrap().to_owned()
    };
    world.ok(&["stories", "split", &member("Monitor")]);
    world.ok(&["stories", "split", &member("Herald")]);
    let all = world.json(&["stories", "--all", "--json"]);
    assert_eq!(all.as_array().unwrap().len(), 3, "{all}");
    let merged = [all[0]["id"].as_str().unwrap(), all[1]["id"].as_str().unwrap()];
    assert!(world.ok(&["stories", "merge", merged[0], merged[1]]).contains("1 article is in story"));
    assert_eq!(world.json(&["stories", "--all", "--json"]).as_array().unwrap().len(), 2);
    assert!(!world.run(&["stories", "merge", "s_none", merged[0]]).status.success());
    world.ok(&["once", "--all"]);
    assert_eq!(world.mails().len(), 1, "{:?}", world.mails().last());
}

#[test]
fn a_page_that_cannot_be_fetched_does_not_hold_up_the_report() {
    let world = newsroom();
    let link = world.web.url("/gone.html");
    let text = "Families fear that the nine will be repatriated within days.";
    world.list("/feed.xml", "Nine held", &link, text);
    world.ok(&["once"]);
    let mails = world.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("*repatriated*") && mails[0].contains("Page not read"), "{}", mails[0]);
    let entry = &world.json(&["inspect", "entry", &link, "--json"])[0];
    assert_eq!(entry["state"]["state"], "pending", "the page is asked for again: {entry}");
}

#[test]
fn what_only_the_feed_says_of_a_report_is_found_though_its_page_was_read() {
    let world = newsroom();
    let link = world.web.url("/consent.html");
    let welcome =
        "Before you go on, please tell us how we may use what we know of you, and what our partners may keep. "
            .repeat(8);
    world
        .web
        .serve("/consent.html", Answer::page(format!("<html><body><article><p>{welcome}</p></article></body></html>")));
    let text = "Families fear that the nine will be repatriated within days.";
    world.list("/feed.xml", "Nine held", &link, text);
    world.ok(&["once"]);
    assert!(world.mails().first().is_some_and(|mail| mail.contains("*repatriated*")), "{:?}", world.mails());
}

#[test]
fn the_old_entries_of_a_new_feed_are_stored_and_not_mailed_by_default() {
    let world = newsroom();
    let old = ("/old.html", "Eight were repatriated in May", "The ministry spoke of eight people.");
    world.publish("/feed.xml", &[old]);
    let config = std::fs::read_to_string(world.config_path()).unwrap();
    let path = world.dir.path().join("default.toml");
    std::fs::write(&path, config.replace("mail_back = \"all\"", "")).unwrap();
    let path = path.to_str().unwrap().to_owned();
    let once = || {
        let output =
            std::process::Command::new(env!("CARGO_BIN_EXE_newsvigil")).args(["-c", &path, "once", "--all"]).output();
        assert!(output.unwrap().status.success());
    };
    once();
    assert_eq!(world.mails().len(), 0);
    assert_eq!(world.json(&["watches", "--json"])[0]["hits"], 1, "it was matched all the same");
    let late = (
        "/late.html",
        "Tenth person held",
        "A tenth person was held; the family fears that she will be repatriated too.",
    );
    world.publish("/feed.xml", &[late, old]);
    once();
    let mails = world.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("Tenth person held") && !mails[0].contains("eight people"), "{}", mails[0]);
}

#[test]
fn what_stands_only_in_page_furniture_makes_no_mail_and_is_told_once_at_the_end_of_the_next() {
    let world = newsroom();
    let related = "<aside class=\"related\"><h3>Related stories</h3><ul><li><a href=\"/other.html\">Repatriation of twelve is said to be near</a></li></ul></aside>";
    let page = |number: usize| {
        let (title, text) = (
            format!("A good year for apples {number}"),
            "Farmers in the hills report a rich harvest this year, and prices fell at once.",
        );
        let html = format!(
            "<html><head><title>{title}</title></head><body><article><h1>{title}</h1><p>{text} That is report {number}.</p>\
             <p>Nobody in the {number} villages had thought that it would be so good, they said.</p></article>{related}</body></html>"
        );
        let path = format!("/apples-{number}.html");
        world.web.serve(&path, Answer::page(html));
        item(&number.to_string(), &title, &world.web.url(&path), 20)
    };
    world.web.serve("/feed.xml", Answer::feed(rss(&(page(1) + &page(2)))));
    world.ok(&["once"]);
    assert!(world.mails().is_empty(), "furniture makes no alert");
    let history = world.json(&["inspect", "entry", &world.web.url("/apples-1.html"), "--json"]);
    assert_eq!(history[0]["asides"][0]["hit"]["watch"], "returns");
    assert_eq!(history[0]["hits"], serde_json::json!([]));

    world.publish("/feed.xml", &[RAID]);
    world.ok(&["once", "--all"]);
    let mails = world.mails();
    assert_eq!(mails.len(), 1);
    let (reports, asides) = mails[0].split_once("Only in what was taken for page furniture").expect("it is told");
    assert!(!reports.contains("apples"));
    let plain = asides.split("sources watched").next().unwrap_or_default();
    for words in ["*Repatriation* of twelve", "A good year for apples", "Northern Monitor", "outside the text"] {
        assert!(plain.contains(words), "{words} in {plain}");
    }
    let told = ["apples 1”", "apples 2”"].map(|page| plain.contains(page));
    assert_ne!(told[0], told[1], "the same teaser of another page is told once: {plain}");

    let second =
        ("/second.html", "Ten more held", "Ten more people were held, and their repatriation is near, it was said.");
    world.publish("/feed.xml", &[second]);
    world.ok(&["once", "--all"]);
    let mails = world.mails();
    assert_eq!(mails.len(), 2);
    assert_eq!(mails.iter().filter(|mail| mail.contains("page furniture")).count(), 1);
}

#[test]
fn faults_of_some_sources_leave_the_others_alone_and_are_shown() {
    let mut world = newsroom();
    let faults = [
        ("/hang.xml", Answer::fault(Fault::Hang)),
        ("/cut.xml", Answer::fault(Fault::Cut)),
        ("/endless.xml", Answer::fault(Fault::Endless)),
        ("/empty.xml", Answer::feed("")),
        ("/page.xml", Answer::page("<html><body>Welcome</body></html>")),
        ("/500.xml", Answer::status(500)),
        ("/404.xml", Answer::status(404)),
        ("/429.xml", Answer::status(429).with("Retry-After", "7200")),
        ("/loop.xml", Answer::redirect(302, "/loop.xml")),
        ("/inside.xml", Answer::redirect(302, "http://10.0.0.1/secret")),
        ("/gone.xml", Answer::status(410)),
    ];
    for (path, answer) in &faults {
        world.source(path, path);
        world.web.serve(path, answer.clone());
    }
    world.publish("/feed.xml", &[RAID]);
    let config = std::fs::read_to_string(world.config_path()).unwrap();
    let short = config.replace("[fetch]", "[fetch]\ntotal_timeout = \"2s\"\nfirst_byte_timeout = \"2s\"");
    std::fs::write(world.dir.path().join("short.toml"), short).unwrap();
    let path = world.dir.path().join("short.toml");
    let output =
        std::process::Command::new(env!("CARGO_BIN_EXE_newsvigil")).arg("-c").arg(&path).arg("once").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(world.mails().len(), 1, "the healthy source was read");
    let sources = world.json(&["sources", "--json"]);
    for (path, _) in &faults {
        let source = sources.as_array().unwrap().iter().find(|source| source["outlet"] == *path).unwrap();
        let remark = if source["state"] == "disabled" { &source["reason"] } else { &source["last_error"] };
        assert!(remark.as_str().is_some_and(|remark| !remark.is_empty()), "{path}: {source}");
    }
}

#[test]
fn recipients_fail_apart_and_what_waits_is_shown() {
    let smtp = FakeSmtp::start();
    let mut world = World::new();
    world.mail_back().smtp(smtp.port()).source("/feed.xml", "Northern Monitor").watch("returns", &["repatriation"]);
    world.reader("ok", "ok@ngo.example").reader("nobody", "nobody@ngo.example").reader("grey", "grey@ngo.example");
    smtp.meet("nobody@ngo.example", Manner::Refuses);
    smtp.meet("grey@ngo.example", Manner::Greylists(1));
    world.publish("/feed.xml", &[RAID]);
    let output = world.run(&["once"]);
    assert_eq!(output.status.code(), Some(1), "a mail that failed for good is told by the exit code");
    assert_eq!(smtp.kept().iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["ok@ngo.example"]);
    let deliveries = world.json(&["deliveries", "--json"]);
    let state = |recipient: &str| {
        let found = deliveries.as_array().unwrap().iter().find(|delivery| delivery["recipient"] == recipient);
        found.map(|delivery| {
            (delivery["state"].as_str().unwrap().to_owned(), delivery["id"].as_str().unwrap().to_owned())
        })
    };
    assert_eq!(state("ok"), None, "what was sent waits no more");
    assert_eq!(state("nobody").unwrap().0, "failed");
    let (waiting, id) = state("grey").unwrap();
    assert_eq!(waiting, "queued");
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !log.contains("ngo.example") && !world.ok(&["deliveries"]).contains("nobody@"),
        "no address is shown: {log}"
    );
    world.ok(&["deliveries", "retry", &id]);
    world.run(&["once"]);
    assert_eq!(smtp.kept().len(), 2, "greylisting is got through");
}

#[test]
fn a_mail_that_was_kept_without_an_answer_comes_again_under_the_same_message_id() {
    let smtp = FakeSmtp::start();
    let mut world = World::new();
    world.mail_back().smtp(smtp.port()).source("/feed.xml", "Northern Monitor").watch("returns", &["repatriation"]);
    world.reader("desk", "desk@ngo.example");
    smtp.meet("desk@ngo.example", Manner::KeepsAndDrops(1));
    world.publish("/feed.xml", &[RAID]);
    assert_eq!(world.run(&["once"]).status.code(), Some(75), "mail waits for another try");
    let id = world.json(&["deliveries", "--json"])[0]["id"].as_str().unwrap().to_owned();
    world.ok(&["deliveries", "retry", &id]);
    world.ok(&["once"]);
    let kept = smtp.kept();
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[0].header("Message-ID"), kept[1].header("Message-ID"));
    assert!(kept[0].header("Message-ID").unwrap().ends_with("@news.example>"));
    assert_eq!(readable(&kept[0].data), readable(&kept[1].data), "the same mail to the letter");
}

#[test]
fn the_daemon_mails_what_appears_while_it_runs_and_stops_in_order() {
    let world = newsroom();
    world.publish("/feed.xml", &[RAID]);
    let mut daemon = world.daemon();
    wait_until("the first mail", || world.mails().len() == 1);
    daemon.signal("TERM");
    assert!(daemon.ended().success());
    let log = std::fs::read_to_string(world.log()).unwrap();
    assert!(log.contains("newsvigil has stopped"), "{log}");
    for secret in ["desk@ngo.example", "repatriat", "Nine held"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

#[test]
fn a_bad_configuration_is_refused_at_a_reload_and_the_old_one_stays() {
    let world = newsroom();
    world.publish("/feed.xml", &[RAID]);
    let mut daemon = world.daemon();
    wait_until("the first mail", || world.mails().len() == 1);
    std::fs::write(world.dir.path().join("newsvigil.toml"), "[service]\nstate_dri = 1\n").unwrap();
    daemon.signal("HUP");
    let log = || std::fs::read_to_string(world.log()).unwrap();
    wait_until("the refusal", || log().contains("the old one stays"));
    assert!(log().contains("newsvigil.toml:2:1"), "the place is named: {}", log());
    daemon.signal("TERM");
    assert!(daemon.ended().success());
}

#[test]
fn a_second_program_on_one_database_is_refused_for_now() {
    let world = newsroom();
    world.publish("/feed.xml", &[RAID]);
    let _daemon = world.daemon();
    wait_until("the first mail", || world.mails().len() == 1);
    let output = world.run(&["once"]);
    assert_eq!(output.status.code(), Some(75));
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.contains("in use") || words.contains("another"), "{words}");
}
