use proptest::prelude::*;
use unicode_width::UnicodeWidthStr as _;

use super::samples::{article, at, coverage, hit, recipient, three_reports, url, waiting, watches};
use super::*;
use crate::model::digest::{Coverage, Occasion, SilentSource, WaitingReport};
use crate::model::id::EntryId;
use crate::model::recipient::Language;

fn digest_of(waiting: &[WaitingReport]) -> Digest {
    let reader = recipient(&["returns", "shenyang"]);
    compose(&reader, &watches(), (waiting, vec![]), coverage(), (at(-17, 0), at(7, 0)), 12, &Limits::default()).digest
}

fn rendered(waiting: &[WaitingReport]) -> Rendered {
    render(&digest_of(waiting), &recipient(&["returns", "shenyang"]))
}

/// As many invented reports as asked for, each with a text well over the excerpt.
fn many(count: usize, paragraph: &str) -> Vec<WaitingReport> {
    (0..count)
        .map(|number| {
            let title = format!("Report number {number} on Shenyang");
            let article = article("en", &title, &[paragraph, "They were repatriated.", paragraph]);
            let hits = vec![
                hit("shenyang", "Shenyang", "Shenyang", &article),
                hit("returns", "repatriat*", "repatriated", &article),
            ];
            waiting(&format!("e_{number}"), "Border Post", at(1, 0), article, hits)
        })
        .collect()
}

#[test]
fn the_subject_counts_and_names_the_report_most_worth_reading() {
    insta::assert_snapshot!(rendered(&three_reports()).subject);
}

#[test]
fn the_text_part_is_complete_by_itself() {
    insta::assert_snapshot!(rendered(&three_reports()).text);
}

#[test]
fn the_html_part_is_complete_by_itself() {
    insta::assert_snapshot!(rendered(&three_reports()).html);
}

#[test]
fn an_alert_says_so_and_counts_no_sources() {
    let mut digest = digest_of(&three_reports()[1..2]);
    digest.occasion = Occasion::Alert;
    let mail = render(&digest, &recipient(&["returns"]));
    assert_eq!(mail.subject, "Alert: 沈阳看守所外，家属连续三天等候");
    for part in [&mail.text, &mail.html] {
        assert!(part.contains("Alert: 1 new report") && !part.contains("watched"), "{part}");
    }
    digest.reports.extend(digest.reports.clone());
    let two = render(&digest, &recipient(&["returns"]));
    assert!(two.subject.starts_with("Alert, 2 reports: "), "{}", two.subject);
}

#[test]
fn a_report_on_an_urgent_watch_stands_first_whatever_its_worth() {
    let mut reader = recipient(&["returns", "shenyang"]);
    let mut waiting = three_reports();
    waiting[0].hits.retain(|hit| hit.watch.as_str() == "shenyang");
    waiting[1].hits.retain(|hit| hit.watch.as_str() == "shenyang");
    let first = |reader: &Recipient| {
        let window = (at(-17, 0), at(7, 0));
        let digest = compose(reader, &watches(), (&waiting, vec![]), coverage(), window, 1, &Limits::default()).digest;
        digest.reports[0].entry.to_string()
    };
    assert_eq!(first(&reader), "e_ko");
    reader.alerts.urgent = vec![crate::model::id::WatchId::from_stored("shenyang")];
    assert_eq!(first(&reader), "e_zh");
}

#[test]
fn a_crowded_digest_begins_with_its_headlines() {
    let paragraph = "The road to the bridge was closed on Monday morning, residents said. ".repeat(12);
    let crowded = rendered(&[many(2, &paragraph), three_reports()].concat());
    let overview = "\n3. Report number 0 on Shenyang (Border Post)\n4. Report number 1 on Shenyang (Border Post)\n5. ";
    assert!(crowded.text.contains(overview), "{}", crowded.text);
    assert!(crowded.html.contains("<ol ") && crowded.html.matches("Report number 1 on").count() == 2);
    assert!(!rendered(&three_reports()).html.contains("<ol "));
}

#[test]
fn a_reader_gets_only_the_reasons_they_follow_and_the_rest_is_named() {
    let waiting = three_reports();
    let reader = recipient(&["shenyang"]);
    let Composed { digest, left_out, .. } =
        compose(&reader, &watches(), (&waiting, vec![]), coverage(), (at(-17, 0), at(7, 0)), 1, &Limits::default());
    assert_eq!(left_out, [EntryId::from_stored("e_ko")]);
    assert!(digest.reports.iter().flat_map(|report| &report.reasons).all(|reason| reason.watch_name == "Shenyang"));
    assert_eq!(digest.reports.len(), 2);
}

