//! Builds everything, supervises the loops, stops in order.

mod channels;
mod loops;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::clock::Clock;
use crate::config::settings::{self, Settings};
use crate::config::{Diagnostic, Environment, QueryProblem};
use crate::fetch::Fetcher;
use crate::matching::{self, Names, Query, QueryError, WatchSet};
use crate::model::recipient::Rhythm;
use crate::model::time::Timestamp;
use crate::ops::health::Health;
use crate::ops::logging::LogHandle;
use crate::ops::metrics::{Levels, Metrics};
use crate::ops::own_secret::own_secret;
use crate::ops::systemd;
use crate::schedule::Pacing;
use crate::stage::bulletins::Bulletins;
use crate::stage::tally::Tally;
use crate::stage::{Desk, MailBack, Plan};
use crate::store::{SoleUse, Store, StoreError, UsedRevision};
use crate::{config, deliver, digest, schedule, web};

/// How long what is in flight may take to finish when the program stops; less than the unit's `TimeoutStopSec`.
const STOP_WITHIN: Duration = Duration::from_secs(30);

/// Reads and checks the configuration, queries included.
pub fn load(path: &Path) -> Result<(Settings, Vec<Diagnostic>), Vec<Diagnostic>> {
    config::load(path, &Environment::of_process(), &check_query)
}

fn check_query(query: &str, names: &Names) -> Result<Vec<QueryProblem>, QueryProblem> {
    let problem = |error: QueryError| QueryProblem {
        start: error.start,
        end: error.end,
        message: error.message,
        help: error.help,
    };
    Query::parse_with(query, names)
        .map(|query| query.warnings(names).into_iter().map(problem).collect())
        .map_err(problem)
}

/// When sources that are new in the configuration are polled first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstPolls {
    AtOnce,
    Spread,
}

/// Everything a run needs, built and checked.
pub struct Assembled {
    pub desk: Desk,
    pub plan: Arc<Plan>,
    metrics: Arc<Metrics>,
    /// Keeps other processes off a SQLite database.
    _sole_use: SoleUse,
}

/// Opens the database, takes it for this process, and brings sources and recipients up to the configuration.
pub async fn assemble(settings: &Settings, first_polls: FirstPolls) -> anyhow::Result<Assembled> {
    let clock = Clock::system();
    let store = Store::open(&settings.store).await.context("could not open the database")?;
    let sole_use = store.sole_use().await.context("could not take the database for this process")?;
    let fetcher = Fetcher::new(settings.fetch.clone(), clock.clone()).context("could not set up HTTP")?;
    let plan = Arc::new(plan(settings, &fetcher)?);
    let worker = worker_name(clock.now());
    let stop = CancellationToken::new();
    let metrics = Arc::new(Metrics::new());
    let tally = Arc::new(Tally::new(Arc::clone(&metrics)));
    let desk = Desk::new(store, fetcher, clock, tally, Health::new(), worker, stop);
    // Here alone: at a reload what is leased may be under way.
    loops::tell_recalled(desk.store.recall_from_future(desk.clock.now(), true).await?);
    sync(&desk, settings, first_polls).await?;
    if first_polls == FirstPolls::Spread {
        desk.ramp.begin(settings.feeds.len());
    }
    Ok(Assembled { desk, plan, metrics, _sole_use: sole_use })
}

/// Unique enough among the machines that share a database: leases are compared by it.
fn worker_name(now: Timestamp) -> String {
    let seed = format!("{}-{}-{:?}", std::process::id(), now.as_millis(), std::thread::current().id());
    format!("w{}", &crate::model::id::sha256_hex(seed.as_bytes())[..12])
}

