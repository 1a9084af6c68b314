//! A Maildir: the channel that needs no server. <https://cr.yp.to/proto/maildir.html>

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use super::message::{self, Sender};
use super::{Address, DeliverError, Reply};
use crate::model::delivery::Outgoing;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    pub path: PathBuf,
    pub from: Sender,
}

pub struct Maildir {
    config: Config,
}

impl Maildir {
    pub fn open(config: Config) -> Result<Maildir, DeliverError> {
        message::address(&config.from.email)?;
        Ok(Maildir { config })
    }

    pub fn sender(&self) -> &Sender {
        &self.config.from
    }

    /// Writes the mail so that it is there whole or not at all, power cuts included. A second send of one delivery
    /// writes the same file again: it is never there twice.
    pub async fn send(&self, mail: &Outgoing, to: &Address) -> Result<Reply, DeliverError> {
        let bytes = message::build(mail, &self.config.from, to)?.formatted();
        // Maildir readers sort by the leading seconds; the rest makes it ours alone.
        let name = format!("{}.{}.newsvigil", mail.composed_at.as_millis() / 1000, mail.id);
        let path = self.config.path.clone();
        let written = tokio::task::spawn_blocking(move || write(&path, &name, &bytes)).await;
        let name = written.map_err(|panic| DeliverError::Maildir(io::Error::other(panic)))?;
        Ok(Reply(format!("written as new/{}", name.map_err(DeliverError::Maildir)?)))
    }
}

fn write(maildir: &Path, name: &str, bytes: &[u8]) -> io::Result<String> {
    for folder in ["tmp", "new", "cur"] {
        DirBuilder::new().recursive(true).mode(0o700).create(maildir.join(folder))?;
    }
    let tmp = maildir.join("tmp").join(name);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&tmp)?;
    // Maildir files end lines as the system does.
    let text: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != b'\r').collect();
    file.write_all(&text)?;
    file.sync_all()?;
    let new = maildir.join("new");
    std::fs::rename(&tmp, new.join(name))?;
    File::open(&new)?.sync_all()?;
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::message::tests::{mail, reader, sender};
    use super::*;

    #[tokio::test]
    async fn a_mail_sent_twice_stands_there_once() {
        let dir = tempfile::tempdir().expect("a directory");
        let maildir = Maildir::open(Config { path: dir.path().join("Maildir"), from: sender() }).expect("opened");
        for _ in 0..2 {
            maildir.send(&mail("one"), &reader()).await.expect("written");
        }
        let files: Vec<_> = dir.path().join("Maildir/new").read_dir().expect("new").collect();
        assert_eq!(files.len(), 1);
        assert_eq!(dir.path().join("Maildir/tmp").read_dir().expect("tmp").count(), 0);
    }

    #[tokio::test]
    async fn a_maildir_that_cannot_be_written_is_tried_again() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("in-the-way");
        std::fs::write(&file, "").expect("written");
        let maildir = Maildir::open(Config { path: file, from: sender() }).expect("opened");
        let error = maildir.send(&mail("one"), &reader()).await.expect_err("a file is no directory");
        assert_eq!(error.disposition(), crate::model::outcome::Disposition::Retry);
    }
}
