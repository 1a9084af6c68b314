//! Whether a text that was read meets a part of a query, and the places that make it so.

use super::find::{PartPlace, Reading};
use super::index::{Gate, LeafId};
use super::query::Scope;
use crate::model::watch::Field;

/// Where a term stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub field: Field,
    /// Bytes of the field.
    pub start: u32,
    pub end: u32,
    pub leaf: LeafId,
    /// Numbers of its first and last word in the field.
    pub first: u32,
    pub last: u32,
    /// It is part of what only looks like the name.
    pub homograph: bool,
}

/// Places that belong together: one term's, or those of terms near each other.
#[derive(Clone, Debug)]
struct Site {
    field: Field,
    first: u32,
    last: u32,
    start: u32,
    end: u32,
    places: Vec<Place>,
}

/// Places of one term that are told; more say nothing more.
pub const MAX_PLACES: usize = 1000;
/// Sites that a NEAR hands on to a NEAR around it.
const MAX_SITES: usize = 10_000;

impl Reading<'_, '_> {
    pub(super) fn met(&mut self, gate: &Gate) -> bool {
        match gate {
            Gate::Leaf(leaf) => self.leaf_met(*leaf),
            Gate::And { all, none } => all.iter().all(|side| self.met(side)) && !none.iter().any(|side| self.met(side)),
            Gate::Or(sides) => sides.iter().any(|side| self.met(side)),
            Gate::Not(inner) => !self.met(inner),
            Gate::Near { .. } => !self.sites(gate).is_empty(),
            Gate::Source(host) => self.is_from(host),
            Gate::Lang(lang) => self.is_in(lang),
            Gate::Minimum { count, of } => of.iter().filter(|side| self.met(side)).count() >= *count,
            Gate::Group { any, excluded, .. } => {
                self.met(any) && (!excluded || self.sites(gate).iter().any(|set| !set.is_empty()))
            }
        }
    }

    /// Adds what makes the gate true, in no order; nothing where it is not met.
    pub(super) fn collect(&mut self, gate: &Gate, places: &mut Vec<Place>) {
        if !self.met(gate) {
            return;
        }
        match gate {
            Gate::Leaf(leaf) => places.extend(self.leaf_places(*leaf).take(MAX_PLACES)),
            Gate::And { all: sides, .. } | Gate::Or(sides) | Gate::Minimum { of: sides, .. } => {
                for side in sides {
                    self.collect(side, places);
                }
            }
            Gate::Near { .. } | Gate::Group { .. } => {
                let sets = self.sites(gate);
                places.extend(sets.into_iter().flatten().flat_map(|site| site.places).take(MAX_PLACES));
            }
            Gate::Not(_) | Gate::Source(_) | Gate::Lang(_) => {}
        }
    }

    pub(super) fn has_leaf(&self, leaf: LeafId) -> bool {
        let set = self.set;
        let entry = &set.leaves[leaf as usize];
        entry.readings.iter().any(|reading| match reading.as_ref() {
            [part] if entry.scope.is_none() => self.has_part(*part),
            parts => {
                parts.iter().all(|part| self.has_part(*part))
                    && self.reading_places(parts, entry.scope).next().is_some()
            }
        })
    }

    pub(super) fn leaf_places(&self, leaf: LeafId) -> impl Iterator<Item = Place> {
        let entry = &self.set.leaves[leaf as usize];
        let mut found: Vec<PartPlace> = vec![];
        for reading in &entry.readings {
            found.extend(self.reading_places(reading, entry.scope));
        }
        found.sort_by_key(|place| (place.field, place.start, place.end));
        found.dedup_by_key(|place| (place.field, place.start, place.end));
        found.into_iter().map(move |place| Place {
            field: place.field,
            start: place.start,
            end: place.end,
            leaf,
            first: place.first,
            last: place.last,
            homograph: false,
        })
    }

    /// Where all parts of a reading stand next to each other, in order.
    pub(super) fn reading_places(&self, parts: &[u32], scope: Option<Scope>) -> impl Iterator<Item = PartPlace> {
        let in_scope = move |place: &PartPlace| match scope {
            None => true,
            Some(Scope::Title) => place.field == Field::Title,
            Some(Scope::Body) => place.field == Field::Body,
        };
        let of_part = |part: u32| {
            let mut places: Vec<PartPlace> = self.part_places(part).filter(in_scope).collect();
            places.sort_by_key(|place| (place.field, place.first, place.start));
            places
        };
        let (first, rest) = parts.split_first().map_or((vec![], &[][..]), |(first, rest)| (of_part(*first), rest));
        let mut sites = first;
        for part in rest {
            let nexts = of_part(*part);
            let joined = |site: &PartPlace| {
                let wanted = (site.field, site.last + 1);
                let at = nexts.partition_point(|next| (next.field, next.first) < wanted);
                let next =
                    nexts[at..].iter().take_while(|next| (next.field, next.first) == wanted).find(|next| next.opens)?;
                let parted = self.scanned(site.field).parted(site.last, next.first);
                (!parted).then_some(PartPlace { last: next.last, end: next.end, ..*site })
            };
            sites = sites.iter().filter_map(joined).collect();
        }
        sites.into_iter()
    }

    /// Words between the nearest places of two gates; `None` where one of them is not there.
    pub(super) fn gap(&mut self, left: &Gate, right: &Gate) -> Option<u32> {
        let flat = |sets: Vec<Vec<Site>>| sets.into_iter().flatten().collect::<Vec<_>>();
        let (left, right) = (flat(self.sites(left)), flat(self.sites(right)));
        let sorted = Sorted::of(&right);
        left.iter().flat_map(|site| sorted.near(site, u32::MAX).filter_map(|other| site.gap(other))).min()
    }

