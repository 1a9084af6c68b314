//! What a person wrote down of one publisher's pages: where the report stands, what never belongs to it. Data, not code:
//! the rules come from `sites.toml`.
//!
//! A rule is a help and never a trap: where the part that it keeps is not on the page any more, the page is read as if
//! there were no rule.

use std::collections::HashMap;
use std::sync::Arc;

use ego_tree::NodeId;
use scraper::{Html, Selector};

/// Rules of all publishers that have any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SiteRules {
    rules: Vec<Arc<SiteRule>>,
}

/// The rule of one publisher.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SiteRule {
    /// Host names; each stands for all names below it too.
    hosts: Vec<String>,
    keep: Vec<Chosen>,
    remove: Vec<Chosen>,
    lines: Vec<LinePattern>,
}

/// Elements, as a CSS selector chooses them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Chosen {
    written: String,
    selector: Selector,
}

/// A line's text, where `*` stands for any text; letters in either case.
#[derive(Clone, Debug, PartialEq, Eq)]
struct LinePattern {
    written: String,
    /// What stands between the stars, in lower case.
    parts: Vec<String>,
}

/// Why a rule cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error("this is no host name")]
    Host,
    #[error("this CSS selector cannot be read")]
    Selector,
    #[error("this pattern would take out every line")]
    Everything,
}

/// What a rule says of an element and all that is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ruling {
    Keep,
    /// By which of its selectors.
    Remove(usize),
}

impl SiteRules {
    pub fn add(&mut self, rule: SiteRule) {
        self.rules.push(Arc::new(rule));
    }

    /// The rule that names the host most exactly.
    pub fn of(&self, host: &str) -> Option<&SiteRule> {
        let host = host.to_ascii_lowercase();
        let fit = |rule: &SiteRule| rule.hosts.iter().filter(|suffix| is_below(&host, suffix)).map(String::len).max();
        let fitting = self.rules.iter().filter_map(|rule| Some((fit(rule)?, rule)));
        fitting.max_by_key(|(length, _)| *length).map(|(_, rule)| &**rule)
    }

