//! Whether every loop still turns.
//!
//! A loop says how long it may be silent, and beats each time it comes round. `/healthz` says yes only while none is
//! silent for longer. The database is one of them: whoever asks it beats when it has answered well. The service
//! manager's watchdog is fed while the loops turn, whatever the database says: a full disk is not mended by a restart,
//! which would only forget what mail servers have answered meanwhile.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;

use crate::model::time::Timestamp;

/// Clones share the state.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<Mutex<BTreeMap<&'static str, Pulse>>>);

#[derive(Clone, Copy, Debug)]
struct Pulse {
    last: Timestamp,
    longest_silence: Duration,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum Verdict {
    Healthy,
    /// `which` was last heard at `since`; the one that is overdue longest.
    Stuck {
        which: String,
        since: Timestamp,
    },
}

impl Verdict {
    pub fn is_healthy(&self) -> bool {
        *self == Verdict::Healthy
    }
}

impl Health {
    pub fn new() -> Health {
        Health::default()
    }

    /// From now on `which` must beat at least this often. The time runs from `now`.
    pub fn expect(&self, which: &'static str, longest_silence: Duration, now: Timestamp) {
        self.pulses().insert(which, Pulse { last: now, longest_silence });
    }

    /// `which` came to its end as it should; nobody waits for it any more.
    pub fn dismiss(&self, which: &'static str) {
        self.pulses().remove(which);
    }

    /// `which` turns. One that was not announced is nobody's concern.
    pub fn beat(&self, which: &'static str, now: Timestamp) {
        if let Some(pulse) = self.pulses().get_mut(which) {
            pulse.last = now;
        }
    }

    /// The verdict on all.
    pub fn verdict(&self, now: Timestamp) -> Verdict {
        self.verdict_on(now, |_| true)
    }

    /// The verdict on those that are asked for.
    pub fn verdict_on(&self, now: Timestamp, asked: impl Fn(&str) -> bool) -> Verdict {
        let overdue = |pulse: &Pulse| now.since(pulse.last).checked_sub(pulse.longest_silence);
        let pulses = self.pulses();
        let longest = pulses
            .iter()
            .filter(|(which, _)| asked(which))
            .filter_map(|(which, pulse)| overdue(pulse).map(|by| (by, which, pulse)))
            .filter(|(by, _, _)| !by.is_zero())
            .max_by_key(|(by, _, _)| *by);
        match longest {
            Some((_, which, pulse)) => Verdict::Stuck { which: (*which).to_owned(), since: pulse.last },
            None => Verdict::Healthy,
        }
    }

    /// The values are plain; one that panicked in between left nothing half done.
    fn pulses(&self) -> std::sync::MutexGuard<'_, BTreeMap<&'static str, Pulse>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_millis(1_000_000);

    fn after(seconds: u64) -> Timestamp {
        START.plus(Duration::from_secs(seconds))
    }

    #[test]
    fn a_loop_that_falls_silent_is_named_with_when_it_was_last_heard() {
        let health = Health::new();
        health.expect("poll", Duration::from_secs(60), START);
        health.expect("dispatch", Duration::from_secs(600), START);
        health.beat("poll", after(30));
        assert_eq!(health.verdict(after(90)), Verdict::Healthy);
        assert_eq!(health.verdict(after(91)), Verdict::Stuck { which: "poll".to_owned(), since: after(30) });
        health.beat("poll", after(92));
        assert_eq!(health.verdict(after(93)), Verdict::Healthy);
    }

    #[test]
    fn the_longest_overdue_is_named_first() {
        let health = Health::new();
        health.expect("poll", Duration::from_secs(60), START);
        health.expect("database", Duration::from_secs(10), START);
        assert_eq!(health.verdict(after(100)), Verdict::Stuck { which: "database".to_owned(), since: START });
        health.dismiss("database");
        assert_eq!(health.verdict(after(100)), Verdict::Stuck { which: "poll".to_owned(), since: START });
    }

    #[test]
    fn a_clock_set_back_makes_nobody_stuck() {
        let health = Health::new();
        health.expect("poll", Duration::from_secs(60), after(1_000));
        assert_eq!(health.verdict(START), Verdict::Healthy);
    }
}
