//! What a change would do, as it is answered (R37).

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use engine::{Preview, PreviewEvent};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{answer::set_version, problem::Problem};

/// What a change would do.
#[derive(Serialize, ToSchema)]
pub(crate) struct Previewed {
    /// The events that it would make, in order; none where it would change nothing.
    events: Vec<PreviewedEvent>,
}

/// An event that would be made.
#[derive(Serialize, ToSchema)]
pub(crate) struct PreviewedEvent {
    /// The short name of its type.
    #[schema(example = "SeatRemoved")]
    r#type: String,
    /// What would happen, by its type.
    #[schema(value_type = Object)]
    data: Value,
    /// To whom: `licensee/{id}` or `user/{id}`.
    stream: String,
}

impl From<PreviewEvent> for PreviewedEvent {
    fn from(PreviewEvent { stream, type_name, data }: PreviewEvent) -> Self {
        Self { r#type: type_name, data, stream }
    }
}

/// The answer to the preview of a change that makes no event.
pub(crate) fn nothing_happens() -> Response {
    Json(Previewed { events: Vec::new() }).into_response()
}

/// The answer to a preview: the events, or the refusal that the change itself would get.
pub(crate) fn previewed(Preview { outcome, version }: Preview) -> Result<Response, Problem> {
    let events = outcome.map_err(Problem::refused)?;
    let mut response =
        Json(Previewed { events: events.into_iter().map(PreviewedEvent::from).collect() }).into_response();
    if let Some(version) = version {
        set_version(&mut response, version);
    }
    Ok(response)
}
