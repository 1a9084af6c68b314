//! Joins an article to the earlier one whose text it repeats, or lets it open a story of its own.

use std::cmp::Ordering;

use crate::model::id::{EntryId, StoryId};
use crate::model::story::{Candidate, Fingerprint, Membership};

use super::fingerprint::{holds_fact, identity, weight};

/// A copy holds at least this share of the shorter text ...
const CONTAINMENT_MIN: f64 = 0.5;
/// ... or at least this share of both together: a copy with many small changes, or badly scanned.
const JACCARD_MIN: f64 = 0.2;
/// Fewer common shingles say nothing; so many are a passage of twenty words.
const SHARED_MIN: u64 = 16;
/// Of the shorter text's passages with numbers and names, at least this share of what is common elsewhere must be
/// common too. Bulletins made from one template share the frame and differ in the facts.
const FACTS_MIN: f64 = 0.7;
/// With fewer shingles of a kind than this, a share of them is chance.
const SHARES_COMPARE_MIN: u64 = 8;

/// Decides whether the article is a copy of one of the candidates; else it opens a story.
pub fn assign(entry: &EntryId, fingerprint: &Fingerprint, candidates: &[Candidate]) -> Membership {
    let best = candidates
        .iter()
        .filter(|candidate| candidate.entry != *entry && candidate.original != *entry)
        .filter_map(|candidate| {
            let overlap = Overlap::between(fingerprint, &candidate.fingerprint);
            overlap.is_copy().then_some((candidate, overlap))
        })
        .max_by(|(a, x), (b, y)| x.compare(y).then_with(|| b.entry.cmp(&a.entry)));
    match best {
        Some((candidate, overlap)) => Membership {
            story: candidate.story.clone(),
            copy_of: Some(candidate.original.clone()),
            score: overlap.containment(),
            reason: overlap.in_words(&candidate.entry),
        },
        None => Membership {
            story: StoryId::opened_by(entry),
            copy_of: None,
            score: 0.0,
            reason: own_story_reason(fingerprint, candidates.len()),
        },
    }
}

/// What an article is to be that no watch matched, and no reader hears of: compared with nothing.
pub fn unwatched(entry: &EntryId) -> Membership {
    Membership {
        story: StoryId::opened_by(entry),
        copy_of: None,
        score: 0.0,
        reason: "no watch matched it, so it was not compared".to_owned(),
    }
}

fn own_story_reason(fingerprint: &Fingerprint, candidates: usize) -> String {
    if length(fingerprint) < SHARED_MIN {
        "too short to be compared".to_owned()
    } else if candidates == 0 {
        "shares no passage with an earlier article".to_owned()
    } else {
        "shares too little with any earlier article".to_owned()
    }
}

/// Shingles of the shorter text as its samples stand for them: how many there are, and how many the other has too.
#[derive(Clone, Copy, Debug, Default)]
struct Share {
    common: u64,
    all: u64,
}

impl Share {
    fn ratio(self) -> f64 {
        if self.all == 0 { 0.0 } else { self.common as f64 / self.all as f64 }
    }
}

/// What two fingerprints have in common.
struct Overlap {
    /// Passages that hold a number or a name.
    facts: Share,
    frame: Share,
    /// Shingles of the longer text.
    longer: u64,
    samples: usize,
    common_samples: usize,
}

impl Overlap {
    /// Walks both sorted lists once.
    fn between(a: &Fingerprint, b: &Fingerprint) -> Overlap {
        let (short, long) = if length(a) <= length(b) { (a, b) } else { (b, a) };
        let (mut facts, mut frame, mut common_samples) = (Share::default(), Share::default(), 0);
        let mut rest = long.shingles.as_slice();
        for value in &short.shingles {
            let skip = rest.iter().take_while(|other| identity(**other) < identity(*value)).count();
            rest = &rest[skip..];
            let common = rest.first().is_some_and(|other| identity(*other) == identity(*value));
            let share = if holds_fact(*value) { &mut facts } else { &mut frame };
            share.all += weight(*value);
            if common {
                share.common += weight(*value);
                common_samples += 1;
            }
        }
        Overlap { facts, frame, longer: length(long), samples: short.shingles.len(), common_samples }
    }

    fn whole(&self) -> Share {
        Share { common: self.facts.common + self.frame.common, all: self.facts.all + self.frame.all }
    }

    fn containment(&self) -> f64 {
        self.whole().ratio()
    }

    fn jaccard(&self) -> f64 {
        let Share { common, all } = self.whole();
        Share { common, all: (all + self.longer).saturating_sub(common) }.ratio()
    }

    fn is_copy(&self) -> bool {
        self.whole().common >= SHARED_MIN
            && (self.containment() >= CONTAINMENT_MIN || self.jaccard() >= JACCARD_MIN)
            && !self.is_template()
    }

    /// The frame agrees and the numbers and names do not: another event told in the same words.
    fn is_template(&self) -> bool {
        self.facts.all >= SHARES_COMPARE_MIN
            && self.frame.all >= SHARES_COMPARE_MIN
            && self.frame.ratio() >= CONTAINMENT_MIN
            && self.facts.ratio() < FACTS_MIN * self.frame.ratio()
    }

