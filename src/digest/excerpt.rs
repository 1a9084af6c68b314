//! How an article begins, in whole sentences.

use unicode_width::UnicodeWidthStr as _;

use super::clean;
use crate::model::article::{Article, Block, BlockKind};
use crate::model::watch::{Field, Snippet, Span};

/// A paragraph that is over the limit by no more than this share is shown to its end: a cut costs more than it saves.
const GRACE: usize = 5;

/// The article's first paragraphs, about `columns` of them (a wide character counts two), with the spans marked.
/// True: the article goes on.
pub fn beginning(article: &Article, spans: &[Span], columns: usize) -> (Vec<Snippet>, bool) {
    let mut shown = vec![];
    let mut left = columns;
    let mut blocks = placed(article).filter(|(_, block)| tells(article, block));
    for (start, block) in blocks.by_ref() {
        if left < columns / GRACE && !shown.is_empty() {
            return (shown, true);
        }
        let whole = Snippet { text: block.text.clone(), marks: marks(spans, start, &block.text), ..Snippet::default() };
        let paragraph = shortened(&whole, left);
        let cut = paragraph.cut_after;
        left = left.saturating_sub(paragraph.text.width());
        shown.push(paragraph);
        if cut {
            return (shown, true);
        }
    }
    (shown, article.cut)
}

/// The snippet's first sentences up to about `columns`; `cut_after` says whether anything is missing.
pub fn shortened(snippet: &Snippet, columns: usize) -> Snippet {
    if snippet.text.width() <= columns + columns / GRACE {
        return snippet.clone();
    }
    let end = sentences_within(&snippet.text, columns);
    let marks = snippet.marks.iter().copied().filter(|(_, mark_end)| *mark_end <= end).collect();
    Snippet { text: snippet.text[..end].to_owned(), marks, cut_before: snippet.cut_before, cut_after: true }
}

/// Blocks with where they begin in [`Article::body`].
fn placed(article: &Article) -> impl Iterator<Item = (usize, &Block)> {
    let mut at = 0;
    article.blocks.iter().map(move |block| {
        let start = if at == 0 { 0 } else { at + 2 };
        at = start + block.text.len();
        (start, block)
    })
}

/// Not the headline once more, nor what stands below a picture.
fn tells(article: &Article, block: &Block) -> bool {
    block.kind != BlockKind::Caption && !block.text.trim().is_empty() && block.text.trim() != article.title.trim()
}

fn marks(spans: &[Span], start: usize, text: &str) -> Vec<(usize, usize)> {
    let mut marks: Vec<(usize, usize)> = vec![];
    let inside = |span: &&Span| {
        span.field == Field::Body && start <= span.start && span.start <= span.end && span.end <= start + text.len()
    };
    for span in spans.iter().filter(inside) {
        let (from, to) = (span.start - start, span.end - start);
        match marks.last_mut() {
            Some(last) if from < last.1 => last.1 = last.1.max(to),
            _ => marks.push((from, to)),
        }
    }
    marks
}

/// Where the last whole sentence within `columns` ends; the first sentence if it is not much longer; else a word.
fn sentences_within(text: &str, columns: usize) -> usize {
    let fits = clean::fitting(text, columns);
    let ends = sentence_ends(text);
    let last = ends.iter().copied().take_while(|end| *end <= fits).last();
    let first = ends.first().copied().filter(|end| text[..*end].width() <= columns * 2);
    last.or(first).unwrap_or_else(|| text[..fits].rfind(' ').filter(|at| *at > 0).unwrap_or(fits))
}

/// Byte positions after each sentence, closing quotes included.
fn sentence_ends(text: &str) -> Vec<usize> {
    let mut ends = vec![];
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let full_width = matches!(c, '。' | '！' | '？' | '｡');
        if !full_width && !matches!(c, '.' | '!' | '?' | '…') {
            continue;
        }
        let mut end = at + c.len_utf8();
        while let Some(&(_, closing)) = chars.peek() {
            if !"\"'”’」』）)]》.!?。！？".contains(closing) {
                break;
            }
            end += closing.len_utf8();
            chars.next();
        }
        let stands_apart = text[end..].chars().next().is_none_or(char::is_whitespace);
        if full_width || (stands_apart && !(c == '.' && is_abbreviation(&text[..at], &text[end..]))) {
            ends.push(end);
        }
    }
    ends
}

