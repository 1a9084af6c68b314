//! What it takes to ask a server as the daemon would: how, by which route, as whom. Read by itself, for a configuration
//! in the making lacks sources, watches and recipients, and is where sources are tried.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::diagnostic::{Diagnostic, Findings};
use super::environment::Environment;
use super::file::{self, SourceFile};
use super::section::Section;
use super::service::{self, Surroundings};
use super::settings::PollSettings;
use super::sources::{Defaults, KnownSources, Sources};
use crate::fetch;
use crate::model::exchange::{Credentials, Route};
use crate::model::feed::FeedSpec;
use crate::model::id::FeedId;

/// What holds for requests.
#[derive(Debug)]
pub struct Reach {
    pub fetch: fetch::Config,
    pub poll: PollSettings,
    /// Those not switched off.
    pub feeds: Vec<FeedSpec>,
    pub credentials: HashMap<FeedId, Arc<Credentials>>,
    /// All that are listed, switched off or not.
    pub known: KnownSources,
}

impl Default for Reach {
    /// Where there is no configuration.
    fn default() -> Reach {
        Reach {
            fetch: fetch::Config::default(),
            poll: service::poll(None),
            feeds: Vec::new(),
            credentials: HashMap::new(),
            known: KnownSources::default(),
        }
    }
}

/// Reads `[fetch]`, `[poll]` and the sources. Fails with the mistakes in these: by which route a server is asked must
/// not be guessed.
pub fn reach(path: &Path, environment: &Environment) -> Result<Reach, Vec<Diagnostic>> {
    let (main, _) = file::read(path).map_err(|failure| vec![*failure])?;
    let mut notes = vec![];
    let mut files = vec![Arc::new(main)];
    for path in super::included(path, &mut notes) {
        match file::read(&path) {
            Ok((file, _)) => files.push(Arc::new(file)),
            Err(failure) => notes.push(*failure),
        }
    }
    let parsed: Vec<_> = files.iter().map(file::parse).collect();
    let findings = Findings::default();
    let roots = files.iter().zip(&parsed).map(|(file, tree)| Section::root(file, tree.table.get_ref(), &findings));
    let roots: Vec<_> = roots.collect();
    let block = |key| roots.first().and_then(|root| root.section(key));
    let poll = service::poll(block("poll").as_ref());
    let fetch = service::fetch(block("fetch").as_ref());
    let around = Surroundings { config: path, environment };
    let defaults = Defaults { poll: &poll, route: &fetch.route, fetch: None, around: Some(around) };
    let (feeds, credentials, known) = Sources::of(roots.iter(), &defaults).into_parts();
    // Before the roots report the blocks that nobody asked them for here.
    notes.extend(findings.so_far());
    drop(roots);
    notes.extend(parsed.into_iter().flat_map(|tree| tree.errors));
    notes.retain(Diagnostic::is_error);
    if notes.is_empty() { Ok(Reach { fetch, poll, feeds, credentials, known }) } else { Err(notes) }
}

/// Reads a `[[source]]` block that stands in no file yet.
pub fn read_source(block: &str, poll: &PollSettings, route: &Route) -> Result<FeedSpec, Vec<Diagnostic>> {
    let file = Arc::new(SourceFile::new("the new source", block));
    let parsed = file::parse(&file);
    let findings = Findings::default();
    let root = Section::root(&file, parsed.table.get_ref(), &findings);
    let (mut feeds, ..) =
        Sources::of(std::iter::once(&root), &Defaults { poll, route, fetch: None, around: None }).into_parts();
    drop(root);
    let mut mistakes = findings.take();
    mistakes.extend(parsed.errors);
    mistakes.retain(Diagnostic::is_error);
    match feeds.pop() {
        Some(spec) if mistakes.is_empty() => Ok(spec),
        _ => Err(mistakes),
    }
}
