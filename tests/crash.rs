//! `kill -9` at any instant loses no report and repeats none, but for the one window that SMTP leaves open: a mail
//! that was taken and not yet noted comes again under the same Message-ID.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use support::fake_smtp::{FakeSmtp, Kept, Manner};
use support::mime::Part;
use support::world::{World, wait_until};

const KILLS: u32 = 40;
const FEEDS: u32 = 3;
const READERS: [(&str, Manner); 3] =
    [("anna@ngo.example", Manner::Takes), ("bora@ngo.example", Manner::Takes), ("chen@ngo.example", Manner::Takes)];

/// One reader for each way in which a mail server can fail and still mean to take the mail.
const ILL_MET: [(&str, Manner); 8] = [
    ("greylisted@ngo.example", Manner::Greylists(3)),
    ("deferred@ngo.example", Manner::Defers(3)),
    ("shut-out@ngo.example", Manner::BidsFarewell(2)),
    ("babbled-at@ngo.example", Manner::Babbles(2)),
    ("kept-and-dropped@ngo.example", Manner::KeepsAndDrops(2)),
    ("lost-and-dropped@ngo.example", Manner::LosesAndDrops(2)),
    ("cut@ngo.example", Manner::DropsAmid(2)),
    ("left-hanging@ngo.example", Manner::Hangs(1)),
];
const ILL_MET_REPORTS: u32 = 8;
/// Far more than it takes.
const MOST_LIVES: u32 = 150;
/// Has digests on another day, and gets all reports by alerts.
const ALERTED: &str = "dara@ngo.example";

/// Numbers that look like chance and are the same for the same seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % sides
    }
}

/// What the newsroom has published: matching reports, each with a headline of its own, and others.
struct Newsroom {
    world: World,
    smtp: FakeSmtp,
    feeds: Vec<Vec<(String, String, String)>>,
    headlines: BTreeSet<String>,
}

/// English whose names and numbers are its own, so that no report is taken for another's copy.
fn sentences(dice: &mut Dice) -> String {
    let sentence = |_| {
        let mut word = || format!("{:x}", dice.roll(1 << 40) | 1 << 39);
        format!(
            "The {} of {} was seen with {} near the {}, and the {} that went from {} to {} did not stop for {}.",
            word(),
            word(),
            word(),
            word(),
            word(),
            word(),
            word(),
            word()
        )
    };
    (0..4).map(sentence).collect::<Vec<_>>().join(" ")
}

impl Newsroom {
    fn open(readers: &[(&str, Manner)]) -> Newsroom {
        let smtp = FakeSmtp::start();
        for (reader, manner) in readers {
            smtp.meet(reader, *manner);
        }
        let mut world = World::new();
        // Every report is to be mailed, though chance may make one look like a follow-up of another.
        world.config(
            "[poll]\nevery = \"1s\"\nmin_every = \"1s\"\nmail_back = \"all\"\n[digest]\nfollow_ups = \"always\"",
        );
        world.smtp(smtp.port()).watch("returns", &["repatriation"]);
        for feed in 0..FEEDS {
            world.source(&format!("/{feed}.xml"), &format!("Outlet {feed}"));
        }
        for (number, (reader, _)) in readers.iter().enumerate() {
            world.reader(&format!("reader-{number}"), reader);
        }
        let day = jiff::Zoned::now().date().tomorrow().and_then(|day| day.tomorrow()).expect("there is one");
        let on = format!("{:?}", day.weekday())[..3].to_lowercase();
        world.config(&format!(
            "[[recipient]]\nid = \"alerted\"\nemail = \"{ALERTED}\"\nwatches = \"all\"\n\
             alert_watches = [\"returns\"]\non = [\"{on}\"]\nat = \"12:00\"\nzone = \"UTC\""
        ));
        Newsroom { world, smtp, feeds: vec![vec![]; FEEDS as usize], headlines: BTreeSet::new() }
    }

    /// A report that matches and one that does not, in one of the feeds.
    fn publish(&mut self, number: u32, dice: &mut Dice) {
        let headline = format!("Report-{number:03} on those who were held");
        let text = format!("It is feared that they will be repatriated. {}\n\n{}", sentences(dice), sentences(dice));
        let other = format!("{}\n\n{}", sentences(dice), sentences(dice));
        self.headlines.insert(format!("Report-{number:03}"));
        let feed = &mut self.feeds[(number % FEEDS) as usize];
        feed.push((format!("/{number}.html"), headline, text));
        feed.push((format!("/{number}-other.html"), format!("Something else, number {number}"), other));
        let path = format!("/{}.xml", number % FEEDS);
        let reports: Vec<_> = feed.iter().map(|(page, title, text)| (&**page, &**title, &**text)).collect();
        self.world.publish(&path, &reports);
    }

