//! How far a reader may trust what is not in the mail: the words for sources that are silent, failing, held or ran through
//! unseen.

use jiff::tz::TimeZone;

use super::words::{Words, counted, grouped, say};
use super::{clean, times, wording};
use crate::model::digest::{Coverage, SilentSource};
use crate::model::recipient::Language;

const MAX_ERROR_COLUMNS: usize = 120;
/// Of failing sources, as many are told with their trouble, and of the others as many by name.
const MAX_TOLD: usize = 25;
const MAX_NAMED: usize = 100;

/// What a mail ends with.
#[derive(Default)]
pub struct Doubts {
    /// How far its silence can be trusted, in a sentence; empty: this mail does not say.
    pub coverage: String,
    /// Sources that could not be read, with since when and why.
    pub told: Vec<(String, String)>,
    /// Further ones by name, as far as that helps; empty: all were told.
    pub others: String,
    /// What was never seen, what is silent, what is held back. A line each.
    pub lines: Vec<String>,
}

impl Doubts {
    pub fn of(coverage: &Coverage, zone: &TimeZone, words: Words) -> Doubts {
        let failing = &coverage.failing;
        let (told, others) = failing.split_at(failing.len().min(MAX_TOLD));
        let names: Vec<&str> = others.iter().map(|source| source.outlet.as_str()).collect();
        Doubts {
            coverage: words.coverage(coverage),
            told: told.iter().map(|source| silent(source, zone, words)).collect(),
            others: named(&names, words),
            lines: lines(coverage, zone, words),
        }
    }
}

/// The first names, and how many there are besides; empty for none.
fn named(names: &[&str], words: Words) -> String {
    let shown: Vec<_> = names.iter().take(MAX_NAMED).map(|name| wording::outlet(name, words)).collect();
    let list = shown.join(words.comma());
    match names.len() - shown.len() {
        0 => list,
        more => words.and_more_sources(&list, more as u64),
    }
}

fn lines(coverage: &Coverage, zone: &TimeZone, words: Words) -> Vec<String> {
    let (off, others) = coverage.off.split_at(coverage.off.len().min(MAX_TOLD));
    let mut lines: Vec<String> = off.iter().map(|source| words.is_off(&silent(source, zone, words))).collect();
    let others: Vec<&str> = others.iter().map(|source| source.outlet.as_str()).collect();
    if !others.is_empty() {
        lines.push(format!("{}{}{}", named(&others, words), words.colon(), words.off()));
    }
    for gap in coverage.gaps.iter().take(MAX_TOLD) {
        let (from, until) = times::pair(gap.from, gap.until, zone, words);
        lines.push(words.gap(&wording::outlet(&gap.outlet, words), &from, &until, gap.recovered));
    }
    if coverage.gaps.len() > MAX_TOLD {
        lines.push(words.more_gaps((coverage.gaps.len() - MAX_TOLD) as u64));
    }
    for (outlets, what) in [(&coverage.quiet, words.is_silent()), (&coverage.held, words.is_held())] {
        let names: Vec<&str> = outlets.iter().map(String::as_str).collect();
        if !names.is_empty() {
            lines.push(format!("{}{}{what}", named(&names, words), words.colon()));
        }
    }
    lines
}

fn silent(source: &SilentSource, zone: &TimeZone, words: Words) -> (String, String) {
    let since = words.not_read_since(source.last_success.map(|at| times::full(at, zone, words)).as_deref());
    let error = words.trouble(&clean::shortened(&clean::line(&source.error), MAX_ERROR_COLUMNS));
    let why = if error.is_empty() { since } else { format!("{since} ({error})") };
    (wording::outlet(&source.outlet, words), why)
}

impl Words {
    fn coverage(self, coverage: &Coverage) -> String {
        let failing = coverage.failing.len() as u64;
        let (sources, articles) = (grouped(coverage.sources), grouped(coverage.articles));
        match self.0 {
            Language::English => {
                let trouble = match failing {
                    0 => "All sources could be read.".to_owned(),
                    count => format!("{} could not be read at the last try:", counted(count, "source")),
                };
                let (sources, articles) = (counted(coverage.sources, "source"), counted(coverage.articles, "article"));
                format!("{sources} watched, {articles} checked. {trouble}")
            }
            Language::Korean => {
                let trouble = match failing {
                    0 => "모든 출처를 읽었습니다.".to_owned(),
                    count => format!("마지막 시도에서 읽지 못한 출처 {}곳:", grouped(count)),
                };
                format!("출처 {sources}곳을 살피고 기사 {articles}건을 확인했습니다. {trouble}")
            }
            Language::Chinese => {
                let trouble = match failing {
                    0 => "所有来源均可读取。".to_owned(),
                    count => format!("最近一次有 {} 个来源无法读取：", grouped(count)),
                };
                format!("监看 {sources} 个来源，检查 {articles} 篇文章。{trouble}")
            }
        }
    }

