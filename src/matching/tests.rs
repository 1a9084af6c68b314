//! The language as a whole: each rule in a few texts of our own, and what must hold for any query and any text.

use proptest::prelude::*;

use super::*;
use crate::model::id::WatchId;
use crate::model::watch::{Homographs, WatchSpec};

pub fn watch(query: &str) -> WatchSpec {
    let homographs = Homographs::default();
    WatchSpec { id: WatchId::from_stored("w"), name: String::new(), query: query.to_owned(), homographs }
}

pub fn set(query: &str) -> WatchSet {
    WatchSet::compile(&[watch(query)], &Names::default()).unwrap_or_else(|errors| panic!("{query}: {}", errors[0].1))
}

pub fn text<'t>(title: &'t str, body: &'t str, lang: &'t str) -> Text<'t> {
    Text { title, body, source: "news.example.org", lang }
}

/// The places of the body that made the query true, joined; `None`: it is not met.
fn found(query: &str, body: &str, lang: &str) -> Option<String> {
    let hit = set(query).hits(&text("", body, lang)).into_iter().next()?;
    Some(hit.spans.iter().map(|span| &body[span.start..span.end]).collect::<Vec<_>>().join("|"))
}

#[track_caller]
fn finds(lang: &str, cases: &[(&str, &str, &str)]) {
    for (query, body, places) in cases {
        assert_eq!(found(query, body, lang).as_deref(), Some(*places), "{query} in {body}");
    }
}

#[track_caller]
fn misses(lang: &str, cases: &[(&str, &str)]) {
    for (query, body) in cases {
        assert_eq!(found(query, body, lang), None, "{query} in {body}");
    }
}

#[test]
fn words_are_found_in_their_forms_and_whole() {
    finds(
        "en",
        &[
            ("deport", "The deportees and a deportation.", "deportees|deportation"),
            ("Jilin", "JILIN: Jilin's mayor", "JILIN|Jilin"),
            ("raid", "raids, raided, raiding", "raids|raided|raiding"),
            ("Muller", "Frau Mu\u{308}ller", "Mu\u{308}ller"),
            ("exil", "l’exil", "exil"),
        ],
    );
    misses("en", &[("ice", "police"), ("execution", "an executive"), ("=raid", "raids"), ("=cafe", "café")]);
    misses("de", &[("Rat", "Heirat")]);
}

#[test]
fn hyphens_part_words_and_join_them() {
    finds(
        "en",
        &[
            (
                "cross-border",
                "a cross border deal, a cross‑border deal, a crossborder deal",
                "cross border|cross‑border|crossborder",
            ),
            ("crossborder", "a cross–border deal", "cross–border"),
            ("\"cross border\"", "cross-border", "cross-border"),
            ("\"a cross-border raid\"", "a crossborder raid", "a crossborder raid"),
        ],
    );
    misses("en", &[("crossborder", "cross border"), ("cross-border", "border cross")]);
}

#[test]
fn exact_terms_ask_for_spelling_and_capitals_for_capitals() {
    finds(
        "en",
        &[("=Who", "who WHO", "who|WHO"), ("=WHO", "who WHO Who", "WHO"), ("=\"the Who\"", "The WHO", "The WHO")],
    );
    misses("en", &[("=\"NORTH KOREA\"", "North Korea"), ("=沈阳", "瀋陽")]);
}

#[test]
fn phrases_stand_together_in_one_paragraph() {
    finds("en", &[("\"forced return\"", "forced,\nreturns", "forced,\nreturns"), ("\"a a b\"", "a a a b", "a a b")]);
    misses("en", &[("\"forced return\"", "forced\n\nreturn"), ("\"forced return\"", "return forced")]);
    assert!(set("\"forced return\"").hits(&text("forced", "return", "en")).is_empty());
}

#[test]
fn near_counts_the_words_between() {
    finds(
        "en",
        &[
            ("raid NEAR/2 river", "the river before the raid", "river|raid"),
            ("\"night raid\" NEAR/1 (river OR bridge)", "night raid at bridge", "night raid|bridge"),
            ("(raid NEAR/1 night) NEAR/1 river", "night raid by river", "night|raid|river"),
            ("(raid night) NEAR/3 river", "night x river x raid", "night|river|raid"),
        ],
    );
    misses(
        "en",
        &[
            ("raid NEAR/2 river", "river a b c raid"),
            ("raid NEAR raid", "one raid"),
            ("(raid night) NEAR/1 river", "night river x x raid"),
        ],
    );
    finds("zh", &[("遣返 NEAR/2 边境", "遣返到边境", "遣返|边境")]);
    misses("zh", &[("遣返 NEAR/2 边境", "遣返了他们到边境")]);
}

