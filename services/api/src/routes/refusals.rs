//! What was refused, for auditors (R35).

use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::IntoParams;
use views::RefusalView;

use super::known::check_licensee;
use crate::{
    answer::Page,
    app::App,
    extract::{LicenseePath, Limit, Path, Query, parsed},
    problem::Problem,
    schema,
};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// Where the page before ended.
    cursor: Option<String>,
    /// The most items of the page.
    #[serde(default, deserialize_with = "parsed")]
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, default = 100)]
    limit: Limit,
}

/// Lists what was refused under a licensee's name, oldest first.
#[utoipa::path(get, path = "/v1/licensees/{licensee}/refusals", operation_id = "list_refusals", tag = "licensees",
    params(LicenseePath, Parameters), responses((status = 200, body = Page<schema::KeptRefusal>)))]
pub(super) async fn list(
    State(app): State<App>,
    Path(LicenseePath { licensee }): Path<LicenseePath>,
    Query(Parameters { cursor, limit }): Query<Parameters>,
) -> Result<Json<Page<RefusalView>>, Problem> {
    let page = app
        .blocking(move |services| -> Result<_, Problem> {
            check_licensee(services, &licensee)?;
            let cursor = cursor.as_deref().filter(|cursor| !cursor.is_empty());
            Ok(services.views.refusals(&licensee, cursor, limit.get())?)
        })
        .await?;
    Ok(Json(page.into()))
}
