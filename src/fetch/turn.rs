//! Whose turn it is: a cap on requests at a time, overall and for each host, and a gap between two starts at a host.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

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
    /// When the next request may start.
    next: Mutex<Instant>,
}

/// The right to send one request; given back when dropped.
pub struct Turn {
    _host: OwnedSemaphorePermit,
    _overall: OwnedSemaphorePermit,
}

/// Hosts remembered before those at rest are forgotten.
const REMEMBERED: usize = 1024;

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
    pub async fn wait(&self, host: &str) -> Turn {
        let queue = self.queue(host);
        let at_host = acquire(&queue.slots).await;
        let start = self.reserve(&queue);
        tokio::time::sleep_until(start).await;
        let overall = acquire(&self.overall).await;
        Turn { _host: at_host, _overall: overall }
    }

    fn queue(&self, host: &str) -> Arc<Host> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= REMEMBERED && !hosts.contains_key(host) {
            let now = Instant::now();
            hosts.retain(|_, queue| Arc::strong_count(queue) > 1 || *lock(&queue.next) > now);
        }
        let fresh = || Host { slots: Arc::new(Semaphore::new(self.per_host)), next: Mutex::new(Instant::now()) };
        Arc::clone(hosts.entry(host.to_owned()).or_insert_with(|| Arc::new(fresh())))
    }

    fn reserve(&self, queue: &Host) -> Instant {
        let mut next = lock(&queue.next);
        let start = (*next).max(Instant::now());
        *next = start + self.gap;
        start
    }
}

fn lock(next: &Mutex<Instant>) -> std::sync::MutexGuard<'_, Instant> {
    next.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn acquire(semaphore: &Arc<Semaphore>) -> OwnedSemaphorePermit {
    Arc::clone(semaphore).acquire_owned().await.expect("the semaphore is never closed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn two_requests_to_one_host_start_a_gap_apart_and_one_to_another_host_at_once() {
        let turns = Turns::new(8, 1, Duration::from_secs(2));
        let begun = Instant::now();
        drop(turns.wait("a.example").await);
        drop(turns.wait("b.example").await);
        assert_eq!(begun.elapsed(), Duration::ZERO);
        drop(turns.wait("a.example").await);
        assert_eq!(begun.elapsed(), Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_a_host_takes_no_place_from_others() {
        let turns = Turns::new(2, 1, Duration::ZERO);
        let _busy = turns.wait("slow.example").await;
        let waiting = tokio::spawn({
            let turns = turns.clone();
            async move { turns.wait("slow.example").await }
        });
        tokio::task::yield_now().await;
        let other = tokio::time::timeout(Duration::from_secs(1), turns.wait("quick.example")).await;
        assert!(other.is_ok());
        waiting.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn hosts_at_rest_are_forgotten() {
        let turns = Turns::new(4, 1, Duration::ZERO);
        for number in 0..5 * REMEMBERED {
            drop(turns.wait(&format!("h{number}.example")).await);
        }
        assert!(turns.hosts.lock().expect("no panic").len() <= REMEMBERED + 1);
    }
}
