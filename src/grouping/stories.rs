//! The stories that still run, and which of them a new article tells on.
//!
//! One pass: each article joins the best story or opens one, and what was decided stays. Terms weigh by how rare they
//! are among the articles held. An article is weighed against a story as a whole and against its nearest reports, and
//! the time between them counts; against a story in other languages by numbers and by names as they sound.
//!
//! **Weights** come from a logistic regression over labelled news in English, Russian, Japanese, Chinese, Ukrainian and
//! Icelandic, one for pairs in one language and one across languages; the score is the logarithm of the odds that both
//! tell one event. The thresholds are set so that small stories split rather than large ones blur.
//!
//! **Bounds.** The cost of an article follows the number of stories that share its rare words, at most
//! [`COMPARED_MAX`], never the size of the archive. A story ends [`STORY_DAYS`] days after it was opened, takes nothing
//! [`SILENCE_DAYS`] days after its last report, and takes no more than [`MEMBERS_MAX`] own reports.
//!
//! The state depends only on the members added, in their order, and on the times: rebuilt from what is stored it
//! decides the same.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

use crate::model::id::{EntryId, StoryId};
use crate::model::story::Fingerprint;
use crate::model::time::Timestamp;

use super::heads::is_day;
use super::likeness::{TermMap, Vector};
use super::news::{HEADLINE_WORDS, NEWS_NUMBER_MIN, NEWS_OF_A_KIND, NEWS_WORDS, whole_names, written};
use super::profile::{self, Profile, Terms};
use super::votes;
use super::words::is_about_nobody;

/// A story that is older takes nothing more; what follows opens a new one.
pub const STORY_DAYS: u64 = 14;
/// A story that was silent for so long takes nothing more.
pub const SILENCE_DAYS: u64 = 7;
/// Own reports of one story; a larger one is an error in the making, not an event.
const MEMBERS_MAX: usize = 60;
/// Stories an article is weighed against, those that share most first.
const COMPARED_MAX: usize = 12;
/// And as many that share most names and numbers.
const COMPARED_BY_ANCHORS_MAX: usize = 8;
/// The latest reports of a story that an article is weighed against one by one.
const NEAREST_OF: usize = 12;
/// Articles that a short archive is taken to hold already, so that its first words are not all rare.
const PRIOR_ARTICLES: f32 = 20.0;
/// With fewer articles known no word's rarity says much, and this is taken off: on one subject everything looks alike.
const FEW_ARTICLES: u32 = 30;
const FEW: f32 = 3.0;
/// What the same words around other names and numbers take off: another event told by a template.
const TEMPLATE: f32 = 3.0;
/// A notice of fewer words shares what notices share; this is what it takes off.
const SHORT_WORDS: usize = 60;
const SHORT: f32 = 1.5;
/// Of another language, fewer names, numbers and days in common than so many are no evidence; this is what it takes off.
const ANCHORS_MIN: usize = 3;
const FEW_ANCHORS: f32 = 8.0;
/// Nor is anything where no number and no day stands in both (see [`Profile::hard`]). With less than this it is at most
/// possibly one event, with nothing not even that.
const JOINS_STRENGTH: f32 = 2.0;
/// Down to here (a probability of one in five) a story is shown as possibly the same, and not joined.
const POSSIBLE: f32 = -1.4;
const DAY_MILLIS: f32 = 86_400_000.0;

/// One language: lead, names and numbers, title against the whole story; days between; weight and share of common
/// anchors; lead, names and numbers against the nearest report; logarithm of the story's reports; bias.
const SAME_LANGUAGE: [f32; 10] = [2.5, 2.5, 2.2, -1.9, 0.3, 3.3, 3.4, 5.7, -1.0, -4.0];
/// Across languages: anchors; weight and share of common ones; days between; logarithms of how many are common and of
/// the story's reports; bias.
const OTHER_LANGUAGE: [f32; 7] = [43.6, -0.4, 5.3, -1.9, 0.8, -3.0, -5.3];

/// Stories that run, with all that is needed to place the next article.
#[derive(Clone, Debug, Default)]
pub struct Stories {
    running: BTreeMap<u64, Story>,
    by_id: HashMap<StoryId, u64>,
    /// Stories that hold a term, by number, sorted.
    holding: TermMap<Vec<u64>>,
    /// Articles that hold a term.
    articles_with: TermMap<u32>,
    articles: u32,
    opened: u64,
}

