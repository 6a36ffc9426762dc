//! The engine on the embedded store.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod bulk;
mod clock;
mod directory;
mod erasable;
mod failures;
mod fixture;
mod idempotency;
mod provenance;
mod races;
mod restarts;
mod timers;
