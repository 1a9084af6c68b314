//! Any bytes become text, whatever their labels say, and UTF-8 becomes itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use newsvigil::source::charset;

fuzz_target!(|input: (&[u8], Option<&str>, Option<&str>)| {
    let (bytes, content_type, tld) = input;
    let decoded = charset::decode(bytes, content_type, tld);
    // An escape sequence is ISO-2022-JP's, zeros are UTF-16's or UTF-32's.
    let plain = !bytes.contains(&0x1b) && !bytes.contains(&0);
    if let Ok(text) = std::str::from_utf8(bytes)
        && plain
    {
        assert_eq!(decoded.text, text.strip_prefix('\u{feff}').unwrap_or(text));
    }
});
