//! A mistake in the configuration: where it stands, and what to write instead.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

use super::file::SourceFile;
use super::secret;

/// More are not worth reading; the rest shows when these are mended.
const MAX_SHOWN: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The configuration is refused.
    Error,
    /// Legal, but surely not meant.
    Warning,
}

/// One mistake.
#[derive(Clone, Debug, Serialize)]
pub struct Diagnostic {
    pub severity: Severity,
    pub file: String,
    /// `None`: the file as a whole, or one that is not there.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// What is wrong. Quotes no address, query or secret, so that it may stand in a log.
    pub message: String,
    /// Said at the underlined text; may quote it. Empty if there is nothing to add.
    pub label: String,
    /// What to write instead; empty if there is nothing to say.
    pub help: String,
    #[serde(skip)]
    source: Option<Arc<SourceFile>>,
}

/// Where in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// Half-open, in bytes of the file's text (behind a byte order mark).
    pub start: usize,
    pub end: usize,
}

impl Diagnostic {
    /// A mistake at a place in a file that was read.
    pub(super) fn at(
        severity: Severity,
        source: &Arc<SourceFile>,
        span: Range<usize>,
        message: impl Into<String>,
    ) -> Diagnostic {
        let span = source.visible(span);
        let (line, column) = source.line_and_column(span.start);
        Diagnostic {
            severity,
            file: source.name.clone(),
            place: Some(Place { line, column, start: span.start, end: span.end }),
            message: message.into(),
            label: String::new(),
            help: String::new(),
            source: Some(Arc::clone(source)),
        }
    }

    /// A mistake of a file as a whole.
    pub(super) fn of_file(severity: Severity, file: impl Into<String>, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            severity,
            file: file.into(),
            place: None,
            message: message.into(),
            label: String::new(),
            help: String::new(),
            source: None,
        }
    }

    pub(super) fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = label.into();
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = help.into();
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    fn order(&self) -> (&str, usize, Severity) {
        (&self.file, self.place.map_or(0, |place| place.start), self.severity)
    }

    fn render(&self, renderer: &Renderer) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut group = Group::with_title(level.primary_title(&self.message));
        if let (Some(place), Some(source)) = (self.place, &self.source) {
            // A span lies within one line, so that line is all there is to show, however long the file is.
            let (line_start, line) = source.line_around(place.start);
            let mark = AnnotationKind::Primary.span(place.start - line_start..place.end - line_start);
            let mark = if self.label.is_empty() { mark } else { mark.label(&self.label) };
            let snippet = Snippet::source(secret::masked_line(line)).line_start(place.line);
            group = group.element(snippet.path(&self.file).annotation(mark));
        } else {
            group = group.element(annotate_snippets::Origin::path(&self.file));
        }
        if !self.help.is_empty() {
            group = group.element(Level::HELP.message(&self.help));
        }
        renderer.render(&[group])
    }
}

/// One line that may stand in a log: no line of the file, nothing that it says.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(place) = self.place {
            write!(f, ":{}:{}", place.line, place.column)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Shows each mistake with its line, the place underlined and what to write instead. For a person at a terminal:
/// the lines may hold addresses and watch terms; a log takes [`Diagnostic`]'s `Display`.
pub fn render_all(diagnostics: &[Diagnostic], color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let mut shown: Vec<String> = diagnostics.iter().take(MAX_SHOWN).map(|d| d.render(&renderer)).collect();
    if diagnostics.len() > MAX_SHOWN {
        shown.push(format!("… and {} more", diagnostics.len() - MAX_SHOWN));
    }
    shown.join("\n\n") + if shown.is_empty() { "" } else { "\n" }
}

/// Every mistake found so far.
#[derive(Default)]
pub(super) struct Findings {
    list: RefCell<Vec<Diagnostic>>,
}

impl Findings {
    pub fn add(&self, diagnostic: Diagnostic) {
        self.list.borrow_mut().push(diagnostic);
    }

    pub fn has_errors(&self) -> bool {
        self.list.borrow().iter().any(Diagnostic::is_error)
    }

    /// Those found up to now; more may come.
    pub fn so_far(&self) -> Vec<Diagnostic> {
        self.list.borrow().clone()
    }

    pub fn take(self) -> Vec<Diagnostic> {
        self.list.into_inner()
    }
}

/// Puts them in the order of the text, the main file first, the others by name.
pub(super) fn sort(diagnostics: &mut [Diagnostic], main_file: &str) {
    diagnostics.sort_by(|a, b| (a.file != main_file, a.order()).cmp(&(b.file != main_file, b.order())));
}
