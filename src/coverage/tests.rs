use super::*;
use crate::model::entry::EntryKey;
use crate::model::exchange::{Route, Validators};
use crate::model::feed::{FeedKind, FeedSpec, Wishes};
use crate::model::id::FeedId;
use crate::model::lease::Lease;

/// 24 November 2026, 07:30 UTC.
pub(super) const NOON: Timestamp = Timestamp::from_millis(1_795_505_400_000);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

pub(super) fn entry(name: &str, published: Option<Timestamp>) -> FeedEntry {
    FeedEntry {
        key: EntryKey::from_stored(format!("guid:{name}")),
        alias: None,
        guid: name.into(),
        title: format!("Buses with curtains were seen again at the customs office ({name})"),
        link: None,
        published,
        updated: None,
        author: String::new(),
        summary: String::new(),
        content: String::new(),
        lang: String::new(),
    }
}

fn in_korean(number: u8) -> FeedEntry {
    let title = "단둥 세관 앞에 버스 두 대가 서 있었다고 주민이 전했다".into();
    FeedEntry { title, ..entry(&number.to_string(), Some(NOON)) }
}

/// Polled every hour, last read an hour ago, ten entries then; it has been read for a month.
pub(super) fn feed() -> Feed {
    let url = Url::parse("https://paper.example/rss").expect("a URL");
    Feed {
        id: FeedId::of_url(&url),
        spec: FeedSpec {
            url: url.clone(),
            kind: FeedKind::Syndication,
            outlet: "The Paper".into(),
            lang: String::new(),
            every: HOUR,
            route: Route::Direct,
            zone: None,
            selectors: None,
        },
        ask: url,
        validators: Validators::default(),
        validators_url: None,
        body_hash: String::new(),
        first_read_at: Some(NOON.minus(30 * DAY)),
        attempts: 1,
        last_success_at: Some(NOON.minus(HOUR)),
        last_new_at: Some(NOON.minus(HOUR)),
        failures_in_a_row: 0,
        moving: None,
        wishes: Wishes::default(),
        whole_at: None,
        changed_at: None,
        rhythm: Duration::ZERO,
        pace: Duration::ZERO,
        alarms: Alarms::default(),
        portrait: Portrait {
            window: 10,
            arrivals: 100,
            usual_gap_ms: 2 * 3_600_000,
            longest_gap_ms: 20 * 3_600_000,
            homes: vec!["paper.example".into()],
            tongues: vec!["Latin/eng".into()],
            ..Portrait::default()
        },
        scattered: false,
        lease: Lease { token: "t".into(), until: NOON },
    }
}

fn list(entries: u64) -> List {
    List { home: "paper.example".into(), title: "The Paper Online".into(), entries, previous: None }
}

/// What a list of ten entries leads to, of which these are new.
fn read(feed: &Feed, new: &[FeedEntry]) -> Judgement {
    let new: Vec<&FeedEntry> = new.iter().collect();
    judge(feed, &Seen::Read { list: &list(10), new: &new }, &Bounds::default(), NOON)
}

fn recent(count: usize) -> Vec<FeedEntry> {
    (0..count).map(|n| entry(&n.to_string(), Some(NOON.minus(Duration::from_secs(60 * n as u64))))).collect()
}

fn begun(judgement: &Judgement) -> Vec<AlarmKind> {
    let begun = |change: &AlarmChange| match change {
        AlarmChange::Begins { kind, .. } => Some(*kind),
        AlarmChange::Ends { .. } => None,
    };
    judgement.changes.iter().filter_map(begun).collect()
}

#[test]
fn a_list_of_which_half_is_known_is_asked_for_as_often_as_configured() {
    let judgement = read(&feed(), &recent(5));
    assert_eq!((judgement.pace, judgement.gap, judgement.hold), (Duration::ZERO, None, false));
    assert!(judgement.changes.is_empty());
}

