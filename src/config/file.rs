//! A configuration file as text: read, decoded, parsed, with every mistake of grammar named.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::ops::Range;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use toml::Spanned;
use toml::de::DeTable;

use super::diagnostic::{Diagnostic, Severity};
use super::values;

/// A configuration of 50,000 sources is about as large.
const MAX_BYTES: u64 = 16 << 20;
/// What the parser says where it gives up.
const NO_VALUE: &str = "key with no value";
/// Mistakes of grammar follow from one another; the first tell.
const MAX_SYNTAX_ERRORS: usize = 20;

/// The text of one file.
#[derive(Debug)]
pub(super) struct SourceFile {
    pub name: String,
    /// Without a byte order mark.
    pub text: String,
    /// Where each line begins.
    lines: Vec<usize>,
    /// Without the lines that the parser cannot get past.
    passable: OnceLock<String>,
}

impl SourceFile {
    pub fn new(name: impl Into<String>, text: &str) -> SourceFile {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        SourceFile { name: name.into(), text, lines, passable: OnceLock::new() }
    }

    /// From 1, the column in characters.
    pub fn line_and_column(&self, at: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|&start| start <= at);
        let start = self.lines[line - 1];
        let column = self.text.get(start..at).map_or(0, |before| before.chars().count());
        (line, column + 1)
    }

    /// The span, cut to its first line and to character borders, and at least one character wide where there is one:
    /// something that can be underlined.
    pub fn visible(&self, span: Range<usize>) -> Range<usize> {
        let text = &self.text;
        let start = text.floor_char_boundary(span.start.min(text.len()));
        let end = text.ceil_char_boundary(span.end.clamp(start, text.len()));
        let line_end = text[start..].find(['\r', '\n']).map_or(text.len(), |length| start + length);
        let end = end.min(line_end);
        if end > start {
            return start..end;
        }
        match text[start..].chars().next().filter(|c| !matches!(c, '\r' | '\n')) {
            Some(c) => start..start + c.len_utf8(),
            // At the end of a line: the last character of it.
            None => {
                text[..start].chars().next_back().filter(|c| *c != '\n').map_or(start, |c| start - c.len_utf8())..start
            }
        }
    }

    /// Where the line of this place begins, and its text without the line's end.
    pub fn line_around(&self, at: usize) -> (usize, &str) {
        let (line, _) = self.line_and_column(at);
        let start = self.lines[line - 1];
        let end = self.lines.get(line).map_or(self.text.len(), |next| next - 1);
        (start, self.text[start..end].trim_end_matches('\r'))
    }

    /// The line and that of the header above it: what the block lacks may stand in the line.
    fn line_and_header(&self, line: usize) -> [usize; 2] {
        let is_header =
            |line: &usize| self.text[self.lines[line - 1]..].trim_start_matches([' ', '\t']).starts_with('[');
        [line, (1..=line).rev().find(is_header).unwrap_or(line)]
    }
}

/// A file's text and tree, as far as it could be understood.
pub(super) struct Parsed<'t> {
    pub table: Spanned<DeTable<'t>>,
    pub errors: Vec<Diagnostic>,
    /// Lines whose meaning is in doubt; mistakes found there are not worth telling.
    pub doubtful_lines: BTreeSet<usize>,
}

/// Reads a file, refusing what is not UTF-8.
pub(super) fn read(path: &Path) -> Result<(SourceFile, Vec<Diagnostic>), Box<Diagnostic>> {
    let name = path.display().to_string();
    let failed = |error: std::io::Error| cannot_read(&name, &error);
    let file = fs::File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if metadata.is_dir() {
        return Err(Diagnostic::of_file(Severity::Error, &name, "a folder, not a file").into());
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Diagnostic::of_file(Severity::Error, &name, "larger than 16 MiB: not a configuration").into());
    }
    let mut warnings = Vec::new();
    if metadata.mode() & 0o002 != 0 {
        warnings.push(
            Diagnostic::of_file(Severity::Warning, &name, "everybody on this machine may change this file")
                .help(format!("chmod o-w {name}")),
        );
    }
    Ok((decode(&name, &bytes)?, warnings))
}

fn cannot_read(name: &str, error: &std::io::Error) -> Box<Diagnostic> {
    let (message, help) = match error.kind() {
        std::io::ErrorKind::NotFound => (
            "there is no such file".to_owned(),
            "name the file by --config FILE or NEWSVIGIL_CONFIG; a commented one to start from comes with newsvigil \
             as config/newsvigil.toml",
        ),
        std::io::ErrorKind::PermissionDenied => {
            ("may not be read by this user".to_owned(), "let the user that runs newsvigil read it, or run as that user")
        }
        _ => (format!("could not be read: {error}"), ""),
    };
    Diagnostic::of_file(Severity::Error, name, message).help(help).into()
}

