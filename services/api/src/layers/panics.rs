//! A panic is a defect; it costs one request, not the process.

use std::any::Any;

use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;

use crate::problem::Problem;

/// Answers a request whose handler panicked.
type AnswerPanic = fn(Box<dyn Any + Send>) -> Response;

#[derive(Debug, thiserror::Error)]
#[error("a handler panicked: {0}")]
struct Panicked(String);

/// Turns a panic of a handler into a problem.
pub(crate) fn catch_panics() -> CatchPanicLayer<AnswerPanic> {
    CatchPanicLayer::custom(answer as AnswerPanic)
}

fn answer(payload: Box<dyn Any + Send>) -> Response {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| payload.downcast_ref::<String>().cloned()).unwrap_or_default();
    Problem::internal(&Panicked(text)).into_response()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_answered_without_its_words() {
        let response = answer(Box::new("secret"));
        assert_eq!(response.status(), axum::http::StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers().get("content-type").unwrap(), crate::problem::PROBLEM_JSON);
    }
}
