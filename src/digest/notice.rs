//! What ops are told of feeds: which alarms began, which are over; and what happened to recipients. Text alone, in their
//! zone and language; the details of an alarm are the program's diagnostics, and stand in English as they do in its log.

use jiff::tz::TimeZone;

use super::words::{Words, counted, grouped, say};
use super::wrap::wrapped;
use super::{clean, times, wording};
use crate::model::alarm::{Alarm, AlarmKind};
use crate::model::digest::Rendered;
use crate::model::recipient::{Language, Recipient, RecipientEvent, RecipientEventKind};
use crate::model::time::Timestamp;

/// Columns of an outlet's name in the subject.
const NAME: usize = 40;

/// Alarms of which nobody was told.
#[derive(Clone, Debug, Default)]
pub struct News<'a> {
    pub began: Vec<&'a Alarm>,
    /// Told before, and over now.
    pub over: Vec<&'a Alarm>,
    /// Began and over since the last notice.
    pub passed: Vec<&'a Alarm>,
    /// What happened to recipients.
    pub recipients: Vec<&'a RecipientEvent>,
}

/// Writes the mail. The same news give the same bytes.
pub fn notice(news: &News<'_>, recipient: &Recipient) -> Rendered {
    let words = Words(recipient.language);
    let subject = match recipient.neutral_subject {
        true => words.neutral_notice().to_owned(),
        false => format!("newsvigil{}{}", words.colon(), subject(news, words)),
    };
    Rendered { subject, text: text(news, &recipient.zone, words), html: String::new() }
}

fn subject(news: &News<'_>, words: Words) -> String {
    let name = |alarm: &Alarm| clean::shortened(&wording::outlet(&alarm.outlet, words), NAME);
    let of_sources = news.began.len() + news.over.len() + news.passed.len();
    if let ([first, rest @ ..], 0) = (news.recipients.as_slice(), of_sources) {
        return match rest {
            [] => words.happened(first.recipient.as_str(), first.kind),
            _ => words.about_recipients(news.recipients.len() as u64),
        };
    }
    match (news.began.as_slice(), news.over.as_slice(), news.passed.as_slice()) {
        ([one], [], []) => words.state(&name(one), one.kind),
        ([], [one], []) => words.state_over(&name(one), one.kind),
        ([], over, passed) => words.alarms_over((over.len() + passed.len()) as u64),
        (began, ..) => words.new_alarms(began.len() as u64),
    }
}

fn text(news: &News<'_>, zone: &TimeZone, words: Words) -> String {
    let mut out = String::new();
    let outlet = |alarm: &Alarm| wording::outlet(&alarm.outlet, words);
    for alarm in &news.began {
        let since = times::full(alarm.began_at, zone, words);
        let line = format!("{} ({since})", words.state(&outlet(alarm), alarm.kind));
        out.push_str(&told(alarm, &line, &detail(&alarm.detail, zone, words)));
    }
    for alarm in &news.over {
        let since = times::full(alarm.began_at, zone, words);
        let ended = alarm.ended_at.map(|at| times::full(at, zone, words)).unwrap_or_default();
        let line = format!("{} ({})", words.state_over(&outlet(alarm), alarm.kind), words.ended(&ended, &since));
        out.push_str(&told(alarm, &line, ""));
    }
    for alarm in &news.passed {
        let ended = alarm.ended_at.unwrap_or(alarm.began_at);
        let (since, ended) = times::pair(alarm.began_at, ended, zone, words);
        let line = words.passed(&outlet(alarm), alarm.kind, &since, &ended);
        out.push_str(&told(alarm, &line, &detail(&alarm.detail, zone, words)));
    }
    for event in &news.recipients {
        let at = times::full(event.at, zone, words);
        let line = format!("{} ({at})", sentence(&words.happened(event.recipient.as_str(), event.kind), ""));
        out.push_str(&wrapped(&line, "", "  "));
        out.push_str(&detail(&event.detail, zone, words));
        out.push('\n');
    }
    let of_sources = !(news.began.is_empty() && news.over.is_empty() && news.passed.is_empty());
    let of_recipients = !news.recipients.is_empty();
    let about = [
        of_sources.then(|| words.about_sources()),
        of_recipients.then(|| words.where_recipients_are_shown()),
        Some(words.who_gets_notices()),
    ];
    let about: Vec<&str> = about.into_iter().flatten().collect();
    out.push_str(&wrapped(&about.join(words.between_sentences()), "", ""));
    out
}

