//! What is mailed when, by the real composing stage with a clock that the test moves: alerts, quiet hours, floods, missed
//! times, silence, threads.

#![allow(clippy::unwrap_used, dead_code, reason = "the fixtures serve another test program too")]

#[path = "store/fixtures.rs"]
mod fixtures;
#[path = "support/mime.rs"]
mod mime;
#[path = "support/postgres.rs"]
mod postgres;

use std::sync::Arc;

use fixtures::{TestDatabase, add_entries, at, claim_entry, hit, lease, matched, person};
use mime::Part;
use newsvigil::clock::Clock;
use newsvigil::daemon;
use newsvigil::fetch::Fetcher;
use newsvigil::model::article::ArticleKind;
use newsvigil::model::delivery::{DeliveryState, Outgoing};
use newsvigil::model::digest::Rendered;
use newsvigil::model::entry::EntryState;
use newsvigil::model::id::StoryId;
use newsvigil::model::time::Timestamp;
use newsvigil::ops::health::Health;
use newsvigil::ops::metrics::Metrics;
use newsvigil::schedule;
use newsvigil::stage::tally::Tally;
use newsvigil::stage::{Desk, Plan, compose, dispatch};
use newsvigil::store::{Owed, Store};
use tokio_util::sync::CancellationToken;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// One recipient, `desk`, who follows the urgent watch `raid` and the watch `returns`; it is 07:30 UTC on a Tuesday.
struct Office {
    folder: tempfile::TempDir,
    database: TestDatabase,
    store: Store,
    desk: Desk,
    plan: Plan,
}

impl Office {
    async fn open(recipient: &str, digest: &str) -> Office {
        Office::with_entries(4, recipient, digest).await
    }

    async fn with_entries(count: usize, recipient: &str, digest: &str) -> Office {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("newsvigil.toml");
        let state = folder.path().display();
        let config = format!(
            "[service]\nstate_dir = '{state}'\n[mail]\nfrom = \"digest@news.ngo.org\"\n[mail.maildir]\npath = '{state}/Maildir'\n\
             [[source]]\nurl = \"https://outlet-0.example/rss\"\n[digest]\n{digest}\n\
             [[watch]]\nid = \"raid\"\nterms = [\"raid\"]\nurgent = true\n[[watch]]\nid = \"returns\"\nterms = [\"returned\"]\n\
             [[recipient]]\nid = \"desk\"\nemail = \"desk@ngo.org\"\nwatches = \"all\"\n{recipient}\n"
        );
        std::fs::write(&path, config).unwrap();
        let settings = match daemon::load(&path) {
            Ok((settings, _)) => settings,
            Err(mistakes) => panic!("{mistakes:?}"),
        };
        let database = TestDatabase::sqlite();
        let store = database.open().await;
        let clock = Clock::manual(at(0));
        let fetcher = Fetcher::new(settings.fetch.clone(), clock.clone()).unwrap();
        let plan = daemon::plan(&settings, &fetcher).unwrap();
        let tally = Arc::new(Tally::new(Arc::new(Metrics::new())));
        let stop = CancellationToken::new();
        let desk = Desk::new(store.clone(), fetcher, clock, tally, Health::new(), "w1".into(), stop);
        let next = schedule::next_digest(&plan.recipients[0], at(0));
        store.sync_recipients(&[(person("desk"), "as it is".into(), next)], at(0)).await.unwrap();
        let names: Vec<String> = (0..count).map(|number| format!("entry-{number}")).collect();
        add_entries(&store, &names.iter().map(String::as_str).collect::<Vec<_>>()).await;
        Office { folder, database, store, desk, plan }
    }

    fn it_is(&self, secs: i64) {
        self.desk.clock.advance(at(secs).since(self.desk.clock.now()));
    }

    /// The next entry turns out to hold hits of this watch; returns the story it opens.
    async fn report(&self, watch: &str, secs: i64) -> StoryId {
        self.report_on(watch, secs, None).await
    }

    async fn report_on(&self, watch: &str, secs: i64, story: Option<&StoryId>) -> StoryId {
        self.it_is(secs);
        let entry = claim_entry(&self.store, "p", secs).await;
        let mut processed = matched(&entry, &[], secs);
        processed.article.title = format!("Word of {watch} at {secs}");
        processed.hits = vec![hit(watch)];
        let due = schedule::report_due(&self.plan.recipients[0], &processed.hits, at(secs), &self.plan.alert_pacing);
        processed.owed_to = vec![Owed { recipient: person("desk"), due: due.digest, alert_due: due.alert }];
        if let Some(story) = story {
            processed.membership.story = story.clone();
        }
        let opened = processed.membership.story.clone();
        assert!(self.store.commit_processed(&processed).await.unwrap());
        opened
    }

