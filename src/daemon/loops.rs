//! The loops that go round by themselves while the program runs: one for each stage, and those beside them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tracing::{error, warn};

use crate::model::time::Timestamp;
use crate::ops::health::Verdict;
use crate::ops::systemd;
use crate::stage::{Desk, Loop, Plan, bulletins, compose, dispatch, fill, notices, poll, process, prune};
use crate::store::{Recalled, Releasable, StoreError};

/// A loop with nothing to do looks again at least this often: what another machine left, what an operator asked for.
const LOOK_AGAIN: Duration = Duration::from_secs(15);
/// After a failure of the database.
const STORE_PAUSE: Duration = Duration::from_secs(5);
/// A loop shows life every 15 seconds at least; the database may be waited for.
const LONGEST_SILENCE: Duration = Duration::from_secs(120);
const DATABASE: &str = "database";
/// Programs that read feeds come by far more rarely.
const BULLETINS_EVERY: Duration = Duration::from_secs(10);
const PRUNE_EVERY: Duration = Duration::from_secs(3600);

/// By less a clock is put right in the usual way.
const SET_BACK: Duration = Duration::from_secs(60);

/// Starts all loops but [`watch_over`].
pub fn start(tasks: &mut JoinSet<()>, desk: &Desk, plans: &watch::Receiver<Arc<Plan>>) {
    let now = desk.clock.now();
    desk.health.expect(DATABASE, LONGEST_SILENCE, now);
    for which in Loop::ALL {
        desk.health.expect(which.name(), LONGEST_SILENCE, now);
        tasks.spawn(keep(which, desk.clone(), plans.clone()));
    }
    tasks.spawn(keep_pruning(desk.clone(), plans.clone()));
    tasks.spawn(keep_filling(desk.clone(), plans.clone()));
    tasks.spawn(keep_bulletins(desk.clone(), plans.clone()));
}

