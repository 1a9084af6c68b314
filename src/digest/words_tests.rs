use std::collections::HashSet;

use super::samples::{at, recipient, three_reports, url, watches};
use super::words::Words;
use super::*;
use crate::model::alarm::Gap;
use crate::model::digest::{
    Alerted, AsideNote, Coverage, Credits, OldSign, OnEvent, Postscript, PostscriptKind, RelatedReport, SilentSource,
    Told, WaitingReport,
};
use crate::model::id::{EntryId, WatchId};
use crate::model::recipient::Language;
use crate::model::story::Relation;

const LANGUAGES: [(&str, Language); 3] =
    [("en", Language::English), ("ko", Language::Korean), ("zh", Language::Chinese)];

/// A follow-up with news, a text known for long, one that may belong to another story, and one that an alert told.
fn reports() -> Vec<WaitingReport> {
    let mut reports = three_reports();
    let [wire, chinese, korean] = reports.as_mut_slice() else { unreachable!("there are three") };
    let on_event = |original: &str, told_for: &[&str]| OnEvent {
        original: EntryId::from_stored(original),
        headline: "Relatives of the missing write a list of names and ask where they are held".into(),
        lang: "en".into(),
        at: wire.copies[0].clone(),
        told_for: told_for.iter().map(|watch| WatchId::from_stored(*watch)).collect(),
    };
    chinese.event = (0..6).map(|_| on_event("e_other", &[])).collect();
    wire.event = vec![on_event("e_before", &["returns"]), on_event("e_ko", &[]), on_event("e_line", &[])];
    wire.news = vec!["600".into(), "Dandong".into()];
    wire.told = vec![Told { entry: EntryId::from_stored("e_before"), watches: vec![WatchId::from_stored("returns")] }];
    wire.credits = Credits { of: vec!["AFP".into()], cites: vec!["Radio Hangang".into()] };
    chinese.speaks_of = "2021-07-15".into();
    let related = |relation| RelatedReport {
        relation,
        headline: "Six sent back".into(),
        outlet: "Wire One".into(),
        link: None,
        first_seen: at(-90, 0),
    };
    chinese.related = Some(related(Relation::Possible));
    korean.related = Some(related(Relation::FollowUp));
    korean.credits.cites = vec!["Radio Hangang".into()];
    let mut mailed = three_reports().remove(0);
    mailed.entry = EntryId::from_stored("e_mailed");
    mailed.original = mailed.entry.clone();
    mailed.article.title = "Nine held in city flat".into();
    mailed.alerted = Some(Alerted { at: at(-10, 3), without_page: false, watches: vec![] });
    reports.push(mailed);
    reports
}

fn postscript(kind: PostscriptKind, original: &str, days_before: i64) -> Postscript {
    Postscript {
        kind,
        entry: EntryId::from_stored(format!("{original}-again")),
        original: EntryId::from_stored(original),
        outlet: "Island Herald".into(),
        first_seen: at(3, 0),
        headline: "Buses at the bridge".into(),
        since: at(-24 * days_before, 0),
        outlet_before: "Yalu Wire".into(),
        link: Some(url("https://island-herald.example/8")),
        lang: "en".into(),
    }
}

/// With all that can stand in a mail.
fn full_digest() -> Digest {
    let postscripts = vec![
        postscript(PostscriptKind::Copy, "e_1", 300),
        postscript(PostscriptKind::Copy, "e_2", 1),
        postscript(PostscriptKind::NothingNew, "e_3", 1),
    ];
    let mut reader = recipient(&["returns", "shenyang"]);
    reader.alerts.urgent = vec![WatchId::from_stored("shenyang")];
    let (waiting, window) = (reports(), (at(-17, 0), at(7, 0)));
    let told = (waiting.as_slice(), postscripts);
    let coverage = Coverage {
        gaps: vec![Gap { outlet: "Yalu Wire".into(), from: at(1, 0), until: at(2, 30), recovered: 2 }],
        off: vec![SilentSource {
            outlet: "Old Town Gazette".into(),
            last_success: Some(at(-41, 5)),
            error: "gone (410)".into(),
        }],
        quiet: vec!["The Eastern Observer".into()],
        held: vec!["Liaohe Kan".into()],
        ..super::samples::coverage()
    };
    let mut digest = compose(&reader, &watches(), told, coverage, window, 12, &Limits::default()).digest;
    let report = |outlet: &str| digest.reports.iter().position(|report| report.outlet == outlet).expect("it is shown");
    let (wire, korean) = (report("Border Post"), report("Hangang Ilbo"));
    digest.reports[korean].old = Some(OldSign::SeenBefore { outlet: "Wire One".into(), at: at(-9_000, 0) });
    let sentence = digest.reports[wire].reasons[0].sentence.clone();
    let note = |filter: &str| AsideNote {
        outlet: "Border Post".into(),
        headline: "A good year for apples".into(),
        link: Some(url("https://border-post.example/apples")),
        lang: "en".into(),
        watch_name: "Forced returns".into(),
        sentence: sentence.clone(),
        filter: filter.into(),
    };
    digest.asides = vec![note("related_links"), note("learnt")];
    digest.to_follow = 4;
    digest
}