    /// What is mailed at that time; the server takes it.
    async fn mails(&self, secs: i64) -> Vec<Outgoing> {
        let mut mails = Vec::new();
        // One of a recipient's is under way at a time.
        while let Some(mail) = self.mails_refused(secs).await.pop() {
            let sent = DeliveryState::Sent { reply: "250".into() };
            assert!(self.store.commit_delivery(&mail.id, &mail.lease, &sent, "250", at(secs)).await.unwrap());
            mails.push(mail);
        }
        mails
    }

    /// The same, and the server does not answer.
    async fn mails_refused(&self, secs: i64) -> Vec<Outgoing> {
        self.it_is(secs);
        compose::drain(&self.desk, &self.plan).await.unwrap();
        self.store.claim_due_deliveries(at(secs), 9, &lease("d", secs)).await.unwrap()
    }

    /// All mails in the Maildir, as they were sent, after what is due now went there.
    async fn delivered(&self) -> Vec<String> {
        compose::drain(&self.desk, &self.plan).await.unwrap();
        dispatch::drain(&self.desk, &self.plan).await.unwrap();
        let inbox = std::fs::read_dir(self.folder.path().join("Maildir/new")).unwrap();
        inbox.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect()
    }

    async fn subjects(&self, secs: i64) -> Vec<String> {
        self.mails(secs).await.into_iter().map(|mail| mail.rendered.subject).collect()
    }
}

/// 18:00, 10 hours and a half after the start.
const EVENING: i64 = 10 * HOUR + HOUR / 2;
const DAILY: &str = "at = [\"18:00\"]\nzone = \"UTC\"";

#[tokio::test]
async fn an_urgent_report_is_mailed_after_the_gathering_and_only_named_in_the_next_digest() {
    let office = Office::open(DAILY, "").await;
    office.report("raid", 60).await;
    assert!(office.mails(60).await.is_empty(), "more may come within two minutes");
    office.report("raid", 120).await;
    assert_eq!(office.store.next_digest_due().await.unwrap(), Some(at(180)));
    let alert = office.mails(180).await;
    assert_eq!(alert.len(), 1);
    assert!(alert[0].rendered.subject.starts_with("Alert, 2 reports: Word of raid"), "{}", alert[0].rendered.subject);
    assert!(!alert[0].rendered.text.contains("checked"), "an alert counts no sources");
    assert_eq!(office.store.next_digest_due().await.unwrap(), Some(at(EVENING)));
    office.report("returns", HOUR).await;
    let digest = office.mails(EVENING).await;
    assert_eq!(digest[0].rendered.subject, "1 report: Word of returns at 3600");
    for part in [&digest[0].rendered.text, &digest[0].rendered.html] {
        assert!(part.contains("mailed 24 Nov, 07:33") && part.contains("Word of raid at 60"), "{part}");
        assert!(part.contains("Already mailed to you in an alert:"), "{part}");
    }
    assert!(office.mails(EVENING + DAY).await.is_empty());
}

#[tokio::test]
async fn an_alert_that_no_server_took_is_told_in_full_by_the_digest_and_goes_no_more() {
    let office = Office::open(DAILY, "").await;
    let story = office.report("raid", 60).await;
    assert_eq!(office.mails_refused(200).await.len(), 1);
    office.report_on("raid", 600, Some(&story)).await;
    assert_eq!(office.mails_refused(800).await.len(), 1, "the second waits for the first");
    let mails = office.mails(EVENING).await;
    let subjects: Vec<&str> = mails.iter().map(|mail| &*mail.rendered.subject).collect();
    assert!(subjects.len() == 1 && subjects[0].starts_with("2 reports"), "{subjects:?}");
    assert!(mails[0].rendered.text.contains("*They* were repatriated"), "{}", mails[0].rendered.text);
    let dropped = office.store.deliveries(false, 9).await.unwrap();
    let dropped = dropped.iter().filter(|delivery| delivery.state == DeliveryState::Dropped);
    assert!(dropped.clone().all(|alert| alert.last_reply.ends_with("told its reports in full")));
    assert_eq!(dropped.count(), 2);
    assert!(office.mails(EVENING + DAY).await.is_empty());
}