pub(super) fn decode(name: &str, bytes: &[u8]) -> Result<SourceFile, Box<Diagnostic>> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(Diagnostic::of_file(Severity::Error, name, "saved as UTF-16, but UTF-8 is needed")
            .help("save it again with the encoding UTF-8")
            .into());
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(SourceFile::new(name, text)),
        Err(error) => {
            let at = error.valid_up_to();
            let line = bytes[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
            let message = format!("not UTF-8: byte {at} (in line {line}) is 0x{:02x}", bytes[at]);
            Err(Diagnostic::of_file(Severity::Error, name, message)
                .help("save it again with the encoding UTF-8")
                .into())
        }
    }
}

/// Parses as much as can be understood. The parser stops at a line without `=`; such lines are blanked, one after
/// the other, so that what follows is read too.
pub(super) fn parse(source: &Arc<SourceFile>) -> Parsed<'_> {
    let mut errors: Vec<Diagnostic> = Vec::new();
    let mut text = source.text.clone();
    for _ in 0..MAX_SYNTAX_ERRORS {
        let found = DeTable::parse_recoverable(&text).1;
        let obstacle = found.iter().find(|error| error.message().starts_with(NO_VALUE)).and_then(toml::de::Error::span);
        add_new(&mut errors, source, &found);
        let Some(obstacle) = obstacle else { break };
        blank_line(&mut text, source, obstacle.start);
    }
    errors.truncate(MAX_SYNTAX_ERRORS);
    let places = errors.iter().filter_map(|error| error.place);
    let doubtful_lines = places.flat_map(|place| source.line_and_header(place.line)).collect();
    let (table, _) = DeTable::parse_recoverable(source.passable.get_or_init(|| text));
    Parsed { table, errors, doubtful_lines }
}

/// One mistake of grammar a line: the others follow from it.
fn add_new(errors: &mut Vec<Diagnostic>, source: &Arc<SourceFile>, found: &[toml::de::Error]) {
    for error in found.iter().take(MAX_SYNTAX_ERRORS) {
        let error = syntax_error(source, error);
        let line = error.place.map(|place| place.line);
        if !errors.iter().any(|known| known.place.map(|place| place.line) == line) {
            errors.push(error);
        }
    }
}

fn blank_line(text: &mut String, source: &SourceFile, at: usize) {
    let (start, line) = source.line_around(at.min(text.len()));
    text.replace_range(start..start + line.len(), &" ".repeat(line.len()));
}

fn syntax_error(source: &Arc<SourceFile>, error: &toml::de::Error) -> Diagnostic {
    let span = error.span().unwrap_or(0..0);
    let text = source.text.get(span.clone()).unwrap_or_default();
    let (_, line) = source.line_around(span.start.min(source.text.len()));
    let (message, help) = in_plain_words(error.message(), text, line);
    // What to write instead may repeat the text: not that of a secret.
    let help = if super::secret::masked_line(line) == line { help } else { "put it between quotes".to_owned() };
    Diagnostic::at(Severity::Error, source, span, message).help(help)
}

/// The mistakes that people make who never wrote TOML; the rest in the parser's words.
fn in_plain_words(message: &str, text: &str, line: &str) -> (String, String) {
    let bare = text.trim_matches(['“', '”', '„', '‘', '’', '«', '»', '「', '」']);
    if message.starts_with("string values must be quoted") {
        if values::SWITCHES.contains(&line.split('=').next().unwrap_or_default().trim()) {
            return ("true or false is needed".to_owned(), format!("write {}", values::switch_meant(bare)));
        }
        let why = if bare == text { "text must stand between quotes" } else { "these quotes are not the plain ones" };
        return (why.to_owned(), format!("write \"{}\"", bare.replace(['\\', '"'], "")));
    }
    if message == "duplicate key" {
        let help = match text {
            "source" | "watch" | "recipient" => format!("head each with [[{text}]], in two brackets"),
            _ => "keep one of the two".to_owned(),
        };
        return (format!("`{text}` is given twice"), help);
    }
    if message.starts_with("invalid basic string, expected `\"`") {
        return ("the closing quote is missing".to_owned(), "end the text with \"".to_owned());
    }
    if message.starts_with("invalid literal string") {
        let help = "end the text with '; a text over several lines stands between ''' and '''";
        return ("the closing quote is missing in this line".to_owned(), help.to_owned());
    }
    if message.starts_with(NO_VALUE) || message.starts_with("invalid unquoted key") {
        return ("not a key, `=` and a value".to_owned(), "write: key = \"value\"".to_owned());
    }
    if message.starts_with("missing comma") {
        return ("a comma is missing between two values".to_owned(), "write [\"one\", \"two\"]".to_owned());
    }
    if message.contains("escape") || message.contains("unicode value digits") {
        let help = "a \\ in double quotes begins a code; put the text into single quotes: 'C:\\path'";
        return (message.to_owned(), help.to_owned());
    }
    (message.to_owned(), String::new())
}