/// One stage's loop: drain, then wait for the next due time, the bell or the stop.
async fn keep(which: Loop, desk: Desk, plans: watch::Receiver<Arc<Plan>>) {
    let mut left_claimed = false;
    while !desk.stop.is_cancelled() {
        desk.beat(which);
        let plan = Arc::clone(&plans.borrow());
        let round = if left_claimed { take_up(which, &desk, &plan).await } else { round(which, &desk, &plan).await };
        left_claimed = round.is_err();
        let waits = match round {
            Ok(due) => due.map_or(LOOK_AGAIN, |due| due.since(desk.clock.now()).min(LOOK_AGAIN)),
            Err(failure) => {
                let failure = anyhow::Error::from(failure);
                error!(loop_name = which.name(), "{failure:#}; trying again in {STORE_PAUSE:?}");
                STORE_PAUSE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(waits) => {}
            () = bell(which, &desk).notified() => {}
            () = desk.stop.cancelled() => {}
        }
    }
}

/// A round after one that the database broke off: what that one had claimed is given back first.
async fn take_up(which: Loop, desk: &Desk, plan: &Arc<Plan>) -> Result<Option<Timestamp>, StoreError> {
    let claimed = match which {
        Loop::Poll => Some(Releasable::Feeds),
        Loop::Process => Some(Releasable::Entries),
        Loop::Compose => Some(Releasable::Recipients),
        Loop::Dispatch => None,
    };
    if let Some(rows) = claimed {
        desk.store.release(rows, &desk.worker).await?;
    }
    round(which, desk, plan).await
}

/// Drains a stage; returns when its next work is due.
async fn round(which: Loop, desk: &Desk, plan: &Arc<Plan>) -> Result<Option<Timestamp>, StoreError> {
    match which {
        Loop::Poll => {
            poll::drain(desk, plan).await?;
            desk.store.next_feed_due().await
        }
        Loop::Process => {
            process::drain(desk, plan).await?;
            desk.store.next_entry_due().await
        }
        Loop::Compose => {
            compose::drain(desk, plan).await?;
            notices::drain(desk, plan, plan.gather_alarms).await?;
            Ok(earliest(desk.store.next_digest_due().await?, notices::next_due(desk, plan).await?))
        }
        Loop::Dispatch => {
            dispatch::drain(desk, plan).await?;
            desk.store.next_delivery_due().await
        }
    }
}

fn earliest(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    one.into_iter().chain(other).min()
}

fn bell(which: Loop, desk: &Desk) -> &Notify {
    match which {
        Loop::Poll => &desk.bells.feeds,
        Loop::Process => &desk.bells.entries,
        Loop::Compose => &desk.bells.reports,
        Loop::Dispatch => &desk.bells.deliveries,
    }
}

/// Looks for what gaps have lost. Beside the polls: a slow archive must not keep feeds waiting.
async fn keep_filling(desk: Desk, plans: watch::Receiver<Arc<Plan>>) {
    while !desk.stop.is_cancelled() {
        let plan = Arc::clone(&plans.borrow());
        let filled = match fill::drain(&desk, &plan).await {
            Ok(()) => desk.store.next_gap_due().await,
            Err(failure) => Err(failure),
        };
        let waits = match filled {
            Ok(due) => due.map_or(LOOK_AGAIN, |due| due.since(desk.clock.now()).clamp(STORE_PAUSE, LOOK_AGAIN)),
            Err(failure) => {
                warn!("{failure}; gaps are looked at again in {STORE_PAUSE:?}");
                STORE_PAUSE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(waits) => {}
            () = desk.bells.gaps.notified() => {}
            () = desk.stop.cancelled() => {}
        }
    }
}

/// Keeps the bulletins' files as new as the database.
async fn keep_bulletins(desk: Desk, plans: watch::Receiver<Arc<Plan>>) {
    let mut of = Arc::clone(&plans.borrow());
    let mut written = bulletins::Written::default();
    while !desk.stop.is_cancelled() {
        let plan = Arc::clone(&plans.borrow());
        if !Arc::ptr_eq(&plan, &of) {
            (of, written) = (Arc::clone(&plan), bulletins::Written::default());
        }
        if let Err(failure) = bulletins::refresh(&desk, &plan, &mut written).await {
            warn!("{failure}; bulletins are looked at again in {BULLETINS_EVERY:?}");
        }
        tokio::select! {
            () = tokio::time::sleep(BULLETINS_EVERY) => {}
            () = desk.stop.cancelled() => {}
        }
    }
}

async fn keep_pruning(desk: Desk, plans: watch::Receiver<Arc<Plan>>) {
    while !desk.stop.is_cancelled() {
        let plan = Arc::clone(&plans.borrow());
        if let Err(failure) = prune::sweep(&desk, &plan).await {
            warn!("{failure}; what is past its time is cleared later");
        }
        tokio::select! {
            () = tokio::time::sleep(PRUNE_EVERY) => {}
            () = desk.stop.cancelled() => {}
        }
    }
}

/// Of what a clock that ran ahead had put off.
pub fn tell_recalled(recalled: Recalled) {
    let Recalled { feeds, entries, deliveries } = recalled;
    if !recalled.is_nothing() {
        warn!(
            feeds,
            entries,
            deliveries,
            "The clock was ahead: {feeds} feeds, {entries} reports and {deliveries} mails that it had put off are due now"
        );
    }
}

/// Asks the database how it is, and feeds systemd's watchdog while every loop turns.
pub async fn watch_over(desk: Desk) {
    let period = systemd::watchdog_interval().unwrap_or(LOOK_AGAIN);
    let (mut last, mut last_seen) = (desk.clock.now(), Instant::now());
    while !desk.stop.is_cancelled() {
        let (now, elapsed) = (desk.clock.now(), last_seen.elapsed());
        if now.plus(SET_BACK) < last.plus(elapsed) {
            match desk.store.recall_from_future(now, false).await {
                Ok(recalled) => tell_recalled(recalled),
                Err(failure) => warn!("the clock was set back: {failure}"),
            }
        }
        (last, last_seen) = (now, Instant::now());
        match desk.store.ping().await {
            Ok(()) => desk.health.beat(DATABASE, desk.clock.now()),
            Err(failure) => warn!("the database does not answer: {failure}"),
        }
        match desk.health.verdict_on(desk.clock.now(), |which| which != DATABASE) {
            Verdict::Healthy => systemd::feed_watchdog(),
            Verdict::Stuck { which, since } => error!("the {which} loop shows no life since {since}"),
        }
        tokio::select! {
            () = tokio::time::sleep(period) => {}
            () = desk.stop.cancelled() => {}
        }
    }
}
