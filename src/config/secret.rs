//! Secrets: read from a file or from the service manager's credentials, never from the configuration's text.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use secrecy::SecretString;

/// Longer is not a password but the wrong file.
const MAX_BYTES: u64 = 4096;

/// Key names that hold a secret.
const SECRET_KEYS: [&str; 6] = ["password", "passwd", "pass", "secret", "token", "api_key"];

pub(super) fn is_secret_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    SECRET_KEYS.iter().any(|secret| key == *secret || key.ends_with(&format!("_{secret}")))
}

/// Why a secret could not be had; says nothing of its content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SecretError {
    #[error("there is no such file")]
    Missing,
    #[error("this user may not read the file")]
    Forbidden,
    #[error("the file is empty")]
    Empty,
    #[error("the file holds more than one line")]
    SeveralLines,
    #[error("not a file with a password: {0}")]
    Unfit(String),
}

pub(super) struct Secret {
    pub value: SecretString,
    /// Every user of the machine may read it.
    pub exposed: bool,
}

/// Reads a file of one line; the line's end does not belong to the secret.
pub(super) fn read(path: &Path) -> Result<Secret, SecretError> {
    let metadata = fs::metadata(path).map_err(|error| failure(&error))?;
    if !metadata.is_file() {
        return Err(SecretError::Unfit("not a regular file".to_owned()));
    }
    if metadata.len() > MAX_BYTES {
        return Err(SecretError::Unfit(format!("larger than {MAX_BYTES} bytes")));
    }
    let bytes = fs::read(path).map_err(|error| failure(&error))?;
    let text = String::from_utf8(bytes).map_err(|_| SecretError::Unfit("not UTF-8".to_owned()))?;
    let line = text.trim_end_matches(['\r', '\n']);
    if line.trim().is_empty() {
        return Err(SecretError::Empty);
    }
    if line.contains(['\r', '\n', '\0']) {
        return Err(SecretError::SeveralLines);
    }
    Ok(Secret { value: SecretString::from(line), exposed: metadata.mode() & 0o004 != 0 })
}

fn failure(error: &std::io::Error) -> SecretError {
    match error.kind() {
        std::io::ErrorKind::NotFound => SecretError::Missing,
        std::io::ErrorKind::PermissionDenied => SecretError::Forbidden,
        _ => SecretError::Unfit(error.to_string()),
    }
}

/// The text with the values of secret keys, and passwords inside addresses, in stars; every byte keeps its place.
/// Works line by line on the raw text, so that a file with broken grammar is covered too.
pub(super) fn masked(text: &str) -> String {
    text.split_inclusive('\n').map(|line| mask_addresses(&mask_values(line))).collect()
}

fn stars(text: &str) -> String {
    text.chars().flat_map(|c| std::iter::repeat_n(if c.is_whitespace() { ' ' } else { '*' }, c.len_utf8())).collect()
}

fn mask_values(line: &str) -> String {
    let mut from = 0;
    while let Some(equals) = line[from..].find('=').map(|at| from + at) {
        let before = line[..equals].trim_end().trim_end_matches(['"', '\'']);
        let key = before.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).next().unwrap_or("");
        if is_secret_key(&key.replace('-', "_")) {
            let (kept, value) = line.split_at(equals + 1);
            let value_end = value.trim_end_matches(['\r', '\n']).len();
            return format!("{kept}{}{}", stars(&value[..value_end]), &value[value_end..]);
        }
        from = equals + 1;
    }
    line.to_owned()
}

/// `scheme://user:password@host`: the password.
fn mask_addresses(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        shown.push_str(before);
        let authority = &after[..after.find(['/', '"', '\'', ' ', '?', '#', '\n']).unwrap_or(after.len())];
        match (authority.find(':'), authority.rfind('@')) {
            (Some(colon), Some(end)) if colon < end => {
                shown.push_str(&after[..=colon]);
                shown.push_str(&stars(&after[colon + 1..end]));
                rest = &after[end..];
            }
            _ => rest = after,
        }
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_shown_and_nothing_moves() {
        for (text, shown) in [
            ("password = \"hunter2\"\nhost = \"h\"\n", "password = *********\nhost = \"h\"\n"),
            ("smtp = { host = \"h\", smtp_password='påss' }", "smtp = { host = \"h\", smtp_password=******* *"),
            ("password_file = \"/etc/p\"", "password_file = \"/etc/p\""),
            ("url = \"postgres://nv:s:e@db/x\" # x", "url = \"postgres://nv:***@db/x\" # x"),
            ("url = \"https://news.example/a?b=c@d\"", "url = \"https://news.example/a?b=c@d\""),
        ] {
            assert_eq!(masked(text), shown);
            assert_eq!(masked(text).len(), text.len());
        }
    }
}
