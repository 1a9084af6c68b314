//! Tokens that only this installation can make: whoever holds one was given it.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::id::{RecipientId, WatchId};

/// The installation's own secret.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenKey([u8; 32]);

/// Bytes of the HMAC in a token: 128 bits, 32 characters.
const TOKEN: usize = 16;

impl TokenKey {
    pub fn new(secret: [u8; 32]) -> TokenKey {
        TokenKey(secret)
    }

    /// With it the recipient, and nobody else, unsubscribes.
    pub fn unsubscribe_token(&self, recipient: &RecipientId) -> String {
        token(self.mac("unsubscribe", recipient.as_str()))
    }

    /// Compares in constant time.
    pub fn is_unsubscribe_token(&self, recipient: &RecipientId, token: &str) -> bool {
        is_token(self.mac("unsubscribe", recipient.as_str()), token)
    }

    /// With it whoever was given it reads the watch's bulletin.
    pub fn bulletin_token(&self, watch: &WatchId) -> String {
        token(self.mac("bulletin", watch.as_str()))
    }

    /// Compares in constant time.
    pub fn is_bulletin_token(&self, watch: &WatchId, token: &str) -> bool {
        is_token(self.mac("bulletin", watch.as_str()), token)
    }

    fn mac(&self, purpose: &str, id: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(purpose.as_bytes());
        mac.update(b"\0");
        mac.update(id.as_bytes());
        mac
    }
}

fn token(mac: Hmac<Sha256>) -> String {
    mac.finalize().into_bytes().iter().take(TOKEN).map(|byte| format!("{byte:02x}")).collect()
}

fn is_token(mac: Hmac<Sha256>, token: &str) -> bool {
    let digits: Option<Vec<u8>> =
        token.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let Some(digits) = digits.filter(|digits| digits.len() == 2 * TOKEN) else { return false };
    let tag: Vec<u8> = digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect();
    mac.verify_truncated_left(&tag).is_ok()
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_holds_for_its_recipient_and_its_installation_alone() {
        let (key, other) = (TokenKey::new([7; 32]), TokenKey::new([8; 32]));
        let (desk, kim) = (RecipientId::from_stored("desk"), RecipientId::from_stored("kim"));
        let token = key.unsubscribe_token(&desk);
        assert_eq!(token.len(), 32);
        assert!(key.is_unsubscribe_token(&desk, &token));
        assert!(!key.is_unsubscribe_token(&kim, &token) && !other.is_unsubscribe_token(&desk, &token));
        for wrong in ["", &token[..30], &format!("{token}00"), "g".repeat(32).as_str(), "é"] {
            assert!(!key.is_unsubscribe_token(&desk, wrong), "{wrong}");
        }
        let watch = WatchId::from_stored("desk");
        assert!(key.is_bulletin_token(&watch, &key.bulletin_token(&watch)));
        assert!(!key.is_bulletin_token(&watch, &token), "each purpose has its own");
    }
}
