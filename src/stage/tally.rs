//! What this process did so far: counted for the operator's metrics, and for the summary of one cycle.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::model::delivery::DeliveryState;
use crate::ops::metrics::{DeliveryOutcome, Metrics, PollOutcome};

/// Counting needs no lock.
#[derive(Debug, Default)]
pub struct Tally {
    metrics: Arc<Metrics>,
    polled: AtomicU64,
    unchanged: AtomicU64,
    failed_polls: AtomicU64,
    new: AtomicU64,
    processed: AtomicU64,
    matched: AtomicU64,
    digests: AtomicU64,
    sent: AtomicU64,
    failed: AtomicU64,
}

/// The counts at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub polled: u64,
    pub unchanged: u64,
    pub failed_polls: u64,
    pub new: u64,
    pub processed: u64,
    pub matched: u64,
    pub digests: u64,
    pub sent: u64,
    pub failed: u64,
}

fn add(counter: &AtomicU64, count: u64) {
    counter.fetch_add(count, Ordering::Relaxed);
}

impl Tally {
    pub fn new(metrics: Arc<Metrics>) -> Tally {
        Tally { metrics, ..Tally::default() }
    }

    pub fn counts(&self) -> Counts {
        let get = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            polled: get(&self.polled),
            unchanged: get(&self.unchanged),
            failed_polls: get(&self.failed_polls),
            new: get(&self.new),
            processed: get(&self.processed),
            matched: get(&self.matched),
            digests: get(&self.digests),
            sent: get(&self.sent),
            failed: get(&self.failed),
        }
    }

    pub(super) fn polled(&self, outcome: PollOutcome, took: Duration) {
        self.metrics.polled(outcome, took);
        add(&self.polled, 1);
        match outcome {
            PollOutcome::Read => {}
            PollOutcome::Unchanged => add(&self.unchanged, 1),
            PollOutcome::Failed | PollOutcome::Disabled => add(&self.failed_polls, 1),
        }
    }

    pub(super) fn found_entries(&self, new: u64) {
        self.metrics.found_entries(new);
        add(&self.new, new);
    }

    pub(super) fn page_fetched(&self) {
        self.metrics.page_fetched();
    }

    pub(super) fn page_failed(&self) {
        self.metrics.page_failed();
    }

    pub(super) fn processed(&self, hits: usize, took: Duration) {
        self.metrics.processed(hits as u64, took);
        add(&self.processed, 1);
        add(&self.matched, u64::from(hits > 0));
    }

    pub(super) fn composed(&self, reports: usize) {
        self.metrics.composed(reports as u64);
        add(&self.digests, 1);
    }

    pub(super) fn dispatched(&self, state: &DeliveryState) {
        let outcome = match state {
            DeliveryState::Sent { .. } => DeliveryOutcome::Sent,
            DeliveryState::Queued { .. } | DeliveryState::Leased { .. } => DeliveryOutcome::Delayed,
            DeliveryState::Failed { .. } | DeliveryState::Dropped => DeliveryOutcome::Failed,
        };
        self.metrics.dispatched(outcome);
        match outcome {
            DeliveryOutcome::Sent => add(&self.sent, 1),
            DeliveryOutcome::Failed => add(&self.failed, 1),
            DeliveryOutcome::Delayed => {}
        }
    }
}
