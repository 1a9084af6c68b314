//! Which language a text is in: by script, then as declared, then by its letters.

use whatlang::Lang;

/// Characters that only one of the two Han scripts writes, the most frequent ones.
const SIMPLIFIED: &str = "这个们来说国时会为对发经学现点门问进样动东车书见长马头当党处务边报话讲认识让请谁该读谈调边过还进远连运难际阳陈随险须预领题额风飞饭";
const TRADITIONAL: &str = "這個們來說國時會為對發經學現點門問進樣動東車書見長馬頭當黨處務邊報話講認識讓請誰該讀談調過還遠連運難際陽陳隨險須預領題額風飛飯";
static IS_SIMPLIFIED: HanSet = HanSet::of(SIMPLIFIED);
static IS_TRADITIONAL: HanSet = HanSet::of(TRADITIONAL);

/// A bit for each character from U+4E00 to U+9FFF: each character of each text is looked up.
struct HanSet([u64; HanSet::WORDS]);

impl HanSet {
    const FIRST: usize = 0x4e00;
    const WORDS: usize = (0x9fff - Self::FIRST + 1).div_ceil(64);

    /// `text` holds characters of that block alone, each three bytes of UTF-8.
    const fn of(text: &str) -> HanSet {
        let bytes = text.as_bytes();
        let mut set = [0; Self::WORDS];
        let mut at = 0;
        while at < bytes.len() {
            let [a, b, c] = [bytes[at] as usize, bytes[at + 1] as usize, bytes[at + 2] as usize];
            let bit = ((a & 0xf) << 12 | (b & 0x3f) << 6 | (c & 0x3f)) - Self::FIRST;
            set[bit / 64] |= 1 << (bit % 64);
            at += 3;
        }
        HanSet(set)
    }

    fn holds(&self, c: char) -> bool {
        let bit = (c as usize).wrapping_sub(Self::FIRST);
        self.0.get(bit / 64).is_some_and(|word| word >> (bit % 64) & 1 == 1)
    }
}

/// Characters of a text that are looked at.
const LOOKED_AT: usize = 4000;

/// Returns a BCP 47 tag, `und` if nothing tells, for texts that follow one another.
pub fn language<'t>(texts: impl Iterator<Item = &'t str> + Clone, declared: &str) -> String {
    let declared = declared.trim().replace('_', "-");
    let primary = declared.split('-').next().unwrap_or_default();
    let plausible = (2..=3).contains(&primary.len()) && primary.bytes().all(|byte| byte.is_ascii_alphabetic());
    let believed = plausible && !matches!(primary, "und" | "ko" | "ja" | "zh");
    if believed && !texts.clone().any(may_be_wide) {
        return declared;
    }
    let (mut hangul, mut kana, mut han, mut letters) = (0_usize, 0_usize, 0_usize, 0_usize);
    let (mut simplified, mut traditional) = (0_usize, 0_usize);
    let mut left = LOOKED_AT;
    for c in texts.clone().flat_map(|text| text.chars()) {
        left -= 1;
        if left == 0 {
            break;
        }
        match c {
            '\0'..='\u{7f}' => letters += usize::from(c.is_ascii_alphabetic()),
            // Nearly all of these are letters, and a share is asked for, not a count.
            '\u{c0}'..='\u{1fff}' => letters += 1,
            '\u{ac00}'..='\u{d7a3}' => hangul += 1,
            '\u{3040}'..='\u{30ff}' => kana += 1,
            '\u{4e00}'..='\u{9fff}' => {
                han += 1;
                simplified += usize::from(IS_SIMPLIFIED.holds(c));
                traditional += usize::from(IS_TRADITIONAL.holds(c));
            }
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
    if believed {
        return declared;
    }
    let lines = texts.flat_map(|text| text.chars().chain(std::iter::once('\n')));
    let guess: String = lines.take(LOOKED_AT).collect();
    match whatlang::detect(&guess) {
        Some(info) if info.is_reliable() => code(info.lang()).to_owned(),
        _ => "und".to_owned(),
    }
}

/// False: no Hangul, kana or Han. Those are written in UTF-8 with these first bytes, and a loop without branches over
/// bytes costs a tenth of one over characters.
fn may_be_wide(text: &str) -> bool {
    let wide = |bytes: &[u8]| bytes.iter().fold(false, |found, byte| found | (0xe3..=0xed).contains(byte));
    text.as_bytes().chunks(256).any(wide)
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

    fn told(text: &str, declared: &str) -> String {
        language(std::iter::once(text), declared)
    }

    #[test]
    fn scripts_tell_before_declarations() {
        assert_eq!(told("단둥 세관 앞에 버스 두 대", "en"), "ko");
        assert_eq!(told("丹东海关门口停着两辆大巴，这是国际问题", "en"), "zh-Hans");
        assert_eq!(told("丹東海關門口停著兩輛大巴，這是國際問題", ""), "zh-Hant");
        assert_eq!(told("税関の前にバスが二台", ""), "ja");
        assert_eq!(told("Two buses stood at the customs office", "en-GB"), "en-GB");
        assert_eq!(told("", ""), "und");
    }
}
