//! Claims recipients whose digest or alert is due, composes it, commits it with its outbox rows.

use std::time::Duration;

use tracing::{error, info, warn};

use super::{Desk, Loop, Plan};
use crate::model::delivery::message_id;
use crate::model::digest::{Coverage, Digest, Occasion, WaitingReport};
use crate::model::id::{DeliveryId, DigestId};
use crate::model::recipient::{Recipient, Rhythm};
use crate::model::time::Timestamp;
use crate::store::{ClaimedRecipient, ComposedDigest, NewDelivery, StoreError};
use crate::{digest, schedule};

const LEASE: Duration = Duration::from_secs(5 * 60);
const CLAIM: u32 = 50;
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
    let call = Call { desk, plan, claimed, recipient, now };
    let Some(composed) = call.compose(occasion).await? else {
        let next_due = schedule::next_digest(recipient, now);
        match occasion {
            Occasion::Digest => desk.store.commit_quiet(&claimed.id, &claimed.lease, next_due, now).await?,
            // What was to be alerted has gone into a digest.
            Occasion::Alert => desk.store.commit_no_alert(&claimed.id, &claimed.lease).await?,
        };
        return Ok(false);
    };
    let stored = desk.store.commit_digest(&composed).await?;
    Ok(call.tell(&composed, stored))
}

/// Until when a mail outside of digest times waits because of those before it; not into quiet hours.
fn not_before(recipient: &Recipient, last_mails: &[Timestamp], now: Timestamp, plan: &Plan) -> Option<Timestamp> {
    let free = schedule::flood_ends(last_mails, now, &plan.alert_pacing)?;
    let quiet = recipient.alerts.quiet.filter(|_| !recipient.alerts.urgent_in_quiet);
    Some(quiet.and_then(|quiet| schedule::end_of_quiet(quiet, &recipient.zone, free)).unwrap_or(free))
}

/// One recipient's turn.
struct Call<'c> {
    desk: &'c Desk,
    plan: &'c Plan,
    claimed: &'c ClaimedRecipient,
    recipient: &'c Recipient,
    now: Timestamp,
}

impl Call<'_> {
    /// `None`: nothing waits, and silence is not to be told.
    async fn compose(&self, occasion: Occasion) -> Result<Option<ComposedDigest>, StoreError> {
        let Call { desk, plan, claimed, recipient, now } = *self;
        let waiting = self.waiting(occasion).await?;
        let tells_silence = occasion == Occasion::Digest
            && !recipient.watches.is_empty()
            && schedule::tells_silence(recipient.all_quiet, claimed.window_from, now);
        if waiting.is_empty() && !tells_silence {
            return Ok(None);
        }
        let coverage = match occasion {
            Occasion::Digest => desk.store.coverage(claimed.window_from, now).await?,
            Occasion::Alert => Coverage::default(),
        };
        let window = (claimed.window_from, now);
        let edition = claimed.editions + 1;
        let (mut digest, settled_unseen) =
            digest::compose(recipient, &plan.watches, &waiting, coverage, window, edition, &plan.digest_limits);
        digest.occasion = occasion;
        if !settled_unseen.is_empty() {
            let (id, count) = (&recipient.id, settled_unseen.len());
            info!(recipient.id = %id, reports = count, "{count} reports that waited for {id} hit no watch that they follow; they are settled without being shown");
        }
        let is_mailed = !digest.reports.is_empty() || tells_silence;
        let waiting_asides = if is_mailed && occasion == Occasion::Digest {
            desk.store.waiting_asides(&claimed.id, MAX_ASIDES).await?
        } else {
            // There is no mail to tell them in.
            vec![]
        };
        digest.asides = digest::asides(recipient, &plan.watches, &waiting_asides, &digest);
        let mut rendered = digest::render(&digest, recipient);
        let mut deliveries = vec![];
        if is_mailed {
            let first = self.first_mail(&digest, &waiting).await?;
            if let Some((_, subject)) = &first {
                rendered.subject = digest::reply_subject(subject);
            }
            deliveries.push(delivery(&digest.id, plan, now, first.map(|(id, _)| id)));
        }
        // What is left out is settled with the rest.
        let originals = waiting.iter().map(|report| report.original.clone()).collect();
        let asides = waiting_asides.into_iter().map(|aside| aside.line).collect();
        let (lease, next_due) = (claimed.lease.clone(), schedule::next_digest(recipient, now));
        Ok(Some(ComposedDigest { digest, rendered, originals, asides, deliveries, lease, next_due, at: now }))
    }

    async fn waiting(&self, occasion: Occasion) -> Result<Vec<WaitingReport>, StoreError> {
        let (store, limit) = (&self.desk.store, self.plan.max_reports);
        match occasion {
            Occasion::Digest => store.waiting_reports(&self.claimed.id, limit).await,
            Occasion::Alert => {
                // What would be mailed by itself within the next minutes comes along.
                let until = self.now.plus(self.plan.alert_pacing.gather);
                store.waiting_alerts(&self.claimed.id, until, limit).await
            }
        }
    }

    /// The mail that this one answers: the first on the story of its first report. Digests at fixed times begin no
    /// threads: they tell of many stories.
    async fn first_mail(
        &self,
        digest: &Digest,
        waiting: &[WaitingReport],
    ) -> Result<Option<(String, String)>, StoreError> {
        let is_at_once = digest.occasion == Occasion::Alert || self.recipient.rhythm == Rhythm::Immediately;
        let Some(first) = digest.reports.first().filter(|_| is_at_once) else { return Ok(None) };
        match waiting.iter().find(|report| report.entry == first.entry) {
            Some(report) => self.desk.store.first_mail_on(&self.recipient.id, &report.story).await,
            None => Ok(None),
        }
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

fn delivery(digest: &DigestId, plan: &Plan, now: Timestamp, answers: Option<String>) -> NewDelivery {
    let channel = plan.channel.name();
    let id = DeliveryId::of(digest, channel);
    NewDelivery {
        message_id: message_id(&id, &plan.message_id_domain),
        in_reply_to: answers.unwrap_or_default(),
        id,
        channel: channel.to_owned(),
        due: now,
    }
}
