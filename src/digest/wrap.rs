//! Lines of a plain-text mail.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// What fits beside a quotation mark on an old terminal, and reads well everywhere.
pub const COLUMNS: usize = 72;

/// Breaks one line of clean text into lines of at most [`COLUMNS`]; wide characters take two. Korean breaks at spaces,
/// Chinese and Japanese between any two characters but before closing and after opening punctuation. What holds an
/// address is never broken, however long: it would no longer open.
pub fn wrapped(text: &str, first_indent: &str, indent: &str) -> String {
    broken(text, first_indent, indent, COLUMNS)
}

/// The same into lines of at most so many.
pub fn broken(text: &str, first_indent: &str, indent: &str, columns: usize) -> String {
    let mut lines = Lines {
        columns,
        done: String::new(),
        line: first_indent.to_owned(),
        at_most: widest(first_indent),
        start: first_indent.len(),
        break_at: None,
    };
    let mut previous = None;
    for c in text.chars() {
        if previous.is_some_and(|previous| may_break_between(previous, c)) {
            lines.break_at = Some(lines.line.len());
        }
        lines.push(c, indent);
        previous = Some(c);
    }
    lines.done.push_str(lines.line.trim_end());
    lines.done.push('\n');
    lines.done
}

struct Lines {
    columns: usize,
    done: String,
    line: String,
    /// Columns that `line` cannot exceed: its width depends on how its characters combine, and to measure it for each of
    /// them would be most of the work.
    at_most: usize,
    /// Where text begins in `line`, after the indent.
    start: usize,
    /// The last place in `line` where it may be broken.
    break_at: Option<usize>,
}

impl Lines {
    fn push(&mut self, c: char, indent: &str) {
        if c == ' ' {
            self.break_at = Some(self.line.len());
        } else if self.at_most + widest_of(c) > self.columns
            && self.line.width() + c.width().unwrap_or(0) > self.columns
        {
            self.turn(c, indent);
        }
        if c != ' ' || self.line.len() > self.start {
            self.line.push(c);
            self.at_most += widest_of(c);
        }
    }

    /// Begins a new line with what stands after the last break.
    fn turn(&mut self, next: char, indent: &str) {
        let kept = self.break_at.filter(|at| *at > self.start);
        let unbroken = &self.line[kept.unwrap_or(self.start)..];
        if kept.is_none() && (unbroken.contains("://") || next.width() == Some(0)) {
            return;
        }
        let rest = self.line.split_off(kept.unwrap_or(self.line.len()));
        self.done.push_str(self.line.trim_end());
        self.done.push('\n');
        self.line = format!("{indent}{}", rest.trim_start());
        self.at_most = widest(&self.line);
        self.start = indent.len();
        self.break_at = None;
    }
}

fn widest(text: &str) -> usize {
    text.chars().map(widest_of).sum()
}

/// No character takes more than three columns (the Khmer sign U+17D8), with what follows it or alone.
fn widest_of(c: char) -> usize {
    if c.is_ascii() { 1 } else { 3 }
}

/// Beside a space nothing is said here: the space itself is the break.
fn may_break_between(previous: char, c: char) -> bool {
    const NOT_FIRST: &str = "，。、；：？！）〕］｝」』》〉】〗”’…—～·々ー,.;:?!)]}%*";
    const NOT_LAST: &str = "（〔［｛「『《〈【〖“‘([{*$￥";
    let breaks = |c: char| c.width() == Some(2) && !is_hangul(c);
    (breaks(previous) || breaks(c))
        && previous != ' '
        && c != ' '
        && c.width() != Some(0)
        && !NOT_FIRST.contains(c)
        && !NOT_LAST.contains(previous)
}

fn is_hangul(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7ff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn english_and_korean_break_at_spaces_and_keep_the_indent() {
        let text =
            "국경 경비대가 세관 앞 도로를 막았다고 주민들이 전했다 and the road was still closed on Tuesday morning.";
        assert_eq!(
            wrapped(text, "1. ", "   "),
            "1. 국경 경비대가 세관 앞 도로를 막았다고 주민들이 전했다 and the road\n   was still closed on Tuesday morning.\n"
        );
    }

    #[test]
    fn chinese_breaks_anywhere_but_not_before_its_full_stop() {
        let text = format!("{}。他们说", "海".repeat(36));
        assert_eq!(wrapped(&text, "", ""), format!("{}\n海。他们说\n", "海".repeat(35)));
    }

    #[test]
    fn an_address_is_never_broken() {
        let address = format!("https://news.example/{}", "a".repeat(90));
        assert_eq!(wrapped(&format!("See {address} there"), "", "  "), format!("See\n  {address}\n  there\n"));
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_no_letter_is_lost(text in "([a-z]{1,9}|[가-힣]{1,9}|[一-龥]{1,30}|[a-z]{70,160}|[*(“”。，]){0,40}( [a-z가-힣一-龥]{1,8}){0,30}") {
            let lines = wrapped(&text, "- ", "  ");
            for line in lines.lines() {
                prop_assert!(line.width() <= COLUMNS, "{} columns: {line}", line.width());
            }
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&lines), letters(&format!("-{text}")));
        }
    }
}
