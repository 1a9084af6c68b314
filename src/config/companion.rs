//! A file of lists that lies beside the configuration, and has a built-in one in its stead.

use std::path::Path;
use std::sync::Arc;

use super::diagnostic::{Diagnostic, Findings};
use super::file::{self, SourceFile};
use super::section::Section;

/// What the file of that name beside `config` says, or the built-in one. True: there is such a file.
pub(super) fn beside<T: Default>(
    config: &Path,
    name: &str,
    built_in: impl FnOnce() -> T,
    of_file: impl FnOnce(SourceFile, &mut Vec<Diagnostic>) -> T,
    notes: &mut Vec<Diagnostic>,
) -> (T, bool) {
    let path = config.with_file_name(name);
    if !path.exists() {
        return (built_in(), false);
    }
    match file::read(&path) {
        Ok((file, warnings)) => {
            notes.extend(warnings);
            (of_file(file, notes), true)
        }
        Err(failure) => {
            notes.push(*failure);
            (T::default(), true)
        }
    }
}

/// Hands on each of the file's `[[key]]`, in order; mistakes go into `notes`.
pub(super) fn each_section(
    file: SourceFile,
    key: &'static str,
    notes: &mut Vec<Diagnostic>,
    mut take: impl FnMut(&Section<'_>),
) {
    let file = Arc::new(file);
    let tree = file::parse(&file);
    let findings = Findings::default();
    {
        let root = Section::root(&file, tree.table.get_ref(), &findings);
        root.sections(key).iter().for_each(&mut take);
    }
    notes.extend(findings.take());
    notes.extend(tree.errors);
}