#[derive(Clone, Debug)]
struct Story {
    id: StoryId,
    opened_at: Timestamp,
    first: Timestamp,
    last: Timestamp,
    members: Vec<Profile>,
    by_lang: BTreeMap<String, Sums>,
    anchors: Terms,
    shared: Terms,
    hard: Terms,
}

/// The members in one language taken together.
#[derive(Clone, Debug, Default)]
struct Sums {
    lead: Terms,
    title: Terms,
    facts: Terms,
}

/// A story that an article tells on.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    pub story: StoryId,
    /// Probability that both tell one event, by the regression.
    pub probability: f64,
    pub other_language: bool,
    /// The evidence is enough to join; else the story is only shown beside.
    pub joins: bool,
}

/// An article's terms with their weights among those held.
struct Weighed<'p> {
    profile: &'p Profile,
    lead: Vector,
    title: Vector,
    facts: Vector,
    shared: Vector,
}

impl Stories {
    /// The running story that the article tells on or, where none does for certain, may tell on. `at` is when it was reported; `templates` are
    /// stories whose words it has around other names and numbers.
    pub fn place(&self, print: &Fingerprint, at: Timestamp, templates: &[StoryId]) -> Option<Placed> {
        let profile = Profile::of(print);
        let article = self.weighed(&profile);
        let mut best: Option<(f32, &Story, bool)> = None;
        for number in self.sharing(&profile) {
            let Some(story) = self.running.get(&number).filter(|story| story.takes(at)) else { continue };
            let (score, other_language) = self.score(&article, story, at);
            let score = if templates.contains(&story.id) { score - TEMPLATE } else { score };
            let score = if print.words.len() < SHORT_WORDS { score - SHORT } else { score };
            let score = if self.articles < FEW_ARTICLES { score - FEW } else { score };
            if score > POSSIBLE && best.is_none_or(|(before, ..)| score > before) {
                best = Some((score, story, other_language));
            }
        }
        best.map(|(score, story, other_language)| Placed {
            story: story.id.clone(),
            probability: f64::from(1.0 / (1.0 + (-score).exp())),
            other_language,
            joins: score > 0.0,
        })
    }

    /// Numbers and names near the article's top that the story does not hold, as a reader may be told of them: what
    /// may have changed. In another language than the story's, numbers only.
    pub fn news(&self, story: &StoryId, print: &Fingerprint) -> Vec<String> {
        let Some(story) = self.by_id.get(story).and_then(|number| self.running.get(number)) else { return Vec::new() };
        let near_top = |at: u32| at <= print.title_words.saturating_add(NEWS_WORDS);
        let numbers = print.numbers.iter().filter(|(number, at)| {
            near_top(*at)
                && *number >= NEWS_NUMBER_MIN
                && !is_day(print, *number, *at)
                && !held(&story.anchors, profile::number_term(*number))
        });
        let mut news: Vec<String> = numbers.take(NEWS_OF_A_KIND).map(|(number, _)| written(*number)).collect();
        if let Some(sums) = story.by_lang.get(&print.lang) {
            let below_headlines = |at: u32| at >= print.title_words.saturating_add(HEADLINE_WORDS);
            let names = print.names.iter().filter(|(name, at)| {
                near_top(*at)
                    && below_headlines(*at)
                    && !is_about_nobody(name)
                    && !held(&sums.facts, profile::name_term(name))
            });
            let names: Vec<(&str, u32)> = names.map(|(name, at)| (name.as_str(), *at)).collect();
            news.extend(whole_names(&names).into_iter().take(NEWS_OF_A_KIND));
        }
        news
    }

    /// Adds an article that is no copy to its story. `grouped_at` is when it was decided.
    pub fn add(&mut self, story: &StoryId, print: &Fingerprint, at: Timestamp, grouped_at: Timestamp) {
        let profile = Profile::of(print);
        self.articles += 1;
        for term in profile.distinct() {
            *self.articles_with.entry(term).or_default() += 1;
        }
        let number = self.number_of(story, at, grouped_at);
        let Some(running) = self.running.get_mut(&number) else { return };
        for term in profile.distinct() {
            let holding = self.holding.entry(term).or_default();
            if let Err(place) = holding.binary_search(&number) {
                holding.insert(place, number);
            }
        }
        running.take(profile, at);
    }

