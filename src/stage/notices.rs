//! Tells ops of alarms: one mail for all that began or ended within a while, by the same outbox as digests.

use std::time::Duration;

use tracing::{info, warn};

use super::{Desk, Plan};
use crate::digest::{self, News};
use crate::model::id::DigestId;
use crate::model::recipient::Recipient;
use crate::model::time::Timestamp;
use crate::store::{Notice, StoreError, Untold, UntoldEvent};

/// Alarms in one mail; the others follow in the next.
const IN_ONE_MAIL: u32 = 200;

/// Tells what nobody was told of, once the oldest of it is `gathered` old.
pub async fn drain(desk: &Desk, plan: &Plan, gathered: Duration) -> Result<(), StoreError> {
    while !desk.stopping(plan) {
        let now = desk.clock.now();
        let Some(oldest) = desk.store.oldest_untold_alarm().await? else { return Ok(()) };
        if now.since(oldest) < gathered {
            return Ok(());
        }
        let untold = desk.store.untold_alarms(IN_ONE_MAIL).await?;
        let events = desk.store.untold_events(IN_ONE_MAIL).await?;
        tell(desk, plan, &untold, &events, now).await?;
    }
    Ok(())
}

/// When the next notice is due.
pub async fn next_due(desk: &Desk, plan: &Plan) -> Result<Option<Timestamp>, StoreError> {
    Ok(desk.store.oldest_untold_alarm().await?.map(|oldest| oldest.plus(plan.gather_alarms)))
}

async fn tell(
    desk: &Desk,
    plan: &Plan,
    untold: &[Untold],
    events: &[UntoldEvent],
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut news = News { recipients: events.iter().map(|untold| &untold.event).collect(), ..News::default() };
    for event in &news.recipients {
        let (id, kind) = (&event.recipient, event.kind.as_str());
        warn!(recipient.id = %id, "Recipient {id} ({kind}): {}", event.detail);
    }
    for Untold { alarm, begin, end, .. } in untold {
        let list = match (begin, end) {
            (true, true) => &mut news.passed,
            (true, false) => &mut news.began,
            (false, _) => &mut news.over,
        };
        list.push(alarm);
        if *begin {
            let (id, kind) = (&alarm.feed, alarm.kind.as_str());
            warn!(feed.id = %id, alarm = kind, "Alarm for feed {id} ({kind}): {}", alarm.detail);
        } else {
            info!(feed.id = %alarm.feed, alarm = alarm.kind.as_str(), "The alarm for feed {} ({}) is over", alarm.feed, alarm.kind.as_str());
        }
    }
    let told = plan.recipients.iter().filter(|recipient| recipient.alarms);
    let notices: Vec<Notice> = told.map(|recipient| notice(plan, &news, recipient, now)).collect();
    if desk.store.commit_notices(untold, events, &notices, now).await? && !notices.is_empty() {
        desk.bells.deliveries.notify_one();
    }
    Ok(())
}

fn notice(plan: &Plan, news: &News<'_>, recipient: &Recipient, now: Timestamp) -> Notice {
    let edition = -now.as_millis();
    let digest = DigestId::of(&recipient.id, edition);
    let delivery = plan.delivery(&digest, &recipient.id, now, None);
    let rendered = digest::notice(news, recipient);
    Notice { recipient: recipient.id.clone(), digest, edition, rendered, delivery }
}