    /// True if a rule names just this host.
    pub fn names(&self, host: &str) -> bool {
        self.rules.iter().any(|rule| rule.hosts.iter().any(|known| known.eq_ignore_ascii_case(host)))
    }

    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

fn is_below(host: &str, suffix: &str) -> bool {
    host.strip_suffix(suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

impl SiteRule {
    pub fn for_host(&mut self, host: &str) -> Result<(), RuleError> {
        let sound = |c: char| c.is_alphanumeric() || c == '-' || c == '.';
        if !host.contains('.') || !host.chars().all(sound) || host.starts_with('.') || host.ends_with('.') {
            return Err(RuleError::Host);
        }
        // As a URL writes it.
        let url = url::Url::parse(&format!("http://{host}/")).map_err(|_| RuleError::Host)?;
        self.hosts.push(url.host_str().ok_or(RuleError::Host)?.to_owned());
        Ok(())
    }

    /// The report's text stands in elements of this selector, and nowhere else.
    pub fn keep(&mut self, selector: &str) -> Result<(), RuleError> {
        self.keep.push(chosen(selector)?);
        Ok(())
    }

    /// What stands in elements of this selector is no part of the report.
    pub fn remove(&mut self, selector: &str) -> Result<(), RuleError> {
        self.remove.push(chosen(selector)?);
        Ok(())
    }

    /// Lines of this text are no part of the report; `*` stands for any text.
    pub fn remove_line(&mut self, pattern: &str) -> Result<(), RuleError> {
        let folded: String = pattern.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        if folded.chars().all(|c| c == '*' || c.is_whitespace()) {
            return Err(RuleError::Everything);
        }
        self.lines
            .push(LinePattern { written: pattern.to_owned(), parts: folded.split('*').map(str::to_owned).collect() });
        Ok(())
    }

    /// What the rule says of elements of the page.
    pub(super) fn rulings(&self, document: &Html) -> HashMap<NodeId, Ruling> {
        let mut rulings = HashMap::new();
        for kept in &self.keep {
            rulings.extend(document.select(&kept.selector).map(|element| (element.id(), Ruling::Keep)));
        }
        for (at, removed) in self.remove.iter().enumerate() {
            rulings.extend(document.select(&removed.selector).map(|element| (element.id(), Ruling::Remove(at))));
        }
        rulings
    }

    /// The selector that removed something, as written.
    pub(super) fn removed_by(&self, at: usize) -> &str {
        self.remove.get(at).map_or("", |chosen| &chosen.written)
    }

    /// The pattern that takes the line out, as written.
    pub(super) fn line_pattern(&self, line: &str) -> Option<&str> {
        if self.lines.is_empty() {
            return None;
        }
        let line = line.to_lowercase();
        self.lines.iter().find(|pattern| pattern.is_met_by(&line)).map(|pattern| pattern.written.as_str())
    }
}

fn chosen(selector: &str) -> Result<Chosen, RuleError> {
    let parsed = Selector::parse(selector).map_err(|_| RuleError::Selector)?;
    Ok(Chosen { written: selector.to_owned(), selector: parsed })
}

impl LinePattern {
    /// `line` in lower case. The parts between stars are looked for one after another, so no text is read twice.
    fn is_met_by(&self, line: &str) -> bool {
        let [first, between @ .., last] = self.parts.as_slice() else {
            return self.parts.first().is_some_and(|whole| whole == line);
        };
        let Some(mut rest) = line.strip_prefix(first.as_str()) else { return false };
        for part in between {
            let Some(at) = rest.find(part.as_str()) else { return false };
            rest = &rest[at + part.len()..];
        }
        rest.ends_with(last.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule_for(hosts: &[&str]) -> SiteRule {
        let mut rule = SiteRule::default();
        hosts.iter().for_each(|host| rule.for_host(host).expect("a host"));
        rule
    }

    #[test]
    fn the_most_exact_rule_of_a_host_holds() {
        let mut rules = SiteRules::default();
        rules.add(rule_for(&["lantern.example"]));
        rules.add(rule_for(&["ko.lantern.example", "등불.example"]));
        let hosts = |host| rules.of(host).map(|rule| rule.hosts[0].clone());
        assert_eq!(hosts("www.lantern.example").as_deref(), Some("lantern.example"));
        assert_eq!(hosts("m.KO.lantern.example").as_deref(), Some("ko.lantern.example"));
        let korean = url::Url::parse("https://등불.example/").expect("a URL");
        assert_eq!(hosts(korean.host_str().expect("a host")).as_deref(), Some("ko.lantern.example"));
        assert_eq!(hosts("newlantern.example"), None);
        assert!(rules.names("Lantern.example") && !rules.names("www.lantern.example"));
    }

    #[test]
    fn a_line_pattern_holds_for_the_whole_line() {
        let mut rule = SiteRule::default();
        for pattern in ["Edited by *", "*all rights reserved*", "Our shop", "a*a"] {
            rule.remove_line(pattern).expect("a pattern");
        }
        let taken = |line| rule.line_pattern(line);
        assert_eq!(taken("EDITED BY Maud Ferris"), Some("Edited by *"));
        assert_eq!(taken("The book was edited by Maud Ferris"), None);
        assert_eq!(taken("© 2026, All rights reserved."), Some("*all rights reserved*"));
        assert_eq!(taken("our shop"), Some("Our shop"));
        assert_eq!(taken("our shop was closed"), None);
        assert_eq!(taken("a"), None, "the two ends must not be the same letter");
    }

    #[test]
    fn what_cannot_be_a_rule_is_refused() {
        let mut rule = SiteRule::default();
        assert_eq!(rule.remove_line(" ** "), Err(RuleError::Everything));
        assert_eq!(rule.for_host("https://lantern.example/"), Err(RuleError::Host));
        assert_eq!(rule.for_host("lantern"), Err(RuleError::Host));
        assert_eq!(rule.keep("div >"), Err(RuleError::Selector));
    }
}