    /// A copy moves no words of its story: one text in forty papers must not pull it. It keeps it running.
    pub fn add_copy(&mut self, story: &StoryId, at: Timestamp) {
        if let Some(story) = self.by_id.get(story).and_then(|number| self.running.get_mut(number)) {
            story.last = story.last.max(at);
        }
    }

    /// Drops the stories that were opened earlier.
    pub fn forget_opened_before(&mut self, time: Timestamp) {
        let gone: Vec<u64> =
            self.running.iter().filter(|(_, story)| story.opened_at < time).map(|(number, _)| *number).collect();
        for number in gone {
            let Some(story) = self.running.remove(&number) else { continue };
            self.by_id.remove(&story.id);
            for term in story.members.iter().flat_map(Profile::distinct) {
                self.forget_term(term, number);
            }
            self.articles -= u32::try_from(story.members.len()).unwrap_or(u32::MAX).min(self.articles);
        }
    }

    /// Of one article of this story.
    fn forget_term(&mut self, term: u32, number: u64) {
        if let Some(count) = self.articles_with.get_mut(&term) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.articles_with.remove(&term);
            }
        }
        if let Some(holding) = self.holding.get_mut(&term) {
            if let Ok(place) = holding.binary_search(&number) {
                holding.remove(place);
            }
            if holding.is_empty() {
                self.holding.remove(&term);
            }
        }
    }

    /// Whether the story is among those held.
    pub fn runs(&self, story: &StoryId) -> bool {
        self.by_id.contains_key(story)
    }

    fn number_of(&mut self, id: &StoryId, at: Timestamp, grouped_at: Timestamp) -> u64 {
        if let Some(number) = self.by_id.get(id) {
            return *number;
        }
        self.opened += 1;
        let story = Story {
            id: id.clone(),
            opened_at: grouped_at,
            first: at,
            last: at,
            members: Vec::new(),
            by_lang: BTreeMap::new(),
            anchors: Terms::new(),
            shared: Terms::new(),
            hard: Terms::new(),
        };
        self.running.insert(self.opened, story);
        self.by_id.insert(id.clone(), self.opened);
        self.opened
    }

    /// Stories that share rare terms, in the order they were opened.
    fn sharing(&self, profile: &Profile) -> Vec<u64> {
        let mut sharing = self.most_voted(profile.distinct().into_iter(), COMPARED_MAX);
        // What is told in another language shares no words, only these.
        let anchors = self.most_voted(profile.shared.iter().map(|(term, _)| *term), COMPARED_BY_ANCHORS_MAX);
        sharing.extend(anchors);
        sharing.sort_unstable();
        sharing.dedup();
        sharing
    }

    fn most_voted(&self, terms: impl Iterator<Item = u32>, most: usize) -> Vec<u64> {
        votes::most_voted(&self.holding, terms, |term| self.rarity(term), most)
    }

    fn rarity(&self, term: u32) -> f32 {
        let with = self.articles_with.get(&term).copied().unwrap_or(0);
        ((self.articles as f32 + PRIOR_ARTICLES) / (with as f32 + 1.0)).ln().max(0.0)
    }

    fn weighed<'p>(&self, profile: &'p Profile) -> Weighed<'p> {
        let vector = |terms: &Terms| Vector::of(terms, |term| self.rarity(term));
        Weighed {
            profile,
            lead: vector(&profile.lead),
            title: vector(&profile.title),
            facts: vector(&profile.facts),
            shared: vector(&profile.shared),
        }
    }

    /// The logarithm of the odds, and whether the story was so far told in other languages only.
    fn score(&self, article: &Weighed<'_>, story: &Story, at: Timestamp) -> (f32, bool) {
        let days = story.days_from(at);
        let reports = (story.members.len() as f32).ln();
        let Some(sums) = story.by_lang.get(&article.profile.lang) else {
            let anchors = self.cosine(&article.shared, &story.shared);
            let (weight, share, common) = self.common(&article.profile.shared, &story.shared);
            let features = [anchors, weight / 10.0, share, days, (common as f32 + 1.0).ln(), reports, 1.0];
            // Two texts that say little can have all of it in common by chance.
            let few = if common < ANCHORS_MIN { FEW_ANCHORS } else { 0.0 };
            let score = dot(&features, &OTHER_LANGUAGE) - few;
            // What reports on one subject have in common, whatever the event, is no evidence at all.
            let hard = article.profile.hard.iter().filter(|(term, _)| held(&story.hard, *term));
            let strength: f32 = hard.map(|(_, strength)| strength).sum();
            let most = if strength >= JOINS_STRENGTH { f32::INFINITY } else { POSSIBLE + strength };
            return (score.min(most), true);
        };
        let (weight, share, _) = self.common(&article.profile.anchors, &story.anchors);
        let (near_lead, near_facts) = self.nearest(article, story);
        let features = [
            self.cosine(&article.lead, &sums.lead),
            self.cosine(&article.facts, &sums.facts),
            self.cosine(&article.title, &sums.title),
            days,
            weight / 10.0,
            share,
            near_lead,
            near_facts,
            reports,
            1.0,
        ];
        (dot(&features, &SAME_LANGUAGE), false)
    }

    /// Of the anchors: the weight of those in common, their share of the article's, and how many.
    fn common(&self, own: &Terms, theirs: &Terms) -> (f32, f32, usize) {
        let (mut weight, mut all, mut common) = (0.0, 0.0, 0);
        for (term, _) in own {
            let rarity = self.rarity(*term);
            all += rarity;
            if held(theirs, *term) {
                weight += rarity;
                common += 1;
            }
        }
        (weight, if all > 0.0 { weight / all } else { 0.0 }, common)
    }

    fn nearest(&self, article: &Weighed<'_>, story: &Story) -> (f32, f32) {
        let latest = story.members.iter().rev().filter(|member| member.lang == article.profile.lang).take(NEAREST_OF);
        latest.fold((0.0_f32, 0.0_f32), |(lead, facts), member| {
            let near_lead = self.cosine(&article.lead, &member.lead);
            let near_facts = self.cosine(&article.facts, &member.facts);
            (lead.max(near_lead), facts.max(near_facts))
        })
    }

    fn cosine(&self, article: &Vector, other: &Terms) -> f32 {
        article.cosine(other, |term| self.rarity(term))
    }
}

