//! Tells ops of alarms: one mail for all that began or ended within a while, by the same outbox as digests.

use std::time::Duration;

use tracing::{info, warn};

use super::{Desk, Plan};
use crate::digest::{self, News};
use crate::model::delivery::message_id;
use crate::model::id::{DeliveryId, DigestId};
use crate::model::recipient::Recipient;
use crate::model::time::Timestamp;
use crate::store::{NewDelivery, Notice, StoreError, Untold};

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
        tell(desk, plan, &untold, now).await?;
    }
    Ok(())
}

/// When the next notice is due.
pub async fn next_due(desk: &Desk, plan: &Plan) -> Result<Option<Timestamp>, StoreError> {
    Ok(desk.store.oldest_untold_alarm().await?.map(|oldest| oldest.plus(plan.gather_alarms)))
}

async fn tell(desk: &Desk, plan: &Plan, untold: &[Untold], now: Timestamp) -> Result<(), StoreError> {
    let mut news = News::default();
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
    if desk.store.commit_notices(untold, &notices, now).await? && !notices.is_empty() {
        desk.bells.deliveries.notify_one();
    }
    Ok(())
}

fn notice(plan: &Plan, news: &News<'_>, recipient: &Recipient, now: Timestamp) -> Notice {
    let edition = -now.as_millis();
    let digest = DigestId::of(&recipient.id, edition);
    let channel = plan.channel.name();
    let id = DeliveryId::of(&digest, channel);
    let message_id = message_id(&id, &plan.message_id_domain);
    let (channel, in_reply_to) = (channel.to_owned(), String::new());
    let delivery = NewDelivery { id, message_id, in_reply_to, channel, due: now };
    let rendered = digest::notice(news, &recipient.zone);
    Notice { recipient: recipient.id.clone(), digest, edition, rendered, delivery }
}
