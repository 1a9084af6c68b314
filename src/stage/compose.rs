//! Claims recipients whose digest or alert is due, composes it, commits it with its outbox rows.

use std::time::Duration;

use tracing::{error, info, warn};

use super::{Desk, Loop, Plan};
use crate::model::digest::{Coverage, Digest, Occasion, Postscript, PostscriptKind, WaitingReport};
use crate::model::id::EntryId;
use crate::model::recipient::{Recipient, Rhythm};
use crate::model::story::Fingerprint;
use crate::model::time::Timestamp;
use crate::store::{ClaimedRecipient, ComposedDigest, StoreError};
use crate::{digest, extract, grouping, schedule};

const LEASE: Duration = Duration::from_secs(5 * 60);
const CLAIM: u32 = 50;
/// Lines' worth of copies, and of reports with nothing new, that one digest settles; the next ones take more.
const MAX_POSTSCRIPTS: u32 = 2_000;
/// After a failure that concerns one recipient.
const AGAIN: Duration = Duration::from_secs(5 * 60);

/// Hits in page furniture that one digest settles.
const MAX_ASIDES: u32 = 200;

/// Composes until no recipient is due. Returns how many digests were.
pub async fn drain(desk: &Desk, plan: &Plan) -> Result<u64, StoreError> {
    let mut composed = 0;
    while !desk.stopping(plan) {
        desk.beat(Loop::Compose);
        let now = desk.clock.now();
        let due = desk.store.claim_due_recipients(now, CLAIM, &desk.lease(now, LEASE)).await?;
        if due.is_empty() {
            break;
        }
        for claimed in due {
            match compose_one(desk, plan, &claimed).await {
                Ok(made) => composed += u64::from(made),
                Err(failure) if failure.is_temporary() => return Err(failure),
                // A row of theirs that cannot be read must not keep the others waiting.
                Err(failure) => {
                    error!(recipient.id = %claimed.id, "No digest for {}: {failure}; tried again in {AGAIN:?}", claimed.id);
                    put_off(desk, &claimed).await?;
                }
            }
        }
    }
    Ok(composed)
}

/// Leaves what waits as it is, for the next try or for a machine that knows better.
async fn put_off(desk: &Desk, claimed: &ClaimedRecipient) -> Result<(), StoreError> {
    desk.store.postpone_recipient(&claimed.id, &claimed.lease, desk.clock.now().plus(AGAIN)).await.map(|_| ())
}

/// True if a mail was composed, false if nothing waited or its time has not come.
async fn compose_one(desk: &Desk, plan: &Plan, claimed: &ClaimedRecipient) -> Result<bool, StoreError> {
    let now = desk.clock.now();
    let Some(recipient) = plan.recipients.iter().find(|recipient| recipient.id == claimed.id) else {
        // Removed from the configuration since, or another machine's: what waits stays.
        put_off(desk, claimed).await?;
        return Ok(false);
    };
    let occasion = if claimed.next_due <= now { Occasion::Digest } else { Occasion::Alert };
    if occasion == Occasion::Alert || recipient.rhythm == Rhythm::Immediately {
        let last_mails = desk.store.recent_mails(&recipient.id, plan.alert_pacing.max_an_hour).await?;
        if let Some(until) = not_before(recipient, &last_mails, now, plan) {
            info!(recipient.id = %recipient.id, "Mails to {} are gathered until {until}: enough came within the hour", recipient.id);
            desk.store.postpone_recipient(&claimed.id, &claimed.lease, until).await?;
            return Ok(false);
        }
    }
    let turn = Turn { desk, plan, claimed, recipient, occasion, now };
    match turn.compose().await? {
        Outcome::Mail(composed) => {
            let stored = desk.store.commit_digest(&composed).await?;
            Ok(turn.tell(&composed, stored))
        }
        Outcome::Quiet { folded } => {
            turn.close(&folded).await?;
            Ok(false)
        }
    }
}

/// Until when a mail outside of digest times waits because of those before it; not into quiet hours.
fn not_before(recipient: &Recipient, last_mails: &[Timestamp], now: Timestamp, plan: &Plan) -> Option<Timestamp> {
    let free = schedule::flood_ends(last_mails, now, &plan.alert_pacing)?;
    let quiet = recipient.alerts.quiet.filter(|_| !recipient.alerts.urgent_in_quiet);
    Some(quiet.and_then(|quiet| schedule::end_of_quiet(quiet, &recipient.zone, free)).unwrap_or(free))
}

/// What a recipient's time brings.
enum Outcome {
    /// To be stored; mailed if it has deliveries.
    Mail(Box<ComposedDigest>),
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
    copies: Vec<EntryId>,
    folded: Vec<EntryId>,
}

/// One recipient's turn.
struct Turn<'t> {
    desk: &'t Desk,
    plan: &'t Plan,
    claimed: &'t ClaimedRecipient,
    recipient: &'t Recipient,
    occasion: Occasion,
    now: Timestamp,
}

