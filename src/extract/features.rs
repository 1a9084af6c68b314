//! What is measured of a passage before it is judged. The order is part of the fitted model.

use std::collections::HashMap;

use super::judge::MEASURES;
use super::outline::{FAR, Outline, Passage, ends_sentence};
use super::phrases::{CUES, Cues};
use super::places::{
    anchor, dated, densest_run, headings, headline, named_container, prose_distances, run_distance, scored_container,
};
use super::surroundings::Sign;
use super::wording::{Marks, Overlap, has_clock, has_year, overlaps, words};

/// Facts about the page as a whole that a passage is compared with.
pub struct Setting<'a> {
    outline: &'a Outline,
    /// Of each passage with the page's title and with its description.
    overlaps: Vec<[Overlap; 2]>,
    marks: Vec<Marks>,
    /// The passage that is the headline, if one is.
    headline: Option<usize>,
    /// Elements that could be the report's container, by three ways of looking.
    pub scored: usize,
    pub named: Option<usize>,
    /// Passages of the densest run, first and end.
    pub run: (usize, usize),
    paths: HashMap<u64, PathFacts>,
    best_path: u64,
    /// How often each text stands on the page.
    repeats: HashMap<&'a str, u32>,
    prose: f32,
    characters: f32,
    /// For each passage, the nearest long prose before and after it, in passages.
    since_prose: Vec<u32>,
    until_prose: Vec<u32>,
    prose_before: Vec<u32>,
    pub cues: Vec<Cues>,
    /// For each passage, the last heading before it.
    under: Vec<Option<usize>>,
    /// The first long prose after the headline, and the elements around it with the steps to each.
    anchor: Option<usize>,
    anchored: HashMap<usize, u32>,
    /// For each passage, short lines with a date near it.
    dated: Vec<u32>,
}

#[derive(Default, Clone, Copy)]
struct PathFacts {
    passages: u32,
    characters: u32,
    linked: u32,
    prose: u32,
}

