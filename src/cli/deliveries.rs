//! `deliveries`: what was mailed, what waits, what failed; and what to do about it.

use std::io::{self, Write as _};
use std::path::Path;

use clap::{Args as ClapArgs, Subcommand};

use super::{Exit, setup, table};
use crate::clock::Clock;
use crate::config::settings::Settings;
use crate::model::delivery::{DeliveryState, DeliveryStatus};
use crate::model::id::DeliveryId;

/// List deliveries; send one again, or give one up
#[derive(ClapArgs, Debug)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// Also those that are done with
    #[arg(long)]
    all: bool,
    /// At most this many, newest first
    #[arg(long, default_value_t = 100, value_name = "N")]
    limit: u32,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Put deliveries to the front of the queue, failed ones too
    Retry {
        #[arg(required = true, value_name = "DELIVERY")]
        ids: Vec<String>,
    },
    /// Give deliveries up: they are not sent
    Drop {
        #[arg(required = true, value_name = "DELIVERY")]
        ids: Vec<String>,
    },
}

pub fn run(config: Option<&Path>, args: Args) -> anyhow::Result<Exit> {
    let settings = setup::settings(config)?;
    match args.action {
        None => list(&settings, args.all, args.limit, args.json),
        Some(Action::Retry { ids }) => change(&settings, ids, "queued", true),
        Some(Action::Drop { ids }) => change(&settings, ids, "dropped", false),
    }
}

fn list(settings: &Settings, all: bool, limit: u32, json: bool) -> anyhow::Result<Exit> {
    let deliveries = setup::with_store(settings, async |store| store.deliveries(!all, limit).await)?;
    if json {
        table::print_json(&deliveries)?;
        return Ok(Exit::Done);
    }
    if deliveries.is_empty() && !all {
        writeln!(io::stdout().lock(), "nothing waits and nothing failed (--all shows what was sent)")?;
        return Ok(Exit::Done);
    }
    let heading = ["DELIVERY", "RECIPIENT", "COMPOSED", "REPORTS", "STATE", "TRIES", "LAST ANSWER"];
    table::print(&heading, deliveries.iter().map(row).collect())?;
    table::tell_zone("times are")?;
    Ok(Exit::Done)
}

fn row(delivery: &DeliveryStatus) -> Vec<String> {
    let state = match &delivery.state {
        DeliveryState::Queued { due } => format!("queued, next try {}", table::when(Some(*due))),
        DeliveryState::Leased { .. } => "being sent".to_owned(),
        DeliveryState::Sent { .. } => "sent".to_owned(),
        DeliveryState::Failed { .. } => "failed".to_owned(),
        DeliveryState::Dropped => "dropped".to_owned(),
    };
    vec![
        delivery.id.to_string(),
        delivery.recipient.to_string(),
        table::when(Some(delivery.composed_at)),
        delivery.reports.to_string(),
        state,
        delivery.attempts.to_string(),
        table::or_dash(&delivery.last_reply),
    ]
}

fn change(settings: &Settings, ids: Vec<String>, done: &str, retry: bool) -> anyhow::Result<Exit> {
    let now = Clock::system().now();
    let mut exit = Exit::Done;
    for id in ids.into_iter().map(DeliveryId::from_stored) {
        let changed = setup::with_store(settings, async |store| {
            if retry { store.retry_delivery(&id, now).await } else { store.drop_delivery(&id, now).await }
        })?;
        if changed {
            writeln!(io::stdout().lock(), "{id} {done}")?;
        } else {
            writeln!(io::stderr().lock(), "{id}: no such delivery waits or failed")?;
            exit = Exit::Failed;
        }
    }
    Ok(exit)
}
