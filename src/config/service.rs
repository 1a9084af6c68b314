//! The blocks about the program itself: `[service]`, `[database]`, `[poll]`, `[fetch]`, `[keep]`, `[digest]`.

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tracing::Level;
use url::Url;

use super::access;
use super::environment::Environment;
use super::secret;
use super::section::{Section, Text};
use super::settings::{AlarmSettings, DigestSettings, HttpSettings, KeepSettings, MailBack, PollSettings};
use super::values;
use crate::ops::logging::{LogFormat, LogSettings};
use crate::schedule::AlertPacing;
use crate::{coverage, fetch, store};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);
const YEAR: Duration = Duration::from_secs(365 * 86_400);

/// Where relative paths start, and what the process was told.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'e> {
    pub config: &'e Path,
    pub environment: &'e Environment,
}

impl Surroundings<'_> {
    /// A path as written: relative ones start at the configuration's folder.
    pub fn resolve(&self, path: &str) -> PathBuf {
        self.config.parent().unwrap_or(Path::new("")).join(path)
    }
}

/// `[service]`
pub(super) struct Service {
    pub state_dir: PathBuf,
    pub log: LogSettings,
    pub http: Option<HttpSettings>,
}

pub(super) fn service(section: Option<&Section<'_>>, around: Surroundings<'_>) -> Service {
    let state_dir = around.environment.state_dir(around.config);
    let log = LogSettings { format: LogFormat::Auto, level: Level::INFO };
    let Some(section) = section else {
        return Service { state_dir, log, http: None };
    };
    let formats = [
        ("auto", LogFormat::Auto),
        ("text", LogFormat::Text),
        ("json", LogFormat::Json),
        ("journald", LogFormat::Journald),
    ];
    let levels = [
        ("error", Level::ERROR),
        ("warn", Level::WARN),
        ("info", Level::INFO),
        ("debug", Level::DEBUG),
        ("trace", Level::TRACE),
    ];
    Service {
        state_dir: section
            .text("state_dir", "\"/var/lib/newsvigil\"")
            .map_or(state_dir, |path| around.resolve(path.value)),
        log: LogSettings {
            format: section.word("log_format", &formats).unwrap_or(log.format),
            level: section.word("log_level", &levels).unwrap_or(log.level),
        },
        http: listen(section),
    }
}

fn listen(section: &Section<'_>) -> Option<HttpSettings> {
    let example = "\"127.0.0.1:9117\"";
    let public = section.switch("listen_public").unwrap_or(false);
    let mut hosts = Vec::new();
    for host in section.texts("hosts", "[\"monitor.example.org\"]").unwrap_or_default() {
        match values::host(host.value) {
            Ok(()) => hosts.push(host.value.to_ascii_lowercase()),
            Err(wrong) => section.error_saying(host.span, "`hosts` cannot be used", wrong, "write a name without port"),
        }
    }
    let address = section.text("listen", example)?;
    let Ok(listen) = address.value.parse::<SocketAddr>() else {
        let help = format!("write an address and a port: listen = {example}");
        section.error(address.span, "`listen` is not an address with a port", help);
        return None;
    };
    if !listen.ip().is_loopback() && !public {
        let help = format!(
            "write listen = \"127.0.0.1:{}\", or, if a firewall guards that port, add listen_public = true",
            listen.port()
        );
        section.error(address.span, "`listen` lets other machines in", help);
    }
    Some(HttpSettings { listen, hosts })
}

/// `[database]`
pub(super) fn database(section: Option<&Section<'_>>, state_dir: &Path, around: Surroundings<'_>) -> store::Config {
    let busy_timeout = Duration::from_secs(10);
    let Some(section) = section else {
        return store::Config::Sqlite { path: state_dir.join("newsvigil.db"), busy_timeout };
    };
    let path = section.text("path", "\"/var/lib/newsvigil/newsvigil.db\"");
    let url = section.text("url", "\"postgres://newsvigil@localhost/newsvigil\"");
    let busy = section.duration("busy_timeout", Duration::from_millis(100)..=10 * MINUTE, "10s");
    let max_connections = section.number("max_connections", 2..=1_000, 8).unwrap_or(8);
    let password = section.text("password_file", "\"/etc/newsvigil/database-password\"");
    if let (Some(_), Some(url)) = (&path, &url) {
        section.error(
            url.span.clone(),
            "`path` and `url` are both given",
            "keep one: path is SQLite, url is PostgreSQL",
        );
    }
    match url {
        Some(url) => {
            let max_connections = u32::try_from(max_connections).unwrap_or(8);
            store::Config::Postgres { url: postgres_url(section, &url, password, around), max_connections }
        }
        None => {
            if let Some(password) = password {
                section.warn(password.span, "`password_file` has no use without `url`", "take it out");
            }
            let path = path.map_or_else(|| state_dir.join("newsvigil.db"), |path| around.resolve(path.value));
            store::Config::Sqlite { path, busy_timeout: busy.unwrap_or(busy_timeout) }
        }
    }
}