fn told(alarm: &Alarm, line: &str, detail: &str) -> String {
    let mut out = wrapped(line, "", "  ") + detail;
    out.push_str(&format!("  {} ({})\n\n", alarm.url, alarm.feed));
    out
}

/// The program's own diagnostics, their times put into the reader's zone.
fn detail(text: &str, zone: &TimeZone, words: Words) -> String {
    let text = in_zone(&clean::line(text), zone, words);
    wrapped(&sentence(&text, "."), "  ", "  ")
}

/// Puts each time that stands as in a log (`2026-11-24T07:30:00Z`) as the reader has it.
fn in_zone(text: &str, zone: &TimeZone, words: Words) -> String {
    let shown = |word: &str| {
        let stamp = word.trim_end_matches([',', ';', ':', '.', ')']);
        let at: jiff::Timestamp =
            (stamp.len() >= SHORTEST_STAMP && stamp.ends_with('Z')).then(|| stamp.parse().ok())??;
        let at = Timestamp::from_millis(at.as_millisecond());
        Some(format!("{}{}", times::full(at, zone, words), &word[stamp.len()..]))
    };
    let words: Vec<String> = text.split(' ').map(|word| shown(word).unwrap_or_else(|| word.to_owned())).collect();
    words.join(" ")
}

/// `2026-11-24T07:30:00Z`
const SHORTEST_STAMP: usize = 20;

/// With a great first letter, and that stop unless it has one.
fn sentence(text: &str, stop: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    let stop = if text.ends_with(['.', '!', '?']) || text.is_empty() { "" } else { stop };
    format!("{first}{}{stop}", chars.as_str())
}

