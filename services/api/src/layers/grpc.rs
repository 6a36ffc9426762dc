//! Tells callers of gRPC in its own words what they would be told over HTTP.

use axum::{extract::Request, middleware::Next, response::Response};
use tonic::Status;

use crate::{grpc::is_grpc, problem::Problem};

/// Answers a request that speaks gRPC with a status where a layer or a route that is not there answered with a problem.
pub(crate) async fn speak_grpc(request: Request, next: Next) -> Response {
    let is_grpc = is_grpc(request.headers());
    let mut response = next.run(request).await;
    if !is_grpc {
        return response;
    }
    match response.extensions_mut().remove::<Problem>() {
        Some(problem) => Status::from(problem).into_http(),
        None => response,
    }
}
