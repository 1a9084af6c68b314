//! Where log lines go and what they look like.

use std::io::IsTerminal as _;

use tracing::Level;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// What the operator chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogSettings {
    pub format: LogFormat,
    pub level: Level,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// The journal if it started us, else text.
    #[default]
    Auto,
    Text,
    Json,
    Journald,
}
#[derive(Debug, thiserror::Error)]
pub enum LoggingError {
    #[error("could not start the log: {0}")]
    Taken(#[from] tracing_subscriber::util::TryInitError),
}

/// Starts the log of this process, on stderr or in the journal. `NEWSVIGIL_LOG` (`debug`, `newsvigil=debug,sqlx=warn`)
/// wins over the level of the settings.
pub fn start(settings: &LogSettings) -> Result<(), LoggingError> {
    let level = settings.level.as_str().to_lowercase();
    let ours = EnvFilter::new(format!("warn,newsvigil={level}"));
    let filter = EnvFilter::try_from_env("NEWSVIGIL_LOG").unwrap_or(ours);
    let registry = tracing_subscriber::registry().with(filter);
    let in_journal = std::env::var_os("JOURNAL_STREAM").is_some();
    let format = match settings.format {
        LogFormat::Auto if in_journal => LogFormat::Journald,
        LogFormat::Auto => LogFormat::Text,
        chosen => chosen,
    };
    let text = || {
        let color = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(color).with_target(false)
    };
    match format {
        LogFormat::Json => {
            let json = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(std::io::stderr);
            registry.with(json).try_init()?;
        }
        LogFormat::Journald => match tracing_journald::layer() {
            Ok(journal) => registry.with(journal).try_init()?,
            Err(error) => {
                registry.with(text()).try_init()?;
                tracing::warn!("no journal here ({error}): the log goes to stderr");
            }
        },
        LogFormat::Text | LogFormat::Auto => registry.with(text()).try_init()?,
    }
    Ok(())
}
