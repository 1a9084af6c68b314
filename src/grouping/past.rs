//! Stories that have ended, for what comes back to them: a follow-up weeks later is shown with its story, never merged
//! into it.
//!
//! Each story stands here by the report that opened it. A new one is linked to the past story whose first words it
//! shares most of, if both name something that few others do: a number, a day, a name.
//!
//! **Bounds.** The last [`PAST_STORIES`] stories of the last [`PAST_DAYS`] days; an article is weighed against
//! [`COMPARED_MAX`] of them, those that share most rare terms. So neither memory nor time follows the archive. The state
//! depends only on the stories added, in their order: rebuilt from what is stored it links the same.

use std::collections::VecDeque;

use crate::model::id::StoryId;
use crate::model::story::Fingerprint;
use crate::model::time::Timestamp;

use super::likeness::{TermMap, Vector};
use super::profile::{Profile, Terms, is_hard_number};
use super::votes::{COMMON_TERM, most_voted};

/// More stories are not looked back on: months of what a desk's watches find.
pub const PAST_STORIES: usize = 2_000;
pub const PAST_DAYS: u64 = 400;
/// Before, a later report belongs to the story itself or to none.
const APART_DAYS: i64 = 7;
const COMPARED_MAX: usize = 12;
/// Of first words that much must be common (cosine), and for each day between a little more: the longer ago, the more
/// often it is another event of the same kind.
const LEAD_MIN: f32 = 0.25;
const LEAD_A_DAY: f32 = 0.1 / 365.0;
/// Without a number or a day in common near the top.
const LEAD_ALONE_MIN: f32 = 0.35;
/// Of names and numbers.
const FACTS_MIN: f32 = 0.12;
/// Names and numbers in common: so many, and of so much weight together (a term in one of `e` stories weighs 1).
const ANCHORS_MIN: usize = 3;
const ANCHORS_WEIGHT: f32 = 8.0;
const NEAR_TOP_WORDS: u32 = 150;
/// Stories that a short past is taken to hold already, so that its first words are not all rare.
const PRIOR_STORIES: f32 = 60.0;
const DAY_MILLIS: i64 = 86_400_000;

/// Ended and running stories, by the report that opened each.
#[derive(Clone, Debug, Default)]
pub struct Past {
    stories: VecDeque<Opening>,
    /// Number of the first of `stories`.
    first: u64,
    holding: TermMap<Vec<u64>>,
}

#[derive(Clone, Debug)]
struct Opening {
    story: StoryId,
    at: Timestamp,
    profile: Profile,
    terms: Vec<u32>,
    hard: Vec<String>,
}

/// An article with its terms weighed.
struct Weighed {
    profile: Profile,
    lead: Vector,
    facts: Vector,
    shared: Vector,
    hard: Vec<String>,
}

/// A story that an article goes back to.
#[derive(Clone, Debug, PartialEq)]
pub struct FollowUp {
    pub story: StoryId,
    /// 0 to 1: how much of the first words both have, by weight.
    pub likeness: f64,
    /// Names, numbers and days that both have.
    pub anchors: usize,
    pub days: i64,
}

/// Names, numbers and days that two articles have in common.
#[derive(Clone, Copy, Debug)]
struct Common {
    weight: f32,
    terms: usize,
}

impl Common {
    fn max(self, other: Common) -> Common {
        if other.weight > self.weight { other } else { self }
    }
}

