//! An instance fetches what was recorded for it.

use axum::{extract::State, response::Response};
use engine::Answer;
use journal::Position;
use licensing::{Command, InstanceVersion};
use serde::Deserialize;
use utoipa::ToSchema;
use views::LicenseeView;

use super::seats::ForeignAnswer;
use crate::{
    answer::{changed, set_version},
    app::{Accepted, App, Called},
    extract::{JsonBody, LicenseePath, Path, RequestHead, parsed},
    preview::previewed,
    problem::Problem,
    schema,
};

#[derive(Deserialize, ToSchema)]
pub(super) struct SyncBody {
    /// The version that the instance runs.
    #[serde(deserialize_with = "parsed")]
    #[schema(value_type = String, example = "17.5.2")]
    version: InstanceVersion,
}

/// Makes everything recorded effective, and answers with what the instance is entitled to from now on (R17).
#[utoipa::path(post, path = "/v1/licensees/{licensee}/sync", operation_id = "synchronize_instance", tag = "licensees",
    params(LicenseePath), request_body = SyncBody,
    responses((status = 200, body = schema::Licensee, headers(("ETag" = String, description = "its version")))))]
pub(super) async fn synchronize(
    State(app): State<App>,
    Path(LicenseePath { licensee }): Path<LicenseePath>,
    head: RequestHead,
    body: JsonBody<SyncBody>,
) -> Result<Response, Problem> {
    let command = Command::SynchronizeInstance { version: body.value.version };
    let Accepted { answer, positions } = match app.call(head.call(licensee.clone(), command, &body.content)?).await? {
        Called::Accepted(accepted) => accepted,
        Called::Previewed(preview) => return previewed(preview),
    };
    let Answer::Synchronized(summary) = answer else {
        return Err(Problem::internal(&ForeignAnswer("a synchronisation")));
    };
    let shard = journal::shard_of(licensee.as_str(), app.services().journal.shard_count());
    let position = Position { shard, position: positions.of(shard).unwrap_or_default() };
    let of_whom = licensee.clone();
    let details = app.blocking(move |services| services.journal.licensee_details(of_whom.as_str())).await?;
    let version = summary.version;
    let view = LicenseeView { licensee, name: details.map(|details| details.name), summary: *summary, position };
    let mut response = changed(&positions, view);
    set_version(&mut response, version);
    Ok(response)
}
