//! What mail servers say: read for what it asks of us, and cleaned for who reads it.

use lettre::transport::smtp::Error;
use lettre::transport::smtp::response::Response;

use super::Address;

/// What the other side said when it took the mail; never an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply(pub String);

/// Characters of a reply that are kept.
const MAX_CHARACTERS: usize = 300;

/// A negative answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: u16,
    /// Code and words.
    pub text: String,
}

impl Refusal {
    /// What the server answered; `None`: that was no answer.
    pub fn of(error: &Error) -> Option<Refusal> {
        let code = error.status()?;
        let words = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
        Some(Refusal { code: code.into(), text: format!("{code} {words}") })
    }

    pub fn is_permanent(&self) -> bool {
        self.code >= 500
    }

    /// 421: the server closes the connection; it says nothing of the mail.
    pub fn is_farewell(&self) -> bool {
        self.code == 421
    }

    /// A permanent "no" at RCPT that would meet any recipient: the server wants a login, or does not relay for us, or
    /// does not like the sender. Servers check those at RCPT by habit (Postfix' `smtpd_delay_reject`), and giving up on
    /// each recipient for it would lose mail. Told by the code (RFC 4954 §6) or the enhanced code (RFC 3463 §3.8, RFC
    /// 7372): X.7.z is policy, X.1.7 and X.1.8 the sender's address.
    pub fn is_about_us(&self) -> bool {
        let words = self.text.to_ascii_lowercase();
        let enhanced = enhanced(&words);
        self.is_permanent()
            && (matches!(self.code, 530 | 535 | 538)
                || enhanced.starts_with("5.7.")
                || matches!(enhanced, "5.1.7" | "5.1.8")
                // `550 relay not permitted`, but not `550 5.1.1 user unknown in relay recipient table`.
                || (words.contains("relay") && !enhanced.starts_with("5.1.")))
    }

    /// Behind the final dot X.7.1 is what filters of spam say of one mail; the other X.7.z (sender authentication, RFC
    /// 7372; a sender that the login may not use) would meet every mail.
    pub fn may_be_about_the_text(&self) -> bool {
        enhanced(&self.text) == "5.7.1"
    }
}

/// The enhanced code of an answer's words, which follows the code.
fn enhanced(words: &str) -> &str {
    words.split_whitespace().nth(1).unwrap_or_default()
}

/// Code and words of an answer.
pub fn in_words(response: &Response) -> String {
    format!("{} {}", response.code(), response.message().collect::<Vec<_>>().join(" "))
}

/// What lies at the bottom of an error that is no answer, in words; lettre's own layers say nothing more.
pub fn cause(error: &Error) -> String {
    let mut bottom: &dyn std::error::Error = error;
    while let Some(below) = bottom.source() {
        bottom = below;
    }
    let words = bottom.to_string();
    match words.strip_prefix("error Tag at: ") {
        Some(line) => format!("no mail server says: {line}"),
        None if words == "incomplete response" => "the server hung up".to_owned(),
        None => words,
    }
}

/// The text without addresses and control characters, and no longer than is read: servers like to repeat whom they
/// refuse, or whom an alias stands for, and replies are shown and logged.
pub fn scrubbed(text: &str, to: &Address) -> String {
    let local = to.email.rsplit_once('@').map_or("", |(local, _)| local).to_lowercase();
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let clean: Vec<_> = words.map(|word| without_address(word, &to.email.to_lowercase(), &local)).collect();
    clean.join(" ").chars().take(MAX_CHARACTERS).collect()
}

fn without_address(word: &str, email: &str, local: &str) -> String {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
    let lower = bare.to_lowercase();
    let stand_in = if !email.is_empty() && lower.contains(email) || !local.is_empty() && lower == local {
        "recipient"
    } else if word.contains('@') {
        "address"
    } else {
        return word.to_owned();
    };
    let end = if word.ends_with([':', ',', ';', '.']) { &word[word.len() - 1..] } else { "" };
    format!("<{stand_in}>{end}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refusal(text: &str) -> Refusal {
        Refusal { code: text[..3].parse().unwrap(), text: text.to_owned() }
    }

    #[test]
    fn addresses_in_a_reply_are_taken_out() {
        let to = Address::plain("", "Ann.Lee@ngo.example");
        let said = |text: &str| scrubbed(text, &to);
        assert_eq!(
            said("550 5.1.1 <ann.lee@NGO.example>: user Ann.Lee unknown"),
            "550 5.1.1 <recipient>: user <recipient> unknown"
        );
        assert_eq!(said("550 alias of real.name@inside.example, gone"), "550 alias of <address>, gone");
        assert_eq!(said("550 RCPT TO:<ann.lee@ngo.example> no\r\n\0x"), "550 RCPT <recipient> no x");
        assert_eq!(said("250 2.0.0 Ok: queued as 4F2A9"), "250 2.0.0 Ok: queued as 4F2A9");
        assert_eq!(said(&"x".repeat(9_000)).len(), MAX_CHARACTERS);
    }

    proptest! {
        #[test]
        fn no_reply_tells_an_address(before in ".{0,60}", after in ".{0,60}", shouted in any::<bool>()) {
            let to = Address::plain("", "ann.lee@ngo.example");
            let email = if shouted { to.email.to_uppercase() } else { to.email.clone() };
            let told = scrubbed(&format!("550 {before}{email}{after}"), &to);
            prop_assert!(!told.contains('@') && !told.chars().any(char::is_control), "{}", told);
        }
    }

    #[test]
    fn a_no_that_any_recipient_would_meet_is_about_us() {
        for text in [
            "554 5.7.1 <x>: Relay access denied",
            "550 relay not permitted",
            "530 5.7.0 Authentication required",
            "553 5.7.1 sender address rejected: not owned by user",
            "550 5.1.8 sender's domain does not exist",
        ] {
            assert!(refusal(text).is_about_us(), "{text}");
        }
        for text in [
            "550 5.1.1 no such user",
            "550 no such user",
            "552 5.2.2 mailbox full",
            "550 5.1.1 unknown in relay recipient table",
            "450 4.7.1 greylisted",
        ] {
            assert!(!refusal(text).is_about_us(), "{text}");
        }
    }
}
