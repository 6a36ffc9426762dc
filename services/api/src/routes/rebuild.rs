//! Making the read models anew while they are read, for operators.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use journal::with_causes;
use serde::Serialize;
use utoipa::ToSchema;
use views::{RebuildPhase, RebuildProgress, Rebuilt, Run, Stage};

use crate::{
    app::App,
    extract::Terms,
    problem::{Problem, ProblemCode},
    schema_of_rebuilds as schema,
};

/// A rebuild of the read models of this process; on a database, of all.
#[derive(Serialize, ToSchema)]
pub(super) struct Rebuild {
    /// Which one it is since the process started, from 1; 0 while there was none.
    number: u64,
    state: RebuildState,
    /// What it does; null unless it runs.
    #[schema(value_type = Option<schema::RebuildPhase>)]
    phase: Option<RebuildPhase>,
    /// How many records of the journal are in the new read models; null unless it runs.
    records: Option<u64>,
    /// How many records the journal has; null unless it runs.
    of: Option<u64>,
    /// What came of it; null unless it is done.
    #[schema(value_type = Option<schema::Rebuilt>)]
    result: Option<Arc<Rebuilt>>,
    /// Why it failed; null unless it did.
    reason: Option<String>,
}

/// How far a rebuild is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum RebuildState {
    /// There was none since the process started.
    None,
    /// It runs.
    Running,
    /// The new read models live.
    Done,
    /// It was ended: the read models are as they were.
    Aborted,
    /// It failed: the read models are as they were.
    Failed,
}

/// Shows the last rebuild that this process was asked for.
#[utoipa::path(get, path = "/v1/views/rebuild", operation_id = "show_rebuild", tag = "process",
    responses((status = 200, body = Rebuild)))]
pub(super) async fn show(State(app): State<App>) -> Json<Rebuild> {
    Json(app.rebuilding().last().map_or(Rebuild::of(0, RebuildState::None), Rebuild::from))
}

/// Starts to make the read models anew beside those that live; both are compared and swapped. Reads and commands go on.
#[utoipa::path(post, path = "/v1/views/rebuild", operation_id = "start_rebuild", tag = "process",
    responses((status = 202, body = Rebuild)))]
pub(super) async fn start(State(app): State<App>, terms: Terms) -> Result<(StatusCode, Json<Rebuild>), Problem> {
    check(terms)?;
    let starting = app.clone();
    let run = app.blocking(move |_| starting.rebuilding().start()).await?;
    Ok((StatusCode::ACCEPTED, Json(run.into())))
}

/// Ends the rebuild that runs, which takes it a moment. The read models are as they were, unless the new ones live already.
#[utoipa::path(delete, path = "/v1/views/rebuild", operation_id = "abort_rebuild", tag = "process",
    responses((status = 202, body = Rebuild)))]
pub(super) async fn abort(State(app): State<App>, terms: Terms) -> Result<(StatusCode, Json<Rebuild>), Problem> {
    check(terms)?;
    match app.rebuilding().abort() {
        Some(run) => Ok((StatusCode::ACCEPTED, Json(run.into()))),
        None => Err(Problem::new(ProblemCode::NoRebuild, "no rebuild runs here: there is nothing to end")),
    }
}

/// What is asked for on terms that mean nothing here must not be done.
fn check(terms: Terms) -> Result<(), Problem> {
    if terms == Terms::default() {
        return Ok(());
    }
    Err(Problem::malformed("a rebuild has neither a preview nor a version: leave dry_run and If-Match away"))
}

impl Rebuild {
    const fn of(number: u64, state: RebuildState) -> Self {
        Self { number, state, phase: None, records: None, of: None, result: None, reason: None }
    }
}

impl From<Run> for Rebuild {
    fn from(Run { number, stage, .. }: Run) -> Self {
        match stage {
            Stage::Running(RebuildProgress { phase, records, of }) => Self {
                phase: Some(phase),
                records: Some(records),
                of: Some(of),
                ..Self::of(number, RebuildState::Running)
            },
            Stage::Done(rebuilt) => Self { result: Some(rebuilt), ..Self::of(number, RebuildState::Done) },
            Stage::Aborted => Self::of(number, RebuildState::Aborted),
            Stage::Failed(error) => {
                Self { reason: Some(with_causes(&*error)), ..Self::of(number, RebuildState::Failed) }
            }
        }
    }
}