#[tokio::test]
async fn an_alert_that_is_being_sent_while_the_digest_is_composed_is_left_alone() {
    let office = Office::open(DAILY, "").await;
    office.report("raid", EVENING - 300).await;
    let alert = office.mails_refused(EVENING - 60).await.remove(0);
    assert!(office.mails_refused(EVENING).await.is_empty(), "composed, and not sent beside the alert");
    let sent = DeliveryState::Sent { reply: "250".into() };
    assert!(office.store.commit_delivery(&alert.id, &alert.lease, &sent, "250", at(EVENING + 1)).await.unwrap());
    let digest = office.mails(EVENING + 2).await;
    assert!(
        digest.len() == 1 && digest[0].rendered.subject.starts_with("1 report"),
        "in full: better twice than never"
    );
}

/// The watch `returns` is alerted too.
const CHATTY: &str = "at = [\"18:00\"]\nzone = \"UTC\"\nalert_watches = [\"returns\"]";

#[tokio::test]
async fn a_burst_beyond_the_hours_measure_is_folded_into_one_mail() {
    let office = Office::open(CHATTY, "alert_gather = \"0s\"\nmax_alerts_per_hour = 1").await;
    office.report("returns", 60).await;
    assert_eq!(office.subjects(60).await, ["Alert: Word of returns at 60"]);
    office.report("returns", 300).await;
    assert!(office.mails(300).await.is_empty());
    office.report("returns", 900).await;
    assert!(office.mails(900).await.is_empty());
    assert_eq!(office.store.next_digest_due().await.unwrap(), Some(at(60 + HOUR)));
    let folded = office.subjects(60 + HOUR).await;
    assert!(folded.len() == 1 && folded[0].starts_with("Alert, 2 reports: "), "{folded:?}");
}

#[tokio::test]
async fn a_watch_that_finds_much_holds_no_urgent_report_up_but_many_urgent_ones_are_folded_too() {
    let office = Office::with_entries(8, CHATTY, "alert_gather = \"0s\"\nmax_alerts_per_hour = 1").await;
    office.report("returns", 60).await;
    assert_eq!(office.mails(60).await.len(), 1);
    office.report("returns", 300).await;
    assert!(office.mails(300).await.is_empty());
    office.report("raid", 360).await;
    let urgent = office.subjects(360).await;
    assert!(urgent.len() == 1 && urgent[0].starts_with("Alert, 2 reports: Word of raid at 360"), "{urgent:?}");
    for secs in [420, 480, 540] {
        office.report("raid", secs).await;
        assert_eq!(office.mails(secs).await.len(), 1);
    }
    office.report("raid", 600).await;
    assert!(office.mails(600).await.is_empty());
    assert_eq!(office.mails(60 + HOUR).await.len(), 1);
}

#[tokio::test]
async fn what_is_settled_without_a_mail_is_no_mail_of_the_hour() {
    let office = Office::open(CHATTY, "alert_gather = \"0s\"\nmax_alerts_per_hour = 1").await;
    office.report("returns", EVENING - HOUR).await;
    assert_eq!(office.mails(EVENING - HOUR).await.len(), 1);
    assert!(office.mails(EVENING).await.is_empty(), "all of it was alerted");
    office.report("returns", EVENING + 60).await;
    assert_eq!(office.mails(EVENING + 60).await.len(), 1);
}

#[tokio::test]
async fn quiet_hours_hold_alerts_until_their_end_unless_urgent_ones_may_break_them() {
    // 23:00 and 06:30 of the next day.
    let (night, morning) = (15 * HOUR + HOUR / 2, 23 * HOUR);
    let quiet = format!("{DAILY}\nquiet = \"22:00-06:30\"");
    let held = Office::open(&quiet, "").await;
    assert!(held.mails(EVENING).await.is_empty());
    held.report("raid", night).await;
    assert!(held.mails(night + 2 * HOUR).await.is_empty());
    assert_eq!(held.subjects(morning).await, ["Alert: Word of raid at 55800"]);
    let urgent = Office::open(&format!("{quiet}\nurgent_in_quiet = true"), "").await;
    assert!(urgent.mails(EVENING).await.is_empty());
    urgent.report("raid", night).await;
    assert_eq!(urgent.subjects(night + 120).await, ["Alert: Word of raid at 55800"]);
}

#[tokio::test]
async fn what_turns_out_to_be_urgent_while_it_waits_for_the_digest_is_alerted() {
    let office = Office::open(DAILY, "").await;
    office.report("returns", 60).await;
    assert_eq!(office.store.next_digest_due().await.unwrap(), Some(at(EVENING)));
    let first = office.store.waiting_reports(&person("desk"), 9).await.unwrap().remove(0).entry;
    let entry = claim_entry(&office.store, "p", 600).await;
    let mut copy = matched(&entry, &[], 600);
    copy.membership.copy_of = Some(first);
    copy.owed_to = vec![Owed { recipient: person("desk"), due: Timestamp::NEVER, alert_due: at(720) }];
    assert!(office.store.commit_processed(&copy).await.unwrap());
    assert_eq!(office.subjects(720).await, ["Alert: Word of returns at 60"]);
}

