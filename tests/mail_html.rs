//! The HTML part as a browser reads it: nothing remote, the language of each block, headings, contrast in light and dark;
//! and the text part says all that it says.

#![allow(clippy::unwrap_used, reason = "a test that fails may panic")]

use jiff::tz::TimeZone;
use newsvigil::digest::render;
use newsvigil::model::alarm::Gap;
use newsvigil::model::article::ArticleKind;
use newsvigil::model::digest::{
    AlertedNote, AsideNote, Copy, Coverage, Credits, Digest, Earlier, Occasion, OldSign, Postscript, PostscriptKind,
    Reason, RelatedReport, Rendered, Report, SilentSource,
};
use newsvigil::model::id::{DigestId, EntryId, RecipientId};
use newsvigil::model::recipient::{Alerts, AllQuiet, Language, Recipient, Rhythm, Way};
use newsvigil::model::story::Relation;
use newsvigil::model::time::Timestamp;
use newsvigil::model::watch::{Field, Snippet};
use scraper::{ElementRef, Html, Node, Selector};
use url::Url;

fn at(hours: i64) -> Timestamp {
    Timestamp::from_millis(1_795_505_400_000 + hours * 3_600_000)
}

fn url(text: &str) -> Option<Url> {
    Some(text.parse().unwrap())
}

fn reader(language: Language) -> Recipient {
    Recipient {
        id: RecipientId::from_stored("desk"),
        name: String::new(),
        email: "desk@ngo.example".into(),
        way: Way::Mail,
        openpgp_key: None,
        watches: vec![],
        rhythm: Rhythm::Immediately,
        alerts: Alerts::default(),
        all_quiet: AllQuiet::Weekly,
        language,
        alarms: false,
        neutral_subject: false,
        zone: TimeZone::get("Asia/Seoul").unwrap(),
    }
}

fn report(number: usize, lang: &str, headline: &str, paragraph: &str, marked: &str) -> Report {
    let start = paragraph.find(marked).unwrap();
    let sentence = Snippet { text: paragraph.into(), marks: vec![(start, start + marked.len())], ..Snippet::default() };
    let copy = |outlet: &str| Copy {
        outlet: outlet.into(),
        link: url(&format!("https://copy.example/{number}?a=1&b=2")),
        first_seen: at(-3),
        dated: None,
    };
    let earlier = |outlet: &str, told, beside| Earlier {
        headline: "六百人被遣返".into(),
        lang: "zh-Hans".into(),
        outlet: outlet.into(),
        link: url("https://wire.example/6?a=1&b=2"),
        first_seen: at(-4),
        told,
        beside,
    };
    Report {
        entry: EntryId::from_stored(format!("e_{number}")),
        headline: headline.into(),
        outlet: format!("Outlet {number}"),
        link: url(&format!("https://outlet-{number}.example/story?id={number}&page=2")),
        lang: lang.into(),
        published: Some(at(-5)),
        first_seen: at(-2),
        kind: ArticleKind::Feed,
        agency: "AFP".into(),
        urgent: false,
        reasons: vec![Reason {
            watch_name: "Forced returns".into(),
            terms: vec![marked.into()],
            field: Field::Body,
            sentence: sentence.clone(),
            places: 3,
            urgent: number == 1,
            points: 1,
        }],
        excerpt: vec![Snippet { text: format!("{headline}!"), ..Snippet::default() }],
        excerpt_cut: true,
        copies: vec![copy("Island Herald"), copy("Best News")],
        event: vec![
            earlier("Wire One", number == 1, None),
            earlier("Wire Two", false, None),
            earlier("Outlet 3", false, Some(EntryId::from_stored("e_3"))),
        ],
        news: vec!["600".into()],
        follows_up: number == 1,
        related: Some(RelatedReport {
            relation: Relation::FollowUp,
            headline: "Six sent back".into(),
            outlet: "Wire One".into(),
            link: None,
            first_seen: at(-90),
        }),
        old: Some(OldSign::SpeaksOf { date: "2021-07-15".into() }),
        credits: Credits { of: vec!["AFP".into()], cites: vec!["Radio One".into()] },
    }
}