fn held(terms: &Terms, term: u32) -> bool {
    terms.binary_search_by_key(&term, |(held, _)| *held).is_ok()
}

fn dot(features: &[f32], weights: &[f32]) -> f32 {
    features.iter().zip(weights).map(|(feature, weight)| feature * weight).sum()
}

impl Story {
    fn takes(&self, at: Timestamp) -> bool {
        self.members.len() < MEMBERS_MAX && self.days_from(at) <= SILENCE_DAYS as f32
    }

    /// Days between the article and the story's reports; none if it lies among them.
    fn days_from(&self, at: Timestamp) -> f32 {
        let apart = at.since(self.last).max(self.first.since(at));
        apart.as_millis() as f32 / DAY_MILLIS
    }

    fn take(&mut self, profile: Profile, at: Timestamp) {
        self.first = self.first.min(at);
        self.last = self.last.max(at);
        let sums = self.by_lang.entry(profile.lang.clone()).or_default();
        for (sum, terms) in
            [(&mut sums.lead, &profile.lead), (&mut sums.title, &profile.title), (&mut sums.facts, &profile.facts)]
        {
            add_to(sum, terms);
        }
        add_to(&mut self.anchors, &profile.anchors);
        add_to(&mut self.shared, &profile.shared);
        add_to(&mut self.hard, &profile.hard);
        self.members.push(profile);
    }
}

/// Both are sorted, and stay so: sums of fractions depend on their order, and a restart must decide the same.
fn add_to(sums: &mut Terms, terms: &Terms) {
    let mut added = Vec::with_capacity(sums.len() + terms.len());
    let (mut old, mut new) = (sums.iter().copied().peekable(), terms.iter().copied().peekable());
    while let (Some((a, x)), Some((b, y))) = (old.peek().copied(), new.peek().copied()) {
        match a.cmp(&b) {
            Ordering::Less => added.extend(old.next()),
            Ordering::Greater => added.extend(new.next()),
            Ordering::Equal => {
                added.push((a, x + y));
                old.next();
                new.next();
            }
        }
    }
    added.extend(old.chain(new));
    *sums = added;
}

/// Whether this article opened this story.
pub fn opened(entry: &EntryId, story: &StoryId) -> bool {
    StoryId::opened_by(entry) == *story
}
