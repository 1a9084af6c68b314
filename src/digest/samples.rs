//! Invented reports that the tests write mails of.

use jiff::civil::time;
use url::Url;

use crate::model::article::{Article, ArticleKind, Block, BlockKind};
use crate::model::digest::{Copy, Coverage, SilentSource, WaitingReport};
use crate::model::id::{EntryId, StoryId, WatchId};
use crate::model::recipient::{Recipient, Rhythm};
use crate::model::time::Timestamp;
use crate::model::watch::{Field, Hit, Snippet, Span, WatchSpec};

/// Of 24 November 2026 in Seoul.
pub fn at(hour: i64, minute: i64) -> Timestamp {
    let midnight = 1_795_446_000_000; // 2026-11-24T00:00:00+09:00
    Timestamp::from_millis(midnight + (hour * 60 + minute) * 60_000)
}

pub fn url(text: &str) -> Url {
    Url::parse(text).expect("a URL")
}

pub fn recipient(watches: &[&str]) -> Recipient {
    Recipient {
        name: "Desk".into(),
        email: "desk@ngo.example".into(),
        watches: watches.iter().map(|id| WatchId::from_stored(*id)).collect(),
        ..Recipient::sample(Rhythm::Daily { at: vec![time(7, 0, 0, 0)] })
    }
}

pub fn watches() -> Vec<WatchSpec> {
    let watch = |id: &str, name: &str| WatchSpec {
        id: WatchId::from_stored(id),
        name: name.into(),
        query: "left to the matcher".into(),
        homographs: Default::default(),
    };
    vec![watch("returns", "Forced returns"), watch("shenyang", "Shenyang")]
}

pub fn article(lang: &str, title: &str, paragraphs: &[&str]) -> Article {
    let block = |text: &&str| Block { kind: BlockKind::Paragraph, text: (*text).to_owned() };
    Article {
        kind: ArticleKind::Page,
        title: title.into(),
        blocks: paragraphs.iter().map(block).collect(),
        byline: String::new(),
        outlet: String::new(),
        agency: String::new(),
        published: None,
        lang: lang.into(),
        canonical: None,
        removed: vec![],
        cut: false,
    }
}

/// A hit on every place of `found` in the article; the sentence is the headline or the paragraph's that holds the first.
pub fn hit(watch: &str, term: &str, found: &str, article: &Article) -> Hit {
    let body = article.body();
    let places = |field: Field, text: &str| -> Vec<Span> {
        text.match_indices(found).map(|(start, _)| Span { field, start, end: start + found.len() }).collect()
    };
    let spans = [places(Field::Title, &article.title), places(Field::Body, &body)].concat();
    let first = spans.first().expect("the term is in the sample");
    let sentence = match first.field {
        Field::Title => article.title.clone(),
        Field::Body => {
            let paragraph = body.split("\n\n").find(|paragraph| paragraph.contains(found)).expect("it is in the body");
            let sentences = paragraph.split_inclusive(['.', '。']).map(str::trim);
            sentences.clone().find(|sentence| sentence.contains(found)).unwrap_or(paragraph).to_owned()
        }
    };
    let marks = sentence.match_indices(found).map(|(start, _)| (start, start + found.len())).collect();
    Hit {
        watch: WatchId::from_stored(watch),
        terms: vec![term.into()],
        field: first.field,
        sentence: Snippet { text: sentence, marks, ..Snippet::default() },
        spans,
        revision: String::new(),
        forms: vec![],
        relevance: Default::default(),
    }
}

pub fn waiting(id: &str, outlet: &str, first_seen: Timestamp, article: Article, hits: Vec<Hit>) -> WaitingReport {
    WaitingReport {
        entry: EntryId::from_stored(id),
        original: EntryId::from_stored(id),
        story: StoryId::from_stored(id),
        alerted: None,
        outlet: outlet.into(),
        link: Some(url(&format!("https://www.news.example/2026/11/24/{id}"))),
        first_seen,
        article,
        hits,
        copies: vec![],
        event: vec![],
        news: vec![],
        told: vec![],
        told_in_its_language: false,
        related: None,
        speaks_of: String::new(),
        credits: Default::default(),
    }
}

