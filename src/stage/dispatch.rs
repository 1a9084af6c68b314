//! Claims due deliveries, sends them, commits what the other side said.

use std::time::{Duration, Instant};

use tracing::{debug, error, info, warn};

use super::in_flight::InFlight;
use super::{CLAIM_AGAIN, Desk, Loop, Plan};
use crate::deliver::{Address, DeliverError, KeyProblem, Reply, Sealing};
use crate::model::delivery::{Bounce, BounceKind, DeliveryState, Outgoing};
use crate::model::outcome::Disposition;
use crate::model::time::Timestamp;
use crate::schedule;
use crate::store::StoreError;

/// Longer than the longest SMTP conversation with all its timeouts: nobody else may send what we may have sent.
const LEASE: Duration = Duration::from_secs(40 * 60);

/// Commands and webhooks that may be under way besides the mails, each one person's: while they hang, mails still leave.
const MOST_OWN: usize = 16;

/// How long an answer that the database would not take is offered to it again. Then the drain fails, and the mail may
/// be sent a second time when its lease ends; well before that.
const OFFERED_FOR: Duration = Duration::from_secs(10 * 60);
/// Between two offers.
const OFFER_AGAIN: Duration = Duration::from_secs(5);

/// Sends until nothing is due. Returns how many deliveries were tried.
///
/// What a server said is never let go because the database is full or locked: mails on their way are seen to their end,
/// no new ones are claimed, and the answers are offered again until they are stored.
pub async fn drain(desk: &Desk, plan: &Plan) -> Result<u64, StoreError> {
    let mut in_flight = InFlight::new();
    let mut answers = Answers::default();
    let mut tried = 0;
    loop {
        let most = plan.deliveries_in_flight + plan.channels.own.len().min(MOST_OWN);
        let room = most.saturating_sub(in_flight.len());
        if answers.all_stored() && !desk.stopping(plan) && room > 0 {
            let now = desk.clock.now();
            let limit = u32::try_from(room).unwrap_or(u32::MAX);
            let lease = desk.lease(now, LEASE);
            match in_flight.alongside(desk.store.claim_due_deliveries(now, limit, &lease)).await {
                Ok(mails) => in_flight.extend(mails.into_iter().map(|mail| send_one(desk, plan, mail))),
                Err(failure) if in_flight.is_empty() => return Err(failure),
                Err(failure) => debug!("{failure}; the mails on their way are seen to their end"),
            }
        }
        if in_flight.is_empty() && answers.all_stored() {
            return Ok(tried);
        }
        desk.beat(Loop::Dispatch);
        let sent = in_flight.done(usize::MAX, CLAIM_AGAIN).await;
        tried += sent.len() as u64;
        answers.waiting.extend(sent);
        let nothing_else = in_flight.is_empty();
        in_flight.alongside(answers.store(desk, plan, nothing_else)).await?;
    }
}

/// Answers of mail servers on their way into the database.
#[derive(Default)]
struct Answers {
    waiting: Vec<Tried>,
    /// Since when the database takes none, and when it was last asked.
    refused: Option<(Instant, Instant)>,
}

impl Answers {
    fn all_stored(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Stores what it can. Fails when nothing has been stored for too long, or the program is to stop, and nothing else
    /// is on its way.
    async fn store(&mut self, desk: &Desk, plan: &Plan, nothing_in_flight: bool) -> Result<(), StoreError> {
        if self.refused.is_some_and(|(_, last)| last.elapsed() < OFFER_AGAIN) {
            return Ok(());
        }
        while let Some(answer) = self.waiting.last() {
            let Err(failure) = commit(desk, plan, answer).await else {
                self.waiting.pop();
                self.refused = None;
                continue;
            };
            let now = Instant::now();
            let (since, _) = self.refused.unwrap_or((now, now));
            if nothing_in_flight && (desk.stop.is_cancelled() || since.elapsed() >= OFFERED_FOR) {
                return Err(failure);
            }
            if self.refused.is_none() {
                error!(
                    "{failure}; {} answers of mail servers are offered again every {OFFER_AGAIN:?}",
                    self.waiting.len()
                );
            }
            self.refused = Some((since, now));
            return Ok(());
        }
        Ok(())
    }
}

/// A mail and what became of it.
struct Tried {
    mail: Outgoing,
    state: DeliveryState,
    reply: String,
    end: End,
}

/// What else is to be stored of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Nothing, unless it failed: then this.
    Of(BounceKind),
    /// It waits until it can be encrypted.
    Held,
    /// Its recipient's own way needs a setting changed. Where the mail server does, no mail of it would reach ops.
    Stuck,
}