#[tokio::test]
async fn a_digest_missed_while_the_machine_was_off_is_sent_on_return_and_once() {
    let office = Office::open(DAILY, "").await;
    office.report("returns", 60).await;
    let back = 3 * DAY;
    assert_eq!(office.subjects(back).await, ["1 report: Word of returns at 60"]);
    assert!(office.mails(back + 60).await.is_empty());
    assert_eq!(office.store.next_digest_due().await.unwrap(), Some(at(3 * DAY + EVENING)));
}

#[tokio::test]
async fn silence_is_told_after_a_week_over_the_whole_of_it_or_every_day_or_never() {
    let weekly = Office::open(DAILY, "").await;
    for day in 0..6 {
        assert!(weekly.mails(EVENING + day * DAY).await.is_empty(), "day {day}");
    }
    let told = weekly.mails(EVENING + 7 * DAY).await;
    assert_eq!(told[0].rendered.subject, "All quiet: no new reports");
    assert!(
        told[0].rendered.text.contains("Tue 24 Nov 2026, 07:30 – Tue 1 Dec 2026, 18:00 UTC"),
        "{}",
        told[0].rendered.text
    );
    assert!(weekly.mails(EVENING + 8 * DAY).await.is_empty());
    let daily = Office::open(&format!("{DAILY}\nall_quiet = \"daily\""), "").await;
    assert!(daily.mails(EVENING).await.is_empty(), "it began this morning");
    assert_eq!(daily.subjects(EVENING + DAY).await.len(), 1);
    assert_eq!(daily.subjects(EVENING + 2 * DAY).await.len(), 1);
    let never = Office::open(&format!("{DAILY}\nall_quiet = \"never\""), "").await;
    assert!(never.mails(EVENING + 30 * DAY).await.is_empty());
    let at_once = Office::open("digest = \"immediately\"", "").await;
    assert_eq!(at_once.subjects(7 * DAY).await, ["All quiet: no new reports"]);
}

#[tokio::test]
async fn a_week_of_alerts_is_no_silence_and_the_silence_told_begins_with_the_last_of_them() {
    let office = Office::with_entries(9, DAILY, "").await;
    for day in 0..7 {
        office.report("raid", day * DAY + HOUR).await;
        assert_eq!(office.mails(day * DAY + HOUR + 120).await.len(), 1);
        assert!(office.mails(day * DAY + EVENING).await.is_empty(), "day {day}");
    }
    for day in 7..13 {
        assert!(office.mails(day * DAY + EVENING).await.is_empty(), "day {day}");
    }
    let told = office.mails(13 * DAY + EVENING).await.remove(0).rendered;
    assert_eq!(told.subject, "All quiet: no new reports");
    assert!(told.text.contains("Mon 30 Nov 2026, 08:32 – Mon 7 Dec 2026, 18:00 UTC"), "{}", told.text);
    assert!(office.mails(14 * DAY + EVENING).await.is_empty());
    let daily = Office::open(&format!("{DAILY}\nall_quiet = \"daily\""), "").await;
    assert!(daily.mails(EVENING).await.is_empty());
    daily.report("raid", DAY + HOUR).await;
    assert_eq!(daily.mails(DAY + HOUR + 120).await.len(), 1);
    let told = daily.mails(DAY + EVENING).await.remove(0).rendered;
    assert!(told.subject == "No new reports" && told.text.contains("Word of raid"), "{}", told.text);
}

#[tokio::test]
async fn a_follow_up_answers_the_first_alert_on_its_story_and_keeps_the_subject_that_is_true_of_it() {
    let office = Office::open(DAILY, "").await;
    let story = office.report("raid", 60).await;
    let first = office.mails(200).await.remove(0);
    assert_eq!(first.in_reply_to, "");
    office.report_on("raid", 600, Some(&story)).await;
    let second = office.mails(800).await.remove(0);
    assert_eq!(second.in_reply_to, first.message_id);
    assert_eq!(second.rendered.subject, "Re: Alert: Word of raid at 60");
    office.report_on("raid", 1_000, Some(&story)).await;
    let third = office.mails(1_200).await.remove(0);
    assert_eq!((&third.in_reply_to, third.rendered.subject), (&first.message_id, second.rendered.subject));
    office.report("raid", 1_500).await;
    assert_eq!(office.mails(1_700).await.remove(0).in_reply_to, "", "another story");
}

