//! What stands in the text of a report without belonging to it: one filter a file, in the order of running.
//!
//! A filter removes furniture; it never judges whether an article matters. It works on lines, so that a page's
//! paragraphs and a plain text go the same way, and it asks for two proofs: what a line says, and its form or place.
//! With one proof alone the line stays, and is marked.

mod ads;
mod comments;
mod controls;
mod credits;
mod leftovers;
mod notices;
mod pitches;
mod related_links;
mod repeats;

use std::collections::HashSet;

use super::outline::ends_sentence;
use super::phrases::{Cue, Cues};
use super::site_rules::SiteRule;
use super::wording::width;
use crate::model::article::{Block, BlockKind, Removed};

/// A line of the text, with what is known of its form.
#[derive(Clone, Debug)]
pub struct Line {
    pub block: Block,
    /// Share of its characters that stand in links; 0 in plain text.
    pub linked: f32,
    /// How likely it belongs to the report by the judge of pages; `None` in texts, which are not judged.
    pub odds: Option<f32>,
    /// Why whoever found the line was unsure of it.
    pub doubt: Option<String>,
    is_post_author: bool,
    cues: Cues,
    width: f32,
}

impl Line {
    pub fn new(block: Block, linked: f32) -> Line {
        let block = bulleted(block);
        let (cues, width) = (Cues::of(&block.text), width(&block.text));
        Line { block, linked, odds: None, doubt: None, is_post_author: false, cues, width }
    }

    /// The line of an embedded post that names its author, which no filter takes for a credit of the report.
    pub fn of_post_author(block: Block) -> Line {
        Line { cues: Cues::default(), is_post_author: true, ..Line::new(block, 0.0) }
    }

    fn is_item(&self) -> bool {
        self.block.kind == BlockKind::ListItem
    }

    /// Reads like a sentence of its own: long enough, and ends as one.
    fn is_sentence(&self) -> bool {
        self.width >= 40.0 && ends_sentence(&self.block.text) && !self.block.text.ends_with([':', '：', '…'])
    }

    /// Its words, in lower case, begin so.
    fn says(&self, cue: Cue) -> Option<&'static str> {
        self.cues.get(cue)
    }

    fn is_quote(&self) -> bool {
        self.block.text.starts_with(['"', '“', '„', '«', '‘', '「', '『', '\''])
    }
}

/// A paragraph that begins with a bullet is an item of a list, and the bullet no part of its text.
fn bulleted(block: Block) -> Block {
    let rest = block.text.strip_prefix(['•', '·', '*', '-', '▪', '●', '■', '►', '▶']).map(str::trim_start);
    match rest {
        Some(rest) if block.kind == BlockKind::Paragraph && rest.starts_with(char::is_alphanumeric) => {
            Block { kind: BlockKind::ListItem, text: rest.to_owned() }
        }
        _ => block,
    }
}

/// What a filter says of a line.
pub enum Finding {
    /// Two proofs.
    Furniture(String),
    /// More than that: removed whatever stands around it.
    Certain(String),
    /// One proof: it stays.
    Doubtful(String),
}

/// From these odds on the judge has seen what stands around a line and is sure that it belongs to the report: then
/// words alone do not outweigh it.
const SURE: f32 = 0.75;

/// A filter's name, and what it says of a line in its surroundings, if anything.
type Filter = (&'static str, fn(&Text<'_>, usize) -> Option<Finding>);

const FILTERS: [Filter; 9] = [
    ("repeats", repeats::finding),
    ("ads", ads::finding),
    ("pitches", pitches::finding),
    ("related_links", related_links::finding),
    ("comments", comments::finding),
    ("notices", notices::finding),
    ("controls", controls::finding),
    ("credits", credits::finding),
    ("leftovers", leftovers::finding),
];

/// Splits lines into the report's and the rest, each with filter and reason. A line that a filter is unsure of is in
/// both, marked as one that stayed. The publisher's `rule` goes before all filters.
pub fn apply(lines: &[Line], rule: Option<&SiteRule>) -> (Vec<Block>, Vec<Removed>) {
    let whole = Text::of(lines);
    let verdict = |(at, line): (usize, &Line)| match rule.and_then(|rule| rule.line_pattern(&line.block.text)) {
        Some(pattern) => Judged::Furniture(("site_rules", format!("sites.toml takes out lines like {pattern:?}"))),
        None if line.is_post_author => Judged::Report,
        None => judged(&whole, at),
    };
    let mut all: Vec<Judged> = lines.iter().enumerate().map(verdict).collect();
    drop_orphaned_headings(lines, &mut all);
    let mut removed = vec![];
    let mut kept = vec![];
    for (line, judged) in lines.iter().zip(all) {
        let mut told = |(filter, why): (&str, String), stayed| {
            let text = line.block.text.clone();
            removed.push(Removed { text, filter: filter.to_owned(), why, stayed });
        };
        match judged {
            Judged::Furniture(why) => told(why, false),
            Judged::Doubtful(why) => {
                told(why, true);
                kept.push(line.block.clone());
            }
            Judged::Report => kept.push(line.block.clone()),
        }
    }
    (kept, removed)
}

