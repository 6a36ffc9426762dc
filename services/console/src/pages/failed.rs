//! What is shown where there is no page.

use axum::{
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Redirect, Response},
};

use super::sign_in::sign_in_link;
use crate::{failure::Failure, html::error_page};

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let problem = match self {
            Self::SignIn { next } => return Redirect::to(&sign_in_link(&next)).into_response(),
            Self::Problem(problem) => problem,
        };
        let mut response = (problem.http_status(), error_page(&problem)).into_response();
        if problem.status == StatusCode::SERVICE_UNAVAILABLE.as_u16() {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
