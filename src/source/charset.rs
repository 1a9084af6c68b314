//! Which encoding a body is in: by evidence before label.
//!
//! Newsrooms' labels are often wrong and sometimes missing, while bytes that are valid UTF-8 by chance do not occur in
//! texts of any length.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Text decoded from bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    pub text: String,
    /// The encoding used, by its WHATWG name.
    pub encoding: &'static str,
    /// Bytes that were not valid in it stand as U+FFFD.
    pub had_errors: bool,
}

/// Bytes in which a declaration is looked for (the HTML standard's 1024).
const DECLARED_WITHIN: usize = 1024;

/// Decodes a feed or page; `content_type` is the HTTP header, if any; `tld` helps the guess. Never fails.
pub fn decode(bytes: &[u8], content_type: Option<&str>, tld: Option<&str>) -> Decoded {
    if let Some(text) = utf32(bytes) {
        return text;
    }
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return with(encoding, bytes);
    }
    if let Some(encoding) = utf16_by_zeros(bytes) {
        return with(encoding, bytes);
    }
    if bytes.windows(3).take(LOOKED_AT).any(|three| matches!(three, b"\x1b$B" | b"\x1b$@")) {
        return with(ISO_2022_JP, bytes);
    }
    let as_utf8 = with(UTF_8, bytes);
    if !as_utf8.had_errors || mostly_utf8(bytes, &as_utf8.text) {
        return as_utf8;
    }
    let labels = [content_type.and_then(charset_parameter), declared(bytes)];
    let named = labels.into_iter().flatten().filter_map(|label| encoding_for(&label));
    let mut best: Option<Decoded> = None;
    for encoding in named.filter(|encoding| *encoding != UTF_8) {
        let decoded = with(encoding, bytes);
        if !decoded.had_errors {
            return decoded;
        }
        best.get_or_insert(decoded);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    let tld = tld.filter(|tld| tld.bytes().all(|byte| byte.is_ascii_alphanumeric())).map(str::to_ascii_lowercase);
    let guessed = with(detector.guess(tld.as_deref().map(str::as_bytes), Utf8Detection::Allow), bytes);
    match best {
        Some(best) if guessed.had_errors => best,
        _ => guessed,
    }
}

/// Writes text in the encoding of that label, for samples of what old sites serve; UTF-8 where it is unknown.
pub fn encode(text: &str, label: &str) -> Vec<u8> {
    encoding_for(label).unwrap_or(UTF_8).encode(text).0.into_owned()
}

/// The text that was meant, where UTF-8 was once decoded as windows-1252 and encoded again (`â€™` for `’`). What is
/// right as it stands is not UTF-8 when read as those bytes.
pub fn without_mojibake(text: &str) -> Option<String> {
    // UTF-8 begins a character with C2 to F4, and every sign of it is below U+0100 or among those of windows-1252.
    let first = text.chars().find(|c| !c.is_ascii())?;
    if !('\u{c2}'..='\u{f4}').contains(&first) {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        match u8::try_from(u32::from(c)) {
            Ok(byte) => bytes.push(byte),
            Err(_) => match WINDOWS_1252.encode(c.encode_utf8(&mut [0; 4])) {
                (byte, _, false) => bytes.extend_from_slice(&byte),
                _ => return None,
            },
        }
    }
    String::from_utf8(bytes).ok()
}

fn with(encoding: &'static Encoding, bytes: &[u8]) -> Decoded {
    let (text, encoding, had_errors) = encoding.decode(bytes);
    Decoded { text: text.into_owned(), encoding: encoding.name(), had_errors }
}

/// Bytes in which the escapes of ISO-2022-JP are looked for.
const LOOKED_AT: usize = 64 * 1024;

/// UTF-32, which encoding_rs leaves out: by its mark, or by three zeros around the first sign.
fn utf32(bytes: &[u8]) -> Option<Decoded> {
    let big = match bytes.get(..4)? {
        [0, 0, 0xfe, 0xff] | [0, 0, 0, b'<'] => true,
        [0xff, 0xfe, 0, 0] | [b'<', 0, 0, 0] => false,
        _ => return None,
    };
    let chars = bytes.chunks_exact(4).map(|four| {
        let four = [four[0], four[1], four[2], four[3]];
        char::from_u32(if big { u32::from_be_bytes(four) } else { u32::from_le_bytes(four) }).unwrap_or('\u{fffd}')
    });
    let text: String = chars.filter(|c| *c != '\u{feff}').collect();
    let had_errors = text.contains('\u{fffd}') || !bytes.len().is_multiple_of(4);
    Some(Decoded { text, encoding: if big { "UTF-32BE" } else { "UTF-32LE" }, had_errors })
}

/// ASCII markup in UTF-16 has a zero in every other byte.
fn utf16_by_zeros(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes.get(..4)? {
        [0, b'<', 0, _] => Some(UTF_16BE),
        [b'<', 0, _, 0] => Some(UTF_16LE),
        _ => None,
    }
}

