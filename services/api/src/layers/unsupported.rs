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

/// What is also shown as it was, and by which of the two clocks.
const WITH_A_PAST: [(&str, &[&str]); 5] = [
    ("/v1/licensees/{licensee}", &MOMENT_PARAMETERS),
    ("/v1/licensees/{licensee}/members", &MOMENT_PARAMETERS),
    ("/v1/licensees/{licensee}/members/{user}/explain", &["as_of"]),
    ("/v1/users/{user}", &MOMENT_PARAMETERS),
    ("/v1/users/{user}/access", &MOMENT_PARAMETERS),
];

/// Refuses reads of the past where there are none.
pub(crate) async fn refuse_unsupported(request: Request, next: Next) -> Result<Response, Problem> {
    let Query(parameters) = Query::<Vec<(String, String)>>::try_from_uri(request.uri())?;
    let is_sent = |name: &str| parameters.iter().any(|(key, value)| key == name && value != "false");
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let known = WITH_A_PAST.iter().find(|(known, _)| *known == route).map_or(&[][..], |(_, parameters)| parameters);
    let unknown = MOMENT_PARAMETERS.into_iter().find(|name| is_sent(name) && !known.contains(name));
    if let Some(name) = unknown.filter(|_| is_read) {
        let detail = format!("{name} is not supported here by this version: leave it away");
        return Err(Problem::new(ProblemCode::NotSupportedYet, detail));
    }
    Ok(next.run(request).await)
}
