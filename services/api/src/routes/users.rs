//! Users, their seats, and what they may use.

use axum::{Json, extract::State};
use licensing::{FeatureId, access::Access};
use serde::Deserialize;
use utoipa::IntoParams;
use views::UserView;

use crate::{
    Services,
    app::App,
    extract::{Path, Query, Time, UserPath, optional},
    past::{access_at, check_past},
    problem::{Problem, ProblemCode},
    schema,
};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AccessParameters {
    /// A feature of some add-on.
    #[param(value_type = String, example = "code_suggestions")]
    feature: FeatureId,
    /// At this time instead of now, by what had taken effect. Not later than now.
    #[serde(default, deserialize_with = "optional")]
    #[param(value_type = Option<String>, format = DateTime)]
    as_of: Option<Time>,
}

/// Shows a user's status and seats, retained ones included (R28, R29).
#[utoipa::path(get, path = "/v1/users/{user}", operation_id = "show_user", tag = "users", params(UserPath),
    responses((status = 200, body = schema::User)))]
pub(super) async fn show(
    State(app): State<App>,
    Path(UserPath { user }): Path<UserPath>,
) -> Result<Json<UserView>, Problem> {
    let view = app.blocking(move |services| services.views.user(&user)).await?;
    view.map(Json).ok_or_else(unknown_user)
}

/// Tells whether a user may use a feature now, or might at a time before, and why (R31, R32).
#[utoipa::path(get, path = "/v1/users/{user}/access", operation_id = "check_access", tag = "users",
    params(UserPath, AccessParameters), responses((status = 200, body = schema::Access)))]
pub(super) async fn access(
    State(app): State<App>,
    Path(UserPath { user }): Path<UserPath>,
    Query(AccessParameters { feature, as_of }): Query<AccessParameters>,
) -> Result<Json<Access>, Problem> {
    let services = app.services();
    // Answered from memory, so it needs no thread that may block.
    let access = services.views.access(&user, &feature, services.engine.now()).ok_or_else(unknown_user)?;
    if !services.engine.catalogue().has_feature(&feature) {
        return Err(Problem::new(ProblemCode::UnknownFeature, "no add-on of the catalogue has this feature"));
    }
    let Some(at) = as_of.map(Time::instant) else { return Ok(Json(access)) };
    let past = move |services: &Services| {
        check_past(services, at)?;
        access_at(services, &user, &feature, at)
    };
    Ok(Json(app.blocking(past).await?))
}

pub(super) fn unknown_user() -> Problem {
    let detail = "nobody ever named this user as a member, in a status or in a use: check the id";
    Problem::new(ProblemCode::UnknownUser, detail)
}