#[tokio::test]
async fn an_answer_that_holds_other_reports_than_the_first_mail_has_a_subject_of_its_own() {
    let office = Office::with_entries(8, DAILY, "").await;
    let story = office.report("raid", 60).await;
    office.report("raid", 90).await;
    let first = office.mails(200).await.remove(0);
    assert!(first.rendered.subject.starts_with("Alert, 2 reports: "), "{}", first.rendered.subject);
    office.report_on("raid", 600, Some(&story)).await;
    let second = office.mails(800).await.remove(0);
    assert_eq!(second.in_reply_to, first.message_id);
    assert_eq!(second.rendered.subject, "Alert: Word of raid at 600");

    let other = office.report("raid", 1_000).await;
    let first = office.mails(1_200).await.remove(0);
    assert_eq!(first.rendered.subject, "Alert: Word of raid at 1000");
    office.report("raid", 1_500).await;
    office.report_on("raid", 1_510, Some(&other)).await;
    let second = office.mails(1_700).await.remove(0);
    assert_eq!(second.in_reply_to, first.message_id);
    assert_eq!(second.rendered.subject, "Alert, 2 reports: Word of raid at 1510", "two stories");
}

#[tokio::test]
async fn a_long_thread_ends_and_the_next_follow_up_begins_another() {
    let office = Office::with_entries(30, DAILY, "alert_gather = \"0s\"\nmax_alerts_per_hour = 100").await;
    let story = office.report("raid", 60).await;
    let first = office.mails(60).await.remove(0);
    let mut answered = vec![];
    for minute in 2..26 {
        office.report_on("raid", minute * 60, Some(&story)).await;
        answered.push(office.mails(minute * 60).await.remove(0));
    }
    assert!(answered[..20].iter().all(|mail| mail.in_reply_to == first.message_id));
    let second = &answered[20];
    assert_eq!((second.in_reply_to.as_str(), second.rendered.subject.starts_with("Alert: ")), ("", true));
    assert!(answered[21..].iter().all(|mail| mail.in_reply_to == second.message_id));
}

#[tokio::test]
async fn three_hundred_korean_reports_come_in_mails_that_no_program_clips_and_none_is_dropped() {
    let office = Office::with_entries(300, &format!("{DAILY}\nlanguage = \"ko\""), "max_reports = 300").await;
    let sentence =
        "국경 도시의 세관 앞 도로가 새벽 두 시간 동안 막혔고 강제북송이 다시 시작됐다고 현지 주민들이 전했다.";
    for number in 0..300 {
        let entry = claim_entry(&office.store, "p", 60).await;
        let mut processed = matched(&entry, &["desk"], 60);
        processed.article.title = format!("제{number}신: 다리 앞에 멈춘 버스");
        processed.article.lang = "ko".into();
        processed.article.blocks[0].text = format!("{sentence} {}", "주민들은 이유를 듣지 못했다. ".repeat(20));
        processed.hits = vec![hit("returns")];
        processed.hits[0].sentence.text = sentence.into();
        let at_word = sentence.find("강제북송").unwrap();
        processed.hits[0].sentence.marks = vec![(at_word, at_word + "강제북송".len())];
        processed.owed_to[0].due = Timestamp::NEVER;
        assert!(office.store.commit_processed(&processed).await.unwrap());
    }
    office.it_is(EVENING);
    let mails = office.delivered().await;
    assert!(mails.len() > 2, "{} mails", mails.len());
    for raw in &mails {
        let html = raw.rsplit("Content-Type: text/html").next().unwrap().len();
        assert!(html <= 81_000, "{html} bytes as it is sent");
    }
    let mails: Vec<Part> = mails.iter().map(|raw| Part::parse(raw)).collect();
    let parts: Vec<(&str, &str)> = mails.iter().map(|mail| (&*mail.parts[0].text, &*mail.parts[1].text)).collect();
    assert!(parts.iter().all(|(text, _)| text.contains("2026년 11월 24일 (화) 07:30 – ")), "all tell of one window");
    for number in 0..300 {
        let title = format!("제{number}신:");
        let in_text = parts.iter().filter(|(text, _)| text.contains(&title)).count();
        let in_html = parts.iter().filter(|(_, html)| html.contains(&title)).count();
        assert_eq!((in_text, in_html), (1, 1), "{title}");
    }
    let marked: usize = parts.iter().map(|(_, html)| html.matches(">강제북송</b>").count()).sum();
    assert_eq!(marked, 300, "each report with its sentence");
    assert_eq!(office.store.next_digest_due().await.unwrap(), Some(at(EVENING + DAY)));
}

