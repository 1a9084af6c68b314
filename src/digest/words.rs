//! Every word of the program's own in a mail, in each language that a reader can choose. Each phrase stands once, its
//! languages side by side, so that none is forgotten when it changes.

use jiff::civil::Weekday;

use crate::model::article::ArticleKind;
use crate::model::digest::Occasion;
use crate::model::recipient::Language;
use crate::model::watch::Field;

/// The words of one language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words(pub Language);

/// One of the three.
macro_rules! say {
    ($words:expr, $english:expr, $korean:expr, $chinese:expr $(,)?) => {
        match $words.0 {
            Language::English => $english,
            Language::Korean => $korean,
            Language::Chinese => $chinese,
        }
    };
}

pub(super) use say;

impl Words {
    pub fn tag(self) -> &'static str {
        self.0.tag()
    }

    pub fn no_headline(self) -> &'static str {
        say!(self, "(no headline)", "(제목 없음)", "（无标题）")
    }

    pub fn unnamed_source(self) -> &'static str {
        say!(self, "(unnamed source)", "(이름 없는 출처)", "（未命名来源）")
    }

    /// Above all: what the mail holds.
    pub fn heading(self, reports: u64) -> String {
        let count = grouped(reports);
        match reports {
            0 => say!(self, "No new reports", "새 보도 없음", "没有新报道").to_owned(),
            _ => say!(self, counted(reports, "new report"), format!("새 보도 {count}건"), format!("{count} 篇新报道")),
        }
    }

    /// Of reports that had no room; empty for none.
    pub fn to_follow(self, reports: u64) -> String {
        let count = grouped(reports);
        match reports {
            0 => String::new(),
            1 => say!(
                self,
                "1 more report follows in the next mail.",
                "나머지 보도 1건은 다음 메일로 이어집니다.",
                "另有 1 篇报道将在下一封邮件中发送。"
            )
            .to_owned(),
            _ => say!(
                self,
                format!("{count} more reports follow in the next mail."),
                format!("나머지 보도 {count}건은 다음 메일로 이어집니다."),
                format!("另有 {count} 篇报道将在下一封邮件中发送。")
            ),
        }
    }

    pub fn reports(self, reports: u64) -> String {
        let count = grouped(reports);
        say!(self, counted(reports, "report"), format!("보도 {count}건"), format!("{count} 篇报道"))
    }

    pub fn alert(self) -> &'static str {
        say!(self, "Alert", "긴급 알림", "快讯")
    }

    /// Nothing to report, said on purpose.
    pub fn all_quiet(self) -> &'static str {
        say!(self, "All quiet: no new reports", "이상 없음: 새 보도 없음", "一切平静：没有新报道")
    }

    pub fn digest(self) -> &'static str {
        say!(self, "DIGEST", "다이제스트", "摘要")
    }

    pub fn number(self, edition: i64, id: &str) -> String {
        say!(
            self,
            format!("Mail no. {edition} ({id})"),
            format!("{edition}번째 메일 ({id})"),
            format!("第 {edition} 封邮件 ({id})")
        )
    }

    /// What stands between a heading and what it heads.
    pub fn colon(self) -> &'static str {
        say!(self, ": ", ": ", "：")
    }

    /// Between parts of a sentence; [`Words::comma`] stands between the names of a list.
    pub fn pause(self) -> &'static str {
        say!(self, ", ", ", ", "，")
    }

    pub fn comma(self) -> &'static str {
        say!(self, ", ", ", ", "、")
    }

    /// Between two sentences.
    pub fn stop(self) -> &'static str {
        say!(self, ". ", ". ", "。")
    }

    /// The language in words, where a reader of these lines may wonder: not where it is theirs.
    pub fn language(self, tag: &str) -> &'static str {
        let primary = tag.split('-').next().unwrap_or_default();
        let own = self.tag().split('-').next().unwrap_or_default();
        match primary {
            _ if primary == own => "",
            "en" => say!(self, "", "영어", "英文"),
            "ko" => say!(self, "Korean", "", "韩文"),
            "zh" => say!(self, "Chinese", "중국어", ""),
            "ja" => say!(self, "Japanese", "일본어", "日文"),
            "ru" => say!(self, "Russian", "러시아어", "俄文"),
            "fr" => say!(self, "French", "프랑스어", "法文"),
            "de" => say!(self, "German", "독일어", "德文"),
            "es" => say!(self, "Spanish", "스페인어", "西班牙文"),
            "th" => say!(self, "Thai", "태국어", "泰文"),
            "vi" => say!(self, "Vietnamese", "베트남어", "越南文"),
            "mn" => say!(self, "Mongolian", "몽골어", "蒙古文"),
            "lo" => say!(self, "Lao", "라오어", "老挝文"),
            _ => "",
        }
    }

    pub fn dated(self, dated: &str, seen: &str) -> String {
        say!(
            self,
            format!("dated {dated}, first seen {seen}"),
            format!("{dated} 게재, {seen} 처음 확인"),
            format!("标注 {dated}，首次发现 {seen}")
        )
    }

    pub fn undated(self, seen: &str) -> String {
        say!(
            self,
            format!("undated, first seen {seen}"),
            format!("날짜 없음, {seen} 처음 확인"),
            format!("未标日期，首次发现 {seen}")
        )
    }

    /// What a reader must know of where the text is from; empty if it is the page's own.
    pub fn note(self, kind: ArticleKind) -> &'static str {
        match kind {
            ArticleKind::Page => "",
            ArticleKind::Feed => say!(
                self,
                "Page not read: text from the feed.",
                "페이지를 읽지 못함: 피드의 본문입니다.",
                "未能读取页面：文字来自订阅源。"
            ),
            ArticleKind::Walled => say!(
                self,
                "Page behind a wall: this is what it and the feed show.",
                "접근이 제한된 페이지: 페이지와 피드에 보이는 내용입니다.",
                "页面有访问限制：以下是页面和订阅源显示的内容。"
            ),
        }
    }

    /// Where the terms stand.
    pub fn place(self, field: Field, places: usize) -> String {
        let more = places.saturating_sub(1);
        match (field, places) {
            (Field::Title, 0 | 1) => say!(self, "in the headline", "제목", "标题中").to_owned(),
            (Field::Title, 2) => {
                say!(self, "in the headline and 1 more place", "제목과 다른 1곳", "标题及另外 1 处").to_owned()
            }
            (Field::Title, _) => say!(
                self,
                format!("in the headline and {more} more places"),
                format!("제목과 다른 {more}곳"),
                format!("标题及另外 {more} 处")
            ),
            (Field::Body, 0 | 1) => say!(self, "in the text", "본문", "正文中").to_owned(),
            (Field::Body, _) => say!(
                self,
                format!("in {places} places of the text"),
                format!("본문 {places}곳"),
                format!("正文中 {places} 处")
            ),
        }
    }

    /// In the marks of the language.
    pub fn quoted(self, text: &str) -> String {
        say!(self, format!("“{text}”"), format!("‘{text}’"), format!("“{text}”"))
    }

    /// `Watch “Forced returns”`
    pub fn watch(self, name: &str) -> String {
        say!(self, format!("Watch “{name}”"), format!("관심 항목 ‘{name}’"), format!("关注主题“{name}”"))
    }

    /// Of a watch whose reports are wanted at once: what that did to the mail.
    pub fn urgent(self, occasion: Occasion) -> &'static str {
        match occasion {
            Occasion::Alert => {
                say!(self, "urgent, so mailed at once", "긴급 항목이어서 바로 발송", "紧急主题，立即发送")
            }
            Occasion::Digest => say!(self, "urgent", "긴급 항목", "紧急主题"),
        }
    }

    pub fn same_text(self, outlets: u64) -> String {
        let count = grouped(outlets);
        say!(
            self,
            format!("The same text in {}:", counted(outlets, "outlet")),
            format!("같은 글을 실은 매체 {count}곳:"),
            format!("{count} 家媒体刊登同一文稿：")
        )
    }

    /// Where one outlet alone has it, and more than once.
    pub fn same_text_again(self) -> &'static str {
        say!(
            self,
            "The same text more than once in one outlet:",
            "한 매체에 거듭 실린 같은 글:",
            "同一媒体多次刊登同一文稿："
        )
    }

    /// An outlet that has a text it had before.
    pub fn again_in(self, outlet: &str) -> String {
        say!(self, format!("again in {outlet}"), format!("{outlet}에 다시"), format!("再次见于{outlet}"))
    }

    pub fn and_more_outlets(self, more: u64) -> String {
        let count = grouped(more);
        say!(
            self,
            format!("and {}", counted(more, "more outlet")),
            format!("외 {count}곳"),
            format!("另有 {count} 家媒体")
        )
    }

    /// Of an outlet among those that have the text.
    pub fn role(self, first: bool, own: bool) -> &'static str {
        match (first, own) {
            (true, true) => say!(self, "first, this report", "최초, 이 보도", "最早，即本篇"),
            (true, false) => say!(self, "first", "최초", "最早"),
            (false, true) => say!(self, "this report", "이 보도", "即本篇"),
            (false, false) => "",
        }
    }

    pub fn in_brief(self) -> &'static str {
        say!(self, "More reports, in brief", "그 밖의 보도 (요약)", "更多报道（简要）")
    }

    pub fn read_at(self, host: &str) -> String {
        say!(self, format!("Read it at {host}"), format!("{host}에서 읽기"), format!("在 {host} 阅读"))
    }

    pub fn already_mailed(self) -> &'static str {
        say!(
            self,
            "Already mailed to you in an alert:",
            "긴급 알림으로 이미 보내 드린 보도:",
            "已通过快讯发送给您的报道："
        )
    }

    pub fn mailed_at(self, at: &str) -> String {
        say!(self, format!("mailed {at}"), format!("{at} 발송"), format!("{at} 已发送"))
    }

    pub fn and_more_reports(self, more: u64) -> String {
        let count = grouped(more);
        say!(self, format!("and {}", counted(more, "more report")), format!("외 {count}건"), format!("另有 {count} 篇"))
    }

    pub fn about(self, gets_mail: bool) -> &'static str {
        if gets_mail { self.about_mail() } else { self.about_message() }
    }

    fn about_mail(self) -> &'static str {
        say!(
            self,
            "newsvigil, a program, wrote this mail: it reads news sources for the watches that you follow. \
             To change what you get, or to stop it, answer this mail.",
            "이 메일은 newsvigil이라는 프로그램이 썼습니다. 구독하신 관심 항목에 따라 뉴스 출처를 읽습니다. \
             받는 내용을 바꾸거나 그만 받으시려면 이 메일에 답장해 주십시오.",
            "本邮件由程序 newsvigil 撰写，它按您的关注主题阅读新闻来源。如需更改或停止接收，请直接回复本邮件。"
        )
    }

    /// Where nobody reads an answer.
    fn about_message(self) -> &'static str {
        say!(
            self,
            "newsvigil, a program, wrote this: it reads news sources for the watches that you follow. \
             To change what you get, or to stop it, ask whoever runs it for you.",
            "newsvigil이라는 프로그램이 쓴 글입니다. 구독하신 관심 항목에 따라 뉴스 출처를 읽습니다. \
             받는 내용을 바꾸거나 그만 받으시려면 운영 담당자에게 말씀해 주십시오.",
            "本消息由程序 newsvigil 撰写，它按您的关注主题阅读新闻来源。如需更改或停止接收，请联系其管理人员。"
        )
    }

    /// Day and time with zone, for `strftime`.
    pub fn full(self) -> &'static str {
        say!(self, "%-d %b %Y, %H:%M %Z", "%Y년 %-m월 %-d일 %H:%M %Z", "%Y年%-m月%-d日 %H:%M %Z")
    }

    /// Day and time.
    pub fn day_and_time(self) -> &'static str {
        say!(self, "%-d %b %Y, %H:%M", "%Y년 %-m월 %-d일 %H:%M", "%Y年%-m月%-d日 %H:%M")
    }

    /// Day and time without the year.
    pub fn short(self) -> &'static str {
        say!(self, "%-d %b, %H:%M", "%-m월 %-d일 %H:%M", "%-m月%-d日 %H:%M")
    }

    pub fn on_weekday(self, day: Weekday, day_and_time: &str) -> String {
        let place = usize::try_from(day.to_monday_zero_offset()).unwrap_or(0);
        let names = say!(
            self,
            ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
            ["월", "화", "수", "목", "금", "토", "일"],
            ["周一", "周二", "周三", "周四", "周五", "周六", "周日"]
        );
        let name = names[place];
        // Between day and time, as Korean and Chinese write it.
        let time_at = day_and_time.find(':').and_then(|colon| day_and_time[..colon].rfind(' '));
        let (date, time) = day_and_time.split_at(time_at.unwrap_or(day_and_time.len()));
        say!(self, format!("{name} {day_and_time}"), format!("{date} ({name}){time}"), format!("{date} {name}{time}"))
    }
}

/// `1 report`, `4,310 articles`
pub fn counted(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// `4,310`
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
