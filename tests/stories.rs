//! Copies and stories by the real program: a flood of addresses of one page, and a program killed between two articles.

mod support;

use std::time::{Duration, Instant};

use support::fake_web::Answer;
use support::world::{Daemon, World, rss, wait_until};

/// `NEWSVIGIL_TEST_ADDRESSES=10000` takes some minutes.
const ADDRESSES: usize = 1_000;
/// Entries of one feed that are read by default.
const A_FEED: usize = 1_000;
/// For ten thousand, on a busy machine; what is quadratic takes hours.
const BOUND: Duration = Duration::from_secs(600);

const FLOOD: &str = "Buses with some forty people from the camp at Karling crossed the bridge to Sinmal before dawn, a driver \
    said. Relatives fear that all of them will be repatriated within days. The border service would not say who ordered it, \
    and the camp was closed to visitors in the evening.";

fn newsroom(digest: &str) -> World {
    let mut world = World::new();
    world.mail_back().maildir().watch("returns", &["repatriation"]).reader("desk", "desk@ngo.example").config(digest);
    world
}

#[test]
fn thousands_of_addresses_of_one_page_are_one_report_in_bounded_time() {
    let wanted = std::env::var("NEWSVIGIL_TEST_ADDRESSES").ok().and_then(|wanted| wanted.parse().ok());
    let addresses: usize = wanted.unwrap_or(ADDRESSES);
    let mut world = newsroom("");
    let page = format!("<html><body><article><h1>Buses cross the bridge</h1><p>{FLOOD}</p></article></body></html>");
    for feed in 0..addresses.div_ceil(A_FEED) {
        world.source(&format!("/{feed}.xml"), &format!("Outlet {feed}"));
        let items: String = (0..A_FEED)
            .map(|number| {
                let path = format!("/{feed}/{number}.html");
                world.web.serve(&path, Answer::page(page.clone()));
                let link = world.web.url(&path);
                format!("<item><title>Buses cross the bridge</title><link>{link}</link><guid>{link}</guid></item>")
            })
            .collect();
        world.web.serve(&format!("/{feed}.xml"), Answer::feed(rss(&items)));
    }
    let begun = Instant::now();
    world.ok(&["once"]);
    let took = begun.elapsed();
    println!("{addresses} addresses took {took:?}");
    let stories = world.json(&["stories", "--all", "--json"]);
    let stories = stories.as_array().expect("a list");
    assert_eq!(stories.len(), 1, "one event");
    let members = stories[0]["members"].as_array().expect("members");
    assert_eq!(
        members.iter().filter(|member| member["copy_of"].is_null()).count(),
        1,
        "one report, all else copies of it"
    );
    assert_eq!(world.mails().iter().filter(|mail| mail.contains("Buses cross the bridge")).count(), 1, "told once");
    assert!(took < BOUND, "{took:?}");
}

/// Reports as they come in: events, own reports on them by other outlets, copies cut and under new headlines, bulletins
/// of one template, and notices of other things.
fn reports() -> Vec<(String, String)> {
    let places = ["Karling", "Ostby", "Vessby", "Tarrow", "Inverley", "Dunmore"];
    let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
    let mut reports = Vec::new();
    for (n, (place, day)) in places.into_iter().zip(days).enumerate() {
        let number = 30 + 17 * n;
        let event = format!(
            "Buses with some {number} people from the camp at {place} crossed the bridge to Sinmal{n} before dawn on {day}, a \
             driver named Okoro{n} said. Relatives fear that all of them will be repatriated within days. The border service \
             would not say who ordered it, and the camp at {place} was closed to visitors in the evening. A doctor who had \
             seen the {number} the day before spoke of fevers and of two women near their time."
        );
        let cut = event[..event.find(" A doctor").unwrap_or(event.len())].to_owned();
        let own = format!(
            "The camp at {place} stands empty since {day}: {number} people were driven over the bridge to Sinmal{n}, among \
             them the wife of a teacher. Repatriation is what they fled from, said Okoro{n}, who drove one of the buses. \
             Nobody in the capital answered when asked by telephone."
        );
        let bulletin = format!(
            "The border service reports that {number} people were stopped at the crossing of {place} on {day} and will be \
             repatriated under the agreement. All were taken to the station, where doctors saw them and officers took their \
             names. The service asks all who live on the bank to report strangers and to keep off the ice."
        );
        let notice = format!("In {place} a law on repatriation of art{n} from museum{n} was read for the {n}th time.");
        reports.push((format!("Buses from {place} cross the bridge"), event));
        reports.push((format!("Report of the border service, {day}"), bulletin));
        reports.push((format!("Before dawn at Sinmal{n}"), own));
        reports.push((format!("A law in {place}"), notice));
        reports.push((format!("{number} driven over the bridge"), cut));
    }
    reports
}

