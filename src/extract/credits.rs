//! Credits in lines of text: dates that stand alone, news agencies.

use crate::model::article::{Block, BlockKind, Removed};

/// Agencies whose name stands as a credit, in the spellings they use.
const AGENCIES: [(&str, &[&str]); 22] = [
    ("AFP", &["afp", "agence france-presse", "法新社", "afp通信"]),
    ("Reuters", &["reuters", "thomson reuters", "로이터", "路透社", "ロイター"]),
    ("AP", &["ap", "the associated press", "associated press", "ap news", "美联社", "美聯社", "ap通信"]),
    ("Yonhap", &["yonhap", "yonhap news agency", "연합뉴스", "韩联社", "韓聯社", "聯合ニュース"]),
    ("Xinhua", &["xinhua", "xinhua news agency", "新华社", "新華社", "新华网"]),
    ("Kyodo", &["kyodo", "kyodo news", "共同通信", "共同社"]),
    ("Jiji", &["jiji", "jiji press", "時事通信", "時事"]),
    ("dpa", &["dpa", "deutsche presse-agentur"]),
    ("epd", &["epd", "evangelischer pressedienst"]),
    ("EFE", &["efe", "agencia efe"]),
    ("ANSA", &["ansa"]),
    ("TASS", &["tass", "тасс", "итар-тасс", "塔斯社"]),
    ("RIA Novosti", &["ria novosti", "риа новости"]),
    ("Interfax", &["interfax", "интерфакс"]),
    ("PAP", &["pap"]),
    ("ANP", &["anp"]),
    ("PTI", &["pti", "press trust of india"]),
    ("IANS", &["ians"]),
    ("UPI", &["upi"]),
    ("Newsis", &["newsis", "뉴시스"]),
    ("News1", &["news1", "뉴스1"]),
    ("CNA", &["中央社", "中央通訊社", "中新社", "中新网"]),
];

/// A longer line is no credit.
const CREDIT_CHARACTERS: usize = 60;

/// The agency that a short line credits: its name alone, with marks, or "with" others ("AFP with additional input").
pub fn agency(line: &str) -> Option<&'static str> {
    let bare = line.trim_matches(|c: char| !c.is_alphanumeric());
    if bare.is_empty() || bare.chars().nth(CREDIT_CHARACTERS).is_some() {
        return None;
    }
    let lower = bare.to_lowercase();
    let bare = lower.as_str();
    let first = bare.split([' ', '/', '|', ',', '–', '-']).next().unwrap_or_default();
    let found = AGENCIES.iter().find(|(_, names)| {
        names.iter().any(|name| {
            bare == *name
                || bare.strip_prefix("source:").or(bare.strip_prefix("by")).is_some_and(|rest| rest.trim() == *name)
                || first == *name
                    && bare[first.len()..].contains([' ', '/', '|', ','])
                    && credit_words(&bare[first.len()..])
        })
    })?;
    Some(found.0)
}

/// Where a dateline ends at the latest, in characters: "SEOUL, Nov. 24 (Yonhap) --".
const DATELINE: usize = 120;

/// The agency that a report is credited to: by its byline, by a credit line that was taken out of the text, by the
/// dateline of its first paragraphs or by what its last one ends with. Empty: none.
pub fn credited(byline: &str, blocks: &[Block], removed: &[Removed]) -> &'static str {
    let paragraphs = || blocks.iter().filter(|block| block.kind == BlockKind::Paragraph).map(|block| &*block.text);
    let credits = removed.iter().filter(|removed| removed.filter == "credits" && !removed.stayed);
    let named = |word: &str| AGENCIES.iter().find(|(agency, _)| *agency == word).map(|(agency, _)| *agency);
    agency(byline)
        .or_else(|| byline.split(|c: char| !c.is_alphanumeric()).find_map(named))
        .or_else(|| credits.filter_map(|removed| agency(&removed.text)).next())
        .or_else(|| paragraphs().take(2).find_map(in_dateline))
        .or_else(|| paragraphs().next_back().and_then(at_the_end))
        .unwrap_or_default()
}

/// "SEOUL, Nov. 24 (Yonhap) --", "[서울=뉴시스]", "新华社北京11月24日电", "【ソウル共同】".
fn in_dateline(paragraph: &str) -> Option<&'static str> {
    let end = paragraph.char_indices().nth(DATELINE).map_or(paragraph.len(), |(at, _)| at);
    let beginning = &paragraph[..end];
    bracketed(beginning).find_map(named_in).or_else(|| {
        let bare = beginning.trim_start_matches(['（', '(', '【', '[']);
        let wired = beginning.chars().take(40).any(|c| c == '电' || c == '電');
        let named = |name: &str| !name.is_ascii() && bare.starts_with(name);
        AGENCIES.iter().find(|(_, names)| wired && names.iter().any(|name| named(name))).map(|(agency, _)| *agency)
    })
}

/// "… sagte er. (AFP/dpa)"
fn at_the_end(paragraph: &str) -> Option<&'static str> {
    let closed = paragraph.trim_end_matches(['.', ' ']).strip_suffix([')', '）', ']'])?;
    let open = closed.rfind(['(', '（', '['])?;
    named_in(closed[open..].trim_start_matches(['(', '（', '[']))
}

/// The texts within brackets.
fn bracketed(text: &str) -> impl Iterator<Item = &str> {
    text.split(['(', '[', '（', '【'])
        .skip(1)
        .filter_map(|rest| rest.split_once([')', ']', '）', '】']))
        .map(|(in_it, _)| in_it)
}

