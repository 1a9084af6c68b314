//! How a `[[recipient]]` is reached, where not by mail as all others: `command`, `webhook`; and `openpgp_key`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::ExposeSecret as _;
use url::Url;

use super::access;
use super::section::{Section, Text};
use super::service::{Surroundings, secret_named};
use crate::deliver::{self, KeyProblem};
use crate::model::exchange::Route;
use crate::model::recipient::{CommandInput, CommandLine, Way, WebhookTarget};
use crate::model::signature::SigningKey;
use crate::model::time::Timestamp;

const COMMAND: &str = "[\"/usr/local/bin/to-signal\", \"+491511234567\"]";
const WEBHOOK: &str = "\"https://hooks.your-domain.org/newsvigil\"";
const WEBHOOK_FILE: &str = "\"credential:desk-hook-address\"";
const SECRET_FILE: &str = "\"credential:desk-hook-secret\"";
const TIMEOUT: Duration = Duration::from_secs(60);
/// Its owner has so long to send a new one.
const KEY_WARNING: Duration = Duration::from_secs(30 * 86_400);

/// What all of them are read with.
#[derive(Clone, Copy)]
pub(super) struct Ways<'e> {
    pub around: Surroundings<'e>,
    /// For webhooks that name none.
    pub route: &'e Route,
    pub now: Timestamp,
}

impl Ways<'_> {
    /// `None`: something is wrong, and was reported.
    pub fn read(self, section: &Section<'_>) -> Option<Way> {
        let has_command = section.has("command");
        let has_webhook = section.has("webhook") || section.has("webhook_file");
        declare(section, &["command", "webhook", "webhook_file"], true, "");
        declare(section, &["command_input", "command_timeout"], has_command, "command");
        declare(section, &["webhook_secret_file", "route"], has_webhook, "webhook");
        let command = has_command.then(|| command(section, &OF_RECIPIENT));
        let webhook = has_webhook.then(|| self.webhook(section));
        match (command, webhook) {
            (Some(_), Some(_)) => {
                let help = "keep one; give the other to a recipient of its own";
                section.error(section.key_span("command"), "`command` and a webhook are both given", help);
                None
            }
            (Some(command), None) => command.map(Way::Command),
            (None, Some(webhook)) => webhook.map(Way::Webhook),
            (None, None) => Some(Way::Mail),
        }
    }

    fn webhook(self, section: &Section<'_>) -> Option<WebhookTarget> {
        let url = self.url(section);
        let secret = section.needed_text("webhook_secret_file", SECRET_FILE);
        let key = secret.and_then(|file| {
            let secret = secret_named(section, &file, self.around)?;
            let wrong = match SigningKey::parse(secret.expose_secret()) {
                Ok(key) => return Some(key),
                Err(wrong) => wrong,
            };
            let help =
                "make one, and give it to the receiver too: printf 'whsec_%s' \"$(head -c 32 /dev/urandom | base64)\"";
            section.error(file.span, format!("the secret in this file cannot sign: {wrong}"), help);
            None
        });
        let route = match section.has("route") {
            true => access::route(section)?,
            false => self.route.clone(),
        };
        Some(WebhookTarget { url: url?, route, key: key? })
    }

    /// Some receivers know us by a secret in the address: then it stands in a file.
    fn url(self, section: &Section<'_>) -> Option<Url> {
        match (section.text("webhook", WEBHOOK), section.text("webhook_file", WEBHOOK_FILE)) {
            (Some(_), Some(file)) => {
                section.error(file.span, "`webhook` and `webhook_file` are both given", "keep one");
                None
            }
            (Some(text), None) => read_url(section, &text, text.value),
            (None, Some(file)) => {
                let secret = secret_named(section, &file, self.around)?;
                read_url(section, &file, secret.expose_secret())
            }
            (None, None) => None,
        }
    }

    /// The file with the recipient's key. One that cannot be used now is no mistake of the configuration: their mails
    /// are held, and everybody else's go out.
    pub fn openpgp_key(self, section: &Section<'_>, way: Option<&Way>) -> Option<PathBuf> {
        let text = section.text("openpgp_key", "\"/etc/newsvigil/keys/desk.asc\"")?;
        if way.is_some() && !takes_mail(section, way) {
            let help = "take it out, or reach them by mail; a command can take one with command_input = \"mail\"";
            section.error(text.span, "only mails can be encrypted", help);
            return None;
        }
        let path = self.around.resolve(text.value);
        self.warn_of(section, &text, &path);
        Some(path)
    }

    fn warn_of(self, section: &Section<'_>, text: &Text<'_>, path: &Path) {
        let held = "their mails are held until this is mended, and never sent in clear";
        match deliver::check_key(path, self.now) {
            Err(KeyProblem::Missing) => section.warn(text.span.clone(), "there is no such file with a key", held),
            Err(problem) => section.warn(text.span.clone(), problem.to_string(), held),
            Ok(Some(expires)) if expires <= self.now.plus(KEY_WARNING) => {
                let help = "ask them for a new or an extended one; after that their mails are held";
                section.warn(text.span.clone(), format!("this OpenPGP key expires at {expires}"), help);
            }
            Ok(_) => {}
        }
    }
}

