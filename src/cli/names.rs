//! `names`: the groups of spellings that queries use.

use std::io::{self, Write as _};
use std::path::Path;

use clap::{Args as ClapArgs, Subcommand};
use serde_json::json;

use super::{Exit, setup, table};
use crate::matching::{NameGroup, Names};

/// List the name groups (@shenyang), or tell which spellings a term lacks
#[derive(ClapArgs, Debug)]
pub struct Args {
    #[command(subcommand)]
    what: Option<What>,
    /// Show this group alone: @shenyang
    group: Option<String>,
    /// Write JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Tell which groups a term belongs to, and what else they hold
    Suggest {
        /// A word or phrase, as you would write it into a watch
        term: String,
    },
}

pub fn run(config: Option<&Path>, args: Args) -> anyhow::Result<Exit> {
    let names = setup::names(config)?;
    match args.what {
        None => match args.group {
            Some(group) => one(&names, &group, args.json),
            None => list(&names, args.json),
        },
        Some(What::Suggest { term }) => suggest(&names, &term, args.json),
    }
}

fn shown(group: &NameGroup) -> serde_json::Value {
    json!({ "name": group.name, "about": group.about, "terms": group.terms, "homographs": group.homographs })
}

fn list(names: &Names, as_json: bool) -> anyhow::Result<Exit> {
    if as_json {
        table::print_json(&names.groups().map(shown).collect::<Vec<_>>())?;
        return Ok(Exit::Done);
    }
    let row = |group: &NameGroup| vec![format!("@{}", group.name), group.about.clone(), group.terms.join(", ")];
    table::print(&["GROUP", "STANDS FOR", "TERMS"], names.groups().map(row).collect())?;
    Ok(Exit::Done)
}

fn one(names: &Names, name: &str, as_json: bool) -> anyhow::Result<Exit> {
    let wanted = name.trim_start_matches('@');
    let Some(group) = names.groups().find(|group| group.name.eq_ignore_ascii_case(wanted)) else {
        writeln!(io::stderr().lock(), "newsvigil: there is no group @{wanted}; `newsvigil names` lists them")?;
        return Ok(Exit::Failed);
    };
    if as_json {
        table::print_json(&shown(group))?;
    } else {
        print(&mut io::stdout().lock(), group, "stands for", &group.terms.join(", "))?;
    }
    Ok(Exit::Done)
}

fn print(out: &mut impl io::Write, group: &NameGroup, what: &str, terms: &str) -> io::Result<()> {
    writeln!(out, "@{}: {}", group.name, group.about)?;
    writeln!(out, "  {what} {terms}")?;
    if !group.homographs.is_empty() {
        writeln!(out, "  not to be taken for {}", group.homographs.join(", "))?;
    }
    Ok(())
}

fn suggest(names: &Names, term: &str, as_json: bool) -> anyhow::Result<Exit> {
    let suggestions = names.suggest(term);
    if as_json {
        let found = suggestions.iter().map(|found| json!({ "group": found.group.name, "missing": found.missing }));
        table::print_json(&found.collect::<Vec<_>>())?;
    } else {
        let mut out = io::stdout().lock();
        for found in &suggestions {
            print(&mut out, found.group, "also written", &found.missing.join(", "))?;
        }
    }
    if suggestions.is_empty() {
        writeln!(io::stderr().lock(), "newsvigil: no group holds this term; `newsvigil names` lists them")?;
        return Ok(Exit::Failed);
    }
    Ok(Exit::Done)
}