#[test]
fn a_list_that_runs_fast_is_asked_for_so_often_that_half_of_it_is_known_again() {
    let judgement = read(&feed(), &recent(8));
    assert_eq!(judgement.pace, HOUR.mul_f64(10.0 / 16.0));
    assert_eq!(judgement.gap, None);
}

#[test]
fn a_list_that_ran_through_is_a_gap_from_the_last_poll_to_its_oldest_entry() {
    let judgement = read(&feed(), &recent(10));
    let gap = judgement.gap.as_ref().expect("a gap");
    assert_eq!((gap.from, gap.until), (NOON.minus(HOUR), NOON.minus(Duration::from_secs(9 * 60))));
    assert_eq!(judgement.pace, HOUR / 4);
    assert_eq!(begun(&judgement), [AlarmKind::Gap]);
    let mut after = Feed { alarms: judgement.alarms, pace: HOUR / 4, ..feed() };
    let judgement = read(&after, &recent(4));
    assert_eq!((judgement.pace, judgement.changes.len()), (HOUR / 4 * 5 / 4, 0), "slower by and by");
    after.pace = HOUR * 9 / 10;
    let judgement = read(&after, &recent(4));
    assert_eq!(judgement.pace, Duration::ZERO);
    assert_eq!(judgement.changes, [AlarmChange::Ends { kind: AlarmKind::Gap }], "over when it is polled as configured");
}

#[test]
fn no_feed_is_polled_more_often_than_the_configuration_allows() {
    let mut feed = feed();
    feed.last_success_at = Some(NOON.minus(Duration::from_secs(30)));
    assert_eq!(read(&feed, &recent(10)).pace, Bounds::default().min_every);
}

#[test]
fn the_first_list_is_neither_a_gap_nor_a_takeover_but_what_later_ones_are_judged_by() {
    let first = Feed { first_read_at: None, last_success_at: None, portrait: Portrait::default(), ..feed() };
    let judgement = read(&first, &recent(10));
    assert!(judgement.changes.is_empty() && judgement.gap.is_none() && !judgement.hold);
    let portrait = judgement.portrait.expect("a portrait");
    assert_eq!(portrait.homes, ["paper.example"]);
    assert!(portrait.tongues.is_empty() && !portrait.titles.is_empty(), "nobody asked for it");
}

#[test]
fn the_tongue_of_the_first_list_is_told_when_the_next_ones_are_judged_by_it() {
    let first = Feed { first_read_at: None, last_success_at: None, portrait: Portrait::default(), ..feed() };
    let portrait = read(&first, &recent(10)).portrait.expect("a portrait");
    let known = Feed { portrait, ..feed() };
    let after = read(&known, &recent(1)).portrait.expect("a portrait");
    assert!(after.tongues.is_empty() && !after.titles.is_empty(), "one entry says too little");
    let judgement = read(&known, &recent(5));
    assert!(!judgement.hold);
    let after = judgement.portrait.expect("a portrait");
    assert_eq!((after.tongues, after.titles.as_str()), (vec!["Latin/eng".to_owned()], ""));
    let korean: Vec<_> = (0..5).map(in_korean).collect();
    let judgement = read(&known, &korean);
    assert!(judgement.hold);
    let portrait = judgement.portrait.expect("a portrait");
    assert_eq!((portrait.tongues, portrait.doubted_tongues), (vec!["Latin/eng".to_owned()], vec!["Hangul".to_owned()]));
}

#[test]
fn a_script_of_one_language_is_told_at_once() {
    let first = Feed { first_read_at: None, last_success_at: None, portrait: Portrait::default(), ..feed() };
    let korean: Vec<_> = (0..5).map(in_korean).collect();
    let portrait = read(&first, &korean).portrait.expect("a portrait");
    assert_eq!((portrait.tongues, portrait.titles.as_str()), (vec!["Hangul".to_owned()], ""));
}

