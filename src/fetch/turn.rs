//! Whose turn it is: a cap on requests at a time, overall and for each host, and a gap between two starts at a host.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::model::exchange::Purpose;

/// The queue at every host; clones share it.
#[derive(Clone)]
pub struct Turns {
    overall: Arc<Semaphore>,
    hosts: Arc<Mutex<HashMap<String, Arc<Host>>>>,
    per_host: usize,
    gap: Duration,
}

struct Host {
    slots: Arc<Semaphore>,
    pace: Mutex<Pace>,
}

/// When the next request may start.
struct Pace {
    next: Instant,
    /// What the host's robots.txt asks for, if that is longer than ours.
    gap: Duration,
    pages_rest_until: Instant,
}

/// What is asked for, as far as waiting is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Feed,
    Page,
    Robots,
}

impl Kind {
    pub fn of(purpose: Purpose) -> Kind {
        match purpose {
            Purpose::Feed | Purpose::Listing => Kind::Feed,
            Purpose::Page => Kind::Page,
        }
    }
}

/// Why a request may not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoTurn {
    /// Its turn did not come in time.
    Crowded,
    /// The host asked to be left alone; for how long still.
    Rests(Duration),
}

/// The right to send one request; given back when dropped.
#[derive(Debug)]
pub struct Turn {
    _host: OwnedSemaphorePermit,
    _overall: OwnedSemaphorePermit,
}

/// Hosts remembered before those at rest are forgotten.
const REMEMBERED: usize = 1024;
/// A host that asks one page's request to wait is left alone by those for other pages for this long at most: the page
/// itself waits as long as was asked, and one page's limit must not silence a newsroom.
const LONGEST_REST: Duration = Duration::from_secs(3_600);

impl Turns {
    pub fn new(overall: usize, per_host: usize, gap: Duration) -> Turns {
        Turns {
            overall: Arc::new(Semaphore::new(overall.max(1))),
            hosts: Arc::default(),
            per_host: per_host.max(1),
            gap,
        }
    }

    /// Waits for a place at the host, then for the gap, then for a place overall: who waits for a slow host takes no
    /// place from others.
    pub async fn wait(&self, host: &str, kind: Kind, patience: Duration) -> Result<Turn, NoTurn> {
        let queue = self.queue(host);
        rested(&queue, kind)?;
        let turn = async {
            let at_host = acquire(&queue.slots).await;
            // Who was asked meanwhile may have been told to go away.
            rested(&queue, kind)?;
            let start = self.reserve(&queue, Instant::now() + patience).ok_or(NoTurn::Crowded)?;
            tokio::time::sleep_until(start).await;
            let overall = acquire(&self.overall).await;
            Ok(Turn { _host: at_host, _overall: overall })
        };
        tokio::time::timeout(patience, turn).await.unwrap_or(Err(NoTurn::Crowded))
    }

    /// The host asked to be left alone. A limit on pages is for all of them: there are many, and a client that goes on
    /// is shut out. One on a feed is the feed's own: each is asked seldom, and has its own wait in the database.
    pub fn rest(&self, host: &str, kind: Kind, wait: Duration) {
        if kind != Kind::Feed {
            let queue = self.queue(host);
            let mut pace = lock(&queue.pace);
            pace.pages_rest_until = pace.pages_rest_until.max(Instant::now() + wait.min(LONGEST_REST));
        }
    }

    /// At least this long between two requests to the host from now on.
    pub fn slow_down(&self, host: &str, gap: Duration) {
        lock(&self.queue(host).pace).gap = gap;
    }

    fn queue(&self, host: &str) -> Arc<Host> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= REMEMBERED && !hosts.contains_key(host) {
            let now = Instant::now();
            hosts.retain(|_, queue| Arc::strong_count(queue) > 1 || lock(&queue.pace).is_in_use(now));
        }
        let fresh = || Host { slots: Arc::new(Semaphore::new(self.per_host)), pace: Mutex::new(Pace::new()) };
        Arc::clone(hosts.entry(host.to_owned()).or_insert_with(|| Arc::new(fresh())))
    }

    /// `None`: the start would come after who wants it has given up; it is left to who comes then.
    fn reserve(&self, queue: &Host, gives_up: Instant) -> Option<Instant> {
        let mut pace = lock(&queue.pace);
        let start = pace.next.max(Instant::now());
        if start >= gives_up {
            return None;
        }
        pace.next = start + self.gap.max(pace.gap);
        Some(start)
    }
}

