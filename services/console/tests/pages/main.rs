//! The pages as browsers get them: over the router, without one.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod changes;
mod doors;
mod forms;
mod headers;
mod portions;
mod prepared;
mod server;
mod shown;
mod tour;
