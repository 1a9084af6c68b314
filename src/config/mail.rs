//! `[mail]`: who digests are from, and how they leave.

use std::net::IpAddr;
use std::path::Path;

use super::section::{Section, Text};
use super::service::{Surroundings, secret_from};
use super::settings::{CommandSettings, Login, MailSettings, MaildirSettings, Sender, SmtpSettings, Tls};
use super::values;
use super::ways::{self, CommandKeys};

const PAUSE_AFTER: u64 = 3;
const FROM: &str = "\"newsvigil <newsvigil@your-domain.org>\"";

/// How mails leave, and the hard bounces in a row after which a recipient is paused. `None`: something is missing, and
/// was reported.
pub(super) fn mail(root: &Section<'_>, state_dir: &Path, around: Surroundings<'_>) -> Option<(MailSettings, u32)> {
    let Some(section) = root.section("mail") else {
        if !root.has("mail") {
            let help = format!(
                "add: [mail] with from = {FROM}, and [mail.smtp] with host = \"smtp.your-domain.org\" \
                 (or [mail.maildir] to write the mails into a folder)"
            );
            root.missing("the block [mail] is missing", help);
        }
        return None;
    };
    let from = sender(&section);
    let pause_after = section.number("pause_after", 1..=100, PAUSE_AFTER).unwrap_or(PAUSE_AFTER);
    let pause_after = u32::try_from(pause_after).unwrap_or(u32::MAX);
    let smtp = section.section("smtp");
    let maildir = section.section("maildir");
    let command = section.section("command");
    let given: Vec<_> = [&smtp, &maildir, &command].into_iter().flatten().collect();
    if let [_, second, ..] = given.as_slice() {
        let help = "keep one: [mail.smtp] and [mail.command] send, [mail.maildir] writes into a folder of this machine";
        section.error(second.span.clone(), "mails are to leave in more than one way", help);
    }
    if given.is_empty() && !["smtp", "maildir", "command"].iter().any(|key| section.has(key)) {
        let help =
            "add [mail.smtp] with host = \"smtp.your-domain.org\"; or say that this is meant with [mail.maildir]";
        let path = state_dir.join("mail");
        section.warn(section.span.clone(), format!("mails stay on this machine, in {}", path.display()), help);
    }
    // All that are given are read, also where one is too many: each block knows its keys.
    let smtp = smtp.map(|smtp| smtp_settings(&smtp, from.as_ref(), around));
    let command = command.map(|command| command_settings(&command, from.as_ref()));
    let folder = maildir.and_then(|maildir| maildir.text("path", "\"/var/lib/newsvigil/mail\""));
    let settings = match (smtp, command) {
        (Some(smtp), _) => smtp.map(MailSettings::Smtp),
        (None, Some(command)) => command.map(MailSettings::Command),
        (None, None) => from.map(|from| {
            let path = folder.map_or_else(|| state_dir.join("mail"), |path| around.resolve(path.value));
            MailSettings::Maildir(MaildirSettings { from, path })
        }),
    };
    settings.map(|settings| (settings, pause_after))
}

fn sender(section: &Section<'_>) -> Option<Sender> {
    let from = section.needed_text("from", FROM);
    let reply_to =
        section.parsed("reply_to", "\"desk@your-domain.org\"", |text| values::address(text).map(|()| text.to_owned()));
    let return_path = section.parsed("return_path", "\"newsvigil-bounces@your-domain.org\"", |text| {
        values::address(text).map(|()| text.to_owned())
    });
    let from = from?;
    match values::mailbox(from.value) {
        Ok((name, email)) => Some(Sender { name, email, reply_to, return_path }),
        Err(wrong) => {
            section.error_saying(from.span, "`from` is not a mail address", wrong, format!("write: from = {FROM}"));
            None
        }
    }
}

fn command_settings(section: &Section<'_>, from: Option<&Sender>) -> Option<CommandSettings> {
    let example = "[\"/usr/sbin/sendmail\", \"-i\", \"--\"]";
    let keys = CommandKeys { argv: "argv", timeout: "timeout", input: None, example };
    let line = ways::command(section, &keys);
    if !section.has("argv") {
        section.error(section.span.clone(), "`argv` is missing", format!("add: argv = {example}"));
    }
    Some(CommandSettings { from: from?.clone(), line: line? })
}