#[tokio::test]
async fn a_digest_at_a_time_that_the_clocks_skip_or_repeat_is_mailed_once_that_day() {
    let office = Office::open("at = [\"02:30\"]\nzone = \"Europe/Berlin\"", "").await;
    let secs = |text: &str| {
        let at_text = text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
        (at_text - at(0).as_millis()) / 1_000
    };
    // 2027: 28 March 02:00→03:00, 31 October 03:00→02:00.
    for (noon_before, mailed_at) in
        [("2027-03-27T12:00:00Z", "2027-03-28T01:30:00Z"), ("2027-10-30T12:00:00Z", "2027-10-31T00:30:00Z")]
    {
        let noon = secs(noon_before);
        office.mails(noon).await;
        office.report("returns", noon + 60).await;
        let mut mailed = vec![];
        for half_hour in 1..=47 {
            let now = noon + half_hour * 1_800;
            mailed.extend(office.mails(now).await.iter().map(|_| now));
        }
        assert_eq!(mailed, [secs(mailed_at)], "{noon_before}");
    }
}

#[tokio::test]
async fn an_alert_that_was_late_for_the_evening_waits_for_the_morning_and_holds_no_digest_up() {
    // 22:00 to 06:30; the machine was off from 21:59 to 23:00, and a digest is due at 05:00.
    let quiet = "at = [\"05:00\"]\nzone = \"UTC\"\nquiet = \"22:00-06:30\"";
    let office = Office::open(quiet, "").await;
    let (late, back, digest, morning) = (14 * HOUR + 1_740, 15 * HOUR + HOUR / 2, 21 * HOUR + HOUR / 2, 23 * HOUR);
    office.report("raid", late).await;
    assert!(office.mails(back).await.is_empty());
    assert_eq!(office.store.next_digest_due().await.unwrap(), Some(at(digest)));
    assert_eq!(office.subjects(digest).await, ["1 report: Word of raid at 52140"], "in full: no alert told it");
    assert!(office.mails(morning).await.is_empty());
}

#[tokio::test]
async fn a_follow_up_with_nothing_new_makes_no_alert_and_is_named_by_the_digest() {
    let office = Office::open(DAILY, "").await;
    let story = office.report("raid", 60).await;
    assert_eq!(office.mails(200).await.len(), 1);
    office.it_is(600);
    let entry = claim_entry(&office.store, "p", 600).await;
    let mut processed = matched(&entry, &[], 600);
    processed.article.title = "The same once more".into();
    processed.article.blocks[0].text = "They were repatriated, and nobody was told of it by the guards. ".repeat(6);
    processed.hits = vec![hit("raid")];
    processed.membership.story = story;
    processed.owed_to = vec![Owed { recipient: person("desk"), due: Timestamp::NEVER, alert_due: at(720) }];
    assert!(office.store.commit_processed(&processed).await.unwrap());
    assert!(office.mails(800).await.is_empty());
    assert_eq!(office.store.next_digest_due().await.unwrap(), Some(at(EVENING)));
    office.report("returns", HOUR).await;
    let digest = office.mails(EVENING).await.remove(0).rendered;
    assert!(digest.subject.starts_with("1 report: Word of returns"), "{}", digest.subject);
    assert!(digest.text.contains("“The same once more” (Outlet 0)\n  https://"), "{}", digest.text);
    assert!(digest.html.contains(">“The same once more”</a> (Outlet 0)"), "{}", digest.html);
}

/// Long enough that what it holds is weighed.
const OF_NO_NEWS: &str = "They were repatriated, and nobody was told of it by the guards. ";

#[tokio::test]
async fn only_what_was_mailed_in_full_is_what_a_reader_was_told_of() {
    let office = Office::open(DAILY, "").await;
    let story = office.report("raid", 60).await;
    assert_eq!(office.mails(200).await.len(), 1);
    let further = async |title: &str, secs, news: &str| {
        office.it_is(secs);
        let entry = claim_entry(&office.store, "p", secs).await;
        let mut processed = matched(&entry, &[], secs);
        processed.article.title = title.into();
        processed.article.blocks[0].text = format!("{}{news}", OF_NO_NEWS.repeat(6));
        processed.hits = vec![hit("raid")];
        processed.membership.story = story.clone();
        processed.owed_to = vec![Owed { recipient: person("desk"), due: at(EVENING), alert_due: Timestamp::NEVER }];
        assert!(office.store.commit_processed(&processed).await.unwrap());
    };
    further("Nothing new in this", 600, "").await;
    office.report("returns", 700).await;
    let digest = office.mails(EVENING).await.remove(0).rendered;
    assert!(digest.text.contains("- “Nothing new in this”"), "{}", digest.text);
    further("A short word", EVENING + 600, "").await;
    let told = office.store.waiting_reports(&person("desk"), 9).await.unwrap().remove(0);
    let told_for: Vec<(&str, usize)> =
        told.event.iter().map(|other| (other.headline.as_str(), other.told_for.len())).collect();
    assert_eq!(told_for, [("Word of raid at 60", 1), ("Nothing new in this", 0)]);
    assert_eq!(told.told.len(), 1, "{:?}", told.told);
}