async fn sync(desk: &Desk, settings: &Settings, first_polls: FirstPolls) -> Result<(), StoreError> {
    let now = desk.clock.now();
    let count = settings.feeds.len();
    let feeds: Vec<_> = settings
        .feeds
        .iter()
        .map(|spec| {
            let due = match first_polls {
                FirstPolls::AtOnce => now,
                FirstPolls::Spread => schedule::first_poll(spec.id().as_str(), count, now),
            };
            (spec.clone(), due)
        })
        .collect();
    let synced = desk.store.sync_feeds(&feeds, now).await?;
    info!(added = synced.added, changed = synced.changed, retired = synced.retired, "{count} sources configured");
    let recipients: Vec<_> = settings
        .recipients
        .iter()
        .map(|recipient| {
            let due = schedule::next_digest(recipient, now);
            (recipient.id.clone(), rhythm_key(&recipient.rhythm, recipient.zone.iana_name()), due)
        })
        .collect();
    desk.store.sync_recipients(&recipients, now).await?;
    desk.store.use_revisions(&used_revisions(settings), now).await
}

/// What the watches ask for now, as the store keeps it.
fn used_revisions(settings: &Settings) -> Vec<UsedRevision> {
    let revisions = matching::revisions(&settings.watches, &settings.names).into_iter();
    let used =
        |matching::Revision { watch, revision, query, meaning }| UsedRevision { watch, revision, query, meaning };
    revisions.map(used).collect()
}

/// What tells a changed rhythm from an unchanged one.
fn rhythm_key(rhythm: &Rhythm, zone: Option<&str>) -> String {
    format!("{rhythm:?} {}", zone.unwrap_or("UTC"))
}

/// Turns checked settings into what the stages work by.
pub fn plan(settings: &Settings, fetcher: &Fetcher) -> anyhow::Result<Plan> {
    let watch_set = WatchSet::compile(&settings.watches, &settings.names).map_err(|errors| {
        let ids: Vec<_> = errors.iter().map(|(watch, error)| format!("{watch}: {error}")).collect();
        anyhow::anyhow!("could not compile the watches: {}", ids.join("; "))
    })?;
    let channels = channels::channels(settings, fetcher)?;
    Ok(Plan {
        pacing: Pacing { longest: settings.poll.max_every, ..Pacing::default() },
        coverage: settings.alarms.bounds.clone(),
        never_held: settings.alarms.never_held.clone(),
        gather_alarms: settings.alarms.gather,
        alert_pacing: settings.digest.alerts.clone(),
        mail_back: match settings.poll.mail_back {
            settings::MailBack::All => MailBack::All,
            settings::MailBack::Within(time) => MailBack::Within(time),
        },
        credentials: settings.credentials.clone(),
        feed_limits: settings.source.clone(),
        extract_limits: settings.extract.clone(),
        sites: settings.sites.clone(),
        max_page_bytes: settings.fetch.max_page_bytes,
        digest_limits: digest::Limits { follow_ups: settings.digest.follow_ups, ..digest::Limits::default() },
        max_reports: settings.digest.max_reports,
        watches: settings.watches.clone(),
        watch_set,
        names_told: matching::NameFinder::of(&settings.names),
        recipients: settings.recipients.clone(),
        polls_in_flight: settings.fetch.max_concurrent * 8,
        entries_in_flight: settings.fetch.max_concurrent * 2,
        deliveries_in_flight: deliver::AT_A_TIME,
        keep_pages: settings.keep.pages,
        keep_articles: settings.keep.articles,
        keep_digests: settings.keep.digests,
        message_id_domain: channels.mail.domain().to_owned(),
        channels,
        bulletins: settings
            .bulletins
            .as_ref()
            .map(|bulletins| Bulletins { folder: bulletins.folder.clone(), hits: bulletins.hits }),
        pause_after: settings.pause_after,
        superseded: CancellationToken::new(),
    })
}

