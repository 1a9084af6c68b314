//! What every command needs first: the configuration, a runtime, the store.

use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use url::Url;

use super::ConfigurationRefused;
use crate::clock::Clock;
use crate::config::settings::Settings;
use crate::config::{self, Diagnostic, Environment, Reach};
use crate::daemon;
use crate::extract::{Limits, SiteRules};
use crate::fetch::Fetcher;
use crate::matching::Names;
use crate::model::exchange::{FetchRequest, Purpose};
use crate::model::feed::FeedSpec;
use crate::model::id::WatchId;
use crate::model::watch::{Homographs, WatchSpec};
use crate::ops::logging::{self, LogHandle};
use crate::store::{Store, StoreError};

/// A file that a command is given is read up to this.
const MAX_FILE_BYTES: u64 = 256 << 20;

/// Returns the configuration file to use: the one named, or the first default.
pub fn config_path(named: Option<&Path>) -> PathBuf {
    named.map_or_else(|| Environment::of_process().config_path(), Path::to_owned)
}

/// Returns the settings with their warnings, or every mistake.
pub fn load(path: &Path) -> Result<(Settings, Vec<Diagnostic>), Vec<Diagnostic>> {
    daemon::load(path)
}

/// Writes diagnostics to stderr: in full on a terminal; elsewhere, which may be a log, places and messages alone, for
/// what stands at a place may be a watch term or an address.
fn report(diagnostics: &[Diagnostic]) -> io::Result<()> {
    if io::stderr().is_terminal() {
        return show(diagnostics);
    }
    let mut out = io::stderr().lock();
    diagnostics.iter().try_for_each(|diagnostic| writeln!(out, "{diagnostic}"))
}

/// Writes diagnostics to stderr in full.
pub fn show(diagnostics: &[Diagnostic]) -> io::Result<()> {
    let color = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let text = config::render_all(diagnostics, color);
    if text.is_empty() { Ok(()) } else { writeln!(io::stderr().lock(), "{}", text.trim_end()) }
}

/// Returns the settings; mistakes are written to stderr, warnings are left to `check`.
pub fn settings(config: Option<&Path>) -> anyhow::Result<Settings> {
    match load(&config_path(config)) {
        Ok((settings, _)) => Ok(settings),
        Err(mistakes) => {
            report(&mistakes)?;
            Err(ConfigurationRefused.into())
        }
    }
}

/// The same, with the log set up as the settings ask.
pub fn settings_with_logging(config: Option<&Path>) -> anyhow::Result<(Settings, LogHandle)> {
    let settings = settings(config)?;
    let log = logging::init(settings.log, Clock::system())?;
    Ok((settings, log))
}

/// The name groups: of the configuration, or the built-in ones where there is none.
pub fn names(config: Option<&Path>) -> anyhow::Result<Names> {
    let path = config_path(config);
    if config.is_some() || path.exists() { Ok(settings(Some(&path))?.names) } else { Ok(config::shipped_names()) }
}

/// How pages are cleaned.
pub struct Cleaning {
    pub sites: SiteRules,
    pub limits: Limits,
}

/// The cleaning as configured, or the built-in one where there is no configuration.
pub fn cleaning(config: Option<&Path>) -> anyhow::Result<Cleaning> {
    let path = config_path(config);
    if config.is_some() || path.exists() {
        let settings = settings(Some(&path))?;
        Ok(Cleaning { sites: settings.sites, limits: settings.extract })
    } else {
        Ok(Cleaning { sites: config::shipped_sites(), limits: Limits::default() })
    }
}

/// Returns the configured watch of this id.
pub fn watch(settings: &Settings, id: &str) -> anyhow::Result<WatchSpec> {
    let found = settings.watches.iter().find(|watch| watch.id.as_str() == id);
    found.cloned().ok_or_else(|| {
        let ids: Vec<_> = settings.watches.iter().map(|watch| watch.id.as_str()).collect();
        anyhow::anyhow!("no watch {id:?} is configured; there are {}", ids.join(", "))
    })
}

/// A query of the command line as a watch.
pub fn trial(query: String) -> WatchSpec {
    let homographs = Homographs::default();
    WatchSpec { id: WatchId::from_stored("query"), name: "this query".to_owned(), query, homographs }
}

pub fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// Opens the store for one question.
pub fn with_store<T>(settings: &Settings, ask: impl AsyncFnOnce(&Store) -> Result<T, StoreError>) -> anyhow::Result<T> {
    runtime()?.block_on(async {
        let store = Store::open(&settings.store).await.context("could not open the database")?;
        let answer = ask(&store).await?;
        store.close().await;
        Ok(answer)
    })
}

/// The way out: a client under the configured bounds, under the defaults where there is no configuration.
pub struct Outside {
    pub fetcher: Fetcher,
    pub reach: Reach,
}

impl Outside {
    /// Mistakes in what says how servers are asked are written to stderr; others do not matter here.
    pub fn open(config: Option<&Path>) -> anyhow::Result<Outside> {
        let path = config_path(config);
        let reach = if config.is_some() || path.exists() {
            match config::reach(&path, &Environment::of_process()) {
                Ok(reach) => reach,
                Err(mistakes) => {
                    report(&mistakes)?;
                    return Err(ConfigurationRefused.into());
                }
            }
        } else {
            Reach::default()
        };
        Ok(Outside { fetcher: Fetcher::new(reach.fetch.clone(), Clock::system())?, reach })
    }

    /// The source of this very address.
    pub fn source(&self, url: &Url) -> Option<&FeedSpec> {
        self.reach.feeds.iter().find(|feed| feed.url == *url)
    }

    /// What to ask for this address, by the route and as whom the daemon would.
    pub fn request(&self, url: Url, purpose: Purpose) -> FetchRequest {
        // A source itself, else one of the same host: its article pages go by its route.
        let same_host = |feed: &&FeedSpec| feed.url.host_str() == url.host_str();
        let source = self.source(&url).or_else(|| self.reach.feeds.iter().find(same_host));
        let credentials = source.and_then(|feed| self.reach.credentials.get(&feed.id()).cloned());
        let route = source.map_or(&self.reach.fetch.route, |feed| &feed.route).clone();
        FetchRequest { route, credentials, ..FetchRequest::whole(url, purpose) }
    }
}

/// A client, and what to ask it for this address.
pub fn request(config: Option<&Path>, url: Url, purpose: Purpose) -> anyhow::Result<(Fetcher, FetchRequest)> {
    let outside = Outside::open(config)?;
    let request = outside.request(url, purpose);
    Ok((outside.fetcher, request))
}

/// Reads a file, or standard input for `-`.
pub fn read_file_or_stdin(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        io::stdin().lock().take(MAX_FILE_BYTES).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(MAX_FILE_BYTES).read_to_end(&mut bytes))
    };
    read.with_context(|| format!("could not read {}", path.display()))?;
    Ok(bytes)
}