#[test]
fn hangul_is_found_inside_words_with_one_space_more_or_less_in_long_terms() {
    finds(
        "ko",
        &[
            ("북송", "강제북송된 사람", "북송"),
            ("강제북송", "강제 북송을", "강제 북송"),
            ("\"강제 북송\"", "강제북송을", "강제북송"),
            ("\"중국 정부\"", "중국의 정부는", "중국의 정부"),
            ("=선양", "선양에서는 선양의", "선양|선양"),
            ("탈북*", "탈북민과 재탈북", "탈북"),
            ("=NK", "NK뉴스", "NK"),
            ("NK뉴스", "NK뉴스는", "NK뉴스"),
            ("북송", "\u{1107}\u{116e}\u{11a8}송", "\u{1107}\u{116e}\u{11a8}송"),
        ],
    );
    misses(
        "ko",
        &[
            ("선양", "우선 양국은"),
            ("=선양", "국위선양"),
            ("=선양", "선양시장"),
            ("강제북송", "강 제 북송"),
            ("북송", "북\n\n송"),
        ],
    );
}

#[test]
fn scripts_without_spaces_are_found_anywhere_in_all_their_shapes() {
    finds(
        "zh",
        &[
            ("沈阳", "瀋陽市", "瀋陽"),
            ("強制送還", "强制送还", "强制送还"),
            ("遣返", "被遣\n返了", "遣\n返"),
            ("ノンルフールマン", "ノン・ルフールマン", "ノン・ルフールマン"),
            ("ガス", "ｶﾞｽ管", "ｶﾞｽ"),
            ("ส่งกลับ", "ถูกส่งกลับเมื่อ", "ส่งกลับ"),
            ("𠮷野", "𠮷野家", "𠮷野"),
        ],
    );
    misses("zh", &[("遣返", "遣，返"), ("遣返", "遣\n\n返"), ("カス", "ガス"), ("กลับ", "กลบ"), ("野𠮷", "𠮷野")]);
}

#[test]
fn word_forms_are_those_of_the_texts_language() {
    finds("ru", &[("беженец", "двух беженцев", "беженцев")]);
    finds("fr", &[("expulsion", "les expulsés", "expulsés")]);
    finds("ko", &[("repatriation", "repatriated 됐다", "repatriated")]);
    misses("es", &[("deport", "los deportes")]);
    misses("vi", &[("raid", "raids")]);
}

#[test]
fn fields_narrow_and_hosts_and_languages_cover_what_is_below_them() {
    let meets = |query: &str, title: &str, body: &str| !set(query).hits(&text(title, body, "zh-Hant")).is_empty();
    assert!(meets("title:raid", "Raid", "") && !meets("body:raid", "Raid", "") && meets("raid", "Raid", ""));
    assert!(meets("title:(raid OR river) bridge", "River", "bridge"));
    assert!(meets("source:example.org raid", "", "raid") && !meets("source:ample.org raid", "", "raid"));
    assert!(meets("lang:zh raid", "", "raid") && meets("lang:zh-hant", "", "") && !meets("lang:z raid", "", "raid"));
}

#[test]
fn boolean_parts_combine_and_only_what_holds_is_shown() {
    finds(
        "en",
        &[
            ("raid OR river bridge", "a raid on a bridge", "raid"),
            ("raid -film", "a raid", "raid"),
            ("minimum(2 of raid, river OR lake, bridge)", "a lake and a bridge", "lake|bridge"),
            ("raid NOT (film OR game)", "a raid", "raid"),
            ("raid^2 \"river bank\"^0.5", "raid at river bank", "raid|river bank"),
        ],
    );
    misses(
        "en",
        &[("raid NOT film", "a raid film"), ("minimum(2 of raid, river, bridge)", "a raid"), ("a or b", "a b")],
    );
}

