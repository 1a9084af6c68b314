//! A run of text to lines.

/// Parts a run at its line breaks: at two in a row, and at one where a sentence ends; other breaks are spaces.
pub(super) fn parts(text: &str) -> Vec<String> {
    let mut found: Vec<String> = vec![];
    let mut apart = true;
    for raw in text.split('\n') {
        let line = line(raw);
        if line.is_empty() {
            apart = true;
            continue;
        }
        match found.last_mut() {
            Some(last) if !apart && !ends_sentence(last) => {
                last.push(' ');
                last.push_str(&line);
            }
            _ => found.push(line),
        }
        apart = false;
    }
    found
}

fn line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

pub fn ends_sentence(text: &str) -> bool {
    let trimmed = text.trim_end_matches(['"', '”', '’', '\'', ')', '»', '」', '』', '）', ' ']);
    trimmed.ends_with(['.', '!', '?', '。', '！', '？', '…', ':', '：', ';', '；', '।'])
}