#[tokio::test]
async fn a_copy_that_came_after_the_alert_is_named_by_the_digest() {
    let office = Office::open(DAILY, "").await;
    office.report("raid", 60).await;
    let first = office.store.waiting_reports(&person("desk"), 9).await.unwrap().remove(0).entry;
    assert_eq!(office.mails(200).await.len(), 1);
    office.it_is(600);
    let entry = claim_entry(&office.store, "p", 600).await;
    let mut copy = matched(&entry, &[], 600);
    copy.membership.copy_of = Some(first);
    copy.owed_to = vec![Owed { recipient: person("desk"), due: Timestamp::NEVER, alert_due: at(720) }];
    assert!(office.store.commit_processed(&copy).await.unwrap());
    assert!(office.mails(800).await.is_empty());
    office.report("returns", HOUR).await;
    let digest = office.mails(EVENING).await.remove(0).rendered;
    assert!(digest.text.contains("“Word of raid at 60”: the same text again in Outlet 0"), "{}", digest.text);
}

#[tokio::test]
async fn a_follow_up_names_the_first_mail_in_its_headers() {
    let office = Office::open(DAILY, "").await;
    let story = office.report("raid", 60).await;
    office.it_is(200);
    office.delivered().await;
    office.report_on("raid", 600, Some(&story)).await;
    office.it_is(800);
    let mut mails = office.delivered().await;
    mails.sort_by_key(|mail| mail.contains("\nIn-Reply-To:"));
    let header = |mail: &str, name: &str| {
        let unfolded = mail.replace("\r\n", "\n").replace("\n ", " ");
        let line = unfolded.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned());
        line.unwrap_or_default()
    };
    assert_eq!(mails.len(), 2);
    let first = header(&mails[0], "Message-ID:");
    assert!(first.starts_with('<') && header(&mails[0], "In-Reply-To:").is_empty());
    assert_eq!((header(&mails[1], "In-Reply-To:"), header(&mails[1], "References:")), (first.clone(), first));
    assert_eq!(header(&mails[1], "Subject:"), format!("Re: {}", header(&mails[0], "Subject:")));
}

#[tokio::test]
async fn what_waits_for_somebody_told_immediately_keeps_its_time_when_their_zone_changes_or_they_come_back() {
    let office = Office::open("digest = \"immediately\"", "").await;
    let takes_over = async |rhythm: &str, secs| {
        let next = schedule::next_digest(&office.plan.recipients[0], at(secs));
        let people = [(person("desk"), rhythm.to_owned(), next)];
        office.store.sync_recipients(&people, at(secs)).await.unwrap();
    };
    takes_over("Immediately UTC", 0).await;
    office.report("returns", 60).await;
    takes_over("Immediately Asia/Seoul", 90).await;
    assert_eq!(office.store.next_digest_due().await.unwrap(), Some(at(180)));
    office.store.sync_recipients(&[], at(100)).await.unwrap();
    takes_over("Immediately Asia/Seoul", 110).await;
    assert_eq!(office.store.next_digest_due().await.unwrap(), Some(at(180)));
    assert_eq!(office.subjects(180).await, ["Word of returns at 60"]);
}

/// A report of `raid`, alerted from the feed's text or the page's, whose page then comes with hits of these watches.
async fn digest_after_the_page_came(told: ArticleKind, watches: &[&str]) -> Rendered {
    let office = Office::open(DAILY, "").await;
    office.it_is(60);
    let entry = claim_entry(&office.store, "p", 60).await;
    let mut first = matched(&entry, &[], 60);
    first.state = EntryState::Pending { due: at(600) };
    first.article.kind = told;
    first.article.blocks[0].text = "A few words from the feed.".into();
    first.hits = vec![hit("raid")];
    first.owed_to = vec![Owed { recipient: person("desk"), due: Timestamp::NEVER, alert_due: at(180) }];
    assert!(office.store.commit_processed(&first).await.unwrap());
    assert_eq!(office.mails(200).await.len(), 1);
    let due = office.store.claim_pending_entries(at(610), 9, &lease("p", 610)).await.unwrap();
    let again = due.into_iter().find(|due| due.id == entry.id).unwrap();
    let mut page = matched(&again, &[], 610);
    page.hits = watches.iter().map(|watch| hit(watch)).collect();
    page.owed_to = vec![Owed { recipient: person("desk"), due: Timestamp::NEVER, alert_due: at(730) }];
    assert!(office.store.commit_processed(&page).await.unwrap());
    assert!(office.mails(800).await.is_empty());
    office.report("returns", HOUR).await;
    office.mails(EVENING).await.remove(0).rendered
}

