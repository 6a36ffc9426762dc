//! Of what type a body is.

use axum::http::{HeaderMap, header::CONTENT_TYPE};

use crate::problem::{Problem, ProblemCode};

/// The media type in lower case, without parameters such as `charset`; empty where there is none.
pub(super) fn media_type(headers: &HeaderMap) -> String {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// The body is of a type that is not taken here.
pub(super) fn unsupported(expected: &str) -> Problem {
    let detail = format!("the body's type is not one that is taken here: send Content-Type {expected}");
    Problem::new(ProblemCode::UnsupportedMediaType, detail)
}
