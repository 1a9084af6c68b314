//! Many watches compiled to be found in one text.
//!
//! A term becomes a *leaf*: rows of parts that stand next to each other. A query becomes one or more *arms*, of which
//! one must be met (a plain list of a thousand terms is a thousand arms). Each arm hangs on leaves one of which a text must
//! hold for it to be met, the rarest there are; only arms whose leaves were found are evaluated.

use std::sync::{Mutex, OnceLock};

use super::QueryError;
use super::find::Workspace;
use super::hash::HashMap;
use super::lists::Lists;
use super::names::Names;
use super::parts::{PartId, Parts};
use super::query::{Node, Query, Scope, Term};
use super::term::{self, Part};
use crate::model::id::WatchId;
use crate::model::watch::{Homographs, WatchSpec};

pub type LeafId = u32;
pub type ArmId = u32;

/// A term of a query within a field or both.
pub struct Leaf {
    /// As written, for readers.
    pub shown: Box<str>,
    pub readings: Box<[Box<[PartId]>]>,
    pub scope: Option<Scope>,
    pub weight: f64,
}

/// A part of a query, compiled.
pub enum Gate {
    Leaf(LeafId),
    And { all: Vec<Gate>, none: Vec<Gate> },
    Or(Vec<Gate>),
    Not(Box<Gate>),
    Near { left: Box<Gate>, right: Box<Gate>, words: u32 },
    Source(String),
    Lang(String),
    Minimum { count: usize, of: Vec<Gate> },
    Group { name: Box<str>, any: Box<Gate>, homographs: Vec<Gate>, excluded: bool },
}

pub struct Arm {
    pub watch: u32,
    pub gate: Gate,
}

/// A leaf that a text may hold, as it hangs on its anchor.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    pub leaf: LeafId,
    /// What the text must hold too; [`ALONE`] if the anchor is all of the leaf.
    pub other: PartId,
}

/// No part has this number.
pub const ALONE: PartId = PartId::MAX;

/// An arm as it hangs on its leaf.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hung {
    pub arm: ArmId,
    /// The leaf is all of the arm.
    pub alone: bool,
}

pub struct Watch {
    pub id: WatchId,
    pub revision: String,
}

/// Many watches compiled to be found in one text.
pub struct WatchSet {
    pub(super) watches: Vec<Watch>,
    pub(super) parts: Parts,
    pub(super) leaves: Vec<Leaf>,
    pub(super) arms: Vec<Arm>,
    /// For each part, the leaves of which a reading cannot be without it.
    pub(super) leaves_of: Lists<Candidate>,
    /// For each leaf, the arms that hang on it.
    pub(super) arms_of: Lists<Hung>,
    /// Arms that need no leaf: `source:` and `lang:` alone.
    pub(super) always: Vec<ArmId>,
    /// An arm may be met, or lack one part alone, where none of its terms is: `source:` and `lang:` beside a term.
    pub(super) asks_beside_terms: bool,
    /// For each leaf, the share of the archive's articles that hold it; empty if that says nothing.
    pub(super) shares: OnceLock<Vec<f64>>,
    pub(super) pool: Mutex<Vec<Workspace>>,
}

