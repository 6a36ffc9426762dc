//! Licensees as they are now.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::IntoParams;
use views::{LicenseeView, LicenseesQuery};

use super::known::known_licensee;
use crate::{
    answer::{Page, set_version},
    app::App,
    extract::{LicenseePath, Limit, Path, Query, Then, parsed},
    past::licensee_at,
    problem::Problem,
    schema,
};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// Only licensees whose id or name contains this, letter case aside.
    search: Option<String>,
    /// Where the page before ended.
    cursor: Option<String>,
    /// The most items of the page.
    #[serde(default, deserialize_with = "parsed")]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, default = 100)]
    limit: Limit,
}

/// Lists licensees in the byte order of their ids.
#[utoipa::path(get, path = "/v1/licensees", operation_id = "list_licensees", tag = "licensees", params(Parameters),
    responses((status = 200, body = Page<schema::Licensee>)))]
pub(super) async fn list(
    State(app): State<App>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Page<LicenseeView>>, Problem> {
    let Parameters { search, cursor, limit } = parameters;
    let query = LicenseesQuery {
        search: search.filter(|search| !search.is_empty()),
        cursor: cursor.filter(|cursor| !cursor.is_empty()),
        limit: limit.get(),
    };
    let page = app.blocking(move |services| services.views.licensees(&query)).await?;
    Ok(Json(page.into()))
}

/// Shows a licensee as it is, or as it was; its `ETag` is its version.
#[utoipa::path(get, path = "/v1/licensees/{licensee}", operation_id = "show_licensee", tag = "licensees",
    params(LicenseePath, Then),
    responses((status = 200, body = schema::Licensee, headers(("ETag" = String, description = "its version")))))]
pub(super) async fn show(
    State(app): State<App>,
    Path(path): Path<LicenseePath>,
    Query(then): Query<Then>,
) -> Result<Response, Problem> {
    if let Some(moment) = then.moment() {
        let view = app.blocking(move |services| licensee_at(services, &path.licensee, &moment)).await?;
        return Ok(Json(view).into_response());
    }
    let view = app.blocking(move |services| known_licensee(services, &path.licensee)).await?;
    let version = view.summary.version;
    let mut response = Json(view).into_response();
    set_version(&mut response, version);
    Ok(response)
}
