//! One recipient's turn: which of what waits is mailed now, in full or in a line, and what that settles.

use std::collections::HashSet;

use tracing::{info, warn};

use super::{Desk, Plan};
use crate::digest::Composed;
use crate::model::digest::{Coverage, Digest, Occasion, Postscript, PostscriptKind, Rendered, Report, WaitingReport};
use crate::model::id::EntryId;
use crate::model::recipient::{AllQuiet, Recipient, Rhythm};
use crate::model::story::Fingerprint;
use crate::model::time::Timestamp;
use crate::store::{ClaimedRecipient, ComposedDigest, FirstMail, StoreError};
use crate::{digest, extract, grouping, schedule};

/// Lines' worth of copies, and of reports with nothing new, that one digest settles; the next ones take more.
const MAX_POSTSCRIPTS: u32 = 2_000;
/// Hits in page furniture that one digest settles.
const MAX_ASIDES: u32 = 200;

/// What a recipient's time brings.
pub enum Outcome {
    /// To be stored; mailed if it has deliveries.
    Mail(Box<ComposedDigest>),
    /// To be mailed then: it is quiet now, or enough came within the hour.
    Later(Timestamp),
    /// Nothing that is worth a mail; these, by their `original`s, hold nothing new.
    Quiet { folded: Vec<EntryId> },
}

/// What waits for one mail.
struct Waiting {
    reports: Vec<WaitingReport>,
    postscripts: Vec<Postscript>,
    coverage: Coverage,
}

/// What a mail takes with it, or leaves for a later one.
#[derive(Default)]
struct Taken {
    originals: Vec<EntryId>,
    lines: Vec<EntryId>,
    copies: Vec<EntryId>,
    folded: Vec<EntryId>,
    goes_on: bool,
    is_mailed: bool,
}

impl Taken {
    /// What follows no watch any more is settled with the rest, and what is told in a line too.
    fn by_digest(waiting: &Waiting, later: &[Report], folded: Vec<EntryId>) -> Taken {
        let of_kind = |kind| waiting.postscripts.iter().filter(move |postscript| postscript.kind == kind);
        let folded_before = of_kind(PostscriptKind::NothingNew).map(|postscript| postscript.original.clone());
        Taken {
            originals: told_now(&waiting.reports, later).collect(),
            lines: folded_before.collect(),
            copies: of_kind(PostscriptKind::Copy).map(|copy| copy.entry.clone()).collect(),
            folded,
            ..Taken::default()
        }
    }

    /// What holds nothing new waits on for the lines of a digest, as do copies but for those that stand with their report.
    fn by_alert(waiting: &Waiting, later: &[Report], folded: Vec<EntryId>) -> Taken {
        let originals: Vec<EntryId> =
            told_now(&waiting.reports, later).filter(|original| !folded.contains(original)).collect();
        let copies = waiting.postscripts.iter().filter(|postscript| postscript.kind == PostscriptKind::Copy);
        let copies = copies.filter(|copy| originals.contains(&copy.original)).map(|copy| copy.entry.clone()).collect();
        Taken { originals, copies, folded, ..Taken::default() }
    }

    /// What an alert told is told: it is not kept to be named.
    fn without_mail(reports: &[WaitingReport], left_out: Vec<EntryId>, folded: Vec<EntryId>) -> Taken {
        let alerted = reports.iter().filter(|report| report.alerted.is_some());
        let originals = alerted.map(|report| report.original.clone()).chain(left_out).collect();
        Taken { originals, folded, ..Taken::default() }
    }
}

/// The `original`s of all but those that had no room.
fn told_now(reports: &[WaitingReport], later: &[Report]) -> impl Iterator<Item = EntryId> {
    let later: HashSet<&EntryId> = later.iter().map(|report| &report.entry).collect();
    reports.iter().filter(move |report| !later.contains(&report.entry)).map(|report| report.original.clone())
}

/// One recipient's turn.
pub struct Turn<'t> {
    desk: &'t Desk,
    plan: &'t Plan,
    claimed: &'t ClaimedRecipient,
    recipient: &'t Recipient,
    occasion: Occasion,
    now: Timestamp,
}

