//! What outside text may not bring into a mail.

/// One line without control characters, direction overrides or invisible characters that could hide or reverse what is
/// shown (Unicode TR 36 §2.6).
pub fn line(text: &str) -> String {
    let visible = text.chars().filter(|c| !is_hidden(*c)).map(|c| if c.is_control() { ' ' } else { c });
    visible.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// True for what [`line`] drops: it has no width of its own, and no business in a headline.
pub fn is_hidden(c: char) -> bool {
    matches!(c, '\u{00ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The text up to `max` characters, cut at a word where there is one, with an ellipsis.
pub fn shortened(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    let cut: String = text.chars().take(max.saturating_sub(1)).collect();
    let at_word =
        cut.rfind(' ').filter(|at| cut[..*at].chars().count() * 2 > max).map_or(cut.as_str(), |at| &cut[..at]);
    format!("{}…", at_word.trim_end_matches([' ', ',', ';', ':', '-', '–', '—']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overrides_invisible_characters_and_line_breaks_go() {
        assert_eq!(line("Raid\r\nBcc: x \u{202e}gnp.exe\u{202c}\u{200b}\0"), "Raid Bcc: x gnp.exe");
    }

    #[test]
    fn a_long_headline_is_cut_at_a_word() {
        assert_eq!(shortened("Buses at the customs office", 15), "Buses at the…");
        assert_eq!(shortened("강제북송된탈북민이백명", 5), "강제북송…");
    }
}
