//! Counters for `/metrics`, in the format of Prometheus; `once` reads its summary from them.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::model::delivery::DeliveryState;
use crate::model::entry::EntryState;

macro_rules! outcomes {
    ($name:ident { $($variant:ident = $label:literal),+ }) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($variant),+ }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            fn label(self) -> Label {
                match self { $($name::$variant => [("outcome", $label)]),+ }
            }
        }
    };
}

/// One label with its value.
type Label = [(&'static str, &'static str); 1];
type Counters = Family<Label, Counter>;

outcomes!(PollOutcome { Read = "read", Unchanged = "unchanged", Failed = "failed", Disabled = "disabled" });

outcomes!(PageOutcome { Fetched = "fetched", Failed = "failed", GivenUp = "given_up" });

outcomes!(EntryOutcome { Matched = "matched", Unmatched = "unmatched", Duplicate = "duplicate", PageAwaited = "page_awaited" });

outcomes!(DeliveryOutcome { Sent = "sent", Queued = "queued", Failed = "failed" });

/// All counters of one process. Gauges are set when the page is asked for.
pub struct Metrics {
    registry: Registry,
    polls: Counters,
    entries_new: Counter,
    pages: Counters,
    entries: Counters,
    hits: Counter,
    articles_matched: Counter,
    digests: Counter,
    reports: Counter,
    deliveries: Counters,
    store_failures: Counter,
    rows: Family<Label, Gauge<u64, AtomicU64>>,
}

impl Default for Metrics {
    fn default() -> Metrics {
        let mut metrics = Metrics {
            registry: Registry::with_prefix("newsvigil"),
            polls: Family::default(),
            entries_new: Counter::default(),
            pages: Family::default(),
            entries: Family::default(),
            hits: Counter::default(),
            articles_matched: Counter::default(),
            digests: Counter::default(),
            reports: Counter::default(),
            deliveries: Family::default(),
            store_failures: Counter::default(),
            rows: Family::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("polls", "Polls of feeds, by outcome", self.polls.clone());
        registry.register("entries_new", "Entries seen for the first time", self.entries_new.clone());
        registry.register("pages", "Article pages asked for, by outcome", self.pages.clone());
        registry.register("entries_processed", "Entries read and matched, by outcome", self.entries.clone());
        registry.register("hits", "Watches found in articles", self.hits.clone());
        let matched = self.articles_matched.clone();
        registry.register("articles_matched", "Articles in which a watch was found", matched);
        registry.register("digests", "Digests composed", self.digests.clone());
        registry.register("reports", "Reports put into digests", self.reports.clone());
        registry.register("deliveries", "Attempts to hand a mail over, by outcome", self.deliveries.clone());
        registry.register("store_failures", "Rounds of a loop that the database refused", self.store_failures.clone());
        registry.register("rows", "Rows in the database, by what they are", self.rows.clone());
    }

    pub fn poll(&self, outcome: PollOutcome) {
        self.polls.get_or_create(&outcome.label()).inc();
    }

    pub fn entries_new(&self, new: u64) {
        self.entries_new.inc_by(new);
    }

    pub fn page(&self, outcome: PageOutcome) {
        self.pages.get_or_create(&outcome.label()).inc();
    }

    /// An entry's processing was committed.
    pub fn processed(&self, state: &EntryState, hits: usize) {
        let outcome = match state {
            EntryState::Matched => EntryOutcome::Matched,
            EntryState::Duplicate { .. } => EntryOutcome::Duplicate,
            EntryState::Pending { .. } | EntryState::Leased { .. } => EntryOutcome::PageAwaited,
            EntryState::Unmatched | EntryState::Abandoned { .. } => EntryOutcome::Unmatched,
        };
        self.entries.get_or_create(&outcome.label()).inc();
        self.hits.inc_by(hits as u64);
        self.articles_matched.inc_by(u64::from(hits > 0));
    }

    pub fn digest_composed(&self, reports: usize) {
        self.digests.inc();
        self.reports.inc_by(reports as u64);
    }

    /// An attempt to hand a mail over was committed.
    pub fn delivery(&self, state: &DeliveryState) {
        let outcome = match state {
            DeliveryState::Sent { .. } => DeliveryOutcome::Sent,
            DeliveryState::Queued { .. } | DeliveryState::Leased { .. } => DeliveryOutcome::Queued,
            DeliveryState::Failed { .. } | DeliveryState::Dropped => DeliveryOutcome::Failed,
        };
        self.deliveries.get_or_create(&outcome.label()).inc();
    }

    pub fn store_failed(&self) {
        self.store_failures.inc();
    }

    pub fn polls(&self, outcome: PollOutcome) -> u64 {
        self.polls.get_or_create(&outcome.label()).get()
    }

    pub fn new_entries(&self) -> u64 {
        self.entries_new.get()
    }

    pub fn entries(&self, outcome: EntryOutcome) -> u64 {
        self.entries.get_or_create(&outcome.label()).get()
    }

    pub fn articles_matched(&self) -> u64 {
        self.articles_matched.get()
    }

    pub fn digests(&self) -> u64 {
        self.digests.get()
    }

    pub fn deliveries(&self, outcome: DeliveryOutcome) -> u64 {
        self.deliveries.get_or_create(&outcome.label()).get()
    }

    /// The page for a scraper; `rows` are what the database counts now.
    pub fn page_text(&self, rows: &[(&'static str, u64)]) -> String {
        for (of, count) in rows {
            self.rows.get_or_create(&[("of", *of)]).set(*count);
        }
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_stands_on_the_page_by_outcome() {
        let metrics = Metrics::default();
        metrics.poll(PollOutcome::Unchanged);
        metrics.poll(PollOutcome::Unchanged);
        metrics.delivery(&DeliveryState::Sent { reply: "250 ok".into() });
        let page = metrics.page_text(&[("feeds", 7)]);
        assert!(page.contains("newsvigil_polls_total{outcome=\"unchanged\"} 2"), "{page}");
        assert!(page.contains("newsvigil_deliveries_total{outcome=\"sent\"} 1"), "{page}");
        assert!(page.contains("newsvigil_rows{of=\"feeds\"} 7"), "{page}");
        assert!(!page.contains("250 ok"), "replies may name people");
    }
}
