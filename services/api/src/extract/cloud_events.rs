//! CloudEvents as the body of a request.

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
};

use super::content_type::{media_type, unsupported};
use crate::problem::Problem;

/// One event in the JSON format.
pub(crate) const STRUCTURED: &str = "application/cloudevents+json";
/// Many of them in a list.
pub(crate) const BATCH: &str = "application/cloudevents-batch+json";

/// CloudEvents in the JSON format, not read yet.
pub(crate) enum CloudEvents {
    /// One.
    One(Bytes),
    /// A list of them.
    Batch(Bytes),
}

impl<S: Send + Sync> FromRequest<S> for CloudEvents {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let wrap: fn(Bytes) -> Self = match media_type(request.headers()).as_str() {
            STRUCTURED => Self::One,
            BATCH => Self::Batch,
            _ => return Err(unsupported(&format!("{STRUCTURED} or {BATCH}"))),
        };
        Ok(wrap(Bytes::from_request(request, state).await?))
    }
}