impl WatchSet {
    /// Compiles the watches; errors name the watch.
    pub fn compile(watches: &[WatchSpec], names: &Names) -> Result<WatchSet, Vec<(WatchId, QueryError)>> {
        let mut queries = vec![];
        let mut errors = vec![];
        for watch in watches {
            match Query::parse_with(&watch.query, names) {
                Ok(query) => queries.push((watch.id.clone(), query, watch.homographs)),
                Err(error) => errors.push((watch.id.clone(), error)),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut compiler = Compiler {
            names,
            parts: Parts::default(),
            leaves: vec![],
            known: HashMap::default(),
            references: vec![],
            homographs: Homographs::Lower,
        };
        let mut set_watches = vec![];
        let mut arms = vec![];
        for (number, (id, query, homographs)) in (0..).zip(&queries) {
            compiler.homographs = *homographs;
            set_watches.push(Watch { id: id.clone(), revision: revision_of(query, names, *homographs) });
            let sides = match &query.root {
                Node::Or(sides) => sides.as_slice(),
                root => std::slice::from_ref(root),
            };
            arms.extend(sides.iter().map(|side| Arm { watch: number, gate: compiler.gate(side, None) }));
        }
        Ok(compiler.finish(set_watches, arms))
    }

    /// How many terms are looked for, each counted once.
    pub fn terms(&self) -> usize {
        self.leaves.len()
    }

    /// About how many bytes the compiled watches take.
    pub fn bytes(&self) -> usize {
        let leaves: usize = self.leaves.iter().map(|leaf| leaf.shown.len() + leaf.readings.len() * 40 + 120).sum();
        let arms = self.arms.len() * (size_of::<Arm>() + 40);
        self.parts.bytes() + leaves + arms + self.leaves_of.bytes() + self.arms_of.bytes()
    }
}

/// What a watch asked for at some time, to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    pub watch: WatchId,
    /// As hits name it.
    pub revision: String,
    /// As written.
    pub query: String,
    /// The same with its groups written out, so that it can be asked again when they have changed.
    pub meaning: String,
}

/// The revisions that these watches are now; those that do not parse are left out.
pub fn revisions(watches: &[WatchSpec], names: &Names) -> Vec<Revision> {
    let parsed = watches.iter().filter_map(|watch| Some((watch, Query::parse_with(&watch.query, names).ok()?)));
    let revision = |(watch, query): (&WatchSpec, Query)| Revision {
        watch: watch.id.clone(),
        revision: revision_of(&query, names, watch.homographs),
        query: watch.query.clone(),
        meaning: query.written_out(names).to_string(),
    };
    parsed.map(revision).collect()
}

/// Another list of names or homographs is another revision.
fn revision_of(query: &Query, names: &Names, homographs: Homographs) -> String {
    let mut text = query.written_out(names).to_string();
    query.root.each_leaf(false, &mut |leaf, _| {
        if let Node::Group { name, .. } = leaf
            && let Some(group) = names.get(name)
        {
            text.push_str(&format!("\n@{name} {homographs:?} {:?}", group.written.homographs));
        }
    });
    crate::model::watch::revision(&text)
}

#[derive(PartialEq, Eq, Hash)]
struct LeafKey {
    term: String,
    scope: Option<Scope>,
}

struct Compiler<'n> {
    names: &'n Names,
    parts: Parts,
    leaves: Vec<Leaf>,
    known: HashMap<LeafKey, LeafId>,
    /// How often each leaf stands in the queries.
    references: Vec<u32>,
    homographs: Homographs,
}

impl Compiler<'_> {
    fn gates(&mut self, sides: &[Node], scope: Option<Scope>) -> Vec<Gate> {
        sides.iter().map(|side| self.gate(side, scope)).collect()
    }

    fn gate(&mut self, node: &Node, scope: Option<Scope>) -> Gate {
        match node {
            Node::And(sides) => {
                let (mut all, mut none) = (vec![], vec![]);
                for side in sides {
                    match side {
                        Node::Not(inner) => none.push(self.gate(inner, scope)),
                        side => all.push(self.gate(side, scope)),
                    }
                }
                Gate::And { all, none }
            }
            Node::Or(sides) => Gate::Or(self.gates(sides, scope)),
            Node::Not(inner) => Gate::Not(Box::new(self.gate(inner, scope))),
            Node::Near { left, right, words } => {
                let (left, right) = (Box::new(self.gate(left, scope)), Box::new(self.gate(right, scope)));
                Gate::Near { left, right, words: *words }
            }
            Node::Scope { scope: inner_scope, inner } => {
                // title:(a body:b) asks for b where it cannot be: the inner field holds.
                self.gate(inner, Some(*inner_scope))
            }
            Node::Source(host) => Gate::Source(host.clone()),
            Node::Lang(lang) => Gate::Lang(lang.clone()),
            Node::Term(term) => Gate::Leaf(self.leaf(term, scope)),
            Node::Group { name, weight, .. } => self.group(name, weight.0, scope),
            Node::Minimum { count, of } => Gate::Minimum { count: *count, of: self.gates(of, scope) },
        }
    }

    fn group(&mut self, name: &str, weight: u16, scope: Option<Scope>) -> Gate {
        let Some(group) = self.names.get(name) else { return Gate::Or(vec![]) };
        let terms = group.terms.iter().map(|node| match node {
            Node::Term(term) => Node::Term(Term { weight: super::query::Weight(weight), ..term.clone() }),
            other => other.clone(),
        });
        let terms: Vec<Node> = terms.collect();
        let any = Gate::Or(self.gates(&terms, scope));
        let homographs = match self.homographs {
            Homographs::Keep => vec![],
            Homographs::Lower | Homographs::Exclude => self.gates(&group.homographs, scope),
        };
        let excluded = self.homographs == Homographs::Exclude;
        Gate::Group { name: name.into(), any: Box::new(any), homographs, excluded }
    }

    fn leaf(&mut self, term: &Term, scope: Option<Scope>) -> LeafId {
        let key = LeafKey { term: term.to_string(), scope };
        if let Some(id) = self.known.get(&key).copied() {
            self.references[id as usize] += 1;
            return id;
        }
        let readings = term::readings(term)
            .into_iter()
            .map(|reading| reading.into_iter().map(|part: Part| self.parts.add(part)).collect::<Box<[PartId]>>());
        let readings: Box<[Box<[PartId]>]> = readings.collect();
        let id = self.leaves.len() as LeafId;
        let shown = Term { weight: super::query::Weight::ONE, ..term.clone() }.to_string();
        self.leaves.push(Leaf { shown: shown.into(), readings, scope, weight: term.weight.factor() });
        self.references.push(1);
        self.known.insert(key, id);
        id
    }

    fn finish(mut self, watches: Vec<Watch>, arms: Vec<Arm>) -> WatchSet {
        let count = self.parts.count();
        self.parts.finish();
        // What a part costs as an anchor: how often it will be found, for all that is known, times what hangs on it. Short
        // words are common; so is a word that many queries hold.
        let mut uses = vec![0u64; count];
        for (leaf, references) in self.leaves.iter().zip(&self.references) {
            for part in leaf.readings.iter().flatten() {
                uses[*part as usize] += u64::from(*references);
            }
        }
        let uses: Vec<u64> = (0..).zip(uses).map(|(part, uses)| uses * self.parts.commonness(part)).collect();
        let (leaves_of, costs) = candidates(&self.leaves, &uses);
        let (arms_of, always) = hung(&arms, &costs, self.leaves.len());
        let asks_beside_terms = arms.iter().any(|arm| match &arm.gate {
            Gate::And { all, .. } => all.iter().any(|side| anchors(side, &costs).is_none()),
            gate => anchors(gate, &costs).is_none(),
        });
        let (parts, leaves) = (self.parts, self.leaves);
        WatchSet {
            watches,
            parts,
            leaves,
            arms,
            leaves_of,
            arms_of,
            always,
            asks_beside_terms,
            shares: OnceLock::new(),
            pool: Mutex::default(),
        }
    }
}

