//! What is mailed when, by the real composing stage with a clock that the test moves: alerts, quiet hours, floods, missed
//! times, silence, threads.

#![allow(clippy::unwrap_used, dead_code, reason = "the fixtures serve another test program too")]

#[path = "store/fixtures.rs"]
mod fixtures;
#[path = "support/postgres.rs"]
mod postgres;

use std::sync::Arc;

use fixtures::{TestDatabase, add_entries, at, claim_entry, hit, lease, matched, person};
use newsvigil::clock::Clock;
use newsvigil::daemon;
use newsvigil::fetch::Fetcher;
use newsvigil::model::delivery::{DeliveryState, Outgoing};
use newsvigil::model::id::StoryId;
use newsvigil::model::time::Timestamp;
use newsvigil::ops::health::Health;
use newsvigil::ops::metrics::Metrics;
use newsvigil::schedule;
use newsvigil::stage::tally::Tally;
use newsvigil::stage::{Desk, Plan, compose};
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
        let plan = daemon::plan(&settings).unwrap();
        let database = TestDatabase::sqlite();
        let store = database.open().await;
        let clock = Clock::manual(at(0));
        let fetcher = Fetcher::new(settings.fetch.clone(), clock.clone()).unwrap();
        let tally = Arc::new(Tally::new(Arc::new(Metrics::new())));
        let stop = CancellationToken::new();
        let desk = Desk::new(store.clone(), fetcher, clock, tally, Health::new(), "w1".into(), stop);
        let next = schedule::next_digest(&plan.recipients[0], at(0));
        store.sync_recipients(&[(person("desk"), "as it is".into(), next)], at(0)).await.unwrap();
        let names = ["one", "two", "three", "four"];
        add_entries(&store, &names).await;
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
        let mails = self.mails_refused(secs).await;
        for mail in &mails {
            let sent = DeliveryState::Sent { reply: "250".into() };
            assert!(self.store.commit_delivery(&mail.id, &mail.lease, &sent, "250", at(secs)).await.unwrap());
        }
        mails
    }

    /// The same, and the server does not answer.
    async fn mails_refused(&self, secs: i64) -> Vec<Outgoing> {
        self.it_is(secs);
        compose::drain(&self.desk, &self.plan).await.unwrap();
        self.store.claim_due_deliveries(at(secs), 9, &lease("d", secs)).await.unwrap()
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
async fn an_alert_that_no_server_took_is_told_in_full_by_the_digest() {
    let office = Office::open(DAILY, "").await;
    office.report("raid", 60).await;
    assert_eq!(office.mails_refused(200).await.len(), 1);
    let mails = office.mails(EVENING).await;
    let digest = mails.iter().find(|mail| mail.rendered.subject.starts_with("1 report")).unwrap();
    assert!(digest.rendered.text.contains("*They* were repatriated"), "{}", digest.rendered.text);
}

#[tokio::test]
async fn a_burst_beyond_the_hours_measure_is_folded_into_one_mail() {
    let office = Office::open(DAILY, "alert_gather = \"0s\"\nmax_alerts_per_hour = 1").await;
    office.report("raid", 60).await;
    assert_eq!(office.subjects(60).await, ["Alert: Word of raid at 60"]);
    office.report("raid", 300).await;
    assert!(office.mails(300).await.is_empty());
    office.report("raid", 900).await;
    assert!(office.mails(900).await.is_empty());
    assert_eq!(office.store.next_digest_due().await.unwrap(), Some(at(60 + HOUR)));
    let folded = office.subjects(60 + HOUR).await;
    assert!(folded.len() == 1 && folded[0].starts_with("Alert, 2 reports: "), "{folded:?}");
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
async fn a_follow_up_answers_the_first_alert_on_its_story_and_keeps_its_subject() {
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
    assert_eq!((third.in_reply_to, third.rendered.subject), (first.message_id, second.rendered.subject));
    office.report("raid", 1_500).await;
    assert_eq!(office.mails(1_700).await.remove(0).in_reply_to, "", "another story");
}