impl<'a> Setting<'a> {
    /// The page's setting, with its title and description as it says them itself.
    pub fn of(outline: &'a Outline) -> Setting<'a> {
        let head = &outline.head;
        let description = head.meta("og:description").or_else(|| head.meta("description"));
        Setting::new(outline, head.meta("og:title").unwrap_or(&head.title), description.unwrap_or_default())
    }

    pub fn new(outline: &'a Outline, title: &str, description: &str) -> Setting<'a> {
        let passages = &outline.passages;
        let mut paths: HashMap<u64, PathFacts> = HashMap::new();
        let mut repeats = HashMap::new();
        for passage in passages {
            let facts = paths.entry(outline.elements[passage.element].path).or_default();
            facts.passages += 1;
            facts.characters += passage.characters;
            facts.linked += passage.linked;
            facts.prose += if passage.is_prose() { passage.characters } else { 0 };
            *repeats.entry(passage.text.as_str()).or_default() += 1;
        }
        let best_path = paths.iter().max_by_key(|(path, facts)| (facts.prose, **path)).map_or(0, |(path, _)| *path);
        let (title, described) = (words(title), words(description));
        let overlaps: Vec<_> = passages.iter().map(|passage| overlaps(&passage.text, [&title, &described])).collect();
        let marks: Vec<_> = passages.iter().map(|passage| Marks::of(&passage.text)).collect();
        let (since_prose, until_prose, prose_before) = prose_distances(passages);
        let headline = headline(outline, |at| overlaps[at][0]);
        let anchor = anchor(passages, headline);
        let around = anchor.map(|at| {
            outline.around(&passages[at]).enumerate().map(|(steps, element)| (element, steps as u32)).collect()
        });
        Setting {
            outline,
            headline,
            anchor,
            anchored: around.unwrap_or_default(),
            cues: passages.iter().map(|passage| Cues::of(&passage.text)).collect(),
            under: headings(passages),
            dated: dated(passages),
            overlaps,
            scored: scored_container(outline, &marks),
            marks,
            named: named_container(outline),
            run: densest_run(passages),
            paths,
            best_path,
            repeats,
            prose: outline.elements[0].prose as f32,
            characters: outline.elements[0].characters as f32,
            since_prose,
            until_prose,
            prose_before,
        }
    }

    pub fn headline(&self) -> Option<usize> {
        self.headline
    }

    /// Writes a passage's measures, as the judge reads them.
    pub fn measure(&self, at: usize, measures: &mut [f32; MEASURES]) {
        let mut next = measures.iter_mut();
        self.describe(at, &mut |_, value| {
            if let Some(measure) = next.next() {
                *measure = value;
            }
        });
    }

    /// Puts each measure of a passage with its name.
    pub fn describe(&self, at: usize, put: &mut impl FnMut(&'static str, f32)) {
        let passage = &self.outline.passages[at];
        self.text(at, passage, put);
        self.signs(passage, put);
        self.containers(at, passage, put);
        self.place(at, passage, put);
        self.neighbours(at, put);
        self.cues(at, put);
        self.anchor(at, passage, put);
    }

    fn cues(&self, at: usize, put: &mut impl FnMut(&'static str, f32)) {
        const OWN: [&str; CUES] = [
            "says related",
            "says pitch",
            "says share",
            "says comments",
            "says notice",
            "says byline",
            "says picture",
            "says advert",
            "says wall",
            "says tags",
            "says control",
        ];
        const UNDER: [&str; CUES] = [
            "under related",
            "under pitch",
            "under share",
            "under comments",
            "under notice",
            "under byline",
            "under picture",
            "under advert",
            "under wall",
            "under tags",
            "under control",
        ];
        const AFTER: [&str; CUES] = [
            "after related",
            "after pitch",
            "after share",
            "after comments",
            "after notice",
            "after byline",
            "after picture",
            "after advert",
            "after wall",
            "after tags",
            "after control",
        ];
        let bit = |bits: u32, cue: usize| (bits >> cue & 1) as f32;
        let own = self.cues[at].bits();
        let under = self.under[at].map_or(0, |heading| self.cues[heading].bits());
        let after = at.checked_sub(1).map_or(0, |before| self.cues[before].bits());
        for cue in 0..CUES {
            put(OWN[cue], bit(own, cue));
            put(UNDER[cue], bit(under, cue));
            put(AFTER[cue], bit(after, cue));
        }
        put("since heading", self.under[at].map_or(-1.0, |heading| (at - heading) as f32));
        let nearby = self.cues[at.saturating_sub(3)..(at + 4).min(self.cues.len())].iter();
        put("cues nearby", nearby.map(|cues| cues.bits().count_ones()).sum::<u32>() as f32);
        put("dates nearby", self.dated[at] as f32);
    }

    fn anchor(&self, at: usize, passage: &Passage, put: &mut impl FnMut(&'static str, f32)) {
        let Some(anchor) = self.anchor else {
            ["from anchor", "to anchor's", "anchor's to it", "anchor's path", "anchor's prose"]
                .iter()
                .for_each(|name| put(name, -1.0));
            return;
        };
        let elements = &self.outline.elements;
        put("from anchor", at as f32 - anchor as f32);
        let mut meeting = self.outline.around(passage).enumerate();
        let (steps, shared) = meeting.find(|(_, element)| self.anchored.contains_key(element)).unwrap_or((99, 0));
        put("to anchor's", (steps as f32).min(20.0));
        put("anchor's to it", self.anchored.get(&shared).copied().unwrap_or(99).min(20) as f32);
        put(
            "anchor's path",
            f32::from(elements[self.outline.passages[anchor].element].path == elements[passage.element].path),
        );
        put("anchor's prose", elements[shared].prose as f32 / self.prose.max(1.0));
    }

    fn text(&self, at: usize, passage: &Passage, put: &mut impl FnMut(&'static str, f32)) {
        let text = passage.text.as_str();
        let marks = &self.marks[at];
        let characters = passage.characters as f32;
        put("characters", passage.width);
        put("words", marks.words as f32);
        put("word length", characters / marks.words.max(1) as f32);
        put("links", passage.links as f32);
        put("link share", passage.link_share());
        put("strong share", passage.strong as f32 / characters.max(1.0));
        put("slanted share", passage.slanted as f32 / characters.max(1.0));
        put("sentence ends", marks.ends as f32);
        put("commas", marks.commas as f32);
        put("digit share", marks.digits as f32 / characters);
        put("capital share", marks.capitals as f32 / marks.words.max(1) as f32);
        put("upper share", marks.upper as f32 / characters);
        put("symbols", marks.symbols as f32);
        put("bars", marks.bars as f32);
        put("small words", marks.small as f32 / marks.words.max(1) as f32);
        put("wide share", marks.wide as f32 / characters);
        put("ends sentence", f32::from(ends_sentence(text)));
        put("ends colon", f32::from(text.ends_with([':', '：'])));
        put("begins lower", f32::from(text.starts_with(char::is_lowercase)));
        put("begins quote", f32::from(text.starts_with(['"', '“', '„', '«', '‘', '「', '『', '\'', '–', '—'])));
        put(
            "begins bullet",
            f32::from(text.starts_with(['•', '·', '-', '*', '►', '▶', '■', '●', '»', '>', '|', '□', '▲', '△'])),
        );
        put("begins bracket", f32::from(text.starts_with(['(', '[', '（', '【', '〔', '<', '＜'])));
        put("year", f32::from(has_year(text)));
        put("clock", f32::from(has_clock(text)));
        put("address", f32::from(text.contains('@') || text.contains("http") || text.contains("www.")));
        put("copyright", f32::from(text.contains(['©', '®', '™'])));
        put("heading level", f32::from(passage.heading));
        put("part", f32::from(passage.part));
        put("pictures", passage.pictures as f32);
        put("kind", f32::from(passage.kind as u8));
        let [(ours, theirs), of_description] = self.overlaps[at];
        put("of title", ours);
        put("title covered", theirs);
        let (ours, theirs) = of_description;
        put("of description", ours);
        put("description covered", theirs);
        put("repeats", self.repeats.get(text).copied().unwrap_or(1) as f32);
    }

    fn signs(&self, passage: &Passage, put: &mut impl FnMut(&'static str, f32)) {
        const NAMES: [&str; super::surroundings::SIGNS] = super::surroundings::NEAR_NAMES;
        let near = &self.outline.elements[passage.element].near;
        for (sign, name) in NAMES.iter().enumerate() {
            put(name, f32::from(near[sign]));
        }
        let inline = |sign| f32::from(passage.inline.has(sign));
        put("inline author", inline(Sign::Author));
        put("inline date", inline(Sign::Date));
        put("inline picture", inline(Sign::Picture));
        put("inline related", inline(Sign::Related));
        put("inline any", passage.inline.iter().count() as f32);
    }

    fn containers(&self, at: usize, passage: &Passage, put: &mut impl FnMut(&'static str, f32)) {
        let elements = &self.outline.elements;
        const LEVELS: [[&str; 5]; 4] = [
            ["1 characters", "1 link share", "1 prose share", "1 prose passages", "1 passages"],
            ["2 characters", "2 link share", "2 prose share", "2 prose passages", "2 passages"],
            ["3 characters", "3 link share", "3 prose share", "3 prose passages", "3 passages"],
            ["5 characters", "5 link share", "5 prose share", "5 prose passages", "5 passages"],
        ];
        let chain: Vec<usize> = self.outline.around(passage).take(5).collect();
        for (level, names) in [0, 1, 2, 4].into_iter().zip(LEVELS) {
            let element = &elements[*chain.get(level).or(chain.last()).unwrap_or(&0)];
            let characters = element.characters.max(1) as f32;
            put(names[0], characters.ln());
            put(names[1], element.linked as f32 / characters);
            put(names[2], element.prose as f32 / self.prose.max(1.0));
            put(names[3], element.prose_passages as f32);
            put(names[4], element.passages as f32);
        }
        // How much of its own container's text is prose, and the widest container that is still mostly prose.
        let steps = |target: usize| {
            self.outline
                .around(passage)
                .take(usize::from(FAR))
                .position(|element| element == target)
                .map_or(FAR.into(), |steps| steps as f32)
        };
        put("steps to scored", steps(self.scored));
        put("steps to named", self.named.map_or(-1.0, steps));
        put("in run", f32::from((self.run.0..self.run.1).contains(&at)));
        put("from run", run_distance(self.run, at));
        let facts = self.paths.get(&elements[passage.element].path).copied().unwrap_or_default();
        put("path passages", facts.passages as f32);
        put("path prose share", facts.prose as f32 / self.prose.max(1.0));
        put("path link share", facts.linked as f32 / facts.characters.max(1) as f32);
        put("path mean", facts.characters as f32 / facts.passages.max(1) as f32);
        put("best path", f32::from(elements[passage.element].path == self.best_path));
        let share = |of: usize| elements[of].prose as f32 / self.prose.max(1.0);
        put("scored prose share", share(self.scored));
        put("named prose share", self.named.map_or(-1.0, share));
        put("depth", f32::from(elements[passage.element].depth));
    }

    fn place(&self, at: usize, passage: &Passage, put: &mut impl FnMut(&'static str, f32)) {
        let all = self.outline.passages.len().max(1) as f32;
        put("place", at as f32 / all);
        put("passages on page", all);
        put("prose on page", self.prose.max(1.0).ln());
        put("prose share of page", self.prose / self.characters.max(1.0));
        put("after headline", self.headline.map_or(999.0, |headline| at as f32 - headline as f32));
        put("prose before", self.prose_before[at] as f32 / self.prose.max(1.0));
        put("since prose", self.since_prose[at] as f32);
        put("until prose", self.until_prose[at] as f32);
        let parent = &self.outline.elements[passage.element];
        put("first in element", f32::from(parent.first_passage as usize == at));
        put("last in element", f32::from(parent.end_passage as usize == at + 1));
        let (first, end) =
            (self.outline.elements[self.scored].first_passage, self.outline.elements[self.scored].end_passage);
        put("into scored", at as f32 - first as f32);
        put("left of scored", end as f32 - at as f32);
    }

    fn neighbours(&self, at: usize, put: &mut impl FnMut(&'static str, f32)) {
        const NAMES: [(i64, [&str; 6]); 4] = [
            (-2, ["-2 characters", "-2 link share", "-2 ends", "-2 same path", "-2 heading", "-2 shared"]),
            (-1, ["-1 characters", "-1 link share", "-1 ends", "-1 same path", "-1 heading", "-1 shared"]),
            (1, ["+1 characters", "+1 link share", "+1 ends", "+1 same path", "+1 heading", "+1 shared"]),
            (2, ["+2 characters", "+2 link share", "+2 ends", "+2 same path", "+2 heading", "+2 shared"]),
        ];
        let own = &self.outline.elements[self.outline.passages[at].element];
        for (step, names) in NAMES {
            let beside = usize::try_from(at as i64 + step).ok().and_then(|at| self.outline.passages.get(at));
            let Some(beside) = beside else {
                names.iter().for_each(|name| put(name, -1.0));
                continue;
            };
            let element = &self.outline.elements[beside.element];
            put(names[0], beside.width);
            put(names[1], beside.link_share());
            put(names[2], f32::from(ends_sentence(&beside.text)));
            put(names[3], f32::from(element.path == own.path));
            put(names[4], f32::from(beside.heading));
            put(names[5], f32::from(element.parent == own.parent));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::{Limits, outline, prepare};

    #[test]
    fn every_passage_has_as_many_measures_as_the_judge_reads() {
        let html = "<h1>A bridge is closed</h1><nav><a href=/>Home</a></nav><p>The bridge was closed at noon, the guards said.\
            <p>Nobody knows for how long.";
        let prepared = prepare::prepare(html, &Limits::default());
        let outline = outline::read(&prepared.document, &Limits::default());
        for title in ["", "A bridge is closed"] {
            let setting = Setting::new(&outline, title, "");
            for at in 0..outline.passages.len() {
                let mut names = vec![];
                setting.describe(at, &mut |name, _| names.push(name));
                assert_eq!(names.len(), MEASURES);
                names.sort_unstable();
                names.dedup();
                assert_eq!(names.len(), MEASURES, "two measures have one name");
            }
        }
    }
}
