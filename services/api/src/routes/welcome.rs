//! The page at `/`.

use axum::{
    http::header::CONTENT_SECURITY_POLICY,
    response::{Html, IntoResponse},
};

const PAGE: &str = include_str!("welcome.html");

/// Says what this is and where to go on.
pub(super) async fn page() -> impl IntoResponse {
    ([(CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'")], Html(PAGE))
}