fn postgres_url(
    section: &Section<'_>,
    text: &Text<'_>,
    password: Option<Text<'_>>,
    around: Surroundings<'_>,
) -> SecretString {
    let example = "postgres://newsvigil@localhost/newsvigil";
    let refuse = |message: &str, help: String| section.error(text.span.clone(), message, help);
    let nothing = SecretString::from(String::new());
    let Ok(mut url) = Url::parse(text.value) else {
        refuse("`url` is not an address of a database", format!("write: url = \"{example}\""));
        return nothing;
    };
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        let help = format!("write: url = \"{example}\"; for SQLite write path = \"…\" in place of url");
        refuse("only PostgreSQL has a `url`", help);
        return nothing;
    }
    if url.password().is_some() || url.query_pairs().any(|(key, _)| secret::is_secret_key(&key)) {
        let help = "take it out, and name a file that holds it: password_file = \"/etc/newsvigil/database-password\"";
        refuse("a password does not belong in this file", help.to_owned());
        return nothing;
    }
    if let Some(password) = secret_from(section, password, "database-password", around) {
        if url.username().is_empty() {
            refuse("a password, but no user", format!("write: url = \"{example}\""));
        } else if url.set_password(Some(password.expose_secret())).is_err() {
            refuse("this address cannot take a password", format!("write: url = \"{example}\""));
        }
    }
    SecretString::from(String::from(url))
}

/// Reads a secret from the file that is named, or, after `credential:`, from the credential of that name.
pub(super) fn secret_named(section: &Section<'_>, named: &Text<'_>, around: Surroundings<'_>) -> Option<SecretString> {
    let Some(credential) = named.value.strip_prefix("credential:") else {
        return secret_from(section, Some(named.clone()), "", around);
    };
    if let Err(wrong) = values::id(credential) {
        let help = "write \"credential:\" and a name of letters, digits, - and _, or the path of a file";
        section.error_saying(named.span.clone(), "not the name of a credential", wrong, help);
        return None;
    }
    let Some(path) = around.environment.credential(credential) else {
        let help = format!(
            "put it into /etc/credstore/newsvigil.{credential}, and hand it over: systemctl edit newsvigil, [Service], \
             LoadCredential={credential}:newsvigil.{credential}"
        );
        section.error(named.span.clone(), "there is no such credential", help);
        return None;
    };
    let named = Text { value: path.to_str()?, span: named.span.clone() };
    secret_from(section, Some(named), "", around)
}

/// Reads a secret from the file that is named, else from the credential of that name if there is one.
pub(super) fn secret_from(
    section: &Section<'_>,
    file: Option<Text<'_>>,
    credential: &str,
    around: Surroundings<'_>,
) -> Option<SecretString> {
    let (path, span) = match &file {
        Some(text) => (around.resolve(text.value), text.span.clone()),
        None => (around.environment.credential(credential)?, section.span.clone()),
    };
    match secret::read(&path) {
        Ok(found) => {
            if found.exposed {
                let help = format!("chmod 600 {}", path.display());
                section.warn(span, "everybody on this machine may read the secret in this file", help);
            }
            Some(found.value)
        }
        Err(error) => {
            let message = if file.is_some() {
                format!("no secret in this file: {error}")
            } else {
                format!("no secret in the credential `{credential}`: {error}")
            };
            section.error(span, message, "the file must hold the secret alone, on one line");
            None
        }
    }
}

