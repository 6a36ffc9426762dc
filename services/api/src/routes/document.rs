//! The OpenAPI document.

use std::sync::LazyLock;

use axum::{
    body::Bytes,
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};

use crate::{openapi::openapi, problem::Problem};

/// Written once: it never changes while the process runs.
static DOCUMENT: LazyLock<Result<Bytes, serde_json::Error>> =
    LazyLock::new(|| serde_json::to_vec(&openapi()).map(Bytes::from));

/// Gives this document.
#[utoipa::path(get, path = "/openapi.json", operation_id = "show_openapi", tag = "process",
    responses((status = 200, body = Object, content_type = "application/json")))]
pub(super) async fn show() -> Result<Response, Problem> {
    let document = DOCUMENT.as_ref().map_err(|error| Problem::internal(error))?;
    Ok(([(CONTENT_TYPE, "application/json")], document.clone()).into_response())
}
