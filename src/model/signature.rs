//! Signatures on what is posted to webhooks, by the Standard Webhooks specification (1.0): any of its libraries
//! checks them. <https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// Bytes of a secret, as the specification bounds them.
const LEAST: usize = 24;
const MOST: usize = 64;

/// A secret shared with one receiver.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey(Vec<u8>);

impl SigningKey {
    /// Reads a secret: `whsec_` and base64, or any text, whose bytes are taken. The error says what is wrong with it and
    /// holds none of it.
    pub fn parse(text: &str) -> Result<SigningKey, &'static str> {
        let bytes = match text.strip_prefix("whsec_") {
            Some(encoded) => STANDARD.decode(encoded).map_err(|_| "what follows whsec_ is not base64")?,
            None => text.as_bytes().to_vec(),
        };
        match bytes.len() {
            ..LEAST => Err("shorter than 24 bytes"),
            LEAST..=MOST => Ok(SigningKey(bytes)),
            _ => Err("longer than 64 bytes"),
        }
    }

    /// The value of `webhook-signature`: HMAC-SHA256 over id, time and body, so that none of them can be exchanged.
    pub fn sign(&self, id: &str, unix_seconds: i64, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(format!("{id}.{unix_seconds}.").as_bytes());
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_one_that_the_specifications_own_libraries_make() {
        // The example of their test suites.
        let key = SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("a secret");
        let signature = key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn id_time_and_body_are_signed_and_short_secrets_are_refused() {
        let key = SigningKey::parse("twenty-four letters and more").expect("a secret");
        let signed = key.sign("m_1", 7, b"x");
        for other in [key.sign("m_2", 7, b"x"), key.sign("m_1", 8, b"x"), key.sign("m_1", 7, b"y")] {
            assert_ne!(signed, other);
        }
        for wrong in ["", "short", "whsec_!!!", "whsec_c2hvcnQ=", &"x".repeat(65)] {
            assert!(SigningKey::parse(wrong).is_err(), "{wrong}");
        }
    }
}