/// With all that can stand in a mail, in four languages.
fn digest() -> Digest {
    let recipient = RecipientId::from_stored("desk");
    let reports = vec![
        report(1, "ko", "다리 앞의 버스", "강제북송이 다시 시작됐다고 했다.", "강제북송"),
        report(2, "zh-Hans", "看守所外的家属", "被关押者可能遭到遣返。", "遣返"),
        report(3, "zh-Hant", "看守所外的家屬", "被關押者可能遭到遣返。", "遣返"),
        report(4, "en", "Buses at the bridge", "Sixty were repatriated at dawn.", "repatriated"),
    ];
    let note = |lang: &str, headline: &str| AlertedNote {
        headline: headline.into(),
        outlet: "Wire One".into(),
        link: url("https://wire.example/9"),
        lang: lang.into(),
        mailed_at: at(-7),
    };
    let postscript = |kind| Postscript {
        kind,
        entry: EntryId::from_stored("e_8"),
        original: EntryId::from_stored("e_9"),
        outlet: "Island Herald".into(),
        first_seen: at(-1),
        headline: "명단".into(),
        since: at(-300),
        outlet_before: "Wire One".into(),
        link: url("https://herald.example/8"),
        lang: "ko".into(),
    };
    Digest {
        id: DigestId::of(&recipient, 12),
        occasion: Occasion::Digest,
        recipient,
        edition: 12,
        from: at(-24),
        until: at(0),
        asides: vec![AsideNote {
            outlet: "Outlet 1".into(),
            headline: "사과 풍년".into(),
            link: url("https://outlet-1.example/apples"),
            lang: "ko".into(),
            watch_name: "Forced returns".into(),
            sentence: reports[0].reasons[0].sentence.clone(),
            filter: "related_links".into(),
        }],
        reports,
        to_follow: 2,
        alerted: vec![note("ko", "아파트에서 아홉 명 체포"), note("en", "Nine held in a flat")],
        postscripts: vec![postscript(PostscriptKind::Copy), postscript(PostscriptKind::NothingNew)],
        coverage: Coverage {
            sources: 215,
            articles: 4_310,
            failing: vec![SilentSource { outlet: "Evening News".into(), last_success: None, error: "404".into() }],
            off: vec![SilentSource { outlet: "Gazette".into(), last_success: Some(at(-90)), error: "410".into() }],
            gaps: vec![Gap { outlet: "Wire One".into(), from: at(-9), until: at(-8), recovered: 1 }],
            quiet: vec!["Observer".into()],
            held: vec!["Kan".into()],
        },
    }
}

fn mails() -> Vec<(Language, Rendered)> {
    [Language::English, Language::Korean, Language::Chinese]
        .into_iter()
        .map(|language| (language, render(&digest(), &reader(language))))
        .collect()
}

fn elements(page: &Html) -> Vec<ElementRef<'_>> {
    page.select(&Selector::parse("*").unwrap()).collect()
}

/// Of the element itself or the nearest around it that has one.
fn nearest<'p, T>(element: ElementRef<'p>, found: impl Fn(ElementRef<'p>) -> Option<T>) -> Option<T> {
    let around = element.ancestors().filter_map(ElementRef::wrap);
    std::iter::once(element).chain(around).find_map(found)
}

