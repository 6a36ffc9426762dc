//! Usher's gRPC interface, for callers who check access often.
//!
//! It is served by the same router as HTTP and goes past the same layers: [`admit`](crate::layers::admit) looks at the
//! same table of doors, and what fails is the same [`Problem`](crate::problem::Problem), told as a [`status`].

mod access;
mod closing;
pub(crate) mod codec;
mod health;
pub mod proto;
mod status;
mod wire;

use axum::{Router, extract::FromRef, http::HeaderMap, routing::post_service};
use tonic_health::pb::health_server::HealthServer;

use crate::{app::App, health::Health};
use access::Access;
pub use closing::Closing;
use health::HealthCheck;
use proto::access_service_server::AccessServiceServer;
pub(crate) use proto::access_service_server::SERVICE_NAME as ACCESS_SERVICE;
pub(crate) use status::http_status_of;

/// The largest message of a caller, bytes.
pub(crate) const MESSAGE_BYTES_MAX: usize = 16 * 1024;

/// Whether a request speaks gRPC.
pub(crate) fn is_grpc(headers: &HeaderMap) -> bool {
    let content_type = headers.get(axum::http::header::CONTENT_TYPE);
    content_type.is_some_and(|content_type| content_type.as_bytes().starts_with(b"application/grpc"))
}

/// The methods of the access service, a route each, so that each has its door. Their streams end once `closing` says so.
pub(crate) fn access_routes(app: &App, closing: Closing) -> Router<App> {
    let service = AccessServiceServer::new(Access::new(app.clone(), closing));
    let service = service.max_decoding_message_size(MESSAGE_BYTES_MAX);
    Router::new()
        .route("/usher.access.v1.AccessService/CheckAccess", post_service(service.clone()))
        .route("/usher.access.v1.AccessService/StreamAccess", post_service(service))
}

/// The methods of `grpc.health.v1`, for a process that has these `services` beside.
pub(crate) fn health_routes<S: Clone + Send + Sync + 'static>(state: &S, services: &'static [&'static str]) -> Router<S>
where
    Health: FromRef<S>,
{
    let service = HealthServer::new(HealthCheck::new(Health::from_ref(state), services));
    let service = service.max_decoding_message_size(MESSAGE_BYTES_MAX);
    Router::new()
        .route("/grpc.health.v1.Health/Check", post_service(service.clone()))
        .route("/grpc.health.v1.Health/Watch", post_service(service))
}
