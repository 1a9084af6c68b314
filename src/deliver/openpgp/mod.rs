//! OpenPGP/MIME (RFC 3156): a mail encrypted to its recipient's key, the subject within (RFC 9788).
//!
//! Promises: what cannot be encrypted to a key that holds now is not written at all. Encrypts, and nothing else: holds no
//! secret key and signs nothing. No error names the key's file, which may be called after its owner.

mod certificate;
mod envelope;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use pgp::composed::{ArmorOptions, MessageBuilder};
use pgp::crypto::sym::SymmetricKeyAlgorithm;
use rand::rngs::OsRng;

use super::DeliverError;
use crate::model::time::Timestamp;
use certificate::Certificate;
pub use envelope::NO_SUBJECT;

/// A certificate with many signatures of others on it has some hundred KB; larger is the wrong file.
const MAX_BYTES: u64 = 4 << 20;

/// How somebody's mails are encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealing {
    /// A file with one public key, armored or not. Read anew for each mail, so that a new key holds at once.
    pub key: PathBuf,
    /// When the key must hold.
    pub at: Timestamp,
}

/// Why nothing can be encrypted to a key. Says what to do, names nobody.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    #[error("there is no key file; put their OpenPGP key there")]
    Missing,
    #[error("the key file cannot be used: {why}")]
    Unusable { why: String },
    #[error("the OpenPGP key is revoked; ask them for their new one")]
    Revoked,
    #[error("the OpenPGP key expired at {at}; ask them for a new or an extended one")]
    Expired { at: Timestamp },
}

/// Looks whether mails can be encrypted to the key at a time; returns when it expires, if it does.
pub fn check_key(key: &Path, at: Timestamp) -> Result<Option<Timestamp>, KeyProblem> {
    read(key)?.encryption_key(at).map(|found| found.expires)
}

/// The mail with everything in it encrypted, its head as it was but for the subject. `clear` is a whole message.
pub(super) fn sealed(clear: &[u8], boundary: &str, sealing: &Sealing) -> Result<Vec<u8>, DeliverError> {
    let certificate = read(&sealing.key)?;
    let found = certificate.encryption_key(sealing.at)?;
    let unwritable = |error: pgp::errors::Error| KeyProblem::Unusable { why: error.to_string() };
    let parts = envelope::Parts::of(clear).ok_or(DeliverError::Message { why: "it has no head".to_owned() })?;
    let mut builder = MessageBuilder::from_bytes("", parts.protected()).seipd_v1(OsRng, SymmetricKeyAlgorithm::AES256);
    found.encrypt(&mut builder).map_err(unwritable)?;
    let armored = builder.to_armored_string(OsRng, ArmorOptions::default()).map_err(unwritable)?;
    Ok(parts.around(&armored, boundary))
}

fn read(key: &Path) -> Result<Certificate, KeyProblem> {
    let unusable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => KeyProblem::Missing,
        kind => KeyProblem::Unusable { why: kind.to_string() },
    };
    let mut bytes = Vec::new();
    File::open(key).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes)).map_err(unusable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(KeyProblem::Unusable { why: "larger than any key".to_owned() });
    }
    Certificate::parse(&bytes)
}
