//! Reads an answer, and where it is an index of sitemaps those that it names too.

use std::time::{Duration, Instant};

use super::Seats;
use crate::fetch::Fetcher;
use crate::model::entry::FeedDocument;
use crate::model::exchange::{FetchRequest, Fetched, Validators};
use crate::model::feed::FeedSpec;
use crate::model::id::sha256_hex;
use crate::source::{self, Limits, ReadError};

/// Once this has passed no further sitemap is asked for: the poll must end within its lease.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// Reads off the async threads: a large body must not hold up the others' sockets, and a panic in a parser costs
/// this feed's poll alone. Of an index also the sitemaps it names, by its own route; then there is a hash too, of all
/// that they hold.
pub async fn read_whole(
    (fetcher, seats): (&Fetcher, &Seats),
    request: &FetchRequest,
    spec: &FeedSpec,
    fetched: Fetched,
    limits: &Limits,
) -> Result<(FeedDocument, Option<String>), ReadError> {
    let document = read_apart(seats, spec, fetched, limits).await?;
    if document.sitemaps.is_empty() {
        return Ok((document, None));
    }
    let document = follow((fetcher, seats), request, spec, document, limits).await?;
    let hash = sha256_hex(format!("{:?}", document.entries).as_bytes());
    Ok((document, Some(hash)))
}

async fn read_apart(
    seats: &Seats,
    spec: &FeedSpec,
    fetched: Fetched,
    limits: &Limits,
) -> Result<FeedDocument, ReadError> {
    let (spec, limits) = (spec.clone(), limits.clone());
    seats.compute(move || source::read(&spec, &fetched, &limits)).await.unwrap_or_else(|| {
        Err(ReadError::Broken { what: "the reader gave up on it: a defect of newsvigil".to_owned() })
    })
}

/// A sitemap that cannot be read costs itself and is told; if none can be read, the poll has failed.
async fn follow(
    (fetcher, seats): (&Fetcher, &Seats),
    request: &FetchRequest,
    spec: &FeedSpec,
    mut index: FeedDocument,
    limits: &Limits,
) -> Result<FeedDocument, ReadError> {
    let begun = Instant::now();
    let (mut parts, mut failures) = (vec![], vec![]);
    for url in &index.sitemaps {
        let name = url.path();
        if begun.elapsed() > PATIENCE {
            failures.push(format!("{name}: not asked for, the others took too long"));
            continue;
        }
        let (validators, validators_url) = (Validators::default(), None);
        let request = FetchRequest { url: url.clone(), validators, validators_url, ..request.clone() };
        let read = match fetcher.get(&request).await {
            Ok(fetched) => read_apart(seats, spec, fetched, limits).await.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match read {
            Ok(part) if part.sitemaps.is_empty() => parts.push(part),
            Ok(_) => failures.push(format!("{name}: an index within an index is not followed")),
            Err(why) => failures.push(format!("{name}: {why}")),
        }
    }
    if parts.is_empty() {
        return Err(ReadError::Broken { what: format!("none of its sitemaps could be read: {}", failures.join("; ")) });
    }
    index.repairs.extend(failures);
    Ok(source::sitemap::joined(index, parts, limits))
}