/// `[poll]`
pub(super) fn poll(section: Option<&Section<'_>>) -> PollSettings {
    let mut poll = PollSettings {
        every: HOUR,
        min_every: 5 * MINUTE,
        max_every: 6 * HOUR,
        mail_back: MailBack::Within(Duration::ZERO),
    };
    let Some(section) = section else {
        return poll;
    };
    let bounds = Duration::from_secs(1)..=30 * DAY;
    let every = section.duration("every", bounds.clone(), "1h");
    poll.min_every = section.duration("min_every", bounds.clone(), "5m").unwrap_or(poll.min_every);
    poll.max_every = section.duration("max_every", bounds, "6h").unwrap_or(poll.max_every.max(poll.min_every));
    poll.mail_back = mail_back(section).unwrap_or(poll.mail_back);
    if poll.min_every < MINUTE {
        let help = "servers shut out programs that ask them all the time; 5m is polite";
        section.warn(section.value_span("min_every"), "feeds may be asked more than once a minute", help);
    }
    if poll.max_every < poll.min_every {
        let help = format!("write: max_every = \"{}\" or longer", values::show_duration(poll.min_every));
        section.error(section.value_span("max_every"), "`max_every` is shorter than `min_every`", help);
    }
    poll.every = every.unwrap_or(poll.every.max(poll.min_every));
    check_interval(section, poll.every, &poll);
    poll
}

/// Reads `[alarms]`.
pub(super) fn alarms(section: Option<&Section<'_>>, min_every: Duration) -> AlarmSettings {
    let mut bounds = coverage::Bounds { min_every, ..coverage::Bounds::default() };
    let mut gather = 5 * MINUTE;
    if let Some(section) = section {
        let length = |key, example, default| section.duration(key, Duration::ZERO..=YEAR, example).unwrap_or(default);
        bounds.silent_after = length("silent_after", "1d", bounds.silent_after);
        bounds.failing_after = length("failing_after", "6h", bounds.failing_after);
        bounds.hold = section.switch("hold").unwrap_or(bounds.hold);
        gather = section.duration("gather", Duration::ZERO..=DAY, "5m").unwrap_or(gather);
    }
    AlarmSettings { bounds, never_held: HashSet::new(), gather }
}

/// Checks an interval against the bounds of `[poll]`.
pub(super) fn check_interval(section: &Section<'_>, every: Duration, poll: &PollSettings) {
    if every < poll.min_every {
        let least = values::show_duration(poll.min_every);
        let message = format!("`every` is shorter than `min_every` in [poll], which is {least}");
        section.error(section.value_span("every"), message, format!("write: every = \"{least}\""));
    } else if every > DAY {
        let message = format!("news from here may come {} late", values::show_duration(every));
        section.warn(section.value_span("every"), message, "write: every = \"30m\"");
    }
}

fn mail_back(section: &Section<'_>) -> Option<MailBack> {
    match section.has("mail_back").then(|| section.plain("mail_back")).flatten() {
        Some("all") => section.text("mail_back", "\"all\"").map(|_| MailBack::All),
        Some("none") => section.text("mail_back", "\"none\"").map(|_| MailBack::Within(Duration::ZERO)),
        _ => section.duration("mail_back", Duration::ZERO..=10 * YEAR, "3d").map(MailBack::Within),
    }
}

/// `[fetch]`
pub(super) fn fetch(section: Option<&Section<'_>>) -> fetch::Config {
    let mut config = fetch::Config::default();
    let Some(section) = section else {
        return config;
    };
    user_agents(section, &mut config);
    config.route = access::route(section).unwrap_or_default();
    let wait = Duration::from_millis(100)..=10 * MINUTE;
    let set = |field: &mut Duration, key, bounds: RangeInclusive<Duration>, example| {
        *field = section.duration(key, bounds, example).unwrap_or(*field);
    };
    set(&mut config.connect_timeout, "connect_timeout", wait.clone(), "10s");
    set(&mut config.first_byte_timeout, "first_byte_timeout", wait.clone(), "20s");
    set(&mut config.total_timeout, "total_timeout", wait, "1m");
    set(&mut config.host_gap, "host_gap", Duration::ZERO..=HOUR, "1s");
    let size = |field: &mut u64, key, example| {
        *field = section.size(key, 64 << 10..=256 << 20, example).unwrap_or(*field);
    };
    size(&mut config.max_feed_bytes, "max_feed_size", "8 MiB");
    size(&mut config.max_page_bytes, "max_page_size", "16 MiB");
    let count = |default: usize, key, bounds| {
        let number = section.number(key, bounds, default as u64);
        number.and_then(|number| usize::try_from(number).ok()).unwrap_or(default)
    };
    config.max_redirects = u32::try_from(count(8, "max_redirects", 0..=20)).unwrap_or(8);
    config.max_concurrent = count(32, "max_concurrent", 1..=1_000);
    config.max_concurrent_per_host = count(1, "max_concurrent_per_host", 1..=100);
    allow_networks(section, &mut config);
    config
}

