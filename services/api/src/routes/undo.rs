//! Taking back what a command did to seats.

use axum::{extract::State, response::Response};
use engine::Answer;
use licensing::{Command, UserId};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::ToSchema;

use super::seats::ForeignAnswer;
use crate::{
    answer::{Failed, changed},
    app::{Accepted, App},
    extract::{JsonBody, LicenseePath, Path, RequestHead},
    problem::Problem,
};

/// The longest id of a command that can be asked for, in characters: longer than any can be.
const COMMAND_ID_CHARS_MAX: usize = 2_048;

#[derive(Deserialize, ToSchema)]
pub(super) struct UndoBody {
    /// The command's id, as the history shows it.
    #[serde(deserialize_with = "command_id")]
    #[schema(min_length = 1, max_length = 2048, example = "urn:billing#renewal-7")]
    command_id: String,
}

/// What became of the users whose seats the command had moved.
#[derive(Serialize, ToSchema)]
pub(super) struct Undone {
    /// Who has a seat again; where seats are scarce, those whom a surplus would have taken last.
    #[schema(value_type = Vec<String>)]
    restored: Vec<UserId>,
    /// Who lost the seat that the command had given.
    #[schema(value_type = Vec<String>)]
    removed: Vec<UserId>,
    /// For whom nothing was done.
    failed: Vec<Failed>,
    /// Up to where one has to read to see it.
    position: String,
}

/// Takes back what a command did to seats: gives those back that it took, as far as there are free ones and the users are
/// eligible, and takes those that it gave and that are still the same. What billing sold stays as it is.
#[utoipa::path(post, path = "/v1/licensees/{licensee}/undo", operation_id = "undo_command", tag = "seats",
    params(LicenseePath), request_body = UndoBody, responses((status = 200, body = Undone)))]
pub(super) async fn undo(
    State(app): State<App>,
    Path(LicenseePath { licensee }): Path<LicenseePath>,
    head: RequestHead,
    body: JsonBody<UndoBody>,
) -> Result<Response, Problem> {
    let UndoBody { command_id } = body.value;
    let (of_whom, wanted) = (licensee.clone(), command_id.clone());
    let events = app.blocking(move |services| services.engine.find_command(&of_whom, &wanted)).await?;
    let command = Command::UndoCommand { command_id, events };
    app.call(head.call(licensee, command, &body.content)?).await?.answer(answer_undone)
}

fn answer_undone(Accepted { answer, positions }: Accepted) -> Result<Response, Problem> {
    let Answer::Undone { restored, removed, failed } = answer else {
        return Err(Problem::internal(&ForeignAnswer("an undoing")));
    };
    let (failed, position) = (Failed::all(failed), positions.to_string());
    Ok(changed(&positions, Undone { restored, removed, failed, position }))
}

fn command_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    if (1..=COMMAND_ID_CHARS_MAX).contains(&text.chars().count()) {
        return Ok(text);
    }
    Err(D::Error::custom(format!(
        "a command's id has 1 to {COMMAND_ID_CHARS_MAX} characters: take one from the history"
    )))
}