fn full_mail(language: Language) -> Rendered {
    render(&full_digest(), &Recipient { language, ..recipient(&["returns", "shenyang"]) })
}

#[test]
fn each_language_says_all_of_the_programs_words() {
    for (name, language) in LANGUAGES {
        let mail = full_mail(language);
        insta::assert_snapshot!(format!("words_{name}"), format!("{}\n\n{}", mail.subject, mail.text));
        insta::assert_snapshot!(format!("html_{name}"), mail.html);
        assert!(mail.html.contains(&format!("<html lang=\"{}\">", language.tag())));
    }
}

/// Runs of Latin letters, three or more.
fn latin_words(text: &str) -> HashSet<String> {
    let words = text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() > 2);
    words.map(str::to_owned).collect()
}

#[test]
fn a_mail_in_korean_or_chinese_holds_no_english_words_of_ours() {
    let digest = full_digest();
    let from_outside = latin_words(&format!("{:?} {:?} {:?} {:?}", digest.reports, digest.asides, digest.postscripts, digest.alerted))
        .union(&latin_words("newsvigil KST Asia Seoul HTTP Dandong Evening News Ministry press room Yalu Wire Liaohe Kan Observer The Eastern Old Town Gazette"))
        .cloned()
        .collect::<HashSet<_>>();
    for language in [Language::Korean, Language::Chinese] {
        let mail = full_mail(language);
        let shown = [mail.subject.as_str(), &mail.text, &visible(&mail.html)].concat().replace(digest.id.as_str(), "");
        let ours: Vec<_> = latin_words(&shown).difference(&from_outside).cloned().collect();
        assert!(ours.iter().all(|word| word == "NEWSVIGIL"), "{language:?}: {ours:?}");
    }
}

/// What a reader sees of a page.
fn visible(html: &str) -> String {
    let body = html.split("<body").nth(1).unwrap_or_default();
    body.split('<')
        .map(|tag| tag.split_once('>').map_or("", |(_, text)| text))
        .collect::<Vec<_>>()
        .join(" ")
        .replace("&#32;", " ")
}

#[test]
fn every_mail_says_why_it_came_what_was_watched_and_how_to_stop_it() {
    for (_, language) in LANGUAGES {
        let (mail, words) = (full_mail(language), Words(language));
        let flat = |part: &str| part.split_whitespace().collect::<String>();
        for part in [flat(&mail.text), flat(&visible(&mail.html))] {
            for said in [
                words.about(true),
                words.watched(),
                "강제북송",
                "4,310",
                "404",
                "Dandong Evening News",
                "d_dpdacs5exn01s2kr",
            ] {
                assert!(part.contains(&flat(said)), "{language:?}: {said} in {part}");
            }
            assert!(
                part.contains("06:40") && part.contains("06:52KST"),
                "what the outlet claims and what was seen: {part}"
            );
        }
    }
}

#[test]
fn an_alert_of_several_reports_counts_them_in_its_subject() {
    for (language, begin) in [
        (Language::English, "Alert, 3 reports: "),
        (Language::Korean, "긴급 알림, 보도 3건: "),
        (Language::Chinese, "快讯（3 篇）："),
    ] {
        let mut digest = full_digest();
        digest.occasion = crate::model::digest::Occasion::Alert;
        let subject = render(&digest, &Recipient { language, ..recipient(&["returns"]) }).subject;
        assert!(subject.starts_with(begin), "{subject}");
    }
}

#[test]
fn a_text_that_its_own_outlet_has_again_is_told_in_each_language() {
    let mut wire = three_reports().remove(0);
    wire.copies.truncate(1);
    wire.copies[0].outlet = wire.outlet.clone();
    let reader = recipient(&["returns"]);
    let window = (at(-17, 0), at(7, 0));
    let coverage = super::samples::coverage();
    let digest = compose(&reader, &watches(), (&[wire], vec![]), coverage, window, 1, &Limits::default()).digest;
    for (language, heading, again) in [
        (Language::English, "The same text more than once in one outlet:", "- again in Border Post, "),
        (Language::Korean, "한 매체에 거듭 실린 같은 글:", "- Border Post에 다시, "),
        (Language::Chinese, "同一媒体多次刊登同一文稿：", "- 再次见于Border Post，"),
    ] {
        let text = render(&digest, &Recipient { language, ..reader.clone() }).text;
        assert!(text.contains(heading) && text.contains(again), "{text}");
    }
}

#[test]
fn a_neutral_subject_says_no_more_than_what_kind_of_mail_it_is() {
    for (language, digest_subject, alert_subject) in [
        (Language::English, "newsvigil digest 12", "newsvigil alert 12"),
        (Language::Korean, "newsvigil 다이제스트 12호", "newsvigil 긴급 알림 12호"),
        (Language::Chinese, "newsvigil 摘要第 12 期", "newsvigil 快讯第 12 期"),
    ] {
        let reader = Recipient { language, neutral_subject: true, ..recipient(&["returns"]) };
        let mut digest = full_digest();
        assert_eq!(render(&digest, &reader).subject, digest_subject);
        digest.occasion = crate::model::digest::Occasion::Alert;
        assert_eq!(render(&digest, &reader).subject, alert_subject);
    }
}
