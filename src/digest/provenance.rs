//! Where a report stands among others, in words: which event it follows up, whose text it is, whether it is old.

use jiff::tz::TimeZone;

use super::wording::{Mail, Part, lang, link, or, outlet};
use super::words::{Words, counted, grouped, say};
use super::{clean, times};
use crate::model::digest::{Earlier, OldSign, Report};
use crate::model::recipient::Language;
use crate::model::story::Relation;

const HEADLINE_COLUMNS: usize = 90;
/// Where several may stand in one sentence.
const SHORT_HEADLINE: usize = 60;
/// Earlier reports on an event that are named.
const MAX_ON_EVENT: usize = 4;
/// Of those in the same mail, the ones that are named by their number.
const MAX_NUMBERS: usize = 8;

/// `Possibly old: the same text is known from Best News, 15 Jul 2021, 09:00 KST.`; empty if nothing says so.
pub fn age(report: &Report, zone: &TimeZone, words: Words) -> String {
    match &report.old {
        None => String::new(),
        Some(OldSign::SeenBefore { outlet: name, at }) => {
            words.seen_before(&outlet(name, words), &times::full(*at, zone, words))
        }
        Some(OldSign::SpeaksOf { date }) => words.speaks_of(&clean::line(date)),
    }
}

/// `Text credited to AFP; cites Radio Free Asia.`; empty if it names nobody but whom the line of the outlet names.
pub fn credits(report: &Report, words: Words) -> String {
    let is_named = |name: &&String| [&report.agency, &report.outlet].contains(name);
    let of: Vec<String> = report.credits.of.iter().filter(|name| !is_named(name)).cloned().collect();
    let listed = |names: &[String]| names.iter().map(|name| clean::line(name)).collect::<Vec<_>>().join(words.comma());
    let (of, cites) = (listed(&of), listed(&report.credits.cites));
    match (of.is_empty(), cites.is_empty()) {
        (true, true) => String::new(),
        (false, true) => words.credited(&of),
        (true, false) => words.cites(&cites),
        (false, false) => words.credited_and_cites(&of, &cites),
    }
}

/// `More on an event that you were told of: “Six sent back” (Wire One, 24 Nov, 06:40). Seems to tell of the same event as
/// report 2 in this mail. New in this report: 600, Dandong.`; nothing where nothing was seen before.
pub fn event<'a>(report: &'a Report, mail: &Mail<'_>) -> Vec<Part<'a>> {
    let words = mail.words;
    let (told, others): (Vec<&Earlier>, Vec<&Earlier>) = report.event.iter().partition(|other| other.told);
    let mut sentences: Vec<Vec<Part<'a>>> = vec![];
    if report.follows_up {
        sentences.push(match told.is_empty() {
            true => vec![Part::plain(words.more_on_known_event())],
            false => naming(&told, None, mail, |more| words.more_on_event(LIST, more)),
        });
    }
    if !others.is_empty() {
        let number = |other: &&Earlier| mail.numbers.get(other.beside.as_ref()?).copied();
        let mut numbers: Vec<usize> = others.iter().filter_map(number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let elsewhere: Vec<&Earlier> = others.into_iter().filter(|other| number(other).is_none()).collect();
        let in_mail = (!numbers.is_empty()).then(|| words.in_this_mail(&numbers));
        sentences.push(naming(&elsewhere, in_mail, mail, |more| words.same_event(LIST, more)));
    }
    let news: Vec<String> = report.news.iter().map(|news| clean::line(news)).filter(|news| !news.is_empty()).collect();
    if !news.is_empty() && !sentences.is_empty() {
        sentences.push(vec![Part::plain(words.news(&news.join(words.comma())))]);
    }
    joined(sentences, words.space())
}

/// One after another, with this between them.
fn joined<'a>(pieces: Vec<Vec<Part<'a>>>, between: &str) -> Vec<Part<'a>> {
    let mut parts = vec![];
    for piece in pieces {
        if !parts.is_empty() {
            parts.push(Part::plain(between));
        }
        parts.extend(piece);
    }
    parts
}

/// Stands for the reports that a sentence names. No text in a mail holds it.
const LIST: &str = "\u{0}";

/// The sentence, with `first` and the first of these reports in it.
fn naming<'a>(
    others: &[&'a Earlier],
    first: Option<String>,
    mail: &Mail<'_>,
    sentence: impl Fn(u64) -> String,
) -> Vec<Part<'a>> {
    let words = mail.words;
    let sentence = sentence(others.len().saturating_sub(MAX_ON_EVENT) as u64);
    let (before, after) = sentence.split_once(LIST).unwrap_or((&sentence, ""));
    let mut named: Vec<Vec<Part<'a>>> = first.into_iter().map(|first| vec![Part::plain(first)]).collect();
    named.extend(others.iter().take(MAX_ON_EVENT).map(|other| {
        let headline = clean::shortened(&or(clean::line(&other.headline), words.no_headline()), SHORT_HEADLINE);
        let seen = times::short(other.first_seen, mail.zone, words);
        let from = format!("{}{}{seen}", outlet(&other.outlet, words), words.pause());
        vec![
            Part { text: words.quoted(&headline), link: other.link.as_ref().and_then(link), lang: lang(&other.lang) },
            Part::plain(words.in_brackets(&from)),
        ]
    }));
    let mut parts = vec![Part::plain(before)];
    parts.extend(joined(named, words.comma()));
    parts.push(Part::plain(after));
    parts.retain(|part| !part.text.is_empty());
    parts
}