#[test]
fn a_feed_that_nobody_named_goes_by_its_title_until_it_is_held() {
    assert_eq!(read(&feed(), &recent(1)).outlet, None, "it has a name");
    let mut unnamed = feed();
    unnamed.spec.outlet = "paper.example".into();
    let judgement = read(&unnamed, &recent(1));
    assert_eq!(judgement.outlet.as_deref(), Some("The Paper Online"));
    assert_eq!(judgement.portrait.expect("a portrait").title, "The Paper Online");
    let old: Vec<_> = (0..10).map(|n| entry(&n.to_string(), Some(NOON.minus(40 * DAY)))).collect();
    let judgement = read(&unnamed, &old);
    assert_eq!((judgement.hold, judgement.outlet), (true, None), "its title may be somebody else's now");
}

#[test]
fn entries_from_another_domain_are_held_and_what_it_looks_like_is_learnt_if_they_are_let_pass() {
    let moved = List { home: "casino.example".into(), ..list(10) };
    let new = recent(2);
    let new: Vec<&FeedEntry> = new.iter().collect();
    let judgement = judge(&feed(), &Seen::Read { list: &moved, new: &new }, &Bounds::default(), NOON);
    assert!(judgement.hold);
    let portrait = judgement.portrait.clone().expect("a portrait");
    assert_eq!(portrait.homes, ["paper.example"]);
    assert_eq!(portrait.accepted().homes, ["paper.example", "casino.example"]);
    assert_eq!(begun(&judgement), [AlarmKind::Held]);
}

#[test]
fn a_list_exchanged_for_older_entries_is_held_and_no_gap() {
    let old: Vec<_> = (0..10).map(|n| entry(&n.to_string(), Some(NOON.minus(40 * DAY)))).collect();
    let judgement = read(&feed(), &old);
    assert!(judgement.hold && judgement.gap.is_none());
}

#[test]
fn an_undated_list_of_a_slow_feed_that_is_all_new_at_once_is_held() {
    let undated: Vec<_> = (0..10).map(|n| entry(&n.to_string(), None)).collect();
    assert!(read(&feed(), &undated).hold, "an hour brings one entry here, not ten");
    let mut busy = feed();
    busy.portrait.usual_gap_ms = 5 * 60_000;
    let judgement = read(&busy, &undated);
    assert!(!judgement.hold && judgement.gap.is_some(), "ten in an hour are nothing special there");
}

#[test]
fn languages_are_named_as_people_call_them() {
    let named = ["Latin/eng", "Hangul", "Han", "Japanese", "Cyrillic/rus", "Latin/xx"].map(tongue::name);
    assert_eq!(named, ["English", "Korean", "Chinese", "Japanese", "Russian", "Latin/xx"]);
}

#[test]
fn entries_in_another_language_are_held_and_one_foreign_headline_is_not() {
    let titled = |title: &str| FeedEntry { title: title.into(), ..entry(title, Some(NOON)) };
    let foreign = [
        "Die besten Gewinnspiele mit Bonus ohne Einzahlung für neue Kunden",
        "Warum so viele Spieler heute lieber von zu Hause aus spielen wollen",
        "Jetzt anmelden und sofort den vollen Willkommensbonus sichern",
    ];
    let judgement = read(&feed(), &foreign.map(titled));
    assert_eq!(begun(&judgement), [AlarmKind::Held]);
    let korean = [
        "단둥 세관 앞에 버스가 다시 나타났다는 증언이 나왔다",
        "선양에서 체포된 가족들의 소식이 끊겼다고 한다",
        "국경 지역 주민들이 전한 최근 상황을 정리했다",
    ];
    assert!(read(&feed(), &korean.map(titled)).hold);
    assert!(!read(&feed(), &[titled(foreign[0])]).hold);
}

#[test]
fn while_entries_are_held_all_that_come_are_held_until_somebody_decides() {
    let mut held = feed();
    held.alarms.set(AlarmKind::Held, true);
    let judgement = read(&held, &recent(1));
    assert!(judgement.hold && judgement.changes.is_empty() && judgement.alarms.has(AlarmKind::Held));
    let through = read(&held, &recent(10));
    assert!(through.hold && through.gap.is_some(), "what runs through meanwhile is a gap all the same");
}

