//! What one recipient gets in one mail.

use serde::{Deserialize, Serialize};
use url::Url;

use super::alarm::Gap;
use super::article::{Article, ArticleKind};
use super::id::{DigestId, EntryId, RecipientId, StoryId, WatchId};
use super::story::Relation;
use super::time::Timestamp;
use super::watch::{Field, Hit, Snippet};

/// Why a report is in the mail: one watch's hit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reason {
    pub watch_name: String,
    /// The words that were found, as they stand in the text.
    pub terms: Vec<String>,
    pub field: Field,
    /// The sentence that matched.
    pub sentence: Snippet,
    /// How many places in the article matched; those that overlap are one.
    pub places: usize,
    /// The recipient wants what this watch finds at once.
    #[serde(default)]
    pub urgent: bool,
    /// See [`super::watch::Relevance`].
    #[serde(default)]
    pub points: i32,
}

/// The same text in another outlet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copy {
    pub outlet: String,
    pub link: Option<Url>,
    pub first_seen: Timestamp,
    /// What that outlet claims.
    #[serde(default)]
    pub dated: Option<Timestamp>,
}

/// Another report on what seems to be the same event, seen before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    #[serde(default)]
    pub headline: String,
    #[serde(default)]
    pub lang: String,
    pub outlet: String,
    pub link: Option<Url>,
    pub first_seen: Timestamp,
    /// The recipient was mailed it in full before.
    #[serde(default)]
    pub told: bool,
    /// The report that tells it at the same time.
    #[serde(default)]
    pub beside: Option<EntryId>,
}

/// The same as the store knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnEvent {
    /// The first article of its copies.
    pub original: EntryId,
    pub headline: String,
    pub lang: String,
    pub at: Copy,
    /// The watches that the recipient was mailed it for, in full; empty: they were not.
    pub told_for: Vec<WatchId>,
}

/// Whose words a report is told in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credits {
    /// Agencies that the text is credited to.
    pub of: Vec<String>,
    /// Newsrooms that it names as its source.
    pub cites: Vec<String>,
}

/// Another story's first report, which this one has to do with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelatedReport {
    pub relation: Relation,
    pub headline: String,
    pub outlet: String,
    pub link: Option<Url>,
    pub first_seen: Timestamp,
}

/// Why a report is probably older than it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OldSign {
    /// The same text is known from then.
    SeenBefore { outlet: String, at: Timestamp },
    /// The latest date that its text speaks of, in words.
    SpeaksOf { date: String },
}

/// What is told in a line at the end of a digest: nothing in it is new.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Postscript {
    pub kind: PostscriptKind,
    pub entry: EntryId,
    /// What was told of before: itself, or the article that it is a copy of.
    pub original: EntryId,
    pub outlet: String,
    pub first_seen: Timestamp,
    /// Of the original, and when that was first seen.
    pub headline: String,
    pub since: Timestamp,
    /// Where the original was seen first; empty: not known.
    #[serde(default)]
    pub outlet_before: String,
    /// Its own, and the language of the headline.
    #[serde(default)]
    pub link: Option<Url>,
    #[serde(default)]
    pub lang: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PostscriptKind {
    /// The text of a report that was mailed before.
    Copy,
    /// A report of its own on an event that was mailed before, with nothing new in it.
    NothingNew,
}

/// One article, with its copies, as a reader meets it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub entry: EntryId,
    pub headline: String,
    pub outlet: String,
    pub link: Option<Url>,
    /// BCP 47 of headline and text.
    pub lang: String,
    /// What the outlet claims.
    pub published: Option<Timestamp>,
    pub first_seen: Timestamp,
    pub kind: ArticleKind,
    /// The news agency that the text is credited to; empty: none that is known.
    #[serde(default)]
    pub agency: String,
    /// It hits a watch that is urgent.
    #[serde(default)]
    pub urgent: bool,
    /// Never empty.
    pub reasons: Vec<Reason>,
    /// The article's paragraphs from the start, to the length the digest shows, with the places of the hits in them.
    pub excerpt: Vec<Snippet>,
    /// The article goes on after the excerpt.
    pub excerpt_cut: bool,
    pub copies: Vec<Copy>,
    /// Other reports on what seems to be the same event that were seen before it, earliest first.
    #[serde(default)]
    pub event: Vec<Earlier>,
    /// Numbers, names and quotes that those do not hold; where its story was mailed before, that what was mailed does not.
    #[serde(default)]
    pub news: Vec<String>,
    /// Its story was mailed before.
    #[serde(default)]
    pub follows_up: bool,
    #[serde(default)]
    pub related: Option<RelatedReport>,
    #[serde(default)]
    pub old: Option<OldSign>,
    #[serde(default)]
    pub credits: Credits,
}