/// `Gen. Kim`, `U.S. border`, `about 3 p.m. on`: the point does not end a sentence.
fn is_abbreviation(before: &str, after: &str) -> bool {
    let word = before.rsplit(|c: char| c.is_whitespace() || "(\"“‘".contains(c)).next().unwrap_or_default();
    let short_name = word.len() <= 3 && word.starts_with(char::is_uppercase) && word.is_ascii();
    let goes_on = after.trim_start().starts_with(char::is_lowercase);
    short_name || goes_on || (word.contains('.') && word.len() <= 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::article::ArticleKind;

    fn article(blocks: &[(BlockKind, &str)]) -> Article {
        Article {
            kind: ArticleKind::Page,
            title: "Headline".into(),
            blocks: blocks.iter().map(|(kind, text)| Block { kind: *kind, text: (*text).into() }).collect(),
            byline: String::new(),
            outlet: String::new(),
            agency: String::new(),
            published: None,
            lang: "en".into(),
            canonical: None,
            removed: vec![],
            cut: false,
        }
    }

    fn texts(article: &Article, columns: usize) -> (Vec<String>, bool) {
        let (shown, goes_on) = beginning(article, &[], columns);
        (shown.into_iter().map(|snippet| snippet.text).collect(), goes_on)
    }

    #[test]
    fn a_short_article_is_shown_whole_without_headline_and_captions() {
        let article = article(&[
            (BlockKind::Heading, "Headline"),
            (BlockKind::Paragraph, "One."),
            (BlockKind::Caption, "A bridge. (Photo)"),
            (BlockKind::Quote, "Two."),
        ]);
        assert_eq!(texts(&article, 100), (vec!["One.".into(), "Two.".into()], false));
    }

    #[test]
    fn the_cut_falls_between_sentences() {
        let article = article(&[(
            BlockKind::Paragraph,
            "Gen. Kim came at 3 p.m. on Monday. He left at once. Nobody saw where to, they say.",
        )]);
        assert_eq!(texts(&article, 40), (vec!["Gen. Kim came at 3 p.m. on Monday.".into()], true));
        assert_eq!(texts(&article, 10), (vec!["Gen. Kim".into()], true));
    }

    #[test]
    fn chinese_and_korean_sentences_end_where_they_end() {
        let chinese = article(&[(
            BlockKind::Paragraph,
            "大巴停在海关门口。“他们哭了。”目击者说完就离开了现场，没有留下姓名和任何联系方式。",
        )]);
        assert_eq!(texts(&chinese, 32), (vec!["大巴停在海关门口。“他们哭了。”".into()], true));
        let korean = article(&[(
            BlockKind::Paragraph,
            "버스가 세관 앞에 섰다. 두 사람이 내렸다. 나머지 사람들은 그대로 다리를 건너간 것으로 보인다.",
        )]);
        assert_eq!(texts(&korean, 44), (vec!["버스가 세관 앞에 섰다. 두 사람이 내렸다.".into()], true));
    }

    #[test]
    fn a_paragraph_without_any_sentence_is_cut_at_a_word() {
        let words = "word ".repeat(100);
        let (shown, goes_on) = texts(&article(&[(BlockKind::Paragraph, &words)]), 52);
        assert_eq!((shown[0].as_str(), goes_on), ("word word word word word word word word word word", true));
    }

    #[test]
    fn spans_of_the_body_are_found_again_in_their_paragraph() {
        let article = article(&[(BlockKind::Paragraph, "First."), (BlockKind::Paragraph, "They were 북송 again.")]);
        let start = article.body().find("북송").unwrap();
        let span = Span { field: Field::Body, start, end: start + "북송".len() };
        let title = Span { field: Field::Title, start: 0, end: 4 };
        let (shown, _) = beginning(&article, &[title, span], 100);
        assert_eq!(shown[0].marks, []);
        let (from, to) = shown[1].marks[0];
        assert_eq!(&shown[1].text[from..to], "북송");
    }
}
