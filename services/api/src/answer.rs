//! How answers are shaped.

use axum::{
    Json,
    http::{HeaderValue, header::ETAG},
    response::{IntoResponse, Response},
};
use journal::Positions;
use licensing::{Code, UserId};
use serde::Serialize;
use utoipa::ToSchema;

/// Up to where one has to read to see what a change did; the same as the member `position`.
const POSITION: &str = "x-usher-position";

/// One page of a list.
#[derive(Serialize, ToSchema)]
pub(crate) struct Page<T> {
    /// The items, in order.
    pub(crate) items: Vec<T>,
    /// To be sent as `cursor` for the next page; null on the last.
    pub(crate) next_cursor: Option<String>,
}

/// A whole list.
#[derive(Serialize, ToSchema)]
pub(crate) struct Items<T> {
    /// All items, in order.
    pub(crate) items: Vec<T>,
}

/// A user for whom nothing was done.
#[derive(Serialize, ToSchema)]
pub(crate) struct Failed {
    /// Who.
    #[schema(value_type = String)]
    user: UserId,
    /// Why.
    #[schema(value_type = String)]
    code: Code,
}

impl Failed {
    pub(crate) fn all(failed: Vec<(UserId, Code)>) -> Vec<Self> {
        failed.into_iter().map(|(user, code)| Self { user, code }).collect()
    }
}

impl<T> From<views::Page<T>> for Page<T> {
    fn from(page: views::Page<T>) -> Self {
        Self { items: page.items, next_cursor: page.next_cursor }
    }
}

/// The answer to a change.
pub(crate) fn changed(positions: &Positions, body: impl Serialize) -> Response {
    let mut response = Json(body).into_response();
    insert_position(&mut response, positions);
    response
}

/// The version as a strong `ETag`, such as `"v57"`.
pub(crate) fn set_version(response: &mut Response, version: u64) {
    if let Ok(value) = HeaderValue::try_from(format!("\"v{version}\"")) {
        response.headers_mut().insert(ETAG, value);
    }
}

/// Tells where a change can be seen, if anywhere.
pub(crate) fn set_position(response: &mut Response, positions: &Positions) {
    if !positions.is_empty() {
        insert_position(response, positions);
    }
}

fn insert_position(response: &mut Response, positions: &Positions) {
    if let Ok(value) = HeaderValue::try_from(positions.to_string()) {
        response.headers_mut().insert(POSITION, value);
    }
}
