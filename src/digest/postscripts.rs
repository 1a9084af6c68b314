//! What is told in lines at the end of a digest, for nothing in it is new: copies that came after their report was
//! mailed, and further reports on events mailed before.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::wording::{or, outlet};
use super::words::{Words, counted, grouped, say};
use super::{clean, times};
use crate::model::digest::{Postscript, PostscriptKind};
use crate::model::id::EntryId;
use crate::model::recipient::Language;

/// Lines at most, and outlets named in one.
const MAX_LINES: usize = 25;
const MAX_OUTLETS: usize = 8;
const HEADLINE_COLUMNS: usize = 90;
/// A copy that comes so long after is a report that somebody put up again.
const RE_POSTED: Duration = Duration::from_secs(7 * 86_400);

/// A line for each text mailed before, then one for each report that says nothing new; how many more there are.
pub fn lines(postscripts: &[Postscript], zone: &TimeZone, words: Words) -> Vec<String> {
    let mut copies: Vec<(&EntryId, Vec<&Postscript>)> = vec![];
    for postscript in postscripts.iter().filter(|postscript| postscript.kind == PostscriptKind::Copy) {
        match copies.iter_mut().find(|(original, _)| **original == postscript.original) {
            Some((_, of_one)) => of_one.push(postscript),
            None => copies.push((&postscript.original, vec![postscript])),
        }
    }
    let others = postscripts.iter().filter(|postscript| postscript.kind == PostscriptKind::NothingNew);
    let mut lines: Vec<String> = copies.iter().filter_map(|(_, of_one)| copied(of_one, zone, words)).collect();
    lines
        .extend(others.map(|other| format!("{} ({})", headline(&other.headline, words), outlet(&other.outlet, words))));
    if lines.len() > MAX_LINES {
        let more = lines.len() - MAX_LINES;
        lines.truncate(MAX_LINES);
        lines.push(words.more_like_these(more as u64));
    }
    lines
}

/// `“Buses at the bridge”: re-posted by Best News and Island Herald, first seen 15 Jul 2021, 09:00 KST`
fn copied(copies: &[&Postscript], zone: &TimeZone, words: Words) -> Option<String> {
    let first = copies.first()?;
    let is_late = copies.iter().any(|copy| copy.first_seen.since(copy.since) >= RE_POSTED);
    let mut names: Vec<String> = vec![];
    for name in copies.iter().map(|copy| outlet(&copy.outlet, words)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let unnamed = names.len().saturating_sub(MAX_OUTLETS) as u64;
    names.truncate(MAX_OUTLETS);
    let by = words.outlets_and_more(&names.join(words.comma()), unnamed);
    let since = times::full(first.since, zone, words);
    let headline = headline(&first.headline, words);
    Some(if is_late { words.re_posted(&headline, &by, &since) } else { words.copied(&headline, &by, &since) })
}

fn headline(text: &str, words: Words) -> String {
    words.quoted(&clean::shortened(&or(clean::line(text), words.no_headline()), HEADLINE_COLUMNS))
}

impl Words {
    /// Above the lines.
    pub fn seen_since(self) -> &'static str {
        say!(self, "Seen since, with nothing new:", "그 뒤 확인됨, 새 내용 없음:", "此后所见，无新内容：")
    }

    fn more_like_these(self, more: u64) -> String {
        let count = grouped(more);
        say!(
            self,
            format!("{} like these", counted(more, "more report")),
            format!("이런 보도 {count}건 더 있음"),
            format!("另有 {count} 篇类似报道")
        )
    }

    fn outlets_and_more(self, names: &str, more: u64) -> String {
        if more == 0 {
            return names.to_owned();
        }
        let count = grouped(more);
        say!(
            self,
            format!("{names} and {}", counted(more, "more outlet")),
            format!("{names} 외 {count}곳"),
            format!("{names}及另外 {count} 家媒体")
        )
    }

    fn re_posted(self, headline: &str, by: &str, since: &str) -> String {
        say!(
            self,
            format!("{headline}: re-posted by {by}, first seen {since}"),
            format!("{headline}: {by}에서 다시 실음, {since} 처음 확인"),
            format!("{headline}：{by}重新刊登，首次发现 {since}")
        )
    }

    fn copied(self, headline: &str, by: &str, since: &str) -> String {
        say!(
            self,
            format!("{headline}: the same text in {by}, first seen {since}"),
            format!("{headline}: 같은 글을 {by}에서도 실음, {since} 처음 확인"),
            format!("{headline}：{by}刊登同一文稿，首次发现 {since}")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::at;
    use super::*;
    use crate::model::time::Timestamp;

    fn postscript(kind: PostscriptKind, entry: &str, original: &str, outlet: &str, since: Timestamp) -> Postscript {
        Postscript {
            kind,
            entry: EntryId::from_stored(entry),
            original: EntryId::from_stored(original),
            outlet: outlet.into(),
            first_seen: at(5, 0),
            headline: "Buses at\nthe bridge".into(),
            since,
        }
    }

    fn told(postscripts: &[Postscript]) -> Vec<String> {
        lines(postscripts, &TimeZone::get("Asia/Seoul").expect("the zone is known"), Words(Language::English))
    }

    #[test]
    fn copies_of_one_text_are_one_line_that_says_since_when_it_is_known() {
        let long_ago = at(5, 0).minus(Duration::from_secs(300 * 86_400));
        let late = [
            postscript(PostscriptKind::Copy, "e_2", "e_1", "Best News", long_ago),
            postscript(PostscriptKind::Copy, "e_3", "e_1", "Island Herald", long_ago),
            postscript(PostscriptKind::Copy, "e_4", "e_1", "Best News", long_ago),
        ];
        assert_eq!(
            told(&late),
            ["“Buses at the bridge”: re-posted by Best News, Island Herald, first seen 28 Jan 2026, 05:00 KST"]
        );
        let soon = [postscript(PostscriptKind::Copy, "e_2", "e_1", "Best News", at(3, 0))];
        assert_eq!(
            told(&soon),
            ["“Buses at the bridge”: the same text in Best News, first seen 24 Nov 2026, 03:00 KST"]
        );
    }

    #[test]
    fn chinese_names_some_outlets_and_counts_the_others() {
        let words = Words(Language::Chinese);
        assert_eq!(words.outlets_and_more("江岸报、山城日报", 3), "江岸报、山城日报及另外 3 家媒体");
    }

    #[test]
    fn ten_thousand_of_them_are_a_few_lines() {
        let copy =
            |n: usize| postscript(PostscriptKind::Copy, &format!("e_{n}"), "e_1", &format!("Outlet {n}"), at(3, 0));
        let other =
            |n: usize| postscript(PostscriptKind::NothingNew, &format!("f_{n}"), &format!("f_{n}"), "Outlet", at(3, 0));
        let all: Vec<Postscript> = (0..5_000).map(copy).chain((0..5_000).map(other)).collect();
        let lines = told(&all);
        assert_eq!(lines.len(), MAX_LINES + 1);
        assert!(lines[0].contains("and 4,992 more outlets"), "{}", lines[0]);
        assert_eq!(lines[MAX_LINES], "4,976 more reports like these");
    }
}
