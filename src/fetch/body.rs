//! Reads a body whole, through a cap that counts what comes out of decompression.

use futures_util::StreamExt as _;
use reqwest::Response;

use super::error::{FetchError, innermost};

/// What to do with a body that is larger than the cap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excess {
    Refuse,
    /// Take what came up to there.
    Cut,
}

/// Returns the body, or why it is not whole. reqwest undoes the one coding we offer; what still names one was encoded
/// some other way, or twice.
pub async fn read(
    response: Response,
    host: &str,
    url: impl Fn() -> String,
    cap: u64,
    excess: Excess,
) -> Result<Vec<u8>, FetchError> {
    if let Some(coding) = response.headers().get("content-encoding").filter(|coding| *coding != "identity") {
        let coding: String = String::from_utf8_lossy(coding.as_bytes()).chars().take(40).collect();
        return Err(FetchError::Encoding { host: host.to_owned(), coding });
    }
    if excess == Excess::Refuse && response.content_length().is_some_and(|announced| announced > cap) {
        return Err(FetchError::TooLarge { url: url(), cap });
    }
    let mut body = Vec::new();
    let mut chunks = response.bytes_stream();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk
            .map_err(|error| FetchError::Interrupted { host: host.to_owned(), why: innermost(&error.without_url()) })?;
        let room = usize::try_from(cap).unwrap_or(usize::MAX) - body.len();
        match excess {
            _ if chunk.len() <= room => body.extend_from_slice(&chunk),
            Excess::Refuse => return Err(FetchError::TooLarge { url: url(), cap }),
            Excess::Cut => {
                body.extend_from_slice(&chunk[..room]);
                break;
            }
        }
    }
    Ok(body)
}
