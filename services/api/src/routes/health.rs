//! How the process is.

use axum::{extract::State, http::header::CONTENT_TYPE, response::IntoResponse};

use crate::{health::Health, problem::Problem};

/// The text format that Prometheus reads.
const PROMETHEUS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Tells that the process runs.
#[utoipa::path(get, path = "/healthz", operation_id = "check_liveness", tag = "process",
    responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// Tells whether commands and reads are answered.
#[utoipa::path(get, path = "/readyz", operation_id = "check_readiness", tag = "process",
    responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn ready(State(health): State<Health>) -> Result<&'static str, Problem> {
    health.check_ready().await?;
    Ok("ready\n")
}

/// Gives the metrics of the process.
#[utoipa::path(get, path = "/metrics", operation_id = "show_metrics", tag = "process",
    responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn metrics(State(health): State<Health>) -> impl IntoResponse {
    ([(CONTENT_TYPE, PROMETHEUS_TEXT)], health.render_metrics())
}
