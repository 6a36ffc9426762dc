//! Several usher processes on one store: who holds which shard, and the way to it (ADR 7).
//!
//! * [`Member`] keeps this process on the roster, and takes and gives back shards by the [`plan`](mod@plan) that all nodes follow;
//! * whatever this process does not decide it forwards over gRPC to whoever does, in order, and answers others likewise.
//!
//! Three threads: one renews and waits for nothing but the store, one moves shards and waits for the engine, one only
//! watches the time and lets go of everything when the leases were not renewed before they end.

mod clocks;
mod context;
mod error;
mod forwarder;
mod hand;
mod hand_in;
mod heartbeat;
mod lane;
mod links;
mod member;
mod mend;
mod mover;
mod myself;
mod options;
mod plan;
mod proto;
mod routes;
mod secret;
mod service;
mod tenure;
mod wire;

pub use error::ClusterError;
pub use hand::Hands;
pub use member::Member;
pub use options::{Options, Timing};
pub use plan::{Step, plan};
pub use secret::{InvalidSecret, Secret};