fn smtp_settings(section: &Section<'_>, from: Option<&Sender>, around: Surroundings<'_>) -> Option<SmtpSettings> {
    let host = section.needed_text("host", "\"smtp.your-domain.org\"");
    let tls = section
        .word("tls", &[("implicit", Tls::Implicit), ("starttls", Tls::StartTls), ("none", Tls::None)])
        .unwrap_or(Tls::Implicit);
    let port = section.number("port", 1..=65_535, default_port(tls));
    let username = section.text("username", "\"newsvigil@your-domain.org\"");
    let password_file = section.text("password_file", "\"/etc/newsvigil/smtp-password\"");
    let login = login(section, username, password_file, around);
    let ca_file =
        section.text("ca_file", "\"/etc/newsvigil/mail-ca.pem\"").map(|file| (around.resolve(file.value), file));
    if let Some((path, file)) = &ca_file
        && let Err(error) = std::fs::File::open(path)
    {
        section.error(
            file.span.clone(),
            format!("`ca_file` cannot be read: {error}"),
            "name a file with certificates in PEM",
        );
    }
    let host = host.filter(|host| host_fits(section, host))?;
    check_encryption(section, &host, tls);
    check_port(section, port, tls);
    let from = from?.clone();
    if values::is_example_domain(&from.email) {
        section.warn(section.span.clone(), "`from` in [mail] is still an example", format!("write: from = {FROM}"));
    }
    Some(SmtpSettings {
        from,
        host: host.value.trim_matches(['[', ']']).to_owned(),
        port: u16::try_from(port.unwrap_or(default_port(tls))).unwrap_or(465),
        tls,
        login,
        ca_file: ca_file.map(|(path, _)| path),
    })
}

fn default_port(tls: Tls) -> u64 {
    match tls {
        Tls::Implicit => 465,
        Tls::StartTls => 587,
        Tls::None => 25,
    }
}

fn ip_of(host: &str) -> Option<IpAddr> {
    host.trim_matches(['[', ']']).parse().ok()
}

fn host_fits(section: &Section<'_>, host: &Text<'_>) -> bool {
    let fits = ip_of(host.value).is_some() || values::host(host.value).is_ok();
    if !fits {
        let help = "write the name alone, without smtp:// and port: host = \"smtp.your-domain.org\"";
        section.error(host.span.clone(), "`host` is not a name of a mail server", help);
    }
    fits
}

fn check_encryption(section: &Section<'_>, host: &Text<'_>, tls: Tls) {
    let here = host.value.eq_ignore_ascii_case("localhost") || ip_of(host.value).is_some_and(|ip| ip.is_loopback());
    if tls == Tls::None && !here {
        let help = "write tls = \"starttls\" (port 587) or tls = \"implicit\" (port 465)";
        section.error(section.value_span("tls"), "mails would cross the network unencrypted", help);
    }
}

/// The two ports and the two ways to encrypt are mixed up more than anything else here.
fn check_port(section: &Section<'_>, port: Option<u64>, tls: Tls) {
    let (wanted, right) = match (port, tls) {
        (Some(465), Tls::StartTls) => ("implicit", "587"),
        (Some(587 | 25), Tls::Implicit) => ("starttls", "465"),
        _ => return,
    };
    let help = format!("write tls = \"{wanted}\", or port = {right}");
    section.warn(section.value_span("port"), "this port is rarely the one for this kind of encryption", help);
}

fn login(
    section: &Section<'_>,
    username: Option<Text<'_>>,
    password_file: Option<Text<'_>>,
    around: Surroundings<'_>,
) -> Option<Login> {
    let Some(username) = username else {
        if let Some(file) = password_file {
            section.error(file.span, "a password, but no `username`", "add: username = \"newsvigil@your-domain.org\"");
        }
        return None;
    };
    if username.value.chars().any(char::is_control) {
        section.error(username.span.clone(), "`username` holds a control character", "take it out");
    }
    let named = password_file.is_some();
    let handed_over = around.environment.credential("smtp-password").is_some();
    if !named && !handed_over {
        let help = "add: password_file = \"/etc/newsvigil/smtp-password\", or put it into \
                    /etc/credstore/newsvigil.smtp-password, which only root and the service may read";
        section.error(username.span, "a `username`, but no password", help);
        return None;
    }
    let password = secret_from(section, password_file, "smtp-password", around)?;
    Some(Login { username: username.value.to_owned(), password })
}
