//! Which passages of a page are the report.

use std::collections::HashMap;

use super::Site;
use super::features::Setting;
use super::filter::Line;
use super::furniture::{PageLines, Recurrence};
use super::judge::{self, MEASURES};
use super::outline::{Outline, Passage, ends_sentence};
use super::phrases::Cue;
use super::site_rules::Ruling;
use super::surroundings::Sign;
use crate::model::article::{Block, BlockKind, Removed};

/// A passage with these odds or better is kept. Below one half, for a lost sentence is worse than a kept advertisement:
/// tried on sites that the judge had not seen, each step down loses fewer lines and lets more furniture in.
const KEPT: f32 = 0.3;
/// From here on a kept passage is in no doubt.
const SURE: f32 = 0.5;
/// What recurs on a host's pages needs these odds to stay.
const LEARNT: f32 = 0.9;
/// And where it recurs on so many, no odds help a line that is no sentence in prose.
const OFTEN: u16 = 6;
/// Beside the report's own span, this many passages are looked at for what was taken out.
const BESIDE: usize = 6;
/// Where less than this share of the densest container's prose was kept, the judge has failed, and the container stands.
const LEAST_SHARE: f32 = 0.25;
/// Widths of prose that make a text.
const TEXT: f32 = 200.0;
/// Width of a sentence that is no label or teaser.
const PROSE: f32 = 80.0;
const CAPTION: f32 = 40.0;
/// A picture's caption may stand this far above the text.
const ABOVE: usize = 4;

/// The report's lines, and what stands among them without belonging to it.
#[derive(Default)]
pub struct MainText {
    pub lines: Vec<Line>,
    pub removed: Vec<Removed>,
    /// What the page can teach of its host.
    pub page_lines: PageLines,
}

pub fn find(outline: &Outline, setting: &Setting<'_>, site: &Site<'_>) -> MainText {
    let odds = if is_bare(outline) { vec![1.0; outline.passages.len()] } else { odds(outline, setting) };
    let mut kept: Vec<bool> = odds.iter().map(|odds| *odds >= KEPT).collect();
    if judge_failed(outline, setting, &kept) {
        kept = (0..outline.passages.len()).map(|at| stands_in_container(outline, setting, at)).collect();
    }
    let ruled = rule_out(outline, &mut kept);
    let (Some(first), Some(last)) = (kept.iter().position(|kept| *kept), kept.iter().rposition(|kept| *kept)) else {
        return MainText::default();
    };
    let finder = Finder { outline, setting, site, odds, kept, ruled, span: (first, last) };
    let mut found = MainText { page_lines: finder.page_lines(), ..MainText::default() };
    let recurring = finder.recurring();
    for at in 0..outline.passages.len() {
        match finder.place(at, recurring.get(&at)) {
            Place::Line(line) => found.lines.push(*line),
            Place::Removed(filter, why) => {
                let text = outline.passages[at].text.clone();
                found.removed.push(Removed { text, filter: filter.to_owned(), why, stayed: false });
            }
            Place::Elsewhere => {}
        }
    }
    found
}

/// Takes over what the publisher's rule says, if it fits the page. True: it names the part where the report stands.
fn rule_out(outline: &Outline, kept: &mut [bool]) -> bool {
    let ruled_in = |passage: &&Passage| passage.ruling == Some(Ruling::Keep);
    let prose: f32 =
        outline.passages.iter().filter(ruled_in).filter(|passage| passage.is_prose()).map(|p| p.width).sum();
    let names_the_part = prose >= TEXT;
    for (passage, kept) in outline.passages.iter().zip(kept) {
        match passage.ruling {
            Some(Ruling::Remove(_)) => *kept = false,
            Some(Ruling::Keep) if names_the_part => *kept = true,
            _ if names_the_part => *kept = false,
            _ => {}
        }
    }
    names_the_part
}

/// Where a passage goes.
enum Place {
    Line(Box<Line>),
    /// The filter and its reason.
    Removed(&'static str, String),
    /// Far from the report: a menu, a list of other articles.
    Elsewhere,
}

struct Finder<'a> {
    outline: &'a Outline,
    setting: &'a Setting<'a>,
    site: &'a Site<'a>,
    odds: Vec<f32>,
    kept: Vec<bool>,
    /// The publisher's rule names the part where the report stands.
    ruled: bool,
    /// The first and the last passage of the report.
    span: (usize, usize),
}

