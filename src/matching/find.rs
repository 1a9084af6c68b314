//! One pass over a text, then only the watches that it may meet.

use super::Text;
use super::fold::Alphabet;
use super::forms::Langs;
use super::index::{ALONE, ArmId, Candidate, Hung, LeafId, WatchSet};
use super::memo::Memo;
use super::parts::PartId;
use super::scan::Scanned;
use crate::model::watch::Field;

/// Room to work in, kept from text to text.
pub struct Workspace {
    memo: Memo,
    title: Scanned,
    body: Scanned,
    /// Counts texts: what bears another number is of an earlier one.
    stamp: u32,
    heads: Vec<Head>,
    found: Vec<Found>,
    touched: Vec<PartId>,
    leaves: Vec<(u32, bool)>,
    arms: Vec<u32>,
}

/// The first and last of a part's places in `found`.
#[derive(Clone, Copy, Default)]
struct Head {
    stamp: u32,
    first: u32,
    last: u32,
}

struct Found {
    place: PartPlace,
    next: u32,
}

const END: u32 = u32::MAX;

/// Where a part stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartPlace {
    pub field: Field,
    /// Numbers of its first and last word.
    pub first: u32,
    pub last: u32,
    /// Bytes of the field.
    pub start: u32,
    pub end: u32,
    /// It begins where a word begins.
    pub opens: bool,
}

impl Workspace {
    fn new(parts: usize, leaves: usize, arms: usize) -> Workspace {
        Workspace {
            memo: Memo::new(),
            title: Scanned::default(),
            body: Scanned::default(),
            stamp: 0,
            heads: vec![Head::default(); parts],
            found: vec![],
            touched: vec![],
            leaves: vec![(0, false); leaves],
            arms: vec![0; arms],
        }
    }

    fn begin(&mut self) {
        self.found.clear();
        self.touched.clear();
        self.stamp = self.stamp.wrapping_add(1);
        if self.stamp == 0 {
            self.heads.fill(Head::default());
            self.leaves.fill((0, false));
            self.arms.fill(0);
            self.stamp = 1;
        }
    }

    fn scanned(&self, field: Field) -> &Scanned {
        match field {
            Field::Title => &self.title,
            Field::Body => &self.body,
        }
    }
}

/// A text that was read, with the set that is to be found in it.
pub struct Reading<'s, 't> {
    pub set: &'s WatchSet,
    pub text: &'s Text<'t>,
    workspace: Option<Workspace>,
    source: String,
    lang: String,
}

impl Drop for Reading<'_, '_> {
    fn drop(&mut self) {
        if let (Some(workspace), Ok(mut pool)) = (self.workspace.take(), self.set.pool.lock()) {
            pool.push(workspace);
        }
    }
}

impl<'s, 't> Reading<'s, 't> {
    pub fn of(set: &'s WatchSet, text: &'s Text<'t>) -> Reading<'s, 't> {
        let kept = set.pool.lock().ok().and_then(|mut pool| pool.pop());
        let new = || Workspace::new(set.parts.count(), set.leaves.len(), set.arms.len());
        let mut workspace = kept.unwrap_or_else(new);
        workspace.begin();
        let langs = Langs::of(text.lang);
        let mut title = std::mem::take(&mut workspace.title);
        title.read(text.title);
        workspace.find(set, text.title, &title, Field::Title, langs);
        workspace.title = title;
        let mut body = std::mem::take(&mut workspace.body);
        body.read(text.body);
        workspace.find(set, text.body, &body, Field::Body, langs);
        workspace.body = body;
        let (source, lang) = (text.source.to_lowercase(), text.lang.to_lowercase());
        Reading { set, text, workspace: Some(workspace), source, lang }
    }

    fn workspace(&self) -> &Workspace {
        self.workspace.as_ref().expect("it is given back only when the reading ends")
    }

    fn workspace_mut(&mut self) -> &mut Workspace {
        self.workspace.as_mut().expect("it is given back only when the reading ends")
    }

    /// The arms that the text meets, in the order of the watches.
    pub fn met_arms(&mut self) -> Vec<ArmId> {
        let set = self.set;
        let mut met = vec![];
        let mut at = 0;
        while let Some(part) = self.workspace().touched.get(at).copied() {
            at += 1;
            for candidate in set.leaves_of.list(part) {
                if self.candidate_met(*candidate) {
                    self.meet_arms(candidate.leaf, &mut met);
                }
            }
        }
        met.extend(set.always.iter().filter(|arm| self.met(&set.arms[**arm as usize].gate)));
        met.sort_unstable();
        met
    }