#[test]
fn a_query_that_cannot_work_is_refused_at_its_place() {
    let mut shown = String::new();
    for query in [
        "",
        "()",
        "\"forced repatriation",
        "(Shenyang OR Dandong",
        "Shenyang)",
        "Shenyang AND",
        "OR Shenyang",
        "NOT football",
        "repatriation OR NOT football",
        "re*",
        "*patriation",
        "\"forced re*\"",
        "=raid*",
        "Shenyang NEAR/x raid",
        "China NEAR/3 NOT Japan",
        "China NEAR/3 (a NOT Japan)",
        "titel:Shenyang",
        "title:",
        "source:(a b)",
        "a AND OR b",
        "--",
        "...",
        "bus | customs",
        "bus && customs",
        "minimum(raid)",
        "minimum(3 of a, b)",
        "minimum(1 of NOT a, b)",
        "raid^99",
        "a, b)",
        "@",
        "@nowhere",
        "title:lang:ko",
    ] {
        let error = Query::parse(query).expect_err(query);
        shown.push_str(&format!("{}\n\n", error.with_caret(query)));
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn what_is_surely_not_meant_is_warned_of() {
    let warned = |query: &str| {
        let warnings = Query::parse(query).expect(query).warnings(&Names::default());
        warnings.iter().map(|warning| warning.with_caret(query)).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!([warned("북"), warned("Shenyang and Dandong"), warned("raid")].join("\n--\n"));
}

fn names() -> Names {
    let mut names = Names::default();
    let group = NameGroup {
        name: "shenyang".into(),
        about: "the city".into(),
        terms: vec!["Shenyang".into(), "선양".into()],
        homographs: vec!["국위선양".into(), "\"Shenyang Aircraft\"".into(), "선양 NEAR/2 소주".into()],
    };
    names.add(group).expect("it is sound");
    names
}

fn hits(homographs: Homographs, body: &str) -> Vec<Hit> {
    let watch = WatchSpec { homographs, ..watch("@shenyang") };
    WatchSet::compile(&[watch], &names()).expect("it compiles").hits(&text("", body, "en"))
}

#[test]
fn a_group_is_found_by_any_of_its_terms_and_homographs_as_the_watch_chooses() {
    for body in ["국위선양에 힘썼다", "Shenyang Aircraft said", "선양 맑은 소주"] {
        assert!(hits(Homographs::Exclude, body).is_empty(), "{body}");
        let lowered = &hits(Homographs::Lower, body)[0].relevance;
        let kept = &hits(Homographs::Keep, body)[0].relevance;
        assert!(lowered.points < kept.points, "{body}: {lowered:?} {kept:?}");
    }
    let both = "Shenyang Aircraft is in Shenyang";
    assert_eq!(hits(Homographs::Exclude, both)[0].spans.len(), 1);
    assert_eq!(hits(Homographs::Exclude, both)[0].terms, ["Shenyang"]);
    assert!(WatchSet::compile(&[watch("@shenyan")], &names()).err().expect("refused")[0].1.help.contains("@shenyang"));
}

#[test]
fn a_hit_tells_term_form_field_and_sentence() {
    let hits =
        set("deport OR river").hits(&text("Deported", "It rained. Two deportees reached the river. Later.", "en"));
    let hit = &hits[0];
    let forms: Vec<_> = hit.forms.iter().map(|form| (form.term.as_str(), form.form.as_str(), form.field)).collect();
    let (title, body) = (Field::Title, Field::Body);
    assert_eq!(forms, [("deport", "Deported", title), ("deport", "deportees", body), ("river", "river", body)]);
    assert_eq!(hit.sentence.text, "Two deportees reached the river.");
    assert_eq!(hit.revision.len(), 12);
}

#[test]
fn many_watches_are_found_as_each_alone() {
    let queries = [
        "raid",
        "raid river",
        "\"night raid\" OR 북송",
        "title:raid",
        "raid NOT river",
        "source:example.org",
        "遣返 NEAR/3 raid",
    ];
    let specs: Vec<_> = queries.iter().map(|query| watch(query)).collect();
    let all = WatchSet::compile(&specs, &Names::default()).expect("they compile");
    for body in ["a night raid", "raid at the river", "북송", "遣返 raid", "nothing", "raid"] {
        let text = text("A raid?", body, "en");
        let alone: Vec<usize> = (0..queries.len()).filter(|at| !set(queries[*at]).hits(&text).is_empty()).collect();
        assert_eq!(all.matching(&text), alone, "{body}");
        assert_eq!(all.hits(&text).len(), alone.len());
    }
}

/// Texts that would take for ever if any step looked at all of the text for each of its places. The test is that it ends.
#[test]
fn hostile_texts_and_queries_end() {
    let set = set("raid OR \"a a\" OR 북송 OR \"遣 返\" OR a NEAR/3 b OR (a b) NEAR/2 raid OR re-re OR aaa* OR =WHO");
    let many = |piece: &str, bytes: usize| piece.repeat(bytes / piece.len());
    let texts = [
        many("a", 1 << 20),
        many("a ", 1 << 19),
        many("re-", 1 << 19),
        format!("raid{}", many("\u{301}", 1 << 19)),
        many("\u{202e}raid\u{202c}", 1 << 19),
        many("북송", 1 << 19),
        many("遣返", 1 << 19),
        many("遣\n", 1 << 19),
        format!("カ{}", many("\u{3099}", 1 << 19)),
        many("’s ", 1 << 18),
        many("a\n\n", 1 << 19),
        many("\u{fffd}", 1 << 18),
    ];
    for body in &texts {
        let found = set.hits(&text("", body, "en"));
        assert!(found.iter().all(|hit| hit.spans.len() <= 1000 && hit.sentence.text.len() < 10_000));
    }
    let depth = "(".repeat(5_000) + "a" + &")".repeat(5_000);
    let queries = [
        depth,
        "NOT ".repeat(5_000) + "a",
        "title:".repeat(5_000) + "a",
        many("a NEAR ", 1 << 15) + "a",
        many("a-b-", 1 << 15),
        format!("\"{}\"", many("北a", 1 << 15)),
        many("a OR ", 1 << 17) + "b",
        many("a NOT b ", 1 << 12),
        format!("({}) NEAR ({})", many("a ", 1 << 12), many("b ", 1 << 12)),
    ];
    for query in &queries {
        if let Ok(parsed) = Query::parse(query) {
            parsed.warnings(&names());
            assert!(WatchSet::compile(&[watch(query)], &Names::default()).is_ok());
        }
    }
}

/// Strings in which operators, marks and scripts meet.
fn querylike() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(" ".to_owned()),
        prop::sample::select(vec![
            "(",
            ")",
            "\"",
            "“",
            "AND",
            "OR",
            "NOT",
            "NEAR",
            "NEAR/3",
            "-",
            "=",
            "*",
            "title:",
            "body:",
            "source:",
            "lang:",
            "@",
            "@a",
            "minimum(2 of ",
            ",",
            "^2",
            "^0.3",
            "raid",
            "deported",
            "a-b",
            "북송",
            "강제 북송",
            "遣返",
            "é",
            "\u{301}",
            "\u{202e}",
            "ส่ง",
            ":",
        ])
        .prop_map(str::to_owned),
        "\\PC{1,3}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_query_printed_is_the_same_query(text in querylike()) {
        if let Ok(query) = Query::parse(&text) {
            let printed = query.to_string();
            let again = Query::parse(&printed);
            prop_assert_eq!(again.as_ref(), Ok(&query), "{}", printed);
            prop_assert_eq!(again.expect("it parsed").to_string(), printed);
        }
    }

    #[test]
    fn an_error_points_into_the_query(text in querylike()) {
        if let Err(error) = Query::parse(&text) {
            prop_assert!(error.start <= error.end && error.end <= text.len().max(1));
            prop_assert!(text.is_char_boundary(error.start.min(text.len())), "{}", text);
            prop_assert!(!error.message.is_empty() && !error.with_caret(&text).is_empty());
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn spans_are_characters_of_the_text_and_hold_the_term(query in querylike(), title in "\\PC{0,20}", body in querylike()) {
        let Ok(set) = WatchSet::compile(&[watch(&query)], &names()) else { return Ok(()) };
        let text = text(&title, &body, "en");
        let hits = set.hits(&text);
        prop_assert_eq!(set.matching(&text).len(), hits.len());
        for span in hits.iter().flat_map(|hit| &hit.spans) {
            prop_assert!(span.start < span.end);
            prop_assert!(text.field(span.field).get(span.start..span.end).is_some());
        }
    }

    #[test]
    fn a_plain_word_is_found_wherever_it_stands(word in "[a-zA-Zé가-힣一-龥]{2,8}", before in "[ .,\n]{0,3}") {
        let body = format!("{before}{word}.");
        prop_assert!(found(&format!("\"{word}\""), &body, "en").is_some(), "{}", body);
    }
}
