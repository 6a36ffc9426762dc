//! Usher's REST and gRPC interfaces: a thin layer over the engine, which decides, and the read models, which show.
//!
//! [`router`] serves everything below `/v1`, [`grpc`], health, metrics and the [`openapi`](mod@openapi) document. A handler reads a request,
//! hands it to the engine or asks a read model, and shapes the answer; it decides nothing itself. Whatever goes wrong, in
//! a handler or in front of it, is answered as a [problem](problem::Problem) with a stable code. Who calls, and whether they
//! may, is found out in front of all handlers, by [`Auth`].

mod access_check;
mod answer;
mod app;
mod auth;
mod blocking;
mod extract;
mod facts;
mod gauges;
pub mod grpc;
mod health;
mod layers;
mod member_names;
mod members_chosen;
mod openapi;
mod past;
mod preview;
mod problem;
mod refusals_told;
mod routes;
mod running_keys;
mod schema;
mod schema_of_reasons;
mod schema_of_rebuilds;
mod seat_history;
mod shard_progress;

use std::sync::Arc;

use ::past::Past;
use engine::Engine;
use journal::{Journal, StreamIndex};
use notify::webhooks::Registry;
use views::Views;

pub use auth::{Auth, AuthError, Caller, Unknown};
pub use health::Health;
pub use members_chosen::{Chosen, NotChosen};
pub use openapi::openapi;
pub use problem::ProblemCode;
pub use refusals_told::RefusalsTold;
pub use routes::{process_router, process_router_with, router, router_until, router_with};
pub use seat_history::{SeatHistory, SeatLevel};
pub use shard_progress::ShardProgress;

/// The largest request body, bytes.
pub const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Gives the metrics of this process, as Prometheus reads them.
pub type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

/// What the interface stands on.
#[derive(Clone)]
pub struct Services {
    /// Takes commands and messages.
    pub engine: Engine,
    /// Answers most reads.
    pub views: Arc<Views>,
    /// Answers for the history.
    pub index: Arc<dyn StreamIndex>,
    /// Answers for how things were.
    pub past: Arc<Past>,
    /// Knows how far the history goes, and the names that no event holds.
    pub journal: Arc<dyn Journal>,
    /// Knows who is told by webhooks; `None` where nobody can be.
    pub webhooks: Option<Arc<Registry>>,
    /// Renders the metrics.
    pub metrics: RenderMetrics,
}
