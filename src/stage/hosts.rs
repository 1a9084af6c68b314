//! What is known and learnt of the hosts of pages while entries are processed.
//!
//! Looked up for a batch of entries at once, learnt in memory, kept once for many pages. A crash loses what was learnt of
//! the last pages, which come to be learnt again from others; it never counts a page twice, for a host's counts and
//! the reports that they come from are kept together.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::Desk;
use crate::extract::{Furniture, PageLines};
use crate::model::entry::ClaimedEntry;
use crate::model::time::Timestamp;
use crate::store::StoreError;

/// Pages learnt from before what was learnt is kept.
const KEEP_TOGETHER: usize = 256;
/// Hosts held in memory; each takes some 50 kB at most.
const MAX_HOSTS: usize = 500;

#[derive(Default)]
pub struct Hosts {
    known: HashMap<String, Arc<Furniture>>,
    changed: BTreeSet<String>,
    pages: usize,
}

/// The host by which an entry's page is known: its link's, for where that leads is not known before it is asked.
pub fn host(entry: &ClaimedEntry) -> &str {
    let host = entry.entry.link.as_ref().and_then(|link| link.host_str()).unwrap_or_default();
    host.strip_prefix("www.").unwrap_or(host)
}

impl Hosts {
    /// Reads what is known of the hosts of these entries, as far as it was not read before.
    pub async fn look_up(
        &mut self,
        desk: &Desk,
        entries: impl Iterator<Item = &ClaimedEntry>,
    ) -> Result<(), StoreError> {
        let unknown: BTreeSet<String> = entries
            .map(host)
            .filter(|host| !host.is_empty() && !self.known.contains_key(*host))
            .map(str::to_owned)
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        if self.known.len() + unknown.len() > MAX_HOSTS {
            self.keep(desk).await?;
            self.known.clear();
        }
        let unknown: Vec<String> = unknown.into_iter().collect();
        let stored = desk.store.furniture(&unknown).await?;
        let now = desk.clock.now();
        self.known.extend(unknown.into_iter().map(|host| {
            let bytes = stored.get(&host).map(Vec::as_slice).unwrap_or_default();
            let furniture = Arc::new(Furniture::from_bytes(bytes, now));
            (host, furniture)
        }));
        Ok(())
    }

    pub fn furniture(&self, host: &str) -> Arc<Furniture> {
        self.known.get(host).cloned().unwrap_or_default()
    }

    pub fn learn(&mut self, host: &str, page: &PageLines, at: Timestamp) {
        // The host may have left the memory since; then another page of it teaches the same.
        let Some(known) = self.known.get_mut(host).filter(|_| !page.is_empty()) else { return };
        if Arc::make_mut(known).learn(page, at) {
            self.changed.insert(host.to_owned());
            self.pages += 1;
        }
    }

    /// Keeps what was learnt, if that is of many pages by now.
    pub async fn keep_much(&mut self, desk: &Desk) -> Result<(), StoreError> {
        if self.pages < KEEP_TOGETHER { Ok(()) } else { self.keep(desk).await }
    }

    /// Keeps what was learnt.
    pub async fn keep(&mut self, desk: &Desk) -> Result<(), StoreError> {
        if self.changed.is_empty() {
            return Ok(());
        }
        let bytes = |host: &String| Some((host.clone(), self.known.get(host)?.to_bytes()));
        let learnt: Vec<_> = self.changed.iter().filter_map(bytes).collect();
        desk.store.keep_furniture(&learnt, desk.clock.now()).await?;
        self.changed.clear();
        self.pages = 0;
        Ok(())
    }
}