    /// The sites of a gate that has places, as sets of which each must hold one; none at all where it is not met.
    fn sites(&mut self, gate: &Gate) -> Vec<Vec<Site>> {
        match gate {
            Gate::Leaf(leaf) => one(self.leaf_places(*leaf).map(Site::of).collect()),
            Gate::Or(sides) => one(sides.iter().flat_map(|side| self.sites(side)).flatten().collect()),
            Gate::And { all, .. } => {
                let mut sets = vec![];
                for side in all {
                    let of_side = self.sites(side);
                    if of_side.is_empty() {
                        return vec![];
                    }
                    sets.extend(of_side);
                }
                sets
            }
            Gate::Near { left, right, words } => {
                let (lefts, rights) = (self.sites(left), self.sites(right));
                let mut near = vec![];
                for left in &lefts {
                    for right in &rights {
                        let pairs = pairs(left, right, *words);
                        if pairs.is_empty() {
                            return vec![];
                        }
                        near.extend(pairs);
                        near.truncate(MAX_SITES);
                    }
                }
                one(near)
            }
            Gate::Group { any, homographs, excluded, .. } => {
                let mut sites: Vec<Site> = self.sites(any).into_iter().flatten().collect();
                let mut others = vec![];
                for homograph in homographs {
                    self.collect(homograph, &mut others);
                }
                let marks = Marks::of(&others);
                for place in sites.iter_mut().flat_map(|site| &mut site.places) {
                    place.homograph = marks.touch(place);
                }
                if *excluded {
                    sites.retain(|site| !site.places.iter().any(|place| place.homograph));
                }
                one(sites)
            }
            Gate::Not(_) | Gate::Source(_) | Gate::Lang(_) | Gate::Minimum { .. } => vec![],
        }
    }
}

fn one(sites: Vec<Site>) -> Vec<Vec<Site>> {
    if sites.is_empty() { vec![] } else { vec![sites] }
}

/// Each site of one side with the nearest of the other before and after it, if at most `words` are between.
fn pairs(left: &[Site], right: &[Site], words: u32) -> Vec<Site> {
    let mut found = vec![];
    for (of, others) in [(left, right), (right, left)] {
        let sorted = Sorted::of(others);
        for site in of {
            found.extend(sorted.near(site, words).map(|other| site.with(other)));
        }
    }
    found
}

impl Site {
    fn of(place: Place) -> Site {
        let Place { field, first, last, start, end, .. } = place;
        Site { field, first, last, start, end, places: vec![place] }
    }

    fn with(&self, other: &Site) -> Site {
        Site {
            field: self.field,
            first: self.first.min(other.first),
            last: self.last.max(other.last),
            start: self.start.min(other.start),
            end: self.end.max(other.end),
            places: self.places.iter().chain(&other.places).copied().collect(),
        }
    }

    /// Words between the two; `None` where they are one and the same or in two fields.
    fn gap(&self, other: &Site) -> Option<u32> {
        let apart = self.end <= other.start || other.end <= self.start || self.places.len() + other.places.len() > 2;
        if self.field != other.field || !apart {
            return None;
        }
        let between = self.first.checked_sub(other.last).or(other.first.checked_sub(self.last)).unwrap_or(0);
        Some(between.saturating_sub(1))
    }
}

struct Sorted<'s> {
    by_first: Vec<&'s Site>,
    by_last: Vec<&'s Site>,
}

/// Sites in the same or the next word that are looked at: more than stand in one word.
const NEIGHBOURS: usize = 8;

impl<'s> Sorted<'s> {
    fn of(sites: &'s [Site]) -> Sorted<'s> {
        let (mut by_first, mut by_last): (Vec<_>, Vec<_>) = (sites.iter().collect(), sites.iter().collect());
        by_first.sort_by_key(|site| (site.field, site.first, site.start));
        by_last.sort_by_key(|site| (site.field, site.last, site.start));
        Sorted { by_first, by_last }
    }

    fn near(&self, site: &Site, words: u32) -> impl Iterator<Item = &'s Site> {
        let after = self.by_first.partition_point(|other| (other.field, other.first) < (site.field, site.last));
        let before = self.by_last.partition_point(|other| (other.field, other.last) <= (site.field, site.first));
        let nearest = |others: &mut dyn Iterator<Item = &'s Site>| {
            others.take(NEIGHBOURS).filter_map(|other| Some((site.gap(other)?, other))).min_by_key(|(gap, _)| *gap)
        };
        let found = [
            nearest(&mut self.by_first[after..].iter().copied()),
            nearest(&mut self.by_last[..before].iter().rev().copied()),
        ];
        found.into_iter().flatten().filter(move |(gap, _)| *gap <= words).map(|(_, other)| other)
    }
}

/// Places of homographs, to be asked what they cover.
struct Marks {
    /// By field and start; `ends` is the furthest end up to there.
    starts: Vec<(Field, u32)>,
    ends: Vec<(Field, u32)>,
}

impl Marks {
    fn of(places: &[Place]) -> Marks {
        let mut spans: Vec<(Field, u32, u32)> =
            places.iter().map(|place| (place.field, place.start, place.end)).collect();
        spans.sort_unstable();
        let mut furthest = (Field::Title, 0);
        let ends = spans.iter().map(|(field, _, end)| {
            furthest = furthest.max((*field, *end));
            furthest
        });
        let ends = ends.collect();
        Marks { starts: spans.iter().map(|(field, start, _)| (*field, *start)).collect(), ends }
    }

    fn touch(&self, place: &Place) -> bool {
        let before = self.starts.partition_point(|start| *start < (place.field, place.end));
        self.ends[..before].last().is_some_and(|end| *end > (place.field, place.start))
    }
}