/// A heading in doubt goes with what stands under it.
fn drop_orphaned_headings(lines: &[Line], all: &mut [Judged]) {
    for at in (1..lines.len()).rev() {
        let heads = lines[at - 1].block.kind == BlockKind::Heading && lines[at].block.kind != BlockKind::Heading;
        if let (true, Judged::Doubtful(_), Judged::Furniture((filter, _))) = (heads, &all[at - 1], &all[at]) {
            all[at - 1] = Judged::Furniture((filter, "heads what was taken out".to_owned()));
        }
    }
}

/// What becomes of a line, with the filter that says so and why.
enum Judged {
    Report,
    Doubtful((&'static str, String)),
    Furniture((&'static str, String)),
}

fn judged(text: &Text<'_>, at: usize) -> Judged {
    let line = &text.lines[at];
    let mut doubt = line.doubt.clone().map(|why| ("main_text", why));
    for (filter, finding) in FILTERS {
        match finding(text, at) {
            Some(Finding::Furniture(why)) if filter != "repeats" && line.odds.is_some_and(|odds| odds >= SURE) => {
                doubt = Some((filter, why));
            }
            Some(Finding::Furniture(why) | Finding::Certain(why)) => return Judged::Furniture((filter, why)),
            Some(Finding::Doubtful(why)) => doubt = Some((filter, why)),
            None => {}
        }
    }
    doubt.map_or(Judged::Report, Judged::Doubtful)
}

/// The lines of a text, and what all filters ask of it, found once.
pub struct Text<'a> {
    lines: &'a [Line],
    /// The first and the last line that read like a sentence.
    sentences: Option<(usize, usize)>,
    /// Lines whose text stood before.
    repeated: Vec<bool>,
}

/// A list is followed this far each way.
const LIST: usize = 12;

impl<'a> Text<'a> {
    fn of(lines: &'a [Line]) -> Text<'a> {
        let mut seen = HashSet::new();
        Text {
            lines,
            sentences: lines.iter().position(Line::is_sentence).zip(lines.iter().rposition(Line::is_sentence)),
            repeated: lines.iter().map(|line| !seen.insert(line.block.text.as_str())).collect(),
        }
    }

    fn is_before_the_text(&self, at: usize) -> bool {
        self.sentences.is_some_and(|(first, _)| at < first)
    }

    fn is_after_the_text(&self, at: usize) -> bool {
        self.sentences.is_some_and(|(_, last)| at > last)
    }

    /// Also the last sentence itself.
    fn is_at_the_end(&self, at: usize) -> bool {
        self.sentences.is_none_or(|(_, last)| at >= last)
    }

    /// The list that the item at `at` is one of, as far as it is followed: first and end.
    fn list(&self, at: usize) -> (usize, usize) {
        let from = at.saturating_sub(LIST);
        let to = (at + LIST).min(self.lines.len());
        let first =
            self.lines[from..at].iter().rposition(|line| !line.is_item()).map_or(from, |before| from + before + 1);
        let end = self.lines[at..to].iter().position(|line| !line.is_item()).map_or(to, |after| at + after);
        (first, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of a text, and which filters took the rest.
    fn cleaned(lines: &[&str]) -> (Vec<String>, Vec<String>) {
        let block = |text: &&str| Block { kind: BlockKind::Paragraph, text: (*text).to_owned() };
        let lines: Vec<_> = lines.iter().map(|line| Line::new(block(line), 0.0)).collect();
        let (kept, removed) = apply(&lines, None);
        let removed = removed.into_iter().filter(|removed| !removed.stayed).map(|removed| removed.filter);
        (kept.into_iter().map(|block| block.text).collect(), removed.collect())
    }

    const FIRST: &str = "Two buses crossed the bridge before dawn, three witnesses said on Monday.";
    const LAST: &str = "The ministry said that it could not confirm the account of the witnesses.";

    #[test]
    fn furniture_between_paragraphs_goes() {
        for (line, filter) in [
            ("Sign up for our newsletter and get the best of the week in your inbox!", "pitches"),
            ("Read more: Market burns down in the old town", "related_links"),
            ("Lesen Sie auch: Markt in der Altstadt abgebrannt", "related_links"),
            ("Lire aussi : Le marché de la vieille ville a brûlé", "related_links"),
            ("Lea también: Arde el mercado del casco antiguo", "related_links"),
            ("관련기사 구시가지 시장 화재", "related_links"),
            ("相关阅读：老城市场失火", "related_links"),
            ("関連記事：旧市街の市場で火災", "related_links"),
            ("• Market burns down in the old town", "related_links"),
            ("Advertisement", "ads"),
            ("Share this article", "controls"),
            ("© 2026 The Border Post. All rights reserved", "notices"),
            ("무단 전재 및 재배포 금지", "notices"),
        ] {
            let (kept, removed) = cleaned(&[FIRST, FIRST_MORE, line, LAST]);
            assert_eq!(kept, [FIRST, FIRST_MORE, LAST], "{line}");
            assert_eq!(removed, [filter], "{line}");
        }
    }

    const FIRST_MORE: &str = "They carried some forty people, among them two children, a driver said.";

    #[test]
    fn a_long_legal_notice_goes_from_the_end_and_a_report_on_one_stays() {
        let notice = format!(
            "Disclaimer: no rights are claimed for any picture{} unless stated.",
            " shown on this page".repeat(12)
        );
        assert_eq!(cleaned(&[FIRST, FIRST_MORE, LAST, &notice]).0, [FIRST, FIRST_MORE, LAST]);
        assert_eq!(cleaned(&[FIRST, &notice, LAST]).0, [FIRST, &notice, LAST]);
        let statement = "声明说，两辆巴士在黎明前过桥，车上有四十人，其中两名儿童，三名目击者星期一这样告诉记者。";
        assert_eq!(cleaned(&[FIRST, FIRST_MORE, statement]).0, [FIRST, FIRST_MORE, statement]);
    }

    #[test]
    fn sentences_that_speak_of_such_things_stay() {
        for line in [
            "The group's newsletter had named both men before they were arrested.",
            "\"Sign up for our newsletter\", the leaflet said, and nothing else.",
            "Read more than once, the letter makes clear what he feared.",
            "Related families were held in the same cell, a former prisoner said.",
            "Reuters journalists were kept away from the gate.",
            "Three facts stand out:",
        ] {
            let (kept, _) = cleaned(&[FIRST, FIRST_MORE, line, LAST]);
            assert_eq!(kept, [FIRST, FIRST_MORE, line, LAST]);
        }
    }

    #[test]
    fn a_list_of_several_points_is_the_reports_own() {
        let lines = [FIRST, "They asked for:", "• safe passage", "• a lawyer", "• a call home", LAST];
        assert_eq!(cleaned(&lines).0.len(), lines.len());
    }

    #[test]
    fn headlines_under_a_pointer_go_until_the_text_goes_on() {
        let lines = [FIRST, "Don’t miss…", "Market burns down [REPORT]", "The old town in pictures [GALLERY]", LAST];
        assert_eq!(cleaned(&lines).0, [FIRST, LAST]);
    }

    #[test]
    fn what_trails_after_the_text_goes_from_its_first_sure_line_on() {
        let lines = [FIRST, FIRST_MORE, LAST, "Continue Reading", "Our shop", "Old coins"];
        assert_eq!(cleaned(&lines).0, [FIRST, FIRST_MORE, LAST]);
        let lines = [FIRST, FIRST_MORE, LAST, "A closing line without a stop"];
        assert_eq!(cleaned(&lines).0, lines, "nothing proves that it is furniture");
    }

    #[test]
    fn a_line_that_the_judge_is_sure_of_is_doubted_not_removed() {
        let block = |text: &str| Block { kind: BlockKind::Paragraph, text: text.to_owned() };
        let pointer = "Read more: Market burns down in the old town";
        let mut lines: Vec<_> = [FIRST, pointer, LAST].map(|text| Line::new(block(text), 0.0)).into();
        lines[1].odds = Some(0.9);
        let (kept, removed) = apply(&lines, None);
        assert_eq!(kept.len(), 3);
        assert_eq!(removed.len(), 1);
        assert!(removed[0].stayed && removed[0].text == pointer);
    }
}