#[test]
fn the_order_is_headline_hits_then_places_then_the_newest_and_never_that_of_waiting() {
    let ids = |waiting: &[WaitingReport]| -> Vec<String> {
        digest_of(waiting).reports.iter().map(|report| report.entry.to_string()).collect()
    };
    let mut waiting = three_reports();
    assert_eq!(ids(&waiting), ["e_zh", "e_ko", "e_wire"]);
    waiting.reverse();
    assert_eq!(ids(&waiting), ["e_zh", "e_ko", "e_wire"]);
}

#[test]
fn a_reason_shows_the_words_as_they_stand_in_the_text_and_counts_what_overlaps_once() {
    let article = article("en", "DETENTION in Shenyang", &["Their detention, and 강제북송. Detention again."]);
    let mut found = hit("returns", "detention", "etention", &article);
    let body = article.body();
    let place = |text: &str| {
        let start = body.find(text).unwrap();
        crate::model::watch::Span { field: crate::model::watch::Field::Body, start, end: start + text.len() }
    };
    let title = crate::model::watch::Span { field: crate::model::watch::Field::Title, start: 0, end: 9 };
    found.spans =
        vec![title, place("detention"), place("강제북송"), place("북송"), place("Detention"), place("Detention")];
    found.terms = ["detention", "détention", "detain", "강제북송", "북송"].map(str::to_owned).to_vec();
    let mut digest = digest_of(&[waiting("e_1", "Border Post", at(1, 0), article.clone(), vec![found.clone()])]);
    let reason = digest.reports[0].reasons[0].clone();
    assert_eq!((reason.terms, reason.places), (vec!["DETENTION".to_owned(), "강제북송".to_owned()], 4));
    digest.reports[0].reasons[0].terms = (1..8).map(|n| format!("word{n}")).collect();
    let mail = render(&digest, &recipient(&["returns"]));
    assert!(mail.text.contains("word4, word5, … (in 4\n   places of the text)"), "{}", mail.text);
    found.spans = vec![crate::model::watch::Span { field: crate::model::watch::Field::Body, start: 900, end: 910 }];
    let unknown = digest_of(&[waiting("e_1", "Border Post", at(1, 0), article, vec![found])]);
    assert_eq!(unknown.reports[0].reasons[0].terms.len(), 5, "the text is another one now");
}

#[test]
fn the_reports_of_one_story_stand_together_where_the_best_of_them_belongs() {
    let mut waiting = three_reports();
    let order = |waiting: &[WaitingReport]| -> Vec<String> {
        digest_of(waiting).reports.iter().map(|report| report.entry.to_string()).collect()
    };
    assert_eq!(order(&waiting), ["e_zh", "e_ko", "e_wire"]);
    waiting[0].story = waiting[1].story.clone();
    assert_eq!(order(&waiting), ["e_zh", "e_wire", "e_ko"]);
    waiting.reverse();
    assert_eq!(order(&waiting), ["e_zh", "e_wire", "e_ko"]);
}

#[test]
fn an_outlet_that_has_a_text_twice_is_counted_once_and_named_as_having_it_again() {
    let mut wire = three_reports().remove(0);
    wire.copies[0].outlet = wire.outlet.clone();
    let both = rendered(std::slice::from_ref(&wire));
    for part in [&both.text, &both.html] {
        assert!(part.contains("The same text in 2 outlets:") && part.contains("again in Border Post"), "{part}");
    }
    wire.copies.truncate(1);
    let alone = rendered(&[wire]).text;
    assert!(alone.contains("The same text more than once in one outlet:"), "{alone}");
}

#[test]
fn an_urgent_report_says_that_this_is_why_it_came_at_once() {
    let mut reader = recipient(&["returns"]);
    reader.alerts.urgent = vec![crate::model::id::WatchId::from_stored("returns")];
    let waiting = three_reports();
    let window = (at(-17, 0), at(7, 0));
    let mut digest =
        compose(&reader, &watches(), (&waiting[2..], vec![]), coverage(), window, 1, &Limits::default()).digest;
    assert!(render(&digest, &reader).text.contains("Watch “Forced returns” (urgent): 강제북송"));
    digest.occasion = Occasion::Alert;
    for (language, said) in [
        (Language::English, "urgent, so mailed at once"),
        (Language::Korean, "긴급 항목이어서 바로 발송"),
        (Language::Chinese, "紧急主题，立即发送"),
    ] {
        let mail = render(&digest, &Recipient { language, ..reader.clone() });
        let flat = |part: &str| part.replace("\n  ", "").split_whitespace().collect::<String>();
        for part in [&mail.text, &mail.html] {
            assert!(flat(part).contains(&flat(said)), "{part}");
        }
    }
}

