//! One HTTP request and its answer, as `source` plans them and `fetch` carries them out.

use url::Url;

use super::time::Timestamp;

/// What a server gave us to ask "has it changed since?" with. Opaque bytes, echoed exactly (RFC 9110 §13.1),
/// and only to the URL in `url`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    pub etag: Option<Vec<u8>>,
    pub last_modified: Option<Vec<u8>>,
}

impl Validators {
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// What is fetched; it picks the byte cap and the `Accept` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Feed,
    Page,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchRequest {
    pub url: Url,
    pub purpose: Purpose,
    pub validators: Validators,
}

/// A complete answer: 304, or a 2xx whose body was read whole. Everything else is a `FetchError`.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// Where the body came from, after redirects.
    pub url: Url,
    /// Set when every hop from the URL asked was 301 or 308: the address the server wants us to use.
    pub moved_to: Option<Url>,
    pub status: u16,
    /// Response headers in order; names in lower case, values as received.
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Body,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    NotModified,
    Bytes(Vec<u8>),
}

impl Fetched {
    /// The first header of that (lower-case) name, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header_bytes(name).and_then(|value| std::str::from_utf8(value).ok())
    }

    pub fn header_bytes(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_slice())
    }

    /// The validators of this answer; what a header omits is `None`.
    pub fn validators(&self) -> Validators {
        Validators {
            etag: self.header_bytes("etag").map(<[u8]>::to_vec),
            last_modified: self.header_bytes("last-modified").map(<[u8]>::to_vec),
        }
    }
}
