//! Claims recipients whose digest is due, composes it, commits it with its outbox rows.

use std::time::Duration;

use tracing::{error, info, warn};

use super::{Desk, Loop, Plan};
use crate::model::digest::{Postscript, PostscriptKind, WaitingReport};
use crate::model::id::EntryId;
use crate::model::recipient::Recipient;
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

/// True if a digest was composed, false if nothing waited.
async fn compose_one(desk: &Desk, plan: &Plan, claimed: &ClaimedRecipient) -> Result<bool, StoreError> {
    let now = desk.clock.now();
    let Some(recipient) = plan.recipients.iter().find(|recipient| recipient.id == claimed.id) else {
        // Removed from the configuration since, or another machine's: what waits stays.
        put_off(desk, claimed).await?;
        return Ok(false);
    };
    let next_due = schedule::next_digest(&recipient.rhythm, &recipient.zone, now);
    let composed = match compose(desk, plan, claimed, recipient, now, next_due).await? {
        Outcome::Digest(composed) => composed,
        Outcome::Quiet { folded } => {
            desk.store.commit_quiet(&claimed.id, &claimed.lease, next_due, now, &folded).await?;
            return Ok(false);
        }
    };
    let stored = desk.store.commit_digest(&composed).await?;
    if stored && composed.deliveries.is_empty() {
        info!(digest.id = %composed.digest.id, recipient.id = %recipient.id, reports = composed.originals.len(),
            "{} follows no watch any more of what waited; it is settled without a mail", recipient.id);
        return Ok(false);
    }
    if stored {
        desk.bells.deliveries.notify_one();
        desk.tally.composed(composed.digest.reports.len());
        info!(digest.id = %composed.digest.id, recipient.id = %recipient.id, reports = composed.digest.reports.len(),
            "Digest {} for {} holds {} reports", composed.digest.id, recipient.id, composed.digest.reports.len());
    } else {
        warn!(recipient.id = %recipient.id, "Composing for {} took longer than its lease", recipient.id);
    }
    Ok(stored)
}

/// What a recipient's digest time brings.
enum Outcome {
    Digest(Box<ComposedDigest>),
    /// Nothing that is worth a mail; these, by their `original`s, hold nothing new.
    Quiet {
        folded: Vec<EntryId>,
    },
}

async fn compose(
    desk: &Desk,
    plan: &Plan,
    claimed: &ClaimedRecipient,
    recipient: &Recipient,
    now: Timestamp,
    next_due: Timestamp,
) -> Result<Outcome, StoreError> {
    let mut waiting = desk.store.waiting_reports(&claimed.id, plan.max_reports).await?;
    if waiting.is_empty() {
        return Ok(Outcome::Quiet { folded: Vec::new() });
    }
    tell_news(desk, &mut waiting).await?;
    let postscripts = desk.store.waiting_postscripts(&claimed.id, MAX_POSTSCRIPTS).await?;
    let (copies, folded_before) = of_postscripts(&postscripts);
    let coverage = desk.store.coverage(&claimed.id, claimed.window_from, now).await?;
    let edition = claimed.editions + 1;
    let window = (claimed.window_from, now);
    let composed = digest::compose(
        recipient,
        &plan.watches,
        (&waiting, postscripts),
        coverage,
        window,
        edition,
        &plan.digest_limits,
    );
    let digest::Composed { mut digest, left_out, folded } = composed;
    if !left_out.is_empty() {
        let (id, count) = (&recipient.id, left_out.len());
        info!(recipient.id = %id, reports = count, "{count} reports that waited for {id} hit no watch that they follow; they are settled without being shown");
    }
    let is_mailed = !digest.reports.is_empty();
    if !is_mailed && left_out.is_empty() {
        return Ok(Outcome::Quiet { folded });
    }
    let (originals, copies, folded) = if is_mailed {
        // What is left out is settled with the rest, and what is told in a line too.
        let originals = waiting.iter().map(|report| report.original.clone()).chain(folded_before).collect();
        (originals, copies, Vec::new())
    } else {
        digest.postscripts.clear();
        (left_out, Vec::new(), folded)
    };
    // Without a mail there is none to tell them in.
    let waiting_asides = if is_mailed { desk.store.waiting_asides(&claimed.id, MAX_ASIDES).await? } else { Vec::new() };
    digest.asides = digest::asides(recipient, &plan.watches, &waiting_asides, &digest);
    let asides = waiting_asides.into_iter().map(|aside| aside.line).collect();
    let mut rendered = digest::render(&digest, recipient);
    if recipient.neutral_subject {
        rendered.subject = format!("newsvigil digest {edition}");
    }
    let deliveries = if is_mailed { vec![plan.delivery(&digest.id, &recipient.id, now)] } else { vec![] };
    let lease = claimed.lease.clone();
    let composed =
        ComposedDigest { digest, rendered, originals, asides, copies, folded, deliveries, lease, next_due, at: now };
    Ok(Outcome::Digest(Box::new(composed)))
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
