//! The configuration: as written in TOML, and as checked.
//!
//! [`load`] reads `newsvigil.toml` and, beside it, `sources.d/*.toml` in the order of their names (blocks of
//! `[[source]]` only), `names.toml`, the groups of names that queries use, and `sites.toml`, the cleaning rules per
//! publisher. It reports every mistake at once, each with file, line, column, the text underlined and what
//! to write instead; what is legal but surely not meant is a warning. `newsvigil check` and the start of the daemon
//! go through the same code.
//!
//! Secrets are never in the text: they come from files or from systemd's credentials, and live in a type that shows
//! stars. A mistake's one-line form may stand in a log; its long form quotes the file and is for a terminal.

mod access;
mod alerts;
mod bulletins;
mod cleaning;
mod companion;
mod diagnostic;
mod digests;
mod environment;
mod file;
mod mail;
mod names;
mod queries;
mod reach;
mod recipients;
mod secret;
mod section;
mod service;
pub mod settings;
mod sites;
mod sources;
mod unknown;
mod values;
mod watches;
mod ways;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use diagnostic::{Diagnostic, Place, Severity, render_all};
pub use environment::Environment;
pub use queries::{QueryCheck, QueryProblem};
pub use reach::{Reach, reach, read_source};
use settings::AlarmSettings;
pub use settings::Settings;
pub use sources::KnownSources;

use diagnostic::Findings;
use file::SourceFile;
use recipients::{KnownWatches, Recipients};
use section::Section;
use service::Surroundings;
use sources::{Defaults, Sources};
use watches::Watches;
use ways::Ways;

use crate::clock::Clock;
use crate::matching::Names;
use crate::model::exchange::Route;
use crate::{extract, source};

/// Reads and checks the configuration; `check` reads a watch's query. Gives the settings with what is surely not
/// meant, or, if anything is wrong, everything that is.
pub fn load(
    path: &Path,
    environment: &Environment,
    check: &QueryCheck<'_>,
) -> Result<(Settings, Vec<Diagnostic>), Vec<Diagnostic>> {
    let (main, mut notes) = file::read(path).map_err(|failure| vec![*failure])?;
    let mut files = vec![(path.to_owned(), main)];
    for path in included(path, &mut notes) {
        match file::read(&path) {
            Ok((file, warnings)) => {
                notes.extend(warnings);
                files.push((path, file));
            }
            Err(failure) => notes.push(*failure),
        }
    }
    let (names, names_lie_there) = names::beside(path, &mut notes);
    let (sites, sites_lie_there) = sites::beside(path, &mut notes);
    let around = Surroundings { config: path, environment };
    let (mut settings, warnings) = check_files(files, around, &watches::Check { check, names: &names }, notes)?;
    if names_lie_there {
        settings.files.push(path.with_file_name("names.toml"));
    }
    if sites_lie_there {
        settings.files.push(path.with_file_name("sites.toml"));
    }
    settings.names = names;
    settings.sites = sites;
    Ok((settings, warnings))
}

/// The groups of names that hold where no `names.toml` says otherwise.
pub fn shipped_names() -> Names {
    names::shipped()
}

/// The cleaning rules that hold where no `sites.toml` says otherwise.
pub fn shipped_sites() -> extract::SiteRules {
    sites::shipped()
}

/// The feeds that the configuration lists, switched off or not, whatever else is wrong with it: what an import need
/// not add.
pub fn known_sources(path: &Path) -> KnownSources {
    let paths = std::iter::once(path.to_owned()).chain(included(path, &mut Vec::new()));
    let files: Vec<_> = paths.filter_map(|path| file::read(&path).ok()).map(|(file, _)| Arc::new(file)).collect();
    let parsed: Vec<_> = files.iter().map(file::parse).collect();
    let findings = Findings::default();
    let roots = files.iter().zip(&parsed).map(|(file, tree)| Section::root(file, tree.table.get_ref(), &findings));
    let roots: Vec<_> = roots.collect();
    let defaults = Defaults { poll: &service::poll(None), route: &Route::Direct, fetch: None, around: None };
    Sources::of(roots.iter(), &defaults).known()
}

/// The files of `sources.d`, by name.
fn included(main: &Path, notes: &mut Vec<Diagnostic>) -> Vec<PathBuf> {
    let folder = main.parent().unwrap_or(Path::new("")).join("sources.d");
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            let message = format!("could not be listed: {error}");
            notes.push(Diagnostic::of_file(Severity::Error, folder.display().to_string(), message));
            return Vec::new();
        }
    };
    let is_ours = |path: &PathBuf| {
        path.extension().is_some_and(|extension| extension == "toml")
            && !path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
    };
    let mut paths: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).filter(is_ours).collect();
    paths.sort();
    paths
}

