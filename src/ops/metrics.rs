//! Counts of what was done, in Prometheus' words.
//!
//! Labels are closed sets: no feed, watch or recipient is named, so nothing private can leak and nothing grows.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::model::alarm::AlarmKind;

/// What [`Metrics::encode`] writes.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Outcome = [(&'static str, &'static str); 1];
type Level = Gauge<u64, AtomicU64>;

/// How a poll ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollOutcome {
    Read,
    Unchanged,
    Failed,
    /// The feed is gone for good.
    Disabled,
}

/// How an attempt to send ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryOutcome {
    Sent,
    /// To be tried again.
    Delayed,
    /// Given up.
    Failed,
}

/// What stands in the database now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Levels {
    pub feeds: u64,
    pub feeds_failing: u64,
    pub feeds_disabled: u64,
    pub entries: u64,
    pub entries_pending: u64,
    pub entries_abandoned: u64,
    pub entries_held: u64,
    pub gaps_open: u64,
    /// In the order of [`AlarmKind::ALL`].
    pub alarms: [u64; AlarmKind::ALL.len()],
    pub reports_waiting: u64,
    pub deliveries_queued: u64,
    pub deliveries_failed: u64,
    pub recipients_paused: u64,
    /// Whose mails cannot be encrypted and wait.
    pub recipients_held: u64,
}

/// All of them; counting needs no lock.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    polls: Family<Outcome, Counter>,
    entries_new: Counter,
    pages: Family<Outcome, Counter>,
    articles: Counter,
    hits: Counter,
    digests: Counter,
    reports: Counter,
    deliveries: Family<Outcome, Counter>,
    poll_seconds: Histogram,
    process_seconds: Histogram,
    feeds: Family<Outcome, Level>,
    entries: Family<Outcome, Level>,
    alarms: Family<Outcome, Level>,
    gaps_open: Level,
    reports_waiting: Level,
    outbox: Family<Outcome, Level>,
    recipients: Family<Outcome, Level>,
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics::new()
    }
}

impl Metrics {
    pub fn new() -> Metrics {
        // From 5 ms to 80 s, and from 1 ms to 16 s.
        let mut metrics = Metrics {
            registry: Registry::with_prefix("newsvigil"),
            polls: Family::default(),
            entries_new: Counter::default(),
            pages: Family::default(),
            articles: Counter::default(),
            hits: Counter::default(),
            digests: Counter::default(),
            reports: Counter::default(),
            deliveries: Family::default(),
            poll_seconds: Histogram::new(exponential_buckets(0.005, 2.0, 15)),
            process_seconds: Histogram::new(exponential_buckets(0.001, 2.0, 15)),
            feeds: Family::default(),
            entries: Family::default(),
            alarms: Family::default(),
            gaps_open: Level::default(),
            reports_waiting: Level::default(),
            outbox: Family::default(),
            recipients: Family::default(),
        };
        metrics.register_counters();
        metrics.register_levels();
        metrics.begin_at_zero();
        metrics
    }

