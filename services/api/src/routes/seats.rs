//! Giving and taking seats.

use axum::{extract::State, response::Response};
use engine::{Answer, ChangeOutcome};
use licensing::{AssignMode, Command, UserId};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::ToSchema;

use crate::{
    answer::{Failed, changed},
    app::{Accepted, App},
    extract::{JsonBody, Path, ProductPath, RequestHead, SeatPath},
    problem::Problem,
    schema,
};

/// Whether a single seat was given or taken.
#[derive(Serialize, ToSchema)]
pub(super) struct Changed {
    /// False where it was so already.
    changed: bool,
    /// Up to where one has to read to see it.
    position: String,
}

#[derive(Deserialize, ToSchema)]
pub(super) struct AssignBody {
    /// To whom, 1 to 10,000; users named twice count once, holders are no error.
    #[serde(default, deserialize_with = "user_list")]
    #[schema(value_type = Vec<String>)]
    users: Vec<UserId>,
    /// What to do about those who can't get a seat.
    #[schema(value_type = Option<schema::AssignMode>, default = "all_or_nothing")]
    mode: Option<AssignMode>,
}

#[derive(Deserialize, ToSchema)]
pub(super) struct RemoveBody {
    /// Whose, 1 to 10,000; users named twice count once.
    #[serde(default, deserialize_with = "user_list")]
    #[schema(value_type = Vec<String>)]
    users: Vec<UserId>,
}

/// What became of each user of an assignment.
#[derive(Serialize, ToSchema)]
pub(super) struct Assigned {
    /// Who got a seat.
    #[schema(value_type = Vec<String>)]
    assigned: Vec<UserId>,
    /// Who had one.
    #[schema(value_type = Vec<String>)]
    already_assigned: Vec<UserId>,
    /// Who got none; best effort only.
    failed: Vec<Failed>,
    /// Up to where one has to read to see it.
    position: String,
}

/// What became of each user of a removal.
#[derive(Serialize, ToSchema)]
pub(super) struct Removed {
    /// Who lost the seat.
    #[schema(value_type = Vec<String>)]
    removed: Vec<UserId>,
    /// Who had none.
    #[schema(value_type = Vec<String>)]
    without_seat: Vec<UserId>,
    /// Up to where one has to read to see it.
    position: String,
}

/// An answer of the engine that does not belong to the command.
#[derive(Debug, thiserror::Error)]
#[error("the engine answered {0} with what belongs to another command")]
pub(super) struct ForeignAnswer(pub(super) &'static str);

/// Gives one user a seat (R23); a holder keeps it.
#[utoipa::path(put, path = "/v1/licensees/{licensee}/products/{product}/seats/{user}", operation_id = "assign_seat",
    tag = "seats", params(SeatPath), responses((status = 200, body = Changed)))]
pub(super) async fn assign(
    State(app): State<App>,
    Path(SeatPath { licensee, product, user }): Path<SeatPath>,
    head: RequestHead,
) -> Result<Response, Problem> {
    let command = Command::AssignSeat { product, user };
    app.call(head.call(licensee, command, b"")?).await?.answer(answer_one)
}

/// Takes one user's seat (R25); without one, nothing happens.
#[utoipa::path(delete, path = "/v1/licensees/{licensee}/products/{product}/seats/{user}", operation_id = "remove_seat",
    tag = "seats", params(SeatPath), responses((status = 200, body = Changed)))]
pub(super) async fn remove(
    State(app): State<App>,
    Path(SeatPath { licensee, product, user }): Path<SeatPath>,
    head: RequestHead,
) -> Result<Response, Problem> {
    let command = Command::RemoveSeat { product, user };
    app.call(head.call(licensee, command, b"")?).await?.answer(answer_one)
}

/// Gives many users seats (R24).
#[utoipa::path(post, path = "/v1/licensees/{licensee}/products/{product}/seats/assign", operation_id = "assign_seats",
    tag = "seats", params(ProductPath), request_body = AssignBody, responses((status = 200, body = Assigned)))]
pub(super) async fn assign_many(
    State(app): State<App>,
    Path(ProductPath { licensee, product }): Path<ProductPath>,
    head: RequestHead,
    body: JsonBody<AssignBody>,
) -> Result<Response, Problem> {
    let AssignBody { users, mode } = body.value;
    let command = Command::AssignSeats { product, users, mode: mode.unwrap_or(AssignMode::AllOrNothing) };
    app.call(head.call(licensee, command, &body.content)?).await?.answer(answer_assigned)
}

/// Takes many users' seats (R25).
#[utoipa::path(post, path = "/v1/licensees/{licensee}/products/{product}/seats/remove", operation_id = "remove_seats",
    tag = "seats", params(ProductPath), request_body = RemoveBody, responses((status = 200, body = Removed)))]
pub(super) async fn remove_many(
    State(app): State<App>,
    Path(ProductPath { licensee, product }): Path<ProductPath>,
    head: RequestHead,
    body: JsonBody<RemoveBody>,
) -> Result<Response, Problem> {
    let command = Command::RemoveSeats { product, users: body.value.users };
    app.call(head.call(licensee, command, &body.content)?).await?.answer(answer_removed)
}

fn answer_assigned(Accepted { answer, positions }: Accepted) -> Result<Response, Problem> {
    let Answer::Assigned { assigned, already_assigned, failed } = answer else {
        return Err(Problem::internal(&ForeignAnswer("an assignment of many seats")));
    };
    let failed = Failed::all(failed);
    let position = positions.to_string();
    Ok(changed(&positions, Assigned { assigned, already_assigned, failed, position }))
}

fn answer_removed(Accepted { answer, positions }: Accepted) -> Result<Response, Problem> {
    let Answer::Removed { removed, without_seat } = answer else {
        return Err(Problem::internal(&ForeignAnswer("a removal of many seats")));
    };
    let position = positions.to_string();
    Ok(changed(&positions, Removed { removed, without_seat, position }))
}

fn answer_one(Accepted { answer, positions }: Accepted) -> Result<Response, Problem> {
    let Answer::Changed(outcome) = answer else {
        return Err(Problem::internal(&ForeignAnswer("a change of one seat")));
    };
    let is_changed = outcome == ChangeOutcome::Changed;
    Ok(changed(&positions, Changed { changed: is_changed, position: positions.to_string() }))
}

/// A list of users; null is none, as everywhere in the contract.
fn user_list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<UserId>, D::Error> {
    let texts: Vec<String> = Option::deserialize(deserializer)?.unwrap_or_default();
    texts.iter().map(|text| UserId::parse(text).map_err(D::Error::custom)).collect()
}