impl Pace {
    fn new() -> Pace {
        let now = Instant::now();
        Pace { next: now, gap: Duration::ZERO, pages_rest_until: now }
    }

    fn is_in_use(&self, now: Instant) -> bool {
        self.next > now || self.pages_rest_until > now
    }
}

fn rested(queue: &Host, kind: Kind) -> Result<(), NoTurn> {
    let left = lock(&queue.pace).pages_rest_until.saturating_duration_since(Instant::now());
    if kind == Kind::Feed || left.is_zero() { Ok(()) } else { Err(NoTurn::Rests(left)) }
}

fn lock(pace: &Mutex<Pace>) -> MutexGuard<'_, Pace> {
    pace.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn acquire(semaphore: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    Arc::clone(semaphore).acquire_owned().await.expect("the semaphore is never closed")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(600);

    async fn feed(turns: &Turns, host: &str) -> Result<Turn, NoTurn> {
        turns.wait(host, Kind::Feed, LONG).await
    }

    #[tokio::test(start_paused = true)]
    async fn two_requests_to_one_host_start_a_gap_apart_and_one_to_another_host_at_once() {
        let turns = Turns::new(8, 1, Duration::from_secs(2));
        let begun = Instant::now();
        drop(feed(&turns, "a.example").await.expect("a turn"));
        drop(feed(&turns, "b.example").await.expect("a turn"));
        assert_eq!(begun.elapsed(), Duration::ZERO);
        drop(feed(&turns, "a.example").await.expect("a turn"));
        assert_eq!(begun.elapsed(), Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_a_host_takes_no_place_from_others() {
        let turns = Turns::new(2, 1, Duration::ZERO);
        let _busy = feed(&turns, "slow.example").await;
        let waiting = tokio::spawn({
            let turns = turns.clone();
            async move { feed(&turns, "slow.example").await }
        });
        tokio::task::yield_now().await;
        let other = tokio::time::timeout(Duration::from_secs(1), feed(&turns, "quick.example")).await;
        assert!(other.is_ok());
        waiting.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_does_not_come_in_time_is_given_up() {
        let turns = Turns::new(2, 1, Duration::ZERO);
        let _busy = feed(&turns, "slow.example").await;
        assert_eq!(feed(&turns, "slow.example").await.err(), Some(NoTurn::Crowded));
    }

    #[tokio::test(start_paused = true)]
    async fn pages_of_a_host_that_wants_to_be_left_alone_wait_for_an_hour_at_most_and_feeds_do_not() {
        let turns = Turns::new(2, 1, Duration::ZERO);
        let page = async |host: &str| turns.wait(host, Kind::Page, LONG).await.err();
        turns.rest("busy.example", Kind::Page, Duration::from_secs(120));
        assert_eq!(page("busy.example").await, Some(NoTurn::Rests(Duration::from_secs(120))));
        assert!(feed(&turns, "busy.example").await.is_ok());
        turns.rest("busy.example", Kind::Page, Duration::from_secs(86_400));
        assert_eq!(page("busy.example").await, Some(NoTurn::Rests(LONGEST_REST)));
        assert_eq!(page("other.example").await, None);
        tokio::time::advance(LONGEST_REST).await;
        assert_eq!(page("busy.example").await, None);
        turns.rest("busy.example", Kind::Feed, Duration::from_secs(120));
        assert_eq!(page("busy.example").await, None, "a feed's limit is its own");
    }

    #[tokio::test(start_paused = true)]
    async fn a_host_that_asks_for_a_longer_gap_gets_it() {
        let turns = Turns::new(8, 1, Duration::from_secs(1));
        turns.slow_down("a.example", Duration::from_secs(10));
        let begun = Instant::now();
        drop(feed(&turns, "a.example").await.expect("a turn"));
        drop(feed(&turns, "a.example").await.expect("a turn"));
        assert_eq!(begun.elapsed(), Duration::from_secs(10));
    }

    #[tokio::test(start_paused = true)]
    async fn hosts_at_rest_are_forgotten() {
        let turns = Turns::new(4, 1, Duration::ZERO);
        for number in 0..5 * REMEMBERED {
            drop(feed(&turns, &format!("h{number}.example")).await.expect("a turn"));
        }
        assert!(turns.hosts.lock().expect("no panic").len() <= REMEMBERED + 1);
    }
}
