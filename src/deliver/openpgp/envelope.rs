//! The two messages that an encrypted mail is: the one within, whole, and the one around it, which tells as little as
//! mail needs. Header fields are moved as they were written, folds included.

/// What stands in the subject's place where everybody can read it (RFC 9788 §3.2.1).
pub const NO_SUBJECT: &str = "[...]";

/// A message, its head in fields.
pub struct Parts<'m> {
    fields: Vec<&'m str>,
    body: &'m [u8],
}

impl<'m> Parts<'m> {
    /// `None`: it is no message with a head in ASCII.
    pub fn of(message: &'m [u8]) -> Option<Parts<'m>> {
        let end = message.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&message[..end]).ok()?;
        Some(Parts { fields: fields(head), body: &message[end + 4..] })
    }

    /// What is encrypted: the message with all its fields, marked as protecting them, those around it named (RFC 9788
    /// §2.2; `protected-headers` is what programs older than that look for).
    pub fn protected(&self) -> Vec<u8> {
        let mut head = String::new();
        for field in self.fields.iter().copied() {
            match field.split_once(';') {
                _ if name(field) != "content-type" => head.push_str(field),
                Some((kind, rest)) => head.push_str(&format!("{kind};\r\n {MARK};{rest}")),
                None => head.push_str(&format!("{field};\r\n {MARK}")),
            }
            head.push_str("\r\n");
        }
        for field in self.outer_fields() {
            head.push_str(&format!("HP-Outer: {field}\r\n"));
        }
        [head.as_bytes(), b"\r\n", self.body].concat()
    }

    /// The mail as it is sent. `=_` stands in no armor.
    pub fn around(&self, armored: &str, boundary: &str) -> Vec<u8> {
        let mut mail: String = self.outer_fields().map(|field| format!("{field}\r\n")).collect();
        let armored = armored.replace("\r\n", "\n").replace('\n', "\r\n");
        mail.push_str(&format!(
            "MIME-Version: 1.0\r\n\
             Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\";\r\n boundary=\"{boundary}\"\r\n\r\n\
             --{boundary}\r\n\
             Content-Type: application/pgp-encrypted\r\n\r\n\
             Version: 1\r\n\r\n\
             --{boundary}\r\n\
             Content-Type: application/octet-stream; name=\"encrypted.asc\"\r\n\
             Content-Disposition: inline; filename=\"encrypted.asc\"\r\n\r\n\
             {armored}\r\n\
             --{boundary}--\r\n"
        ));
        mail.into_bytes()
    }

    /// Without those that describe the body.
    fn outer_fields(&self) -> impl Iterator<Item = String> + '_ {
        let outer =
            self.fields.iter().filter(|field| !name(field).starts_with("content-") && name(field) != "mime-version");
        outer.map(|field| match name(field).as_str() {
            "subject" => format!("Subject: {NO_SUBJECT}"),
            _ => (*field).to_owned(),
        })
    }
}

const MARK: &str = "hp=\"cipher\"; protected-headers=\"v1\"";

fn fields(head: &str) -> Vec<&str> {
    let starts = head.match_indices("\r\n").map(|(at, _)| at + 2).filter(|at| !head[*at..].starts_with([' ', '\t']));
    let mut fields = Vec::new();
    let mut from = 0;
    for start in starts {
        fields.push(head[from..start].trim_end_matches("\r\n"));
        from = start;
    }
    fields.push(&head[from..]);
    fields
}

fn name(field: &str) -> String {
    field.split(':').next().unwrap_or_default().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = "From: a@news.example\r\nSubject: =?utf-8?b?x?=\r\n =?utf-8?b?y?=\r\nMIME-Version: 1.0\r\n\
                           Content-Type: multipart/alternative;\r\n boundary=\"=_m\"\r\n\r\nbody\r\n";

    #[test]
    fn the_subject_is_within_alone_and_the_body_is_as_it_was() {
        let parts = Parts::of(MESSAGE.as_bytes()).expect("a message");
        let within = String::from_utf8(parts.protected()).expect("text");
        assert_eq!(
            within,
            "From: a@news.example\r\nSubject: =?utf-8?b?x?=\r\n =?utf-8?b?y?=\r\nMIME-Version: 1.0\r\n\
             Content-Type: multipart/alternative;\r\n hp=\"cipher\"; protected-headers=\"v1\";\r\n boundary=\"=_m\"\r\n\
             HP-Outer: From: a@news.example\r\nHP-Outer: Subject: [...]\r\n\r\nbody\r\n"
        );
        let around = String::from_utf8(parts.around("-----BEGIN\nx\n", "=_o")).expect("text");
        assert!(around.starts_with("From: a@news.example\r\nSubject: [...]\r\nMIME-Version: 1.0\r\n"), "{around}");
        assert!(!around.contains("utf-8") && !around.contains("body") && around.contains("\r\n-----BEGIN\r\nx\r\n"));
    }
}
