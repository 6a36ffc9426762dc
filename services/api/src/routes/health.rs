//! How the process is.

use std::time::Duration;

use axum::{extract::State, http::header::CONTENT_TYPE, response::IntoResponse};
use engine::Engine;
use journal::Positions;
use licensing::Instant;
use tokio::time::timeout;

use crate::{
    app::App,
    problem::{Problem, ProblemCode},
};

/// The text format that Prometheus reads.
const PROMETHEUS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How long the engine may take to answer when it is asked whether it does.
const ENGINE_WAIT_MAX: Duration = Duration::from_secs(2);

/// Tells that the process runs.
#[utoipa::path(get, path = "/healthz", operation_id = "check_liveness", tag = "process",
    responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// Tells whether commands and reads are answered.
#[utoipa::path(get, path = "/readyz", operation_id = "check_readiness", tag = "process",
    responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn ready(State(app): State<App>) -> Result<&'static str, Problem> {
    check_engine(&app.services().engine).await?;
    let views_answer = app
        .blocking(|services| -> Result<_, Problem> {
            services.journal.heads()?;
            services.index.progress()?;
            Ok(services.views.wait_for(&Positions::default(), Duration::ZERO)?)
        })
        .await?;
    if views_answer {
        return Ok("ready\n");
    }
    Err(Problem::new(ProblemCode::Unavailable, "the read models do not answer: see usher's log"))
}

/// Asks the engine for what it always refuses, to set the clock back: whoever refuses is alive, and nothing changes.
async fn check_engine(engine: &Engine) -> Result<(), Problem> {
    let refused = engine.try_advance_clock(Instant::MIN_UTC)?;
    let answer = timeout(ENGINE_WAIT_MAX, refused.answer()).await;
    let answer = answer.map_err(|_| Problem::new(ProblemCode::Unavailable, "the engine does not answer in time"))?;
    answer.map(|_always_refused| ()).map_err(Problem::from)
}

/// Gives the metrics of the process.
#[utoipa::path(get, path = "/metrics", operation_id = "show_metrics", tag = "process",
    responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn metrics(State(app): State<App>) -> impl IntoResponse {
    ([(CONTENT_TYPE, PROMETHEUS_TEXT)], (app.services().metrics)())
}
