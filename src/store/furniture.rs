//! What was learnt of hosts' pages: packed by who learns it, a row a host.

use std::collections::HashMap;

use super::Store;
use super::error::StoreError;
use super::statement::{Bind, binds};
use crate::model::time::Timestamp;

pub(super) const LEARNT: &str = "SELECT host, lines FROM furniture WHERE host IN ({list})";

const KEEP: &str = "\
    INSERT INTO furniture (host, learnt_at, lines) VALUES {rows}
    ON CONFLICT (host) DO UPDATE SET learnt_at = excluded.learnt_at, lines = excluded.lines";

pub(super) const FORGET: &str = "DELETE FROM furniture WHERE learnt_at < $1";

impl Store {
    /// Returns what was learnt of these hosts, by host; nothing for those that are not known.
    pub async fn furniture(&self, hosts: &[String]) -> Result<HashMap<String, Vec<u8>>, StoreError> {
        let list: Vec<Bind<'_>> = hosts.iter().map(Bind::from).collect();
        let rows = self.database().rows_in("reading what was learnt of pages", LEARNT, &[], &list).await?;
        rows.iter().map(|row| Ok((row.text("host")?, row.bytes("lines")?))).collect()
    }

    /// Keeps what was learnt of hosts in place of what was known. Of two machines that learn of one host at a time, the
    /// later one's word holds.
    pub async fn keep_furniture(&self, learnt: &[(String, Vec<u8>)], at: Timestamp) -> Result<(), StoreError> {
        let mut writer = self.database().writer("keeping what was learnt of pages").await?;
        let mut tx = writer.begin().await?;
        let rows: Vec<_> = learnt.iter().map(|(host, lines)| binds![host, at, lines]).collect();
        tx.rows_of(KEEP, &rows).await?;
        tx.commit().await
    }
}