    /// Until the server keeps one more, or the time is over.
    fn wait_for_a_mail(&self, at_most: Duration) {
        let (begun, before) = (Instant::now(), self.smtp.kept().len());
        while self.smtp.kept().len() == before && begun.elapsed() < at_most {
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    /// How often each reader got each report, by Message-ID.
    fn arrived(&self) -> BTreeMap<(String, String), BTreeMap<String, Vec<Kept>>> {
        let mut arrived: BTreeMap<_, BTreeMap<_, Vec<_>>> = BTreeMap::new();
        for mail in self.smtp.kept() {
            let text = Part::parse(&mail.data).parts.first().map(|part| part.text.clone()).unwrap_or_default();
            // As a report of its own, not where another one names it as telling of the same event.
            let is_told = |headline: &&String| text.lines().any(|line| is_heading(line, headline));
            for headline in self.headlines.iter().filter(is_told) {
                let id = mail.header("Message-ID").expect("every mail has one");
                let pair = (mail.to.clone(), headline.clone());
                arrived.entry(pair).or_default().entry(id).or_default().push(mail.clone());
            }
        }
        arrived
    }
}

/// `1. Report-003 on those …`
fn is_heading(line: &str, headline: &str) -> bool {
    line.split_once(". ").is_some_and(|(number, title)| number.parse::<u32>().is_ok() && title.starts_with(headline))
}

#[test]
fn every_report_reaches_every_reader_once_though_the_program_is_killed_again_and_again() {
    let seed = std::env::var("NEWSVIGIL_CRASH_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
    println!("repeat with NEWSVIGIL_CRASH_SEED={seed}");
    let mut dice = Dice(seed);
    let mut newsroom = Newsroom::open(&READERS);
    for number in 0..KILLS {
        newsroom.publish(number, &mut dice);
        let daemon = newsroom.world.daemon();
        let life = Duration::from_millis(20 + dice.roll(500));
        wait_for(life);
        daemon.kill();
    }
    let readers = READERS.len() + [ALERTED].len();
    let mut last = newsroom.world.daemon();
    wait_until("all reports are with all readers", || newsroom.arrived().len() == KILLS as usize * readers);
    last.signal("TERM");
    assert!(last.ended().success());

    for ((reader, headline), mails) in newsroom.arrived() {
        assert_eq!(mails.len(), 1, "{headline} came to {reader} in more than one mail (seed {seed})");
        let copies = mails.values().next().unwrap();
        assert!(
            copies.iter().all(|copy| copy.data == copies[0].data),
            "{headline} to {reader}: the same Message-ID on different texts (seed {seed})"
        );
    }
    let waiting = newsroom.world.json(&["deliveries", "--json"]);
    assert_eq!(waiting.as_array().map(Vec::len), Some(0), "nothing is left in the outbox (seed {seed})");
}

#[test]
fn whatever_the_mail_server_does_and_whenever_the_program_is_killed_nothing_is_lost_and_copies_have_one_id() {
    let seed = std::env::var("NEWSVIGIL_CRASH_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
    println!("repeat with NEWSVIGIL_CRASH_SEED={seed}");
    let mut dice = Dice(seed);
    let mut newsroom = Newsroom::open(&ILL_MET);
    let all = ILL_MET_REPORTS as usize * (ILL_MET.len() + [ALERTED].len());
    for life in 0.. {
        assert!(life < MOST_LIVES, "{} of {all} have arrived (seed {seed})", newsroom.arrived().len());
        if life < ILL_MET_REPORTS {
            newsroom.publish(life, &mut dice);
        } else if newsroom.arrived().len() == all {
            break;
        }
        try_again(&newsroom.world);
        let daemon = newsroom.world.daemon();
        newsroom.wait_for_a_mail(Duration::from_millis(200 + dice.roll(3_000)));
        wait_for(Duration::from_millis(dice.roll(300)));
        daemon.kill();
    }
    try_again(&newsroom.world);
    newsroom.world.ok(&["once"]);
    for ((reader, headline), mails) in newsroom.arrived() {
        assert_eq!(mails.len(), 1, "{headline} came to {reader} under more than one Message-ID (seed {seed})");
        let copies = mails.values().next().unwrap();
        assert!(copies.iter().all(|copy| copy.data == copies[0].data), "{headline} to {reader} (seed {seed})");
    }
    let waiting = newsroom.world.json(&["deliveries", "--json"]);
    assert_eq!(waiting, serde_json::json!([]), "nothing is left in the outbox (seed {seed})");
}

/// What would be tried in a minute or an hour is tried at once.
fn try_again(world: &World) {
    for row in world.json(&["deliveries", "--json"]).as_array().unwrap() {
        // One that is being sent just now is left alone.
        world.run(&["deliveries", "retry", row["id"].as_str().unwrap()]);
    }
}

/// The moment of the kill is what the test varies: a time and not a condition.
fn wait_for(time: Duration) {
    let begun = Instant::now();
    while let Some(rest) = time.checked_sub(begun.elapsed()) {
        std::thread::park_timeout(rest);
    }
}