impl Past {
    /// Adds a story that was opened by this report at this time; the oldest gives way.
    pub fn add(&mut self, story: &StoryId, print: &Fingerprint, at: Timestamp) {
        let profile = Profile::of(print);
        let terms = profile.distinct();
        let number = self.first + self.stories.len() as u64;
        for term in &terms {
            self.holding.entry(*term).or_default().push(number);
        }
        self.stories.push_back(Opening { story: story.clone(), at, profile, terms, hard: hard_facts(print) });
        if self.stories.len() > PAST_STORIES {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        let Some(oldest) = self.stories.pop_front() else { return };
        for term in oldest.terms {
            let Some(holding) = self.holding.get_mut(&term) else { continue };
            // Numbers only grow, so the oldest stands first.
            if holding.first() == Some(&self.first) {
                holding.remove(0);
            }
            if holding.is_empty() {
                self.holding.remove(&term);
            }
        }
        self.first += 1;
    }

    /// The story that an article of this time follows up; `None` where nothing says so for certain.
    pub fn followed_by(&self, print: &Fingerprint, at: Timestamp) -> Option<FollowUp> {
        let profile = Profile::of(print);
        let vector = |terms: &Terms| Vector::of(terms, |term| self.rarity(term));
        let article = Weighed {
            lead: vector(&profile.lead),
            facts: vector(&profile.facts),
            shared: vector(&profile.shared),
            hard: hard_facts(print),
            profile,
        };
        let mut best: Option<FollowUp> = None;
        for number in
            most_voted(&self.holding, article.profile.distinct().into_iter(), |term| self.rarity(term), COMPARED_MAX)
        {
            let opening = self.stories.get(usize::try_from(number - self.first).ok()?)?;
            let days = (at.as_millis() - opening.at.as_millis()) / DAY_MILLIS;
            if !(APART_DAYS..=i64::try_from(PAST_DAYS).unwrap_or(i64::MAX)).contains(&days) {
                continue;
            }
            let found = self.compared(&article, opening, days);
            if let Some(found) = found.filter(|found| best.as_ref().is_none_or(|best| found.likeness > best.likeness)) {
                best = Some(found);
            }
        }
        best
    }

    fn compared(&self, article: &Weighed, opening: &Opening, days: i64) -> Option<FollowUp> {
        let profile = &article.profile;
        let same_language = profile.lang == opening.profile.lang;
        let mut common = self.common(&profile.shared, &opening.profile.shared);
        if same_language {
            common = common.max(self.common(&profile.facts, &opening.profile.facts));
        }
        let cosine = |own: &Vector, theirs: &Terms| own.cosine(theirs, |term| self.rarity(term));
        let (lead, facts) = if same_language {
            (cosine(&article.lead, &opening.profile.lead), cosine(&article.facts, &opening.profile.facts))
        } else {
            // No word in common can be asked for: the anchors alone must do, and there must be more of them.
            let anchors = cosine(&article.shared, &opening.profile.shared);
            (anchors / 2.0, anchors)
        };
        let lead_min = LEAD_MIN + LEAD_A_DAY * days as f32;
        let share_hard = article.hard.iter().any(|fact| opening.hard.contains(fact));
        let enough = lead >= if share_hard { lead_min } else { lead_min.max(LEAD_ALONE_MIN) }
            && facts >= FACTS_MIN
            && common.terms >= ANCHORS_MIN
            && common.weight >= ANCHORS_WEIGHT;
        enough.then(|| FollowUp {
            story: opening.story.clone(),
            likeness: f64::from(lead.min(1.0)),
            anchors: common.terms,
            days,
        })
    }

    /// What both name that few others do.
    fn common(&self, own: &Terms, theirs: &Terms) -> Common {
        let is_rare = |term: &u32| self.holding.get(term).is_some_and(|with| with.len() <= COMMON_TERM);
        let holds = |term: &u32| theirs.binary_search_by_key(term, |(held, _)| *held).is_ok();
        let common = own.iter().map(|(term, _)| *term).filter(|term| is_rare(term) && holds(term));
        let mut all = Common { weight: 0.0, terms: 0 };
        for term in common {
            all = Common { weight: all.weight + self.rarity(term), terms: all.terms + 1 };
        }
        all
    }

    fn rarity(&self, term: u32) -> f32 {
        let with = self.holding.get(&term).map_or(0, Vec::len);
        ((self.stories.len() as f32 + PRIOR_STORIES) / (with as f32 + 1.0)).ln().max(0.0)
    }
}

/// Numbers near the top, and days: what tells one event from another of its kind.
fn hard_facts(print: &Fingerprint) -> Vec<String> {
    let near_top = |at: u32| at <= print.title_words.saturating_add(NEAR_TOP_WORDS);
    let numbers = print
        .numbers
        .iter()
        .filter(|(number, at)| is_hard_number(*number) && near_top(*at))
        .map(|(number, _)| number.to_string());
    let days = print.anchors.iter().filter(|anchor| !anchor.starts_with('@')).cloned();
    numbers.chain(days).collect()
}

#[cfg(test)]
mod tests {
    use super::super::fingerprint;
    use super::*;
    use crate::model::id::EntryId;

