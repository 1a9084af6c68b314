//! feed-rs, the second reader: asked where ours found nothing, and held against it in tests.
//!
//! Two readers that share no code rarely err alike. feed-rs refuses a feed for one broken entry, but what it reads of
//! a feed in good order is right, so a feed in which we see no entry is believed to be empty only if it sees none
//! either. It recurses over what is nested and panics on some inputs: it gets text that we decoded, no deeper than a
//! bound, in a fresh parser, on a thread with a stack of its own.

use feed_rs::model::{Entry, Feed, Link, Person, Text};
use feed_rs::parser::Builder;
use url::Url;

use super::draft::{self, Draft, Title};
use super::field::{Field, Form};
use super::scan::{Scanner, Token};
use super::{Limits, html};
use crate::model::entry::FeedEntry;
use crate::model::time::Timestamp;

/// feed-rs survives some 800 nested elements on 2 MiB.
const STACK: usize = 4 << 20;
/// Longer texts are not worth a second reading.
const LONGEST: usize = 4 << 20;

/// Returns the entries that feed-rs reads; `None`: it refused, panicked, or could not be asked.
pub fn entries(text: &str, base: Option<&Url>, limits: &Limits) -> Option<Vec<FeedEntry>> {
    if text.len() > LONGEST || depth(text) > limits.max_depth {
        return None;
    }
    let feed = std::thread::scope(|scope| {
        let read = || {
            Builder::new()
                .base_uri(base.map(Url::as_str))
                .id_generator(|_, _, _| String::new())
                .build()
                .parse(text.as_bytes())
        };
        let thread = std::thread::Builder::new().name("feed-rs".to_owned()).stack_size(STACK).spawn_scoped(scope, read);
        thread.ok()?.join().ok()?.ok()
    })?;
    Some(converted(feed, base, limits))
}

fn converted(feed: Feed, base: Option<&Url>, limits: &Limits) -> Vec<FeedEntry> {
    feed.entries.into_iter().take(limits.max_entries).map(|found| entry(found, base, limits)).collect()
}

fn entry(found: Entry, base: Option<&Url>, limits: &Limits) -> FeedEntry {
    let mut draft = Draft { lang: found.language.unwrap_or_default(), guid_may_link: true, ..Draft::default() };
    if let Some(title) = &found.title {
        draft.title.offer(0, Title::of(&field(title), base));
    }
    link(&found.links, base).into_iter().for_each(|link| draft.link.offer(0, link));
    let guid = found.id.trim();
    if !guid.is_empty() {
        draft.guid.offer(0, guid.to_owned());
    }
    let plausible = |millis: i64| Some(millis).filter(|millis| *millis > 0).map(Timestamp::from_millis);
    let published = found.published.and_then(|at| plausible(at.timestamp_millis()));
    let updated = found.updated.and_then(|at| plausible(at.timestamp_millis()));
    published.into_iter().for_each(|at| draft.published.offer(0, at));
    updated.into_iter().for_each(|at| draft.updated.offer(0, at));
    let names = |person: &Person| person.name.clone().unwrap_or_default();
    found.authors.iter().for_each(|person| draft.authors.offer(0, html::fold(&names(person))));
    draft.summary.offer(0, found.summary.map(|summary| field(&summary).html(base)).unwrap_or_default());
    let content = found.content.and_then(|content| content.body).unwrap_or_default();
    draft.content.offer(0, html::clean(content.trim(), base));
    draft.finish(limits)
}

fn field(text: &Text) -> Field<'_> {
    let form = if text.content_type.subty() == "html" { Form::Html } else { Form::Guess };
    Field { text: text.content.as_str().into(), form }
}

/// The first alternate link that is http or https.
fn link(links: &[Link], base: Option<&Url>) -> Option<Url> {
    let alternate = |link: &&Link| link.rel.as_deref().is_none_or(|rel| rel == "alternate");
    links.iter().filter(alternate).find_map(|link| draft::link(&link.href, base))
}

/// The deepest nesting of elements or of brackets; an upper bound, for unclosed tags count.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    if text.starts_with('{') {
        // Brackets within strings count too: that errs to the safe side.
        for byte in text.bytes() {
            match byte {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => continue,
            }
            deepest = deepest.max(depth);
        }
        return deepest;
    }
    for token in Scanner::new(text) {
        match token {
            Token::Start(tag) if !tag.empty => depth += 1,
            Token::End { .. } => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_overflow_its_stack_or_panic_it_is_survived() {
        let limits = Limits::default();
        let rss = |inside: &str| {
            format!(
                "<rss version=\"2.0\" xmlns:media=\"http://search.yahoo.com/mrss/\"><channel><item><title>a</title>{inside}</item></channel></rss>"
            )
        };
        assert_eq!(entries(&rss(&"<media:group>".repeat(5000)), None, &limits), None);
        assert_eq!(entries(&rss("<author>홍길동·hong@news.example</author>"), None, &limits), None);
        assert_eq!(entries("not a feed", None, &limits), None);
        assert_eq!(entries(&rss(""), None, &limits).map(|entries| entries.len()), Some(1));
    }

    #[test]
    fn nesting_is_measured_and_what_only_looks_like_it_is_not() {
        assert_eq!(depth("<a><b><c/></b><![CDATA[<p><p><p>]]><!-- <p> --></a>"), 2);
        assert_eq!(depth("{\"a\":[[1]]}"), 3);
    }
}
