//! The newest of many, kept within bounds while they arrive.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use crate::model::time::Timestamp;

/// Keeps at most `max` values, the newest by their dates.
///
/// A list without dates grows at its head or at its end, and nobody says at which: of values without one those at both
/// ends are kept, and they are left at least half of the room.
#[derive(Debug)]
pub struct Newest<T> {
    max: usize,
    seen: usize,
    undated_seen: usize,
    dated: BinaryHeap<Reverse<Dated<T>>>,
    first: Vec<(usize, T)>,
    last: VecDeque<(usize, T)>,
}

/// Ordered by date; of equals the one that came first is the newer.
#[derive(Debug)]
struct Dated<T> {
    at: Timestamp,
    order: usize,
    value: T,
}

impl<T> Newest<T> {
    pub fn of(max: usize) -> Newest<T> {
        Newest { max, seen: 0, undated_seen: 0, dated: BinaryHeap::new(), first: vec![], last: VecDeque::new() }
    }

    pub fn add(&mut self, at: Option<Timestamp>, value: T) {
        self.add_with(at, || value);
    }

    /// The same; what is too old for it is not even made.
    pub fn add_with(&mut self, at: Option<Timestamp>, make: impl FnOnce() -> T) {
        let is_full = self.dated.len() >= self.max;
        if is_full && at.is_some_and(|at| self.dated.peek().is_none_or(|Reverse(oldest)| at <= oldest.at)) {
            self.seen += 1;
            return;
        }
        let value = make();
        let order = self.seen;
        self.seen += 1;
        self.undated_seen += usize::from(at.is_none());
        match at {
            Some(at) => {
                self.dated.push(Reverse(Dated { at, order, value }));
                if self.dated.len() > self.max {
                    self.dated.pop();
                }
            }
            None if self.first.len() < self.max.div_ceil(2) => self.first.push((order, value)),
            None => {
                self.last.push_back((order, value));
                if self.last.len() > self.max / 2 {
                    self.last.pop_front();
                }
            }
        }
    }

    /// In the order in which they came, and how many without a date were left out: of those nobody can say that they
    /// are old.
    pub fn kept(mut self) -> (Vec<T>, usize) {
        let undated = self.first.len() + self.last.len();
        let room = self.max.saturating_sub(self.dated.len()).max(undated.min(self.max / 2));
        while self.first.len() + self.last.len() > room {
            if self.first.len() > self.last.len() {
                self.first.pop();
            } else {
                self.last.pop_front();
            }
        }
        let undated = self.first.len() + self.last.len();
        let undated_left_out = self.undated_seen - undated;
        while self.dated.len() + undated > self.max && self.dated.pop().is_some() {}
        let dated = self.dated.into_iter().map(|Reverse(dated)| (dated.order, dated.value));
        let mut all: Vec<(usize, T)> = dated.chain(self.first).chain(self.last).collect();
        all.sort_by_key(|(order, _)| *order);
        (all.into_iter().map(|(_, value)| value).collect(), undated_left_out)
    }
}

impl<T> Dated<T> {
    fn rank(&self) -> (Timestamp, Reverse<usize>) {
        (self.at, Reverse(self.order))
    }
}

impl<T> PartialEq for Dated<T> {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl<T> Eq for Dated<T> {}

impl<T> PartialOrd for Dated<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Dated<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank().cmp(&other.rank())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(max: usize, dates: &[Option<i64>]) -> (Vec<usize>, usize) {
        let mut newest = Newest::of(max);
        for (number, at) in dates.iter().enumerate() {
            newest.add(at.map(Timestamp::from_millis), number);
        }
        newest.kept()
    }

    #[test]
    fn the_newest_are_kept_in_the_order_in_which_they_came() {
        assert_eq!(kept(2, &[Some(1), Some(9), Some(3), Some(9)]), (vec![1, 3], 0));
        assert_eq!(kept(2, &[Some(5), Some(5), Some(5)]), (vec![0, 1], 0));
        assert_eq!(kept(9, &[Some(1), None]), (vec![0, 1], 0));
        assert_eq!(kept(0, &[Some(1), None]), (vec![], 1));
    }

    #[test]
    fn of_a_list_without_dates_both_ends_are_kept() {
        assert_eq!(kept(4, &[None; 9]), (vec![0, 1, 7, 8], 5));
        assert_eq!(kept(3, &[None; 9]), (vec![0, 1, 8], 6));
    }

    #[test]
    fn dates_do_not_crowd_out_what_has_none() {
        let mut dates = vec![Some(1), Some(2), Some(3), Some(4)];
        dates.extend([None; 4]);
        assert_eq!(kept(4, &dates), (vec![2, 3, 4, 7], 2));
        assert_eq!(kept(4, &[Some(1), None, None, None, None]), (vec![0, 1, 2, 4], 1));
    }
}