    fn story(n: usize) -> StoryId {
        StoryId::opened_by(&EntryId::from_stored(format!("e_{n}")))
    }

    fn on_day(day: i64) -> Timestamp {
        Timestamp::from_millis(day * DAY_MILLIS)
    }

    const FIRST: &str = "China sent some 600 people back over the crossing at Tumen on the night of 9 October, a group in \
        the capital said. Buses and trucks took them from detention centres in Jilin, guarded by police. Most were women. \
        The ministry said that it could not confirm how many people were sent back over the border.";
    const LATER: &str = "Nothing has been heard of the 600 people sent back over the crossing at Tumen on 9 October, a group \
        in the capital said. Relatives have waited for word from Jilin since the buses left the detention centres. The \
        group asked the ministry to say what it knows of the people who were sent back.";
    const OTHER: &str = "The parliament in the capital passed a law on fishing boats. A ministry said that crews from \
        Tumen must carry papers from now on, and that 600 licences will be given out in the spring to boats of the coast.";

    fn past() -> Past {
        let mut past = Past::default();
        for n in 0..30 {
            let text = format!(
                "Council {n} of the town of Ostby met on matter {n} and spoke of roads, schools and {n} lamps."
            );
            past.add(&story(1_000 + n), &fingerprint("Council meets", &text, "en"), on_day(0));
        }
        past.add(&story(1), &fingerprint("600 sent back", FIRST, "en"), on_day(0));
        past
    }

    #[test]
    fn a_report_weeks_later_is_linked_to_the_event_it_goes_back_to() {
        let print = fingerprint("Silence after the return of 600", LATER, "en");
        let link = past().followed_by(&print, on_day(50)).expect("a follow-up");
        assert_eq!((link.story, link.days), (story(1), 50));
        assert_eq!(past().followed_by(&print, on_day(3)), None, "within days it is a matter of the story itself");
        assert_eq!(past().followed_by(&print, on_day(500)), None, "so long after nothing is looked back on");
    }

    #[test]
    fn a_place_and_a_number_in_another_matter_are_not_enough() {
        assert_eq!(past().followed_by(&fingerprint("A law on boats", OTHER, "en"), on_day(50)), None);
        assert_eq!(past().followed_by(&fingerprint("", "", "en"), on_day(50)), None);
    }

    #[test]
    fn the_oldest_gives_way_and_is_found_no_more() {
        let mut past = Past::default();
        past.add(&story(1), &fingerprint("600 sent back", FIRST, "en"), on_day(0));
        for n in 0..PAST_STORIES {
            let text = format!("Notice {n} of the office in Ostby tells of lamp {n} and of road {n} in the rain.");
            past.add(&story(10 + n), &fingerprint("Notice", &text, "en"), on_day(1));
        }
        assert_eq!(past.stories.len(), PAST_STORIES);
        assert_eq!(past.followed_by(&fingerprint("600 sent back", LATER, "en"), on_day(50)), None);
        assert!(past.holding.values().all(|holding| holding.iter().all(|number| *number >= past.first)));
    }
}
