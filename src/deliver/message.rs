//! A digest as an RFC 5322 message. The same delivery gives the same bytes.

use std::time::{Duration, UNIX_EPOCH};

use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address as MailAddress, Message};
use url::Host;

use super::{Address, DeliverError, openpgp};
use crate::model::delivery::Outgoing;
use crate::model::token::TokenKey;

/// Who mails are from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    /// May be empty.
    pub name: String,
    pub email: String,
    pub reply_to: Option<String>,
    /// Where mails come back to that cannot be delivered; the delivery's id is put behind a `+` of it. `None`: to `email`.
    pub return_path: Option<String>,
    /// `None`: unsubscribing is by mail alone.
    pub one_click: Option<OneClick>,
}

/// Where a recipient unsubscribes with one click (RFC 8058).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneClick {
    /// Without a slash at its end; `/unsubscribe/…` is put behind it.
    pub base: String,
    pub key: TokenKey,
}

impl Sender {
    /// The domain that mails are from; in ASCII once the sender is checked.
    pub fn domain(&self) -> &str {
        self.email.rsplit_once('@').map_or("localhost", |(_, domain)| domain)
    }

    /// With addresses that mail can be sent to and from, their domains in ASCII.
    pub fn checked(&self) -> Result<Sender, DeliverError> {
        let email = address(&self.email, "sender's address")?.to_string();
        if !email.is_ascii() {
            return Err(DeliverError::Address { whose: "sender's address" });
        }
        let reply_to = self.reply_to.as_deref().map(|reply_to| address(reply_to, "reply-to address")).transpose()?;
        let reply_to = reply_to.map(|reply_to| reply_to.to_string());
        if let Some(path) = &self.return_path {
            address(path, "return path")?;
        }
        Ok(Sender { email, reply_to, ..self.clone() })
    }

    /// The envelope's sender, by which a mail that comes back names its delivery.
    pub fn envelope(&self, mail: &Outgoing) -> Result<MailAddress, DeliverError> {
        let Some(path) = &self.return_path else { return address(&self.email, "sender's address") };
        let path = address(path, "return path")?;
        address(&format!("{}+{}@{}", path.user(), mail.id, path.domain()), "return path")
    }
}

/// RFC 3834 §5: no autoresponder answers it.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(AutoSubmitted)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// RFC 2919: what mail programs sort by. The same for all mails of an installation; holds no watch and no reader.
#[derive(Clone)]
struct ListId(String);

impl Header for ListId {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Id")
    }

    fn parse(value: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(ListId(value.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

/// What programs that answer mails by themselves heed where they do not know `Auto-Submitted`.
#[derive(Clone)]
struct Precedence;

impl Header for Precedence {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Precedence")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Precedence)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "list".to_owned())
    }
}

/// RFC 2369: in ASCII and never encoded (RFC 8058 §3.1 wants the https address first), one address a line.
#[derive(Clone)]
struct ListUnsubscribe(Vec<String>);

impl ListUnsubscribe {
    fn of(mail: &Outgoing, from: &Sender) -> ListUnsubscribe {
        let mut ways = Vec::new();
        if let Some(OneClick { base, key }) = &from.one_click {
            let token = key.unsubscribe_token(&mail.recipient);
            ways.push(format!("<{base}/unsubscribe/{}/{token}>", mail.recipient));
        }
        let to = from.reply_to.as_deref().filter(|reply_to| reply_to.is_ascii()).unwrap_or(&from.email);
        let subject = format!("unsubscribe {}", mail.recipient).replace(' ', "%20");
        ways.push(format!("<mailto:{}?subject={subject}>", to.replace('%', "%25").replace('?', "%3F")));
        ListUnsubscribe(ways)
    }
}

impl Header for ListUnsubscribe {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe")
    }

    fn parse(value: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(ListUnsubscribe(vec![value.to_owned()]))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::dangerous_new_pre_encoded(Self::name(), self.0.join(", "), self.0.join(",\r\n "))
    }
}

/// RFC 8058: a POST of this to the https address unsubscribes, without a question.
#[derive(Clone)]
struct ListUnsubscribePost;

impl Header for ListUnsubscribePost {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe-Post")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(ListUnsubscribePost)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "List-Unsubscribe=One-Click".to_owned())
    }
}

