use super::*;
use crate::model::id::{EntryId, WatchId};
use crate::model::watch::Snippet;

fn bulletin() -> Bulletin {
    let at = |minutes: i64| Timestamp::from_millis(1_795_521_600_000 + minutes * 60_000);
    let text = "Two <buses> left before the repatriation\u{202e}.";
    let start = text.find("repatriation").expect("it stands there");
    let marks = vec![(start, start + "repatriation".len())];
    let sentence = Snippet { text: text.into(), marks, cut_before: true, cut_after: false };
    let hit = BulletinHit {
        entry: EntryId::from_stored("e_1"),
        outlet: "Smith & Sons".into(),
        link: url::Url::parse("https://news.example/a?b=1&c=2").ok(),
        headline: "세관 앞 <b>\u{0}버스</b>".into(),
        lang: "ko".into(),
        sentence,
        terms: vec!["repatriat*".into()],
        first_seen: at(0),
        found_at: at(2),
        dated: Some(at(-60)),
    };
    let bare = BulletinHit { link: None, headline: String::new(), dated: None, found_at: at(1), ..hit.clone() };
    Bulletin { watch: WatchId::from_stored("returns"), name: "Returns & more".into(), hits: vec![hit, bare] }
}

#[test]
fn an_atom_feed_holds_each_hit_and_its_texts_cannot_break_it() {
    insta::assert_snapshot!(atom(&bulletin(), "news.example"));
}

#[test]
fn a_json_feed_holds_each_hit() {
    insta::assert_snapshot!(json(&bulletin(), "news.example"));
}

#[test]
fn a_watch_without_hits_is_a_feed_without_entries() {
    let empty = Bulletin { hits: vec![], ..bulletin() };
    assert!(atom(&empty, "news.example").contains("<updated>1970-01-01T00:00:00Z</updated>"));
    assert!(json(&empty, "news.example").contains("\"items\": []"));
}
