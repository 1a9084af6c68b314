//! The two pages.

use axum::Json;
use axum::extract::State as Shared;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tracing::warn;

use super::State;
use crate::store::Counts;

/// 200 while every loop goes round and the database answers; otherwise 503 with what does not.
pub async fn healthz(Shared(state): Shared<State>) -> Response {
    if let Err(stuck) = state.health.verdict(state.clock.now()) {
        return (StatusCode::SERVICE_UNAVAILABLE, Json(json!({ "ok": false, "stuck": stuck }))).into_response();
    }
    if let Err(failure) = state.store.ping().await {
        warn!("the database does not answer: {failure}");
        let answer = Json(json!({ "ok": false, "database": "does not answer" }));
        return (StatusCode::SERVICE_UNAVAILABLE, answer).into_response();
    }
    Json(json!({ "ok": true, "version": env!("CARGO_PKG_VERSION") })).into_response()
}

/// Prometheus' text format. Without the row counts when the database does not answer.
pub async fn metrics(Shared(state): Shared<State>) -> impl IntoResponse {
    let rows = match state.store.counts().await {
        Ok(counts) => rows(&counts).to_vec(),
        Err(failure) => {
            warn!("rows could not be counted: {failure}");
            Vec::new()
        }
    };
    let format = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, format)], state.metrics.page_text(&rows))
}

fn rows(counts: &Counts) -> [(&'static str, u64); 9] {
    [
        ("feeds", counts.feeds),
        ("feeds_failing", counts.feeds_failing),
        ("feeds_disabled", counts.feeds_disabled),
        ("entries", counts.entries),
        ("entries_pending", counts.entries_pending),
        ("entries_abandoned", counts.entries_abandoned),
        ("reports_waiting", counts.reports_waiting),
        ("deliveries_queued", counts.deliveries_queued),
        ("deliveries_failed", counts.deliveries_failed),
    ]
}
