//! Parts of the contract that this version doesn't have yet.
//!
//! They are refused, not ignored: a preview must not change anything, and an answer of now is none of then.

use axum::{
    extract::{Query, Request},
    http::{Method, header::IF_MATCH},
    middleware::Next,
    response::Response,
};

use crate::problem::{Problem, ProblemCode};

/// Refuses previews, conditional changes and reads of the past.
pub(crate) async fn refuse_unsupported(request: Request, next: Next) -> Result<Response, Problem> {
    let Query(parameters) = Query::<Vec<(String, String)>>::try_from_uri(request.uri())?;
    let is_sent = |name: &str| parameters.iter().any(|(key, value)| key == name && value != "false");
    let asked_for = match *request.method() {
        Method::GET | Method::HEAD => is_sent("as_of").then_some("as_of"),
        _ if is_sent("dry_run") => Some("dry_run"),
        _ => request.headers().contains_key(IF_MATCH).then_some("If-Match"),
    };
    let Some(name) = asked_for else { return Ok(next.run(request).await) };
    let detail = format!("{name} is not supported by this version, so nothing was done: leave it away");
    Err(Problem::new(ProblemCode::NotSupportedYet, detail))
}