    /// Whether the text, which holds the leaf's anchor, holds the leaf. Nearly all are ruled out by one look.
    fn candidate_met(&mut self, candidate: Candidate) -> bool {
        let Candidate { leaf, other } = candidate;
        if other == ALONE {
            let workspace = self.workspace_mut();
            workspace.leaves[leaf as usize] = (workspace.stamp, true);
            return true;
        }
        self.has_part(other) && self.leaf_met(leaf)
    }

    /// Adds the arms that the leaf makes true, each once a text.
    fn meet_arms(&mut self, leaf: LeafId, met: &mut Vec<ArmId>) {
        let set = self.set;
        for Hung { arm, alone } in set.arms_of.list(leaf).iter().copied() {
            let workspace = self.workspace_mut();
            let stamp = workspace.stamp;
            let is_new = std::mem::replace(&mut workspace.arms[arm as usize], stamp) != stamp;
            if is_new && (alone || self.met(&set.arms[arm as usize].gate)) {
                met.push(arm);
            }
        }
    }

    /// The leaves that the text holds, after [`Reading::met_arms`] has looked at all that it may hold.
    pub fn met_leaves(&self) -> impl Iterator<Item = LeafId> {
        let workspace = self.workspace();
        (0..).zip(&workspace.leaves).filter(|(_, leaf)| **leaf == (workspace.stamp, true)).map(|(id, _)| id)
    }

    pub fn scanned(&self, field: Field) -> &Scanned {
        self.workspace().scanned(field)
    }

    pub fn is_from(&self, host: &str) -> bool {
        let above = self.source.strip_suffix(host);
        above.is_some_and(|above| above.is_empty() || above.ends_with('.'))
    }

    pub fn is_in(&self, lang: &str) -> bool {
        let region = self.lang.strip_prefix(lang);
        region.is_some_and(|region| region.is_empty() || region.starts_with(['-', '_']))
    }

    /// Whether any part of any term stands in the text.
    pub fn holds_any_part(&self) -> bool {
        !self.workspace().touched.is_empty()
    }

    pub fn has_part(&self, part: PartId) -> bool {
        let workspace = self.workspace();
        workspace.heads[part as usize].stamp == workspace.stamp
    }

    /// Where the part stands, in the order of the text.
    pub fn part_places(&self, part: PartId) -> impl Iterator<Item = PartPlace> {
        let workspace = self.workspace();
        let head = workspace.heads[part as usize];
        let mut next = if head.stamp == workspace.stamp { head.first } else { END };
        std::iter::from_fn(move || {
            let found = workspace.found.get(next as usize)?;
            next = found.next;
            Some(found.place)
        })
    }

    /// Whether the text holds the leaf; looked for once.
    pub fn leaf_met(&mut self, leaf: LeafId) -> bool {
        let stamp = self.workspace().stamp;
        let (seen, met) = self.workspace().leaves[leaf as usize];
        if seen == stamp {
            return met;
        }
        let met = self.has_leaf(leaf);
        self.workspace_mut().leaves[leaf as usize] = (stamp, met);
        met
    }
}

impl WatchSet {
    /// False only if no watch can be met by the text, nor by any part of it.
    pub fn may_be_met(&self, text: &Text<'_>) -> bool {
        let reading = Reading::of(self, text);
        let is_anchor = |part: &PartId| !self.leaves_of.list(*part).is_empty();
        !self.always.is_empty() || reading.workspace().touched.iter().any(is_anchor)
    }
}

impl Workspace {
    fn find(&mut self, set: &WatchSet, text: &str, scanned: &Scanned, field: Field, langs: Langs) {
        let Workspace { memo, heads, found, touched, stamp, .. } = self;
        let mut add = |part: PartId, place: PartPlace| {
            let number = found.len() as u32;
            let head = &mut heads[part as usize];
            if head.stamp == *stamp {
                found[head.last as usize].next = number;
                head.last = number;
            } else {
                *head = Head { stamp: *stamp, first: number, last: number };
                touched.push(part);
            }
            found.push(Found { place, next: END });
        };
        let latin = langs.for_alphabet(Alphabet::Latin);
        for word in &scanned.words {
            let lang = if word.alphabet == Alphabet::Latin { latin } else { langs.for_alphabet(word.alphabet) };
            let raw = &text[word.start as usize..word.end as usize];
            let (first, last, start, end) = (word.first, word.last, word.start, word.end);
            let place = PartPlace { field, first, last, start, end, opens: true };
            let (bytes, span) = (text.as_bytes(), (start as usize, end as usize));
            memo.each(lang, bytes, span, |ids| set.parts.of_word(lang, raw, ids), |part| add(part, place));
        }
        set.parts.each_row(text, scanned, |row| {
            let (Some(first), Some(last)) = (row.cells.first(), row.cells.last()) else { return };
            let opens = first.opens || !first.hangul;
            let place =
                PartPlace { field, first: first.word, last: last.word, start: first.start, end: last.end, opens };
            add(row.part, place);
        });
    }
}
