//! `recipients`: who gets digests, when, and what waits for them.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::path::Path;

use clap::{Args as ClapArgs, Subcommand};
use jiff::civil::Time;
use serde::Serialize;

use super::{Exit, setup, table};
use crate::clock::Clock;
use crate::config::settings::Settings;
use crate::model::id::{RecipientId, WatchId};
use crate::model::recipient::{Recipient, Rhythm, Way};
use crate::model::time::Timestamp;

/// List the recipients: what they follow, when their next digest is due, what waits in it; pause and resume one
#[derive(ClapArgs, Debug)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Stop mails to a recipient; what is for them waits
    Pause {
        #[arg(value_name = "RECIPIENT")]
        id: String,
    },
    /// Let a paused recipient have their mails again: what waited, and what came back
    Resume {
        #[arg(value_name = "RECIPIENT")]
        id: String,
    },
}

#[derive(Serialize)]
struct Row {
    id: RecipientId,
    email: String,
    way: &'static str,
    watches: Vec<WatchId>,
    rhythm: String,
    next_due: Option<Timestamp>,
    waiting: u64,
    sent: u64,
    queued: u64,
    failed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    paused: Option<Since>,
    #[serde(skip_serializing_if = "Option::is_none")]
    held: Option<Since>,
}

#[derive(Serialize)]
struct Since {
    since: Timestamp,
    why: String,
}

pub fn run(config: Option<&Path>, args: Args) -> anyhow::Result<Exit> {
    let settings = setup::settings(config)?;
    match args.action {
        None => list(&settings, args.json),
        Some(Action::Pause { id }) => pause(&settings, &RecipientId::from_stored(id)),
        Some(Action::Resume { id }) => resume(&settings, &RecipientId::from_stored(id)),
    }
}

fn pause(settings: &Settings, id: &RecipientId) -> anyhow::Result<Exit> {
    let now = Clock::system().now();
    let paused = setup::with_store(settings, async |store| store.pause_recipient(id, "paused by hand", now).await)?;
    match paused {
        Some(true) => writeln!(io::stdout().lock(), "{id} is paused; what is for them waits")?,
        Some(false) => writeln!(io::stdout().lock(), "{id} was paused already")?,
        None => {
            writeln!(io::stderr().lock(), "{id}: there is no such recipient in the database")?;
            return Ok(Exit::Failed);
        }
    }
    Ok(Exit::Done)
}

fn resume(settings: &Settings, id: &RecipientId) -> anyhow::Result<Exit> {
    let now = Clock::system().now();
    let resumed = setup::with_store(settings, async |store| store.resume_recipient(id, now).await)?;
    let Some(mails) = resumed else {
        writeln!(io::stderr().lock(), "{id}: no recipient of this id is paused")?;
        return Ok(Exit::Failed);
    };
    let at_once = match mails {
        0 => String::new(),
        _ => format!(", {} at once", table::counted(mails, "mail", "mails")),
    };
    writeln!(io::stdout().lock(), "{id} gets mails again{at_once}")?;
    Ok(Exit::Done)
}

fn list(settings: &Settings, json: bool) -> anyhow::Result<Exit> {
    let stored = setup::with_store(settings, async |store| store.recipients().await)?;
    let stored: HashMap<_, _> = stored.into_iter().map(|status| (status.id.clone(), status)).collect();
    let rows: Vec<Row> = settings
        .recipients
        .iter()
        .map(|recipient| {
            let status = stored.get(&recipient.id);
            Row {
                id: recipient.id.clone(),
                email: recipient.email.clone(),
                way: way(recipient),
                watches: recipient.watches.clone(),
                rhythm: rhythm(recipient),
                next_due: status.map(|status| status.next_due).filter(|due| *due != Timestamp::NEVER),
                waiting: status.map_or(0, |status| status.waiting),
                sent: status.map_or(0, |status| status.sent),
                queued: status.map_or(0, |status| status.queued),
                failed: status.map_or(0, |status| status.failed),
                paused: status.and_then(|status| status.paused.clone()).map(|(since, why)| Since { since, why }),
                held: status.and_then(|status| status.held.clone()).map(|(since, why)| Since { since, why }),
            }
        })
        .collect();
    if json {
        table::print_json(&rows)?;
        return Ok(Exit::Done);
    }
    let cells = rows.iter().map(|row| {
        let watches: Vec<_> = row.watches.iter().map(WatchId::as_str).collect();
        vec![
            row.id.to_string(),
            if row.email.is_empty() { row.way.to_owned() } else { row.email.clone() },
            row.rhythm.clone(),
            match (&row.paused, &row.held) {
                (Some(paused), _) => format!("paused: {}", paused.why),
                (None, Some(held)) => format!("held: {}", held.why),
                (None, None) => table::when(row.next_due),
            },
            row.waiting.to_string(),
            sent(row),
            watches.join(", "),
        ]
    });
    table::print(&["RECIPIENT", "ADDRESS", "DIGEST", "NEXT", "WAITING", "SENT", "WATCHES"], cells.collect())?;
    table::tell_zone("NEXT is")?;
    Ok(Exit::Done)
}

/// `12 (2 queued, 1 failed)`
fn sent(row: &Row) -> String {
    let others = [(row.queued, "queued"), (row.failed, "failed")].into_iter().filter(|(count, _)| *count > 0);
    let others: Vec<_> = others.map(|(count, what)| format!("{count} {what}")).collect();
    if others.is_empty() { row.sent.to_string() } else { format!("{} ({})", row.sent, others.join(", ")) }
}

fn way(recipient: &Recipient) -> &'static str {
    match &recipient.way {
        Way::Mail => "mail",
        Way::Command(_) => "command",
        Way::Webhook(_) => "webhook",
    }
}

fn rhythm(recipient: &Recipient) -> String {
    match &recipient.rhythm {
        Rhythm::Immediately => "immediately".to_owned(),
        Rhythm::Daily { at } => times(at, recipient) + and_alerts(recipient),
        Rhythm::Weekly { on, at } => {
            let days: Vec<_> = on.iter().map(|day| format!("{day:?}")[..3].to_lowercase()).collect();
            format!("{} {}{}", days.join(" "), times(at, recipient), and_alerts(recipient))
        }
    }
}

fn and_alerts(recipient: &Recipient) -> &'static str {
    if recipient.alerts.watches.is_empty() { "" } else { ", and alerts" }
}

fn times(at: &[Time], recipient: &Recipient) -> String {
    let times: Vec<_> = at.iter().map(|time| time.strftime("%H:%M").to_string()).collect();
    format!("{} {}", times.join(" "), recipient.zone.iana_name().unwrap_or("UTC"))
}
