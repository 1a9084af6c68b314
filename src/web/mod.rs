//! `/healthz` and `/metrics`, for monitoring on the same machine. Off unless the configuration names an address.

mod status;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::ops::health::Health;
use crate::ops::metrics::Metrics;
use crate::store::Store;

/// What the pages tell of.
#[derive(Clone)]
pub struct State {
    pub store: Store,
    pub metrics: Arc<Metrics>,
    pub health: Health,
    pub clock: Clock,
    /// Names by which the pages may be asked for, beside this machine's own.
    pub hosts: Arc<[String]>,
}

/// Serves until told to stop.
pub async fn serve(listener: TcpListener, state: State, stop: CancellationToken) -> std::io::Result<()> {
    axum::serve(listener, router(state)).with_graceful_shutdown(stop.cancelled_owned()).await
}

fn router(state: State) -> Router {
    let hosts = Arc::clone(&state.hosts);
    Router::new()
        .route("/healthz", get(status::healthz))
        .route("/metrics", get(status::metrics))
        .layer(middleware::from_fn(move |request, next| only_known_hosts(Arc::clone(&hosts), request, next)))
        .with_state(state)
}

/// Answers only to names of this machine and those configured: a web page that has its own name resolve to loopback
/// (DNS rebinding) learns nothing.
async fn only_known_hosts(hosts: Arc<[String]>, request: Request, next: Next) -> Response {
    let named = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = without_port(named);
    let known = matches!(name, "localhost" | "127.0.0.1" | "[::1]") || hosts.iter().any(|host| host == name);
    if known {
        next.run(request).await
    } else {
        (StatusCode::MISDIRECTED_REQUEST, "unknown host name\n").into_response()
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::without_port;

    #[test]
    fn a_host_is_compared_without_its_port() {
        assert_eq!(without_port("localhost:9090"), "localhost");
        assert_eq!(without_port("[::1]:9090"), "[::1]");
        assert_eq!(without_port("[::1]"), "[::1]");
        assert_eq!(without_port("evil.example"), "evil.example");
    }
}
