//! Users, their seats, and what they may use.

use axum::{Json, extract::State, http::HeaderMap};
use licensing::{FeatureId, access::Access};
use serde::Deserialize;
use utoipa::IntoParams;
use views::UserView;

use crate::{
    access_check::AccessCheck,
    app::App,
    extract::{Path, Query, Then, UserPath},
    layers::MinPosition,
    past::user_at,
    problem::Problem,
    schema,
};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AccessParameters {
    /// A feature of some add-on.
    #[param(value_type = String, example = "code_suggestions")]
    feature: FeatureId,
}

/// Shows a user's status and seats, retained ones included (R28, R29), as they are or as they were.
#[utoipa::path(get, path = "/v1/users/{user}", operation_id = "show_user", tag = "users", params(UserPath, Then),
    responses((status = 200, body = schema::User)))]
pub(super) async fn show(
    State(app): State<App>,
    Path(UserPath { user }): Path<UserPath>,
    Query(then): Query<Then>,
) -> Result<Json<UserView>, Problem> {
    let view = match then.moment() {
        Some(moment) => app.blocking(move |services| user_at(services, &user, &moment)).await?,
        None => app.blocking(move |services| services.views.user(&user)).await?,
    };
    view.map(Json).ok_or_else(Problem::unknown_user)
}

/// Tells whether a user may use a feature now, or might at a time before, and why (R31, R32). Before, it goes by what the
/// user was a member of then.
#[utoipa::path(get, path = "/v1/users/{user}/access", operation_id = "check_access", tag = "users",
    params(UserPath, AccessParameters, Then), responses((status = 200, body = schema::Access)))]
pub(super) async fn access(
    State(app): State<App>,
    Path(UserPath { user }): Path<UserPath>,
    Query(AccessParameters { feature }): Query<AccessParameters>,
    Query(then): Query<Then>,
    headers: HeaderMap,
) -> Result<Json<Access>, Problem> {
    let moment = then.moment();
    let min_position = MinPosition::of_header(&headers)?;
    Ok(Json(AccessCheck { user, feature, moment }.answer(&app, min_position).await?))
}
