//! Tables for people, and JSON for machines, of the same rows.

use std::io::{self, IsTerminal as _, Write as _};

use comfy_table::presets::{NOTHING, UTF8_HORIZONTAL_ONLY};
use comfy_table::{ContentArrangement, Table};
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::model::time::Timestamp;
use crate::model::watch::Snippet;

/// Writes rows under a heading; fits the terminal, or stays unwrapped in a pipe.
pub fn print(heading: &[&str], rows: Vec<Vec<String>>) -> io::Result<()> {
    let mut table = Table::new();
    if io::stdout().is_terminal() {
        table.load_style(UTF8_HORIZONTAL_ONLY).set_content_arrangement(ContentArrangement::Dynamic);
    } else {
        table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    }
    table.set_header(heading.to_vec());
    table.add_rows(rows);
    writeln!(io::stdout().lock(), "{}", table.trim_fmt())
}

/// Says below what [`when`] wrote in which zone it is: `times are` UTC.
pub fn tell_zone(what: &str) -> io::Result<()> {
    let zone = TimeZone::system();
    let name = zone.iana_name().map_or("local time of this machine", |name| name.trim_start_matches("Etc/"));
    writeln!(io::stdout().lock(), "{what} {name}")
}

/// Writes one pretty JSON value.
pub fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value)?;
    writeln!(out)?;
    Ok(())
}

/// A time for a table: `2026-11-24 07:30` in the machine's zone, `-` for none.
pub fn when(at: Option<Timestamp>) -> String {
    match at {
        None | Some(Timestamp::NEVER) => "-".to_owned(),
        Some(at) => {
            let local = at.to_jiff().to_zoned(TimeZone::system());
            local.strftime("%Y-%m-%d %H:%M").to_string()
        }
    }
}

/// A word for an empty cell.
pub fn or_dash(text: &str) -> String {
    if text.is_empty() { "-".to_owned() } else { text.to_owned() }
}

/// A sentence with its marks as *stars*.
pub fn marked(snippet: &Snippet) -> String {
    let mut text = String::new();
    let mut at = 0;
    for &(start, end) in &snippet.marks {
        let (Some(before), Some(mark)) = (snippet.text.get(at..start), snippet.text.get(start..end)) else { continue };
        text.push_str(&format!("{before}*{mark}*"));
        at = end;
    }
    text.push_str(snippet.text.get(at..).unwrap_or_default());
    text
}

/// `1 source`, `2 sources`.
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