fn read_url(section: &Section<'_>, at: &Text<'_>, text: &str) -> Option<Url> {
    let wrong = match Url::parse(text) {
        Ok(url) if is_fit(&url) => return Some(url),
        Ok(url) if url.scheme() == "http" => "the digests would cross the network unencrypted",
        Ok(_) => "neither https://, nor http:// to this machine; without user and password",
        Err(_) => "not an address",
    };
    section.error(
        at.span.clone(),
        format!("the webhook cannot be used: {wrong}"),
        format!("write: webhook = {WEBHOOK}"),
    );
    None
}

/// Unencrypted to this machine and to Tor alone, which encrypts by itself.
fn is_fit(url: &Url) -> bool {
    let here = match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".onion"),
        None => false,
    };
    let anonymous = url.username().is_empty() && url.password().is_none();
    anonymous && url.has_host() && (url.scheme() == "https" || (url.scheme() == "http" && here))
}

/// Makes keys known that are not there; one that is there without what it belongs to is a mistake.
fn declare(section: &Section<'_>, keys: &[&'static str], is_of_use: bool, without: &str) {
    for key in keys.iter().copied() {
        if !section.has(key) {
            section.text(key, "");
        } else if !is_of_use {
            section.text(key, "");
            let message = format!("`{key}` has no use without `{without}`");
            section.error(section.key_span(key), message, "take it out");
        }
    }
}

/// The keys of a command.
pub(super) struct CommandKeys {
    pub argv: &'static str,
    pub timeout: &'static str,
    /// `None`: it always takes mails.
    pub input: Option<&'static str>,
    pub example: &'static str,
}

const OF_RECIPIENT: CommandKeys =
    CommandKeys { argv: "command", timeout: "command_timeout", input: Some("command_input"), example: COMMAND };

pub(super) fn command(section: &Section<'_>, keys: &CommandKeys) -> Option<CommandLine> {
    let (key, example) = (keys.argv, keys.example);
    let argv = section.texts(key, example);
    let inputs = [("mail", CommandInput::Mail), ("text", CommandInput::Text), ("json", CommandInput::Json)];
    let input = match keys.input {
        Some(input) if section.has(input) => section.word(input, &inputs),
        Some(_) => Some(CommandInput::Text),
        None => Some(CommandInput::Mail),
    };
    let bounds = Duration::from_secs(1)..=deliver::LONGEST_COMMAND;
    let timeout = section.duration(keys.timeout, bounds, "1m");
    let argv: Vec<String> = argv?.into_iter().map(|text| text.value.to_owned()).collect();
    if !argv.first().is_some_and(|program| program.starts_with('/')) {
        let help = format!("write the program's whole path, and each word it is called with: {key} = {example}");
        section.error(section.value_span(key), "the command must begin with the whole path of a program", help);
        return None;
    }
    if argv.iter().any(|word| word.contains('\0')) {
        section.error(section.value_span(key), "the command holds a zero byte", "take it out");
        return None;
    }
    Some(CommandLine { argv, input: input?, timeout: timeout.unwrap_or(TIMEOUT) })
}

/// Whether whole mails are made for them, which need an address and can be encrypted.
pub(super) fn takes_mail(section: &Section<'_>, way: Option<&Way>) -> bool {
    match way {
        // What is wrong with it was told.
        None => !["command", "webhook", "webhook_file"].iter().any(|key| section.has(key)),
        Some(Way::Mail) => true,
        Some(Way::Command(line)) => line.input == CommandInput::Mail,
        Some(Way::Webhook(_)) => false,
    }
}
