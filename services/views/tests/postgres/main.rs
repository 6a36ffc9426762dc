//! The views in PostgreSQL, over a real journal: the same suite as for the file, and what only several processes on one
//! server can do.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod opening;
mod outages;
mod psql;
mod reading;
mod rebuilding;
mod scans;
mod sharing;
mod store;
#[path = "../suite/mod.rs"]
mod suite;
