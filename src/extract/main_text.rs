//! Which passages of a page are the report.

use super::features::Setting;
use super::filter::Line;
use super::furniture::Furniture;
use super::judge::{self, MEASURES};
use super::outline::{Outline, Passage};
use super::phrases::Cue;
use super::surroundings::Sign;
use super::wording::width;
use crate::model::article::{Block, BlockKind, Removed};

/// A passage with these odds or better is kept. Below one half, for a lost sentence is worse than a kept advertisement:
/// tried on sites that the judge had not seen, each step down loses fewer lines and lets more furniture in.
const KEPT: f32 = 0.3;
/// From here on a kept passage is in no doubt.
const SURE: f32 = 0.5;
/// What recurs on a site's pages needs these odds to stay.
const LEARNT: f32 = 0.9;
/// Beside the report's own span, this many passages are looked at for what was taken out.
const BESIDE: usize = 6;
/// Where less than this share of the densest container's prose was kept, the judge has failed, and the container stands.
const LEAST_SHARE: f32 = 0.25;
/// Widths of prose that make a text.
const TEXT: f32 = 200.0;
const CAPTION: f32 = 40.0;
/// A picture's caption may stand this far above the text.
const ABOVE: usize = 4;

/// The report's lines, and what stands among them without belonging to it.
pub struct MainText {
    pub lines: Vec<Line>,
    pub removed: Vec<Removed>,
}

pub fn find(outline: &Outline, setting: &Setting<'_>, furniture: &Furniture) -> MainText {
    let odds = if is_bare(outline) { vec![1.0; outline.passages.len()] } else { odds(outline, setting) };
    let mut kept: Vec<bool> = odds.iter().map(|odds| *odds >= KEPT).collect();
    if judge_failed(outline, setting, &kept) {
        kept = (0..outline.passages.len()).map(|at| stands_in_container(outline, setting, at)).collect();
    }
    let mut found = MainText { lines: vec![], removed: vec![] };
    let (Some(first), Some(last)) = (kept.iter().position(|kept| *kept), kept.iter().rposition(|kept| *kept)) else {
        return found;
    };
    let span = first.saturating_sub(BESIDE)..(last + 1 + BESIDE).min(kept.len());
    for at in span {
        let passage = &outline.passages[at];
        let recurs = furniture.recurs(&passage.text);
        if let Some(pages) = recurs.filter(|_| odds[at] < LEARNT) {
            let why = format!("stands on {pages} reports of the site (odds {:.2})", odds[at]);
            let text = passage.text.clone();
            found.removed.push(Removed { text, filter: "learnt".to_owned(), why, stayed: false });
            continue;
        }
        let block = |kind| Block { kind, text: passage.text.clone() };
        if is_caption(outline, setting, at) && at + ABOVE >= first && at <= last + 1 {
            found.lines.push(Line::new(block(BlockKind::Caption), passage.link_share()));
        } else if kept[at] {
            let mut line = Line::new(block(kind(outline, passage)), passage.link_share());
            line.odds = (odds[at] < 1.0).then_some(odds[at]);
            line.doubt = (odds[at] < SURE).then(|| format!("{} (odds {:.2})", why(outline, setting, at), odds[at]));
            found.lines.push(line);
        } else if setting.headline() != Some(at) {
            let why = format!("{} (odds {:.2})", why(outline, setting, at), odds[at]);
            let text = passage.text.clone();
            found.removed.push(Removed { text, filter: "main_text".to_owned(), why, stayed: false });
        }
    }
    found
}

/// All passages of a fragment: what a feed gave is the report already.
pub fn all(outline: &Outline) -> Vec<Line> {
    let line = |passage: &Passage| {
        Line::new(Block { kind: kind(outline, passage), text: passage.text.clone() }, passage.link_share())
    };
    outline.passages.iter().map(line).collect()
}

fn odds(outline: &Outline, setting: &Setting<'_>) -> Vec<f32> {
    let judged = |at: usize| {
        let mut measures = [0.0; MEASURES];
        let mut next = measures.iter_mut();
        setting.describe(at, &mut |_, value| {
            if let Some(measure) = next.next() {
                *measure = value;
            }
        });
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
        prose.map(|(_, passage)| width(&passage.text)).sum()
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
    near[Sign::Caption as usize] <= 2 && width(&passage.text) >= CAPTION && !credit_only && passage.link_share() < 0.5
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
    if width(&passage.text) < 40.0 {
        "is a short line among others".to_owned()
    } else {
        "is unlike the report's paragraphs".to_owned()
    }
}
