//! What the archive holds as watches read it. Of entries that no watch found when their feed was first polled it holds
//! what the feed gave, which is cleaned here.

use std::borrow::Cow;

use url::Url;

use crate::extract::{self, Limits};
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
    if let Some(body) = extract::visible(extract::feed_text(entry)) {
        let lang = extract::language([entry.title.as_str(), &body].into_iter(), lang_hint_of(entry, lang_hint));
        return Shown { body, lang };
    }
    let article = article(entry, lang_hint, limits);
    let mut body = article.body();
    for removed in &article.removed {
        body.push('\n');
        body.push_str(&removed.text);
    }
    Shown { body: Cow::Owned(body), lang: article.lang }
}

/// What is made of an entry that is read from its feed alone.
pub fn article(entry: &FeedEntry, lang_hint: &str, limits: &Limits) -> Article {
    extract::article(None, Some(entry), lang_hint_of(entry, lang_hint), limits)
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

fn lang_hint_of<'h>(entry: &'h FeedEntry, of_feed: &'h str) -> &'h str {
    if entry.lang.is_empty() { of_feed } else { &entry.lang }
}
