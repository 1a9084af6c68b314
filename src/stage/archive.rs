//! What the archive holds as watches read it. Of entries that no watch found when their feed was first polled it holds
//! what the feed gave, which is cleaned here.

use std::borrow::Cow;

use url::Url;

use crate::extract::{self, Limits};
use crate::matching::{Text, WatchSet};
use crate::model::article::Article;
use crate::model::entry::FeedEntry;
use crate::model::id::EntryId;
use crate::model::time::Timestamp;
use crate::store::{Kept, StoredText};

/// A text with its language.
pub struct Shown<'e> {
    pub body: Cow<'e, str>,
    pub lang: String,
}

/// All that cleaning would keep of the entry's text or take out of it. `lang_hint` is the feed's language, or empty.
pub fn shown<'e>(entry: &'e FeedEntry, lang_hint: &str, limits: &Limits) -> Shown<'e> {
    if let Some(shown) = plainly_shown(entry, lang_hint) {
        return shown;
    }
    let article = article(entry, lang_hint, limits);
    let mut body = article.body();
    for removed in &article.removed {
        body.push('\n');
        body.push_str(&removed.text);
    }
    Shown { body: Cow::Owned(body), lang: article.lang }
}

/// The same where it is plain without cleaning, which costs many times as much.
fn plainly_shown<'e>(entry: &'e FeedEntry, lang_hint: &str) -> Option<Shown<'e>> {
    let body = extract::visible(extract::feed_text(entry))?;
    let lang = extract::language([entry.title.as_str(), &body].into_iter(), entry.lang_or(lang_hint));
    Some(Shown { body, lang })
}

/// What is made of an entry that is read from its feed alone.
pub fn article(entry: &FeedEntry, lang_hint: &str, limits: &Limits) -> Article {
    extract::article(None, Some(entry), entry.lang_or(lang_hint), limits)
}

/// An archived article as watches read it.
pub struct ArchivedText {
    pub entry: EntryId,
    pub first_seen: Timestamp,
    pub link: Option<Url>,
    pub source: String,
    pub title: String,
    pub body: String,
    pub lang: String,
}

/// The stored text, cleaned where that was not done before.
pub fn read(stored: StoredText, limits: &Limits) -> ArchivedText {
    let StoredText { entry, first_seen, link, source, text, .. } = stored;
    let (title, body, lang) = match text {
        Kept::Article { title, body, lang } => (title, body, lang),
        Kept::FeedText { given, lang_hint } => {
            let article = article(&given, &lang_hint, limits);
            let body = article.body();
            (article.title, body, article.lang)
        }
    };
    ArchivedText { entry, first_seen, link, source, title, body, lang }
}

/// True if it is plain without cleaning that none of the sets finds its first watch in the stored text, or nearly.
pub fn says_nothing<'s>(stored: &StoredText, mut sets: impl Iterator<Item = &'s WatchSet>) -> bool {
    let Kept::FeedText { given, lang_hint } = &stored.text else { return false };
    // A title is made for it, of its address.
    if given.title.is_empty() {
        return false;
    }
    let Some(Shown { body, lang }) = plainly_shown(given, lang_hint) else { return false };
    let hint = given.lang_or(lang_hint);
    let near = |set: &WatchSet, lang: &str| {
        set.may_be_near(&Text { title: &given.title, body: &body, source: &stored.source, lang })
    };
    // Without what cleaning takes out, the text may be in the language that its feed declares.
    sets.all(|set| !near(set, &lang) && (lang == hint || !near(set, hint)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matching::{Names, Trial};
    use crate::model::entry::EntryKey;
    use crate::model::id::WatchId;
    use crate::model::watch::{Homographs, WatchSpec};

    fn stored(title: &str, content: &str) -> StoredText {
        let given = FeedEntry {
            key: EntryKey::from_stored("guid:1"),
            alias: None,
            guid: String::new(),
            title: title.to_owned(),
            link: None,
            published: None,
            updated: None,
            author: String::new(),
            summary: String::new(),
            content: content.to_owned(),
            lang: String::new(),
        };
        StoredText {
            seq: 1,
            entry: EntryId::from_stored("e_1"),
            first_seen: Timestamp::EPOCH,
            link: None,
            source: "outlet.example".into(),
            text: Kept::FeedText { given: Box::new(given), lang_hint: "en".into() },
        }
    }

    #[test]
    fn only_what_says_nothing_is_left_uncleaned() {
        let set = |query: &str| {
            let (id, homographs) = (WatchId::from_stored("w"), Homographs::default());
            let spec = WatchSpec { id, name: String::new(), query: query.into(), homographs };
            WatchSet::compile(&[spec], &Names::default()).expect("a query")
        };
        let sets = ["ferry raid", "ferr* OR pier", "source:outlet.example raid"].map(set);
        for (title, content, left) in [
            ("Rice", "<p>Rice was <b>brought</b> in early.</p>", [true, true, false]),
            ("Rice", "<p>The f<b>erri</b>es came.</p>", [false, false, false]),
            ("The ferry", "<p>Rice.</p>", [false, false, false]),
            ("Rice", "<p>The f&#101;rry and a raid</p>", [false, false, false]),
            ("Rice", "<table><p>Rice.</table>", [false, false, false]),
            ("", "<p>Rice.</p>", [false, false, false]),
        ] {
            for (set, left) in sets.iter().zip(left) {
                assert_eq!(says_nothing(&stored(title, content), std::iter::once(set)), left, "{title}: {content}");
                let read = read(stored(title, content), &Limits::default());
                let text = Text { title: &read.title, body: &read.body, source: &read.source, lang: &read.lang };
                assert!(!left || matches!(set.trial(&text), Trial::No), "{title}: {content}");
            }
        }
        let both = says_nothing(&stored("Rice", "<p>A raid.</p>"), sets.iter().take(2));
        assert!(!both, "one of the two has something to say");
    }
}
