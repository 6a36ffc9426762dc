//! Parts of the contract that this version doesn't have yet.
//!
//! They are refused, not ignored: an answer of now is none of then.

use axum::{
    extract::{MatchedPath, Query, Request},
    http::Method,
    middleware::Next,
    response::Response,
};

use crate::problem::{Problem, ProblemCode};

/// What is also shown as it was.
const WITH_A_PAST: [&str; 3] =
    ["/v1/licensees/{licensee}", "/v1/licensees/{licensee}/members/{user}/explain", "/v1/users/{user}/access"];

/// Refuses reads of the past where there are none.
pub(crate) async fn refuse_unsupported(request: Request, next: Next) -> Result<Response, Problem> {
    let Query(parameters) = Query::<Vec<(String, String)>>::try_from_uri(request.uri())?;
    let is_sent = |name: &str| parameters.iter().any(|(key, value)| key == name && value != "false");
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    if is_read && is_sent("as_of") && !WITH_A_PAST.contains(&route) {
        let detail = "as_of is not supported here by this version: leave it away";
        return Err(Problem::new(ProblemCode::NotSupportedYet, detail));
    }
    Ok(next.run(request).await)
}