impl Finder<'_> {
    fn is_near(&self, at: usize) -> bool {
        (self.span.0.saturating_sub(BESIDE)..=self.span.1 + BESIDE).contains(&at)
    }

    fn place(&self, at: usize, recurs: Option<&Recurrence>) -> Place {
        let (outline, setting) = (self.outline, self.setting);
        let passage = &outline.passages[at];
        if !self.is_near(at) {
            // Prose that stands apart may be the report's, should the judge be wrong: it is searched.
            let apart = passage.is_prose() && ends_sentence(&passage.text) && passage.width >= PROSE;
            return if apart { self.removed(at) } else { Place::Elsewhere };
        }
        if let Some(recurs) = recurs {
            let why = format!(
                "stood on {} pages of {} since {} (odds {:.2})",
                recurs.reports,
                self.site.host,
                &recurs.since.to_string()[..10],
                self.odds[at]
            );
            return Place::Removed("learnt", why);
        }
        let block = |kind| Block { kind, text: passage.text.clone() };
        let (first, last) = self.span;
        let removed_by_rule = matches!(passage.ruling, Some(Ruling::Remove(_)));
        if !removed_by_rule && is_caption(outline, setting, at) && at + ABOVE >= first && at <= last + 1 {
            Place::Line(Box::new(Line::new(block(BlockKind::Caption), passage.link_share())))
        } else if self.kept[at] {
            let mut line = Line::new(block(kind(outline, passage)), passage.link_share());
            let odds = self.odds[at];
            line.odds = (odds < 1.0).then_some(odds);
            let doubted = odds < SURE && !self.ruled;
            line.doubt = doubted.then(|| format!("{} (odds {odds:.2})", why(outline, setting, at)));
            Place::Line(Box::new(line))
        } else if self.names_a_posts_author(at) {
            Place::Line(Box::new(Line::of_post_author(block(BlockKind::Quote))))
        } else if setting.headline() == Some(at) {
            Place::Elsewhere
        } else {
            self.removed(at)
        }
    }

    fn removed(&self, at: usize) -> Place {
        let passage = &self.outline.passages[at];
        match (passage.ruling, self.site.rule) {
            (Some(Ruling::Remove(by)), Some(rule)) => {
                Place::Removed("site_rules", format!("stands in {} (sites.toml)", rule.removed_by(by)))
            }
            (None, Some(_)) if self.ruled => {
                Place::Removed("site_rules", "stands outside the part that sites.toml keeps".to_owned())
            }
            _ => Place::Removed(
                "main_text",
                format!("{} (odds {:.2})", why(self.outline, self.setting, at), self.odds[at]),
            ),
        }
    }

    /// The last line of an embedded post, of which the line before was kept: who wrote it, and when.
    fn names_a_posts_author(&self, at: usize) -> bool {
        let passage = &self.outline.passages[at];
        let Some(before) = at.checked_sub(1).filter(|before| self.kept[*before]) else { return false };
        let quote = |passage: &Passage| passage.kind == BlockKind::Quote;
        quote(passage)
            && quote(&self.outline.passages[before])
            && passage.text.starts_with(['—', '–', '―'])
            && passage.characters <= 160
    }

    /// Passages that are furniture by what was learnt, if that leaves the better part of the report.
    fn recurring(&self) -> HashMap<usize, Recurrence> {
        let Some(furniture) = self.site.furniture else { return HashMap::new() };
        let recurs = |at: usize| {
            let recurrence = furniture.recurs(&self.outline.passages[at].text)?;
            let proven = recurrence.reports >= OFTEN && !self.is_told(at) || self.odds[at] < self.needed(at);
            proven.then_some((at, recurrence))
        };
        let taken = |at: &usize| self.kept[*at] || is_caption(self.outline, self.setting, *at);
        let near = (0..self.odds.len()).filter(|at| self.is_near(*at) && taken(at));
        let recurring: HashMap<_, _> = near.filter_map(recurs).collect();
        let width_of = |all: &mut dyn Iterator<Item = usize>| -> f32 {
            all.filter(|at| self.kept[*at]).map(|at| self.outline.passages[at].width).sum()
        };
        let lost = width_of(&mut recurring.keys().copied());
        // A bulletin of one form each day must not be taken for a form alone.
        if lost * 2.0 > width_of(&mut (0..self.kept.len())) { HashMap::new() } else { recurring }
    }

    /// Odds from which on a passage stays though it recurs.
    fn needed(&self, at: usize) -> f32 {
        if self.is_told(at) { SURE } else { LEARNT }
    }

    /// A sentence in prose may be told again and again as the background of a report.
    fn is_told(&self, at: usize) -> bool {
        let passage = &self.outline.passages[at];
        passage.is_prose() && ends_sentence(&passage.text) && passage.width >= PROSE && self.setting.cues[at].is_empty()
    }

    fn page_lines(&self) -> PageLines {
        let near = (0..self.odds.len()).filter(|at| self.is_near(*at));
        let doubtful = near
            .filter(|at| self.odds[*at] < LEARNT || !self.is_told(*at))
            .map(|at| self.outline.passages[at].text.as_str());
        let own = (0..self.odds.len()).filter(|at| self.kept[*at] && self.odds[*at] >= SURE);
        let own = own.map(|at| &self.outline.passages[at]).filter(|passage| passage.is_prose());
        PageLines::of(own.map(|passage| passage.text.as_str()), doubtful)
    }
}

