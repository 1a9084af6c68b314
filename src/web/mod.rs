//! `/healthz`, `/metrics` and `/bulletins/`, for this machine; and `/unsubscribe/`, for readers, where these are
//! configured.
//!
//! Nothing else is answered: no page, no version to strangers. A request must name one of our hosts, so that a page
//! in somebody's browser cannot read us through a name of its own (DNS rebinding). Connections are few and short.

mod bounded;
mod bulletins;
mod unsubscribe;

pub use bulletins::Bulletins;
pub use unsubscribe::Unsubscribing;

use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use tokio::net::TcpListener;

use crate::clock::Clock;
use crate::ops::health::Health;
use crate::ops::metrics::{CONTENT_TYPE, Levels, Metrics};

/// The database has this long to give its counts; without them `/metrics` shows the last ones.
const COUNTS_TIMEOUT: Duration = Duration::from_secs(2);

/// Asks the database what stands in it; `None` if it cannot say.
pub type AskLevels = dyn Fn() -> Pin<Box<dyn Future<Output = Option<Levels>> + Send>> + Send + Sync;

/// What the endpoint tells of.
#[derive(Clone)]
pub struct Monitor {
    pub metrics: Arc<Metrics>,
    pub health: Health,
    pub clock: Clock,
    pub levels: Arc<AskLevels>,
    /// Names by which we may be asked, beside this machine's own. Lower case, without port.
    pub hosts: Arc<[String]>,
    /// `None`: readers unsubscribe by mail alone.
    pub unsubscribing: Option<Unsubscribing>,
    /// `None`: bulletins are files, or not at all.
    pub bulletins: Option<Bulletins>,
}

#[derive(Debug, thiserror::Error)]
pub enum WebError {
    #[error("could not listen at {address}")]
    Listen {
        address: SocketAddr,
        #[source]
        source: std::io::Error,
    },
    #[error("the status endpoint ended")]
    Serve(#[source] std::io::Error),
}

/// Takes the address.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, WebError> {
    TcpListener::bind(address).await.map_err(|source| WebError::Listen { address, source })
}

/// Answers until `shutdown` ends; then the connections that are open have their short time to finish.
pub async fn serve(
    listener: TcpListener,
    monitor: Monitor,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), WebError> {
    let listener = bounded::Bounded::new(listener);
    axum::serve(listener, router(monitor)).with_graceful_shutdown(shutdown).await.map_err(WebError::Serve)
}

fn router(monitor: Monitor) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/metrics", get(metrics))
        .merge(bulletins::routes(&monitor))
        .fallback(async || StatusCode::NOT_FOUND)
        .layer(middleware::from_fn_with_state(monitor.clone(), only_our_names))
        .merge(unsubscribe::routes(&monitor))
        .layer(middleware::map_response(guard_headers))
        .with_state(monitor)
}

async fn healthz(State(monitor): State<Monitor>) -> Response {
    let verdict = monitor.health.verdict(monitor.clock.now());
    let status = if verdict.is_healthy() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(verdict)).into_response()
}

async fn metrics(State(monitor): State<Monitor>) -> Response {
    if let Ok(Some(levels)) = tokio::time::timeout(COUNTS_TIMEOUT, (monitor.levels)()).await {
        monitor.metrics.set_levels(&levels);
    }
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], monitor.metrics.encode()).into_response()
}

/// Refuses requests that reached us by a name that is not ours.
async fn only_our_names(State(monitor): State<Monitor>, request: Request, next: Next) -> Response {
    let asked = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    match asked {
        Some(host) if is_ours(host, &monitor.hosts) => next.run(request).await,
        _ => StatusCode::MISDIRECTED_REQUEST.into_response(),
    }
}

/// Nothing here is for a browser to keep, guess at or show in a frame.
async fn guard_headers(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, header::HeaderValue::from_static("nosniff"));
    headers.insert(header::CONTENT_SECURITY_POLICY, header::HeaderValue::from_static("default-src 'none'"));
    response
}

/// An address cannot be rebound, so loopback ones are ours; names must be known.
fn is_ours(host: &str, known: &[String]) -> bool {
    let name = without_port(host).to_ascii_lowercase();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost"
        || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
        || known.iter().any(|known| *known == name || *known == address)
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        // The colons of a bare IPv6 address begin no port.
        Some((name, _)) if name.contains(':') && !name.ends_with(']') => host,
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests;