/// What a watch found only in what was taken out of a page as furniture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsideNote {
    pub outlet: String,
    /// Of the article on whose page it stood.
    pub headline: String,
    pub link: Option<Url>,
    pub lang: String,
    pub watch_name: String,
    pub sentence: Snippet,
    /// The filter that took it out.
    pub filter: String,
}

/// The same as the store holds it until a digest takes it.
#[derive(Clone, Debug, PartialEq)]
pub struct WaitingAside {
    pub line: String,
    pub outlet: String,
    pub headline: String,
    pub link: Option<Url>,
    pub lang: String,
    pub hit: Hit,
    pub filter: String,
}

/// A source that could not be read, or is not polled any more, named at the end of a digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SilentSource {
    pub outlet: String,
    /// Last time it was read; `None`: never.
    pub last_success: Option<Timestamp>,
    pub error: String,
}

/// What stood behind the digest: how far a reader may trust its silence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    pub sources: u64,
    /// Articles checked in the digest's window.
    pub articles: u64,
    pub failing: Vec<SilentSource>,
    /// Switched off: not among the sources counted, and not polled.
    #[serde(default)]
    pub off: Vec<SilentSource>,
    /// Times in which a source's list ran through unseen and that could not be filled, given up in the digest's window.
    #[serde(default)]
    pub gaps: Vec<Gap>,
    /// Sources that can be read and say nothing, and those whose new entries are held for a check.
    #[serde(default)]
    pub quiet: Vec<String>,
    #[serde(default)]
    pub held: Vec<String>,
}

/// What a mail is sent for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Occasion {
    /// A digest's time, or a report for who is told of everything immediately.
    #[default]
    Digest,
    /// Reports that do not wait for the digest.
    Alert,
}

/// A report that an alert has told in full, named in the next digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertedNote {
    pub headline: String,
    pub outlet: String,
    pub link: Option<Url>,
    pub lang: String,
    /// When the mail server took the alert.
    pub mailed_at: Timestamp,
}

/// Frozen when composed: members, order and text never change after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    pub id: DigestId,
    pub occasion: Occasion,
    pub recipient: RecipientId,
    /// Counts the recipient's digests from 1.
    pub edition: i64,
    pub from: Timestamp,
    pub until: Timestamp,
    pub reports: Vec<Report>,
    /// Reports of the same window that had no room and follow in the next mail.
    pub to_follow: u64,
    /// Not among the reports: an alert told them.
    pub alerted: Vec<AlertedNote>,
    pub asides: Vec<AsideNote>,
    pub postscripts: Vec<Postscript>,
    pub coverage: Coverage,
}

/// A digest as it is mailed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// A report that waits to be put into a recipient's digest, as the store holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct WaitingReport {
    /// The article that matched.
    pub entry: EntryId,
    /// The first article of its copies: what "once" is counted by.
    pub original: EntryId,
    /// The story it belongs to; a follow-up answers the first mail on it.
    pub story: StoryId,
    /// The alert with it, once the mail server took that; `None`: nobody has mailed it so far.
    pub alerted: Option<Alerted>,
    pub outlet: String,
    pub link: Option<Url>,
    pub first_seen: Timestamp,
    pub article: Article,
    /// All hits of the article, also those of watches the recipient does not follow.
    pub hits: Vec<Hit>,
    /// The other articles with the same text, earliest first.
    pub copies: Vec<Copy>,
    /// Other reports on what seems to be the same event that were seen before it, earliest first.
    pub event: Vec<OnEvent>,
    /// Numbers, names and quotes that those do not hold.
    pub news: Vec<String>,
    /// What the recipient was mailed of its story, earliest first.
    pub told: Vec<Told>,
    /// Some of that was in its language. Else nobody can say that it holds nothing new.
    pub told_in_its_language: bool,
    pub related: Option<RelatedReport>,
    /// The date that its text speaks of, in words, where that is much older than the one it bears; else empty.
    pub speaks_of: String,
    pub credits: Credits,
}

/// What an alert told of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alerted {
    /// When the mail server took it.
    pub at: Timestamp,
    /// The page's own text was not read when it was composed.
    pub without_page: bool,
    /// Names of the watches that it gave as reasons; empty: the alert is not kept any more.
    pub watches: Vec<String>,
}

/// A report that a recipient was mailed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub entry: EntryId,
    /// What it was mailed for.
    pub watches: Vec<WatchId>,
}
