//! Which encoding a body is in, by evidence before label.

/// Text decoded from bytes.
pub struct Decoded {
    pub text: String,
    /// The encoding used, by its WHATWG name.
    pub encoding: &'static str,
    /// Bytes that were not valid in it stand as U+FFFD.
    pub had_errors: bool,
}

/// Decodes a feed or page; `content_type` is the HTTP header, if any. Never fails.
pub fn decode(bytes: &[u8], content_type: Option<&str>, host_tld: Option<&str>) -> Decoded {
    todo!()
}
