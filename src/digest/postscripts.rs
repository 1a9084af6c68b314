//! What is told in lines at the end of a digest, for nothing in it is new: copies that came after their report was
//! mailed, and further reports on events mailed before.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::wording::{Link, lang, link, or, outlet};
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

/// A line at the end of a mail.
pub struct Line<'a> {
    /// In quotes, of the language `lang`; empty where the line names none, or names it in its midst.
    pub headline: String,
    pub lang: &'a str,
    pub link: Option<Link<'a>>,
    pub rest: String,
}

impl Line<'_> {
    fn plain(rest: String) -> Self {
        Line { headline: String::new(), lang: "", link: None, rest }
    }
}

/// A line for each text mailed before, then one for each report that says nothing new; how many more there are.
pub fn lines<'a>(postscripts: &'a [Postscript], zone: &TimeZone, words: Words) -> Vec<Line<'a>> {
    let mut copies: Vec<(&EntryId, Vec<&Postscript>)> = vec![];
    for postscript in postscripts.iter().filter(|postscript| postscript.kind == PostscriptKind::Copy) {
        match copies.iter_mut().find(|(original, _)| **original == postscript.original) {
            Some((_, of_one)) => of_one.push(postscript),
            None => copies.push((&postscript.original, vec![postscript])),
        }
    }
    let others = postscripts.iter().filter(|postscript| postscript.kind == PostscriptKind::NothingNew);
    let mut lines: Vec<Line<'a>> =
        copies.iter().filter_map(|(_, of_one)| copied(of_one, zone, words)).map(Line::plain).collect();
    lines.extend(others.map(|other| Line {
        headline: headline(&other.headline, words),
        lang: lang(&other.lang),
        link: other.link.as_ref().and_then(link),
        rest: format!(" ({})", outlet(&other.outlet, words)),
    }));
    if lines.len() > MAX_LINES {
        let more = lines.len() - MAX_LINES;
        lines.truncate(MAX_LINES);
        lines.push(Line::plain(words.more_like_these(more as u64)));
    }
    lines
}

/// `“Buses at the bridge”: re-posted by Best News and Island Herald, first seen 15 Jul 2021, 09:00 KST`: since when a text
/// is known that somebody put up again; of a copy that came soon, when it came.
fn copied(copies: &[&Postscript], zone: &TimeZone, words: Words) -> Option<String> {
    let first = copies.first()?;
    let is_late = copies.iter().any(|copy| copy.first_seen.since(copy.since) >= RE_POSTED);
    let (mut names, mut is_again): (Vec<String>, bool) = (vec![], false);
    for copy in copies {
        let name = outlet(&copy.outlet, words);
        if !is_late && copy.outlet == copy.outlet_before {
            is_again = true;
        } else if !names.contains(&name) {
            names.push(name);
        }
    }
    let unnamed = names.len().saturating_sub(MAX_OUTLETS) as u64;
    names.truncate(MAX_OUTLETS);
    let by = words.outlets_and_more(&names.join(words.comma()), unnamed);
    let headline = headline(&first.headline, words);
    if is_late {
        return Some(words.re_posted(&headline, &by, &times::full(first.since, zone, words)));
    }
    let seen = copies.iter().map(|copy| copy.first_seen).min()?;
    let seen = times::full(seen, zone, words);
    let again = if is_again { words.again_in(&outlet(&first.outlet_before, words)) } else { String::new() };
    Some(words.copied(&headline, &by, &again, &seen))
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

    /// `by` and `again` may be empty, not both.
    fn copied(self, headline: &str, by: &str, again: &str, seen: &str) -> String {
        match (by.is_empty(), again.is_empty()) {
            (true, _) => say!(
                self,
                format!("{headline}: the same text {again}, first seen there {seen}"),
                format!("{headline}: 같은 글을 {again} 실음, {seen} 처음 확인"),
                format!("{headline}：同一文稿{again}，首次发现 {seen}")
            ),
            (false, true) => say!(
                self,
                format!("{headline}: the same text in {by}, first seen there {seen}"),
                format!("{headline}: 같은 글을 {by}에서도 실음, {seen} 처음 확인"),
                format!("{headline}：{by}刊登同一文稿，首次发现 {seen}")
            ),
            (false, false) => say!(
                self,
                format!("{headline}: the same text in {by}, {again}, first seen there {seen}"),
                format!("{headline}: 같은 글을 {by}에서도 실음, {again} 실음, {seen} 처음 확인"),
                format!("{headline}：{by}刊登同一文稿，{again}，首次发现 {seen}")
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{at, url};
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
            outlet_before: "Wire One".into(),
            link: Some(url("https://outlet.example/2")),
            lang: "en".into(),
        }
    }

    fn told(postscripts: &[Postscript]) -> Vec<String> {
        let zone = TimeZone::get("Asia/Seoul").expect("the zone is known");
        let lines = lines(postscripts, &zone, Words(Language::English));
        lines.into_iter().map(|line| format!("{}{}", line.headline, line.rest)).collect()
    }

    #[test]
    fn copies_of_one_text_are_one_line_that_says_when_they_came_or_since_when_an_old_one_is_known() {
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
            ["“Buses at the bridge”: the same text in Best News, first seen there 24 Nov 2026, 05:00 KST"]
        );
    }

    #[test]
    fn an_outlet_that_prints_its_own_text_again_is_said_to() {
        let again = postscript(PostscriptKind::Copy, "e_2", "e_1", "Wire One", at(3, 0));
        let other = postscript(PostscriptKind::Copy, "e_3", "e_1", "Best News", at(3, 0));
        let seen = "first seen there 24 Nov 2026, 05:00 KST";
        let alone = format!("“Buses at the bridge”: the same text again in Wire One, {seen}");
        assert_eq!(told(std::slice::from_ref(&again)), [alone]);
        let both = format!("“Buses at the bridge”: the same text in Best News, again in Wire One, {seen}");
        assert_eq!(told(&[again, other]), [both]);
    }

    #[test]
    fn a_line_of_what_holds_nothing_new_bears_its_link() {
        let other = [postscript(PostscriptKind::NothingNew, "e_2", "e_2", "Best News", at(3, 0))];
        let lines = lines(&other, &TimeZone::UTC, Words(Language::Korean));
        let link = lines[0].link.map(|link| link.url);
        assert_eq!((lines[0].headline.as_str(), link), ("‘Buses at the bridge’", Some("https://outlet.example/2")));
        assert_eq!(lines[0].rest, " (Best News)");
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