    fn off(self) -> &'static str {
        say!(self, "switched off", "사용 중지", "已停用")
    }

    /// A source that is not polled any more, with since when and why.
    fn is_off(self, (name, why): &(String, String)) -> String {
        format!("{name}{}{}{}{why}", self.colon(), self.off(), self.pause())
    }

    /// Above how far the mail's silence can be trusted.
    pub fn watched(self) -> &'static str {
        say!(self, "What was watched", "살핀 범위", "监看范围")
    }

    /// What a source's server said. The program's own account of it is in English, and is left out for readers of other
    /// languages, but for the status that the server gave.
    fn trouble(self, error: &str) -> String {
        match (self.0, status(error)) {
            (Language::English, _) => error.to_owned(),
            (_, Some(status)) => format!("HTTP {status}"),
            (_, None) => String::new(),
        }
    }

    fn and_more_sources(self, names: &str, more: u64) -> String {
        match self.0 {
            Language::English => format!("{names} and {}", counted(more, "more source")),
            Language::Korean => format!("{names} 외 {}곳", grouped(more)),
            Language::Chinese => format!("{names}，另有 {} 个来源", grouped(more)),
        }
    }

    fn gap(self, name: &str, from: &str, until: &str, recovered: u64) -> String {
        let found = grouped(recovered);
        match self.0 {
            Language::English => {
                let found = match recovered {
                    0 => String::new(),
                    count => format!("; {} of that time found elsewhere", counted(count, "report")),
                };
                format!(
                    "{name}: reports of {from} to {until} may have been missed, more came than its list holds{found}"
                )
            }
            Language::Korean => {
                let found = if recovered == 0 {
                    String::new()
                } else {
                    format!(" (그중 {found}건은 다른 곳에서 찾음)")
                };
                format!(
                    "{name}: {from}부터 {until}까지의 보도를 놓쳤을 수 있습니다. 목록에 담기는 것보다 많이 나왔습니다{found}"
                )
            }
            Language::Chinese => {
                let found =
                    if recovered == 0 { String::new() } else { format!("；其中 {found} 篇已在别处找到") };
                format!("{name}：{from} 至 {until} 的报道可能有遗漏，发布数量超出其列表容量{found}")
            }
        }
    }

    fn more_gaps(self, more: u64) -> String {
        match self.0 {
            Language::English => format!("{} more like this", counted(more, "gap")),
            Language::Korean => format!("이런 공백 {}건 더 있음", grouped(more)),
            Language::Chinese => format!("另有 {} 处类似空缺", grouped(more)),
        }
    }

    fn is_silent(self) -> &'static str {
        match self.0 {
            Language::English => "nothing new for longer than usual; it may have moved",
            Language::Korean => "평소보다 오래 새 글이 없음. 주소가 바뀌었을 수 있음",
            Language::Chinese => "比平时更久没有新内容，地址可能已变更",
        }
    }

    fn is_held(self) -> &'static str {
        match self.0 {
            Language::English => "looks unlike itself; its new reports are held until your operators have checked it",
            Language::Korean => "평소와 달라 보임. 운영자가 확인할 때까지 새 보도를 보류함",
            Language::Chinese => "与平时不同，新报道暂不发送，待管理员核查",
        }
    }

    fn not_read_since(self, at: Option<&str>) -> String {
        match (self.0, at) {
            (Language::English, Some(at)) => format!("not read since {at}"),
            (Language::Korean, Some(at)) => format!("{at} 이후 읽지 못함"),
            (Language::Chinese, Some(at)) => format!("自 {at} 起未能读取"),
            (Language::English, None) => "never read so far".to_owned(),
            (Language::Korean, None) => "아직 한 번도 읽지 못함".to_owned(),
            (Language::Chinese, None) => "至今从未读取成功".to_owned(),
        }
    }
}

/// The status in `https://… answered 404`, `… (status 503)`, `… is gone (410)`, `404 Not Found`.
fn status(error: &str) -> Option<&str> {
    let mut before = "";
    for word in error.split([' ', '(', ')']) {
        let is_status = word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_digit());
        if is_status && ["", "status", "answered"].contains(&before) {
            return Some(word);
        }
        before = word;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_of_other_languages_are_told_the_status_and_no_english() {
        let told = |error: &str| Words(Language::Korean).trouble(error);
        for (error, status) in [
            ("https://a.example/rss answered 404", "HTTP 404"),
            ("127.0.0.1 asked us to wait (status 503)", "HTTP 503"),
            ("https://a.example/rss is gone (410): its publisher says so", "HTTP 410"),
            ("404 Not Found", "HTTP 404"),
            ("a.example did not answer within 300 s", ""),
            ("127.0.0.1 broke off its answer", ""),
            ("", ""),
        ] {
            assert_eq!(told(error), status, "{error}");
        }
        assert_eq!(Words(Language::English).trouble("no route to host"), "no route to host");
    }
}
