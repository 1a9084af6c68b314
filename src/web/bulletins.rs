//! `/bulletins/TOKEN/WATCH.atom` and `.json`: a watch's newest hits, for whoever was given the address.
//!
//! What is watched for is nobody else's business: each watch has a token of its own, and to a wrong one nothing tells
//! whether there is such a watch. Asked by this machine's own names alone, like `/metrics`.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tracing::error;

use super::Monitor;
use crate::bulletin::Form;
use crate::model::bulletin::Bulletin;
use crate::model::id::{WatchId, sha256_hex};
use crate::model::token::TokenKey;
use crate::store::Store;

/// The watches of the running configuration, each with its name.
pub type AskWatches = dyn Fn() -> Vec<(WatchId, String)> + Send + Sync;

#[derive(Clone)]
pub struct Bulletins {
    pub store: Store,
    pub key: TokenKey,
    pub watches: Arc<AskWatches>,
    /// Hits in each.
    pub hits: u32,
    /// One of ours, for ids.
    pub domain: String,
}

/// The routes; none where nothing is served.
pub(super) fn routes(monitor: &Monitor) -> Router<Monitor> {
    match monitor.bulletins {
        Some(_) => Router::new().route("/bulletins/{token}/{file}", get(bulletin)),
        None => Router::new(),
    }
}

async fn bulletin(
    State(monitor): State<Monitor>,
    Path((token, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let Some((of, watch, name, form)) = asked(&monitor, &token, &file) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let hits = match of.store.newest_hits(&watch, of.hits).await {
        Ok(hits) => hits,
        Err(failure) => {
            error!(watch.id = %watch, "The bulletin of {watch} could not be read: {failure}");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let text = form.write(&Bulletin { watch, name, hits }, &of.domain);
    let tag = format!("\"{}\"", &sha256_hex(text.as_bytes())[..32]);
    let known = headers.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    if known.is_some_and(|tags| tags.split(',').any(|one| one.trim().trim_start_matches("W/") == tag)) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    ([(header::CONTENT_TYPE, form.media_type().to_owned()), (header::ETAG, tag)], text).into_response()
}

/// `None`: there is no such file, or the token is not for it.
fn asked<'m>(monitor: &'m Monitor, token: &str, file: &str) -> Option<(&'m Bulletins, WatchId, String, Form)> {
    let of = monitor.bulletins.as_ref()?;
    let (id, extension) = file.rsplit_once('.')?;
    let form = Form::ALL.into_iter().find(|form| form.extension() == extension)?;
    let id = WatchId::from_stored(id);
    let ours = of.key.is_bulletin_token(&id, token);
    let (watch, name) = (of.watches)().into_iter().find(|(watch, _)| *watch == id)?;
    ours.then_some((of, watch, name, form))
}
