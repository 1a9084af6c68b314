//! Pages that bar the way to the report: paywalls, consent walls, logins, checks for robots.

use super::features::Setting;
use super::outline::Outline;
use super::phrases::Cue;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wall {
    /// The report begins here, and goes on for those who pay.
    Paid,
    /// Nothing of the report is shown.
    Bar,
}

/// With this width of text a page holds a report, whatever else it says. A short agency report has 400.
const REPORT: f32 = 1500.0;
/// A wall's page has no more passages than this.
const FEW: usize = 60;

/// Titles of pages that stand before the page.
const TITLES: [&str; 20] = [
    "just a moment",
    "attention required",
    "access denied",
    "access to this page has been denied",
    "are you a robot",
    "verify you are human",
    "robot check",
    "security check",
    "403 forbidden",
    "checking your browser",
    "before you continue",
    "human verification",
    "pardon our interruption",
    "request unsuccessful",
    "ddos-guard",
    "please wait",
    "einwilligung",
    "zustimmung",
    "접근이 차단",
    "安全验证",
];
/// What a consent wall or a robot check says in its few lines.
const BARS: [&str; 18] = [
    "enable javascript and cookies to continue",
    "verify you are human",
    "verifying you are human",
    "unusual traffic",
    "are not a robot",
    "you are a robot",
    "checking your browser before",
    "please enable cookies",
    "access to this page has been denied",
    "your request has been blocked",
    "accept all cookies to continue",
    "mit werbung weiterlesen",
    "weiter mit werbung",
    "um unsere inhalte zu sehen, aktivieren",
    "accepter et continuer",
    "continuer sans accepter",
    "로봇이 아닙니다",
    "请完成安全验证",
];

/// What wall the page is, if it is one; `shown` is the width of the text that was found.
pub fn wall(outline: &Outline, setting: &Setting<'_>, shown: f32) -> Option<Wall> {
    if shown >= REPORT {
        return None;
    }
    let title = outline.head.title.to_lowercase();
    let few = outline.passages.len() <= FEW;
    let says = |phrases: &[&str]| {
        outline.passages.iter().take(FEW).any(|passage| {
            let text = passage.text.to_lowercase();
            phrases.iter().any(|phrase| text.contains(phrase))
        })
    };
    if few && (TITLES.iter().any(|known| title.starts_with(known)) || shown < REPORT / 3.0 && says(&BARS)) {
        return Some(Wall::Bar);
    }
    let barred = setting.cues.iter().zip(&outline.passages).filter(|(cues, passage)| {
        cues.get(Cue::Wall).is_some_and(|phrase| !WEAK.contains(&phrase)) && passage.characters < 200
    });
    (barred.count() >= 1).then_some(Wall::Paid)
}

/// What pages say that have a login, yet no wall.
const WEAK: [&str; 14] = [
    "sign in to",
    "create an account",
    "javascript is disabled",
    "enable javascript",
    "ad blocker",
    "adblock",
    "unlock",
    "로그인",
    "회원가입",
    "登录",
    "登入",
    "註冊",
    "注册",
    "ログイン",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::{Limits, outline, prepare};

    fn walled(html: &str) -> Option<Wall> {
        let prepared = prepare::prepare(html, &Limits::default());
        let outline = outline::read(&prepared.document, &Limits::default());
        let setting = Setting::new(&outline, "", "");
        wall(&outline, &setting, outline.passages.iter().map(|passage| passage.characters as f32).sum())
    }

    #[test]
    fn walls_are_told_from_short_reports() {
        let robots = "<title>Just a moment...</title><p>Verifying you are human. This may take a few seconds.";
        assert_eq!(walled(robots), Some(Wall::Bar));
        let paid =
            "<h1>Bridge closed</h1><p>The bridge was closed at noon.<div>This article is for subscribers only.</div>";
        assert_eq!(walled(paid), Some(Wall::Paid));
        let short = "<a href=/>Log in</a><h1>Bridge closed</h1><p>The bridge was closed at noon, the guards said.";
        assert_eq!(walled(short), None);
    }
}