    fn register_counters(&mut self) {
        let registry = &mut self.registry;
        registry.register("build", "The program", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        registry.register("polls", "Polls of feeds, by how they ended", self.polls.clone());
        registry.register("entries_new", "Entries seen for the first time", self.entries_new.clone());
        registry.register("pages", "Pages asked for, by how it ended", self.pages.clone());
        registry.register("articles", "Articles cleaned and matched", self.articles.clone());
        registry.register("hits", "Watches found in articles", self.hits.clone());
        registry.register("digests", "Digests composed", self.digests.clone());
        registry.register("reports", "Reports put into digests", self.reports.clone());
        registry.register("deliveries", "Attempts to send, by how they ended", self.deliveries.clone());
        registry.register("poll_seconds", "Time a poll took", self.poll_seconds.clone());
        registry.register("process_seconds", "Time an entry took, its page included", self.process_seconds.clone());
    }

    fn register_levels(&mut self) {
        let registry = &mut self.registry;
        registry.register("feeds", "Feeds, by state", self.feeds.clone());
        registry.register("entries_stored", "Entries in the database, by state", self.entries.clone());
        registry.register("alarms", "Alarms about feeds that are not over, by kind", self.alarms.clone());
        registry.register("gaps_open", "Gaps in what was seen of feeds that are being filled", self.gaps_open.clone());
        registry.register("reports_waiting", "Reports that wait for a digest", self.reports_waiting.clone());
        registry.register("outbox", "Deliveries that are not sent, by state", self.outbox.clone());
        registry.register("recipients", "Recipients who get no mails, by why", self.recipients.clone());
    }

    /// A count that appears only with its first event cannot be compared with what was before.
    fn begin_at_zero(&self) {
        for outcome in ["read", "unchanged", "failed", "disabled"] {
            drop(self.polls.get_or_create(&[("outcome", outcome)]));
        }
        for outcome in ["fetched", "failed"] {
            drop(self.pages.get_or_create(&[("outcome", outcome)]));
        }
        for outcome in ["sent", "delayed", "failed"] {
            drop(self.deliveries.get_or_create(&[("outcome", outcome)]));
        }
        self.set_levels(&Levels::default());
    }

    pub fn polled(&self, outcome: PollOutcome, took: Duration) {
        let outcome = match outcome {
            PollOutcome::Read => "read",
            PollOutcome::Unchanged => "unchanged",
            PollOutcome::Failed => "failed",
            PollOutcome::Disabled => "disabled",
        };
        self.polls.get_or_create(&[("outcome", outcome)]).inc();
        self.poll_seconds.observe(took.as_secs_f64());
    }

    pub fn found_entries(&self, new: u64) {
        self.entries_new.inc_by(new);
    }

    pub fn page_fetched(&self) {
        self.pages.get_or_create(&[("outcome", "fetched")]).inc();
    }

    pub fn page_failed(&self) {
        self.pages.get_or_create(&[("outcome", "failed")]).inc();
    }

    pub fn processed(&self, hits: u64, took: Duration) {
        self.articles.inc();
        self.hits.inc_by(hits);
        self.process_seconds.observe(took.as_secs_f64());
    }

    pub fn composed(&self, reports: u64) {
        self.digests.inc();
        self.reports.inc_by(reports);
    }

    pub fn dispatched(&self, outcome: DeliveryOutcome) {
        let outcome = match outcome {
            DeliveryOutcome::Sent => "sent",
            DeliveryOutcome::Delayed => "delayed",
            DeliveryOutcome::Failed => "failed",
        };
        self.deliveries.get_or_create(&[("outcome", outcome)]).inc();
    }

    pub fn set_levels(&self, levels: &Levels) {
        let set = |family: &Family<Outcome, Level>, state: &'static str, value: u64| {
            family.get_or_create(&[("state", state)]).set(value);
        };
        set(&self.feeds, "configured", levels.feeds);
        set(&self.feeds, "failing", levels.feeds_failing);
        set(&self.feeds, "disabled", levels.feeds_disabled);
        set(&self.entries, "all", levels.entries);
        set(&self.entries, "pending", levels.entries_pending);
        set(&self.entries, "abandoned", levels.entries_abandoned);
        set(&self.entries, "held", levels.entries_held);
        for (kind, count) in AlarmKind::ALL.into_iter().zip(levels.alarms) {
            self.alarms.get_or_create(&[("kind", kind.as_str())]).set(count);
        }
        self.gaps_open.set(levels.gaps_open);
        self.reports_waiting.set(levels.reports_waiting);
        set(&self.outbox, "queued", levels.deliveries_queued);
        set(&self.outbox, "failed", levels.deliveries_failed);
        set(&self.recipients, "paused", levels.recipients_paused);
        set(&self.recipients, "held", levels.recipients_held);
    }

    /// Returns everything as OpenMetrics text.
    pub fn encode(&self) -> String {
        let mut text = String::new();
        // Writing to a string fails only if a value refuses to be written, which none of ours does.
        if encode(&mut text, &self.registry).is_err() {
            text.clear();
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_is_there_before_its_first_event() {
        insta::assert_snapshot!(without_buckets(&Metrics::new().encode()));
    }

    #[test]
    fn what_was_done_is_counted() {
        let metrics = Metrics::new();
        metrics.polled(PollOutcome::Read, Duration::from_millis(20));
        metrics.polled(PollOutcome::Failed, Duration::from_secs(90));
        metrics.found_entries(12);
        metrics.processed(2, Duration::from_millis(3));
        metrics.dispatched(DeliveryOutcome::Delayed);
        metrics.set_levels(&Levels { feeds: 7, deliveries_queued: 1, ..Levels::default() });
        let text = metrics.encode();
        for line in [
            "newsvigil_polls_total{outcome=\"read\"} 1",
            "newsvigil_polls_total{outcome=\"failed\"} 1",
            "newsvigil_polls_total{outcome=\"unchanged\"} 0",
            "newsvigil_entries_new_total 12",
            "newsvigil_hits_total 2",
            "newsvigil_poll_seconds_count 2",
            "newsvigil_deliveries_total{outcome=\"delayed\"} 1",
            "newsvigil_feeds{state=\"configured\"} 7",
            "newsvigil_outbox{state=\"queued\"} 1",
        ] {
            assert!(text.lines().any(|given| given == line), "no line {line} in\n{text}");
        }
    }

    fn without_buckets(text: &str) -> String {
        let mut blocks: Vec<String> = Vec::new();
        for line in text.lines().filter(|line| !line.contains("_bucket{")) {
            if line.starts_with("# HELP") || line.starts_with("# EOF") {
                blocks.push(String::new());
            }
            if let Some(block) = blocks.last_mut() {
                block.push_str(line);
                block.push('\n');
            }
        }
        // Within a family the order is that of a hash map.
        for block in &mut blocks {
            let mut lines: Vec<&str> = block.lines().collect();
            let head = lines.iter().take_while(|line| line.starts_with('#')).count();
            lines[head..].sort_unstable();
            *block = lines.join("\n");
        }
        blocks.join("\n")
    }
}
