//! The matcher from outside: the shipped watches, and the labelled cases.

use std::path::{Path, PathBuf};

use newsvigil::matching::{Names, Text, WatchSet};
use newsvigil::model::id::WatchId;
use newsvigil::model::watch::{Field, Homographs, WatchSpec};
use serde_json::Value;

fn watch(query: &str) -> WatchSpec {
    WatchSpec {
        id: WatchId::from_stored("w"),
        name: String::new(),
        query: query.to_owned(),
        homographs: Homographs::default(),
    }
}

#[test]
fn the_shipped_watches_find_what_they_are_for() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/newsvigil.toml");
    let (settings, warnings) = newsvigil::daemon::load(&path).unwrap_or_else(|mistakes| panic!("{}", mistakes[0]));
    assert!(warnings.iter().all(|warning| !warning.to_string().contains("query")), "{warnings:?}");
    let set = WatchSet::compile(&settings.watches, &settings.names).unwrap_or_else(|errors| panic!("{}", errors[0].1));
    let met = |lang: &str, body: &str| -> Vec<&str> {
        let text = Text { title: "", body, source: "", lang };
        set.matching(&text).into_iter().map(|at| settings.watches[at].id.as_str()).collect()
    };
    assert_eq!(
        met("en", "Twelve North Koreans detained in Shenyang were repatriated overnight."),
        ["repatriation", "shenyang", "border-detention"]
    );
    assert_eq!(
        met("ko", "선양에서 탈북민들이 붙잡혀 북송됐다."),
        ["repatriation", "shenyang", "defectors", "border-detention"]
    );
    assert_eq!(met("zh-Hant", "瀋陽警方把脫北者遣返北韓。"), ["repatriation", "shenyang", "defectors"]);
    assert_eq!(
        met("ja", "瀋陽で拘束された脱北者が北朝鮮に送還された。"),
        ["repatriation", "shenyang", "defectors", "border-detention"]
    );
    assert_eq!(met("en", "The bank discussed the repatriation of profits."), Vec::<&str>::new());
}

/// The labelled cases lie in `match/dev.jsonl` of the folder that `NEWSVIGIL_CORPORA` names.
#[test]
fn the_labelled_cases_are_met() {
    let Some(corpora) = std::env::var_os("NEWSVIGIL_CORPORA").map(PathBuf::from) else {
        eprintln!("skipped: NEWSVIGIL_CORPORA is not set");
        return;
    };
    let cases = std::fs::read_to_string(corpora.join("match/dev.jsonl")).expect("the corpus can be read");
    let cases: Vec<Value> = cases.lines().map(|line| serde_json::from_str(line).expect("a case a line")).collect();
    let (mut wrong, mut spans) = (vec![], (0, 0));
    for case in cases.iter().filter(|case| case["hard"] != true) {
        let text = |key: &str| case[key].as_str().unwrap_or_default();
        let set = WatchSet::compile(&[watch(text("query"))], &Names::default());
        let set = set.unwrap_or_else(|errors| panic!("{}: {}", text("id"), errors[0].1));
        let body = text("text");
        let hits = set.hits(&Text { title: text("title"), body, source: text("source"), lang: text("lang") });
        if hits.is_empty() == case["match"].as_bool().expect("a label") {
            wrong.push(text("id"));
        }
        if let (Some(wanted), Some(hit)) = (case["spans"].as_array(), hits.first()) {
            let point = |byte: usize| body[..byte].chars().count();
            let found = hit.spans.iter().filter(|span| span.field == Field::Body);
            let found: Vec<Value> = found.map(|span| serde_json::json!([point(span.start), point(span.end)])).collect();
            spans.1 += 1;
            spans.0 += usize::from(found == *wanted);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
    // Two labels mark only the first of several places.
    assert!(spans.0 + 2 >= spans.1, "{} of {} spans", spans.0, spans.1);
}