/// For each part, the leaves of which a reading has it as its cheapest; and what looking for each leaf costs.
fn candidates(leaves: &[Leaf], uses: &[u64]) -> (Lists<Candidate>, Vec<u64>) {
    let mut candidates: Vec<(PartId, Candidate)> = vec![];
    let mut costs = vec![];
    for (id, leaf) in (0..).zip(leaves) {
        let mut cost = 0u64;
        for reading in &leaf.readings {
            let cheapest = |parts: &mut dyn Iterator<Item = PartId>| parts.min_by_key(|part| uses[*part as usize]);
            let Some(anchor) = cheapest(&mut reading.iter().copied()) else { continue };
            let other = cheapest(&mut reading.iter().copied().filter(|part| *part != anchor));
            let is_all = reading.len() == 1 && leaf.scope.is_none();
            let other = if is_all { ALONE } else { other.unwrap_or(anchor) };
            candidates.push((anchor, Candidate { leaf: id, other }));
            cost += uses[anchor as usize];
        }
        costs.push(cost);
    }
    candidates.dedup();
    (Lists::of(uses.len(), &candidates), costs)
}

/// For each leaf the arms that hang on it, and the arms that hang on none.
fn hung(arms: &[Arm], costs: &[u64], leaves: usize) -> (Lists<Hung>, Vec<ArmId>) {
    let mut hung: Vec<(LeafId, Hung)> = vec![];
    let mut always = vec![];
    for (arm, Arm { gate, .. }) in (0..).zip(arms) {
        let alone = matches!(gate, Gate::Leaf(_));
        match anchors(gate, costs) {
            Some((_, mut leaves)) => {
                leaves.sort_unstable();
                leaves.dedup();
                hung.extend(leaves.into_iter().map(|leaf| (leaf, Hung { arm, alone })));
            }
            None => always.push(arm),
        }
    }
    (Lists::of(leaves, &hung), always)
}

/// Leaves of which a text must hold one for the gate to be met, with what looking for them costs; `None`: it may be met
/// without any.
fn anchors(gate: &Gate, costs: &[u64]) -> Option<(u64, Vec<LeafId>)> {
    let cheapest = |gates: &mut dyn Iterator<Item = &Gate>| {
        gates.filter_map(|gate| anchors(gate, costs)).min_by_key(|(cost, _)| *cost)
    };
    match gate {
        Gate::Leaf(leaf) => Some((costs[*leaf as usize], vec![*leaf])),
        Gate::And { all, .. } => cheapest(&mut all.iter()),
        Gate::Near { left, right, .. } => cheapest(&mut [left.as_ref(), right.as_ref()].into_iter()),
        Gate::Or(sides) | Gate::Minimum { of: sides, .. } => {
            let mut all = (0, vec![]);
            for side in sides {
                let (cost, leaves) = anchors(side, costs)?;
                all.0 += cost;
                all.1.extend(leaves);
            }
            Some(all)
        }
        Gate::Group { any, .. } => anchors(any, costs),
        Gate::Not(_) | Gate::Source(_) | Gate::Lang(_) => None,
    }
}
