//! `recipients`: who gets digests, when, and what waits for them.

use std::collections::HashMap;
use std::path::Path;

use clap::Args as ClapArgs;
use jiff::civil::Time;
use serde::Serialize;

use super::{Exit, setup, table};
use crate::model::id::{RecipientId, WatchId};
use crate::model::recipient::{Recipient, Rhythm};
use crate::model::time::Timestamp;

/// List the recipients: what they follow, when their next digest is due, what waits in it
#[derive(ClapArgs, Debug)]
pub struct Args {
    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Row {
    id: RecipientId,
    email: String,
    watches: Vec<WatchId>,
    rhythm: String,
    next_due: Option<Timestamp>,
    waiting: u64,
    digests: u64,
}

pub fn run(config: Option<&Path>, args: Args) -> anyhow::Result<Exit> {
    let settings = setup::settings(config)?;
    let stored = setup::with_store(&settings, async |store| store.recipients().await)?;
    let stored: HashMap<_, _> = stored.into_iter().map(|status| (status.id.clone(), status)).collect();
    let rows: Vec<Row> = settings
        .recipients
        .iter()
        .map(|recipient| {
            let status = stored.get(&recipient.id);
            Row {
                id: recipient.id.clone(),
                email: recipient.email.clone(),
                watches: recipient.watches.clone(),
                rhythm: rhythm(recipient),
                next_due: status.map(|status| status.next_due).filter(|due| *due != Timestamp::NEVER),
                waiting: status.map_or(0, |status| status.waiting),
                digests: status.map_or(0, |status| status.editions),
            }
        })
        .collect();
    if args.json {
        table::print_json(&rows)?;
        return Ok(Exit::Done);
    }
    let cells = rows.iter().map(|row| {
        let watches: Vec<_> = row.watches.iter().map(WatchId::as_str).collect();
        vec![
            row.id.to_string(),
            row.email.clone(),
            row.rhythm.clone(),
            table::when(row.next_due),
            row.waiting.to_string(),
            row.digests.to_string(),
            watches.join(", "),
        ]
    });
    table::print(&["RECIPIENT", "ADDRESS", "DIGEST", "NEXT", "WAITING", "SENT", "WATCHES"], cells.collect())?;
    Ok(Exit::Done)
}

fn rhythm(recipient: &Recipient) -> String {
    match &recipient.rhythm {
        Rhythm::Immediately => "immediately".to_owned(),
        Rhythm::Daily { at } => times(at, recipient),
        Rhythm::Weekly { on, at } => {
            let days: Vec<_> = on.iter().map(|day| format!("{day:?}")[..3].to_lowercase()).collect();
            format!("{} {}", days.join(" "), times(at, recipient))
        }
    }
}

fn times(at: &[Time], recipient: &Recipient) -> String {
    let times: Vec<_> = at.iter().map(|time| time.strftime("%H:%M").to_string()).collect();
    format!("{} {}", times.join(" "), recipient.zone.iana_name().unwrap_or("UTC"))
}
