//! Counts and times requests.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    http::Method,
    middleware::Next,
    response::Response,
};

use crate::grpc::http_status_of;

const NO_ROUTE: &str = "none";

/// Counts a request and its time under its method, the pattern of its path and its status: a bounded set of labels.
pub(crate) async fn observe(request: Request, next: Next) -> Response {
    let method = known_method(request.method());
    let pattern = request.extensions().get::<MatchedPath>().cloned();
    let started = Instant::now();
    let response = next.run(request).await;
    let route = pattern.as_ref().map_or(NO_ROUTE, MatchedPath::as_str).to_owned();
    // Every answer of gRPC is 200 in front of its status, which is here already unless all went well up to now.
    let status = response.extensions().get().map_or_else(|| response.status(), http_status_of);
    let labels = [("method", method.to_owned()), ("route", route), ("status", status.as_u16().to_string())];
    metrics::counter!("usher_http_requests_total", &labels).increment(1);
    metrics::histogram!("usher_http_request_seconds", &labels).record(started.elapsed());
    response
}

/// The method, if it is one that any route knows.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::PUT => "PUT",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}
