//! Plain text out of what feeds put into titles and names.

/// Without NUL and the other controls that no text needs; feed-rs would pass them on, PostgreSQL refuses them.
pub fn without_controls(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t' | '\r')).collect()
}

/// One line of plain text: markup and entities resolved, white space folded, direction overrides dropped.
pub fn plain_line(html: &str) -> String {
    let text = if html.contains(['<', '&']) {
        let fragment = scraper::Html::parse_fragment(html);
        fragment.root_element().text().collect::<String>()
    } else {
        html.to_owned()
    };
    let visible = text.chars().filter(|c| !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'));
    let line: String = visible.map(|c| if c.is_control() { ' ' } else { c }).collect();
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// At most `max` bytes, cut on a character's border.
pub fn cut(mut text: String, max: usize) -> String {
    if text.len() > max {
        text.truncate(text.floor_char_boundary(max));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_with_markup_is_read_as_its_text() {
        assert_eq!(
            plain_line("Raid in <b>Shenyang</b> &amp; <i>Dandong</i>\n today"),
            "Raid in Shenyang & Dandong today"
        );
        assert_eq!(plain_line("5 < 6 and R&D"), "5 < 6 and R&D");
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(cut("강제북송".to_owned(), 7), "강제");
    }
}
