//! What time alone will change.

use axum::{Json, extract::State};
use licensing::LicenseeId;
use serde::Deserialize;
use utoipa::IntoParams;
use views::TimerView;

use super::known::check_licensee;
use crate::{
    answer::Items,
    app::App,
    extract::{Query, optional},
    problem::Problem,
    schema,
};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Parameters {
    /// Only those of this licensee.
    #[serde(default, deserialize_with = "optional")]
    #[param(value_type = Option<String>)]
    licensee: Option<LicenseeId>,
}

/// Lists all timers that are armed, the next one first.
#[utoipa::path(get, path = "/v1/timers", operation_id = "list_timers", tag = "time", params(Parameters),
    responses((status = 200, body = Items<schema::Timer>)))]
pub(super) async fn list(
    State(app): State<App>,
    Query(Parameters { licensee }): Query<Parameters>,
) -> Result<Json<Items<TimerView>>, Problem> {
    let items = app
        .blocking(move |services| -> Result<_, Problem> {
            if let Some(licensee) = &licensee {
                check_licensee(services, licensee)?;
            }
            Ok(services.views.timers(licensee.as_ref())?)
        })
        .await?;
    Ok(Json(Items { items }))
}