fn korean() -> WaitingReport {
    let mut article = article(
        "ko",
        "세관 앞에 멈춘 버스 두 대…주민들 “강제북송 또 시작됐다”",
        &[
            "국경 도시의 세관 앞 도로가 23일 새벽 두 시간 동안 막혔다고 현지 주민들이 전했다. 주민들은 커튼을 친 버스 두 대가 \
             공안 차량의 호위를 받으며 다리 쪽으로 움직였다고 말했다.",
            "한 상인은 “버스 안에 적어도 마흔 명이 앉아 있었다”며 “강제북송이 다시 시작됐다는 말이 시장에 퍼졌다”고 했다. \
             당국은 도로 통제의 이유를 밝히지 않았다.",
            "인권 단체들은 탈북민의 가족들이 연락이 끊긴 사람들의 이름을 모으고 있다고 밝혔다. 단체들은 명단을 유엔에 보낼 \
             예정이다.",
        ],
    );
    article.published = Some(at(6, 40));
    let hits = vec![hit("returns", "강제북송", "강제북송", &article)];
    let mut report = waiting("e_ko", "Hangang Ilbo", at(6, 52), article, hits);
    report.link = Some(url("https://www.hangang-ilbo.example/news/2026/11/24/tumen-bus"));
    report
}

fn wire() -> WaitingReport {
    let mut article = article(
        "en",
        "Families of missing North Koreans gather names",
        &[
            "Relatives of people who disappeared in China's northeast have begun to write down names, three aid workers said \
             on Monday. The list holds more than sixty entries, most of them women. Several were last heard from in October, \
             when police searched flats in two cities.",
            "The aid workers asked not to be named. They said that telephone calls across the river had become too dangerous, \
             and that brokers had stopped to answer. A shop owner who has helped families for eleven years said she had \
             never seen it so quiet. She keeps a bag packed by the door. Her neighbours were questioned twice this month.",
            "Two of the women on the list had been held in Shenyang for five weeks before they were repatriated, according to a \
             sister of one of them. She learned of it from a guard.",
        ],
    );
    article.published = Some(at(-2, 5));
    let hits =
        vec![hit("returns", "repatriat*", "repatriated", &article), hit("shenyang", "Shenyang", "Shenyang", &article)];
    let mut report = waiting("e_wire", "Border Post", at(1, 31), article, hits);
    report.link = Some(url("https://border-post.example/2026/11/families-gather-names"));
    report.copies = vec![
        Copy {
            outlet: "Yalu Wire".into(),
            link: Some(url("https://yalu-wire.example/en/7731")),
            first_seen: at(-1, 12),
            dated: None,
        },
        Copy {
            outlet: "The Eastern Observer".into(),
            link: Some(url("https://observer.example/world/families-of-missing-north-koreans-gather-names")),
            first_seen: at(4, 3),
            dated: None,
        },
    ];
    report
}

fn chinese() -> WaitingReport {
    let mut article = article(
        "zh-Hans",
        "沈阳看守所外，家属连续三天等候",
        &[
            "多名家属自星期六起在沈阳一处看守所外等候消息。一位姓李的女士说，她的嫂子上个月被带走，至今没有任何书面通知。\
             “我们只想知道人还在不在。”她说。",
            "知情人士透露，被关押者可能在本周内遭到遣返。看守所的工作人员拒绝回答记者的提问。",
        ],
    );
    article.kind = ArticleKind::Feed;
    let hits = vec![hit("shenyang", "沈阳", "沈阳", &article), hit("returns", "遣返", "遣返", &article)];
    let mut report = waiting("e_zh", "Liaohe Kan", at(5, 20), article, hits);
    report.link = Some(url("https://liaohe-kan.example/a/20261124/3391.html"));
    report
}

/// An English report that three outlets have, a Korean and a Chinese one.
pub fn three_reports() -> Vec<WaitingReport> {
    vec![wire(), chinese(), korean()]
}

pub fn coverage() -> Coverage {
    Coverage {
        sources: 215,
        articles: 4_310,
        failing: vec![
            SilentSource {
                outlet: "Dandong Evening News".into(),
                last_success: Some(at(-41, 5)),
                error: "dandong-evening.example did not answer within 30 s".into(),
            },
            SilentSource { outlet: "Ministry, press room".into(), last_success: None, error: "404 Not Found".into() },
        ],
        ..Coverage::default()
    }
}
