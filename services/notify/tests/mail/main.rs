//! Mail, with a real server, and its queue in a file and in a real database.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "../support/ground.rs"]
mod ground;
mod queue;
mod sending;
#[path = "../support/smtp.rs"]
mod smtp;
mod world;
