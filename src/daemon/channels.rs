//! Builds the ways to recipients from the configuration.

use std::collections::HashMap;

use anyhow::Context as _;

use crate::clock::Clock;
use crate::config::settings::{self, MailSettings, Settings};
use crate::deliver::{self, Channel};
use crate::fetch::Fetcher;
use crate::model::recipient::Way;
use crate::model::token::TokenKey;
use crate::ops::own_secret::own_secret;
use crate::stage::Channels;

/// How readers unsubscribe with one click, where the configuration gives them an address for it.
fn one_click(settings: &Settings) -> anyhow::Result<Option<deliver::OneClick>> {
    let Some(base) = settings.http.as_ref().and_then(|http| http.unsubscribe_url.as_ref()) else { return Ok(None) };
    let base = base.as_str().trim_end_matches('/').to_owned();
    Ok(Some(deliver::OneClick { base, key: unsubscribe_key(settings)? }))
}

/// What the links of unsubscribing are signed with.
pub fn unsubscribe_key(settings: &Settings) -> anyhow::Result<TokenKey> {
    own_secret(&settings.state_dir.join("unsubscribe.key")).context("could not make the secret of unsubscribe links")
}

/// The ways to the recipients of the configuration.
pub fn channels(settings: &Settings, fetcher: &Fetcher) -> anyhow::Result<Channels> {
    let one_click = one_click(settings)?;
    let mail = Channel::open(mail(&settings.mail, one_click.clone())).context("could not set up mail")?;
    let from = match &settings.mail {
        MailSettings::Smtp(smtp) => &smtp.from,
        MailSettings::Maildir(maildir) => &maildir.from,
        MailSettings::Command(command) => &command.from,
    };
    let mut own = HashMap::new();
    for recipient in &settings.recipients {
        let channel = match &recipient.way {
            Way::Mail => continue,
            Way::Command(line) => {
                let from = sender(from, one_click.clone());
                let config = deliver::CommandConfig { line: line.clone(), appends_address: false, from };
                Channel::open(deliver::Config::Command(config))
                    .with_context(|| format!("could not set up the command of {}", recipient.id))?
            }
            Way::Webhook(target) => {
                let config = deliver::WebhookConfig { target: target.clone(), clock: Clock::system() };
                Channel::webhook(config, fetcher.clone())
            }
        };
        own.insert(recipient.id.clone(), channel);
    }
    Ok(Channels { mail, own })
}

fn sender(from: &settings::Sender, one_click: Option<deliver::OneClick>) -> deliver::Sender {
    deliver::Sender {
        return_path: from.return_path.clone(),
        one_click,
        name: from.name.clone(),
        email: from.email.clone(),
        reply_to: from.reply_to.clone(),
    }
}

fn mail(settings: &MailSettings, one_click: Option<deliver::OneClick>) -> deliver::Config {
    let sender = |from: &settings::Sender| sender(from, one_click.clone());
    match settings {
        MailSettings::Command(command) => deliver::Config::Command(deliver::CommandConfig {
            line: command.line.clone(),
            appends_address: true,
            from: sender(&command.from),
        }),
        MailSettings::Maildir(maildir) => {
            deliver::Config::Maildir(deliver::MaildirConfig { path: maildir.path.clone(), from: sender(&maildir.from) })
        }
        MailSettings::Smtp(smtp) => deliver::Config::Smtp(deliver::SmtpConfig {
            host: smtp.host.clone(),
            port: smtp.port,
            tls: match smtp.tls {
                settings::Tls::Implicit => deliver::Tls::Implicit,
                settings::Tls::StartTls => deliver::Tls::StartTls,
                settings::Tls::None => deliver::Tls::None,
            },
            login: smtp
                .login
                .as_ref()
                .map(|login| deliver::Login { username: login.username.clone(), password: login.password.clone() }),
            ca_file: smtp.ca_file.clone(),
            from: sender(&smtp.from),
            timeouts: deliver::Timeouts::default(),
        }),
    }
}
