//! Parts of the contract that this version doesn't have yet.
//!
//! They are refused, not ignored: an answer of now is none of then.

use axum::{
    extract::{MatchedPath, Query, Request},
    http::Method,
    middleware::Next,
    response::Response,
};

use crate::{
    past::MOMENT_PARAMETERS,
    problem::{Problem, ProblemCode},
};

/// What is also shown as it was.
const WITH_A_PAST: [&str; 4] =
    ["/v1/licensees/{licensee}", "/v1/licensees/{licensee}/members", "/v1/users/{user}", "/v1/users/{user}/access"];

/// Refuses reads of the past where there are none.
pub(crate) async fn refuse_unsupported(request: Request, next: Next) -> Result<Response, Problem> {
    let Query(parameters) = Query::<Vec<(String, String)>>::try_from_uri(request.uri())?;
    let is_sent = |name: &str| parameters.iter().any(|(key, value)| key == name && value != "false");
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let of_past = MOMENT_PARAMETERS.into_iter().find(|name| is_sent(name));
    if let Some(name) = of_past.filter(|_| is_read && !WITH_A_PAST.contains(&route)) {
        let detail = format!("{name} is not supported here by this version: leave it away");
        return Err(Problem::new(ProblemCode::NotSupportedYet, detail));
    }
    Ok(next.run(request).await)
}