impl<'t> Turn<'t> {
    pub fn at(
        desk: &'t Desk,
        plan: &'t Plan,
        claimed: &'t ClaimedRecipient,
        recipient: &'t Recipient,
        now: Timestamp,
    ) -> Turn<'t> {
        let occasion = if claimed.next_due <= now { Occasion::Digest } else { Occasion::Alert };
        Turn { desk, plan, claimed, recipient, occasion, now }
    }

    pub async fn compose(&self) -> Result<Outcome, StoreError> {
        let quiet_since = self.quiet_since().await?;
        let tells_silence = self.tells_silence(quiet_since);
        let reports = self.reports().await?;
        if reports.is_empty() && !tells_silence {
            return Ok(Outcome::Quiet { folded: Vec::new() });
        }
        if let Some(until) = self.not_before().await? {
            return Ok(Outcome::Later(until));
        }
        let waiting = self.beside(reports).await?;
        let Composed { mut digest, left_out, folded } = self.composed(&waiting);
        let is_mailed = !digest.reports.is_empty() || tells_silence;
        if !is_mailed {
            let taken = Taken::without_mail(&waiting.reports, left_out, folded);
            if taken.originals.is_empty() {
                return Ok(Outcome::Quiet { folded: taken.folded });
            }
            digest.postscripts.clear();
            let rendered = digest::render(&digest, self.recipient);
            return self.finish((digest, rendered), waiting, taken, vec![]).await;
        }
        if digest.reports.is_empty() {
            digest.from = quiet_since;
        }
        let mut asides = vec![];
        if self.occasion == Occasion::Digest {
            let lines = self.desk.store.waiting_asides(&self.claimed.id, MAX_ASIDES).await?;
            digest.asides = digest::asides(self.recipient, &self.plan.watches, &lines, &digest);
            asides.extend(lines.into_iter().map(|aside| aside.line));
        } else {
            digest.postscripts.clear();
        }
        let (rendered, later) = digest::render_one_mail(&mut digest, self.recipient);
        let taken = match self.occasion {
            Occasion::Digest => Taken::by_digest(&waiting, &later, folded),
            Occasion::Alert => Taken::by_alert(&waiting, &later, folded),
        };
        let is_full = waiting.reports.len() >= usize::try_from(self.plan.max_reports).unwrap_or(usize::MAX);
        let taken = Taken { is_mailed, goes_on: is_full || !later.is_empty(), ..taken };
        self.finish((digest, rendered), waiting, taken, asides).await
    }

    fn composed(&self, waiting: &Waiting) -> Composed {
        let Turn { plan, claimed, recipient, occasion, now, .. } = *self;
        let Waiting { reports, postscripts, coverage } = waiting;
        let (window, edition) = ((claimed.window_from, now), claimed.editions + 1);
        let (told, limits) = ((reports.as_slice(), postscripts.clone()), &plan.digest_limits);
        let mut composed = digest::compose(recipient, &plan.watches, told, coverage.clone(), window, edition, limits);
        composed.digest.occasion = occasion;
        let (id, count) = (&recipient.id, composed.left_out.len());
        if count > 0 {
            info!(recipient.id = %id, reports = count, "{count} reports that waited for {id} hit no watch that they follow; they are settled without being shown");
        }
        composed
    }

    /// Until when a mail outside of digest times waits, because of those before it or of quiet hours.
    async fn not_before(&self) -> Result<Option<Timestamp>, StoreError> {
        let Turn { desk, plan, recipient, now, .. } = *self;
        if !self.is_at_once() {
            return Ok(None);
        }
        let until = match self.occasion {
            Occasion::Digest => Timestamp::NEVER,
            Occasion::Alert => now.plus(plan.alert_pacing.gather),
        };
        let urgent = recipient.alerts.urgent.as_slice();
        let is_urgent = desk.store.waits_for(&recipient.id, urgent, until).await?;
        if let Some(until) = schedule::quiet_until(recipient, is_urgent, now) {
            return Ok(Some(until));
        }
        let most = plan.alert_pacing.most_an_hour(is_urgent);
        let last_mails = desk.store.recent_mails(&recipient.id, most).await?;
        let Some(free) = schedule::flood_ends(&last_mails, now, most) else { return Ok(None) };
        info!(recipient.id = %recipient.id, "Mails to {} are gathered until {free}: enough came within the hour", recipient.id);
        Ok(Some(free))
    }

    /// Not at a digest's time.
    fn is_at_once(&self) -> bool {
        self.occasion == Occasion::Alert || self.recipient.rhythm == Rhythm::Immediately
    }

    pub async fn postpone(&self, until: Timestamp) -> Result<(), StoreError> {
        let (store, id, lease) = (&self.desk.store, &self.claimed.id, &self.claimed.lease);
        match self.occasion {
            Occasion::Digest => store.postpone_recipient(id, lease, until).await?,
            Occasion::Alert => store.postpone_alert(id, lease, until).await?,
        };
        Ok(())
    }

    /// The mail with its place in the outbox.
    async fn finish(
        &self,
        (digest, mut rendered): (Digest, Rendered),
        waiting: Waiting,
        taken: Taken,
        asides: Vec<String>,
    ) -> Result<Outcome, StoreError> {
        let Turn { plan, claimed, recipient, now, .. } = *self;
        let mut deliveries = Vec::new();
        if taken.is_mailed {
            let first = self.first_mail(&digest, &waiting.reports).await?;
            if let Some(first) = first.as_ref().filter(|first| self.keeps_subject(first, &digest, &waiting.reports)) {
                rendered.subject = digest::reply_subject(&first.subject);
            }
            let answered = first.map(|first| first.message_id);
            deliveries.push(plan.delivery(&digest.id, &recipient.id, now, answered));
        }
        let Taken { originals, lines, copies, folded, goes_on, .. } = taken;
        Ok(Outcome::Mail(Box::new(ComposedDigest {
            digest,
            rendered,
            originals,
            lines,
            asides,
            copies,
            folded,
            deliveries,
            goes_on,
            lease: claimed.lease.clone(),
            next_due: schedule::next_digest(recipient, now),
            at: now,
        })))
    }

    /// Nothing to report for so long that this is worth a mail.
    fn tells_silence(&self, quiet_since: Timestamp) -> bool {
        self.occasion == Occasion::Digest
            && !self.recipient.watches.is_empty()
            && schedule::tells_silence(self.recipient.all_quiet, quiet_since, self.now)
    }

    /// An alert ends a silence, though the digest that finds nothing else is not mailed and its window stays open. Not for
    /// who hears each day: that mail names all alerts since the one before.
    async fn quiet_since(&self) -> Result<Timestamp, StoreError> {
        let from = self.claimed.window_from;
        if self.occasion == Occasion::Alert || self.recipient.all_quiet == AllQuiet::Daily {
            return Ok(from);
        }
        let last = self.desk.store.recent_mails(&self.claimed.id, 1).await?.pop();
        // A mail of the future was composed while the clock was wrong.
        Ok(last.filter(|last| *last <= self.now).map_or(from, |last| from.max(last)))
    }

    async fn reports(&self) -> Result<Vec<WaitingReport>, StoreError> {
        let (store, limit) = (&self.desk.store, self.plan.max_reports);
        match self.occasion {
            Occasion::Digest => store.waiting_reports(&self.claimed.id, limit).await,
            Occasion::Alert => {
                // What would be mailed by itself within the next minutes comes along.
                let until = self.now.plus(self.plan.alert_pacing.gather);
                store.waiting_alerts(&self.claimed.id, until, limit).await
            }
        }
    }

    /// With what stands beside them in the mail; an alert counts no sources.
    async fn beside(&self, mut reports: Vec<WaitingReport>) -> Result<Waiting, StoreError> {
        let store = &self.desk.store;
        tell_news(self.desk, &mut reports).await?;
        let postscripts = store.waiting_postscripts(&self.claimed.id, MAX_POSTSCRIPTS).await?;
        let coverage = match self.occasion {
            Occasion::Alert => Coverage::default(),
            Occasion::Digest => store.coverage(self.claimed.window_from, self.now).await?,
        };
        Ok(Waiting { reports, postscripts, coverage })
    }

    /// The mail that this one answers: the first on the story of its first report. Digests at fixed times begin no
    /// threads: they tell of many stories.
    async fn first_mail(&self, digest: &Digest, waiting: &[WaitingReport]) -> Result<Option<FirstMail>, StoreError> {
        let Some(first) = digest.reports.first().filter(|_| self.is_at_once()) else { return Ok(None) };
        match waiting.iter().find(|report| report.entry == first.entry) {
            Some(report) => {
                let by_digests = self.recipient.rhythm == Rhythm::Immediately;
                self.desk.store.first_mail_on(&self.recipient.id, &report.story, by_digests).await
            }
            None => Ok(None),
        }
    }

    /// The subject of the first mail says what this one holds, too: its one report, and all of these are on that story.
    /// Else this one has a subject of its own: `Re: Alert, 3 reports: …` would count what it does not hold. Gmail then
    /// shows it by itself; other programs go by `References`.
    fn keeps_subject(&self, first: &FirstMail, digest: &Digest, waiting: &[WaitingReport]) -> bool {
        let in_mail = |report: &&WaitingReport| digest.reports.iter().any(|shown| shown.entry == report.entry);
        let mut stories = waiting.iter().filter(in_mail).map(|report| &report.story);
        let is_one_story = stories.next().is_some_and(|first| stories.all(|story| story == first));
        !self.recipient.neutral_subject && first.reports == 1 && is_one_story
    }

    /// Without a mail.
    pub async fn close(&self, folded: &[EntryId]) -> Result<(), StoreError> {
        let (store, id, lease) = (&self.desk.store, &self.claimed.id, &self.claimed.lease);
        match self.occasion {
            Occasion::Digest => {
                let next_due = schedule::next_digest(self.recipient, self.now);
                store.commit_quiet(id, lease, next_due, self.now, folded).await?
            }
            Occasion::Alert => store.commit_no_alert(id, lease, folded).await?,
        };
        Ok(())
    }

    /// Logs and counts what was stored; true if that is a mail.
    pub fn tell(&self, composed: &ComposedDigest, stored: bool) -> bool {
        let (desk, recipient, digest) = (self.desk, self.recipient, &composed.digest);
        if !stored {
            warn!(recipient.id = %recipient.id, "Composing for {} took longer than its lease", recipient.id);
            return false;
        }
        if composed.deliveries.is_empty() {
            info!(digest.id = %digest.id, recipient.id = %recipient.id, reports = composed.originals.len(),
                "Nothing of what waited for {} is news to them any more; it is settled without a mail", recipient.id);
            return false;
        }
        desk.bells.deliveries.notify_one();
        desk.tally.composed(digest.reports.len());
        let kind = match digest.occasion {
            Occasion::Digest => "Digest",
            Occasion::Alert => "Alert",
        };
        info!(digest.id = %digest.id, recipient.id = %recipient.id, reports = digest.reports.len(),
            "{kind} {} for {} is composed (reports: {})", digest.id, recipient.id, digest.reports.len());
        true
    }
}

/// Finds out whom each text credits and, where its story was mailed before, what it tells that the mails did not.
async fn tell_news(desk: &Desk, waiting: &mut [WaitingReport]) -> Result<(), StoreError> {
    let told = waiting.iter().flat_map(|report| &report.told).map(|told| told.entry.clone());
    let own = waiting.iter().filter(|report| !report.told.is_empty()).map(|report| report.entry.clone());
    let mut wanted: Vec<EntryId> = told.chain(own).collect();
    wanted.sort();
    wanted.dedup();
    let prints = desk.store.fingerprints(&wanted).await?;
    for report in waiting {
        report.credits = extract::credits_of(&report.article);
        let told: Vec<Fingerprint> = report.told.iter().filter_map(|told| prints.get(&told.entry).cloned()).collect();
        let own = prints.get(&report.entry).filter(|_| !told.is_empty());
        if let Some(own) = own {
            report.news = grouping::news(own, &report.article.body(), &told);
            report.told_in_its_language = told.iter().any(|told| told.lang == own.lang);
        }
    }
    Ok(())
}
