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

/// The line with the values of secret keys, and passwords inside addresses, in stars; every byte keeps its place.
/// Works on the raw text, so that a line with broken grammar is covered too.
pub(super) fn masked_line(line: &str) -> String {
    mask_addresses(&mask_values(line))
}

fn stars(text: &str) -> String {
    text.chars().flat_map(|c| std::iter::repeat_n(if c.is_whitespace() { ' ' } else { '*' }, c.len_utf8())).collect()
}

fn mask_values(line: &str) -> String {
    let in_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let first = line.find(in_word);
    let mut from = 0;
    while let Some(start) = line[from..].find(in_word).map(|at| from + at) {
        let end = line[start..].find(|c| !in_word(c)).map_or(line.len(), |length| start + length);
        let value = line[end..].trim_start_matches(['"', '\'', ' ', '\t']);
        // Behind a key, whatever stands between: `=` may be what is missing.
        let is_key = first == Some(start) || value.starts_with('=');
        if is_key && is_secret_key(&line[start..end].replace('-', "_")) {
            let value = value.trim_start_matches(['=', ':', ' ', '\t']);
            return format!("{}{}", &line[..line.len() - value.len()], stars(value));
        }
        from = end;
    }
    line.to_owned()
}

/// `scheme://user:password@host`, also without its scheme: the password.
fn mask_addresses(line: &str) -> String {
    let ends_word = |c: char| c.is_whitespace() || c == '"' || c == '\'';
    line.split_inclusive(ends_word).map(mask_address).collect()
}

fn mask_address(word: &str) -> String {
    let authority = word.find("://").map_or(0, |at| at + 3);
    let colon = word[authority..].find(':').map(|at| authority + at);
    match (colon, word.rfind('@')) {
        (Some(colon), Some(at)) if colon < at => {
            format!("{}{}{}", &word[..=colon], stars(&word[colon + 1..at]), &word[at..])
        }
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_never_shown_and_nothing_moves() {
        for (text, shown) in [
            ("password = \"hunter2\"", "password = *********"),
            ("smtp = { host = \"h\", smtp_password='påss' }", "smtp = { host = \"h\", smtp_password=******* *"),
            ("password: hunter2", "password: *******"),
            ("Smtp-Password hunter2 = 5", "Smtp-Password ******* * *"),
            ("password_file = \"/etc/p\"", "password_file = \"/etc/p\""),
            ("terms = [\"token\", \"password\"]", "terms = [\"token\", \"password\"]"),
            ("url = \"postgres://nv:s:e@db/x\" # x", "url = \"postgres://nv:***@db/x\" # x"),
            ("url = \"u:hunter2@db/x\"", "url = \"u:*******@db/x\""),
            ("url = \"https://news.example/a?b=c@d\"", "url = \"https://news.example/a?b=c@d\""),
        ] {
            assert_eq!(masked_line(text), shown);
            assert_eq!(masked_line(text).len(), text.len());
        }
    }
}