#[tokio::test]
async fn what_was_alerted_is_told_in_full_by_the_digest_where_its_page_or_another_watch_came_since() {
    let same = Box::pin(digest_after_the_page_came(ArticleKind::Page, &["raid"])).await;
    assert!(same.subject.starts_with("1 report: ") && same.text.contains("Already mailed to you"), "{}", same.text);
    for (told, watches) in [
        (ArticleKind::Feed, &["raid"][..]),
        (ArticleKind::Page, &["raid", "returns"]),
        (ArticleKind::Walled, &["raid"]),
    ] {
        let digest = Box::pin(digest_after_the_page_came(told, watches)).await;
        assert!(digest.subject.starts_with("2 reports: "), "{told:?} {watches:?}: {}", digest.subject);
        assert!(digest.text.contains("Nobody saw them again."), "{}", digest.text);
        assert!(!digest.text.contains("Already mailed to you"), "{}", digest.text);
    }
}

/// Somebody told immediately, at 23:00 of quiet hours that only what is urgent may break, with as many reports of the night.
async fn quiet_night(reports: usize, digest: &str) -> Office {
    let quiet = "digest = \"immediately\"\nzone = \"UTC\"\nquiet = \"22:00-06:30\"\nurgent_in_quiet = true";
    let office = Office::with_entries(reports + 2, quiet, digest).await;
    for _ in 0..reports {
        office.report("returns", NIGHT).await;
    }
    assert!(office.mails(NIGHT + 120).await.is_empty());
    office
}

const NIGHT: i64 = 15 * HOUR + HOUR / 2;

#[tokio::test]
async fn a_report_of_the_night_whose_page_turns_out_urgent_does_not_wait_for_the_morning() {
    let quiet = "digest = \"immediately\"\nzone = \"UTC\"\nquiet = \"22:00-06:30\"\nurgent_in_quiet = true";
    let office = Office::with_entries(1, quiet, "").await;
    for (secs, watch, state) in
        [(NIGHT, "returns", EntryState::Pending { due: at(NIGHT + 300) }), (NIGHT + 300, "raid", EntryState::Matched)]
    {
        office.it_is(secs);
        let entry = claim_entry(&office.store, "p", secs).await;
        let mut processed = matched(&entry, &[], secs);
        (processed.state, processed.hits) = (state, vec![hit(watch)]);
        let due =
            schedule::report_due(&office.plan.recipients[0], &processed.hits, at(secs), &office.plan.alert_pacing);
        processed.owed_to = vec![Owed { recipient: person("desk"), due: due.digest, alert_due: due.alert }];
        assert!(office.store.commit_processed(&processed).await.unwrap());
    }
    assert_eq!(office.mails(NIGHT + 420).await.len(), 1);
}

#[tokio::test]
async fn a_report_of_the_night_whose_copy_alone_is_urgent_does_not_wait_for_the_morning() {
    let office = quiet_night(1, "").await;
    let first = office.store.waiting_reports(&person("desk"), 9).await.unwrap().remove(0).entry;
    let entry = claim_entry(&office.store, "p", NIGHT + 300).await;
    let mut copy = matched(&entry, &[], NIGHT + 300);
    copy.membership.copy_of = Some(first);
    copy.hits = vec![hit("raid")];
    copy.owed_to = vec![Owed { recipient: person("desk"), due: at(NIGHT + 420), alert_due: Timestamp::NEVER }];
    assert!(office.store.commit_processed(&copy).await.unwrap());
    assert_eq!(office.mails(NIGHT + 420).await.len(), 1);
}

#[tokio::test]
async fn an_urgent_report_behind_more_than_one_mail_holds_does_not_wait_for_the_morning() {
    let office = quiet_night(3, "max_reports = 2").await;
    office.report("raid", NIGHT + 300).await;
    let mails = office.subjects(NIGHT + 420).await;
    assert!(mails.iter().any(|subject| subject.contains("Word of raid")), "{mails:?}");
}
