//! Reads what mail servers send back: which delivery, and what became of it (RFC 3464).
//!
//! Takes the whole report or its delivery-status part alone, and what others make of it: it looks for the fields and
//! for the ids of our deliveries wherever they stand. Knows nothing of the store, so an id may be of no delivery.

use super::Address;
use super::reply::scrubbed;
use crate::model::delivery::{Bounce, BounceKind};
use crate::model::id::DeliveryId;

/// Bytes of a report that are looked at; what is quoted of the mail stands behind.
pub const MAX_REPORT: usize = 256 * 1024;
/// Characters of an id behind `m_`, and what they are written with.
const ID: usize = 16;
const ALPHABET: &[u8] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What a mail that came back turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Returned {
    Bounce(Bounce),
    /// A report that something arrived, was relayed or was expanded: nothing to do.
    GoodNews,
    /// A report of a failure that names no delivery of ours.
    Nameless,
    /// No report: an answer of a person or of an autoresponder.
    NoReport,
}

/// Reads a mail that came back. Never fails: everything is something.
pub fn read_returned(mail: &[u8]) -> Returned {
    let mail = &mail[..mail.len().min(MAX_REPORT)];
    let text = String::from_utf8_lossy(mail);
    let lines = unfolded(&text);
    let Some(action) = field(&lines, "action") else { return Returned::NoReport };
    let status = field(&lines, "status").unwrap_or_default();
    let status: String = status.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let action = action.split([' ', '(', ';']).next().unwrap_or_default().to_ascii_lowercase();
    let kind = match action.as_str() {
        "failed" => BounceKind::of_failure(&status),
        "delayed" => BounceKind::Delayed,
        _ => return Returned::GoodNews,
    };
    let Some(delivery) = delivery_in(&text) else { return Returned::Nameless };
    let nobody = Address::plain("", "");
    let words = field(&lines, "diagnostic-code").unwrap_or_default();
    // `smtp; 550 …`: the type says nothing to a reader.
    let words = words.split_once(';').map_or(words, |(_, words)| words).trim();
    let said = if words.contains(&status) { words.to_owned() } else { format!("{status} {words}") };
    Returned::Bounce(Bounce { delivery, kind, said: scrubbed(&said, &nobody) })
}

/// Header lines with what continues them (RFC 5322 §2.2.3).
fn unfolded(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        match lines.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) && !last.is_empty() => {
                last.push(' ');
                last.push_str(line.trim());
            }
            _ => lines.push(line.trim_end().to_owned()),
        }
    }
    lines
}

/// The first field of that name, in lower case: ours are one recipient each.
fn field<'l>(lines: &'l [String], name: &str) -> Option<&'l str> {
    lines.iter().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// Our Message-ID is `m_….newsvigil@domain`, our return path `name+m_…@domain`.
fn delivery_in(text: &str) -> Option<DeliveryId> {
    let named = text.match_indices("m_").filter_map(|(at, _)| {
        let id = text.get(at..at + 2 + ID)?;
        let rest = text.get(at + 2 + ID..)?;
        let ours = id.bytes().skip(2).all(|byte| ALPHABET.contains(&byte));
        let in_message_id = rest.starts_with(".newsvigil@");
        let in_return_path = rest.starts_with('@') && text.get(..at).is_some_and(|before| before.ends_with('+'));
        (ours && (in_message_id || in_return_path)).then(|| DeliveryId::from_stored(id))
    });
    named.last()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "m_0123456789abcdef";

    fn part(action: &str, status: &str, words: &str) -> String {
        format!(
            "Reporting-MTA: dns; mail.example\r\n\r\nFinal-Recipient: rfc822; kim@ngo.example\r\nAction: {action}\r\n\
             Status: {status}\r\nDiagnostic-Code: {words}\r\n"
        )
    }

    fn with_headers(part: &str) -> String {
        format!(
            "From: MAILER-DAEMON@mail.example\r\nTo: digest@news.example\r\nAuto-Submitted: auto-replied\r\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n--x\r\n\
             Content-Type: message/delivery-status\r\n\r\n{part}\r\n--x\r\nContent-Type: text/rfc822-headers\r\n\r\n\
             Message-ID: <{ID}.newsvigil@news.example>\r\n--x--\r\n"
        )
    }

    fn bounce(mail: &str) -> Bounce {
        match read_returned(mail.as_bytes()) {
            Returned::Bounce(bounce) => bounce,
            other => panic!("{other:?}"),
        }
    }

    // E21
    #[test]
    fn a_report_names_the_delivery_by_its_message_id_and_its_words_name_nobody() {
        let words = "smtp; 550 5.1.1\r\n <kim@ngo.example>: no such user here";
        let found = bounce(&with_headers(&part("failed", "5.1.1", words)));
        let said = "550 5.1.1 <address>: no such user here";
        assert_eq!(found, Bounce { delivery: DeliveryId::from_stored(ID), kind: BounceKind::Hard, said: said.into() });
    }

    #[test]
    fn the_status_part_alone_is_enough_where_the_return_path_names_the_delivery() {
        let mail =
            format!("Delivered-To: bounces+{ID}@news.example\n{}", part("failed", "5.1.1", "x")).replace('\r', "");
        assert_eq!(bounce(&mail).delivery.as_str(), ID);
    }

    #[test]
    fn hard_soft_and_delayed_are_kept_apart() {
        for (action, status, kind) in [
            ("failed", "5.1.1", BounceKind::Hard),
            ("failed (bounced)", "5.4.4", BounceKind::Hard),
            ("failed", "5.2.2", BounceKind::Soft),
            ("failed", "5.7.1", BounceKind::Soft),
            ("failed", "5.1.8", BounceKind::Soft),
            ("Failed", "4.4.7", BounceKind::Soft),
            ("delayed", "4.4.1", BounceKind::Delayed),
        ] {
            assert_eq!(bounce(&with_headers(&part(action, status, "smtp; x"))).kind, kind, "{action} {status}");
        }
        assert_eq!(read_returned(with_headers(&part("delivered", "2.0.0", "x")).as_bytes()), Returned::GoodNews);
    }

    // E28
    #[test]
    fn answers_of_people_and_of_autoresponders_are_no_bounces() {
        let answer =
            format!("Subject: Out of office\r\nIn-Reply-To: <{ID}.newsvigil@news.example>\r\n\r\nBack on Monday");
        assert_eq!(read_returned(answer.as_bytes()), Returned::NoReport);
        assert_eq!(read_returned(b"\xff\xfe\0"), Returned::NoReport);
        assert_eq!(read_returned(part("failed", "5.1.1", "m_ m_0 +m_é@").as_bytes()), Returned::Nameless);
    }
}
