//! A digest as an RFC 5322 message. The same delivery gives the same bytes.

use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address as MailAddress, Message};

use super::{Address, DeliverError};
use crate::model::delivery::Outgoing;

/// Who mails are from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// May be empty.
    pub name: String,
    pub email: String,
    pub reply_to: Option<String>,
}

impl Sender {
    pub fn domain(&self) -> &str {
        self.email.rsplit_once('@').map_or("localhost", |(_, domain)| domain)
    }
}

/// A header that lettre has no type for; ASCII, without line breaks.
#[derive(Clone)]
struct Plain<const N: usize>(String);

/// By index: the fixed header names.
const NAMES: [&str; 2] = ["Auto-Submitted", "List-Id"];

impl<const N: usize> Header for Plain<N> {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str(NAMES[N])
    }

    fn parse(value: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Plain(value.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

type AutoSubmitted = Plain<0>;
type ListId = Plain<1>;

/// Writes the message: multipart/alternative, text first (RFC 2046 §5.1.4), 7-bit clean.
pub fn build(mail: &Outgoing, from: &Sender, to: &Address) -> Result<Message, DeliverError> {
    let date = std::time::UNIX_EPOCH
        + std::time::Duration::from_millis(u64::try_from(mail.composed_at.as_millis()).unwrap_or(0));
    let mut builder = Message::builder()
        .from(mailbox(&from.name, &from.email)?)
        .to(mailbox(&to.name, &to.email)?)
        .subject(one_line(&mail.rendered.subject))
        .date(date)
        .message_id(Some(format!("<{}>", mail.message_id)))
        // RFC 3834 §5: no autoresponder answers it.
        .header(Plain::<0>("auto-generated".to_owned()) as AutoSubmitted)
        // RFC 2919: what mail programs sort by.
        .header(Plain::<1>(format!("newsvigil digest <digest.newsvigil.{}>", from.domain())) as ListId);
    if let Some(reply_to) = &from.reply_to {
        builder = builder.reply_to(mailbox("", reply_to)?);
    }
    let text = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(mail.rendered.text.clone());
    let html = SinglePart::builder().header(ContentType::TEXT_HTML).body(mail.rendered.html.clone());
    let parts = MultiPart::alternative().boundary(format!("=_{}", mail.id)).singlepart(text).singlepart(html);
    builder.multipart(parts).map_err(|error| DeliverError::Message { why: error.to_string() })
}

/// Parses an address; the error does not repeat it.
pub fn address(email: &str) -> Result<MailAddress, DeliverError> {
    email.parse().map_err(|_| DeliverError::Message { why: "the address is not one mail can be sent to".to_owned() })
}

fn mailbox(name: &str, email: &str) -> Result<Mailbox, DeliverError> {
    let name = one_line(name);
    Ok(Mailbox::new((!name.is_empty()).then_some(name), address(email)?))
}

/// Without line breaks and other controls: nothing from outside may begin a header.
fn one_line(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    clean.trim().to_owned()
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::model::digest::Rendered;
    use crate::model::id::{DeliveryId, DigestId, RecipientId};
    use crate::model::lease::Lease;
    use crate::model::time::Timestamp;

    pub fn mail(subject: &str) -> Outgoing {
        let at = Timestamp::from_millis(1_795_521_600_000);
        Outgoing {
            id: DeliveryId::from_stored("m_1"),
            digest: DigestId::from_stored("d_1"),
            recipient: RecipientId::from_stored("desk"),
            message_id: "m_1.newsvigil@news.example".into(),
            composed_at: at,
            rendered: Rendered {
                subject: subject.into(),
                text: format!("Buses at the customs office\n.\n세관 앞 버스\n{}\n", "x".repeat(3000)),
                html: "<p lang=\"zh\">海关门口的大巴</p>".into(),
            },
            attempts: 1,
            first_tried_at: None,
            lease: Lease { token: "t".into(), until: at },
        }
    }

    pub fn sender() -> Sender {
        Sender {
            name: "newsvigil".into(),
            email: "digest@news.example".into(),
            reply_to: Some("ops@news.example".into()),
        }
    }

    pub fn reader() -> Address {
        Address { name: "Kim, 데스크".into(), email: "desk@ngo.example".into() }
    }

    fn formatted(mail: &Outgoing) -> String {
        let message = build(mail, &sender(), &reader()).expect("a message");
        String::from_utf8(message.formatted()).expect("7-bit text")
    }

    #[test]
    fn the_same_delivery_gives_the_same_bytes() {
        let mail = mail("2 reports: 선양에서 강제북송");
        assert_eq!(formatted(&mail), formatted(&mail));
    }

    #[test]
    fn it_is_seven_bit_clean_and_has_no_overlong_line() {
        let text = formatted(&mail(
            "2 reports: 선양에서 강제북송, and a headline that is long enough to be folded twice over",
        ));
        assert!(text.is_ascii());
        assert!(text.lines().all(|line| line.len() <= 998), "RFC 5322 §2.1.1");
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "no bare CR or LF");
    }

    #[test]
    fn each_header_stands_once_and_the_message_id_is_the_deliverys() {
        let text = formatted(&mail("one"));
        let head = text.split("\r\n\r\n").next().expect("a head");
        for name in
            ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Auto-Submitted", "List-Id", "Reply-To"]
        {
            let count = head
                .lines()
                .filter(|line| line.to_lowercase().starts_with(&format!("{}:", name.to_lowercase())))
                .count();
            assert_eq!(count, 1, "{name} in\n{head}");
        }
        assert!(head.contains("Message-ID: <m_1.newsvigil@news.example>"));
        assert!(head.contains("Date: Tue, 24 Nov 2026 12:00:00 +0000"), "{head}");
    }

    #[test]
    fn a_headline_cannot_begin_a_header() {
        let text = formatted(&mail("Raid\r\nBcc: spy@evil.example\r\n\r\nbody"));
        assert!(!text.lines().any(|line| line.starts_with("Bcc")), "{text}");
    }
}
