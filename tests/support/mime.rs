//! Reads mails back the way a mail program does, as far as tests need it.

#![allow(dead_code, reason = "each test program uses its own part of it")]

/// A mail or one of its parts, decoded.
#[derive(Debug)]
pub struct Part {
    headers: Vec<(String, String)>,
    pub text: String,
    pub parts: Vec<Part>,
}

impl Part {
    /// Takes lines that end in CRLF or LF.
    pub fn parse(raw: &str) -> Part {
        let raw = raw.replace("\r\n", "\n");
        let (head, body) = raw.split_once("\n\n").unwrap_or((&raw, ""));
        let headers = headers(head);
        let mut part = Part { headers, text: String::new(), parts: vec![] };
        let boundary = part.header("Content-Type").and_then(|kind| {
            kind.split_once("boundary=\"").map(|(_, rest)| rest.split('"').next().unwrap_or_default().to_owned())
        });
        match boundary {
            Some(boundary) => {
                let body = format!("\n{body}");
                let inner = body.split(&format!("\n--{boundary}--")).next().unwrap_or_default();
                let opening = format!("\n--{boundary}\n");
                part.parts = inner.split(&opening).skip(1).map(Part::parse).collect();
            }
            None => part.text = decoded(body, &part.header("Content-Transfer-Encoding").unwrap_or_default()),
        }
        part
    }

    /// The value of the only header of that name, unfolded and decoded.
    pub fn header(&self, name: &str) -> Option<String> {
        let mut values = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        let value = values.next().map(|(_, value)| words(value));
        assert!(values.next().is_none(), "{name} stands twice");
        value
    }
}

fn headers(head: &str) -> Vec<(String, String)> {
    let unfolded = head.replace("\n ", " ").replace("\n\t", " ");
    let named = |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
    unfolded.lines().filter_map(named).collect()
}

fn decoded(body: &str, encoding: &str) -> String {
    let bytes = match encoding {
        "base64" => base64(body),
        "quoted-printable" => quoted(&body.replace("=\n", "")),
        _ => body.as_bytes().to_vec(),
    };
    String::from_utf8(bytes).unwrap().replace("\r\n", "\n")
}

/// RFC 2047, in UTF-8.
fn words(value: &str) -> String {
    let mut text = String::new();
    let mut rest = value;
    while let Some((before, word)) = rest.split_once("=?utf-8?") {
        // White space between two encoded words is none.
        if !before.trim().is_empty() || text.is_empty() {
            text.push_str(before);
        }
        let (kind, word) = word.split_once('?').unwrap();
        let (word, after) = word.split_once("?=").unwrap();
        let bytes = if kind.eq_ignore_ascii_case("b") { base64(word) } else { quoted(&word.replace('_', " ")) };
        text.push_str(std::str::from_utf8(&bytes).expect("no character is split between words"));
        rest = after;
    }
    text + rest
}

fn quoted(text: &str) -> Vec<u8> {
    let mut bytes = vec![];
    let mut left = text.bytes();
    while let Some(byte) = left.next() {
        if byte == b'=' {
            let digits = [left.next().unwrap(), left.next().unwrap()];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    bytes
}

fn base64(text: &str) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = vec![];
    let (mut bits, mut held) = (0_u32, 0);
    for letter in text.bytes().filter_map(|byte| LETTERS.iter().position(|known| *known == byte)) {
        bits = (bits << 6) | u32::try_from(letter).unwrap();
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).unwrap());
        }
    }
    bytes
}
