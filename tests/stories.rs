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

/// On one subject and in the same towns, each of another event but the last, which tells the second one in Korean.
const RAIDS: [(&str, &str, &str); 5] = [
    (
        "/zh.html",
        "丹东警方逮捕五名脱北者",
        "丹东警方在河边一处仓库里逮捕了五名脱北者，附近的一名摊贩说。\n\n她们在那里躲了两天，其中一人怀有身孕。警察封锁了街道，\
         检查了过路人的证件。\n\n人权组织担心她们很快会被强制遣返朝鲜。外交部没有回答提问。",
    ),
    (
        "/eleven.html",
        "Police raid safe house in Shenyang, eleven North Koreans held",
        "Police in Shenyang raided a safe house in the Huanggu district late on Wednesday and took away eleven North Korean \
         refugees, a pastor who had sheltered them said.\n\nFour of those held are children, the youngest a boy of three. \
         They were to leave for Kunming the next morning.\n\nRights groups fear forced repatriation of the eleven by way of \
         Dandong within days.",
    ),
    (
        "/nine.html",
        "Nine North Koreans held in Shenyang flat",
        "Nine North Korean refugees were taken from a flat in the Tiexi district of Shenyang on Friday, a shopkeeper in the \
         street said.\n\nPolice came in two vans and closed the road. A neighbour had told them of the strangers.\n\nRights \
         groups fear forced repatriation of the nine. The police did not answer the telephone.",
    ),
    (
        "/seven.html",
        "옌지 기차역에서 탈북민 일곱 명 체포",
        "옌지 기차역에서 탈북민 일곱 명이 공안에 체포됐다고 현지 상인이 전했다.\n\n이들은 선양으로 가는 표를 들고 있었고, \
         안내인은 달아났다.\n\n인권단체들은 단둥을 거친 강제북송을 우려한다. 외교부는 확인해 줄 수 없다고 밝혔다.",
    ),
    (
        "/eleven-ko.html",
        "선양 은신처 급습, 탈북민 11명 연행",
        "선양 황구구의 은신처를 공안이 수요일 밤 급습해 탈북민 열한 명을 데려갔다고 이들을 돌보던 목사가 말했다.\n\n11명 가운데 \
         네 명은 어린이로, 가장 어린 아이는 세 살이다. 이들은 다음 날 아침 쿤밍으로 떠날 예정이었다.\n\n인권단체들은 며칠 안에 \
         단둥을 거친 강제북송을 우려한다.",
    ),
];

#[test]
fn each_event_on_one_subject_is_mailed_whatever_language_told_the_others() {
    let mut world = World::new();
    world.mail_back().maildir().watch("returns", &["@repatriation"]).reader("desk", "desk@ngo.example");
    for (number, report) in RAIDS.iter().enumerate() {
        let feed = format!("/{number}.xml");
        world.source(&feed, &format!("Outlet {number}"));
        world.publish(&feed, &[*report]);
        world.ok(&["once", "--all"]);
        let stories = world.ok(&["stories", "--all"]);
        assert_eq!(world.mails().len(), number + 1, "{} in {stories}", report.1);
    }
    let stories = world.json(&["stories", "--all", "--json"]);
    let stories = stories.as_array().expect("a list");
    let of_zh = stories.iter().find(|story| {
        story["members"].as_array().is_some_and(|members| members.iter().any(|member| member["title"] == RAIDS[0].1))
    });
    assert_eq!(of_zh.expect("its story")["members"].as_array().map(Vec::len), Some(1), "five in Dandong are no others");
}
