//! What a change would do, as it is answered (R37).

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use engine::{Answer, Preview, PreviewEvent};
use licensing::UserId;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    answer::{Failed, set_version},
    problem::Problem,
};

/// What a change would do.
#[derive(Serialize, ToSchema)]
pub(crate) struct Previewed {
    /// The events that it would make, in order; none where it would change nothing.
    events: Vec<PreviewedEvent>,
    /// Of a command for many users, what it would say of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    answer: Option<PreviewedAnswer>,
}

/// What a command for many users would say of them; of those fields the ones that belong to the command.
#[derive(Default, Serialize, ToSchema)]
pub(crate) struct PreviewedAnswer {
    /// Who would get a seat.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false)]
    assigned: Option<Vec<UserId>>,
    /// Who has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false)]
    already_assigned: Option<Vec<UserId>>,
    /// Who would get a seat back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false)]
    restored: Option<Vec<UserId>>,
    /// Who would lose the seat.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false)]
    removed: Option<Vec<UserId>>,
    /// Who has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false)]
    without_seat: Option<Vec<UserId>>,
    /// For whom nothing would be done, and why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<Failed>, required = false)]
    failed: Option<Vec<Failed>>,
}

impl PreviewedAnswer {
    fn of(answer: Answer) -> Option<Self> {
        let nothing = Self::default();
        match answer {
            Answer::Assigned { assigned, already_assigned, failed } => Some(Self {
                assigned: Some(assigned),
                already_assigned: Some(already_assigned),
                failed: Some(Failed::all(failed)),
                ..nothing
            }),
            Answer::Removed { removed, without_seat } => {
                Some(Self { removed: Some(removed), without_seat: Some(without_seat), ..nothing })
            }
            Answer::Undone { restored, removed, failed } => Some(Self {
                restored: Some(restored),
                removed: Some(removed),
                failed: Some(Failed::all(failed)),
                ..nothing
            }),
            Answer::Changed(_) | Answer::Synchronized(_) => None,
        }
    }
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
    Json(Previewed { events: Vec::new(), answer: None }).into_response()
}

/// The answer to a preview: the events, or the refusal that the change itself would get.
pub(crate) fn previewed(Preview { outcome, answer, version }: Preview) -> Result<Response, Problem> {
    let events = outcome.map_err(Problem::refused)?;
    let events = events.into_iter().map(PreviewedEvent::from).collect();
    let answer = answer.and_then(PreviewedAnswer::of);
    let mut response = Json(Previewed { events, answer }).into_response();
    if let Some(version) = version {
        set_version(&mut response, version);
    }
    Ok(response)
}
