//! Who may import whom, and where each outside crate lives. The table is the documentation; the tests hold it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Modules in level order, each with what it may import. A new edge here is a decision: explain it in the commit.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("clock", &["model"]),
    ("source", &["model"]),
    ("extract", &["model"]),
    ("matching", &["model"]),
    ("grouping", &["model"]),
    ("coverage", &["model"]),
    ("digest", &["model"]),
    ("bulletin", &["model"]),
    ("schedule", &["model"]),
    ("fetch", &["model", "clock"]),
    ("store", &["model", "clock"]),
    ("ops", &["model", "clock"]),
    ("deliver", &["model", "clock", "fetch"]),
    (
        "stage",
        &[
            "model", "clock", "source", "extract", "matching", "grouping", "coverage", "digest", "bulletin",
            "schedule", "fetch", "store", "deliver", "ops",
        ],
    ),
    (
        "config",
        &[
            "model", "clock", "source", "extract", "matching", "grouping", "coverage", "digest", "bulletin",
            "schedule", "fetch", "store", "deliver", "ops", "stage",
        ],
    ),
    ("web", &["model", "clock", "matching", "digest", "bulletin", "store", "ops"]),
    (
        "daemon",
        &[
            "model", "clock", "source", "extract", "matching", "grouping", "coverage", "digest", "bulletin",
            "schedule", "fetch", "store", "deliver", "ops", "stage", "config", "web",
        ],
    ),
    (
        "cli",
        &[
            "model", "clock", "source", "extract", "matching", "grouping", "coverage", "digest", "bulletin",
            "schedule", "fetch", "store", "deliver", "ops", "stage", "config", "web", "daemon",
        ],
    ),
];

/// Outside crates that one field owns, with the only modules that may name them.
const HOMES: &[(&str, &[&str])] = &[
    ("aho_corasick", &["extract", "matching"]),
    ("annotate_snippets", &["config"]),
    ("axum", &["web", "cli"]),
    ("base64", &["model"]),
    ("chardetng", &["source"]),
    ("clap", &["cli"]),
    ("comfy_table", &["cli"]),
    ("encoding_rs", &["source"]),
    ("feed_rs", &["source"]),
    ("flate2", &["store", "cli", "source"]),
    ("hmac", &["model"]),
    ("html5ever", &["extract", "source"]),
    ("httpdate", &["fetch"]),
    ("indicatif", &["cli"]),
    ("lettre", &["deliver"]),
    ("pgp", &["deliver"]),
    ("prometheus_client", &["ops"]),
    ("psl", &["coverage"]),
    ("quick_xml", &["source", "cli"]),
    ("rand", &["deliver"]),
    ("reqwest", &["fetch"]),
    ("rustix", &["deliver"]),
    ("scraper", &["extract", "source"]),
    ("sd_notify", &["ops"]),
    ("sha2", &["model"]),
    ("snowball_stemmers_rs", &["matching"]),
    ("sqlx", &["store"]),
    ("toml", &["config"]),
    ("tracing_subscriber", &["ops"]),
    ("whatlang", &["coverage", "extract"]),
];

/// Modules that only compute.
const PURE: &[&str] =
    &["model", "source", "extract", "matching", "grouping", "coverage", "digest", "bulletin", "schedule"];

fn sources() -> Vec<(String, PathBuf, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = vec![];
    let mut folders = vec![src.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("src can be read") {
            let path = entry.expect("src can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(&src).expect("it is below src");
                let first = inside.components().next().expect("a file has a name").as_os_str().to_string_lossy();
                let module = first.trim_end_matches(".rs").to_owned();
                let text = std::fs::read_to_string(&path).expect("a source file is UTF-8");
                files.push((module, path, text));
            }
        }
    }
    files
}

/// The code above its unit tests, comments cut: tests may reach wider.
fn code(text: &str) -> String {
    let above = text.split("#[cfg(test)]").next().unwrap_or_default();
    above.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// Names that follow `crate::`, also within `use crate::{a, b::c}`.
fn imports(code: &str) -> BTreeSet<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut found = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.insert(word(rest));
            continue;
        };
        let mut depth = 1;
        let mut name_may_start = true;
        for (i, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' => name_may_start = true,
                c if depth == 1 && name_may_start && (c.is_alphabetic() || c == '_') => {
                    found.insert(word(&group[i..]));
                    name_may_start = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    found
}

#[test]
fn every_module_imports_only_what_the_table_allows() {
    let allowed: BTreeMap<_, _> = MAY_IMPORT.iter().copied().collect();
    let mut wrong = vec![];
    for (module, path, text) in sources() {
        if module == "lib" || module == "main" {
            continue;
        }
        let Some(may) = allowed.get(module.as_str()) else {
            wrong.push(format!("{}: module {module} is not in the table", path.display()));
            continue;
        };
        for import in imports(&code(&text)) {
            if import != module && !may.contains(&import.as_str()) {
                wrong.push(format!("{}: {module} imports {import}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_stands_in_level_order_so_that_no_cycle_can_be() {
    let mut above = BTreeSet::new();
    for (module, may) in MAY_IMPORT {
        for import in *may {
            assert!(above.contains(import), "{module} may import {import}, which does not stand above it");
        }
        above.insert(*module);
    }
}

#[test]
fn each_outside_crate_has_one_home() {
    let mut wrong = vec![];
    for (module, path, text) in sources() {
        let code = code(&text);
        for (name, homes) in HOMES {
            let named = code
                .match_indices(&format!("{name}::"))
                .any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'));
            if named && !homes.contains(&module.as_str()) {
                wrong.push(format!("{}: {name} lives in {homes:?}, not in {module}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_modules_neither_wait_nor_look_at_the_clock_nor_touch_files() {
    let mut wrong = vec![];
    for (module, path, text) in sources() {
        if !PURE.contains(&module.as_str()) {
            continue;
        }
        for word in ["async fn", ".await", "SystemTime", "Instant::now", "std::fs", "std::net", "tokio::", "rand::"] {
            if code(&text).contains(word) {
                wrong.push(format!("{}: {word}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
