//! Texts kept within bounds.

/// Without NUL and the other controls that no text needs: PostgreSQL refuses the first, XML all. `None`: there are none.
pub fn without_controls(text: &str) -> Option<String> {
    let unwanted = |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r' | '\u{85}');
    // Bytes are quicker to look at than characters; C1 controls begin with 0xc2.
    let suspicious = |byte: u8| (byte < 0x20 && !matches!(byte, b'\n' | b'\t' | b'\r')) || byte == 0x7f || byte == 0xc2;
    if !text.bytes().any(suspicious) || !text.contains(unwanted) {
        return None;
    }
    Some(text.chars().filter(|c| !unwanted(*c)).collect())
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
    fn controls_are_dropped_and_line_breaks_kept() {
        assert_eq!(without_controls("a\0b\u{1f}c\n\u{9b}d").as_deref(), Some("abc\nd"));
        assert_eq!(without_controls("강제\u{a0}북송\n"), None);
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(cut("강제북송".to_owned(), 7), "강제");
    }
}
