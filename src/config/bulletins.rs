//! `[bulletins]`: each watch's newest hits for programs of others.

use super::section::Section;
use super::service::Surroundings;
use super::settings::BulletinSettings;

const FOLDER: &str = "\"/var/lib/newsvigil/bulletins\"";
const HITS: u64 = 50;

/// `listens`: the program answers at an address.
pub(super) fn bulletins(
    section: Option<&Section<'_>>,
    listens: bool,
    around: Surroundings<'_>,
) -> Option<BulletinSettings> {
    let section = section?;
    let folder = section.text("folder", FOLDER).map(|folder| around.resolve(folder.value));
    let serve = section.switch("serve").unwrap_or(false);
    let hits = section.number("hits", 1..=1_000, HITS).unwrap_or(HITS);
    if serve && !listens {
        let help = "add to [service]: listen = \"127.0.0.1:9117\"";
        section.error(section.key_span("serve"), "`serve` without `listen`: nobody answers", help);
    }
    if folder.is_none() && !serve && !section.has("folder") {
        let help = format!("add: folder = {FOLDER}, or serve = true, or take [bulletins] out");
        section.error(section.span.clone(), "where are the bulletins to be?", help);
    }
    Some(BulletinSettings { folder, serve, hits: u32::try_from(hits).unwrap_or(50) })
}
