//! `watches`: what is watched for, and what it found.

use std::collections::HashMap;
use std::path::Path;

use anyhow::Context as _;
use clap::Args as ClapArgs;
use serde::Serialize;

use super::{Exit, setup, table};
use crate::bulletin::Form;
use crate::config::settings::Settings;
use crate::daemon;
use crate::model::id::{RecipientId, WatchId};
use crate::model::time::Timestamp;
use crate::model::token::TokenKey;
use crate::ops::own_secret::own_secret;

/// List the watches: their query, who follows them, what they found
#[derive(ClapArgs, Debug)]
pub struct Args {
    /// Write JSON
    #[arg(long)]
    json: bool,
    /// Show where each watch's bulletin (its newest hits as an Atom and as a JSON feed) is to be read
    #[arg(long)]
    bulletins: bool,
}

#[derive(Serialize)]
struct Row {
    id: WatchId,
    name: String,
    query: String,
    followers: Vec<RecipientId>,
    hits: u64,
    last_hit_at: Option<Timestamp>,
    /// Files and addresses of its bulletin.
    bulletins: Vec<String>,
}

pub fn run(config: Option<&Path>, args: Args) -> anyhow::Result<Exit> {
    let settings = setup::settings(config)?;
    let key = bulletin_key(&settings)?;
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
                bulletins: bulletins_of(&settings, &watch.id, key.as_ref()),
            }
        })
        .collect();
    if args.json {
        table::print_json(&rows)?;
        return Ok(Exit::Done);
    }
    if args.bulletins {
        let cells =
            rows.iter().flat_map(|row| row.bulletins.iter().map(|place| vec![row.id.to_string(), place.clone()]));
        table::print(&["WATCH", "BULLETIN"], cells.collect())?;
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
    table::tell_zone("times are")?;
    Ok(Exit::Done)
}

/// `None`: none are served, or the daemon, whose secret it is, has not been started with them yet.
fn bulletin_key(settings: &Settings) -> anyhow::Result<Option<TokenKey>> {
    let path = daemon::bulletin_key(settings);
    let served = settings.bulletins.as_ref().is_some_and(|bulletins| bulletins.serve);
    if !served || !path.try_exists()? {
        return Ok(None);
    }
    own_secret(&path).map(Some).context("could not read the secret of the bulletins' addresses")
}

fn bulletins_of(settings: &Settings, watch: &WatchId, key: Option<&TokenKey>) -> Vec<String> {
    let mut places = Vec::new();
    let folder = settings.bulletins.as_ref().and_then(|bulletins| bulletins.folder.as_ref());
    for form in Form::ALL {
        let file = format!("{watch}.{}", form.extension());
        places.extend(folder.map(|folder| folder.join(&file).display().to_string()));
        if let (Some(key), Some(http)) = (key, &settings.http) {
            places.push(format!("http://{}/bulletins/{}/{file}", http.listen, key.bulletin_token(watch)));
        }
    }
    places
}
