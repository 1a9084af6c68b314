//! Somebody's OpenPGP certificate, and the key of it that mails are encrypted to at a time (RFC 9580 §5.2.3, §10.1).
//!
//! When in doubt, none: a signature that does not verify counts for nothing, any revocation that does counts for ever.

use std::io::Cursor;

use pgp::composed::{Deserializable as _, EncryptionSeipdV1, MessageBuilder, SignedPublicKey, SignedPublicSubKey};
use pgp::errors::Error;
use pgp::packet::{Signature, SignatureType};
use pgp::types::{KeyDetails, Tag};
use rand::rngs::OsRng;

use super::KeyProblem;
use crate::model::time::Timestamp;

const ARMOR: &[u8] = b"-----BEGIN PGP";

pub struct Certificate(SignedPublicKey);

/// A key that mails are encrypted to.
pub struct EncryptionKey<'c> {
    key: Component<'c>,
    pub expires: Option<Timestamp>,
}

enum Component<'c> {
    Primary(&'c SignedPublicKey),
    Subkey(&'c SignedPublicSubKey),
}

impl EncryptionKey<'_> {
    pub fn encrypt(&self, builder: &mut MessageBuilder<'_, Cursor<Vec<u8>>, EncryptionSeipdV1>) -> Result<(), Error> {
        match self.key {
            Component::Primary(key) => builder.encrypt_to_key(OsRng, key),
            Component::Subkey(key) => builder.encrypt_to_key(OsRng, key),
        }
        .map(|_| ())
    }
}

impl Certificate {
    /// Reads a file that holds one public key.
    pub fn parse(bytes: &[u8]) -> Result<Certificate, KeyProblem> {
        let unusable = |why: &str| KeyProblem::Unusable { why: why.to_owned() };
        let no_key = "it holds no OpenPGP public key";
        let (keys, _) = SignedPublicKey::from_reader_many(bytes).map_err(|_| unusable(no_key))?;
        let mut keys = keys.take(2);
        let first = keys.next().and_then(Result::ok).ok_or_else(|| unusable(no_key))?;
        // Of several armored blocks the reader takes the first.
        let blocks = bytes.windows(ARMOR.len()).filter(|text| *text == ARMOR).count();
        if blocks > 1 || keys.next().is_some() {
            return Err(unusable("it holds more than one key, and which is theirs?"));
        }
        Ok(Certificate(first))
    }

    /// The newest key that may be encrypted to at that time.
    pub fn encryption_key(&self, at: Timestamp) -> Result<EncryptionKey<'_>, KeyProblem> {
        let primary = &self.0.primary_key;
        if self.0.details.revocation_signatures.iter().any(|signature| signature.verify_key(primary).is_ok()) {
            return Err(KeyProblem::Revoked);
        }
        let own = self.newest_self_signature(at)?;
        let whole = expiry(primary.created_at(), own);
        if let Some(expired) = whole.filter(|expiry| *expiry <= at) {
            return Err(KeyProblem::Expired { at: expired });
        }
        let mut found = Vec::new();
        let mut problems = Vec::new();
        for subkey in &self.0.public_subkeys {
            match self.judge(subkey, at) {
                Some(Ok(expires)) => found.push((subkey.key.created_at().as_secs(), subkey, expires)),
                Some(Err(problem)) => problems.push(problem),
                None => {}
            }
        }
        if let Some((_, subkey, expires)) = found.into_iter().max_by_key(|(created, ..)| *created) {
            let expires = [whole, expires].into_iter().flatten().min();
            return Ok(EncryptionKey { key: Component::Subkey(subkey), expires });
        }
        if may_encrypt(own) && primary.algorithm().can_encrypt() {
            return Ok(EncryptionKey { key: Component::Primary(&self.0), expires: whole });
        }
        let none = KeyProblem::Unusable { why: "the key is not for encryption".to_owned() };
        Err(problems.into_iter().next().unwrap_or(none))
    }

    /// The newest valid word of the key's owner on the key: on itself, or on a name that is not revoked.
    fn newest_self_signature(&self, at: Timestamp) -> Result<&Signature, KeyProblem> {
        let primary = &self.0.primary_key;
        let holds = |signature: &&Signature| is_of_now(signature, at);
        let direct = self.0.details.direct_signatures.iter().filter(|signature| signature.verify_key(primary).is_ok());
        let mut valid: Vec<&Signature> = direct.filter(holds).collect();
        let mut any_revoked = false;
        for user in &self.0.details.users {
            let own = |signature: &&Signature| signature.verify_certification(primary, Tag::UserId, &user.id).is_ok();
            let own: Vec<&Signature> = user.signatures.iter().filter(own).collect();
            let is_revocation = |signature: &&&Signature| signature.typ() == Some(SignatureType::CertRevocation);
            if own.iter().any(|signature| is_revocation(&signature)) {
                any_revoked = true;
            } else {
                valid.extend(own.into_iter().filter(holds));
            }
        }
        let newest = valid.into_iter().max_by_key(|signature| created(signature));
        newest.ok_or_else(|| match any_revoked {
            true => KeyProblem::Revoked,
            false => KeyProblem::Unusable { why: "its owner's signature on it is missing or not valid".to_owned() },
        })
    }

    /// `None`: not for encryption; else when it expires, or why it cannot be used.
    fn judge(&self, subkey: &SignedPublicSubKey, at: Timestamp) -> Option<Result<Option<Timestamp>, KeyProblem>> {
        let primary = &self.0.primary_key;
        let valid = subkey.signatures.iter().filter(|one| one.verify_subkey_binding(primary, &subkey.key).is_ok());
        let (revocations, bindings): (Vec<_>, Vec<_>) =
            valid.partition(|signature| signature.typ() == Some(SignatureType::SubkeyRevocation));
        let bindings = bindings.into_iter().filter(|signature| is_of_now(signature, at));
        let newest = bindings.max_by_key(|signature| created(signature))?;
        if !may_encrypt(newest) || !subkey.key.algorithm().can_encrypt() {
            return None;
        }
        if !revocations.is_empty() {
            return Some(Err(KeyProblem::Revoked));
        }
        let expires = expiry(subkey.key.created_at(), newest);
        match expires.filter(|expiry| *expiry <= at) {
            Some(at) => Some(Err(KeyProblem::Expired { at })),
            None => Some(Ok(expires)),
        }
    }
}

fn may_encrypt(signature: &Signature) -> bool {
    let flags = signature.key_flags();
    flags.encrypt_comms() || flags.encrypt_storage()
}

fn created(signature: &Signature) -> u32 {
    signature.created().map_or(0, |created| created.as_secs())
}

fn seconds(at: u64) -> Timestamp {
    Timestamp::from_millis(i64::try_from(at.saturating_mul(1000)).unwrap_or(i64::MAX))
}

/// Made before, and not run out. A day is granted to clocks that go wrong.
fn is_of_now(signature: &Signature, at: Timestamp) -> bool {
    const DAY: u64 = 86_400;
    let made = u64::from(created(signature));
    let lasts = signature.signature_expiration_time().map_or(0, |lasts| u64::from(lasts.as_secs()));
    seconds(made.saturating_sub(DAY)) <= at && (lasts == 0 || at < seconds(made + lasts))
}

/// When a key of that age expires by the word of that signature; zero seconds are never.
fn expiry(created: pgp::types::Timestamp, signature: &Signature) -> Option<Timestamp> {
    let lasts = signature.key_expiration_time().map_or(0, |lasts| u64::from(lasts.as_secs()));
    (lasts > 0).then(|| seconds(u64::from(created.as_secs()) + lasts))
}
