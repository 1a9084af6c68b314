//! Where log lines go and what they look like.
//!
//! To standard error, as text for people or JSON for machines, or to the journal with the ids as fields of their own.
//! Lines of other crates pass only as warnings, whatever is asked for: what they say at lower levels (addresses,
//! whole conversations with a mail server) is not ours to judge, and must not stand in a log.

use std::io::{self, IsTerminal as _};
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;

use jiff::tz::TimeZone;
use tracing::{Level, Metadata, Subscriber, warn};
use tracing_journald::{Priority, PriorityMappings};
use tracing_subscriber::filter::{EnvFilter, ParseError, filter_fn};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};
use tracing_subscriber::{Layer, Registry, fmt, reload};

use crate::clock::Clock;

/// Overrides the level: `debug`, or `newsvigil::fetch=debug`.
pub const ENVIRONMENT: &str = "NEWSVIGIL_LOG";

/// The journal's names for our levels; by default it would show `info` as something to take note of.
const PRIORITIES: PriorityMappings = PriorityMappings {
    error: Priority::Error,
    warn: Priority::Warning,
    info: Priority::Informational,
    debug: Priority::Debug,
    trace: Priority::Debug,
};

/// Parsers that quote pages in their warnings, and what says once more what the error tells that it gives us.
const SILENT: [&str; 5] = ["html5ever", "markup5ever", "selectors", "cssparser", "rustls_platform_verifier"];

/// What the operator chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogSettings {
    pub format: LogFormat,
    pub level: Level,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// The journal if it listens at our standard error, else text.
    #[default]
    Auto,
    Text,
    Json,
    Journald,
}

#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error("{ENVIRONMENT} cannot be read as a log level")]
    Level(#[source] ParseError),
    #[error("logging was started before")]
    Twice(#[source] TryInitError),
}

/// Changes the level of a running program.
#[derive(Clone)]
pub struct LogHandle(reload::Handle<EnvFilter, Registry>);

impl LogHandle {
    /// Takes another level, unless the environment has set one.
    pub fn set_level(&self, level: Level) {
        let wanted = environment().unwrap_or_else(|| directives(level));
        // Was read at the start; fails only when logging has ended.
        if let Ok(filter) = EnvFilter::try_new(wanted) {
            let _ = self.0.reload(filter);
        }
    }
}

/// Starts logging for the whole process. A journal that is not there is replaced by text, with a warning.
pub fn init(settings: LogSettings, clock: Clock) -> Result<LogHandle, LogError> {
    let wanted = environment().unwrap_or_else(|| directives(settings.level));
    let (level, handle) = reload::Layer::new(EnvFilter::try_new(wanted).map_err(LogError::Level)?);
    let (output, trouble) = output(settings.format, clock);
    tracing_subscriber::registry()
        .with(level)
        .with(output.with_filter(filter_fn(may_be_said)))
        .try_init()
        .map_err(LogError::Twice)?;
    if let Some(error) = trouble {
        warn!("the journal does not take our lines, writing text instead: {error}");
    }
    Ok(LogHandle(handle))
}

fn environment() -> Option<String> {
    std::env::var(ENVIRONMENT).ok().filter(|value| !value.trim().is_empty())
}

fn directives(level: Level) -> String {
    format!("warn,newsvigil={}", level.as_str().to_lowercase())
}

fn may_be_said(line: &Metadata<'_>) -> bool {
    let of = |name: &str| line.target().split("::").next() == Some(name);
    of("newsvigil") || (*line.level() <= Level::WARN && !SILENT.into_iter().any(of))
}

type Output<S> = Box<dyn Layer<S> + Send + Sync>;

fn output<S>(format: LogFormat, clock: Clock) -> (Output<S>, Option<io::Error>)
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let journal = match format {
        LogFormat::Auto => stderr_is_journal(),
        LogFormat::Journald => true,
        LogFormat::Text | LogFormat::Json => false,
    };
    if format == LogFormat::Json {
        return (fmt::layer().json().flatten_event(true).with_writer(io::stderr).boxed(), None);
    }
    if !journal {
        return (text(clock), None);
    }
    match tracing_journald::layer() {
        Ok(layer) => (
            // Without a prefix: `journalctl FEED_ID=f_…`.
            layer
                .with_field_prefix(None)
                .with_syslog_identifier("newsvigil".to_owned())
                .with_priority_mappings(PRIORITIES)
                .boxed(),
            None,
        ),
        Err(error) => (text(clock), Some(error)),
    }
}

fn text<S>(clock: Clock) -> Output<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fmt::layer()
        .compact()
        .with_target(false)
        .with_timer(LocalTime { clock, zone: TimeZone::system() })
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .boxed()
}

/// The machine's own time of day, as the person at the terminal reads it.
struct LocalTime {
    clock: Clock,
    zone: TimeZone,
}

impl FormatTime for LocalTime {
    fn format_time(&self, w: &mut Writer<'_>) -> std::fmt::Result {
        write!(w, "{}", self.clock.now().to_jiff().to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S"))
    }
}

/// systemd names the file behind our standard error in `JOURNAL_STREAM`, as device and inode.
fn stderr_is_journal() -> bool {
    let Ok(named) = std::env::var("JOURNAL_STREAM") else {
        return false;
    };
    let Ok(stderr) = io::stderr().as_fd().try_clone_to_owned() else {
        return false;
    };
    let metadata = std::fs::File::from(stderr).metadata();
    metadata.is_ok_and(|file| named == format!("{}:{}", file.dev(), file.ino()))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Collects what would be written.
    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Page {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn other_crates_may_warn_but_not_chat_even_when_everything_is_asked_for() {
        let page = Page::default();
        let writer = page.clone();
        let layer = fmt::layer().with_ansi(false).without_time().with_writer(move || writer.clone());
        let subscriber = tracing_subscriber::registry()
            .with(EnvFilter::new("trace"))
            .with(layer.with_filter(filter_fn(may_be_said)));
        tracing::subscriber::with_default(subscriber, || {
            tracing::debug!(target: "newsvigil::fetch", "ours");
            tracing::debug!(target: "lettre::transport", "RCPT TO:<desk@ngo.example>");
            tracing::warn!(target: "html5ever::tree_builder", "text of a page");
            tracing::warn!(target: "sqlx::query", "slow statement");
            tracing::warn!(target: "newsvigilant", "somebody else's");
        });
        let said = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
        assert!(said.contains("ours") && said.contains("slow statement"), "{said}");
        assert!(!said.contains("RCPT") && !said.contains("text of a page"), "{said}");
    }

    #[test]
    fn a_line_bears_the_time_of_the_machines_zone() {
        let clock = Clock::manual(crate::model::time::Timestamp::from_millis(1_795_498_267_000));
        let zone = TimeZone::fixed(jiff::tz::offset(9));
        let mut line = String::new();
        LocalTime { clock, zone }.format_time(&mut Writer::new(&mut line)).unwrap();
        assert_eq!(line, "2026-11-24 14:31:07");
    }
}
