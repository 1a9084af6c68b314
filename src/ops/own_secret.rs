//! A secret that the installation makes for itself once and keeps.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use crate::model::token::TokenKey;

/// Reads the secret of that file, which is made if it is not there. Whole or not at all: two processes that make it
/// at once, or one that is killed while it does, end with one secret.
pub fn own_secret(path: &Path) -> io::Result<TokenKey> {
    if !path.try_exists()? {
        make(path)?;
    }
    let mut secret = Vec::new();
    File::open(path)?.take(64).read_to_end(&mut secret)?;
    let wrong = |_| {
        let why = format!("{} is not a secret of 32 bytes; with another one, old links end", path.display());
        io::Error::new(io::ErrorKind::InvalidData, why)
    };
    <[u8; 32]>::try_from(secret).map(TokenKey::new).map_err(wrong)
}

fn make(path: &Path) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut secret = [0; 32];
    File::open("/dev/urandom")?.read_exact(&mut secret)?;
    let draft = path.with_extension(format!("new-{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    file.write_all(&secret)?;
    file.sync_all()?;
    match std::fs::hard_link(&draft, path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Ok(()) | Err(_) => {}
    }
    std::fs::remove_file(&draft)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_made_once_and_a_broken_one_is_not_replaced() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("state/unsubscribe.key");
        let made = own_secret(&path).expect("it is made");
        assert!(own_secret(&path).expect("it is read") == made);
        std::fs::write(&path, b"short").expect("it can be written");
        let refused = own_secret(&path).expect_err("it is no secret");
        assert_eq!(refused.kind(), io::ErrorKind::InvalidData);
    }
}
