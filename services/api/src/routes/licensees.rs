//! Licensees as they are now.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use licensing::{Instant, LicenseeId};
use serde::Deserialize;
use utoipa::IntoParams;
use views::{LicenseeView, LicenseesQuery};

use super::known::known_licensee;
use crate::{
    Services,
    answer::{Page, set_version},
    app::App,
    extract::{LicenseePath, Limit, Path, Query, Time, optional, parsed},
    past::{check_past, licensee_at},
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

/// When a licensee is to be shown.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AsOf {
    /// As it was at this time, by what had taken effect; without an `ETag` then. Not later than now.
    #[serde(default, deserialize_with = "optional")]
    #[param(value_type = Option<String>, format = DateTime)]
    as_of: Option<Time>,
}

/// Shows a licensee; its `ETag` is its version.
#[utoipa::path(get, path = "/v1/licensees/{licensee}", operation_id = "show_licensee", tag = "licensees",
    params(LicenseePath, AsOf),
    responses((status = 200, body = schema::Licensee, headers(("ETag" = String, description = "its version")))))]
pub(super) async fn show(
    State(app): State<App>,
    Path(path): Path<LicenseePath>,
    Query(AsOf { as_of }): Query<AsOf>,
) -> Result<Response, Problem> {
    if let Some(at) = as_of.map(Time::instant) {
        let view = app.blocking(move |services| past_licensee(services, &path.licensee, at)).await?;
        return Ok(Json(view).into_response());
    }
    let view = app.blocking(move |services| known_licensee(services, &path.licensee)).await?;
    let version = view.summary.version;
    let mut response = Json(view).into_response();
    set_version(&mut response, version);
    Ok(response)
}

fn past_licensee(services: &Services, licensee: &LicenseeId, at: Instant) -> Result<LicenseeView, Problem> {
    check_past(services, at)?;
    licensee_at(services, licensee, at)?.ok_or_else(Problem::unknown_licensee)
}
