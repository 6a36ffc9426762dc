//! `grpc.health.v1`: whether this process answers, as `/readyz` tells it.

use futures_util::stream::BoxStream;
use tonic::{Request, Response, Status};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse, health_check_response::ServingStatus, health_server};

use crate::health::Health;

type Changes = BoxStream<'static, Result<HealthCheckResponse, Status>>;

/// Tells whether the process answers.
#[derive(Clone)]
pub(super) struct HealthCheck {
    health: Health,
    services: &'static [&'static str],
}

impl HealthCheck {
    /// Of a process that has these services.
    pub(super) const fn new(health: Health, services: &'static [&'static str]) -> Self {
        Self { health, services }
    }
}

#[tonic::async_trait]
impl health_server::Health for HealthCheck {
    type WatchStream = Changes;

    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        let service = request.into_inner().service;
        if !service.is_empty() && !self.services.contains(&service.as_str()) {
            return Err(Status::not_found("there is no such service here: ask for one that is, or for none"));
        }
        let status = match self.health.check_ready().await {
            Ok(()) => ServingStatus::Serving,
            Err(_told_by_readyz) => ServingStatus::NotServing,
        };
        Ok(Response::new(HealthCheckResponse { status: status.into() }))
    }

    /// Not there, which callers take as a server whose health is not watched: nobody has to prove who they are here, so
    /// nothing stays open.
    async fn watch(&self, _: Request<HealthCheckRequest>) -> Result<Response<Changes>, Status> {
        Err(Status::unimplemented("health is not watched here: call Check"))
    }
}
