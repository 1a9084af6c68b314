//! A digest as JSON, for webhooks and commands. Names that are there stay; new ones may come.

use serde::Serialize;

use crate::model::delivery::Outgoing;

/// `text` and `html` stand at the top, where Matrix' hookshot and others look for what to show.
#[derive(Serialize)]
struct Payload<'a> {
    /// The same each time the digest is sent: what a receiver tells repeats by.
    id: &'a str,
    digest: &'a str,
    recipient: &'a str,
    /// RFC 3339, in UTC.
    composed_at: String,
    message_id: &'a str,
    subject: &'a str,
    text: &'a str,
    /// Empty where the digest is text alone.
    html: &'a str,
}

/// The same delivery gives the same bytes.
pub fn json(mail: &Outgoing) -> Vec<u8> {
    let payload = Payload {
        id: mail.id.as_str(),
        digest: mail.digest.as_str(),
        recipient: mail.recipient.as_str(),
        composed_at: mail.composed_at.to_string(),
        message_id: &mail.message_id,
        subject: &mail.rendered.subject,
        text: &mail.rendered.text,
        html: &mail.rendered.html,
    };
    serde_json::to_vec(&payload).expect("texts can always be written as JSON")
}
