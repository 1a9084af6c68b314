//! `/unsubscribe/RECIPIENT/TOKEN`: a POST unsubscribes without a question (RFC 8058), a GET shows a button.
//!
//! Programs that look at links in mails send GETs: those change nothing. To a wrong token nothing tells whether there
//! is such a recipient.

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tracing::{error, info};

use super::{Monitor, is_ours, without_port};
use crate::model::id::RecipientId;
use crate::model::token::TokenKey;
use crate::store::Store;

/// What readers unsubscribe with.
#[derive(Clone)]
pub struct Unsubscribing {
    pub store: Store,
    pub key: TokenKey,
    /// The name by which readers ask, in lower case. Nothing but this is answered by it.
    pub host: String,
}

const WHY: &str = "unsubscribed by the link in a mail";

/// The routes; none where readers unsubscribe by mail alone.
pub(super) fn routes(monitor: &Monitor) -> Router<Monitor> {
    if monitor.unsubscribing.is_none() {
        return Router::new();
    }
    Router::new()
        .route("/unsubscribe/{recipient}/{token}", get(ask).post(unsubscribe))
        .layer(middleware::from_fn_with_state(monitor.clone(), asked_by_readers))
}

async fn asked_by_readers(State(monitor): State<Monitor>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let by_readers = monitor.unsubscribing.as_ref().is_some_and(|of| without_port(host).eq_ignore_ascii_case(&of.host));
    if by_readers || is_ours(host, &monitor.hosts) {
        return next.run(request).await;
    }
    StatusCode::MISDIRECTED_REQUEST.into_response()
}

/// `None`: the token is not this recipient's.
fn asked(monitor: &Monitor, recipient: String, token: &str) -> Option<(Unsubscribing, RecipientId)> {
    let recipient = RecipientId::from_stored(recipient);
    let of = monitor.unsubscribing.clone()?;
    of.key.is_unsubscribe_token(&recipient, token).then_some((of, recipient))
}

async fn ask(State(monitor): State<Monitor>, Path((recipient, token)): Path<(String, String)>) -> Response {
    if asked(&monitor, recipient, &token).is_none() {
        return no_such_link();
    }
    let form = "<p>No more mails from newsvigil?</p><form method=\"post\"><button>Unsubscribe</button></form>";
    page(StatusCode::OK, form)
}

async fn unsubscribe(State(monitor): State<Monitor>, Path((recipient, token)): Path<(String, String)>) -> Response {
    let Some((of, recipient)) = asked(&monitor, recipient, &token) else { return no_such_link() };
    match of.store.pause_recipient(&recipient, WHY, monitor.clock.now()).await {
        Ok(Some(new)) => {
            if new {
                info!(recipient.id = %recipient, "{recipient} has unsubscribed");
            }
            page(StatusCode::OK, "<p>You get no more mails from newsvigil. If that was a mistake, tell the office.</p>")
        }
        Ok(None) => no_such_link(),
        Err(failure) => {
            error!(recipient.id = %recipient, "{recipient} could not unsubscribe: {failure}");
            page(StatusCode::SERVICE_UNAVAILABLE, "<p>That did not work just now. Please try again in a minute.</p>")
        }
    }
}

fn no_such_link() -> Response {
    page(StatusCode::NOT_FOUND, "<p>This link does not unsubscribe anybody.</p>")
}

/// `body` is our own text alone.
fn page(status: StatusCode, body: &str) -> Response {
    let html =
        format!("<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>newsvigil</title>{body}</html>");
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
}
