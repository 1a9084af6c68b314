//! What ops are told of feeds: which alarms began, which are over. Text alone, in their zone.

use jiff::tz::TimeZone;

use super::clean;
use super::times;
use super::wording;
use super::wrap::wrapped;
use crate::model::alarm::{Alarm, AlarmKind};
use crate::model::digest::Rendered;
use crate::model::recipient::{RecipientEvent, RecipientEventKind};

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
pub fn notice(news: &News<'_>, zone: &TimeZone) -> Rendered {
    Rendered { subject: subject(news), text: text(news, zone), html: String::new() }
}

fn subject(news: &News<'_>) -> String {
    if let ([first, rest @ ..], true) =
        (news.recipients.as_slice(), news.began.is_empty() && news.over.is_empty() && news.passed.is_empty())
    {
        return match rest {
            [] => format!("newsvigil: recipient {} {}", first.recipient, happened(first.kind)),
            _ => format!("newsvigil: {} about recipients", wording::counted(news.recipients.len() as u64, "notice")),
        };
    }
    let name = |alarm: &Alarm| clean::shortened(&outlet(alarm), NAME);
    match (news.began.as_slice(), news.over.as_slice(), news.passed.as_slice()) {
        ([one], [], []) => format!("newsvigil: {} {}", name(one), state(one.kind)),
        ([], [one], []) => format!("newsvigil: {} {}", name(one), state_over(one.kind)),
        ([], over, passed) => {
            format!("newsvigil: {} over", wording::counted((over.len() + passed.len()) as u64, "alarm"))
        }
        (began, ..) => format!("newsvigil: {} about sources", wording::counted(began.len() as u64, "new alarm")),
    }
}

fn happened(kind: RecipientEventKind) -> &'static str {
    match kind {
        RecipientEventKind::Undelivered => "did not get a mail",
        RecipientEventKind::Paused => "is paused and gets no mails",
        RecipientEventKind::Held => "gets no mails, for they cannot be encrypted",
        RecipientEventKind::Released => "gets mails again",
    }
}

fn state(kind: AlarmKind) -> &'static str {
    match kind {
        AlarmKind::Gone => "is gone",
        AlarmKind::Failing => "cannot be read",
        AlarmKind::Blind => "is a page on which nothing is found",
        AlarmKind::Silent => "has fallen silent",
        AlarmKind::Gap => "ran through unseen",
        AlarmKind::Held => "is held: is it still the same?",
    }
}

fn state_over(kind: AlarmKind) -> &'static str {
    match kind {
        AlarmKind::Gone | AlarmKind::Failing | AlarmKind::Blind => "is read again",
        AlarmKind::Silent => "has news again",
        AlarmKind::Gap => "is seen whole again",
        AlarmKind::Held => "was decided on",
    }
}

fn text(news: &News<'_>, zone: &TimeZone) -> String {
    let mut out = String::new();
    for alarm in &news.began {
        let since = times::full(alarm.began_at, zone);
        out.push_str(&told(alarm, &format!("{} {} ({since})", outlet(alarm), state(alarm.kind)), true));
    }
    for alarm in &news.over {
        let since = times::full(alarm.began_at, zone);
        let ended = alarm.ended_at.map(|at| times::full(at, zone)).unwrap_or_default();
        let line = format!("{} {} ({ended}; the alarm was of {since})", outlet(alarm), state_over(alarm.kind));
        out.push_str(&told(alarm, &line, false));
    }
    for alarm in &news.passed {
        let ended = alarm.ended_at.unwrap_or(alarm.began_at);
        let (since, ended) = times::pair(alarm.began_at, ended, zone);
        let line =
            format!("{} {}, from {since} to {ended}, and {}", outlet(alarm), state(alarm.kind), state_over(alarm.kind));
        out.push_str(&told(alarm, &line, true));
    }
    for event in &news.recipients {
        let at = times::full(event.at, zone);
        out.push_str(&wrapped(&format!("Recipient {} {} ({at})", event.recipient, happened(event.kind)), "", "  "));
        out.push_str(&wrapped(&sentence(&clean::line(&event.detail)), "  ", "  "));
        out.push('\n');
    }
    out.push_str(&wrapped(ABOUT, "", ""));
    out
}

const ABOUT: &str = "Each of these is told once, and once more when it is over. `newsvigil sources` shows how all \
                     sources are. This mail goes to the recipients that have alarms = true in the configuration.";

fn told(alarm: &Alarm, line: &str, with_detail: bool) -> String {
    let mut out = wrapped(line, "", "  ");
    if with_detail {
        let detail = clean::line(&alarm.detail);
        out.push_str(&wrapped(&sentence(&detail), "  ", "  "));
    }
    out.push_str(&format!("  {} ({})\n\n", alarm.url, alarm.feed));
    out
}

/// With a great first letter and a full stop.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    let stop = if text.ends_with(['.', '!', '?']) || text.is_empty() { "" } else { "." };
    format!("{first}{}{stop}", chars.as_str())
}

fn outlet(alarm: &Alarm) -> String {
    wording::or(clean::line(&alarm.outlet), "(unnamed source)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::id::FeedId;
    use crate::model::time::Timestamp;

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
        let seoul = TimeZone::get("Asia/Seoul").expect("a zone");
        let mail = notice(&news, &seoul);
        insta::assert_snapshot!(format!("{}\n\n{}", mail.subject, mail.text));
    }

    #[test]
    fn a_subject_of_one_alarm_says_which() {
        let (silent, over) =
            (alarm("The Paper", AlarmKind::Silent, None), alarm("The Paper", AlarmKind::Silent, Some(1)));
        let subject = |news: News<'_>| subject(&news);
        assert_eq!(subject(News { began: vec![&silent], ..News::default() }), "newsvigil: The Paper has fallen silent");
        assert_eq!(subject(News { over: vec![&over], ..News::default() }), "newsvigil: The Paper has news again");
        assert_eq!(subject(News { over: vec![&over, &over], ..News::default() }), "newsvigil: 2 alarms over");
    }
}