/// One report after another by one feed, each stored before the next appears.
fn read_one_by_one(between: impl Fn(&World)) -> Vec<String> {
    let mut world = newsroom("[digest]\nfollow_ups = \"always\"");
    world.in_section("[poll]", "every = \"1s\"\nmin_every = \"1s\"").source("/feed.xml", "Outlet");
    let reports = reports();
    let mut items = String::new();
    for (number, (title, text)) in reports.iter().enumerate() {
        let path = format!("/{number}.html");
        let page = format!("<html><body><article><h1>{title}</h1><p>{text}</p></article></body></html>");
        world.web.serve(&path, Answer::page(page));
        let link = world.web.url(&path);
        let (day, hour) = (1 + number / 4, 6 + 4 * (number % 4));
        items.push_str(&format!(
            "<item><title>{title}</title><link>{link}</link><guid>{link}</guid>\
             <pubDate>{day:02} Nov 2025 {hour:02}:00:00 GMT</pubDate></item>"
        ));
        world.web.serve("/feed.xml", Answer::feed(rss(&items)));
        between(&world);
        wait_until("the report is grouped", || told(&world).len() > number);
    }
    told(&world)
}

/// What was decided of each article, with headlines in place of ids.
fn told(world: &World) -> Vec<String> {
    let stories = world.json(&["stories", "--all", "--limit", "500", "--json"]);
    let members =
        || stories.as_array().expect("a list").iter().flat_map(|story| story["members"].as_array().expect("members"));
    let mut names: Vec<(String, String)> = Vec::new();
    for member in members() {
        let title = member["title"].as_str().expect("a title").to_owned();
        names.push((member["entry"].as_str().expect("an id").to_owned(), title));
    }
    let mut told = Vec::new();
    for story in stories.as_array().expect("a list") {
        let of = &story["members"][0]["title"];
        for member in story["members"].as_array().expect("members") {
            let mut line = format!("{} | {of} | {} | {}", member["title"], member["copy_of"], member["reason"]);
            for (entry, title) in &names {
                line = line.replace(entry, title);
            }
            told.push(line);
        }
    }
    told.sort();
    told
}

/// The daemon when it has read its configuration, which the next command writes anew.
fn started(world: &World) -> Daemon {
    let starts = || std::fs::read_to_string(world.log()).unwrap_or_default().matches(" is up: ").count();
    let before = starts();
    let daemon = world.daemon();
    wait_until("the daemon is up", || starts() > before);
    daemon
}

#[test]
fn a_program_killed_between_two_articles_decides_as_one_that_was_never_stopped() {
    let daemon = std::cell::RefCell::new(None);
    let steady = read_one_by_one(|world| {
        daemon.borrow_mut().get_or_insert_with(|| started(world));
    });
    drop(daemon.take());
    let killed = read_one_by_one(|world| {
        // What was there before is killed when it is dropped, with `kill -9`.
        drop(daemon.take());
        daemon.replace(Some(started(world)));
    });
    assert_eq!(steady, killed);
    let count = |what: &str| steady.iter().filter(|line| line.contains(what)).count();
    assert!(count("of the shorter text stands in") >= 5, "copies are found: {steady:#?}");
    assert!(count("tells on a running story") >= 1, "stories are told: {steady:#?}");
}