/// One of the operator's own is said everywhere; ours names its contact only where it goes directly.
fn user_agents(section: &Section<'_>, config: &mut fetch::Config) {
    let fits = |text: &str| {
        let plain = text.len() <= 200 && text.bytes().all(|b| (0x20..0x7f).contains(&b));
        if plain { Ok(text.to_owned()) } else { Err("only plain Latin letters, digits and signs, at most 200") }
    };
    let contact = section.parsed("contact", "\"https://ngo.example.org/about-our-reader\"", fits);
    if let Some(own) = section.parsed("user_agent", "\"newsvigil/0.1\"", fits) {
        (config.user_agent, config.proxied_user_agent) = (own.clone(), own);
    } else if let Some(contact) = contact {
        config.user_agent = format!("{} (+{contact})", config.proxied_user_agent);
    }
}

fn allow_networks(section: &Section<'_>, config: &mut fetch::Config) {
    let example = "[\"10.1.2.0/24\"]";
    for network in section.texts("allow_networks", example).unwrap_or_default() {
        let text = match network.value.parse::<IpAddr>() {
            Ok(IpAddr::V4(ip)) => format!("{ip}/32"),
            Ok(IpAddr::V6(ip)) => format!("{ip}/128"),
            Err(_) => network.value.to_owned(),
        };
        match text.parse() {
            Ok(parsed) => config.allow_networks.push(parsed),
            Err(_) => section.error(
                network.span.clone(),
                "`allow_networks` holds what is no network",
                format!("write numbers, not names: allow_networks = {example}"),
            ),
        }
        if text.ends_with("/0") {
            let help = "name the one network that is needed, such as \"10.1.2.0/24\"";
            section.warn(network.span, "pages may now lead newsvigil to every machine of your own network", help);
        }
    }
}

/// `[keep]`
pub(super) fn keep(section: Option<&Section<'_>>) -> KeepSettings {
    let defaults = KeepSettings { pages: Some(90 * DAY), articles: Some(2 * YEAR), digests: Some(2 * YEAR) };
    let Some(section) = section else {
        return defaults;
    };
    let read = |key: &'static str, example: &str, sensible: Duration, lost: &str, default: Option<Duration>| {
        if section.plain(key) == Some("forever") {
            section.text(key, example);
            return None;
        }
        let Some(length) = section.duration(key, DAY..=100 * YEAR, example) else {
            return default;
        };
        if length < sensible {
            let message = format!("after {} {lost}", values::show_duration(length));
            section.warn(section.value_span(key), message, format!("write: {key} = \"{example}\", or \"forever\""));
        }
        Some(length)
    };
    KeepSettings {
        pages: read("pages", "90d", 7 * DAY, "nobody can see any more what a page really said", defaults.pages),
        articles: read("articles", "2 years", 30 * DAY, "a copy of an old report counts as new", defaults.articles),
        digests: read("digests", "2 years", 30 * DAY, "nobody can see any more what was mailed", defaults.digests),
    }
}

/// `[digest]`
pub(super) fn digest(section: Option<&Section<'_>>) -> DigestSettings {
    let max_reports = section.and_then(|section| section.number("max_reports", 1..=1_000, 100)).unwrap_or(100);
    let mut alerts = AlertPacing::default();
    if let Some(section) = section {
        let gather = section.duration("alert_gather", Duration::ZERO..=DAY / 24, "2m");
        alerts.gather = gather.unwrap_or(alerts.gather);
        let most = section.number("max_alerts_per_hour", 1..=3_600, 12);
        alerts.max_an_hour = most.and_then(|most| u32::try_from(most).ok()).unwrap_or(alerts.max_an_hour);
    }
    DigestSettings { max_reports: u32::try_from(max_reports).unwrap_or(100), alerts }
}