/// All passages of a fragment: what a feed gave is the report already.
pub fn all(outline: &Outline) -> Vec<Line> {
    let line = |passage: &Passage| {
        Line::new(Block { kind: kind(outline, passage), text: passage.text.clone() }, passage.link_share())
    };
    outline.passages.iter().map(line).collect()
}

fn odds(outline: &Outline, setting: &Setting<'_>) -> Vec<f32> {
    let mut measures = [0.0; MEASURES];
    let judged = |at| {
        setting.measure(at, &mut measures);
        judge::odds(&measures)
    };
    (0..outline.passages.len()).map(judged).collect()
}

/// Nothing but paragraphs: no link, no name, no box to go by. Such a page is a text.
fn is_bare(outline: &Outline) -> bool {
    let telling = outline.elements.iter().filter(|element| {
        element.passages > 0 && element.signs.iter().any(|sign| sign < Sign::ArticleElement as usize)
    });
    outline.passages.iter().all(|passage| passage.linked == 0) && telling.count() == 0
}

fn judge_failed(outline: &Outline, setting: &Setting<'_>, kept: &[bool]) -> bool {
    let widths = |wanted: &dyn Fn(usize) -> bool| -> f32 {
        let prose = outline.passages.iter().enumerate().filter(|(at, passage)| wanted(*at) && passage.is_prose());
        prose.map(|(_, passage)| passage.width).sum()
    };
    let container = widths(&|at| stands_in_container(outline, setting, at));
    container >= TEXT && widths(&|at| kept[at]) < container * LEAST_SHARE
}

fn stands_in_container(outline: &Outline, setting: &Setting<'_>, at: usize) -> bool {
    let passage = &outline.passages[at];
    let near = &outline.elements[passage.element].near;
    let furniture = [Sign::NavigationElement, Sign::FooterElement, Sign::FormElement, Sign::Comment, Sign::Hidden];
    outline.is_within(at, setting.scored)
        && passage.link_share() < 0.5
        && furniture.iter().all(|sign| near[*sign as usize] > 4)
}

/// Stands below a picture and says what it shows.
fn is_caption(outline: &Outline, setting: &Setting<'_>, at: usize) -> bool {
    let passage = &outline.passages[at];
    let near = &outline.elements[passage.element].near;
    let credit_only = setting.cues[at].has(Cue::Picture) && passage.characters < 40;
    near[Sign::Caption as usize] <= 2 && passage.width >= CAPTION && !credit_only && passage.link_share() < 0.5
}

fn kind(outline: &Outline, passage: &Passage) -> BlockKind {
    let near = &outline.elements[passage.element].near;
    if passage.kind == BlockKind::Paragraph && near[Sign::Caption as usize] <= 2 {
        BlockKind::Caption
    } else {
        passage.kind
    }
}

/// What speaks most plainly against the passage, in words.
fn why(outline: &Outline, setting: &Setting<'_>, at: usize) -> String {
    const BOXES: [(Sign, &str); 19] = [
        (Sign::Hidden, "is hidden"),
        (Sign::NavigationElement, "stands in a navigation"),
        (Sign::FormElement, "stands in a form"),
        (Sign::FooterElement, "stands in a footer"),
        (Sign::AsideElement, "stands in an aside"),
        (Sign::Comment, "stands in a box of comments"),
        (Sign::Newsletter, "stands in a box that asks to subscribe"),
        (Sign::Share, "stands in a share bar"),
        (Sign::Advert, "stands in a box of advertising"),
        (Sign::Related, "stands in a box of other articles"),
        (Sign::Popup, "stands in a notice of the page"),
        (Sign::Tags, "stands in a list of topics"),
        (Sign::Sidebar, "stands in a side column"),
        (Sign::Footer, "stands in a footer by name"),
        (Sign::Navigation, "stands in a navigation by name"),
        (Sign::Author, "stands in a box on the author"),
        (Sign::Picture, "stands with a picture"),
        (Sign::Date, "stands in a line of dates"),
        (Sign::Headline, "stands in a headline's box"),
    ];
    let passage = &outline.passages[at];
    let near = &outline.elements[passage.element].near;
    if passage.link_share() > 0.6 {
        return format!("is a link by {:.0} %", passage.link_share() * 100.0);
    }
    if let Some((_, text)) = BOXES.iter().find(|(sign, _)| near[*sign as usize] <= 3) {
        return (*text).to_owned();
    }
    if !setting.cues[at].is_empty() {
        return "says what furniture says".to_owned();
    }
    if !outline.is_within(at, setting.scored) {
        return "stands outside the part with most prose".to_owned();
    }
    if passage.width < 40.0 {
        "is a short line among others".to_owned()
    } else {
        "is unlike the report's paragraphs".to_owned()
    }
}
