//! A table of the configuration, read key by key.
//!
//! Whoever asks a [`Section`] for a key declares it; when the section is dropped, it reports every key that nobody
//! asked for. So the code that reads a block is its schema, and every mistake in it is told at once.

use std::cell::RefCell;
use std::ops::{Range, RangeInclusive};
use std::sync::Arc;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::diagnostic::{Diagnostic, Findings, Severity};
use super::file::SourceFile;
use super::unknown::{self, shortened};
use super::{secret, values};

/// A text with its place.
#[derive(Clone, Debug)]
pub(super) struct Text<'d> {
    pub value: &'d str,
    pub span: Range<usize>,
}

type Value<'d> = Spanned<DeValue<'d>>;

pub(super) struct Section<'d> {
    /// As the reader knows it: `[mail.smtp]`.
    title: String,
    /// Its header.
    pub span: Range<usize>,
    pub source: &'d Arc<SourceFile>,
    findings: &'d Findings,
    table: &'d DeTable<'d>,
    asked: RefCell<Vec<&'static str>>,
}

impl<'d> Section<'d> {
    /// The whole file.
    pub fn root(source: &'d Arc<SourceFile>, table: &'d DeTable<'d>, findings: &'d Findings) -> Section<'d> {
        Section { title: String::new(), span: 0..0, source, findings, table, asked: RefCell::default() }
    }

    fn inner(&self, title: String, span: Range<usize>, table: &'d DeTable<'d>) -> Section<'d> {
        let (source, findings) = (self.source, self.findings);
        Section { title, span, source, findings, table, asked: RefCell::default() }
    }

    pub fn error(&self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.findings.add(Diagnostic::at(Severity::Error, self.source, span, message).help(help));
    }

    pub fn warn(&self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.findings.add(Diagnostic::at(Severity::Warning, self.source, span, message).help(help));
    }

    /// A mistake of the file as a whole: what it does not say.
    pub fn missing(&self, message: &str, help: impl Into<String>) {
        self.findings.add(Diagnostic::of_file(Severity::Error, &self.source.name, message).help(help));
    }

    /// What is missing and can be done without: told when all else is right.
    pub fn missed(&self, message: &str, help: impl Into<String>) {
        if self.findings.has_errors() {
            return;
        }
        self.findings.add(Diagnostic::of_file(Severity::Warning, &self.source.name, message).help(help));
    }

    /// The same, at its place.
    pub fn missed_at(&self, span: Range<usize>, message: &str, help: impl Into<String>) {
        if !self.findings.has_errors() {
            self.warn(span, message, help);
        }
    }

    /// A mistake with words at the underlined text, which may quote it.
    pub fn error_saying(&self, span: Range<usize>, message: impl Into<String>, label: &str, help: impl Into<String>) {
        self.findings.add(Diagnostic::at(Severity::Error, self.source, span, message).label(label).help(help));
    }

    pub fn warn_saying(&self, span: Range<usize>, message: impl Into<String>, label: &str, help: impl Into<String>) {
        self.findings.add(Diagnostic::at(Severity::Warning, self.source, span, message).label(label).help(help));
    }

    /// Declares the key; `None` if it is not there.
    fn value(&self, key: &'static str) -> Option<&'d Value<'d>> {
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(&key) {
            asked.push(key);
        }
        self.table.get(key)
    }

    /// Where the key itself stands, or the section's header if it does not.
    pub fn key_span(&self, key: &str) -> Range<usize> {
        self.table.get_key_value(key).map_or(self.span.clone(), |(key, _)| key.span())
    }

    pub fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Declares a key that may be there.
    pub fn knows(&self, key: &'static str) {
        self.value(key);
    }

    /// True if the key is not there, but one that will be reported with the advice to write this one: that it is
    /// missing need not be told.
    pub fn is_misspelt(&self, key: &'static str) -> bool {
        !self.has(key) && self.table.iter().any(|(name, _)| unknown::meant(name.get_ref(), &[key]).is_some())
    }

    fn wrong_type(&self, key: &str, value: &Value<'_>, wanted: &str, example: &str) {
        let message = format!("`{key}` is {}, but {wanted} is needed", kind_of(value.get_ref()));
        self.error(value.span(), message, format!("write: {key} = {example}"));
    }

    /// A text; empty or blank ones are refused.
    pub fn text(&self, key: &'static str, example: &str) -> Option<Text<'d>> {
        let value = self.value(key)?;
        let DeValue::String(text) = value.get_ref() else {
            self.wrong_type(key, value, "text in quotes", example);
            return None;
        };
        if text.trim().is_empty() {
            self.error(value.span(), format!("`{key}` is empty"), format!("write: {key} = {example}, or leave it out"));
            return None;
        }
        Some(Text { value: text.trim(), span: value.span() })
    }

    /// A text that must be there.
    pub fn needed_text(&self, key: &'static str, example: &str) -> Option<Text<'d>> {
        if !self.has(key) {
            self.value(key);
            if self.is_misspelt(key) {
                return None;
            }
            self.error(self.span.clone(), format!("`{key}` is missing"), format!("add: {key} = {example}"));
            return None;
        }
        self.text(key, example)
    }

    /// A text read by `read`, which says what is wrong with it.
    pub fn parsed<T>(
        &self,
        key: &'static str,
        example: &str,
        read: impl Fn(&str) -> Result<T, &'static str>,
    ) -> Option<T> {
        let text = self.text(key, example)?;
        match read(text.value) {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.error_saying(
                    text.span,
                    format!("`{key}` cannot be used"),
                    wrong,
                    format!("write: {key} = {example}"),
                );
                None
            }
        }
    }

    /// One of a few words.
    pub fn word<T: Copy>(&self, key: &'static str, words: &[(&'static str, T)]) -> Option<T> {
        let all: Vec<String> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        let text = self.text(key, &all.join(" or "))?;
        let found = words.iter().find(|(word, _)| *word == text.value).map(|(_, value)| *value);
        if found.is_none() {
            let help = match values::nearest(text.value, words.iter().map(|(word, _)| *word)) {
                Some(near) => format!("did you mean \"{near}\"? It is one of {}", all.join(", ")),
                None => format!("write one of {}", all.join(", ")),
            };
            self.error(text.span, format!("`{key}` has no such choice"), help);
        }
        found
    }

    /// One of [`values::SWITCHES`].
    pub fn switch(&self, key: &'static str) -> Option<bool> {
        debug_assert!(values::SWITCHES.contains(&key), "{key} is missing there");
        let value = self.value(key)?;
        if let DeValue::Boolean(on) = value.get_ref() {
            return Some(*on);
        }
        let example = match value.get_ref() {
            DeValue::String(text) => values::switch_meant(text),
            DeValue::Integer(number) => values::switch_meant(number.as_str()),
            _ => "true or false",
        };
        self.wrong_type(key, value, "true or false, without quotes,", example);
        None
    }

    /// A whole number within bounds.
    pub fn number(&self, key: &'static str, bounds: RangeInclusive<u64>, example: u64) -> Option<u64> {
        let value = self.value(key)?;
        let DeValue::Integer(integer) = value.get_ref() else {
            self.wrong_type(key, value, "a whole number, without quotes,", &example.to_string());
            return None;
        };
        let number = u64::from_str_radix(integer.as_str(), integer.radix()).ok().filter(|n| bounds.contains(n));
        if number.is_none() {
            let message = format!("`{key}` must lie between {} and {}", bounds.start(), bounds.end());
            self.error(value.span(), message, format!("write: {key} = {example}"));
        }
        number
    }

    /// A length of time within bounds.
    pub fn duration(&self, key: &'static str, bounds: RangeInclusive<Duration>, example: &str) -> Option<Duration> {
        let value = self.value(key)?;
        let example = format!("\"{example}\"");
        let wrong = |label: &str| {
            let message = format!("`{key}` cannot be read as a length of time");
            let help = format!("write a number and its unit (s, m, h or d): {key} = {example}");
            self.error_saying(value.span(), message, label, help);
        };
        let length = match value.get_ref() {
            DeValue::String(text) => values::duration(text).map_err(wrong).ok()?,
            DeValue::Integer(number) if number.as_str() == "0" => Duration::ZERO,
            DeValue::Integer(_) | DeValue::Float(_) => {
                wrong("the unit is missing");
                return None;
            }
            _ => {
                self.wrong_type(key, value, "a length of time in quotes", &example);
                return None;
            }
        };
        self.within(key, value, length, bounds, &values::show_duration)
    }

    /// A size within bounds.
    pub fn size(&self, key: &'static str, bounds: RangeInclusive<u64>, example: &str) -> Option<u64> {
        let value = self.value(key)?;
        let example = format!("\"{example}\"");
        let DeValue::String(text) = value.get_ref() else {
            self.wrong_type(key, value, "a size in quotes", &example);
            return None;
        };
        match values::size(text) {
            Ok(bytes) => self.within(key, value, bytes, bounds, &values::show_size),
            Err(wrong) => {
                let help = format!("write a number and its unit (kB, MiB, GB): {key} = {example}");
                self.error_saying(value.span(), format!("`{key}` cannot be read as a size"), wrong, help);
                None
            }
        }
    }

    fn within<T: PartialOrd + Copy>(
        &self,
        key: &str,
        value: &Value<'_>,
        given: T,
        bounds: RangeInclusive<T>,
        show: &dyn Fn(T) -> String,
    ) -> Option<T> {
        if bounds.contains(&given) {
            return Some(given);
        }
        let (low, high) = (show(*bounds.start()), show(*bounds.end()));
        let nearest = if given < *bounds.start() { &low } else { &high };
        let message = format!("`{key}` must lie between {low} and {high}");
        self.error(value.span(), message, format!("write: {key} = \"{nearest}\""));
        None
    }

    /// A list of texts; a single text is taken for a list of one.
    pub fn texts(&self, key: &'static str, example: &str) -> Option<Vec<Text<'d>>> {
        let value = self.value(key)?;
        match value.get_ref() {
            DeValue::String(_) => Some(self.text(key, example)?).map(|text| vec![text]),
            DeValue::Array(list) => Some(self.list_of_texts(key, list, example)),
            _ => {
                self.wrong_type(key, value, "a list of texts", example);
                None
            }
        }
    }

    fn list_of_texts(&self, key: &str, list: &'d DeArray<'d>, example: &str) -> Vec<Text<'d>> {
        let mut texts = Vec::new();
        for item in list.iter() {
            match item.get_ref() {
                DeValue::String(text) if text.trim().is_empty() => {
                    self.error(item.span(), format!("an empty text in `{key}`"), "take it out");
                }
                DeValue::String(text) => texts.push(Text { value: text.trim(), span: item.span() }),
                // A time of day without quotes; its place in the file is its text.
                DeValue::Datetime(time) if time.date.is_none() => {
                    texts.push(Text { value: &self.source.text[item.span()], span: item.span() });
                }
                other => {
                    let message = format!("{} in `{key}`, but a text in quotes is needed", kind_of(other));
                    self.error(item.span(), message, format!("write: {key} = {example}"));
                }
            }
        }
        texts
    }

    /// A table whose names its writer chose, each with a text.
    pub fn named_texts(&self, key: &'static str, example: &str) -> Option<Vec<(Text<'d>, Text<'d>)>> {
        let value = self.value(key)?;
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong_type(key, value, "a list of names and texts", example);
            return None;
        };
        let mut named = Vec::new();
        for (name, value) in table.iter() {
            match value.get_ref() {
                DeValue::String(text) if !text.trim().is_empty() => named.push((
                    Text { value: name.get_ref(), span: name.span() },
                    Text { value: text.trim(), span: value.span() },
                )),
                other => {
                    let message = format!("{} in `{key}`, but a text in quotes is needed", kind_of(other));
                    self.error(value.span(), message, format!("write: {key} = {example}"));
                }
            }
        }
        Some(named)
    }

    /// The text of a key, if it is one; declares nothing.
    pub fn plain(&self, key: &str) -> Option<&'d str> {
        self.table.get(key)?.get_ref().as_str()
    }

    /// Where the value of a key stands.
    pub fn value_span(&self, key: &str) -> Range<usize> {
        self.table.get(key).map_or(self.span.clone(), Spanned::span)
    }

    fn title_of(&self, key: &str) -> String {
        let path = self.title.trim_matches(['[', ']']);
        if path.is_empty() { format!("[{key}]") } else { format!("[{path}.{key}]") }
    }

    /// A block such as `[mail]`.
    pub fn section(&self, key: &'static str) -> Option<Section<'d>> {
        let value = self.value(key)?;
        let title = self.title_of(key);
        match value.get_ref() {
            DeValue::Table(table) => Some(self.inner(title, self.header_span(key, value), table)),
            DeValue::Array(_) => {
                self.error(
                    value.span(),
                    format!("there is only one {title}"),
                    format!("write {title}, in single brackets"),
                );
                None
            }
            other => {
                let message = format!("`{key}` is {}, but a block is needed", kind_of(other));
                self.error(value.span(), message, format!("write {title} on a line of its own, its keys below it"));
                None
            }
        }
    }

    /// `[a.b]` makes a table `a` too; the place where its name stands serves for a header.
    fn header_span(&self, key: &str, value: &Value<'_>) -> Range<usize> {
        let span = value.span();
        if span.is_empty() { self.key_span(key) } else { span }
    }

    /// Blocks such as `[[source]]`, in their order.
    pub fn sections(&self, key: &'static str) -> Vec<Section<'d>> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let title = format!("[[{key}]]");
        let not_a_block = |span: Range<usize>, found: String| {
            self.error(span, found, format!("head each with {title}, in two brackets, on a line of its own"));
        };
        match value.get_ref() {
            DeValue::Array(list) => {
                let blocks = list.iter().filter_map(|item| match item.get_ref() {
                    DeValue::Table(table) => Some(self.inner(title.clone(), item.span(), table)),
                    other => {
                        not_a_block(item.span(), format!("{} in place of a block", kind_of(other)));
                        None
                    }
                });
                blocks.collect()
            }
            DeValue::Table(table) => {
                not_a_block(self.header_span(key, value), format!("[{key}] in place of {title}"));
                vec![self.inner(title, self.header_span(key, value), table)]
            }
            other => {
                not_a_block(value.span(), format!("`{key}` is {}, but blocks are needed", kind_of(other)));
                Vec::new()
            }
        }
    }

    fn report_unknown_keys(&self) {
        for (key, value) in self.table.iter() {
            let name: &str = key.get_ref();
            if self.asked.borrow().contains(&name) {
                continue;
            }
            if secret::is_secret_key(name) {
                self.secret_in_text(key.span(), name);
            } else {
                let what = match value.get_ref() {
                    DeValue::Table(_) => format!("block {}", self.title_of(&shortened(name))),
                    DeValue::Array(list) if list.iter().any(|item| item.get_ref().is_table()) => {
                        format!("block [[{}]]", shortened(name))
                    }
                    _ => format!("key `{}`", shortened(name)),
                };
                let place = if self.title.is_empty() { String::new() } else { format!(" in {}", self.title) };
                self.error(
                    key.span(),
                    format!("unknown {what}{place}"),
                    unknown::instead_of(&self.title, name, &self.asked.borrow()),
                );
            }
        }
    }

    fn secret_in_text(&self, span: Range<usize>, name: &str) {
        let (credential, no_line) = match self.title.as_str() {
            "[database]" => ("database-password", "and no line here"),
            "[[source]]" => ("example-password", "and write password_file = \"credential:example-password\""),
            _ => ("smtp-password", "and no line here"),
        };
        let help = format!(
            "put it into a file that only newsvigil may read, and name that: password_file = \"/etc/newsvigil/{credential}\"; \
             as a systemd service: into /etc/credstore/newsvigil.{credential}, {no_line}"
        );
        self.error(span, format!("a secret (`{}`) does not belong in this file", shortened(name)), help);
    }
}

/// Reports the keys that nobody asked for.
impl Drop for Section<'_> {
    fn drop(&mut self) {
        self.report_unknown_keys();
    }
}

fn kind_of(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a block",
    }
}