#[test]
fn what_is_no_mail_asks_for_no_answer() {
    use crate::model::recipient::{CommandInput, CommandLine, Way};
    let digest = digest_of(&three_reports());
    let by_command = |input| {
        let argv = vec!["/usr/bin/signal-cli".to_owned()];
        Way::Command(CommandLine { argv, input, timeout: std::time::Duration::from_secs(60) })
    };
    for (language, answer) in [
        (Language::English, "answer this mail"),
        (Language::Korean, "이 메일에 답장해"),
        (Language::Chinese, "请直接回复本邮件"),
    ] {
        let told = |way| {
            let mail = render(&digest, &Recipient { way, language, ..recipient(&["returns"]) });
            [mail.text.replace('\n', " "), mail.html].map(|part| part.contains(answer))
        };
        assert_eq!(told(Way::Mail), [true, true]);
        assert_eq!(told(by_command(CommandInput::Mail)), [true, true]);
        assert_eq!(told(by_command(CommandInput::Text)), [false, false]);
        assert_eq!(told(by_command(CommandInput::Json)), [false, false]);
    }
    let reader = Recipient { way: by_command(CommandInput::Text), ..recipient(&["returns"]) };
    let text = render(&digest, &reader).text;
    assert!(!text.contains(&"=".repeat(20)), "{text}");
    let excerpt = &digest.reports[2].excerpt[0].text;
    assert!(excerpt.len() > 200 && text.contains(&format!("   {excerpt}\n")), "a telephone breaks its lines: {text}");
}

#[test]
fn a_digest_of_no_time_tells_no_time_and_a_heading_keeps_its_distance() {
    let mut digest = digest_of(&three_reports());
    let heading = "<h1 class=\"ink\" style=\"margin:0 4px ";
    let with = render(&digest, &recipient(&["returns"]));
    assert!(with.text.contains(" – Tue 24 Nov") && with.html.contains(&format!("{heading}4px;")), "{}", with.html);
    digest.from = digest.until;
    let without = render(&digest, &recipient(&["returns"]));
    assert!(!without.text.contains(" – Tue 24 Nov") && without.html.contains(&format!("{heading}20px;")));
    assert!(without.text.starts_with("3 new reports\n\n==="), "{}", without.text);
}

#[test]
fn one_report_for_who_is_told_immediately_is_a_subject_without_a_count() {
    let reader = Recipient { rhythm: crate::model::recipient::Rhythm::Immediately, ..recipient(&["returns"]) };
    let mut digest = digest_of(&three_reports()[1..2]);
    assert_eq!(render(&digest, &reader).subject, "沈阳看守所外，家属连续三天等候");
    digest.reports.extend(digest.reports.clone());
    assert!(render(&digest, &reader).subject.starts_with("2 reports: "));
}

#[test]
fn a_sentence_that_stands_in_the_excerpt_is_not_quoted_once_more() {
    let rendered = rendered(&three_reports());
    // The wire's sentence stands far down in the text, so it is quoted; the Korean one is in the excerpt.
    for part in [&rendered.text, &rendered.html] {
        let flat = part.replace("\n   > ", " ").replace("\n   ", " ");
        assert_eq!(flat.matches("according to a sister of one of them").count(), 1, "{flat}");
        assert_eq!(flat.matches("말이 시장에 퍼졌다”고").count(), 1, "{flat}");
    }
}

#[test]
fn outside_text_brings_no_markup_and_no_scripts() {
    let hostile = "<script>alert(1)</script><img src=x onerror=alert(1)> \"quoted\" & 'single'";
    let mut article = article("en\" onload=\"x", hostile, &[hostile]);
    article.title = format!("{hostile} Shenyang");
    let hits = vec![hit("shenyang", "<b>Shenyang", "Shenyang", &article)];
    let mut report = waiting("e_1", "Border Post", at(1, 0), article, hits);
    report.outlet = hostile.into();
    report.link = Some(url("javascript:alert(1)"));
    report.copies = vec![crate::model::digest::Copy {
        outlet: hostile.into(),
        link: Some(url("data:text/html,<script>x</script>")),
        first_seen: at(2, 0),
        dated: None,
    }];
    let rendered = rendered(&[report]);
    for forbidden in ["<script", "<img", "javascript:", "data:text", "onload=\"x", "<b>Shenyang"] {
        assert!(!rendered.html.contains(forbidden), "{forbidden} in {}", rendered.html);
    }
    assert!(!rendered.text.contains("javascript:"));
}

