//! Ids. Made by us, from what the thing is, so that making one twice gives the same id and a repeated
//! insert is harmless.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::alarm::AlarmKind;
use super::entry::EntryKey;
use super::time::Timestamp;

/// SHA-256 in lower-case hexadecimal.
pub fn sha256_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = Sha256::digest(bytes).into_iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// 80 bits of SHA-256 over the parts, in Crockford's base 32 (no `i l o u`), lower case: 16 characters.
/// The parts are length-prefixed, so `("ab","c")` and `("a","bc")` differ.
fn short_hash(parts: &[&str]) -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let hash = hasher.finalize();
    let bits = hash.iter().take(10).fold(0u128, |bits, byte| (bits << 8) | u128::from(*byte));
    (0..16).rev().map(|i| char::from(ALPHABET[(bits >> (5 * i)) as usize & 31])).collect()
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// An id read back from where one was written.
            pub fn from_stored(id: impl Into<String>) -> $name {
                $name(id.into())
            }
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id!(
    /// `f_…`, from the feed's URL as configured.
    FeedId
);
id!(
    /// `e_…`, from the feed and the entry's key: 20 bits of the one and 60 of both.
    EntryId
);
id!(
    /// `s_…`, from the entry that opened the story.
    StoryId
);
id!(
    /// The watch's `id` in the configuration.
    WatchId
);
id!(
    /// The recipient's `id` in the configuration; never the address.
    RecipientId
);
id!(
    /// `d_…`, from the recipient and the edition's number.
    DigestId
);
id!(
    /// `m_…`, from the digest and the channel.
    DeliveryId
);
id!(
    /// `a_…`, from the feed, the kind of alarm and when it began.
    AlarmId
);
id!(
    /// `g_…`, from the feed and when the gap was found.
    GapId
);

id!(
    /// `v_…`, from the recipient, what happened and when.
    EventId
);

impl EventId {
    pub fn of(recipient: &RecipientId, detail: &str, at: Timestamp) -> EventId {
        EventId(format!("v_{}", short_hash(&[recipient.as_str(), detail, &at.as_millis().to_string()])))
    }
}

impl AlarmId {
    pub fn of(feed: &FeedId, kind: AlarmKind, began: Timestamp) -> AlarmId {
        AlarmId(format!("a_{}", short_hash(&[feed.as_str(), kind.as_str(), &began.as_millis().to_string()])))
    }
}

impl GapId {
    pub fn of(feed: &FeedId, found: Timestamp) -> GapId {
        GapId(format!("g_{}", short_hash(&[feed.as_str(), &found.as_millis().to_string()])))
    }
}

impl FeedId {
    pub fn of_url(url: &url::Url) -> FeedId {
        FeedId(format!("f_{}", short_hash(&[url.as_str()])))
    }
}

impl EntryId {
    /// Begins as its feed's id does. A list's entries then stand side by side in an index, where a hash alone would put
    /// each on a page of its own, to be read and written for it.
    pub fn of(feed: &FeedId, key: &EntryKey) -> EntryId {
        let (hash, by_feed) = (short_hash(&[feed.as_str(), key.as_str()]), feed.as_str().get(2..6).unwrap_or_default());
        EntryId(format!("e_{by_feed}{}", &hash[by_feed.len()..]))
    }

    /// As entries of feeds were named that were taken up before schema 16, and go on to be.
    pub fn scattered(feed: &FeedId, key: &EntryKey) -> EntryId {
        EntryId(format!("e_{}", short_hash(&[feed.as_str(), key.as_str()])))
    }
}

impl StoryId {
    pub fn opened_by(entry: &EntryId) -> StoryId {
        StoryId(format!("s_{}", short_hash(&[entry.as_str()])))
    }
}

impl DigestId {
    /// `edition` counts a recipient's digests from 1.
    pub fn of(recipient: &RecipientId, edition: i64) -> DigestId {
        DigestId(format!("d_{}", short_hash(&[recipient.as_str(), &edition.to_string()])))
    }
}

impl DeliveryId {
    pub fn of(digest: &DigestId, channel: &str) -> DeliveryId {
        DeliveryId(format!("m_{}", short_hash(&[digest.as_str(), channel])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(short_hash(&["ab", "c"]), short_hash(&["a", "bc"]));
        assert_eq!(short_hash(&["a"]).len(), 16);
    }

    #[test]
    fn the_same_url_has_the_same_id_for_ever() {
        // Stored in databases: a change of this value would make every feed new.
        let url = url::Url::parse("https://news.example/rss").expect("a URL");
        insta::assert_snapshot!(FeedId::of_url(&url).as_str(), @"f_qc9kz17vbjqvgyqc");
    }

    #[test]
    fn the_same_entry_has_the_same_id_for_ever() {
        let (feed, key) = (FeedId::from_stored("f_qc9kz17vbjqvgyqc"), EntryKey::from_stored("guid:1"));
        insta::assert_snapshot!(EntryId::of(&feed, &key).as_str(), @"e_qc9kwqtdh86hbs7h");
        insta::assert_snapshot!(EntryId::scattered(&feed, &key).as_str(), @"e_m6sxwqtdh86hbs7h");
    }
}
