//! The views in a file of SQLite's, over a real journal: real events go in, and what comes out is compared with what the
//! domain says.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod file;
mod opening;
mod rebuilding;

mod store;
#[path = "../suite/mod.rs"]
mod suite;
