//! `sites.toml`: cleaning rules per publisher.

use std::path::Path;
use std::sync::LazyLock;

use super::companion;
use super::diagnostic::Diagnostic;
use super::file::SourceFile;
use super::section::Section;
use crate::extract::{RuleError, SiteRule, SiteRules};

/// What holds where no `sites.toml` lies beside the configuration.
const SHIPPED: &str = include_str!("../../config/sites.toml");

static BUILT_IN: LazyLock<SiteRules> =
    LazyLock::new(|| of_file(SourceFile::new("sites.toml (built in)", SHIPPED), &mut Vec::new()));

/// The rules of the file beside `config`, or the built-in ones. True: there is such a file.
pub(super) fn beside(config: &Path, notes: &mut Vec<Diagnostic>) -> (SiteRules, bool) {
    companion::beside(config, "sites.toml", shipped, of_file, notes)
}

/// The built-in rules.
pub(super) fn shipped() -> SiteRules {
    BUILT_IN.clone()
}

fn of_file(file: SourceFile, notes: &mut Vec<Diagnostic>) -> SiteRules {
    let mut rules = SiteRules::default();
    companion::each_section(file, "site", notes, |section| {
        if let Some(rule) = rule(section, &rules) {
            rules.add(rule);
        }
    });
    rules
}

fn rule(section: &Section<'_>, known: &SiteRules) -> Option<SiteRule> {
    let mut rule = SiteRule::default();
    let hosts = section.texts("hosts", "[\"lantern.example\"]");
    if hosts.as_ref().is_none_or(Vec::is_empty) {
        section.error(section.value_span("hosts"), "this site has no hosts", "add: hosts = [\"lantern.example\"]");
    }
    for host in hosts.unwrap_or_default() {
        if known.names(host.value) {
            section.error(host.span, format!("there are two rules for {}", host.value), "put them into one");
        } else if let Err(error) = rule.for_host(host.value) {
            section.error(host.span, error.to_string(), "write the name alone: \"lantern.example\"");
        }
    }
    let mut each = |key, example, add: fn(&mut SiteRule, &str) -> Result<(), RuleError>, help: &str| {
        let texts = section.texts(key, example).unwrap_or_default();
        for text in &texts {
            if let Err(error) = add(&mut rule, text.value) {
                section.error(text.span.clone(), error.to_string(), help);
            }
        }
        texts.len()
    };
    let selector = "write a CSS selector: \"div.article-body\"";
    let rules = each("keep", "[\"div.article-body\"]", SiteRule::keep, selector)
        + each("remove", "[\".quiz\"]", SiteRule::remove, selector)
        + each("remove_lines", "[\"Edited by *\"]", SiteRule::remove_line, "write what the line says: \"Edited by *\"");
    if rules == 0 {
        section.error(section.value_span("keep"), "this site has no rule", "add keep, remove or remove_lines");
        return None;
    }
    Some(rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_rules_are_sound() {
        let mut notes = vec![];
        let rules = of_file(SourceFile::new("sites.toml", SHIPPED), &mut notes);
        assert_eq!(notes.iter().map(ToString::to_string).collect::<Vec<_>>(), Vec::<String>::new());
        assert!(rules.of("www.yna.co.kr").is_some() && rules.of("lantern.example").is_none());
        assert_eq!(beside(Path::new("/nonexistent/newsvigil.toml"), &mut notes), (rules, false));
    }

    #[test]
    fn a_mistake_in_a_rule_is_told_at_its_place() {
        let toml = "[[site]]\nhosts = [\"a.example\", \"b\"]\nkeep = [\"div >\"]\nremove_lines = [\"*\"]\n\
            [[site]]\nhosts = [\"a.example\"]\nremove = [\".x\"]\n[[site]]\nhosts = [\"c.example\"]\n\
            [[site]]\nremove = [\".x\"]\nkepp = [\"p\"]\n";
        let mut notes = vec![];
        of_file(SourceFile::new("sites.toml", toml), &mut notes);
        let told: Vec<_> = notes.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(told.join("\n"));
    }
}