impl Words {
    /// Says nothing of what the mail holds.
    fn neutral_notice(self) -> &'static str {
        say!(self, "newsvigil notice", "newsvigil 알림", "newsvigil 通知")
    }

    fn about_recipients(self, notices: u64) -> String {
        let count = grouped(notices);
        say!(
            self,
            format!("{} about recipients", counted(notices, "notice")),
            format!("수신자에 관한 알림 {count}건"),
            format!("{count} 条关于收件人的通知")
        )
    }

    fn alarms_over(self, alarms: u64) -> String {
        let count = grouped(alarms);
        say!(
            self,
            format!("{} over", counted(alarms, "alarm")),
            format!("경보 {count}건 해제"),
            format!("{count} 项警报已解除")
        )
    }

    fn new_alarms(self, alarms: u64) -> String {
        let count = grouped(alarms);
        say!(
            self,
            format!("{} about sources", counted(alarms, "new alarm")),
            format!("출처에 관한 새 경보 {count}건"),
            format!("{count} 项关于来源的新警报")
        )
    }

    fn happened(self, recipient: &str, kind: RecipientEventKind) -> String {
        match kind {
            RecipientEventKind::Undelivered => say!(
                self,
                format!("recipient {recipient} did not get a mail"),
                format!("수신자 {recipient}: 메일이 도착하지 않음"),
                format!("收件人 {recipient} 未收到一封邮件")
            ),
            RecipientEventKind::Stuck => say!(
                self,
                format!("recipient {recipient} gets nothing until a setting is changed"),
                format!("수신자 {recipient}: 설정을 고칠 때까지 발송되지 않음"),
                format!("更改设置之前，收件人 {recipient} 收不到任何内容")
            ),
            RecipientEventKind::Paused => say!(
                self,
                format!("recipient {recipient} is paused and gets no mails"),
                format!("수신자 {recipient}: 발송 중지됨"),
                format!("收件人 {recipient} 已暂停，不再收到邮件")
            ),
            RecipientEventKind::Held => say!(
                self,
                format!("recipient {recipient} gets no mails, for they cannot be encrypted"),
                format!("수신자 {recipient}: 메일을 암호화할 수 없어 발송 보류됨"),
                format!("收件人 {recipient} 的邮件无法加密，已暂缓发送")
            ),
            RecipientEventKind::Released => say!(
                self,
                format!("recipient {recipient} gets mails again"),
                format!("수신자 {recipient}: 다시 발송됨"),
                format!("收件人 {recipient} 重新收到邮件")
            ),
        }
    }

    fn state(self, name: &str, kind: AlarmKind) -> String {
        let (english, korean, chinese) = match kind {
            AlarmKind::Gone => ("is gone", "없어짐", "已不存在"),
            AlarmKind::Failing => ("cannot be read", "읽을 수 없음", "无法读取"),
            AlarmKind::Blind => {
                ("is a page on which nothing is found", "페이지에서 아무것도 찾지 못함", "页面上找不到任何内容")
            }
            AlarmKind::Silent => ("has fallen silent", "새 글이 끊김", "已无新内容"),
            AlarmKind::Gap => {
                ("has moved on faster than we asked; entries may be missed", "보지 못한 글이 지나감", "有内容未及读取")
            }
            AlarmKind::Held => (
                "is held: is it still the same?",
                "보류됨: 여전히 같은 출처인지 확인 필요",
                "已暂扣：是否仍为同一来源？",
            ),
        };
        say!(self, format!("{name} {english}"), format!("{name}: {korean}"), format!("{name}：{chinese}"))
    }

    fn state_over(self, name: &str, kind: AlarmKind) -> String {
        let over = self.over(kind);
        say!(self, format!("{name} {over}"), format!("{name}: {over}"), format!("{name}：{over}"))
    }

    fn over(self, kind: AlarmKind) -> &'static str {
        match kind {
            AlarmKind::Gone | AlarmKind::Failing | AlarmKind::Blind => {
                say!(self, "is read again", "다시 읽힘", "已恢复读取")
            }
            AlarmKind::Silent => say!(self, "has news again", "새 글이 다시 올라옴", "重新有新内容"),
            AlarmKind::Gap => say!(self, "is seen whole again", "다시 빠짐없이 읽힘", "重新完整读取"),
            AlarmKind::Held => say!(self, "was decided on", "결정됨", "已作出决定"),
        }
    }

    fn ended(self, ended: &str, since: &str) -> String {
        say!(
            self,
            format!("{ended}; the alarm was of {since}"),
            format!("{ended}, 경보 시각 {since}"),
            format!("{ended}；警报始于 {since}")
        )
    }

    fn passed(self, name: &str, kind: AlarmKind, since: &str, ended: &str) -> String {
        let (state, over) = (self.state(name, kind), self.over(kind));
        say!(
            self,
            format!("{state} (from {since} to {ended}); it {over}"),
            format!("{state}, {since}부터 {ended}까지. 지금은 {over}"),
            format!("{state}，自 {since} 至 {ended}，现{over}")
        )
    }

    fn about_sources(self) -> &'static str {
        say!(
            self,
            "Each alarm about a source is told once, and once more when it is over. `newsvigil sources` shows how all \
             sources are.",
            "출처에 관한 경보는 각각 한 번, 해제될 때 다시 한 번 알립니다. 모든 출처의 상태는 `newsvigil sources`로 볼 수 있습니다.",
            "关于来源的每项警报通知一次，解除时再通知一次。用 `newsvigil sources` 可查看所有来源的状态。"
        )
    }

    fn where_recipients_are_shown(self) -> &'static str {
        say!(
            self,
            "`newsvigil recipients` shows who is paused or held, `newsvigil deliveries` the mails that wait or failed.",
            "중지되거나 보류된 수신자는 `newsvigil recipients`로, 대기 중이거나 실패한 메일은 `newsvigil deliveries`로 볼 수 있습니다.",
            "用 `newsvigil recipients` 可查看已暂停或暂缓的收件人，用 `newsvigil deliveries` 可查看等待中或失败的邮件。"
        )
    }

    fn who_gets_notices(self) -> &'static str {
        say!(
            self,
            "This mail goes to the recipients that have alarms = true in the configuration.",
            "이 메일은 설정에서 alarms = true인 수신자에게 갑니다.",
            "本邮件发送给配置中 alarms = true 的收件人。"
        )
    }

    fn between_sentences(self) -> &'static str {
        say!(self, " ", " ", "")
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::recipient;
    use super::*;
    use crate::model::id::FeedId;

    fn alarm(outlet: &str, kind: AlarmKind, ended: Option<i64>) -> Alarm {
        let at = |minutes: i64| Timestamp::from_millis(1_795_505_400_000 + minutes * 60_000);
        let url = url::Url::parse("https://paper.example/rss").expect("a URL");
        Alarm {
            feed: FeedId::of_url(&url),
            url,
            outlet: outlet.into(),
            kind,
            detail: "nothing new has come for 4 days; usually something comes every 3 h".into(),
            began_at: at(0),
            ended_at: ended.map(at),
        }
    }

    #[test]
    fn a_notice_names_each_source_what_is_wrong_and_what_is_over() {
        let (silent, read) =
            (alarm("The Paper", AlarmKind::Silent, None), alarm("한국신문", AlarmKind::Failing, Some(90)));
        let passed = alarm("The Post\r\nBcc: a@b.example", AlarmKind::Gap, Some(30));
        let news = News { began: vec![&silent], over: vec![&read], passed: vec![&passed], ..News::default() };
        let mail = notice(&news, &recipient(&[]));
        insta::assert_snapshot!(format!("{}\n\n{}", mail.subject, mail.text));
        for (name, language) in [("ko", Language::Korean), ("zh", Language::Chinese)] {
            let mail = notice(&news, &Recipient { language, ..recipient(&[]) });
            insta::assert_snapshot!(format!("notice_{name}"), format!("{}\n\n{}", mail.subject, mail.text));
        }
    }

    #[test]
    fn of_recipients_it_is_told_where_they_are_shown_and_when_in_the_readers_own_time() {
        let event = RecipientEvent {
            recipient: crate::model::id::RecipientId::from_stored("kim"),
            kind: RecipientEventKind::Paused,
            detail: "3 mails came back, the last at 2026-11-24T07:30:28Z: no such user at 10:00Z".into(),
            at: Timestamp::from_millis(1_795_505_400_000),
        };
        let news = News { recipients: vec![&event], ..News::default() };
        let told: Vec<String> = [Language::English, Language::Korean, Language::Chinese]
            .map(|language| notice(&news, &Recipient { language, ..recipient(&[]) }))
            .map(|mail| format!("{}\n\n{}", mail.subject, mail.text))
            .into();
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn a_subject_of_one_alarm_says_which() {
        let (silent, over) =
            (alarm("The Paper", AlarmKind::Silent, None), alarm("The Paper", AlarmKind::Silent, Some(1)));
        let subject = |news: News<'_>| notice(&news, &recipient(&[])).subject;
        assert_eq!(subject(News { began: vec![&silent], ..News::default() }), "newsvigil: The Paper has fallen silent");
        assert_eq!(subject(News { over: vec![&over], ..News::default() }), "newsvigil: The Paper has news again");
        assert_eq!(subject(News { over: vec![&over, &over], ..News::default() }), "newsvigil: 2 alarms over");
    }
}
