//! Holds polls apart in the first minutes of a run: after a stop of hours all feeds are overdue, and must not be asked
//! in the same second.
//!
//! Polls are begun in the order of their claims, so a program that dies again and again goes on where it was.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::schedule;

/// At rest until [`Ramp::begin`].
#[derive(Default)]
pub struct Ramp(Mutex<Option<Climb>>);

struct Climb {
    feeds: usize,
    begun: Instant,
    next: Instant,
}

impl Ramp {
    /// The run begins now, with so many feeds.
    pub fn begin(&self, feeds: usize) {
        let now = Instant::now();
        *self.lock() = Some(Climb { feeds, begun: now, next: now });
    }

    /// Waits until the next poll may begin; false if the program is to stop before.
    pub async fn wait(&self, stop: &CancellationToken) -> bool {
        let Some(start) = self.reserve() else { return true };
        tokio::select! {
            () = sleep_until(start) => true,
            () = stop.cancelled() => false,
        }
    }

    fn reserve(&self) -> Option<Instant> {
        let mut climb = self.lock();
        let now = Instant::now();
        let current = climb.as_mut()?;
        let gap = schedule::start_gap(current.feeds, now.duration_since(current.begun));
        if gap == Duration::ZERO {
            *climb = None;
            return None;
        }
        let start = current.next.max(now);
        current.next = start + gap;
        Some(start)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Climb>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn polls_after_the_start_are_begun_apart_and_later_ones_at_once() {
        let (ramp, stop) = (Ramp::default(), CancellationToken::new());
        ramp.begin(20);
        let begun = Instant::now();
        for _ in 0..20 {
            assert!(ramp.wait(&stop).await);
        }
        assert_eq!(begun.elapsed(), Duration::from_millis(1_900));
        tokio::time::advance(Duration::from_millis(100)).await;
        for _ in 0..20 {
            assert!(ramp.wait(&stop).await);
        }
        assert_eq!(begun.elapsed(), Duration::from_secs(2));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_is_not_waited_out() {
        let (ramp, stop) = (Ramp::default(), CancellationToken::new());
        ramp.begin(1_000);
        assert!(ramp.wait(&stop).await);
        stop.cancel();
        assert!(!ramp.wait(&stop).await);
    }
}