impl Turn<'_> {
    async fn compose(&self) -> Result<Outcome, StoreError> {
        let Turn { plan, claimed, recipient, occasion, now, .. } = *self;
        let tells_silence = self.tells_silence();
        let reports = self.reports().await?;
        if reports.is_empty() && !tells_silence {
            return Ok(Outcome::Quiet { folded: Vec::new() });
        }
        let Waiting { reports, postscripts, coverage } = self.beside(reports).await?;
        let (copies, folded_before) = of_postscripts(&postscripts);
        let (window, edition) = ((claimed.window_from, now), claimed.editions + 1);
        let (waiting, limits) = ((reports.as_slice(), postscripts), &plan.digest_limits);
        let composed = digest::compose(recipient, &plan.watches, waiting, coverage, window, edition, limits);
        let digest::Composed { mut digest, left_out, folded } = composed;
        digest.occasion = occasion;
        if !left_out.is_empty() {
            let (id, count) = (&recipient.id, left_out.len());
            info!(recipient.id = %id, reports = count, "{count} reports that waited for {id} hit no watch that they follow; they are settled without being shown");
        }
        let is_mailed = !digest.reports.is_empty() || tells_silence;
        let all = || reports.iter().map(|report| report.original.clone());
        let taken = match (is_mailed, occasion) {
            // What is left out is settled with the rest, and what is told in a line too.
            (true, Occasion::Digest) => {
                Taken { originals: all().chain(folded_before).collect(), copies, folded: Vec::new() }
            }
            (true, Occasion::Alert) => {
                let originals = all().filter(|original| !folded.contains(original)).collect();
                Taken { originals, copies: Vec::new(), folded }
            }
            // What an alert told is told: it is not kept to be named.
            (false, _) => {
                let alerted = reports.iter().filter(|report| report.alerted.is_some());
                let settled = alerted.map(|report| report.original.clone()).chain(left_out);
                let originals = settled.filter(|original| !folded.contains(original)).collect();
                Taken { originals, copies: Vec::new(), folded }
            }
        };
        if !is_mailed && taken.originals.is_empty() {
            return Ok(Outcome::Quiet { folded: taken.folded });
        }
        if !is_mailed || occasion == Occasion::Alert {
            digest.postscripts.clear();
        }
        self.finish(digest, &reports, taken, is_mailed).await
    }

    /// Writes the mail and its place in the outbox.
    async fn finish(
        &self,
        mut digest: Digest,
        reports: &[WaitingReport],
        taken: Taken,
        is_mailed: bool,
    ) -> Result<Outcome, StoreError> {
        let Turn { desk, plan, claimed, recipient, occasion, now } = *self;
        let mut asides = Vec::new();
        // Without a digest's mail there is none to tell them in.
        if is_mailed && occasion == Occasion::Digest {
            let waiting = desk.store.waiting_asides(&claimed.id, MAX_ASIDES).await?;
            digest.asides = digest::asides(recipient, &plan.watches, &waiting, &digest);
            asides.extend(waiting.into_iter().map(|aside| aside.line));
        }
        let mut rendered = digest::render(&digest, recipient);
        let mut deliveries = Vec::new();
        if is_mailed {
            let first = self.first_mail(&digest, reports).await?;
            if let Some((_, subject)) = first.as_ref().filter(|_| !recipient.neutral_subject) {
                rendered.subject = digest::reply_subject(subject);
            }
            deliveries.push(plan.delivery(&digest.id, now, first.map(|(id, _)| id)));
        }
        let Taken { originals, copies, folded } = taken;
        let (lease, next_due) = (claimed.lease.clone(), schedule::next_digest(recipient, now));
        Ok(Outcome::Mail(Box::new(ComposedDigest {
            digest,
            rendered,
            originals,
            asides,
            copies,
            folded,
            deliveries,
            lease,
            next_due,
            at: now,
        })))
    }

    /// Nothing to report for so long that this is worth a mail.
    fn tells_silence(&self) -> bool {
        self.occasion == Occasion::Digest
            && !self.recipient.watches.is_empty()
            && schedule::tells_silence(self.recipient.all_quiet, self.claimed.window_from, self.now)
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

    /// With what stands beside them in the mail; an alert holds nothing else.
    async fn beside(&self, mut reports: Vec<WaitingReport>) -> Result<Waiting, StoreError> {
        let (store, id) = (&self.desk.store, &self.claimed.id);
        tell_news(self.desk, &mut reports).await?;
        match self.occasion {
            Occasion::Alert => Ok(Waiting { reports, postscripts: Vec::new(), coverage: Coverage::default() }),
            Occasion::Digest => Ok(Waiting {
                reports,
                postscripts: store.waiting_postscripts(id, MAX_POSTSCRIPTS).await?,
                coverage: store.coverage(self.claimed.window_from, self.now).await?,
            }),
        }
    }

    /// The mail that this one answers: the first on the story of its first report. Digests at fixed times begin no
    /// threads: they tell of many stories.
    async fn first_mail(
        &self,
        digest: &Digest,
        waiting: &[WaitingReport],
    ) -> Result<Option<(String, String)>, StoreError> {
        let is_at_once = self.occasion == Occasion::Alert || self.recipient.rhythm == Rhythm::Immediately;
        let Some(first) = digest.reports.first().filter(|_| is_at_once) else { return Ok(None) };
        match waiting.iter().find(|report| report.entry == first.entry) {
            Some(report) => self.desk.store.first_mail_on(&self.recipient.id, &report.story).await,
            None => Ok(None),
        }
    }

    /// Without a mail.
    async fn close(&self, folded: &[EntryId]) -> Result<(), StoreError> {
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
    fn tell(&self, composed: &ComposedDigest, stored: bool) -> bool {
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
            "{kind} {} for {} holds {} reports", digest.id, recipient.id, digest.reports.len());
        true
    }
}

/// Entries of the copies, and `original`s of the reports folded before.
fn of_postscripts(postscripts: &[Postscript]) -> (Vec<EntryId>, Vec<EntryId>) {
    let of_kind = |kind: PostscriptKind| postscripts.iter().filter(move |postscript| postscript.kind == kind);
    let copies = of_kind(PostscriptKind::Copy).map(|postscript| postscript.entry.clone()).collect();
    (copies, of_kind(PostscriptKind::NothingNew).map(|postscript| postscript.original.clone()).collect())
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
        }
    }
    Ok(())
}
