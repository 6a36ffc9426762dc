//! The clock that decisions are made by.

use std::time::Duration;

use axum::{Json, extract::State, response::Response};
use engine::Order;
use licensing::Instant;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::seats::ForeignAnswer;
use crate::{
    answer::changed,
    app::{App, Ordered},
    extract::{JsonBody, RequestHead, Terms, Time, parsed},
    preview::previewed,
    problem::{Problem, ProblemCode},
};

/// How long a move of the clock waits until what happened on the way can be read.
const VIEWS_WAIT_MAX: Duration = Duration::from_secs(30);

/// Where the clock stands.
#[derive(Serialize, ToSchema)]
pub(super) struct Clock {
    /// The time.
    #[schema(value_type = String, format = DateTime)]
    now: Instant,
}

/// Where the clock stands after it was moved.
#[derive(Serialize, ToSchema)]
pub(super) struct MovedClock {
    /// The time.
    #[schema(value_type = String, format = DateTime)]
    now: Instant,
    /// Up to where one has to read to see all that happened on the way.
    position: String,
}

#[derive(Deserialize, ToSchema)]
pub(super) struct ClockBody {
    /// Where the clock is to stand; not before where it stands.
    #[serde(deserialize_with = "parsed")]
    #[schema(value_type = String, format = DateTime)]
    now: Time,
}

/// Shows the clock.
#[utoipa::path(get, path = "/v1/clock", operation_id = "show_clock", tag = "time",
    responses((status = 200, body = Clock)))]
pub(super) async fn show(State(app): State<App>) -> Json<Clock> {
    Json(Clock { now: app.services().engine.now() })
}

/// Moves a manual clock forward. Every timer due on the way fires, in order, and can be read once this is answered.
#[utoipa::path(put, path = "/v1/clock", operation_id = "advance_clock", tag = "time", request_body = ClockBody,
    responses((status = 200, body = MovedClock)))]
pub(super) async fn advance(
    State(app): State<App>,
    head: RequestHead,
    body: JsonBody<ClockBody>,
) -> Result<Response, Problem> {
    let to = body.value.now.instant();
    let terms = head.terms();
    if terms.if_match.is_some() {
        return Err(Problem::malformed("the clock has no version: leave If-Match away"));
    }
    if terms.is_preview {
        return preview(&app, to, terms).await;
    }
    let claim = head.claim(&body.content)?;
    // Only what can be done takes its key; done again it changes nothing.
    let _claimed = match to >= app.services().engine.now() {
        true => Some(app.claim(claim).await?),
        false => None,
    };
    let ticket = app.services().engine.try_advance_clock(to)?;
    let moved = ticket.answer().await??;
    let wanted = moved.positions.clone();
    let is_visible = app.blocking(move |services| services.views.wait_for(&wanted, VIEWS_WAIT_MAX)).await?;
    if !is_visible {
        let detail = "the clock was moved, and what is shown has not caught up yet: read again in a second";
        return Err(Problem::new(ProblemCode::NotYetVisible, detail).with_position(&moved.positions));
    }
    Ok(changed(&moved.positions, MovedClock { now: moved.now, position: moved.positions.to_string() }))
}

/// What would happen on the way (R37).
async fn preview(app: &App, to: Instant, terms: Terms) -> Result<Response, Problem> {
    match app.order(Order::AdvanceClock(to), terms).await? {
        Ordered::Previewed(preview) => previewed(preview),
        Ordered::Done(_) => Err(Problem::internal(&ForeignAnswer("a preview of the clock"))),
    }
}
