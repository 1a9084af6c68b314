//! `names.toml`: all spellings of a name, used in queries as `@name`.

use std::path::Path;
use std::sync::LazyLock;

use super::companion;
use super::diagnostic::Diagnostic;
use super::file::SourceFile;
use super::queries;
use super::section::Section;
use crate::matching::{NameGroup, Names};

/// What holds where no `names.toml` lies beside the configuration.
const SHIPPED: &str = include_str!("../../config/names.toml");

static BUILT_IN: LazyLock<Names> =
    LazyLock::new(|| of_file(SourceFile::new("names.toml (built in)", SHIPPED), &mut Vec::new()));

/// The groups of the file beside `config`, or the built-in ones. True: there is such a file.
pub(super) fn beside(config: &Path, notes: &mut Vec<Diagnostic>) -> (Names, bool) {
    companion::beside(config, "names.toml", shipped, of_file, notes)
}

/// The built-in groups.
pub(super) fn shipped() -> Names {
    BUILT_IN.clone()
}

fn of_file(file: SourceFile, notes: &mut Vec<Diagnostic>) -> Names {
    let mut names = Names::default();
    companion::each_section(file, "group", notes, |section| {
        if let Some(group) = group(section, &names) {
            add(&mut names, group, section);
        }
    });
    names
}

fn group(section: &Section<'_>, known: &Names) -> Option<NameGroup> {
    let name = section.needed_text("name", "\"shenyang\"");
    let about = section.text("about", "\"Shenyang, capital of Liaoning\"");
    let terms = section.texts("terms", "[\"Shenyang\", \"沈阳\", \"선양\"]");
    let homographs = section.texts("homographs", "['국위선양', '\"Shenyang Aircraft\"']");
    let name = name?;
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.value.chars().all(is_name) {
        section.error(
            name.span,
            "`name` is used as @name: small letters, digits and hyphens only",
            "write: name = \"shenyang\"",
        );
        return None;
    }
    if known.groups().any(|group| group.name == name.value) {
        section.error(name.span, format!("there are two groups `{}`", name.value), "put their terms into one");
        return None;
    }
    if terms.as_ref().is_none_or(Vec::is_empty) {
        section.error(section.value_span("terms"), "this group has no terms", "add: terms = [\"Shenyang\", \"沈阳\"]");
        return None;
    }
    let values = |texts: Option<Vec<super::section::Text<'_>>>| {
        texts.unwrap_or_default().into_iter().map(|text| text.value.to_owned()).collect()
    };
    Some(NameGroup {
        name: name.value.to_owned(),
        about: about.map_or(String::new(), |about| about.value.to_owned()),
        terms: values(terms),
        homographs: values(homographs),
    })
}

fn add(names: &mut Names, group: NameGroup, section: &Section<'_>) {
    let Err(errors) = names.add(group) else { return };
    for error in errors {
        let key = if error.in_terms { "terms" } else { "homographs" };
        let texts = section.texts(key, "").unwrap_or_default();
        let Some(text) = texts.into_iter().find(|text| text.value == error.written) else { continue };
        let range = if error.in_terms { 0..text.value.len() } else { error.error.start..error.error.end };
        let place = queries::place_in_file(&section.source.text, text.span, text.value, range);
        section.error_saying(place, "this cannot be looked for", &error.error.message, error.error.help);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_groups_are_sound() {
        let mut notes = vec![];
        let names = of_file(SourceFile::new("names.toml", SHIPPED), &mut notes);
        assert_eq!(notes.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
        assert!(names.groups().count() >= 25);
        assert_eq!(beside(Path::new("/nonexistent/newsvigil.toml"), &mut notes), (names.clone(), false));
        assert!(names.groups().all(|group| !group.about.is_empty()));
    }

    #[test]
    fn a_mistake_in_a_group_is_told_at_its_place() {
        let toml = "[[group]]\nname = \"a b\"\nterms = [\"x\"]\n[[group]]\nname = \"c\"\nterms = [\"raid\"]\nhomographs = ['(raid']\n[[group]]\nname = \"d\"\n";
        let mut notes = vec![];
        of_file(SourceFile::new("names.toml", toml), &mut notes);
        let told: Vec<_> = notes.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(told.join("\n"));
    }
}