#[test]
fn where_the_configuration_says_so_nothing_is_held() {
    let moved = List { home: "new.example".into(), ..list(10) };
    let new = recent(2);
    let new: Vec<&FeedEntry> = new.iter().collect();
    let bounds = Bounds { hold: false, ..Bounds::default() };
    assert!(!judge(&feed(), &Seen::Read { list: &moved, new: &new }, &bounds, NOON).hold);
}

#[test]
fn a_feed_is_silent_once_it_is_quiet_for_half_as_long_again_as_ever_before() {
    let quiet_for = |hours: u32| Feed { last_new_at: Some(NOON.minus(HOUR * hours)), ..feed() };
    let unchanged = |feed: &Feed| judge(feed, &Seen::Unchanged, &Bounds::default(), NOON);
    assert!(unchanged(&quiet_for(29)).changes.is_empty());
    let judgement = unchanged(&quiet_for(31));
    assert_eq!(begun(&judgement), [AlarmKind::Silent]);
    let silent = Feed { alarms: judgement.alarms, ..quiet_for(32) };
    assert!(unchanged(&silent).changes.is_empty(), "told once");
    assert_eq!(read(&silent, &recent(1)).changes, [AlarmChange::Ends { kind: AlarmKind::Silent }]);
}

#[test]
fn a_feed_whose_rhythm_is_not_known_is_given_two_weeks() {
    let mut young = feed();
    young.portrait.arrivals = 2;
    young.last_new_at = Some(NOON.minus(13 * DAY));
    assert!(judge(&young, &Seen::Unchanged, &Bounds::default(), NOON).changes.is_empty());
    young.last_new_at = Some(NOON.minus(15 * DAY));
    assert_eq!(begun(&judge(&young, &Seen::Unchanged, &Bounds::default(), NOON)), [AlarmKind::Silent]);
}

#[test]
fn each_arrival_moves_the_usual_pause_by_a_quarter_and_the_longest_fades() {
    let portrait = read(&feed(), &recent(1)).portrait.expect("a portrait");
    assert_eq!(portrait.usual_gap_ms, (2 * 3 + 1) * 3_600_000 / 4);
    assert_eq!(portrait.longest_gap_ms, 20 * 3_600_000 / 100 * 99);
    assert_eq!(portrait.arrivals, 101);
}

#[test]
fn a_feed_is_failing_after_four_polls_and_six_hours() {
    let failing = |failures: u32, hours: u32| {
        let feed = Feed { failures_in_a_row: failures, last_success_at: Some(NOON.minus(HOUR * hours)), ..feed() };
        begun(&judge(&feed, &Seen::Failed { error: "503", blind: false }, &Bounds::default(), NOON))
    };
    assert_eq!([failing(3, 5), failing(2, 7)], [vec![], vec![]]);
    assert_eq!(failing(3, 7), [AlarmKind::Failing]);
    let never = Feed { failures_in_a_row: 3, last_success_at: None, first_read_at: None, ..feed() };
    let judgement = judge(&never, &Seen::Failed { error: "404", blind: false }, &Bounds::default(), NOON);
    assert_eq!(begun(&judgement), [AlarmKind::Failing], "one that never worked need not be waited for");
}

#[test]
fn selectors_that_find_nothing_twice_and_a_feed_that_is_gone_are_alarms_until_it_is_read() {
    let once = Feed { failures_in_a_row: 1, ..feed() };
    let blind = judge(&once, &Seen::Failed { error: "nothing", blind: true }, &Bounds::default(), NOON);
    assert_eq!(begun(&blind), [AlarmKind::Blind]);
    let gone = judge(&feed(), &Seen::Gone { reason: "410" }, &Bounds::default(), NOON);
    assert_eq!(begun(&gone), [AlarmKind::Gone]);
    let again = judge(&Feed { alarms: gone.alarms, ..feed() }, &Seen::Unchanged, &Bounds::default(), NOON);
    assert_eq!(again.changes, [AlarmChange::Ends { kind: AlarmKind::Gone }]);
}