/// An agency among the parts of what stands in brackets; in scripts without spaces it may follow the town at once.
fn named_in(text: &str) -> Option<&'static str> {
    let part = |part: &str| {
        let lower = part.trim().to_lowercase();
        let is_it = |name: &str| lower == name || !name.is_ascii() && lower.ends_with(name);
        AGENCIES.iter().find(|(_, names)| names.iter().any(|name| is_it(name))).map(|(agency, _)| *agency)
    };
    text.split(['=', '/', ',', '·', '、']).find_map(part)
}

/// What may stand beside an agency in a credit.
fn credit_words(rest: &str) -> bool {
    const WORDS: [&str; 24] = [
        "with",
        "additional",
        "input",
        "inputs",
        "by",
        "news",
        "desk",
        "agency",
        "agencies",
        "and",
        "reporting",
        "from",
        "staff",
        "und",
        "et",
        "y",
        "mit",
        "gvs",
        "photo",
        "reuters",
        "ap",
        "afp",
        "dpa",
        "epd",
    ];
    let mut words = rest.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).peekable();
    words.peek().is_some() && words.all(|word| WORDS.contains(&word) || word.len() <= 3)
}

/// Names of months and weekdays, begun, in the main languages.
const CALENDAR: [&str; 64] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "mon", "tue", "wed", "thu",
    "fri", "sat", "sun", "mär", "mai", "okt", "dez", "die", "mit", "don", "fre", "sam", "son", "fév", "fev", "avr",
    "juin", "jui", "aoû", "déc", "lun", "mer", "jeu", "ven", "dim", "ene", "abr", "ago", "dic", "mié", "jue", "vie",
    "sáb", "dom", "янв", "фев", "мар", "апр", "мая", "июн", "июл", "авг", "сен", "окт", "ноя", "дек", "utc", "gmt",
];

/// A line of a date and a time, and no other words.
pub fn is_date(line: &str) -> bool {
    if line.chars().count() > 60 || !line.chars().any(|c| c.is_ascii_digit()) {
        return false;
    }
    let year = line
        .split(|c: char| !c.is_ascii_digit())
        .any(|digits| digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20")));
    let wide = [
        '年', '月', '日', '년', '월', '일', '星', '期', '周', '曜', '時', '时', '分', '시', '분', '오', '전', '후',
        '一', '二', '三', '四', '五', '六', '天', '上', '午', '下', '火', '水', '木', '金', '土', '수', '목', '금',
        '토', '화', '요',
    ];
    let mut words = line.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let dated = words.all(|word| {
        let letters: String = word.chars().filter(|c| !c.is_ascii_digit()).flat_map(char::to_lowercase).collect();
        letters.is_empty()
            || matches!(
                letters.as_str(),
                "st" | "nd"
                    | "rd"
                    | "th"
                    | "am"
                    | "pm"
                    | "at"
                    | "of"
                    | "h"
                    | "uhr"
                    | "um"
                    | "de"
                    | "del"
                    | "den"
                    | "est"
                    | "edt"
                    | "kst"
                    | "jst"
                    | "cet"
                    | "t"
                    | "z"
                    | "г"
            )
            || CALENDAR.iter().any(|name| letters.starts_with(name)) && letters.chars().count() <= 11
            || letters.chars().all(|c| wide.contains(&c))
    });
    let several = line.split_whitespace().count() > 1 || line.contains(['-', '/', '.', '年', '년', '月', '월']);
    dated && several && (year || line.contains(['月', '월']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_only_a_date_is_one() {
        for line in [
            "Sunday, 7 Aug 2022",
            "Sat. May 18th, 2024",
            "2026-11-24 09:00",
            "24. Oktober 2026",
            "2026年11月24日 星期二",
            "2026년 11월 24일",
            "12 января 2012",
        ] {
            assert!(is_date(line), "{line}");
        }
        for line in ["On Sunday, 7 August 2022, they crossed", "2026", "Chapter 12", "May 35 people be fed"] {
            assert!(!is_date(line), "{line}");
        }
    }

    #[test]
    fn an_agency_is_read_from_datelines_and_ends() {
        let paragraph = |text: &str| [Block { kind: BlockKind::Paragraph, text: text.to_owned() }];
        for (text, agency) in [
            ("SEOUL, Nov. 24 (Yonhap) -- The bridge was closed.", "Yonhap"),
            ("[서울=뉴시스] 다리가 닫혔다.", "Newsis"),
            ("(서울=연합뉴스) 홍길동 기자 = 다리가 닫혔다.", "Yonhap"),
            ("新华社北京11月24日电 大桥关闭。", "Xinhua"),
            ("【ソウル共同通信】橋が閉鎖された。", "Kyodo"),
            ("Die Brücke wurde gesperrt. (AFP/dpa)", "AFP"),
            ("The paper of the Associated Press was read aloud.", ""),
            ("法新社的记者被拒之门外。", ""),
            ("They met in Vienna (Austria) at noon.", ""),
        ] {
            assert_eq!(credited("", &paragraph(text), &[]), agency, "{text}");
        }
        assert_eq!(credited("Reuters", &[], &[]), "Reuters");
        assert_eq!(credited("Jeanne Morvan, avec AFP", &[], &[]), "AFP");
        assert_eq!(credited("Ansa Kyodova", &[], &[]), "");
    }

    #[test]
    fn an_agency_is_credited_by_name_alone_or_with_others() {
        assert_eq!(agency("AFP |"), Some("AFP"));
        assert_eq!(agency("(Reuters)"), Some("Reuters"));
        assert_eq!(agency("연합뉴스"), Some("Yonhap"));
        assert_eq!(agency("AFP with additional input by the news desk"), Some("AFP"));
        assert_eq!(agency("Reuters journalists were arrested"), None);
        assert_eq!(agency("A pact was signed"), None);
    }
}
