//! Where a report stands among others, in words: which event it follows up, whose text it is, whether it is old.

use jiff::tz::TimeZone;

use super::wording::{or, outlet};
use super::words::{Words, counted, grouped, say};
use super::{clean, times};
use crate::model::digest::{OldSign, Report};
use crate::model::recipient::Language;
use crate::model::story::Relation;

const HEADLINE_COLUMNS: usize = 90;

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
    let listed = |names: &mut dyn Iterator<Item = &String>| {
        names.map(|name| clean::line(name)).collect::<Vec<_>>().join(words.comma())
    };
    let of = listed(&mut report.credits.of.iter().filter(|name| !is_named(name)));
    let cites = listed(&mut report.credits.cites.iter());
    match (of.is_empty(), cites.is_empty()) {
        (true, true) => String::new(),
        (false, true) => words.credited(&of),
        (true, false) => words.cites(&cites),
        (false, false) => words.credited_and_cites(&of, &cites),
    }
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

    /// A story that the reader was told of; `told` names its reports.
    pub fn more_on_event(self, told: &str, more: u64) -> String {
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
    pub fn same_event(self, told: &str, more: u64) -> String {
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

    pub fn news(self, news: &str) -> String {
        say!(
            self,
            format!(" New in this report: {news}."),
            format!(" 이 보도에서 새로 나온 것: {news}."),
            format!("本篇新内容：{news}。")
        )
    }
}
