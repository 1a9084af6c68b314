//! What was meant by a key that nobody knows. Pure.

use super::values;

/// Where each key lives, for those that stand in the wrong block.
const HOMES: [(&str, &[&str]); 12] = [
    ("[service]", &["state_dir", "log_format", "log_level", "listen", "listen_public", "hosts"]),
    ("[database]", &["database", "max_connections", "busy_timeout"]),
    ("[poll]", &["min_every", "max_every", "mail_back"]),
    ("[fetch]", &["user_agent", "contact", "max_concurrent", "host_gap", "allow_networks", "total_timeout"]),
    ("[extract]", &["max_html_size", "max_text_size", "max_depth", "max_nodes", "max_passages"]),
    ("[mail]", &["from", "reply_to", "smtp", "maildir"]),
    ("[mail.smtp]", &["host", "port", "tls", "username", "password_file", "ca_file"]),
    ("[keep]", &["pages", "articles", "digests"]),
    ("[digest]", &["max_reports", "follow_ups"]),
    ("[[source]]", &["url", "lang", "disabled", "every", "route", "header_files", "zone", "kind", "item"]),
    ("[[watch]]", &["terms", "query"]),
    ("[[recipient]]", &["email", "watches", "zone", "at"]),
];

/// Other words for keys, each where one of these keys is known.
const SYNONYMS: [(&str, &[&str]); 21] = [
    ("timezone", &["zone"]),
    ("time_zone", &["zone"]),
    ("tz", &["zone"]),
    ("address", &["email", "url", "host"]),
    ("mail", &["email"]),
    ("emails", &["email"]),
    ("to", &["email"]),
    ("link", &["url"]),
    ("feed", &["url"]),
    ("title", &["name"]),
    ("language", &["lang"]),
    ("lang", &["language"]),
    ("keywords", &["terms"]),
    ("words", &["terms"]),
    ("watch", &["watches"]),
    ("times", &["at"]),
    ("time", &["at"]),
    ("days", &["on"]),
    ("interval", &["every"]),
    ("user", &["username"]),
    ("server", &["host"]),
];

/// Returns the key of these that another name surely stands for.
pub(super) fn meant(name: &str, known: &[&'static str]) -> Option<&'static str> {
    let synonym = SYNONYMS.iter().find(|(synonym, _)| name.eq_ignore_ascii_case(synonym));
    let keys = synonym.map_or(&[][..], |(_, keys)| keys);
    let by_word = keys.iter().find_map(|key| known.iter().copied().find(|known| known == key));
    by_word.or_else(|| values::nearest(name, known.iter().copied()))
}

/// Returns what to write instead of `name` in the block of this title, which knows the keys `asked`.
pub(super) fn instead_of(title: &str, name: &str, asked: &[&'static str]) -> String {
    let written = |key: &str| if title.is_empty() { block_name(key) } else { format!("`{key}`") };
    if let Some(near) = meant(name, asked) {
        return format!("did you mean {}?", written(near));
    }
    if (title, name) == ("[[source]]", "id") {
        return "take it out: a source is known by its address, and what readers see is its `name`".to_owned();
    }
    match home_of(name) {
        Some(home) if home != title => format!("`{name}` belongs under {home}"),
        _ if asked.is_empty() => "take it out".to_owned(),
        _ => format!("known here: {}", asked.iter().map(|key| written(key)).collect::<Vec<_>>().join(", ")),
    }
}

fn home_of(key: &str) -> Option<&'static str> {
    HOMES.iter().find(|(_, keys)| keys.contains(&key)).map(|(home, _)| *home)
}

/// A block's name as it is written.
fn block_name(key: &str) -> String {
    if matches!(key, "source" | "watch" | "recipient") { format!("[[{key}]]") } else { format!("[{key}]") }
}

/// A name that may be anything, fit to be said.
pub(super) fn shortened(name: &str) -> String {
    let mut shown: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
    if name.chars().count() > 40 {
        shown.push('…');
    }
    shown
}
