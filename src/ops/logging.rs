//! Where log lines go and what they look like.

use tracing::Level;

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
pub fn start(_s: &LogSettings) -> anyhow::Result<()> {
    todo!()
}