/// The message as it leaves: encrypted where the recipient wants that, and not at all where that cannot be done.
pub async fn bytes(mail: &Outgoing, from: &Sender, to: &Address) -> Result<Vec<u8>, DeliverError> {
    let clear = build(mail, from, to)?.formatted();
    let Some(sealing) = to.sealing.clone() else { return Ok(clear) };
    let boundary = format!("=_{}-sealed", mail.id);
    // Reads a file, and computes for some milliseconds.
    let sealed = tokio::task::spawn_blocking(move || openpgp::sealed(&clear, &boundary, &sealing)).await;
    sealed.unwrap_or_else(|panic| Err(DeliverError::Message { why: panic.to_string() }))
}

/// Writes the message: multipart/alternative, text first (RFC 2046 §5.1.4), each part in quoted-printable or base64
/// where it is not plain ASCII, so that it passes any server. The text alone where there is no HTML.
fn build(mail: &Outgoing, from: &Sender, to: &Address) -> Result<Message, DeliverError> {
    let composed_at = Duration::from_millis(u64::try_from(mail.composed_at.as_millis()).unwrap_or(0));
    let mut builder = Message::builder()
        .from(mailbox(&from.name, &from.email, "sender's address")?)
        .to(mailbox(&to.name, &to.email, "recipient's address")?)
        .subject(one_line(&mail.rendered.subject))
        .date(UNIX_EPOCH + composed_at)
        // Ours always: left to lettre it would hold the machine's host name.
        .message_id(Some(format!("<{}>", mail.message_id)))
        .header(AutoSubmitted)
        .header(Precedence)
        .header(ListId(format!("newsvigil <newsvigil.{}>", from.domain())))
        .header(ListUnsubscribe::of(mail, from));
    if from.one_click.is_some() {
        builder = builder.header(ListUnsubscribePost);
    }
    if !mail.in_reply_to.is_empty() {
        // RFC 5322 §3.6.4: a thread of two, whatever came between.
        let first = format!("<{}>", mail.in_reply_to);
        builder = builder.in_reply_to(first.clone()).references(first);
    }
    if let Some(reply_to) = &from.reply_to {
        builder = builder.reply_to(mailbox("", reply_to, "reply-to address")?);
    }
    let text = SinglePart::builder().header(ContentType::TEXT_PLAIN).body(mail.rendered.text.clone());
    if mail.rendered.html.is_empty() {
        return builder.singlepart(text).map_err(|error| DeliverError::Message { why: error.to_string() });
    }
    let html = SinglePart::builder().header(ContentType::TEXT_HTML).body(mail.rendered.html.clone());
    // `=_` stands in no quoted-printable and no base64 text (RFC 2045 §6.7).
    let parts = MultiPart::alternative().boundary(format!("=_{}", mail.id)).singlepart(text).singlepart(html);
    builder.multipart(parts).map_err(|error| DeliverError::Message { why: error.to_string() })
}

/// Parses an address and writes its domain in ASCII (RFC 5890); the error does not repeat it.
pub fn address(email: &str, whose: &'static str) -> Result<MailAddress, DeliverError> {
    let wrong = || DeliverError::Address { whose };
    let (local, domain) = email.trim().rsplit_once('@').ok_or_else(wrong)?;
    let domain =
        if domain.is_ascii() { domain.to_owned() } else { Host::parse(domain).map_err(|_| wrong())?.to_string() };
    MailAddress::new(local, domain).map_err(|_| wrong())
}

fn mailbox(name: &str, email: &str, whose: &'static str) -> Result<Mailbox, DeliverError> {
    let name = one_line(name);
    Ok(Mailbox::new((!name.is_empty()).then_some(name), address(email, whose)?))
}

/// Without line breaks and other controls: nothing from outside may begin a header, nor turn the text around.
fn one_line(text: &str) -> String {
    let breaks = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let clean: String = text.chars().map(|c| if breaks(c) { ' ' } else { c }).collect();
    clean.trim().to_owned()
}