/// The texts that stand in an element itself.
fn own_text(element: ElementRef<'_>) -> String {
    let texts = element.children().filter_map(|child| match child.value() {
        Node::Text(text) => Some(text.trim().to_owned()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join(" ").trim().to_owned()
}

fn body(page: &Html) -> Vec<ElementRef<'_>> {
    page.select(&Selector::parse("body, body *").unwrap()).collect()
}

#[test]
fn a_mail_loads_nothing_and_links_to_the_outlets_own_addresses_alone() {
    let known: Vec<String> = {
        let digest = digest();
        let own = digest.reports.iter().filter_map(|report| report.link.clone());
        let copies = digest.reports.iter().flat_map(|report| &report.copies).filter_map(|copy| copy.link.clone());
        let others = digest.asides.iter().map(|aside| aside.link.clone());
        let events = digest.reports.iter().flat_map(|report| &report.event).map(|earlier| earlier.link.clone());
        let lines = digest.postscripts.iter().map(|postscript| postscript.link.clone());
        let others =
            others.chain(events).chain(lines).chain(digest.alerted.iter().map(|note| note.link.clone())).flatten();
        own.chain(copies).chain(others).map(String::from).collect()
    };
    for (_, mail) in mails() {
        let page = Html::parse_document(&mail.html);
        for element in elements(&page) {
            let name = element.value().name();
            let inert =
                ["html", "head", "meta", "title", "style", "body", "table", "tbody", "tr", "td", "h1", "h2", "p"];
            let text = ["a", "b", "i", "span", "div", "ol", "ul", "li", "blockquote", "br"];
            assert!(inert.contains(&name) || text.contains(&name), "<{name}>");
            for (attribute, value) in element.value().attrs() {
                match attribute {
                    "href" => assert!(name == "a" && known.iter().any(|link| link == value), "{value}"),
                    "src" | "srcset" | "background" | "action" | "http-equiv" => panic!("{attribute}={value}"),
                    attribute => {
                        assert!(!attribute.starts_with("on"), "{attribute}");
                        assert!(!value.contains("url(") && !value.contains("position"), "{value}");
                    }
                }
            }
        }
        let style = page.select(&Selector::parse("style").unwrap()).map(|style| style.inner_html()).collect::<String>();
        assert!(!style.contains("url(") && !style.contains("@import") && !style.contains("@font-face"));
    }
}

#[test]
fn each_block_bears_the_language_of_its_words() {
    for (language, mail) in mails() {
        let page = Html::parse_document(&mail.html);
        let lang_of = |text: &str| -> Vec<String> {
            let with_text = body(&page).into_iter().filter(|element| own_text(*element).contains(text));
            with_text
                .map(|element| nearest(element, |e| e.value().attr("lang")).unwrap_or_default().to_owned())
                .collect()
        };
        for report in &digest().reports {
            let langs = lang_of(&report.headline);
            assert!(
                !langs.is_empty() && langs.iter().all(|lang| *lang == report.lang),
                "{langs:?}: {}",
                report.headline
            );
            let marked = &report.reasons[0].terms[0];
            let quoted =
                page.select(&Selector::parse("blockquote").unwrap()).find(|q| q.inner_html().contains(marked.as_str()));
            assert!(quoted.is_some(), "{marked}");
        }
        assert!(lang_of("六百人被遣返").iter().all(|lang| lang == "zh-Hans"));
        for text in ["사과 풍년", "아파트에서 아홉 명 체포"] {
            assert!(lang_of(text).iter().all(|lang| lang == "ko") && !lang_of(text).is_empty(), "{text}");
        }
        assert_eq!(page.root_element().value().attr("lang"), Some(language.tag()));
    }
}

#[test]
fn headings_and_lists_are_real_and_tables_are_only_for_layout() {
    for (_, mail) in mails() {
        let page = Html::parse_document(&mail.html);
        let count = |selector: &str| page.select(&Selector::parse(selector).unwrap()).count();
        assert_eq!(count("h1"), 1);
        assert_eq!(count("table"), count("table[role=presentation]"));
        let reports = digest().reports.len();
        assert_eq!(count("h2 a"), reports, "each headline is a heading and the text of its link");
        assert_eq!(count("h2"), reports + 4, "what was alerted, asides, lines and what was watched have one each");
        assert!(count("ol li") == reports && count("ul li") >= 6);
        for link in page.select(&Selector::parse("a").unwrap()) {
            assert!(!link.text().collect::<String>().trim().is_empty());
        }
    }
}

fn style_value(element: ElementRef<'_>, property: &str) -> Option<String> {
    let style = element.value().attr("style")?;
    style
        .split(';')
        .find_map(|rule| rule.trim().strip_prefix(property)?.trim().strip_prefix(':'))
        .map(|v| v.trim().to_owned())
}

/// WCAG 2.2, relative luminance.
fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// What the style sheet's dark part gives a class.
fn dark(html: &str, class: &str, property: &str) -> Option<String> {
    let sheet = html.split("(prefers-color-scheme: dark)").nth(1)?.split("</style>").next()?;
    let rule = sheet.split(&format!("\n.{class} {{")).nth(1)?.split('}').next()?;
    rule.split(';')
        .find_map(|rule| rule.trim().strip_prefix(property)?.strip_prefix(':'))
        .map(|value| value.trim().replace(" !important", ""))
}

#[test]
fn every_word_stands_out_from_its_ground_in_light_and_in_dark() {
    for (_, mail) in mails() {
        let page = Html::parse_document(&mail.html);
        for element in body(&page).into_iter().filter(|element| !own_text(*element).is_empty()) {
            let light = |property: &'static str| nearest(element, |e| style_value(e, property)).unwrap();
            let in_dark = |property: &'static str| {
                nearest(element, |e| {
                    let classes = e.value().classes().collect::<Vec<_>>();
                    let by_class = classes.iter().find_map(|class| dark(&mail.html, class, property));
                    by_class.or_else(|| style_value(e, property))
                })
                .unwrap()
            };
            let text = own_text(element);
            for (ink, ground) in
                [(light("color"), light("background-color")), (in_dark("color"), in_dark("background-color"))]
            {
                assert!(contrast(&ink, &ground) >= 4.5, "{ink} on {ground}: {text}");
            }
        }
    }
}

#[test]
fn the_text_part_says_all_that_the_html_part_says() {
    let flat = |text: &str| text.chars().filter(|c| !c.is_whitespace() && *c != '*' && *c != '>').collect::<String>();
    for (language, mail) in mails() {
        let page = Html::parse_document(&mail.html);
        let text = flat(&mail.text);
        for link in page.select(&Selector::parse("a").unwrap()) {
            let address = link.value().attr("href").unwrap();
            assert!(mail.text.contains(address), "{address}");
        }
        for element in body(&page) {
            let from_layout = element.value().name() == "a" && own_text(element).contains(".example");
            let is_kicker = element.value().attr("style").is_some_and(|style| style.contains("letter-spacing"));
            if from_layout || is_kicker {
                continue;
            }
            for said in own_text(element)
                .split(|c: char| c.is_whitespace() || c == '·')
                .map(flat)
                .filter(|said| !said.is_empty())
            {
                let said = said.trim_matches(['(', ')', ',', '“', '”', '、', '，', ':', '：', '.']);
                assert!(text.contains(said), "{language:?}: {said} of {} in {}", own_text(element), mail.text);
            }
        }
    }
}
