//! A webhook: each digest as a signed POST (Standard Webhooks). The delivery's id is the idempotency key.

use super::{DeliverError, Reply, payload};
use crate::clock::Clock;
use crate::fetch::{FetchError, Fetcher, Post, Posted};
use crate::model::delivery::Outgoing;
use crate::model::recipient::WebhookTarget;

#[derive(Clone, Debug)]
pub struct Config {
    pub target: WebhookTarget,
    pub clock: Clock,
}

pub struct Webhook {
    config: Config,
    fetcher: Fetcher,
}

impl Webhook {
    pub fn open(config: Config, fetcher: Fetcher) -> Webhook {
        Webhook { config, fetcher }
    }

    pub async fn send(&self, mail: &Outgoing) -> Result<Reply, DeliverError> {
        let WebhookTarget { url, route, key } = &self.config.target;
        let body = payload::json(mail);
        let at = self.config.clock.now().as_millis() / 1000;
        let id = mail.id.as_str();
        let headers = vec![
            ("webhook-id", id.to_owned()),
            ("webhook-timestamp", at.to_string()),
            ("webhook-signature", key.sign(id, at, &body)),
            ("idempotency-key", format!("\"{id}\"")),
        ];
        let post = Post { url, route, content_type: "application/json", headers, body };
        match self.fetcher.post(post).await {
            Ok(posted) => judge(posted),
            Err(error) => Err(not_answered(error)),
        }
    }
}

/// What an answer means for the digest. Almost every "no" is the address or the secret being wrong, which a person
/// mends: the digest waits for that, and is not lost. Only 410 says that nothing is wanted here any more.
fn judge(Posted { status, retry_after }: Posted) -> Result<Reply, DeliverError> {
    let step = "the webhook";
    match status {
        200..=299 => Ok(Reply(format!("status {status}"))),
        300..=399 => {
            let why = format!("it redirects (status {status}), which is not followed; write where it is now");
            Err(DeliverError::Settings { step, why })
        }
        410 => Err(DeliverError::Refused { reply: "551 5.1.6 the webhook is gone (status 410)".to_owned() }),
        408 | 409 | 425 | 429 | 500..=599 => match retry_after {
            Some(after) => Err(DeliverError::Busy { reply: format!("status {status}"), after }),
            None => Err(DeliverError::Deferred { reply: format!("status {status}") }),
        },
        _ => Err(DeliverError::Settings { step, why: format!("it answers with status {status}") }),
    }
}

fn not_answered(error: FetchError) -> DeliverError {
    let why = error.to_string();
    match error {
        FetchError::TimedOut { phase: "the answer", .. } | FetchError::Interrupted { .. } => {
            DeliverError::Unanswered { why }
        }
        FetchError::Forbidden { .. }
        | FetchError::LocalName { .. }
        | FetchError::NeedsTor { .. }
        | FetchError::Scheme { .. }
        | FetchError::Setup { .. } => DeliverError::Settings { step: "the webhook", why },
        _ => DeliverError::Broken { step: "the webhook", why },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::outcome::Disposition;
    use std::time::Duration;

    #[test]
    fn only_gone_gives_a_digest_up_and_a_wish_to_wait_is_heeded() {
        let judged = |status, retry_after| judge(Posted { status, retry_after }).map_err(|error| error.disposition());
        for status in [200, 202, 204] {
            assert!(judged(status, None).is_ok());
        }
        for (status, wanted) in [
            (301, Disposition::Misconfigured),
            (307, Disposition::Misconfigured),
            (400, Disposition::Misconfigured),
            (401, Disposition::Misconfigured),
            (404, Disposition::Misconfigured),
            (410, Disposition::GiveUp),
            (429, Disposition::Retry),
            (500, Disposition::Retry),
            (503, Disposition::Retry),
        ] {
            assert_eq!(judged(status, None), Err(wanted), "{status}");
        }
        let after = Duration::from_secs(90);
        assert_eq!(judged(429, Some(after)), Err(Disposition::RetryAfter(after)));
    }
}