/// One stray byte in a UTF-8 text must not turn the rest of it into something else.
fn mostly_utf8(bytes: &[u8], text: &str) -> bool {
    let bad = text.matches('\u{fffd}').count();
    let good = text.chars().filter(|c| !c.is_ascii() && *c != '\u{fffd}').count();
    bytes.len() > 64 && good >= 4 * bad
}

fn charset_parameter(content_type: &str) -> Option<String> {
    let parameters = content_type.split(';').skip(1);
    let mut charsets = parameters.filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches(['"', '\'']).to_owned())
    });
    charsets.next()
}

/// `encoding="…"` of an XML declaration, `charset=…` of a `<meta>`.
fn declared(bytes: &[u8]) -> Option<String> {
    let head: String = bytes.iter().take(DECLARED_WITHIN).map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    let after = |name: &str| {
        let at = head.find(name)? + name.len();
        let value = head[at..].trim_start().strip_prefix('=')?.trim_start().trim_start_matches(['"', '\'']);
        let end = value.find(|c: char| !c.is_ascii_alphanumeric() && !"-_:.".contains(c)).unwrap_or(value.len());
        (end > 0).then(|| value[..end].to_owned())
    };
    if head.trim_start().starts_with("<?xml") { after("encoding") } else { None }.or_else(|| after("charset"))
}

/// WHATWG's labels, and those of Windows that they lack.
fn encoding_for(label: &str) -> Option<&'static Encoding> {
    let label = label.to_ascii_lowercase();
    let known = match label.as_str() {
        "cp949" | "ms949" | "uhc" | "x-windows-949" => "euc-kr",
        "cp936" | "ms936" | "hz-gb-2312" => "gb18030",
        "cp950" | "ms950" => "big5",
        "cp932" | "ms932" => "shift_jis",
        _ => label.strip_prefix("win-").map_or(label.as_str(), |rest| match rest {
            "1250" => "windows-1250",
            "1251" => "windows-1251",
            "1252" => "windows-1252",
            _ => label.as_str(),
        }),
    };
    Encoding::for_label(known.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{BIG5, EUC_KR, GB18030};
    use proptest::prelude::*;

    const KOREAN: &str = "<?xml version=\"1.0\"?><t>중국 단둥 세관 앞에 버스 두 대가 서 있었다고 목격자들이 전했다</t>";
    const CHINESE: &str = "<?xml version=\"1.0\"?><t>丹东海关门口停着两辆大巴，目击者说车上坐满了被遣返的人员。</t>";

    #[test]
    fn valid_utf8_wins_over_every_label() {
        let decoded = decode(KOREAN.as_bytes(), Some("text/xml; charset=euc-kr"), None);
        assert_eq!((decoded.text.as_str(), decoded.had_errors), (KOREAN, false));
    }

    #[test]
    fn a_legacy_encoding_is_found_by_header_by_declaration_and_by_evidence() {
        let (bytes, _, _) = EUC_KR.encode(KOREAN);
        assert_eq!(decode(&bytes, Some("text/xml; charset=cp949"), None).text, KOREAN);
        assert_eq!(decode(&bytes, None, Some("kr")).text, KOREAN);
        let declared = KOREAN.replace("?>", " encoding='ms949'?>");
        let (bytes, _, _) = EUC_KR.encode(&declared);
        assert_eq!(decode(&bytes, Some("text/xml"), None).text, declared);
        let (bytes, _, _) = GB18030.encode(CHINESE);
        assert_eq!(decode(&bytes, None, Some("cn")).text, CHINESE);
        let traditional = "<?xml version=\"1.0\"?><t>丹東海關門口停著兩輛大巴，目擊者說車上坐滿了被遣返的人員。</t>";
        let (bytes, _, _) = BIG5.encode(traditional);
        assert_eq!(decode(&bytes, Some("text/xml; charset=big5"), None).text, traditional);
    }

    #[test]
    fn one_bad_byte_costs_one_character() {
        let mut bytes = KOREAN.as_bytes().to_vec();
        bytes.insert(KOREAN.find("버스").expect("there"), 0xff);
        let decoded = decode(&bytes, None, None);
        assert!(decoded.had_errors);
        assert_eq!(decoded.text, KOREAN.replace("버스", "\u{fffd}버스"));
    }

    #[test]
    fn utf16_is_known_with_and_without_its_mark() {
        let be: Vec<u8> = KOREAN.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(&be, Some("text/xml; charset=utf-8"), None).text, KOREAN);
        let le: Vec<u8> = [0xff, 0xfe].into_iter().chain(KOREAN.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(decode(&le, None, None).text, KOREAN);
    }

    proptest! {
        #[test]
        fn any_bytes_are_decoded(bytes: Vec<u8>, label in "\\PC{0,20}", tld in "\\PC{0,4}") {
            decode(&bytes, Some(&label), Some(&tld));
        }
    }
}