#[test]
fn nothing_remote_is_loaded_by_the_mail() {
    let html = rendered(&three_reports()).html;
    for loader in ["src=", "url(", "@import", "<link", "<img", "background=\"", "<iframe", "<form"] {
        assert!(!html.contains(loader), "{loader}");
    }
}

#[test]
fn a_page_that_was_not_read_is_told_in_both_parts() {
    let rendered = rendered(&three_reports());
    assert!(rendered.text.contains("Page not read: text from the feed."));
    assert!(rendered.html.contains("Page not read: text from the feed."));
}

#[test]
fn an_agency_that_stands_beside_its_outlet_is_not_credited_again() {
    let mut waiting = three_reports();
    waiting[0].article.agency = "AFP".into();
    waiting[0].credits.of = vec!["AFP".into(), "Kyodo".into()];
    let Rendered { text, html, .. } = rendered(&waiting);
    for part in [text, html] {
        assert!(part.contains("(AFP)") && part.contains("Text credited to Kyodo."), "{part}");
    }
}

#[test]
fn a_report_without_headline_text_or_link_is_still_shown() {
    let mut untitled = article("", "", &["The convoy left Shenyang."]);
    let hits = vec![hit("shenyang", "Shenyang", "Shenyang", &untitled)];
    untitled.blocks.clear();
    let mut report = waiting("e_1", "", at(1, 0), untitled, hits);
    report.link = None;
    let rendered = rendered(&[report]);
    for part in [&rendered.text, &rendered.html] {
        assert!(part.contains("(no headline)") && part.contains("The convoy left"), "{part}");
    }
    assert_eq!(rendered.subject, "1 report: (no headline)");
}

#[test]
fn a_hit_in_one_sentence_of_the_headline_is_marked_there_and_not_quoted() {
    let article = article("en", "Road closed. Shenyang police say nothing.", &["It was closed on Monday."]);
    let mut found = hit("shenyang", "Shenyang", "Shenyang", &article);
    found.sentence.text = "Shenyang police say nothing.".into();
    found.sentence.marks = vec![(0, "Shenyang".len())];
    let rendered = rendered(&[waiting("e_1", "Border Post", at(1, 0), article, vec![found])]);
    assert!(rendered.text.contains("1. Road closed. *Shenyang* police say nothing.\n"), "{}", rendered.text);
    assert_eq!(rendered.text.matches("police say nothing").count(), 1);
}

#[test]
fn an_outage_of_thousands_of_sources_does_not_bury_the_reports() {
    let silent = |number: usize| SilentSource {
        outlet: format!("Source {number}"),
        last_success: Some(at(0, 0)),
        error: "no route to host".into(),
    };
    let mut digest = digest_of(&three_reports());
    digest.coverage.failing = (0..2_000).map(silent).collect();
    let rendered = render(&digest, &recipient(&["returns"]));
    for part in [&rendered.text, &rendered.html] {
        let flat = part.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains("2,000 sources could not be read"), "{flat}");
        assert!(flat.contains("Source 24: not read since") || flat.contains("Source 24</b>: not read since"));
        assert!(flat.contains("Source 124 and 1,875 more sources") && !flat.contains("Source 125"), "{flat}");
    }
    assert!(rendered.html.contains("국경 도시의"), "the reports keep their excerpts");
}

#[test]
fn an_empty_digest_says_so() {
    let digest = Digest { coverage: Coverage::default(), ..digest_of(&[]) };
    let rendered = render(&digest, &recipient(&[]));
    assert_eq!(rendered.subject, "All quiet: no new reports");
    assert!(rendered.text.starts_with("No new reports\n") && rendered.html.contains("<h1"));
}

