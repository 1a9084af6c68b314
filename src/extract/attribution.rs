//! Whose words an article is told in: the agency that its byline, its dateline or its last line credits, and the newsrooms
//! it names as its source.

use super::credits::agency;
use crate::model::article::Article;
use crate::model::digest::Credits;

/// Newsrooms that others cite, in the spellings they use. Longer ones first where one holds another.
const NEWSROOMS: [(&str, &[&str]); 16] = [
    ("Radio Free Asia", &["Radio Free Asia", "RFA", "자유아시아방송", "自由亚洲电台", "自由亞洲電台"]),
    ("Voice of America", &["Voice of America", "VOA", "미국의 소리", "美国之音", "美國之音"]),
    ("Daily NK", &["Daily NK", "데일리NK", "데일리엔케이", "每日朝鲜"]),
    ("NK News", &["NK News"]),
    ("Yonhap", &["Yonhap", "연합뉴스", "韩联社", "韓聯社"]),
    ("AFP", &["Agence France-Presse", "AFP", "法新社"]),
    ("Reuters", &["Reuters", "로이터", "路透社"]),
    ("AP", &["Associated Press", "AP통신", "美联社", "美聯社"]),
    ("Xinhua", &["Xinhua", "新华社", "新華社", "신화통신"]),
    ("Kyodo", &["Kyodo", "교도통신", "共同社", "共同通信"]),
    ("KCNA", &["KCNA", "Korean Central News Agency", "조선중앙통신", "朝中社"]),
    ("BBC", &["BBC"]),
    ("CNN", &["CNN"]),
    ("Chosun Ilbo", &["Chosun Ilbo", "조선일보", "朝鲜日报"]),
    ("JoongAng Ilbo", &["JoongAng", "중앙일보"]),
    ("Asia Press", &["Asia Press", "Asiapress", "아시아프레스"]),
];
/// What stands before a source that is cited, in English; and after one.
const BEFORE: [&str; 8] = ["according to", "told", "reported by", "quoted by", "citing", "cited by", "via", "quoting"];
const AFTER: [&str; 8] = ["reported", "reports", "said", "says", "에 따르면", "보도", "报道", "報道"];
const CITED_MAX: usize = 3;
/// An agency stands at the head of a text or at its foot.
const DATELINE_CHARACTERS: usize = 80;
/// Words between a source and what cites it: `the US-backed news network Radio Free Asia`.
const NEAR_CHARACTERS: usize = 45;
/// What is read of a text.
const BYTES_MAX: usize = 32 * 1024;

/// Reads whom the article credits and cites. A credit is not among the cited.
pub fn credits_of(article: &Article) -> Credits {
    let mut of: Vec<String> = Vec::new();
    let mut credit = |name: &str| {
        if !of.iter().any(|known| known == name) {
            of.push(name.to_owned());
        }
    };
    for part in article.byline.split([',', ';', '/', '|']) {
        agency(part).into_iter().for_each(&mut credit);
    }
    let (first, last) = (article.blocks.first(), article.blocks.last());
    for block in first.into_iter().chain(last) {
        agency(&block.text).into_iter().for_each(&mut credit);
    }
    if let Some(first) = first {
        in_dateline(&first.text).into_iter().for_each(&mut credit);
    }
    let body = article.body();
    let body = &body[..body.floor_char_boundary(BYTES_MAX)];
    let cited = NEWSROOMS.iter().filter(|(name, spellings)| {
        !of.iter().any(|known| known == name) && spellings.iter().any(|spelling| is_cited(body, spelling))
    });
    let cites = cited.take(CITED_MAX).map(|(name, _)| (*name).to_owned()).collect();
    Credits { of, cites }
}

/// `SEOUL (AFP) — `, `SEOUL, Nov. 4 (Yonhap) --`, `(서울=연합뉴스)`.
fn in_dateline(text: &str) -> Option<&'static str> {
    let head: String = text.chars().take(DATELINE_CHARACTERS).collect();
    let (_, rest) = head.split_once(['(', '（', '[', '［'])?;
    let (inside, _) = rest.split_once([')', '）', ']', '］'])?;
    inside.split(['=', ' ', '/']).chain([inside]).find_map(agency)
}

fn is_cited(body: &str, spelling: &str) -> bool {
    body.match_indices(spelling).any(|(at, _)| {
        let (before, after) = (&body[..at], &body[at + spelling.len()..]);
        let is_word = |c: char| c.is_ascii_alphanumeric();
        if before.ends_with(is_word) || after.starts_with(is_word) {
            return false;
        }
        let near_before = last_characters(before, NEAR_CHARACTERS);
        let near_after: String = after.chars().take(12).collect();
        let near_before = near_before.rsplit(['.', '!', '?', '\n']).next().unwrap_or_default().to_lowercase();
        BEFORE.iter().any(|word| holds_word(&near_before, word))
            || AFTER.iter().any(|word| {
                near_after.trim_start_matches([' ', ',', ')', '(', '는', '은', '가', '이']).starts_with(word)
            })
    })
}

fn holds_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        !text[..at].ends_with(char::is_alphanumeric) && !text[at + word.len()..].starts_with(char::is_alphanumeric)
    })
}

fn last_characters(text: &str, count: usize) -> &str {
    let start = text.char_indices().rev().take(count).last().map_or(text.len(), |(at, _)| at);
    &text[start..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::article::{ArticleKind, Block, BlockKind};

    fn credits(byline: &str, paragraphs: &[&str]) -> (Vec<String>, Vec<String>) {
        let block = |text: &&str| Block { kind: BlockKind::Paragraph, text: (*text).to_owned() };
        let article = Article {
            kind: ArticleKind::Page,
            title: String::new(),
            blocks: paragraphs.iter().map(block).collect(),
            outlet: String::new(),
            agency: String::new(),
            byline: byline.into(),
            published: None,
            lang: "en".into(),
            canonical: None,
            removed: vec![],
            cut: false,
        };
        let Credits { of, cites } = credits_of(&article);
        (of, cites)
    }

    #[test]
    fn an_agency_is_read_in_byline_dateline_and_last_line() {
        let text = "The ferry was late again, and nobody on the quay was told why.";
        for (byline, paragraphs) in [
            ("Anna Verne, AFP", vec![text]),
            ("", vec!["SELWYN (AFP) — The ferry was late again.", text]),
            ("", vec!["AFP |", text]),
            ("", vec![text, "(AFP)"]),
            ("", vec!["SELWYN, Nov. 4 (AFP) -- The ferry was late.", text]),
        ] {
            assert_eq!(credits(byline, &paragraphs), (vec!["AFP".to_owned()], vec![]), "{byline} {paragraphs:?}");
        }
        assert_eq!(credits("", &["(서울=연합뉴스) 배가 또 늦었다.", "끝."]).0, ["Yonhap"]);
    }

    #[test]
    fn a_newsroom_is_cited_where_the_text_says_that_it_told() {
        for text in [
            "Fifty people were sent back, according to the US-backed network Radio Free Asia.",
            "Fifty people were sent back, RFA reported on Monday.",
            "자유아시아방송에 따르면 쉰 명이 돌려보내졌다.",
        ] {
            assert_eq!(credits("", &[text]).1, ["Radio Free Asia"], "{text}");
        }
        for text in [
            "The RFA building is closed.",
            "He works for Radio Free Asia. According to him it rains.",
            "SURFACE reported",
        ] {
            assert_eq!(credits("", &[text]).1, Vec::<String>::new(), "{text}");
        }
    }
}
