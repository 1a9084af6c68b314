//! Which language a text is in: by script, then as declared, then by its letters.

use whatlang::Lang;

/// Characters that only one of the two Han scripts writes, the most frequent ones.
const SIMPLIFIED: &str = "这个们来说国时会为对发经学现点门问进样动东车书见长马头当党处务边报话讲认识让请谁该读谈调边过还进远连运难际阳陈随险须预领题额风飞饭";
const TRADITIONAL: &str = "這個們來說國時會為對發經學現點門問進樣動東車書見長馬頭當黨處務邊報話講認識讓請誰該讀談調過還遠連運難際陽陳隨險須預領題額風飛飯";
/// Characters of a text that are looked at.
const LOOKED_AT: usize = 4000;

/// Returns a BCP 47 tag, `und` if nothing tells.
pub fn language(text: &str, declared: &str) -> String {
    let declared = declared.trim().replace('_', "-");
    let (mut hangul, mut kana, mut han, mut letters) = (0_usize, 0_usize, 0_usize, 0_usize);
    let (mut simplified, mut traditional) = (0_usize, 0_usize);
    for c in text.chars().take(LOOKED_AT) {
        match c {
            '\u{ac00}'..='\u{d7a3}' => hangul += 1,
            '\u{3040}'..='\u{30ff}' => kana += 1,
            '\u{4e00}'..='\u{9fff}' => {
                han += 1;
                simplified += usize::from(SIMPLIFIED.contains(c));
                traditional += usize::from(TRADITIONAL.contains(c));
            }
            c if c.is_alphabetic() => letters += 1,
            _ => {}
        }
    }
    let wide = hangul + kana + han;
    if wide * 2 > letters {
        if hangul * 4 > wide {
            return "ko".to_owned();
        }
        if kana * 10 > wide {
            return "ja".to_owned();
        }
        if wide > 0 && declared.starts_with("ja") {
            return "ja".to_owned();
        }
        if wide > 0 {
            return if traditional > simplified { "zh-Hant" } else { "zh-Hans" }.to_owned();
        }
    }
    let primary = declared.split('-').next().unwrap_or_default();
    let plausible = (2..=3).contains(&primary.len()) && primary.bytes().all(|byte| byte.is_ascii_alphabetic());
    if plausible && !matches!(primary, "und" | "ko" | "ja" | "zh") {
        return declared;
    }
    let guess: String = text.chars().take(LOOKED_AT).collect();
    match whatlang::detect(&guess) {
        Some(info) if info.is_reliable() => code(info.lang()).to_owned(),
        _ => "und".to_owned(),
    }
}

fn code(lang: Lang) -> &'static str {
    match lang {
        Lang::Eng => "en",
        Lang::Fra => "fr",
        Lang::Deu => "de",
        Lang::Spa => "es",
        Lang::Por => "pt",
        Lang::Ita => "it",
        Lang::Rus => "ru",
        Lang::Ukr => "uk",
        Lang::Ara => "ar",
        Lang::Tha => "th",
        Lang::Vie => "vi",
        Lang::Nld => "nl",
        Lang::Pol => "pl",
        Lang::Tur => "tr",
        Lang::Khm => "km",
        other => other.code(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_tell_before_declarations() {
        assert_eq!(language("단둥 세관 앞에 버스 두 대", "en"), "ko");
        assert_eq!(language("丹东海关门口停着两辆大巴，这是国际问题", "en"), "zh-Hans");
        assert_eq!(language("丹東海關門口停著兩輛大巴，這是國際問題", ""), "zh-Hant");
        assert_eq!(language("税関の前にバスが二台", ""), "ja");
        assert_eq!(language("Two buses stood at the customs office", "en-GB"), "en-GB");
        assert_eq!(language("", ""), "und");
    }
}