#[test]
fn a_digest_too_long_for_one_mail_goes_on_in_further_ones_and_each_report_keeps_its_sentence() {
    let reader = recipient(&["returns", "shenyang"]);
    for (lang, paragraph) in
        [("en", "Nobody was told why the road was closed. "), ("ko", "도로가 왜 막혔는지 아무도 듣지 못했다. ")]
    {
        let waiting = many(100, &paragraph.repeat(20));
        let mut digest = digest_of(&waiting);
        let (mut mails, mut told) = (0, 0);
        while !digest.reports.is_empty() {
            let (mail, later) = render_one_mail(&mut digest, &reader);
            assert_eq!(mail, render(&digest, &reader));
            let escaped = mail.html.bytes().filter(|byte| !byte.is_ascii() || *byte == b'=').count();
            let quoted_printable = (mail.html.len() + 2 * escaped) * 76 / 73;
            let sent = quoted_printable.min(mail.html.len().div_ceil(3) * 4 * 78 / 76);
            assert!(sent <= 80_000, "{lang}: {sent} bytes encoded");
            assert_eq!(digest.to_follow, later.len() as u64);
            for part in [&mail.text, &mail.html] {
                let follow = format!("{} more reports follow in the next mail.", later.len());
                assert!(later.len() < 2 || part.contains(&follow), "{lang}: {follow}");
            }
            for report in &digest.reports {
                let link = report.link.as_ref().unwrap().as_str();
                assert!(mail.html.contains(link) && mail.text.contains(&format!("{link}\n")), "{link}");
            }
            assert_eq!(mail.html.matches("They were <b").count(), digest.reports.len(), "each with its sentence");
            (mails, told) = (mails + 1, told + digest.reports.len());
            digest.reports = later;
            digest.to_follow = 0;
        }
        assert_eq!(told, 100);
        assert!((2..=8).contains(&mails), "{lang}: {mails} mails");
    }
}

#[test]
fn a_text_in_five_hundred_outlets_does_not_fill_the_mail() {
    let mut wire = three_reports().remove(0);
    let copy = wire.copies[0].clone();
    wire.copies = (0..500)
        .map(|n| crate::model::digest::Copy { outlet: format!("Outlet {n}"), first_seen: at(-1, 13), ..copy.clone() })
        .collect();
    let mail = rendered(&[wire]);
    for part in [&mail.text, &mail.html] {
        assert!(part.contains("The same text in 501 outlets:") && part.contains("and 476 more outlets"), "{part}");
        assert!(part.contains("(this report)") && part.contains("Outlet 23") && !part.contains("Outlet 24"), "{part}");
    }
}

#[test]
fn the_same_digest_gives_the_same_bytes() {
    assert_eq!(rendered(&three_reports()), rendered(&three_reports()));
}

fn tags_balance(html: &str) -> bool {
    let mut open = vec![];
    for tag in html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or_default()) {
        let name = tag.split([' ', '\n']).next().unwrap_or_default();
        if let Some(closed) = name.strip_prefix('/') {
            if open.pop() != Some(closed) {
                return false;
            }
        } else if !["!DOCTYPE", "meta", "br"].contains(&name) {
            open.push(name);
        }
    }
    open.is_empty()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_a_report_holds_the_mail_stays_clean(
        title in ".{0,200}", body in "\\PC{0,900}", raw in ".{0,60}", outlet in ".{0,30}",
        mark in (0usize..80, 0usize..80), lang in ".{0,8}", kept in any::<bool>(),
    ) {
        let article = article(&lang, &title, &[&body, &raw]);
        let sentence = crate::model::watch::Snippet {
            text: if kept { title.clone() } else { raw.clone() }, marks: vec![mark], cut_before: kept, cut_after: !kept,
        };
        let hit = crate::model::watch::Hit {
            watch: crate::model::id::WatchId::from_stored("returns"),
            terms: vec![raw.clone()],
            spans: vec![crate::model::watch::Span { field: crate::model::watch::Field::Body, start: mark.0, end: mark.1 }],
            sentence,
            field: if kept { crate::model::watch::Field::Title } else { crate::model::watch::Field::Body },
            revision: String::new(),
            forms: vec![],
            relevance: Default::default(),
        };
        let rendered = rendered(&[waiting("e_1", &outlet, at(1, 0), article, vec![hit])]);
        prop_assert!(!rendered.subject.chars().any(char::is_control));
        for line in rendered.text.lines() {
            prop_assert!(!line.chars().any(|c| c.is_control() || clean::is_hidden(c)), "{line:?}");
            prop_assert!(line.width() <= 72 || line.contains("://"), "{} columns: {line}", line.width());
        }
        prop_assert!(!rendered.html.chars().any(|c| (c.is_control() && c != '\n') || clean::is_hidden(c)));
        prop_assert!(tags_balance(&rendered.html), "{}", rendered.html);
    }
}