/// Runs until SIGTERM or SIGINT. SIGHUP reads the configuration anew.
pub async fn run(config_path: &Path, settings: Settings, log: LogHandle) -> anyhow::Result<()> {
    let mut signals = Signals::listen()?;
    let assembled = assemble(&settings, FirstPolls::Spread).await?;
    let desk = assembled.desk.clone();
    let (plans, plan_seen) = watch::channel(Arc::clone(&assembled.plan));
    let mut tasks = JoinSet::new();
    loops::start(&mut tasks, &desk, &plan_seen);
    start_web(&mut tasks, &desk, &assembled.metrics, &settings, &plan_seen).await?;
    tasks.spawn(loops::watch_over(desk.clone()));
    systemd::ready(&status(&settings));
    info!("newsvigil {} is up: {} sources", env!("CARGO_PKG_VERSION"), settings.feeds.len());

    let mut running = Running { config_path: config_path.to_owned(), settings, plans, desk: desk.clone(), log };
    let outcome = supervise(&mut signals, &mut tasks, &mut running).await;
    systemd::stopping();
    stop(&desk, tasks, &mut signals).await;
    desk.store.clone().close().await;
    info!("newsvigil has stopped");
    outcome
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn listen() -> anyhow::Result<Signals> {
        let on = |kind| signal(kind).context("could not listen for signals");
        Ok(Signals {
            terminate: on(SignalKind::terminate())?,
            interrupt: on(SignalKind::interrupt())?,
            hangup: on(SignalKind::hangup())?,
        })
    }

    async fn stop_asked(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

struct Running {
    config_path: PathBuf,
    settings: Settings,
    plans: watch::Sender<Arc<Plan>>,
    desk: Desk,
    log: LogHandle,
}

/// Until told to stop, or until a loop ends that should not.
async fn supervise(signals: &mut Signals, tasks: &mut JoinSet<()>, running: &mut Running) -> anyhow::Result<()> {
    loop {
        tokio::select! {
            _ = signals.terminate.recv() => { info!("SIGTERM: stopping"); return Ok(()) }
            _ = signals.interrupt.recv() => { info!("SIGINT: stopping"); return Ok(()) }
            _ = signals.hangup.recv() => reload(running).await,
            ended = tasks.join_next() => {
                let why = match ended {
                    Some(Err(panic)) => panic.to_string(),
                    _ => "a loop ended".to_owned(),
                };
                error!("newsvigil stops, for its service manager to start it anew: {why}");
                anyhow::bail!("stopped by a defect: {why}");
            }
        }
    }
}

fn status(settings: &Settings) -> String {
    format!("watching {} sources for {} watches", settings.feeds.len(), settings.watches.len())
}

/// A bad configuration is refused with its reasons; the old one stays.
async fn reload(running: &mut Running) {
    systemd::reloading();
    match reloaded(running).await {
        Ok(()) => info!("configuration read anew: {} sources", running.settings.feeds.len()),
        Err(error) => error!("the new configuration was refused, the old one stays: {error:#}"),
    }
    systemd::ready(&status(&running.settings));
}

async fn reloaded(running: &mut Running) -> anyhow::Result<()> {
    let (settings, _) = load(&running.config_path).map_err(|mistakes| refusal(&mistakes))?;
    let next = Arc::new(plan(&settings, &running.desk.fetcher)?);
    sync(&running.desk, &settings, FirstPolls::Spread).await?;
    if needs_restart(&settings, &running.settings) {
        warn!("the database, the HTTP bounds, the form of the log or the listen address changed: that takes a restart");
    }
    running.log.set_level(settings.log.level);
    let last = running.plans.send_replace(next);
    last.superseded.cancel();
    running.settings = settings;
    running.desk.bells.ring_all();
    Ok(())
}

/// What is set up once, at the start.
fn needs_restart(new: &Settings, old: &Settings) -> bool {
    let once = |settings: &Settings| {
        let served = settings.bulletins.as_ref().map(|bulletins| (bulletins.serve, bulletins.hits));
        format!("{:?} {:?} {:?} {:?} {:?}", settings.store, settings.fetch, settings.log.format, settings.http, served)
    };
    once(new) != once(old)
}

/// Places and messages alone: what stands at a place may be a watch term or an address.
fn refusal(mistakes: &[Diagnostic]) -> anyhow::Error {
    let lines: Vec<_> = mistakes.iter().map(Diagnostic::to_string).collect();
    anyhow::anyhow!("{}", lines.join("; "))
}

/// Lets what is in flight come to its end, but not for ever; a second signal ends the patience.
async fn stop(desk: &Desk, mut tasks: JoinSet<()>, signals: &mut Signals) {
    desk.stop.cancel();
    let all_ended = async { while tasks.join_next().await.is_some() {} };
    let left = "what was still in flight is done again after the next start";
    tokio::select! {
        ended = tokio::time::timeout(STOP_WITHIN, all_ended) => {
            if ended.is_err() {
                warn!("{STOP_WITHIN:?} have passed: {left}");
            }
        }
        () = signals.stop_asked() => warn!("a second signal: {left}"),
    }
}

async fn start_web(
    tasks: &mut JoinSet<()>,
    desk: &Desk,
    metrics: &Arc<Metrics>,
    settings: &Settings,
    plans: &watch::Receiver<Arc<Plan>>,
) -> anyhow::Result<()> {
    let Some(http) = &settings.http else { return Ok(()) };
    let listener = web::listen(http.listen).await?;
    let store = desk.store.clone();
    let monitor = web::Monitor {
        metrics: Arc::clone(metrics),
        health: desk.health.clone(),
        clock: desk.clock.clone(),
        levels: Arc::new(move || Box::pin(levels(store.clone()))),
        hosts: http.hosts.clone().into(),
        unsubscribing: match &http.unsubscribe_url {
            Some(base) => Some(web::Unsubscribing {
                store: desk.store.clone(),
                key: channels::unsubscribe_key(settings)?,
                host: base.host_str().unwrap_or_default().to_ascii_lowercase(),
            }),
            None => None,
        },
        bulletins: served_bulletins(desk, settings, plans)?,
    };
    let stop = desk.stop.clone();
    tasks.spawn(async move {
        if let Err(failure) = web::serve(listener, monitor, stop.cancelled_owned()).await {
            error!("{failure}");
        }
    });
    Ok(())
}

fn served_bulletins(
    desk: &Desk,
    settings: &Settings,
    plans: &watch::Receiver<Arc<Plan>>,
) -> anyhow::Result<Option<web::Bulletins>> {
    let Some(bulletins) = settings.bulletins.as_ref().filter(|bulletins| bulletins.serve) else { return Ok(None) };
    let key = own_secret(&bulletin_key(settings)).context("could not make the secret of the bulletins' addresses")?;
    let domain = plans.borrow().message_id_domain.clone();
    let plans = plans.clone();
    let watches = move || plans.borrow().watches.iter().map(|watch| (watch.id.clone(), watch.name.clone())).collect();
    Ok(Some(web::Bulletins {
        store: desk.store.clone(),
        key,
        watches: Arc::new(watches),
        hits: bulletins.hits,
        domain,
    }))
}

/// Where the secret of the bulletins' addresses is; made when they are first served.
pub fn bulletin_key(settings: &Settings) -> PathBuf {
    settings.state_dir.join("bulletins.key")
}

async fn levels(store: Store) -> Option<Levels> {
    let counts = store.counts().await.inspect_err(|failure| warn!("rows could not be counted: {failure}")).ok()?;
    Some(Levels {
        feeds: counts.feeds,
        feeds_failing: counts.feeds_failing,
        feeds_disabled: counts.feeds_disabled,
        entries: counts.entries,
        entries_pending: counts.entries_pending,
        entries_abandoned: counts.entries_abandoned,
        entries_held: counts.entries_held,
        gaps_open: counts.gaps_open,
        alarms: counts.alarms,
        reports_waiting: counts.reports_waiting,
        deliveries_queued: counts.deliveries_queued,
        deliveries_failed: counts.deliveries_failed,
        recipients_paused: counts.recipients_paused,
        recipients_held: counts.recipients_held,
    })
}