    fn compare(&self, other: &Overlap) -> Ordering {
        self.containment().total_cmp(&other.containment()).then(self.whole().common.cmp(&other.whole().common))
    }

    fn in_words(&self, entry: &EntryId) -> String {
        let percent = (self.containment() * 100.0).round();
        format!(
            "{percent} % of the shorter text stands in {entry} ({} of {} samples)",
            self.common_samples, self.samples
        )
    }
}

fn length(fingerprint: &Fingerprint) -> u64 {
    fingerprint.shingles.iter().map(|value| weight(*value)).sum()
}

#[cfg(test)]
mod tests {
    use super::super::fingerprint;
    use super::*;

    const WIRE: &str = "HARBOUR CITY — Port workers found eleven people in a sealed container on Tuesday, three of \
        them children, the coast guard said. The container had been loaded in Selwyn four days earlier and was \
        bound for Marlow. Doctors said that all eleven would live. Officer Dana Reyes told reporters that a dock \
        worker had heard knocking. Police are looking for the driver of a white lorry that was seen at the yard \
        on Friday night. Two men were questioned in Marlow and released without charge. Groups that help \
        migrants said that the route has been used more since the land border was closed in March.";

    fn entry(n: u32) -> EntryId {
        EntryId::from_stored(format!("e_{n}"))
    }

    fn candidate(n: u32, title: &str, body: &str) -> Candidate {
        let original = entry(n);
        let story = StoryId::opened_by(&original);
        Candidate { entry: entry(n), original, story, fingerprint: fingerprint(title, body) }
    }

    fn assigned(title: &str, body: &str, candidates: &[Candidate]) -> Membership {
        assign(&entry(99), &fingerprint(title, body), candidates)
    }

    #[test]
    fn a_wire_report_cut_short_under_another_headline_joins_its_original() {
        let earlier = [candidate(1, "Eleven found alive in container", WIRE)];
        let cut = &WIRE[..WIRE.find("Two men").unwrap()];
        let joined = assigned("Children among stowaways saved at port", cut, &earlier);
        assert_eq!(joined.copy_of, Some(entry(1)));
        assert_eq!(joined.story, StoryId::opened_by(&entry(1)));
        assert!(joined.score > 0.8, "{joined:?}");
        assert_eq!(joined.reason, "93 % of the shorter text stands in e_1 (13 of 14 samples)");
    }

    #[test]
    fn a_copy_of_a_copy_names_the_original() {
        let mut copy = candidate(2, "", WIRE);
        copy.original = entry(1);
        assert_eq!(assigned("", WIRE, &[copy]).copy_of, Some(entry(1)));
    }

    #[test]
    fn a_bulletin_of_the_same_template_with_another_place_and_number_does_not_join() {
        let bulletin = |place: &str, day: &str, number: &str, hour: &str| {
            format!(
                "The rescue service reports that a boat with {number} people on board was stopped off {place} on \
                 {day} at {hour}. All {number} passengers were taken to the port of {place}, where doctors saw \
                 them and the border police took their names. The boat was towed to the harbour and will be broken \
                 up there as the law demands. The service asks all crews at sea to keep watch on the emergency \
                 channel and to report small boats without lights at once."
            )
        };
        let earlier = [candidate(1, "Boat stopped", &bulletin("Selwyn", "Monday", "41", "04.30"))];
        let next = assigned("Boat stopped", &bulletin("Cape Marlow", "Thursday", "17", "23.10"), &earlier);
        assert_eq!(next.copy_of, None, "{next:?}");
        assert_eq!(next.story, StoryId::opened_by(&entry(99)));
    }

    #[test]
    fn two_reports_that_quote_one_paragraph_stay_apart() {
        let quoted = &WIRE[..WIRE.find("Doctors").unwrap()];
        let other = format!(
            "A year after the deaths on the northern road the inquiry has ended without naming anyone. Families \
             walked to the courthouse in silence and laid shoes on its steps. The judge spoke for nine minutes. \
             Nobody from the haulage company came, and its lawyer would not say where the owner lives now. {quoted} \
             For the families of the northern road such news is hard to read, and harder to forget."
        );
        assert_eq!(assigned("Shoes on the steps", &other, &[candidate(1, "", WIRE)]).copy_of, None);
    }

    #[test]
    fn the_best_of_several_is_taken() {
        let half = &WIRE[..WIRE.find("Police").unwrap()];
        let earlier = [candidate(1, "", half), candidate(2, "", WIRE), candidate(3, "", half)];
        let longer = format!("{WIRE} An earlier version of this report gave a wrong name for the yard.");
        assert_eq!(assigned("", &longer, &earlier).copy_of, Some(entry(2)), "the most text in common");
    }

    #[test]
    fn an_empty_text_joins_nothing() {
        for text in ["", "Breaking news", "…"] {
            let alone = assigned("", text, &[candidate(1, "", text), candidate(2, "", WIRE)]);
            assert_eq!(alone.copy_of, None);
            assert_eq!(alone.reason, "too short to be compared");
        }
    }

    #[test]
    fn an_article_is_not_a_copy_of_itself_nor_of_its_own_copy() {
        let mut copy = candidate(2, "", WIRE);
        copy.original = entry(99);
        let earlier = [candidate(99, "", WIRE), copy];
        assert_eq!(assigned("", WIRE, &earlier).copy_of, None);
    }
}
