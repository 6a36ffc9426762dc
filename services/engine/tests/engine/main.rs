//! The engine on the embedded store.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod bulk;
mod chains;
mod clock;
mod cluster;
mod directory;
mod erasable;
mod failures;
mod fixture;
mod foresight;
mod idempotency;
mod nodes;
mod observed;
mod previews;
mod provenance;
mod races;
mod read_ahead;
mod restarts;
#[path = "../../../journal/tests/several/mod.rs"]
mod several;
mod timers;
mod undo;
