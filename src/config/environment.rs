//! What the process was told from outside: where things are.

use std::env;
use std::path::{Path, PathBuf};

/// The system-wide configuration.
const SYSTEM_CONFIG: &str = "/etc/newsvigil/newsvigil.toml";
/// The system-wide state.
const SYSTEM_STATE: &str = "/var/lib/newsvigil";
/// Ours are named `newsvigil.…` there, as in the unit.
const CREDENTIAL_STORE: &str = "/etc/credstore";

/// The variables that newsvigil heeds; empty ones count as unset. Tests make their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    /// `NEWSVIGIL_CONFIG`
    pub config: Option<PathBuf>,
    /// `CONFIGURATION_DIRECTORY`, set by systemd.
    pub configuration_directory: Option<PathBuf>,
    /// `STATE_DIRECTORY`, set by systemd.
    pub state_directory: Option<PathBuf>,
    /// `CREDENTIALS_DIRECTORY`, set by systemd.
    pub credentials_directory: Option<PathBuf>,
    /// Where the unit takes its credentials from: commands run by hand (as root) find them there.
    pub credential_store: Option<PathBuf>,
    /// `XDG_CONFIG_HOME`, else `~/.config`.
    pub config_home: Option<PathBuf>,
    /// `XDG_STATE_HOME`, else `~/.local/state`.
    pub state_home: Option<PathBuf>,
}

impl Environment {
    pub fn of_process() -> Environment {
        // systemd separates several folders by colons; the first is ours.
        let folder = |name: &str| {
            let value = env::var_os(name)?;
            env::split_paths(&value).next().filter(|path| path.is_absolute())
        };
        let home = |below: &str| folder("HOME").map(|home| home.join(below));
        Environment {
            config: env::var_os("NEWSVIGIL_CONFIG").filter(|value| !value.is_empty()).map(PathBuf::from),
            configuration_directory: folder("CONFIGURATION_DIRECTORY"),
            state_directory: folder("STATE_DIRECTORY"),
            credentials_directory: folder("CREDENTIALS_DIRECTORY"),
            credential_store: Some(PathBuf::from(CREDENTIAL_STORE)),
            config_home: folder("XDG_CONFIG_HOME").or_else(|| home(".config")),
            state_home: folder("XDG_STATE_HOME").or_else(|| home(".local/state")),
        }
    }

    /// Returns where the configuration is if the command line does not say: `NEWSVIGIL_CONFIG`, else systemd's
    /// folder, else `/etc`, else (only if it is there) the user's own.
    pub fn config_path(&self) -> PathBuf {
        if let Some(path) = &self.config {
            return path.clone();
        }
        if let Some(folder) = &self.configuration_directory {
            return folder.join("newsvigil.toml");
        }
        let own = self.config_home.as_ref().map(|home| home.join("newsvigil/newsvigil.toml"));
        match own {
            Some(own) if own.exists() && !Path::new(SYSTEM_CONFIG).exists() => own,
            _ => PathBuf::from(SYSTEM_CONFIG),
        }
    }

    /// Returns where the state is if the configuration does not say: systemd's folder, else `/var/lib` for the
    /// system's configuration, else the user's own.
    pub(super) fn state_dir(&self, config: &Path) -> PathBuf {
        if let Some(folder) = &self.state_directory {
            return folder.clone();
        }
        match &self.state_home {
            Some(home) if !config.starts_with("/etc") => home.join("newsvigil"),
            _ => PathBuf::from(SYSTEM_STATE),
        }
    }

    /// Returns the file of a credential: handed over by the service manager, else in its store.
    pub(super) fn credential(&self, name: &str) -> Option<PathBuf> {
        let handed_over = self.credentials_directory.as_ref().map(|folder| folder.join(name));
        let stored = self.credential_store.as_ref().map(|folder| folder.join(format!("newsvigil.{name}")));
        [handed_over, stored].into_iter().flatten().find(|path| path.exists())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_on_where_the_configuration_is_wins() {
        let all = Environment {
            config: Some("/a/mine.toml".into()),
            configuration_directory: Some("/b".into()),
            ..Environment::default()
        };
        assert_eq!(all.config_path(), Path::new("/a/mine.toml"));
        assert_eq!(Environment { config: None, ..all }.config_path(), Path::new("/b/newsvigil.toml"));
        assert_eq!(Environment::default().config_path(), Path::new(SYSTEM_CONFIG));
    }

    #[test]
    fn the_state_of_the_systems_configuration_is_the_systems() {
        let at_home = Environment { state_home: Some("/home/a/.local/state".into()), ..Environment::default() };
        assert_eq!(at_home.state_dir(Path::new("/etc/newsvigil/newsvigil.toml")), Path::new(SYSTEM_STATE));
        assert_eq!(at_home.state_dir(Path::new("newsvigil.toml")), Path::new("/home/a/.local/state/newsvigil"));
        let service = Environment { state_directory: Some("/var/lib/private/x".into()), ..at_home };
        assert_eq!(service.state_dir(Path::new("/etc/x.toml")), Path::new("/var/lib/private/x"));
    }
}
