//! Writes the bulletins of watches that found something new. What is in them is in the database: nothing is lost with a
//! file, and one that could not be written is written in the next round.

use std::collections::HashMap;
use std::path::PathBuf;

use tracing::{debug, warn};

use super::{Desk, Plan};
use crate::bulletin::Form;
use crate::deliver::replace_file;
use crate::model::bulletin::Bulletin;
use crate::model::id::WatchId;
use crate::model::time::Timestamp;
use crate::store::StoreError;

/// What the configuration asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bulletins {
    /// Each watch's file is put there. `None`: none is written.
    pub folder: Option<PathBuf>,
    /// Hits in each.
    pub hits: u32,
}

/// What the files hold, by watch: when its newest hit was found. Forgotten with the plan: names may have changed.
#[derive(Default)]
pub struct Written(HashMap<WatchId, Option<Timestamp>>);

/// Writes the files whose watch has found something since they were written.
pub async fn refresh(desk: &Desk, plan: &Plan, written: &mut Written) -> Result<(), StoreError> {
    let Some(Bulletins { folder: Some(folder), hits }) = &plan.bulletins else { return Ok(()) };
    for watch in &plan.watches {
        if desk.stopping(plan) {
            break;
        }
        let newest = desk.store.newest_hit_at(&watch.id).await?;
        if written.0.get(&watch.id) == Some(&newest) {
            continue;
        }
        let hits = desk.store.newest_hits(&watch.id, *hits).await?;
        let bulletin = Bulletin { watch: watch.id.clone(), name: watch.name.clone(), hits };
        let files = Form::ALL.map(|form| {
            let path = folder.join(format!("{}.{}", watch.id, form.extension()));
            (path, form.write(&bulletin, &plan.message_id_domain))
        });
        let writing = tokio::task::spawn_blocking(move || {
            files.iter().try_for_each(|(path, text)| replace_file(path, text.as_bytes()).map(|_| ()))
        });
        match writing.await.unwrap_or_else(|panic| Err(std::io::Error::other(panic))) {
            Ok(()) => {
                debug!(watch.id = %watch.id, "The bulletin of {} is written", watch.id);
                written.0.insert(watch.id.clone(), newest);
            }
            Err(failure) => {
                warn!(watch.id = %watch.id, "The bulletin of {} could not be written to its folder: {failure}; tried again", watch.id);
            }
        }
    }
    Ok(())
}
