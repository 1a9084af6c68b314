//! `watches`: what is watched for, and what it found.

use std::collections::HashMap;
use std::path::Path;

use clap::Args as ClapArgs;
use serde::Serialize;

use super::{Exit, setup, table};
use crate::model::id::{RecipientId, WatchId};
use crate::model::time::Timestamp;

/// List the watches: their query, who follows them, what they found
#[derive(ClapArgs, Debug)]
pub struct Args {
    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Row {
    id: WatchId,
    name: String,
    query: String,
    followers: Vec<RecipientId>,
    hits: u64,
    last_hit_at: Option<Timestamp>,
}

pub fn run(config: Option<&Path>, args: Args) -> anyhow::Result<Exit> {
    let settings = setup::settings(config)?;
    let counts = setup::with_store(&settings, async |store| store.watch_counts().await)?;
    let counts: HashMap<_, _> = counts.into_iter().map(|(watch, hits, last)| (watch, (hits, last))).collect();
    let rows: Vec<Row> = settings
        .watches
        .iter()
        .map(|watch| {
            let (hits, last_hit_at) = counts.get(&watch.id).copied().unwrap_or((0, None));
            let followers = settings.recipients.iter().filter(|recipient| recipient.follows(&watch.id));
            Row {
                id: watch.id.clone(),
                name: watch.name.clone(),
                query: watch.query.clone(),
                followers: followers.map(|recipient| recipient.id.clone()).collect(),
                hits,
                last_hit_at,
            }
        })
        .collect();
    if args.json {
        table::print_json(&rows)?;
        return Ok(Exit::Done);
    }
    let cells = rows.iter().map(|row| {
        let followers: Vec<_> = row.followers.iter().map(RecipientId::as_str).collect();
        let followers = table::or_dash(&followers.join(", "));
        vec![
            row.id.to_string(),
            row.name.clone(),
            row.hits.to_string(),
            table::when(row.last_hit_at),
            followers,
            row.query.clone(),
        ]
    });
    table::print(&["WATCH", "NAME", "HITS", "LAST HIT", "FOLLOWED BY", "QUERY"], cells.collect())?;
    Ok(Exit::Done)
}
