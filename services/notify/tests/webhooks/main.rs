//! Webhooks, with a real receiver, and what is kept of them in a file and in a real database.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "../support/ground.rs"]
mod ground;
mod posting;
#[path = "../support/receiver.rs"]
mod receiver;
mod registry;
mod store;
mod world;
