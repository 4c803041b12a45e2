//! For load balancers and Prometheus.

use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use crate::state::Ops;

/// How long the database has to answer a probe.
const PROBE: Duration = Duration::from_secs(2);

#[derive(Debug, Serialize)]
struct Readiness {
    status: &'static str,
    database: &'static str,
    /// Told only: without the queue, workers help themselves from the database.
    queue: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<&'static str>,
}

pub(super) fn router(ops: Ops) -> Router {
    Router::new()
        .route("/healthz", get(|| async { Json(serde_json::json!({ "status": "ok" })) }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(ops)
}

async fn ready(State(ops): State<Ops>) -> Response {
    let answers = matches!(tokio::time::timeout(PROBE, ops.db.ping()).await, Ok(Ok(())));
    let mut reasons = Vec::new();
    if ops.drain.has_begun() {
        reasons.push("shutting down");
    }
    if !answers {
        reasons.push("the database does not answer");
    }
    let up = |is_up| if is_up { "up" } else { "down" };
    let status = if reasons.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let word = if reasons.is_empty() { "ready" } else { "not ready" };
    (status, Json(Readiness { status: word, database: up(answers), queue: up((ops.queue_up)()), reasons })).into_response()
}

async fn metrics(State(ops): State<Ops>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, kind)], ops.metrics.render()).into_response()
}
