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
    /// Made if it is not there.
    pub path: PathBuf,
    pub from: Sender,
}

#[derive(Debug)]
pub struct Maildir {
    config: Config,
}

impl Maildir {
    pub fn open(config: Config) -> Result<Maildir, DeliverError> {
        let from = config.from.checked()?;
        Ok(Maildir { config: Config { from, ..config } })
    }

    pub fn sender(&self) -> &Sender {
        &self.config.from
    }

    /// Writes the mail so that it is there whole or not at all, power cuts included. One that is there already, read
    /// or not, is left as it is: a delivery never stands there twice.
    pub async fn send(&self, mail: &Outgoing, to: &Address) -> Result<Reply, DeliverError> {
        let bytes = message::bytes(mail, &self.config.from, to).await?;
        // Maildir readers sort by the leading seconds; the id makes it this delivery's alone.
        let name = format!("{}.{}.newsvigil", mail.composed_at.as_millis() / 1000, mail.id);
        let path = self.config.path.clone();
        let writing = tokio::task::spawn_blocking(move || deliver(&path, &name, &bytes));
        let written = writing.await.unwrap_or_else(|panic| Err(io::Error::other(panic)));
        written.map(Reply).map_err(DeliverError::Maildir)
    }
}

fn deliver(maildir: &Path, name: &str, bytes: &[u8]) -> io::Result<String> {
    make_folders(maildir)?;
    let new = maildir.join("new");
    if is_there(maildir, name)? {
        // The try that wrote it may have ended before this.
        File::open(&new)?.sync_all()?;
        return Ok(format!("{name} was there already"));
    }
    let tmp = maildir.join("tmp").join(name);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&tmp)?;
    // Maildir files end lines as the system does; the message has no other CR.
    let text: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != b'\r').collect();
    file.write_all(&text)?;
    file.sync_all()?;
    std::fs::rename(&tmp, new.join(name))?;
    File::open(&new)?.sync_all()?;
    Ok(format!("written as new/{name}"))
}

fn make_folders(maildir: &Path) -> io::Result<()> {
    let mut made = false;
    for folder in ["tmp", "new", "cur"] {
        let path = maildir.join(folder);
        if !path.is_dir() {
            DirBuilder::new().recursive(true).mode(0o700).create(&path)?;
            made = true;
        }
    }
    if made {
        File::open(maildir)?.sync_all()?;
        if let Some(parent) = maildir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            File::open(parent)?.sync_all()?;
        }
    }
    Ok(())
}

/// In `new`, or in `cur`, where a mail program puts what it has shown and adds flags behind a colon.
fn is_there(maildir: &Path, name: &str) -> io::Result<bool> {
    if maildir.join("new").join(name).try_exists()? {
        return Ok(true);
    }
    for entry in maildir.join("cur").read_dir()? {
        let entry = entry?.file_name();
        if entry.to_string_lossy().split(':').next() == Some(name) {
            return Ok(true);
        }
    }
    Ok(false)
}