/// Everything but the reading of files.
fn check_files(
    files: Vec<(PathBuf, SourceFile)>,
    around: Surroundings<'_>,
    check: &watches::Check<'_>,
    notes: Vec<Diagnostic>,
) -> Result<(Settings, Vec<Diagnostic>), Vec<Diagnostic>> {
    let paths: Vec<PathBuf> = files.iter().map(|(path, _)| path.clone()).collect();
    let files: Vec<Arc<SourceFile>> = files.into_iter().map(|(_, file)| Arc::new(file)).collect();
    let parsed: Vec<_> = files.iter().map(file::parse).collect();
    let findings = Findings::default();
    let settings = files.first().zip(parsed.first()).and_then(|(main, tree)| {
        let root = Section::root(main, tree.table.get_ref(), &findings);
        let others: Vec<_> = files.iter().zip(&parsed).skip(1).collect();
        let others = others.iter().map(|(file, tree)| Section::root(file, tree.table.get_ref(), &findings)).collect();
        read_blocks(root, others, around, check, paths)
    });
    let mut all = notes;
    all.extend(findings.take().into_iter().filter(|finding| {
        // Where a line's grammar is broken, what follows from it is not worth telling; what is missing may stand in it.
        let tree = files.iter().zip(&parsed).find(|(file, _)| file.name == finding.file).map(|(_, tree)| tree);
        tree.is_none_or(|tree| match finding.place {
            Some(place) => !tree.doubtful_lines.contains(&place.line),
            None => tree.errors.is_empty(),
        })
    }));
    all.extend(parsed.into_iter().flat_map(|tree| tree.errors));
    if let Some(main) = files.first() {
        diagnostic::sort(&mut all, &main.name);
    }
    match settings {
        Some(settings) if !all.iter().any(Diagnostic::is_error) => Ok((settings, all)),
        _ => Err(all),
    }
}

/// `None`: something is missing without which there are no settings, and was reported.
fn read_blocks(
    root: Section<'_>,
    others: Vec<Section<'_>>,
    around: Surroundings<'_>,
    check: &watches::Check<'_>,
    files: Vec<PathBuf>,
) -> Option<Settings> {
    let block = |key| root.section(key);
    let service = service::service(block("service").as_ref(), around);
    let store = service::database(block("database").as_ref(), &service.state_dir, around);
    let poll = service::poll(block("poll").as_ref());
    let fetch = service::fetch(block("fetch").as_ref());
    let extract = cleaning::limits(block("extract").as_ref());
    let alarms = service::alarms(block("alarms").as_ref(), poll.min_every);
    let keep = service::keep(block("keep").as_ref());
    let digest = digests::digest(block("digest").as_ref());
    let mail = mail::mail(&root, &service.state_dir, around);
    let bulletins = bulletins::bulletins(block("bulletins").as_ref(), service.http.is_some(), around);
    let defaults = Defaults { poll: &poll, route: &fetch.route, fetch: Some(&fetch), around: Some(around) };
    let sources = Sources::of(std::iter::once(&root).chain(&others), &defaults);
    let watches = watches::watches(&root, check);
    let ids = watches.ids.iter().map(|id| id.value).collect();
    let ways = Ways { around, route: &fetch.route, now: Clock::system().now() };
    let known = KnownWatches { ids, urgent: &watches.urgent, complete: watches.complete };
    let recipients = recipients::recipients(&root, &known, ways);
    check_whole(&root, &sources, &watches, &recipients);
    let (mail, pause_after) = mail?;
    Some(Settings {
        state_dir: service.state_dir,
        store,
        source: source::Limits::default(),
        extract,
        fetch,
        poll,
        alarms: AlarmSettings { never_held: sources.never_held, ..alarms },
        keep,
        digest,
        mail,
        pause_after,
        bulletins,
        log: service.log,
        http: service.http,
        feeds: sources.feeds,
        credentials: sources.credentials,
        watches: watches.watches,
        recipients: recipients.recipients,
        names: Names::default(),
        sites: extract::SiteRules::default(),
        files,
    })
}

/// What only shows when everything was read: nothing to poll, to look for or to send to.
fn check_whole(root: &Section<'_>, sources: &Sources, watches: &Watches<'_>, recipients: &Recipients) {
    if sources.given == 0 {
        let help = "add: [[source]] with url = \"https://…\", or import a list: newsvigil sources import FILE.opml";
        root.missing("there is no [[source]]: nothing would be polled", help);
    }
    if sources.given > 0 && sources.all_off() {
        root.missing("every [[source]] is switched off: nothing would be polled", "take out disabled = true");
    }
    if watches.ids.is_empty() && !root.has("watch") {
        let help = "add: [[watch]] with id = \"repatriation\" and terms = [\"repatriation\", \"遣返\"]";
        root.missing("there is no [[watch]]: nothing would be found", help);
    }
    if !root.has("recipient") {
        let help = "add: [[recipient]] with id, email, watches = \"all\" and digest = \"immediately\"";
        root.missing("there is no [[recipient]]: nothing would be sent", help);
        return;
    }
    if !recipients.unclear && !recipients.recipients.is_empty() && !recipients.recipients.iter().any(|one| one.alarms) {
        let help = "add alarms = true to the [[recipient]] that looks after newsvigil";
        root.missed("nobody is told when a source falls silent or cannot be read", help);
    }
    for id in &watches.ids {
        if !recipients.unclear && !recipients.followed.contains(id.value) {
            let help = "add it to the `watches` of a recipient";
            root.warn(id.span.clone(), "nobody follows this watch", help);
        }
    }
}
