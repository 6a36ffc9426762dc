//! The built program, killed at any moment: no acknowledged command is lost, none is doubled, no timer is missed.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod ingest;
mod program;
mod serve;
