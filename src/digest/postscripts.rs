//! What is told in lines at the end of a digest, for nothing in it is new: copies that came after their report was
//! mailed, and further reports on events mailed before.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::wording::{NO_HEADLINE, counted, or, outlet};
use super::{clean, times};
use crate::model::digest::{Postscript, PostscriptKind};
use crate::model::id::EntryId;

/// Lines at most, and outlets named in one.
const MAX_LINES: usize = 25;
const MAX_OUTLETS: usize = 8;
const HEADLINE_COLUMNS: usize = 90;
/// A copy that comes so long after is a report that somebody put up again.
const RE_POSTED: Duration = Duration::from_secs(7 * 86_400);

pub const HEADING: &str = "Seen since, with nothing new:";

/// A line for each text mailed before, then one for each report that says nothing new; how many more there are.
pub fn lines(postscripts: &[Postscript], zone: &TimeZone) -> Vec<String> {
    let mut copies: Vec<(&EntryId, Vec<&Postscript>)> = vec![];
    for postscript in postscripts.iter().filter(|postscript| postscript.kind == PostscriptKind::Copy) {
        match copies.iter_mut().find(|(original, _)| **original == postscript.original) {
            Some((_, of_one)) => of_one.push(postscript),
            None => copies.push((&postscript.original, vec![postscript])),
        }
    }
    let others = postscripts.iter().filter(|postscript| postscript.kind == PostscriptKind::NothingNew);
    let mut lines: Vec<String> = copies.iter().filter_map(|(_, of_one)| copied(of_one, zone)).collect();
    lines.extend(
        others.map(|postscript| format!("{} ({})", headline(&postscript.headline), outlet(&postscript.outlet))),
    );
    if lines.len() > MAX_LINES {
        let more = lines.len() - MAX_LINES;
        lines.truncate(MAX_LINES);
        lines.push(format!("{} like these", counted(more as u64, "more report")));
    }
    lines
}

/// `“Buses at the bridge”: re-posted by Best News and Island Herald, first seen 15 Jul 2021, 09:00 KST`
fn copied(copies: &[&Postscript], zone: &TimeZone) -> Option<String> {
    let first = copies.first()?;
    let is_late = copies.iter().any(|copy| copy.first_seen.since(copy.since) >= RE_POSTED);
    let mut names: Vec<String> = vec![];
    for name in copies.iter().map(|copy| outlet(&copy.outlet)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let unnamed = names.len().saturating_sub(MAX_OUTLETS);
    names.truncate(MAX_OUTLETS);
    let more = if unnamed > 0 { format!(" and {}", counted(unnamed as u64, "more outlet")) } else { String::new() };
    let doing = if is_late { "re-posted by" } else { "the same text in" };
    let since = times::full(first.since, zone);
    Some(format!("{}: {doing} {}{more}, first seen {since}", headline(&first.headline), names.join(", ")))
}

fn headline(text: &str) -> String {
    format!("“{}”", clean::shortened(&or(clean::line(text), NO_HEADLINE), HEADLINE_COLUMNS))
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
        lines(postscripts, &TimeZone::get("Asia/Seoul").expect("the zone is known"))
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