async fn send_one(desk: &Desk, plan: &Plan, mail: Outgoing) -> Tried {
    let Some(recipient) = plan.recipients.iter().find(|recipient| recipient.id == mail.recipient) else {
        // Another machine may know them already, or still.
        let (state, reply) = refused(&mail, &DeliverError::NoSuchRecipient, desk.clock.now());
        return Tried { mail, state, reply, end: End::Of(BounceKind::Soft) };
    };
    let sealing = recipient.openpgp_key.clone().map(|key| Sealing { key, at: desk.clock.now() });
    let to = Address { name: recipient.name.clone(), email: recipient.email.clone(), sealing };
    let outcome = plan.channels.of(&recipient.id).send(&mail, &to).await;
    let kind = outcome.as_ref().err().and_then(DeliverError::bounce_kind).unwrap_or(BounceKind::Soft);
    let (state, reply, end) = match outcome {
        Ok(Reply(reply)) => (DeliveryState::Sent { reply: reply.clone() }, reply, End::Of(kind)),
        Err(DeliverError::Key(problem)) => {
            let (state, reply) = held(&mail, &problem, desk.clock.now());
            (state, reply, End::Held)
        }
        Err(error) => {
            let (state, reply) = refused(&mail, &error, desk.clock.now());
            let waits = matches!(state, DeliveryState::Queued { .. });
            let is_own = plan.channels.own.contains_key(&recipient.id);
            let is_stuck = waits && is_own && error.disposition() == Disposition::Misconfigured;
            (state, reply, if is_stuck { End::Stuck } else { End::Of(kind) })
        }
    };
    Tried { mail, state, reply, end }
}

/// Ops are told when it is stored, once; the log says it at each try.
fn held(mail: &Outgoing, problem: &KeyProblem, now: Timestamp) -> (DeliveryState, String) {
    let due = schedule::after_hold(mail.id.as_str(), now);
    let (id, recipient) = (&mail.id, &mail.recipient);
    error!(delivery.id = %id, recipient.id = %recipient, "Delivery {id} is held, for it cannot be encrypted: {problem}; next try at {due}");
    (DeliveryState::Queued { due }, problem.to_string())
}

fn refused(mail: &Outgoing, refusal: &DeliverError, now: Timestamp) -> (DeliveryState, String) {
    let reply = refusal.to_string();
    let disposition = refusal.disposition();
    let first_tried_at = mail.first_tried_at.unwrap_or(now);
    let state = schedule::after_refusal(&disposition, mail.attempts, first_tried_at, &reply, mail.id.as_str(), now);
    let (id, recipient, attempt) = (&mail.id, &mail.recipient, mail.attempts);
    match (&state, &disposition) {
        (DeliveryState::Queued { due }, Disposition::Misconfigured) => {
            error!(delivery.id = %id, recipient.id = %recipient, attempt, "Delivery {id} needs a setting changed: {reply}; next try at {due}");
        }
        (DeliveryState::Queued { due }, _) => {
            warn!(delivery.id = %id, recipient.id = %recipient, attempt, "Delivery {id} was not taken: {reply}; next try at {due}");
        }
        _ => {
            error!(delivery.id = %id, recipient.id = %recipient, attempt, "Delivery {id} failed for good: {reply}");
        }
    }
    (state, reply)
}

async fn commit(desk: &Desk, plan: &Plan, tried: &Tried) -> Result<(), StoreError> {
    let Tried { mail, state, reply, end } = tried;
    let now = desk.clock.now();
    let stored = match (state, end) {
        (DeliveryState::Queued { due }, End::Held) => {
            let stored = desk.store.commit_hold(&mail.id, &mail.lease, reply, *due, now).await?;
            // Whoever looks after the program hears of it.
            desk.bells.reports.notify_one();
            stored
        }
        (DeliveryState::Queued { due }, End::Stuck) => {
            let of = (&mail.id, &mail.recipient);
            let stored = desk.store.commit_stuck(of, &mail.lease, (reply, *due), now).await?;
            desk.bells.reports.notify_one();
            stored
        }
        (DeliveryState::Failed { .. }, End::Of(kind)) => {
            // Told to ops, and counted against the address, in the same transaction.
            let bounce = Bounce { delivery: mail.id.clone(), kind: *kind, said: reply.clone() };
            desk.store.commit_refusal(&bounce, &mail.lease, plan.pause_after, now).await?
        }
        _ => desk.store.commit_delivery(&mail.id, &mail.lease, state, reply, now).await?,
    };
    desk.tally.dispatched(state);
    match (state, stored) {
        (_, false) => {
            warn!(delivery.id = %mail.id, "Delivery {} took longer than its lease and may be sent twice, with one Message-ID", mail.id);
        }
        (DeliveryState::Sent { .. }, true) => {
            info!(delivery.id = %mail.id, recipient.id = %mail.recipient, attempt = mail.attempts, "Delivery {} was taken", mail.id);
        }
        _ => {}
    }
    Ok(())
}