/// `Seems to follow up “600 sent back” (Wire One, 9 Oct 2023, 07:00 KST).`; empty if it stands alone.
pub fn relation(report: &Report, zone: &TimeZone, words: Words) -> String {
    let Some(related) = &report.related else { return String::new() };
    let headline = clean::shortened(&or(clean::line(&related.headline), words.no_headline()), HEADLINE_COLUMNS);
    let seen = times::full(related.first_seen, zone, words);
    words.relation(related.relation, &headline, &format!("{}{}{seen}", outlet(&related.outlet, words), words.pause()))
}

impl Words {
    fn seen_before(self, outlet: &str, at: &str) -> String {
        say!(
            self,
            format!("Possibly old: the same text is known from {outlet}, {at}."),
            format!("오래된 글일 수 있음: 같은 글이 {at}에 {outlet}에서 확인됨."),
            format!("可能是旧闻：同一文稿已于 {at} 见于{outlet}。")
        )
    }

    fn speaks_of(self, date: &str) -> String {
        say!(
            self,
            format!("Possibly old: its text speaks of {date}, long before the date it bears."),
            format!("오래된 글일 수 있음: 본문은 게재일보다 훨씬 앞선 날짜({date})를 말함."),
            format!("可能是旧闻：正文所述日期为 {date}，远早于其标注日期。")
        )
    }

    fn credited(self, of: &str) -> String {
        say!(self, format!("Text credited to {of}."), format!("기사 제공: {of}."), format!("文稿来源：{of}。"))
    }

    fn cites(self, cites: &str) -> String {
        say!(self, format!("Cites {cites}."), format!("인용 매체: {cites}."), format!("引述：{cites}。"))
    }

    fn credited_and_cites(self, of: &str, cites: &str) -> String {
        say!(
            self,
            format!("Text credited to {of}; cites {cites}."),
            format!("기사 제공: {of}. 인용 매체: {cites}."),
            format!("文稿来源：{of}；引述：{cites}。")
        )
    }

    /// `from` tells where and when the other report was seen.
    fn relation(self, relation: Relation, headline: &str, from: &str) -> String {
        match relation {
            Relation::FollowUp => say!(
                self,
                format!("Seems to follow up “{headline}” ({from})."),
                format!("‘{headline}’의 후속 보도로 보임 ({from})."),
                format!("似为“{headline}”的后续报道（{from}）。")
            ),
            Relation::Possible => say!(
                self,
                format!("Possibly the same event as “{headline}” ({from})."),
                format!("‘{headline}’ 보도와 같은 사건일 수 있음 ({from})."),
                format!("可能与“{headline}”为同一事件（{from}）。")
            ),
        }
    }

    /// `report 2 in this mail`, `reports 2, 5 in this mail`
    fn in_this_mail(self, numbers: &[usize]) -> String {
        let shown: Vec<String> = numbers.iter().take(MAX_NUMBERS).map(usize::to_string).collect();
        let more = if numbers.len() > MAX_NUMBERS { "…" } else { "" };
        let many = if numbers.len() > 1 { "s" } else { "" };
        let list = shown.join(self.comma());
        say!(
            self,
            format!("report{many} {list}{more} in this mail"),
            format!("이 메일의 {list}{more}번 보도"),
            format!("本邮件第 {list}{more} 篇")
        )
    }

    fn in_brackets(self, text: &str) -> String {
        say!(self, format!(" ({text})"), format!(" ({text})"), format!("（{text}）"))
    }

    /// Between two sentences of which the first has its stop.
    fn space(self) -> &'static str {
        say!(self, " ", " ", "")
    }

    /// A story that the reader was told of by reports that are not at hand.
    fn more_on_known_event(self) -> &'static str {
        say!(
            self,
            "More on an event that you were told of.",
            "앞서 알려 드린 사건의 새 보도.",
            "此前已告知您的事件的新进展。"
        )
    }

    /// A story that the reader was told of; `told` names its reports.
    fn more_on_event(self, told: &str, more: u64) -> String {
        let count = grouped(more);
        if more == 0 {
            return say!(
                self,
                format!("More on an event that you were told of: {told}."),
                format!("앞서 알려 드린 사건의 새 보도: {told}."),
                format!("此前已告知您的事件的新进展：{told}。")
            );
        }
        say!(
            self,
            format!("More on an event that you were told of: {told} and {}.", counted(more, "more report")),
            format!("앞서 알려 드린 사건의 새 보도: {told} 외 {count}건."),
            format!("此前已告知您的事件的新进展：{told}，另有 {count} 篇。")
        )
    }

    /// Earlier reports on the same event; `told` names them.
    fn same_event(self, told: &str, more: u64) -> String {
        let count = grouped(more);
        if more == 0 {
            return say!(
                self,
                format!("Seems to tell of the same event as {told}."),
                format!("같은 사건의 앞선 보도로 보임: {told}."),
                format!("似与以下报道为同一事件：{told}。")
            );
        }
        say!(
            self,
            format!("Seems to tell of the same event as {told} and {}.", counted(more, "more report")),
            format!("같은 사건의 앞선 보도로 보임: {told} 외 {count}건."),
            format!("似与以下报道为同一事件：{told}，另有 {count} 篇。")
        )
    }

    fn news(self, news: &str) -> String {
        say!(
            self,
            format!("New in this report: {news}."),
            format!("이 보도에서 새로 나온 것: {news}."),
            format!("本篇新内容：{news}。")
        )
    }
}
