//! A small store, changed from outside in every way that one can think of: each is found, and named.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod bundles;
mod derived;
mod forger;
mod ground;
mod journal;
mod sealed;
