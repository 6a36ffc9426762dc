//! The views over a real journal: real events go in, and what comes out is compared with what the domain says.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod access;
mod chance;
mod following;
mod licensees;
mod members;
mod opening;
mod refusals;
mod users;
mod world;
